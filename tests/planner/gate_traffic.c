#include "tests/unit.h"

#include "tests/planner/gate_stage.h"

static struct gate_stage stage;

static int clear(void **state)
{
    (void)state;
    stage_clear(&stage);
    return 0;
}

static void put_split(size_t from, size_t to, int64_t source, int64_t target)
{
    for (size_t m = from; m < to; m++) {
        stage_put(&stage, ARM_SOURCE, m, (struct stage_minute){source, 0, 0, 100000});
        stage_put(&stage, ARM_TARGET, m, (struct stage_minute){target, 0, 0, 100000});
    }
}

static void near_its_weight(void **state)
{
    (void)state;
    static const struct {
        int target_permille;
        int64_t source, target; /* a minute; five of them; the baseline has 1200 */
        enum gate_verdict verdict;
        const char *words;
    } rows[] = {
        {250, 900, 300, GATE_OK, "25 % of 1200 requests a minute, weight 25 %"},
        {250, 1200, 0, GATE_WAITS, "0 % of the requests on the target, its weight is 25 %"},
        {250, 1100, 100, GATE_WAITS, "sticky or reused connections, or a rule that bypasses"},
        /* a fifth of 25 % and three times 1.77 points: 10.3 points */
        {250, 1020, 180, GATE_OK, NULL},
        {250, 1028, 172, GATE_WAITS, NULL},
        {250, 780, 420, GATE_OK, NULL},
        {250, 772, 428, GATE_WAITS, NULL},
        /* at 1 % of 20 a second a share of nothing is not told from chance; of 500 it is */
        {10, 1200, 0, GATE_OK, NULL},
        {10, 30000, 0, GATE_WAITS, NULL},
        {10, 29700, 300, GATE_OK, NULL},
        {10, 29820, 180, GATE_OK, NULL},
        {10, 29840, 160, GATE_WAITS, NULL},
        /* what does not come through the default action, at 100 %: up to a tenth */
        {1000, 0, 1200, GATE_OK, NULL},
        {1000, 120, 1080, GATE_OK, "90 % of 1200 requests a minute, weight 100 %"},
        {1000, 121, 1079, GATE_WAITS, NULL},
        /* clients gone: less than half of the baseline */
        {250, 450, 150, GATE_OK, NULL},
        {250, 450, 149, GATE_WAITS, "599 requests a minute, 1200 in the baseline"},
        {250, 0, 0, GATE_WAITS, "no requests on either group"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        stage_begin(&stage, rows[i].target_permille);
        put_split(1, 6, rows[i].source, rows[i].target);
        stage_look(&stage, 6);
        const struct gate_standing *traffic = &stage.report.standings[GATE_TRAFFIC];
        if (traffic->verdict != rows[i].verdict ||
            (rows[i].words && !strstr(traffic->words, rows[i].words)))
            fail_msg("row %zu: %s: %s", i, gate_verdict_name(traffic->verdict), traffic->words);
        if (rows[i].verdict == GATE_WAITS)
            assert_int_equal(stage.report.outcome, GATES_INCONCLUSIVE);
        clear(NULL);
    }
}

static void two_minutes_are_needed(void **state)
{
    (void)state;
    stage_begin(&stage, 250);
    put_split(1, 6, 1200, 0);
    stage_look(&stage, 2);
    stage_expect(&stage, GATE_TRAFFIC, GATE_WAITS, "1 of 2 minutes known");
    stage_look(&stage, 3);
    stage_expect(&stage, GATE_TRAFFIC, GATE_WAITS, "its weight is 25 %");
}

/* Connections that fade are forgiven when they are gone: the newest five minutes count. */
static void what_was_off_at_first_may_come_right(void **state)
{
    (void)state;
    stage_begin(&stage, 250);
    put_split(1, 5, 1200, 0);
    put_split(5, 10, 900, 300);
    stage_look(&stage, 7);
    stage_expect(&stage, GATE_TRAFFIC, GATE_WAITS, NULL);
    assert_int_equal(stage_look(&stage, 10)->outcome, GATES_PASS);
    put_split(10, 15, 200, 70);
    stage_look(&stage, 15);
    stage_expect(&stage, GATE_TRAFFIC, GATE_WAITS, "270 requests a minute");
}

static void without_a_baseline_the_number_is_not_judged(void **state)
{
    (void)state;
    stage_begin(&stage, 250);
    stage.in.baseline = NULL;
    put_split(1, 6, 90, 30);
    stage_look(&stage, 6);
    stage_expect(&stage, GATE_TRAFFIC, GATE_OK, "no baseline to compare the number with");
    put_split(6, 11, 90, 0);
    stage_look(&stage, 11);
    stage_expect(&stage, GATE_TRAFFIC, GATE_WAITS, "its weight is 25 %");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(near_its_weight, clear),
        cmocka_unit_test_teardown(two_minutes_are_needed, clear),
        cmocka_unit_test_teardown(what_was_off_at_first_may_come_right, clear),
        cmocka_unit_test_teardown(without_a_baseline_the_number_is_not_judged, clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
