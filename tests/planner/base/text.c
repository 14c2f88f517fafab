#include "tests/unit.h"

#include "planner/base/arena.h"
#include "planner/base/error.h"
#include "planner/base/text.h"

/* Valid and invalid sequences after Markus Kuhn's list of hard cases. */
static void knows_utf8(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t valid;
    } rows[] = {
        {"plain", 5},
        {"\xc3\xa9", 2},
        {"\xe2\x82\xac", 3},
        {"\xf0\x9f\x98\x80", 4},
        {"a\xc0\x80", 1},
        {"\xe0\x80\x80", 0},
        {"\xed\xa0\x80", 0},
        {"\xf4\x90\x80\x80", 0},
        {"\xf5\x80\x80\x80", 0},
        {"ab\x80", 2},
        {"\xc3", 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(text_utf8_prefix(rows[i].bytes, strlen(rows[i].bytes)), rows[i].valid);
    assert_int_equal(text_utf8_prefix("a\0b", 3), 1);
}

static void shows_whole_characters(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        int shown;
    } rows[] = {
        {"", 0},           {"abcd", 4},        {"abcde", 4},
        {"ab\xc3\xa9", 4}, {"abc\xc3\xa9", 3}, {"a\xf0\x9f\x98\x80", 1},
        {"ab\x80", 3},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(text_shown(rows[i].bytes, 4), rows[i].shown);
}

/* Python's bytes.decode("utf-8", "replace") joins some of these; a character a byte is ours. */
static void makes_utf8_of_anything(void **state)
{
    (void)state;
    static const struct {
        const char *bytes, *text;
    } rows[] = {
        {"", ""},
        {"\xc3\xa9t\xc3\xa9", "\xc3\xa9t\xc3\xa9"},
        {"J\xf6rg", "J\xef\xbf\xbdrg"},
        {"a\xff\xfe", "a\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct text out = {0};
        text_add_utf8(&out, rows[i].bytes, strlen(rows[i].bytes));
        assert_string_equal(text_cstr(&out), rows[i].text);
        text_clear(&out);
    }
    struct text out = {0};
    text_add_utf8(&out, "a\0b", 3);
    assert_string_equal(out.data, "a\xef\xbf\xbd"
                                  "b");
    text_clear(&out);
}

static void distance_is_levenshtein(void **state)
{
    (void)state;
    assert_int_equal(text_distance("kitten", "sitting", 9), 3);
    assert_int_equal(text_distance("sunday", "saturday", 9), 3);
    assert_int_equal(text_distance("same", "same", 9), 0);
    assert_int_equal(text_distance("abc", "xyz", 1), 2);
}

static void arrays_grow(void **state)
{
    (void)state;
    struct arena arena = {0};
    int *items = NULL;
    size_t count = 0;
    for (int i = 0; i < 1000; i++) {
        int *slot = arena_append(&arena, &items, &count, sizeof *items);
        assert_int_equal(*slot, 0);
        *slot = i;
    }
    assert_int_equal(count, 1000);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(items[i], i);
    arena_clear(&arena);
}

static void errors_gain_context_and_never_overflow(void **state)
{
    (void)state;
    struct error err = {0};
    assert_false(error_set(&err, ERROR_NETWORK, "no answer from %s", "ecs"));
    assert_false(error_context(&err, "reading services"));
    assert_string_equal(err.message, "reading services: no answer from ecs");
    char *long_text = calloc(1, 5000);
    memset(long_text, 'x', 4999);
    error_set(&err, ERROR_INPUT, "%s", long_text);
    assert_int_equal(strlen(err.message), sizeof err.message - 1);
    assert_true(text_ends(err.message, "..."));
    error_context(&err, "%s", long_text);
    assert_true(strlen(err.message) < sizeof err.message);
    free(long_text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_utf8),
        cmocka_unit_test(shows_whole_characters),
        cmocka_unit_test(makes_utf8_of_anything),
        cmocka_unit_test(distance_is_levenshtein),
        cmocka_unit_test(arrays_grow),
        cmocka_unit_test(errors_gain_context_and_never_overflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
