#include "tests/unit.h"

#include "planner/base/text.h"
#include "providers/aws/xml.h"

static void read_ok(struct xml_document *doc, const char *s)
{
    struct error err = {0};
    if (!xml_read(doc, s, strlen(s), &err))
        fail_msg("%s", err.message);
}

/* The shape of AWS's own example answer of DescribeTargetHealth. */
static const char target_health[] =
    "<?xml version=\"1.0\"?>\n"
    "<DescribeTargetHealthResponse "
    "xmlns=\"http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/\">\n"
    "  <DescribeTargetHealthResult>\n"
    "    <TargetHealthDescriptions>\n"
    "      <member>\n"
    "        <HealthCheckPort>80</HealthCheckPort>\n"
    "        <TargetHealth><State>healthy</State></TargetHealth>\n"
    "        <Target><Port>80</Port><Id>i-0376fadf</Id></Target>\n"
    "      </member>\n"
    "      <member>\n"
    "        <HealthCheckPort>81</HealthCheckPort>\n"
    "        <TargetHealth><State>draining</State>"
    "<Description>Target deregistration is in progress &lt;a &amp; b&gt;</Description>"
    "</TargetHealth>\n"
    "      </member>\n"
    "    </TargetHealthDescriptions>\n"
    "  </DescribeTargetHealthResult>\n"
    "  <ResponseMetadata><RequestId>c534f810</RequestId></ResponseMetadata>\n"
    "</DescribeTargetHealthResponse>\n";

static void walks_an_answer(void **state)
{
    (void)state;
    struct xml_document doc;
    read_ok(&doc, target_health);
    assert_true(xml_is(doc.root, "DescribeTargetHealthResponse"));
    assert_string_equal(xml_text(doc.root, "ResponseMetadata/RequestId"), "c534f810");

    const struct xml_node *list =
        xml_find(doc.root, "DescribeTargetHealthResult/TargetHealthDescriptions");
    const struct xml_node *one = xml_child(list, "member");
    int64_t port = 0;
    assert_true(xml_int(&port, one, "Target/Port"));
    assert_int_equal(port, 80);
    assert_string_equal(xml_text(one, "TargetHealth/State"), "healthy");
    assert_null(xml_text(one, "TargetHealth/Description"));
    const struct xml_node *two = xml_next(one, "member");
    assert_string_equal(xml_text(two, "TargetHealth/Description"),
                        "Target deregistration is in progress <a & b>");
    assert_null(xml_next(two, "member"));
    assert_null(xml_text(two, "Target/Port"));
    assert_string_equal(list->text, "");
    assert_ptr_equal(xml_child(list, NULL), one);
    assert_ptr_equal(xml_find(one, ""), one);
    xml_document_clear(&doc);
}

static void a_name_is_matched_whole(void **state)
{
    (void)state;
    struct xml_document doc;
    read_ok(&doc, "<r><Portal>1</Portal><Por>2</Por><n:Port xmlns:n='u'>3</n:Port></r>");
    assert_string_equal(xml_text(doc.root, "Port"), "3");
    assert_null(xml_find(doc.root, "Port/Port"));
    assert_null(xml_find(NULL, "Port"));
    assert_null(xml_child(NULL, "Port"));
    assert_null(xml_next(NULL, NULL));
    assert_false(xml_is(NULL, "r"));
    xml_document_clear(&doc);
}

static void reads_typed_values(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is_int, is_number, is_bool;
        double value;
    } rows[] = {
        {"0", true, true, false, 0},
        {"-12", true, true, false, -12},
        {"9007199254740993", true, true, false, 9007199254740993.0},
        {"99999999999999999999", false, true, false, 1e20},
        {"1.5", false, true, false, 1.5},
        {"1.0E-4", false, true, false, 1e-4},
        {"1e999", false, false, false, 0},
        {"NaN", false, false, false, 0},
        {"inf", false, false, false, 0},
        {"0x10", false, false, false, 0},
        {" 1", false, false, false, 0},
        {"1 ", false, false, false, 0},
        {"", false, false, false, 0},
        {"-", false, false, false, 0},
        {"1-2", false, false, false, 0},
        {"true", false, false, true, 1},
        {"false", false, false, true, 0},
        {"True", false, false, false, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct text s = {0};
        struct xml_document doc;
        int64_t whole = 0;
        double number = 0;
        bool flag = false;
        text_addf(&s, "<r><v>%s</v></r>", rows[i].text);
        read_ok(&doc, s.data);
        assert_int_equal(xml_int(&whole, doc.root, "v"), rows[i].is_int);
        assert_int_equal(xml_number(&number, doc.root, "v"), rows[i].is_number);
        assert_int_equal(xml_bool(&flag, doc.root, "v"), rows[i].is_bool);
        if (rows[i].is_int && strlen(rows[i].text) < 16)
            assert_true((double)whole == rows[i].value);
        if (rows[i].is_number)
            assert_true(number == rows[i].value);
        if (rows[i].is_bool)
            assert_true(flag == (rows[i].value == 1));
        xml_document_clear(&doc);
        text_clear(&s);
    }
    int64_t whole;
    assert_false(xml_int(&whole, NULL, "v"));
}

static void text_is_joined_over_references_and_sections(void **state)
{
    (void)state;
    struct xml_document doc;
    read_ok(&doc, "<r>a&#x20AC;<![CDATA[<b>]]><!-- no -->&quot;c</r>");
    assert_string_equal(doc.root->text, "a\xe2\x82\xac<b>\"c");
    xml_document_clear(&doc);
}

static void refuse(const char *bytes, size_t n, const char *part)
{
    struct xml_document doc;
    struct error err = {0};
    assert_false(xml_read(&doc, bytes, n, &err));
    assert_int_equal(err.kind, ERROR_SERVICE);
    if (!strstr(err.message, part))
        fail_msg("\"%s\" does not say \"%s\"", err.message, part);
    assert_null(doc.root);
    xml_document_clear(&doc);
}

static void refuses_what_is_not_an_answer(void **state)
{
    (void)state;
    static const struct {
        const char *bytes, *part;
    } rows[] = {
        {"", "no element found"},
        {"{\"message\": \"json\"}", "line 1, column 1"},
        {"<a><b></a>", "mismatched tag"},
        {"<a>\n<b>", "line 2"},
        {"<a/><b/>", "junk after document element"},
        {"<a>&undefined;</a>", "undefined entity"},
        {"<a>\xff\xfe</a>", "not well-formed"},
        {"<!DOCTYPE html><html></html>", "document type"},
        {"<!DOCTYPE a [<!ENTITY x \"y\"><!ENTITY z \"&x;&x;\">]><a>&z;</a>", "document type"},
        {"<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>", "document type"},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        refuse(rows[i].bytes, strlen(rows[i].bytes), rows[i].part);
    refuse("<a>b\0c</a>", 10, "not well-formed");
}

static void nested(struct text *out, int depth)
{
    for (int i = 0; i < depth; i++)
        text_add(out, "<a>");
    for (int i = 0; i < depth; i++)
        text_add(out, "</a>");
}

static void holds_its_limits(void **state)
{
    (void)state;
    struct text s = {0};
    struct xml_document doc;
    nested(&s, XML_DEPTH_MAX);
    read_ok(&doc, s.data);
    xml_document_clear(&doc);
    text_clear(&s);
    nested(&s, XML_DEPTH_MAX + 1);
    refuse(s.data, s.len, "nested too deeply");
    text_clear(&s);

    text_add(&s, "<a>");
    for (int i = 0; i < XML_ELEMENTS_MAX; i++)
        text_add(&s, "<a/>");
    text_add(&s, "</a>");
    refuse(s.data, s.len, "too many elements");
    text_clear(&s);

    char *large = calloc(1, XML_BYTES_MAX + 1);
    assert_non_null(large);
    refuse(large, XML_BYTES_MAX + 1, "larger than");
    free(large);
}

/* Every prefix of a real answer is refused, and none is taken for a whole one. */
static void refuses_every_truncation(void **state)
{
    (void)state;
    size_t whole = strlen(target_health) - 1; /* the last newline may go */
    for (size_t n = 0; n < whole; n++) {
        struct xml_document doc;
        struct error err;
        assert_false(xml_read(&doc, target_health, n, &err));
        xml_document_clear(&doc);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(walks_an_answer),
        cmocka_unit_test(a_name_is_matched_whole),
        cmocka_unit_test(reads_typed_values),
        cmocka_unit_test(text_is_joined_over_references_and_sections),
        cmocka_unit_test(refuses_what_is_not_an_answer),
        cmocka_unit_test(holds_its_limits),
        cmocka_unit_test(refuses_every_truncation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
