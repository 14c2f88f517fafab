/*
 * The state of one cutover: origin, runs, what was intended, sent, seen and measured; enough to
 * resume or revert with nothing else. One arena; the executor changes it only through the functions
 * here and makes each change durable through journal.h.
 */
#ifndef PLANNER_STATE_H
#define PLANNER_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "planner/base/arena.h"
#include "planner/base/text.h"
#include "planner/gate.h"
#include "planner/plan.h"
#include "planner/series.h"

enum phase {
    PHASE_INTENDED, /* durable before it is sent; without an outcome it is *unknown* */
    PHASE_SENT, /* AWS answered yes; not yet read back, or (scale, hold, drain) still waited for */
    PHASE_DONE, /* read back and equal; waited out; proven */
    PHASE_REFUSED, /* AWS answered no: it changed nothing */
};

const char *phase_name(enum phase phase); /* "intended" */

struct record {   /* one action of one run */
    unsigned run; /* index into state.runs */
    enum direction direction;
    enum action_kind kind;
    enum arm arm;
    const char *address;
    enum phase phase;
    bool sent; /* its request went out, or may have: never for what live already satisfied */
    struct setting before, after; /* scale, shift */
    int64_t started_at, ended_at; /* wall; ended_at 0 until done */
    const char *request_id;       /* AWS's, of the mutation; "" none */
    const char *note;             /* "already as wanted", a proof's evidence; "" none */
};

enum run_end {
    RUN_OPEN, /* running, or died without a word */
    RUN_DONE,
    RUN_BLOCKED,
    RUN_DRIFT,
    RUN_INTERRUPTED,  /* a signal, or a revert's request to stop */
    RUN_TIMED_OUT,    /* not ready in time; drain unproven */
    RUN_FAILED,       /* the network, credentials, AWS, the disk */
    RUN_GATE_FAILED,  /* with the traffic still on the target; a fallback is a run of its own */
    RUN_INCONCLUSIVE, /* a hold's gates could not be decided */
    RUN_SHIFTED,      /* as --until shifted asked */
    RUN_RECALLED,     /* the operator wanted the traffic back */
};

const char *run_end_name(enum run_end end); /* "timed_out" */

struct run {
    enum direction direction;
    const char *command; /* "apply prod.yaml" */
    const char *by;      /* user@host */
    const char *plan_digest;
    int64_t started_at, ended_at; /* 0 while open */
    enum run_end end;
    const char *why; /* one sentence */
};

/* A gate that failed with the traffic still on the target: nothing goes forward until it is
 * accepted. */
struct gate_failure {
    unsigned run;        /* index into state.runs: the one that saw it */
    const char *gate;    /* "errors", "check:NAME" */
    const char *address; /* of the hold or drain */
    const char *why;     /* what was seen */
    int64_t at;
    const char *accepted_because; /* NULL: it was not */
    const char *accepted_by;      /* user@host */
    int64_t accepted_at;
};

struct state {
    struct arena arena;
    char lineage[37];  /* a UUID */
    int64_t serial;    /* rises with every write */
    bool ended;        /* a revert reached the origin: the next apply begins a new lineage */
    struct plan *plan; /* the forward plan of the last apply, its inverse inside; owned; not NULL */
    struct text plan_text; /* the plan as the file has it, which is most of it; "" until written */
    struct origin origin;  /* never overwritten once this lineage has changed anything */
    struct run *runs;
    size_t run_count;
    struct record *records;
    size_t record_count;
    bool has_baseline;
    struct series baseline;     /* frozen from the first shift on */
    struct series samples;      /* since the first shift, the newest SERIES_MINUTES_MAX minutes */
    struct arena samples_arena; /* of samples: each addition makes them anew */
    struct gate_sums sums;      /* of the newest hold of this pass */
    struct gate_failure *failures; /* in order of time */
    size_t failure_count;
    char digest[DIGEST_HEX_SIZE]; /* of its written form; "" until written or read */
};

/* A new cutover: lineage `uuid`, serial 0, the plan's origin. Takes the plan over. */
struct state *state_new(const char *uuid, struct plan *plan);
void state_free(struct state *state);

/* Takes over the plan of a new apply under the same lineage (same subject); the old one is freed.
 * Its origin is taken too while nothing has been changed. */
void state_replace_plan(struct state *state, struct plan *plan);

/* The texts are copied; the plan's digest is state->plan's. Both pointers hold until the next run.
 */
struct run *state_begin_run(struct state *state, enum direction direction, const char *command,
                            const char *by, int64_t now);
void state_end_run(struct state *state, enum run_end end, const char *why, int64_t now);

/* Records of the present pass are those since the last run of the other direction began: a revert
 * makes earlier holds count for nothing. A record belongs to the newest run. What mutates begins as
 * an intent, what waits as PHASE_SENT. The pointer holds until the next record. */
struct record *state_begin_record(struct state *state, const struct action *action, int64_t now);
/* What live satisfied before anything was sent for it: a record that is done from the start. */
struct record *state_add_done_record(struct state *state, const struct action *action, int64_t now,
                                     const char *note);
void state_end_record(struct state *state, struct record *record, enum phase phase, int64_t now,
                      const char *note);
struct record *state_find_record(const struct state *state, enum direction direction,
                                 const char *address); /* of the present pass, newest; or NULL */
bool state_is_done(const struct state *state, enum direction direction, const char *address);

/* Whether this cutover has changed anything, by its records: it has sent a mutation, answered or
 * not, or has found its next shift made by somebody else and gone on from there. Exit 3 or 6, 1 or
 * 6; from then on the origin stays. */
bool state_changed_anything(const struct state *state);
/* When the first shift of the present pass was sent, or found made; 0: none was. */
int64_t state_first_shift_at(const struct state *state);
/* The newest shift of the present pass that is done, if that pass is of this direction; NULL. */
const struct record *state_last_shift(const struct state *state, enum direction direction);
/* What the listener and the counts should hold by the records: the newest outcome, else the origin
 * (where that is assumed: what the plan was made on).
 * `*maybe` is what the newest record without an outcome intended, or NULL and -1; `maybe` may be
 * NULL.
 * Weights that AWS accepted but that were never read back have no outcome. */
const struct routing *state_expected_routing(const struct state *state,
                                             const struct routing **maybe);
int64_t state_expected_count(const struct state *state, enum arm arm, int64_t *maybe);
/* The newest shift without an outcome, and without one behind it, that intended what live holds;
 * NULL: none did. There may be several: an apply and a revert that both died. */
struct record *state_find_unsettled_shift(const struct state *state, const struct routing *live);
/* Whether the listener still holds what the records say, or what a record without an outcome
 * intended: nobody else has touched it. */
bool state_explains(const struct state *state, const struct routing *live);

/* A gate failed in the newest run. The texts are copied; the pointer holds until the next one. */
struct gate_failure *state_add_failure(struct state *state, const char *gate, const char *address,
                                       const char *why, int64_t now);
/* The newest failure that nobody accepted and behind which the traffic was not taken back; NULL:
 * nothing keeps the target from being given more. */
const struct gate_failure *state_open_failure(const struct state *state);
/* Who sat at a terminal wanted the traffic back, and every run since then died before it was: what
 * was not carried out is still wanted. */
bool state_is_recalled(const struct state *state);
/* Somebody answers for the open failure: what it was about is judged anew, with new sums. Refuses
 * where that gate has none. */
must_use bool state_accept_gate(struct state *state, const char *gate, const char *because,
                                const char *by, int64_t now, struct error *err);

/* Not after the first shift. */
void state_set_baseline(struct state *state, const struct series *series);
/* Merges: what is newly read replaces what was read before, minute by minute (counts grow until a
 * minute is settled); what is newly absent is kept. Minutes behind the reading's end go: it is as
 * new as can be, and they are of a clock that was ahead. */
void state_add_samples(struct state *state, const struct series *series);

/* What the gates look at, as far as the state has it, borrowed from it: no checks, and the samples
 * were read when they ended. `wait` is the hold or drain that goes on; NULL: of the minutes that
 * passed while nobody ran, by the weights that were set last. */
struct gate_input state_gate_input(const struct state *state, const struct action *wait,
                                   struct health_looks health, int64_t now);

/* ---- state_json.c: the file ---- */

enum { STATE_FORMAT_VERSION = 1, STATE_MAX_BYTES = 16 * 1024 * 1024 };

void state_write(struct text *out,
                 struct state *state); /* sets digest; the serial is the caller's */
/* `name` is for messages. *out is NULL after `false`. Sets the digests of state and plan. */
must_use bool state_read(struct state **out, const char *name, const char *bytes, size_t n,
                         struct error *err);

#endif
