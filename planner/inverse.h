/*
 * The fallback: a plan and its origin -> an ordinary plan that takes the traffic back (runbook,
 * "Fallback"). It always aims at the origin. Actions, in order:
 *
 *   scale[source]  up to its recorded count, only if it is lower by then, or if none of its
 *                  targets serves yet and some are on their way; wait until healthy
 *   shift[origin]  the origin's default action, byte for byte
 *   drain[target]  zero requests on the target group (left out where quiet_for is 0s)
 *   scale[target]  back to its recorded count: only with revert.restore_counts, only after the
 *                  drain is proven (or 5 minutes after read-back), only if no listener or rule
 *                  gives its group weight, only if the count is still the one this cutover set
 */
#ifndef PLANNER_INVERSE_H
#define PLANNER_INVERSE_H

#include "planner/plan.h"

/* Makes forward->inverse from forward->origin and the forward plan's own `after` values. */
void inverse_attach(struct plan *forward);

/*
 * The inverse as it will run now, with standings: from a forward plan (a state's, or a saved one)
 * and live. Actions that live already satisfies are left out. `traffic_only` keeps only the shift.
 * `live` may be NULL (revert --now): then nothing is left out and nothing is judged.
 */
void inverse_make(struct plan *out, const struct plan *forward, const struct origin *origin,
                  const struct snapshot *live, const struct state *state, bool traffic_only,
                  const struct surroundings *around);

/* What a fallback cannot take back, as two sentences for people: writes that the target served
 * since the first shift are not on the source (`target_requests` is the upper bound, -1 not known),
 * and a replayer that is behind can overwrite newer writes. */
const char *inverse_data_boundary(struct arena *arena, int64_t target_requests);

#endif
