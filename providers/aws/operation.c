#include "providers/aws/operation.h"

const struct aws_operation aws_operations[AWS_OPERATION_COUNT] = {
    [OPERATION_DESCRIBE_SERVICES] = {AWS_ECS, "DescribeServices", .narrowing = NARROW_SERVICES},
    [OPERATION_DESCRIBE_LOAD_BALANCERS] = {AWS_ELBV2, "DescribeLoadBalancers",
                                           .narrowing = NARROW_NOTHING},
    [OPERATION_DESCRIBE_LB_ATTRIBUTES] = {AWS_ELBV2, "DescribeLoadBalancerAttributes",
                                          .narrowing = NARROW_NOTHING},
    [OPERATION_DESCRIBE_LISTENERS] = {AWS_ELBV2, "DescribeListeners", .narrowing = NARROW_NOTHING},
    [OPERATION_DESCRIBE_RULES] = {AWS_ELBV2, "DescribeRules", .narrowing = NARROW_NOTHING},
    [OPERATION_DESCRIBE_TAGS] = {AWS_ELBV2, "DescribeTags", .narrowing = NARROW_NOTHING},
    [OPERATION_DESCRIBE_TARGET_GROUPS] = {AWS_ELBV2, "DescribeTargetGroups",
                                          .narrowing = NARROW_NOTHING},
    [OPERATION_DESCRIBE_GROUP_ATTRIBUTES] = {AWS_ELBV2, "DescribeTargetGroupAttributes",
                                             .narrowing = NARROW_NOTHING},
    [OPERATION_DESCRIBE_TARGET_HEALTH] = {AWS_ELBV2, "DescribeTargetHealth",
                                          .narrowing = NARROW_NOTHING},
    [OPERATION_GET_METRIC_DATA] = {AWS_CLOUDWATCH, "GetMetricData", .narrowing = NARROW_NOTHING},
    [OPERATION_LIST_TASKS] = {AWS_ECS, "ListTasks", .narrowing = NARROW_CLUSTER,
                              .apply_only = true},
    [OPERATION_DESCRIBE_TASKS] = {AWS_ECS, "DescribeTasks", .narrowing = NARROW_TASKS,
                                  .apply_only = true},
    [OPERATION_UPDATE_SERVICE] = {AWS_ECS, "UpdateService", .narrowing = NARROW_SERVICES,
                                  .mutation = true, .apply_only = true},
    [OPERATION_MODIFY_LISTENER] = {AWS_ELBV2, "ModifyListener", .narrowing = NARROW_LISTENERS,
                                   .mutation = true, .apply_only = true},
};

struct aws_call aws_call_of(const struct aws_operation *operation)
{
    return (struct aws_call){.service = operation->service,
                             .operation = operation->name,
                             .mutation = operation->mutation};
}

void aws_add_action(struct text *out, const struct aws_operation *operation)
{
    text_addf(out, "%s:%s", aws_iam_prefix(operation->service), operation->name);
}
