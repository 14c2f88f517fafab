#include "tests/planner/planfile_case.h"

#define HEAD "switchover: 1\nstage: prod\n"

static void names_follow_aws(void **state)
{
    (void)state;
    static const struct planfile_row rows[] = {
        {"aws: {region: us-gov-west-1}\n", {{0}}},
        {"aws: {region: US-EAST-1}\n", {{3, 15, "aws.region: expected a region", NULL}}},
        {"aws: {region: us-east-1a}\n", {{3, 15, "aws.region", NULL}}},
        {"aws: {account: 111122223333}\n", {{0}}},
        {"aws: {account: \"011122223333\"}\n", {{0}}},
        {"aws: {account: 1111-2222-3333}\n",
         {{3, 16, "aws.account: expected an account of twelve digits", NULL}}},
        {"aws: {account: 11112222333}\n", {{3, 16, "aws.account", NULL}}},
        {"aws: {profile: ''}\n", {{3, 16, "aws.profile: expected a text that is not empty", NULL}}},
        {"aws: {profile: no}\n", {{3, 16, "expected a text, found no", "put it in quotes"}}},
        {"aws: {profile: \"no\"}\n", {{0}}},
        {"aws: {role_arn: \"arn:aws-cn:iam::111122223333:role/path/to/cutover\"}\n", {{0}}},
        {"aws: {role_arn: cutover}\n",
         {{3, 17, "aws.role_arn: expected a role's ARN such as", NULL}}},
        {"aws: {role_arn: \"arn:aws:iam::1111:role/x\"}\n",
         {{3, 17, "expected a role's ARN", NULL}}},
        {"aws: {role_arn: \"arn:aws:iam::111122223333:user/x\"}\n",
         {{3, 17, "expected a role's ARN", NULL}}},
        {"aws:\n", {{3, 5, "aws: expected a mapping (keys: region,", NULL}}},
        {"cluster: a.b\n", {{3, 10, "cluster: expected a name of 1 to 255 letters", NULL}}},
        {"cluster: arn:aws:ecs:us-east-1:111122223333:cluster/blue\n",
         {{3, 10, "cluster: expected a name", "the name in this ARN is blue"}}},
        {"load_balancer: a_b\n", {{3, 16, "load_balancer: expected a name of 1 to 32", NULL}}},
        {"load_balancer: internal-x\n", {{3, 16, "not beginning with internal-", NULL}}},
        {"load_balancer: a23456789012345678901234567890123\n", {{3, 16, "1 to 32", NULL}}},
        {"load_balancer: a2345678901234567890123456789012\n", {{0}}},
        {"source: {target_group: "
         "\"arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/tg-1/"
         "50dc6c495c0c9188\"}"
         "\n",
         {{3, 24, "source.target_group: expected a name", "the name in this ARN is tg-1"}}},
        {"target: {target_group: -a}\n", {{3, 24, "target.target_group: expected a name", NULL}}},
        {"target: {target_group: a-}\n", {{3, 24, "no hyphen first or last", NULL}}},
        {"target: {service: \"\"}\n", {{3, 19, "target.service: expected a name", NULL}}},
        {"target: {service: migration-prod-capture-proxy}\n",
         {{3, 19, "source and target have the same service, migration-prod-capture-proxy", NULL}}},
        {"source: {target_group: ALBTargetProxy-prod-TG}\n",
         {{3, 24, "source and target have the same target_group", NULL}}},
        {"name: 0-a\n", {{0}}},
        {"name: -a\n", {{3, 7, "name: expected a name of 1 to 40 lower-case", NULL}}},
        {"name: a23456789012345678901234567890123456789-1\n", {{3, 7, "1 to 40", NULL}}},
    };
    planfile_case_expect(HEAD, rows, COUNT(rows));
}

/* Load balancer and target group names cap at 32 characters (FACTS.md). */
static void stages_fit_into_names(void **state)
{
    (void)state;
    static const struct planfile_row rows[] = {
        {"stage: a234567890123\n", {{0}}},
        {"stage: a2345678901234\n", {{2, 8, "stage: expected 1 to 13 lower-case", NULL}}},
        {"stage: \"\"\n", {{2, 8, "stage: expected 1 to 13", NULL}}},
        {"stage: a.b\n", {{2, 8, "stage", NULL}}},
        {"stage: no\n", {{2, 8, "stage: expected 1 to 13", "put it in quotes"}}},
        {"stage: ~\n", {{2, 8, "stage: expected 1 to 13", NULL}}},
        {"stage: 7\n", {{0}}},
        {"stage: a-\n", {{2, 8, "would be MigrationAssistant-a-", NULL}}},
        {"stage: a-\nload_balancer: b\n", {{0}}},
        {"stage: \"-\"\n", {{2, 8, "would be MigrationAssistant--", NULL}}},
    };
    planfile_case_expect("switchover: 1\n", rows, COUNT(rows));
    struct planfile_case c;
    assert_true(planfile_case_read(&c, "p.yaml", BYTES("switchover: 1\nstage: a234567890123\n")));
    assert_int_equal(strlen(c.file.load_balancer), 32);
    assert_true(strlen(c.file.arms[ARM_SOURCE].target_group) <= 32);
    assert_true(strlen(c.file.arms[ARM_TARGET].target_group) <= 32);
    planfile_case_clear(&c);
}

static void steps_rise(void **state)
{
    (void)state;
    static const struct planfile_row rows[] = {
        {"traffic: {steps: [{target: 0.1}, {target: 0.2}, {target: 99.9}, {target: 100}]}\n",
         {{0}}},
        {"traffic: {steps: [{target: 10}]}\n", {{0}}}, /* the last is where it stays */
        {"traffic: {steps: [{target: 10}, {target: 10}]}\n",
         {{3, 42, "traffic.steps[1].target: expected more than 10, which", NULL}}},
        {"traffic: {steps: [{target: 10.5}, {target: 10.4}]}\n",
         {{3, 44, "expected more than 10.5, which", NULL}}},
        {"traffic: {steps: []}\n", {{3, 18, "traffic.steps: expected a list of steps", NULL}}},
        {"traffic: {steps: 100}\n", {{3, 18, "expected a list of steps", NULL}}},
        {"traffic: {steps: {target: 100}}\n",
         {{3, 18, "expected a list of steps such as - {target: 100, hold: 10m}, found a mapping",
           NULL}}},
        {"traffic: {steps: [100]}\n",
         {{3, 19, "traffic.steps[0]: expected a mapping (keys: target, hold), found 100", NULL}}},
        {"traffic: {steps: [{target: 10, hold: 3m}, {target: x, hold: 1}]}\n",
         {{3, 38, "traffic.steps[0].hold: expected 0s or a duration of at least 6m", NULL},
          {3, 52, "traffic.steps[1].target", NULL},
          {3, 61, "traffic.steps[1].hold", "write the unit"}}},
        {"traffic: 100\n", {{3, 10, "traffic: expected a mapping (key: steps)", "{steps: ...}"}}},
        {"traffic: {}\n", {{0}}},
    };
    planfile_case_expect(HEAD, rows, COUNT(rows));
}

static void values_agree_with_each_other(void **state)
{
    (void)state;
    static const struct planfile_row rows[] = {
        {"drain: {quiet_for: 0s}\n", {{0}}},
        {"drain: {quiet_for: 2h}\n", {{0}}},
        {"drain: {quiet_for: 121m}\n",
         {{3, 20, "drain: \"quiet_for\" (2h1m) must not be longer than \"timeout\" (2h)", NULL}}},
        {"drain: {timeout: 4m}\n",
         {{3, 18, "\"quiet_for\" (5m) must not be longer than \"timeout\" (4m)", NULL}}},
        {"drain: {timeout: 4m, quiet_for: 4m}\n", {{0}}},
        {"drain: {timeout: 59s}\n",
         {{3, 18, "drain.timeout: expected a duration of at least 1m", NULL}}},
        {"window: {opens: 2026-12-01T02:00:00Z, closes: 2026-12-01T02:00:00Z}\n",
         {{3, 47, "the window closes before it opens", NULL}}},
        {"window: {opens: 2026-12-01T02:00:00Z, closes: 2026-12-01T03:59:59+02:00}\n",
         {{3, 47, "the window closes before it opens", NULL}}},
        {"window: {opens: 2026-12-01T02:00:00Z, closes: 2026-12-01T02:00:01Z}\n", {{0}}},
        {"target: {ready_timeout: 0s}\n",
         {{3, 25, "target.ready_timeout: expected a duration of at least 1s", NULL}}},
    };
    planfile_case_expect(HEAD, rows, COUNT(rows));
}

static void reasons_are_given(void **state)
{
    (void)state;
#define FIFTY "12345678901234567890123456789012345678901234567890"
    static const struct planfile_row rows[] = {
        {"allow: {}\n", {{0}}},
        {"allow: {stickiness: CHG-1}\n", {{0}}},
        {"allow: {stickiness: 1234}\n", {{0}}},
        {"allow: {stickyness: x}\n",
         {{3, 9, "allow: \"stickyness\" is no precondition's id", "a plan shows"}}},
        {"allow: {capture-count: x}\n",
         {{3, 9, "allow: the precondition \"capture-count\" can't be waived", NULL}}},
        {"allow: {capture-count: }\n",
         {{3, 9, "can't be waived", NULL},
          {3, 24, "allow.capture-count: expected a text, found nothing", NULL}}},
        {"allow: {stickiness: \" \"}\n", {{3, 21, "a text that is not empty", NULL}}},
        {"allow: {stickiness: true}\n", {{3, 21, "expected a text, found true", "quotes"}}},
        {"allow: {stickiness: [a]}\n", {{3, 21, "expected a text, found a list", NULL}}},
        {"allow: [stickiness]\n", {{3, 8, "allow: expected a mapping", NULL}}},
        {"allow: {stickiness: " FIFTY FIFTY FIFTY FIFTY "}\n", {{0}}},
        {"allow: {stickiness: " FIFTY FIFTY FIFTY FIFTY "1}\n",
         {{3, 21, "a text of at most 200 characters, found 1234", NULL}}},
        {"allow:\n  stickiness: >-\n    one\n    two\n", {{0}}},
        {"allow:\n  stickiness: |\n    one\n    two\n",
         {{4, 15, "a text of one line, without tabs, found \"one...\"", ">-"}}},
        {"attest: {}\n", {{0}}},
        {"attest: {traffic-compatible: ''}\n",
         {{3, 30, "attest.traffic-compatible: expected a text that is not empty", NULL}}},
        {"attest: {all-traffic-through-listener: yes}\n",
         {{3, 40, "expected a text, found yes", "put it in quotes"}}},
        {"attest: {traffic_compatible: CHG-1}\n",
         {{3, 10, "attest: unknown key", "\"traffic-compatible\""}}},
        {"attest: {traffic-compatible: " FIFTY FIFTY FIFTY FIFTY "1}\n",
         {{3, 30, "at most 200 characters", NULL}}},
    };
    planfile_case_expect(HEAD, rows, COUNT(rows));
}

static void states_are_paths(void **state)
{
    (void)state;
    static const struct planfile_row rows[] = {
        {"state: \"../runs/prod 1.json\"\n", {{0}}},
        {"state: runs/\n", {{3, 8, "state: expected a file's path or s3://bucket/key", NULL}}},
        {"state: ''\n", {{3, 8, "state: expected a text", NULL}}},
        {"state: https://x/y\n", {{3, 8, "a file's path or s3://bucket/key", NULL}}},
        {"state: S3://bucket/key\n", {{3, 8, "a file's path or s3://bucket/key", NULL}}},
        {"state: s3://bucket/key\n", {{3, 8, "a state on S3 is not available yet", NULL}}},
        {"state: s3://bucket\n", {{3, 8, "a file's path or s3://bucket/key", NULL}}},
        {"state: s3://bucket/\n", {{3, 8, "a file's path or s3://bucket/key", NULL}}},
        {"state: s3://Bucket/key\n", {{3, 8, "a file's path or s3://bucket/key", NULL}}},
        {"state: s3://ab/key\n", {{3, 8, "a file's path or s3://bucket/key", NULL}}},
        {"state: s3://bucket/key/\n", {{3, 8, "a file's path or s3://bucket/key", NULL}}},
    };
    planfile_case_expect(HEAD, rows, COUNT(rows));
}

static void steps_are_counted(void **state)
{
    (void)state;
    for (int most = PLANFILE_MAX_STEPS; most <= PLANFILE_MAX_STEPS + 1; most++) {
        struct text text = {0};
        text_add(&text, "traffic:\n  steps:\n");
        for (int p = 1; p <= most; p++)
            text_addf(&text, "  - {target: %d.%d}\n", p / 10, p % 10);
        const struct planfile_row good = {text.data, {{0}}},
                                  bad = {text.data,
                                         {{5, 3, "traffic.steps: expected at most 100", NULL}}};
        planfile_case_expect(HEAD, most > PLANFILE_MAX_STEPS ? &bad : &good, 1);
        text_clear(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_follow_aws),
        cmocka_unit_test(stages_fit_into_names),
        cmocka_unit_test(steps_rise),
        cmocka_unit_test(steps_are_counted),
        cmocka_unit_test(values_agree_with_each_other),
        cmocka_unit_test(reasons_are_given),
        cmocka_unit_test(states_are_paths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
