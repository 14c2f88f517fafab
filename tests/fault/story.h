/*
 * A story: one cutover applied, reverted and stopped in any order, while everything goes wrong that
 * can. One number makes all of it. story_faults.c draws, story_judge.c looks at every port call and
 * at every run's end, and judges by the world.
 *
 * Whatever happens:
 *
 *   sending    nothing is sent without its intent in the store (but the way back to the source,
 *              once the store has failed), without having asked right before whether to stop and
 *              whether the lock is still ours, or after one of them said no; nothing forward after
 *              a write failed, nor what the newest read shows already, nor over what it shows to
 *              be another value than the record's
 *   the store  the serial rises with every write, runs and records become no fewer, what is stored
 *              is read back to the same bytes, and the origin stays the first
 *   the end    every run ends, in the time of its plan, and its exit code is true of the world:
 *              done is at the last step, confirmed is at the origin, "nothing was changed" is so,
 *              drift has a cause and nothing is sent after it
 *   the drain  was proven only where the world had no request on that group
 *   at last    without faults, what was begun is applied or reverted to its end
 *
 * One race is stated by the product and not held against it: what somebody else changes between a
 * read and the request behind it.
 */
#ifndef TESTS_FAULT_STORY_H
#define TESTS_FAULT_STORY_H

#include "tests/sim/cutover.h"

enum fault {
    FAULT_KILL,
    FAULT_SECOND_KILL, /* of the run behind a killed one */
    FAULT_SIGNAL,
    FAULT_STOP, /* a revert's request */
    FAULT_ANSWER_LOST_DONE,
    FAULT_ANSWER_LOST_NOT_DONE,
    FAULT_ANSWER_LOST_LATE, /* and carried out later */
    FAULT_REFUSED,
    FAULT_THROTTLED,
    FAULT_IGNORED, /* answered yes, and not carried out */
    FAULT_WRITE,
    FAULT_WRITE_LANDS, /* failed, but it is there */
    FAULT_RESCUE,
    FAULT_LOCK_LOST,
    FAULT_READ,
    FAULT_STALE_READ,
    FAULT_MEASURE,
    FAULT_METRICS_MISSING,
    FAULT_TASKS, /* of the target do not start */
    FAULT_CLOCK_BACK,
    FAULT_CLOCK_FORWARD,
    FAULT_SOMEBODY,       /* changes weights or counts in a wait, or between plan and run */
    FAULT_SOMEBODY_RACES, /* at any other moment */
    FAULT_SECOND_OPERATOR,
    STORY_FAULTS
};
extern const char *const fault_names[STORY_FAULTS];

/* What many stories add up to. */
struct tally {
    unsigned long faults[STORY_FAULTS]; /* that struck, not only were drawn */
    unsigned long runs, sent, points, taken_back;
    int64_t simulated_ms;
};

struct story {
    unsigned seed;
    uint64_t random;
    struct rehearsal *r;
    struct tally *tally;
    char digest[DIGEST_HEX_SIZE]; /* of all that happened so far */
    bool verbose;

    /* story_faults.c */
    unsigned second_operator_at; /* wait */
    unsigned clock_at;           /* wait */
    int64_t clock_by_ms;
    unsigned somebody_in, races_in; /* one wait, or point, in so many; 0: never */
    bool last_was_killed;

    /* what the product was shown, and when; story_judge.c */
    struct cloud cloud; /* the sim's own ports */
    struct store store;
    struct clock clock;
    bool reverting, unread; /* revert, revert --now */
    struct arena shown_arena;
    struct routing shown;
    int64_t shown_desired[ARM_COUNT];
    unsigned shown_routing_at,
        shown_counts_at;      /* waits at that time, plus one; 0: not in this run */
    bool changed_since_shown; /* by anybody but this run's requests; or what it saw was stale */
    bool sent_since_shown;
    bool told_to_stop, lock_lost, write_failed;
    unsigned asked_at, held_at; /* points */
    unsigned landed;

    /* what is stored */
    struct record *stored; /* as the run's newest write has them; texts live in its state */
    bool has_stored;       /* it has written */
    size_t stored_count, run_count;
    int64_t serial;
    bool ended;  /* the lineage: a revert is at its origin */
    bool strict; /* each write is read back */

    /* the lineage */
    bool has_begun; /* a request went out: its origin is fixed */
    struct arena origin_arena;
    struct routing origin;
    unsigned applied;       /* requests of it that the world carried out */
    unsigned inherited;     /* the next run counts so many that were the lineage's before */
    int64_t late_of_before; /* when one more of those comes; 0: none is out */
    bool foreign;           /* somebody else changed something, or AWS did not what it said */
    bool ever_foreign, went_back;
    bool moved; /* weights, if only to the same shares, in all the story */
    bool clock_was_set, unready, unmeasured;
};

uint64_t story_draw(struct story *s, unsigned below);
bool story_happens(struct story *s, unsigned in);
void story_struck(struct story *s, enum fault fault);
/* Fails the test, with the log. */
void story_wrong(struct story *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- story_faults.c ---- */

/* Before the first run: what this deployment is like. */
void story_set_up(struct story *s);
/* What will go wrong in the next run; and after it, what of it struck. */
void story_arm(struct story *s);
void story_disarm(struct story *s);
void story_count(struct story *s);
/* Somebody else's change, now. */
void story_interfere(struct story *s);

/* ---- story_judge.c ---- */

/* Puts itself between the product and the sim's ports. */
void story_watch(struct story *s);
void story_begin_run(struct story *s, bool revert);
void story_judge_run(struct story *s, int64_t began_at);

#endif
