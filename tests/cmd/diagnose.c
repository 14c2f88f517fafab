#include "tests/unit.h"

#include "cmd/diagnose.h"

static const struct term narrow = {.width = 80};

static char *list_text(const char *source, struct span span, const char *hint)
{
    struct arena arena = {0};
    struct diagnostics list = {
        .arena = &arena, .file = "prod.yaml", .source = source, .source_len = strlen(source)};
    diagnostics_add(&list, SEVERITY_ERROR, span, "unknown key \"%s\"", "stge")->hint = hint;
    struct page page;
    page_init(&page, &narrow);
    diagnose_list(&page, &list);
    char *out = text_steal(&page.out);
    page_clear(&page);
    arena_clear(&arena);
    return out;
}

static void shows_the_line_and_what_is_meant(void **state)
{
    (void)state;
    char *out =
        list_text("switchover: 1\nstge: prod\n", (struct span){2, 1, 4}, "did you mean \"stage\"?");
    assert_string_equal(out, "prod.yaml:2:1: error: unknown key \"stge\"\n"
                             "    2 | stge: prod\n"
                             "      | ^~~~\n"
                             "      did you mean \"stage\"?\n");
    free(out);
}

/* The caret stands under the character also behind what had to be escaped or is not ASCII. */
static void the_caret_follows_what_is_shown(void **state)
{
    (void)state;
    char *out = list_text("\tk\xC3\xA9: x\n", (struct span){1, 6, 1}, NULL);
    assert_non_null(strstr(out, "    1 | \\tk\xC3\xA9: x\n"
                                "      |       ^\n"));
    free(out);
}

static void a_long_line_is_cut_around_the_place(void **state)
{
    (void)state;
    char source[400];
    memset(source, 'a', sizeof source);
    memcpy(source + 300, "HERE", 4);
    source[399] = '\0';
    char *out = list_text(source, (struct span){1, 301, 4}, NULL);
    char *line = strchr(out, '\n') + 1, *marks = strchr(line, '\n') + 1;
    assert_true(marks - line <= 81);
    const char *here = strstr(line, "HERE");
    assert_non_null(here);
    assert_true(here < marks);
    assert_int_equal(marks[here - line], '^');
    assert_int_equal(marks[here - line + 3], '~');
    assert_int_equal(marks[here - line + 4], '\n');
    free(out);
}

static void an_error_names_place_answer_and_mend(void **state)
{
    (void)state;
    struct error err;
    error_set(&err, ERROR_ACCESS, "AWS does not allow elasticloadbalancing:ModifyListener");
    error_hint(&err, "allow it in the role's policy");
    snprintf(err.aws_code, sizeof err.aws_code, "AccessDenied");
    snprintf(err.request_id, sizeof err.request_id, "r-1");
    err.http_status = 403;
    snprintf(err.file, sizeof err.file, "prod.yaml");
    err.span = (struct span){3, 7, 1};
    struct page page;
    page_init(&page, &narrow);
    diagnose_error(&page, &err);
    assert_string_equal(text_cstr(&page.out), "Error: prod.yaml:3:7: AWS does not allow "
                                              "elasticloadbalancing:ModifyListener\n"
                                              "       (AWS AccessDenied, HTTP 403, request r-1)\n"
                                              "       allow it in the role's policy\n");
    page_clear(&page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shows_the_line_and_what_is_meant),
        cmocka_unit_test(the_caret_follows_what_is_shown),
        cmocka_unit_test(a_long_line_is_cut_around_the_place),
        cmocka_unit_test(an_error_names_place_answer_and_mend),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
