#include "cmd/watching.h"

#include <string.h>

#include "planner/base/time.h"

enum { LIVE_EVERY_MS = 30 * SECOND_MS, METRICS_EVERY_MS = MINUTE_MS, HOUR_MINUTES = 60 };
#define WATCH_FACTS (FACTS_SUBJECT | FACTS_HEALTH)

static int64_t wall_now(const struct watching *w)
{
    const struct clock *clock = &w->cutover->wire.clock;
    return clock->wall(clock->self);
}

void watching_begin(struct watching *w, struct cutover *cutover)
{
    *w = (struct watching){.cutover = cutover};
    snapshot_init(&w->live);
}

void watching_end(struct watching *w)
{
    snapshot_clear(&w->live);
    arena_clear(&w->hour_arena);
    arena_clear(&w->arena);
}

/* ---- reading ---- */

static void read_live(struct watching *w, int64_t now)
{
    struct snapshot fresh;
    snapshot_init(&fresh);
    w->next_live_at = now + LIVE_EVERY_MS;
    w->live_error = (struct error){0};
    if (!cutover_observe(w->cutover, &fresh, WATCH_FACTS, 0, &w->live_error)) {
        snapshot_clear(&fresh);
        return;
    }
    snapshot_clear(&w->live);
    w->live = fresh;
    w->has_live = true;
    if (fresh.known & FACT_HEALTH_TARGET)
        health_looks_add(&w->health, fresh.taken_at,
                         fresh.arms[ARM_TARGET].group.health[HEALTH_HEALTHY]);
}

static void read_hour(struct watching *w, int64_t now)
{
    const struct cloud *cloud = &w->cutover->wire.cloud;
    int64_t to = minute_floor(now);
    struct arena arena = {0};
    struct series hour;
    w->next_hour_at = now + METRICS_EVERY_MS;
    w->hour_error = (struct error){0};
    if (!cloud->measure(cloud->self, &hour, &arena, &w->live.subject, to - HOUR_MINUTES * MINUTE_MS,
                        to, true, &w->hour_error)) {
        arena_clear(&arena);
        return;
    }
    arena_clear(&w->hour_arena);
    w->hour_arena = arena;
    w->hour = hour;
}

static void read_state(struct watching *w)
{
    if (cutover_load(w->cutover, NULL, &w->state_error))
        w->state_error = (struct error){0};
    arena_clear(&w->arena);
    writer_find(&w->writer, &w->arena, &w->cutover->store);
}

bool watching_read(struct watching *w, struct error *err)
{
    int64_t now = wall_now(w);
    read_state(w);
    if (now >= w->next_live_at)
        read_live(w, now);
    if (!w->has_live) {
        *err = w->live_error;
        return false;
    }
    if (now >= w->next_hour_at && subject_is_resolved(&w->live.subject))
        read_hour(w, now);
    return true;
}

int64_t watching_next_at(const struct watching *w)
{
    return w->next_live_at < w->next_hour_at || !w->next_hour_at ? w->next_live_at
                                                                 : w->next_hour_at;
}

/* ---- the look ---- */

static const struct plan *plan_of(struct watching *w, const struct state *state,
                                  enum direction direction)
{
    if (state && direction == FORWARD)
        return state->plan;
    w->alone = (struct plan){.subject = w->live.subject};
    w->alone.file.gates = input_planfile(&w->cutover->input)->gates;
    for (int arm = 0; arm < ARM_COUNT; arm++)
        w->alone.live.desired[arm] = w->live.arms[arm].service.desired;
    return &w->alone;
}

/* The hold or drain that was begun and is not done. */
static const struct action *wait_of(const struct state *state, const struct record **record)
{
    const struct action *next = state ? status_next(state) : NULL;
    if (!next || (next->kind != ACTION_HOLD && next->kind != ACTION_DRAIN))
        return NULL;
    *record = state_find_record(state, state->runs[state->run_count - 1].direction, next->address);
    return *record ? next : NULL;
}

static void judge_drain(struct watching *w, const struct record *record,
                        const struct action *action, int64_t now)
{
    const struct record *shift = state_last_shift(w->cutover->state, record->direction);
    int64_t since = minute_floor(shift ? shift->ended_at : record->started_at) + MINUTE_MS;
    drain_judge(&w->drain, &w->hour, action->arm, since, action->duration_ms, now);
}

/* By the sums and samples that the run has stored: what it knows, and not more. */
static bool judge_gates(struct watching *w, const struct state *state, const struct action *wait,
                        int64_t now)
{
    if (!plan_is_judged(state->plan, wait) || !state->sums.address)
        return false;
    struct gate_input in = state_gate_input(state, wait, w->health, now);
    gates_judge(&w->gates, &w->arena, &state->sums, &in);
    w->gates.standings[GATE_CHECKS].verdict = GATE_UNUSED; /* nobody asked them here */
    return true;
}

static void look_at(struct look *out, struct watching *w, int64_t now)
{
    const struct state *state = w->cutover->state;
    const struct record *record = NULL;
    const struct action *action = wait_of(state, &record);
    enum direction direction = record ? record->direction : FORWARD;
    *out = (struct look){.at = now,
                         .plan = plan_of(w, state, direction),
                         .action = action,
                         .routing = w->live.listener ? &w->live.listener->routing : NULL,
                         .routing_read_at = w->live.taken_at,
                         .live = &w->live,
                         .samples = w->hour.minutes ? &w->hour : NULL,
                         .baseline = state && state->has_baseline ? &state->baseline : NULL};
    if (!action)
        return;
    out->started_at = record->started_at;
    if (action->kind == ACTION_HOLD)
        out->ends_at = plan_hold_ends_at(action, record->started_at);
    if (action->kind == ACTION_DRAIN && w->hour.minutes) {
        judge_drain(w, record, action, now);
        out->drain = &w->drain;
    }
    if (direction == FORWARD && judge_gates(w, state, action, now))
        out->gates = &w->gates;
}

static const char *why(const struct error *err)
{
    return *err->message ? err->message : NULL;
}

void watching_show(struct watched *out, struct watching *w)
{
    int64_t now = wall_now(w);
    *out = (struct watched){
        .name = input_planfile(&w->cutover->input)->name,
        .now = now,
        .state = w->cutover->state,
        .state_location = w->cutover->store.location,
        .writer = &w->writer,
        .unread = {why(&w->live_error), why(&w->hour_error), why(&w->state_error)}};
    look_at(&out->look, w, now);
}
