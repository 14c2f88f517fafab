#include "planner/plan.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "planner/base/memory.h"
#include "planner/base/time.h"
#include "planner/inverse.h"
#include "planner/plan_edit.h"
#include "planner/plan_forecast.h"
#include "planner/precondition.h"
#include "planner/state.h"

const struct action_kind_row action_kinds[ACTION_KIND_COUNT] = {
    [ACTION_SCALE] = {"scale", 2, true, FACT_SERVICES | FACTS_HEALTH},
    [ACTION_BASELINE] = {"baseline", 6, false, FACT_METRICS},
    [ACTION_SHIFT] = {"shift", 10, true, FACT_LISTENERS},
    [ACTION_HOLD] = {"hold", 12, false, 0},
    [ACTION_DRAIN] = {"drain", 12, false, 0},
};

const char *verdict_name(enum verdict verdict)
{
    static const char *const names[] = {
        [VERDICT_OK] = "ok",           [VERDICT_WARNS] = "warns",       [VERDICT_BLOCKS] = "blocks",
        [VERDICT_UNKNOWN] = "unknown", [VERDICT_DEFERRED] = "deferred",
    };
    return names[verdict];
}

bool standing_blocks(const struct standing *standing)
{
    if (standing->waived || standing->row->severity != BLOCK)
        return false;
    return standing->verdict == VERDICT_BLOCKS || standing->verdict == VERDICT_UNKNOWN;
}

struct action *plan_add_action(struct plan *plan, enum action_kind kind, enum arm arm,
                               const char *address)
{
    struct action *action =
        arena_append(&plan->arena, &plan->actions, &plan->action_count, sizeof *plan->actions);
    action->kind = kind;
    action->arm = arm;
    action->address = arena_strdup(&plan->arena, address);
    return action;
}

void plan_note(struct plan *plan, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    const char **note =
        arena_append(&plan->arena, &plan->notes, &plan->note_count, sizeof *plan->notes);
    *note = arena_vprintf(&plan->arena, format, ap);
    va_end(ap);
}

void plan_clear(struct plan *plan)
{
    if (plan->inverse) {
        plan_clear(plan->inverse);
        free(plan->inverse);
    }
    planfile_clear(&plan->file);
    arena_clear(&plan->arena);
    memset(plan, 0, sizeof *plan);
}

void planfile_copy(struct planfile *out, const struct planfile *file)
{
    struct arena arena = {0};
    struct diagnostics list = {.arena = &arena};
    bool valid = planfile_read(out, file->path, file->source, file->source_len,
                               precondition_waivable, &list);
    assert(valid); /* it was read before */
    (void)valid;
    arena_clear(&arena);
}

bool plan_is_possible(const struct plan *plan)
{
    /* A fallback sends what was recorded, whatever the default rule is now. */
    return subject_is_resolved(&plan->subject) &&
           (plan->direction == INVERSE || plan->live.routing.understood);
}

bool plan_is_blocked(const struct plan *plan)
{
    for (size_t i = 0; i < plan->standing_count; i++)
        if (standing_blocks(&plan->standings[i]))
            return true;
    return false;
}

bool plan_is_judged(const struct plan *plan, const struct action *wait)
{
    const struct planfile *file = &plan->file;
    if (plan->direction == INVERSE)
        return false;
    return wait->kind != ACTION_DRAIN || file->steps[file->step_count - 1].hold_ms > 0;
}

int64_t plan_hold_ends_at(const struct action *hold, int64_t started_at)
{
    int64_t end = started_at + hold->duration_ms;
    int64_t settled = minute_floor(end) + SERIES_SETTLED_AFTER_MS;
    return settled > end ? settled : end;
}

bool plan_changes_anything(const struct plan *plan)
{
    return plan->action_count > 0;
}

static bool has_hold(const struct plan *plan)
{
    for (size_t i = 0; i < plan->action_count; i++)
        if (plan->actions[i].kind == ACTION_HOLD)
            return true;
    return false;
}

/* A hold ahead; behind one, its gates go on in the drain, and what nobody watched is judged. */
static bool is_judged_by_gates(const struct plan *plan)
{
    bool goes_on = *plan->lineage && plan_changes_anything(plan);
    return has_hold(plan) || (goes_on && planfile_hold_count(&plan->file));
}

bool plan_needs_on_failure(const struct plan *plan)
{
    return plan->direction == FORWARD && !plan->file.gates.on_failure_written &&
           is_judged_by_gates(plan);
}

/* ---- making the forward plan ---- */

struct making {
    struct plan *plan;
    const struct planfile *file;
    const struct snapshot *live;
    const struct state *state; /* NULL when this is a first run */
    int live_permille;         /* the target's share now; -1: neither has weight */
};

static void take_origin(struct making *m)
{
    struct plan *plan = m->plan;
    struct origin *origin = &plan->origin;
    if (m->state) {
        memcpy(plan->lineage, m->state->lineage, sizeof plan->lineage);
        plan->serial = m->state->serial;
    }
    if (m->state && state_changed_anything(m->state)) {
        *origin = m->state->origin;
        routing_copy(&origin->routing, &plan->arena, &m->state->origin.routing);
        return;
    }
    *origin = (struct origin){.taken_at = m->live->taken_at};
    for (int arm = 0; arm < ARM_COUNT; arm++)
        origin->desired[arm] = m->live->arms[arm].service.desired;
    const struct routing *routing = &m->live->listener->routing;
    origin->assumed = m->live_permille > 0;
    if (origin->assumed)
        routing_with_share(&origin->routing, &plan->arena, routing,
                           plan->subject.arms[ARM_SOURCE].target_group_arn,
                           plan->subject.arms[ARM_TARGET].target_group_arn, 0);
    else
        routing_copy(&origin->routing, &plan->arena, routing);
}

static void take_live(struct making *m)
{
    struct recorded *live = &m->plan->live;
    live->taken_at = m->live->taken_at;
    for (int arm = 0; arm < ARM_COUNT; arm++)
        live->desired[arm] = m->live->arms[arm].service.desired;
    routing_copy(&live->routing, &m->plan->arena, &m->live->listener->routing);
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Runbook step 2: at least as large as the capture proxy; never down. */
static int64_t wanted_count(const struct making *m)
{
    const struct service_snapshot *source = &m->live->arms[ARM_SOURCE].service;
    const struct service_snapshot *target = &m->live->arms[ARM_TARGET].service;
    int64_t wanted = m->file->target_count == PLANFILE_COUNT_AT_LEAST_SOURCE
                         ? larger(source->desired, source->running)
                         : m->file->target_count;
    return larger(wanted, target->desired);
}

/* Tasks or targets that are on their way: waiting will settle it. Unhealthy ones are not. */
static bool is_settling(const struct arm_snapshot *arm)
{
    return arm->service.running != arm->service.desired || arm->service.pending > 0 ||
           arm->group.health[HEALTH_INITIAL] > 0 || arm->group.health[HEALTH_DRAINING] > 0;
}

static void add_scale(struct making *m)
{
    const struct arm_snapshot *target = &m->live->arms[ARM_TARGET];
    int64_t wanted = wanted_count(m);
    if (target->service.desired >= wanted && !is_settling(target))
        return;
    struct action *action = plan_add_action(m->plan, ACTION_SCALE, ARM_TARGET, "scale[target]");
    action->before.count = target->service.desired;
    action->after.count = wanted;
    action->timeout_ms = m->file->ready_timeout_ms;
}

/* The last shift so far, or NULL. */
static const struct action *last_shift(const struct plan *plan)
{
    for (size_t i = plan->action_count; i-- > 0;)
        if (plan->actions[i].kind == ACTION_SHIFT)
            return &plan->actions[i];
    return NULL;
}

static bool is_done(const struct making *m, const char *address)
{
    return m->state && state_is_done(m->state, FORWARD, address);
}

static void add_baseline(struct making *m)
{
    if (is_done(m, "baseline"))
        return;
    if (m->live_permille > 0) {
        plan_note(m->plan, "no baseline is measured: the target already has traffic");
        return;
    }
    struct action *action = plan_add_action(m->plan, ACTION_BASELINE, ARM_SOURCE, "baseline");
    action->duration_ms = m->file->baseline_ms;
}

/* Whether a hold or a drain is behind us. What came before a shift that has to be made again says
 * nothing about the time after it. */
static bool is_waited(const struct making *m, const char *address)
{
    return !last_shift(m->plan) && is_done(m, address);
}

/* Its record says how long it was held; it is not begun again for a file edited afterwards. */
static void note_longer_hold(struct making *m, const char *address, int64_t hold_ms)
{
    const struct record *record = state_find_record(m->state, FORWARD, address);
    char held[TIME_TEXT_SIZE], wanted[TIME_TEXT_SIZE];
    int64_t held_ms = record->ended_at - record->started_at;
    if (held_ms < hold_ms)
        plan_note(m->plan, "%s is done as recorded (%s) and is not begun again for %s", address,
                  duration_format(held, held_ms), duration_format(wanted, hold_ms));
}

static const char *step_address(struct arena *arena, const char *kind, int permille)
{
    return permille % 10 ? arena_printf(arena, "%s[%d.%d%%]", kind, permille / 10, permille % 10)
                         : arena_printf(arena, "%s[%d%%]", kind, permille / 10);
}

static void add_step(struct making *m, const struct planfile_step *step)
{
    struct plan *plan = m->plan;
    const struct subject *subject = &plan->subject;
    if (step->target_permille > m->live_permille) {
        const char *address = step_address(&plan->arena, "shift", step->target_permille);
        const struct action *last = last_shift(plan);
        const struct routing before = last ? last->after.routing : plan->live.routing;
        struct action *action = plan_add_action(plan, ACTION_SHIFT, ARM_TARGET, address);
        action->before.routing = before;
        routing_with_share(&action->after.routing, &plan->arena, &before,
                           subject->arms[ARM_SOURCE].target_group_arn,
                           subject->arms[ARM_TARGET].target_group_arn, step->target_permille);
        action->target_permille = step->target_permille;
    }
    const char *address = step_address(&plan->arena, "hold", step->target_permille);
    if (step->hold_ms == 0)
        return;
    if (is_waited(m, address)) {
        note_longer_hold(m, address, step->hold_ms);
        return;
    }
    struct action *action = plan_add_action(plan, ACTION_HOLD, ARM_TARGET, address);
    action->target_permille = step->target_permille;
    action->duration_ms = step->hold_ms;
}

static void add_steps(struct making *m)
{
    for (size_t i = 0; i < m->file->step_count; i++) {
        const struct planfile_step *step = &m->file->steps[i];
        if (step->target_permille >= m->live_permille)
            add_step(m, step);
        else if (!is_done(m, step_address(&m->plan->arena, "shift", step->target_permille)))
            plan_note(m->plan,
                      "%s is left out: the target already has more, and a step never lowers it",
                      step_address(&m->plan->arena, "shift", step->target_permille));
    }
}

static void add_drain(struct making *m)
{
    int last = m->file->steps[m->file->step_count - 1].target_permille;
    if (last < 1000) {
        plan_note(m->plan, "the last step stays below 100 %%, so the source is not drained");
        return;
    }
    if (m->file->quiet_for_ms == 0) {
        plan_note(m->plan, "drain.quiet_for is 0s: no proof is asked for that the source is quiet");
        return;
    }
    if (is_waited(m, "drain[source]"))
        return;
    struct action *action = plan_add_action(m->plan, ACTION_DRAIN, ARM_SOURCE, "drain[source]");
    action->duration_ms = m->file->quiet_for_ms;
    action->timeout_ms = m->file->drain_timeout_ms;
}

static bool is_judged(const struct making *m, const struct action *action)
{
    const struct action *end = m->plan->actions + m->plan->action_count;
    if (action->kind == ACTION_SHIFT)
        return action + 1 < end && action[1].kind == ACTION_HOLD;
    return plan_is_judged(m->plan, action);
}

static void note_unjudged(struct making *m)
{
    struct plan *plan = m->plan;
    struct text addresses = {0};
    for (size_t i = 0; i < plan->action_count; i++)
        if (!is_judged(m, &plan->actions[i]))
            text_addf(&addresses, "%s%s", addresses.len ? ", " : "", plan->actions[i].address);
    if (addresses.len)
        plan_note(plan, "hold: 0s: no gate judges %s", text_cstr(&addresses));
    text_clear(&addresses);
}

/* What clients write to the target is not on the source: from the first shift on the clusters part,
 * and a check that compares them turns red by design. */
static void note_documents(struct making *m)
{
    const struct planfile *file = m->file;
    if (!has_hold(m->plan))
        return;
    for (size_t i = 0; i < file->check_count; i++)
        if (file->checks[i].kind == CHECK_DOCUMENTS)
            plan_note(m->plan,
                      "check:%s is asked in holds too: the source lacks what clients write to the "
                      "target, so its tolerate must leave room for that",
                      file->checks[i].name);
}

static void note_rest(struct making *m)
{
    note_unjudged(m);
    note_documents(m);
    if (plan_needs_on_failure(m->plan))
        plan_note(m->plan, "gates.on_failure is not written: on a terminal it is stop; without "
                           "one, apply refuses this plan");
    if (m->plan->origin.assumed)
        plan_note(m->plan,
                  "mid-cutover: the fallback goes to 100 %% source, which nobody recorded");
}

static void note_edited_file(struct making *m)
{
    if (!m->state || strcmp(m->state->plan->file.digest, m->file->digest) == 0)
        return;
    plan_note(m->plan, "the plan file was edited since this cutover's last apply: what is left "
                       "was planned anew under the same lineage");
    plan_note_edit(m->plan, m->state->plan->file.source, m->file->source);
}

static void take_beginning(struct making *m)
{
    const struct subject *subject = &m->plan->subject;
    m->live_permille = routing_target_permille(&m->live->listener->routing,
                                               subject->arms[ARM_SOURCE].target_group_arn,
                                               subject->arms[ARM_TARGET].target_group_arn);
    take_live(m);
    take_origin(m);
    m->plan->requests_a_minute = forecast_rate(&m->live->recent, m->live->taken_at);
}

/* What the source is like: as it was measured, else as it is now. */
static const struct series *usual(const struct making *m)
{
    return m->state && m->state->has_baseline ? &m->state->baseline : &m->live->recent;
}

static void make_actions(struct making *m)
{
    bool shifts = m->file->steps[m->file->step_count - 1].target_permille > m->live_permille;
    if (shifts)
        add_scale(m);
    if (shifts)
        add_baseline(m);
    add_steps(m);
    add_drain(m);
    forecast_plan(m->plan, usual(m));
    note_edited_file(m);
    note_rest(m);
}

void plan_make(struct plan *out, const struct planfile *file, const struct snapshot *live,
               const struct state *state, const struct provenance *provenance,
               const struct surroundings *around)
{
    /* A lineage that a revert has ended says nothing about the next cutover. */
    struct making m = {out, file, live, state && !state->ended ? state : NULL, -1};

    memset(out, 0, sizeof *out);
    out->direction = FORWARD;
    out->requests_a_minute = -1;
    planfile_copy(&out->file, file);
    /* A lineage stays with its resources: when the names lead elsewhere, live has drifted. */
    bool bound = m.state && state_changed_anything(m.state);
    subject_copy(&out->subject, &out->arena, bound ? &m.state->plan->subject : &live->subject);
    provenance_copy(&out->provenance, &out->arena, provenance);
    if (live->listener && subject_is_resolved(&out->subject))
        take_beginning(&m);
    if (plan_is_possible(out)) {
        make_actions(&m);
        inverse_attach(out);
    }
    struct judgement in = {.plan = out,
                           .file = &out->file,
                           .live = live,
                           .state = m.state,
                           .around = around,
                           .arena = &out->arena};
    preconditions_judge_plan(out, &in);
}
