#include "planner/transition.h"

#include <assert.h>

bool transition_restores(const struct plan *plan, const struct action *action)
{
    return plan->direction == INVERSE && action->kind == ACTION_SCALE && action->arm == ARM_TARGET;
}

static bool count_agrees(const struct plan *plan, const struct action *action, int64_t desired)
{
    return transition_restores(plan, action) ? desired == action->after.count
                                             : desired >= action->after.count;
}

static enum transition of_scale(const struct plan *plan, const struct action *action,
                                const struct snapshot *live, bool *moved)
{
    const struct service_snapshot *service = &live->arms[action->arm].service;
    if (!service->found)
        return TRANSITION_DRIFT;
    if (count_agrees(plan, action, service->desired))
        return TRANSITION_DONE;
    if (service->desired == action->before.count)
        return TRANSITION_SEND;
    if (plan->direction == INVERSE && action->arm == ARM_SOURCE) {
        *moved = true;
        return TRANSITION_SEND;
    }
    return TRANSITION_DRIFT;
}

static bool is_known_group(const struct plan *plan, const char *group)
{
    for (int arm = 0; arm < ARM_COUNT; arm++)
        if (text_same(group, plan->subject.arms[arm].target_group_arn))
            return true;
    for (size_t i = 0; i < plan->origin.routing.share_count; i++)
        if (text_same(group, plan->origin.routing.shares[i].target_group))
            return true;
    return false;
}

/* A list whose weights are all zero is no routing that we understand, but its groups can be read.
 */
static bool is_among_known_groups(const struct plan *plan, const struct routing *live)
{
    if (!live->forward_action || !live->share_count)
        return false;
    for (size_t i = 0; i < live->share_count; i++)
        if (live->shares[i].weight && !is_known_group(plan, live->shares[i].target_group))
            return false;
    return true;
}

static bool is_as_recorded(const struct plan *plan, const struct routing *live,
                           const struct routing *recorded)
{
    return routing_as_recorded(live, recorded, plan->subject.arms[ARM_SOURCE].target_group_arn,
                               plan->subject.arms[ARM_TARGET].target_group_arn);
}

/* A listener that was deleted and made anew has another ARN: no request of ours reaches it. */
static bool has_our_listener(const struct plan *plan, const struct snapshot *live)
{
    return live->listener && text_same(live->listener->arn, plan->subject.listener_arn);
}

static enum transition of_shift(const struct plan *plan, const struct action *action,
                                const struct snapshot *live, bool *moved)
{
    if (!has_our_listener(plan, live))
        return TRANSITION_DRIFT;
    const struct routing *routing = &live->listener->routing;
    if (plan->direction == INVERSE) {
        if (routing_identical(routing, &action->after.routing))
            return TRANSITION_DONE;
        if (!is_among_known_groups(plan, routing))
            return TRANSITION_DRIFT;
        *moved = !is_as_recorded(plan, routing, &action->before.routing);
        return TRANSITION_SEND;
    }
    if (is_as_recorded(plan, routing, &action->after.routing))
        return TRANSITION_DONE;
    return is_as_recorded(plan, routing, &action->before.routing) ? TRANSITION_SEND
                                                                  : TRANSITION_DRIFT;
}

enum transition transition_of(const struct plan *plan, const struct action *action,
                              const struct snapshot *live, bool *moved)
{
    assert(action->kind == ACTION_SCALE || action->kind == ACTION_SHIFT);
    *moved = false;
    return action->kind == ACTION_SCALE ? of_scale(plan, action, live, moved)
                                        : of_shift(plan, action, live, moved);
}

bool transition_agrees(const struct plan *plan, const struct action *action,
                       const struct snapshot *live)
{
    if (action->kind == ACTION_SHIFT) {
        if (!has_our_listener(plan, live))
            return false;
        const struct routing *now = &live->listener->routing, *after = &action->after.routing;
        return plan->direction == INVERSE ? routing_equal(now, after)
                                          : is_as_recorded(plan, now, after);
    }
    const struct service_snapshot *service = &live->arms[action->arm].service;
    return service->found && count_agrees(plan, action, service->desired);
}

const char *transition_explain_count(struct arena *arena, int64_t recorded,
                                     const struct service_snapshot *live, int64_t wanted)
{
    const char *now = live->found ? arena_printf(arena, "%lld desired", (long long)live->desired)
                                  : "no such service";
    return arena_printf(arena, "recorded: %lld desired; live: %s; wanted: %lld desired",
                        (long long)recorded, now, (long long)wanted);
}

const char *transition_explain_routing(struct arena *arena, const struct plan *plan,
                                       const struct routing *recorded, const struct snapshot *live,
                                       const struct routing *wanted)
{
    const char *source = plan->subject.arms[ARM_SOURCE].target_group_arn;
    const char *target = plan->subject.arms[ARM_TARGET].target_group_arn;
    const char *now = live->why_no_listener ? live->why_no_listener : "no such listener";
    const char *hidden = "";
    if (live->listener) {
        now = routing_describe(arena, &live->listener->routing, source, target);
        hidden = routing_describe_hidden(arena, recorded, &live->listener->routing, source, target);
    }
    if (live->listener && !has_our_listener(plan, live))
        hidden = arena_printf(arena, "of another listener, %s", live->listener->arn);
    return arena_printf(arena, "recorded: %s; live: %s%s%s; wanted: %s",
                        routing_describe(arena, recorded, source, target), now,
                        *hidden ? ", but " : "", hidden,
                        routing_describe(arena, wanted, source, target));
}

const char *transition_explain(struct arena *arena, const struct plan *plan,
                               const struct action *action, const struct snapshot *live)
{
    if (action->kind == ACTION_SCALE)
        return transition_explain_count(arena, action->before.count,
                                        &live->arms[action->arm].service, action->after.count);
    return transition_explain_routing(arena, plan, &action->before.routing, live,
                                      &action->after.routing);
}
