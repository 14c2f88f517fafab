#include "tests/unit.h"

#include "providers/aws/endpoint.h"

/* A config holds char *; the tests' texts are constants that nobody writes to. */
static char *text_of(const char *s)
{
    return (char *)(uintptr_t)s;
}

static void aws_own_hosts_follow_the_region(void **state)
{
    (void)state;
    static const struct {
        const char *region;
        enum aws_service service;
        const char *url;
    } rows[] = {
        {"us-east-1", AWS_ECS, "https://ecs.us-east-1.amazonaws.com/"},
        {"eu-central-1", AWS_ELBV2, "https://elasticloadbalancing.eu-central-1.amazonaws.com/"},
        {"us-gov-west-1", AWS_CLOUDWATCH, "https://monitoring.us-gov-west-1.amazonaws.com/"},
        {"cn-north-1", AWS_ECS, "https://ecs.cn-north-1.amazonaws.com.cn/"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct aws_config config = {.region = text_of(rows[i].region)};
        struct aws_endpoint endpoint;
        struct error err;
        assert_true(aws_endpoint_find(&endpoint, &config, rows[i].service, &err));
        assert_string_equal(endpoint.url, rows[i].url);
        assert_string_equal(endpoint.path, "/");
        assert_null(endpoint.from);
        assert_false(endpoint.loopback);
        aws_endpoint_clear(&endpoint);
    }
}

static void overrides_are_taken_apart(void **state)
{
    (void)state;
    static const struct {
        const char *given, *url, *host, *path;
        bool loopback;
    } rows[] = {
        {"http://127.0.0.1:5000", "http://127.0.0.1:5000/", "127.0.0.1:5000", "/", true},
        {"http://127.9.9.9/", "http://127.9.9.9/", "127.9.9.9", "/", true},
        {"http://LocalHost:80", "http://LocalHost:80/", "localhost", "/", true},
        {"https://aws.localhost:443/a/b", "https://aws.localhost:443/a/b", "aws.localhost", "/a/b",
         true},
        {"https://[::1]:4566", "https://[::1]:4566/", "[::1]:4566", "/", true},
        {"http://[::ffff:10.0.0.1]", "http://[::ffff:10.0.0.1]/", "[::ffff:10.0.0.1]", "/", false},
        {"http://localhost.example.com", "http://localhost.example.com/", "localhost.example.com",
         "/", false},
        {"http://127.0.0.1.example.com", "http://127.0.0.1.example.com/", "127.0.0.1.example.com",
         "/", false},
        {"http://10.0.0.1:80443", "http://10.0.0.1:80443/", "10.0.0.1:80443", "/", false},
        {"https://vpce-1.ecs.us-east-1.vpce.amazonaws.com",
         "https://vpce-1.ecs.us-east-1.vpce.amazonaws.com/",
         "vpce-1.ecs.us-east-1.vpce.amazonaws.com", "/", false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct aws_config config = {.region = text_of("us-east-1"),
                                    .endpoint = text_of(rows[i].given),
                                    .endpoint_from = text_of("AWS_ENDPOINT_URL")};
        struct aws_endpoint endpoint;
        struct error err;
        assert_true(aws_endpoint_find(&endpoint, &config, AWS_ECS, &err));
        assert_string_equal(endpoint.url, rows[i].url);
        assert_string_equal(endpoint.host, rows[i].host);
        assert_string_equal(endpoint.path, rows[i].path);
        assert_string_equal(endpoint.from, "AWS_ENDPOINT_URL");
        assert_int_equal(endpoint.loopback, rows[i].loopback);
        aws_endpoint_clear(&endpoint);
    }
}

static void a_service_s_own_override_wins(void **state)
{
    (void)state;
    struct aws_config config = {
        .region = text_of("us-east-1"),
        .endpoint = text_of("http://all.test"),
        .endpoint_from = text_of("AWS_ENDPOINT_URL"),
        .service_endpoint[AWS_ELBV2] = text_of("http://elb.test"),
        .service_endpoint_from[AWS_ELBV2] = text_of("the services section"),
    };
    struct aws_endpoint endpoint;
    struct error err;
    assert_true(aws_endpoint_find(&endpoint, &config, AWS_ELBV2, &err));
    assert_string_equal(endpoint.host, "elb.test");
    assert_string_equal(endpoint.from, "the services section");
    aws_endpoint_clear(&endpoint);
    assert_true(aws_endpoint_find(&endpoint, &config, AWS_CLOUDWATCH, &err));
    assert_string_equal(endpoint.host, "all.test");
    aws_endpoint_clear(&endpoint);
}

static void odd_overrides_are_refused(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "http://",           "http:///path",     "http://user:secret@host/", "http://host?a=b",
        "http://host/#frag", "http://host name", "http://host\\@x/",         "http://host\r\nX: y/",
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct aws_config config = {.region = text_of("us-east-1"),
                                    .endpoint = text_of(rows[i]),
                                    .endpoint_from = text_of("AWS_ENDPOINT_URL")};
        struct aws_endpoint endpoint;
        struct error err = {0};
        assert_false(aws_endpoint_find(&endpoint, &config, AWS_ECS, &err));
        assert_int_equal(err.kind, ERROR_USAGE);
        assert_non_null(strstr(err.message, "AWS_ENDPOINT_URL"));
        assert_null(strstr(err.message, "secret"));
        aws_endpoint_clear(&endpoint);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(aws_own_hosts_follow_the_region),
        cmocka_unit_test(overrides_are_taken_apart),
        cmocka_unit_test(a_service_s_own_override_wins),
        cmocka_unit_test(odd_overrides_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
