/* ECS: a scheduler that keeps each service at its desired count (FACTS, "ALB and ECS behaviour").
 */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "planner/base/memory.h"
#include "providers/sandbox/world_parts.h"
#include "providers/sandbox/world_random.h"

enum {
    STARTS_AT_ONCE = 10,       /* tasks a service starts in one go */
    STOPPED_KEPT_MS = 3600000, /* DescribeTasks shows stopped tasks for at least an hour */
    STOP_MS = 4000,            /* from SIGTERM to STOPPED */
    RETRY_MIN_MS = 15000,      /* after a failed start, doubled each time */
    RETRY_MAX_MS = 15 * 60 * 1000,
    UNABLE_AFTER = 3, /* failed starts before ECS says so */
};

const char *task_phase_name(enum task_phase phase)
{
    static const char *const names[] = {"PENDING", "RUNNING", "DEACTIVATING", "STOPPED"};
    assert(phase < sizeof names / sizeof *names);
    return names[phase];
}

__attribute__((format(printf, 3, 4))) static void
say(struct world *world, struct world_service *service, const char *format, ...)
{
    size_t kept =
        service->event_count < WORLD_EVENTS_MAX ? service->event_count : WORLD_EVENTS_MAX - 1;
    memmove(service->events + 1, service->events, kept * sizeof *service->events);
    service->event_count = kept + 1;
    struct world_event *event = &service->events[0];
    world_uuid(world, event->id);
    event->at = world->now_at;
    int n = snprintf(event->message, sizeof event->message, "(service %s) ", service->name);
    va_list ap;
    va_start(ap, format);
    vsnprintf(event->message + n, sizeof event->message - (size_t)n, format, ap);
    va_end(ap);
}

/* "(task 0123) (task 4567)": as many as fit. */
static void list_tasks(char *out, size_t size, const struct world_task *tasks, size_t count)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < count && used + sizeof tasks->id + 10 < size; i++)
        used += (size_t)snprintf(out + used, size - used, "%s(task %s)", i ? " " : "", tasks[i].id);
}

static struct world_task *add_task(struct world *world, struct world_service *service)
{
    size_t n = service->task_count;
    if ((n & (n - 1)) == 0)
        service->tasks = memory_resize(service->tasks, (n ? 2 * n : 1) * sizeof *service->tasks);
    struct world_task *task = &service->tasks[service->task_count++];
    *task = (struct world_task){.created_at = world->now_at};
    world_id(world, task->id, 32);
    uint64_t address = ++world->serial;
    task->zone = (int)(address & 1);
    snprintf(task->ip, sizeof task->ip, "10.0.%d.%d", 16 * task->zone + (int)(address / 200 % 16),
             (int)(10 + address % 200));
    return task;
}

static size_t count_phase(const struct world_service *service, enum task_phase phase)
{
    size_t n = 0;
    for (size_t i = 0; i < service->task_count; i++)
        n += service->tasks[i].phase == phase;
    return n;
}

static void stop_task(struct world *world, struct world_task *task)
{
    task->phase = TASK_STOPPED;
    task->stopped_at = world->now_at;
    if (!task->stopping_at)
        task->stopping_at = world->now_at;
    task->due_at = world->now_at + STOPPED_KEPT_MS;
}

static void give_reason(struct world_task *task, const char *reason, const char *container_reason)
{
    snprintf(task->stopped_reason, sizeof task->stopped_reason, "%s", reason);
    snprintf(task->container_reason, sizeof task->container_reason, "%s",
             container_reason ? container_reason : "");
}

static void fail_start(struct world *world, int arm, struct world_task *task)
{
    struct world_service *service = &world->services[arm];
    const struct service_conditions *conditions = &world->conditions.services[arm];
    stop_task(world, task);
    give_reason(task, conditions->stopped_reason, conditions->container_reason);
    service->rollouts[0].failed++;
    int64_t wait = RETRY_MIN_MS;
    for (unsigned i = 0; i < service->failures && wait < RETRY_MAX_MS; i++)
        wait *= 2;
    service->next_start_at = world->now_at + (wait < RETRY_MAX_MS ? wait : RETRY_MAX_MS);
    if (++service->failures == UNABLE_AFTER)
        say(world, service,
            "is unable to consistently start tasks successfully. For more information, see the "
            "Troubleshooting section of the Amazon ECS Developer Guide.");
}

static void begin_running(struct world *world, int arm, struct world_task *task)
{
    struct world_service *service = &world->services[arm];
    task->phase = TASK_RUNNING;
    task->started_at = world->now_at;
    task->due_at = 0;
    service->failures = 0;
    if (service->group < 0 || !world->groups[service->group].exists)
        return;
    target_register(world, service->group, task);
    task->registered_at = world->now_at;
    say(world, service, "registered 1 targets in (target-group %s)",
        world->groups[service->group].arn);
}

static void start_tasks(struct world *world, int arm, int64_t missing)
{
    struct world_service *service = &world->services[arm];
    struct service_conditions *conditions = &world->conditions.services[arm];
    const struct world_setup *setup = world->setup;
    size_t first = service->task_count;

    for (int64_t i = 0; i < missing && i < STARTS_AT_ONCE; i++) {
        struct world_task *task = add_task(world, service);
        task->due_at = world->now_at + random_between(&world->random, setup->task_start_min_ms,
                                                      setup->task_start_max_ms);
        task->doomed = conditions->failing_starts != 0;
        if (conditions->failing_starts > 0)
            conditions->failing_starts--;
    }
    char list[256];
    list_tasks(list, sizeof list, service->tasks + first, service->task_count - first);
    say(world, service, "has started %zu tasks: %s.", service->task_count - first, list);
    service->steady = false;
}

/* Newest first; what still starts goes before what already runs. */
static struct world_task *surplus_task(struct world_service *service)
{
    struct world_task *running = NULL;
    for (size_t i = service->task_count; i-- > 0;) {
        struct world_task *task = &service->tasks[i];
        if (task->phase == TASK_PENDING)
            return task;
        if (task->phase == TASK_RUNNING && !running)
            running = task;
    }
    return running;
}

static void scale_in(struct world *world, struct world_service *service, int64_t surplus)
{
    char reason[160], list[256];
    struct world_task stopped[STARTS_AT_ONCE];
    size_t stopped_count = 0, drained = 0;

    snprintf(reason, sizeof reason, "Scaling activity initiated by (deployment %s)",
             service->rollouts[0].id);
    for (; surplus > 0 && stopped_count < STARTS_AT_ONCE; surplus--) {
        struct world_task *task = surplus_task(service);
        if (task->phase == TASK_PENDING || service->group < 0 ||
            !target_deregister(world, service->group, task->ip)) {
            stop_task(world, task);
        } else {
            /* ECS waits out the deregistration delay before it stops the task. */
            int64_t delay_s = world->groups[service->group].attributes.deregistration_delay_s;
            task->phase = TASK_DEACTIVATING;
            task->stopping_at = world->now_at;
            task->due_at = world->now_at + delay_s * 1000 + STOP_MS;
            drained++;
        }
        task->doomed = false;
        give_reason(task, reason, NULL);
        stopped[stopped_count++] = *task;
    }
    list_tasks(list, sizeof list, stopped, stopped_count);
    say(world, service, "has stopped %zu running tasks: %s.", stopped_count, list);
    if (drained) {
        say(world, service, "deregistered %zu targets in (target-group %s)", drained,
            world->groups[service->group].arn);
        say(world, service, "has begun draining connections on %zu tasks.", drained);
    }
    service->steady = false;
}

static void forget_old_tasks(struct world *world, struct world_service *service)
{
    size_t kept = 0;
    for (size_t i = 0; i < service->task_count; i++) {
        bool over =
            service->tasks[i].phase == TASK_STOPPED && world->now_at >= service->tasks[i].due_at;
        if (!over)
            service->tasks[kept++] = service->tasks[i];
    }
    if (kept == service->task_count)
        return;
    /* add_task() grows at powers of two, so the room must again be one. */
    size_t room = 1;
    while (room < kept)
        room *= 2;
    service->tasks = memory_resize(service->tasks, room * sizeof *service->tasks);
    service->task_count = kept;
}

static void move_tasks(struct world *world, int arm)
{
    struct world_service *service = &world->services[arm];
    for (size_t i = 0; i < service->task_count; i++) {
        struct world_task *task = &service->tasks[i];
        if (!task->due_at || world->now_at < task->due_at)
            continue;
        if (task->phase == TASK_PENDING && task->doomed)
            fail_start(world, arm, task);
        else if (task->phase == TASK_PENDING)
            begin_running(world, arm, task);
        else if (task->phase == TASK_DEACTIVATING)
            stop_task(world, task);
    }
    forget_old_tasks(world, service);
}

static void end_rollout(struct world *world, struct world_service *service)
{
    if (!service->rollout_due_at || world->now_at < service->rollout_due_at)
        return;
    service->rollout_due_at = 0;
    service->rollout_count = 1;
    service->rollouts[0].rollout_state = "COMPLETED";
    service->rollouts[0].updated_at = world->now_at;
    for (size_t i = 0; i < service->task_count; i++)
        service->tasks[i].of_old_rollout = false;
}

static void count_tasks(struct world *world, struct world_service *service)
{
    service->running = (int64_t)count_phase(service, TASK_RUNNING);
    service->pending = (int64_t)count_phase(service, TASK_PENDING);
    for (size_t r = 0; r < service->rollout_count; r++) {
        struct world_rollout *rollout = &service->rollouts[r];
        rollout->running = rollout->pending = 0;
        for (size_t i = 0; i < service->task_count; i++) {
            if (service->tasks[i].of_old_rollout != (r == 1))
                continue;
            rollout->running += service->tasks[i].phase == TASK_RUNNING;
            rollout->pending += service->tasks[i].phase == TASK_PENDING;
        }
    }
    bool steady = service->running == service->desired && !service->pending &&
                  !count_phase(service, TASK_DEACTIVATING) && service->rollout_count == 1;
    if (steady && !service->steady)
        say(world, service, "has reached a steady state.");
    service->steady = steady;
}

void tasks_tick(struct world *world)
{
    for (int arm = 0; arm < ARM_COUNT; arm++) {
        struct world_service *service = &world->services[arm];
        if (!service->found)
            continue;
        move_tasks(world, arm);
        end_rollout(world, service);
        int64_t have =
            (int64_t)(count_phase(service, TASK_RUNNING) + count_phase(service, TASK_PENDING));
        if (have < service->desired && world->now_at >= service->next_start_at)
            start_tasks(world, arm, service->desired - have);
        else if (have > service->desired)
            scale_in(world, service, have - service->desired);
        count_tasks(world, service);
    }
}

static void new_rollout(struct world *world, struct world_rollout *rollout, int64_t desired)
{
    *rollout = (struct world_rollout){
        .status = "PRIMARY",
        .rollout_state = "COMPLETED",
        .desired = desired,
        .created_at = world->now_at,
        .updated_at = world->now_at,
    };
    char digits[20];
    world_id(world, digits, 19);
    snprintf(rollout->id, sizeof rollout->id, "ecs-svc/%s", digits);
}

/* An hour before time zero: everything that was running runs, and has for long. */
void tasks_begin(struct world *world)
{
    for (int arm = 0; arm < ARM_COUNT; arm++) {
        struct world_service *service = &world->services[arm];
        const struct service_setup *given = &world->setup->services[arm];
        if (!service->found)
            continue;
        service->desired = given->desired;
        new_rollout(world, &service->rollouts[0], given->desired);
        service->rollout_count = 1;
        service->rollouts[0].created_at = service->rollouts[0].updated_at = service->created_at;
        int64_t running = given->running < 0 ? given->desired : given->running;
        for (int64_t i = 0; i < running; i++) {
            struct world_task *task = add_task(world, service);
            task->phase = TASK_RUNNING;
            task->created_at = service->created_at;
            task->started_at = service->created_at + world->setup->task_start_max_ms;
            if (service->group < 0 || !world->groups[service->group].exists)
                continue;
            task->registered_at = task->started_at;
            target_register_healthy(world, service->group, task->ip, task->zone);
        }
        count_tasks(world, service);
    }
}

/* What the setup has only from time zero on: tasks that have just started, a rollout. */
void tasks_time_zero(struct world *world)
{
    for (int arm = 0; arm < ARM_COUNT; arm++) {
        struct world_service *service = &world->services[arm];
        const struct service_setup *given = &world->setup->services[arm];
        if (!service->found)
            continue;
        int64_t starting = given->starting;
        for (size_t i = service->task_count; i-- > 0 && starting > 0;) {
            struct world_task *task = &service->tasks[i];
            if (task->phase != TASK_RUNNING)
                continue;
            task->created_at = world->now_at - world->setup->task_start_max_ms;
            task->started_at = world->now_at;
            task->registered_at = world->now_at;
            if (service->group >= 0)
                target_register(world, service->group, task);
            starting--;
        }
        if (!given->rollout)
            continue;
        service->rollouts[1] = service->rollouts[0];
        service->rollouts[1].status = "ACTIVE";
        new_rollout(world, &service->rollouts[0], service->desired);
        service->rollouts[0].rollout_state = "IN_PROGRESS";
        service->rollout_count = 2;
        service->rollout_due_at = given->rollout_ms ? world->now_at + given->rollout_ms : 0;
        for (size_t i = 0; i < service->task_count; i++)
            service->tasks[i].of_old_rollout = true;
        count_tasks(world, service);
    }
}
