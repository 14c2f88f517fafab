/*
 * Observes, scales, shifts and measures through the cloud port against whatever the environment's
 * AWS variables name, and prints what came of it as JSON. For observe_moto.py.
 *
 *     observe_live cold STAGE               a snapshot of FACTS_PLAN by names
 *     observe_live warm STAGE               the same, then again with the ARNs; prints the second
 *     observe_live scale STAGE COUNT        the target service
 *     observe_live shift STAGE PERMILLE     the default action
 *     observe_live measure STAGE            the last 15 minutes, with percentiles
 *     observe_live tasks STAGE              the target service's stopped tasks
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "planner/base/time.h"
#include "providers/aws/cloud.h"
#include "providers/aws/credentials/chain.h"
#include "providers/local/clock.h"
#include "tests/snapshot_json.h"

struct live {
    struct aws_config config;
    struct aws_client *client;
    struct local_clock local_clock;
    struct clock clock;
    struct aws_cloud self;
    struct cloud cloud;
    struct arena arena;
    struct subject subject;
    struct snapshot snapshot;
    struct error err;
};

static bool name_subject(struct live *live, const char *stage)
{
    struct arena *a = &live->arena;
    live->subject = (struct subject){
        .stage = stage,
        .cluster = arena_printf(a, "migration-%s-ecs-cluster", stage),
        .load_balancer = arena_printf(a, "MigrationAssistant-%s", stage),
        .arms = {{.service = arena_printf(a, "migration-%s-capture-proxy", stage),
                  .target_group = arena_printf(a, "ALBSourceProxy-%s-TG", stage)},
                 {.service = arena_printf(a, "migration-%s-target-cluster-proxy", stage),
                  .target_group = arena_printf(a, "ALBTargetProxy-%s-TG", stage)}},
    };
    return true;
}

static bool observe(struct live *live, const struct subject *subject, unsigned facts)
{
    return live->cloud.observe(live->cloud.self, &live->snapshot, subject, facts, HOUR_MS,
                               &live->err);
}

static void print_snapshot(const struct snapshot *snapshot)
{
    struct text out = {0};
    struct json_writer w = {.out = &out};
    snapshot_write_json(&w, snapshot);
    fputs(text_cstr(&out), stdout);
    text_clear(&out);
}

static bool perform(struct live *live, const struct mutation *mutation)
{
    struct receipt receipt;
    bool ok = live->cloud.perform(live->cloud.self, &receipt, &live->snapshot.subject, mutation,
                                  &live->err);
    printf("{\"request_id\": \"%s\", \"outcome_unknown\": %s}\n", receipt.request_id,
           receipt.outcome_unknown ? "true" : "false");
    return ok;
}

static bool shift(struct live *live, int permille)
{
    const struct subject *s = &live->snapshot.subject;
    struct routing routing;
    routing_with_share(&routing, &live->arena, &live->snapshot.listener->routing,
                       s->arms[ARM_SOURCE].target_group_arn, s->arms[ARM_TARGET].target_group_arn,
                       permille);
    const struct mutation mutation = {.kind = MUTATION_ROUTING, .routing = &routing};
    return perform(live, &mutation);
}

static bool measure(struct live *live)
{
    struct series series;
    int64_t now = live->clock.wall(live->clock.self);
    if (!live->cloud.measure(live->cloud.self, &series, &live->arena, &live->snapshot.subject,
                             now - 15 * MINUTE_MS, now, true, &live->err))
        return false;
    struct text out = {0};
    struct json_writer w = {.out = &out};
    series_write_json(&w, NULL, &series);
    puts(text_cstr(&out));
    text_clear(&out);
    return true;
}

static bool print_tasks(struct live *live)
{
    struct stopped_task tasks[10];
    size_t n;
    if (!live->cloud.stopped_tasks(live->cloud.self, tasks, 10, &n, &live->arena,
                                   &live->snapshot.subject, ARM_TARGET, &live->err))
        return false;
    struct text out = {0};
    struct json_writer w = {.out = &out};
    json_open_array(&w, NULL);
    for (size_t i = 0; i < n; i++) {
        json_open_object(&w, NULL);
        json_put_string(&w, "task", tasks[i].task);
        json_put_string(&w, "stopped", tasks[i].stopped);
        json_put_int(&w, "stopped_at", tasks[i].stopped_at);
        json_close_object(&w);
    }
    json_close_array(&w);
    fputs(text_cstr(&out), stdout);
    text_clear(&out);
    return true;
}

static bool run(struct live *live, const char *verb, const char *argument)
{
    if (strcmp(verb, "cold") == 0 || strcmp(verb, "warm") == 0) {
        bool ok = observe(live, &live->subject, FACTS_PLAN);
        if (ok && verb[0] == 'w')
            ok = observe(live, &live->snapshot.subject, FACTS_PLAN & ~(unsigned)FACT_RULES);
        print_snapshot(&live->snapshot);
        return ok;
    }
    if (!observe(live, &live->subject, FACTS_SUBJECT))
        return false;
    if (strcmp(verb, "scale") == 0) {
        const struct mutation mutation = {
            .kind = MUTATION_COUNT, .arm = ARM_TARGET, .count = atoi(argument)};
        return perform(live, &mutation);
    }
    if (strcmp(verb, "shift") == 0)
        return shift(live, atoi(argument));
    return strcmp(verb, "measure") == 0 ? measure(live) : print_tasks(live);
}

int main(int argc, char **argv)
{
    struct live live = {0};
    if (argc < 3)
        return 2;
    local_clock_init(&live.local_clock, &live.clock, NULL, NULL, NULL, -1);
    snapshot_init(&live.snapshot);
    bool ok = aws_config_read(&live.config, NULL, NULL, &live.err);
    struct aws_client_options options = {.config = &live.config, .find = credentials_find};
    ok = ok && aws_client_new(&live.client, &options, &live.err);
    live.self = (struct aws_cloud){.client = live.client, .clock = &live.clock};
    aws_cloud_init(&live.cloud, &live.self);
    ok = ok && name_subject(&live, argv[2]) && run(&live, argv[1], argc > 3 ? argv[3] : "");
    if (!ok)
        fprintf(stderr, "%s (%s)\n%s\n", live.err.message, error_kind_name(live.err.kind),
                live.err.hint);
    snapshot_clear(&live.snapshot);
    arena_clear(&live.arena);
    aws_client_free(live.client);
    aws_config_clear(&live.config);
    return ok ? 0 : 1;
}
