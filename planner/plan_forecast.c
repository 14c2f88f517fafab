#include "planner/plan_forecast.h"

#include "planner/base/time.h"

enum {
    FEW = 20,               /* requests that no gate should pass on */
    SHIFT_MOST = MINUTE_MS, /* sent and read back */
};

/* ---- one hold ---- */

const char *forecast_fit_name(enum forecast_fit fit)
{
    static const char *const names[FORECAST_FIT_COUNT] = {
        [FORECAST_ENOUGH] = "enough", [FORECAST_TIGHT] = "tight", [FORECAST_SHORT] = "short"};
    return names[fit];
}

/* An hour is busier than the next by a tenth at least, and small counts scatter. */
static int64_t with_room(int64_t requests)
{
    return requests > 0 ? requests + requests / 10 + 10 : 0;
}

static int64_t divide_up(int64_t a, int64_t b)
{
    return (a + b - 1) / b;
}

/* Never more than a number that can be saved. */
static int64_t whole(double n)
{
    return n < (double)SERIES_VALUE_MAX ? (int64_t)n : SERIES_VALUE_MAX;
}

/* The shift's own minute is skipped, and the last one is whole only by luck. */
static int64_t judged_minutes(int64_t duration_ms)
{
    int64_t minutes = duration_ms / MINUTE_MS - 1;
    return minutes > 0 ? minutes : 0;
}

static enum forecast_fit fit_of(const struct forecast *forecast, int64_t duration_ms)
{
    if (!forecast->requests || forecast->requests < forecast->min_requests)
        return FORECAST_SHORT;
    return forecast->needs_ms < 0 || duration_ms < forecast->needs_ms ? FORECAST_TIGHT
                                                                      : FORECAST_ENOUGH;
}

void forecast_hold(struct forecast *out, const struct gate_forecast_input *in, int64_t duration_ms)
{
    struct planfile_gates roomy = *in->gates;
    struct gate_forecast_input with_roomy = *in;
    struct gate_forecast gates;
    *out = (struct forecast){.fit = FORECAST_UNKNOWN};
    if (in->requests < 0)
        return;
    roomy.min_requests = with_room(roomy.min_requests);
    with_roomy.gates = &roomy;
    gate_forecast(&gates, &with_roomy);
    double rate = in->requests * in->target_permille / 1000;
    out->judged_minutes = judged_minutes(duration_ms);
    out->requests_a_minute = whole(rate + 0.5);
    out->requests = whole(rate * (double)out->judged_minutes);
    out->min_requests = in->gates->min_requests;
    out->needs_ms = gates.hold_ms;
    out->judges_latency = gates.judges_latency;
    out->latency_requests = gates.latency_requests;
    out->tolerated_ppm = whole(gates.error_limit * 1e6 + 0.5);
    out->three_ms = gates.three_ms;
    out->ten_ms = gates.ten_ms;
    out->fit = fit_of(out, duration_ms);
}

/* Two digits: 163 is said as 160. */
static int64_t round_down(int64_t n)
{
    int64_t unit = 1;
    while (n / unit >= 100)
        unit *= 10;
    return n - n % unit;
}

int64_t forecast_min_requests(const struct forecast *forecast)
{
    int64_t most = round_down((forecast->requests - 10) * 10 / 11);
    return most >= FEW ? most : 0;
}

/* ---- the rate ---- */

static bool is_quiet(const struct series *recent, enum arm arm, size_t minute)
{
    return recent->arms[arm][METRIC_HEALTHY].present[minute];
}

static bool count_minute(const struct series *recent, size_t minute, int64_t *requests)
{
    int64_t of_source = 0, of_target = 0;
    bool source = series_count(recent, ARM_SOURCE, METRIC_REQUESTS, minute, &of_source);
    bool target = series_count(recent, ARM_TARGET, METRIC_REQUESTS, minute, &of_target);
    *requests = of_source + of_target;
    return source || target || is_quiet(recent, ARM_SOURCE, minute);
}

static int64_t mean(const struct series *recent, int64_t now, bool settled_only)
{
    int64_t sum = 0, minutes = 0, requests;
    for (size_t m = 0; m < recent->minutes; m++) {
        if (settled_only && !series_settled(recent, m, now))
            continue;
        if (!count_minute(recent, m, &requests))
            continue;
        sum += requests;
        minutes++;
    }
    return minutes ? (sum + minutes / 2) / minutes : -1;
}

int64_t forecast_rate(const struct series *recent, int64_t now)
{
    int64_t settled = mean(recent, now, true);
    return settled >= 0 ? settled : mean(recent, now, false);
}

/* ---- the whole plan ---- */

/* Ends with its last whole minute settled, up to a minute earlier or later by where in a minute it
 * began. */
static int64_t hold_least_ms(const struct action *hold)
{
    return hold->duration_ms + SERIES_SETTLED_AFTER_MS - MINUTE_MS;
}

int64_t forecast_most_ms(const struct action *action)
{
    switch (action->kind) {
    case ACTION_SHIFT:
        return SHIFT_MOST;
    case ACTION_HOLD:
        return action->duration_ms + SERIES_SETTLED_AFTER_MS;
    default:
        return action->timeout_ms;
    }
}

/* What is left of quiet_for when the holds since the last shift, in which the group was quiet
 * already, are over. Of a shift that lies behind, nobody knows how long. */
static int64_t drain_least_ms(const struct action *drain, bool shifted, int64_t since_shift_ms)
{
    int64_t quiet = divide_up(drain->duration_ms, MINUTE_MS) * MINUTE_MS + SERIES_SETTLED_AFTER_MS;
    return shifted && quiet > since_shift_ms ? quiet - since_shift_ms : 0;
}

void plan_duration(const struct plan *plan, int64_t *shortest_ms, int64_t *longest_ms)
{
    int64_t since_shift = 0;
    bool shifted = false;
    *shortest_ms = *longest_ms = 0;
    for (size_t i = 0; i < plan->action_count; i++) {
        const struct action *action = &plan->actions[i];
        int64_t least = 0, most = forecast_most_ms(action);
        if (action->kind == ACTION_HOLD)
            least = hold_least_ms(action);
        if (action->kind == ACTION_DRAIN)
            least = drain_least_ms(action, shifted, since_shift);
        if (action->kind == ACTION_SHIFT) {
            shifted = true;
            since_shift = 0;
        } else
            since_shift += least;
        *shortest_ms += least;
        *longest_ms += most > least ? most : least;
    }
}

int64_t forecast_last_shift_least_ms(const struct plan *plan)
{
    int64_t before = 0, until_shift = -1;
    for (size_t i = 0; i < plan->action_count; i++) {
        if (plan->actions[i].kind == ACTION_SHIFT)
            until_shift = before;
        if (plan->actions[i].kind == ACTION_HOLD)
            before += hold_least_ms(&plan->actions[i]);
    }
    return until_shift;
}

int64_t forecast_last_shift_ms(const struct plan *plan)
{
    int64_t before = 0, until_shift = -1;
    for (size_t i = 0; i < plan->action_count; i++) {
        if (plan->actions[i].kind == ACTION_SHIFT)
            until_shift = before;
        before += forecast_most_ms(&plan->actions[i]);
    }
    return until_shift;
}

/* max_rate is absolute: a target as good as such a source fails it. */
static void note_max_rate(struct plan *plan, const struct gate_forecast_input *in)
{
    double limit = (double)in->gates->max_rate / 1e6;
    if (in->error_rate >= limit)
        plan_note(plan,
                  "the source itself answers %.3g %% of its requests with 5XX, and "
                  "gates.errors.max_rate is %.3g %%: a target as good as it fails at once",
                  100 * in->error_rate, 100 * limit);
}

static void forecast_holds(struct plan *plan, const struct series *usual)
{
    struct gate_forecast_input in = {.gates = &plan->file.gates,
                                     .holds = planfile_hold_count(&plan->file)};
    gate_forecast_observe(&in, usual);
    in.requests = (double)plan->requests_a_minute;
    if (in.holds)
        note_max_rate(plan, &in);
    for (size_t i = 0; i < plan->action_count; i++) {
        struct action *action = &plan->actions[i];
        in.target_permille = action->target_permille;
        if (action->kind == ACTION_HOLD)
            forecast_hold(&action->forecast, &in, action->duration_ms);
    }
}

void forecast_plan(struct plan *plan, const struct series *usual)
{
    struct plan_times *times = &plan->times;
    forecast_holds(plan, usual);
    plan_duration(plan, &times->shortest_ms, &times->longest_ms);
    times->last_shift_ms = forecast_last_shift_ms(plan);
    times->known = true;
}
