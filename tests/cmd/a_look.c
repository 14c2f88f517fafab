#include "tests/unit.h"

#include "tests/cmd/a_look.h"

#include "planner/base/time.h"
#include "tests/cmd/prod.h"

enum { HOUR_MINUTES = 60, UNKNOWN_AT = 30, SETTLED_AT = 56 };

#define LOOK_AT (PROD_NOW + 7 * MINUTE_MS + 12 * SECOND_MS)

void a_look_put(struct a_look *a, enum arm arm, enum arm_metric metric, int64_t at, int64_t value)
{
    series_put(&a->samples, &a->samples.arms[arm][metric], at, value);
}

/* An hour that ends with the look: the target comes in at minute 53, and nobody reported in 30. */
static void fill_samples(struct a_look *a)
{
    int64_t start = PROD_NOW + (7 - HOUR_MINUTES) * MINUTE_MS;
    series_init(&a->samples, &a->plan.arena, start, HOUR_MINUTES);
    for (int m = 0; m < HOUR_MINUTES; m++) {
        int64_t at = start + m * MINUTE_MS;
        if (m == UNKNOWN_AT)
            continue;
        bool shifted = m >= 53;
        a_look_put(a, ARM_SOURCE, METRIC_REQUESTS, at, shifted ? 882 : 1000 + 3 * m);
        a_look_put(a, ARM_SOURCE, METRIC_4XX, at, 11);
        a_look_put(a, ARM_SOURCE, METRIC_TIME_P90, at, 42000);
        if (!shifted)
            continue;
        a_look_put(a, ARM_TARGET, METRIC_REQUESTS, at, 294);
        a_look_put(a, ARM_TARGET, METRIC_4XX, at, 4);
        a_look_put(a, ARM_TARGET, METRIC_5XX, at, 1);
        a_look_put(a, ARM_TARGET, METRIC_TIME_P90, at, 61500);
    }
}

static void stand(struct a_look *a, enum gate gate, enum gate_verdict verdict, const char *name,
                  const char *words)
{
    a->report.standings[gate] =
        (struct gate_standing){.verdict = verdict, .name = name, .words = words};
}

static void judge(struct a_look *a)
{
    a->report = (struct gate_report){.outcome = GATES_INCONCLUSIVE, .judged = 4, .unknown = 1};
    stand(a, GATE_ERRORS, GATE_OK, "errors", "");
    stand(a, GATE_CLIENT_ERRORS, GATE_WAITS, "client_errors", "needs 340 more requests");
    stand(a, GATE_LATENCY, GATE_SUSPECT, "latency", "failing 2 of 3 minutes");
    stand(a, GATE_HEALTH, GATE_WAITS, "health", "2 of 3 targets are healthy");
    stand(a, GATE_TRAFFIC, GATE_OK, "traffic", "");
    stand(a, GATE_CHECKS, GATE_UNUSED, "checks", "the plan file has none");
}

void a_look_begin(struct a_look *a)
{
    *a = (struct a_look){0};
    prod_snapshot(&a->live);
    prod_plan(&a->plan, "switchover: 1\nstage: prod\n", &a->live, NULL);
    a->plan.live.desired[ARM_TARGET] = 3;
    for (size_t i = 0; i < a->plan.action_count; i++)
        if (a->plan.actions[i].kind == ACTION_SCALE)
            a->plan.actions[i].after.count = 3;
    a->plan.file.gates.latency_percentile = 90;
    prod_target(&a->live, 2);
    a->live.arms[ARM_TARGET].group.health[HEALTH_UNHEALTHY] = 1;
    prod_routing(&a->live, "S750 T250");
    fill_samples(a);
    judge(a);
    a->action = (struct action){.kind = ACTION_HOLD,
                                .arm = ARM_TARGET,
                                .address = "hold[25%]",
                                .target_permille = 250,
                                .duration_ms = A_LOOK_HOLD_S * SECOND_MS};
    a->look = (struct look){.at = LOOK_AT,
                            .plan = &a->plan,
                            .action = &a->action,
                            .started_at = PROD_NOW,
                            .ends_at = PROD_NOW + A_LOOK_HOLD_S * SECOND_MS,
                            .routing = &a->live.listener->routing,
                            .routing_read_at = LOOK_AT - 12 * SECOND_MS,
                            .live = &a->live,
                            .samples = &a->samples,
                            .gates = &a->report};
}

void a_look_drain(struct a_look *a)
{
    a_look_begin(a);
    a->action = (struct action){.kind = ACTION_DRAIN,
                                .arm = ARM_SOURCE,
                                .address = "drain[source]",
                                .target_permille = 1000,
                                .duration_ms = 5 * MINUTE_MS,
                                .timeout_ms = 2 * HOUR_MS};
    for (int gate = 0; gate < GATE_CHECKS; gate++)
        a->report.standings[gate].verdict = GATE_OK;
    a->drain = (struct drain){.verdict = DRAIN_QUIET,
                              .quiet_ms = 2 * MINUTE_MS,
                              .last_busy_at = PROD_NOW + MINUTE_MS,
                              .last_requests = 12,
                              .newest_settled_at = PROD_NOW + 3 * MINUTE_MS};
    prod_routing(&a->live, "S0 T1");
    a->look.drain = &a->drain;
    a->look.ends_at = 0;
}

void a_look_end(struct a_look *a)
{
    plan_clear(&a->plan);
    snapshot_clear(&a->live);
}
