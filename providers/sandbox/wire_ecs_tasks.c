/* ECS: tasks, and why they stopped. */
#include <stdio.h>
#include <string.h>

#include "planner/base/text.h"
#include "providers/sandbox/wire_parts.h"

enum { TASKS_AT_ONCE = 100 };

static const char *task_arn(const struct wire_call *call, const struct world_task *task)
{
    return deployment_arn(
        call, "ecs",
        arena_printf(call->arena, "task/%s/%s", wire_ecs_cluster_name(call), task->id));
}

/* What ECS wants of the task: one that drains is already wanted stopped. */
static const char *desired_status(const struct world_task *task)
{
    return task->phase == TASK_PENDING || task->phase == TASK_RUNNING ? "RUNNING" : "STOPPED";
}

/* ListTasks' filters. A family or starter that is not ours has no tasks. */
static bool is_wanted(const struct wire_call *call, const struct world_service *service,
                      const struct world_task *task)
{
    const char *status = param_text(call->params, "desiredStatus");
    const char *family = param_text(call->params, "family");
    const char *starter = param_text(call->params, "startedBy");
    const char *launch = param_text(call->params, "launchType");
    return text_same(desired_status(task), status ? status : "RUNNING") &&
           (!family || text_same(family, service->name)) &&
           (!starter || text_same(starter, service->rollouts[0].id)) &&
           (!launch || text_same(launch, "FARGATE"));
}

/* The ARNs of the tasks that are asked for, of one service or of all. */
static const char **wanted_tasks(struct wire_call *call, const struct world_service *only,
                                 size_t *total)
{
    const char **arns = NULL;
    *total = 0;
    for (int arm = 0; arm < ARM_COUNT; arm++) {
        const struct world_service *service = &call->world->services[arm];
        for (size_t i = 0; i < service->task_count && (!only || only == service); i++)
            if (is_wanted(call, service, &service->tasks[i])) {
                const char **arn = arena_append(call->arena, &arns, total, sizeof *arn);
                *arn = task_arn(call, &service->tasks[i]);
            }
    }
    return arns;
}

bool wire_ecs_list_tasks(struct wire_call *call)
{
    const char *name = param_text(call->params, "serviceName");
    const char *status = param_text(call->params, "desiredStatus");
    size_t total;
    struct page page;

    if (!wire_ecs_cluster(call))
        return false;
    if (status && !text_same(status, "RUNNING") && !text_same(status, "STOPPED") &&
        !text_same(status, "PENDING"))
        return refuse(call->why, 400, "InvalidParameterException",
                      "desiredStatus must be one of PENDING, RUNNING, STOPPED");
    const struct world_service *only = name ? world_service(call->world, name) : NULL;
    if (name && !only)
        return refuse(call->why, 400, "ServiceNotFoundException", "Service not found.");
    const char **arns = wanted_tasks(call, only, &total);
    if (!page_read(&page, call, "nextToken", "maxResults", total, TASKS_AT_ONCE))
        return false;
    struct wire_node *list = put_list(call->arena, call->out, "taskArns");
    for (size_t i = page.from; i < page.to; i++)
        put_text(call->arena, list, NULL, arns[i]);
    put_text(call->arena, call->out, "nextToken", page.next);
    return true;
}

static void put_container(struct wire_call *call, struct wire_node *task_node,
                          const struct world_service *service, const struct world_task *task)
{
    struct arena *arena = call->arena;
    struct wire_node *node = put_struct(arena, put_list(arena, task_node, "containers"), NULL);
    put_text(arena, node, "containerArn",
             deployment_arn(call, "ecs",
                            arena_printf(arena, "container/%s/%s/%.8s", wire_ecs_cluster_name(call),
                                         task->id, task->id)));
    put_text(arena, node, "taskArn", task_arn(call, task));
    put_text(arena, node, "name", service->name);
    put_text(arena, node, "lastStatus",
             task->phase == TASK_DEACTIVATING ? "RUNNING" : task_phase_name(task->phase));
    if (task->phase == TASK_STOPPED)
        put_int(arena, node, "exitCode", task->doomed ? 137 : 143);
    if (*task->container_reason)
        put_text(arena, node, "reason", task->container_reason);
    struct wire_node *network = put_struct(arena, put_list(arena, node, "networkInterfaces"), NULL);
    put_text(arena, network, "privateIpv4Address", task->ip);
    put_text(arena, node, "healthStatus", "UNKNOWN");
}

static const char *stop_code(const struct world_task *task)
{
    if (!task->doomed)
        return "ServiceSchedulerInitiated";
    return text_starts(task->stopped_reason, "Essential container") ? "EssentialContainerExited"
                                                                    : "TaskFailedToStart";
}

static void put_task(struct wire_call *call, struct wire_node *node, int arm,
                     const struct world_task *task)
{
    const struct world_service *service = &call->world->services[arm];
    struct arena *arena = call->arena;
    put_text(arena, node, "taskArn", task_arn(call, task));
    put_text(arena, node, "clusterArn", call->world->cluster_arn);
    put_text(arena, node, "taskDefinitionArn", wire_ecs_task_definition(call, arm, 3));
    put_text(arena, node, "group", arena_printf(arena, "service:%s", service->name));
    put_text(arena, node, "startedBy", service->rollouts[0].id);
    put_text(arena, node, "launchType", "FARGATE");
    put_text(arena, node, "availabilityZone", zone_name(call, task->zone));
    put_text(arena, node, "cpu", "1024");
    put_text(arena, node, "memory", "4096");
    put_text(arena, node, "lastStatus", task_phase_name(task->phase));
    put_text(arena, node, "desiredStatus", desired_status(task));
    put_text(arena, node, "healthStatus", "UNKNOWN");
    put_container(call, node, service, task);
    put_time(arena, node, "createdAt", task->created_at);
    if (task->started_at)
        put_time(arena, node, "startedAt", task->started_at);
    if (task->stopping_at)
        put_time(arena, node, "stoppingAt", task->stopping_at);
    if (task->stopped_at)
        put_time(arena, node, "stoppedAt", task->stopped_at);
    if (!*task->stopped_reason)
        return;
    put_text(arena, node, "stoppedReason", task->stopped_reason);
    put_text(arena, node, "stopCode", stop_code(task));
}

static const struct world_task *find_task(const struct wire_call *call, const char *asked, int *arm)
{
    for (*arm = 0; *arm < ARM_COUNT; (*arm)++) {
        const struct world_service *service = &call->world->services[*arm];
        for (size_t i = 0; i < service->task_count; i++)
            if (text_same(service->tasks[i].id, asked) ||
                text_same(task_arn(call, &service->tasks[i]), asked))
                return &service->tasks[i];
    }
    return NULL;
}

bool wire_ecs_describe_tasks(struct wire_call *call)
{
    size_t count = param_list(call->params, "tasks");
    if (!wire_ecs_cluster(call))
        return false;
    if (count == 0 || count > TASKS_AT_ONCE)
        return refuse(call->why, 400, "InvalidParameterException",
                      count ? "Tasks cannot contain more than 100 entries."
                            : "Tasks cannot be empty.");
    struct wire_node *found = put_list(call->arena, call->out, "tasks");
    struct wire_node *failures = put_list(call->arena, call->out, "failures");
    for (size_t i = 1; i <= count; i++) {
        const char *asked = param_text(call->params, "tasks.member.%zu", i);
        int arm;
        const struct world_task *task = asked ? find_task(call, asked, &arm) : NULL;
        if (task) {
            put_task(call, put_struct(call->arena, found, NULL), arm, task);
            continue;
        }
        struct wire_node *failure = put_struct(call->arena, failures, NULL);
        put_text(call->arena, failure, "arn", asked ? asked : "");
        put_text(call->arena, failure, "reason", "MISSING");
    }
    return true;
}
