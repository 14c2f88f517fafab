/* The world's dice: one 64-bit state, the same numbers from the same seed on every machine. */
#ifndef PROVIDERS_SANDBOX_WORLD_RANDOM_H
#define PROVIDERS_SANDBOX_WORLD_RANDOM_H

#include <stdint.h>

uint64_t random_next(uint64_t *state);
double random_unit(uint64_t *state); /* [0, 1) */
int64_t random_between(uint64_t *state, int64_t low, int64_t high);
double random_gauss(uint64_t *state);
/* How many events happen where `mean` are expected; 0 expected is never one. */
int64_t random_poisson(uint64_t *state, double mean);
/* How many of n, each with probability p; p = 0 is none, p = 1 all. */
int64_t random_binomial(uint64_t *state, int64_t n, double p);
/* The number that belongs to a key: no state moves. */
uint64_t random_hash(uint64_t seed, uint64_t key);

#endif
