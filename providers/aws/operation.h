/*
 * Every operation that this tool asks of the services that hold a deployment, in one table: a call
 * can name no other, so the IAM policy that is printed (policy.h) misses none. Getting credentials
 * (STS, SSO) is not part of it.
 */
#ifndef PROVIDERS_AWS_OPERATION_H
#define PROVIDERS_AWS_OPERATION_H

#include <stdbool.h>

#include "planner/base/text.h"
#include "providers/aws/client.h"

enum aws_operation_id {
    OPERATION_DESCRIBE_SERVICES,
    OPERATION_DESCRIBE_LOAD_BALANCERS,
    OPERATION_DESCRIBE_LB_ATTRIBUTES,
    OPERATION_DESCRIBE_LISTENERS,
    OPERATION_DESCRIBE_RULES,
    OPERATION_DESCRIBE_TAGS,
    OPERATION_DESCRIBE_TARGET_GROUPS,
    OPERATION_DESCRIBE_GROUP_ATTRIBUTES,
    OPERATION_DESCRIBE_TARGET_HEALTH,
    OPERATION_GET_METRIC_DATA,
    OPERATION_LIST_TASKS,
    OPERATION_DESCRIBE_TASKS,
    OPERATION_UPDATE_SERVICE,
    OPERATION_MODIFY_LISTENER,
    AWS_OPERATION_COUNT
};

/* What IAM can narrow it to (Service Authorization Reference, "Actions, resources, and condition
 * keys" of Amazon ECS, Elastic Load Balancing V2 and CloudWatch). */
enum aws_narrowing {
    NARROW_NOTHING,   /* no resource: the region is all that a condition can ask for */
    NARROW_SERVICES,  /* the two services' ARNs */
    NARROW_CLUSTER,   /* the condition key ecs:cluster; ListTasks is asked on resource "*" */
    NARROW_TASKS,     /* the cluster's tasks */
    NARROW_LISTENERS, /* the load balancer's listeners */
    NARROW_COUNT
};

struct aws_operation {
    enum aws_service service;
    const char *name; /* "DescribeServices" */
    enum aws_narrowing narrowing;
    bool mutation;
    bool apply_only; /* plan, status and watch do without it */
};

extern const struct aws_operation aws_operations[AWS_OPERATION_COUNT];

/* A call of it with an empty body. */
struct aws_call aws_call_of(const struct aws_operation *operation);

/* Adds the IAM action: "ecs:DescribeServices". */
void aws_add_action(struct text *out, const struct aws_operation *operation);

#endif
