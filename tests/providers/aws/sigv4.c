/*
 * The signer against values that AWS published: the Signature Version 4 test suite, the IAM
 * example of "Create a signed AWS API request", and the four S3 examples of "Authenticating
 * requests: using the Authorization header".
 */
#include "tests/unit.h"

#include "planner/base/time.h"
#include "providers/aws/sigv4.h"

#define EMPTY_SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

enum { HEADERS_MAX = 8 };

struct vector {
    const char *name, *method, *path, *query;
    struct http_header headers[HEADERS_MAX];
    const char *payload;
    const char *signed_names, *signature;
};

static struct sigv4_request request_of(const struct vector *v, bool s3)
{
    struct sigv4_request request = {.method = v->method,
                                    .path = v->path,
                                    .query = v->query,
                                    .headers = v->headers,
                                    .payload = v->payload,
                                    .payload_len = strlen(v->payload),
                                    .s3 = s3};
    while (request.header_count < HEADERS_MAX && v->headers[request.header_count].name)
        request.header_count++;
    return request;
}

static void check(const struct vector *v, const struct sigv4_identity *identity, bool s3)
{
    struct sigv4_request request = request_of(v, s3);
    struct text out = {0}, expected = {0};
    char date[SIGV4_DATE_SIZE];
    sigv4_date(date, identity->at);
    text_addf(&expected,
              "AWS4-HMAC-SHA256 Credential=%s/%.8s/%s/%s/aws4_request, SignedHeaders=%s, "
              "Signature=%s",
              identity->access_key_id, date, identity->region, identity->service, v->signed_names,
              v->signature);
    sigv4_authorization(&out, &request, identity);
    if (strcmp(out.data, expected.data) != 0)
        fail_msg("%s:\n  %s\n  %s expected", v->name, out.data, expected.data);
    text_clear(&out);
    text_clear(&expected);
}

static int64_t at(const char *rfc3339)
{
    int64_t instant = 0;
    assert_true(time_parse(&instant, rfc3339));
    return instant;
}

static void agrees_with_the_test_suite(void **state)
{
    (void)state;
    struct sigv4_identity identity = {
        .access_key_id = "AKIDEXAMPLE",
        .secret_access_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
        .region = "us-east-1",
        .service = "service",
        .at = at("2015-08-30T12:36:00Z"),
    };
    static const struct vector vectors[] = {
        {"get-vanilla",
         "GET",
         "/",
         "",
         {{"Host", "example.amazonaws.com"}, {"X-Amz-Date", "20150830T123600Z"}},
         "",
         "host;x-amz-date",
         "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
        {"post-vanilla",
         "POST",
         "/",
         "",
         {{"Host", "example.amazonaws.com"}, {"X-Amz-Date", "20150830T123600Z"}},
         "",
         "host;x-amz-date",
         "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
    };
    for (size_t i = 0; i < COUNT(vectors); i++)
        check(&vectors[i], &identity, false);

    static const struct vector list_users = {
        "IAM ListUsers",
        "GET",
        "/",
        "Action=ListUsers&Version=2010-05-08",
        {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"},
         {"Host", "iam.amazonaws.com"},
         {"X-Amz-Date", "20150830T123600Z"}},
        "",
        "content-type;host;x-amz-date",
        "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"};
    identity.service = "iam";
    check(&list_users, &identity, false);
}

static void agrees_with_the_s3_examples(void **state)
{
    (void)state;
    struct sigv4_identity identity = {
        .access_key_id = "AKIAIOSFODNN7EXAMPLE",
        .secret_access_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        .region = "us-east-1",
        .service = "s3",
        .at = at("2013-05-24T00:00:00Z"),
    };
    static const struct vector vectors[] = {
        {"GET object",
         "GET",
         "/test.txt",
         "",
         {{"Host", "examplebucket.s3.amazonaws.com"},
          {"Range", "bytes=0-9"},
          {"x-amz-content-sha256", EMPTY_SHA256},
          {"x-amz-date", "20130524T000000Z"}},
         "",
         "host;range;x-amz-content-sha256;x-amz-date",
         "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"},
        {"PUT object",
         "PUT",
         "/test%24file.text",
         "",
         {{"Date", "Fri, 24 May 2013 00:00:00 GMT"},
          {"Host", "examplebucket.s3.amazonaws.com"},
          {"x-amz-content-sha256",
           "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072"},
          {"x-amz-date", "20130524T000000Z"},
          {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
         "Welcome to Amazon S3.",
         "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
         "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"},
        {"GET bucket lifecycle",
         "GET",
         "/",
         "lifecycle",
         {{"Host", "examplebucket.s3.amazonaws.com"},
          {"x-amz-content-sha256", EMPTY_SHA256},
          {"x-amz-date", "20130524T000000Z"}},
         "",
         "host;x-amz-content-sha256;x-amz-date",
         "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"},
        {"GET bucket (list objects)",
         "GET",
         "",
         "prefix=J&max-keys=2",
         {{"Host", "examplebucket.s3.amazonaws.com"},
          {"x-amz-content-sha256", EMPTY_SHA256},
          {"x-amz-date", "20130524T000000Z"}},
         "",
         "host;x-amz-content-sha256;x-amz-date",
         "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"},
    };
    for (size_t i = 0; i < COUNT(vectors); i++)
        check(&vectors[i], &identity, true);
}

/* The canonical request that the documentation spells out for the IAM example. */
static void writes_the_documented_canonical_request(void **state)
{
    (void)state;
    static const struct http_header headers[] = {
        {"Content-Type", "  application/x-www-form-urlencoded;   charset=utf-8 "},
        {"User-Agent", "changed on the way"},
        {"X-Amz-Date", "20150830T123600Z"},
        {"Host", "iam.amazonaws.com"},
    };
    struct sigv4_request request = {.method = "GET",
                                    .path = "/",
                                    .query = "Version=2010-05-08&Action=ListUsers",
                                    .headers = headers,
                                    .header_count = COUNT(headers)};
    struct text out = {0};
    sigv4_canonical_request(&out, &request);
    assert_string_equal(out.data, "GET\n"
                                  "/\n"
                                  "Action=ListUsers&Version=2010-05-08\n"
                                  "content-type:application/x-www-form-urlencoded; charset=utf-8\n"
                                  "host:iam.amazonaws.com\n"
                                  "x-amz-date:20150830T123600Z\n"
                                  "\n"
                                  "content-type;host;x-amz-date\n" EMPTY_SHA256);
    struct sigv4_identity identity = {
        .region = "us-east-1", .service = "iam", .at = at("2015-08-30T12:36:00Z")};
    struct text to_sign = {0};
    sigv4_string_to_sign(&to_sign, &identity, out.data);
    assert_string_equal(to_sign.data,
                        "AWS4-HMAC-SHA256\n"
                        "20150830T123600Z\n"
                        "20150830/us-east-1/iam/aws4_request\n"
                        "f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59");
    text_clear(&out);
    text_clear(&to_sign);
}

static void dates_are_whole_seconds(void **state)
{
    (void)state;
    char date[SIGV4_DATE_SIZE];
    sigv4_date(date, at("2026-12-01T02:00:00.999Z"));
    assert_string_equal(date, "20261201T020000Z");
    sigv4_date(date, 0);
    assert_string_equal(date, "19700101T000000Z");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_the_test_suite),
        cmocka_unit_test(agrees_with_the_s3_examples),
        cmocka_unit_test(writes_the_documented_canonical_request),
        cmocka_unit_test(dates_are_whole_seconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
