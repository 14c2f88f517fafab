/*
 * Traffic from a seed, for the gates' simulations: requests arrive as a Poisson process, each goes
 * to the target with the weight's probability and fails with its group's. Such a process thinned
 * stays one, so that good and bad requests of both groups are four independent Poisson counts: what
 * binomial draws from the requests would give.
 */
#ifndef TESTS_PLANNER_GATE_WORLD_H
#define TESTS_PLANNER_GATE_WORLD_H

#include <stdint.h>

#include "planner/subject.h"

struct generator {
    uint64_t state;
};

double generator_uniform(struct generator *g); /* [0, 1) */
int64_t generator_poisson(struct generator *g, double mean);

enum world_bursts {
    BURSTS_NONE,
    BURSTS_BOTH,   /* in one minute of ten both groups' rates are thirty times as high */
    BURSTS_TARGET, /* in one minute of ten the target's is, and the source's is not */
    BURSTS_RARE,   /* the same in one minute of fifty: one in a cutover of fifty minutes */
    WORLD_BURSTS_COUNT
};

struct gate_world {
    double requests_per_second;
    double rate;  /* of the source's errors */
    double ratio; /* of the target's to the source's */
    enum world_bursts bursts;
};

struct world_counts {
    int64_t requests[ARM_COUNT], errors[ARM_COUNT];
};

/* A minute with this share of the requests on the target. */
void gate_world_minute(struct world_counts *out, const struct gate_world *world,
                       struct generator *g, double share);

#endif
