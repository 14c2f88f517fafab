/*
 * The clock port. Holds and windows use wall time, time-outs the monotonic clock (DESIGN,
 * section 5); both may be scaled together, and tests bring their own.
 *
 * A wall clock may be set. Forward, while the machine slept or was behind, it ends a hold as a stop
 * of that length would; back, it prolongs no wait. Both are warned of. A time-out is each run's
 * own: the time between two runs counts for none.
 */
#ifndef PLANNER_CLOCK_H
#define PLANNER_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

enum clock_wake {
    CLOCK_DONE,        /* the time has passed */
    CLOCK_INTERRUPTED, /* somebody asked to stop: at once, and again on every later wait */
    CLOCK_WOKEN,       /* earlier than asked: the operator wants something (wish.h) */
};

struct clock {
    void *self;
    int64_t (*wall)(void *self);      /* milliseconds since 1970 */
    int64_t (*monotonic)(void *self); /* milliseconds since some instant */
    enum clock_wake (*wait)(void *self, int64_t ms);
    bool (*interrupted)(void *self);
};

#endif
