/*
 * A plan: ordered actions with preconditions and an inverse, as plain data. The forward plan comes
 * from a plan file and a snapshot (plan_make), the inverse one from a plan and an origin
 * (inverse.h); the same executor runs both.
 */
#ifndef PLANNER_PLAN_H
#define PLANNER_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "planner/base/arena.h"
#include "planner/base/digest.h"
#include "planner/planfile.h"
#include "planner/provenance.h"
#include "planner/routing.h"
#include "planner/snapshot.h"
#include "planner/subject.h"

struct state;

enum direction { FORWARD, INVERSE };

enum action_kind {
    ACTION_SCALE,    /* a service's desired count, then wait until its targets are ready */
    ACTION_BASELINE, /* measure what is normal on the source */
    ACTION_SHIFT,    /* the listener's default action, all of it */
    ACTION_HOLD,     /* wait while traffic is on both, or on the target */
    ACTION_DRAIN,    /* prove that an arm has no requests left */
    ACTION_KIND_COUNT
};

/* The table of kinds: what each is called in plan, JSON and messages, and what it reads. */
struct action_kind_row {
    const char *name; /* "scale" */
    int runbook_step; /* of RUNBOOK.md; what this kind automates */
    bool mutates;
    unsigned facts; /* what the executor reads before it, beside its preconditions' facts */
};
extern const struct action_kind_row action_kinds[ACTION_KIND_COUNT];

/* What is there and what is wanted have one type: a count or a routing, by the action's kind. */
struct setting {
    int64_t count;
    struct routing routing;
};

/* What a hold's gates will have to judge by, at the rate that was observed (plan_forecast.h). */
enum forecast_fit {
    FORECAST_UNKNOWN, /* nobody knows the rate; no other member then says anything */
    FORECAST_ENOUGH,
    FORECAST_TIGHT, /* enough, if no hour is quieter than another */
    FORECAST_SHORT, /* it ends inconclusive */
    FORECAST_FIT_COUNT
};

struct forecast {
    enum forecast_fit fit;
    int64_t requests_a_minute; /* on the target */
    int64_t judged_minutes;    /* that the hold is sure to have */
    int64_t requests;          /* on the target in these */
    int64_t min_requests;      /* as the plan file had it */
    int64_t needs_ms;          /* the hold with which its gates can be expected to pass; -1: no
                                  hold of a day would do */
    bool judges_latency;
    int64_t latency_requests; /* a minute on each group, that judging latency needs */
    int64_t tolerated_ppm;    /* the highest 5XX rate on the target that never fails */
    int64_t three_ms, ten_ms; /* from the shift until three and ten times that are expected to
                                 fail; -1: not within a day */
};

struct action {
    enum action_kind kind;
    enum arm arm;          /* scale, drain: whose; baseline: the source */
    const char *address;   /* unique in a plan: "scale[target]", "baseline", "shift[10%]",
                              "hold[10%]", "drain[source]"; inverse: "shift[origin]" ... */
    struct setting before; /* scale, shift: live when the plan was made */
    struct setting after;
    int target_permille;      /* shift, hold: the target's share once it is done */
    int64_t duration_ms;      /* baseline: how far back; hold: how long; drain: quiet for */
    int64_t timeout_ms;       /* scale: until ready; drain: until proven; 0: none */
    struct forecast forecast; /* hold */
};

enum verdict { VERDICT_OK, VERDICT_WARNS, VERDICT_BLOCKS, VERDICT_UNKNOWN, VERDICT_DEFERRED };

const char *verdict_name(enum verdict verdict);
/* How an action stands with one precondition. */
struct standing {
    const struct precondition *row;
    const char *asks, *mend; /* the row's words when it was judged: another version's may differ */
    enum verdict verdict;    /* as judged; what `allow` does to it is in `waived` */
    const char *observed;    /* "2 desired, 2 running" */
    const char *waived;      /* the plan file's reason when `allow` lifts a block, or NULL */
    size_t *guards;          /* indexes of the actions it stands before */
    size_t guard_count;
};
/* Whether it stops its actions now: blocks, or unknown on a row of severity block, not waived. */
bool standing_blocks(const struct standing *standing);

/* The routing and counts before this cutover's first change; what every fallback goes back to. */
struct origin {
    struct routing routing;
    int64_t desired[ARM_COUNT];
    int64_t taken_at;
    bool assumed; /* mid-cutover was waived: 100 % source, made from the live routing's shape */
};

/* What live held when the plan was made, as far as the plan rests on it: compared before the first
 * change (exit 4 when it moved). */
struct recorded {
    struct routing routing;
    int64_t desired[ARM_COUNT];
    int64_t taken_at;
};

/* How long a plan takes, as it was reckoned when it was made. */
struct plan_times {
    bool known; /* not in a plan of before it was told, nor in an inverse one */
    int64_t shortest_ms, longest_ms;
    int64_t last_shift_ms; /* from the start, at most; -1: it shifts nothing */
};

struct plan {
    struct arena arena;
    enum direction direction;
    struct planfile file; /* read again from its own bytes: a saved plan needs no other file. Empty
                             in the inverse kept in a forward plan, whose file it is */
    struct subject subject;
    struct provenance provenance;
    struct origin origin;
    struct recorded live;
    struct action *actions;
    size_t action_count;
    struct standing *standings; /* in the table's order; not part of the inverse kept in a plan */
    size_t standing_count;
    const char **notes; /* what else the reader should know: dropped steps, an edited plan file */
    size_t note_count;
    struct plan *inverse;         /* of a possible forward plan; owned; else NULL */
    char lineage[37];             /* the state's when there is one; "" for a first run */
    int64_t serial;               /* likewise: of the state as the plan was made on it; 0 */
    int64_t requests_a_minute;    /* observed on both groups, for estimates; -1 not known */
    struct plan_times times;      /* for those who read the saved plan; views ask plan_duration */
    char digest[DIGEST_HEX_SIZE]; /* of its saved form; "" until written or read */
};

/* Facts about where the tool runs, for preconditions that ask. */
struct surroundings {
    int64_t now;      /* wall clock */
    bool interactive; /* a terminal can be asked */
    bool on_ci;
    bool state_is_local;
    const char *force; /* revert --force REASON; NULL */
};

/*
 * The forward plan. `state` is this cutover's, or NULL: with one, its origin is kept (once it has
 * changed anything), holds and drains that it records as done are left out, and the plan belongs
 * to its lineage. A snapshot whose subject is not resolved, or whose default rule is not
 * understood, gives a plan without actions and inverse, whose standings say why (plan_is_possible).
 * Never fails: what is wrong stands in the standings.
 */
void plan_make(struct plan *out, const struct planfile *file, const struct snapshot *live,
               const struct state *state, const struct provenance *provenance,
               const struct surroundings *around);
void plan_clear(struct plan *plan);

bool plan_is_possible(const struct plan *plan); /* subject resolved; forward: routing understood */
bool plan_is_blocked(const struct plan *plan);  /* a standing blocks an action */
bool plan_changes_anything(const struct plan *plan); /* it has actions */

/* Whether gates judge the target while this hold or drain goes on; `hold: 0s` asks for none, also
 * for what comes behind it, and nothing judges a fallback. */
bool plan_is_judged(const struct plan *plan, const struct action *wait);
/* When a hold can end: `hold` has passed and its last whole minute is settled. */
int64_t plan_hold_ends_at(const struct action *hold, int64_t started_at);

/*
 * A gate may fail in it, and the file does not say what a failing gate does. Who sits at a terminal
 * sees the default (stop) and can act; where nobody does, traffic must not stay on a failing
 * target, nor go back, because of a default that nobody read.
 */
bool plan_needs_on_failure(const struct plan *plan);

/* Reads a plan file's bytes again into a copy of its own: what a plan carries. */
void planfile_copy(struct planfile *out, const struct planfile *file);

/* Shortest: the holds, and quiet time that was not quiet in a hold already; longest: with every
 * time-out used up. Nobody counts how long a stopped run lies. In plan_forecast.c. */
void plan_duration(const struct plan *plan, int64_t *shortest_ms, int64_t *longest_ms);

struct action *plan_add_action(struct plan *plan, enum action_kind kind, enum arm arm,
                               const char *address);
void plan_note(struct plan *plan, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
