/* What the wire's files know of each other. */
#ifndef PROVIDERS_SANDBOX_WIRE_PARTS_H
#define PROVIDERS_SANDBOX_WIRE_PARTS_H

#include <stdbool.h>
#include <stddef.h>

#include "planner/base/arena.h"
#include "providers/sandbox/wire_params.h"
#include "providers/sandbox/wire_tree.h"
#include "providers/sandbox/world_parts.h"

struct wire_call {
    struct world *world;
    const struct params *params;
    struct arena *arena;
    struct wire_node *out; /* the result, a struct */
    struct refusal *why;
};

/* False: refused, and call->why says how. Nothing was changed then. */
typedef bool operation_fn(struct wire_call *call);

struct wire_service {
    const char *signing_name;  /* "elasticloadbalancing" */
    const char *iam_prefix;    /* of its actions: "cloudwatch" */
    const char *version;       /* of the Query protocol; NULL: it does not speak it */
    const char *xml_namespace; /* of its answers */
    const char *target;        /* X-Amz-Target's prefix; NULL: it does not speak JSON */
    const char *json_type;     /* "application/x-amz-json-1.1" */
};

struct wire_operation {
    const char *service; /* signing name */
    const char *name;
    operation_fn *run;
    const char *parameters; /* top-level names that it takes, one space between */
};

const struct wire_service *wire_service_find(const char *signing_name);
const struct wire_operation *wire_operation_find(const char *service, const char *name);
bool wire_operation_is_known(const char *name); /* of any service */

/* One page of `total` items: where it begins and ends, and the token of the next, NULL for none. */
struct page {
    size_t from, to;
    const char *next;
};
must_use bool page_read(struct page *out, struct wire_call *call, const char *token_name,
                        const char *size_name, size_t total, size_t most);

/* Whether a list of names to look up has no more members than AWS would take; or a refusal. */
must_use bool wire_list_is_short(struct wire_call *call, const char *name);

/* "arn:aws:SERVICE:REGION:ACCOUNT:RESOURCE" of this deployment. */
const char *deployment_arn(const struct wire_call *call, const char *service, const char *resource);
const char *zone_name(const struct wire_call *call, int zone);

operation_fn wire_ecs_describe_services, wire_ecs_update_service, wire_ecs_list_tasks,
    wire_ecs_describe_tasks, wire_ecs_describe_clusters, wire_ecs_list_services,
    wire_ecs_list_clusters;
operation_fn wire_elbv2_describe_load_balancers, wire_elbv2_describe_load_balancer_attributes,
    wire_elbv2_describe_target_groups, wire_elbv2_describe_target_group_attributes,
    wire_elbv2_describe_target_health, wire_elbv2_describe_tags, wire_elbv2_describe_listeners,
    wire_elbv2_describe_rules, wire_elbv2_modify_listener;
operation_fn wire_cloudwatch_get_metric_data, wire_cloudwatch_get_metric_statistics,
    wire_cloudwatch_list_metrics;
operation_fn sts_get_caller_identity;

/* ---- ECS, between its files ---- */

/* The cluster that the call names (its default is "default", as AWS has it), or a refusal. */
must_use bool wire_ecs_cluster(struct wire_call *call);
const char *wire_ecs_cluster_name(const struct wire_call *call);
const char *wire_ecs_task_definition(const struct wire_call *call, int arm, int revision);

/* ---- CloudWatch, between its files ---- */

struct dimension {
    const char *name, *value;
};
enum { DIMENSIONS_MAX = 30 };

/* The metric that a namespace and dimensions, in any order, stand for. False: there is none. */
bool wire_cloudwatch_scope(struct metric_scope *out, const struct wire_call *call,
                           const char *metric_namespace, const struct dimension *dimensions,
                           size_t count);
/* The i-th scope of this deployment and how CloudWatch names it; false: there are no more. */
bool wire_cloudwatch_scope_at(struct metric_scope *out, const char **metric_namespace,
                              struct dimension dimensions[2], size_t *dimension_count,
                              const struct wire_call *call, size_t i);
/* Reads "PREFIX.member.N.Name" and ".Value". */
must_use bool wire_cloudwatch_dimensions(struct dimension out[DIMENSIONS_MAX], size_t *count,
                                         struct wire_call *call, const char *prefix);
/* "Sum", "p99.9"; false: it is no statistic. */
bool wire_cloudwatch_statistic(struct metric_query *query, const char *name);

#endif
