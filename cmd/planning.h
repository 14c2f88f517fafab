/* From a cutover at hand to a plan, either way. */
#ifndef CMD_PLANNING_H
#define CMD_PLANNING_H

#include "cmd/cutover.h"

/* What to do, from a plan file: reads AWS and git. `out` must be cleared in either case. */
must_use bool planning_forward(struct plan *out, struct cutover *cutover, struct error *err);

/* What a fallback goes back from and to. */
struct way_back {
    const struct plan *forward;
    const struct origin *origin;
    const struct state *state; /* NULL: none; the saved plan stands alone */
};

/*
 * A plan file means its state, a state means itself, a saved plan the state when it is of the same
 * cutover, else itself. ERROR_INPUT where a plan file has no state, saying how to go on. Borrowed
 * from the cutover.
 */
must_use bool planning_way_back(struct way_back *out, struct cutover *cutover, struct error *err);

/* The fallback as it will run now. With --now nothing is read. */
must_use bool planning_inverse(struct plan *out, struct cutover *cutover,
                               const struct way_back *back, struct error *err);

/* What the target has served since this cutover's first shift, as far as the state has measured it:
 * -1 where it has not. `state` may be NULL. */
int64_t planning_target_requests(const struct state *state);

#endif
