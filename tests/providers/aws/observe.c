#include "tests/unit.h"

#include "planner/base/time.h"
#include "providers/aws/observe.h"
#include "tests/providers/aws/wire.h"

#define ELB "arn:aws:elasticloadbalancing:us-east-1:111122223333:"
#define ECS "arn:aws:ecs:us-east-1:111122223333:"

static const struct subject cold = {
    .stage = "prod",
    .cluster = "migration-prod-ecs-cluster",
    .load_balancer = "MigrationAssistant-prod",
    .arms = {{.service = "migration-prod-capture-proxy", .target_group = "ALBSourceProxy-prod-TG"},
             {.service = "migration-prod-target-cluster-proxy",
              .target_group = "ALBTargetProxy-prod-TG"}},
};

static const struct subject warm = {
    .region = "us-east-1",
    .account = "111122223333",
    .stage = "prod",
    .cluster = "migration-prod-ecs-cluster",
    .cluster_arn = ECS "cluster/migration-prod-ecs-cluster",
    .load_balancer = "MigrationAssistant-prod",
    .load_balancer_arn = ELB "loadbalancer/app/MigrationAssistant-prod/00000000000000a4",
    .listener_port = 9200,
    .listener_arn = ELB "listener/app/MigrationAssistant-prod/00000000000000a4/00000000000000a5",
    .arms = {{.service = "migration-prod-capture-proxy",
              .service_arn = ECS "service/migration-prod-ecs-cluster/migration-prod-capture-proxy",
              .target_group = "ALBSourceProxy-prod-TG",
              .target_group_arn = ELB "targetgroup/ALBSourceProxy-prod-TG/00000000000000a0"},
             {.service = "migration-prod-target-cluster-proxy",
              .service_arn =
                  ECS "service/migration-prod-ecs-cluster/migration-prod-target-cluster-proxy",
              .target_group = "ALBTargetProxy-prod-TG",
              .target_group_arn = ELB "targetgroup/ALBTargetProxy-prod-TG/00000000000000a1"}},
};

enum { RECENT_MS = 10 * MINUTE_MS };

struct fixture {
    struct wire wire;
    struct snapshot s;
    struct error err;
};

static void begin(struct fixture *f, struct wire_exception *exceptions, size_t count)
{
    *f = (struct fixture){
        .wire = {.exceptions = exceptions, .exception_count = count, .fail_nth = -1}};
    snapshot_init(&f->s);
    wire_use(&f->wire);
}

static bool look(struct fixture *f, const struct subject *subject, unsigned facts)
{
    return aws_observe(wire_client(), wire_clock(), &f->s, subject, facts, RECENT_MS, &f->err);
}

static void clear(struct fixture *f)
{
    snapshot_clear(&f->s);
    wire_clear(&f->wire);
}

static const char three_waves[] =
    "DescribeServices DescribeLoadBalancers DescribeTargetGroups |"
    " DescribeListeners DescribeLoadBalancerAttributes DescribeTags DescribeTargetHealth"
    " DescribeTargetHealth DescribeTargetGroupAttributes DescribeTargetGroupAttributes"
    " GetMetricData |"
    " DescribeRules DescribeRules DescribeRules";

static void cold_takes_three_waves(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, NULL, 0);
    assert_true(look(&f, &cold, FACTS_PLAN));
    assert_string_equal(f.wire.waves.data, three_waves);
    assert_int_equal(f.wire.requests, 11 + 3);
    /* the chain's two, and one for each that stands aside: five trips over TLS, not six */
    assert_string_equal(f.wire.warmed.data, "ecs+1 elbv2+8 cloudwatch+1");
    assert_int_equal(f.wire.aside, 7);

    assert_int_equal(f.s.known, FACTS_PLAN);
    assert_true(subject_is_resolved(&f.s.subject));
    assert_true(subject_equal(&f.s.subject, &warm));
    assert_string_equal(f.s.subject.account, "111122223333");
    assert_string_equal(f.s.subject.region, "us-east-1");
    assert_int_equal(f.s.subject.listener_port, 9200);
    assert_ptr_equal(f.s.listener, &f.s.listeners[0]);
    assert_int_equal(f.s.listener_count, 3);
    for (size_t i = 0; i < f.s.listener_count; i++)
        assert_int_equal(f.s.listeners[i].rule_count, 1);
    assert_string_equal(f.s.load_balancer.stack, "OSMigrations-prod-networkInfra");
    assert_int_equal(f.s.arms[ARM_TARGET].group.health[HEALTH_HEALTHY], 2);
    assert_int_equal(f.s.arms[ARM_TARGET].group.deregistration_delay_s, 300);
    assert_int_equal(f.s.arms[ARM_SOURCE].service.running, 2);
    assert_int_equal(f.s.taken_at, wire_clock()->wall(NULL));
    assert_int_equal(f.s.credentials_end_at, 4102444800000);

    int64_t start;
    assert_true(time_parse(&start, "2026-12-01T01:55:00Z"));
    assert_int_equal(f.s.recent.start_at, start);
    assert_int_equal(f.s.recent.minutes, 10);
    assert_true(f.s.recent.arms[ARM_TARGET][METRIC_REQUESTS].present[0]);
    assert_int_equal(f.s.recent.arms[ARM_TARGET][METRIC_REQUESTS].values[0], 3);
    assert_false(f.s.recent.arms[ARM_TARGET][METRIC_REQUESTS].present[1]);
    assert_false(f.s.recent.arms[ARM_TARGET][METRIC_TIME_P90].present[0]);
    clear(&f);
}

static void with_arns_it_is_one_wave(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, NULL, 0);
    assert_true(look(&f, &warm, FACTS_PLAN & ~(unsigned)FACT_RULES));
    assert_null(strchr(f.wire.waves.data, '|'));
    assert_int_equal(f.wire.requests, 11);
    assert_string_equal(f.wire.warmed.data, "ecs+1 elbv2+9 cloudwatch+1");
    assert_int_equal(f.wire.aside, 0);
    assert_int_equal(f.s.known, FACTS_PLAN & ~(unsigned)FACT_RULES);
    assert_null(strstr(f.wire.bodies.data, "Names.member"));
    assert_non_null(f.s.listener);

    /* Again, of the subject that it had itself: nothing of the old snapshot is used after it. */
    assert_true(look(&f, &f.s.subject, FACT_LISTENERS | FACT_RULES));
    assert_true(text_ends(f.wire.waves.data,
                          " | DescribeListeners | DescribeRules DescribeRules DescribeRules"));
    assert_int_equal(f.s.known, FACT_LISTENERS | FACT_RULES);
    assert_true(subject_equal(&f.s.subject, &warm));
    clear(&f);
}

static void reads_only_what_is_asked_for(void **state)
{
    (void)state;
    static const struct {
        bool cold;
        unsigned facts;
        const char *waves;
        unsigned known;
    } rows[] = {
        {false, FACT_SERVICES, "DescribeServices", FACT_SERVICES},
        {false, FACT_HEALTH_TARGET, "DescribeTargetHealth", FACT_HEALTH_TARGET},
        {false, FACT_LISTENERS | FACT_HEALTH_SOURCE, "DescribeListeners DescribeTargetHealth",
         FACT_LISTENERS | FACT_HEALTH_SOURCE},
        {false, FACT_RULES, "DescribeListeners | DescribeRules DescribeRules DescribeRules",
         FACT_LISTENERS | FACT_RULES},
        {false, FACT_METRICS, "GetMetricData", FACT_METRICS},
        {false, FACT_AUTOSCALING, "", 0},
        /* what reading it needs is read as well, and known */
        {true, FACT_HEALTH_TARGET, "DescribeTargetGroups | DescribeTargetHealth",
         FACT_TARGET_GROUPS | FACT_HEALTH_TARGET},
        {true, FACT_TAGS, "DescribeLoadBalancers | DescribeTags", FACT_LOAD_BALANCER | FACT_TAGS},
        {true, FACT_METRICS, "DescribeLoadBalancers DescribeTargetGroups | GetMetricData",
         FACT_LOAD_BALANCER | FACT_TARGET_GROUPS | FACT_METRICS},
        {true, FACT_LISTENERS, "DescribeLoadBalancers DescribeTargetGroups | DescribeListeners",
         FACT_LOAD_BALANCER | FACT_TARGET_GROUPS | FACT_LISTENERS},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fixture f;
        begin(&f, NULL, 0);
        assert_true(look(&f, rows[i].cold ? &cold : &warm, rows[i].facts));
        assert_string_equal(text_cstr(&f.wire.waves), rows[i].waves);
        assert_int_equal(f.s.known, rows[i].known);
        clear(&f);
    }
}

static void autoscaling_is_not_asked(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, NULL, 0);
    assert_true(look(&f, &warm, FACT_AUTOSCALING));
    assert_int_equal(snapshot_why_unknown(&f.s, FACT_AUTOSCALING)->kind, ERROR_NOT_YET);
    clear(&f);
}

/* ---- what does not exist ---- */

static void a_missing_load_balancer_is_an_answer(void **state)
{
    (void)state;
    struct wire_exception gone[] = {{.operation = "DescribeLoadBalancers",
                                     .kind = ERROR_NOT_FOUND,
                                     .code = "LoadBalancerNotFound"}};
    struct fixture f;
    begin(&f, gone, 1);
    assert_true(look(&f, &cold, FACTS_PLAN));
    assert_false(f.s.load_balancer.found);
    assert_int_equal(f.s.known, FACT_SERVICES | FACT_LOAD_BALANCER | FACT_TARGET_GROUPS |
                                    FACTS_HEALTH | FACT_GROUP_ATTRIBUTES);
    assert_string_equal(f.s.why_no_listener,
                        "load balancer MigrationAssistant-prod does not exist");
    static const enum fact blocked[] = {FACT_LISTENERS, FACT_RULES, FACT_TAGS, FACT_METRICS,
                                        FACT_LB_ATTRIBUTES};
    for (size_t i = 0; i < COUNT(blocked); i++) {
        assert_int_equal(snapshot_why_unknown(&f.s, blocked[i])->kind, ERROR_NOT_FOUND);
        assert_string_equal(snapshot_why_unknown(&f.s, blocked[i])->message,
                            "load balancer MigrationAssistant-prod does not exist");
    }
    assert_int_equal(f.s.recent.minutes, 0);
    clear(&f);
}

static void each_group_is_asked_for_when_one_is_missing(void **state)
{
    (void)state;
    struct wire_exception gone[] = {
        {.operation = "DescribeTargetGroups",
         .body_has = "ALBTargetProxy-prod-TG",
         .kind = ERROR_NOT_FOUND,
         .code = "TargetGroupNotFound"},
        {.operation = "DescribeTargetGroups", .file = "target_group.xml"}};
    struct fixture f;
    begin(&f, gone, COUNT(gone));
    assert_true(look(&f, &cold, FACTS_PLAN));
    assert_non_null(strstr(f.wire.waves.data,
                           "| DescribeListeners DescribeLoadBalancerAttributes DescribeTags "
                           "DescribeTargetGroups DescribeTargetGroups |"));
    assert_true(f.s.arms[ARM_SOURCE].group.found);
    assert_false(f.s.arms[ARM_TARGET].group.found);
    assert_int_equal(FACTS_PLAN & ~f.s.known, FACT_HEALTH_TARGET | FACT_GROUP_ATTRIBUTES);
    assert_string_equal(snapshot_why_unknown(&f.s, FACT_HEALTH_TARGET)->message,
                        "target group ALBTargetProxy-prod-TG does not exist");
    /* The metrics of the other group can still be had. */
    assert_true(f.s.recent.arms[ARM_SOURCE][METRIC_REQUESTS].present[0]);
    assert_false(f.s.recent.arms[ARM_TARGET][METRIC_REQUESTS].present[0]);
    assert_null(f.s.listener);
    assert_non_null(f.s.why_no_listener);
    clear(&f);
}

static void a_missing_cluster_or_service_is_an_answer(void **state)
{
    (void)state;
    struct wire_exception gone[] = {{.operation = "DescribeServices",
                                     .kind = ERROR_NOT_FOUND,
                                     .code = "ClusterNotFoundException"}};
    struct fixture f;
    begin(&f, gone, 1);
    assert_true(look(&f, &cold, FACTS_PLAN));
    assert_int_equal(f.s.known, FACTS_PLAN);
    assert_false(f.s.arms[ARM_SOURCE].service.found);
    assert_false(f.s.arms[ARM_TARGET].service.found);
    assert_null(f.s.subject.cluster_arn);
    clear(&f);

    struct wire_exception inactive[] = {
        {.operation = "DescribeServices", .file = "aws_services.json"}};
    begin(&f, inactive, 1);
    assert_true(look(&f, &cold, FACT_SERVICES));
    assert_false(f.s.arms[ARM_SOURCE].service.found);
    assert_null(f.s.subject.arms[ARM_SOURCE].service_arn);
    assert_true(f.s.arms[ARM_TARGET].service.found);
    clear(&f);
}

/* ---- what fails ---- */

static unsigned fact_of_request(int n)
{
    static const unsigned facts[] = {
        FACT_SERVICES,
        FACT_LOAD_BALANCER,
        FACT_TARGET_GROUPS,
        FACT_LISTENERS,
        FACT_LB_ATTRIBUTES,
        FACT_TAGS,
        FACT_HEALTH_SOURCE,
        FACT_HEALTH_TARGET,
        FACT_GROUP_ATTRIBUTES,
        FACT_GROUP_ATTRIBUTES,
        FACT_METRICS,
        FACT_RULES,
        FACT_RULES,
        FACT_RULES,
    };
    return facts[n];
}

static void each_request_denied(void **state)
{
    (void)state;
    for (int n = 0; n < 14; n++) {
        struct fixture f;
        begin(&f, NULL, 0);
        f.wire.fail_nth = n;
        unsigned fact = fact_of_request(n);
        bool ok = look(&f, &cold, FACTS_PLAN);
        assert_int_equal(ok, !(fact & FACTS_SUBJECT));
        assert_false(f.s.known & fact);
        const struct error *why = snapshot_why_unknown(&f.s, (enum fact)fact);
        assert_int_equal(why->kind, ERROR_ACCESS);
        if (ok) {
            assert_int_equal(f.s.known, FACTS_PLAN & ~fact);
            assert_int_equal(f.wire.requests, 14);
        } else {
            assert_int_equal(f.err.kind, ERROR_ACCESS);
            assert_string_equal(f.err.aws_code, "AccessDenied");
            assert_true(text_starts(f.err.message, "cannot read the "));
        }
        clear(&f);
    }
}

/* The policy is mended in one round, not in one for each action. */
static void all_that_is_denied_is_named(void **state)
{
    (void)state;
    struct wire_exception denied[] = {
        {.operation = "DescribeServices", .kind = ERROR_ACCESS, .code = "AccessDenied"},
        {.operation = "DescribeTargetHealth", .kind = ERROR_ACCESS, .code = "AccessDenied"},
        {.operation = "DescribeRules", .kind = ERROR_ACCESS, .code = "AccessDenied"}};
    static const char health_and_rules[] =
        "elasticloadbalancing:DescribeTargetHealth, elasticloadbalancing:DescribeRules";
    struct text actions = {0};
    struct fixture f;
    begin(&f, denied, COUNT(denied));
    assert_false(look(&f, &cold, FACTS_PLAN));
    assert_int_equal(f.err.kind, ERROR_ACCESS);
    assert_true(text_starts(f.err.message, "cannot read the ECS services"));
    assert_non_null(strstr(f.err.hint, "allow all that was denied: ecs:DescribeServices, "));
    assert_non_null(strstr(f.err.hint, health_and_rules));
    assert_non_null(strstr(f.err.hint, "`switchover policy FILE`"));
    clear(&f);

    for (size_t i = 0; i < COUNT(denied); i++) /* which no policy mends */
        denied[i].code = "OptInRequired";
    begin(&f, denied, COUNT(denied));
    assert_false(look(&f, &cold, FACTS_PLAN));
    assert_null(strstr(f.err.hint, "switchover policy"));
    assert_int_equal(aws_denied_actions(&actions, &f.s), 0);
    clear(&f);
    for (size_t i = 0; i < COUNT(denied); i++)
        denied[i].code = "AccessDenied";

    begin(&f, denied + 1, COUNT(denied) - 1);
    assert_true(look(&f, &cold, FACTS_PLAN));
    assert_int_equal(aws_denied_actions(&actions, &f.s), 2);
    assert_string_equal(actions.data, health_and_rules);
    text_clear(&actions);
    clear(&f);
}

static void a_denied_need_is_why_the_fact_is_unknown(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, NULL, 0);
    f.wire.fail_nth = 1; /* DescribeTargetGroups, which nobody asked for */
    assert_true(look(&f, &cold, FACT_HEALTH_SOURCE | FACT_METRICS));
    assert_string_equal(f.wire.waves.data, "DescribeLoadBalancers DescribeTargetGroups");
    assert_int_equal(f.s.known, FACT_LOAD_BALANCER);
    assert_int_equal(snapshot_why_unknown(&f.s, FACT_HEALTH_SOURCE)->kind, ERROR_ACCESS);
    assert_int_equal(snapshot_why_unknown(&f.s, FACT_METRICS)->kind, ERROR_ACCESS);
    assert_int_equal(f.s.recent.minutes, 0);
    clear(&f);
}

static void one_listeners_rules_that_fail_leave_no_rules(void **state)
{
    (void)state;
    struct wire_exception html[] = {
        {.operation = "DescribeRules", .body_has = "00000000000000a6", .file = "services.json"}};
    struct fixture f;
    begin(&f, html, 1);
    assert_true(look(&f, &cold, FACTS_PLAN));
    assert_int_equal(f.s.known, FACTS_PLAN & ~(unsigned)FACT_RULES);
    for (size_t i = 0; i < f.s.listener_count; i++)
        assert_int_equal(f.s.listeners[i].rule_count, 0);
    const struct error *why = snapshot_why_unknown(&f.s, FACT_RULES);
    assert_int_equal(why->kind, ERROR_SERVICE);
    assert_true(text_starts(why->message, "the answer of DescribeRules is not readable"));
    assert_true(text_starts(why->request_id, "request-"));
    clear(&f);
}

/* ---- pages ---- */

static void follows_pages(void **state)
{
    (void)state;
    struct wire_exception pages[] = {
        {.operation = "DescribeLoadBalancers",
         .body_has = "&Marker=page%2B2%2F%3D%3D",
         .file = "aws_load_balancers_2.xml"},
        {.operation = "DescribeLoadBalancers", .file = "aws_load_balancers_1.xml"},
        {.operation = "DescribeListeners",
         .body_has = "&Marker=more",
         .file = "aws_listeners_2.xml"},
        {.operation = "DescribeListeners", .file = "aws_listeners_1.xml"},
        {.operation = "DescribeRules",
         .body_has = "00000000000000a5",
         .file = "aws_rules.xml",
         .once = true},
    };
    struct fixture f;
    begin(&f, pages, COUNT(pages));
    assert_true(look(&f, &cold, FACTS_PLAN & ~(unsigned)FACT_METRICS));
    assert_int_equal(f.s.listener_count, 3);
    assert_int_equal(f.s.listener->port, 443);
    assert_int_equal(f.s.listener->rule_count, 6 + 1);
    assert_true(text_ends(f.wire.waves.data,
                          " | DescribeListeners | DescribeRules DescribeRules DescribeRules |"
                          " DescribeRules"));
    assert_non_null(strstr(f.wire.bodies.data, "&Marker=100"));
    clear(&f);
}

static void does_not_follow_pages_forever(void **state)
{
    (void)state;
    struct wire_exception endless[] = {
        {.operation = "DescribeLoadBalancers", .file = "aws_load_balancers_1.xml"}};
    struct fixture f;
    begin(&f, endless, 1);
    assert_false(look(&f, &cold, FACT_LOAD_BALANCER));
    assert_int_equal(f.wire.requests, OBSERVE_PAGES_MAX);
    assert_int_equal(f.err.kind, ERROR_SERVICE);
    assert_non_null(strstr(f.err.message, "more than 100 pages"));
    assert_int_equal(f.s.known, 0);
    clear(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cold_takes_three_waves),
        cmocka_unit_test(with_arns_it_is_one_wave),
        cmocka_unit_test(reads_only_what_is_asked_for),
        cmocka_unit_test(autoscaling_is_not_asked),
        cmocka_unit_test(a_missing_load_balancer_is_an_answer),
        cmocka_unit_test(each_group_is_asked_for_when_one_is_missing),
        cmocka_unit_test(a_missing_cluster_or_service_is_an_answer),
        cmocka_unit_test(each_request_denied),
        cmocka_unit_test(all_that_is_denied_is_named),
        cmocka_unit_test(a_denied_need_is_why_the_fact_is_unknown),
        cmocka_unit_test(one_listeners_rules_that_fail_leave_no_rules),
        cmocka_unit_test(follows_pages),
        cmocka_unit_test(does_not_follow_pages_forever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
