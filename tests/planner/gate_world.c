#include "tests/planner/gate_world.h"

#include <math.h>
#include <stdbool.h>

#define BURST_TIMES 30.0

/* SplitMix64 (G. Steele, D. Lea, C. Flood, OOPSLA 2014). */
static uint64_t next(struct generator *g)
{
    uint64_t z = g->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

double generator_uniform(struct generator *g)
{
    return (double)(next(g) >> 11) * 0x1p-53;
}

/* Inversion, term by term. */
static int64_t poisson_small(struct generator *g, double mean)
{
    double u = generator_uniform(g), term = exp(-mean);
    int64_t k = 0;
    for (; u > term && k < 200; k++) {
        u -= term;
        term *= mean / (double)(k + 1);
    }
    return k;
}

/* Transformed rejection with squeeze (W. Hormann, Insurance: Mathematics and Economics 12, 1993),
 * algorithm PTRS. */
static int64_t poisson_large(struct generator *g, double mean)
{
    double root = sqrt(mean), b = 0.931 + 2.53 * root, a = -0.059 + 0.02483 * b;
    double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4), v_r = 0.9277 - 3.6224 / (b - 2);
    for (;;) {
        double u = generator_uniform(g) - 0.5, v = generator_uniform(g);
        double us = 0.5 - fabs(u), k = floor((2 * a / us + b) * u + mean + 0.43);
        if (us >= 0.07 && v <= v_r)
            return (int64_t)k;
        if (k < 0 || (us < 0.013 && v > us))
            continue;
        if (log(v) + log(inverse_alpha) - log(a / (us * us) + b) <=
            -mean + k * log(mean) - lgamma(k + 1))
            return (int64_t)k;
    }
}

int64_t generator_poisson(struct generator *g, double mean)
{
    if (mean <= 0)
        return 0;
    return mean < 10 ? poisson_small(g, mean) : poisson_large(g, mean);
}

static const double chances[WORLD_BURSTS_COUNT] = {0, 0.1, 0.1, 0.02};

void gate_world_minute(struct world_counts *out, const struct gate_world *world,
                       struct generator *g, double share)
{
    double requests = 60 * world->requests_per_second;
    bool bursts = generator_uniform(g) < chances[world->bursts];
    double times[ARM_COUNT] = {
        [ARM_SOURCE] = bursts && world->bursts == BURSTS_BOTH ? BURST_TIMES : 1,
        [ARM_TARGET] = bursts ? BURST_TIMES : 1,
    };
    for (enum arm arm = 0; arm < ARM_COUNT; arm++) {
        double n = requests * (arm == ARM_TARGET ? share : 1 - share);
        double rate = world->rate * times[arm] * (arm == ARM_TARGET ? world->ratio : 1);
        rate = rate < 1 ? rate : 1;
        out->errors[arm] = generator_poisson(g, n * rate);
        out->requests[arm] = out->errors[arm] + generator_poisson(g, n * (1 - rate));
    }
}
