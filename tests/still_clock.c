#include "tests/still_clock.h"

static int64_t wall(void *self)
{
    const struct still_clock *clock = self;
    return clock->wall_at + clock->elapsed_ms;
}

static int64_t monotonic(void *self)
{
    const struct still_clock *clock = self;
    return clock->elapsed_ms;
}

static enum clock_wake wait_for(void *self, int64_t ms)
{
    struct still_clock *clock = self;
    if (clock->stopped)
        return CLOCK_INTERRUPTED;
    clock->waits++;
    clock->elapsed_ms += ms;
    if (clock->meanwhile)
        clock->meanwhile(clock);
    return clock->stopped ? CLOCK_INTERRUPTED : CLOCK_DONE;
}

static bool interrupted(void *self)
{
    const struct still_clock *clock = self;
    return clock->stopped;
}

void still_clock_init(struct still_clock *clock, int64_t wall_at)
{
    *clock = (struct still_clock){
        .port = {clock, wall, monotonic, wait_for, interrupted},
        .wall_at = wall_at,
    };
}
