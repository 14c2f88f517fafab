#include "tests/unit.h"

#include "providers/aws/whole.h"

static void check(enum aws_service service, const char *body, size_t n, bool whole)
{
    struct text text = {0};
    text_add_bytes(&text, body, n);
    if (aws_answer_is_whole(service, &text) != whole)
        fail_msg("%s: %.*s", whole ? "is whole" : "is not whole", (int)n, body);
    text_clear(&text);
}

static const char json[] = "{\"a\": \"}]\\\"{\\\\\", \"b\": [{}, [\"[\"], {\"c\": {\"d\": null}}]}";
static const char xml[] = "<?xml version=\"1.0\"?>\n<R xmlns=\"http://a/\"><RResult><RX>x</RX><m/>"
                          "<m></m></RResult><Rest>></Rest></R>";

/* Every cut of a document is one, and the space around it is not part of it. */
static void every_cut_is_seen(void **state)
{
    (void)state;
    for (size_t n = 0; n < sizeof json; n++)
        check(AWS_ECS, json, n, n == sizeof json - 1);
    for (size_t n = 0; n < sizeof xml; n++)
        check(AWS_ELBV2, xml, n, n == sizeof xml - 1);
}

static void the_rest(void **state)
{
    (void)state;
    static const struct {
        enum aws_service service;
        const char *body;
        bool whole;
    } rows[] = {
        {AWS_ECS, " \r\n{}\n", true},    {AWS_ECS, "{}{}", false},
        {AWS_ECS, "[]", false},          {AWS_ECS, "null", false},
        {AWS_ECS, "<html/>", false},     {AWS_ECS, "{\"a\":\"\\", false},
        {AWS_ECS, "\n\n", false},        {AWS_ECS, "]{}", false},
        {AWS_STS, "<a/>\r\n", true},     {AWS_STS, "<a x='1'/>", true},
        {AWS_STS, "<a></a>", true},      {AWS_STS, "<a></ba>", false},
        {AWS_STS, "<ab></b>", false},    {AWS_STS, "{}", false},
        {AWS_STS, "<?xml?>", false},     {AWS_STS, "<>", false},
        {AWS_STS, "<a><b></b>", false},  {AWS_STS, "<></>", false},
        {AWS_CLOUDWATCH, "<a>", false},  {AWS_CLOUDWATCH, "a/>", false},
        {AWS_CLOUDWATCH, "</a>", false}, {AWS_CLOUDWATCH, "<a></a>x", false},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        check(rows[i].service, rows[i].body, strlen(rows[i].body), rows[i].whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_cut_is_seen),
        cmocka_unit_test(the_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
