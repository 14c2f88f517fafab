/*
 * States as they were stored, each read once. What is played from its beginning again and again
 * stores the same bytes again and again, and to read them as strictly as the tool does takes longer
 * than the run that wrote them. For one thread.
 */
#ifndef TESTS_SIM_SHELF_H
#define TESTS_SIM_SHELF_H

#include "planner/state.h"

/* What state_read() makes of the bytes; NULL: they cannot be read. To be given back. */
const struct state *shelf_take(const struct text *bytes, struct error *err);
void shelf_give_back(const struct state *state); /* may be NULL */

#endif
