#include "providers/checks/decimal.h"
#include "tests/unit.h"

static void numbers_are_jsons(void **state)
{
    static const char *const numbers[] = {"0",      "-0",   "1",    "10",
                                          "0.5",    "-0.5", "1e3",  "1E+3",
                                          "1.0E-7", "0e0",  "1.50", "9223372036854775808"};
    static const char *const others[] = {"",   "-",   "+1",       "01",  "-01",   "1.",
                                         ".5", "1e",  "1e+",      "0x1", " 1",    "1 ",
                                         "1a", "NaN", "Infinity", "1,0", "1.2.3", "--1"};
    (void)state;
    for (size_t i = 0; i < COUNT(numbers); i++)
        if (!decimal_is(numbers[i]))
            fail_msg("%s", numbers[i]);
    for (size_t i = 0; i < COUNT(others); i++)
        if (decimal_is(others[i]))
            fail_msg("\"%s\"", others[i]);
}

static void compares_exactly(void **state)
{
    static const struct {
        const char *a, *b;
        int order;
    } rows[] = {
        {"0", "0", 0},
        {"0", "-0", 0},
        {"0.000", "0e5", 0},
        {"1", "1.0", 0},
        {"1", "1.000", 0},
        {"10", "1e1", 0},
        {"1000", "0.001e6", 0},
        {"1200", "12e2", 0},
        {"0.1", "1e-1", 0},
        {"100.0e-2", "1", 0},
        {"1", "2", -1},
        {"9", "10", -1},
        {"99", "100", -1},
        {"0.09", "0.1", -1},
        {"0.1", "0.11", -1},
        {"-1", "0", -1},
        {"-1", "1", -1},
        {"-2", "-1", -1},
        {"-10", "-9", -1},
        {"-0.1", "-0.01", -1},
        {"-1.01", "-1", -1},
        {"0", "0.0000001", -1},
        {"1e-9", "0.1", -1},
        {"1e300", "1e301", -1},
        {"1e400", "2e400", -1},
        {"1e308", "1e309", -1},
        {"9007199254740992", "9007199254740993", -1}, /* 2^53 + 1: one double */
        {"9223372036854775807", "9223372036854775808", -1},
        {"9223372036854775807.5", "9223372036854775807.6", -1},
        {"0.3", "0.30000000000000004", -1},
        {"59999.999999999999999", "60000", -1},
        {"1e999999999999999999999", "1e-999999999999999999999", 1},
        {"10", "9.99", 1},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        if (decimal_compare(rows[i].a, rows[i].b) != rows[i].order ||
            decimal_compare(rows[i].b, rows[i].a) != -rows[i].order ||
            decimal_compare(rows[i].a, rows[i].a) != 0)
            fail_msg("%s, %s: %d", rows[i].a, rows[i].b, decimal_compare(rows[i].a, rows[i].b));
}

/* Against the machine's integers, written with a point and an exponent that come to the same. */
static void agrees_with_integers(void **state)
{
    static const int64_t values[] = {0,
                                     1,
                                     9,
                                     10,
                                     11,
                                     99,
                                     100,
                                     101,
                                     999,
                                     -1,
                                     -9,
                                     -10,
                                     -99,
                                     -100,
                                     1000,
                                     1000001,
                                     99999999,
                                     INT64_MAX,
                                     12,
                                     120,
                                     INT64_MAX - 1,
                                     INT64_MIN,
                                     INT64_MIN + 1};
    (void)state;
    for (size_t i = 0; i < COUNT(values); i++)
        for (size_t k = 0; k < COUNT(values); k++) {
            char a[32], b[32], c[40];
            int order = values[i] < values[k] ? -1 : values[i] > values[k];
            snprintf(a, sizeof a, "%lld", (long long)values[i]);
            snprintf(b, sizeof b, "%lld.00", (long long)values[k]);
            snprintf(c, sizeof c, "%lld000e-3", (long long)values[k]);
            if (values[k] == 0)
                strcpy(c, "0e-3");
            assert_int_equal(decimal_compare(a, b), order);
            assert_int_equal(decimal_compare(a, c), order);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_jsons),
        cmocka_unit_test(compares_exactly),
        cmocka_unit_test(agrees_with_integers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
