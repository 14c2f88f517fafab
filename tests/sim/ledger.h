/*
 * Keeps the books of a sim: what was sent, what the world really carried out, and what the store
 * knew of it at every moment. It judges by outcomes only:
 *
 *   lost      a request went out, or was carried out, without a durable record that says so; a
 *             durable record vanished, or went back from its outcome; a record says done of what
 *             was never carried out, or refused of what was; the origin was overwritten
 *   doubled   a forward mutation was carried out though the world held its setting already, or a
 *             second time in a pass; the way back was, without an unknown outcome before it
 *
 * What lands late, after its request was given up and sent again, is counted apart: ELBv2 and ECS
 * have no conditional write, so nobody can call a request back.
 */
#ifndef TESTS_SIM_LEDGER_H
#define TESTS_SIM_LEDGER_H

#include "planner/state.h"
#include "tests/sim/sim.h"

struct sending {
    enum direction direction;
    struct mutation what;     /* its routing lives in the ledger's arena */
    int64_t sent_at, done_at; /* done_at 0: not carried out */
    bool late, answered;
};

struct ledger {
    struct sim *sim;
    struct arena arena;
    struct sending *sendings; /* of this lineage */
    size_t sending_count;
    const struct state *known; /* what was stored when they were last brought up; NULL: nothing */
    bool is_known_elsewhere;   /* `known` is the original's */
    bool is_behind;            /* something was stored since */
    bool unknown;              /* the command began with an outcome that nobody knew */
    unsigned lost, doubled, late;
    struct text history; /* what was sent and carried out, and when; of all lineages */
    struct text wrong;   /* a line each; "" none */
};

/* Watches from here on; the sim must have stored nothing yet. */
void ledger_init(struct ledger *ledger, struct sim *sim);
/* The books as they are, brought up, for a copy of the sim; it borrows from them. */
void ledger_copy(struct ledger *ledger, const struct ledger *from, struct sim *sim);
void ledger_clear(struct ledger *ledger);
/* Compares what is stored with what was stored before. It is done before each request and by
 * ledger_reconcile; who wants every single write compared does it at every point. */
void ledger_bring_up(struct ledger *ledger);
/* Between two commands: what is stored against what was carried out. */
void ledger_reconcile(struct ledger *ledger);
/* Nothing lost, nothing doubled. */
bool ledger_is_clean(const struct ledger *ledger);
/* How many mutations of this lineage were carried out. */
unsigned ledger_carried_out(const struct ledger *ledger, enum direction direction);
/* What was carried out, when, and what is stored: two sims of the same setup that agree in it go on
 * alike. */
void ledger_key(const struct ledger *ledger, struct text *out);

#endif
