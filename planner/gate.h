/*
 * The gates: judgements of the target against the source while traffic is on it (DESIGN,
 * section 6). Pure: series in, verdicts in words out. Who fails, waits and passes is decided here
 * and nowhere else; what follows (on_failure, on_inconclusive) is the executor's.
 *
 * Sums are kept from one look to the next, in the state: what they were made of may be gone from
 * its samples, and a verdict must not depend on how often somebody looked.
 */
#ifndef PLANNER_GATE_H
#define PLANNER_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "planner/base/arena.h"
#include "planner/base/json.h"
#include "planner/check.h"
#include "planner/planfile.h"
#include "planner/series.h"

enum gate {
    GATE_ERRORS,        /* 5XX: the count test, and the fast guard */
    GATE_CLIENT_ERRORS, /* 4XX */
    GATE_LATENCY,
    GATE_HEALTH,
    GATE_TRAFFIC, /* never fails: a share that is not near its weight is inconclusive */
    GATE_CHECKS,  /* all of the plan file's checks: "check:NAME" when one is meant */
    GATE_COUNT
};
const char *gate_name(enum gate gate); /* "client_errors": what --accept takes */

enum gate_verdict {
    GATE_OK,
    GATE_WAITS,   /* needs more minutes or requests, or does not know; a hold does not pass so */
    GATE_SUSPECT, /* some of what it takes to fail is there: "2 of 3 minutes"; it may still pass */
    GATE_FAILS,
    GATE_UNUSED, /* not judged here: no checks; nothing to compare with, which is said */
};
const char *gate_verdict_name(enum gate_verdict verdict); /* "ok", "waits" ... */

struct gate_standing {
    enum gate_verdict verdict;
    const char *name;  /* gate_name(), or "check:NAME" of the check that is red; arena's */
    const char *words; /* "needs 340 more requests"; never NULL; arena's */
};

enum { GATE_RATIOS = 5 }; /* of the alternative: tolerate x 4/3, 2, 10/3, 20/3, 20 */

struct count_sums {
    double logs[GATE_RATIOS]; /* log likelihood ratios; meaningless while minutes is 0 */
    int64_t minutes;          /* that are in them */
    /* By enum arm, of the minutes that compare: below 100 % those with requests on both groups. */
    int64_t errors[ARM_COUNT], requests[ARM_COUNT];
    int64_t minutes_with_errors; /* on the target */
    int64_t failed_at;           /* the end of the minute that was too much; 0: none was. It stays:
                                    the verdict is the same for who looked then and who did not */
};

/* Of one hold, or of the drain behind the last one. */
struct gate_sums {
    const char *address; /* "hold[10%]"; NULL: nothing was judged yet */
    int64_t since;       /* the first minute that counts */
    int64_t through;     /* the end of the settled minutes that are in the sums */
    int64_t judged;      /* minutes */
    int64_t unknown;     /* settled minutes that did not say enough */
    int64_t target_requests;
    struct count_sums errors, client_errors;
};

/* Begins anew: the minute of `shifted_at` is skipped. */
void gate_sums_begin(struct gate_sums *sums, struct arena *arena, const char *address,
                     int64_t shifted_at);

/* The same hold's, anew: the next gate_sums_advance() takes all of the samples' minutes again. For
 * sums whose rules were edited: evidence against one tolerance is none against another. */
void gate_sums_forget(struct gate_sums *sums);

/* What a look at the targets found; the newest two decide. */
struct health_looks {
    int64_t at[2];      /* wall; 0: none. The older one first */
    int64_t healthy[2]; /* targets of the target group */
};
/* Takes a look in. Looks less than 30 s apart do not push the older one out, unless the number of
 * healthy targets went up or keeps falling: two bad looks that are 30 s apart were bad all the time
 * between them, as far as anybody looked. */
void health_looks_add(struct health_looks *looks, int64_t at, int64_t healthy);

/* Sets silent_since of what was just asked, from what was known before: the same check's (by name)
 * first silent answer in a row. A check is silent in two looks in a row when it is silent and that
 * lies before its asked_at. */
void check_results_follow(struct check_result results[], size_t n,
                          const struct check_result before[], size_t before_count);

struct gate_input {
    const struct planfile_gates *gates;
    const struct series *samples;  /* since the first shift */
    const struct series *baseline; /* NULL: none */
    int target_permille;           /* what the weights should be */
    int64_t planned_targets;       /* healthy ones, as planned */
    size_t holds;                  /* of the whole plan: they share the count test's 1 % */
    struct health_looks health;
    const struct check_result *checks; /* the newest of each, in the file's order */
    size_t check_count;
    int64_t now; /* wall */
    /* wall: when `samples` were last read to their end; 0: now. A minute that had not settled then
     * is not settled, however long ago that was. */
    int64_t samples_read_at;
};

enum gates_outcome {
    GATES_PASS,         /* if the hold ended now, the next step might be taken */
    GATES_INCONCLUSIVE, /* nothing fails, but it is not proven either */
    GATES_FAIL,
};

struct gate_report {
    enum gates_outcome outcome;
    struct gate_standing standings[GATE_COUNT];
    const struct gate_standing *because; /* into standings: the first that fails, else the first
                                            that keeps the hold from passing; NULL: it passes */
    int64_t judged, unknown;             /* minutes */
};

/* Takes the minutes that settled since into the sums, each once, in their order; all of them anew
 * where one of before is known only now. */
void gate_sums_advance(struct gate_sums *sums, const struct gate_input *in);
/* Texts live in `arena`. Asking again changes nothing, and what fails by settled minutes fails also
 * for who asks later. */
void gates_judge(struct gate_report *out, struct arena *arena, const struct gate_sums *sums,
                 const struct gate_input *in);

/* Numbers with a fraction as decimal strings: the file has integers only. */
void gate_sums_write_json(struct json_writer *w, const char *key, const struct gate_sums *sums);
must_use bool gate_sums_read_json(struct gate_sums *out, struct arena *arena,
                                  const struct json *value, struct error *err);

#endif
