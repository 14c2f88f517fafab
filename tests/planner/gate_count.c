/*
 * The count test and the Wilson interval against published values, and against values that were
 * computed apart from this code: exact fractions and fifty-digit decimals in Python (the interval
 * as the roots of its defining equation, found by bisection; the test as products of
 * probabilities).
 */
#include "tests/unit.h"

#include <math.h>

#include "tests/planner/gate_stage.h"

static void expect_near(double value, double wanted)
{
    if (fabs(value - wanted) > 1e-9 * fmax(1, fabs(wanted)))
        fail_msg("%.14g, expected %.14g", value, wanted);
}

/* R. G. Newcombe, Statistics in Medicine 17 (1998), table I, method 3: 95 %. */
static void the_wilson_interval_is_the_published_one(void **state)
{
    (void)state;
    static const struct {
        double bad, n, lower, upper;
    } rows[] = {
        {81, 263, 0.2553, 0.3662},
        {15, 148, 0.0624, 0.1605},
        {0, 20, 0, 0.1611},
        {1, 29, 0.0061, 0.1718},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_true(fabs(wilson_lower(rows[i].bad, rows[i].n, 1.959964) - rows[i].lower) < 5e-5);
        assert_true(fabs(wilson_upper(rows[i].bad, rows[i].n, 1.959964) - rows[i].upper) < 5e-5);
    }
}

static void the_wilson_interval_solves_its_equation(void **state)
{
    (void)state;
    static const struct {
        double bad, n, lower, upper;
    } rows[] = {
        {0, 1, 0, 0.869390313986},
        {1, 1, 0.130609686014, 1},
        {5, 20, 0.0872210644932, 0.537634504901},
        {5, 150, 0.0111822028129, 0.0951422116381},
        {12, 400, 0.0145521016283, 0.0608343917356},
        {100, 72000, 0.00107395893918, 0.00179600351057},
        {0, 72000, 0, 9.24414537876e-05},
        {5, 263, 0.00636225497304, 0.0554067221401},
        {1e6, 1e9, 0.000997424609736, 0.00100258203335},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        expect_near(wilson_lower(rows[i].bad, rows[i].n, GATE_Z), rows[i].lower);
        expect_near(wilson_upper(rows[i].bad, rows[i].n, GATE_Z), rows[i].upper);
    }
    assert_true(wilson_lower(0, 0, GATE_Z) <= 0 && wilson_upper(0, 0, GATE_Z) >= 1);
    assert_true(wilson_upper(7, 5, GATE_Z) <= 1); /* more answers than requests in a minute */
}

struct row_minute {
    int64_t source_errors, target_errors, source, target;
};

static struct count_sums add_all(const struct count_null *null, const struct row_minute *minutes,
                                 size_t n)
{
    struct count_sums sums = {0};
    for (size_t i = 0; i < n; i++) {
        int64_t errors[ARM_COUNT] = {minutes[i].source_errors, minutes[i].target_errors};
        int64_t requests[ARM_COUNT] = {minutes[i].source, minutes[i].target};
        gate_count_add(&sums, null, errors, requests);
    }
    return sums;
}

static void the_test_against_the_source_is_the_formula(void **state)
{
    (void)state;
    static const struct {
        double tolerate;
        struct row_minute minutes[5];
        double logs[GATE_RATIOS], evidence;
    } rows[] = {
        {1.5,
         {{2, 7, 900, 300}},
         {1.065529866242, 2.2628916118536, 3.2495323261495, 3.7319922480338, 3.0382544326661},
         3.0049150541828},
        /* a minute with an empty arm is skipped */
        {1.5,
         {{2, 7, 900, 300}, {0, 5, 880, 310}, {3, 0, 915, 0}, {4, 9, 0, 12}, {1, 6, 1000, 250}},
         {3.0755975490124, 6.7147120391751, 10.088411556557, 12.635708388928, 13.119867424773},
         12.020949282847},
        {5,
         {{10, 10, 29700, 300}, {20, 1, 29500, 310}},
         {2.4999701095805, 5.6624962445473, 8.8034931608685, 10.818447215387, 5.966840807628},
         9.3462910446044},
        {2, {{0, 0, 500, 500}}, {0, 0, 0, 0, 0}, 0},
        /* exp() of these is beyond any double */
        {2,
         {{1000, 40000, 50000, 50000}, {1000, 40000, 50000, 50000}, {1000, 40000, 50000, 50000}},
         {9839.3531523691, 20346.109943977, 29069.570972182, 35285.406968353, 37847.820128027},
         37846.210690114},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct count_null null = {.tolerate = rows[i].tolerate};
        struct count_sums sums = add_all(&null, rows[i].minutes, COUNT(rows[i].minutes));
        for (int r = 0; r < GATE_RATIOS; r++)
            expect_near(sums.logs[r], rows[i].logs[r]);
        expect_near(gate_count_evidence(sums.logs), rows[i].evidence);
    }
    struct count_null null = {.tolerate = 1.5};
    struct count_sums sums = add_all(&null, rows[1].minutes, 5);
    assert_int_equal(sums.minutes, 3);
    assert_int_equal(sums.errors[ARM_SOURCE], 3);
    assert_int_equal(sums.errors[ARM_TARGET], 18);
    assert_int_equal(sums.requests[ARM_SOURCE], 2780);
    assert_int_equal(sums.requests[ARM_TARGET], 860);
    assert_int_equal(sums.minutes_with_errors, 3);
}

static void the_test_against_the_baseline_is_the_formula(void **state)
{
    (void)state;
    static const struct count_gate gate = {1500, 1000};
    static const struct {
        struct row_minute minutes[5];
        double logs[GATE_RATIOS], evidence;
    } rows[] = {
        {{{0, 2, 0, 1200}},
         {-1.1969811375039, -2.547368043386, -5.8600840565264, -15.378815998583, -57.822312476165},
         -2.5685226147468},
        {{{0, 2, 0, 1200}, {0, 40, 0, 1200}, {0, 41, 0, 1200}},
         {3.8233788692586, 3.1904960854056, 2.8372141713394, 2.821071436798, 2.8210702411961},
         3.1840097309352},
        {{{0, 1, 0, 1200}, {0, 0, 0, 1150}, {0, 90, 0, 1300}, {0, 88, 0, 1210}, {0, 70, 0, 1190}},
         {5.3673234351651, 4.5213010376406, 4.4243401822926, 4.4230295276747, 4.4230294905776},
         4.7120463804357},
    };
    struct count_null null = gate_count_null_rate(&gate, 100, 72000, 3);
    expect_near(null.rate, 0.0026940052658563);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct count_sums sums = add_all(&null, rows[i].minutes, COUNT(rows[i].minutes));
        for (int r = 0; r < GATE_RATIOS; r++)
            expect_near(sums.logs[r], rows[i].logs[r]);
        expect_near(gate_count_evidence(sums.logs), rows[i].evidence);
    }
    /* near 1, where the alternatives are cut */
    static const struct row_minute bad[] = {{0, 95, 0, 100}, {0, 99, 0, 100}};
    null.rate = 0.9;
    struct count_sums sums = add_all(&null, bad, 2);
    for (int r = 0; r < GATE_RATIOS; r++)
        expect_near(sums.logs[r], 3.3198365212047);
}

static void the_null_of_the_baseline_is_at_least_what_is_ignored(void **state)
{
    (void)state;
    static const struct {
        struct count_gate gate;
        double bad, requests, rate;
    } rows[] = {
        {{1500, 1000}, 0, 72000, 0.0015}, /* the upper bound is 0.009 % */
        {{1500, 1000}, 100, 72000, 1.5 * 0.00179600351057},
        {{5000, 1000}, 5, 20, 1}, /* 53.8 % times 5: all is tolerated */
        {{2000, 10000}, 12, 400, 2 * 0.0608343917356},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct count_null null =
            gate_count_null_rate(&rows[i].gate, rows[i].bad, rows[i].requests, 1);
        assert_false(null.none);
        assert_true(fabs(null.rate - rows[i].rate) < 1e-9);
    }
    assert_true(gate_count_null_rate(&rows[0].gate, 0, 0, 1).none);
    static const struct row_minute all_bad[] = {{0, 50, 0, 50}, {0, 50, 0, 50}, {0, 50, 0, 50}};
    struct count_null all = gate_count_null_rate(&rows[2].gate, 5, 20, 1);
    struct count_sums sums = add_all(&all, all_bad, 3);
    assert_false(gate_count_exceeds(&sums, &rows[2].gate, 1));
}

static double binomial(int k, int n, double p)
{
    return exp(lgamma(n + 1.0) - lgamma(k + 1.0) - lgamma(n - k + 1.0) + k * log(p) +
               (n - k) * log1p(-p));
}

/* What makes looking often harmless: under what is tolerated, a minute multiplies each component by
 * at most 1 on average; at the very limit by 1. */
static void a_minute_adds_no_evidence_on_average(void **state)
{
    (void)state;
    static const double tolerates[] = {1, 1.5, 2, 5}, parts[] = {1, 0.9, 0.5, 0.1};
    enum { ERRORS = 30, SOURCE = 700, TARGET = 100, REQUESTS = 200 };
    for (size_t t = 0; t < COUNT(tolerates); t++)
        for (size_t part = 0; part < COUNT(parts); part++) {
            double mean[GATE_RATIOS] = {0}, rate_mean[GATE_RATIOS] = {0};
            double ratio = tolerates[t] * parts[part];
            double theta = ratio * TARGET / (ratio * TARGET + SOURCE);
            struct count_null against_source = {.tolerate = tolerates[t]};
            for (int e = 0; e <= ERRORS; e++) {
                struct row_minute minute = {ERRORS - e, e, SOURCE, TARGET};
                struct count_sums sums = add_all(&against_source, &minute, 1);
                for (int r = 0; r < GATE_RATIOS; r++)
                    mean[r] += binomial(e, ERRORS, theta) * exp(sums.logs[r]);
            }
            struct count_null rate = {.is_rate = true, .rate = 0.02 * tolerates[t], .most = 2.5};
            for (int e = 0; e <= REQUESTS; e++) {
                struct row_minute minute = {0, e, 0, REQUESTS};
                struct count_sums sums = add_all(&rate, &minute, 1);
                for (int r = 0; r < GATE_RATIOS; r++)
                    rate_mean[r] += binomial(e, REQUESTS, 0.02 * ratio) * exp(sums.logs[r]) / 0.5;
            }
            for (int r = 0; r < GATE_RATIOS; r++) {
                assert_true(mean[r] <= 1 + 1e-9 && rate_mean[r] <= 1 + 1e-9);
                if (part == 0)
                    expect_near(mean[r], 1);
            }
        }
}

/* Each of the conditions is needed. */
static void failing_takes_five_errors_in_three_minutes_at_a_rate_that_matters(void **state)
{
    (void)state;
    static const struct count_gate gate = {1500, 1000};
    static const struct {
        struct row_minute minutes[3];
        size_t holds;
        bool fails;
    } rows[] = {
        {{{0, 2, 900, 300}, {0, 2, 900, 300}, {0, 2, 900, 300}}, 1, true},
        {{{0, 3, 900, 300}, {0, 3, 900, 300}, {0, 0, 900, 300}}, 1, false},    /* two minutes */
        {{{0, 1, 9900, 100}, {0, 1, 9900, 100}, {0, 2, 9900, 100}}, 1, false}, /* four errors */
        {{{0, 1, 9900, 100}, {0, 1, 9900, 100}, {0, 3, 9900, 100}}, 1, true},
        /* 0.06 % on the target, none on the source */
        {{{0, 12, 60000, 20000}, {0, 12, 60000, 20000}, {0, 12, 60000, 20000}}, 1, false},
        {{{0, 21, 60000, 20000}, {0, 20, 60000, 20000}, {0, 20, 60000, 20000}}, 1, true},
        /* evidence of 413 to 1 is enough for four holds and not for five */
        {{{1, 3, 1000, 300}, {1, 3, 1000, 300}, {0, 4, 1000, 300}}, 4, true},
        {{{1, 3, 1000, 300}, {1, 3, 1000, 300}, {0, 4, 1000, 300}}, 5, false},
        {{{9, 3, 900, 300}, {9, 3, 900, 300}, {9, 3, 900, 300}}, 1, false}, /* as on the source */
        {{{0, 2, 900, 300}, {0, 2, 900, 300}, {0, 2, 900, 300}}, 0, true},  /* none counts as one */
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct count_null null = {.tolerate = 1.5};
        struct count_sums sums = add_all(&null, rows[i].minutes, 3);
        if (gate_count_exceeds(&sums, &gate, rows[i].holds) != rows[i].fails)
            fail_msg("row %zu: evidence %g", i, exp(gate_count_evidence(sums.logs)));
    }
}

/* ---- as a gate ---- */

static struct gate_stage stage;

static int clear(void **state)
{
    (void)state;
    stage_clear(&stage);
    return 0;
}

static void put_errors(size_t m, int64_t source, int64_t target)
{
    bool full = stage.in.target_permille == 1000;
    if (!full)
        stage_put(&stage, ARM_SOURCE, m, (struct stage_minute){900, source, source, 100000});
    stage_put(&stage, ARM_TARGET, m,
              (struct stage_minute){full ? 1200 : 300, target, target, 100000});
}

static void it_says_the_rates_and_what_is_tolerated(void **state)
{
    (void)state;
    stage_begin(&stage, 250);
    stage.gates.max_rate = 1000000;
    for (size_t m = 1; m < 7; m++)
        put_errors(m, 9, 4);
    stage_look(&stage, 7);
    stage_expect(&stage, GATE_ERRORS, GATE_OK,
                 "1.33 % against 1 % on the source, tolerated up to 1.5 times");
    stage_expect(&stage, GATE_CLIENT_ERRORS, GATE_OK,
                 "1.33 % against 1 % on the source, tolerated up to 2 times");
    for (size_t m = 7; m < 10; m++)
        put_errors(m, 1, 60);
    assert_int_equal(stage_look(&stage, 10)->outcome, GATES_FAIL);
    assert_ptr_equal(stage.report.because, &stage.report.standings[GATE_ERRORS]);
    stage_expect(&stage, GATE_ERRORS, GATE_FAILS, "7.56 % against 0.704 % on the source");
    stage_expect(&stage, GATE_CLIENT_ERRORS, GATE_FAILS, "204 in 9 minutes");
}

static void two_bad_minutes_are_suspect(void **state)
{
    (void)state;
    stage_begin(&stage, 250);
    stage.gates.max_rate = 1000000;
    stage_quiet(&stage, 1, 6, 1200);
    put_errors(6, 0, 20);
    put_errors(7, 0, 20);
    assert_int_equal(stage_look(&stage, 8)->outcome, GATES_PASS);
    stage_expect(&stage, GATE_ERRORS, GATE_SUSPECT, "40 in 2 minutes, fails with 5 in 3");
    put_errors(8, 0, 1);
    assert_int_equal(stage_look(&stage, 9)->outcome, GATES_FAIL);
}

/* A verdict holds, whatever comes after it and whoever was there to see it. */
static void what_was_too_much_stays_too_much(void **state)
{
    (void)state;
    for (int looks_between = 0; looks_between < 2; looks_between++) {
        stage_begin(&stage, 500);
        stage.gates.max_rate = 1000000;
        for (size_t m = 1; m < 4; m++) {
            stage_put(&stage, ARM_SOURCE, m, (struct stage_minute){600, 1, 0, 100000});
            stage_put(&stage, ARM_TARGET, m, (struct stage_minute){600, 10, 0, 100000});
        }
        for (size_t m = 4; m < 30; m++) {
            stage_put(&stage, ARM_SOURCE, m, (struct stage_minute){600, 12, 0, 100000});
            stage_put(&stage, ARM_TARGET, m, (struct stage_minute){600, 0, 0, 100000});
        }
        for (size_t minutes = 1; looks_between && minutes < 30; minutes++)
            stage_look(&stage, minutes);
        stage_look(&stage, 30);
        stage_expect(&stage, GATE_ERRORS, GATE_FAILS, "30 in 3 minutes, too much by 02:04");
        assert_int_equal(stage.sums.errors.failed_at, STAGE_START + 4 * MINUTE_MS);
        clear(NULL);
    }
}

static void at_100_percent_the_baseline_is_the_other_side(void **state)
{
    (void)state;
    stage_begin(&stage, 1000);
    stage.gates.max_rate = 1000000;
    for (size_t m = 1; m < 6; m++)
        put_errors(m, 0, 1);
    assert_int_equal(stage_look(&stage, 6)->outcome, GATES_PASS);
    stage_expect(&stage, GATE_ERRORS, GATE_OK,
                 "0.0833 % against 0 % in the baseline, tolerated up to 1.5 times");
    for (size_t m = 6; m < 11; m++)
        put_errors(m, 0, 12);
    stage_look(&stage, 8);
    stage_expect(&stage, GATE_ERRORS, GATE_OK, NULL); /* two bursts are not enough */
    stage_look(&stage, 11);
    stage_expect(&stage, GATE_ERRORS, GATE_FAILS, "in the baseline");
}

static void without_a_baseline_100_percent_is_not_compared(void **state)
{
    (void)state;
    stage_begin(&stage, 1000);
    stage.in.baseline = NULL;
    for (size_t m = 1; m < 6; m++)
        put_errors(m, 0, 4);
    assert_int_equal(stage_look(&stage, 6)->outcome, GATES_PASS);
    stage_expect(&stage, GATE_ERRORS, GATE_OK, "no baseline to compare with, only with max_rate");
    stage_expect(&stage, GATE_CLIENT_ERRORS, GATE_UNUSED, "no baseline to compare with");
    stage_expect(&stage, GATE_LATENCY, GATE_UNUSED, "no baseline of p90 to compare with");
}

static void without_the_source_a_part_is_not_compared(void **state)
{
    (void)state;
    stage_begin(&stage, 500);
    for (size_t m = 1; m < 6; m++)
        stage_put(&stage, ARM_TARGET, m, (struct stage_minute){1200, 1, 0, 100000});
    assert_int_equal(stage_look(&stage, 6)->outcome, GATES_INCONCLUSIVE);
    stage_expect(&stage, GATE_ERRORS, GATE_WAITS, "no minute has requests on both groups");
    stage_expect(&stage, GATE_CLIENT_ERRORS, GATE_WAITS, "no minute has requests on both groups");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_wilson_interval_is_the_published_one),
        cmocka_unit_test(the_wilson_interval_solves_its_equation),
        cmocka_unit_test(the_test_against_the_source_is_the_formula),
        cmocka_unit_test(the_test_against_the_baseline_is_the_formula),
        cmocka_unit_test(the_null_of_the_baseline_is_at_least_what_is_ignored),
        cmocka_unit_test(a_minute_adds_no_evidence_on_average),
        cmocka_unit_test(failing_takes_five_errors_in_three_minutes_at_a_rate_that_matters),
        cmocka_unit_test_teardown(it_says_the_rates_and_what_is_tolerated, clear),
        cmocka_unit_test_teardown(two_bad_minutes_are_suspect, clear),
        cmocka_unit_test_teardown(what_was_too_much_stays_too_much, clear),
        cmocka_unit_test_teardown(at_100_percent_the_baseline_is_the_other_side, clear),
        cmocka_unit_test_teardown(without_a_baseline_100_percent_is_not_compared, clear),
        cmocka_unit_test_teardown(without_the_source_a_part_is_not_compared, clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
