#include "tests/unit.h"

#include "planner/base/json.h"

static const struct json_limits limits = {.max_bytes = 1 << 20, .max_depth = 32};

static void refuses_what_cjson_lets_pass(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "{",
        "{} x",
        "{}{}",
        "01",
        "-01",
        "1.",
        ".5",
        "1e",
        "+1",
        "\"a\\u0000b\"",
        "\"\xff\"",
        "\"\n\"",
        "{\"a\":1,\"a\":2}",
        "{\"x\":{\"a\":1,\"b\":2,\"a\":3}}",
        "[1,]",
        "{\"a\":1,}",
        "nul",
        "'a'",
        "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct json_document doc;
        struct error err = {0};
        if (json_read(&doc, bad[i], strlen(bad[i]), limits, &err))
            fail_msg("read as JSON: %s", bad[i]);
        assert_int_equal(err.kind, ERROR_INPUT);
        json_document_clear(&doc);
    }
}

static void numbers_are_exact_or_refused(void **state)
{
    (void)state;
    const char *text = "[9007199254740992, 9007199254740994, 1.5, 1e400, -3, 2.0]";
    struct json_document doc;
    struct error err = {0};
    assert_true(json_read(&doc, text, strlen(text), limits, &err));
    const struct json *v = json_first(doc.root);
    int64_t n;
    assert_true(json_as_int(&n, v));
    assert_int_equal(n, 9007199254740992);
    v = json_next(v);
    assert_false(json_as_int(&n, v));
    v = json_next(v);
    assert_false(json_as_int(&n, v));
    v = json_next(v);
    assert_false(json_as_int(&n, v));
    v = json_next(v);
    assert_true(json_as_int(&n, v));
    assert_int_equal(n, -3);
    assert_true(json_as_int(&n, json_next(v)));
    json_document_clear(&doc);
}

static void lookups_are_case_sensitive_and_null_safe(void **state)
{
    (void)state;
    const char *text = "{\"Name\":\"a\",\"name\":\"b\"}";
    struct json_document doc;
    struct error err = {0};
    assert_true(json_read(&doc, text, strlen(text), limits, &err));
    assert_string_equal(json_as_string(json_member(doc.root, "name")), "b");
    assert_null(json_member(doc.root, "NAME"));
    assert_null(json_as_string(json_member(json_member(doc.root, "x"), "y")));
    json_document_clear(&doc);
}

static void secrets_are_read_and_refused_alike(void **state)
{
    struct json_document doc;
    struct error err;
    (void)state;
    const char *good = "{\"a\": {\"b\": \"canary\"}}", *bad = "{\"a\": {\"b\": \"canary\"]}";
    assert_true(json_read_secret(&doc, good, strlen(good), limits, &err));
    assert_string_equal(json_as_string(json_member(json_member(doc.root, "a"), "b")), "canary");
    json_document_cleanse(&doc);
    assert_null(doc.root);
    assert_false(json_read_secret(&doc, bad, strlen(bad), limits, &err));
    assert_null(strstr(err.message, "canary"));
    json_document_cleanse(&doc);
}

static void writes_one_fixed_layout(void **state)
{
    (void)state;
    struct text out = {0};
    struct json_writer w = {.out = &out};
    json_open_object(&w, NULL);
    json_put_string(&w, "s", "a\"\\\n\x01");
    json_put_int(&w, "n", -5);
    json_open_array(&w, "empty");
    json_close_array(&w);
    json_open_array(&w, "list");
    json_put_bool(&w, NULL, true);
    json_put_null(&w, NULL);
    json_close_array(&w);
    json_close_object(&w);
    assert_string_equal(out.data, "{\n"
                                  "  \"s\": \"a\\\"\\\\\\n\\u0001\",\n"
                                  "  \"n\": -5,\n"
                                  "  \"empty\": [],\n"
                                  "  \"list\": [\n"
                                  "    true,\n"
                                  "    null\n"
                                  "  ]\n"
                                  "}\n");
    text_clear(&out);

    w = (struct json_writer){.out = &out, .compact = true};
    json_open_object(&w, NULL);
    json_put_int(&w, "a", 1);
    json_put_int(&w, "b", 2);
    json_close_object(&w);
    assert_string_equal(out.data, "{\"a\":1,\"b\":2}\n");
    text_clear(&out);
}

/* What a terminal would obey is written as an escape, and reads back as what it was. */
static void strings_cannot_deceive_a_terminal(void **state)
{
    (void)state;
    static const struct {
        const char *value, *written;
    } rows[] = {
        {"Jos\xC3\xA9 \xF0\x9F\x98\x80", "\"Jos\xC3\xA9 \xF0\x9F\x98\x80\"\n"},
        {"\x1b[31m\x7f", "\"\\u001b[31m\\u007f\"\n"},
        {"a\xC2\x9B\xE2\x80\xAE", "\"a\\u009b\\u202e\"\n"},
        {"\xF3\xA0\x81\x81", "\"\\udb40\\udc41\"\n"}, /* U+E0041, a tag */
        {"\"\\\n\t", "\"\\\"\\\\\\n\\t\"\n"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct text out = {0};
        struct json_writer w = {.out = &out};
        json_put_string(&w, NULL, rows[i].value);
        assert_string_equal(text_cstr(&out), rows[i].written);
        struct json_document doc;
        struct error err;
        assert_true(json_read(&doc, out.data, out.len, (struct json_limits){4096, 4}, &err));
        assert_string_equal(json_as_string(doc.root), rows[i].value);
        json_document_clear(&doc);
        text_clear(&out);
    }
    struct text out = {0};
    struct json_writer w = {.out = &out};
    json_put_string(&w, NULL,
                    "\xFF"
                    "a\xC3");
    assert_string_equal(text_cstr(&out), "\"\xEF\xBF\xBD"
                                         "a\xEF\xBF\xBD\"\n");
    text_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_what_cjson_lets_pass),
        cmocka_unit_test(numbers_are_exact_or_refused),
        cmocka_unit_test(lookups_are_case_sensitive_and_null_safe),
        cmocka_unit_test(secrets_are_read_and_refused_alike),
        cmocka_unit_test(writes_one_fixed_layout),
        cmocka_unit_test(strings_cannot_deceive_a_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
