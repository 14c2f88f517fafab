/* What holds of every plan that was made or read, whatever it was made of. */
#ifndef TESTS_FUZZ_PLANS_H
#define TESTS_FUZZ_PLANS_H

#include "planner/plan.h"
#include "planner/state.h"
#include "tests/planner/fixture.h"

/* A whole deployment with traffic on the source; made once. */
const struct fixture *plans_fixture(void);

/* Its words and times are sane; its way back can be made with and without live, for all of it and
 * for the traffic alone, and its routings can be handed to AWS's CLI. `state` may be NULL. */
void plans_check(const struct plan *plan, const struct state *state);

/* Its saved form is read again and written to the same bytes. */
void plans_check_saved(struct plan *plan);

#endif
