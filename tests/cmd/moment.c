#include "tests/unit.h"

#include "cmd/moment.h"

static void is_to_the_second(void **state)
{
    (void)state;
    char out[TIME_TEXT_SIZE];
    assert_string_equal(moment_format(out, INT64_C(1796090400999)), "2026-12-01T02:00:00Z");
    assert_string_equal(moment_format(out, 0), "1970-01-01T00:00:00Z");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_to_the_second),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
