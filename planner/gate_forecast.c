#include "planner/gate_forecast.h"

#include <math.h>

#include "planner/base/time.h"
#include "planner/gate_parts.h"

enum { MINUTES_MOST = 24 * 60 };

void gate_forecast_observe(struct gate_forecast_input *out, const struct series *recent)
{
    struct gate_input in = {.baseline = recent};
    struct baseline_rate errors = gate_baseline_rate(&in, METRIC_5XX);
    struct baseline_rate client_errors = gate_baseline_rate(&in, METRIC_4XX);
    out->minutes = errors.minutes;
    out->requests = errors.minutes ? (double)errors.requests / (double)errors.minutes : 0;
    out->error_rate = errors.requests ? (double)errors.bad / (double)errors.requests : 0;
    out->client_error_rate =
        client_errors.requests ? (double)client_errors.bad / (double)client_errors.requests : 0;
}

/* What a minute has on average. */
static void split(double requests[ARM_COUNT], const struct gate_forecast_input *in)
{
    requests[ARM_TARGET] = in->requests * in->target_permille / 1000;
    requests[ARM_SOURCE] = in->requests - requests[ARM_TARGET];
}

static int64_t minutes_to_pass(const struct gate_forecast_input *in)
{
    double requests[ARM_COUNT];
    split(requests, in);
    if (in->gates->min_requests <= GATE_MINUTES * requests[ARM_TARGET])
        return GATE_MINUTES;
    double minutes = ceil((double)in->gates->min_requests / requests[ARM_TARGET]);
    return minutes <= MINUTES_MOST ? (int64_t)minutes : GATE_FORECAST_NEVER;
}

static double error_limit(const struct gate_forecast_input *in)
{
    const struct count_gate *gate = &in->gates->errors;
    return fmin(
        1, fmax(in->error_rate * (double)gate->tolerate / 1000, (double)gate->ignore_below / 1e6));
}

/* What so many minutes of the expected counts come to. */
static bool guard_catches(const struct gate_forecast_input *in, int minutes, double errors,
                          double requests)
{
    double max_rate = (double)in->gates->max_rate / 1e6;
    if (errors >= GUARD_SINGLE_LEAST && errors / requests >= GUARD_SINGLE_TIMES * max_rate)
        return true;
    int window = minutes < GUARD_MINUTES ? minutes : GUARD_MINUTES;
    return window * errors >= GUARD_ERRORS_LEAST &&
           wilson_lower(window * errors, window * requests, GATE_Z) > max_rate;
}

static struct count_null null_of(const struct gate_forecast_input *in)
{
    const struct count_gate *gate = &in->gates->errors;
    double baseline = in->requests * (double)in->minutes;
    if (in->target_permille < 1000)
        return (struct count_null){.tolerate = (double)gate->tolerate / 1000};
    return gate_count_null_rate(gate, in->error_rate * baseline, baseline, in->holds);
}

/* Of the smallest number of minutes whose expected evidence is enough. */
static int minutes_to_fail(const struct gate_forecast_input *in, double rate)
{
    struct count_null null = null_of(in);
    double logs[GATE_RATIOS] = {0}, requests[ARM_COUNT], errors[ARM_COUNT];
    split(requests, in);
    errors[ARM_SOURCE] = requests[ARM_SOURCE] * in->error_rate;
    errors[ARM_TARGET] = requests[ARM_TARGET] * rate;
    bool counts = rate >= (double)in->gates->errors.ignore_below / 1e6;
    double with_errors = 1 - exp(-errors[ARM_TARGET]);
    for (int minutes = 1; minutes <= MINUTES_MOST; minutes++) {
        gate_count_step(logs, &null, minutes, errors, requests);
        if (guard_catches(in, minutes, errors[ARM_TARGET], requests[ARM_TARGET]))
            return minutes;
        if (counts && minutes * errors[ARM_TARGET] >= COUNT_ERRORS_LEAST &&
            minutes * with_errors >= COUNT_MINUTES_LEAST - 0.5 &&
            gate_count_evidence(logs) >= gate_count_threshold(in->holds))
            return minutes;
    }
    return GATE_FORECAST_NEVER;
}

/* The shift's own minute is skipped. */
static int64_t hold_of(int64_t minutes)
{
    return (minutes + 1) * MINUTE_MS;
}

int64_t gate_forecast_failing(const struct gate_forecast_input *in, double rate)
{
    double requests[ARM_COUNT];
    split(requests, in);
    if (requests[ARM_TARGET] <= 0 || (in->target_permille < 1000 && requests[ARM_SOURCE] <= 0))
        return GATE_FORECAST_NEVER;
    int minutes = minutes_to_fail(in, fmin(1, rate));
    return minutes == GATE_FORECAST_NEVER ? GATE_FORECAST_NEVER
                                          : hold_of(minutes) + SERIES_SETTLED_AFTER_MS;
}

void gate_forecast(struct gate_forecast *out, const struct gate_forecast_input *in)
{
    double requests[ARM_COUNT];
    split(requests, in);
    *out = (struct gate_forecast){
        .hold_ms = GATE_FORECAST_NEVER,
        .decided_ms = GATE_FORECAST_NEVER,
        .latency_requests = gate_latency_requests(in->gates->latency_percentile),
        .error_limit = error_limit(in),
    };
    int64_t minutes = requests[ARM_TARGET] > 0 ? minutes_to_pass(in) : GATE_FORECAST_NEVER;
    if (minutes != GATE_FORECAST_NEVER) {
        out->hold_ms = hold_of(minutes);
        out->decided_ms = out->hold_ms + SERIES_SETTLED_AFTER_MS;
    }
    double least = (double)out->latency_requests;
    out->judges_latency = requests[ARM_TARGET] >= least &&
                          (in->target_permille >= 1000 || requests[ARM_SOURCE] >= least);
    out->three_ms = gate_forecast_failing(in, 3 * out->error_limit);
    out->ten_ms = gate_forecast_failing(in, 10 * out->error_limit);
}
