#include "tests/unit.h"

#include "planner/base/time.h"
#include "planner/gate_forecast.h"
#include "tests/planner/gate_stage.h"

static struct gate_stage stage;

static int clear(void **state)
{
    (void)state;
    stage_clear(&stage);
    return 0;
}

static struct gate_forecast_input input(int target_permille, double requests, double error_rate)
{
    stage_begin(&stage, target_permille);
    return (struct gate_forecast_input){.gates = &stage.gates,
                                        .target_permille = target_permille,
                                        .holds = 1,
                                        .minutes = 60,
                                        .requests = requests,
                                        .error_rate = error_rate};
}

static void five_minutes_or_as_many_as_the_requests_need(void **state)
{
    (void)state;
    static const struct {
        int target_permille;
        double requests; /* a minute */
        int64_t hold_minutes;
        bool latency; /* 100 requests a minute on each group */
    } rows[] = {
        {100, 1200, 6, true},                 /* 120 a minute on the target */
        {10, 1200, 26, false},                /* 12: 25 minutes and the shift's own */
        {10, 60, 501, false},                 /* 0.6 */
        {1000, 60, 6, false},                 /* exactly 300 in five minutes */
        {1000, 59, 7, false},                 /* 295 are not enough */
        {10, 30000, 6, true},                 /* 500 requests a second */
        {990, 1200, 6, false},                /* the source has 12 */
        {1000, 1200, 6, true},                /* at 100 % only the target needs them */
        {10, 20, GATE_FORECAST_NEVER, false}, /* 0.2: 1500 minutes */
        {10, 0, GATE_FORECAST_NEVER, false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct gate_forecast forecast;
        struct gate_forecast_input in = input(rows[i].target_permille, rows[i].requests, 0.001);
        gate_forecast(&forecast, &in);
        int64_t hold_ms = rows[i].hold_minutes == GATE_FORECAST_NEVER
                              ? GATE_FORECAST_NEVER
                              : rows[i].hold_minutes * MINUTE_MS;
        if (forecast.hold_ms != hold_ms || forecast.judges_latency != rows[i].latency)
            fail_msg("row %zu: hold %lld ms, latency %d", i, (long long)forecast.hold_ms,
                     forecast.judges_latency);
        if (hold_ms > 0)
            assert_int_equal(forecast.decided_ms, hold_ms + SERIES_SETTLED_AFTER_MS);
        clear(NULL);
    }
}

static void the_limit_is_at_least_what_is_ignored(void **state)
{
    (void)state;
    struct gate_forecast forecast;
    struct gate_forecast_input in = input(100, 1200, 0.01);
    gate_forecast(&forecast, &in);
    assert_float_equal(forecast.error_limit, 0.015, 1e-9);
    in.error_rate = 0;
    gate_forecast(&forecast, &in);
    assert_float_equal(forecast.error_limit, 0.001, 1e-9);
}

static void worse_targets_fail_sooner_and_more_requests_tell_sooner(void **state)
{
    (void)state;
    struct gate_forecast_input in = input(100, 1200, 0.005);
    int64_t before = 0;
    static const double times[] = {1.6, 2, 3, 5, 10, 100};
    for (size_t i = COUNT(times); i-- > 0;) {
        int64_t ms = gate_forecast_failing(&in, times[i] * 0.005);
        if (ms == GATE_FORECAST_NEVER)
            ms = INT64_MAX;
        assert_true(ms >= before);
        before = ms;
    }
    assert_int_equal(gate_forecast_failing(&in, 0.005), GATE_FORECAST_NEVER);
    assert_int_equal(gate_forecast_failing(&in, 0.0075), GATE_FORECAST_NEVER);
    int64_t slow = gate_forecast_failing(&in, 0.02);
    in.requests *= 25;
    assert_true(gate_forecast_failing(&in, 0.02) < slow);
    in.target_permille = 0;
    assert_int_equal(gate_forecast_failing(&in, 1), GATE_FORECAST_NEVER);
}

/* At 100 % a minute adds two fifths at most: three minutes, and the shift's own, and three to
 * settle, whatever number of holds shares the 1 %. */
static void at_100_percent_three_minutes_are_the_least(void **state)
{
    (void)state;
    static const size_t holds[] = {1, 5, 20};
    for (size_t i = 0; i < COUNT(holds); i++) {
        struct gate_forecast_input in = input(1000, 1200, 0.002);
        in.holds = holds[i];
        stage.gates.max_rate = 1000000; /* the guard is off */
        assert_int_equal(gate_forecast_failing(&in, 1), 7 * MINUTE_MS);
        clear(NULL);
    }
}

static void it_observes_the_source_alone(void **state)
{
    (void)state;
    struct gate_forecast_input in = input(100, 0, 0);
    for (size_t m = 0; m < 10; m++)
        stage_put(&stage, ARM_SOURCE, m,
                  (struct stage_minute){m < 5 ? 100 : 300, 2, m < 5 ? -1 : 8, -1});
    stage_put(&stage, ARM_TARGET, 11, (struct stage_minute){0, -1, -1, -1});
    gate_forecast_observe(&in, &stage.samples);
    assert_int_equal(in.minutes, 11); /* in minute 11 the target reported: the source's is 0 */
    assert_float_equal(in.requests, 2000.0 / 11, 1e-9);
    assert_float_equal(in.error_rate, 0.01, 1e-9);
    assert_float_equal(in.client_error_rate, 0.02, 1e-9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(five_minutes_or_as_many_as_the_requests_need, clear),
        cmocka_unit_test_teardown(the_limit_is_at_least_what_is_ignored, clear),
        cmocka_unit_test_teardown(worse_targets_fail_sooner_and_more_requests_tell_sooner, clear),
        cmocka_unit_test_teardown(at_100_percent_three_minutes_are_the_least, clear),
        cmocka_unit_test_teardown(it_observes_the_source_alone, clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
