#include "tests/unit.h"

#include "cmd/escape.h"
#include "planner/base/unicode.h"

static const struct {
    const char *in, *out;
} rows[] = {
    {"migration-prod-ecs-cluster", "migration-prod-ecs-cluster"},
    {"Jos\xC3\xA9 <jose@example.org>", "Jos\xC3\xA9 <jose@example.org>"},
    {"\x1b[2J\x1b[31mred", "\\x1b[2J\\x1b[31mred"},
    {"a\nb\tc\rd", "a\\nb\\tc\\x0d"
                   "d"},
    {"bell\a del\x7f", "bell\\x07 del\\x7f"},
    {"\xC2\x9B"
     "31m",
     "\\u{9b}31m"}, /* CSI as one C1 character */
    {"\xE2\x80\xAE"
     "evil",
     "\\u{202e}evil"}, /* right-to-left override */
    {"a\xE2\x80\x8B"
     "b",
     "a\\u{200b}b"},                     /* zero width space */
    {"\xFF\xC3", "\\xff\\xc3"},          /* no UTF-8, and a cut sequence */
    {"\xED\xA0\x80", "\\xed\\xa0\\x80"}, /* a surrogate */
    {"", ""},
};

static void escapes_row_by_row(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct text out = {0};
        escape_add(&out, rows[i].in, strlen(rows[i].in));
        assert_string_equal(text_cstr(&out), rows[i].out);
        text_clear(&out);
    }
}

static void counts_columns_not_bytes(void **state)
{
    (void)state;
    struct text out = {0};
    assert_int_equal(escape_add(&out, "Jos\xC3\xA9\n", 6), 6); /* J o s e-acute \ n */
    assert_int_equal(escape_add(&out, "a\0b", 3), 6);          /* a \ x 0 0 b */
    assert_string_equal(text_cstr(&out), "Jos\xC3\xA9\\n"
                                         "a\\x00b");
    text_clear(&out);
}

/* Cut at a column, never inside a character or an escape. */
static void fits_row_by_row(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t columns, bytes;
    } fits[] = {
        {"abc", 2, 2},    {"abc", 9, 3},  {"", 4, 0},     {"a\xC3\xA9z", 2, 3}, {"a\x1b[", 4, 1},
        {"a\x1b[", 5, 2}, {"\xFF", 3, 0}, {"\xFF", 4, 1}, {"abc", 0, 0},
    };
    for (size_t i = 0; i < COUNT(fits); i++)
        assert_int_equal(escape_fit(fits[i].text, fits[i].columns), fits[i].bytes);
}

/* Whatever goes in: valid UTF-8 comes out, and nothing in it deceives. */
static void holds_for_random_bytes(void **state)
{
    (void)state;
    unsigned seed = 20;
    for (int round = 0; round < 2000; round++) {
        char bytes[64];
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = (char)(rand_r(&seed) >> 7);
        struct text out = {0};
        escape_add(&out, bytes, sizeof bytes);
        assert_int_equal(text_utf8_prefix(out.data, out.len), out.len);
        for (size_t at = 0; at < out.len;) {
            uint32_t code;
            at += unicode_decode(&code, out.data + at, out.len - at);
            assert_false(unicode_deceives(code));
        }
        text_clear(&out);
    }
}

/* What is laid out in columns must not be moved by what takes two, or none. */
static void wide_characters_take_two_columns(void **state)
{
    (void)state;
    static const char *const words =
        "\xe4\xb8\xad\xe6\x96\x87 e\xcc\x81"; /* two, a blank, e acute */
    assert_int_equal(escape_columns(words, strlen(words)), 6);
    assert_int_equal(escape_fit(words, 3), 3);
    assert_int_equal(escape_fit(words, 4), 6);
    assert_int_equal(escape_fit(words, 6), strlen(words));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(escapes_row_by_row),
        cmocka_unit_test(counts_columns_not_bytes),
        cmocka_unit_test(fits_row_by_row),
        cmocka_unit_test(holds_for_random_bytes),
        cmocka_unit_test(wide_characters_take_two_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
