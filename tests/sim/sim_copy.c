#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "planner/base/memory.h"
#include "providers/sandbox/world_parts.h"
#include "tests/sim/sim.h"

static void *copy_of(const void *from, size_t n)
{
    void *copy = memory_new(n ? n : 1);
    if (n)
        memcpy(copy, from, n);
    return copy;
}

/* The world makes room for them at powers of two. */
static struct world_task *copy_tasks(const struct world_service *service)
{
    size_t room = 1;
    while (room < service->task_count)
        room *= 2;
    struct world_task *tasks = memory_new(room * sizeof *tasks);
    if (service->task_count)
        memcpy(tasks, service->tasks, service->task_count * sizeof *tasks);
    return tasks;
}

static void copy_actions(struct world_actions *actions)
{
    const struct routing_member *from = actions->members;
    actions->arena = (struct arena){0};
    actions->members =
        arena_alloc(&actions->arena, actions->member_count * sizeof *actions->members);
    for (size_t i = 0; i < actions->member_count; i++)
        actions->members[i] = (struct routing_member){arena_strdup(&actions->arena, from[i].path),
                                                      arena_strdup(&actions->arena, from[i].value)};
}

static void copy_listeners(struct world *world, const struct world_listener *from)
{
    size_t n = world->listener_count * sizeof *from;
    world->listeners = arena_alloc(&world->arena, n);
    memcpy(world->listeners, from, n);
    for (size_t i = 0; i < world->listener_count; i++) {
        struct world_listener *listener = &world->listeners[i];
        assert(!listener->rule_count); /* nobody has needed them yet */
        copy_actions(&listener->actions);
        copy_actions(&listener->previous);
    }
}

static void copy_faults(struct world *world)
{
    assert(!world->fault_count);
    world->faults = NULL;
    world->faults_due_at = NULL;
}

/* Names and setup stay those of `from`. */
static struct world *copy_world(const struct world *from)
{
    struct world *world = copy_of(from, sizeof *from);
    world->arena = (struct arena){0};
    for (int arm = 0; arm < ARM_COUNT; arm++)
        world->services[arm].tasks = copy_tasks(&from->services[arm]);
    for (int g = 0; g < WORLD_GROUP_COUNT; g++) {
        struct world_group *group = &world->groups[g];
        group->targets = copy_of(group->targets, group->target_count * sizeof *group->targets);
    }
    copy_listeners(world, from->listeners);
    copy_faults(world);
    world->minutes = copy_of(from->minutes, sizeof *from->minutes);
    world->minutes->room = from->minutes->count;
    world->minutes->items =
        copy_of(from->minutes->items, from->minutes->count * sizeof *from->minutes->items);
    return world;
}

void sim_copy(struct sim *sim, const struct sim *from)
{
    assert(!from->late.due_at);
    memset(sim, 0, sizeof *sim);
    sim->world = copy_world(from->world);
    sim->now = from->now;
    sim->wall_ahead = from->wall_ahead;
    sim->has_stored = from->has_stored;
    text_add_bytes(&sim->stored, text_cstr(&from->stored), from->stored.len);
    sim_init_ports(sim);
}
