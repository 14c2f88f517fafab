#include "planner/snapshot.h"

#include <string.h>

static const struct {
    enum fact fact;
    const char *name;
} facts[FACT_COUNT] = {
    {FACT_SERVICES, "DescribeServices"},
    {FACT_LOAD_BALANCER, "DescribeLoadBalancers"},
    {FACT_TARGET_GROUPS, "DescribeTargetGroups"},
    {FACT_LISTENERS, "DescribeListeners"},
    {FACT_HEALTH_SOURCE, "DescribeTargetHealth (source)"},
    {FACT_HEALTH_TARGET, "DescribeTargetHealth (target)"},
    {FACT_GROUP_ATTRIBUTES, "DescribeTargetGroupAttributes"},
    {FACT_LB_ATTRIBUTES, "DescribeLoadBalancerAttributes"},
    {FACT_TAGS, "DescribeTags"},
    {FACT_RULES, "DescribeRules"},
    {FACT_METRICS, "GetMetricData"},
    {FACT_AUTOSCALING, "DescribeScalableTargets"},
};

static const char *const health_names[HEALTH_STATE_COUNT] = {
    [HEALTH_HEALTHY] = "healthy",   [HEALTH_INITIAL] = "initial", [HEALTH_UNHEALTHY] = "unhealthy",
    [HEALTH_DRAINING] = "draining", [HEALTH_UNUSED] = "unused",   [HEALTH_OTHER] = "other",
};

const char *health_state_name(enum health_state state)
{
    return health_names[state];
}

const char *fact_name(enum fact fact)
{
    for (size_t i = 0; i < FACT_COUNT; i++)
        if (facts[i].fact == fact)
            return facts[i].name;
    return "?";
}

const struct error *snapshot_why_unknown(const struct snapshot *snapshot, enum fact fact)
{
    for (size_t i = 0; i < FACT_COUNT; i++)
        if (facts[i].fact == fact)
            return &snapshot->unknown[i];
    return NULL;
}

void snapshot_init(struct snapshot *snapshot)
{
    memset(snapshot, 0, sizeof *snapshot);
}

void snapshot_clear(struct snapshot *snapshot)
{
    arena_clear(&snapshot->arena);
    snapshot_init(snapshot);
}

/* ---- the listener ---- */

static const char *list_candidates(struct snapshot *s, bool only_both)
{
    const char *source = s->subject.arms[ARM_SOURCE].target_group_arn;
    const char *target = s->subject.arms[ARM_TARGET].target_group_arn;
    struct text text = {0};
    for (size_t i = 0; i < s->listener_count; i++) {
        const struct listener_snapshot *l = &s->listeners[i];
        if (only_both &&
            !(routing_names(&l->routing, source) && routing_names(&l->routing, target)))
            continue;
        text_addf(&text, "%sport %d (%s)", text.len ? "; " : "", l->port,
                  routing_describe(&s->arena, &l->routing, source, target));
    }
    const char *out = arena_strdup(&s->arena, text.len ? text.data : "none");
    text_clear(&text);
    return out;
}

static void choose_by_port(struct snapshot *s)
{
    const struct routing *routing;
    for (size_t i = 0; i < s->listener_count; i++)
        if (s->listeners[i].port == s->subject.listener_port)
            s->listener = &s->listeners[i];
    if (!s->listener) {
        s->why_no_listener = arena_printf(&s->arena, "no listener on port %d; there are: %s",
                                          s->subject.listener_port, list_candidates(s, false));
        return;
    }
    routing = &s->listener->routing;
    if (routing->share_count &&
        !routing_names(routing, s->subject.arms[ARM_SOURCE].target_group_arn) &&
        !routing_names(routing, s->subject.arms[ARM_TARGET].target_group_arn)) {
        s->listener = NULL;
        s->why_no_listener = arena_printf(
            &s->arena, "the listener on port %d forwards to other groups; there are: %s",
            s->subject.listener_port, list_candidates(s, false));
    }
}

static void choose_by_groups(struct snapshot *s)
{
    size_t found = 0;
    for (size_t i = 0; i < s->listener_count; i++) {
        const struct routing *routing = &s->listeners[i].routing;
        if (routing_names(routing, s->subject.arms[ARM_SOURCE].target_group_arn) &&
            routing_names(routing, s->subject.arms[ARM_TARGET].target_group_arn)) {
            s->listener = &s->listeners[i];
            found++;
        }
    }
    if (found == 1)
        return;
    s->listener = NULL;
    if (found == 0)
        s->why_no_listener = arena_printf(
            &s->arena, "no listener's default rule forwards to both groups; there are: %s",
            list_candidates(s, false));
    else
        s->why_no_listener =
            arena_printf(&s->arena, "%zu listeners' default rules forward to both groups: %s",
                         found, list_candidates(s, true));
}

void snapshot_choose_listener(struct snapshot *s)
{
    s->listener = NULL;
    s->why_no_listener = NULL;
    if (s->subject.listener_port)
        choose_by_port(s);
    else
        choose_by_groups(s);
    s->subject.listener_arn = s->listener ? s->listener->arn : NULL;
    if (s->listener)
        s->subject.listener_port = s->listener->port;
}
