#include "tests/unit.h"

#include "planner/base/unicode.h"

static void decodes_each_length(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
        uint32_t code;
    } rows[] = {
        {"A", 1, 0x41},
        {"\xC2\x80", 2, 0x80},
        {"\xC3\xA9", 2, 0xE9},
        {"\xE2\x82\xAC", 3, 0x20AC},
        {"\xEF\xBF\xBF", 3, 0xFFFF},
        {"\xF0\x9F\x98\x80", 4, 0x1F600},
        {"\xF4\x8F\xBF\xBF", 4, 0x10FFFF},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint32_t code = 0;
        assert_int_equal(unicode_decode(&code, rows[i].bytes, strlen(rows[i].bytes)), rows[i].len);
        assert_int_equal(code, rows[i].code);
    }
}

/* Surrogates, over-long forms, beyond U+10FFFF, cut sequences, a continuation alone. */
static void refuses_what_is_no_utf8(void **state)
{
    (void)state;
    static const char *const rows[] = {"\xED\xA0\x80",
                                       "\xC0\xAF",
                                       "\xE0\x80\xAF",
                                       "\xF0\x80\x80\xAF",
                                       "\xF4\x90\x80\x80",
                                       "\xE2\x82",
                                       "\x80",
                                       "\xFF",
                                       "\xC3"
                                       "A"};
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint32_t code;
        assert_int_equal(unicode_decode(&code, rows[i], strlen(rows[i])), 0);
    }
}

static void knows_what_deceives(void **state)
{
    (void)state;
    static const uint32_t deceiving[] = {0x00,   0x07,   0x1B,   0x7F,   0x85,   0x9B,
                                         0x200B, 0x200F, 0x202A, 0x202E, 0x2028, 0x2066,
                                         0x2069, 0xFEFF, 0x61C,  0xAD,   0xE0041};
    static const uint32_t plain[] = {' ', '~', 0xA0, 0xE9, 0x2013, 0x20AC, 0x4E2D, 0x1F600};
    for (size_t i = 0; i < COUNT(deceiving); i++)
        assert_true(unicode_deceives(deceiving[i]));
    for (size_t i = 0; i < COUNT(plain); i++)
        assert_false(unicode_deceives(plain[i]));
}

/* As the Unicode database has them (EastAsianWidth.txt, and the general category Mn). */
static void columns_are_the_terminals(void **state)
{
    (void)state;
    static const struct {
        uint32_t code;
        unsigned columns;
    } rows[] = {
        {'a', 1},    {0xFC, 1},    {0x2581, 1},  {0x2588, 1},  {0x301, 0},  {0x20DD, 0},
        {0xFE0F, 0}, {0x4E2D, 2},  {0x3042, 2},  {0xAC00, 2},  {0xFF21, 2}, {0xFF71, 1},
        {0x3000, 2}, {0x1F600, 2}, {0x1F680, 2}, {0x20000, 2}, {0x10FF, 1}, {0x1100, 2},
        {0x115F, 2}, {0x1160, 1},  {0xD7A3, 2},  {0x2E80, 2},  {0x303F, 1}, {0x3041, 2},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        if (unicode_columns(rows[i].code) != rows[i].columns)
            fail_msg("U+%04X takes %u", (unsigned)rows[i].code, unicode_columns(rows[i].code));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decodes_each_length),
        cmocka_unit_test(refuses_what_is_no_utf8),
        cmocka_unit_test(knows_what_deceives),
        cmocka_unit_test(columns_are_the_terminals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
