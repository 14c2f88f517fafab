/* The fast guard of errors, row by row. */
#include "tests/unit.h"

#include "tests/planner/gate_stage.h"

static struct gate_stage stage;

static int clear(void **state)
{
    (void)state;
    stage_clear(&stage);
    return 0;
}

/* The source does as the target does, so that the count test has nothing to say. */
static void put_target(size_t m, int64_t requests, int64_t errors)
{
    stage_put(&stage, ARM_TARGET, m, (struct stage_minute){requests, errors, 0, 100000});
    stage_put(&stage, ARM_SOURCE, m, (struct stage_minute){3 * requests, 3 * errors, 0, 100000});
}

static void three_minutes_or_one(void **state)
{
    (void)state;
    static const struct {
        int64_t requests, errors[4]; /* a minute, on the target */
        int64_t max_rate;
        const char *words; /* NULL: it does not fail */
    } rows[] = {
        /* The Wilson lower bound of 12 in 400 is 1.455 %, by an independent computation. */
        {400, {0, 0, 12, 0}, 14500, NULL}, /* in 1200: 0.5 % */
        {133, {0, 4, 4, 4}, 14600, NULL},
        {133, {0, 4, 4, 4}, 14500, "in the three minutes up to 02:04 (12 of 399)"},
        /* fewer than five are none, whatever the rate */
        {10, {0, 2, 1, 1}, 10000, NULL},
        {10, {0, 2, 1, 2}, 10000, "16.7 % 5XX on the target in the three minutes up to 02:04"},
        /* within three minutes, not four */
        {10, {2, 1, 1, 1}, 10000, NULL},
        {200, {0, 19, 0, 0}, 10000, "in the three minutes up to 02:02 (19 of 400)"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        stage_begin(&stage, 250);
        stage.gates.max_rate = rows[i].max_rate;
        for (size_t m = 0; m < 4; m++)
            put_target(m + 1, rows[i].requests, rows[i].errors[m]);
        stage_look(&stage, 5);
        const struct gate_standing *errors = &stage.report.standings[GATE_ERRORS];
        if ((errors->verdict == GATE_FAILS) != (rows[i].words != NULL) ||
            (rows[i].words && !strstr(errors->words, rows[i].words)))
            fail_msg("row %zu: %s: %s", i, gate_verdict_name(errors->verdict), errors->words);
        clear(NULL);
    }
}

/* A quiet minute between two busy ones: in the three it is lost. */
static void one_minute_is_enough_where_it_is_ten_times_as_bad(void **state)
{
    (void)state;
    static const struct {
        int64_t requests, errors;
        bool fails;
    } rows[] = {{200, 20, true}, {201, 20, false}, {190, 19, false}, {21, 20, true}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        stage_begin(&stage, 250);
        put_target(1, 5000, 0);
        put_target(2, rows[i].requests, rows[i].errors);
        put_target(3, 5000, 0);
        stage_look(&stage, 4);
        stage_expect(&stage, GATE_ERRORS, rows[i].fails ? GATE_FAILS : GATE_WAITS,
                     rows[i].fails ? "5XX on the target in minute 02:02 (20 of" : NULL);
        clear(NULL);
    }
}

/* It stays so, for whoever looks later. */
static void a_bad_minute_is_not_forgotten(void **state)
{
    (void)state;
    stage_begin(&stage, 250);
    stage_quiet(&stage, 1, 40, 1200);
    put_target(3, 300, 60);
    assert_int_equal(stage_look(&stage, 40)->outcome, GATES_FAIL);
    stage_expect(&stage, GATE_ERRORS, GATE_FAILS, "in minute 02:03 (60 of 300)");
}

static void minutes_before_the_hold_do_not_count(void **state)
{
    (void)state;
    stage_begin(&stage, 250);
    stage_quiet(&stage, 1, 7, 1200);
    put_target(0, 300, 300); /* the shift's own */
    assert_int_equal(stage_look(&stage, 6)->outcome, GATES_PASS);
}

/* Its target's promise does not ask what the source does. */
static void max_rate_is_absolute(void **state)
{
    (void)state;
    stage_begin(&stage, 250);
    for (size_t m = 0; m < stage.baseline.minutes; m++)
        series_put(&stage.baseline, &stage.baseline.arms[ARM_SOURCE][METRIC_5XX],
                   series_minute_at(&stage.baseline, m), 60);
    for (size_t m = 1; m < 6; m++)
        put_target(m, 300, 15);
    stage_look(&stage, 6);
    stage_expect(&stage, GATE_ERRORS, GATE_FAILS, "max_rate is 1 %");
}

/* ---- minutes that are not settled ---- */

static void put_seen(size_t m, enum arm_metric metric, int64_t value)
{
    series_put(&stage.samples, &stage.samples.arms[ARM_TARGET][metric],
               series_minute_at(&stage.samples, m), value);
}

static void an_unsettled_minute_is_held_against_what_it_may_become(void **state)
{
    (void)state;
    static const struct {
        int64_t requests, errors; /* so far; 300 a minute are usual, 600 might come */
        bool fails;
    } rows[] = {
        {-1, 59, true},  /* 59 of 600 in the window of three; its single rule needs 60 */
        {-1, 11, false}, /* 11 of 600: Wilson's lower bound is 0.87 % */
        {-1, 12, false}, /* 0.98 % */
        {-1, 13, true},  /* 1.09 %, by an independent computation */
        {20, 12, false}, /* most of them so far: the rest of the requests is still to come */
        {12, 12, false},   {2000, 40, true}, /* more than expected: they count as they are */
        {2000, 28, false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        stage_begin(&stage, 250);
        /* No known minute within the window: only the baseline says what is usual. */
        if (rows[i].requests >= 0)
            put_seen(1, METRIC_REQUESTS, rows[i].requests);
        put_seen(1, METRIC_5XX, rows[i].errors);
        stage_look_at(&stage, STAGE_START + 3 * MINUTE_MS);
        const struct gate_standing *errors = &stage.report.standings[GATE_ERRORS];
        if ((errors->verdict == GATE_FAILS) != rows[i].fails)
            fail_msg("row %zu: %s: %s", i, gate_verdict_name(errors->verdict), errors->words);
        if (rows[i].fails)
            stage_expect(&stage, GATE_ERRORS, GATE_FAILS, "at least ");
        clear(NULL);
    }
}

/* Its own listener gave the target 1000 requests a minute before: 1300 are usual in this hold. */
static void what_another_listener_sends_is_expected_too(void **state)
{
    (void)state;
    stage_begin(&stage, 250);
    for (size_t m = 0; m < stage.baseline.minutes; m++) {
        series_put(&stage.baseline, &stage.baseline.arms[ARM_SOURCE][METRIC_REQUESTS],
                   series_minute_at(&stage.baseline, m), 200);
        series_put(&stage.baseline, &stage.baseline.arms[ARM_TARGET][METRIC_REQUESTS],
                   series_minute_at(&stage.baseline, m), 1000);
    }
    put_seen(1, METRIC_5XX, 30); /* of 2600 that it may become */
    stage_look_at(&stage, STAGE_START + 3 * MINUTE_MS);
    stage_expect(&stage, GATE_ERRORS, GATE_WAITS, NULL);
    put_seen(1, METRIC_5XX, 60);
    stage_look_at(&stage, STAGE_START + 3 * MINUTE_MS);
    stage_expect(&stage, GATE_ERRORS, GATE_FAILS, "at least 2.31 % 5XX on the target");
}

static void where_nothing_is_usual_an_unsettled_minute_says_nothing(void **state)
{
    (void)state;
    stage_begin(&stage, 250);
    stage.in.baseline = NULL;
    put_seen(1, METRIC_REQUESTS, 300);
    put_seen(1, METRIC_5XX, 300);
    stage_look_at(&stage, STAGE_START + 3 * MINUTE_MS);
    stage_expect(&stage, GATE_ERRORS, GATE_WAITS, "needs 5 more minutes and 300 more requests");
}

/* Read while it was not, and the metrics out since: its counts may have grown. */
static void a_minute_that_was_not_read_again_is_not_settled(void **state)
{
    (void)state;
    stage_begin(&stage, 250);
    stage.in.samples_read_at = STAGE_START + 3 * MINUTE_MS;
    put_seen(1, METRIC_REQUESTS, 12);
    put_seen(1, METRIC_5XX, 12);
    stage_look_at(&stage, STAGE_START + 20 * MINUTE_MS);
    stage_expect(&stage, GATE_ERRORS, GATE_WAITS, "needs 5 more minutes");
    assert_int_equal(stage.sums.judged + stage.sums.unknown, 0);
    stage.in.samples_read_at = STAGE_START + 20 * MINUTE_MS;
    series_put(&stage.samples, &stage.samples.arms[ARM_SOURCE][METRIC_REQUESTS],
               series_minute_at(&stage.samples, 1), 36);
    stage_look_at(&stage, STAGE_START + 20 * MINUTE_MS);
    stage_expect(&stage, GATE_ERRORS, GATE_FAILS, "(12 of 12)");
}

/* ---- the load balancer's own ---- */

static void put_baseline_elb(int64_t count)
{
    for (size_t m = 0; m < stage.baseline.minutes; m++)
        series_put(&stage.baseline, &stage.baseline.common[METRIC_ELB_5XX],
                   series_minute_at(&stage.baseline, m), count);
}

static void the_load_balancers_errors_count_against_all_requests(void **state)
{
    (void)state;
    static const struct {
        int64_t elb, baseline; /* a minute, of 1200 */
        const char *words;
    } rows[] = {
        {12, 0, NULL},
        {30, 0, "2.44 % 5XX from the load balancer itself"},
        {30, 30, NULL}, /* it always did so */
        {100, 30, "and it did so to at most 2.59 % in the baseline"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        stage_begin(&stage, 250);
        stage_quiet(&stage, 1, 7, 1200);
        put_baseline_elb(rows[i].baseline);
        for (size_t m = 1; m < 6; m++)
            stage_put_elb_5xx(&stage, m, rows[i].elb);
        stage_look(&stage, 6);
        stage_expect(&stage, GATE_ERRORS, rows[i].words ? GATE_FAILS : GATE_OK, rows[i].words);
        clear(NULL);
    }
}

/* A weighted group without targets: 503, and no RequestCount of any group. */
static void they_count_where_no_group_had_a_request(void **state)
{
    (void)state;
    stage_begin(&stage, 1000);
    stage_put_elb_5xx(&stage, 1, 4);
    stage_look(&stage, 2);
    stage_expect(&stage, GATE_ERRORS, GATE_WAITS, NULL);
    stage_put_elb_5xx(&stage, 2, 1200);
    stage_look(&stage, 3);
    stage_expect(&stage, GATE_ERRORS, GATE_FAILS, "100 % 5XX from the load balancer itself");
}

/* 1 % of the requests, all of them dropped, are too few of all to see; but not of the target's. */
static void a_target_that_drops_connections_does_not_hide(void **state)
{
    (void)state;
    stage_begin(&stage, 10);
    stage_quiet(&stage, 1, 7, 12000);
    for (size_t m = 1; m < 6; m++) {
        stage.samples.arms[ARM_TARGET][METRIC_2XX].values[m] = 20; /* of 120 */
        stage_put_elb_5xx(&stage, m, 100);
    }
    stage_look(&stage, 4);
    stage_expect(&stage, GATE_ERRORS, GATE_FAILS, "83.3 % 5XX on the target in minute 02:01");
}

/* A source that breaks answers the load balancer's 502s, not the target: each request of the
 * target's was answered. */
static void what_the_source_drops_is_not_the_targets(void **state)
{
    (void)state;
    stage_begin(&stage, 10);
    stage_quiet(&stage, 1, 7, 12000);
    for (size_t m = 1; m < 6; m++)
        stage_put_elb_5xx(&stage, m, 80);
    assert_int_equal(stage_look(&stage, 6)->outcome, GATES_PASS);
}

/* Nor does what the load balancer always did of its own become the target's, where a few of its
 * requests are not answered yet. */
static void what_the_load_balancer_always_did_is_not_the_targets(void **state)
{
    (void)state;
    stage_begin(&stage, 10);
    stage_quiet(&stage, 1, 7, 12000);
    put_baseline_elb(30); /* of 1200 */
    for (size_t m = 1; m < 6; m++) {
        stage.samples.arms[ARM_TARGET][METRIC_2XX].values[m] = 100; /* of 120 */
        stage_put_elb_5xx(&stage, m, 250);
    }
    stage_look(&stage, 6);
    stage_expect(&stage, GATE_ERRORS, GATE_OK, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(three_minutes_or_one, clear),
        cmocka_unit_test_teardown(one_minute_is_enough_where_it_is_ten_times_as_bad, clear),
        cmocka_unit_test_teardown(a_bad_minute_is_not_forgotten, clear),
        cmocka_unit_test_teardown(minutes_before_the_hold_do_not_count, clear),
        cmocka_unit_test_teardown(max_rate_is_absolute, clear),
        cmocka_unit_test_teardown(an_unsettled_minute_is_held_against_what_it_may_become, clear),
        cmocka_unit_test_teardown(what_another_listener_sends_is_expected_too, clear),
        cmocka_unit_test_teardown(where_nothing_is_usual_an_unsettled_minute_says_nothing, clear),
        cmocka_unit_test_teardown(a_minute_that_was_not_read_again_is_not_settled, clear),
        cmocka_unit_test_teardown(the_load_balancers_errors_count_against_all_requests, clear),
        cmocka_unit_test_teardown(they_count_where_no_group_had_a_request, clear),
        cmocka_unit_test_teardown(a_target_that_drops_connections_does_not_hide, clear),
        cmocka_unit_test_teardown(what_the_source_drops_is_not_the_targets, clear),
        cmocka_unit_test_teardown(what_the_load_balancer_always_did_is_not_the_targets, clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
