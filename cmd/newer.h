/*
 * A state that was put aside in its own cutover: a copy near it, of the same lineage, with a higher
 * serial. One comes of a disk that failed (errored.state.json) and that nobody put in its place, or
 * of an older state that somebody put over a newer one (PATH.backup is left of that).
 *
 * Nothing goes forward from the older one: what the newer one records would be done again, or taken
 * for somebody else's. The way back is the same in both, so a fallback rests on the newer.
 */
#ifndef CMD_NEWER_H
#define CMD_NEWER_H

#include "planner/state.h"
#include "planner/store.h"

struct newer {
    struct state *state; /* owned; NULL: the one in the store is the newest */
    struct text where;
};

/* Looks for the newest one. */
void newer_find(struct newer *out, const struct store *store, const struct state *than);
void newer_clear(struct newer *newer);

/* False, with what to do, where there is one. `location` is that of the older state. */
must_use bool newer_refuse(const struct newer *newer, const struct state *older,
                           const char *location, struct error *err);

#endif
