#include "tests/unit.h"

#include "planner/base/diagnostics.h"

static struct span at(unsigned line, unsigned column)
{
    return (struct span){line, column, 1};
}

static void shows_the_line_of_each(void **state)
{
    (void)state;
    static const char source[] = "one\r\n\ttwo\n\nlast";
    static const char *const lines[] = {"", "one", "\ttwo", "", "last", ""};
    struct arena arena = {0};
    struct diagnostics list = {.arena = &arena, .source = source, .source_len = sizeof source - 1};
    for (unsigned line = 0; line < COUNT(lines); line++)
        assert_string_equal(
            diagnostics_add(&list, SEVERITY_WARNING, at(line, 1), "n %u", line)->line, lines[line]);
    assert_int_equal(list.count, COUNT(lines));
    assert_int_equal(list.errors, 0);
    arena_clear(&arena);
}

static void orders_by_place(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct diagnostics list = {.arena = &arena};
    diagnostics_add(&list, SEVERITY_ERROR, at(0, 0), "no place");
    diagnostics_add(&list, SEVERITY_ERROR, at(2, 1), "c");
    diagnostics_add(&list, SEVERITY_ERROR, at(1, 9), "b");
    diagnostics_add(&list, SEVERITY_ERROR, at(1, 2), "a");
    diagnostics_add(&list, SEVERITY_WARNING, at(2, 1), "d");
    diagnostics_sort(&list);
    static const char *const want[] = {"a", "b", "c", "d", "no place"};
    for (size_t i = 0; i < COUNT(want); i++)
        assert_string_equal(list.items[i].message, want[i]);
    assert_int_equal(list.errors, 4);
    arena_clear(&arena);
}

static void keeps_a_hundred_and_counts_the_rest(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct diagnostics list = {.arena = &arena};
    for (unsigned i = 1; i <= 250; i++)
        diagnostics_add(&list, SEVERITY_ERROR, at(i, 1), "n %u", i)->hint = "mend it";
    assert_true(diagnostics_full(&list));
    diagnostics_sort(&list);
    diagnostics_sort(&list);
    assert_int_equal(list.count, DIAGNOSTICS_MAX + 1);
    assert_int_equal(list.errors, 250);
    assert_string_equal(list.items[DIAGNOSTICS_MAX - 1].message, "n 100");
    assert_string_equal(list.items[DIAGNOSTICS_MAX].message, "and 150 more");
    assert_string_equal(list.items[DIAGNOSTICS_MAX].line, "");
    arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shows_the_line_of_each),
        cmocka_unit_test(orders_by_place),
        cmocka_unit_test(keeps_a_hundred_and_counts_the_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
