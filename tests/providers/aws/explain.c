/* What a person reads at two in the morning. */
#include "tests/unit.h"

#include "providers/aws/explain.h"

static char host[] = "ecs.us-east-1.amazonaws.com";
static const struct aws_endpoint own = {.host = host};
static const struct aws_endpoint overridden = {.host = host, .from = "AWS_ENDPOINT_URL"};
static char fips_host[] = "ecs-fips.eu-west-1.amazonaws.com";
static const struct aws_endpoint fips = {.host = fips_host};

static const struct explain_about about = {
    .service = AWS_ECS,
    .operation = "DescribeServices",
    .endpoint = &own,
    .region = "us-east-1",
    .credentials = "the environment",
    .attempts = 1,
};

static void check(const struct error *err, enum error_kind kind, const char *message,
                  const char *hint)
{
    if (err->kind != kind || !strstr(err->message, message) || !strstr(err->hint, hint))
        fail_msg("%s: \"%s\" (%s)", error_kind_name(err->kind), err->message, err->hint);
    size_t len = strlen(err->message);
    assert_true(len && err->message[len - 1] != '.');
}

#define DENIED                                                                                     \
    "User: arn:aws:sts::1:assumed-role/ops/me is not authorized to perform: ecs:DescribeServices"
#define SHORT "access denied: arn:aws:sts::1:assumed-role/ops/me may not ecs:DescribeServices"

static void refusals_say_what_to_do(void **state)
{
    (void)state;
    static const struct {
        struct aws_error said;
        int status;
        enum error_kind kind;
        const char *message, *hint;
    } rows[] = {
        {{"ExpiredTokenException", "The security token", ""},
         400,
         ERROR_CREDENTIALS,
         "the AWS credentials from the environment have expired (ExpiredTokenException)",
         "set new AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN"},
        {{"ExpiredToken", "", ""},
         403,
         ERROR_CREDENTIALS,
         "have expired (ExpiredToken)",
         "run the same command again"},
        {{"UnrecognizedClientException", "The security token is invalid", ""},
         400,
         ERROR_CREDENTIALS,
         "AWS does not know the access key from the environment "
         "(UnrecognizedClientException: The security token is invalid)",
         "region us-east-1"},
        {{"InvalidClientTokenId", "", ""},
         403,
         ERROR_CREDENTIALS,
         "does not know the access key",
         "without its session token"},
        {{"SignatureDoesNotMatch", "", ""},
         403,
         ERROR_CREDENTIALS,
         "does not accept the signature",
         "the secret access key from the environment"},
        {{"InvalidSignatureException", "Credential should be scoped to a valid region: 'us-west-2'",
          ""},
         400,
         ERROR_CREDENTIALS,
         "does not accept the signature",
         "endpoint of another region than us-east-1"},
        {{"IncompleteSignature", "", ""},
         403,
         ERROR_CREDENTIALS,
         "did not reach ecs.us-east-1.amazonaws.com whole",
         "Authorization header"},
        {{"RequestTimeTooSkewed", "", ""},
         403,
         ERROR_CREDENTIALS,
         "does not accept the time of the signature",
         "set this host's clock"},
        {{"AccessDeniedException",
          DENIED " on resource: arn:aws:ecs:us-east-1:1:service/c/s because no identity-based "
                 "policy allows it",
          ""},
         400,
         ERROR_ACCESS,
         SHORT " on arn:aws:ecs:us-east-1:1:service/c/s because no identity-based policy allows it",
         "allow ecs:DescribeServices in a policy of the principal whose credentials the "
         "environment "
         "holds, or use others; `switchover policy FILE` prints"},
        {{"AccessDenied", DENIED, ""}, 403, ERROR_ACCESS, SHORT, "the environment holds"},
        {{"AccessDenied", "", ""},
         403,
         ERROR_ACCESS,
         "access denied: ecs:DescribeServices is not allowed",
         "allow ecs:DescribeServices"},
        {{"AccessDenied", "Not you", ""},
         403,
         ERROR_ACCESS,
         "access denied: ecs:DescribeServices: Not you",
         ""},
        {{"OptInRequired", "", ""},
         403,
         ERROR_ACCESS,
         "may not use region us-east-1",
         "enable the region"},
        {{"ClusterNotFoundException", "Cluster not found", ""},
         400,
         ERROR_NOT_FOUND,
         "ecs:DescribeServices: Cluster not found (ClusterNotFoundException)",
         "whether us-east-1 is its region"},
        {{"ListenerNotFound", "", ""}, 400, ERROR_NOT_FOUND, "there is no such thing", ""},
        {{"ThrottlingException", "Rate exceeded", ""},
         400,
         ERROR_SERVICE,
         "AWS throttles ecs:DescribeServices, also at attempt 1",
         "shared"},
        {{"InvalidParameterException", "Bad", ""},
         400,
         ERROR_SERVICE,
         "ecs:DescribeServices failed: InvalidParameterException: Bad",
         ""},
        {{"ServerException", "", ""},
         500,
         ERROR_SERVICE,
         "ecs:DescribeServices failed: ServerException",
         "Health Dashboard"},
        {{"", "Sign in to Wi-Fi", ""},
         400,
         ERROR_SERVICE,
         "answered DescribeServices with HTTP status 400 and not as AWS does "
         "(\"Sign in to Wi-Fi\")",
         "a proxy or a gateway"},
        {{"", "", ""}, 502, ERROR_SERVICE, "HTTP status 502 and not as AWS does", "a proxy"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct error err = {0};
        explain_answer(&err, &rows[i].said, rows[i].status, &about);
        check(&err, rows[i].kind, rows[i].message, rows[i].hint);
        assert_string_equal(err.aws_code, rows[i].said.code);
        assert_int_equal(err.http_status, rows[i].status);
    }
}

static void the_words_fit_where_it_comes_from(void **state)
{
    (void)state;
    struct error err = {0};
    struct aws_error said = {"ExpiredToken", "", ""};
    struct explain_about other = about;
    other.credentials = "the profile ops in /etc/aws/credentials";
    explain_answer(&err, &said, 403, &other);
    check(&err, ERROR_CREDENTIALS, "from the profile ops in /etc/aws/credentials have expired",
          "sign in again");

    said = (struct aws_error){"AccessDenied", "", ""};
    other.service = AWS_CLOUDWATCH;
    other.operation = "GetMetricData";
    explain_answer(&err, &said, 403, &other);
    check(&err, ERROR_ACCESS, "cloudwatch:GetMetricData", "cloudwatch:GetMetricData");

    said = (struct aws_error){"", "", ""};
    other.endpoint = &overridden;
    explain_answer(&err, &said, 404, &other);
    check(&err, ERROR_SERVICE, "HTTP status 404", "the endpoint comes from AWS_ENDPOINT_URL");

    said = (struct aws_error){"InternalFailure", "", ""};
    other.attempts = 3;
    explain_answer(&err, &said, 500, &other);
    check(&err, ERROR_SERVICE, "failed at every attempt: InternalFailure", "Health");
}

static void failures_of_the_network_say_what_to_check(void **state)
{
    (void)state;
    static const struct {
        enum http_failure failure;
        const struct aws_endpoint *endpoint;
        enum error_kind kind;
        const char *hint;
    } rows[] = {
        {HTTP_NOT_CONNECTED, &own, ERROR_NETWORK, "check that us-east-1 is the right region"},
        {HTTP_TIMED_OUT, &own, ERROR_NETWORK, "VPC endpoints"},
        {HTTP_NOT_SECURE, &own, ERROR_NETWORK, "AWS_CA_BUNDLE"},
        {HTTP_NOT_SECURE, &overridden, ERROR_NETWORK, "AWS_CA_BUNDLE"},
        {HTTP_NOT_SECURE, &overridden, ERROR_NETWORK, "comes from AWS_ENDPOINT_URL"},
        {HTTP_NO_HANDSHAKE, &own, ERROR_NETWORK, "TLS 1.1"},
        {HTTP_NOT_CONNECTED, &fips, ERROR_NETWORK, "AWS_USE_FIPS_ENDPOINT"},
        {HTTP_NOT_CONNECTED, &overridden, ERROR_NETWORK, "comes from AWS_ENDPOINT_URL"},
        {HTTP_BROKEN, &own, ERROR_NETWORK, ""},
        {HTTP_STOPPED, &overridden, ERROR_INTERRUPTED, ""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct http_exchange exchange = {.failure = rows[i].failure};
        struct explain_about other = about;
        struct error err = {0};
        other.endpoint = rows[i].endpoint;
        error_set(&exchange.error, rows[i].kind, "as the exchange says");
        explain_failure(&err, &exchange, &other);
        check(&err, rows[i].kind, "DescribeServices: as the exchange says", rows[i].hint);
        if (!rows[i].hint[0])
            assert_string_equal(err.hint, "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refusals_say_what_to_do),
        cmocka_unit_test(the_words_fit_where_it_comes_from),
        cmocka_unit_test(failures_of_the_network_say_what_to_check),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
