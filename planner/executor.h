/*
 * The spine. For each unfinished action: observe (only the facts that this action and its
 * preconditions declare) -> judge -> classify -> record intent -> perform -> settle -> record
 * outcome. A resume, a revert and a gate's fallback are this same call. It never prompts or
 * prints; it emits events to a sink that cannot fail it.
 */
#ifndef PLANNER_EXECUTOR_H
#define PLANNER_EXECUTOR_H

#include "planner/check.h"
#include "planner/clock.h"
#include "planner/cloud.h"
#include "planner/event.h"
#include "planner/journal.h"
#include "planner/plan.h"
#include "planner/state.h"
#include "planner/wish.h"

/* Live as the plan was just made from it. A zeroed one holds nothing. */
struct reading {
    struct snapshot live;
    unsigned facts;  /* that were asked for */
    int64_t read_at; /* monotonic */
};

void reading_clear(struct reading *reading);

struct executor {
    const struct cloud *cloud;
    const struct clock *clock;
    struct journal *journal; /* holds the state and the store, whose lock is ours */
    const struct sink *sink;
    struct surroundings around; /* `now` is refreshed from the clock */
    struct reading *first;      /* taken over while it is fresh: a fallback then costs one wave of
                                   reads, the one that it was planned from. NULL: none */
    bool skip_read;             /* revert --now: the recorded bytes go out unread, then read back */
    const struct prober *prober; /* asks the plan file's checks; NULL: there are none */
    const struct wishes *wishes; /* of who sits at the terminal; NULL: nobody */
    bool until_shifted;          /* stop once the last shift was read back */
};

struct outcome {
    enum run_end end;
    char why[512];        /* one sentence */
    struct error error;   /* RUN_FAILED; of a wait that ended unsure, the newest read that failed */
    bool sent_anything;   /* by this run */
    bool confirmed;       /* an inverse run: the origin's routing was read back */
    struct routing live;  /* the default action as last read, in the state's arena */
    int64_t live_read_at; /* 0: not read in this run */
    bool live_may_differ; /* a change was sent after it was read */
    /* A forward run that the plan file, or who sits at the terminal, wants taken back: the caller
     * runs executor_fall_back next, under the same lock. */
    bool falls_back;
    struct reading last; /* then: what it read last, which the fallback is made from; whoever does
                            not run it clears this */
};

/* Runs the plan's unfinished actions under the journal's state. The run record must be open
 * (state_begin_run); it is ended here. */
void executor_run(struct outcome *out, struct executor *executor, const struct plan *plan);

/*
 * Takes the traffic back at once, as an inverse run of its own in the same state: made from what
 * the forward run read last, so that the first request is the one that moves the traffic, over the
 * connection that is open. Scales the source up first only if it is lower than it was; proves no
 * drain and puts no count back: that is revert's. `command` and `by` are as state_begin_run takes
 * them.
 */
void executor_fall_back(struct outcome *out, struct executor *executor, struct outcome *forward,
                        const char *command, const char *by);

#endif
