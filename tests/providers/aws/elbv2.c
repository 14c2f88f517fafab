#include "tests/unit.h"

#include "providers/aws/elbv2.h"
#include "tests/providers/aws/answers.h"

#define ARN        "arn:aws:elasticloadbalancing:us-east-1:111122223333:"
#define LB_ARN     ARN "loadbalancer/app/MigrationAssistant-prod/00000000000000a4"
#define SOURCE_ARN ARN "targetgroup/ALBSourceProxy-prod-TG/00000000000000a0"
#define TARGET_ARN ARN "targetgroup/ALBTargetProxy-prod-TG/00000000000000a1"

static const struct subject prod = {
    .load_balancer = "MigrationAssistant-prod",
    .arms = {{.target_group = "ALBSourceProxy-prod-TG"},
             {.target_group = "ALBTargetProxy-prod-TG"}},
};

struct fixture {
    struct arena arena;
    struct text text;
    const char *next;
    struct error err;
};

static void clear(struct fixture *f)
{
    text_clear(&f->text);
    arena_clear(&f->arena);
}

static bool read_balancer(struct fixture *f, struct load_balancer_snapshot *out)
{
    return elbv2_read_load_balancer(out, &f->next, &f->arena, &prod, &f->text, &f->err);
}

static void finds_the_load_balancer(void **state)
{
    (void)state;
    struct fixture f = {0};
    struct load_balancer_snapshot lb = {0};
    answer_load(&f.text, "load_balancers.xml");
    assert_true(read_balancer(&f, &lb));
    assert_true(lb.found);
    assert_string_equal(lb.arn, LB_ARN);
    assert_string_equal(lb.state, "active");
    assert_null(f.next);
    clear(&f);
}

static void finds_the_load_balancer_on_the_second_page(void **state)
{
    (void)state;
    struct fixture f = {0};
    struct load_balancer_snapshot lb = {0};
    answer_load(&f.text, "aws_load_balancers_1.xml");
    assert_true(read_balancer(&f, &lb));
    assert_false(lb.found);
    assert_string_equal(f.next, "page+2/==");
    answer_load(&f.text, "aws_load_balancers_2.xml");
    assert_true(read_balancer(&f, &lb));
    assert_true(lb.found);
    assert_string_equal(lb.state, "provisioning");
    assert_null(f.next);
    clear(&f);
}

static void reads_both_target_groups(void **state)
{
    (void)state;
    struct fixture f = {0};
    struct group_snapshot source = {.slow_start_s = 7}, target = {0};
    struct group_snapshot *const groups[] = {&source, &target};
    answer_load(&f.text, "target_groups.xml");
    assert_true(elbv2_read_groups(groups, &f.next, &f.arena, &prod, &f.text, &f.err));
    assert_true(source.found && target.found);
    assert_string_equal(source.arn, SOURCE_ARN);
    assert_string_equal(target.arn, TARGET_ARN);
    assert_true(source.load_balancer_count > 0);
    assert_string_equal(source.load_balancers[0], LB_ARN);
    assert_int_equal(source.slow_start_s, 7); /* what another read has filled stays */

    /* A group of the same name with another ARN is another group. */
    struct subject warm = prod;
    struct group_snapshot stranger = {0};
    struct group_snapshot *const again[] = {&stranger, &target};
    warm.arms[ARM_SOURCE].target_group_arn = ARN "targetgroup/ALBSourceProxy-prod-TG/old";
    assert_true(elbv2_read_groups(again, &f.next, &f.arena, &warm, &f.text, &f.err));
    assert_false(stranger.found);
    clear(&f);
}

static void counts_targets_by_state(void **state)
{
    (void)state;
    struct fixture f = {0};
    struct group_snapshot group = {.found = true};
    static const int64_t wanted[HEALTH_STATE_COUNT] = {
        [HEALTH_HEALTHY] = 2,  [HEALTH_INITIAL] = 1, [HEALTH_UNHEALTHY] = 1,
        [HEALTH_DRAINING] = 1, [HEALTH_UNUSED] = 1,  [HEALTH_OTHER] = 2,
    };
    answer_load(&f.text, "aws_health.xml");
    assert_true(elbv2_read_health(&group, &f.arena, &f.text, &f.err));
    assert_true(group.found);
    assert_int_equal(group.target_count, 8);
    assert_memory_equal(group.health, wanted, sizeof wanted);
    assert_string_equal(group.targets[0].id, "10.212.0.10");
    assert_int_equal(group.targets[0].port, 9200);
    assert_null(group.targets[0].reason);
    assert_string_equal(group.targets[3].reason, "Target.FailedHealthChecks");
    assert_string_equal(group.targets[3].description, "Health checks failed");
    assert_string_equal(group.targets[6].description,
                        "unhealthy.draining: Target deregistration is in progress");
    assert_string_equal(group.targets[7].description, "unavailable");
    assert_int_equal(group.targets[7].port, 0);

    answer_load(&f.text, "health.xml"); /* replaces */
    assert_true(elbv2_read_health(&group, &f.arena, &f.text, &f.err));
    assert_int_equal(group.target_count, 2);
    assert_int_equal(group.health[HEALTH_HEALTHY], 2);
    assert_int_equal(group.health[HEALTH_OTHER], 0);
    clear(&f);
}

static void reads_attributes_and_the_stack(void **state)
{
    (void)state;
    struct fixture f = {0};
    struct group_snapshot group = {0};
    struct load_balancer_snapshot lb = {.found = true};
    answer_load(&f.text, "aws_group_attributes.xml");
    assert_true(elbv2_read_group_attributes(&group, &f.arena, &f.text, &f.err));
    assert_true(group.sticky);
    assert_int_equal(group.slow_start_s, 90);
    assert_int_equal(group.deregistration_delay_s, 45);
    answer_load(&f.text, "group_attributes.xml");
    assert_true(elbv2_read_group_attributes(&group, &f.arena, &f.text, &f.err));
    assert_false(group.sticky);
    assert_int_equal(group.slow_start_s, 0);
    assert_int_equal(group.deregistration_delay_s, 300);

    answer_load(&f.text, "aws_lb_attributes.xml");
    assert_true(elbv2_read_load_balancer_attributes(&lb, &f.arena, &f.text, &f.err));
    assert_int_equal(lb.client_keep_alive_s, 1800);
    answer_load(&f.text, "lb_attributes.xml"); /* has no such attribute */
    assert_true(elbv2_read_load_balancer_attributes(&lb, &f.arena, &f.text, &f.err));
    assert_int_equal(lb.client_keep_alive_s, 0);

    answer_load(&f.text, "tags.xml");
    assert_true(elbv2_read_stack(&lb, &f.arena, &f.text, &f.err));
    assert_string_equal(lb.stack, "OSMigrations-prod-networkInfra");
    answer_load_with(&f.text, "tags.xml", "aws:cloudformation:stack-name", "other");
    assert_true(elbv2_read_stack(&lb, &f.arena, &f.text, &f.err));
    assert_null(lb.stack);
    assert_true(lb.found);
    clear(&f);
}

/* ---- what an answer must not say ---- */

static bool attack_balancer(struct arena *arena, const struct text *answer, struct error *err)
{
    struct load_balancer_snapshot out = {.state = "before"};
    const char *next = "before";
    bool ok = elbv2_read_load_balancer(&out, &next, arena, &prod, answer, err);
    assert_true(ok || (!out.found && text_same(out.state, "before") && text_same(next, "before")));
    return ok;
}

static bool attack_groups(struct arena *arena, const struct text *answer, struct error *err)
{
    struct group_snapshot source = {0}, target = {0}, before = {0};
    struct group_snapshot *const groups[] = {&source, &target};
    const char *next = "before";
    bool ok = elbv2_read_groups(groups, &next, arena, &prod, answer, err);
    if (!ok) {
        assert_memory_equal(&source, &before, sizeof before);
        assert_memory_equal(&target, &before, sizeof before);
    }
    return ok;
}

/* Of one group: health and attributes. */
static bool group_untouched(bool ok, const struct group_snapshot *group)
{
    static const struct group_snapshot before = {.slow_start_s = 3};
    if (!ok)
        assert_memory_equal(group, &before, sizeof before);
    return ok;
}

static bool attack_health(struct arena *arena, const struct text *answer, struct error *err)
{
    struct group_snapshot group;
    memset(&group, 0, sizeof group);
    group.slow_start_s = 3;
    return group_untouched(elbv2_read_health(&group, arena, answer, err), &group);
}

static bool attack_group_attributes(struct arena *arena, const struct text *answer,
                                    struct error *err)
{
    struct group_snapshot group;
    memset(&group, 0, sizeof group);
    group.slow_start_s = 3;
    return group_untouched(elbv2_read_group_attributes(&group, arena, answer, err), &group);
}

static bool attack_lb_attributes(struct arena *arena, const struct text *answer, struct error *err)
{
    struct load_balancer_snapshot lb = {.client_keep_alive_s = 5};
    bool ok = elbv2_read_load_balancer_attributes(&lb, arena, answer, err);
    assert_true(ok || lb.client_keep_alive_s == 5);
    return ok;
}

static bool attack_tags(struct arena *arena, const struct text *answer, struct error *err)
{
    struct load_balancer_snapshot lb = {.stack = "before"};
    bool ok = elbv2_read_stack(&lb, arena, answer, err);
    assert_true(ok || text_same(lb.stack, "before"));
    return ok;
}

static void refuses_wrong_fields(void **state)
{
    (void)state;
    static const struct {
        const char *file;
        answer_reader *read;
        const char *from, *to, *part;
    } rows[] = {
        {"load_balancers.xml", attack_balancer, "<Code>active</Code>", "", "<State/Code>"},
        {"load_balancers.xml", attack_balancer, "<LoadBalancerName>MigrationAssistant-prod",
         "<LoadBalancerName>", "<LoadBalancerName> is missing"},
        {"load_balancers.xml", attack_balancer, "LoadBalancers>", "Else>",
         "<LoadBalancers> is missing"},
        {"load_balancers.xml", attack_balancer, "<LoadBalancers>", "<LoadBalancers><item/>",
         "<LoadBalancers> is not a list"},
        {"load_balancers.xml", attack_balancer, "DescribeLoadBalancersResult",
         "DescribeListenersResult", "<DescribeLoadBalancersResult> is missing"},
        {"load_balancers.xml", attack_balancer, "DescribeLoadBalancersResponse", "html",
         "it is a <html>"},
        {"target_groups.xml", attack_groups, "<TargetGroupArn>", "<TargetGroupArn><x/>",
         "<TargetGroupArn> is not a plain value"},
        {"target_groups.xml", attack_groups, "<LoadBalancerArns><member>",
         "<LoadBalancerArns><member/><member>", "<member> is missing"},
        {"health.xml", attack_health, "<State>healthy</State>", "",
         "<TargetHealth/State> is missing"},
        {"health.xml", attack_health, "<Port>9200</Port>", "<Port>9,200</Port>",
         "<Target/Port> is not a count"},
        {"health.xml", attack_health, "<Id>", "<Id><Id>", "not readable as XML"},
        {"group_attributes.xml", attack_group_attributes, "<Value>300</Value>",
         "<Value>soon</Value>", "deregistration_delay.timeout_seconds is not a count of seconds"},
        {"group_attributes.xml", attack_group_attributes, "<Value>300</Value>",
         "<Value>3000000000000000000000</Value>", "is not a count of seconds"},
        {"aws_group_attributes.xml", attack_group_attributes, "<Value>true</Value>",
         "<Value>yes</Value>", "stickiness.enabled is neither true nor false"},
        {"aws_lb_attributes.xml", attack_lb_attributes, "<Value>1800</Value>", "<Value>-1</Value>",
         "client_keep_alive.seconds is not a count of seconds"},
        {"tags.xml", attack_tags, "<Key>", "<Key2/><Key><x/>", "<Key> is not a plain value"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fixture f = {0};
        answer_load_with(&f.text, rows[i].file, rows[i].from, rows[i].to);
        if (rows[i].read(&f.arena, &f.text, &f.err))
            fail_msg("row %zu: taken", i);
        if (!strstr(f.err.message, rows[i].part))
            fail_msg("row %zu: \"%s\" does not say \"%s\"", i, f.err.message, rows[i].part);
        clear(&f);
    }
}

static void survives_strangers(void **state)
{
    (void)state;
    answer_attack("load_balancers.xml", "DescribeLoadBalancers", attack_balancer);
    answer_attack("target_groups.xml", "DescribeTargetGroups", attack_groups);
    answer_attack("aws_health.xml", "DescribeTargetHealth", attack_health);
    answer_attack("group_attributes.xml", "DescribeTargetGroupAttributes", attack_group_attributes);
    answer_attack("aws_lb_attributes.xml", "DescribeLoadBalancerAttributes", attack_lb_attributes);
    answer_attack("tags.xml", "DescribeTags", attack_tags);
}

/* ---- requests: the choice between names and ARNs; the rest is requests_botocore.py's ---- */

static void asks_for_groups_by_name_unless_all_arns_are_known(void **state)
{
    (void)state;
    struct subject warm = prod;
    struct text body = {0};
    warm.arms[ARM_SOURCE].target_group_arn = SOURCE_ARN;
    elbv2_describe_groups(&body, &warm, 3, NULL);
    assert_non_null(strstr(body.data, "&Names.member.1=ALBSourceProxy-prod-TG"
                                      "&Names.member.2=ALBTargetProxy-prod-TG"));
    assert_null(strstr(body.data, "TargetGroupArns"));
    text_clear(&body);
    elbv2_describe_groups(&body, &warm, 1u << ARM_SOURCE, NULL);
    assert_non_null(strstr(body.data, "&TargetGroupArns.member.1=arn%3Aaws"));
    text_clear(&body);
    elbv2_describe_groups(&body, &warm, 1u << ARM_TARGET, "m");
    assert_non_null(strstr(body.data, "&Names.member.1=ALBTargetProxy-prod-TG"));
    assert_non_null(strstr(body.data, "&Marker=m"));
    text_clear(&body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_load_balancer),
        cmocka_unit_test(finds_the_load_balancer_on_the_second_page),
        cmocka_unit_test(reads_both_target_groups),
        cmocka_unit_test(counts_targets_by_state),
        cmocka_unit_test(reads_attributes_and_the_stack),
        cmocka_unit_test(refuses_wrong_fields),
        cmocka_unit_test(survives_strangers),
        cmocka_unit_test(asks_for_groups_by_name_unless_all_arns_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
