#include "tests/unit.h"

#include <ctype.h>

#include "planner/base/json.h"
#include "providers/aws/operation.h"
#include "providers/aws/policy.h"

/* IAM and STS quotas: a managed policy's characters, white space not counted. */
enum { MANAGED_POLICY_MAX = 6144 };

static const struct subject prod = {
    .cluster = "migration-prod-ecs-cluster",
    .load_balancer = "MigrationAssistant-prod",
    .arms = {{.service = "migration-prod-capture-proxy"},
             {.service = "migration-prod-target-cluster-proxy"}},
};

static void read_back(struct json_document *doc, const struct text *bytes)
{
    struct error err;
    if (!json_read(doc, bytes->data, bytes->len, (struct json_limits){1 << 20, 16}, &err))
        fail_msg("%s", err.message);
}

/* The statement that allows the action; NULL: none, and never two. */
static const struct json *statement_of(const struct json_document *doc, const char *action)
{
    const struct json *found = NULL;
    const struct json *all = json_member(doc->root, "Statement");
    for (const struct json *s = json_first(all); s; s = json_next(s))
        for (const struct json *a = json_first(json_member(s, "Action")); a; a = json_next(a))
            if (text_same(json_as_string(a), action)) {
                assert_null(found);
                found = s;
            }
    return found;
}

static void each_operation_is_allowed_once(void **state)
{
    (void)state;
    for (int applies = 0; applies < 2; applies++) {
        struct text bytes = {0};
        struct json_document doc;
        aws_policy_write(&bytes, &(struct aws_policy){&prod, NULL, NULL, applies});
        read_back(&doc, &bytes);
        for (size_t i = 0; i < AWS_OPERATION_COUNT; i++) {
            const struct aws_operation *operation = &aws_operations[i];
            struct text action = {0};
            assert_non_null(operation->name);
            aws_add_action(&action, operation);
            bool wanted = applies || !operation->apply_only;
            assert_int_equal(wanted, statement_of(&doc, action.data) != NULL);
            assert_true(operation->apply_only || !operation->mutation);
            text_clear(&action);
        }
        json_document_clear(&doc);
        text_clear(&bytes);
    }
}

static const char *resource(const struct json_document *doc, const char *action)
{
    const struct json *value = json_member(statement_of(doc, action), "Resource");
    return json_as_string(json_is_array(value) ? json_first(value) : value);
}

static const char *condition(const struct json_document *doc, const char *action,
                             const char *operator, const char * key)
{
    const struct json *value = json_member(statement_of(doc, action), "Condition");
    return json_as_string(json_member(json_member(value, operator), key));
}

/* By hand from the Service Authorization Reference. */
static void resources_are_narrow(void **state)
{
    (void)state;
    struct text bytes = {0};
    struct json_document doc;
    aws_policy_write(&bytes,
                     &(struct aws_policy){&prod, "us-gov-west-1", "111122223333", .applies = true});
    read_back(&doc, &bytes);
#define ECS "arn:aws-us-gov:ecs:us-gov-west-1:111122223333:"
    assert_string_equal(resource(&doc, "ecs:DescribeServices"),
                        ECS "service/migration-prod-ecs-cluster/migration-prod-capture-proxy");
    assert_string_equal(resource(&doc, "ecs:UpdateService"),
                        ECS "service/migration-prod-ecs-cluster/migration-prod-capture-proxy");
    assert_string_equal(resource(&doc, "ecs:DescribeTasks"),
                        ECS "task/migration-prod-ecs-cluster/*");
    assert_string_equal(resource(&doc, "ecs:ListTasks"), "*");
    assert_string_equal(condition(&doc, "ecs:ListTasks", "ArnLike", "ecs:cluster"),
                        ECS "cluster/migration-prod-ecs-cluster");
    assert_string_equal(resource(&doc, "elasticloadbalancing:ModifyListener"),
                        "arn:aws-us-gov:elasticloadbalancing:us-gov-west-1:111122223333:"
                        "listener/app/MigrationAssistant-prod/*/*");
    assert_string_equal(resource(&doc, "cloudwatch:GetMetricData"), "*");
    assert_string_equal(
        condition(&doc, "cloudwatch:GetMetricData", "StringEquals", "aws:RequestedRegion"),
        "us-gov-west-1");
    json_document_clear(&doc);
    text_clear(&bytes);
}

static void the_longest_names_fit_a_managed_policy(void **state)
{
    (void)state;
    char ecs[256], balancer[33];
    memset(ecs, 'n', sizeof ecs - 1), ecs[sizeof ecs - 1] = '\0';
    memset(balancer, 'n', sizeof balancer - 1), balancer[sizeof balancer - 1] = '\0';
    struct subject longest = {
        .cluster = ecs, .load_balancer = balancer, .arms = {{.service = ecs}, {.service = ecs}}};
    struct text bytes = {0};
    aws_policy_write(&bytes, &(struct aws_policy){&longest, "us-gov-west-1", "111122223333", true});
    int characters = 0;
    for (size_t i = 0; i < bytes.len; i++)
        characters += !isspace((unsigned char)bytes.data[i]);
    assert_in_range(characters, 3000, MANAGED_POLICY_MAX);
    text_clear(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_operation_is_allowed_once),
        cmocka_unit_test(resources_are_narrow),
        cmocka_unit_test(the_longest_names_fit_a_managed_policy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
