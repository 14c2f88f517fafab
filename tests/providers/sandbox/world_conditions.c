/* What a scenario lets happen while the world runs: bound to time or to the live weights. */
#include "tests/unit.h"

#include <math.h>

#include "planner/base/time.h"
#include "providers/sandbox/world.h"

static const int64_t EPOCH = INT64_C(1796090400000); /* 2026-12-01T02:00:00Z */

static void begin(struct world_setup *setup)
{
    setup_init(setup);
    setup->epoch_at = EPOCH;
    setup->services[ARM_TARGET].desired = 2;
}

static void pass(struct world *world, int64_t ms)
{
    world_advance(world, world->now_at + ms);
}

static void set_share(struct world *world, int permille)
{
    char source[8], target[8];
    struct refusal why;
    snprintf(source, sizeof source, "%d", permille == 1000 ? 0 : 1000 - permille);
    snprintf(target, sizeof target, "%d", permille == 1000 ? 1 : permille);
    const struct routing_member members[] = {
        {"member.1.Type", "forward"},
        {"member.1.ForwardConfig.TargetGroups.member.1.TargetGroupArn", world->groups[0].arn},
        {"member.1.ForwardConfig.TargetGroups.member.1.Weight", source},
        {"member.1.ForwardConfig.TargetGroups.member.2.TargetGroupArn", world->groups[1].arn},
        {"member.1.ForwardConfig.TargetGroups.member.2.Weight", target},
    };
    assert_true(world_set_routing(world, world->listeners[0].arn, members, COUNT(members), &why));
}

static bool metric(const struct world *world, int group, const char *name, enum statistic stat,
                   int64_t minute, double *out)
{
    struct metric_query query = {
        {group < 0 ? SCOPE_LOAD_BALANCER : SCOPE_GROUP, group}, name, stat, 90, MINUTE_MS};
    return world_metric(world, &query, minute, out);
}

static double sum(const struct world *world, int group, const char *name, int64_t minute)
{
    double out;
    return metric(world, group, name, STAT_SUM, minute, &out) ? out : 0;
}

/* ---- triggers ---- */

static void a_change_waits_for_the_weights(void **state)
{
    (void)state;
    struct world_setup setup;
    begin(&setup);
    struct change_setup changes[] = {
        {.trigger = {.at_permille = 250}, .conditions = setup.conditions},
        {.trigger = {.at_permille = 250, .after_ms = 3 * MINUTE_MS},
         .conditions = setup.conditions},
    };
    changes[0].conditions.groups[ARM_TARGET].rate_5xx = 0.2;
    setup.changes = changes;
    setup.change_count = COUNT(changes);
    struct world *world = world_new(&setup);
    pass(world, 10 * MINUTE_MS);
    set_share(world, 249);
    pass(world, 10 * MINUTE_MS);
    assert_true(world->conditions.groups[ARM_TARGET].rate_5xx < 0.01);
    set_share(world, 250);
    assert_true(world->conditions.groups[ARM_TARGET].rate_5xx > 0.1); /* at once */
    pass(world, 3 * MINUTE_MS - SECOND_MS);
    assert_true(world->conditions.groups[ARM_TARGET].rate_5xx > 0.1);
    pass(world, SECOND_MS);
    assert_true(world->conditions.groups[ARM_TARGET].rate_5xx < 0.01);
    world_free(world);
}

static void a_change_behind_another_waits_for_that_too(void **state)
{
    (void)state;
    struct world_setup setup;
    begin(&setup);
    struct change_setup changes[] = {
        {.trigger = {.after_ms = 10 * MINUTE_MS}, .conditions = setup.conditions},
        {.trigger = {.at_permille = 100, .after_ms = MINUTE_MS}, .conditions = setup.conditions},
    };
    changes[0].conditions.noise = 0.1;
    changes[1].conditions.noise = 0.2;
    setup.changes = changes;
    setup.change_count = COUNT(changes);
    struct world *world = world_new(&setup);
    set_share(world, 1000);
    pass(world, 11 * MINUTE_MS - SECOND_MS);
    assert_true(fabs(world->conditions.noise - 0.1) < 1e-9);
    pass(world, SECOND_MS);
    assert_true(fabs(world->conditions.noise - 0.2) < 1e-9);
    world_free(world);
}

/* Weights that were there an hour ago begin nothing before the sandbox does. */
static void nothing_begins_in_the_past(void **state)
{
    (void)state;
    static const struct listener_setup both[] = {{.port = 9200, .weights = {1, 1, -1}}};
    struct world_setup setup;
    begin(&setup);
    setup.listeners = both;
    setup.listener_count = 1;
    struct change_setup change = {.trigger = {.at_permille = 500, .after_ms = 2 * MINUTE_MS},
                                  .conditions = setup.conditions};
    change.conditions.groups[ARM_TARGET].rate_5xx = 1;
    setup.changes = &change;
    setup.change_count = 1;
    struct world *world = world_new(&setup);
    pass(world, 6 * MINUTE_MS);
    assert_true(sum(world, 1, "HTTPCode_Target_5XX_Count", EPOCH - 5 * MINUTE_MS) < 100);
    assert_true(sum(world, 1, "HTTPCode_Target_5XX_Count", EPOCH + MINUTE_MS) < 100);
    assert_true(sum(world, 1, "HTTPCode_Target_5XX_Count", EPOCH + 3 * MINUTE_MS) > 400);
    world_free(world);
}

static void a_fault_waits_too(void **state)
{
    (void)state;
    static const struct fault_setup faults[] = {
        {.operation = "*",
         .kind = FAULT_EXPIRED,
         .trigger = {.at_permille = 100, .after_ms = MINUTE_MS},
         .skip = 1,
         .times = -1},
        {.operation = "DescribeRules",
         .kind = FAULT_CLOSE,
         .trigger = {.after_ms = 2 * MINUTE_MS},
         .times = 1},
    };
    struct world_setup setup;
    begin(&setup);
    setup.faults = faults;
    setup.fault_count = COUNT(faults);
    struct world *world = world_new(&setup);
    struct fault_setup fault;
    pass(world, 2 * MINUTE_MS - SECOND_MS);
    assert_false(world_take_fault(world, "DescribeRules", &fault));
    pass(world, SECOND_MS);
    assert_true(world_take_fault(world, "DescribeRules", &fault));
    assert_int_equal(fault.kind, FAULT_CLOSE);
    set_share(world, 100);
    pass(world, MINUTE_MS - SECOND_MS);
    assert_false(world_take_fault(world, "DescribeRules", &fault)); /* and skips none yet */
    pass(world, SECOND_MS);
    assert_false(world_take_fault(world, "DescribeRules", &fault));
    assert_true(world_take_fault(world, "DescribeRules", &fault));
    assert_int_equal(fault.kind, FAULT_EXPIRED);
    world_free(world);
}

/* ---- traffic ---- */

static void reused_connections_stay_until_they_are_closed(void **state)
{
    (void)state;
    struct world_setup setup;
    begin(&setup);
    setup.conditions.reusing_clients = 0.4;
    setup.conditions.reused_for_ms = 10 * MINUTE_MS;
    struct world *world = world_new(&setup);
    set_share(world, 1000);
    pass(world, 15 * MINUTE_MS);
    double early = sum(world, 0, "RequestCount", EPOCH + MINUTE_MS); /* 0.4 x 0.85 of 1200 */
    double later = sum(world, 0, "RequestCount", EPOCH + 7 * MINUTE_MS);
    double none;
    assert_true(early > 330 && early < 490);
    assert_true(later > 60 && later < 180);
    assert_false(metric(world, 0, "RequestCount", STAT_SUM, EPOCH + 10 * MINUTE_MS, &none));
    world_free(world);

    setup.client_keep_alive_s = 120; /* the load balancer closes them sooner */
    world = world_new(&setup);
    set_share(world, 1000);
    pass(world, 15 * MINUTE_MS);
    assert_true(sum(world, 0, "RequestCount", EPOCH + MINUTE_MS) > 50);
    assert_false(metric(world, 0, "RequestCount", STAT_SUM, EPOCH + 2 * MINUTE_MS, &none));
    world_free(world);
}

static void direct_traffic_comes_and_goes(void **state)
{
    (void)state;
    struct world_setup setup;
    begin(&setup);
    struct world *world = world_new(&setup);
    set_share(world, 1000);
    pass(world, 2 * MINUTE_MS);
    struct conditions conditions = world->conditions;
    conditions.direct[0] = (struct direct_traffic){9201, 5};
    conditions.direct_count = 1;
    world_set_conditions(world, &conditions);
    pass(world, 3 * MINUTE_MS);
    conditions.direct[0].rps = 0;
    world_set_conditions(world, &conditions);
    pass(world, 5 * MINUTE_MS);
    double none;
    assert_false(metric(world, 0, "RequestCount", STAT_SUM, EPOCH + MINUTE_MS, &none));
    assert_true(sum(world, 0, "RequestCount", EPOCH + 3 * MINUTE_MS) > 200);
    assert_false(metric(world, 0, "RequestCount", STAT_SUM, EPOCH + 6 * MINUTE_MS, &none));
    world_free(world);
}

static void what_is_rejected_is_no_request_of_the_group(void **state)
{
    (void)state;
    struct world_setup setup;
    begin(&setup);
    setup.conditions.groups[ARM_TARGET].rejected = 1;
    struct world *world = world_new(&setup);
    set_share(world, 500);
    pass(world, 5 * MINUTE_MS);
    double none;
    assert_false(metric(world, 1, "RequestCount", STAT_SUM, EPOCH + MINUTE_MS, &none));
    assert_true(sum(world, 0, "RequestCount", EPOCH + MINUTE_MS) > 400);
    assert_true(sum(world, -1, "HTTPCode_ELB_5XX_Count", EPOCH + MINUTE_MS) > 400);
    assert_true(metric(world, 1, "HealthyHostCount", STAT_MINIMUM, EPOCH + MINUTE_MS, &none));
    assert_true(none == 2);
    world_free(world);
}

static void a_burst_hits_both_groups(void **state)
{
    (void)state;
    struct world_setup setup;
    begin(&setup);
    setup.conditions.bursts = 0.25;
    setup.conditions.burst_5xx = 0.3;
    struct world *world = world_new(&setup);
    set_share(world, 500);
    pass(world, 102 * MINUTE_MS);
    int bursts = 0;
    for (int minute = 1; minute <= 100; minute++) {
        bool hit[2];
        for (int group = 0; group < 2; group++) {
            int64_t at = EPOCH + minute * MINUTE_MS;
            hit[group] = sum(world, group, "HTTPCode_Target_5XX_Count", at) > 60; /* of 600 */
        }
        assert_int_equal(hit[0], hit[1]);
        bursts += hit[0];
    }
    assert_true(bursts >= 10 && bursts <= 40);
    world_free(world);
}

/* ---- metrics ---- */

static void metrics_stop_from_a_minute_on(void **state)
{
    (void)state;
    struct world_setup setup;
    begin(&setup);
    struct world *world = world_new(&setup);
    pass(world, 5 * MINUTE_MS);
    struct conditions conditions = world->conditions;
    conditions.metrics.silent[ARM_SOURCE] = true;
    conditions.metrics.common_silent = true;
    world_set_conditions(world, &conditions);
    pass(world, 10 * MINUTE_MS);
    double value;
    assert_true(metric(world, 0, "RequestCount", STAT_SUM, EPOCH + 4 * MINUTE_MS, &value));
    assert_true(metric(world, -1, "NewConnectionCount", STAT_SUM, EPOCH + 4 * MINUTE_MS, &value));
    assert_false(metric(world, 0, "RequestCount", STAT_SUM, EPOCH + 5 * MINUTE_MS, &value));
    assert_false(metric(world, -1, "NewConnectionCount", STAT_SUM, EPOCH + 5 * MINUTE_MS, &value));
    assert_true(metric(world, 1, "HealthyHostCount", STAT_MINIMUM, EPOCH + 6 * MINUTE_MS, &value));
    world_free(world);
}

static void metrics_may_come_later(void **state)
{
    (void)state;
    struct world_setup setup;
    begin(&setup);
    setup.conditions.metrics.late_ms = 4 * MINUTE_MS;
    struct world *world = world_new(&setup);
    double value;
    pass(world, 6 * MINUTE_MS - SECOND_MS);
    assert_false(metric(world, 0, "RequestCount", STAT_SUM, EPOCH, &value));
    pass(world, SECOND_MS);
    assert_true(metric(world, 0, "RequestCount", STAT_SUM, EPOCH, &value));
    world_free(world);
}

static void percentiles_may_be_missing(void **state)
{
    (void)state;
    struct world_setup setup;
    begin(&setup);
    setup.conditions.metrics.percentiles = PERCENTILES_NONE;
    struct world *world = world_new(&setup);
    double value;
    int64_t minute = EPOCH - 5 * MINUTE_MS;
    assert_false(metric(world, 0, "TargetResponseTime", STAT_PERCENTILE, minute, &value));
    assert_true(metric(world, 0, "TargetResponseTime", STAT_AVERAGE, minute, &value));
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_change_waits_for_the_weights),
        cmocka_unit_test(a_change_behind_another_waits_for_that_too),
        cmocka_unit_test(nothing_begins_in_the_past),
        cmocka_unit_test(a_fault_waits_too),
        cmocka_unit_test(reused_connections_stay_until_they_are_closed),
        cmocka_unit_test(direct_traffic_comes_and_goes),
        cmocka_unit_test(what_is_rejected_is_no_request_of_the_group),
        cmocka_unit_test(a_burst_hits_both_groups),
        cmocka_unit_test(metrics_stop_from_a_minute_on),
        cmocka_unit_test(metrics_may_come_later),
        cmocka_unit_test(percentiles_may_be_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
