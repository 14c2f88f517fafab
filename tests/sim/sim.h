/*
 * A simulated surrounding for the planner: the cloud port over the sandbox's pure world, a store in
 * memory, a clock that waits by advancing, a sink that writes everything down. Nothing sleeps, and
 * the same calls give the same run. What may go wrong is switched on by number: the nth request,
 * the nth write, the nth point.
 *
 * A point is a moment at which a run can be cut: every call of a port that may block, change
 * something or tell the run something new. Each has a letter:
 *
 *   cloud  o observe, e measure, t stopped tasks, m perform (a mutation)
 *   prober c checks
 *   store  l load, k lock, h holds lock, s replace (a write), q stop requested, r request stop,
 *          x rescue
 *   clock  w wait
 *
 * The store's unlock is none: whoever dies with the lock lets it go all the same. Readings of the
 * clock, and whether a signal came, are none either. A process that dies at a point is gone before
 * its effect, or behind it and before the answer. The dead have no effects: every call is answered
 * with an error, or with nothing; nothing changes, nothing is counted, and no time passes.
 */
#ifndef TESTS_SIM_SIM_H
#define TESTS_SIM_SIM_H

#include "planner/check.h"
#include "planner/clock.h"
#include "planner/cloud.h"
#include "planner/event.h"
#include "planner/store.h"
#include "planner/wish.h"
#include "providers/sandbox/world.h"

enum { SIM_REQUEST_MS = 100 }; /* what a request takes */

/* Who watches what really happens, whatever the process learns of it. */
struct watch {
    void *self;
    void (*sends)(void *self, const struct mutation *mutation); /* a process that is alive */
    void (*carries_out)(void *self, const struct mutation *mutation, bool late); /* just before */
    void (*answers)(void *self); /* the process hears yes or no */
    void (*stores)(void *self);  /* just behind */
};

struct sim {
    struct world *world;
    struct cloud cloud;
    struct clock clock;
    struct store store;
    struct sink sink;
    struct prober prober;
    struct wishes wishes;
    int64_t now;        /* the world's; the monotonic clock is as far from an instant of its own */
    int64_t wall_ahead; /* of the world's time: this machine's clock is wrong by so much */

    /* what was asked for, since sim_new or sim_forget */
    unsigned points, waits, observes, measures, performs, replaces, asks, ticks;
    unsigned stop_wishes;
    unsigned applied;             /* mutations that the world carried out */
    unsigned observed_facts[8];   /* of the first observations */
    unsigned observes_at_perform; /* observations before the first mutation */
    unsigned performs_at_failure; /* mutations before a write failed, */
    int64_t failed_at;            /* and when it did */
    struct text log;              /* a line an event and a mutation */
    struct text point_kinds;      /* a letter a point */

    /* what goes wrong; numbers count from 1, 0 is never */
    unsigned interrupt_at, interrupt_at_wait; /* point, wait: a signal */
    unsigned die_at;                          /* point: the process is gone, */
    bool die_after;                           /* behind its effect or before it */
    unsigned lose_answer_at; /* mutation: no answer comes, and it was carried out or not */
    unsigned lose_answers;   /* how many from there on */
    bool lose_after;
    int64_t land_late_ms;            /* what was not carried out then is so much later; 0: never */
    unsigned refuse_at;              /* mutation: AccessDenied, */
    enum error_kind refuse_kind;     /* or this; ERROR_SERVICE: Throttling */
    unsigned ignore_at;              /* mutation: answered yes, never carried out */
    unsigned stale_at, stale_reads;  /* mutation: so many reads still show what was before it */
    unsigned fail_replace_at;        /* write, */
    bool replace_lands, fail_rescue; /* which is there all the same; which cannot be rescued */
    unsigned lose_lock_at;           /* question whether the lock is ours, and from there on; */
    bool hide_lock;                  /* the disk cannot say */
    unsigned stop_at; /* question whether a revert wants us to stop, and from there on */
    unsigned fail_observe_from, fail_observe_count; /* observations */
    unsigned fail_facts;                            /* these cannot be read */
    enum error_kind fail_observe_kind;              /* 0: the network */
    bool fail_measures;
    unsigned fail_measure_from, fail_measure_count;
    enum check_verdict (*check)(struct sim *sim, const char *name); /* NULL: all are green */
    enum wish wish;                       /* what is pressed at the terminal, until it is taken */
    int64_t asked_until;                  /* the question stands there; 0: it does not */
    enum wish answer;                     /* that it gets then */
    void (*at_point)(struct sim *sim);    /* before a point's effect; may change the world */
    void (*after_point)(struct sim *sim); /* behind it, where the process lives on; the same */
    void *user;
    struct watch watch;

    /* what became of it */
    char point_kind; /* of the newest point: what the two hooks ask */
    bool dies;       /* at the end of this point */
    bool interrupted, dead, locked;
    unsigned lock_questions, stop_questions;
    unsigned stale_left;              /* reads */
    int64_t stale_desired[ARM_COUNT]; /* what they show */
    struct {
        int64_t due_at; /* 0: there is none */
        const char *listener_arn;
        struct mutation mutation;
        struct routing routing;
        struct arena arena;
    } late;          /* request, kept by sim_forget */
    unsigned landed; /* of those */
    bool shares_world;
    struct text stored;
    bool has_stored;
    struct text rescued;
};

/* The setup's epoch is 02:00 UTC of some day where it names none. */
void sim_new(struct sim *sim, const struct world_setup *setup);
/* Somebody else's machine over the world of `other`, at the time that it is there; cleared before
 * that one, whose time is then to be brought forward by sim_advance. */
void sim_join(struct sim *sim, const struct sim *other);
/* What lives on where the process of `from` dies at this moment: the world, what is stored, the
 * time. Nothing else is taken over. It borrows from `from`, which is to live longer. sim_copy.c. */
void sim_copy(struct sim *sim, const struct sim *from);
void sim_clear(struct sim *sim);

/* Counts from zero again, alive, without faults; world, store and clocks stay. */
void sim_forget(struct sim *sim);
void sim_advance(struct sim *sim, int64_t ms);
int64_t sim_wall(const struct sim *sim);
bool sim_logged(const struct sim *sim, const char *part);
/* How often. */
unsigned sim_count(const struct sim *sim, const char *part);
/* Every port call goes through these two, before and behind its effect; sim_cloud.c. After `false`
 * there is nobody who could have an effect, or who could hear the answer. */
must_use bool sim_enter(struct sim *sim, char kind);
must_use bool sim_leave(struct sim *sim);
/* What the dead hear; always false. */
bool sim_nobody(struct error *err);
void sim_log(struct sim *sim, const char *format, ...) __attribute__((format(printf, 2, 3)));
void sim_init_ports(struct sim *sim);
void sim_cloud_init(struct sim *sim);
/* Carries out the request that is late, if it is due. sim_cloud.c. */
void sim_land(struct sim *sim);

/* The listener's default action now; lives in `arena`. */
struct routing sim_routing(const struct sim *sim, struct arena *arena);
/* Somebody else sets the two weights; -1 leaves the group out. */
void sim_set_weights(struct sim *sim, int source, int target, int other);
void sim_set_desired(struct sim *sim, enum arm arm, int64_t desired);

#endif
