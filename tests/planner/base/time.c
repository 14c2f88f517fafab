#include "tests/unit.h"

#include <time.h>

#include "planner/base/time.h"

/* Judged by the C library's own calendar. */
static void formats_as_the_c_library(void **state)
{
    (void)state;
    uint64_t seed = 1;
    for (int i = 0; i < 20000; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        time_t t = (time_t)((seed >> 24) % 253402300800u); /* 1970 to 9999 */
        struct tm tm;
        char want[64], got[TIME_TEXT_SIZE];
        gmtime_r(&t, &tm);
        strftime(want, sizeof want, "%Y-%m-%dT%H:%M:%SZ", &tm);
        assert_string_equal(time_format(got, (int64_t)t * 1000), want);
        int64_t back;
        assert_true(time_parse(&back, got));
        assert_int_equal(back, (int64_t)t * 1000);
    }
}

static void reads_offsets_and_fractions(void **state)
{
    (void)state;
    int64_t a, b;
    assert_true(time_parse(&a, "2026-12-01T02:00:00Z"));
    assert_true(time_parse(&b, "2026-12-01T04:30:00+02:30"));
    assert_int_equal(a, b);
    assert_int_equal(a, 1796090400000);
    assert_true(time_parse(&b, "2026-12-01T02:00:00.25Z"));
    assert_int_equal(b, a + 250);
    char text[TIME_TEXT_SIZE];
    assert_string_equal(time_format(text, b), "2026-12-01T02:00:00.250Z");
}

static void refuses_what_is_no_instant(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "2026-12-01",
        "2026-12-01 02:00:00Z",
        "2026-12-01T02:00Z",
        "2026-12-01T02:00:00",
        "2026-13-01T02:00:00Z",
        "2026-02-29T02:00:00Z",
        "2026-12-01T24:00:00Z",
        "2026-12-01T02:60:00Z",
        "2026-12-01T02:00:00+2:00",
        "2026-12-01T02:00:00Zx",
        "2026-12-01T02:00:00.Z",
        "1969-12-31T23:59:59Z",
        "02026-12-01T02:00:00Z",
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        int64_t at;
        if (time_parse(&at, bad[i]))
            fail_msg("read as an instant: %s", bad[i]);
    }
}

static void reads_durations(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
        const char *again;
    } rows[] = {
        {"0s", 0, "0s"},
        {"90s", 90000, "1m30s"},
        {"10m", 600000, "10m"},
        {"2h", 7200000, "2h"},
        {"1h30m", 5400000, "1h30m"},
        {"1h0m5s", 3605000, "1h5s"},
        {"10000h", 36000000000, "10000h"},
    };
    static const char *const bad[] = {"",    "10",   "m",    "10 m",   "1.5h", "-1m",
                                      "10M", "1m1h", "1h1h", "10001h", "1d",   "1:30:00"};
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t ms;
        char text[TIME_TEXT_SIZE];
        assert_true(duration_parse(&ms, rows[i].text));
        assert_int_equal(ms, rows[i].ms);
        assert_string_equal(duration_format(text, ms), rows[i].again);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        int64_t ms;
        if (duration_parse(&ms, bad[i]))
            fail_msg("read as a duration: %s", bad[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats_as_the_c_library),
        cmocka_unit_test(reads_offsets_and_fractions),
        cmocka_unit_test(refuses_what_is_no_instant),
        cmocka_unit_test(reads_durations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
