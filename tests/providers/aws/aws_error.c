#include "tests/unit.h"

#include "planner/base/text.h"
#include "providers/aws/aws_error.h"

static void reads_every_shape(void **state)
{
    (void)state;
    static const struct {
        const char *body, *code, *message, *request_id;
    } rows[] = {
        /* ECS, JSON 1.1 */
        {"{\"__type\":\"ClusterNotFoundException\",\"message\":\"Cluster not found.\"}",
         "ClusterNotFoundException", "Cluster not found", ""},
        {"{\"__type\":\"com.amazonaws.ecs#ServerException\"}", "ServerException", "", ""},
        {"{\"__type\":\"aws.x#AccessDeniedException:http://y#z\",\"Message\":\"User: a is not\"}",
         "AccessDeniedException", "User: a is not", ""},
        {"{\"message\":null,\"__type\":7}", "", "", ""},
        {"[]", "", "", ""},
        /* Query, from AWS's documentation of common errors */
        {"<ErrorResponse xmlns=\"http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/\">\n"
         "  <Error>\n    <Type>Sender</Type>\n    <Code>LoadBalancerNotFound</Code>\n"
         "    <Message>One or more load balancers not found</Message>\n  </Error>\n"
         "  <RequestId>f9880f01-7852-629d</RequestId>\n</ErrorResponse>",
         "LoadBalancerNotFound", "One or more load balancers not found", "f9880f01-7852-629d"},
        /* authentication, before the service */
        {"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error>"
         "<Code>AuthFailure</Code><Message>AWS was not able to validate</Message></Error></Errors>"
         "<RequestID>7a62c49f</RequestID></Response>",
         "AuthFailure", "AWS was not able to validate", "7a62c49f"},
        {"<ErrorResponse><Errors><Error><Code>SignatureDoesNotMatch</Code>"
         "<Message>We calculated</Message><Type>Sender</Type></Error></Errors></ErrorResponse>",
         "SignatureDoesNotMatch", "We calculated", ""},
        {"<AccessDeniedException>\n  <Message>Unable to determine service</Message>\n"
         "</AccessDeniedException>",
         "AccessDeniedException", "Unable to determine service", ""},
        {"<UnknownOperationException/>", "UnknownOperationException", "", ""},
        /* S3 */
        {"<?xml version=\"1.0\"?><Error><Code>NoSuchKey</Code><Message>The resource.</Message>"
         "<Resource>/b/k</Resource><RequestId>4442587FB7D0A2F9</RequestId></Error>",
         "NoSuchKey", "The resource", "4442587FB7D0A2F9"},
        /* not AWS's */
        {"<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head></html>", "",
         "502 Bad Gateway", ""},
        {"<html><head><title>Sign in</title></head><body><p>unclosed</html>", "", "Sign in", ""},
        {"<html><body>well-formed</body></html>", "", "", ""},
        {"upstream connect error", "", "", ""},
        {"{\"__type\":", "", "", ""},
        {"<ErrorResponse><Error><Code>Cut", "", "", ""},
        {"", "", "", ""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct aws_error said;
        aws_error_read(&said, rows[i].body, strlen(rows[i].body));
        if (strcmp(said.code, rows[i].code) != 0 || strcmp(said.message, rows[i].message) != 0 ||
            strcmp(said.request_id, rows[i].request_id) != 0)
            fail_msg("row %zu: code \"%s\" message \"%s\" id \"%s\"", i, said.code, said.message,
                     said.request_id);
    }
}

static void long_texts_are_cut_at_a_character(void **state)
{
    (void)state;
    struct text body = {0};
    struct aws_error said;
    text_add(&body, "<Error><Code>");
    for (int i = 0; i < 300; i++)
        text_add(&body, "Code");
    text_add(&body, "</Code><Message>x");
    for (int i = 0; i < 1000; i++)
        text_add(&body, "\xe2\x82\xac");
    text_add(&body, "</Message></Error>");
    aws_error_read(&said, body.data, body.len);
    assert_int_equal(strlen(said.code), sizeof said.code - 1);
    size_t len = strlen(said.message);
    assert_true(len > sizeof said.message - 4);
    assert_int_equal(text_utf8_prefix(said.message, len), len);
    text_clear(&body);

    for (int i = 0; i < 300 * 1024; i++) /* too large to be an error of AWS's */
        text_add_char(&body, '[');
    aws_error_read(&said, body.data, body.len);
    assert_string_equal(said.code, "");
    text_clear(&body);
}

/* Headers are bytes. */
static void a_type_in_a_header_is_text(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"ThrottlingException", "ThrottlingException"},
        {"a.b#ThrottlingException:http://x/", "ThrottlingException"},
        {"Thr\xffottling", "Thr"},
        {"\xff#Denied", "Denied"},
        {"\xff", ""},
        {"", ""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct aws_error said = {0};
        aws_error_take_type(&said, rows[i][0]);
        assert_string_equal(said.code, rows[i][1]);
    }
}

static void words_that_say_a_secret_are_cut(void **state)
{
    static const struct {
        const char *words, *left;
    } rows[] = {
        {"the token is wrong", "the token is wrong"},
        {"the token SECRETSECRET is wrong", "the token"},
        {"the token SECRETSE", "the token"},
        {"the token SECRETS", "the token SECRETS"},
        {"it differs. Look there.\n\nIt should be\n'POST\n\nx: SECRETSECRET'",
         "it differs. Look there"},
        {"it differs\nx: SECRETSECRET", "it differs"},
        {"SECRETSECRET", ""},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char words[128];
        strcpy(words, rows[i].words);
        aws_words_hide(words, "SECRETSECRET");
        assert_string_equal(words, rows[i].left);
        strcpy(words, rows[i].words);
        aws_words_hide(words, NULL);
        aws_words_hide(words, "");
        assert_string_equal(words, rows[i].words);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_shape),
        cmocka_unit_test(long_texts_are_cut_at_a_character),
        cmocka_unit_test(a_type_in_a_header_is_text),
        cmocka_unit_test(words_that_say_a_secret_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
