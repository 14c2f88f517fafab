/* The cloud port over the world: what the wire would say, without the wire. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "planner/base/text.h"
#include "planner/base/time.h"
#include "tests/sim/sim.h"

/* ---- observe ---- */

/* Who asks by ARN learns of that one: another under the same name is not found. */
static const char *known(const char *asked, const char *there)
{
    return asked ? asked : there;
}

static void see_subject(struct snapshot *out, const struct world *world,
                        const struct subject *asked)
{
    struct subject *subject = &out->subject;
    subject_copy(subject, &out->arena, asked);
    subject->account = world->setup->account;
    subject->cluster_arn = known(asked->cluster_arn, world->cluster_arn);
    subject->load_balancer_arn = known(asked->load_balancer_arn, world->load_balancer.arn);
    for (int arm = 0; arm < ARM_COUNT; arm++) {
        struct arm_subject *seen = &subject->arms[arm];
        seen->service_arn = known(seen->service_arn, world->services[arm].arn);
        seen->target_group_arn = known(seen->target_group_arn, world->groups[arm].arn);
    }
}

static void see_service(struct service_snapshot *out, struct arena *arena,
                        const struct world *world, enum arm arm)
{
    const struct world_service *service = &world->services[arm];
    *out = (struct service_snapshot){.found = service->found,
                                     .arn = arena_strdup(arena, service->arn),
                                     .status = "ACTIVE",
                                     .desired = service->desired,
                                     .running = service->running,
                                     .pending = service->pending};
    for (size_t i = 0; i < service->rollout_count; i++) {
        const struct world_rollout *rollout = &service->rollouts[i];
        struct rollout *seen =
            arena_append(arena, &out->rollouts, &out->rollout_count, sizeof *out->rollouts);
        *seen = (struct rollout){.id = arena_strdup(arena, rollout->id),
                                 .status = rollout->status,
                                 .rollout_state = rollout->rollout_state,
                                 .desired = rollout->desired,
                                 .running = rollout->running,
                                 .pending = rollout->pending,
                                 .failed = rollout->failed};
    }
    if (service->group < 0)
        return;
    const char **group = arena_append(arena, &out->target_groups, &out->target_group_count,
                                      sizeof *out->target_groups);
    *group = arena_strdup(arena, world->groups[service->group].arn);
}

static void see_health(struct group_snapshot *out, struct arena *arena,
                       const struct world_group *group)
{
    for (size_t i = 0; i < group->target_count; i++) {
        const struct world_target *target = &group->targets[i];
        struct target_health *seen =
            arena_append(arena, &out->targets, &out->target_count, sizeof *out->targets);
        *seen = (struct target_health){arena_strdup(arena, target->ip), target->port, target->state,
                                       arena_strdup(arena, target->reason),
                                       arena_strdup(arena, target->description)};
        out->health[target->state]++;
    }
}

static void see_listeners(struct snapshot *out, const struct world *world, bool rules)
{
    struct arena *arena = &out->arena;
    for (size_t i = 0; i < world->listener_count; i++) {
        const struct world_listener *listener = &world->listeners[i];
        struct listener_snapshot *seen =
            arena_append(arena, &out->listeners, &out->listener_count, sizeof *out->listeners);
        seen->arn = arena_strdup(arena, listener->arn);
        seen->port = listener->port;
        seen->protocol = listener->https ? "HTTPS" : "HTTP";
        routing_interpret(&seen->routing, arena, listener->actions.members,
                          listener->actions.member_count);
        for (size_t r = 0; rules && r < listener->rule_count; r++) {
            const struct world_rule *rule = &listener->rules[r];
            struct rule_snapshot *row =
                arena_append(arena, &seen->rules, &seen->rule_count, sizeof *seen->rules);
            row->arn = arena_strdup(arena, rule->arn);
            row->priority = arena_printf(arena, "%d", rule->setup->priority);
            row->conditions = arena_printf(arena, "path-pattern %s", rule->setup->path);
            routing_interpret(&row->actions, arena, rule->actions.members,
                              rule->actions.member_count);
        }
    }
    snapshot_choose_listener(out);
}

static void see_load_balancer(struct snapshot *out, const struct world *world, unsigned facts)
{
    struct load_balancer_snapshot *seen = &out->load_balancer;
    if (facts & FACT_LOAD_BALANCER) {
        seen->found = world->load_balancer.exists;
        seen->arn = arena_strdup(&out->arena, world->load_balancer.arn);
        seen->state = "active";
    }
    if (facts & FACT_LB_ATTRIBUTES)
        seen->client_keep_alive_s = world->load_balancer.client_keep_alive_s;
    if (facts & FACT_TAGS)
        seen->stack = arena_strdup(&out->arena, world->setup->stack);
}

static void see_group(struct snapshot *out, const struct world *world, enum arm arm, unsigned facts)
{
    const struct world_group *group = &world->groups[arm];
    struct group_snapshot *seen = &out->arms[arm].group;
    if (!group->exists || !text_same(out->subject.arms[arm].target_group_arn, group->arn))
        return;
    if (facts & FACT_TARGET_GROUPS) {
        seen->found = true;
        seen->arn = arena_strdup(&out->arena, group->arn);
    }
    if (facts & (unsigned)(arm == ARM_SOURCE ? FACT_HEALTH_SOURCE : FACT_HEALTH_TARGET))
        see_health(seen, &out->arena, group);
    if (facts & FACT_GROUP_ATTRIBUTES) {
        seen->sticky = group->attributes.sticky;
        seen->slow_start_s = group->attributes.slow_start_s;
        seen->deregistration_delay_s = group->attributes.deregistration_delay_s;
    }
}

static void measure_all(struct series *out, struct arena *arena, const struct world *world,
                        int64_t from, int64_t to, bool percentiles);

static bool is_within(unsigned n, unsigned from, unsigned count)
{
    return from && n >= from && n < from + count;
}

/* What was there before the last mutation: reads of AWS agree with its writes in the end only. */
static void see_stale(struct snapshot *out, struct sim *sim, unsigned facts)
{
    const struct world_listener *first = &sim->world->listeners[0];
    if (!sim->stale_left)
        return;
    sim->stale_left--;
    for (int arm = 0; arm < ARM_COUNT && facts & FACT_SERVICES; arm++)
        out->arms[arm].service.desired = sim->stale_desired[arm];
    if (facts & FACT_LISTENERS && first->changed_at) {
        routing_interpret(&out->listeners[0].routing, &out->arena, first->previous.members,
                          first->previous.member_count);
        snapshot_choose_listener(out);
    }
}

static bool observe(void *self, struct snapshot *out, const struct subject *subject, unsigned facts,
                    int64_t recent_ms, struct error *err)
{
    struct sim *sim = self;
    const struct world *world = sim->world;
    if (!sim_enter(sim, 'o'))
        return sim_nobody(err);
    if (sim->observes < sizeof sim->observed_facts / sizeof *sim->observed_facts)
        sim->observed_facts[sim->observes] = facts;
    sim->observes++;
    sim_advance(sim, SIM_REQUEST_MS);
    if (!sim_leave(sim))
        return sim_nobody(err);
    if (is_within(sim->observes, sim->fail_observe_from, sim->fail_observe_count))
        return error_set(err, sim->fail_observe_kind ? sim->fail_observe_kind : ERROR_NETWORK,
                         "the endpoint does not answer");
    if (sim->fail_facts & facts & FACTS_SUBJECT)
        return error_set(err, ERROR_ACCESS, "not allowed: to read that");
    snapshot_clear(out);
    out->known = facts & ~sim->fail_facts;
    for (unsigned bit = 0; bit < FACT_COUNT; bit++)
        if (sim->fail_facts & facts & 1u << bit)
            error_set(&out->unknown[bit], ERROR_ACCESS, "not allowed: to read that");
    see_subject(out, world, subject);
    see_load_balancer(out, world, facts);
    for (int arm = 0; arm < ARM_COUNT; arm++) {
        if (facts & FACT_SERVICES)
            see_service(&out->arms[arm].service, &out->arena, world, (enum arm)arm);
        see_group(out, world, (enum arm)arm, facts);
    }
    if (facts & FACT_LISTENERS)
        see_listeners(out, world, facts & FACT_RULES);
    see_stale(out, sim, facts);
    if (facts & FACT_METRICS)
        measure_all(&out->recent, &out->arena, world, minute_floor(sim_wall(sim) - recent_ms),
                    minute_floor(sim_wall(sim)), false);
    out->taken_at = sim_wall(sim);
    return true;
}

/* ---- perform ---- */

static bool apply(struct sim *sim, const char *listener_arn, const struct mutation *mutation,
                  bool late, struct error *err)
{
    const struct world *world = sim->world;
    struct refusal why;
    if (sim->watch.carries_out)
        sim->watch.carries_out(sim->watch.self, mutation, late);
    for (int arm = 0; arm < ARM_COUNT; arm++)
        sim->stale_desired[arm] = sim->world->services[arm].desired;
    bool done = mutation->kind == MUTATION_COUNT
                    ? world_set_desired(sim->world, world->services[mutation->arm].arn,
                                        mutation->count, &why)
                    : world_set_routing(sim->world, listener_arn, mutation->routing->members,
                                        mutation->routing->member_count, &why);
    if (!done)
        return error_set(err, ERROR_SERVICE, "%s: %s", why.code, why.message);
    sim->applied++;
    if (sim->stale_at && sim->performs == sim->stale_at)
        sim->stale_left = sim->stale_reads;
    if (mutation->kind == MUTATION_COUNT)
        sim_log(sim, "aws: %s count %lld", arm_name(mutation->arm), (long long)mutation->count);
    else
        sim_log(sim, "aws: weights %d/%d",
                routing_weight(mutation->routing, world->groups[ARM_SOURCE].arn),
                routing_weight(mutation->routing, world->groups[ARM_TARGET].arn));
    return true;
}

static bool loses_answer(const struct sim *sim)
{
    return is_within(sim->performs, sim->lose_answer_at, sim->lose_answers ? sim->lose_answers : 1);
}

void sim_land(struct sim *sim)
{
    struct error ignored;
    if (!sim->late.due_at)
        return;
    sim->late.due_at = 0;
    sim->landed++;
    sim_log(sim, "aws: a request comes late");
    (void)apply(sim, sim->late.listener_arn, &sim->late.mutation, true, &ignored);
}

static void land_later(struct sim *sim, const char *listener_arn, const struct mutation *mutation)
{
    sim_land(sim); /* what was sent before comes before */
    arena_clear(&sim->late.arena);
    sim->late.due_at = sim->now + sim->land_late_ms;
    sim->late.mutation = *mutation;
    sim->late.listener_arn = arena_strdup(&sim->late.arena, listener_arn);
    if (mutation->kind != MUTATION_ROUTING)
        return;
    routing_copy(&sim->late.routing, &sim->late.arena, mutation->routing);
    sim->late.mutation.routing = &sim->late.routing;
}

static void note_sending(struct sim *sim, const struct mutation *mutation)
{
    if (sim->performs++ == 0)
        sim->observes_at_perform = sim->observes;
    if (sim->watch.sends)
        sim->watch.sends(sim->watch.self, mutation);
}

static void note_answer(struct sim *sim)
{
    if (sim->watch.answers)
        sim->watch.answers(sim->watch.self);
}

static bool throttle(struct error *err)
{
    error_set(err, ERROR_SERVICE, "Throttling: Rate exceeded");
    snprintf(err->aws_code, sizeof err->aws_code, "Throttling");
    return false;
}

static bool perform(void *self, struct receipt *out, const struct subject *subject,
                    const struct mutation *mutation, struct error *err)
{
    struct sim *sim = self;
    *out = (struct receipt){.outcome_unknown = true};
    if (!sim_enter(sim, 'm'))
        return sim_nobody(err);
    note_sending(sim, mutation);
    sim_advance(sim, SIM_REQUEST_MS);
    bool refused = sim->performs == sim->refuse_at, lost = !refused && loses_answer(sim);
    bool carried_out = !refused && sim->performs != sim->ignore_at && (!lost || sim->lose_after);
    bool done = !carried_out || apply(sim, subject->listener_arn, mutation, false, err);
    if (lost && !carried_out && sim->land_late_ms)
        land_later(sim, subject->listener_arn, mutation);
    if (!sim_leave(sim))
        return sim_nobody(err);
    if (lost)
        return error_set(err, ERROR_NETWORK, "the connection was lost before the answer");
    out->outcome_unknown = false;
    note_answer(sim);
    if (refused && sim->refuse_kind == ERROR_SERVICE)
        return throttle(err);
    if (refused)
        return error_set(err, sim->refuse_kind ? sim->refuse_kind : ERROR_ACCESS,
                         "not allowed: ecs:UpdateService");
    snprintf(out->request_id, sizeof out->request_id, "request-%u", sim->performs);
    return done;
}

/* ---- measure ---- */

struct arm_source {
    const char *name;
    enum statistic statistic;
    double percentile, factor;
};

static const struct arm_source arm_sources[ARM_METRIC_COUNT] = {
    [METRIC_REQUESTS] = {"RequestCount", STAT_SUM, 0, 1},
    [METRIC_2XX] = {"HTTPCode_Target_2XX_Count", STAT_SUM, 0, 1},
    [METRIC_3XX] = {"HTTPCode_Target_3XX_Count", STAT_SUM, 0, 1},
    [METRIC_4XX] = {"HTTPCode_Target_4XX_Count", STAT_SUM, 0, 1},
    [METRIC_5XX] = {"HTTPCode_Target_5XX_Count", STAT_SUM, 0, 1},
    [METRIC_TIME_AVERAGE] = {"TargetResponseTime", STAT_AVERAGE, 0, 1e6},
    [METRIC_TIME_P50] = {"TargetResponseTime", STAT_PERCENTILE, 50, 1e6},
    [METRIC_TIME_P90] = {"TargetResponseTime", STAT_PERCENTILE, 90, 1e6},
    [METRIC_TIME_P99] = {"TargetResponseTime", STAT_PERCENTILE, 99, 1e6},
    [METRIC_HEALTHY] = {"HealthyHostCount", STAT_MINIMUM, 0, 1},
    [METRIC_UNHEALTHY] = {"UnHealthyHostCount", STAT_MAXIMUM, 0, 1},
    [METRIC_CONNECTION_ERRORS] = {"TargetConnectionErrorCount", STAT_SUM, 0, 1},
};

static const char *const common_names[COMMON_METRIC_COUNT] = {
    [METRIC_ACTIVE_CONNECTIONS] = "ActiveConnectionCount",
    [METRIC_NEW_CONNECTIONS] = "NewConnectionCount",
    [METRIC_ELB_5XX] = "HTTPCode_ELB_5XX_Count",
    [METRIC_REJECTED] = "RejectedConnectionCount",
    [METRIC_REPLAY_LAG] = "lagBetweenSourceAndTargetRequests",
};

static void measure_column(struct series *out, struct column *column, const struct world *world,
                           const struct metric_query *query, double factor)
{
    for (size_t m = 0; m < out->minutes; m++) {
        int64_t at = series_minute_at(out, m);
        double value;
        if (world_metric(world, query, at, &value))
            series_put(out, column, at, (int64_t)llround(value * factor));
    }
}

static void measure_all(struct series *out, struct arena *arena, const struct world *world,
                        int64_t from, int64_t to, bool percentiles)
{
    series_init(out, arena, from, (size_t)((to - from) / MINUTE_MS));
    for (int arm = 0; arm < ARM_COUNT; arm++)
        for (int i = 0; i < ARM_METRIC_COUNT; i++) {
            const struct arm_source *source = &arm_sources[i];
            if (source->percentile > 0 && !percentiles)
                continue;
            struct metric_query query = {
                {SCOPE_GROUP, arm}, source->name, source->statistic, source->percentile, MINUTE_MS};
            measure_column(out, &out->arms[arm][i], world, &query, source->factor);
        }
    for (int i = 0; i < COMMON_METRIC_COUNT; i++) {
        bool replayer = i == METRIC_REPLAY_LAG;
        struct metric_query query = {{replayer ? SCOPE_REPLAYER : SCOPE_LOAD_BALANCER, 0},
                                     common_names[i],
                                     replayer ? STAT_MAXIMUM : STAT_SUM,
                                     0,
                                     MINUTE_MS};
        measure_column(out, &out->common[i], world, &query, 1);
    }
}

static bool measure(void *self, struct series *out, struct arena *arena,
                    const struct subject *subject, int64_t from, int64_t to, bool percentiles,
                    struct error *err)
{
    struct sim *sim = self;
    (void)subject;
    if (!sim_enter(sim, 'e'))
        return sim_nobody(err);
    sim->measures++;
    sim_advance(sim, SIM_REQUEST_MS);
    if (!sim_leave(sim))
        return sim_nobody(err);
    if (sim->fail_measures ||
        is_within(sim->measures, sim->fail_measure_from, sim->fail_measure_count))
        return error_set(err, ERROR_ACCESS, "not allowed: cloudwatch:GetMetricData");
    measure_all(out, arena, sim->world, from, to, percentiles);
    return true;
}

/* ---- why tasks stopped ---- */

static bool stopped_tasks(void *self, struct stopped_task *out, size_t max, size_t *count,
                          struct arena *arena, const struct subject *subject, enum arm arm,
                          struct error *err)
{
    struct sim *sim = self;
    const struct world_service *service = &sim->world->services[arm];
    (void)subject;
    *count = 0;
    if (!sim_enter(sim, 't') || !sim_leave(sim))
        return sim_nobody(err);
    for (size_t i = service->task_count; i-- > 0 && *count < max;) {
        const struct world_task *task = &service->tasks[i];
        if (task->phase != TASK_STOPPED)
            continue;
        out[(*count)++] = (struct stopped_task){
            arena_strdup(arena, task->id),
            arena_printf(arena, "%s: %s", task->stopped_reason, task->container_reason),
            task->stopped_at};
    }
    return true;
}

void sim_cloud_init(struct sim *sim)
{
    sim->cloud = (struct cloud){sim, observe, perform, measure, stopped_tasks};
}
