/*
 * Whether the traffic is where the weights say. It never fails: weights that are not obeyed are no
 * fault of the target's, but what was judged is then not what was meant.
 *
 * Near its weight: within a fifth of the weight, at most 10 percentage points (what bypasses the
 * default action, at 100 % say), and three standard deviations more. Requests that share a
 * connection may share their fate, so that ten requests count as one draw: at 1 % and 20 requests a
 * second a share of 0 to 2.4 % is near, at 500 a second 0.6 to 1.4 %.
 */
#include <math.h>

#include "planner/base/time.h"
#include "planner/gate_parts.h"

enum {
    MINUTES_LEAST = 2,
    REQUESTS_A_DRAW = 10,
};

struct recent {
    int64_t minutes; /* the newest known ones, at most GATE_MINUTES */
    double requests[ARM_COUNT];
};

static void sum_recent(struct recent *out, const struct judging *j)
{
    size_t first = gate_first_minute(j->sums, j->in);
    *out = (struct recent){0};
    for (size_t m = j->in->samples->minutes; m > first && out->minutes < GATE_MINUTES; m--) {
        struct gate_minute minute;
        gate_minute_read(&minute, j->in, m - 1);
        if (!minute.known)
            continue;
        out->minutes++;
        for (enum arm arm = 0; arm < ARM_COUNT; arm++)
            out->requests[arm] += (double)minute.requests[arm];
    }
}

static bool is_near(double share, double weight, double requests)
{
    double own = fmin(weight / 5, 0.1);
    double chance = 3 * sqrt(weight * (1 - weight) * REQUESTS_A_DRAW / requests);
    return fabs(share - weight) <= own + chance;
}

void gate_judge_traffic(const struct judging *j, struct gate_finding *out)
{
    struct recent recent;
    struct baseline_rate baseline = gate_baseline_rate(j->in, METRIC_5XX);
    double weight = (double)j->in->target_permille / 1000;
    sum_recent(&recent, j);
    double all = recent.requests[ARM_SOURCE] + recent.requests[ARM_TARGET];
    double share = recent.requests[ARM_TARGET] / all, rate = all / (double)recent.minutes;
    double usual = (double)baseline.requests / (double)baseline.minutes;
    const char *wanted = gate_percent(j->arena, weight);

    if (recent.minutes < MINUTES_LEAST)
        return gate_say(j, out, GATE_WAITS, false, "%lld of %d minutes known",
                        (long long)recent.minutes, MINUTES_LEAST);
    if (all <= 0)
        return gate_say(j, out, GATE_WAITS, false, "no requests on either group");
    if (baseline.requests > 0 && rate < usual / 2)
        return gate_say(j, out, GATE_WAITS, false,
                        "%.0f requests a minute, %.0f in the baseline: less than half", rate,
                        usual);
    if (!is_near(share, weight, all))
        return gate_say(j, out, GATE_WAITS, false,
                        "%s of the requests on the target, its weight is %s: sticky or reused "
                        "connections, or a rule that bypasses the default action",
                        gate_percent(j->arena, share), wanted);
    gate_say(j, out, GATE_OK, true, "%s of %.0f requests a minute, weight %s%s",
             gate_percent(j->arena, share), rate, wanted,
             baseline.requests > 0 ? "" : "; no baseline to compare the number with");
}
