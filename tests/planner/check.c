#include "tests/unit.h"

#include "planner/check.h"

/* A prober that is green to all, and counts what it was asked. */
struct counter {
    struct prober port;
    unsigned waves;
    size_t asked;
};

static void ask(void *self, struct check_result results[], size_t n, struct arena *arena,
                const struct subject *subject)
{
    struct counter *counter = self;
    (void)arena, (void)subject;
    counter->waves++;
    counter->asked += n;
    for (size_t i = 0; i < n; i++) {
        results[i].verdict = CHECK_GREEN;
        results[i].observed = results[i].check->name;
    }
}

/* All that are of the kinds go out in one wave, in the file's order; the others are not asked. */
static void asks_the_kinds_that_are_meant(void **state)
{
    (void)state;
    struct planfile_check checks[] = {
        {.kind = CHECK_HTTP, .name = "green"},
        {.kind = CHECK_METRIC, .name = "queue"},
        {.kind = CHECK_DOCUMENTS, .name = "in-sync"},
        {.kind = CHECK_HTTP, .name = "login"},
    };
    const struct planfile file = {.checks = checks, .check_count = COUNT(checks)};
    static const struct {
        unsigned kinds;
        bool prober;
        const char *names[COUNT(checks) + 1];
    } rows[] = {
        {CHECKS_ALL, true, {"green", "queue", "in-sync", "login"}},
        {CHECK_KIND(HTTP), true, {"green", "login"}},
        {CHECK_KIND(METRIC), true, {"queue"}},
        {CHECK_KIND(HTTP) | CHECK_KIND(DOCUMENTS), true, {"green", "in-sync", "login"}},
        {0, true, {NULL}},
        {CHECKS_ALL, false, {NULL}},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct counter counter = {.port = {&counter, ask}};
        struct arena arena = {0};
        struct check_results results;
        size_t n = 0;
        checks_ask(&results, rows[i].prober ? &counter.port : NULL, &file, rows[i].kinds, &arena,
                   NULL);
        for (; rows[i].names[n]; n++)
            assert_string_equal(results.items[n].observed, rows[i].names[n]);
        assert_int_equal(results.count, n);
        assert_int_equal(counter.asked, n);
        assert_int_equal(counter.waves, n > 0);
        arena_clear(&arena);
    }
}

static void finds_an_answer_by_its_name(void **state)
{
    (void)state;
    struct planfile_check checks[] = {{.name = "green"}, {.name = "queue"}};
    struct check_result items[] = {{.check = &checks[0]}, {.check = &checks[1]}};
    const struct check_results results = {items, COUNT(items)}, none = {0};
    assert_ptr_equal(check_results_find(&results, "queue"), &items[1]);
    assert_ptr_equal(check_results_find(&results, "green"), &items[0]);
    assert_null(check_results_find(&results, "gree"));
    assert_null(check_results_find(&none, "green"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asks_the_kinds_that_are_meant),
        cmocka_unit_test(finds_an_answer_by_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
