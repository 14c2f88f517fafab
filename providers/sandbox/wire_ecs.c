/* ECS: clusters and services (API reference, 2014-11-13). */
#include <stdio.h>
#include <string.h>

#include "planner/base/text.h"
#include "providers/sandbox/wire_parts.h"

enum { SERVICES_AT_ONCE = 10, CLUSTERS_AT_ONCE = 100, LIST_PAGE_MAX = 100 };

const char *wire_ecs_cluster_name(const struct wire_call *call)
{
    return strrchr(call->world->cluster_arn, '/') + 1;
}

static bool is_cluster(const struct wire_call *call, const char *name_or_arn)
{
    return text_same(name_or_arn, wire_ecs_cluster_name(call)) ||
           text_same(name_or_arn, call->world->cluster_arn);
}

bool wire_ecs_cluster(struct wire_call *call)
{
    const char *cluster = param_text(call->params, "cluster");
    return is_cluster(call, cluster ? cluster : "default") ||
           refuse(call->why, 400, "ClusterNotFoundException", "Cluster not found.");
}

const char *wire_ecs_task_definition(const struct wire_call *call, int arm, int revision)
{
    const char *name = call->world->services[arm].name;
    return deployment_arn(call, "ecs",
                          arena_printf(call->arena, "task-definition/%s:%d", name, revision));
}

/* "failures": what was asked for and is not there comes back with HTTP 200. */
static void put_failure(struct wire_call *call, struct wire_node *failures, const char *kind,
                        const char *asked)
{
    struct wire_node *failure = put_struct(call->arena, failures, NULL);
    const char *arn =
        text_starts(asked, "arn:")
            ? asked
            : deployment_arn(call, "ecs", arena_printf(call->arena, "%s/%s", kind, asked));
    put_text(call->arena, failure, "arn", arn);
    put_text(call->arena, failure, "reason", "MISSING");
}

/* ---- a service ---- */

static void put_rollouts(struct wire_call *call, struct wire_node *to, int arm)
{
    const struct world_service *service = &call->world->services[arm];
    struct arena *arena = call->arena;
    struct wire_node *list = put_list(arena, to, "deployments");
    for (size_t i = 0; i < service->rollout_count; i++) {
        const struct world_rollout *rollout = &service->rollouts[i];
        bool newer = service->rollout_count > 1 && i == 0;
        struct wire_node *node = put_struct(arena, list, NULL);
        put_text(arena, node, "id", rollout->id);
        put_text(arena, node, "status", rollout->status);
        put_text(arena, node, "taskDefinition", wire_ecs_task_definition(call, arm, newer ? 4 : 3));
        put_int(arena, node, "desiredCount", rollout->desired);
        put_int(arena, node, "pendingCount", rollout->pending);
        put_int(arena, node, "runningCount", rollout->running);
        put_int(arena, node, "failedTasks", rollout->failed);
        put_time(arena, node, "createdAt", rollout->created_at);
        put_time(arena, node, "updatedAt", rollout->updated_at);
        put_text(arena, node, "launchType", "FARGATE");
        put_text(arena, node, "platformVersion", "1.4.0");
        put_text(arena, node, "platformFamily", "Linux");
        put_text(arena, node, "rolloutState", rollout->rollout_state);
        put_text(arena, node, "rolloutStateReason",
                 arena_printf(arena, "ECS deployment %s %s.", rollout->id,
                              text_same(rollout->rollout_state, "COMPLETED") ? "completed"
                                                                             : "in progress"));
    }
}

static void put_events(struct wire_call *call, struct wire_node *to,
                       const struct world_service *service)
{
    struct wire_node *list = put_list(call->arena, to, "events");
    for (size_t i = 0; i < service->event_count; i++) {
        struct wire_node *node = put_struct(call->arena, list, NULL);
        put_text(call->arena, node, "id", service->events[i].id);
        put_time(call->arena, node, "createdAt", service->events[i].at);
        put_text(call->arena, node, "message", service->events[i].message);
    }
}

static void put_load_balancers(struct wire_call *call, struct wire_node *to,
                               const struct world_service *service)
{
    struct wire_node *list = put_list(call->arena, to, "loadBalancers");
    if (service->group < 0)
        return;
    struct wire_node *node = put_struct(call->arena, list, NULL);
    put_text(call->arena, node, "targetGroupArn", call->world->groups[service->group].arn);
    put_text(call->arena, node, "containerName", service->name);
    put_int(call->arena, node, "containerPort", 9200);
}

static void put_service(struct wire_call *call, struct wire_node *node, int arm)
{
    const struct world_service *service = &call->world->services[arm];
    struct arena *arena = call->arena;
    put_text(arena, node, "serviceArn", service->arn);
    put_text(arena, node, "serviceName", service->name);
    put_text(arena, node, "clusterArn", call->world->cluster_arn);
    put_load_balancers(call, node, service);
    put_list(arena, node, "serviceRegistries");
    put_text(arena, node, "status", "ACTIVE");
    put_int(arena, node, "desiredCount", service->desired);
    put_int(arena, node, "runningCount", service->running);
    put_int(arena, node, "pendingCount", service->pending);
    put_text(arena, node, "launchType", "FARGATE");
    put_text(arena, node, "platformVersion", "LATEST");
    put_text(arena, node, "platformFamily", "Linux");
    put_text(arena, node, "taskDefinition",
             wire_ecs_task_definition(call, arm, service->rollout_count > 1 ? 4 : 3));
    struct wire_node *configuration = put_struct(arena, node, "deploymentConfiguration");
    struct wire_node *breaker = put_struct(arena, configuration, "deploymentCircuitBreaker");
    put_bool(arena, breaker, "enable", false);
    put_bool(arena, breaker, "rollback", false);
    put_int(arena, configuration, "maximumPercent", 200);
    put_int(arena, configuration, "minimumHealthyPercent", 50);
    put_rollouts(call, node, arm);
    put_events(call, node, service);
    put_time(arena, node, "createdAt", service->created_at);
    put_list(arena, node, "placementConstraints");
    put_list(arena, node, "placementStrategy");
    put_int(arena, node, "healthCheckGracePeriodSeconds", 60);
    put_text(arena, node, "schedulingStrategy", "REPLICA");
    put_bool(arena, node, "enableECSManagedTags", false);
    put_text(arena, node, "propagateTags", "NONE");
    put_bool(arena, node, "enableExecuteCommand", true);
}

bool wire_ecs_describe_services(struct wire_call *call)
{
    size_t count = param_list(call->params, "services");
    if (!wire_ecs_cluster(call))
        return false;
    if (count == 0 || count > SERVICES_AT_ONCE)
        return refuse(call->why, 400, "InvalidParameterException",
                      count ? "Services cannot contain more than 10 entries."
                            : "Services cannot be empty.");
    struct wire_node *found = put_list(call->arena, call->out, "services");
    struct wire_node *failures = put_list(call->arena, call->out, "failures");
    for (size_t i = 1; i <= count; i++) {
        const char *asked = param_text(call->params, "services.member.%zu", i);
        const struct world_service *service = asked ? world_service(call->world, asked) : NULL;
        if (service)
            put_service(call, put_struct(call->arena, found, NULL),
                        (int)(service - call->world->services));
        else
            put_failure(call, failures, "service", asked ? asked : "");
    }
    return true;
}

bool wire_ecs_update_service(struct wire_call *call)
{
    const char *name = param_text(call->params, "service");
    int64_t desired;
    if (!wire_ecs_cluster(call))
        return false;
    const struct world_service *service = name ? world_service(call->world, name) : NULL;
    if (!service)
        return refuse(call->why, 400, "ServiceNotFoundException", "Service not found.");
    if (!param_int(&desired, call->params, "desiredCount", service->desired, INT32_MIN, INT32_MAX,
                   call->why) ||
        !world_set_desired(call->world, name, desired, call->why))
        return false;
    put_service(call, put_struct(call->arena, call->out, "service"),
                (int)(service - call->world->services));
    return true;
}

bool wire_ecs_list_services(struct wire_call *call)
{
    struct page page;
    size_t total = 0;
    const char *arns[ARM_COUNT];
    if (!wire_ecs_cluster(call))
        return false;
    for (int arm = 0; arm < ARM_COUNT; arm++)
        if (call->world->services[arm].found)
            arns[total++] = call->world->services[arm].arn;
    if (!page_read(&page, call, "nextToken", "maxResults", total, LIST_PAGE_MAX))
        return false;
    struct wire_node *list = put_list(call->arena, call->out, "serviceArns");
    for (size_t i = page.from; i < page.to; i++)
        put_text(call->arena, list, NULL, arns[i]);
    put_text(call->arena, call->out, "nextToken", page.next);
    return true;
}

/* ---- clusters ---- */

static void put_cluster(struct wire_call *call, struct wire_node *node)
{
    struct arena *arena = call->arena;
    int64_t running = 0, pending = 0, services = 0;
    for (int arm = 0; arm < ARM_COUNT; arm++) {
        const struct world_service *service = &call->world->services[arm];
        running += service->running;
        pending += service->pending;
        services += service->found;
    }
    put_text(arena, node, "clusterArn", call->world->cluster_arn);
    put_text(arena, node, "clusterName", wire_ecs_cluster_name(call));
    put_text(arena, node, "status", "ACTIVE");
    put_int(arena, node, "registeredContainerInstancesCount", 0);
    put_int(arena, node, "runningTasksCount", running);
    put_int(arena, node, "pendingTasksCount", pending);
    put_int(arena, node, "activeServicesCount", services);
    put_list(arena, node, "statistics");
    put_list(arena, node, "tags");
    put_list(arena, node, "settings");
    put_list(arena, node, "capacityProviders");
    put_list(arena, node, "defaultCapacityProviderStrategy");
}

bool wire_ecs_describe_clusters(struct wire_call *call)
{
    size_t count = param_list(call->params, "clusters");
    if (count > CLUSTERS_AT_ONCE)
        return refuse(call->why, 400, "InvalidParameterException",
                      "Clusters cannot contain more than 100 entries.");
    struct wire_node *found = put_list(call->arena, call->out, "clusters");
    struct wire_node *failures = put_list(call->arena, call->out, "failures");
    for (size_t i = 1; i <= (count ? count : 1); i++) {
        const char *asked = count ? param_text(call->params, "clusters.member.%zu", i) : "default";
        if (asked && is_cluster(call, asked))
            put_cluster(call, put_struct(call->arena, found, NULL));
        else
            put_failure(call, failures, "cluster", asked ? asked : "");
    }
    return true;
}

bool wire_ecs_list_clusters(struct wire_call *call)
{
    struct page page;
    if (!page_read(&page, call, "nextToken", "maxResults", 1, LIST_PAGE_MAX))
        return false;
    struct wire_node *list = put_list(call->arena, call->out, "clusterArns");
    put_text(call->arena, list, NULL, call->world->cluster_arn);
    return true;
}
