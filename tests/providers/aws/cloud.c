#include "tests/unit.h"

#include "planner/base/time.h"
#include "providers/aws/cloud.h"
#include "tests/providers/aws/wire.h"

#define ELB "arn:aws:elasticloadbalancing:us-east-1:111122223333:"

static const struct subject prod = {
    .stage = "prod",
    .cluster = "migration-prod-ecs-cluster",
    .load_balancer = "MigrationAssistant-prod",
    .load_balancer_arn = ELB "loadbalancer/app/MigrationAssistant-prod/00000000000000a4",
    .listener_arn = ELB "listener/app/MigrationAssistant-prod/00000000000000a4/00000000000000a5",
    .arms = {{.service = "migration-prod-capture-proxy",
              .target_group_arn = ELB "targetgroup/ALBSourceProxy-prod-TG/00000000000000a0"},
             {.service = "migration-prod-target-cluster-proxy",
              .target_group_arn = ELB "targetgroup/ALBTargetProxy-prod-TG/00000000000000a1"}},
};

struct fixture {
    struct wire wire;
    struct aws_cloud self;
    struct cloud cloud;
    struct arena arena;
    struct error err;
};

static void begin(struct fixture *f, struct wire_exception *exceptions, size_t count)
{
    *f = (struct fixture){
        .wire = {.exceptions = exceptions, .exception_count = count, .fail_nth = -1}};
    wire_use(&f->wire);
    f->self = (struct aws_cloud){.client = wire_client(), .clock = wire_clock()};
    aws_cloud_init(&f->cloud, &f->self);
}

static void clear(struct fixture *f)
{
    arena_clear(&f->arena);
    wire_clear(&f->wire);
}

/* ---- perform ---- */

static bool scale(struct fixture *f, struct receipt *receipt)
{
    const struct mutation mutation = {MUTATION_COUNT, ARM_TARGET, 2, NULL};
    return f->cloud.perform(f->cloud.self, receipt, &prod, &mutation, &f->err);
}

static bool shift(struct fixture *f, struct receipt *receipt)
{
    struct routing_member members[] = {
        {"member.1.Type", "forward"},
        {"member.1.TargetGroupArn", ELB "targetgroup/ALBTargetProxy-prod-TG/00000000000000a1"}};
    struct routing routing = {.members = members, .member_count = 2};
    const struct mutation mutation = {.kind = MUTATION_ROUTING, .routing = &routing};
    return f->cloud.perform(f->cloud.self, receipt, &prod, &mutation, &f->err);
}

static void mutations_are_sent_once(void **state)
{
    (void)state;
    struct fixture f;
    struct receipt receipt;
    begin(&f, NULL, 0);
    assert_true(scale(&f, &receipt));
    assert_string_equal(receipt.request_id, "request-0");
    assert_false(receipt.outcome_unknown);
    assert_true(shift(&f, &receipt));
    assert_string_equal(receipt.request_id, "request-1");
    assert_string_equal(f.wire.waves.data, "UpdateService | ModifyListener");
    assert_non_null(strstr(f.wire.bodies.data, "\"desiredCount\":2"));
    assert_non_null(strstr(f.wire.bodies.data, "Action=ModifyListener&Version=2015-12-01"));
    clear(&f);
}

static void says_whether_a_mutations_outcome_is_known(void **state)
{
    (void)state;
    static struct wire_exception rows[] = {
        {.operation = "UpdateService", .kind = ERROR_ACCESS, .code = "AccessDeniedException"},
        {.operation = "UpdateService", .kind = ERROR_NETWORK, .code = ""},
        /* An answer that is not AWS's, though its status says OK. */
        {.operation = "UpdateService", .file = "listeners.xml"},
    };
    static const bool unknown[] = {false, true, true};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fixture f;
        struct receipt receipt;
        begin(&f, &rows[i], 1);
        assert_false(scale(&f, &receipt));
        assert_int_equal(receipt.outcome_unknown, unknown[i]);
        assert_int_equal(f.wire.requests, 1);
        assert_int_not_equal(f.err.kind, ERROR_NONE);
        clear(&f);
    }
    struct wire_exception html[] = {{.operation = "ModifyListener", .file = "services.json"}};
    struct fixture f;
    struct receipt receipt;
    begin(&f, html, 1);
    assert_false(shift(&f, &receipt));
    assert_true(receipt.outcome_unknown);
    assert_int_equal(f.err.kind, ERROR_SERVICE);
    clear(&f);
}

static void sends_nothing_when_there_is_nothing_to_send(void **state)
{
    (void)state;
    struct fixture f;
    struct receipt receipt;
    struct routing empty = {0};
    const struct mutation mutation = {.kind = MUTATION_ROUTING, .routing = &empty};
    begin(&f, NULL, 0);
    assert_false(f.cloud.perform(f.cloud.self, &receipt, &prod, &mutation, &f.err));
    assert_int_equal(f.wire.requests, 0);
    assert_false(receipt.outcome_unknown);
    clear(&f);
}

/* ---- measure ---- */

static bool measure(struct fixture *f, struct series *out, int64_t minutes, bool percentiles)
{
    int64_t to = wire_clock()->wall(NULL);
    return f->cloud.measure(f->cloud.self, out, &f->arena, &prod, to - minutes * MINUTE_MS, to,
                            percentiles, &f->err);
}

static void percentiles_go_beside_the_rest(void **state)
{
    (void)state;
    struct fixture f;
    struct series series;
    begin(&f, NULL, 0);
    assert_true(measure(&f, &series, 60, true));
    assert_string_equal(f.wire.waves.data, "GetMetricData GetMetricData?");
    assert_int_equal(series.minutes, 60);
    assert_int_equal(series.arms[ARM_TARGET][METRIC_REQUESTS].values[0], 3);
    assert_true(series.arms[ARM_TARGET][METRIC_TIME_P99].present[0]);
    assert_int_equal(series.arms[ARM_TARGET][METRIC_TIME_P99].values[0], 3000000);
    clear(&f);
}

static void percentiles_that_fail_are_absent(void **state)
{
    (void)state;
    struct wire_exception rows[] = {
        {.operation = "GetMetricData",
         .body_has = "Stat=p90",
         .kind = ERROR_SERVICE,
         .code = "InternalFailure"},
        {.operation = "GetMetricData", .body_has = "Stat=p90", .file = "tags.xml"},
        {.operation = "GetMetricData", .body_has = "Stat=p90", .file = "aws_metrics_1.xml"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fixture f;
        struct series series;
        begin(&f, &rows[i], 1);
        assert_true(measure(&f, &series, 10, true));
        assert_int_equal(f.wire.requests, 2);
        assert_true(series.arms[ARM_SOURCE][METRIC_REQUESTS].present[0]);
        for (size_t minute = 0; minute < series.minutes; minute++)
            assert_false(series.arms[ARM_SOURCE][METRIC_TIME_P90].present[minute]);
        clear(&f);
    }
}

static void counts_that_fail_are_an_error(void **state)
{
    (void)state;
    struct wire_exception denied[] = {{.operation = "GetMetricData",
                                       .body_has = "Stat=Sum",
                                       .kind = ERROR_ACCESS,
                                       .code = "AccessDenied"}};
    struct fixture f;
    struct series series;
    begin(&f, denied, 1);
    assert_false(measure(&f, &series, 10, true));
    assert_int_equal(f.err.kind, ERROR_ACCESS);
    clear(&f);
}

static void endless_metrics_are_an_error(void **state)
{
    (void)state;
    struct wire_exception endless[] = {{.operation = "GetMetricData", .file = "aws_metrics_1.xml"}};
    struct fixture f;
    struct series series;
    begin(&f, endless, 1);
    assert_false(measure(&f, &series, 10, false));
    assert_int_equal(f.wire.requests, 100);
    assert_non_null(strstr(f.wire.bodies.data, "&NextToken=tok%2F%2B%3D"));
    assert_non_null(strstr(f.err.message, "more than 100 pages"));
    clear(&f);
}

static void measures_no_more_than_a_day_and_no_less_than_a_minute(void **state)
{
    (void)state;
    struct fixture f;
    struct series series;
    begin(&f, NULL, 0);
    assert_false(measure(&f, &series, SERIES_MINUTES_MAX + 1, false));
    assert_int_equal(f.err.kind, ERROR_USAGE);
    assert_true(measure(&f, &series, 0, false));
    assert_int_equal(series.minutes, 0);
    assert_int_equal(f.wire.requests, 0);
    clear(&f);
}

/* ---- stopped tasks ---- */

static void the_newest_stopped_tasks_come_first(void **state)
{
    (void)state;
    struct wire_exception pages[] = {
        {.operation = "ListTasks", .file = "aws_task_list_1.json", .once = true}};
    struct fixture f;
    struct stopped_task tasks[2];
    size_t n;
    begin(&f, pages, 1);
    assert_true(f.cloud.stopped_tasks(f.cloud.self, tasks, COUNT(tasks), &n, &f.arena, &prod,
                                      ARM_TARGET, &f.err));
    assert_string_equal(f.wire.waves.data, "ListTasks | ListTasks | DescribeTasks");
    assert_int_equal(n, 2);
    assert_string_equal(tasks[0].task, "0002");
    assert_string_equal(tasks[1].task, "0003");
    clear(&f);
}

static void stopped_tasks_that_cannot_be_read_are_an_error(void **state)
{
    (void)state;
    static struct wire_exception rows[] = {
        {.operation = "ListTasks", .kind = ERROR_ACCESS, .code = "AccessDeniedException"},
        {.operation = "DescribeTasks", .kind = ERROR_ACCESS, .code = "AccessDeniedException"},
        {.operation = "ListTasks", .file = "tags.xml"},
        {.operation = "DescribeTasks", .file = "tags.xml"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fixture f;
        struct stopped_task tasks[2];
        size_t n = 7;
        begin(&f, &rows[i], 1);
        assert_false(f.cloud.stopped_tasks(f.cloud.self, tasks, COUNT(tasks), &n, &f.arena, &prod,
                                           ARM_TARGET, &f.err));
        assert_int_equal(n, 0);
        assert_non_null(strstr(f.err.message, rows[i].operation));
        clear(&f);
    }
}

static void observes_through_the_port(void **state)
{
    (void)state;
    struct fixture f;
    struct snapshot s;
    begin(&f, NULL, 0);
    snapshot_init(&s);
    assert_true(f.cloud.observe(f.cloud.self, &s, &prod, FACT_SERVICES, 0, &f.err));
    assert_int_equal(s.arms[ARM_SOURCE].service.desired, 2);
    snapshot_clear(&s);
    clear(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mutations_are_sent_once),
        cmocka_unit_test(says_whether_a_mutations_outcome_is_known),
        cmocka_unit_test(sends_nothing_when_there_is_nothing_to_send),
        cmocka_unit_test(percentiles_go_beside_the_rest),
        cmocka_unit_test(percentiles_that_fail_are_absent),
        cmocka_unit_test(counts_that_fail_are_an_error),
        cmocka_unit_test(endless_metrics_are_an_error),
        cmocka_unit_test(measures_no_more_than_a_day_and_no_less_than_a_minute),
        cmocka_unit_test(the_newest_stopped_tasks_come_first),
        cmocka_unit_test(stopped_tasks_that_cannot_be_read_are_an_error),
        cmocka_unit_test(observes_through_the_port),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
