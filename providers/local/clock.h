/*
 * The clock port over the machine's clocks: wall is CLOCK_REALTIME, monotonic CLOCK_MONOTONIC.
 *
 * CLOCK_BOOTTIME, which goes on while the machine sleeps, was considered for the time-outs and is
 * not used: a time-out bounds how long the tool has looked on in vain, and asleep it does not look.
 * A laptop that wakes up looks again before it gives up. What must follow the world (holds,
 * windows) is on wall time anyway. For the same reason a wait may end late by the time asleep;
 * who waits for a wall instant waits in slices.
 *
 * Scaled, "SPEED@EPOCH" (SWITCHOVER_CLOCK, printed by the sandbox): wall time runs SPEED times as
 * fast since EPOCH, monotonic time too, and waits are shorter by that much. Whoever wires it up
 * must refuse it unless every endpoint is loopback (DESIGN, section 5).
 */
#ifndef PROVIDERS_LOCAL_CLOCK_H
#define PROVIDERS_LOCAL_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "planner/base/error.h"
#include "planner/clock.h"

struct local_clock_scale {
    int64_t speed;    /* 1 to 10,000 */
    int64_t epoch_at; /* where scaled and real wall time are the same */
};

/*
 * Reads "60@1764554400" or "60@1764554400.125": a whole SPEED, EPOCH in seconds since 1970 with at
 * most three decimals. ERROR_USAGE. An EPOCH more than a year from `real_now` is refused: it is
 * left over from a sandbox of another day, or a slip.
 */
must_use bool local_clock_scale_parse(struct local_clock_scale *out, const char *s,
                                      int64_t real_now, struct error *err);

struct local_clock {
    struct local_clock_scale scale;
    bool (*interrupted)(void *);
    void *interrupted_self;
    int wake_fd;
    int poke_fd; /* -1: none */
};

/*
 * Readies `clock` and the port over it, which borrows it. `scale` may be NULL: real time.
 * `interrupted` (NULL: never) says whether somebody asked to stop; once true it must stay true.
 * `wake_fd` becomes readable when it turns true (a pipe that a signal handler writes to and nobody
 * drains) and ends a wait at once; with -1 a wait notices within 250 ms.
 */
void local_clock_init(struct local_clock *clock, struct clock *port,
                      const struct local_clock_scale *scale, bool (*interrupted)(void *),
                      void *interrupted_self, int wake_fd);

/* From now on a wait ends early, as CLOCK_WOKEN, when this descriptor is readable: whoever it tells
 * of something must read it. -1: none, as at first. */
void local_clock_heed(struct local_clock *clock, int poke_fd);

/* Milliseconds that are never scaled. Wall time: for signatures, what AWS says, and EPOCH. */
int64_t local_clock_real_now(void);
/* Monotonic time: for how long something outside takes. */
int64_t local_clock_monotonic_now(void);

#endif
