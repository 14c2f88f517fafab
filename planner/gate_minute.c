#include <math.h>

#include "planner/base/time.h"
#include "planner/gate_parts.h"

static int64_t read_at(const struct gate_input *in)
{
    return in->samples_read_at && in->samples_read_at < in->now ? in->samples_read_at : in->now;
}

/* Without requests there are no codes either. */
static bool read_code(int64_t *count, const struct series *series, enum arm arm,
                      enum arm_metric metric, size_t minute, int64_t requests)
{
    if (series_count(series, arm, metric, minute, count))
        return *count >= 0;
    *count = 0;
    return requests == 0;
}

static bool read_arm(struct gate_minute *out, const struct series *series, enum arm arm,
                     size_t minute)
{
    int64_t requests;
    if (!series_count(series, arm, METRIC_REQUESTS, minute, &requests) || requests < 0)
        return false;
    out->requests[arm] = requests;
    return read_code(&out->client_errors[arm], series, arm, METRIC_4XX, minute, requests) &&
           read_code(&out->errors[arm], series, arm, METRIC_5XX, minute, requests);
}

static int64_t seen(const struct column *column, size_t minute)
{
    return column->present[minute] && column->values[minute] > 0 ? column->values[minute] : 0;
}

void gate_minute_read(struct gate_minute *out, const struct gate_input *in, size_t minute)
{
    const struct series *series = in->samples;
    const struct column *target = series->arms[ARM_TARGET];
    *out = (struct gate_minute){
        .at = series_minute_at(series, minute),
        .settled = series_settled(series, minute, read_at(in)),
        .seen_requests = seen(&target[METRIC_REQUESTS], minute),
        .seen_errors = seen(&target[METRIC_5XX], minute),
        .seen_elb_5xx = seen(&series->common[METRIC_ELB_5XX], minute),
    };
    for (int metric = METRIC_2XX; metric <= METRIC_5XX; metric++)
        out->answered += seen(&target[metric], minute);
    bool source = read_arm(out, series, ARM_SOURCE, minute);
    out->known = read_arm(out, series, ARM_TARGET, minute) && source && out->settled;
}

void gate_sum(int64_t *sum, int64_t n)
{
    const int64_t most = INT64_C(1) << 53;
    *sum = *sum < most - n ? *sum + n : most;
}

size_t gate_first_minute(const struct gate_sums *sums, const struct gate_input *in)
{
    size_t minute = 0;
    if (sums->since > in->samples->start_at && !series_index(in->samples, sums->since, &minute))
        return in->samples->minutes;
    return minute;
}

int64_t gate_known_lately(const struct gate_sums *sums, const struct gate_input *in,
                          int64_t *settled)
{
    const struct series *series = in->samples;
    int64_t end = minute_floor(in->now - SERIES_SETTLED_AFTER_MS), known = 0;
    int64_t begin = end - (int64_t)GATE_MINUTES_WITHIN * MINUTE_MS;
    if (begin < sums->since)
        begin = sums->since;
    *settled = end > begin ? (end - begin) / MINUTE_MS : 0;
    for (int64_t at = begin; at < end; at += MINUTE_MS) {
        struct gate_minute minute;
        size_t index;
        if (!series_index(series, at, &index))
            continue;
        gate_minute_read(&minute, in, index);
        known += minute.known;
    }
    return known;
}

/* ---- rates ---- */

static double wilson(double bad, double n, double z, double side)
{
    double p = bad / n, z2 = z * z;
    double middle = p + z2 / (2 * n), half = z * sqrt(p * (1 - p) / n + z2 / (4 * n * n));
    double bound = (middle + side * half) / (1 + z2 / n);
    return bound < 0 ? 0 : bound > 1 ? 1 : bound;
}

double wilson_lower(double bad, double n, double z)
{
    return n > 0 ? wilson(bad < n ? bad : n, n, z, -1) : 0;
}

double wilson_upper(double bad, double n, double z)
{
    return n > 0 ? wilson(bad < n ? bad : n, n, z, 1) : 1;
}

struct baseline_rate gate_baseline_rate(const struct gate_input *in, enum arm_metric metric)
{
    struct baseline_rate rate = {0};
    for (size_t m = 0; in->baseline && m < in->baseline->minutes; m++) {
        int64_t requests, bad;
        if (!series_count(in->baseline, ARM_SOURCE, METRIC_REQUESTS, m, &requests) ||
            requests < 0 || !read_code(&bad, in->baseline, ARM_SOURCE, metric, m, requests))
            continue;
        rate.minutes++;
        rate.requests += requests;
        rate.bad += bad;
    }
    return rate;
}

struct baseline_rate gate_baseline_elb_rate(const struct gate_input *in)
{
    struct baseline_rate rate = {0};
    for (size_t m = 0; in->baseline && m < in->baseline->minutes; m++) {
        int64_t requests[ARM_COUNT], elb = seen(&in->baseline->common[METRIC_ELB_5XX], m);
        bool known = true;
        for (enum arm arm = 0; arm < ARM_COUNT; arm++)
            known = series_count(in->baseline, arm, METRIC_REQUESTS, m, &requests[arm]) &&
                    requests[arm] >= 0 && known;
        if (!known)
            continue;
        rate.minutes++;
        rate.requests += requests[ARM_SOURCE] + requests[ARM_TARGET] + elb;
        rate.bad += elb;
    }
    return rate;
}

const char *gate_percent(struct arena *arena, double rate)
{
    double percent = 100 * rate;
    if (percent > 0 && percent < 0.001)
        return "under 0.001 %";
    return arena_printf(arena, percent < 99.95 ? "%.3g %%" : "%.0f %%", percent);
}

const char *gate_factor(struct arena *arena, int64_t thousandths)
{
    return arena_printf(arena, "%.6g", (double)thousandths / 1000);
}
