#include "providers/sandbox/world_setup.h"

#include <string.h>

const char *const fault_kind_names[FAULT_KIND_COUNT + 1] = {
    [FAULT_ACCESS_DENIED] = "access-denied",
    [FAULT_THROTTLING] = "throttling",
    [FAULT_SERVER_ERROR] = "server-error",
    [FAULT_HTML] = "html",
    [FAULT_CLOSE] = "close",
    [FAULT_LOSE_ANSWER] = "lose-answer",
    [FAULT_CUT_ANSWER] = "cut-answer",
    [FAULT_DELAY] = "delay",
    [FAULT_EXPIRED] = "expired",
};

/* What Migration Assistant's templates leave at AWS's defaults. */
static const struct group_attributes default_attributes = {
    .deregistration_delay_s = 300,
    .sticky_s = 86400,
    .health_interval_s = 30,
    .unhealthy_threshold = 2,
    .healthy_threshold = 5,
};

void setup_init(struct world_setup *setup)
{
    *setup = (struct world_setup){
        .history_ms = 3600000,
        .seed = 1,
        .stage = "sandbox",
        .region = "us-east-1",
        .account = "111122223333",
        .version = "2.1.0",
        .client_keep_alive_s = 3600,
        .task_start_min_ms = 20000,
        .task_start_max_ms = 40000,
        .registration_ms = 5000,
        .routing_delay_ms = 2000,
        .metric_delay_ms = 60000,
        .throttling = {.left = -1},
        .conditions =
            {
                .requests_per_second = 20,
                .noise = 0.05,
                .burst_5xx = 0.005,
                .cookie_clients = 0.5,
                .connections = 40,
                .requests_per_connection = 10,
                .replay_lag_ms = 1500,
                .reused_for_ms = 10 * 60000,
            },
    };
    for (int arm = 0; arm < ARM_COUNT; arm++) {
        setup->services[arm] = (struct service_setup){.exists = true, .running = -1, .group = arm};
        setup->conditions.clusters[arm].documents = 100000;
        setup->conditions.services[arm] = (struct service_conditions){
            .stopped_reason = "Essential container in task exited",
            .container_reason = "OutOfMemoryError: Container killed due to memory usage",
        };
    }
    setup->services[ARM_SOURCE].desired = 2;
    for (int g = 0; g < WORLD_GROUP_COUNT; g++) {
        setup->groups[g].exists = g != WORLD_GROUP_OTHER;
        setup->groups[g].attributes = default_attributes;
        setup->conditions.groups[g] = (struct group_conditions){
            .rate_4xx = 0.002,
            .rate_5xx = 0.0005,
            .latency_p50_ms = 12,
            .latency_p99_ms = 90,
        };
    }
}

static void *copy_items(struct arena *arena, const void *items, size_t count, size_t size)
{
    if (!items || !count)
        return NULL;
    return memcpy(arena_alloc(arena, count * size), items, count * size);
}

static void copy_conditions(struct conditions *conditions, struct arena *arena)
{
    for (int arm = 0; arm < ARM_COUNT; arm++) {
        struct service_conditions *service = &conditions->services[arm];
        service->stopped_reason = arena_strdup(arena, service->stopped_reason);
        service->container_reason = arena_strdup(arena, service->container_reason);
    }
}

static void copy_lists(struct world_setup *out, struct arena *arena, const struct world_setup *from)
{
    struct rule_setup *rules = copy_items(arena, from->rules, from->rule_count, sizeof *rules);
    for (size_t i = 0; i < from->rule_count; i++)
        rules[i].path = arena_strdup(arena, rules[i].path);
    out->rules = rules;

    struct change_setup *changes =
        copy_items(arena, from->changes, from->change_count, sizeof *changes);
    for (size_t i = 0; i < from->change_count; i++)
        copy_conditions(&changes[i].conditions, arena);
    out->changes = changes;

    struct fault_setup *faults = copy_items(arena, from->faults, from->fault_count, sizeof *faults);
    for (size_t i = 0; i < from->fault_count; i++)
        faults[i].operation = arena_strdup(arena, faults[i].operation);
    out->faults = faults;

    const char **names =
        copy_items(arena, from->metrics_withheld, from->metrics_withheld_count, sizeof *names);
    for (size_t i = 0; i < from->metrics_withheld_count; i++)
        names[i] = arena_strdup(arena, names[i]);
    out->metrics_withheld = names;

    out->listeners =
        copy_items(arena, from->listeners, from->listener_count, sizeof *from->listeners);
}

void setup_copy(struct world_setup *out, struct arena *arena, const struct world_setup *from)
{
    *out = *from;
    out->stage = arena_strdup(arena, from->stage);
    out->region = arena_strdup(arena, from->region);
    out->account = arena_strdup(arena, from->account);
    out->stack = arena_strdup(arena, from->stack);
    out->version = arena_strdup(arena, from->version);
    out->load_balancer = arena_strdup(arena, from->load_balancer);
    for (int arm = 0; arm < ARM_COUNT; arm++)
        out->services[arm].name = arena_strdup(arena, from->services[arm].name);
    for (int g = 0; g < WORLD_GROUP_COUNT; g++)
        out->groups[g].name = arena_strdup(arena, from->groups[g].name);
    copy_conditions(&out->conditions, arena);
    copy_lists(out, arena, from);
}
