/*
 * Two people with the tool, each at a process of their own, over one simulated deployment: the real
 * commands (cmd_apply, cmd_revert), the real local store, and a scheduler that says whose port call
 * comes next. Only what the commands are wired to is ours: AWS, the clock, and git.
 */
#ifndef TESTS_FAULT_OPERATOR_H
#define TESTS_FAULT_OPERATOR_H

#include <stdio.h>

#include "cmd/args.h"
#include "tests/fault/schedule.h"
#include "tests/sim/sim.h"

enum { CHANGES_MOST = 64 };

/* A change of the default action that was carried out. Versions count these: 0 is the start. */
struct change {
    int by;
    bool forward;
    int permille;     /* to the target, since then */
    unsigned seen;    /* the version that its operator had read last */
    unsigned planned; /* the version that the operator's plan was made on */
};

struct scene;

struct colleague {
    struct scene *scene;
    int number;
    const char *command; /* "apply prod.yaml --auto-approve" */

    struct cloud cloud;
    struct clock clock;
    struct store store; /* as the product opened it */

    /* what became of it */
    int exit_code;
    char *said; /* on both streams */
    size_t said_len;
    FILE *stream;
    bool past_lock, was_past_lock, asked_to_stop, took_over;
    int64_t asked_at, ended_at;
    unsigned seen, planned;
};

struct scene {
    /* given */
    bool one_store; /* both write the same state */
    struct world_setup setup;
    struct schedule schedule;

    struct sim sim;
    struct colleague operators[PARTIES];
    struct change changes[CHANGES_MOST + 1]; /* by version; [0] is the start */
    unsigned version;
    int64_t serial; /* highest that was stored, one store */
    char lineage[40];
    const char *wrong; /* the first thing that must not be; in `why` */
    char why[512];
};

/* Plays the schedule at hand, in the current folder, which is the caller's to fill. */
void scene_play(struct scene *scene);
void scene_forget(struct scene *scene); /* what scene_play() made */

#endif
