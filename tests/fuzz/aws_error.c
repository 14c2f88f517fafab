/*
 * The body of an answer that is no success, its Date and its error type, and whether it is whole.
 * Whatever it is: a code that can be compared, words that can be printed, and an error that says
 * what to do.
 */
#include <string.h>

#include "planner/base/json.h"
#include "planner/base/time.h"
#include "providers/aws/aws_error.h"
#include "providers/aws/cut_off.h"
#include "providers/aws/endpoint.h"
#include "providers/aws/explain.h"
#include "providers/aws/skew.h"
#include "tests/fuzz/aws.h"

static void check_explained(const struct aws_error *said, int status)
{
    struct aws_endpoint endpoint = {.host = (char[]){"ecs.us-east-1.amazonaws.com"}, .path = "/"};
    struct explain_about about = {.service = AWS_ECS,
                                  .operation = "DescribeServices",
                                  .endpoint = &endpoint,
                                  .region = "us-east-1",
                                  .credentials = "the environment",
                                  .attempts = 3};
    struct error err = {0};
    explain_answer(&err, said, status, &about);
    fuzz_check_error(&err);
    must_hold(err.http_status == status);
}

static void check_date(const struct text *text)
{
    int64_t at = 0, offset = 0;
    if (!skew_parse_date(&at, text_cstr(text)))
        return;
    must_hold(skew_found(&offset, "RequestTimeTooSkewed", text_cstr(text), at + 3600000, at));
    must_hold(offset == 0);
}

/* A header of an answer that says nothing else. */
static void check_type(const struct text *text)
{
    struct aws_error said = {0};
    aws_error_take_type(&said, text_cstr(text));
    must_hold(memchr(said.code, '\0', sizeof said.code));
    fuzz_check_text(said.code);
}

/* What is whole is not asked for again. */
static void check_cut_off(const struct text *body)
{
    struct json_document doc;
    struct error err;
    bool whole =
        json_read(&doc, body->data, body->len, (struct json_limits){body->len, 32}, &err) &&
        json_is_object(doc.root);
    json_document_clear(&doc);
    must_hold(!whole || !aws_answer_is_cut_off(AWS_ECS, body));
    aws_answer_is_cut_off(AWS_ELBV2, body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int statuses[] = {400, 403, 404, 413, 429, 500, 502, 503, 504, 301};
    struct aws_error said;
    struct text body = fuzz_text(data, size);
    aws_error_read(&said, body.data, body.len);
    must_hold(memchr(said.code, '\0', sizeof said.code));
    must_hold(memchr(said.message, '\0', sizeof said.message));
    must_hold(memchr(said.request_id, '\0', sizeof said.request_id));
    fuzz_check_text(said.code);
    fuzz_check_text(said.message);
    fuzz_check_text(said.request_id);
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        check_explained(&said, statuses[i]);
    check_date(&body);
    check_type(&body);
    check_cut_off(&body);
    if (said.code[0])
        fuzz_accepted();
    text_clear(&body);
    return 0;
}
