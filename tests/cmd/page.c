#include "tests/unit.h"

#include "cmd/page.h"

static struct page page_of(unsigned width, bool colour)
{
    struct term term = {.width = width, .colour = colour};
    struct page page;
    page_init(&page, &term);
    return page;
}

static void wraps_and_hangs_where_it_began(void **state)
{
    (void)state;
    struct page page = page_of(24, false);
    page_column(&page, 2);
    page_put(&page, STYLE_GOOD, "ok");
    page_column(&page, 8);
    page_wrap(&page, STYLE_PLAIN, "the capture proxy runs two tasks");
    page_end_line(&page);
    assert_string_equal(text_cstr(&page.out), "  ok    the capture\n"
                                              "        proxy runs two\n"
                                              "        tasks\n");
    page_clear(&page);
}

static void keeps_a_number_and_its_percent_sign(void **state)
{
    (void)state;
    struct page page = page_of(16, false);
    page_paragraph(&page, 0, STYLE_PLAIN, "errors are 0.04 %% of all");
    assert_string_equal(text_cstr(&page.out), "errors are\n0.04 % of all\n");
    page_clear(&page);
}

static void never_breaks_a_word(void **state)
{
    (void)state;
    struct page page = page_of(16, false);
    page_paragraph(&page, 2, STYLE_PLAIN, "see arn:aws:elasticloadbalancing:x there");
    assert_string_equal(text_cstr(&page.out), "  see\n  arn:aws:elasticloadbalancing:x\n  there\n");
    page_clear(&page);
}

static void a_column_that_is_taken_gets_one_space(void **state)
{
    (void)state;
    struct page page = page_of(80, false);
    page_put(&page, STYLE_PLAIN, "hold[100%%]");
    page_column(&page, 4);
    page_put(&page, STYLE_PLAIN, "10m");
    page_column(&page, 40);
    page_end_line(&page);
    assert_string_equal(text_cstr(&page.out), "hold[100%] 10m\n");
    page_clear(&page);
}

static void escapes_what_it_is_given(void **state)
{
    (void)state;
    struct page page = page_of(80, false);
    page_line(&page, 0, STYLE_PLAIN, "name %s", "a\x1b[2Jb\nc");
    page_paragraph(&page, 0, STYLE_PLAIN, "%s", "x\xE2\x80\xAEy");
    assert_string_equal(text_cstr(&page.out), "name a\\x1b[2Jb\\nc\nx\\u{202e}y\n");
    page_clear(&page);
}

static void colours_only_when_asked(void **state)
{
    (void)state;
    struct page plain = page_of(80, false), coloured = page_of(80, true);
    page_line(&plain, 2, STYLE_BAD, "BLOCKS");
    page_line(&coloured, 2, STYLE_BAD, "BLOCKS");
    assert_string_equal(text_cstr(&plain.out), "  BLOCKS\n");
    assert_string_equal(text_cstr(&coloured.out), "  \x1b[31mBLOCKS\x1b[0m\n");
    page_clear(&plain);
    page_clear(&coloured);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wraps_and_hangs_where_it_began),
        cmocka_unit_test(keeps_a_number_and_its_percent_sign),
        cmocka_unit_test(never_breaks_a_word),
        cmocka_unit_test(a_column_that_is_taken_gets_one_space),
        cmocka_unit_test(escapes_what_it_is_given),
        cmocka_unit_test(colours_only_when_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
