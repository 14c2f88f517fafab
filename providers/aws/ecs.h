/*
 * ECS (JSON 1.1) as this tool asks it: bodies of requests and readings of answers, no network.
 * Bodies are appended to an empty text; readings fill their `out` only when all of the answer was
 * readable, with texts in `arena`.
 */
#ifndef PROVIDERS_AWS_ECS_H
#define PROVIDERS_AWS_ECS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "planner/base/arena.h"
#include "planner/base/error.h"
#include "planner/base/text.h"
#include "planner/cloud.h"
#include "planner/snapshot.h"
#include "planner/subject.h"

enum { ECS_DESCRIBE_TASKS_MAX = 100 }; /* ecs DescribeTasks: "up to 100 task IDs or full ARNs" */

/* Both services in one request; by ARN where the subject has it, else by name. */
void ecs_describe_services(struct text *body, const struct subject *subject);

/*
 * The two services of the subject. One that AWS reports as MISSING (in `failures`, with HTTP 200),
 * or that is INACTIVE (deleted, still displayed for an hour), is `found = false`. A service that is
 * in neither list, or a failure of another kind, makes the answer unreadable. `cluster_arn` is NULL
 * when no service was found.
 */
must_use bool ecs_read_services(struct service_snapshot out[ARM_COUNT], const char **cluster_arn,
                                struct arena *arena, const struct subject *subject,
                                const struct text *answer, struct error *err);

void ecs_update_service(struct text *body, const struct subject *subject, enum arm arm,
                        int64_t count);
/* Whether the answer is that of UpdateService. What the service does is read back by observing. */
must_use bool ecs_read_update(const struct text *answer, struct error *err);

/* The stopped tasks of an arm's service; ECS keeps them for about an hour. */
void ecs_list_stopped_tasks(struct text *body, const struct subject *subject, enum arm arm,
                            const char *next_token);
/* Appends to the list of ARNs; `next` is NULL on the last page. */
must_use bool ecs_read_task_list(const char ***tasks, size_t *count, const char **next,
                                 struct arena *arena, const struct text *answer, struct error *err);

/* At most ECS_DESCRIBE_TASKS_MAX tasks. */
void ecs_describe_tasks(struct text *body, const struct subject *subject, const char *const *tasks,
                        size_t count);
/* Appends in AWS's order. Tasks that are gone in the meantime are left out. */
must_use bool ecs_read_tasks(struct stopped_task **tasks, size_t *count, struct arena *arena,
                             const struct text *answer, struct error *err);

#endif
