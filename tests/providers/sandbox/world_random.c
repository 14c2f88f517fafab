/* The world's dice: the same on every machine, and of the shapes that their names promise. */
#include "tests/unit.h"

#include <math.h>

#include "providers/sandbox/world_random.h"

static void gives_splitmix64(void **state)
{
    (void)state;
    /* Published with the algorithm: seed 1234567. */
    static const uint64_t expected[] = {6457827717110365317u, 3203168211198807973u,
                                        9817491932198370423u, 4593380528125082431u,
                                        16408922859458223821u};
    uint64_t random = 1234567;
    for (size_t i = 0; i < COUNT(expected); i++)
        assert_true(random_next(&random) == expected[i]);
}

static void keeps_within_bounds(void **state)
{
    (void)state;
    uint64_t random = 7;
    for (int i = 0; i < 10000; i++) {
        double unit = random_unit(&random);
        int64_t between = random_between(&random, -3, 4);
        assert_true(unit >= 0 && unit < 1);
        assert_true(between >= -3 && between < 4);
    }
    assert_int_equal(random_between(&random, 5, 5), 5);
}

static void never_happens_and_always_happens(void **state)
{
    (void)state;
    uint64_t random = 7;
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(random_poisson(&random, 0), 0);
        assert_int_equal(random_binomial(&random, 50, 0), 0);
        assert_int_equal(random_binomial(&random, 50, 1), 50);
        assert_int_equal(random_binomial(&random, 5000, 1), 5000);
        assert_int_equal(random_binomial(&random, 0, 0.5), 0);
    }
}

static void have_their_means_and_spreads(void **state)
{
    (void)state;
    static const double means[] = {0.5, 20, 63, 65, 5000}; /* on both sides of the bell */
    enum { N = 20000 };
    uint64_t random = 7;
    for (size_t m = 0; m < COUNT(means); m++) {
        double sum = 0, squares = 0, hits = 0;
        for (int i = 0; i < N; i++) {
            double n = (double)random_poisson(&random, means[m]);
            sum += n;
            squares += n * n;
            hits += (double)random_binomial(&random, (int64_t)(means[m] * 4), 0.25);
        }
        double mean = sum / N, variance = squares / N - mean * mean;
        assert_true(fabs(mean / means[m] - 1) < 0.03);
        assert_true(fabs(variance / means[m] - 1) < 0.06);
        assert_true(fabs(hits / N / means[m] - 1) < 0.03);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_splitmix64),
        cmocka_unit_test(keeps_within_bounds),
        cmocka_unit_test(never_happens_and_always_happens),
        cmocka_unit_test(have_their_means_and_spreads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
