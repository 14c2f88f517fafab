#include <stdlib.h>

#include "planner/base/time.h"
#include "planner/gate_parts.h"

enum {
    SLOW_LEAST = 3, /* of the last GATE_MINUTES */
    TAIL_LEAST = 10 /* requests beyond the percentile, or it is an accident */
};

struct latency {
    enum arm_metric metric;
    int64_t requests_least;                /* a minute */
    int64_t baseline;                      /* microseconds; at 100 %; -1: none */
    int64_t enough;                        /* minutes with requests enough */
    int64_t judged;                        /* ... and percentiles */
    unsigned enough_lately, judged_lately; /* a bit for each of the last GATE_MINUTES_WITHIN */
    unsigned recent;      /* a bit for each of the last GATE_MINUTES: it was slow */
    bool failed;          /* at some minute, SLOW_LEAST were */
    int64_t value, limit; /* of the newest judged; of the minute that failed */
};

int64_t gate_latency_requests(int percentile)
{
    return (int64_t)TAIL_LEAST * 100 / (100 - percentile);
}

static enum arm_metric metric_of(int percentile)
{
    return percentile == 50   ? METRIC_TIME_P50
           : percentile == 99 ? METRIC_TIME_P99
                              : METRIC_TIME_P90;
}

static int ascending(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* The 90th percentile (nearest rank) of the baseline's minutes; busy ones where there are any. */
static int64_t baseline_latency(const struct judging *j, const struct latency *l)
{
    const struct series *baseline = j->in->baseline;
    int64_t requests;
    size_t n = 0;
    if (!baseline)
        return -1;
    const struct column *column = &baseline->arms[ARM_SOURCE][l->metric];
    int64_t *values = arena_alloc(j->arena, baseline->minutes * sizeof *values);
    for (int64_t least = l->requests_least; !n && least >= 0;
         least = least == l->requests_least ? 0 : -1)
        for (size_t m = 0; m < baseline->minutes; m++)
            if (column->present[m] &&
                series_count(baseline, ARM_SOURCE, METRIC_REQUESTS, m, &requests) &&
                requests >= least)
                values[n++] = column->values[m];
    if (!n)
        return -1;
    qsort(values, n, sizeof *values, ascending);
    return values[(9 * n + 9) / 10 - 1];
}

/* What the source's percentile in that minute was; at 100 % the baseline's. */
static bool reference(int64_t *out, const struct judging *j, const struct latency *l, size_t minute)
{
    const struct column *source = &j->in->samples->arms[ARM_SOURCE][l->metric];
    *out = j->in->target_permille >= 1000 ? l->baseline : source->values[minute];
    return j->in->target_permille >= 1000 || source->present[minute];
}

static void add_minute(struct latency *l, const struct judging *j, size_t index)
{
    const struct planfile_gates *gates = j->in->gates;
    const struct column *target = &j->in->samples->arms[ARM_TARGET][l->metric];
    bool full = j->in->target_permille >= 1000;
    struct gate_minute minute;
    int64_t other;
    gate_minute_read(&minute, j->in, index);
    if (minute.settled) {
        l->enough_lately = (l->enough_lately << 1) & ((1U << GATE_MINUTES_WITHIN) - 1);
        l->judged_lately = (l->judged_lately << 1) & ((1U << GATE_MINUTES_WITHIN) - 1);
    }
    if (!minute.known || minute.requests[ARM_TARGET] < l->requests_least ||
        (!full && minute.requests[ARM_SOURCE] < l->requests_least))
        return;
    l->enough++;
    l->enough_lately |= 1;
    if (!target->present[index] || !reference(&other, j, l, index))
        return;
    l->judged++;
    l->judged_lately |= 1;
    if (l->failed)
        return;
    l->value = target->values[index];
    l->limit =
        (int64_t)((double)other * (double)gates->latency_tolerate / 1000) + gates->latency_slack_us;
    l->recent = (l->recent << 1 | (l->value > l->limit)) & ((1U << GATE_MINUTES) - 1);
    l->failed = __builtin_popcount(l->recent) >= SLOW_LEAST;
}

static long long ms(int64_t us)
{
    return (long long)((us + 500) / 1000);
}

static void say(const struct judging *j, struct gate_finding *out, const struct latency *l)
{
    int percentile = j->in->gates->latency_percentile, slow = __builtin_popcount(l->recent);
    int enough = __builtin_popcount(l->enough_lately), known = __builtin_popcount(l->judged_lately);
    int wanted = enough < GATE_MINUTES ? enough : GATE_MINUTES;
    if (j->in->target_permille >= 1000 && l->baseline < 0)
        return gate_say(j, out, GATE_UNUSED, true, "no baseline of p%d to compare with",
                        percentile);
    if (l->failed)
        return gate_say(j, out, GATE_FAILS, false,
                        "p%d %lld ms, limit %lld ms: slow in %d of %d minutes", percentile,
                        ms(l->value), ms(l->limit), slow, GATE_MINUTES);
    if (!j->sums->judged)
        return gate_say(j, out, GATE_WAITS, false, "no minute is known yet");
    if (!l->enough)
        return gate_say(j, out, GATE_UNUSED, true,
                        "not judged: p%d needs %lld requests a minute on each group", percentile,
                        (long long)l->requests_least);
    if (!l->judged)
        return gate_say(j, out, GATE_WAITS, false, "p%d is not known in any of %lld minutes",
                        percentile, (long long)l->enough);
    if (slow)
        return gate_say(j, out, GATE_SUSPECT, known >= wanted,
                        "p%d %lld ms, limit %lld ms: slow in %d of the last %d minutes, fails with "
                        "%d",
                        percentile, ms(l->value), ms(l->limit), slow, GATE_MINUTES, SLOW_LEAST);
    if (known < wanted)
        return gate_say(j, out, GATE_WAITS, false, "p%d is known in only %d of %d minutes",
                        percentile, known, enough);
    gate_say(j, out, GATE_OK, true, "p%d %lld ms, limit %lld ms", percentile, ms(l->value),
             ms(l->limit));
}

void gate_judge_latency(const struct judging *j, struct gate_finding *out)
{
    int percentile = j->in->gates->latency_percentile;
    struct latency l = {.metric = metric_of(percentile),
                        .requests_least = gate_latency_requests(percentile)};
    l.baseline = baseline_latency(j, &l);
    if (j->in->target_permille < 1000 || l.baseline >= 0)
        for (size_t m = gate_first_minute(j->sums, j->in); m < j->in->samples->minutes; m++)
            add_minute(&l, j, m);
    say(j, out, &l);
}
