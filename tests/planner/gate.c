#include "tests/unit.h"

#include "tests/planner/gate_stage.h"

static struct gate_stage stage;

static int clear(void **state)
{
    (void)state;
    stage_clear(&stage);
    return 0;
}

static void five_good_minutes_pass(void **state)
{
    (void)state;
    stage_begin(&stage, 100);
    stage_quiet(&stage, 1, 6, 1200);
    for (size_t minutes = 2; minutes < 6; minutes++) {
        assert_int_equal(stage_look(&stage, minutes)->outcome, GATES_INCONCLUSIVE);
        assert_ptr_equal(stage.report.because, &stage.report.standings[GATE_ERRORS]);
    }
    stage_expect(&stage, GATE_ERRORS, GATE_WAITS, "needs 1 more minute");
    assert_int_equal(stage_look(&stage, 6)->outcome, GATES_PASS);
    assert_null(stage.report.because);
    assert_int_equal(stage.report.judged, 5);
    stage_expect(&stage, GATE_ERRORS, GATE_OK, "0 % against 0 % on the source");
    stage_expect(&stage, GATE_CLIENT_ERRORS, GATE_OK, "tolerated up to 2 times");
    stage_expect(&stage, GATE_LATENCY, GATE_OK, "p90 100 ms, limit 175 ms");
    stage_expect(&stage, GATE_HEALTH, GATE_OK, "3 of 3 targets healthy");
    stage_expect(&stage, GATE_TRAFFIC, GATE_OK, "10 % of 1200 requests a minute");
    stage_expect(&stage, GATE_CHECKS, GATE_UNUSED, "no checks");
}

static void errors_on_the_target_fail(void **state)
{
    (void)state;
    stage_begin(&stage, 250);
    stage_quiet(&stage, 1, 3, 1200);
    stage_look(&stage, 3);
    for (size_t m = 3; m < 6; m++) {
        stage_put(&stage, ARM_SOURCE, m, (struct stage_minute){900, 1, 0, 100000});
        stage_put(&stage, ARM_TARGET, m, (struct stage_minute){300, 60, 0, 100000});
    }
    assert_int_equal(stage_look(&stage, 4)->outcome, GATES_FAIL);
    stage_expect(&stage, GATE_ERRORS, GATE_FAILS, "20 % 5XX on the target in minute 02:03");
}

/* A hold passes by what it knew lately: five of the last ten settled minutes at least. */
static void what_was_known_long_ago_passes_nothing(void **state)
{
    (void)state;
    stage_begin(&stage, 100);
    stage_quiet(&stage, 1, 6, 1200);
    assert_int_equal(stage_look(&stage, 11)->outcome, GATES_PASS);
    assert_int_equal(stage_look(&stage, 12)->outcome, GATES_INCONCLUSIVE);
    stage_expect(&stage, GATE_ERRORS, GATE_WAITS, "only 4 of the last 10 minutes are known");
    stage_quiet(&stage, 12, 13, 1200);
    assert_int_equal(stage_look(&stage, 12)->outcome, GATES_INCONCLUSIVE);
    assert_int_equal(stage_look(&stage, 13)->outcome, GATES_INCONCLUSIVE);
    stage_expect(&stage, GATE_ERRORS, GATE_WAITS, "only 4 of the last 10 minutes are known");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(five_good_minutes_pass, clear),
        cmocka_unit_test_teardown(errors_on_the_target_fail, clear),
        cmocka_unit_test_teardown(what_was_known_long_ago_passes_nothing, clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
