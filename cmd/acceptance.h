/*
 * Failures of gates that the operator has to decide about: apply --accept GATE --because TEXT. A
 * gate that failed with the traffic still on the target lets nothing go forward until somebody has
 * said why it may (DESIGN, sections 5 and 9).
 */
#ifndef CMD_ACCEPTANCE_H
#define CMD_ACCEPTANCE_H

#include "cmd/args.h"
#include "planner/state.h"

/* ERROR_USAGE: one option without the other, a gate that there is not, a reason that is none. */
must_use bool acceptance_check_options(const struct args *args, struct error *err);

/* Whether these options fit the state, which may be NULL: ERROR_INPUT where --accept names no
 * failure that waits for it, saying which one does. True without --accept. */
must_use bool acceptance_check(const struct args *args, const struct state *state,
                               struct error *err);

/* Records it in the state, in memory: who, when, why. Does nothing without --accept. The failure
 * must be there (acceptance_check). */
must_use bool acceptance_record(const struct args *args, struct state *state, int64_t now,
                                struct error *err);

#endif
