/* A clock that moves only when somebody waits on it, and can do something else meanwhile. */
#ifndef TESTS_STILL_CLOCK_H
#define TESTS_STILL_CLOCK_H

#include "planner/clock.h"

struct still_clock {
    struct clock port;
    int64_t wall_at;
    int64_t elapsed_ms; /* what monotonic() says */
    unsigned waits;
    bool stopped;                            /* what interrupted() says */
    void (*meanwhile)(struct still_clock *); /* called once a wait, before it ends; may be NULL */
    void *self;                              /* for `meanwhile` */
};

void still_clock_init(struct still_clock *clock, int64_t wall_at);

#endif
