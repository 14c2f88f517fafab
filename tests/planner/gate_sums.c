#include "tests/unit.h"

#include "planner/base/json.h"
#include "tests/planner/gate_stage.h"

static struct gate_stage stage;

static int clear(void **state)
{
    (void)state;
    stage_clear(&stage);
    return 0;
}

/* A hold of nine minutes with some of everything. */
static void play(void)
{
    stage_begin(&stage, 250);
    for (size_t m = 1; m < 10; m++) {
        if (m == 4)
            continue;
        stage_put(&stage, ARM_SOURCE, m, (struct stage_minute){900, 3, 9, 100000});
        stage_put(&stage, ARM_TARGET, m,
                  (struct stage_minute){300, (int64_t)m % 3, (int64_t)m, 100000});
    }
}

static void write(struct text *out, const struct gate_sums *sums)
{
    struct json_writer w = {.out = out};
    json_open_object(&w, NULL);
    gate_sums_write_json(&w, "sums", sums);
    json_close_object(&w);
}

static bool read(struct gate_sums *out, const char *text, struct error *err)
{
    struct json_document doc;
    assert_true(json_read(&doc, text, strlen(text), (struct json_limits){1 << 20, 16}, err));
    bool ok = gate_sums_read_json(out, &stage.arena, json_member(doc.root, "sums"), err);
    json_document_clear(&doc);
    return ok;
}

static void each_minute_counts_once_however_often_it_is_looked_at(void **state)
{
    (void)state;
    struct text once = {0}, often = {0};
    play();
    stage_look(&stage, 10);
    write(&once, &stage.sums);
    assert_int_equal(stage.sums.judged, 8);
    assert_int_equal(stage.sums.unknown, 1);
    assert_int_equal(stage.sums.target_requests, 8 * 300);
    assert_int_equal(stage.sums.through, STAGE_START + 10 * MINUTE_MS);
    clear(NULL);
    play();
    for (int64_t now = STAGE_START; now <= STAGE_START + 13 * MINUTE_MS; now += 7 * SECOND_MS)
        stage_look_at(&stage, now);
    stage_look(&stage, 10);
    write(&often, &stage.sums);
    assert_string_equal(text_cstr(&once), text_cstr(&often));
    text_clear(&once);
    text_clear(&often);
}

static void what_was_forgotten_is_summed_again_by_the_rules_of_now(void **state)
{
    (void)state;
    struct text fresh = {0}, again = {0};
    play();
    stage.gates.errors.tolerate = 4000;
    stage_look(&stage, 10);
    write(&fresh, &stage.sums);
    clear(NULL);
    play();
    stage_look(&stage, 7);
    stage.gates.errors.tolerate = 4000;
    gate_sums_forget(&stage.sums);
    stage_look(&stage, 10);
    write(&again, &stage.sums);
    assert_string_equal(text_cstr(&fresh), text_cstr(&again));
    text_clear(&fresh);
    text_clear(&again);
}

/* A clock that is set back makes no minute count twice, and none unsettled again. */
static void time_that_goes_back_changes_nothing(void **state)
{
    (void)state;
    play();
    stage_look(&stage, 8);
    struct gate_sums before = stage.sums;
    stage_look(&stage, 3);
    assert_memory_equal(&before, &stage.sums, sizeof before);
}

/* What the samples no longer hold was there to be seen, and was not. */
static void minutes_that_are_gone_are_unknown(void **state)
{
    (void)state;
    play();
    stage_look(&stage, 3);
    struct series rest;
    series_init(&rest, &stage.arena, STAGE_START + 6 * MINUTE_MS, 4);
    for (size_t m = 0; m < 4; m++)
        for (int arm = 0; arm < ARM_COUNT; arm++)
            series_put(&rest, &rest.arms[arm][METRIC_REQUESTS], series_minute_at(&rest, m), 300);
    stage.in.samples = &rest;
    stage_look(&stage, 10);
    assert_int_equal(stage.sums.judged, 2 + 4);
    assert_int_equal(stage.sums.unknown, 3);
}

static void nothing_is_summed_before_it_begins(void **state)
{
    (void)state;
    struct text text = {0};
    struct gate_sums again = {.address = "x"};
    struct error err;
    play();
    stage.sums = (struct gate_sums){0};
    stage_look(&stage, 10);
    assert_int_equal(stage.sums.judged + stage.sums.unknown, 0);
    write(&text, &stage.sums);
    assert_true(read(&again, text_cstr(&text), &err));
    assert_null(again.address);
    text_clear(&text);
}

static void what_was_written_is_read_to_the_last_bit(void **state)
{
    (void)state;
    struct text text = {0}, again_text = {0};
    struct gate_sums again;
    struct error err;
    play();
    stage_look(&stage, 10);
    stage.sums.errors.logs[3] = -1.0 / 3;
    stage.sums.errors.logs[4] = 1e300;
    write(&text, &stage.sums);
    assert_true(read(&again, text_cstr(&text), &err));
    write(&again_text, &again);
    assert_string_equal(text_cstr(&text), text_cstr(&again_text));
    assert_memory_equal(&again.errors, &stage.sums.errors, sizeof again.errors);
    assert_memory_equal(&again.client_errors, &stage.sums.client_errors,
                        sizeof again.client_errors);
    text_clear(&text);
    text_clear(&again_text);
}

/* CloudWatch's answer is a stranger's: a state whose sums nobody can read is lost. */
static void counts_beyond_any_measure_are_read_again(void **state)
{
    (void)state;
    static const struct stage_minute most = {SERIES_VALUE_MAX, SERIES_VALUE_MAX, SERIES_VALUE_MAX,
                                             100000};
    struct text text = {0};
    struct gate_sums again;
    struct error err;
    stage_begin(&stage, 250);
    for (size_t m = 1; m < 30; m++)
        for (enum arm arm = 0; arm < ARM_COUNT; arm++)
            stage_put(&stage, arm, m, most);
    stage_look(&stage, 30);
    assert_int_equal(stage.sums.judged, 29);
    write(&text, &stage.sums);
    if (!read(&again, text_cstr(&text), &err))
        fail_msg("%s", err.message);
    assert_true(again.target_requests >= SERIES_VALUE_MAX);
    text_clear(&text);
}

static const char sound[] =
    "{\"sums\":{\"address\":\"hold[10%]\",\"since\":1728000060000,\"through\":1728000180000,"
    "\"judged\":2,\"unknown\":0,\"target_requests\":240,"
    "\"errors\":{\"logs\":[\"0.5\",\"-1\",\"0\",\"9.5367431640625e-07\",\"2.5\"],\"minutes\":2,"
    "\"errors\":{\"source\":1,\"target\":2},\"requests\":{\"source\":9,\"target\":8},"
    "\"minutes_with_errors\":1,\"failed_at\":0},"
    "\"client_errors\":{\"logs\":[\"0\",\"0\",\"0\",\"0\",\"0\"],\"minutes\":0,"
    "\"errors\":{\"source\":0,\"target\":0},\"requests\":{\"source\":0,\"target\":0},"
    "\"minutes_with_errors\":0,\"failed_at\":0}}}";

static void what_it_would_write_otherwise_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to;
    } rows[] = {
        {"\"0.5\"", "\"0.50\""},
        {"\"0.5\"", "\"+0.5\""},
        {"\"0.5\"", "\" 0.5\""},
        {"\"0.5\"", "\"0x1p-1\""},
        {"\"0.5\"", "\"nan\""},
        {"\"0.5\"", "\"inf\""},
        {"\"0.5\"", "\"-inf\""},
        {"\"0.5\"", "\"1e999\""},
        {"\"0.5\"", "\"\""},
        {"\"0.5\"", "\"0.5x\""},
        {"\"0.5\"", "0.5"},
        {"\"9.5367431640625e-07\"", "\"0.00000095367431640625\""},
        {",\"2.5\"]", "]"},
        {"\"2.5\"]", "\"2.5\",\"1\"]"},
        {"[\"0.5\"", "[null"},
        {"\"judged\":2", "\"judged\":-2"},
        {"\"judged\":2", "\"judged\":\"2\""},
        {"\"judged\":2,", ""},
        {"\"judged\":2", "\"judged\":2,\"more\":1"},
        {"\"since\":1728000060000", "\"since\":1728000060001"},
        {"\"through\":1728000180000", "\"through\":1728000000000"},
        {"\"address\":\"hold[10%]\"", "\"address\":null"},
        {"{\"source\":1,\"target\":2}", "{\"source\":1}"},
        {"{\"source\":9,\"target\":8}", "{\"source\":9,\"target\":-8}"},
        {"\"failed_at\":0},", "\"failed_at\":-1},"},
    };
    struct gate_sums sums;
    struct error err;
    stage_begin(&stage, 100);
    if (!read(&sums, sound, &err))
        fail_msg("%s", err.message);
    assert_string_equal(sums.address, "hold[10%]");
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *at = strstr(sound, rows[i].from);
        assert_non_null(at);
        const char *text = arena_printf(&stage.arena, "%.*s%s%s", (int)(at - sound), sound,
                                        rows[i].to, at + strlen(rows[i].from));
        if (read(&sums, text, &err))
            fail_msg("row %zu: %s was read", i, rows[i].to);
        assert_null(sums.address);
    }
}

/* CloudWatch may be later than a minute takes to settle, and the hold goes on. What came in then
 * was known when the hold passed, so it was judged. */
static void a_minute_that_comes_after_it_settled_counts_too(void **state)
{
    (void)state;
    stage_begin(&stage, 250);
    stage_quiet(&stage, 1, 8, 1200);
    stage_look(&stage, 8);
    assert_int_equal(stage.sums.judged, 7);
    stage_look(&stage, 13); /* settled, and nothing is in */
    assert_int_equal(stage.sums.unknown, 5);
    for (size_t m = 8; m < 13; m++) {
        stage_put(&stage, ARM_SOURCE, m, (struct stage_minute){900, 0, 2, 100000});
        stage_put(&stage, ARM_TARGET, m, (struct stage_minute){300, 0, 200, 100000});
    }
    stage_look(&stage, 13);
    assert_int_equal(stage.sums.judged, 12);
    assert_int_equal(stage.sums.unknown, 0);
    assert_int_equal(stage.report.standings[GATE_CLIENT_ERRORS].verdict, GATE_FAILS);
}

/* So does what a minute had more than was known when it settled. */
static void a_count_that_grew_after_it_settled_counts_too(void **state)
{
    (void)state;
    struct text grown = {0}, fresh = {0};
    stage_begin(&stage, 250);
    stage_quiet(&stage, 1, 8, 1200);
    stage_put(&stage, ARM_TARGET, 3, (struct stage_minute){100, 0, 0, 100000});
    stage_look(&stage, 8);
    stage_put(&stage, ARM_TARGET, 3, (struct stage_minute){300, 0, 150, 100000});
    stage_look(&stage, 8);
    write(&grown, &stage.sums);
    gate_sums_forget(&stage.sums);
    stage_look(&stage, 8);
    write(&fresh, &stage.sums);
    assert_string_equal(text_cstr(&grown), text_cstr(&fresh));
    assert_int_equal(stage.sums.client_errors.errors[ARM_TARGET], 150);
    text_clear(&grown);
    text_clear(&fresh);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(each_minute_counts_once_however_often_it_is_looked_at, clear),
        cmocka_unit_test_teardown(a_minute_that_comes_after_it_settled_counts_too, clear),
        cmocka_unit_test_teardown(a_count_that_grew_after_it_settled_counts_too, clear),
        cmocka_unit_test_teardown(what_was_forgotten_is_summed_again_by_the_rules_of_now, clear),
        cmocka_unit_test_teardown(time_that_goes_back_changes_nothing, clear),
        cmocka_unit_test_teardown(minutes_that_are_gone_are_unknown, clear),
        cmocka_unit_test_teardown(nothing_is_summed_before_it_begins, clear),
        cmocka_unit_test_teardown(what_was_written_is_read_to_the_last_bit, clear),
        cmocka_unit_test_teardown(counts_beyond_any_measure_are_read_again, clear),
        cmocka_unit_test_teardown(what_it_would_write_otherwise_is_refused, clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
