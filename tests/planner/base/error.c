#include "tests/unit.h"

#include <errno.h>

#include "planner/base/error.h"
#include "planner/base/text.h"

static void is_set_anew_and_answers_false(void **state)
{
    (void)state;
    struct error err = {.kind = ERROR_ACCESS, .hint = "old", .aws_code = "old", .http_status = 403};
    assert_false(error_set(&err, ERROR_INPUT, "%s is %d", "answer", 42));
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_string_equal(err.message, "answer is 42");
    assert_string_equal(err.hint, "");
    assert_string_equal(err.aws_code, "");
    assert_int_equal(err.http_status, 0);
}

static void context_goes_in_front_and_loses_nothing(void **state)
{
    (void)state;
    struct error err;
    assert_false(error_errno(&err, ERROR_STORAGE, ENOENT, "cannot open %s", "x"));
    assert_false(error_hint(&err, "make %s", "x"));
    assert_false(error_context(&err, "plan file %s", "p.yaml"));
    assert_false(error_context(&err, "apply"));
    assert_string_equal(err.message,
                        "apply: plan file p.yaml: cannot open x: No such file or directory");
    assert_string_equal(err.hint, "make x");
    assert_int_equal(err.kind, ERROR_STORAGE);

    error_set(&err, ERROR_INPUT, "no file \xff.yaml"); /* a name need not be UTF-8 */
    error_context(&err, "plan");
    assert_string_equal(err.message, "plan: no file \xff.yaml");
}

/* What AWS or a file sends may be of any length, and is cut between characters. */
static void a_long_text_is_cut_at_a_characters_border(void **state)
{
    char text[3000];
    struct error err;
    (void)state;
    for (size_t shift = 0; shift < 3; shift++) {
        for (size_t i = 0; i < sizeof text - 1; i++)
            text[i] = i < shift ? 'a' : "\xe2\x82\xac"[(i - shift) % 3]; /* the euro sign */
        text[sizeof text - 1] = '\0';
        error_set(&err, ERROR_SERVICE, "%s", text);
        size_t len = strlen(err.message);
        assert_true(len < sizeof err.message && len > sizeof err.message - 8);
        assert_int_equal(text_utf8_prefix(err.message, len), len);
        assert_string_equal(err.message + len - 3, "...");

        error_context(&err, "%s", "ab");
        error_context(&err, "%s", "c");
        len = strlen(err.message);
        assert_true(len < sizeof err.message);
        assert_memory_equal(err.message, "c: ab: ", 7);
        assert_int_equal(text_utf8_prefix(err.message, len), len);
    }
}

static void every_kind_has_a_name_of_its_own(void **state)
{
    (void)state;
    for (int a = ERROR_NONE; a <= ERROR_INTERRUPTED; a++) {
        assert_string_not_equal(error_kind_name((enum error_kind)a), "unknown");
        for (int b = ERROR_NONE; b < a; b++)
            assert_string_not_equal(error_kind_name((enum error_kind)a),
                                    error_kind_name((enum error_kind)b));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_set_anew_and_answers_false),
        cmocka_unit_test(context_goes_in_front_and_loses_nothing),
        cmocka_unit_test(a_long_text_is_cut_at_a_characters_border),
        cmocka_unit_test(every_kind_has_a_name_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
