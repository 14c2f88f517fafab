#include "tests/unit.h"

#include "planner/base/time.h"
#include "planner/series.h"

enum { START_MINUTE = 1000 };

/* DESIGN, section 6: which gaps are zeros. Columns: this group's requests, its 5XX, the other
 * group's requests, the load balancer; '-' is absent. Answers: requests, 5XX; '?' is unknown. */
static void missing_data_row_by_row(void **state)
{
    (void)state;
    static const struct {
        const char *own, *code, *other, *lb, *requests, *errors;
    } rows[] = {
        {"7", "2", "-", "-", "7", "2"},
        {"7", "-", "-", "-", "7", "0"}, /* no code count, but requests: none of that code */
        {"-", "-", "5", "-", "0", "?"}, /* the other group reported: silence is zero */
        {"-", "-", "-", "9", "0", "?"},
        {"-", "-", "0", "-", "0", "?"},
        {"-", "-", "-", "-", "?", "?"}, /* nobody reported: silence is silence */
        {"-", "3", "-", "-", "?", "3"}, /* counted without requests: the count itself is known */
        {"-", "3", "5", "-", "?", "3"}, /* and speaks against silence, whoever else reported */
        {"-", "3", "-", "9", "?", "3"},
        {"0", "-", "-", "-", "0", "0"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct arena arena = {0};
        struct series s;
        series_init(&s, &arena, START_MINUTE * MINUTE_MS, 1);
        const struct {
            const char *value;
            struct column *column;
        } puts[] = {
            {rows[i].own, &s.arms[ARM_TARGET][METRIC_REQUESTS]},
            {rows[i].code, &s.arms[ARM_TARGET][METRIC_5XX]},
            {rows[i].other, &s.arms[ARM_SOURCE][METRIC_REQUESTS]},
            {rows[i].lb, &s.common[METRIC_NEW_CONNECTIONS]},
        };
        for (size_t p = 0; p < COUNT(puts); p++)
            if (*puts[p].value != '-')
                series_put(&s, puts[p].column, s.start_at, atoi(puts[p].value));
        const char *want[] = {rows[i].requests, rows[i].errors};
        const enum arm_metric metric[] = {METRIC_REQUESTS, METRIC_5XX};
        for (int m = 0; m < 2; m++) {
            int64_t value;
            bool known = series_count(&s, ARM_TARGET, metric[m], 0, &value);
            if (known != (*want[m] != '?') || (known && value != atoi(want[m])))
                fail_msg("row %zu, metric %d: %s %lld, should be %s", i, m,
                         known ? "known" : "unknown", (long long)value, want[m]);
        }
        arena_clear(&arena);
    }
}

/* Every metric of the load balancer's own is a report; the replayer's is of another service. */
static void the_load_balancer_reports_and_the_replayer_does_not(void **state)
{
    (void)state;
    for (int metric = 0; metric < COMMON_METRIC_COUNT; metric++) {
        struct arena arena = {0};
        struct series s;
        int64_t value;
        series_init(&s, &arena, START_MINUTE * MINUTE_MS, 1);
        series_put(&s, &s.common[metric], s.start_at, 0);
        assert_int_equal(series_count(&s, ARM_TARGET, METRIC_REQUESTS, 0, &value),
                         metric != METRIC_REPLAY_LAG);
        arena_clear(&arena);
    }
}

static void a_minute_settles_three_minutes_after_its_end(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct series s;
    series_init(&s, &arena, START_MINUTE * MINUTE_MS + 12345, 2);
    assert_int_equal(s.start_at, START_MINUTE * MINUTE_MS);
    int64_t end = (START_MINUTE + 1) * MINUTE_MS;
    assert_false(series_settled(&s, 0, end + 3 * MINUTE_MS - 1));
    assert_true(series_settled(&s, 0, end + 3 * MINUTE_MS));
    assert_false(series_settled(&s, 1, end + 3 * MINUTE_MS));
    arena_clear(&arena);
}

static void comes_back_from_json(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct series s, back;
    series_init(&s, &arena, START_MINUTE * MINUTE_MS, 5);
    for (size_t m = 0; m < 5; m += 2)
        series_put(&s, &s.arms[ARM_SOURCE][METRIC_TIME_P90], series_minute_at(&s, m),
                   (int64_t)m * 1000000007 - 1);
    series_put(&s, &s.common[METRIC_REPLAY_LAG], series_minute_at(&s, 3), 0);
    struct text text = {0}, again = {0};
    struct json_writer w = {.out = &text};
    series_write_json(&w, NULL, &s);
    struct json_document doc;
    struct error err = {0};
    assert_true(json_read(&doc, text.data, text.len, (struct json_limits){1 << 20, 16}, &err));
    assert_true(series_read_json(&back, &arena, doc.root, &err));
    w = (struct json_writer){.out = &again};
    series_write_json(&w, NULL, &back);
    assert_string_equal(text.data, again.data);
    assert_int_equal(back.arms[ARM_SOURCE][METRIC_TIME_P90].values[4], 4000000027);
    assert_false(back.arms[ARM_SOURCE][METRIC_TIME_P90].present[1]);
    assert_true(back.common[METRIC_REPLAY_LAG].present[3]);
    json_document_clear(&doc);
    text_clear(&text);
    text_clear(&again);
    arena_clear(&arena);
}

/* Whatever an endpoint answers, a day of it can be added up. */
static void absurd_values_add_up(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct series s;
    size_t known;
    series_init(&s, &arena, 0, SERIES_MINUTES_MAX);
    for (size_t m = 0; m < s.minutes; m++)
        series_put(&s, &s.arms[ARM_SOURCE][METRIC_REQUESTS], series_minute_at(&s, m),
                   m % 2 ? INT64_MAX : 9000000000000000);
    assert_true(series_sum(&s, ARM_SOURCE, METRIC_REQUESTS, 0, s.minutes, &known) > 0);
    assert_int_equal(known, s.minutes);
    series_put(&s, &s.common[METRIC_REPLAY_LAG], 0, INT64_MIN);
    assert_int_equal(s.common[METRIC_REPLAY_LAG].values[0], -SERIES_VALUE_MAX);
    arena_clear(&arena);
}

static void refuses_broken_columns(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "1 2",    "1  2 3", "1 2 3 4", "1 2 x", "", "1 2 --", "1 2 1234567890123456",
        " 1 2 3", "1 2 3 "};
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct arena arena = {0};
        char *text = arena_printf(&arena,
                                  "{\"start_at\":60000,\"minutes\":3,\"source\":{\"requests\":"
                                  "\"%s\"}}",
                                  bad[i]);
        struct json_document doc;
        struct error err = {0};
        struct series s;
        assert_true(json_read(&doc, text, strlen(text), (struct json_limits){1 << 20, 16}, &err));
        if (series_read_json(&s, &arena, doc.root, &err))
            fail_msg("read: \"%s\"", bad[i]);
        json_document_clear(&doc);
        arena_clear(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(missing_data_row_by_row),
        cmocka_unit_test(the_load_balancer_reports_and_the_replayer_does_not),
        cmocka_unit_test(a_minute_settles_three_minutes_after_its_end),
        cmocka_unit_test(comes_back_from_json),
        cmocka_unit_test(absurd_values_add_up),
        cmocka_unit_test(refuses_broken_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
