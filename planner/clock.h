/*
 * The clock port. Holds and windows use wall time, time-outs the monotonic clock (DESIGN,
 * section 5); both may be scaled together, and tests bring their own.
 */
#ifndef PLANNER_CLOCK_H
#define PLANNER_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

enum clock_wake {
    CLOCK_DONE,        /* the time has passed */
    CLOCK_INTERRUPTED, /* somebody asked to stop: at once, and again on every later wait */
};

struct clock {
    void *self;
    int64_t (*wall)(void *self);      /* milliseconds since 1970 */
    int64_t (*monotonic)(void *self); /* milliseconds since some instant */
    enum clock_wake (*wait)(void *self, int64_t ms);
    bool (*interrupted)(void *self);
};

#endif
