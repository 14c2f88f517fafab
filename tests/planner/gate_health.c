#include "tests/unit.h"

#include "tests/planner/gate_stage.h"

static struct gate_stage stage;

static int clear(void **state)
{
    (void)state;
    stage_clear(&stage);
    return 0;
}

/* ---- health ---- */

enum { NOW_S = 3600 };

static void row_by_row(void **state)
{
    (void)state;
    static const struct {
        int64_t planned;
        int64_t at[2], healthy[2]; /* seconds before now; negative: no such look */
        enum gate_verdict verdict;
        bool passes;
        const char *words;
    } rows[] = {
        {3, {30, 0}, {3, 3}, GATE_OK, true, "3 of 3 targets healthy"},
        {3, {30, 0}, {3, 5}, GATE_OK, true, NULL},
        {3, {-1, 0}, {0, 3}, GATE_OK, true, NULL},
        {3, {-1, -1}, {0, 0}, GATE_WAITS, false, "the targets were not looked at yet"},
        {3, {30, 0}, {3, 2}, GATE_WAITS, false, "2 of 3 targets healthy"},
        {3, {30, 0}, {2, 2}, GATE_WAITS, false, "2 of 3 targets healthy"},
        /* half is not below half */
        {4, {30, 0}, {2, 2}, GATE_WAITS, false, "2 of 4 targets healthy"},
        {4, {30, 0}, {1, 1}, GATE_FAILS, false, "1 of 4 targets healthy, less than half"},
        {3, {30, 0}, {1, 1}, GATE_FAILS, false, NULL},
        {1, {30, 0}, {0, 0}, GATE_FAILS, false, "0 of 1 targets healthy"},
        /* once is not enough, nor twice in less than 30 s */
        {3, {-1, 0}, {0, 1}, GATE_SUSPECT, false, "fails if it stays so"},
        {3, {30, 0}, {2, 1}, GATE_SUSPECT, false, NULL},
        {3, {29, 0}, {1, 1}, GATE_SUSPECT, false, NULL},
        {3, {30, 0}, {1, 2}, GATE_WAITS, false, NULL},
        /* what was seen long ago is not so now; two bad looks are a fact */
        {3, {150, 121}, {3, 3}, GATE_WAITS, false, "the targets were last looked at 2m1s ago"},
        {3, {151, 120}, {3, 3}, GATE_OK, true, NULL},
        {3, {300, 200}, {1, 1}, GATE_FAILS, false, NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct gate_finding found = {0};
        stage_begin(&stage, 250);
        stage.in.planned_targets = rows[i].planned;
        stage.in.now = (int64_t)NOW_S * SECOND_MS;
        for (int look = 0; look < 2; look++) {
            stage.in.health.at[look] =
                rows[i].at[look] < 0 ? 0 : (NOW_S - rows[i].at[look]) * SECOND_MS;
            stage.in.health.healthy[look] = rows[i].healthy[look];
        }
        struct judging j = {&stage.arena, &stage.sums, &stage.in};
        gate_judge_health(&j, &found);
        if (found.verdict != rows[i].verdict || found.passes != rows[i].passes ||
            (rows[i].words && !strstr(found.words, rows[i].words)))
            fail_msg("row %zu: %s, %s: %s", i, gate_verdict_name(found.verdict),
                     found.passes ? "passes" : "does not pass", found.words);
        clear(NULL);
    }
}

/* Looks at odd times: it fails when, and only when, two bad looks lie 30 s apart and none between
 * them saw enough. */
static void looks_at_odd_times(void **state)
{
    (void)state;
    static const struct {
        int64_t at[6], healthy[6]; /* seconds from 1; of 3 planned; at 0 ends them */
        bool fails;
    } rows[] = {
        {{1, 31}, {1, 1}, true},
        {{1, 30}, {1, 1}, false},
        {{1, 11, 21, 31}, {1, 1, 1, 1}, true}, /* a look every ten seconds */
        {{1, 11, 21, 31}, {1, 3, 1, 1}, false},
        {{1, 11, 21, 31, 41, 51}, {1, 3, 1, 1, 1, 1}, true},
        {{1, 11, 21, 31}, {3, 1, 1, 1}, false},
        {{1, 11, 21, 31}, {1, 0, 1, 0}, true}, /* never enough, if not always as few */
        {{1, 11, 21, 31}, {0, 1, 0, 2}, false},
        {{1, 11, 21, 31, 41}, {3, 1, 1, 1, 1}, true},
        {{1, 30, 59}, {1, 1, 1}, true}, /* 29 s each time */
        {{1, 31, 61}, {1, 3, 1}, false},
        {{1, 31, 61, 91}, {3, 3, 1, 1}, true},
        {{61, 31}, {1, 1}, false}, /* the clock was set back */
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct health_looks looks = {0};
        struct gate_finding found = {0};
        stage_begin(&stage, 250);
        for (size_t n = 0; n < COUNT(rows[i].at) && rows[i].at[n]; n++) {
            health_looks_add(&looks, rows[i].at[n] * SECOND_MS, rows[i].healthy[n]);
            stage.in.now = rows[i].at[n] * SECOND_MS;
        }
        stage.in.health = looks;
        struct judging j = {&stage.arena, &stage.sums, &stage.in};
        gate_judge_health(&j, &found);
        if ((found.verdict == GATE_FAILS) != rows[i].fails)
            fail_msg("row %zu: %s: %s", i, gate_verdict_name(found.verdict), found.words);
        clear(NULL);
    }
}

/* ---- checks ---- */

static const struct planfile_check green = {.kind = CHECK_HTTP, .name = "green"};
static const struct planfile_check queue = {.kind = CHECK_METRIC, .name = "queue"};
static const struct planfile_check in_sync = {.kind = CHECK_DOCUMENTS, .name = "in-sync"};

static void each_check_by_its_kind(void **state)
{
    (void)state;
    enum { AT = 1000 };
    static const struct {
        const struct planfile_check *check;
        enum check_verdict verdict;
        int64_t silent_since_s, asked_s; /* asked_s: seconds before now */
        enum gate_verdict judged;
        bool passes;
        const char *words;
    } rows[] = {
        {&green, CHECK_GREEN, 0, 10, GATE_OK, true, "all 2 are green"},
        {&green, CHECK_GREEN, 0, 181, GATE_WAITS, false, "not asked lately"},
        {&green, CHECK_NOT_ASKED, 0, 0, GATE_WAITS, false, "not asked yet"},
        {&green, CHECK_RED, 0, 10, GATE_FAILS, false, "status 503"},
        {&queue, CHECK_RED, 0, 10, GATE_FAILS, false, "status 503"},
        {&in_sync, CHECK_RED, 0, 10, GATE_FAILS, false, "status 503"},
        {&green, CHECK_SILENT, 10, 10, GATE_SUSPECT, false, "silent: status 503"},
        {&green, CHECK_SILENT, 70, 10, GATE_FAILS, false, "silent twice in a row: status 503"},
        {&in_sync, CHECK_SILENT, 70, 10, GATE_FAILS, false, NULL},
        /* a metric without data */
        {&queue, CHECK_SILENT, 10, 10, GATE_WAITS, false, "silent"},
        {&queue, CHECK_SILENT, 700, 10, GATE_WAITS, false, "silent"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t now = (int64_t)AT * SECOND_MS;
        struct check_result results[2] = {
            {&in_sync, CHECK_GREEN, "all of 3 indices agree", now, 0},
            {rows[i].check, rows[i].verdict, "status 503", now - rows[i].asked_s * SECOND_MS,
             rows[i].silent_since_s ? now - rows[i].silent_since_s * SECOND_MS : 0},
        };
        struct gate_finding found = {0};
        stage_begin(&stage, 250);
        stage.in.now = now;
        stage.in.checks = results;
        stage.in.check_count = 2;
        struct judging j = {&stage.arena, &stage.sums, &stage.in};
        gate_judge_checks(&j, &found);
        if (found.verdict != rows[i].judged || found.passes != rows[i].passes ||
            (rows[i].words && !strstr(found.words, rows[i].words)))
            fail_msg("row %zu: %s, %s: %s", i, gate_verdict_name(found.verdict),
                     found.passes ? "passes" : "does not pass", found.words);
        if (rows[i].judged != GATE_OK)
            assert_string_equal(found.name,
                                arena_printf(&stage.arena, "check:%s", rows[i].check->name));
        clear(NULL);
    }
}

/* What fails is named before what is only silent, whichever stands first. */
static void the_red_one_is_named(void **state)
{
    (void)state;
    stage_begin(&stage, 250);
    stage_quiet(&stage, 1, 7, 1200);
    stage_look(&stage, 6);
    int64_t now = stage.in.now;
    struct check_result results[3] = {
        {&queue, CHECK_SILENT, "no data", now, now},
        {&green, CHECK_RED, "status 503, wanted 200", now, 0},
        {&in_sync, CHECK_RED, "2 of 9 indices differ", now, 0},
    };
    stage.in.checks = results;
    stage.in.check_count = 3;
    assert_int_equal(stage_look(&stage, 6)->outcome, GATES_FAIL);
    assert_string_equal(stage.report.because->name, "check:green");
    stage.in.check_count = 1;
    assert_int_equal(stage_look(&stage, 6)->outcome, GATES_INCONCLUSIVE);
    assert_string_equal(stage.report.because->name, "check:queue");
    results[0].verdict = CHECK_GREEN;
    assert_int_equal(stage_look(&stage, 6)->outcome, GATES_PASS);
    assert_string_equal(stage.report.standings[GATE_CHECKS].name, "checks");
}

static void silence_is_followed_by_name(void **state)
{
    (void)state;
    struct check_result before[] = {{&green, CHECK_SILENT, "", 1000, 0},
                                    {&queue, CHECK_GREEN, "", 1000, 0}};
    check_results_follow(before, 2, NULL, 0);
    assert_int_equal(before[0].silent_since, 1000);
    assert_int_equal(before[1].silent_since, 0);
    struct check_result next[] = {{&queue, CHECK_SILENT, "", 2000, 0},
                                  {&in_sync, CHECK_RED, "", 2000, 0},
                                  {&green, CHECK_SILENT, "", 2000, 0}};
    check_results_follow(next, 3, before, 2);
    assert_int_equal(next[0].silent_since, 2000);
    assert_int_equal(next[1].silent_since, 0);
    assert_int_equal(next[2].silent_since, 1000);
    struct check_result answered[] = {{&green, CHECK_GREEN, "", 3000, 0}};
    check_results_follow(answered, 1, next, 3);
    struct check_result again[] = {{&green, CHECK_SILENT, "", 4000, 0}};
    check_results_follow(again, 1, answered, 1);
    assert_int_equal(again[0].silent_since, 4000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(row_by_row, clear),
        cmocka_unit_test_teardown(looks_at_odd_times, clear),
        cmocka_unit_test_teardown(each_check_by_its_kind, clear),
        cmocka_unit_test_teardown(the_red_one_is_named, clear),
        cmocka_unit_test(silence_is_followed_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
