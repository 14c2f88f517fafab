#include "tests/unit.h"

#include "cmd/escape.h"
#include "cmd/sparkline.h"

#define UNKNOWN INT64_C(-1)

static size_t read_values(struct spark *out, const int64_t *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (struct spark){values[i] != UNKNOWN, values[i] == UNKNOWN ? 0 : values[i]};
    return n;
}

static void a_bar_is_as_high_as_its_share(void **state)
{
    (void)state;
    static const struct {
        int64_t values[8], most;
        const char *blocks, *letters;
    } rows[] = {
        {{0, 1, 2, 3, 4, 5, 6, 7}, 7, "▁▂▃▄▅▆▇█", "_:-=+*#@"},
        {{0, 1, 0, 1000, 999, 500, 501, 0}, 1000, "▁▂▁██▅▅▁", "_._@@=+_"},
        {{0, 0, 0, 0, 0, 0, 0, 0}, 0, "▁▁▁▁▁▁▁▁", "________"},
        {{5, 5, 5, 5, 5, 5, 5, 5}, 5, "████████", "@@@@@@@@"},
        {{UNKNOWN, 0, UNKNOWN, 7, UNKNOWN, UNKNOWN, 7, 7}, 7, " ▁ █  ██", " _ @  @@"},
        {{7, 7, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN}, 7, "██", "@@"},
        {{UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN}, 0, "", ""},
        {{INT64_C(999999999999999), 1, 0, 0, 0, 0, 0, 0},
         INT64_C(999999999999999),
         "█▂▁▁▁▁▁▁",
         "@.______"},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        for (int ascii = 0; ascii <= 1; ascii++) {
            struct spark sparks[8];
            struct text out = {0};
            size_t n = read_values(sparks, rows[i].values, 8);
            assert_int_equal(spark_most(sparks, n), rows[i].most);
            sparkline_add(&out, sparks, n, rows[i].most, ascii);
            assert_string_equal(text_cstr(&out), ascii ? rows[i].letters : rows[i].blocks);
            assert_true(escape_columns(text_cstr(&out), out.len) <= 8);
            text_clear(&out);
        }
}

/* A spike is not averaged away, a gap not filled, and the newest column is whole. */
static void minutes_fold_into_columns(void **state)
{
    (void)state;
    static const struct {
        int64_t in[7];
        size_t n, fold, columns;
        int64_t out[7];
    } rows[] = {
        {{1, 9, 2, 3}, 4, 2, 2, {9, 3}},
        {{1, 9, 2, 3, 4}, 5, 2, 3, {1, 9, 4}},
        {{1, 9, 2, 3, 4}, 5, 1, 5, {1, 9, 2, 3, 4}},
        {{UNKNOWN, UNKNOWN, UNKNOWN, 0, 0, UNKNOWN}, 6, 2, 3, {UNKNOWN, 0, 0}},
        {{1, 2, 3, 4, 5, 6, 7}, 7, 3, 3, {1, 4, 7}},
        {{5}, 1, 10, 1, {5}},
        {{0}, 0, 3, 0, {0}},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct spark in[7], out[7];
        size_t n = read_values(in, rows[i].in, rows[i].n);
        assert_int_equal(spark_fold(out, in, n, rows[i].fold), rows[i].columns);
        for (size_t c = 0; c < rows[i].columns; c++) {
            assert_int_equal(out[c].known, rows[i].out[c] != UNKNOWN);
            if (out[c].known)
                assert_int_equal(out[c].value, rows[i].out[c]);
        }
    }
}

static void the_locale_says_whether_there_are_blocks(void **state)
{
    (void)state;
    static const struct {
        const char *all, *ctype, *lang;
        bool blocks;
    } rows[] = {
        {NULL, NULL, NULL, false},        {NULL, NULL, "C.UTF-8", true},
        {NULL, NULL, "en_US.utf8", true}, {NULL, NULL, "C", false},
        {"C", NULL, "C.UTF-8", false},    {"", "de_DE.UTF-8", "C", true},
        {NULL, "C", "C.UTF-8", false},    {"C.UTF-8", "C", "C", true},
        {NULL, NULL, "de_DE", false},
    };
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *const values[] = {rows[i].all, rows[i].ctype, rows[i].lang};
        for (size_t k = 0; k < COUNT(names); k++)
            values[k] ? setenv(names[k], values[k], 1) : unsetenv(names[k]);
        assert_int_equal(sparkline_has_blocks(), rows[i].blocks);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bar_is_as_high_as_its_share),
        cmocka_unit_test(minutes_fold_into_columns),
        cmocka_unit_test(the_locale_says_whether_there_are_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
