/*
 * The transition protocol's decision, pure: what to do about one mutation, given what was recorded,
 * what is wanted and what live holds (DESIGN, section 5).
 *
 *   live equals after                      -> done (already as wanted, or a lost answer)
 *   live equals before                     -> send
 *   neither                                -> drift
 *
 * By kind and direction:
 *
 *   forward scale          done at `after` or more (it never scales down)
 *   inverse scale[source]  the same, and sent from any lower count: more capacity is never wrong
 *   inverse scale[target]  restores: done at exactly `after`
 *   forward shift          done, sent and read back by routing_as_recorded: the list replaces
 *                          everything, so everything must be what it was made from
 *   inverse shift          done when routing_identical: it goes back byte for byte; sent from any
 *                          weights among the groups that origin or subject know
 *
 * ELBv2 and ECS have no compare-and-swap: between this read and the request somebody else can still
 * write. The executor reads anew in each action of a forward run, keeps that gap to the intent's
 * write and one request, and reads back; it cannot close it.
 */
#ifndef PLANNER_TRANSITION_H
#define PLANNER_TRANSITION_H

#include "planner/plan.h"

enum transition { TRANSITION_DONE, TRANSITION_SEND, TRANSITION_DRIFT };

/* `moved`: it is to be sent although live was not as recorded (inverse only). Needs FACT_SERVICES
 * for a scale, FACT_LISTENERS for a shift. */
enum transition transition_of(const struct plan *plan, const struct action *action,
                              const struct snapshot *live, bool *moved);

/* The one scale that may go down: the fallback's way back to the target's recorded count. */
bool transition_restores(const struct plan *plan, const struct action *action);

/* Whether live holds what was sent: what the read-back waits for. An inverse shift agrees when
 * routing_equal, since AWS may return the origin in its own shape. */
bool transition_agrees(const struct plan *plan, const struct action *action,
                       const struct snapshot *live);

/* "recorded: source 1, target 0; live: source 0, target 1; wanted: ..." */
const char *transition_explain(struct arena *arena, const struct plan *plan,
                               const struct action *action, const struct snapshot *live);
const char *transition_explain_count(struct arena *arena, int64_t recorded,
                                     const struct service_snapshot *live, int64_t wanted);
const char *transition_explain_routing(struct arena *arena, const struct plan *plan,
                                       const struct routing *recorded, const struct snapshot *live,
                                       const struct routing *wanted);

#endif
