/* From a cutover at hand to a plan, either way. */
#ifndef CMD_PLANNING_H
#define CMD_PLANNING_H

#include "cmd/cutover.h"
#include "planner/executor.h"

/*
 * What to do, from a plan file: reads AWS and git. `out` must be cleared in either case.
 * *target_requests is what the target has served since the first shift, the bound of what a
 * fallback loses; -1 where nobody can say.
 */
must_use bool planning_forward(struct plan *out, int64_t *target_requests, struct cutover *cutover,
                               struct error *err);

/* Requests that the target served from the minute of `since` on; -1: a settled minute of them is
 * not known, so that nobody can give a bound. */
int64_t planning_target_requests(const struct series *series, int64_t since, int64_t now);

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

/* The fallback as it will run now. With --now nothing is read, and *target_requests is not known;
 * nor is it without `count_requests`: whoever is in a hurry does not wait for CloudWatch. What was
 * read goes into *reading, a zeroed one, which must be cleared in either case. */
must_use bool planning_inverse(struct plan *out, int64_t *target_requests, struct reading *reading,
                               struct cutover *cutover, const struct way_back *back,
                               bool count_requests, struct error *err);

/* Begins to open the connections that planning_inverse() and the run after it will use. */
void planning_inverse_ahead(struct cutover *cutover, bool count_requests);

#endif
