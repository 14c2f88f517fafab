/* Half-written, damaged and hostile plan files: an answer, never a finding of the sanitizers. */
#include "tests/planner/planfile_case.h"

#include <time.h>

#include "planner/base/text.h"

static void expect_whole(const struct planfile *f)
{
    assert_non_null(f->name);
    assert_non_null(f->cluster);
    assert_non_null(f->load_balancer);
    for (int arm = 0; arm < ARM_COUNT; arm++) {
        assert_non_null(f->arms[arm].service);
        assert_non_null(f->arms[arm].target_group);
    }
    assert_true(f->min_count >= 1 && f->ready_timeout_ms > 0 && f->baseline_ms > 0);
    assert_true(f->quiet_for_ms <= f->drain_timeout_ms);
    assert_true(!f->has_window || f->window_opens_at < f->window_closes_at);
    assert_true(f->step_count >= 1);
    for (size_t i = 0; i < f->step_count; i++) {
        assert_true(f->steps[i].target_permille <= 1000);
        assert_true(f->steps[i].target_permille > (i ? f->steps[i - 1].target_permille : 0));
        assert_true(f->steps[i].hold_ms == 0 || f->steps[i].hold_ms >= 360000);
    }
    for (size_t i = 0; i < f->allowance_count; i++)
        assert_true(text_same(f->allowances[i].id, "stickiness") ||
                    planfile_check_of(f, f->allowances[i].id));
    for (size_t i = 0; i < f->check_count; i++)
        assert_non_null(f->checks[i].name);
}

/* Whatever the bytes are: a planfile that is whole, or an error with a place in the file. */
static bool read_any(const char *bytes, size_t n)
{
    char *exact = malloc(n ? n : 1); /* so that a read beyond the end is found */
    assert_non_null(exact);
    memcpy(exact, bytes, n);
    struct planfile_case c;
    bool good = planfile_case_read(&c, "plan.yaml", exact, n);
    assert_int_equal(good, c.list.errors == 0);
    assert_true(c.list.count <= DIAGNOSTICS_MAX + 1);
    bool placed = false;
    for (size_t i = 0; i < c.list.count; i++) {
        const struct diagnostic *d = &c.list.items[i];
        assert_int_equal(text_utf8_prefix(d->message, strlen(d->message)), strlen(d->message));
        placed = placed || (d->span.line >= 1 && d->span.column >= 1 && d->span.length >= 1);
    }
    assert_true(good || placed);
    if (good)
        expect_whole(&c.file);
    planfile_case_clear(&c);
    free(exact);
    return good;
}

static void every_prefix_is_answered(void **state)
{
    (void)state;
    static const char *const files[] = {
        TESTS_DIR "/planner/planfile/full.yaml",
        TESTS_DIR "/planner/planfile/reserved.yaml",
        TESTS_DIR "/../plans/example.yaml",
    };
    for (size_t i = 0; i < COUNT(files); i++) {
        size_t n, good = 0;
        char *bytes = planfile_case_load(files[i], &n);
        for (size_t cut = 0; cut <= n; cut++)
            good += read_any(bytes, cut);
        assert_true(good > 0); /* cut behind `stage`, at the latest */
        free(bytes);
    }
}

static const char nasty[] =
    "\0\t\n\r \"'#%&*+,-.:!<>?@[]\\`{|}~0a9A\x7f\x80\xbf\xc3\xe2\xed\xf0\xff";

static void mutate(const char *bytes, size_t n)
{
    char *copy = malloc(n + 1);
    assert_non_null(copy);
    for (size_t at = 0; at < n; at++)
        for (size_t k = 0; k < sizeof nasty - 1; k++) {
            memcpy(copy, bytes, n);
            copy[at] = nasty[k];
            read_any(copy, n);
            memmove(copy + at + 1, bytes + at, n - at); /* put in, nothing replaced */
            read_any(copy, n + 1);
        }
    for (size_t at = 0; at < n; at++) {
        memcpy(copy, bytes, at);
        memcpy(copy + at, bytes + at + 1, n - at - 1);
        read_any(copy, n - 1);
        for (unsigned bit = 0; bit < 8; bit++) {
            memcpy(copy, bytes, n);
            copy[at] = (char)(copy[at] ^ (1u << bit));
            read_any(copy, n);
        }
    }
    free(copy);
}

static void every_damaged_byte_is_answered(void **state)
{
    (void)state;
    static const char medium[] = "switchover: 1\n"
                                 "stage: prod # the stage\n"
                                 "aws: {region: us-east-1, account: \"111122223333\"}\n"
                                 "traffic:\n"
                                 "  steps:\n"
                                 "    - {target: 10, hold: 6m}\n"
                                 "    - target: 100\n"
                                 "gates: {errors: {max_rate: 1%}, on_failure: stop}\n"
                                 "checks:\n"
                                 "- http: {name: a, url: 'http://a', json: /b, one_of: [c]}\n"
                                 "- metric: {name: q, namespace: X, metric: Y, dimensions: {A: b},"
                                 " statistic: Sum, over: 1m, below: 6}\n"
                                 "allow: {stickiness: 'it''s fine', \"check:q\": yes it is}\n";
    mutate(BYTES("switchover: 1\nstage: prod\n"));
    mutate(BYTES(medium));
}

static void fill(struct text *out, const char *head, const char *unit)
{
    text_cut(out, 0);
    text_add(out, head);
    while (out->len + strlen(unit) <= PLANFILE_MAX_BYTES)
        text_add(out, unit);
}

/* Processor time, far above what linear work needs even under the sanitizers. */
static void hostile_files_cost_little(void **state)
{
    (void)state;
    static const struct {
        const char *head, *unit;
    } rows[] = {
        {"", "["},
        {"", "{"},
        {"", "- "},
        {"", "&a [*a,*a]"},
        {"traffic:\n  steps: [", "{target: 1},"},
        {"traffic:\n  steps:\n", "  - {target: 1}\n"},
        {"traffic:\n  steps:\n", "  -\n"},
        {"traffic:\n  steps:\n", "  - {hold: x, target: y}\n"},
        {"checks:\n", "- {}\n"},
        {"checks:\n- http: {one_of: [", "{},"},
        {"checks:\n- http: {one_of: [", "a,"},
        {"checks:\n- metric: {dimensions: {", "a: b,"},
        {"allow:\n", "  check:a: b\n"},
        {"allow:\n", "  a: b\n"},
        {"stage: ", "x"},
        {"stage: \"", "\\u00e4"},
        {"name: '", "\xC3\xA4"},
        {"aws: {", "region: x, "},
        {"", "switchover: 2\n"},
        {"", "hold: 1\n"},
        {"switchover: ", "9"},
        {"switchover: 1\nstage: prod\n# ", "#"},
        {"switchover: 1\nstage: prod\n", "\n"},
        {"? ", "k"},
        {"\"", "k"},
    };
    struct text text = {0};
    for (size_t i = 0; i < COUNT(rows); i++) {
        fill(&text, rows[i].head, rows[i].unit);
        clock_t start = clock();
        read_any(text.data, text.len);
        double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
        if (seconds > 3)
            fail_msg("256 KiB of \"%s\" took %.1f s", rows[i].unit, seconds);
    }
    text_clear(&text);
}

static void long_lines_are_kept_once(void **state)
{
    (void)state;
    struct text text = {0};
    struct planfile_case c;
    fill(&text, "aws: {", "k: 1, ");
    text_cut(&text, text.len - 1);
    text_add(&text, "}");
    assert_false(planfile_case_read(&c, "plan.yaml", text.data, text.len));
    assert_int_equal(c.list.count, DIAGNOSTICS_MAX + 1);
    for (size_t i = 1; i < DIAGNOSTICS_MAX; i++)
        assert_ptr_equal(c.list.items[i].line, c.list.items[0].line);
    planfile_case_clear(&c);
    text_clear(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_prefix_is_answered),
        cmocka_unit_test(every_damaged_byte_is_answered),
        cmocka_unit_test(hostile_files_cost_little),
        cmocka_unit_test(long_lines_are_kept_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
