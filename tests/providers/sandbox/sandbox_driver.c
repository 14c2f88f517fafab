/*
 * A sandbox for the tests' judges: listens, says where, then obeys lines on standard input.
 *
 *     driver [--scenario FILE] [--speed N]
 *
 * Without a speed the world stands still but for "advance". "advance MS" and "dump" (the world as
 * one line of JSON, in words of its own, not the wire's) are answered by one line each; the end of
 * input ends it.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "planner/base/json.h"
#include "planner/base/time.h"
#include "providers/local/clock.h"
#include "providers/sandbox/scenario.h"
#include "providers/sandbox/server.h"
#include "providers/sandbox/wire.h"

enum { AHEAD_MS = 2 * HOUR_MS, METRIC_MINUTES = 10 };

static void dump_targets(struct json_writer *w, const struct world_group *group)
{
    json_open_array(w, "targets");
    for (size_t i = 0; i < group->target_count; i++) {
        const struct world_target *target = &group->targets[i];
        json_open_object(w, NULL);
        json_put_string(w, "ip", target->ip);
        json_put_int(w, "port", target->port);
        json_put_int(w, "zone", target->zone);
        json_put_string(w, "state", health_state_name(target->state));
        json_put_string(w, "reason", target->reason);
        json_put_string(w, "description", target->description);
        json_close_object(w);
    }
    json_close_array(w);
}

static void dump_groups(struct json_writer *w, const struct world *world)
{
    json_open_array(w, "groups");
    for (int g = 0; g < WORLD_GROUP_COUNT; g++) {
        const struct world_group *group = &world->groups[g];
        json_open_object(w, NULL);
        json_put_bool(w, "exists", group->exists);
        json_put_string(w, "name", group->name);
        json_put_string(w, "arn", group->arn);
        json_put_int(w, "deregistration_delay_s", group->attributes.deregistration_delay_s);
        json_put_int(w, "slow_start_s", group->attributes.slow_start_s);
        json_put_bool(w, "sticky", group->attributes.sticky);
        json_put_int(w, "health_interval_s", group->attributes.health_interval_s);
        dump_targets(w, group);
        json_close_object(w);
    }
    json_close_array(w);
}

static void dump_tasks(struct json_writer *w, const struct world_service *service)
{
    json_open_array(w, "tasks");
    for (size_t i = 0; i < service->task_count; i++) {
        const struct world_task *task = &service->tasks[i];
        json_open_object(w, NULL);
        json_put_string(w, "id", task->id);
        json_put_string(w, "ip", task->ip);
        json_put_string(w, "status", task_phase_name(task->phase));
        json_put_int(w, "created_at", task->created_at);
        json_put_int(w, "started_at", task->started_at);
        json_put_int(w, "stopped_at", task->stopped_at);
        json_put_string(w, "stopped_reason", task->stopped_reason);
        json_put_string(w, "container_reason", task->container_reason);
        json_close_object(w);
    }
    json_close_array(w);
}

static void dump_service(struct json_writer *w, const struct world_service *service)
{
    json_open_object(w, NULL);
    json_put_bool(w, "found", service->found);
    json_put_string(w, "name", service->name);
    json_put_string(w, "arn", service->arn);
    json_put_int(w, "group", service->group);
    json_put_int(w, "created_at", service->created_at);
    json_put_int(w, "desired", service->desired);
    json_put_int(w, "running", service->running);
    json_put_int(w, "pending", service->pending);
    json_open_array(w, "rollouts");
    for (size_t i = 0; i < service->rollout_count; i++) {
        const struct world_rollout *rollout = &service->rollouts[i];
        json_open_object(w, NULL);
        json_put_string(w, "id", rollout->id);
        json_put_string(w, "status", rollout->status);
        json_put_string(w, "state", rollout->rollout_state);
        json_put_int(w, "desired", rollout->desired);
        json_put_int(w, "running", rollout->running);
        json_put_int(w, "pending", rollout->pending);
        json_put_int(w, "failed", rollout->failed);
        json_close_object(w);
    }
    json_close_array(w);
    json_open_array(w, "events");
    for (size_t i = 0; i < service->event_count; i++) {
        json_open_object(w, NULL);
        json_put_string(w, "id", service->events[i].id);
        json_put_int(w, "at", service->events[i].at);
        json_put_string(w, "message", service->events[i].message);
        json_close_object(w);
    }
    json_close_array(w);
    dump_tasks(w, service);
    json_close_object(w);
}

static void dump_actions(struct json_writer *w, const struct world_actions *actions)
{
    json_open_array(w, "members");
    for (size_t i = 0; i < actions->member_count; i++) {
        json_open_array(w, NULL);
        json_put_string(w, NULL, actions->members[i].path);
        json_put_string(w, NULL, actions->members[i].value);
        json_close_array(w);
    }
    json_close_array(w);
    json_put_bool(w, "forwards", actions->forwards);
    json_open_array(w, "shares");
    for (size_t i = 0; i < actions->group_count; i++) {
        json_open_array(w, NULL);
        json_put_int(w, NULL, actions->groups[i]);
        json_put_int(w, NULL, actions->weights[i]);
        json_close_array(w);
    }
    json_close_array(w);
    json_put_bool(w, "sticky", actions->sticky);
    json_put_int(w, "sticky_seconds", actions->sticky_seconds);
}

static void dump_listeners(struct json_writer *w, const struct world *world)
{
    json_open_array(w, "listeners");
    for (size_t i = 0; i < world->listener_count; i++) {
        const struct world_listener *listener = &world->listeners[i];
        json_open_object(w, NULL);
        json_put_string(w, "arn", listener->arn);
        json_put_int(w, "port", listener->port);
        json_put_bool(w, "https", listener->https);
        json_put_string(w, "default_rule", listener->default_rule_arn);
        dump_actions(w, &listener->actions);
        json_open_array(w, "rules");
        for (size_t r = 0; r < listener->rule_count; r++) {
            json_open_object(w, NULL);
            json_put_string(w, "arn", listener->rules[r].arn);
            json_put_int(w, "priority", listener->rules[r].setup->priority);
            json_put_string(w, "path", listener->rules[r].setup->path);
            json_put_int(w, "group", listener->rules[r].setup->group);
            json_close_object(w);
        }
        json_close_array(w);
        json_close_object(w);
    }
    json_close_array(w);
}

/* ---- metrics: the minutes that can be seen, as decimal texts ---- */

static void dump_values(struct json_writer *w, const struct world *world,
                        const struct metric_query *query, const char *key)
{
    json_open_object(w, key);
    for (int m = METRIC_MINUTES; m > 0; m--) {
        int64_t at = minute_floor(world->now_at) - m * MINUTE_MS;
        char stamp[24], number[40];
        double value;
        if (!world_metric(world, query, at, &value))
            continue;
        snprintf(stamp, sizeof stamp, "%lld", (long long)(at / SECOND_MS));
        snprintf(number, sizeof number, "%.15g", value);
        json_put_string(w, stamp, number);
    }
    json_close_object(w);
}

static void dump_scope(struct json_writer *w, const struct world *world, const char *key,
                       struct metric_scope scope)
{
    static const struct {
        const char *name;
        enum statistic statistic;
        double percentile;
    } statistics[] = {
        {"Sum", STAT_SUM, 0},
        {"Average", STAT_AVERAGE, 0},
        {"Minimum", STAT_MINIMUM, 0},
        {"Maximum", STAT_MAXIMUM, 0},
        {"SampleCount", STAT_SAMPLES, 0},
        {"p50", STAT_PERCENTILE, 50},
        {"p90", STAT_PERCENTILE, 90},
        {"p99", STAT_PERCENTILE, 99},
        {"p99.9", STAT_PERCENTILE, 99.9},
    };
    json_open_object(w, key);
    for (const char *const *name = world_metric_names(scope.kind); *name; name++) {
        json_open_object(w, *name);
        for (size_t i = 0; i < sizeof statistics / sizeof *statistics; i++) {
            struct metric_query query = {scope, *name, statistics[i].statistic,
                                         statistics[i].percentile, MINUTE_MS};
            dump_values(w, world, &query, statistics[i].name);
        }
        json_close_object(w);
    }
    json_close_object(w);
}

static void dump(void *self, struct world *world)
{
    struct json_writer *w = self;
    json_open_object(w, NULL);
    json_put_int(w, "now_at", world->now_at);
    json_put_string(w, "account", world->setup->account);
    json_put_string(w, "stack", world->setup->stack);
    json_put_string(w, "cluster_arn", world->cluster_arn);
    json_open_array(w, "services");
    for (int arm = 0; arm < ARM_COUNT; arm++)
        dump_service(w, &world->services[arm]);
    json_close_array(w);
    json_open_object(w, "load_balancer");
    json_put_string(w, "name", world->load_balancer.name);
    json_put_string(w, "arn", world->load_balancer.arn);
    json_put_string(w, "dns_name", world->load_balancer.dns_name);
    json_put_int(w, "created_at", world->load_balancer.created_at);
    json_put_int(w, "client_keep_alive_s", world->load_balancer.client_keep_alive_s);
    json_close_object(w);
    dump_groups(w, world);
    dump_listeners(w, world);
    json_open_object(w, "metrics");
    dump_scope(w, world, "load_balancer", (struct metric_scope){SCOPE_LOAD_BALANCER, 0});
    dump_scope(w, world, "group0", (struct metric_scope){SCOPE_GROUP, 0});
    dump_scope(w, world, "group1", (struct metric_scope){SCOPE_GROUP, 1});
    dump_scope(w, world, "service0", (struct metric_scope){SCOPE_SERVICE, 0});
    dump_scope(w, world, "replayer", (struct metric_scope){SCOPE_REPLAYER, 0});
    json_close_object(w);
    json_close_object(w);
}

static void advance(void *self, struct world *world)
{
    world_advance(world, world->now_at + *(const int64_t *)self);
}

static void obey(struct sandbox *sandbox, const char *line)
{
    if (strncmp(line, "advance ", 8) == 0) {
        int64_t ms = strtoll(line + 8, NULL, 10);
        sandbox_inspect(sandbox, advance, &ms);
        puts("done");
    } else if (strcmp(line, "dump") == 0) {
        struct text out = {0};
        struct json_writer w = {.out = &out, .compact = true};
        sandbox_inspect(sandbox, dump, &w);
        fputs(text_cstr(&out), stdout);
        text_clear(&out);
    } else {
        puts("what?");
    }
    fflush(stdout);
}

static bool read_scenario(struct world_setup *setup, struct arena *arena, const char *path)
{
    static char bytes[256 * 1024];
    struct diagnostics list = {.arena = arena, .file = path};
    FILE *file = fopen(path, "r");
    if (!file)
        return false;
    size_t n = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    if (scenario_read(setup, arena, bytes, n, &list))
        return true;
    for (size_t i = 0; i < list.count; i++)
        fprintf(stderr, "%s:%u:%u: %s\n", path, list.items[i].span.line, list.items[i].span.column,
                list.items[i].message);
    return false;
}

static bool read_arguments(struct sandbox_options *options, struct world_setup *setup,
                           struct arena *arena, int argc, char **argv)
{
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--speed") == 0) {
            options->speed = strtoll(argv[i + 1], NULL, 10);
            options->epoch_at = 0;
        } else if (!read_scenario(setup, arena, argv[i + 1])) {
            return false;
        }
    }
    return true;
}

int main(int argc, char **argv)
{
    struct sandbox *sandbox;
    struct error err;
    struct arena arena = {0};
    struct world_setup setup;
    char line[256], clock[SANDBOX_CLOCK_SIZE];
    /* The world stands at its time zero until the real clock comes there. */
    struct sandbox_options options = {
        .speed = 1, .setup = &setup, .epoch_at = local_clock_real_now() + AHEAD_MS};

    signal(SIGPIPE, SIG_IGN);
    setup_init(&setup);
    if (!read_arguments(&options, &setup, &arena, argc, argv))
        return 1;
    if (!sandbox_start(&sandbox, &options, &err)) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    arena_clear(&arena);
    printf("%u %s %s %s\n", (unsigned)sandbox_port(sandbox), sandbox_clock(sandbox, clock),
           SANDBOX_ACCESS_KEY_ID, SANDBOX_SECRET_ACCESS_KEY);
    fflush(stdout);
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        obey(sandbox, line);
    }
    sandbox_stop(sandbox);
    return 0;
}
