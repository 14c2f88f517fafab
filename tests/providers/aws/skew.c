#include "tests/unit.h"

#include "providers/aws/skew.h"

static void reads_http_dates(void **state)
{
    (void)state;
    int64_t at;
    assert_true(skew_parse_date(&at, "Sun, 06 Nov 1994 08:49:37 GMT")); /* RFC 9110's example */
    assert_true(at == 784111777000);
    static const char *const wrong[] = {"",
                                        "Sunday, 06-Nov-94 08:49:37 GMT",
                                        "Sun Nov  6 08:49:37 1994",
                                        "Sun, 06 Nov 1994 08:49:37 UTC",
                                        "Sun, 06 Nov 1994 08:49:37 GMT and more",
                                        "Sun, 06 ovD 1994 08:49:37 GMT",
                                        "Sun, 99 Nov 1994 08:49:37 GMT",
                                        "Sun, 06 Nov 1994 99:49:37 GMT"};
    for (size_t i = 0; i < COUNT(wrong); i++)
        if (skew_parse_date(&at, wrong[i]))
            fail_msg("\"%s\"", wrong[i]);
}

static void corrects_the_clock_only_when_it_is_the_clock(void **state)
{
    (void)state;
    const int64_t server = 784111777000, minute = 60000;
    static const char date[] = "Sun, 06 Nov 1994 08:49:37 GMT";
    int64_t offset = -1;
    assert_true(skew_found(&offset, "SignatureDoesNotMatch", date, server - 60 * minute,
                           server - 60 * minute + 500));
    assert_int_equal(offset, 60 * minute - 500);
    assert_true(skew_found(&offset, "RequestTimeTooSkewed", date, server + 5 * minute,
                           server + 5 * minute));
    assert_int_equal(offset, -5 * minute);
    assert_false(skew_found(&offset, "SignatureDoesNotMatch", date, server - 3 * minute, server));
    assert_false(skew_found(&offset, "AccessDenied", date, server - 60 * minute, server));
    assert_false(skew_found(&offset, "SignatureDoesNotMatch", "yesterday", 0, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_http_dates),
        cmocka_unit_test(corrects_the_clock_only_when_it_is_the_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
