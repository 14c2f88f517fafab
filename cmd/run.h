/*
 * One run: the executor with its narration around it, and the last lines behind it. apply and
 * revert are this with different plans.
 */
#ifndef CMD_RUN_H
#define CMD_RUN_H

#include "cmd/cutover.h"
#include "cmd/view_closing.h"
#include "cmd/view_event.h"
#include "planner/executor.h"

struct run_request {
    struct cutover
        *cutover; /* its store is locked (see unlocked), its state is the one to run under */
    const struct plan *plan; /* what runs; the state's own, or an inverse one */
    struct reading *first;   /* what it was made from, when nobody was asked since; or NULL */
    bool skip_read;          /* revert --now */
    const char *force;       /* revert --force REASON; NULL */
    const struct error
        *unstorable;    /* why the disk takes no state, where that is known before; NULL */
    bool unlocked;      /* it did not let the store be locked either */
    bool until_shifted; /* apply --until shifted */
    FILE *json_into;    /* NULL: no such file was asked for */
};

/* Opens --json-into; *out is NULL when it was not given. Done before anything is sent. */
must_use bool run_open_json_into(FILE **out, const struct args *args, struct error *err);

/* Says so where not all of it could be written. NULL is nothing to close. */
void run_close_json_into(FILE *file);

/* Runs, narrates, says the last lines; a run that falls back does so here, under the same lock and
 * over the same connections. The exit code. */
int run_plan(const struct run_request *request);

/* The last lines of a run that did not have to begin, or must not: `end` is RUN_DONE (nothing to
 * do) or RUN_BLOCKED. Live is what the plan was made on, and read anew for a saved one. */
void run_not_begun(const struct run_request *request, enum run_end end, const char *why,
                   int exit_code);

/* The last lines of an apply of a saved plan that a run has carried out: reads live to say whether
 * it is still so. The exit code: EXIT_DONE, EXIT_DRIFT, or EXIT_INCOMPLETE where it cannot be read.
 */
int run_carried_out(struct cutover *cutover, FILE *json_into);

/*
 * The last lines of an apply that must not begin, because a gate failed and nobody has accepted it:
 * reads live to say where the traffic is. The exit code: EXIT_GATE_STOPPED, or EXIT_DRIFT where
 * somebody has moved all traffic off the target since.
 */
int run_gate_stands(struct cutover *cutover, FILE *json_into, const struct gate_failure *failure);

/*
 * The last lines of a run that could not begin because live could not be read, while its cutover
 * has changed something: `why` and its hint go to standard error. False, and nothing is said, where
 * nothing was changed yet or `why` is not about reading: then it is an error like any other.
 */
bool run_unread(struct cutover *cutover, enum direction direction, FILE *json_into,
                const struct error *why, int *exit_code);

#endif
