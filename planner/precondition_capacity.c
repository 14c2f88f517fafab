/* Can the arms carry the traffic? */
#include "planner/precondition_judges.h"

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

enum verdict judge_capture_count(const struct judgement *in, struct text *observed)
{
    const struct service_snapshot *source = &in->live->arms[ARM_SOURCE].service;
    text_addf(observed, "%lld desired, %lld running; at least %lld", (long long)source->desired,
              (long long)source->running, (long long)in->file->min_count);
    return source->desired >= in->file->min_count && source->running >= in->file->min_count
               ? VERDICT_OK
               : VERDICT_BLOCKS;
}

enum verdict judge_capacity_parity(const struct judgement *in, struct text *observed)
{
    const struct service_snapshot *source = &in->live->arms[ARM_SOURCE].service;
    const struct service_snapshot *target = &in->live->arms[ARM_TARGET].service;
    int64_t wanted = larger(source->desired, source->running);
    const struct action *scale = plan_find_action(in->plan, ACTION_SCALE, ARM_TARGET);

    text_addf(observed, "target %lld desired, %lld running; source %lld",
              (long long)target->desired, (long long)target->running, (long long)wanted);
    if (target->desired >= wanted && target->running >= wanted)
        return VERDICT_OK;
    if (scale && is_deferred_to(in, ACTION_SCALE, ARM_TARGET) && scale->after.count >= wanted)
        return VERDICT_DEFERRED;
    if (in->file->target_count != PLANFILE_COUNT_AT_LEAST_SOURCE && in->file->target_count < wanted)
        text_addf(observed, ", and target.count is %lld", (long long)in->file->target_count);
    return VERDICT_BLOCKS;
}

static void describe_health(struct text *out, const struct group_snapshot *group)
{
    bool any = false;
    for (int s = 0; s < HEALTH_STATE_COUNT; s++) {
        if (!group->health[s])
            continue;
        text_addf(out, "%s%lld %s", any ? ", " : "", (long long)group->health[s],
                  health_state_name((enum health_state)s));
        any = true;
    }
    if (!any)
        text_add(out, "no targets");
}

/* AWS's word on the first target that serves nobody and is not on its way. */
static void add_reason(struct text *out, const struct group_snapshot *group)
{
    for (size_t i = 0; i < group->target_count; i++) {
        const struct target_health *target = &group->targets[i];
        if (target->state == HEALTH_HEALTHY || target->state == HEALTH_INITIAL ||
            target->state == HEALTH_DRAINING || !target->description)
            continue;
        text_addf(out, " (%s: %s)", target->id ? target->id : "a target", target->description);
        return;
    }
}

/* AWS checks no target of a group that no listener and no rule names, with whatever weight: such
 * targets stay "unused", however long they are waited for. */
static bool is_out_of_use(const struct snapshot *live, const char *group)
{
    if (!(live->known & FACT_LISTENERS) || !(live->known & FACT_RULES))
        return false;
    for (size_t i = 0; i < live->listener_count; i++) {
        const struct listener_snapshot *listener = &live->listeners[i];
        if (routing_names(&listener->routing, group))
            return false;
        for (size_t r = 0; r < listener->rule_count; r++)
            if (routing_names(&listener->rules[r].actions, group))
                return false;
    }
    return true;
}

enum verdict judge_targets_healthy(const struct judgement *in, struct text *observed)
{
    const struct service_snapshot *service = &in->live->arms[ARM_TARGET].service;
    const struct group_snapshot *group = &in->live->arms[ARM_TARGET].group;
    const int64_t *health = group->health;

    describe_health(observed, group);
    text_addf(observed, "; %lld planned", (long long)service->desired);
    bool all = health[HEALTH_HEALTHY] > 0 && health[HEALTH_HEALTHY] >= service->desired;
    if (all && !health[HEALTH_UNHEALTHY] && !health[HEALTH_INITIAL] && !health[HEALTH_OTHER])
        return VERDICT_OK;
    if (is_out_of_use(in->live, in->live->subject.arms[ARM_TARGET].target_group_arn))
        text_add(observed, ", and no listener names its group");
    else if (is_deferred_to(in, ACTION_SCALE, ARM_TARGET))
        return VERDICT_DEFERRED;
    add_reason(observed, group);
    return VERDICT_BLOCKS;
}

enum verdict judge_none_draining(const struct judgement *in, struct text *observed)
{
    int64_t draining = in->live->arms[ARM_TARGET].group.health[HEALTH_DRAINING];
    text_addf(observed, "%lld draining", (long long)draining);
    if (draining == 0)
        return VERDICT_OK;
    return is_deferred_to(in, ACTION_SCALE, ARM_TARGET) ? VERDICT_DEFERRED : VERDICT_BLOCKS;
}

/* Judged as AWS's services-stable waiter does, by the number of deployments: rollout states stay
 * behind on some endpoints. */
static bool rollout_in_progress(const struct service_snapshot *service, const char *name,
                                struct text *observed)
{
    if (service->rollout_count > 1) {
        text_addf(observed, "%s%s has %zu deployments", observed->len ? "; " : "", name,
                  service->rollout_count);
        return true;
    }
    if (service->rollout_count == 1 && text_same(service->rollouts[0].rollout_state, "FAILED")) {
        text_addf(observed, "%s%s has a failed deployment", observed->len ? "; " : "", name);
        return true;
    }
    return false;
}

enum verdict judge_service_stable(const struct judgement *in, struct text *observed)
{
    bool busy = false;
    for (int arm = 0; arm < ARM_COUNT; arm++)
        if (rollout_in_progress(&in->live->arms[arm].service, in->live->subject.arms[arm].service,
                                observed))
            busy = true;
    if (!busy)
        text_add(observed, "none in progress");
    return busy ? VERDICT_BLOCKS : VERDICT_OK;
}

enum verdict judge_slow_start(const struct judgement *in, struct text *observed)
{
    int64_t seconds = in->live->arms[ARM_TARGET].group.slow_start_s;
    if (!seconds) {
        text_add(observed, "off");
        return VERDICT_OK;
    }
    text_addf(observed, "%lld s on the target group", (long long)seconds);
    return VERDICT_WARNS;
}

/* Not read in this version: the fact is never known, and the table says so before this is called.
 */
enum verdict judge_autoscaling(const struct judgement *in, struct text *observed)
{
    (void)in;
    text_add(observed, "not asked");
    return VERDICT_UNKNOWN;
}

enum verdict unless_forced(const struct judgement *in, enum verdict verdict, struct text *observed)
{
    if (!in->around->force)
        return verdict;
    text_addf(observed, "; forced: %s", in->around->force);
    return VERDICT_WARNS;
}

enum verdict judge_source_healthy(const struct judgement *in, struct text *observed)
{
    const struct group_snapshot *group = &in->live->arms[ARM_SOURCE].group;
    describe_health(observed, group);
    if (group->health[HEALTH_HEALTHY] > 0)
        return VERDICT_OK;
    if (is_deferred_to(in, ACTION_SCALE, ARM_SOURCE))
        return VERDICT_DEFERRED;
    return unless_forced(in, VERDICT_BLOCKS, observed);
}
