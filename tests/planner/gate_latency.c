#include "tests/unit.h"

#include "tests/planner/gate_stage.h"

static struct gate_stage stage;

static int clear(void **state)
{
    (void)state;
    stage_clear(&stage);
    return 0;
}

/* A letter a minute, from the hold's first:
 *   f  fast on both     s  slow on the target     S  slow on both
 *   -  no percentile of the target     _  none of the source
 *   q  slow, but too few requests on the target     Q  on the source
 *   ?  no data point at all */
static void put_minutes(const char *letters)
{
    for (size_t i = 0; letters[i]; i++) {
        char c = letters[i];
        bool slow = strchr("sSqQ", c);
        struct stage_minute source = {900, 0, 0, c == 'S' ? 200000 : 100000};
        struct stage_minute target = {300, 0, 0, slow ? 250000 : 100000};
        if (c == '-')
            target.p90_us = -1;
        if (c == '_')
            source.p90_us = -1;
        if (c == 'q')
            target.requests = 99;
        if (c == 'Q')
            source.requests = 99;
        if (c == '?')
            continue;
        if (stage.in.target_permille < 1000)
            stage_put(&stage, ARM_SOURCE, i + 1, source);
        stage_put(&stage, ARM_TARGET, i + 1, target);
    }
}

static const struct {
    const char *minutes;
    enum gate_verdict verdict;
    bool passes;
    const char *words;
} rows[] = {
    {"fffff", GATE_OK, true, "p90 100 ms, limit 175 ms"},
    {"ffffs", GATE_SUSPECT, true, "p90 250 ms, limit 175 ms: slow in 1 of the last 5 minutes"},
    {"fffss", GATE_SUSPECT, true, "slow in 2 of the last 5 minutes, fails with 3"},
    {"ffsss", GATE_FAILS, false, "slow in 3 of 5 minutes"},
    {"sss", GATE_FAILS, false, "slow in 3 of 5 minutes"},
    {"sfsfs", GATE_FAILS, false, NULL},
    {"sffsffs", GATE_SUSPECT, true, "slow in 2 of"}, /* three, but not of five */
    {"sssfffffff", GATE_FAILS, false, NULL},         /* it stays so */
    {"SSSSS", GATE_OK, true, "p90 250 ms, limit 300 ms"},
    /* the last five judged ones, whatever lies between */
    {"s?s?-_?qQs", GATE_FAILS, false, NULL},
    {"qqqqq", GATE_UNUSED, true, "not judged: p90 needs 100 requests a minute on each group"},
    {"QQQQQ", GATE_UNUSED, true, NULL},
    {"-----", GATE_WAITS, false, "p90 is not known in any of 5 minutes"},
    {"_____", GATE_WAITS, false, "p90 is not known in any of 5 minutes"},
    {"ffff--", GATE_WAITS, false, "p90 is known in only 4 of 6 minutes"},
    {"fffff-", GATE_OK, true, NULL},
    /* what was known long ago says nothing about now */
    {"ffffffffff------", GATE_WAITS, false, "p90 is known in only 4 of 10 minutes"},
    {"fffff----------", GATE_WAITS, false, NULL},
    {"fffffqqqqqqqqqq", GATE_OK, true, NULL},
    {"qqqff", GATE_OK, true, NULL}, /* of what has enough requests all is known */
    {"qqqf-", GATE_WAITS, false, NULL},
    {"s----", GATE_SUSPECT, false, "slow in 1 of"},
    {"?????", GATE_WAITS, false, "no minute is known yet"},
};

static void row_by_row(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct gate_finding found = {0};
        stage_begin(&stage, 250);
        put_minutes(rows[i].minutes);
        stage_look(&stage, strlen(rows[i].minutes) + 1);
        struct judging j = {&stage.arena, &stage.sums, &stage.in};
        gate_judge_latency(&j, &found);
        if (found.verdict != rows[i].verdict || found.passes != rows[i].passes ||
            (rows[i].words && !strstr(found.words, rows[i].words)))
            fail_msg("%s: %s, %s: %s", rows[i].minutes, gate_verdict_name(found.verdict),
                     found.passes ? "passes" : "does not pass", found.words);
        clear(NULL);
    }
}

/* An unsettled percentile can still go either way. */
static void unsettled_minutes_do_not_count(void **state)
{
    (void)state;
    stage_begin(&stage, 250);
    put_minutes("ffsss");
    stage_look(&stage, 5);
    stage_expect(&stage, GATE_LATENCY, GATE_SUSPECT, "slow in 2 of");
}

static void the_limit_follows_the_plan_file(void **state)
{
    (void)state;
    static const struct {
        int percentile;
        int64_t requests, tolerate, slack_us, target_us;
        enum gate_verdict verdict;
    } limits[] = {
        /* the source has 100 ms */
        {90, 100, 1250, 50000, 175000, GATE_OK},    {90, 100, 1250, 50000, 175001, GATE_FAILS},
        {90, 99, 1250, 50000, 500000, GATE_UNUSED}, {50, 20, 1000, 0, 100001, GATE_FAILS},
        {50, 19, 1000, 0, 100001, GATE_UNUSED},     {99, 1000, 3000, 0, 300000, GATE_OK},
        {99, 1000, 3000, 0, 300001, GATE_FAILS},    {99, 999, 3000, 0, 300001, GATE_UNUSED},
    };
    static const enum arm_metric metrics[] = {
        [50] = METRIC_TIME_P50, [90] = METRIC_TIME_P90, [99] = METRIC_TIME_P99};
    for (size_t i = 0; i < COUNT(limits); i++) {
        stage_begin(&stage, 250);
        stage.gates.latency_percentile = limits[i].percentile;
        stage.gates.latency_tolerate = limits[i].tolerate;
        stage.gates.latency_slack_us = limits[i].slack_us;
        for (size_t m = 1; m < 6; m++) {
            int64_t at = series_minute_at(&stage.samples, m);
            enum arm_metric metric = metrics[limits[i].percentile];
            stage_put(&stage, ARM_SOURCE, m, (struct stage_minute){3000, 0, 0, -1});
            stage_put(&stage, ARM_TARGET, m, (struct stage_minute){limits[i].requests, 0, 0, -1});
            series_put(&stage.samples, &stage.samples.arms[ARM_SOURCE][metric], at, 100000);
            series_put(&stage.samples, &stage.samples.arms[ARM_TARGET][metric], at,
                       limits[i].target_us);
        }
        stage_look(&stage, 6);
        stage_expect(&stage, GATE_LATENCY, limits[i].verdict, NULL);
        clear(NULL);
    }
}

static void put_baseline_p90(size_t minute, int64_t us)
{
    series_put(&stage.baseline, &stage.baseline.arms[ARM_SOURCE][METRIC_TIME_P90],
               series_minute_at(&stage.baseline, minute), us);
}

/* The 90th percentile, nearest rank, of 60 minutes is the 54th. */
static void at_100_percent_the_baselines_minutes_are_the_measure(void **state)
{
    (void)state;
    stage_begin(&stage, 1000);
    for (size_t m = 0; m < 60; m++)
        put_baseline_p90(m, (int64_t)(59 - m + 1) * 1000); /* 1 to 60 ms, not sorted */
    put_minutes("fffff");
    stage_look(&stage, 6);
    stage_expect(&stage, GATE_LATENCY, GATE_OK, "p90 100 ms, limit 118 ms"); /* 54 x 1.25 + 50 */
    for (size_t m = 0; m < 7; m++)
        put_baseline_p90(m, 1000);
    stage_look(&stage, 6);
    stage_expect(&stage, GATE_LATENCY, GATE_OK, "limit 109 ms"); /* of 7 x 1 and 1 to 53: 47 */
    for (size_t m = 0; m < 60; m++)
        put_baseline_p90(m, 10000);
    stage_look(&stage, 6);
    stage_expect(&stage, GATE_LATENCY, GATE_FAILS, "limit 63 ms: slow in 3 of 5");
}

static void busy_minutes_of_the_baseline_say_more(void **state)
{
    (void)state;
    stage_begin(&stage, 1000);
    for (size_t m = 0; m < 60; m++) {
        put_baseline_p90(m, m < 40 ? 900000 : 100000);
        if (m < 40)
            series_put(&stage.baseline, &stage.baseline.arms[ARM_SOURCE][METRIC_REQUESTS],
                       series_minute_at(&stage.baseline, m), 3);
    }
    put_minutes("sssss");
    stage_look(&stage, 6);
    stage_expect(&stage, GATE_LATENCY, GATE_FAILS, "limit 175 ms");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(row_by_row, clear),
        cmocka_unit_test_teardown(unsettled_minutes_do_not_count, clear),
        cmocka_unit_test_teardown(the_limit_follows_the_plan_file, clear),
        cmocka_unit_test_teardown(at_100_percent_the_baselines_minutes_are_the_measure, clear),
        cmocka_unit_test_teardown(busy_minutes_of_the_baseline_say_more, clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
