#include "tests/unit.h"

#include "tests/planner/gate_stage.h"

enum { USUAL_REQUESTS = 1200, USUAL_P90_US = 100000 };

static struct column *column_of(struct series *series, enum arm arm, enum arm_metric metric)
{
    return &series->arms[arm][metric];
}

static void put(struct series *series, enum arm arm, enum arm_metric metric, size_t minute,
                int64_t value)
{
    if (value >= 0)
        series_put(series, column_of(series, arm, metric), series_minute_at(series, minute), value);
}

static void put_minute(struct series *series, enum arm arm, size_t minute, struct stage_minute what)
{
    int64_t bad =
        (what.errors > 0 ? what.errors : 0) + (what.client_errors > 0 ? what.client_errors : 0);
    put(series, arm, METRIC_REQUESTS, minute, what.requests);
    put(series, arm, METRIC_5XX, minute, what.errors);
    put(series, arm, METRIC_4XX, minute, what.client_errors);
    put(series, arm, METRIC_2XX, minute, what.requests > bad ? what.requests - bad : -1);
    put(series, arm, METRIC_TIME_P90, minute, what.p90_us);
}

void stage_begin(struct gate_stage *stage, int target_permille)
{
    *stage = (struct gate_stage){
        .gates = {.errors = {1500, 1000},
                  .client_errors = {2000, 10000},
                  .max_rate = 10000,
                  .latency_percentile = 90,
                  .latency_tolerate = 1250,
                  .latency_slack_us = 50000,
                  .min_requests = 300},
    };
    series_init(&stage->samples, &stage->arena, STAGE_START, STAGE_MINUTES);
    series_init(&stage->baseline, &stage->arena, STAGE_START - HOUR_MS, 60);
    for (size_t m = 0; m < stage->baseline.minutes; m++)
        put_minute(&stage->baseline, ARM_SOURCE, m,
                   (struct stage_minute){USUAL_REQUESTS, 0, 0, USUAL_P90_US});
    gate_sums_begin(&stage->sums, &stage->arena, "hold", STAGE_START + 20 * SECOND_MS);
    stage->in = (struct gate_input){.gates = &stage->gates,
                                    .samples = &stage->samples,
                                    .baseline = &stage->baseline,
                                    .target_permille = target_permille,
                                    .planned_targets = 3,
                                    .holds = 1};
}

void stage_clear(struct gate_stage *stage)
{
    arena_clear(&stage->arena);
}

void stage_put(struct gate_stage *stage, enum arm arm, size_t minute, struct stage_minute what)
{
    put_minute(&stage->samples, arm, minute, what);
}

void stage_quiet(struct gate_stage *stage, size_t from, size_t to, int64_t requests)
{
    int64_t target = requests * stage->in.target_permille / 1000;
    for (size_t m = from; m < to; m++) {
        stage_put(stage, ARM_TARGET, m, (struct stage_minute){target, 0, 0, USUAL_P90_US});
        if (requests > target)
            stage_put(stage, ARM_SOURCE, m,
                      (struct stage_minute){requests - target, 0, 0, USUAL_P90_US});
    }
}

void stage_put_elb_5xx(struct gate_stage *stage, size_t minute, int64_t count)
{
    series_put(&stage->samples, &stage->samples.common[METRIC_ELB_5XX],
               series_minute_at(&stage->samples, minute), count);
}

const struct gate_report *stage_look_at(struct gate_stage *stage, int64_t now)
{
    stage->in.now = now;
    if (!stage->in.health.at[1])
        stage->in.health = (struct health_looks){{now - 30 * SECOND_MS, now}, {3, 3}};
    else if (stage->in.health.healthy[1] == 3)
        health_looks_add(&stage->in.health, now, 3);
    gate_sums_advance(&stage->sums, &stage->in);
    gates_judge(&stage->report, &stage->arena, &stage->sums, &stage->in);
    return &stage->report;
}

const struct gate_report *stage_look(struct gate_stage *stage, size_t minutes)
{
    return stage_look_at(stage,
                         STAGE_START + (int64_t)minutes * MINUTE_MS + SERIES_SETTLED_AFTER_MS);
}

void stage_expect(const struct gate_stage *stage, enum gate gate, enum gate_verdict verdict,
                  const char *words)
{
    const struct gate_standing *standing = &stage->report.standings[gate];
    if (standing->verdict != verdict || (words && !strstr(standing->words, words)))
        fail_msg("%s: %s, \"%s\"; expected %s, \"%s\"", gate_name(gate),
                 gate_verdict_name(standing->verdict), standing->words, gate_verdict_name(verdict),
                 words ? words : "");
}
