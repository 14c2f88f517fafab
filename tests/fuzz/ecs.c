/*
 * ECS's answers. A failure leaves alone what it would have filled; counts that were accepted can be
 * added without overflow, and what they name can be asked for.
 */
#include <string.h>

#include "providers/aws/answer.h"
#include "providers/aws/ecs.h"
#include "tests/fuzz/aws.h"

static void check_count(int64_t n)
{
    must_hold(n >= 0 && n <= ANSWER_COUNT_MAX);
}

static void check_body(struct text *body)
{
    struct json_document doc;
    struct error err;
    must_succeed(json_read(&doc, body->data, body->len, (struct json_limits){body->len, 8}, &err),
                 &err);
    json_document_clear(&doc);
    text_clear(body);
}

static void check_service(const struct service_snapshot *s)
{
    must_hold(!s->found || (s->arn && s->status));
    check_count(s->desired);
    check_count(s->running);
    check_count(s->pending);
    for (size_t i = 0; i < s->rollout_count; i++) {
        const struct rollout *r = &s->rollouts[i];
        must_hold(r->id && r->status && r->rollout_state);
        check_count(r->desired);
        check_count(r->running);
        check_count(r->pending);
        check_count(r->failed);
    }
    for (size_t i = 0; i < s->target_group_count; i++)
        must_hold(s->target_groups[i]);
    fuzz_check_text(s->latest_event);
}

static bool read_services(struct arena *arena, const struct text *answer, struct error *err)
{
    struct service_snapshot services[ARM_COUNT], before[ARM_COUNT];
    const char *cluster = "untouched";
    memset(services, 0x5a, sizeof services);
    memcpy(before, services, sizeof before);
    if (!ecs_read_services(services, &cluster, arena, &answers_subject, answer, err)) {
        must_hold(memcmp(before, services, sizeof before) == 0);
        return false;
    }
    check_service(&services[ARM_SOURCE]);
    check_service(&services[ARM_TARGET]);
    must_hold(cluster || (!services[ARM_SOURCE].found && !services[ARM_TARGET].found));
    return true;
}

static bool read_update(struct arena *arena, const struct text *answer, struct error *err)
{
    (void)arena;
    return ecs_read_update(answer, err);
}

static bool read_task_list(struct arena *arena, const struct text *answer, struct error *err)
{
    const char **tasks = NULL, *next = NULL;
    size_t count = 0;
    struct text body = {0};
    if (!ecs_read_task_list(&tasks, &count, &next, arena, answer, err)) {
        must_hold(!tasks && !count);
        return false;
    }
    ecs_list_stopped_tasks(&body, &answers_subject, ARM_TARGET, next);
    check_body(&body);
    ecs_describe_tasks(&body, &answers_subject, tasks,
                       count < ECS_DESCRIBE_TASKS_MAX ? count : ECS_DESCRIBE_TASKS_MAX);
    check_body(&body);
    return true;
}

static bool read_tasks(struct arena *arena, const struct text *answer, struct error *err)
{
    struct stopped_task *tasks = NULL;
    size_t count = 0;
    if (!ecs_read_tasks(&tasks, &count, arena, answer, err)) {
        must_hold(!tasks && !count);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        must_hold(tasks[i].task && tasks[i].stopped && tasks[i].stopped_at >= 0);
        fuzz_check_text(tasks[i].stopped);
    }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct aws_reader readers[] = {
        {"DescribeServices", read_services},
        {"UpdateService", read_update},
        {"ListTasks", read_task_list},
        {"DescribeTasks", read_tasks},
    };
    aws_read_one(readers, sizeof readers / sizeof *readers, data, size);
    return 0;
}
