/*
 * A simulated surrounding for the planner: the cloud port over the sandbox's pure world, a store in
 * memory, a clock that waits by advancing, a sink that writes everything down. Nothing sleeps, and
 * the same calls give the same run. What may go wrong is switched on by number: the nth request,
 * the nth write, the nth point.
 *
 * A point is a moment at which a run can be cut: every wait, every mutation, every write.
 */
#ifndef TESTS_SIM_SIM_H
#define TESTS_SIM_SIM_H

#include "planner/clock.h"
#include "planner/cloud.h"
#include "planner/event.h"
#include "planner/store.h"
#include "providers/sandbox/world.h"

enum { SIM_REQUEST_MS = 100 }; /* what a request takes */

struct sim {
    struct world *world;
    struct cloud cloud;
    struct clock clock;
    struct store store;
    struct sink sink;
    int64_t now; /* wall; the monotonic clock is as far from an instant of its own */

    /* what was asked for, since sim_new or sim_forget */
    unsigned points, waits, observes, measures, performs, replaces;
    unsigned applied;             /* mutations that the world carried out */
    unsigned observed_facts[8];   /* of the first observations */
    unsigned observes_at_perform; /* observations before the first mutation */
    unsigned performs_at_failure; /* mutations before a write failed, */
    int64_t failed_at;            /* and when it did */
    struct text log;              /* a line an event and a mutation */
    struct text point_kinds;      /* a letter a point: w wait, m mutation, s store */

    /* what goes wrong; numbers count from 1, 0 is never */
    unsigned interrupt_at;   /* point: a signal */
    unsigned die_at;         /* point: the process is gone; a mutation or write of that point is */
    bool die_after;          /* still carried out, or not */
    unsigned lose_answer_at; /* mutation: no answer comes, and it was carried out or not */
    unsigned lose_answers;   /* how many from there on */
    bool lose_after;
    unsigned refuse_at;       /* mutation: AccessDenied */
    unsigned ignore_at;       /* mutation: answered yes, never carried out */
    unsigned fail_replace_at; /* write */
    unsigned lose_lock_at;    /* question whether the lock is ours */
    unsigned stop_at;         /* question whether a revert wants us to stop, and from there on */
    unsigned fail_observe_from, fail_observe_count; /* observations */
    unsigned fail_facts;                            /* these cannot be read */
    enum error_kind fail_observe_kind;              /* 0: the network */
    bool fail_measures;
    void (*at_point)(struct sim *sim); /* may change the world */
    void *user;

    /* what became of it */
    bool interrupted, dead, locked;
    unsigned lock_questions, stop_questions;
    struct text stored;
    bool has_stored;
    struct text rescued;
};

/* The setup's epoch is 02:00 UTC of some day where it names none. */
void sim_new(struct sim *sim, const struct world_setup *setup);
void sim_clear(struct sim *sim);

/* Counts from zero again, alive, without faults; world, store and time stay. */
void sim_forget(struct sim *sim);
void sim_advance(struct sim *sim, int64_t ms);
bool sim_logged(const struct sim *sim, const char *part);
/* How often. */
unsigned sim_count(const struct sim *sim, const char *part);
/* Every cut that a run can meet counts through here; sim_cloud.c. */
bool sim_point(struct sim *sim, char kind);
void sim_log(struct sim *sim, const char *format, ...) __attribute__((format(printf, 2, 3)));
void sim_cloud_init(struct sim *sim);

/* The listener's default action now; lives in `arena`. */
struct routing sim_routing(const struct sim *sim, struct arena *arena);
/* Somebody else sets the two weights; -1 leaves the group out. */
void sim_set_weights(struct sim *sim, int source, int target, int other);
void sim_set_desired(struct sim *sim, enum arm arm, int64_t desired);

#endif
