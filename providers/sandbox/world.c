#include "providers/sandbox/world.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "planner/base/memory.h"
#include "planner/base/text.h"
#include "planner/base/time.h"
#include "providers/sandbox/world_parts.h"
#include "providers/sandbox/world_random.h"

bool refuse(struct refusal *why, int status, const char *code, const char *format, ...)
{
    why->status = status;
    why->code = code;
    va_list ap;
    va_start(ap, format);
    vsnprintf(why->message, sizeof why->message, format, ap);
    va_end(ap);
    return false;
}

void world_id(struct world *world, char *out, unsigned digits)
{
    static const char hex[] = "0123456789abcdef";
    uint64_t bits = 0;
    for (unsigned i = 0; i < digits; i++, bits >>= 4) {
        if (i % 16 == 0)
            bits = random_hash(world->setup->seed + 0x5eed, ++world->serial);
        out[i] = hex[bits & 15];
    }
    out[digits] = '\0';
}

static void uuid_from(char out[37], const char *digits)
{
    snprintf(out, 37, "%.8s-%.4s-4%.3s-8%.3s-%.12s", digits, digits + 8, digits + 13, digits + 17,
             digits + 20);
}

void world_uuid(struct world *world, char out[37])
{
    char digits[33];
    world_id(world, digits, 32);
    uuid_from(out, digits);
}

void world_request_id(struct world *world, char out[37])
{
    uint64_t high = random_hash(world->setup->seed + 0xa5, ++world->requests);
    uint64_t low = random_hash(high, world->requests);
    char digits[33];
    snprintf(digits, sizeof digits, "%016llx%016llx", (unsigned long long)high,
             (unsigned long long)low);
    uuid_from(out, digits);
}

/* ---- what the setup has for later ---- */

/* Whether the target has so much of the weight that the clients' listener gives. */
static bool has_share(const struct world *world, int permille)
{
    const struct world_actions *actions =
        world->listener_count ? &world->listeners[0].actions : NULL;
    int64_t all = 0, target = 0;
    for (size_t i = 0; actions && actions->forwards && i < actions->group_count; i++) {
        all += actions->weights[i];
        target += actions->groups[i] == ARM_TARGET ? actions->weights[i] : 0;
    }
    return all > 0 && target * 1000 >= all * permille;
}

/* `due_at` stays as it is until the weights are there. */
static void await(const struct world *world, const struct trigger *trigger, int64_t *due_at)
{
    bool begun = world->now_at >= world->setup->epoch_at;
    if (begun && *due_at == INT64_MAX && has_share(world, trigger->at_permille))
        *due_at = world->now_at + trigger->after_ms;
}

static int64_t begin_waiting(const struct world *world, const struct trigger *trigger)
{
    return trigger->at_permille ? INT64_MAX : world->setup->epoch_at + trigger->after_ms;
}

static void apply_changes(struct world *world)
{
    const struct world_setup *setup = world->setup;
    while (world->changes_done < setup->change_count) {
        const struct change_setup *change = &setup->changes[world->changes_done];
        await(world, &change->trigger, &world->change_due_at);
        if (world->now_at < world->change_due_at)
            return;
        world->conditions = change->conditions;
        if (++world->changes_done < setup->change_count)
            world->change_due_at = begin_waiting(world, &change[1].trigger);
    }
}

static void arm_faults(struct world *world)
{
    for (size_t i = 0; i < world->fault_count; i++)
        await(world, &world->faults[i].trigger, &world->faults_due_at[i]);
}

static void init_triggers(struct world *world)
{
    const struct world_setup *setup = world->setup;
    if (setup->change_count)
        world->change_due_at = begin_waiting(world, &setup->changes[0].trigger);
    world->faults = arena_alloc(&world->arena, setup->fault_count * sizeof *world->faults);
    world->faults_due_at =
        arena_alloc(&world->arena, setup->fault_count * sizeof *world->faults_due_at);
    world->fault_count = setup->fault_count;
    for (size_t i = 0; i < setup->fault_count; i++) {
        world->faults[i] = setup->faults[i];
        world->faults_due_at[i] = begin_waiting(world, &setup->faults[i].trigger);
    }
}

/* ---- time ---- */

void world_advance(struct world *world, int64_t at)
{
    while (world->now_at + TICK_MS <= at) {
        world->now_at += TICK_MS;
        apply_changes(world);
        arm_faults(world);
        tasks_tick(world);
        targets_tick(world);
        traffic_tick(world);
    }
}

/* Fewer running than desired at time zero means tasks that keep failing to start. */
static void imply_failing_starts(struct world_setup *setup)
{
    for (int arm = 0; arm < ARM_COUNT; arm++) {
        struct service_setup *service = &setup->services[arm];
        if (service->running >= 0 && service->running < service->desired)
            setup->conditions.services[arm].failing_starts = -1;
    }
}

struct world *world_new(const struct world_setup *setup)
{
    struct world *world = memory_new(sizeof *world);
    struct world_setup *own = arena_alloc(&world->arena, sizeof *own);
    setup_copy(own, &world->arena, setup);
    own->epoch_at -= own->epoch_at % TICK_MS;
    own->history_ms -= own->history_ms % TICK_MS;
    imply_failing_starts(own);

    world->setup = own;
    world->conditions = own->conditions;
    world->now_at = own->epoch_at - own->history_ms;
    world->random = random_hash(own->seed, 0);
    world->minutes = memory_new(sizeof *world->minutes);
    names_fill(world);
    init_triggers(world);
    tasks_begin(world);
    targets_begin(world);
    world_advance(world, own->epoch_at);
    tasks_time_zero(world);
    targets_time_zero(world);
    return world;
}

void world_free(struct world *world)
{
    if (!world)
        return;
    for (int arm = 0; arm < ARM_COUNT; arm++)
        free(world->services[arm].tasks);
    for (int g = 0; g < WORLD_GROUP_COUNT; g++)
        free(world->groups[g].targets);
    for (size_t i = 0; i < world->listener_count; i++) {
        struct world_listener *listener = &world->listeners[i];
        actions_clear(&listener->actions);
        actions_clear(&listener->previous);
        for (size_t r = 0; r < listener->rule_count; r++)
            actions_clear(&listener->rules[r].actions);
    }
    minutes_free(world->minutes);
    arena_clear(&world->arena);
    free(world);
}

struct world_service *world_service(struct world *world, const char *name_or_arn)
{
    for (int arm = 0; arm < ARM_COUNT; arm++) {
        struct world_service *service = &world->services[arm];
        if (service->found &&
            (text_same(service->name, name_or_arn) || text_same(service->arn, name_or_arn)))
            return service;
    }
    return NULL;
}

int group_index(const struct world *world, const char *arn)
{
    for (int g = 0; g < WORLD_GROUP_COUNT; g++)
        if (world->groups[g].exists && text_same(world->groups[g].arn, arn))
            return g;
    return -1;
}

struct world_group *world_group(struct world *world, const char *arn)
{
    int g = group_index(world, arn);
    return g < 0 ? NULL : &world->groups[g];
}

struct world_listener *world_listener(struct world *world, const char *arn)
{
    for (size_t i = 0; i < world->listener_count; i++)
        if (text_same(world->listeners[i].arn, arn))
            return &world->listeners[i];
    return NULL;
}

bool world_set_desired(struct world *world, const char *name, int64_t desired, struct refusal *why)
{
    struct world_service *service = world_service(world, name);
    if (!service)
        return refuse(why, 400, "ServiceNotFoundException", "Service not found.");
    if (desired < 0)
        return refuse(why, 400, "InvalidParameterException", "desiredCount must be non-negative");
    if (desired > WORLD_DESIRED_MAX)
        return refuse(why, 400, "InvalidParameterException",
                      "desiredCount cannot exceed %d in this sandbox", WORLD_DESIRED_MAX);
    if (service->desired != desired) {
        service->desired = desired;
        service->rollouts[0].desired = desired;
        service->rollouts[0].updated_at = world->now_at;
        service->steady = false;
        service->next_start_at = 0;
    }
    return true;
}

bool world_set_routing(struct world *world, const char *listener_arn,
                       const struct routing_member *members, size_t count, struct refusal *why)
{
    struct world_listener *listener = world_listener(world, listener_arn);
    if (!listener)
        return refuse(why, 400, "ListenerNotFound", "One or more listeners not found");
    struct world_actions actions = {0};
    if (!actions_read(&actions, world, listener->https, members, count, &listener->actions, why))
        return false;
    actions_clear(&listener->previous);
    listener->previous = listener->actions;
    listener->actions = actions;
    listener->changed_at = world->now_at;
    listener->previous_until_at = world->now_at + world->setup->routing_delay_ms;
    apply_changes(world);
    arm_faults(world);
    return true;
}

void world_set_conditions(struct world *world, const struct conditions *conditions)
{
    world->conditions = *conditions;
    for (int arm = 0; arm < ARM_COUNT; arm++) {
        struct service_conditions *service = &world->conditions.services[arm];
        service->stopped_reason = arena_strdup(&world->arena, service->stopped_reason);
        service->container_reason = arena_strdup(&world->arena, service->container_reason);
    }
}

bool world_take_fault(struct world *world, const char *operation, struct fault_setup *out)
{
    for (size_t i = 0; i < world->fault_count; i++) {
        struct fault_setup *fault = &world->faults[i];
        bool any = text_same(fault->operation, "*");
        if (fault->times == 0 || (!any && !text_same(fault->operation, operation)) ||
            world->now_at < world->faults_due_at[i])
            continue;
        if (fault->skip > 0) {
            fault->skip--;
            continue;
        }
        if (fault->times > 0)
            fault->times--;
        *out = *fault;
        return true;
    }
    return false;
}

bool world_take_token(struct world *world, int64_t real_now)
{
    const struct throttling_setup *bucket = &world->setup->throttling;
    double burst = (double)bucket->burst;
    if (!bucket->burst)
        return true;
    if (!world->tokens_at)
        world->tokens = bucket->left < 0 ? burst : (double)bucket->left;
    else if (real_now > world->tokens_at)
        world->tokens += (bucket->rate - bucket->others) * (double)(real_now - world->tokens_at) /
                         (double)SECOND_MS;
    world->tokens_at = real_now;
    world->tokens = world->tokens > burst ? burst : world->tokens < 0 ? 0 : world->tokens;
    if (world->tokens < 1)
        return false;
    world->tokens--;
    return true;
}
