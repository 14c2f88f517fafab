#include "providers/checks/question.h"
#include "tests/unit.h"

static void begin(struct question *question, struct check_result *result, struct arena *arena,
                  struct http_exchange *exchanges, const char *ca_file, const char *bearer)
{
    static const char *const folders[CHECK_FOLDERS] = {"plans/prod", "/etc"};
    setenv("SWITCHOVER_SECRET_TOKEN", "canary-0123456789", 1);
    assert_true(question_begin(question, result, arena, exchanges, folders, ca_file, bearer, NULL));
}

static void what_is_shown_is_short_and_text(void **state)
{
    static const struct {
        size_t before;
        const char *text, *shown; /* behind so many times an x */
    } rows[] = {
        {0, "", ""},
        {0, "red", "red"},
        {100, "", ""},
        {101, "", "..."},
        {95, "123456", "12..."},
        {95, "1\xC3\xA4 456", "1..."}, /* no half a character */
        {0,
         "a\xFF"
         "b",
         "a\xEF\xBF\xBD"
         "b"},
        {5000, "", "..."},
        {0, "the canary-0123456789.", "the [SWITCHOVER_SECRET_TOKEN]."},
        {0, "y-012345", "[SWITCHOVER_SECRET_TOKEN]"},
    };
    struct arena arena = {0};
    struct check_result result = {0};
    struct question question;
    struct http_exchange exchanges[QUESTION_EXCHANGES_MAX];
    (void)state;
    begin(&question, &result, &arena, exchanges, NULL, "SWITCHOVER_SECRET_TOKEN");
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct text text = {0};
        for (size_t k = 0; k < rows[i].before; k++)
            text_add_char(&text, 'x');
        text_add(&text, rows[i].text);
        const char *shown = question_shown(&question, text_cstr(&text));
        assert_true(strlen(shown) <= QUESTION_SHOWN_MAX);
        assert_string_equal(shown + strspn(shown, "x"), rows[i].shown);
        text_clear(&text);
    }
    question_clear(&question);
    arena_clear(&arena);
}

/* Also where the text did not go through question_shown(). */
static void words_never_hold_the_secret(void **state)
{
    struct arena arena = {0};
    struct check_result result = {0};
    struct question question;
    struct http_exchange exchanges[QUESTION_EXCHANGES_MAX];
    (void)state;
    begin(&question, &result, &arena, exchanges, NULL, "SWITCHOVER_SECRET_TOKEN");
    question_answer(&question, CHECK_RED, "it is %s", "canary-0123456789");
    assert_int_equal(result.verdict, CHECK_RED);
    assert_string_equal(result.observed, "it is [SWITCHOVER_SECRET_TOKEN]");
    question_answer(&question, CHECK_SILENT, "%500s", "");
    assert_int_equal(strlen(result.observed), QUESTION_WORDS_MAX);
    question_clear(&question);
    arena_clear(&arena);
}

static void a_ca_file_is_beside_the_plan_file(void **state)
{
    static const struct {
        const char *written, *opened;
    } rows[] = {
        {NULL, NULL},
        {"ca.pem", "plans/prod/ca.pem"},
        {"../ca.pem", "plans/prod/../ca.pem"},
        {"/etc/ca.pem", "/etc/ca.pem"},
        {"passwd", "/etc/passwd"}, /* not beside it, but there */
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct arena arena = {0};
        struct check_result result = {0};
        struct question question;
        struct http_exchange exchanges[QUESTION_EXCHANGES_MAX];
        begin(&question, &result, &arena, exchanges, rows[i].written, NULL);
        assert_true(question_ask(&question, "https://example.com/"));
        assert_true(text_same(exchanges[0].ca_file, rows[i].opened));
        assert_int_equal(exchanges[0].header_count, 0);
        assert_false(exchanges[0].direct);
        question_clear(&question);
        arena_clear(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_shown_is_short_and_text),
        cmocka_unit_test(words_never_hold_the_secret),
        cmocka_unit_test(a_ca_file_is_beside_the_plan_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
