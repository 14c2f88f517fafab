#include "tests/unit.h"

#include "providers/aws/answer.h"

struct fixture {
    struct arena arena;
    struct error err;
    struct answer a;
    struct text bytes;
    struct json_document json;
    struct xml_document xml;
    const struct json *object;
    const struct xml_node *result;
};

static void begin(struct fixture *f, const char *operation)
{
    *f = (struct fixture){0};
    f->a = (struct answer){.operation = operation, .arena = &f->arena, .err = &f->err};
}

static void clear(struct fixture *f)
{
    json_document_clear(&f->json);
    xml_document_clear(&f->xml);
    text_clear(&f->bytes);
    arena_clear(&f->arena);
}

static void begin_json(struct fixture *f, const char *bytes)
{
    begin(f, "DescribeTasks");
    text_add(&f->bytes, bytes);
    f->object = answer_json(&f->a, &f->json, &f->bytes);
}

static void begin_xml(struct fixture *f, const char *inside)
{
    begin(f, "DescribeTags");
    text_addf(&f->bytes,
              "<DescribeTagsResponse><DescribeTagsResult>%s</DescribeTagsResult>"
              "</DescribeTagsResponse>",
              inside);
    f->result = answer_xml(&f->a, &f->xml, &f->bytes);
}

static void keeps_the_first_failure(void **state)
{
    (void)state;
    struct fixture f;
    begin_json(&f, "{\"a\": 1, \"b\": \"x\"}");
    assert_false(f.a.failed);
    assert_null(answer_json_text(&f.a, f.object, "a"));
    assert_true(f.a.failed);
    assert_int_equal(answer_json_count(&f.a, f.object, "missing"), 0);
    assert_null(answer_json_text(&f.a, f.object, "b")); /* nothing comes out any more */
    assert_int_equal(f.err.kind, ERROR_SERVICE);
    assert_string_equal(f.err.message,
                        "the answer of DescribeTasks is not readable: \"a\" is not a string");
    assert_non_null(strstr(f.err.hint, "endpoint"));
    clear(&f);
}

static void reads_json_fields(void **state)
{
    (void)state;
    struct fixture f;
    begin_json(&f, "{\"s\": \"x\", \"e\": \"\", \"n\": 7, \"z\": null, \"t\": 1795363100.25, "
                   "\"l\": [1, 2], \"o\": []}");
    assert_string_equal(answer_json_text(&f.a, f.object, "s"), "x");
    assert_string_equal(answer_json_text_maybe(&f.a, f.object, "e"), "");
    assert_null(answer_json_text_maybe(&f.a, f.object, "z"));
    assert_null(answer_json_text_maybe(&f.a, f.object, "nothing"));
    assert_int_equal(answer_json_count(&f.a, f.object, "n"), 7);
    assert_int_equal(answer_json_count_maybe(&f.a, f.object, "z"), 0);
    assert_int_equal(answer_json_time_maybe(&f.a, f.object, "t"), 1795363100250);
    assert_int_equal(answer_json_time_maybe(&f.a, f.object, "z"), 0);
    assert_non_null(answer_json_items(&f.a, f.object, "l"));
    assert_null(answer_json_items(&f.a, f.object, "o"));
    assert_null(answer_json_items(&f.a, f.object, "z"));
    assert_false(f.a.failed);
    clear(&f);
}

enum how { TEXT, TEXT_MAYBE, WHOLE, WHOLE_MAYBE, TIME, ITEMS, FLAG };

static void take_json(struct fixture *f, enum how how)
{
    if (how == TEXT)
        answer_json_text(&f->a, f->object, "k");
    else if (how == TEXT_MAYBE)
        answer_json_text_maybe(&f->a, f->object, "k");
    else if (how == WHOLE)
        answer_json_count(&f->a, f->object, "k");
    else if (how == WHOLE_MAYBE)
        answer_json_count_maybe(&f->a, f->object, "k");
    else if (how == TIME)
        answer_json_time_maybe(&f->a, f->object, "k");
    else
        answer_json_items(&f->a, f->object, "k");
}

static void refuses_json_of_other_types(void **state)
{
    (void)state;
    static const struct {
        enum how how;
        const char *json, *part;
    } rows[] = {
        {TEXT, "{}", "\"k\" is missing"},
        {TEXT, "{\"k\": null}", "\"k\" is missing"},
        {TEXT, "{\"k\": \"\"}", "\"k\" is missing"},
        {TEXT, "{\"k\": []}", "\"k\" is not a string"},
        {TEXT_MAYBE, "{\"k\": 1}", "\"k\" is not a string"},
        {WHOLE, "{}", "\"k\" is missing"},
        {WHOLE, "{\"k\": 1000000001}", "\"k\" is not a count"},
        {WHOLE, "{\"k\": true}", "\"k\" is not a count"},
        {WHOLE_MAYBE, "{\"k\": -1}", "\"k\" is not a count"},
        {TIME, "{\"k\": -0.5}", "\"k\" is not a time"},
        {TIME, "{\"k\": 1e300}", "\"k\" is not a time"},
        {TIME, "{\"k\": \"2026-12-01T02:00:00Z\"}", "\"k\" is not a time"},
        {ITEMS, "{\"k\": {}}", "\"k\" is not a list"},
        {ITEMS, "[]", "it is not a JSON object"},
        {ITEMS, "{", "not valid JSON"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fixture f;
        begin_json(&f, rows[i].json);
        take_json(&f, rows[i].how);
        assert_true(f.a.failed);
        if (!strstr(f.err.message, rows[i].part))
            fail_msg("row %zu: \"%s\" does not say \"%s\"", i, f.err.message, rows[i].part);
        clear(&f);
    }
}

static void reads_xml_fields(void **state)
{
    (void)state;
    struct fixture f;
    begin_xml(&f, "<S>x</S><E/><N>7</N><B>true</B><D><S>deep</S></D>"
                  "<L> <member>a</member>\n<member>b</member> </L><O/>");
    assert_string_equal(answer_text(&f.a, f.result, "S"), "x");
    assert_string_equal(answer_text(&f.a, f.result, "D/S"), "deep");
    assert_null(answer_text_maybe(&f.a, f.result, "E"));
    assert_null(answer_text_maybe(&f.a, f.result, "D/X"));
    assert_int_equal(answer_count(&f.a, f.result, "N"), 7);
    assert_true(answer_flag(&f.a, f.result, "B"));
    const struct xml_node *member = answer_members(&f.a, f.result, "L");
    assert_string_equal(answer_text(&f.a, member, ""), "a");
    assert_string_equal(answer_text(&f.a, xml_next(member, NULL), ""), "b");
    assert_null(answer_members(&f.a, f.result, "O"));
    assert_null(answer_members_maybe(&f.a, f.result, "X"));
    assert_false(f.a.failed);
    clear(&f);
}

static void take_xml(struct fixture *f, enum how how)
{
    if (how == TEXT)
        answer_text(&f->a, f->result, "K");
    else if (how == TEXT_MAYBE)
        answer_text_maybe(&f->a, f->result, "K");
    else if (how == WHOLE)
        answer_count(&f->a, f->result, "K");
    else if (how == FLAG)
        answer_flag(&f->a, f->result, "K");
    else
        answer_members(&f->a, f->result, "K");
}

static void refuses_xml_of_other_types(void **state)
{
    (void)state;
    static const struct {
        enum how how;
        const char *xml, *part;
    } rows[] = {
        {TEXT, "", "<K> is missing"},
        {TEXT, "<K/>", "<K> is missing"},
        {TEXT, "<K><X/></K>", "<K> is not a plain value"},
        {TEXT_MAYBE, "<K><X/></K>", "<K> is not a plain value"},
        {WHOLE, "<K/>", "<K> is not a count"},
        {WHOLE, "<K>-1</K>", "<K> is not a count"},
        {WHOLE, "<K>1.0</K>", "<K> is not a count"},
        {WHOLE, "<K>1000000001</K>", "<K> is not a count"},
        {WHOLE, "", "<K> is missing"},
        {FLAG, "<K>1</K>", "<K> is neither true nor false"},
        {FLAG, "", "<K> is missing"},
        {ITEMS, "", "<K> is missing"},
        {ITEMS, "<K>x</K>", "<K> is not a list"},
        {ITEMS, "<K><member/><entry/></K>", "<K> is not a list"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fixture f;
        begin_xml(&f, rows[i].xml);
        take_xml(&f, rows[i].how);
        assert_true(f.a.failed);
        if (!strstr(f.err.message, rows[i].part))
            fail_msg("row %zu: \"%s\" does not say \"%s\"", i, f.err.message, rows[i].part);
        clear(&f);
    }
}

static void knows_an_answer_by_its_root(void **state)
{
    (void)state;
    static const struct {
        const char *bytes, *part;
    } rows[] = {
        {"<html/>", "it is a <html>"},
        {"<DescribeRulesResponse><DescribeTagsResult/></DescribeRulesResponse>",
         "it is a <DescribeRulesResponse>"},
        {"<DescribeTagsResponse/>", "<DescribeTagsResult> is missing"},
        {"{}", "not readable as XML"},
        {"", "not readable as XML"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fixture f;
        begin(&f, "DescribeTags");
        text_add(&f.bytes, rows[i].bytes);
        assert_null(answer_xml(&f.a, &f.xml, &f.bytes));
        assert_true(f.a.failed);
        if (!strstr(f.err.message, rows[i].part))
            fail_msg("row %zu: \"%s\" does not say \"%s\"", i, f.err.message, rows[i].part);
        clear(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_the_first_failure),
        cmocka_unit_test(reads_json_fields),
        cmocka_unit_test(refuses_json_of_other_types),
        cmocka_unit_test(reads_xml_fields),
        cmocka_unit_test(refuses_xml_of_other_types),
        cmocka_unit_test(knows_an_answer_by_its_root),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
