/* Target groups: registration, health checks, draining (AWS: "Health checks for ALB targets"). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "planner/base/memory.h"
#include "planner/base/text.h"
#include "providers/sandbox/world_parts.h"
#include "providers/sandbox/world_random.h"

enum { TARGET_PORT = 9200 };

static struct world_target *add_target(struct world *world, int group, const char *ip, int zone)
{
    struct world_group *g = &world->groups[group];
    size_t n = g->target_count;
    g->targets = memory_resize(g->targets, (n + 1) * sizeof *g->targets);
    struct world_target *target = &g->targets[g->target_count++];
    *target = (struct world_target){.port = TARGET_PORT, .zone = zone};
    snprintf(target->ip, sizeof target->ip, "%s", ip);
    target->registered_at = world->now_at;
    return target;
}

static void begin_checks(struct world *world, int group, struct world_target *target)
{
    const struct group_attributes *attributes = &world->groups[group].attributes;
    target->state = HEALTH_INITIAL;
    target->reason = "Elb.RegistrationInProgress";
    target->description = "Target registration is in progress";
    target->registered_at = world->now_at;
    target->passed = target->failed = 0;
    target->next_check_at = world->now_at + world->setup->registration_ms +
                            random_between(&world->random, 0, attributes->health_interval_s * 1000);
}

static void become_healthy(struct world_target *target)
{
    target->state = HEALTH_HEALTHY;
    target->reason = target->description = NULL;
    target->failed = 0;
}

static void become_unhealthy(struct world_target *target)
{
    target->state = HEALTH_UNHEALTHY;
    target->reason = "Target.FailedHealthChecks";
    target->description = "Health checks failed";
    target->passed = 0;
}

void target_register(struct world *world, int group, const struct world_task *task)
{
    struct world_group *g = &world->groups[group];
    for (size_t i = 0; i < g->target_count; i++) {
        if (text_same(g->targets[i].ip, task->ip)) {
            begin_checks(world, group, &g->targets[i]);
            return;
        }
    }
    begin_checks(world, group, add_target(world, group, task->ip, task->zone));
}

void target_register_healthy(struct world *world, int group, const char *ip, int zone)
{
    struct world_target *target = add_target(world, group, ip, zone);
    become_healthy(target);
    target->next_check_at = world->now_at;
}

static void begin_draining(struct world *world, int group, struct world_target *target)
{
    target->state = HEALTH_DRAINING;
    target->reason = "Target.DeregistrationInProgress";
    target->description = "Target deregistration is in progress";
    target->drains_until_at =
        world->now_at + world->groups[group].attributes.deregistration_delay_s * 1000;
}

bool target_deregister(struct world *world, int group, const char *ip)
{
    struct world_group *g = &world->groups[group];
    for (size_t i = 0; i < g->target_count; i++) {
        if (text_same(g->targets[i].ip, ip) && g->targets[i].state != HEALTH_DRAINING) {
            begin_draining(world, group, &g->targets[i]);
            return true;
        }
    }
    return false;
}

size_t targets_count(const struct world_group *group, enum health_state state)
{
    size_t n = 0;
    for (size_t i = 0; i < group->target_count; i++)
        n += group->targets[i].state == state;
    return n;
}

static bool actions_name(const struct world_actions *actions, int group)
{
    for (size_t i = 0; actions->forwards && i < actions->group_count; i++)
        if (actions->groups[i] == group)
            return true;
    return false;
}

bool group_in_use(const struct world *world, int group)
{
    for (size_t i = 0; i < world->listener_count; i++) {
        const struct world_listener *listener = &world->listeners[i];
        if (actions_name(&listener->actions, group))
            return true;
        for (size_t r = 0; r < listener->rule_count; r++)
            if (actions_name(&listener->rules[r].actions, group))
                return true;
    }
    return false;
}

/* One health check. A new target needs one that passes, an unhealthy one the whole threshold. */
static void check(const struct group_attributes *attributes, struct world_target *target,
                  bool passes)
{
    if (passes) {
        target->passed++;
        target->failed = 0;
        if (target->state == HEALTH_INITIAL ||
            (target->state == HEALTH_UNHEALTHY && target->passed >= attributes->healthy_threshold))
            become_healthy(target);
    } else {
        target->failed++;
        target->passed = 0;
        if (target->state != HEALTH_UNHEALTHY && target->failed >= attributes->unhealthy_threshold)
            become_unhealthy(target);
    }
}

static void check_targets(struct world *world, int group)
{
    struct world_group *g = &world->groups[group];
    const struct group_conditions *conditions = &world->conditions.groups[group];
    int64_t failing = conditions->unhealthy, stuck = conditions->stuck_initial;

    for (size_t i = 0; i < g->target_count; i++) {
        struct world_target *target = &g->targets[i];
        if (target->state == HEALTH_DRAINING)
            continue;
        bool fails = failing != 0;
        if (failing > 0)
            failing--;
        if (target->state == HEALTH_INITIAL) {
            if (world->now_at >= target->registered_at + world->setup->registration_ms) {
                target->reason = "Elb.InitialHealthChecking";
                target->description = "Initial health checks in progress";
            }
            if (!fails && stuck != 0) {
                if (stuck > 0)
                    stuck--;
                continue;
            }
        }
        if (world->now_at < target->next_check_at)
            continue;
        check(&g->attributes, target, !fails);
        target->next_check_at += g->attributes.health_interval_s * 1000;
        if (target->next_check_at <= world->now_at)
            target->next_check_at = world->now_at + g->attributes.health_interval_s * 1000;
    }
}

static void end_draining(struct world *world, struct world_group *g)
{
    size_t kept = 0;
    for (size_t i = 0; i < g->target_count; i++)
        if (g->targets[i].state != HEALTH_DRAINING || world->now_at < g->targets[i].drains_until_at)
            g->targets[kept++] = g->targets[i];
    g->target_count = kept;
}

/* A group that no listener names checks nobody. */
static void follow_use(struct world *world, int group)
{
    struct world_group *g = &world->groups[group];
    bool used = group_in_use(world, group);
    for (size_t i = 0; i < g->target_count; i++) {
        struct world_target *target = &g->targets[i];
        if (used && target->state == HEALTH_UNUSED) {
            begin_checks(world, group, target);
        } else if (!used && target->state != HEALTH_DRAINING) {
            target->state = HEALTH_UNUSED;
            target->reason = "Target.NotInUse";
            target->description =
                "Target group is not configured to receive traffic from the load balancer";
        }
    }
}

void targets_tick(struct world *world)
{
    for (int group = 0; group < WORLD_GROUP_COUNT; group++) {
        if (!world->groups[group].exists)
            continue;
        end_draining(world, &world->groups[group]);
        follow_use(world, group);
        check_targets(world, group);
    }
}

/* An hour before time zero: what the conditions say about health has long been so. */
void targets_begin(struct world *world)
{
    for (int64_t i = 0; i < world->setup->groups[WORLD_GROUP_OTHER].targets; i++) {
        char ip[16];
        snprintf(ip, sizeof ip, "10.0.48.%d", (int)(10 + i % 240));
        target_register_healthy(world, WORLD_GROUP_OTHER, ip, (int)(i & 1));
    }
    for (int group = 0; group < WORLD_GROUP_COUNT; group++) {
        struct world_group *g = &world->groups[group];
        int64_t failing = world->conditions.groups[group].unhealthy;
        int64_t stuck = world->conditions.groups[group].stuck_initial;
        for (size_t i = 0; i < g->target_count; i++) {
            struct world_target *target = &g->targets[i];
            if (failing != 0) {
                become_unhealthy(target);
                failing -= failing > 0;
            } else if (stuck != 0) {
                begin_checks(world, group, target);
                stuck -= stuck > 0;
            }
        }
    }
}

void targets_time_zero(struct world *world)
{
    for (int group = 0; group < WORLD_GROUP_COUNT; group++) {
        int64_t draining = world->setup->groups[group].draining;
        for (int64_t i = 0; i < draining && world->groups[group].exists; i++) {
            char ip[16];
            snprintf(ip, sizeof ip, "10.0.%d.%d", 64 + group, (int)(10 + i % 240));
            begin_draining(world, group, add_target(world, group, ip, (int)(i & 1)));
        }
    }
}
