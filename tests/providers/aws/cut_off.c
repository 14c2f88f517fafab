#include "tests/unit.h"

#include "providers/aws/cut_off.h"

static void check(enum aws_service service, const char *body, size_t n, bool cut_off)
{
    struct text text = {0};
    text_add_bytes(&text, body, n);
    if (aws_answer_is_cut_off(service, &text) != cut_off)
        fail_msg("%s: %.*s", cut_off ? "is cut off" : "is not cut off", (int)n, body);
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
        check(AWS_ECS, json, n, n != sizeof json - 1);
    for (size_t n = 0; n < sizeof xml; n++)
        check(AWS_ELBV2, xml, n, n != sizeof xml - 1);
}

static void the_rest(void **state)
{
    (void)state;
    static const struct {
        enum aws_service service;
        const char *body;
        bool cut_off;
    } rows[] = {
        {AWS_ECS, " \r\n{}\n", false},
        {AWS_ECS, "{}{}", true},
        {AWS_ECS, "{\"a\":\"\\", true},
        {AWS_ECS, "\n\n", true},
        {AWS_ECS, "", true},
        {AWS_ECS, "[]", false},
        {AWS_ECS, "null", false},
        {AWS_ECS, "<html>", false},
        {AWS_ECS, "]{}", false},
        {AWS_STS, "<a/>\r\n", false},
        {AWS_STS, "<a x='1'/>", false},
        {AWS_STS, "<a></a>", false},
        {AWS_STS, "<a></ba>", true},
        {AWS_STS, "<ab></b>", true},
        {AWS_STS, "<a><b></b>", true},
        {AWS_STS, "<?xml?>", true},
        {AWS_STS, "<>", true},
        {AWS_STS, "<></>", true},
        {AWS_STS, "", true},
        {AWS_STS, "{}", false},
        {AWS_STS, "<!DOCTYPE html><html></html>", false},
        {AWS_STS, "<!DOCTYPE html><html><br>", false},
        {AWS_STS, "Not found", false},
        {AWS_CLOUDWATCH, "<a>", true},
        {AWS_CLOUDWATCH, "<", true},
        {AWS_CLOUDWATCH, "<a></a>x", true},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        check(rows[i].service, rows[i].body, strlen(rows[i].body), rows[i].cut_off);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_cut_is_seen),
        cmocka_unit_test(the_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
