/*
 * Who writes a state now: what tells a run that goes on from one that died. For readers: the lock
 * is only looked at.
 */
#ifndef CMD_WRITER_H
#define CMD_WRITER_H

#include "planner/state.h"
#include "planner/store.h"

struct writer {
    const char *why_unknown; /* NULL: the lock could be looked at */
    bool held;
    struct lock_holder holder;
};

enum run_life {
    RUN_LIFE_OVER,    /* it wrote down how it ended, or there is none */
    RUN_LIFE_ON,      /* it runs */
    RUN_LIFE_DEAD,    /* it died without a word */
    RUN_LIFE_UNKNOWN, /* one of the two: the lock could not be looked at */
};

/* Texts live in `arena`. */
void writer_find(struct writer *out, struct arena *arena, const struct store *store);

/* Of the state's last run; `state` may be NULL. RUN_LIFE_DEAD only holds for a state that was read
 * again after the lock was looked at, and is the same: a run may have ended in between. */
enum run_life writer_life(const struct writer *writer, const struct state *state);

/* "ops@bastion (pid 123) since 2026-12-01T02:00:00Z, `apply prod.yaml`"; in `arena`. */
const char *writer_describe(struct arena *arena, const struct writer *writer);

#endif
