#include "planner/base/text.h"
#include "planner/base/time.h"
#include "planner/executor_parts.h"
#include "planner/precondition.h"

enum {
    READY_EVERY_MS = 10 * SECOND_MS,
    UNDRAINED_WAIT_MS = 5 * MINUTE_MS, /* before a count goes back without a drain proof */
    REASONS_MAX = 3,
};

/* ---- waiting until a service can serve ---- */

static unsigned ready_facts(const struct action *action)
{
    return FACT_SERVICES |
           (unsigned)(action->arm == ARM_SOURCE ? FACT_HEALTH_SOURCE : FACT_HEALTH_TARGET);
}

/* As AWS's services-stable waiter has it (one deployment, running = desired), then the load
 * balancer's word. A fallback does not wait for old targets to drain. */
static bool is_ready(const struct execution *x, const struct action *action)
{
    const struct arm_snapshot *arm = &x->live.arms[action->arm];
    const int64_t *health = arm->group.health;
    if (arm->service.running != arm->service.desired || arm->service.rollout_count > 1 ||
        health[HEALTH_HEALTHY] < arm->service.desired)
        return false;
    return x->plan->direction == INVERSE ||
           (health[HEALTH_INITIAL] == 0 && health[HEALTH_DRAINING] == 0);
}

/* "2/3 healthy, 1 initial" */
static const char *describe_ready(struct execution *x, const struct action *action)
{
    const struct arm_snapshot *arm = &x->live.arms[action->arm];
    struct text *text = &x->seen;
    text_cut(text, 0);
    text_addf(text, "%lld/%lld healthy", (long long)arm->group.health[HEALTH_HEALTHY],
              (long long)arm->service.desired);
    for (int state = HEALTH_HEALTHY + 1; state < HEALTH_STATE_COUNT; state++)
        if (arm->group.health[state])
            text_addf(text, ", %lld %s", (long long)arm->group.health[state],
                      health_state_name((enum health_state)state));
    if (arm->service.running != arm->service.desired)
        text_addf(text, ", %lld/%lld tasks running", (long long)arm->service.running,
                  (long long)arm->service.desired);
    if (arm->service.rollout_count > 1)
        text_add(text, ", a rollout in progress");
    return text_cstr(text);
}

static bool observe_ready(struct execution *x, const struct action *action, struct error *err)
{
    enum fact health = (enum fact)(ready_facts(action) & ~(unsigned)FACT_SERVICES);
    if (!covers(x, ready_facts(action)) && !try_observe(x, ready_facts(action), err))
        return false;
    if (x->live.known & health)
        return true;
    *err = *snapshot_why_unknown(&x->live, health);
    x->fresh = false;
    return false;
}

static bool end_not_ready(struct execution *x, const struct action *action, const char *seen)
{
    struct stopped_task tasks[REASONS_MAX];
    struct error err;
    size_t count = 0;
    const struct cloud *cloud = x->executor->cloud;
    char text[TIME_TEXT_SIZE];
    if (!is_as_it_was(x, action))
        return false;
    if (!cloud->stopped_tasks(cloud->self, tasks, REASONS_MAX, &count, &x->texts, &x->plan->subject,
                              action->arm, &err)) {
        tell_warning(x, action, "why tasks stopped could not be read", &err);
        count = 0;
    }
    for (size_t i = 0; i < count; i++)
        tell_warning(
            x, action,
            arena_printf(&x->texts, "task %s stopped: %s", tasks[i].task, tasks[i].stopped), NULL);
    return end_unsure(x, RUN_TIMED_OUT, "%s was not ready after %s: %s%s%s", action->address,
                      duration_format(text, action->timeout_ms), seen,
                      count ? "; a task stopped: " : "", count ? tasks[0].stopped : "");
}

static bool is_shrunk(const struct execution *x, const struct action *action)
{
    const struct service_snapshot *service = &x->live.arms[action->arm].service;
    return !service->found || service->desired < action->after.count;
}

static bool end_shrunk(struct execution *x, const struct action *action)
{
    return end_drifted(x, action, "somebody scaled it down while %s was waited for: %s",
                       action->address, transition_explain(&x->texts, x->plan, action, &x->live));
}

static bool wait_until_ready(struct execution *x, const struct action *action, const char **seen)
{
    int64_t started = monotonic_now(x);
    bool warned = false;
    *seen = "nothing could be read";
    for (;;) {
        struct error err;
        if (observe_ready(x, action, &err)) {
            if (is_shrunk(x, action))
                return end_shrunk(x, action);
            *seen = describe_ready(x, action);
            if (is_ready(x, action))
                return true;
        } else if (!is_passing(&err)) {
            return fail_run(x, &err);
        } else if (!warned) {
            warned = true;
            tell_warning(x, action, "live cannot be read at the moment", &err);
        }
        int64_t elapsed = monotonic_now(x) - started;
        if (action->timeout_ms && elapsed >= action->timeout_ms)
            return end_not_ready(x, action, *seen);
        tell(x, (struct event){EVENT_WAITING, .action = action, .text = *seen,
                               .elapsed_ms = elapsed, .of_ms = action->timeout_ms});
        if (!wait_for(x, READY_EVERY_MS))
            return false;
    }
}

static bool run_scale_up(struct execution *x, const struct action *action)
{
    struct record *record;
    const char *seen;
    if (!carry_out(x, action, &record) || !wait_until_ready(x, action, &seen))
        return false;
    if (record && record->phase != PHASE_DONE)
        return finish_action(x, action, record, seen);
    tell(x, (struct event){EVENT_ACTION_SKIPPED, .action = action, .text = "already as wanted"});
    if (record)
        return true;
    state_add_done_record(x->state, action, wall_now(x), "already as wanted");
    return make_durable(x);
}

/* ---- the fallback's last action: the target's count back ---- */

/* Who still sends requests to the target, or why nobody can say; NULL: nobody does. */
static const char *who_uses_target(struct execution *x)
{
    const char *group = x->plan->subject.arms[ARM_TARGET].target_group_arn;
    if (!(x->live.known & FACT_RULES))
        return "the listeners' rules could not be read";
    for (size_t i = 0; i < x->live.listener_count; i++) {
        const struct listener_snapshot *l = &x->live.listeners[i];
        if (routing_reaches(&l->routing, group))
            return arena_printf(&x->texts, "the listener on port %d forwards to its group",
                                l->port);
        for (size_t r = 0; r < l->rule_count; r++)
            if (routing_reaches(&l->rules[r].actions, group))
                return arena_printf(&x->texts, "rule %s on port %d forwards to its group",
                                    l->rules[r].priority, l->port);
    }
    return NULL;
}

static bool leave_count(struct execution *x, const struct action *action, const char *why)
{
    const char *text = arena_printf(&x->texts, "the target's count is left as it is: %s", why);
    tell(x, (struct event){EVENT_ACTION_SKIPPED, .action = action, .text = text});
    state_add_done_record(x->state, action, wall_now(x), text);
    return make_durable(x);
}

/* Without a drain proof only time speaks for nobody being on it. */
static bool wait_for_quiet(struct execution *x)
{
    if (state_is_done(x->state, INVERSE, "drain[target]"))
        return true;
    int64_t shifted_at = last_shift_at(x), now = wall_now(x);
    int64_t waited = shifted_at && shifted_at < now ? now - shifted_at : 0;
    return wait_for(x, UNDRAINED_WAIT_MS - waited);
}

/* inverse.h says when it may happen; what speaks against it is no failure of the fallback. */
static bool run_restore(struct execution *x, const struct action *action)
{
    struct record *record;
    unsigned facts = preconditions_facts(x->plan, action) | FACT_SERVICES | FACT_LISTENERS;
    if (!wait_for_quiet(x) || !need(x, facts | FACT_RULES))
        return false;
    const struct service_snapshot *service = &x->live.arms[ARM_TARGET].service;
    const char *why = who_uses_target(x);
    if (why)
        return leave_count(x, action, why);
    if (service->desired != action->before.count && service->desired != action->after.count)
        return leave_count(x, action, "it is no longer the one that this cutover set");
    if (!carry_out(x, action, &record))
        return false;
    if (!record || record->phase == PHASE_DONE)
        return true;
    return finish_action(x, action, record,
                         arena_printf(&x->texts, "%lld desired", (long long)action->after.count));
}

/*
 * The source's count is a help to the traffic that comes back, not its condition: whether the
 * source can serve at all is for source-healthy to judge, which stops at no healthy target only.
 */
static bool run_source_up(struct execution *x, const struct action *action)
{
    struct outcome *out = x->out;
    if (run_scale_up(x, action))
        return true;
    if (out->end == RUN_INTERRUPTED || out->error.kind == ERROR_LOCKED)
        return false;
    x->left_behind = arena_strdup(&x->texts, out->why);
    tell_warning(x, action, "the traffic goes back all the same", NULL);
    out->end = RUN_OPEN;
    out->why[0] = '\0';
    out->error = (struct error){0};
    return true;
}

bool run_scale(struct execution *x, const struct action *action)
{
    if (transition_restores(x->plan, action))
        return run_restore(x, action);
    return x->plan->direction == INVERSE ? run_source_up(x, action) : run_scale_up(x, action);
}
