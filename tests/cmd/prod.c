#include "tests/unit.h"

#include "tests/cmd/prod.h"

#include "planner/base/time.h"
#include "planner/precondition.h"
#include "tests/planner/make.h"

enum { MINUTES = 60 };

static void fill(struct series *series, struct column *column, int64_t value)
{
    for (size_t m = 0; m < series->minutes; m++)
        series_put(series, column, series_minute_at(series, m), value);
}

static void add_rollout(struct snapshot *live, struct service_snapshot *service)
{
    struct rollout *rollout = arena_append(&live->arena, &service->rollouts,
                                           &service->rollout_count, sizeof *service->rollouts);
    *rollout = (struct rollout){
        "ecs-svc/1", "PRIMARY", "COMPLETED", service->desired, service->running, 0, 0};
}

static void fill_arm(struct snapshot *live, enum arm arm, int64_t count)
{
    struct arm_snapshot *out = &live->arms[arm];
    const struct arm_subject *subject = &live->subject.arms[arm];
    out->service = (struct service_snapshot){.found = true,
                                             .arn = subject->service_arn,
                                             .status = "ACTIVE",
                                             .desired = count,
                                             .running = count};
    add_rollout(live, &out->service);
    const char **group = arena_append(&live->arena, &out->service.target_groups,
                                      &out->service.target_group_count, sizeof *group);
    *group = subject->target_group_arn;
    out->group = (struct group_snapshot){.found = true, .arn = subject->target_group_arn};
    out->group.health[HEALTH_HEALTHY] = count;
}

static struct listener_snapshot *add_listener(struct snapshot *live, int port, const char *words)
{
    struct listener_snapshot *out = arena_append(&live->arena, &live->listeners,
                                                 &live->listener_count, sizeof *live->listeners);
    *out = (struct listener_snapshot){.arn = live->subject.listener_arn,
                                      .port = port,
                                      .protocol = "HTTPS",
                                      .routing = make_routing(&live->arena, words)};
    return out;
}

void prod_snapshot(struct snapshot *out)
{
    snapshot_init(out);
    make_subject(&out->subject);
    out->taken_at = PROD_NOW;
    out->known = FACTS_PLAN;
    out->load_balancer = (struct load_balancer_snapshot){
        .found = true, .arn = out->subject.load_balancer_arn, .state = "active"};
    add_listener(out, 9200, "S1 T0");
    add_listener(out, 9201, "S1")->arn = MAKE_ARN "listener/app/MigrationAssistant-prod/dddd/ffff";
    out->listener = &out->listeners[0];
    fill_arm(out, ARM_SOURCE, 2);
    fill_arm(out, ARM_TARGET, 0);
    series_init(&out->recent, &out->arena, PROD_NOW - MINUTES * MINUTE_MS, MINUTES);
    fill(&out->recent, &out->recent.arms[ARM_SOURCE][METRIC_REQUESTS], 20);
    fill(&out->recent, &out->recent.arms[ARM_SOURCE][METRIC_HEALTHY], 2);
    fill(&out->recent, &out->recent.common[METRIC_ACTIVE_CONNECTIONS], 40);
    fill(&out->recent, &out->recent.common[METRIC_NEW_CONNECTIONS], 20);
    fill(&out->recent, &out->recent.common[METRIC_REPLAY_LAG], 1500);
}

void prod_target(struct snapshot *live, int64_t count)
{
    fill_arm(live, ARM_TARGET, count);
}

void prod_rate(struct snapshot *live, int64_t requests)
{
    if (requests < 0)
        series_init(&live->recent, &live->arena, live->recent.start_at, live->recent.minutes);
    else
        fill(&live->recent, &live->recent.arms[ARM_SOURCE][METRIC_REQUESTS], requests);
}

void prod_routing(struct snapshot *live, const char *words)
{
    live->listeners[0].routing = make_routing(&live->arena, words);
}

void prod_planfile(struct planfile *out, const char *yaml)
{
    struct arena arena = {0};
    struct diagnostics list = {.arena = &arena};
    if (!planfile_read(out, "prod.yaml", yaml, strlen(yaml), precondition_waivable, &list))
        fail_msg("%s", list.items[0].message);
    arena_clear(&arena);
}

void prod_plan(struct plan *out, const char *yaml, const struct snapshot *live,
               const struct state *state)
{
    struct planfile file;
    struct provenance provenance = {.in_repository = true,
                                    .commit = "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d",
                                    .author = "Ann Example <ann@example.org>",
                                    .committed_at = PROD_NOW - HOUR_MS,
                                    .branch = "main",
                                    .path = "cutover/prod.yaml",
                                    .clean = true};
    struct surroundings around = {.now = PROD_NOW, .interactive = true, .state_is_local = true};
    prod_planfile(&file, yaml);
    plan_make(out, &file, live, state, &provenance, &around);
    planfile_clear(&file);
}
