#include "tests/unit.h"

#include "planner/plan_edit.h"

static void says_which_lines_were_and_are_other(void **state)
{
    (void)state;
    static const struct {
        const char *was, *is;
        const char *notes; /* joined by newlines */
    } rows[] = {
        {"a\nb\nc\n", "a\nb\nc\n", ""},
        {"a\nb\nc\n", "a\nx\nc\n", "line 2 was \"b\"\nline 2 is \"x\"\n"},
        {"a\nc\n", "a\nb\nc\n", "line 2 is \"b\"\n"},
        {"a\nb\nc", "a\nc", "line 2 was \"b\"\n"},
        {"", "a\n", "line 1 is \"a\"\n"},
        {"a\n", "a", ""},
        {"a\r\n", "a\n", "line 1 was \"a\r\"\nline 1 is \"a\"\n"},
        {"a\nb\n", "b\na\n", ""}, /* only moved */
        {"a\nb\nc\nd\n", "x\nb\nc\ny\n",
         "line 1 was \"a\"\nline 4 was \"d\"\nline 1 is \"x\"\nline 4 is \"y\"\n"},
        {"a\n", "1\n2\n3\n4\n5\n6\n",
         "line 1 was \"a\"\nline 1 is \"1\"\nline 2 is \"2\"\nline 3 is \"3\"\nline 4 is \"4\"\n"
         "2 more lines of it are other\n"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct plan plan = {0};
        struct text notes = {0};
        plan_note_edit(&plan, rows[i].was, rows[i].is);
        for (size_t n = 0; n < plan.note_count; n++)
            text_addf(&notes, "%s\n", plan.notes[n]);
        assert_string_equal(text_cstr(&notes), rows[i].notes);
        text_clear(&notes);
        plan_clear(&plan);
    }
}

/* The note stays a line, and text: a cut inside a character would be neither in the saved plan. */
static void a_long_line_is_cut_between_characters(void **state)
{
    (void)state;
    struct plan plan = {0};
    char line[1001];
    for (size_t i = 0; i < 500; i++)
        memcpy(line + 2 * i, "\xc3\xa9", 2);
    line[1000] = '\0';
    plan_note_edit(&plan, "a", line);
    assert_int_equal(plan.note_count, 2);
    assert_true(strlen(plan.notes[1]) < 200);
    assert_true(text_ends(plan.notes[1], "...\""));
    size_t n = strlen(plan.notes[1]);
    assert_int_equal(text_utf8_prefix(plan.notes[1], n), n);
    plan_clear(&plan);

    memmove(line, line + 1, 1000); /* now the limit falls between two bytes of one */
    line[0] = 'a';
    plan = (struct plan){0};
    plan_note_edit(&plan, "a", line);
    n = strlen(plan.notes[1]);
    assert_int_equal(text_utf8_prefix(plan.notes[1], n), n);
    plan_clear(&plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_which_lines_were_and_are_other),
        cmocka_unit_test(a_long_line_is_cut_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
