#include "planner/base/text.h"
#include "planner/base/time.h"
#include "planner/executor_parts.h"

/*
 * What is looked at while the traffic is on the target, and judged (gate.h). Live is looked at
 * twice a minute, for health needs two looks; minutes are measured once a minute, when there is a
 * new one.
 */
/* What is judged, and what a fallback is made from. */
#define LOOK_FACTS ((unsigned)FACT_SERVICES | FACT_LISTENERS | FACTS_HEALTH)

/* ---- what is seen ---- */

/* What cannot be read passes: the gates then say that they do not know. */
static bool look_at_live(struct execution *x, struct vigil *v)
{
    struct error err;
    v->looked_at = wall_now(x);
    if (!try_observe(x, LOOK_FACTS, &err)) {
        if (!v->warned_of_live)
            tell_warning(x, v->action, "live cannot be read; this wait goes on", &err);
        v->warned_of_live = true;
        return true;
    }
    v->looked_at = x->live.taken_at;
    if (x->live.known & FACT_HEALTH_TARGET)
        health_looks_add(&x->health, x->live.taken_at,
                         x->live.arms[ARM_TARGET].group.health[HEALTH_HEALTHY]);
    const char *moved = moved_listener(x, v->action);
    return !moved || end_drifted(x, v->action, "%s", moved);
}

/* The answers before are needed until the new ones were compared with them. What a signal cut short
 * is no answer. */
static bool ask_checks(struct execution *x)
{
    struct check_results before = x->checks;
    struct arena *texts = &x->check_texts[x->asks++ % 2];
    arena_clear(texts);
    checks_ask(&x->checks, x->executor->prober, &x->plan->file, CHECKS_ALL, texts,
               &x->plan->subject);
    check_results_follow(x->checks.items, x->checks.count, before.items, before.count);
    return !x->checks.count || go_on(x);
}

static void measure(struct execution *x, struct vigil *v)
{
    /* What settles while a slow answer is on its way was read before it had. */
    int64_t asked_at = wall_now(x);
    v->minute = minute_floor(asked_at);
    v->measured = sample(x, v->action, &v->warned_of_metrics);
    if (v->measured)
        x->samples_read_at = asked_at;
    /* Minutes that were not read again since they settled prove nothing. */
    if (v->measured && x->state->samples.minutes && v->action && v->action->kind == ACTION_DRAIN) {
        drain_judge(&v->drain, &x->state->samples, v->action->arm, v->quiet_since,
                    v->action->duration_ms, asked_at);
        v->has_drain = true;
    }
}

/* ---- what is thought of it ---- */

static void tell_gates(const struct execution *x, struct vigil *v)
{
    for (int gate = 0; gate < GATE_COUNT; gate++) {
        const struct gate_standing *standing = &v->report.standings[gate];
        bool is_nothing = gate == GATE_CHECKS && standing->verdict == GATE_UNUSED;
        if (standing->verdict == v->told[gate] || is_nothing)
            continue;
        v->told[gate] = standing->verdict;
        tell(x, (struct event){EVENT_GATE, .action = v->action, .gate = standing,
                               .text = standing->words});
    }
}

static void judge(struct execution *x, struct vigil *v)
{
    struct state *state = x->state;
    struct gate_input in = state_gate_input(state, v->action, x->health, wall_now(x));
    in.checks = x->checks.items;
    in.check_count = x->checks.count;
    if (x->samples_read_at)
        in.samples_read_at = x->samples_read_at;
    gate_sums_advance(&state->sums, &in);
    arena_clear(&x->gate_texts);
    gates_judge(&v->report, &x->gate_texts, &state->sums, &in);
    x->judged = true;
}

/* ---- what is told ---- */

/* Of a drain, for its record and its end. */
static const char *describe(struct execution *x, const struct vigil *v)
{
    text_cut(&x->seen, 0);
    if (v->has_drain)
        drain_describe(&x->seen, &v->drain, v->action->duration_ms);
    else
        text_add(&x->seen, "no metrics yet");
    return text_cstr(&x->seen);
}

/* A hold has an end; a drain only a time-out, which is each run's own. */
static void add_times(const struct execution *x, const struct vigil *v, struct event *event)
{
    const struct action *action = v->action;
    event->elapsed_ms = monotonic_now(x) - v->began;
    event->of_ms = action->timeout_ms;
    if (action->kind != ACTION_HOLD)
        return;
    event->of_ms = v->end.wall - v->started_at;
    event->elapsed_ms = event->of_ms - deadline_left(x, &v->end);
}

static void tell_look(struct execution *x, struct vigil *v)
{
    const struct state *state = x->state;
    bool seen = x->live.known & FACTS_HEALTH;
    struct look look = {.at = wall_now(x),
                        .plan = x->plan,
                        .action = v->action,
                        .started_at = v->started_at,
                        .ends_at = v->action->kind == ACTION_HOLD ? v->end.wall : 0,
                        .routing = x->out->live_read_at ? &x->routing : NULL,
                        .routing_read_at = x->out->live_read_at,
                        .live = seen ? &x->live : NULL,
                        .samples = &state->samples,
                        .baseline = state->has_baseline ? &state->baseline : NULL,
                        .gates = v->gated ? &v->report : NULL,
                        .drain = v->has_drain ? &v->drain : NULL};
    if (v->action->kind == ACTION_DRAIN)
        v->text = describe(x, v);
    struct event event = {EVENT_LOOKED, .action = v->action, .look = &look};
    add_times(x, v, &event);
    tell(x, event);
}

/* ---- how it fails ---- */

/* What was done is to be done anew once somebody has answered for the failure. */
static struct record *record_of_failure(struct execution *x, const struct vigil *v)
{
    struct action hold = {.kind = ACTION_HOLD, .arm = ARM_TARGET};
    hold.address = x->state->sums.address;
    const struct action *action = v->action ? v->action : &hold;
    struct record *record = state_find_record(x->state, FORWARD, action->address);
    if (record && record->phase != PHASE_DONE)
        return record;
    return state_begin_record(x->state, action, wall_now(x));
}

static bool end_failed(struct execution *x, const struct vigil *v)
{
    const struct gate_standing *failed = v->report.because;
    struct record *record = record_of_failure(x, v);
    int64_t now = wall_now(x);
    state_add_failure(x->state, failed->name, record->address, failed->words, now);
    state_end_record(x->state, record, PHASE_SENT, now,
                     arena_printf(&x->texts, "%s failed: %s", failed->name, failed->words));
    x->out->falls_back = x->plan->file.gates.on_failure == ON_REVERT;
    return end_run(x, RUN_GATE_FAILED, "%s failed in %s: %s", failed->name, record->address,
                   failed->words);
}

bool heed_failure(struct execution *x)
{
    const struct gate_failure *failure = state_open_failure(x->state);
    bool recalled = state_is_recalled(x->state);
    struct error err;
    if (x->plan->direction == INVERSE || (!failure && !recalled))
        return true;
    x->out->falls_back = recalled || x->plan->file.gates.on_failure == ON_REVERT;
    if (x->out->falls_back && !covers(x, LOOK_FACTS) && !try_observe(x, LOOK_FACTS, &err))
        tell_warning(x, NULL, "the traffic goes back all the same", &err);
    if (recalled)
        return end_run(x, RUN_RECALLED,
                       "who sat at the terminal wanted the traffic back, and that run died before "
                       "it was");
    return end_run(x, RUN_GATE_FAILED, "%s failed in %s, and nobody has accepted it: %s",
                   failure->gate, failure->address, failure->why);
}

/* ---- looking ---- */

void vigil_begin(struct vigil *v, struct execution *x, const struct action *action)
{
    *v = (struct vigil){.action = action, .text = ""};
    v->gated = !action || plan_is_judged(x->plan, action);
    v->began = monotonic_now(x);
    v->started_at = wall_now(x);
    for (int gate = 0; gate < GATE_COUNT; gate++)
        v->told[gate] = GATE_WAITS;
    if (x->wish == WISH_END_WAIT) /* it was meant for what was waited for before */
        x->wish = WISH_NONE;
}

struct record *vigil_record(struct execution *x, const struct action *action, int64_t first_at)
{
    struct record *record = state_find_record(x->state, x->plan->direction, action->address);
    struct gate_sums *sums = &x->state->sums;
    bool open = record && !record->ended_at;
    int64_t at = open ? record->started_at : record ? wall_now(x) : first_at;
    bool kept = action->kind == ACTION_DRAIN ? sums->address != NULL /* the last hold's go on */
                                             : record && text_same(sums->address, action->address);
    if (!kept && plan_is_judged(x->plan, action))
        gate_sums_begin(sums, &x->state->arena, action->address, at);
    return open ? record : state_begin_record(x->state, action, at);
}

/* A check that hangs takes its whole time-out: what fails without it does not wait for it. */
static bool judge_all(struct execution *x, struct vigil *v, bool asks)
{
    judge(x, v);
    if (asks && x->plan->file.check_count && v->report.outcome != GATES_FAIL) {
        if (!ask_checks(x))
            return false;
        judge(x, v);
    }
    tell_gates(x, v);
    return true;
}

bool vigil_look(struct execution *x, struct vigil *v, bool last)
{
    bool measures = last || minute_floor(wall_now(x)) != v->minute;
    if (v->gated && !look_at_live(x, v))
        return false;
    if (measures)
        measure(x, v);
    if (v->gated && !judge_all(x, v, measures && v->action))
        return false;
    if (measures && v->action)
        tell_look(x, v);
    if (v->gated && v->report.outcome == GATES_FAIL)
        return end_failed(x, v);
    if (x->executor->journal->broken && x->plan->direction == FORWARD)
        return fail_run(x, &x->executor->journal->why);
    return true;
}

/* Whether the sums are of a hold of this pass, and of the weights that it set last, if any: it may
 * have begun with traffic on the target. */
static bool is_under_watch(const struct execution *x)
{
    const struct gate_sums *sums = &x->state->sums;
    const struct record *shift = last_shift(x);
    bool is_behind_it = !shift || sums->since > shift->ended_at ||
                        shift->ended_at > wall_now(x); /* the clock was set back */
    return sums->address && state_find_record(x->state, FORWARD, sums->address) && is_behind_it;
}

bool judge_missed(struct execution *x, const struct action *action)
{
    struct vigil v;
    struct error err;
    if (x->judged || x->plan->direction == INVERSE || !is_under_watch(x))
        return true;
    vigil_begin(&v, x, NULL);
    if (!vigil_look(x, &v, true))
        return false;
    if (v.measured)
        return true;
    error_set(&err, ERROR_SERVICE,
              "%s waits: the minutes since the last run cannot be read, so nobody has judged them",
              action->address);
    return fail_run(x, &err);
}

/* ---- waiting ---- */

/* When the minute is over; where live is looked at, also half a minute behind the last look. */
static struct deadline next_look(const struct execution *x, const struct vigil *v)
{
    int64_t now = wall_now(x), at = minute_floor(now) + MINUTE_MS;
    int64_t half = v->looked_at + VIGIL_EVERY_MS;
    if (v->gated && half > now && half < at)
        at = half;
    return deadline_at(x, at);
}

static void tell_tick(struct execution *x, const struct vigil *v)
{
    struct event event = {EVENT_TICK, .action = v->action};
    add_times(x, v, &event);
    tell(x, event);
}

bool vigil_hear_out(struct execution *x, const struct vigil *v)
{
    const struct wishes *wishes = x->executor->wishes;
    while (wishes && wishes->asks && wishes->asks(wishes->self)) {
        if (!wait_slice(x, SECOND_MS))
            return false;
        tell_tick(x, v);
    }
    return true;
}

bool vigil_wait(struct execution *x, struct vigil *v)
{
    struct deadline next = next_look(x, v);
    bool holds = v->action->kind == ACTION_HOLD;
    for (;;) {
        int64_t left = deadline_left(x, &next);
        int64_t end = holds ? deadline_left(x, &v->end) : left;
        left = left < end ? left : end;
        if (!left)
            return true;
        if (!wait_slice(x, left))
            return false;
        tell_tick(x, v);
        v->cut_short = x->wish == WISH_END_WAIT;
        if (v->cut_short)
            return true;
    }
}
