#include "providers/aws/policy.h"

#include "planner/base/json.h"
#include "providers/aws/endpoint.h"
#include "providers/aws/operation.h"

/* ---- resources ---- */

static void add_arn(struct text *out, const struct aws_policy *policy, enum aws_service service)
{
    text_addf(out, "arn:%s:%s:%s:%s:", policy->region ? aws_partition_of(policy->region) : "*",
              aws_iam_prefix(service), policy->region ? policy->region : "*",
              policy->account ? policy->account : "*");
}

static void put_services(struct json_writer *w, const struct aws_policy *policy)
{
    json_open_array(w, "Resource");
    for (enum arm arm = 0; arm < ARM_COUNT; arm++) {
        struct text arn = {0};
        add_arn(&arn, policy, AWS_ECS);
        text_addf(&arn, "service/%s/%s", policy->subject->cluster,
                  policy->subject->arms[arm].service);
        json_put_string(w, NULL, text_cstr(&arn));
        text_clear(&arn);
    }
    json_close_array(w);
}

static void put_tasks(struct json_writer *w, const struct aws_policy *policy)
{
    struct text arn = {0};
    add_arn(&arn, policy, AWS_ECS);
    text_addf(&arn, "task/%s/*", policy->subject->cluster);
    json_put_string(w, "Resource", text_cstr(&arn));
    text_clear(&arn);
}

/* The ids that AWS gave the load balancer and the listener are not known before AWS is asked. */
static void put_listeners(struct json_writer *w, const struct aws_policy *policy)
{
    struct text arn = {0};
    add_arn(&arn, policy, AWS_ELBV2);
    text_addf(&arn, "listener/app/%s/*/*", policy->subject->load_balancer);
    json_put_string(w, "Resource", text_cstr(&arn));
    text_clear(&arn);
}

static void put_condition(struct json_writer *w, const char *operator, const char * key,
                          const char *value)
{
    json_open_object(w, "Condition");
    json_open_object(w, operator);
    json_put_string(w, key, value);
    json_close_object(w);
    json_close_object(w);
}

static void put_any(struct json_writer *w, const struct aws_policy *policy)
{
    json_put_string(w, "Resource", "*");
    if (policy->region)
        put_condition(w, "StringEquals", "aws:RequestedRegion", policy->region);
}

static void put_any_of_cluster(struct json_writer *w, const struct aws_policy *policy)
{
    struct text arn = {0};
    add_arn(&arn, policy, AWS_ECS);
    text_addf(&arn, "cluster/%s", policy->subject->cluster);
    json_put_string(w, "Resource", "*");
    put_condition(w, "ArnLike", "ecs:cluster", text_cstr(&arn));
    text_clear(&arn);
}

/* ---- statements ---- */

static const struct {
    const char *sid;
    enum aws_narrowing narrowing;
    bool mutation;
    void (*put)(struct json_writer *w, const struct aws_policy *policy);
} statements[] = {
    {"ReadServices", NARROW_SERVICES, false, put_services},
    {"ReadLoadBalancersAndMetrics", NARROW_NOTHING, false, put_any},
    {"ListStoppedTasks", NARROW_CLUSTER, false, put_any_of_cluster},
    {"ReadStoppedTasks", NARROW_TASKS, false, put_tasks},
    {"ChangeCounts", NARROW_SERVICES, true, put_services},
    {"ChangeWeights", NARROW_LISTENERS, true, put_listeners},
};

static bool is_in(const struct aws_policy *policy, const struct aws_operation *operation, size_t i)
{
    return operation->narrowing == statements[i].narrowing &&
           operation->mutation == statements[i].mutation &&
           (policy->applies || !operation->apply_only);
}

static bool has_action(const struct aws_policy *policy, size_t i)
{
    for (size_t k = 0; k < AWS_OPERATION_COUNT; k++)
        if (is_in(policy, &aws_operations[k], i))
            return true;
    return false;
}

static void put_actions(struct json_writer *w, const struct aws_policy *policy, size_t i)
{
    json_open_array(w, "Action");
    for (size_t k = 0; k < AWS_OPERATION_COUNT; k++) {
        struct text action = {0};
        if (!is_in(policy, &aws_operations[k], i))
            continue;
        aws_add_action(&action, &aws_operations[k]);
        json_put_string(w, NULL, text_cstr(&action));
        text_clear(&action);
    }
    json_close_array(w);
}

void aws_policy_write(struct text *out, const struct aws_policy *policy)
{
    struct json_writer w = {.out = out};
    json_open_object(&w, NULL);
    json_put_string(&w, "Version", "2012-10-17");
    json_open_array(&w, "Statement");
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++) {
        if (!has_action(policy, i))
            continue;
        json_open_object(&w, NULL);
        json_put_string(&w, "Sid", statements[i].sid);
        json_put_string(&w, "Effect", "Allow");
        put_actions(&w, policy, i);
        statements[i].put(&w, policy);
        json_close_object(&w);
    }
    json_close_array(&w);
    json_close_object(&w);
}
