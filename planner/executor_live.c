#include <string.h>

#include "planner/base/time.h"
#include "planner/executor_parts.h"
#include "planner/precondition.h"

enum {
    RECENT_MS = 15 * MINUTE_MS, /* of metrics, where no baseline is judged */
    STALE_MS = 5 * SECOND_MS,   /* a slow measurement or disk may lie between a read and its use */
};

/* ---- observing ---- */

static int64_t recent_ms(const struct execution *x)
{
    int64_t baseline_ms = x->plan->direction == FORWARD ? x->plan->file.baseline_ms : 0;
    return baseline_ms > RECENT_MS ? baseline_ms : RECENT_MS;
}

static void remember_routing(struct execution *x)
{
    if (!(x->live.known & FACT_LISTENERS))
        return;
    arena_clear(&x->routing_arena);
    if (x->live.listener)
        routing_copy(&x->routing, &x->routing_arena, &x->live.listener->routing);
    else
        x->routing =
            (struct routing){.why_not = arena_strdup(&x->routing_arena, x->live.why_no_listener)};
    x->out->live_read_at = x->live.taken_at;
    x->sent_since_read = false;
}

void reading_clear(struct reading *reading)
{
    snapshot_clear(&reading->live);
    *reading = (struct reading){0};
}

void take_reading(struct execution *x, struct reading *reading)
{
    x->live = reading->live;
    x->asked = reading->facts;
    x->observed_at = reading->read_at;
    x->fresh = x->observed_once = true;
    *reading = (struct reading){0};
    remember_routing(x);
}

bool try_observe(struct execution *x, unsigned facts, struct error *err)
{
    const struct cloud *cloud = x->executor->cloud;
    snapshot_clear(&x->live);
    x->asked = 0;
    if (!cloud->observe(cloud->self, &x->live, &x->plan->subject, facts, recent_ms(x), err))
        return error_context(err, "live cannot be read");
    x->asked = facts;
    x->observed_at = monotonic_now(x);
    x->fresh = true;
    remember_routing(x);
    return true;
}

bool covers(const struct execution *x, unsigned facts)
{
    return x->fresh && (x->asked & facts) == facts && monotonic_now(x) - x->observed_at <= STALE_MS;
}

bool is_passing(const struct error *err)
{
    return err->kind == ERROR_NETWORK || err->kind == ERROR_SERVICE;
}

/* What all that is still to be sent needs: so that a run whose actions follow each other without a
 * wait (a fallback above all) costs one wave. */
static unsigned first_facts(const struct execution *x)
{
    unsigned facts = 0;
    for (size_t i = 0; i < x->plan->action_count; i++) {
        const struct action *action = &x->plan->actions[i];
        if (action_kinds[action->kind].mutates || action->kind == ACTION_BASELINE)
            facts |= preconditions_facts(x->plan, action);
    }
    return facts;
}

/* What was sent or may have been, and live agrees with: it was carried out. */
static void settle_unknown_shifts(struct execution *x)
{
    for (size_t i = 0; i < x->state->record_count; i++) {
        struct record *record = &x->state->records[i];
        const struct routing *maybe;
        if (record->kind != ACTION_SHIFT || !x->live.listener ||
            (record->phase != PHASE_INTENDED && record->phase != PHASE_SENT))
            continue;
        state_expected_routing(x->state, &maybe);
        if (maybe != &record->after.routing || !routing_equal(&x->routing, maybe))
            continue;
        state_end_record(x->state, record, PHASE_DONE, wall_now(x),
                         record->phase == PHASE_INTENDED ? LOST_ANSWER_NOTE : "");
    }
}

bool try_need(struct execution *x, unsigned facts, struct error *err)
{
    if (covers(x, facts))
        return true;
    if (!x->observed_once)
        facts |= first_facts(x);
    if (!try_observe(x, facts, err))
        return false;
    if (!x->observed_once && x->plan->direction == FORWARD)
        settle_unknown_shifts(x);
    x->observed_once = true;
    return true;
}

bool need(struct execution *x, unsigned facts)
{
    struct error err;
    return try_need(x, facts, &err) || fail_run(x, &err);
}

/* ---- drift ---- */

static const char *describe(struct execution *x, const struct routing *routing)
{
    const struct subject *subject = &x->plan->subject;
    return routing_describe(&x->texts, routing, subject->arms[ARM_SOURCE].target_group_arn,
                            subject->arms[ARM_TARGET].target_group_arn);
}

static const char *moved_routing(struct execution *x, const struct routing *recorded)
{
    const struct subject *subject = &x->plan->subject;
    const char *hidden = routing_describe_hidden(&x->texts, recorded, &x->routing,
                                                 subject->arms[ARM_SOURCE].target_group_arn,
                                                 subject->arms[ARM_TARGET].target_group_arn);
    return arena_printf(&x->texts, "the default action was recorded as %s and is %s%s%s",
                        describe(x, recorded), describe(x, &x->routing), *hidden ? ", but " : "",
                        hidden);
}

static const char *moved_count(struct execution *x, enum arm arm, int64_t recorded)
{
    const struct service_snapshot *service = &x->live.arms[arm].service;
    if (!service->found)
        return arena_printf(&x->texts, "the %s service is gone", arm_name(arm));
    return arena_printf(&x->texts, "the %s service was recorded with %lld desired and has %lld",
                        arm_name(arm), (long long)recorded, (long long)service->desired);
}

/* Somebody else's larger target serves as well as ours. */
static bool is_scaled_beyond(const struct execution *x, int64_t desired)
{
    for (size_t i = 0; i < x->plan->action_count; i++) {
        const struct action *action = &x->plan->actions[i];
        if (action->kind == ACTION_SCALE && action->arm == ARM_TARGET)
            return desired >= action->after.count;
    }
    return false;
}

/* Nothing was changed yet: live must be what the plan was made on. NULL: it is. */
static const char *moved_since_plan(struct execution *x)
{
    const struct recorded *recorded = &x->plan->live;
    if (!routing_equal(&x->routing, &recorded->routing))
        return moved_routing(x, &recorded->routing);
    for (int arm = 0; arm < ARM_COUNT; arm++) {
        const struct service_snapshot *service = &x->live.arms[arm].service;
        if (service->found && (service->desired == recorded->desired[arm] ||
                               (arm == ARM_TARGET && is_scaled_beyond(x, service->desired))))
            continue;
        return moved_count(x, (enum arm)arm, recorded->desired[arm]);
    }
    return NULL;
}

/*
 * This cutover changed something: live must be what its records say. Counts may also be what the
 * plan was made on, since a cutover planned anew has been reviewed with them; a routing may not:
 * nobody but this cutover should have moved it.
 */
static const char *moved_since_records(struct execution *x)
{
    const struct routing *maybe, *expected = state_expected_routing(x->state, &maybe);
    if (!routing_equal(&x->routing, expected) && !(maybe && routing_equal(&x->routing, maybe)))
        return moved_routing(x, expected);
    for (int arm = 0; arm < ARM_COUNT; arm++) {
        const struct service_snapshot *service = &x->live.arms[arm].service;
        int64_t count = state_expected_count(x->state, (enum arm)arm, NULL);
        int64_t desired = service->desired;
        if (service->found && (desired == count || desired == x->plan->live.desired[arm] ||
                               (arm == ARM_TARGET && desired >= count)))
            continue;
        return moved_count(x, (enum arm)arm, count);
    }
    return NULL;
}

bool hold_to_record(struct execution *x, const struct action *action)
{
    if (x->plan->direction == INVERSE)
        return true;
    if (!need(x, FACT_SERVICES | FACT_LISTENERS))
        return false;
    x->held_to_record = true;
    const char *moved;
    if (!x->live.listener)
        moved = x->live.why_no_listener ? x->live.why_no_listener : "the listener is gone";
    else if (!subject_equal(&x->live.subject, &x->plan->subject))
        moved = "the names lead to other resources than when the plan was made";
    else
        moved = state_changed_anything(x->state) ? moved_since_records(x) : moved_since_plan(x);
    if (!moved)
        return true;
    moved = arena_strdup(&x->texts, moved);
    tell(x, (struct event){EVENT_DRIFT, .action = action, .text = moved});
    return end_run(x, RUN_DRIFT, "%s", moved);
}

/* ---- preconditions ---- */

bool judge_action(struct execution *x, const struct action *action)
{
    struct standing standing;
    x->executor->around.now = wall_now(x);
    struct judgement in = {.plan = x->plan,
                           .file = &x->plan->file,
                           .live = &x->live,
                           .state = x->state,
                           .around = &x->executor->around,
                           .action = action,
                           .arena = &x->texts};
    if (!need(x, preconditions_facts(x->plan, action)))
        return false;
    if (!preconditions_block_action(&standing, &in))
        return true;
    tell(x, (struct event){EVENT_BLOCKED, .action = action, .standing = &standing});
    return end_run(x, RUN_BLOCKED, "%s blocks %s: %s", standing.row->id, action->address,
                   standing.observed);
}
