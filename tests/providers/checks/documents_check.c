#include "providers/checks/documents_check.h"
#include "tests/unit.h"

#define ROW(index, count)                                                                          \
    "{\"index\":\"" index "\",\"status\":\"open\",\"docs.count\":\"" count "\"}"
#define CLOSED(index)     "{\"index\":\"" index "\",\"status\":\"close\",\"docs.count\":null}"
#define UNASSIGNED(index) "{\"index\":\"" index "\",\"status\":\"open\",\"docs.count\":null}"
#define PLAIN             .tolerate = 0
#define NO_SUCH_INDEX                                                                              \
    "{\"error\":{\"root_cause\":[{\"type\":\"index_not_found_exception\"}],"                       \
    "\"type\":\"index_not_found_exception\",\"reason\":\"no such index [a]\"},\"status\":404}"

static const char *const here[CHECK_FOLDERS] = {".", NULL};

/* What the two clusters answered; the words are the arena's. */
static struct check_result judge(struct arena *arena, const struct planfile_check *check,
                                 const char *source, size_t source_len, const char *target,
                                 const int status[2])
{
    struct check_result result = {.check = check};
    struct question question;
    struct http_exchange exchanges[QUESTION_EXCHANGES_MAX];
    documents_check_begin(&question, &result, arena, exchanges, here);
    assert_int_equal(question.count, 2);
    text_add_bytes(&exchanges[0].body_in, source, source_len);
    text_add(&exchanges[1].body_in, target);
    exchanges[0].status = status[0];
    exchanges[1].status = status[1];
    documents_check_judge(&question);
    question_clear(&question);
    return result;
}

struct row {
    const char *source, *target;
    enum check_verdict verdict;
    const char *words;
    int64_t tolerate; /* parts per million */
    const char *indices;
    int status[2];
};

static const struct planfile_check both = {
    .kind = CHECK_DOCUMENTS,
    .name = "in-sync",
    .documents = {.source = "https://s.example", .target = "https://t.example/", .indices = "*"}};

static void check_rows(const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct arena arena = {0};
        struct planfile_check check = both;
        int status[2] = {rows[i].status[0] ? rows[i].status[0] : 200,
                         rows[i].status[1] ? rows[i].status[1] : 200};
        check.documents.tolerate = rows[i].tolerate;
        if (rows[i].indices)
            check.documents.indices = rows[i].indices;
        struct check_result got =
            judge(&arena, &check, rows[i].source, strlen(rows[i].source), rows[i].target, status);
        if (got.verdict != rows[i].verdict || strcmp(got.observed, rows[i].words) != 0)
            fail_msg("row %zu: %d, %s", i, got.verdict, got.observed);
        arena_clear(&arena);
    }
}

static void compared_row_by_row(void **state)
{
    static const struct row rows[] = {
        {"[" ROW("a", "5") "]", "[" ROW("a", "5") "]", CHECK_GREEN,
         "1 index agrees (source 5, target 5 documents)", PLAIN},
        {"[" ROW("b", "2") "," ROW("a", "5") "]", "[" ROW("a", "5") "," ROW("b", "2") "]",
         CHECK_GREEN, "2 indices agree (source 7, target 7 documents)", PLAIN},
        {"[" ROW("a", "5") "]", "[" ROW("a", "4") "]", CHECK_RED,
         "1 of 1 index differs: a (source 5, target 4)", PLAIN},
        {"[" ROW("a", "5") "," ROW("b", "0") "]", "[" ROW("a", "5") "]", CHECK_RED,
         "1 of 2 indices differs: b (missing on the target)", PLAIN},
        {"[]", "[" ROW("a", "5") "]", CHECK_RED, "1 of 1 index differs: a (missing on the source)",
         PLAIN},
        {"[" ROW("a", "1") "," ROW("c", "1") "]", "[" ROW("b", "1") "," ROW("c", "2") "]",
         CHECK_RED,
         "3 of 3 indices differ: a (missing on the target), b (missing on the source), "
         "c (source 1, target 2)",
         PLAIN},
        {"[" ROW("a", "1") "," ROW("b", "1") "," ROW("c", "1") "," ROW("d", "1") "," ROW(
             "e", "1") "," ROW("f", "1") "]",
         "[" ROW("e", "1") "]", CHECK_RED,
         "5 of 6 indices differ: a (missing on the target), b (missing on the target), "
         "c (missing on the target), and 2 more",
         PLAIN},
        {"[" ROW("a", "9000000000000") "]", "[" ROW("a", "8999999999999") "]", CHECK_RED,
         "1 of 1 index differs: a (source 9000000000000, target 8999999999999)", PLAIN},
    };
    (void)state;
    check_rows(rows, COUNT(rows));
}

static void tolerance_is_of_the_sources_count(void **state)
{
    static const struct row rows[] = {
        {"[" ROW("a", "1000") "]", "[" ROW("a", "999") "]", CHECK_GREEN,
         "1 index agrees (source 1000, target 999 documents)", .tolerate = 1000},
        {"[" ROW("a", "1000") "]", "[" ROW("a", "1001") "]", CHECK_GREEN,
         "1 index agrees (source 1000, target 1001 documents)", .tolerate = 1000},
        {"[" ROW("a", "1000") "]", "[" ROW("a", "998") "]", CHECK_RED,
         "1 of 1 index differs: a (source 1000, target 998)", .tolerate = 1000},
        {"[" ROW("a", "999") "]", "[" ROW("a", "1000") "]", CHECK_RED,
         "1 of 1 index differs: a (source 999, target 1000)", .tolerate = 1000},
        {"[" ROW("a", "0") "]", "[" ROW("a", "1") "]", CHECK_RED,
         "1 of 1 index differs: a (source 0, target 1)", .tolerate = 1000000},
        {"[" ROW("a", "9000000000000") "]", "[" ROW("a", "0") "]", CHECK_GREEN,
         "1 index agrees (source 9000000000000, target 0 documents)", .tolerate = 1000000},
        {"[" ROW("a", "9000000000000") "]", "[" ROW("a", "8999999999999") "]", CHECK_GREEN,
         "1 index agrees (source 9000000000000, target 8999999999999 documents)", .tolerate = 1},
    };
    (void)state;
    check_rows(rows, COUNT(rows));
}

static void left_out_or_not(void **state)
{
    static const struct row rows[] = {
        {"[" ROW(".kibana_1", "5") "," ROW("a", "1") "]", "[" ROW("a", "1") "]", CHECK_GREEN,
         "1 index agrees (source 1, target 1 documents)", PLAIN},
        {"[" ROW(".kibana_1", "5") "]", "[" ROW(".kibana_1", "4") "]", CHECK_RED,
         "1 of 1 index differs: .kibana_1 (source 5, target 4)", .indices = ".kib*"},
        {"[" ROW(".x", "5") "]", "[" ROW(".x", "4") "]", CHECK_RED,
         "1 of 1 index differs: .x (source 5, target 4)", .indices = "a*,.x"},
        {"[" ROW(".ds-logs-2026.01.01-000001", "5") "]", "[]", CHECK_RED,
         "1 of 1 index differs: .ds-logs-2026.01.01-000001 (missing on the target)",
         .indices = "logs*"},
        {"[" CLOSED("a") "," ROW("b", "1") "]", "[" CLOSED("a") "," ROW("b", "1") "]", CHECK_GREEN,
         "1 index agrees (source 1, target 1 documents)", PLAIN},
        {"[" ROW("a", "5") "]", "[" CLOSED("a") "]", CHECK_RED,
         "1 of 1 index differs: a (source 5, target closed)", PLAIN},
        {"[" ROW("a", "5") "]", "[" UNASSIGNED("a") "]", CHECK_RED,
         "1 of 1 index differs: a (source 5, target not counted)", PLAIN},
    };
    (void)state;
    check_rows(rows, COUNT(rows));
}

static void silent_where_nothing_was_compared(void **state)
{
    static const struct row rows[] = {
        {"[]", "[]", CHECK_SILENT,
         "no index matches * in either cluster: there is nothing to compare", PLAIN},
        {"[" ROW(".a", "1") "]", "[" ROW(".b", "1") "]", CHECK_SILENT,
         "no index matches * in either cluster: there is nothing to compare", PLAIN},
        {"[" CLOSED("a") "]", "[" CLOSED("a") "]", CHECK_SILENT,
         "no index matches * in either cluster: there is nothing to compare", PLAIN},
        {"[" UNASSIGNED("a") "]", "[" UNASSIGNED("a") "]", CHECK_SILENT,
         "neither cluster has counted a", PLAIN},
        {NO_SUCH_INDEX, NO_SUCH_INDEX, CHECK_SILENT,
         "no index matches a in either cluster: there is nothing to compare", .indices = "a",
         .status = {404, 404}},
        {"[" ROW("a", "1") "]", NO_SUCH_INDEX, CHECK_RED,
         "1 of 1 index differs: a (missing on the target)", .indices = "a", .status = {200, 404}},
        {NO_SUCH_INDEX, "[" ROW("a", "1") "]", CHECK_RED,
         "1 of 1 index differs: a (missing on the source)", .indices = "a", .status = {404, 200}},
        {"[]", "{\"error\":{\"type\":\"security_exception\"},\"status\":403}", CHECK_SILENT,
         "target: status 403, wanted 200", .status = {200, 403}},
        {"no handler", "[]", CHECK_SILENT, "source: status 404, wanted 200", .status = {404, 200}},
        {"[]", "[]", CHECK_SILENT, "source: status 503, wanted 200", .status = {503, 503}},
        {"<html>", "[]", CHECK_SILENT,
         "source: the answer cannot be read: not valid JSON at byte 1", PLAIN},
        {"{}", "[]", CHECK_SILENT, "source: the answer is no list of indices", PLAIN},
        {"[]", "[1]", CHECK_SILENT, "target: the answer is no list of indices", PLAIN},
        {"[{}]", "[]", CHECK_SILENT, "source: the answer is no list of indices", PLAIN},
        {"[{\"index\":\"\"}]", "[]", CHECK_SILENT, "source: the answer is no list of indices",
         PLAIN},
        {"[{\"index\":\"a\",\"docs.count\":5}]", "[]", CHECK_SILENT,
         "source: the answer is no list of indices", PLAIN},
        {"[" ROW("a", "-5") "]", "[]", CHECK_SILENT, "source: the answer is no list of indices",
         PLAIN},
        {"[" ROW("a", "1k") "]", "[]", CHECK_SILENT, "source: the answer is no list of indices",
         PLAIN},
        {"[" ROW("a", "") "]", "[]", CHECK_SILENT, "source: the answer is no list of indices",
         PLAIN},
        {"[" ROW("a", "99999999999999999999") "]", "[]", CHECK_SILENT,
         "source: the answer is no list of indices", PLAIN},
        {"[" ROW("a", "1") "," ROW("a", "1") "]", "[]", CHECK_SILENT,
         "source: the answer is no list of indices", PLAIN},
    };
    (void)state;
    check_rows(rows, COUNT(rows));
}

static void what_is_asked(void **state)
{
    struct arena arena = {0};
    struct planfile_check check = both;
    struct check_result result = {.check = &check};
    struct question question;
    struct http_exchange exchanges[QUESTION_EXCHANGES_MAX];
    (void)state;
    check.documents.source = "https://s.example:9200/base//";
    check.documents.indices = "logs-*,-logs-old,a/b?c#d e";
    documents_check_begin(&question, &result, &arena, exchanges, here);
    assert_string_equal(exchanges[0].url, "https://s.example:9200/base/_cat/indices/"
                                          "logs-*,-logs-old,a%2Fb%3Fc%23d%20e"
                                          "?format=json&h=index,status,docs.count");
    assert_true(text_starts(exchanges[1].url, "https://t.example/_cat/indices/logs-"));
    question_clear(&question);

    setenv("SWITCHOVER_SECRET_T", "canary", 1); /* one half of it may not be sent: none is */
    check.documents.bearer = "SWITCHOVER_SECRET_T";
    check.documents.target = "http://t.example";
    documents_check_begin(&question, &result, &arena, exchanges, here);
    assert_int_equal(question.count, 0);
    assert_int_equal(result.verdict, CHECK_SILENT);
    documents_check_judge(&question);
    assert_non_null(strstr(result.observed, "not sent over plain http"));
    question_clear(&question);
    arena_clear(&arena);
}

/* Every prefix of an answer, and every byte of it changed: a verdict in words, and never a green
 * one where a count or a name was changed into another. */
static void any_answer_is_judged_safely(void **state)
{
    static const char list[] = "[" ROW("a", "50") "," CLOSED("b") ",\n" ROW("\\u00e4", "7") "]";
    static const char values[] = "\0\"\\{}[],:0-9.eE tu\x80\xFF";
    static const int status[2] = {200, 200};
    size_t n = sizeof list - 1, tried = 0, seen[CHECK_SILENT + 1] = {0};
    (void)state;
    for (size_t at = 0; at <= n; at++)
        for (size_t v = 0; v < sizeof values - 1; v++) {
            struct arena arena = {0};
            char *body = malloc(n + 1);
            memcpy(body, list, n);
            if (v && at < n)
                body[at] = values[v];
            struct check_result got = judge(&arena, &both, body, v ? n : at, list, status);
            assert_true(got.verdict != CHECK_NOT_ASKED && got.observed && *got.observed);
            assert_int_equal(text_utf8_prefix(got.observed, strlen(got.observed)),
                             strlen(got.observed));
            if (got.verdict == CHECK_GREEN)
                assert_string_equal(got.observed,
                                    "2 indices agree (source 57, target 57 documents)");
            seen[got.verdict]++;
            tried++;
            free(body);
            arena_clear(&arena);
        }
    printf("documents: %zu answers: %zu green, %zu red, %zu silent\n", tried, seen[CHECK_GREEN],
           seen[CHECK_RED], seen[CHECK_SILENT]);
    assert_true(seen[CHECK_GREEN] && seen[CHECK_RED] && seen[CHECK_SILENT] > tried / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compared_row_by_row), cmocka_unit_test(tolerance_is_of_the_sources_count),
        cmocka_unit_test(left_out_or_not),     cmocka_unit_test(silent_where_nothing_was_compared),
        cmocka_unit_test(what_is_asked),       cmocka_unit_test(any_answer_is_judged_safely),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
