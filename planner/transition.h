/*
 * The transition protocol's decision, pure: what to do about one mutation, given what was recorded,
 * what is wanted and what live holds (DESIGN, section 5).
 *
 *   live equals after                      -> done (already as wanted, or a lost answer)
 *   live equals before                     -> send
 *   neither                                -> drift
 *
 * ELBv2 and ECS have no compare-and-swap: between this read and the request somebody else can still
 * write. The executor keeps that gap to one request and reads back; it cannot close it.
 */
#ifndef PLANNER_TRANSITION_H
#define PLANNER_TRANSITION_H

#include "planner/plan.h"

enum transition { TRANSITION_DONE, TRANSITION_SEND, TRANSITION_DRIFT };

/* A scale is done when live has at least `after` (it never scales down), but for the inverse's
 * restoring scale[target], which wants exactly it. An inverse shift sends from any live weights
 * among the groups that origin or subject know: `moved` then says that they were not as recorded.
 */
enum transition transition_of(const struct plan *plan, const struct action *action,
                              const struct snapshot *live, bool *moved);

/* "recorded: source 1, target 0; live: source 0, target 1; wanted: ..." */
const char *transition_explain(struct arena *arena, const struct plan *plan,
                               const struct action *action, const struct snapshot *live);

#endif
