#include "tests/unit.h"

#include "cmd/view_closing.h"
#include "tests/cmd/golden.h"
#include "tests/cmd/prod.h"
#include "tests/planner/make.h"

static char *shown(const struct closing *closing)
{
    struct term term = {.width = 80};
    struct page page;
    page_init(&page, &term);
    view_text_closing(&page, closing);
    page_is_clean(text_cstr(&page.out), 80);
    return text_steal(&page.out);
}

/* DESIGN, section 5: live weights and when they were read, why it ended, how to go on, how to go
 * back, that nobody is watching now. */
static void the_last_lines_say_all_five(void **state)
{
    (void)state;
    static const char *const facts[] = {
        "Live source 900, target 100; read 2026-12-01T02:00:00Z",
        "Ended interrupted: a signal asked to stop (exit code 6)",
        "Go on switchover apply prod.yaml",
        "Go back switchover revert prod.yaml",
        "Nobody is watching the traffic now",
    };
    struct arena arena = {0};
    struct subject subject;
    struct routing live = make_routing(&arena, "S900 T100");
    make_subject(&subject);
    struct closing closing = {.direction = FORWARD,
                              .subject = &subject,
                              .live = &live,
                              .live_read_at = PROD_NOW,
                              .end = RUN_INTERRUPTED,
                              .why = "a signal asked to stop",
                              .go_on = "switchover apply prod.yaml",
                              .go_back = "switchover revert prod.yaml",
                              .exit_code = 6};
    char *text = shown(&closing);
    facts_in_order(text, facts, COUNT(facts));
    free(text);
    arena_clear(&arena);
}

static void what_could_not_be_read_is_not_claimed(void **state)
{
    (void)state;
    static const char *const facts[] = {
        "Live not known, it could not be read: no route to AWS",
        "Ended failed: no route to AWS (exit code 9)",
        "Go on nothing is left to do",
        "Go back nothing is left to take back",
        "State could not be stored in its place; it is in errored.state.json",
        "Nobody is watching",
    };
    struct subject subject;
    make_subject(&subject);
    struct closing closing = {.direction = INVERSE,
                              .subject = &subject,
                              .unread_because = "no route to AWS",
                              .end = RUN_FAILED,
                              .why = "no route to AWS",
                              .rescued = "errored.state.json",
                              .exit_code = 9};
    char *text = shown(&closing);
    facts_in_order(text, facts, COUNT(facts));
    free(text);
}

/* It is to be cut out by whoever keeps it, so not a byte more or less stands between the marks. */
static void a_state_without_a_place_is_shown_whole(void **state)
{
    (void)state;
    static const char expected[] = "\n"
                                   "The state could be stored nowhere. What stands between these "
                                   "two lines belongs in a\\nb, byte for byte:\n"
                                   "-----BEGIN SWITCHOVER STATE-----\n"
                                   "{\n  \"wide\": 1\n}\n"
                                   "-----END SWITCHOVER STATE-----\n";
    char *written = NULL;
    size_t n;
    struct text bytes = {0};
    FILE *out = open_memstream(&written, &n);
    text_add(&bytes, "{\n  \"wide\": 1\n}\n");
    view_state_for_hands(out, "a\nb", &bytes);
    assert_int_equal(fclose(out), 0);
    assert_string_equal(written, expected);
    free(written);
    text_clear(&bytes);
}

static void the_last_lines_say_where_the_state_is(void **state)
{
    (void)state;
    static const char *const facts[] = {"State could be stored nowhere; it stands above",
                                        "Nobody is watching"};
    struct subject subject;
    make_subject(&subject);
    struct closing closing = {
        .subject = &subject, .unread_because = "no route", .why = "no route", .shown = true};
    struct text line = {0};
    char *text = shown(&closing);
    facts_in_order(text, facts, COUNT(facts));
    view_json_closing(&line, &closing, PROD_NOW);
    assert_non_null(strstr(line.data, "\"state_on_standard_error\":true"));
    text_clear(&line);
    free(text);
}

static void json_says_the_same(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct subject subject;
    struct routing live = make_routing(&arena, "S0 T1");
    make_subject(&subject);
    struct closing closing = {.direction = FORWARD,
                              .subject = &subject,
                              .live = &live,
                              .live_read_at = PROD_NOW,
                              .end = RUN_DONE,
                              .why = "every action is done",
                              .go_back = "switchover revert prod.yaml"};
    struct text line = {0};
    struct json_document doc;
    struct error err;
    view_json_closing(&line, &closing, PROD_NOW);
    assert_int_equal(strcspn(line.data, "\n"), line.len - 1);
    assert_true(json_read(&doc, line.data, line.len, (struct json_limits){4096, 8}, &err));
    assert_string_equal(json_as_string(json_member(doc.root, "type")), "closing");
    assert_string_equal(json_as_string(json_member(doc.root, "end")), "done");
    assert_true(json_is_null(json_member(doc.root, "go_on")));
    assert_string_equal(json_as_string(json_member(doc.root, "go_back")),
                        "switchover revert prod.yaml");
    const struct json *weights = json_member(doc.root, "live");
    int64_t permille;
    assert_true(json_as_int(&permille, json_member(weights, "target_permille")));
    assert_int_equal(permille, 1000);
    assert_string_equal(json_as_string(json_member(weights, "read_at")), "2026-12-01T02:00:00Z");
    json_document_clear(&doc);
    text_clear(&line);
    arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_lines_say_all_five),
        cmocka_unit_test(what_could_not_be_read_is_not_claimed),
        cmocka_unit_test(a_state_without_a_place_is_shown_whole),
        cmocka_unit_test(the_last_lines_say_where_the_state_is),
        cmocka_unit_test(json_says_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
