#include "providers/aws/ecs.h"

#include <assert.h>
#include <string.h>

#include "providers/aws/answer.h"

/* ---- requests ---- */

static const char *either(const char *arn, const char *name)
{
    return arn ? arn : name;
}

static struct json_writer begin(struct text *body, const struct subject *subject)
{
    struct json_writer w = {.out = body, .compact = true};
    json_open_object(&w, NULL);
    json_put_string(&w, "cluster", either(subject->cluster_arn, subject->cluster));
    return w;
}

static const char *service_of(const struct subject *subject, enum arm arm)
{
    return either(subject->arms[arm].service_arn, subject->arms[arm].service);
}

void ecs_describe_services(struct text *body, const struct subject *subject)
{
    struct json_writer w = begin(body, subject);
    json_open_array(&w, "services");
    for (enum arm arm = 0; arm < ARM_COUNT; arm++)
        json_put_string(&w, NULL, service_of(subject, arm));
    json_close_array(&w);
    json_close_object(&w);
}

void ecs_update_service(struct text *body, const struct subject *subject, enum arm arm,
                        int64_t count)
{
    struct json_writer w = begin(body, subject);
    json_put_string(&w, "service", service_of(subject, arm));
    json_put_int(&w, "desiredCount", count);
    json_close_object(&w);
}

void ecs_list_stopped_tasks(struct text *body, const struct subject *subject, enum arm arm,
                            const char *next_token)
{
    struct json_writer w = begin(body, subject);
    json_put_string(&w, "serviceName", service_of(subject, arm));
    json_put_string(&w, "desiredStatus", "STOPPED");
    if (next_token)
        json_put_string(&w, "nextToken", next_token);
    json_close_object(&w);
}

void ecs_describe_tasks(struct text *body, const struct subject *subject, const char *const *tasks,
                        size_t count)
{
    assert(count <= ECS_DESCRIBE_TASKS_MAX);
    struct json_writer w = begin(body, subject);
    json_open_array(&w, "tasks");
    for (size_t i = 0; i < count; i++)
        json_put_string(&w, NULL, tasks[i]);
    json_close_array(&w);
    json_close_object(&w);
}

/* ---- answers ---- */

static void read_rollouts(struct answer *a, struct service_snapshot *out,
                          const struct json *service)
{
    const struct json *item = answer_json_items(a, service, "deployments");
    for (; item && !a->failed; item = json_next(item)) {
        struct rollout *r = arena_append(a->arena, &out->rollouts, &out->rollout_count, sizeof *r);
        r->id = answer_json_text(a, item, "id");
        r->status = answer_json_text(a, item, "status");
        const char *state = answer_json_text_maybe(a, item, "rolloutState");
        r->rollout_state = state ? state : "";
        r->desired = answer_json_count(a, item, "desiredCount");
        r->running = answer_json_count(a, item, "runningCount");
        r->pending = answer_json_count(a, item, "pendingCount");
        r->failed = answer_json_count_maybe(a, item, "failedTasks");
    }
}

static void read_target_groups(struct answer *a, struct service_snapshot *out,
                               const struct json *service)
{
    const struct json *item = answer_json_items(a, service, "loadBalancers");
    for (; item && !a->failed; item = json_next(item)) {
        const char *arn = answer_json_text_maybe(a, item, "targetGroupArn");
        if (!arn) /* a classic load balancer */
            continue;
        const char **slot =
            arena_append(a->arena, &out->target_groups, &out->target_group_count, sizeof *slot);
        *slot = arn;
    }
}

static void read_service(struct answer *a, struct service_snapshot *out, const struct json *service)
{
    *out = (struct service_snapshot){0};
    out->arn = answer_json_text(a, service, "serviceArn");
    out->status = answer_json_text(a, service, "status");
    out->desired = answer_json_count(a, service, "desiredCount");
    out->running = answer_json_count(a, service, "runningCount");
    out->pending = answer_json_count(a, service, "pendingCount");
    read_rollouts(a, out, service);
    read_target_groups(a, out, service);
    const struct json *event = answer_json_items(a, service, "events"); /* newest first */
    if (event)
        out->latest_event = answer_json_text_maybe(a, event, "message");
    out->found = !text_same(out->status, "INACTIVE");
}

static const char *last_part(const char *arn_or_name)
{
    const char *slash = strrchr(arn_or_name, '/');
    return slash ? slash + 1 : arn_or_name;
}

/* Whether an entry speaks of an arm's service. All of the answer is about one cluster, and ECS
 * reports the missing by ARNs with or without it, so the last part decides. */
static bool is_service_of(const struct subject *subject, enum arm arm, const char *arn)
{
    return text_same(last_part(service_of(subject, arm)), last_part(arn));
}

static void read_found(struct answer *a, struct service_snapshot out[ARM_COUNT],
                       bool seen[ARM_COUNT], const char **cluster_arn,
                       const struct subject *subject, const struct json *root)
{
    const struct json *item = answer_json_items(a, root, "services");
    for (; item && !a->failed; item = json_next(item)) {
        const char *arn = answer_json_text(a, item, "serviceArn");
        const char *cluster = answer_json_text(a, item, "clusterArn");
        for (enum arm arm = 0; arm < ARM_COUNT && !a->failed; arm++) {
            if (!is_service_of(subject, arm, arn))
                continue;
            read_service(a, &out[arm], item);
            seen[arm] = true;
            if (out[arm].found)
                *cluster_arn = cluster;
        }
    }
}

static void read_failures(struct answer *a, bool seen[ARM_COUNT], const struct subject *subject,
                          const struct json *root)
{
    const struct json *item = answer_json_items(a, root, "failures");
    for (; item && !a->failed; item = json_next(item)) {
        const char *arn = answer_json_text(a, item, "arn");
        const char *reason = answer_json_text(a, item, "reason");
        const char *detail = answer_json_text_maybe(a, item, "detail");
        if (!text_same(reason, "MISSING")) {
            answer_fail(a, "%s failed with %s%s%s", arn ? arn : "a service",
                        reason ? reason : "no reason", detail ? ": " : "", detail ? detail : "");
            return;
        }
        for (enum arm arm = 0; arm < ARM_COUNT && !a->failed; arm++)
            seen[arm] = seen[arm] || is_service_of(subject, arm, arn);
    }
}

bool ecs_read_services(struct service_snapshot out[ARM_COUNT], const char **cluster_arn,
                       struct arena *arena, const struct subject *subject,
                       const struct text *answer, struct error *err)
{
    struct answer a = {.operation = "DescribeServices", .arena = arena, .err = err};
    struct json_document doc;
    struct service_snapshot services[ARM_COUNT] = {{0}};
    bool seen[ARM_COUNT] = {false};
    const char *cluster = NULL;

    const struct json *root = answer_json(&a, &doc, answer);
    if (root) {
        read_found(&a, services, seen, &cluster, subject, root);
        read_failures(&a, seen, subject, root);
    }
    for (enum arm arm = 0; arm < ARM_COUNT; arm++)
        if (!seen[arm])
            answer_fail(&a, "it does not say anything of service %s", service_of(subject, arm));
    json_document_clear(&doc);
    if (a.failed)
        return false;
    memcpy(out, services, sizeof services);
    *cluster_arn = cluster;
    return true;
}

bool ecs_read_update(const struct text *answer, struct error *err)
{
    struct answer a = {.operation = "UpdateService", .err = err};
    struct json_document doc;
    const struct json *root = answer_json(&a, &doc, answer);
    if (root && !json_is_object(json_member(root, "service")))
        answer_fail(&a, "\"service\" is missing");
    json_document_clear(&doc);
    return !a.failed;
}

bool ecs_read_task_list(const char ***tasks, size_t *count, const char **next, struct arena *arena,
                        const struct text *answer, struct error *err)
{
    struct answer a = {.operation = "ListTasks", .arena = arena, .err = err};
    struct json_document doc;
    const char **all = *tasks, *token = NULL;
    size_t n = *count;

    const struct json *root = answer_json(&a, &doc, answer);
    if (root) {
        const struct json *item = answer_json_items(&a, root, "taskArns");
        for (; item && !a.failed; item = json_next(item)) {
            const char **slot = arena_append(arena, &all, &n, sizeof *slot);
            *slot = arena_strdup(arena, json_as_string(item));
            if (!*slot)
                answer_fail(&a, "\"taskArns\" has something else than strings");
        }
        token = answer_json_text_maybe(&a, root, "nextToken");
    }
    json_document_clear(&doc);
    if (a.failed)
        return false;
    *tasks = all;
    *count = n;
    *next = token;
    return true;
}

/* The task's reason, and what its first container that has something to say says: ECS names the
 * cause ("CannotPullContainerError", an exit code) only there. */
static const char *stop_reason(struct answer *a, const struct json *task)
{
    struct text why = {0};
    const char *reason = answer_json_text_maybe(a, task, "stoppedReason");
    text_add(&why, reason ? reason : "no reason given");
    const struct json *item = answer_json_items(a, task, "containers");
    for (; item && !a->failed; item = json_next(item)) {
        const char *name = answer_json_text_maybe(a, item, "name");
        const char *said = answer_json_text_maybe(a, item, "reason");
        int64_t code = 0;
        json_as_int(&code, json_member(item, "exitCode")); /* signed, on Windows */
        if (!said && !code)
            continue;
        text_addf(&why, " (%s: ", name ? name : "container");
        if (said)
            text_add(&why, said);
        if (code)
            text_addf(&why, "%sexit code %lld", said ? ", " : "", (long long)code);
        text_add(&why, ")");
        break;
    }
    const char *kept = arena_strdup(a->arena, text_cstr(&why));
    text_clear(&why);
    return kept;
}

bool ecs_read_tasks(struct stopped_task **tasks, size_t *count, struct arena *arena,
                    const struct text *answer, struct error *err)
{
    struct answer a = {.operation = "DescribeTasks", .arena = arena, .err = err};
    struct json_document doc;
    struct stopped_task *all = *tasks;
    size_t n = *count;

    const struct json *root = answer_json(&a, &doc, answer);
    const struct json *item = root ? answer_json_items(&a, root, "tasks") : NULL;
    for (; item && !a.failed; item = json_next(item)) {
        const char *arn = answer_json_text(&a, item, "taskArn");
        struct stopped_task *task = arena_append(arena, &all, &n, sizeof *task);
        task->task = arn ? last_part(arn) : NULL;
        task->stopped = stop_reason(&a, item);
        task->stopped_at = answer_json_time_maybe(&a, item, "stoppedAt");
    }
    json_document_clear(&doc);
    if (a.failed)
        return false;
    *tasks = all;
    *count = n;
    return true;
}
