#include "tests/unit.h"

#include "cmd/print_aws.h"
#include "tests/cmd/golden.h"
#include "tests/cmd/prod.h"
#include "tests/planner/make.h"

static char *printed(const char *yaml, const char *profile, const char *endpoint)
{
    struct snapshot live;
    struct plan plan;
    struct page page;
    struct term term = {.width = 80};
    prod_snapshot(&live);
    prod_plan(&plan, yaml, &live, NULL);
    struct print_aws in = {.name = "prod",
                           .fallback = plan.inverse,
                           .profile = profile,
                           .ecs_endpoint = endpoint,
                           .elbv2_endpoint = endpoint,
                           .cloudwatch_endpoint = endpoint,
                           .role_arn = plan.file.role_arn,
                           .sts_endpoint = endpoint};
    page_init(&page, &term);
    print_aws(&page, &in);
    char *text = text_steal(&page.out);
    plan_clear(&plan);
    snapshot_clear(&live);
    return text;
}

static void the_same_fallback_in_the_same_order(void **state)
{
    (void)state;
    static const char *const facts[] = {
        "# The fallback of prod as AWS CLI commands",
        "not on the source",
        "# 1. scale[source]",
        "aws ecs describe-services --region us-east-1",
        "[ \"$count\" -ge 2 ] || aws ecs update-service --region us-east-1",
        "--service migration-prod-capture-proxy",
        "--desired-count 2",
        "aws ecs wait services-stable",
        "aws elbv2 wait target-in-service",
        "# 2. shift[origin]: source 0, target 1 -> source 1, target 0",
        "aws elbv2 modify-listener --region us-east-1",
        "--listener-arn " MAKE_ARN "listener/app/MigrationAssistant-prod/dddd/eeee",
        "--default-actions '[{\"Type\":\"forward\"",
        "\"Weight\":1",
        "\"Weight\":0",
        "aws elbv2 describe-listeners",
        "# 3. drain[target]",
        "aws cloudwatch get-metric-statistics",
        "Name=TargetGroup,Value=targetgroup/ALBTargetProxy-prod-TG/bbbb",
    };
    char *text = printed("switchover: 1\nstage: prod\n", NULL, NULL);
    facts_in_order(text, facts, COUNT(facts));
    assert_null(strstr(text, "--profile"));
    assert_null(strstr(text, "--endpoint-url"));
    free(text);
}

static void counts_are_restored_last_and_with_care(void **state)
{
    (void)state;
    static const char *const facts[] = {
        "drain[target]",
        "# 4. scale[target]",
        "only once the target group is quiet and has no weight anywhere",
        "--profile ops --endpoint-url http://127.0.0.1:1",
        "--desired-count 0",
    };
    char *text = printed("switchover: 1\nstage: prod\nrevert: {restore_counts: true}\n", "ops",
                         "http://127.0.0.1:1");
    facts_in_order(text, facts, COUNT(facts));
    free(text);
}

#define WITH_ROLE                                                                                  \
    "switchover: 1\nstage: prod\naws: {role_arn: 'arn:aws:iam::111122223333:role/cutover'}\n"

static void the_plan_files_role_is_assumed_first(void **state)
{
    (void)state;
    static const char *const facts[] = {
        "the role that the plan file names",
        "keys=$(aws sts assume-role --region us-east-1 --profile ops --endpoint-url http://x",
        "--role-arn arn:aws:iam::111122223333:role/cutover",
        "# 1. scale[source]",
        "aws ecs describe-services --region us-east-1 --endpoint-url",
    };
    char *text = printed(WITH_ROLE, "ops", "http://x");
    facts_in_order(text, facts, COUNT(facts));
    assert_null(strstr(strstr(text, "--profile ops") + 1, "--profile")); /* it would go first */
    free(text);
}

/* A shell, with an `aws` that answers as AWS's does, is the judge of whose keys the rest has. */
static void a_shell_hands_the_roles_keys_on(void **state)
{
    (void)state;
    static const char stand_in[] =
        "aws() { case \"$*\" in\n"
        "'sts assume-role '*role/cutover*) printf 'ASIA1\\tse/c+r=et\\tto//ken==\\n';;\n"
        "*modify-listener*) test \"$AWS_ACCESS_KEY_ID $AWS_SECRET_ACCESS_KEY $AWS_SESSION_TOKEN\" ="
        " 'ASIA1 se/c+r=et to//ken==' && echo changed >&3;;\n"
        "'ecs describe-services '*) echo 9;;\nesac; }\n";
    char *text = printed(WITH_ROLE, "ops", NULL);
    FILE *shell = popen("sh -eu -s 3>&1 >/dev/null | grep -qx changed", "w");
    assert_non_null(shell);
    fputs(stand_in, shell);
    fputs(text, shell);
    assert_int_equal(pclose(shell), 0);
    free(text);
}

/* sh is the judge of what it will be given. */
static void a_shell_can_parse_it(void **state)
{
    (void)state;
    char *text = printed("switchover: 1\nstage: prod\nrevert: {restore_counts: true}\n",
                         "o'brien; $(reboot)", NULL);
    FILE *shell = popen("sh -n", "w");
    assert_non_null(shell);
    fputs(text, shell);
    assert_int_equal(pclose(shell), 0);
    assert_non_null(strstr(text, "--profile 'o'\\''brien; $(reboot)'"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_fallback_in_the_same_order),
        cmocka_unit_test(counts_are_restored_last_and_with_care),
        cmocka_unit_test(the_plan_files_role_is_assumed_first),
        cmocka_unit_test(a_shell_hands_the_roles_keys_on),
        cmocka_unit_test(a_shell_can_parse_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
