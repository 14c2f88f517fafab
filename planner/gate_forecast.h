/*
 * How long a step needs before its gates can decide, from the traffic that was observed: for the
 * plan, before anything is shifted. Expectations, not promises: half of the times it takes longer.
 */
#ifndef PLANNER_GATE_FORECAST_H
#define PLANNER_GATE_FORECAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "planner/planfile.h"
#include "planner/series.h"

struct gate_forecast_input {
    const struct planfile_gates *gates;
    int target_permille;
    size_t holds; /* of the whole plan */
    /* What was observed, as gate_forecast_observe() finds it: */
    int64_t minutes;          /* known ones; 0: nothing can be said */
    double requests;          /* a minute, of both groups together */
    double error_rate;        /* 5XX of the source's requests, 0 to 1 */
    double client_error_rate; /* 4XX */
};

/* Fills the observed part from the source's minutes (the baseline, or the snapshot's recent ones).
 */
void gate_forecast_observe(struct gate_forecast_input *out, const struct series *recent);

enum { GATE_FORECAST_NEVER = -1 }; /* not within a day */

struct gate_forecast {
    /* The shortest hold that can pass: the shift's own minute, which is skipped, and as many whole
     * ones as must be judged. Durations; GATE_FORECAST_NEVER. */
    int64_t hold_ms;
    int64_t decided_ms;       /* from the shift until that hold's last minute has settled */
    int64_t latency_requests; /* a minute on each group, that judging the percentile needs */
    bool judges_latency;      /* there will be so many */
    double error_limit;       /* the highest 5XX rate on the target that is tolerated, 0 to 1 */
    int64_t three_ms, ten_ms; /* from the shift until three and ten times that would fail */
};

void gate_forecast(struct gate_forecast *out, const struct gate_forecast_input *in);

/* From the shift until a target with this 5XX rate (0 to 1) is expected to fail, its last minute
 * having settled; GATE_FORECAST_NEVER. */
int64_t gate_forecast_failing(const struct gate_forecast_input *in, double rate);

#endif
