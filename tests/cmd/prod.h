/* A healthy deployment of stage "prod", made by hand: what views are shown with. */
#ifndef TESTS_CMD_PROD_H
#define TESTS_CMD_PROD_H

#include "planner/plan.h"
#include "planner/snapshot.h"
#include "planner/state.h"

#define PROD_NOW INT64_C(1796090400000) /* 2026-12-01T02:00:00Z */

/* Source 2 of 2, target 0, "S1 T0", 20 requests a minute for an hour, 9201 on the source. */
void prod_snapshot(struct snapshot *out);
/* So many healthy targets; desired and running the same. */
void prod_target(struct snapshot *live, int64_t count);
/* Requests a minute on the source; -1: CloudWatch has no data of either group. */
void prod_rate(struct snapshot *live, int64_t requests);
void prod_routing(struct snapshot *live, const char *words); /* of tests/planner/make.h */

/* Reads it; an error fails the test. */
void prod_planfile(struct planfile *out, const char *yaml);

/* A plan of that file on that snapshot, its file committed by somebody. */
void prod_plan(struct plan *out, const char *yaml, const struct snapshot *live,
               const struct state *state);

#endif
