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

/* ---- the ends that gates have ---- */

static const char *const revert_prod = "switchover revert prod.yaml";

/* Each row is what an operator must be able to read off, in this order. */
static void gates_ends_in_words_row_by_row(void **state)
{
    (void)state;
    static const struct {
        enum run_end end;
        const char *live, *why, *go_on, *note;
        int exit_code;
        const char *facts[7];
    } rows[] = {
        {RUN_GATE_FAILED,
         "S1 T0",
         "errors failed in hold[25%]: 4.1 % 5XX against 0.1 % on the source; the traffic is back "
         "on "
         "the source, read back 02:14:07Z",
         "switchover plan prod.yaml",
         NULL,
         5,
         {"Live source 1, target 0; read 2026-12-01T02:00:00Z",
          "Ended gate failed: errors failed in hold[25%]: 4.1 % 5XX against 0.1 % on the source; "
          "the traffic is back on the source, read back 02:14:07Z (exit code 5)",
          "Go on switchover plan prod.yaml", "Nobody is watching"}},
        {RUN_GATE_FAILED,
         "S3 T1",
         "latency failed in hold[25%]: p90 900 ms, limit 100 ms; the traffic is still on the "
         "target",
         "switchover apply prod.yaml --accept latency --because TEXT",
         "hold[25%] then begins anew, and is judged anew",
         8,
         {"Live source 3, target 1",
          "Ended gate failed: latency failed in hold[25%]: p90 900 ms, limit 100 ms; the traffic "
          "is "
          "still on the target (exit code 8)",
          "Go on switchover apply prod.yaml --accept latency --because TEXT",
          "hold[25%] then begins anew", "Go back switchover revert prod.yaml",
          "Nobody is watching"}},
        {RUN_INCONCLUSIVE,
         "S3 T1",
         "hold[25%] is inconclusive: errors needs 340 more requests",
         "switchover apply prod.yaml",
         "hold[25%] then begins anew and takes 10m; the minutes that were judged still count",
         6,
         {"Ended hold[25%] is inconclusive: errors needs 340 more requests (exit code 6)",
          "Go on switchover apply prod.yaml", "hold[25%] then begins anew and takes 10m",
          "Go back switchover revert prod.yaml", "Nobody is watching"}},
        {RUN_SHIFTED,
         "S0 T1",
         "every shift is done",
         "switchover apply prod.yaml",
         "drain[source] comes next: until then nobody judges the target",
         0,
         {"Ended every shift is done (exit code 0)", "Go on switchover apply prod.yaml",
          "drain[source] comes next", "Go back", "Nobody is watching"}},
        {RUN_RECALLED,
         "S3 T1",
         "somebody at the terminal asked for the traffic back; that the traffic is back on the "
         "source "
         "is not confirmed: no route to AWS",
         "switchover revert prod.yaml",
         NULL,
         9,
         {"Live source 3, target 1", "Ended recalled: somebody at the terminal asked",
          "is not confirmed: no route to AWS (exit code 9)", "Go on switchover revert prod.yaml",
          "Nobody is watching"}},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct arena arena = {0};
        struct subject subject;
        struct routing live = make_routing(&arena, rows[i].live);
        size_t facts = 0;
        make_subject(&subject);
        struct closing closing = {.subject = &subject,
                                  .live = &live,
                                  .live_read_at = PROD_NOW,
                                  .end = rows[i].end,
                                  .why = rows[i].why,
                                  .go_on = rows[i].go_on,
                                  .go_on_note = rows[i].note,
                                  .go_back = rows[i].exit_code == 5 ? NULL : revert_prod,
                                  .exit_code = rows[i].exit_code};
        char *text = shown(&closing);
        while (rows[i].facts[facts])
            facts++;
        facts_in_order(text, rows[i].facts, facts);
        free(text);
        arena_clear(&arena);
    }
}

/* Weights that were read long ago are told with what became of reading them since. */
static void what_cannot_be_read_any_more_is_no_answer_of_now(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct subject subject;
    struct routing live = make_routing(&arena, "S3 T1");
    struct text line = {0};
    make_subject(&subject);
    struct closing closing = {.subject = &subject,
                              .live = &live,
                              .live_read_at = PROD_NOW,
                              .unread_because = "no route to AWS",
                              .end = RUN_INCONCLUSIVE,
                              .why = "hold[25%] is inconclusive",
                              .exit_code = 6};
    const char *const facts[] = {
        "Live source 3, target 1; read 2026-12-01T02:00:00Z, and it cannot "
        "be read now: no route to AWS",
        "Ended"};
    char *text = shown(&closing);
    facts_in_order(text, facts, COUNT(facts));
    free(text);
    view_json_closing(&line, &closing, PROD_NOW);
    assert_non_null(strstr(line.data, "\"read_at\":\"2026-12-01T02:00:00Z\"},"
                                      "\"live_unread_because\":\"no route to AWS\""));
    text_clear(&line);
    arena_clear(&arena);
}

/* A way back that nobody asked for leaves writes on the target: the last lines say how many. */
static void a_fallback_says_what_it_leaves_behind(void **state)
{
    (void)state;
    static const char says[] = "Writes that the target served since the first shift are not on";
    struct arena arena = {0};
    struct subject subject;
    struct routing live = make_routing(&arena, "S1 T0");
    struct outcome fallback = {.end = RUN_DONE, .why = "the listener is back", .confirmed = true};
    make_subject(&subject);
    struct closing closing = {.subject = &subject,
                              .live = &live,
                              .live_read_at = PROD_NOW,
                              .end = RUN_GATE_FAILED,
                              .why = "errors failed",
                              .fallback = &fallback,
                              .target_requests = 1302,
                              .exit_code = 5};
    const char *const known[] = {says, "1302 requests", "Nobody is watching"};
    const char *const unknown[] = {says, "at most the requests that CloudWatch counts"};
    char *text = shown(&closing);
    facts_in_order(text, known, COUNT(known));
    free(text);
    closing.target_requests = -1;
    text = shown(&closing);
    facts_in_order(text, unknown, COUNT(unknown));
    free(text);
    closing.fallback = NULL;
    text = shown(&closing);
    assert_null(strstr(text, "Writes"));
    free(text);
    arena_clear(&arena);
}

static void json_names_the_gate_and_the_fallback(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct subject subject;
    struct routing live = make_routing(&arena, "S1 T0");
    struct outcome fallback = {.end = RUN_DONE, .why = "the listener is back", .confirmed = true};
    struct text line = {0};
    struct json_document doc;
    struct error err;
    bool confirmed = false;
    make_subject(&subject);
    struct closing closing = {.subject = &subject,
                              .live = &live,
                              .live_read_at = PROD_NOW,
                              .end = RUN_GATE_FAILED,
                              .why = "errors failed",
                              .gate = "errors",
                              .address = "hold[25%]",
                              .seen = "4.1 % 5XX",
                              .fallback = &fallback,
                              .go_on = "switchover plan prod.yaml",
                              .exit_code = 5};
    view_json_closing(&line, &closing, PROD_NOW);
    assert_true(json_read(&doc, line.data, line.len, (struct json_limits){4096, 8}, &err));
    const struct json *gate = json_member(doc.root, "gate"),
                      *back = json_member(doc.root, "fallback");
    assert_string_equal(json_as_string(json_member(doc.root, "end")), "gate_failed");
    assert_string_equal(json_as_string(json_member(gate, "name")), "errors");
    assert_string_equal(json_as_string(json_member(gate, "address")), "hold[25%]");
    assert_string_equal(json_as_string(json_member(gate, "words")), "4.1 % 5XX");
    assert_string_equal(json_as_string(json_member(back, "end")), "done");
    assert_string_equal(json_as_string(json_member(back, "why")), "the listener is back");
    assert_true(json_as_bool(&confirmed, json_member(back, "confirmed")) && confirmed);
    json_document_clear(&doc);
    text_clear(&line);
    arena_clear(&arena);
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
        cmocka_unit_test(gates_ends_in_words_row_by_row),
        cmocka_unit_test(what_cannot_be_read_any_more_is_no_answer_of_now),
        cmocka_unit_test(a_fallback_says_what_it_leaves_behind),
        cmocka_unit_test(json_names_the_gate_and_the_fallback),
        cmocka_unit_test(json_says_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
