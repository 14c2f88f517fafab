#include "planner/state.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "planner/base/memory.h"
#include "planner/base/time.h"

const char *phase_name(enum phase phase)
{
    static const char *const names[] = {
        [PHASE_INTENDED] = "intended",
        [PHASE_SENT] = "sent",
        [PHASE_DONE] = "done",
        [PHASE_REFUSED] = "refused",
    };
    return names[phase];
}

const char *run_end_name(enum run_end end)
{
    static const char *const names[] = {
        [RUN_OPEN] = "open",
        [RUN_DONE] = "done",
        [RUN_BLOCKED] = "blocked",
        [RUN_DRIFT] = "drift",
        [RUN_INTERRUPTED] = "interrupted",
        [RUN_TIMED_OUT] = "timed_out",
        [RUN_FAILED] = "failed",
        [RUN_GATE_FAILED] = "gate_failed",
        [RUN_INCONCLUSIVE] = "inconclusive",
        [RUN_SHIFTED] = "shifted",
        [RUN_RECALLED] = "recalled",
    };
    return names[end];
}

static void take_origin(struct state *state)
{
    const struct origin *origin = &state->plan->origin;
    state->origin = *origin;
    routing_copy(&state->origin.routing, &state->arena, &origin->routing);
}

struct state *state_new(const char *uuid, struct plan *plan)
{
    struct state *state = memory_new(sizeof *state);
    assert(strlen(uuid) == sizeof state->lineage - 1);
    memcpy(state->lineage, uuid, sizeof state->lineage);
    state->plan = plan;
    take_origin(state);
    return state;
}

static void free_plan(struct plan *plan)
{
    if (plan)
        plan_clear(plan);
    free(plan);
}

void state_free(struct state *state)
{
    if (!state)
        return;
    free_plan(state->plan);
    text_clear(&state->plan_text);
    arena_clear(&state->samples_arena);
    arena_clear(&state->arena);
    free(state);
}

static bool is_same_rule(const struct count_gate *a, const struct count_gate *b)
{
    return a->tolerate == b->tolerate && a->ignore_below == b->ignore_below;
}

/* Sums are evidence against what was tolerated when they were made. */
static void keep_sums_true(struct state *state, const struct plan *plan)
{
    const struct planfile_gates *was = &state->plan->file.gates, *is = &plan->file.gates;
    if (!is_same_rule(&was->errors, &is->errors) ||
        !is_same_rule(&was->client_errors, &is->client_errors))
        gate_sums_forget(&state->sums);
}

void state_replace_plan(struct state *state, struct plan *plan)
{
    assert(plan != state->plan);
    assert(!state_changed_anything(state) || subject_equal(&plan->subject, &state->plan->subject));
    if (state->plan)
        keep_sums_true(state, plan);
    free_plan(state->plan);
    state->plan = plan;
    text_clear(&state->plan_text);
    if (!state_changed_anything(state))
        take_origin(state);
}

/* ---- runs and records ---- */

struct run *state_begin_run(struct state *state, enum direction direction, const char *command,
                            const char *by, int64_t now)
{
    struct run *run =
        arena_append(&state->arena, &state->runs, &state->run_count, sizeof *state->runs);
    run->direction = direction;
    run->command = arena_strdup(&state->arena, command);
    run->by = arena_strdup(&state->arena, by);
    run->plan_digest = arena_strdup(&state->arena, state->plan->digest);
    run->started_at = now;
    run->why = "";
    return run;
}

void state_end_run(struct state *state, enum run_end end, const char *why, int64_t now)
{
    assert(state->run_count && end != RUN_OPEN);
    struct run *run = &state->runs[state->run_count - 1];
    run->end = end;
    run->why = arena_strdup(&state->arena, why);
    run->ended_at = now;
}

static bool is_mutating(enum action_kind kind)
{
    return kind == ACTION_SCALE || kind == ACTION_SHIFT;
}

static void copy_setting(struct setting *out, struct arena *arena, enum action_kind kind,
                         const struct setting *from)
{
    *out = (struct setting){0};
    if (kind == ACTION_SCALE)
        out->count = from->count;
    if (kind == ACTION_SHIFT)
        routing_copy(&out->routing, arena, &from->routing);
}

struct record *state_begin_record(struct state *state, const struct action *action, int64_t now)
{
    assert(state->run_count);
    struct record *record =
        arena_append(&state->arena, &state->records, &state->record_count, sizeof *state->records);
    record->run = (unsigned)state->run_count - 1;
    record->direction = state->runs[record->run].direction;
    record->kind = action->kind;
    record->arm = action->arm;
    record->address = arena_strdup(&state->arena, action->address);
    record->phase = is_mutating(action->kind) ? PHASE_INTENDED : PHASE_SENT;
    record->sent = is_mutating(action->kind);
    copy_setting(&record->before, &state->arena, action->kind, &action->before);
    copy_setting(&record->after, &state->arena, action->kind, &action->after);
    record->started_at = now;
    record->request_id = "";
    record->note = "";
    return record;
}

struct record *state_add_done_record(struct state *state, const struct action *action, int64_t now,
                                     const char *note)
{
    struct record *record = state_begin_record(state, action, now);
    record->sent = false;
    state_end_record(state, record, PHASE_DONE, now, note);
    return record;
}

void state_end_record(struct state *state, struct record *record, enum phase phase, int64_t now,
                      const char *note)
{
    record->phase = phase;
    record->ended_at = now;
    record->note = arena_strdup(&state->arena, note);
}

/* ---- passes ---- */

/* The first run behind the last one of the other direction. */
static unsigned pass_start(const struct state *state, enum direction direction)
{
    unsigned start = (unsigned)state->run_count;
    while (start > 0 && state->runs[start - 1].direction == direction)
        start--;
    return start;
}

struct record *state_find_record(const struct state *state, enum direction direction,
                                 const char *address)
{
    unsigned start = pass_start(state, direction);
    for (size_t i = state->record_count; i-- > 0;) {
        struct record *record = &state->records[i];
        if (record->run >= start && strcmp(record->address, address) == 0)
            return record;
    }
    return NULL;
}

bool state_is_done(const struct state *state, enum direction direction, const char *address)
{
    const struct record *record = state_find_record(state, direction, address);
    return record && record->phase == PHASE_DONE;
}

/* A count that live had already is nobody's concern; weights move the traffic, whoever set them. */
static bool has_effect(const struct record *record)
{
    return record->phase != PHASE_REFUSED && (record->sent || record->kind == ACTION_SHIFT);
}

bool state_changed_anything(const struct state *state)
{
    for (size_t i = 0; i < state->record_count; i++)
        if (has_effect(&state->records[i]))
            return true;
    return false;
}

int64_t state_first_shift_at(const struct state *state)
{
    if (!state->run_count)
        return 0;
    unsigned start = pass_start(state, state->runs[state->run_count - 1].direction);
    for (size_t i = 0; i < state->record_count; i++) {
        const struct record *record = &state->records[i];
        if (record->run >= start && record->kind == ACTION_SHIFT && has_effect(record))
            return record->started_at;
    }
    return 0;
}

const struct record *state_last_shift(const struct state *state, enum direction direction)
{
    for (size_t i = state->record_count; i-- > 0;) {
        const struct record *record = &state->records[i];
        if (record->direction != direction)
            return NULL; /* of an earlier pass */
        if (record->kind == ACTION_SHIFT && record->phase == PHASE_DONE)
            return record;
    }
    return NULL;
}

/* ---- what live should hold ---- */

/* The newest outcome of a mutation, and the newest intent behind it that has none. */
struct expectation {
    const struct record *outcome, *intent;
};

/* Weights that AWS accepted may show late, or were overwritten: only a read settles them. What a
 * scale in PHASE_SENT waits for is tasks; the count itself was read back. */
static bool has_outcome(const struct record *record)
{
    return record->phase == PHASE_DONE ||
           (record->phase == PHASE_SENT && record->kind != ACTION_SHIFT);
}

static struct expectation expectation(const struct state *state, enum action_kind kind,
                                      enum arm arm)
{
    struct expectation found = {0};
    for (size_t i = 0; i < state->record_count; i++) {
        const struct record *record = &state->records[i];
        bool concerned = record->kind == kind && (kind == ACTION_SHIFT || record->arm == arm);
        if (!concerned || record->phase == PHASE_REFUSED)
            continue;
        if (has_outcome(record))
            found = (struct expectation){.outcome = record};
        else
            found.intent = record;
    }
    return found;
}

const struct routing *state_expected_routing(const struct state *state,
                                             const struct routing **maybe)
{
    struct expectation found = expectation(state, ACTION_SHIFT, ARM_SOURCE);
    if (maybe)
        *maybe = found.intent ? &found.intent->after.routing : NULL;
    if (found.outcome)
        return &found.outcome->after.routing;
    /* An assumed origin is where a fallback goes; live never was there. */
    return state->origin.assumed ? &state->plan->live.routing : &state->origin.routing;
}

int64_t state_expected_count(const struct state *state, enum arm arm, int64_t *maybe)
{
    struct expectation found = expectation(state, ACTION_SCALE, arm);
    if (maybe)
        *maybe = found.intent ? found.intent->after.count : -1;
    return found.outcome ? found.outcome->after.count : state->origin.desired[arm];
}

static bool is_as_recorded(const struct state *state, const struct routing *live,
                           const struct routing *recorded)
{
    const struct arm_subject *arms = state->plan->subject.arms;
    return routing_as_recorded(live, recorded, arms[ARM_SOURCE].target_group_arn,
                               arms[ARM_TARGET].target_group_arn);
}

struct record *state_find_unsettled_shift(const struct state *state, const struct routing *live)
{
    for (size_t i = state->record_count; i-- > 0;) {
        struct record *record = &state->records[i];
        if (record->kind != ACTION_SHIFT || record->phase == PHASE_REFUSED)
            continue;
        if (has_outcome(record))
            return NULL;
        if (is_as_recorded(state, live, &record->after.routing))
            return record;
    }
    return NULL;
}

bool state_explains(const struct state *state, const struct routing *live)
{
    return is_as_recorded(state, live, state_expected_routing(state, NULL)) ||
           state_find_unsettled_shift(state, live);
}

/* ---- gates ---- */

struct gate_failure *state_add_failure(struct state *state, const char *gate, const char *address,
                                       const char *why, int64_t now)
{
    assert(state->run_count);
    struct gate_failure *failure = arena_append(&state->arena, &state->failures,
                                                &state->failure_count, sizeof *state->failures);
    failure->run = (unsigned)state->run_count - 1;
    failure->gate = arena_strdup(&state->arena, gate);
    failure->address = arena_strdup(&state->arena, address);
    failure->why = arena_strdup(&state->arena, why);
    failure->at = now;
    return failure;
}

static bool was_taken_back_since(const struct state *state, unsigned run)
{
    for (size_t i = 0; i < state->record_count; i++) {
        const struct record *record = &state->records[i];
        if (record->direction == INVERSE && record->kind == ACTION_SHIFT &&
            record->phase == PHASE_DONE && record->run > run)
            return true;
    }
    return false;
}

static struct gate_failure *find_open_failure(const struct state *state)
{
    for (size_t i = state->failure_count; i-- > 0;) {
        struct gate_failure *failure = &state->failures[i];
        if (was_taken_back_since(state, failure->run))
            return NULL;
        if (!failure->accepted_because)
            return failure;
    }
    return NULL;
}

const struct gate_failure *state_open_failure(const struct state *state)
{
    return find_open_failure(state);
}

bool state_is_recalled(const struct state *state)
{
    size_t ended = state->run_count;
    while (ended > 0 && state->runs[ended - 1].end == RUN_OPEN)
        ended--;
    return ended > 0 && state->runs[ended - 1].end == RUN_RECALLED &&
           !was_taken_back_since(state, (unsigned)ended - 1);
}

bool state_accept_gate(struct state *state, const char *gate, const char *because, const char *by,
                       int64_t now, struct error *err)
{
    struct gate_failure *failure = find_open_failure(state);
    if (!failure)
        return error_set(err, ERROR_USAGE, "no gate of this cutover has failed");
    if (strcmp(failure->gate, gate) != 0) {
        error_set(err, ERROR_USAGE, "%s has not failed", gate);
        return error_hint(err, "the gate that failed is %s", failure->gate);
    }
    failure->accepted_because = arena_strdup(&state->arena, because);
    failure->accepted_by = arena_strdup(&state->arena, by);
    failure->accepted_at = now;
    state->sums = (struct gate_sums){0};
    return true;
}

/* ---- minutes ---- */

void state_set_baseline(struct state *state, const struct series *series)
{
    assert(!state_first_shift_at(state));
    series_copy(&state->baseline, &state->arena, series);
    state->has_baseline = true;
}

static void merge_column(struct series *into, struct column *to, const struct series *series,
                         const struct column *from)
{
    for (size_t m = 0; m < series->minutes; m++)
        if (from->present[m])
            series_put(into, to, series_minute_at(series, m), from->values[m]);
}

static void merge(struct series *into, const struct series *from)
{
    for (int arm = 0; arm < ARM_COUNT; arm++)
        for (int i = 0; i < ARM_METRIC_COUNT; i++)
            merge_column(into, &into->arms[arm][i], from, &from->arms[arm][i]);
    for (int i = 0; i < COMMON_METRIC_COUNT; i++)
        merge_column(into, &into->common[i], from, &from->common[i]);
}

static int64_t series_end_at(const struct series *series)
{
    return series_minute_at(series, series->minutes);
}

void state_add_samples(struct state *state, const struct series *series)
{
    const int64_t most = (int64_t)SERIES_MINUTES_MAX * MINUTE_MS;
    const struct series *old = &state->samples;
    int64_t start = series->start_at, end = series_end_at(series);
    if (!series->minutes)
        return;
    if (old->minutes && old->start_at < start)
        start = old->start_at;
    if (end - start > most)
        start = end - most;

    struct arena arena = {0};
    struct series merged;
    series_init(&merged, &arena, start, (size_t)((end - start) / MINUTE_MS));
    merge(&merged, old);
    merge(&merged, series);
    arena_clear(&state->samples_arena);
    state->samples_arena = arena;
    state->samples = merged;
}

static int expected_permille(const struct state *state, const struct action *wait)
{
    const struct arm_subject *arms = state->plan->subject.arms;
    if (wait)
        return wait->kind == ACTION_HOLD ? wait->target_permille : 1000;
    return routing_target_permille(state_expected_routing(state, NULL),
                                   arms[ARM_SOURCE].target_group_arn,
                                   arms[ARM_TARGET].target_group_arn);
}

struct gate_input state_gate_input(const struct state *state, const struct action *wait,
                                   struct health_looks health, int64_t now)
{
    const struct planfile *file = &state->plan->file;
    const struct series *samples = &state->samples;
    return (struct gate_input){.gates = &file->gates,
                               .samples = samples,
                               .baseline = state->has_baseline ? &state->baseline : NULL,
                               .target_permille = expected_permille(state, wait),
                               .planned_targets = state_expected_count(state, ARM_TARGET, NULL),
                               .holds = planfile_hold_count(file),
                               .health = health,
                               .now = now,
                               .samples_read_at = series_minute_at(samples, samples->minutes) + 1};
}
