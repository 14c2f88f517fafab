#include "providers/checks/place.h"
#include "tests/unit.h"

static const struct json_limits limits = {PLACE_BYTES_MAX, PLACE_DEPTH_MAX};

static const char *text_at(struct arena *arena, const char *body, const char *pointer)
{
    struct json_document doc;
    struct error err = {0};
    size_t n = strlen(body);
    if (!json_read(&doc, body, n, limits, &err))
        fail_msg("%s: %s", body, err.message);
    const struct json *value = place_find(doc.root, pointer);
    const char *text =
        arena_strdup(arena, value ? place_text(arena, doc.root, value, body, n) : "(none)");
    json_document_clear(&doc);
    return text;
}

/* RFC 6901, section 5, with the values that it says. */
static void the_rfcs_own_examples(void **state)
{
    static const char document[] = "{\"foo\": [\"bar\", \"baz\"], \"\": 0, \"a/b\": 1, \"c%d\": 2, "
                                   "\"e^f\": 3, \"g|h\": 4, \"i\\\\j\": 5, \"k\\\"l\": 6, "
                                   "\" \": 7, \"m~n\": 8}";
    static const struct {
        const char *pointer, *text;
    } rows[] = {
        {"/foo/0", "bar"}, {"/", "0"},     {"/a~1b", "1"}, {"/c%d", "2"}, {"/e^f", "3"},
        {"/g|h", "4"},     {"/i\\j", "5"}, {"/k\"l", "6"}, {"/ ", "7"},   {"/m~0n", "8"},
    };
    struct arena arena = {0};
    struct json_document doc;
    struct error err = {0};
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_string_equal(text_at(&arena, document, rows[i].pointer), rows[i].text);
    assert_true(json_read(&doc, document, sizeof document - 1, limits, &err));
    assert_ptr_equal(place_find(doc.root, ""), doc.root);
    assert_true(json_is_array(place_find(doc.root, "/foo")));
    json_document_clear(&doc);
    arena_clear(&arena);
}

static void rules_row_by_row(void **state)
{
    static const struct {
        const char *document, *pointer, *text;
    } rows[] = {
        {"{\"a\":1}", "/a", "1"},
        {"{\"a\":1}", "/A", "(none)"},
        {"{\"a\":1}", "a", "(none)"},
        {"{\"a\":1}", "/a/", "(none)"},
        {"{\"a\":1}", "/a/0", "(none)"},
        {"{\"a\":{\"\":{\"b\":2}}}", "/a//b", "2"},
        {"{\"~1\":1,\"/\":2}", "/~01", "1"}, /* section 4: ~01 is ~1, never / */
        {"{\"~1\":1,\"/\":2}", "/~1", "2"},
        {"{\"~\":1}", "/~", "(none)"},
        {"{\"~2\":1}", "/~2", "(none)"},
        {"[10,20,30]", "/0", "10"},
        {"[10,20,30]", "/2", "30"},
        {"[10,20,30]", "/3", "(none)"},
        {"[10,20,30]", "/00", "(none)"},
        {"[10,20,30]", "/01", "(none)"},
        {"[10,20,30]", "/-1", "(none)"},
        {"[10,20,30]", "/-", "(none)"},
        {"[10,20,30]", "/+1", "(none)"},
        {"[10,20,30]", "/1.0", "(none)"},
        {"[10,20,30]", "/", "(none)"},
        {"[10,20,30]", "/18446744073709551616", "(none)"},
        {"[10,20,30]", "/99999999999999999999999999", "(none)"},
        {"{\"0\":{\"01\":5}}", "/0/01", "5"}, /* of an object, a name like another */
        {"[[[1],[2]],[[3]]]", "/1/0/0", "3"},
        {"\"alone\"", "", "alone"},
        {"17", "", "17"},
        {"{\"\\u0061b\":true}", "/ab", "true"},
        {"{\"\xC3\xA4\":false}", "/\xC3\xA4", "false"},
        {"{\"a\":null}", "/a", NULL},
        {"{\"a\":{}}", "/a", NULL},
        {"{\"a\":[]}", "/a", NULL},
        {"{\"a\":\"\"}", "/a", ""},
    };
    struct arena arena = {0};
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *text = text_at(&arena, rows[i].document, rows[i].pointer);
        if (!text_same(text, rows[i].text))
            fail_msg("%s at \"%s\": %s", rows[i].document, rows[i].pointer, text ? text : "NULL");
    }
    arena_clear(&arena);
}

static void numbers_as_they_are_written(void **state)
{
    static const char document[] =
        "{\"1\": \"2\", \"a\\\"3\\\\\": [4, \"\\\\\", -5.50, {\"x\": 6e+7, \"y\": true}],"
        " \"big\": 9007199254740993, \"n\": null, \"huge\": 1e400, \"z\": [[], {}, 0.1]}";
    static const struct {
        const char *pointer, *text;
    } rows[] = {
        {"/1", "2"},
        {"/a\"3\\/0", "4"},
        {"/a\"3\\/1", "\\"},
        {"/a\"3\\/2", "-5.50"},
        {"/a\"3\\/3/x", "6e+7"},
        {"/big", "9007199254740993"},
        {"/huge", "1e400"},
        {"/z/2", "0.1"},
    };
    struct arena arena = {0};
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_string_equal(text_at(&arena, document, rows[i].pointer), rows[i].text);
    arena_clear(&arena);
}

/* Every prefix of an answer, and every byte of it changed: read or not, nothing is out of place. */
static void any_answer_is_looked_at_safely(void **state)
{
    static const char document[] = "{\"a\":[1,\"b\\u00e4\\n\",-2.5e3,{\"~/\":[true,null,10]}],"
                                   "\"c\":{\"d\":\"\\ud83d\\ude00\",\"e\":9007199254740993}}";
    static const char *const pointers[] = {
        "", "/a", "/a/0", "/a/1", "/a/2", "/a/3/~0~1/2", "/c/e", "/c/d", "/a/3/~0~1", "/c"};
    static const char values[] = "\0\"\\{}[],:0-9.eE tu\x80\xFF";
    size_t n = sizeof document - 1, read = 0, tried = 0;
    (void)state;
    for (size_t cut = 0; cut <= n; cut++)
        for (size_t v = 0; v < sizeof values - 1; v++) {
            struct arena arena = {0};
            struct json_document doc;
            struct error err = {0};
            size_t len = v ? n : cut;
            char *body = malloc(len ? len : 1); /* its size: reading beyond the end is found */
            memcpy(body, document, len);
            if (v && cut < n)
                body[cut] = values[v];
            tried++;
            if (json_read(&doc, body, len, limits, &err)) {
                read++;
                for (size_t p = 0; p < COUNT(pointers); p++) {
                    const struct json *value = place_find(doc.root, pointers[p]);
                    if (value)
                        place_text(&arena, doc.root, value, body, len);
                }
            }
            json_document_clear(&doc);
            arena_clear(&arena);
            free(body);
        }
    printf("place: %zu answers, %zu of them read\n", tried, read);
    assert_true(read > 100 && read < tried / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rfcs_own_examples),
        cmocka_unit_test(rules_row_by_row),
        cmocka_unit_test(numbers_as_they_are_written),
        cmocka_unit_test(any_answer_is_looked_at_safely),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
