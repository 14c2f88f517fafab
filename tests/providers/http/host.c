#include "providers/http/http.h"
#include "tests/unit.h"

static void this_machine_and_no_other(void **state)
{
    static const char *const here[] = {"localhost", "LOCALHOST:9200", "a.b.localhost",
                                       "127.0.0.1", "127.9.9.9:1",    "[::1]",
                                       "[::1]:9200"};
    static const char *const elsewhere[] = {"",          "localhost.example.com", "notlocalhost",
                                            "128.0.0.1", "127.0.0.1.example.com", "[::2]",
                                            "10.0.0.1",  "127.0.0.1.nip.example", ".localhost"};
    (void)state;
    for (size_t i = 0; i < COUNT(here); i++)
        if (!http_is_loopback(here[i]))
            fail_msg("%s", here[i]);
    for (size_t i = 0; i < COUNT(elsewhere); i++)
        if (http_is_loopback(elsewhere[i]))
            fail_msg("%s", elsewhere[i]);
}

static void a_secret_goes_over_tls_or_nowhere(void **state)
{
    static const char *const keeps[] = {"https://example.com/",    "HTTPS://example.com",
                                        "http://127.0.0.1:9200/a", "http://localhost/",
                                        "http://[::1]:9200/",      "http://127.1/"};
    static const char *const tells[] = {"http://example.com/",
                                        "http://example.com:443/",
                                        "http://127.0.0.1@example.com/",
                                        "http://example.com#@127.0.0.1/",
                                        "http://example.com/127.0.0.1",
                                        "http://example.com?127.0.0.1",
                                        "http://127.0.0.1.example.com/",
                                        "http://10.0.0.1/",
                                        "ftp://127.0.0.1/",
                                        "example.com",
                                        ""};
    (void)state;
    for (size_t i = 0; i < COUNT(keeps); i++)
        if (!http_keeps_secret(keeps[i]))
            fail_msg("%s", keeps[i]);
    for (size_t i = 0; i < COUNT(tells); i++)
        if (http_keeps_secret(tells[i]))
            fail_msg("%s", tells[i]);
}

static void a_url_goes_where_libcurl_says(void **state)
{
    static const struct {
        const char *url, *host;
        bool tls;
    } rows[] = {
        {"http://LocalHost:80/x", "localhost", false},
        {"https://[FD00:EC2::23]/", "[fd00:ec2::23]", true},
        {"http://127.1/", "127.0.0.1", false},
        {"http://127.0.0.1@example.com/", "example.com", false},
        {"HTTPS://example.com", "example.com", true},
        {"ftp://example.com/", NULL, false},
        {"file:///x", NULL, false},
        {"", NULL, false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct text host = {0};
        bool tls = !rows[i].tls;
        assert_int_equal(http_url_host(&host, &tls, rows[i].url), rows[i].host != NULL);
        if (rows[i].host) {
            assert_string_equal(text_cstr(&host), rows[i].host);
            assert_int_equal(tls, rows[i].tls);
        }
        text_clear(&host);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(this_machine_and_no_other),
        cmocka_unit_test(a_secret_goes_over_tls_or_nowhere),
        cmocka_unit_test(a_url_goes_where_libcurl_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
