/*
 * What `watch` reads, and how often: live every 30 seconds, metrics once a minute, the state each
 * time. Nothing is locked, asked of a check, or written.
 */
#ifndef CMD_WATCHING_H
#define CMD_WATCHING_H

#include "cmd/cutover.h"
#include "cmd/view_status.h"
#include "cmd/view_watch.h"

struct watching {
    struct cutover *cutover;
    struct snapshot live; /* the newest that could be read */
    bool has_live;
    int64_t next_live_at; /* wall */

    struct arena hour_arena;
    struct series hour; /* 0 minutes: none was read */
    int64_t hour_end_at, next_hour_at;

    struct health_looks health;
    struct arena arena; /* of the newest reading's texts and verdicts */
    struct writer writer;
    struct plan alone; /* where no state has a plan: only its subject, counts and gates */
    struct gate_report gates;
    struct drain drain;
    struct error live_error, hour_error, state_error; /* ERROR_NONE: it could be read */
};

/* Borrows the cutover, which is open. */
void watching_begin(struct watching *watching, struct cutover *cutover);
void watching_end(struct watching *watching);

/* Reads what is due. False: live could not be read, and never was. */
must_use bool watching_read(struct watching *watching, struct error *err);

/* When something is due next, wall. */
int64_t watching_next_at(const struct watching *watching);

/* What is to be shown now; borrowed, until the next reading. */
void watching_show(struct watched *out, struct watching *watching);

#endif
