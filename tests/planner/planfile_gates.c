#include "tests/planner/planfile_case.h"

#define HEAD "switchover: 1\nstage: prod\n"

static void gates_are_judged(void **state)
{
    (void)state;
    static const struct planfile_row rows[] = {
        {"gates: {}\n", {{0}}},
        {"gates: on\n", {{3, 8, "gates: expected a mapping", NULL}}},
        {"gates: {erors: {}}\n", {{3, 9, "gates: unknown key", "\"errors\""}}},
        {"gates: {errors: {max_rate: 1}}\n",
         {{3, 28, "gates.errors.max_rate: expected a rate", "percent sign"}}},
        {"gates: {errors: {max_rate: 0%}}\n", {{3, 28, "a rate above 0% and at most 100%", NULL}}},
        {"gates: {errors: {max_rate: 100.0001%}}\n", {{3, 28, "at most 100%", NULL}}},
        {"gates: {errors: {max_rate: 0.00001%}}\n", {{3, 28, "a rate", NULL}}},
        {"gates: {errors: {max_rate: 0.0001%, ignore_below: 0%}}\n", {{0}}},
        {"gates: {errors: {tolerate: 0.9}}\n",
         {{3, 28, "gates.errors.tolerate: expected a factor from 1", NULL}}},
        {"gates: {errors: {tolerate: \"2\"}}\n",
         {{3, 28, "found \"2\"", "in quotes it is a text"}}},
        {"gates: {client_errors: {max_rate: 1%}}\n",
         {{3, 25, "gates.client_errors: unknown key", "gates.errors.max_rate"}}},
        {"gates: {latency: {percentile: 90}}\n",
         {{3, 31, "gates.latency.percentile: expected p50, p90 or p99, found 90", NULL}}},
        {"gates: {latency: {slack: 50}}\n",
         {{3, 26, "gates.latency.slack: expected a time such as 50ms", NULL}}},
        {"gates: {latency: {slack: 0ms, tolerate: 1}}\n", {{0}}},
        {"gates: {latency: {slack: 3600001ms}}\n", {{3, 26, "a time of at most 1h", NULL}}},
        {"gates: {latency: {slack: ms}}\n", {{3, 26, "slack", NULL}}},
        {"gates: {min_requests: -1}\n",
         {{3, 23, "gates.min_requests: expected a whole number from 0", NULL}}},
        {"gates: {on_failure: continue}\n",
         {{3, 21, "gates.on_failure: expected stop or revert, found continue", NULL}}},
        {"gates: {on_inconclusive: wait}\n",
         {{3, 26, "expected stop, revert or continue, found wait", NULL}}},
    };
    planfile_case_expect(HEAD, rows, COUNT(rows));
}

static void only_what_is_written_is_written(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool written;
    } rows[] = {
        {HEAD, false},
        {HEAD "gates: {}\n", false},
        {HEAD "gates: {on_inconclusive: revert}\n", false},
        {HEAD "gates: {on_failure: stop}\n", true},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct planfile_case c;
        assert_true(planfile_case_read(&c, "plan.yaml", rows[i].text, strlen(rows[i].text)));
        assert_int_equal(c.file.gates.on_failure_written, rows[i].written);
        assert_int_equal(c.file.gates.on_failure, ON_STOP);
        assert_int_equal(c.file.gates.on_inconclusive, i == 2 ? ON_REVERT : ON_STOP);
        planfile_case_clear(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gates_are_judged),
        cmocka_unit_test(only_what_is_written_is_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
