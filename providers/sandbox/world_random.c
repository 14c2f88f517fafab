#include "providers/sandbox/world_random.h"

#include <math.h>

/* Above this a normal distribution stands in: the loops below would be long. */
enum { LOOP_MAX = 64 };

/* Steele, Lea and Flood's SplitMix64. */
uint64_t random_next(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint64_t random_hash(uint64_t seed, uint64_t key)
{
    uint64_t state = seed ^ (key * 0xd6e8feb86659fd93u);
    return random_next(&state);
}

double random_unit(uint64_t *state)
{
    return (double)(random_next(state) >> 11) / 9007199254740992.0; /* 2^53 */
}

int64_t random_between(uint64_t *state, int64_t low, int64_t high)
{
    return high > low ? low + (int64_t)(random_unit(state) * (double)(high - low)) : low;
}

double random_gauss(uint64_t *state)
{
    const double two_pi = 6.283185307179586;
    double u = 1.0 - random_unit(state), v = random_unit(state);
    return sqrt(-2.0 * log(u)) * cos(two_pi * v);
}

/* A count from a bell curve, kept within [0, most]. */
static int64_t bell(uint64_t *state, double mean, double deviation, double most)
{
    double n = floor(mean + deviation * random_gauss(state) + 0.5);
    if (n < 0)
        return 0;
    return (int64_t)(n > most ? most : n);
}

int64_t random_poisson(uint64_t *state, double mean)
{
    if (mean <= 0)
        return 0;
    if (mean > LOOP_MAX)
        return bell(state, mean, sqrt(mean), 1e12);
    double limit = exp(-mean), product = random_unit(state);
    int64_t n = 0;
    for (; product > limit; n++)
        product *= random_unit(state);
    return n;
}

int64_t random_binomial(uint64_t *state, int64_t n, double p)
{
    if (n <= 0 || p <= 0)
        return 0;
    if (p >= 1)
        return n;
    if (n > LOOP_MAX && (double)n * p > 16 && (double)n * (1 - p) > 16)
        return bell(state, (double)n * p, sqrt((double)n * p * (1 - p)), (double)n);
    int64_t hits = 0;
    for (int64_t i = 0; i < n; i++)
        hits += random_unit(state) < p;
    return hits;
}
