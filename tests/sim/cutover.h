/*
 * What the commands do around the planner, over a sim: load the state, observe, plan, take the
 * lock, run the executor. One cutover is a plan file and what became of it. A command that dies
 * before its run begins has changed nothing and answers RUN_OPEN, as one that died in it would for
 * the state; `state` and `outcome` are then of no meaning, and where nothing could be loaded NULL.
 */
#ifndef TESTS_SIM_CUTOVER_H
#define TESTS_SIM_CUTOVER_H

#include "planner/executor.h"
#include "tests/sim/sim.h"

struct cutover {
    struct sim *sim;
    const char *yaml;
    struct plan saved; /* cutover_plan's */
    bool has_saved, saved_is_borrowed;

    void (*between)(struct sim *sim); /* plan and run: somebody else acts */
    bool skip_read, traffic_only;     /* revert's options */
    bool approved; /* nobody is asked: the run begins with what its plan was made from */
    const char *force;
    bool until_shifted;
    const char *accept; /* apply --accept GATE */

    /* of the last run; the outcome of its fallback where there was one, whose exit code is 5 or 9
     */
    struct state *state;
    struct outcome outcome;
    bool unlocked; /* reverts without the lock, which the disk did not let it take */
    bool journal_broken;
    unsigned plan_actions;
    bool fell_back;
    enum run_end forward; /* then: how and why the apply before it ended */
    char forward_why[512];
};

void cutover_init(struct cutover *cutover, struct sim *sim, const char *yaml);
void cutover_clear(struct cutover *cutover);

/* `plan --out`: makes and keeps a plan, which every later cutover_apply runs as it is. Where it
 * dies there is none. */
void cutover_plan(struct cutover *cutover);
/* `apply`: plans anew under what is stored, unless a plan is kept. */
enum run_end cutover_apply(struct cutover *cutover);
/* `revert`: from what is stored. */
enum run_end cutover_revert(struct cutover *cutover);

/* What is stored, as nobody's process reads it; NULL: nothing. The caller's to free. */
struct state *cutover_stored(const struct cutover *cutover);

/* A whole rehearsal for a test: change `setup`, then begin. */
struct rehearsal {
    struct world_setup setup;
    struct sim sim;
    struct cutover cutover;
    struct arena arena;
    struct routing origin; /* before anything happened */
};

/* cmocka's set-up and tear-down; *state is a struct rehearsal. */
int rehearsal_set_up(void **state);
int rehearsal_tear_down(void **state);
void rehearsal_begin(struct rehearsal *rehearsal, const char *yaml);

/* Something that is made to happen once, at the first point behind a line of the log. */
struct happening {
    const char *event;
    void (*make)(struct sim *sim);
    bool done;
};
/* The same with a happening, which may be NULL: sim.user is it, sim.at_point its function. */
void rehearsal_begin_with(struct rehearsal *rehearsal, const char *yaml,
                          struct happening *happening);
void rehearsal_make_it_happen(struct sim *sim);

/* The target's share now, in percent; -1 where nobody has weight. */
int rehearsal_percent(struct rehearsal *rehearsal);
/* Whether the listener holds the origin byte for byte. */
bool rehearsal_is_at_origin(struct rehearsal *rehearsal);

#endif
