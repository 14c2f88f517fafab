#include "tests/unit.h"

#include <math.h>
#include <stdlib.h>

#include "planner/base/time.h"
#include "planner/plan_forecast.h"
#include "tests/sim/cutover.h"

static void foretell(struct forecast *out, int64_t min_requests, int permille, int64_t hold_ms,
                     double rate)
{
    struct planfile_gates gates = {.errors = {.tolerate = 1500, .ignore_below = 1000},
                                   .client_errors = {.tolerate = 2000, .ignore_below = 10000},
                                   .max_rate = 10000,
                                   .latency_percentile = 90,
                                   .latency_tolerate = 1250,
                                   .latency_slack_us = 50000,
                                   .min_requests = min_requests};
    struct gate_forecast_input in = {
        .gates = &gates, .target_permille = permille, .holds = 1, .minutes = 60, .requests = rate};
    forecast_hold(out, &in, hold_ms);
}

/* The count of whole minutes is the hold's less the shift's own; with a tenth and ten requests of
 * room, min_requests 300 wants 340 and 10000 wants 11010. A request a second is 60 a minute. */
static void holds_row_by_row(void **state)
{
    (void)state;
    static const struct {
        int64_t a_second;
        int percent;
        int64_t min_requests, hold, requests, needs; /* minutes; -1 none of a day */
        enum forecast_fit fit;
    } rows[] = {
        {1, 1, 0, 10, 5, 6, FORECAST_ENOUGH},
        {1, 1, 300, 10, 5, 568, FORECAST_SHORT},
        {1, 1, 10000, 10, 5, -1, FORECAST_SHORT},
        {1, 10, 0, 10, 54, 6, FORECAST_ENOUGH},
        {1, 10, 300, 10, 54, 58, FORECAST_SHORT},
        {1, 10, 10000, 10, 54, -1, FORECAST_SHORT},
        {1, 25, 300, 10, 135, 24, FORECAST_SHORT},
        {1, 25, 10000, 10, 135, 735, FORECAST_SHORT},
        {1, 50, 300, 10, 270, 13, FORECAST_SHORT},
        {1, 50, 300, 12, 330, 13, FORECAST_TIGHT},
        {1, 50, 300, 13, 360, 13, FORECAST_ENOUGH},
        {1, 100, 300, 10, 540, 7, FORECAST_ENOUGH},
        {1, 100, 300, 6, 300, 7, FORECAST_TIGHT},
        {1, 100, 10000, 10, 540, 185, FORECAST_SHORT},
        {20, 1, 300, 10, 108, 30, FORECAST_SHORT},
        {20, 1, 10000, 10, 108, 919, FORECAST_SHORT},
        {20, 10, 300, 10, 1080, 6, FORECAST_ENOUGH},
        {20, 10, 10000, 10, 1080, 93, FORECAST_SHORT},
        {20, 25, 10000, 10, 2700, 38, FORECAST_SHORT},
        {20, 50, 10000, 10, 5400, 20, FORECAST_SHORT},
        {20, 100, 0, 6, 6000, 6, FORECAST_ENOUGH},
        {20, 100, 10000, 10, 10800, 11, FORECAST_TIGHT},
        {500, 1, 300, 10, 2700, 6, FORECAST_ENOUGH},
        {500, 1, 10000, 10, 2700, 38, FORECAST_SHORT},
        {500, 10, 10000, 6, 15000, 6, FORECAST_ENOUGH},
        {500, 100, 10000, 6, 150000, 6, FORECAST_ENOUGH},
        {0, 100, 0, 6, 0, -1, FORECAST_SHORT}, /* nothing comes: the traffic gate does not pass */
        {0, 100, 300, 600, 0, -1, FORECAST_SHORT},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct forecast f;
        foretell(&f, rows[i].min_requests, rows[i].percent * 10, rows[i].hold * MINUTE_MS,
                 (double)rows[i].a_second * 60);
        int64_t needs = f.needs_ms < 0 ? -1 : f.needs_ms / MINUTE_MS;
        if (f.requests != rows[i].requests || needs != rows[i].needs || f.fit != rows[i].fit)
            fail_msg("row %zu: %lld requests, needs %lld, %s", i, (long long)f.requests,
                     (long long)needs, forecast_fit_name(f.fit));
        assert_int_equal(f.judged_minutes, rows[i].hold - 1);
        assert_int_equal(f.min_requests, rows[i].min_requests);
    }
}

static void an_unknown_rate_foretells_nothing(void **state)
{
    (void)state;
    struct forecast f;
    foretell(&f, 300, 1000, 10 * MINUTE_MS, -1);
    assert_int_equal(f.fit, FORECAST_UNKNOWN);
    assert_null(forecast_fit_name(f.fit));
}

/* What a saved plan may hold, however absurd, and what CloudWatch may answer. */
static void no_number_is_too_large(void **state)
{
    (void)state;
    static const double rates[] = {0, 1, 1000, 9007199254740992.0, 1e18};
    static const int64_t holds[] = {0, 59 * SECOND_MS, 6 * MINUTE_MS, INT64_C(10000) * HOUR_MS};
    for (size_t r = 0; r < COUNT(rates); r++)
        for (size_t h = 0; h < COUNT(holds); h++)
            for (int permille = 0; permille <= 1000; permille += 333) {
                struct forecast f;
                foretell(&f, 1000000000, permille, holds[h], rates[r]);
                assert_in_range(f.requests, 0, SERIES_VALUE_MAX);
                assert_true(f.needs_ms == -1 || f.needs_ms >= 6 * MINUTE_MS);
                assert_true(forecast_min_requests(&f) >= 0);
            }
}

static uint64_t seed;

static double uniform(void) /* (0, 1); xorshift64* */
{
    seed ^= seed >> 12;
    seed ^= seed << 25;
    seed ^= seed >> 27;
    return ((double)((seed * UINT64_C(0x2545F4914F6CDD1D)) >> 11) + 0.5) / 9007199254740992.0;
}

/* What the plan advises must do: the hold that it names is enough and none shorter is, and the
 * min_requests that it names is met by the hold as it is. */
static void advice_helps(void **state)
{
    (void)state;
    size_t holds = 0, smaller = 0;
    seed = 7;
    for (int i = 0; i < 20000; i++) {
        int64_t min_requests = (int64_t)(uniform() * uniform() * 5000);
        double rate = floor(uniform() * uniform() * uniform() * 40000);
        int64_t hold_ms = 6 * MINUTE_MS + (int64_t)(uniform() * 3600) * SECOND_MS;
        int permille = 1 + (int)(uniform() * 999.9);
        struct forecast f, other;
        foretell(&f, min_requests, permille, hold_ms, rate);
        if (f.needs_ms >= 0) {
            foretell(&other, min_requests, permille, f.needs_ms, rate);
            assert_int_equal(other.fit, FORECAST_ENOUGH);
            foretell(&other, min_requests, permille, f.needs_ms - SECOND_MS, rate);
            assert_int_not_equal(other.fit, FORECAST_ENOUGH);
            holds++;
        }
        int64_t fewer = forecast_min_requests(&f);
        if (f.fit != FORECAST_ENOUGH && fewer) {
            foretell(&other, fewer, permille, hold_ms, rate);
            assert_int_equal(other.fit, FORECAST_ENOUGH);
            smaller++;
        }
    }
    printf("%zu holds and %zu min_requests advised, each enough\n", holds, smaller);
    assert_true(holds > 1000 && smaller > 1000);
}

/* Requests that come at random (a Poisson process): a hold that is said to be enough sees
 * min_requests but for a few times in a hundred, one that is said to be short seldom. */
static void requests_that_scatter_seldom_belie_it(void **state)
{
    (void)state;
    enum { TRIALS = 2000 };
    static const int64_t wanted[] = {20, 50, 100, 300, 1000};
    seed = 11;
    for (size_t i = 0; i < COUNT(wanted); i++) {
        struct forecast f;
        int64_t rate = wanted[i] / 8;
        foretell(&f, wanted[i], 1000, 6 * MINUTE_MS, (double)rate);
        foretell(&f, wanted[i], 1000, f.needs_ms, (double)rate);
        assert_int_equal(f.fit, FORECAST_ENOUGH);
        int missed = 0;
        for (int t = 0; t < TRIALS; t++) {
            int64_t seen = 0;
            for (double at = 0; (at -= log(uniform()) / (double)rate) < (double)f.judged_minutes;)
                seen++;
            missed += seen < wanted[i];
        }
        printf("min_requests %lld: missed in %d of %d holds that are enough\n",
               (long long)wanted[i], missed, TRIALS);
        assert_true(missed <= TRIALS * 5 / 100);
    }
}

/* ---- the rate ---- */

static void put(struct series *series, struct column *column, size_t minute, int64_t value)
{
    series_put(series, column, series_minute_at(series, minute), value);
}

static void rates_row_by_row(void **state)
{
    (void)state;
    /* a letter a minute: digits are tens of requests, '.' silence with a HealthyHostCount, '?'
     * nothing at all; minute 0 begins at 0, and now is so many minutes later */
    static const struct {
        const char *source, *target;
        int64_t now, rate;
    } rows[] = {
        {"2222", "????", 7, 20}, {"2222", "????", 4, 20},
        {"1119", "????", 6, 10}, {"2.2.", "????", 7, 10},
        {"2?2?", "????", 7, 20}, {"????", "????", 7, -1},
        {"....", "????", 7, 0},  {"1818", "1111", 7, 55},
        {"....", "2222", 7, 20}, {"1112222", "0000000", 10, 16}, /* 110 over 7, to the nearest */
        {"1113", "????", 3, 15},                                 /* nothing is settled yet */
        {"", "", 7, -1},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct arena arena = {0};
        struct series series;
        series_init(&series, &arena, 0, strlen(rows[i].source));
        for (size_t m = 0; m < series.minutes; m++)
            for (int arm = 0; arm < ARM_COUNT; arm++) {
                char c = arm == ARM_SOURCE ? rows[i].source[m] : rows[i].target[m];
                if (c != '?')
                    put(&series, &series.arms[arm][METRIC_HEALTHY], m, 2);
                if (c >= '0' && c <= '9')
                    put(&series, &series.arms[arm][METRIC_REQUESTS], m, 10 * (c - '0'));
            }
        int64_t rate = forecast_rate(&series, rows[i].now * MINUTE_MS);
        if (rate != rows[i].rate)
            fail_msg("row %zu: %lld", i, (long long)rate);
        arena_clear(&arena);
    }
}

/* ---- the whole plan ---- */

/* By hand, in seconds. At least: a hold, and two minutes until its last whole one has settled; what
 * the quiet minutes and three more go beyond that. At most: ten minutes to scale, one a shift, a
 * hold and three, two hours to drain. A run on the simulated clock keeps to them, and sends its
 * last shift when it was foretold at the latest. */
static void runs_keep_to_the_times(void **state)
{
    static const struct {
        const char *yaml;
        int64_t shortest, longest;
    } rows[] = {
        {"", 12 * 60, (10 + 1 + 13 + 120) * 60},
        {"traffic: {steps: [{target: 10, hold: 6m}, {target: 50, hold: 20m}, {target: 100, hold: "
         "6m}]}\n",
         (8 + 22 + 8) * 60, (10 + 3 + 9 + 23 + 9 + 120) * 60},
        {"traffic: {steps: [{target: 100, hold: 0s}]}\n", 8 * 60, (10 + 1 + 120) * 60},
        {"traffic: {steps: [{target: 10, hold: 0s}, {target: 100, hold: 6m30s}]}\n"
         "drain: {quiet_for: 30m, timeout: 2h}\n",
         33 * 60, (10 + 2 + 9 + 120) * 60 + 30},
        {"traffic: {steps: [{target: 25, hold: 7m}, {target: 50, hold: 0s}]}\n", 9 * 60,
         (10 + 2 + 10) * 60},
    };
    struct rehearsal *r = *state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        rehearsal_tear_down(state);
        rehearsal_set_up(state);
        r = *state;
        char *yaml = arena_printf(&r->arena, "switchover: 1\nstage: sandbox\n%s", rows[i].yaml);
        rehearsal_begin(r, yaml);
        int64_t began_at = r->sim.now, shortest, longest;
        assert_int_equal(cutover_apply(&r->cutover), RUN_DONE);
        const struct plan *plan = r->cutover.state->plan;
        plan_duration(plan, &shortest, &longest);
        assert_int_equal(shortest, rows[i].shortest * SECOND_MS);
        assert_int_equal(longest, rows[i].longest * SECOND_MS);
        int64_t took = r->sim.now - began_at, last = 0;
        for (size_t a = 0; a < r->cutover.state->record_count; a++)
            if (r->cutover.state->records[a].kind == ACTION_SHIFT)
                last = r->cutover.state->records[a].started_at - began_at;
        if (took < shortest || took > longest || last > forecast_last_shift_ms(plan) ||
            last < forecast_last_shift_least_ms(plan))
            fail_msg("%s took %lld s of %lld to %lld, the last shift after %lld of %lld",
                     rows[i].yaml, (long long)took / 1000, (long long)shortest / 1000,
                     (long long)longest / 1000, (long long)last / 1000,
                     (long long)forecast_last_shift_ms(plan) / 1000);
        printf("took %lld s of %lld to %lld\n", (long long)took / 1000, (long long)shortest / 1000,
               (long long)longest / 1000);
    }
}

/* A target as good as its source: what is said to be long enough passes, what is said to be too
 * short ends inconclusive, and both see about the minutes and requests that were foretold. */
static void what_is_foretold_happens(void **state)
{
    static const struct {
        double a_second;
        const char *step;
        enum forecast_fit fit;
        enum run_end end;
    } rows[] = {
        {20, "{target: 10, hold: 6m}", FORECAST_ENOUGH, RUN_DONE},
        {20, "{target: 1, hold: 32m}", FORECAST_ENOUGH, RUN_DONE},
        {1, "{target: 100, hold: 8m}", FORECAST_ENOUGH, RUN_DONE},
        {500, "{target: 50, hold: 6m30s}", FORECAST_ENOUGH, RUN_DONE},
        {20, "{target: 1, hold: 10m}", FORECAST_SHORT, RUN_INCONCLUSIVE},
        {1, "{target: 10, hold: 20m}", FORECAST_SHORT, RUN_INCONCLUSIVE},
        {0.4, "{target: 100, hold: 6m}", FORECAST_SHORT, RUN_INCONCLUSIVE},
    };
    struct rehearsal *r = *state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        rehearsal_tear_down(state);
        rehearsal_set_up(state);
        r = *state;
        r->setup.conditions.requests_per_second = rows[i].a_second;
        rehearsal_begin(r, arena_printf(&r->arena,
                                        "switchover: 1\nstage: sandbox\nbaseline: 20m\n"
                                        "traffic: {steps: [%s]}\n"
                                        "gates: {on_failure: stop}\ndrain: {quiet_for: 0s}\n",
                                        rows[i].step));
        enum run_end end = cutover_apply(&r->cutover);
        const struct plan *plan = r->cutover.state->plan;
        const struct action *hold = &plan->actions[plan->action_count - 1];
        const struct forecast *f = &hold->forecast;
        const struct gate_sums *sums = &r->cutover.state->sums;
        assert_int_equal(hold->kind, ACTION_HOLD);
        if (f->fit != rows[i].fit || end != rows[i].end)
            fail_msg("%g a second, %s: %s, but %s", rows[i].a_second, rows[i].step,
                     forecast_fit_name(f->fit), r->cutover.outcome.why);
        assert_in_range(sums->judged, f->judged_minutes, f->judged_minutes + 1);
        if (llabs((long long)(sums->target_requests - f->requests)) > f->requests / 4 + 10)
            fail_msg("%g a second, %s: %lld requests foretold, %lld seen", rows[i].a_second,
                     rows[i].step, (long long)f->requests, (long long)sums->target_requests);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holds_row_by_row),
        cmocka_unit_test(an_unknown_rate_foretells_nothing),
        cmocka_unit_test(no_number_is_too_large),
        cmocka_unit_test(advice_helps),
        cmocka_unit_test(requests_that_scatter_seldom_belie_it),
        cmocka_unit_test(rates_row_by_row),
        cmocka_unit_test_setup_teardown(what_is_foretold_happens, rehearsal_set_up,
                                        rehearsal_tear_down),
        cmocka_unit_test_setup_teardown(runs_keep_to_the_times, rehearsal_set_up,
                                        rehearsal_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
