/* The physics of the simulated deployment, row by row from FACTS.md. */
#include "tests/unit.h"

#include <math.h>

#include "planner/base/time.h"
#include "providers/sandbox/world.h"

enum { EPOCH_S = 1796090400 }; /* 2026-12-01T02:00:00Z */
static const int64_t EPOCH = (int64_t)EPOCH_S * 1000;

static void begin(struct world_setup *setup)
{
    setup_init(setup);
    setup->epoch_at = EPOCH;
}

static struct world *plain_world(void)
{
    struct world_setup setup;
    begin(&setup);
    return world_new(&setup);
}

static void pass(struct world *world, int64_t ms)
{
    world_advance(world, world->now_at + ms);
}

static size_t in_state(const struct world *world, int group, enum health_state state)
{
    size_t n = 0;
    for (size_t i = 0; i < world->groups[group].target_count; i++)
        n += world->groups[group].targets[i].state == state;
    return n;
}

static void set_desired(struct world *world, int arm, int64_t desired)
{
    struct refusal why;
    assert_true(world_set_desired(world, world->services[arm].arn, desired, &why));
}

/* The switchover listener's two weights. */
static bool try_weights(struct world *world, const char *source, const char *target,
                        struct refusal *why)
{
    const struct routing_member members[] = {
        {"member.1.Type", "forward"},
        {"member.1.ForwardConfig.TargetGroups.member.1.TargetGroupArn", world->groups[0].arn},
        {"member.1.ForwardConfig.TargetGroups.member.1.Weight", source},
        {"member.1.ForwardConfig.TargetGroups.member.2.TargetGroupArn", world->groups[1].arn},
        {"member.1.ForwardConfig.TargetGroups.member.2.Weight", target},
    };
    return world_set_routing(world, world->listeners[0].arn, members, COUNT(members), why);
}

static void set_weights(struct world *world, const char *source, const char *target)
{
    struct refusal why;
    assert_true(try_weights(world, source, target, &why));
}

static bool sum(const struct world *world, int group, const char *name, int64_t minute, double *out)
{
    struct metric_query query = {
        {group < 0 ? SCOPE_LOAD_BALANCER : SCOPE_GROUP, group}, name, STAT_SUM, 0, MINUTE_MS};
    return world_metric(world, &query, minute, out);
}

static double sum_or_zero(const struct world *world, int group, const char *name, int64_t minute)
{
    double out;
    return sum(world, group, name, minute, &out) ? out : 0;
}

static double statistic(const struct world *world, int group, const char *name, enum statistic stat,
                        double percentile, int64_t minute, int64_t period)
{
    struct metric_query query = {{SCOPE_GROUP, group}, name, stat, percentile, period};
    double out = NAN;
    assert_true(world_metric(world, &query, minute, &out));
    return out;
}

/* ---- what Migration Assistant deploys ---- */

static void deploys_the_templates_names(void **state)
{
    (void)state;
    struct world *world = plain_world();
    assert_string_equal(world->services[0].name, "migration-sandbox-capture-proxy");
    assert_string_equal(world->services[1].name, "migration-sandbox-target-cluster-proxy");
    assert_string_equal(world->groups[0].name, "ALBSourceProxy-sandbox-TG");
    assert_string_equal(world->groups[1].name, "ALBTargetProxy-sandbox-TG");
    assert_string_equal(world->load_balancer.name, "MigrationAssistant-sandbox");
    assert_string_equal(world->cluster_arn,
                        "arn:aws:ecs:us-east-1:111122223333:cluster/migration-sandbox-ecs-cluster");
    assert_int_equal(world->listener_count, 3);
    const int ports[] = {9200, 9201, 9202}, first_group[] = {0, 0, 1};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(world->listeners[i].port, ports[i]);
        assert_int_equal(world->listeners[i].actions.groups[0], first_group[i]);
    }
    assert_int_equal(world->listeners[0].actions.weights[0], 1);
    assert_int_equal(world->listeners[0].actions.weights[1], 0);
    assert_false(world->listeners[0].actions.sticky);
    assert_int_equal(world->groups[1].attributes.deregistration_delay_s, 300);
    assert_int_equal(world->services[0].running, 2);
    assert_int_equal(world->services[1].running, 0);
    assert_int_equal(in_state(world, 0, HEALTH_HEALTHY), 2);
    world_free(world);
}

static void same_seed_is_the_same_world(void **state)
{
    (void)state;
    struct world *a = plain_world(), *b = plain_world();
    set_desired(a, ARM_TARGET, 3);
    set_desired(b, ARM_TARGET, 3);
    world_advance(a, EPOCH + 10 * MINUTE_MS);
    for (int i = 1; i <= 1000; i++) /* the same instants in other steps */
        world_advance(b, EPOCH + i * 600);
    assert_int_equal(a->random, b->random);
    assert_string_equal(a->services[1].tasks[2].id, b->services[1].tasks[2].id);
    assert_true(sum_or_zero(a, 0, "RequestCount", EPOCH) ==
                sum_or_zero(b, 0, "RequestCount", EPOCH));
    world_free(a);
    world_free(b);

    struct world_setup setup;
    begin(&setup);
    setup.seed = 2;
    struct world *c = world_new(&setup);
    assert_string_not_equal(c->load_balancer.arn, "");
    a = plain_world();
    assert_string_not_equal(c->load_balancer.arn, a->load_balancer.arn);
    world_free(a);
    world_free(c);
}

/* ---- tasks and targets ---- */

static void a_scaled_service_takes_its_time(void **state)
{
    (void)state;
    struct world *world = plain_world();
    struct world_service *service = &world->services[ARM_TARGET];
    const char *rollout = service->rollouts[0].id;
    char id[40];
    snprintf(id, sizeof id, "%s", rollout);
    set_desired(world, ARM_TARGET, 2);
    assert_int_equal(service->desired, 2);
    assert_int_equal(service->running, 0);

    pass(world, 2 * SECOND_MS);
    assert_int_equal(service->pending, 2);
    assert_non_null(strstr(service->events[0].message, "has started 2 tasks"));
    pass(world, 16 * SECOND_MS);
    assert_int_equal(service->running, 0);
    pass(world, 24 * SECOND_MS); /* 42 s: 20 to 40 were needed */
    assert_int_equal(service->running, 2);
    assert_int_equal(service->pending, 0);
    assert_int_equal(world->groups[1].target_count, 2);

    /* A count-only change starts no new rollout. */
    assert_int_equal(service->rollout_count, 1);
    assert_string_equal(service->rollouts[0].id, id);
    assert_string_equal(service->rollouts[0].rollout_state, "COMPLETED");
    assert_int_equal(service->rollouts[0].running, 2);
    assert_int_equal(service->rollouts[0].desired, 2);
    assert_non_null(strstr(service->events[0].message, "has reached a steady state"));
    world_free(world);
}

static void a_new_target_is_healthy_after_one_check(void **state)
{
    (void)state;
    struct world *world = plain_world();
    set_desired(world, ARM_TARGET, 1);
    while (world->groups[1].target_count == 0)
        pass(world, SECOND_MS);
    const struct world_target *target = &world->groups[1].targets[0];
    assert_int_equal(target->state, HEALTH_INITIAL);
    assert_string_equal(target->reason, "Elb.RegistrationInProgress");
    pass(world, 5 * SECOND_MS);
    if (target->state == HEALTH_INITIAL)
        assert_string_equal(target->reason, "Elb.InitialHealthChecking");
    pass(world, 31 * SECOND_MS); /* registration 5 s and one interval of 30 s */
    assert_int_equal(world->groups[1].targets[0].state, HEALTH_HEALTHY);
    assert_null(world->groups[1].targets[0].reason);
    world_free(world);
}

static void scaling_down_drains(void **state)
{
    (void)state;
    struct world *world = plain_world();
    struct world_service *service = &world->services[ARM_SOURCE];
    set_desired(world, ARM_SOURCE, 1);
    pass(world, 2 * SECOND_MS);
    assert_int_equal(service->running, 1);
    assert_int_equal(in_state(world, 0, HEALTH_DRAINING), 1);
    assert_int_equal(in_state(world, 0, HEALTH_HEALTHY), 1);
    pass(world, 290 * SECOND_MS);
    assert_int_equal(in_state(world, 0, HEALTH_DRAINING), 1);
    pass(world, 20 * SECOND_MS);
    assert_int_equal(world->groups[0].target_count, 1);
    size_t stopped = 0;
    for (size_t i = 0; i < service->task_count; i++) {
        if (service->tasks[i].phase != TASK_STOPPED)
            continue;
        stopped++;
        assert_non_null(strstr(service->tasks[i].stopped_reason, "Scaling activity"));
    }
    assert_int_equal(stopped, 1);
    pass(world, HOUR_MS + MINUTE_MS);
    assert_int_equal(service->task_count, 1); /* stopped tasks are shown for an hour */
    world_free(world);
}

static void tasks_that_stop_at_start_are_tried_again(void **state)
{
    (void)state;
    struct world_setup setup;
    begin(&setup);
    setup.conditions.services[ARM_TARGET].failing_starts = 2;
    setup.conditions.services[ARM_TARGET].stopped_reason = "CannotPullContainerError: no such tag";
    struct world *world = world_new(&setup);
    struct world_service *service = &world->services[ARM_TARGET];
    set_desired(world, ARM_TARGET, 1);
    pass(world, 42 * SECOND_MS);
    assert_int_equal(service->running, 0);
    assert_int_equal(service->tasks[0].phase, TASK_STOPPED);
    assert_string_equal(service->tasks[0].stopped_reason, "CannotPullContainerError: no such tag");
    assert_int_equal(service->rollouts[0].failed, 1);
    assert_string_equal(service->rollouts[0].rollout_state, "COMPLETED");
    pass(world, 5 * MINUTE_MS);
    assert_int_equal(service->running, 1);
    assert_int_equal(service->rollouts[0].failed, 2);
    world_free(world);
}

static void tasks_that_always_stop_never_run(void **state)
{
    (void)state;
    struct world_setup setup;
    begin(&setup);
    setup.conditions.services[ARM_TARGET].failing_starts = -1;
    struct world *world = world_new(&setup);
    struct world_service *service = &world->services[ARM_TARGET];
    set_desired(world, ARM_TARGET, 2);
    bool said = false;
    for (int i = 0; i < 60; i++) {
        pass(world, MINUTE_MS);
        assert_int_equal(service->running, 0);
        for (size_t e = 0; e < service->event_count; e++)
            said = said || strstr(service->events[e].message, "unable to consistently start");
    }
    assert_true(said);
    world_free(world);
}

static void running_below_desired_stays_so(void **state)
{
    (void)state;
    struct world_setup setup;
    begin(&setup);
    setup.services[ARM_SOURCE].running = 1;
    struct world *world = world_new(&setup);
    assert_int_equal(world->services[0].desired, 2);
    assert_int_equal(world->services[0].running, 1);
    pass(world, 20 * MINUTE_MS);
    assert_int_equal(world->services[0].running, 1);
    world_free(world);
}

static void a_failing_target_becomes_unhealthy(void **state)
{
    (void)state;
    struct world *world = plain_world();
    struct conditions sick = world->conditions;
    sick.groups[0].unhealthy = 1;
    world_set_conditions(world, &sick);
    pass(world, 28 * SECOND_MS);
    assert_int_equal(in_state(world, 0, HEALTH_UNHEALTHY), 0); /* one failed check is not enough */
    pass(world, 35 * SECOND_MS);
    assert_int_equal(in_state(world, 0, HEALTH_UNHEALTHY), 1);
    sick.groups[0].unhealthy = 0;
    world_set_conditions(world, &sick);
    pass(world, 100 * SECOND_MS);
    assert_int_equal(in_state(world, 0, HEALTH_UNHEALTHY), 1); /* five passes are needed */
    pass(world, 60 * SECOND_MS);
    assert_int_equal(in_state(world, 0, HEALTH_UNHEALTHY), 0);
    world_free(world);
}

static void starts_with_the_health_that_the_setup_asks_for(void **state)
{
    (void)state;
    struct world_setup setup;
    begin(&setup);
    setup.services[ARM_SOURCE].desired = 5;
    setup.services[ARM_TARGET].desired = 3;
    setup.services[ARM_TARGET].starting = 1;
    setup.groups[0].draining = 2;
    setup.conditions.groups[0].unhealthy = 1;
    setup.conditions.groups[0].stuck_initial = 2;
    struct world *world = world_new(&setup);
    assert_int_equal(in_state(world, 0, HEALTH_UNHEALTHY), 1);
    assert_int_equal(in_state(world, 0, HEALTH_INITIAL), 2);
    assert_int_equal(in_state(world, 0, HEALTH_HEALTHY), 2);
    assert_int_equal(in_state(world, 0, HEALTH_DRAINING), 2);
    assert_int_equal(in_state(world, 1, HEALTH_INITIAL), 1);
    assert_int_equal(in_state(world, 1, HEALTH_HEALTHY), 2);
    pass(world, 6 * MINUTE_MS);
    assert_int_equal(in_state(world, 0, HEALTH_DRAINING), 0);
    assert_int_equal(in_state(world, 0, HEALTH_INITIAL), 2);
    assert_int_equal(in_state(world, 1, HEALTH_HEALTHY), 3);
    world_free(world);
}

static void a_rollout_ends(void **state)
{
    (void)state;
    struct world_setup setup;
    begin(&setup);
    setup.services[0].rollout = true;
    setup.services[0].rollout_ms = 5 * MINUTE_MS;
    struct world *world = world_new(&setup);
    struct world_service *service = &world->services[0];
    assert_int_equal(service->rollout_count, 2);
    assert_string_equal(service->rollouts[0].status, "PRIMARY");
    assert_string_equal(service->rollouts[0].rollout_state, "IN_PROGRESS");
    assert_string_equal(service->rollouts[1].status, "ACTIVE");
    assert_int_equal(service->rollouts[1].running, 2);
    pass(world, 6 * MINUTE_MS);
    assert_int_equal(service->rollout_count, 1);
    assert_string_equal(service->rollouts[0].rollout_state, "COMPLETED");
    assert_int_equal(service->rollouts[0].running, 2);
    world_free(world);
}

static void targets_of_an_unnamed_group_are_unused(void **state)
{
    (void)state;
    struct world_setup setup;
    begin(&setup);
    const struct listener_setup only[] = {{.port = 443, .single = true, .weights = {1, -1, -1}}};
    setup.listeners = only;
    setup.listener_count = 1;
    setup.services[ARM_TARGET].desired = 1;
    struct world *world = world_new(&setup);
    assert_int_equal(in_state(world, 1, HEALTH_UNUSED), 1);
    assert_string_equal(world->groups[1].targets[0].reason, "Target.NotInUse");
    set_weights(world, "1", "0");
    pass(world, 40 * SECOND_MS);
    assert_int_equal(in_state(world, 1, HEALTH_HEALTHY), 1);
    world_free(world);
}

/* ---- traffic and metrics ---- */

static void an_hour_of_history_is_there(void **state)
{
    (void)state;
    struct world *world = plain_world();
    double value;
    for (int m = 60; m >= 2; m--) {
        double requests =
            statistic(world, 0, "RequestCount", STAT_SUM, 0, EPOCH - m * MINUTE_MS, MINUTE_MS);
        assert_true(requests > 800 && requests < 1600); /* 20 a second */
        assert_false(sum(world, 1, "RequestCount", EPOCH - m * MINUTE_MS, &value));
    }
    assert_false(sum(world, 0, "RequestCount", EPOCH - 62 * MINUTE_MS, &value));
    world_free(world);
}

static void a_minute_is_seen_a_minute_late(void **state)
{
    (void)state;
    struct world *world = plain_world();
    double value;
    pass(world, 119 * SECOND_MS);
    assert_false(sum(world, 0, "RequestCount", EPOCH, &value));
    pass(world, SECOND_MS);
    assert_true(sum(world, 0, "RequestCount", EPOCH, &value));
    world_free(world);
}

static void a_young_minute_may_still_grow(void **state)
{
    (void)state;
    struct world_setup setup;
    begin(&setup);
    setup.metric_settle_ms = 2 * MINUTE_MS;
    struct world *world = world_new(&setup);
    pass(world, 2 * MINUTE_MS);
    double young = sum_or_zero(world, 0, "RequestCount", EPOCH);
    pass(world, 2 * MINUTE_MS);
    double whole = sum_or_zero(world, 0, "RequestCount", EPOCH);
    assert_true(young > 0 && young < whole);
    world_free(world);
}

static struct world *world_with_target(void)
{
    struct world_setup setup;
    begin(&setup);
    setup.services[ARM_TARGET].desired = 2;
    return world_new(&setup);
}

static void weights_move_the_share_at_once(void **state)
{
    (void)state;
    static const struct {
        const char *source, *target;
        double share;
    } rows[] = {
        {"1", "0", 0}, {"900", "100", 0.1}, {"1", "1", 0.5}, {"0", "1", 1}, {"0", "999", 1}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct world *world = world_with_target();
        set_weights(world, rows[i].source, rows[i].target);
        pass(world, 8 * MINUTE_MS);
        double source = 0, target = 0;
        for (int m = 1; m < 6; m++) { /* not the minute of the change */
            source += sum_or_zero(world, 0, "RequestCount", EPOCH + m * MINUTE_MS);
            target += sum_or_zero(world, 1, "RequestCount", EPOCH + m * MINUTE_MS);
        }
        double share = target / (source + target);
        assert_true(fabs(share - rows[i].share) < 0.02);
        double none;
        if (rows[i].share == 1) /* no requests: no data point, but hosts are still counted */
            assert_false(sum(world, 0, "RequestCount", EPOCH + MINUTE_MS, &none));
        assert_true(statistic(world, 0, "HealthyHostCount", STAT_MINIMUM, 0, EPOCH + MINUTE_MS,
                              MINUTE_MS) == 2);
        world_free(world);
    }
}

static void the_previous_routing_serves_for_a_moment(void **state)
{
    (void)state;
    struct world *world = world_with_target();
    set_weights(world, "0", "1");
    pass(world, 10 * MINUTE_MS);
    double late = sum_or_zero(world, 0, "RequestCount", EPOCH);
    assert_true(late > 0 && late < 100); /* two seconds of twenty requests */
    world_free(world);
}

static void cookies_beat_weights_until_they_expire(void **state)
{
    (void)state;
    struct world_setup setup;
    begin(&setup);
    const struct listener_setup sticky[] = {
        {.port = 9200, .weights = {1, 0, -1}, .sticky = true, .sticky_s = 600}};
    setup.listeners = sticky;
    setup.listener_count = 1;
    setup.services[ARM_TARGET].desired = 2;
    setup.conditions.cookie_clients = 1;
    struct world *world = world_new(&setup);
    struct refusal why;
    const struct routing_member members[] = {
        {"member.1.Type", "forward"},
        {"member.1.ForwardConfig.TargetGroups.member.1.TargetGroupArn", world->groups[0].arn},
        {"member.1.ForwardConfig.TargetGroups.member.1.Weight", "0"},
        {"member.1.ForwardConfig.TargetGroups.member.2.TargetGroupArn", world->groups[1].arn},
        {"member.1.ForwardConfig.TargetGroups.member.2.Weight", "1"},
        {"member.1.ForwardConfig.TargetGroupStickinessConfig.Enabled", "true"},
        {"member.1.ForwardConfig.TargetGroupStickinessConfig.DurationSeconds", "600"},
    };
    assert_true(world_set_routing(world, world->listeners[0].arn, members, COUNT(members), &why));
    pass(world, 15 * MINUTE_MS);
    double early = sum_or_zero(world, 0, "RequestCount", EPOCH + MINUTE_MS);
    double later = sum_or_zero(world, 0, "RequestCount", EPOCH + 8 * MINUTE_MS);
    double none;
    assert_true(early > 700);
    assert_true(later > 0 && later < 500);
    assert_false(sum(world, 0, "RequestCount", EPOCH + 11 * MINUTE_MS, &none));
    world_free(world);
}

static void other_ways_in_keep_the_source_busy(void **state)
{
    (void)state;
    struct world_setup setup;
    begin(&setup);
    const struct listener_setup listeners[] = {
        {.port = 9200, .weights = {0, 1, -1}},
        {.port = 9201, .single = true, .weights = {1, -1, -1}, .direct_rps = 3},
    };
    const struct rule_setup rules[] = {
        {.port = 9200, .priority = 10, .path = "/_bulk*", .group = 0, .share = 0.25}};
    setup.listeners = listeners;
    setup.listener_count = 2;
    setup.services[ARM_TARGET].desired = 2;
    struct world *world = world_new(&setup);
    double requests = sum_or_zero(world, 0, "RequestCount", EPOCH - 5 * MINUTE_MS);
    assert_true(requests > 100 && requests < 260); /* 9201's 180 a minute */
    world_free(world);

    setup.rules = rules;
    setup.rule_count = 1;
    world = world_new(&setup);
    requests = sum_or_zero(world, 0, "RequestCount", EPOCH - 5 * MINUTE_MS);
    assert_true(requests > 340 && requests < 640); /* and a quarter of 1200 */
    world_free(world);

    setup.rule_count = 0;
    setup.listener_count = 1;
    setup.conditions.stuck_on_source = 0.1;
    world = world_new(&setup);
    requests = sum_or_zero(world, 0, "RequestCount", EPOCH - 5 * MINUTE_MS);
    assert_true(requests > 60 && requests < 190);
    world_free(world);
}

static void an_empty_group_answers_503(void **state)
{
    (void)state;
    struct world *world = plain_world(); /* the target has no tasks */
    set_weights(world, "0", "1");
    pass(world, 5 * MINUTE_MS);
    double none;
    assert_false(sum(world, 1, "RequestCount", EPOCH + MINUTE_MS, &none));
    assert_false(sum(world, 1, "HTTPCode_Target_5XX_Count", EPOCH + MINUTE_MS, &none));
    assert_true(sum_or_zero(world, -1, "HTTPCode_ELB_5XX_Count", EPOCH + MINUTE_MS) > 800);
    assert_true(sum_or_zero(world, -1, "HTTPCode_ELB_503_Count", EPOCH + MINUTE_MS) > 800);
    assert_false(sum(world, -1, "HTTPCode_ELB_5XX_Count", EPOCH - 5 * MINUTE_MS, &none));
    world_free(world);
}

static void a_group_of_sick_targets_fails_open(void **state)
{
    (void)state;
    struct world_setup setup;
    begin(&setup);
    setup.services[ARM_TARGET].desired = 2;
    setup.conditions.groups[1].unhealthy = -1;
    struct world *world = world_new(&setup);
    set_weights(world, "0", "1");
    pass(world, 5 * MINUTE_MS);
    assert_true(sum_or_zero(world, 1, "RequestCount", EPOCH + MINUTE_MS) > 800);
    assert_true(sum_or_zero(world, 1, "TargetConnectionErrorCount", EPOCH + MINUTE_MS) > 800);
    assert_true(sum_or_zero(world, -1, "HTTPCode_ELB_502_Count", EPOCH + MINUTE_MS) > 800);
    assert_true(statistic(world, 1, "UnHealthyHostCount", STAT_MAXIMUM, 0, EPOCH, MINUTE_MS) == 2);
    world_free(world);
}

static void weights_of_zero_answer_503(void **state)
{
    (void)state;
    struct world *world = plain_world();
    set_weights(world, "0", "0");
    pass(world, 5 * MINUTE_MS);
    assert_true(sum_or_zero(world, -1, "HTTPCode_ELB_503_Count", EPOCH + MINUTE_MS) > 800);
    world_free(world);
}

static void errors_and_latency_are_each_arms_own(void **state)
{
    (void)state;
    struct world_setup setup;
    begin(&setup);
    setup.services[ARM_TARGET].desired = 2;
    setup.conditions.requests_per_second = 200;
    setup.conditions.groups[1] = (struct group_conditions){
        .rate_5xx = 0.1, .rate_4xx = 0.2, .latency_p50_ms = 40, .latency_p99_ms = 400};
    const struct listener_setup half[] = {{.port = 9200, .weights = {1, 1, -1}}};
    setup.listeners = half;
    setup.listener_count = 1;
    struct world *world = world_new(&setup);
    int64_t from = EPOCH - 30 * MINUTE_MS, period = 20 * MINUTE_MS;
    double requests = statistic(world, 1, "RequestCount", STAT_SUM, 0, from, period);
    double bad = statistic(world, 1, "HTTPCode_Target_5XX_Count", STAT_SUM, 0, from, period);
    double refused = statistic(world, 1, "HTTPCode_Target_4XX_Count", STAT_SUM, 0, from, period);
    double good = statistic(world, 1, "HTTPCode_Target_2XX_Count", STAT_SUM, 0, from, period);
    assert_true(requests == bad + refused + good);
    assert_true(fabs(bad / requests - 0.1) < 0.01);
    assert_true(fabs(refused / requests - 0.18) < 0.02); /* of those that are no 5XX */
    const struct {
        double percentile, source, target;
    } rows[] = {{50, 0.012, 0.040}, {99, 0.090, 0.400}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        double s = statistic(world, 0, "TargetResponseTime", STAT_PERCENTILE, rows[i].percentile,
                             from, period);
        double t = statistic(world, 1, "TargetResponseTime", STAT_PERCENTILE, rows[i].percentile,
                             from, period);
        assert_true(fabs(s / rows[i].source - 1) < 0.2);
        assert_true(fabs(t / rows[i].target - 1) < 0.2);
    }
    double p90 = statistic(world, 1, "TargetResponseTime", STAT_PERCENTILE, 90, from, period);
    double mean = statistic(world, 1, "TargetResponseTime", STAT_AVERAGE, 0, from, period);
    assert_true(p90 > 0.05 && p90 < 0.3 && mean > 0.04 && mean < p90);
    world_free(world);
}

static void missing_metrics_are_missing(void **state)
{
    (void)state;
    struct world_setup setup;
    begin(&setup);
    const char *names[] = {"TargetResponseTime"};
    setup.metrics_withheld = names;
    setup.metrics_withheld_count = 1;
    setup.common_metrics_missing = true;
    struct world *world = world_new(&setup);
    double value;
    int64_t minute = EPOCH - 5 * MINUTE_MS;
    assert_true(sum(world, 0, "RequestCount", minute, &value));
    assert_false(sum(world, 0, "TargetResponseTime", minute, &value));
    assert_false(sum(world, -1, "NewConnectionCount", minute, &value));
    world_free(world);
    setup.metrics_missing[0] = true;
    world = world_new(&setup);
    assert_false(sum(world, 0, "RequestCount", minute, &value));
    assert_false(sum(world, 0, "HealthyHostCount", minute, &value));
    world_free(world);
}

static void conditions_change_when_the_setup_says(void **state)
{
    (void)state;
    struct world_setup setup;
    begin(&setup);
    struct change_setup change = {.trigger = {.after_ms = 10 * MINUTE_MS},
                                  .conditions = setup.conditions};
    change.conditions.requests_per_second = 0;
    change.conditions.replay_lag_ms = -1;
    setup.changes = &change;
    setup.change_count = 1;
    struct world *world = world_new(&setup);
    pass(world, 20 * MINUTE_MS);
    double value;
    assert_true(sum(world, 0, "RequestCount", EPOCH + 8 * MINUTE_MS, &value));
    assert_false(sum(world, 0, "RequestCount", EPOCH + 12 * MINUTE_MS, &value));
    assert_false(sum(world, -1, "ActiveConnectionCount", EPOCH + 12 * MINUTE_MS, &value));
    struct metric_query lag = {
        {SCOPE_REPLAYER, 0}, "lagBetweenSourceAndTargetRequests", STAT_MAXIMUM, 0, MINUTE_MS};
    assert_true(world_metric(world, &lag, EPOCH + 8 * MINUTE_MS, &value) && value == 1500);
    assert_false(world_metric(world, &lag, EPOCH + 12 * MINUTE_MS, &value));
    world_free(world);
}

static void the_target_carries_no_task_without_its_service(void **state)
{
    (void)state;
    struct world_setup setup;
    begin(&setup);
    setup.services[ARM_TARGET].exists = false;
    setup.services[ARM_SOURCE].group = -1;
    struct world *world = world_new(&setup);
    struct refusal why;
    assert_null(world_service(world, world->services[ARM_TARGET].arn));
    assert_false(world_set_desired(world, world->services[ARM_TARGET].arn, 2, &why));
    assert_string_equal(why.code, "ServiceNotFoundException");
    assert_int_equal(world->services[0].running, 2);
    assert_int_equal(world->groups[0].target_count, 0);
    world_free(world);
}

static void faults_count_down(void **state)
{
    (void)state;
    struct world_setup setup;
    begin(&setup);
    const struct fault_setup faults[] = {
        {.operation = "DescribeServices", .kind = FAULT_THROTTLING, .skip = 1, .times = 2},
        {.operation = "*", .kind = FAULT_CLOSE, .skip = 3, .times = -1},
    };
    setup.faults = faults;
    setup.fault_count = 2;
    struct world *world = world_new(&setup);
    struct fault_setup fault;
    assert_false(world_take_fault(world, "DescribeServices", &fault));
    assert_true(world_take_fault(world, "DescribeServices", &fault));
    assert_int_equal(fault.kind, FAULT_THROTTLING);
    assert_true(world_take_fault(world, "DescribeServices", &fault));
    assert_false(world_take_fault(world, "DescribeRules", &fault));
    assert_false(world_take_fault(world, "DescribeRules", &fault));
    assert_true(world_take_fault(world, "DescribeRules", &fault));
    assert_int_equal(fault.kind, FAULT_CLOSE);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deploys_the_templates_names),
        cmocka_unit_test(same_seed_is_the_same_world),
        cmocka_unit_test(a_scaled_service_takes_its_time),
        cmocka_unit_test(a_new_target_is_healthy_after_one_check),
        cmocka_unit_test(scaling_down_drains),
        cmocka_unit_test(tasks_that_stop_at_start_are_tried_again),
        cmocka_unit_test(tasks_that_always_stop_never_run),
        cmocka_unit_test(running_below_desired_stays_so),
        cmocka_unit_test(a_failing_target_becomes_unhealthy),
        cmocka_unit_test(starts_with_the_health_that_the_setup_asks_for),
        cmocka_unit_test(a_rollout_ends),
        cmocka_unit_test(targets_of_an_unnamed_group_are_unused),
        cmocka_unit_test(an_hour_of_history_is_there),
        cmocka_unit_test(a_minute_is_seen_a_minute_late),
        cmocka_unit_test(a_young_minute_may_still_grow),
        cmocka_unit_test(weights_move_the_share_at_once),
        cmocka_unit_test(the_previous_routing_serves_for_a_moment),
        cmocka_unit_test(cookies_beat_weights_until_they_expire),
        cmocka_unit_test(other_ways_in_keep_the_source_busy),
        cmocka_unit_test(an_empty_group_answers_503),
        cmocka_unit_test(a_group_of_sick_targets_fails_open),
        cmocka_unit_test(weights_of_zero_answer_503),
        cmocka_unit_test(errors_and_latency_are_each_arms_own),
        cmocka_unit_test(missing_metrics_are_missing),
        cmocka_unit_test(conditions_change_when_the_setup_says),
        cmocka_unit_test(the_target_carries_no_task_without_its_service),
        cmocka_unit_test(faults_count_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
