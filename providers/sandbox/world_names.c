/* The deployment's fixed things: names and ARNs as Migration Assistant and AWS give them. */
#include <stdlib.h>

#include "providers/sandbox/world_parts.h"

enum { BUILT_DAYS_AGO = 12 };
static const int64_t DAY_MS = 86400000;

static char *elb_arn(struct world *world, const char *resource)
{
    return arena_printf(&world->arena, "arn:aws:elasticloadbalancing:%s:%s:%s",
                        world->setup->region, world->setup->account, resource);
}

static void fill_service(struct world *world, int arm)
{
    static const char *const names[ARM_COUNT] = {"capture-proxy", "target-cluster-proxy"};
    const struct world_setup *setup = world->setup;
    const struct service_setup *given = &setup->services[arm];
    struct world_service *service = &world->services[arm];

    service->name = given->name
                        ? given->name
                        : arena_printf(&world->arena, "migration-%s-%s", setup->stage, names[arm]);
    service->arn =
        arena_printf(&world->arena, "arn:aws:ecs:%s:%s:service/migration-%s-ecs-cluster/%s",
                     setup->region, setup->account, setup->stage, service->name);
    service->found = given->exists;
    service->group = given->group;
    service->created_at = setup->epoch_at - BUILT_DAYS_AGO * DAY_MS;
}

static void fill_group(struct world *world, int index)
{
    static const char *const names[WORLD_GROUP_COUNT] = {"ALBSourceProxy", "ALBTargetProxy",
                                                         "ALBOtherProxy"};
    const struct group_setup *given = &world->setup->groups[index];
    struct world_group *group = &world->groups[index];
    char id[17];

    world_id(world, id, 16);
    group->name =
        given->name ? given->name
                    : arena_printf(&world->arena, "%s-%.13s-TG", names[index], world->setup->stage);
    group->arn = elb_arn(world, arena_printf(&world->arena, "targetgroup/%s/%s", group->name, id));
    group->exists = given->exists;
    group->attributes = given->attributes;
}

static void fill_load_balancer(struct world *world, const char *id)
{
    const struct world_setup *setup = world->setup;
    struct world_load_balancer *lb = &world->load_balancer;
    char tail[11];

    world_id(world, tail, 10);
    lb->name = setup->load_balancer
                   ? setup->load_balancer
                   : arena_printf(&world->arena, "MigrationAssistant-%.13s", setup->stage);
    lb->arn = elb_arn(world, arena_printf(&world->arena, "loadbalancer/app/%s/%s", lb->name, id));
    lb->dns_name = arena_printf(&world->arena, "internal-%s-%s.%s.elb.amazonaws.com", lb->name,
                                tail, setup->region);
    lb->exists = !setup->no_load_balancer;
    lb->created_at = setup->epoch_at - BUILT_DAYS_AGO * DAY_MS;
    lb->client_keep_alive_s = setup->client_keep_alive_s;
}

static int by_priority(const void *a, const void *b)
{
    const struct world_rule *x = a, *y = b;
    return x->setup->priority - y->setup->priority;
}

static const char *rule_arn(struct world *world, const char *listener_path)
{
    char id[17];
    world_id(world, id, 16);
    return elb_arn(world,
                   arena_printf(&world->arena, "listener-rule/app/%s/%s", listener_path, id));
}

static void fill_rules(struct world *world, struct world_listener *listener, const char *path)
{
    const struct world_setup *setup = world->setup;
    listener->default_rule_arn = rule_arn(world, path);
    for (size_t i = 0; i < setup->rule_count; i++) {
        if (setup->rules[i].port != listener->port)
            continue;
        struct world_rule *rule =
            arena_append(&world->arena, &listener->rules, &listener->rule_count, sizeof *rule);
        rule->setup = &setup->rules[i];
        rule->arn = rule_arn(world, path);
        actions_forward(&rule->actions, world, setup->rules[i].group);
    }
    if (listener->rule_count)
        qsort(listener->rules, listener->rule_count, sizeof *listener->rules, by_priority);
}

static void fill_listener(struct world *world, const struct listener_setup *given,
                          const char *load_balancer_id)
{
    struct world_listener *listener =
        arena_append(&world->arena, &world->listeners, &world->listener_count, sizeof *listener);
    char id[17];
    world_id(world, id, 16);
    const char *path =
        arena_printf(&world->arena, "%s/%s/%s", world->load_balancer.name, load_balancer_id, id);
    listener->arn = elb_arn(world, arena_printf(&world->arena, "listener/app/%s", path));
    listener->port = given->port;
    listener->https = given->https || given->authenticate; /* AWS authenticates over HTTPS only */
    listener->direct_rps = given->direct_rps;
    actions_from_setup(&listener->actions, world, given);
    fill_rules(world, listener, path);
}

/* network-stack.ts: the weighted one, source only, target only, on the same two groups. */
static const struct listener_setup default_listeners[] = {
    {.port = 9200, .https = true, .weights = {1, 0, -1}},
    {.port = 9201, .https = true, .single = true, .weights = {1, -1, -1}},
    {.port = 9202, .https = true, .single = true, .weights = {-1, 1, -1}},
};

void names_fill(struct world *world)
{
    const struct world_setup *setup = world->setup;
    char load_balancer_id[17];

    world->cluster_arn =
        arena_printf(&world->arena, "arn:aws:ecs:%s:%s:cluster/migration-%s-ecs-cluster",
                     setup->region, setup->account, setup->stage);
    for (int arm = 0; arm < ARM_COUNT; arm++)
        fill_service(world, arm);
    for (int g = 0; g < WORLD_GROUP_COUNT; g++)
        fill_group(world, g);
    world_id(world, load_balancer_id, 16);
    fill_load_balancer(world, load_balancer_id);

    const struct listener_setup *given = setup->listeners ? setup->listeners : default_listeners;
    size_t count = setup->listeners ? setup->listener_count
                                    : sizeof default_listeners / sizeof *default_listeners;
    for (size_t i = 0; i < count; i++)
        fill_listener(world, &given[i], load_balancer_id);
}
