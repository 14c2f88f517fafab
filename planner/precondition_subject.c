/* Is this the deployment, and can its listener be changed? */
#include <string.h>

#include "planner/precondition_judges.h"
#include "planner/state.h"

enum verdict judge_account(const struct judgement *in, struct text *observed)
{
    const char *live = in->live->subject.account, *wanted = in->file->account;
    if (!live) {
        text_add(observed, "no ARN was found to read it from");
        return wanted ? VERDICT_BLOCKS : VERDICT_OK;
    }
    text_add(observed, live);
    if (!wanted) {
        text_add(observed, " (the plan file names none)");
        return VERDICT_OK;
    }
    if (strcmp(live, wanted) == 0)
        return VERDICT_OK;
    text_addf(observed, ", the plan file says %s", wanted);
    return VERDICT_BLOCKS;
}

bool is_service_needed(const struct judgement *in, enum arm arm)
{
    if (in->plan->direction == FORWARD)
        return true;
    if (in->action)
        return in->action->kind == ACTION_SCALE && in->action->arm == arm;
    return plan_find_action(in->plan, ACTION_SCALE, arm);
}

enum verdict judge_service_found(const struct judgement *in, struct text *observed)
{
    bool all = true, needed = false;
    for (int arm = 0; arm < ARM_COUNT; arm++) {
        const struct service_snapshot *service = &in->live->arms[arm].service;
        const char *name = in->live->subject.arms[arm].service;
        bool active = service->found && text_same(service->status, "ACTIVE");
        all = all && active;
        if (active)
            continue;
        needed = needed || is_service_needed(in, (enum arm)arm);
        if (service->found)
            text_addf(observed, "%s%s is %s", observed->len ? "; " : "", name,
                      service->status ? service->status : "of no status");
        else
            text_addf(observed, "%s%s is not in cluster %s", observed->len ? "; " : "", name,
                      in->live->subject.cluster);
    }
    if (all)
        text_add(observed, "both active");
    return all ? VERDICT_OK : needed ? VERDICT_BLOCKS : VERDICT_WARNS;
}

enum verdict judge_groups_known(const struct judgement *in, struct text *observed)
{
    const struct subject *subject = &in->live->subject;
    for (int arm = 0; arm < ARM_COUNT; arm++)
        if (!in->live->arms[arm].group.found)
            text_addf(observed, "%starget group %s does not exist", observed->len ? "; " : "",
                      subject->arms[arm].target_group);
    if (observed->len)
        return VERDICT_BLOCKS;
    if (!in->live->listener) {
        text_add(observed, "both exist");
        return VERDICT_OK; /* listener-found speaks of the rest */
    }
    const struct routing *routing = &in->live->listener->routing;
    for (size_t i = 0; i < routing->share_count; i++) {
        const struct share *share = &routing->shares[i];
        if (share->weight == 0 ||
            text_same(share->target_group, subject->arms[ARM_SOURCE].target_group_arn) ||
            text_same(share->target_group, subject->arms[ARM_TARGET].target_group_arn))
            continue;
        text_addf(observed, "%s%s has weight %d", observed->len ? "; " : "",
                  arn_resource_name(in->arena, share->target_group), share->weight);
    }
    if (observed->len)
        return VERDICT_BLOCKS;
    text_add(observed, "both exist, no other has weight");
    return VERDICT_OK;
}

enum verdict judge_listener_found(const struct judgement *in, struct text *observed)
{
    const struct snapshot *live = in->live;
    if (!live->load_balancer.found) {
        text_addf(observed, "load balancer %s does not exist", live->subject.load_balancer);
        return VERDICT_BLOCKS;
    }
    if (!live->listener) {
        text_add(observed, live->why_no_listener ? live->why_no_listener : "not looked for");
        return VERDICT_BLOCKS;
    }
    text_addf(observed, "port %d", live->listener->port);
    return VERDICT_OK;
}

enum verdict judge_service_feeds_group(const struct judgement *in, struct text *observed)
{
    bool needed = false;
    for (int arm = 0; arm < ARM_COUNT; arm++) {
        const struct service_snapshot *service = &in->live->arms[arm].service;
        const struct group_snapshot *group = &in->live->arms[arm].group;
        bool feeds = false;
        if (!service->found || !group->found)
            continue; /* service-found and groups-known speak of those */
        for (size_t i = 0; i < service->target_group_count; i++)
            feeds = feeds || text_same(service->target_groups[i], group->arn);
        if (feeds)
            continue;
        needed = needed || is_service_needed(in, (enum arm)arm);
        text_addf(observed, "%s%s does not name %s", observed->len ? "; " : "",
                  in->live->subject.arms[arm].service, in->live->subject.arms[arm].target_group);
    }
    if (observed->len)
        return needed ? VERDICT_BLOCKS : VERDICT_WARNS;
    text_add(observed, "each does");
    return VERDICT_OK;
}

enum verdict judge_routing_understood(const struct judgement *in, struct text *observed)
{
    if (!in->live->listener) {
        text_add(observed, "no listener");
        return VERDICT_BLOCKS;
    }
    const struct routing *routing = &in->live->listener->routing;
    if (!routing->understood) {
        text_add(observed, routing->why_not ? routing->why_not : "not read");
        /* The way back replaces weights whatever they are, but nobody's redirect. */
        bool has_groups = routing->forward_action && routing->share_count;
        return in->plan->direction == INVERSE && has_groups ? VERDICT_WARNS : VERDICT_BLOCKS;
    }
    text_add(observed,
             routing->forward_action > 1 ? "authentication, then a forward" : "a forward");
    return VERDICT_OK;
}

/* A state knows why the target has weight when its records say so: what it has or may have sent. */
static enum verdict judge_against_state(const struct judgement *in, struct text *observed)
{
    const char *source = in->live->subject.arms[ARM_SOURCE].target_group_arn;
    const char *target = in->live->subject.arms[ARM_TARGET].target_group_arn;
    const struct routing *live = &in->live->listener->routing;
    const struct routing *maybe, *recorded = state_expected_routing(in->state, &maybe);
    const char *was, *is;
    const char *key = subject_difference(&in->plan->subject, &in->live->subject, &was, &is);
    if (key) {
        text_addf(observed, ", but lineage %.8s recorded %s %s, and it is %s: apply stops there",
                  in->state->lineage, key, was ? was : "none", is ? is : "none");
        return VERDICT_WARNS;
    }
    if (state_explains(in->state, live)) {
        text_addf(observed, ", as lineage %.8s has it", in->state->lineage);
        return VERDICT_OK;
    }
    if (!maybe && routing_weight(live, target) > 0 && routing_weight(recorded, target) == 0) {
        text_addf(
            observed,
            ", but lineage %.8s left %s: somebody else gave the target weight; apply stops there",
            in->state->lineage, routing_describe(in->arena, recorded, source, target));
        return VERDICT_WARNS;
    }
    const char *hidden = routing_describe_hidden(in->arena, recorded, live, source, target);
    text_addf(observed, ", but lineage %.8s recorded %s%s%s%s: apply stops there",
              in->state->lineage, routing_describe(in->arena, recorded, source, target),
              *hidden ? " (" : "", hidden, *hidden ? ")" : "");
    return VERDICT_WARNS;
}

enum verdict judge_mid_cutover(const struct judgement *in, struct text *observed)
{
    const struct subject *subject = &in->live->subject;
    if (!in->live->listener || !in->live->listener->routing.understood) {
        text_add(observed, "no weights to read");
        return VERDICT_OK; /* listener-found and routing-understood speak of those */
    }
    const struct routing *routing = &in->live->listener->routing;
    text_add(observed,
             routing_describe(in->arena, routing, subject->arms[ARM_SOURCE].target_group_arn,
                              subject->arms[ARM_TARGET].target_group_arn));
    if (in->state && !in->state->ended && state_changed_anything(in->state))
        return judge_against_state(in, observed);
    if (routing_weight(routing, subject->arms[ARM_TARGET].target_group_arn) == 0)
        return VERDICT_OK;
    text_add(observed, ", and no state says why");
    return VERDICT_BLOCKS;
}

enum verdict judge_stickiness(const struct judgement *in, struct text *observed)
{
    if (in->live->listener && in->live->listener->routing.sticky) {
        text_addf(observed, "the default rule's is on, for %lld s",
                  (long long)in->live->listener->routing.sticky_seconds);
        return VERDICT_BLOCKS;
    }
    for (int arm = 0; arm < ARM_COUNT; arm++)
        if (in->live->arms[arm].group.sticky)
            text_addf(observed, "%sthe %s group's own is on", observed->len ? ", " : "",
                      arm_name((enum arm)arm));
    if (observed->len)
        return VERDICT_WARNS; /* it picks a target within the group that the weights chose */
    text_add(observed, "off");
    return VERDICT_OK;
}

/* A listener may have a hundred rules: some are named, the rest counted. */
enum { NAMED_MOST = 5 };

static void add_uncounted(struct text *observed, size_t count)
{
    if (count > NAMED_MOST)
        text_addf(observed, ", and %zu more", count - NAMED_MOST);
}

enum verdict judge_other_rules(const struct judgement *in, struct text *observed)
{
    const struct listener_snapshot *listener = in->live->listener;
    size_t count = listener ? listener->rule_count : 0;
    for (size_t i = 0; i < count && i < NAMED_MOST; i++)
        text_addf(observed, "%srule %s (%s)", i ? ", " : "", listener->rules[i].priority,
                  listener->rules[i].conditions);
    add_uncounted(observed, count);
    if (count)
        return VERDICT_WARNS;
    text_add(observed, "none");
    return VERDICT_OK;
}

static bool reaches_either(const struct routing *routing, const struct subject *subject)
{
    return routing_reaches(routing, subject->arms[ARM_SOURCE].target_group_arn) ||
           routing_reaches(routing, subject->arms[ARM_TARGET].target_group_arn);
}

/* How another listener sends to these groups: by its default action, or by which rule; or NULL. */
static const char *how_shared(const struct judgement *in, const struct listener_snapshot *listener)
{
    const struct subject *subject = &in->live->subject;
    if (reaches_either(&listener->routing, subject))
        return routing_describe(in->arena, &listener->routing,
                                subject->arms[ARM_SOURCE].target_group_arn,
                                subject->arms[ARM_TARGET].target_group_arn);
    for (size_t r = 0; r < listener->rule_count; r++)
        if (reaches_either(&listener->rules[r].actions, subject))
            return arena_printf(in->arena, "by rule %s", listener->rules[r].priority);
    return NULL;
}

enum verdict judge_shared_target_group(const struct judgement *in, struct text *observed)
{
    size_t count = 0;
    for (size_t i = 0; i < in->live->listener_count; i++) {
        const struct listener_snapshot *l = &in->live->listeners[i];
        const char *how = l == in->live->listener ? NULL : how_shared(in, l);
        if (how && count++ < NAMED_MOST)
            text_addf(observed, "%sport %d (%s)", count > 1 ? ", " : "", l->port, how);
    }
    add_uncounted(observed, count);
    if (count)
        return VERDICT_WARNS;
    text_add(observed, "none");
    return VERDICT_OK;
}

enum verdict judge_managed_listener(const struct judgement *in, struct text *observed)
{
    if (!in->live->load_balancer.stack) {
        text_add(observed, "the load balancer belongs to no CloudFormation stack");
        return VERDICT_OK;
    }
    text_addf(observed, "CloudFormation stack %s", in->live->load_balancer.stack);
    return VERDICT_WARNS;
}
