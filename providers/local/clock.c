#include "providers/local/clock.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "planner/base/time.h"

enum { SPEED_MAX = 10000, SLICE_US = 250 * 1000, SECOND_US = 1000 * 1000 };
static const int64_t YEAR_MS = 366LL * 24 * HOUR_MS;

static int64_t now_us(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * SECOND_US + t.tv_nsec / 1000;
}

int64_t local_clock_real_now(void)
{
    return now_us(CLOCK_REALTIME) / 1000;
}

int64_t local_clock_monotonic_now(void)
{
    return now_us(CLOCK_MONOTONIC) / 1000;
}

/* Division that rounds down, also before the epoch: time must not stand still around it. */
static int64_t to_ms(int64_t us)
{
    return us / 1000 - (us % 1000 < 0);
}

static int64_t wall(void *self)
{
    const struct local_clock *clock = self;
    int64_t epoch_us = clock->scale.epoch_at * 1000;
    return clock->scale.epoch_at + to_ms((now_us(CLOCK_REALTIME) - epoch_us) * clock->scale.speed);
}

static int64_t monotonic(void *self)
{
    const struct local_clock *clock = self;
    return to_ms(now_us(CLOCK_MONOTONIC) * clock->scale.speed);
}

static bool interrupted(void *self)
{
    const struct local_clock *clock = self;
    return clock->interrupted && clock->interrupted(clock->interrupted_self);
}

/* Waits for the time or a descriptor. *wake_fd and *poke_fd become -1 where theirs is of no use any
 * more: it is broken, or (of the first) readable. True: poke_fd is readable. */
static bool doze(int *wake_fd, int *poke_fd, int64_t us)
{
    struct pollfd fds[] = {{.fd = *wake_fd, .events = POLLIN}, /* poll skips negative ones */
                           {.fd = *poke_fd, .events = POLLIN}};
    struct timespec t = {.tv_sec = us / SECOND_US, .tv_nsec = us % SECOND_US * 1000};
    if (ppoll(fds, 2, &t, NULL) <= 0)
        return false;
    if (fds[0].revents)
        *wake_fd = -1;
    bool poked = fds[1].revents & POLLIN;
    if (fds[1].revents && !poked)
        *poke_fd = -1;
    return poked;
}

static enum clock_wake wait_for(void *self, int64_t ms)
{
    const struct local_clock *clock = self;
    int wake_fd = clock->wake_fd, poke_fd = clock->poke_fd;
    if (ms > YEAR_MS)
        ms = YEAR_MS;
    int64_t real_us = (ms * 1000 + clock->scale.speed - 1) / clock->scale.speed;
    int64_t until = now_us(CLOCK_MONOTONIC) + real_us;

    for (;;) {
        if (interrupted(self))
            return CLOCK_INTERRUPTED;
        int64_t left = until - now_us(CLOCK_MONOTONIC);
        if (left <= 0)
            return CLOCK_DONE;
        if (wake_fd < 0 && left > SLICE_US)
            left = SLICE_US;
        if (doze(&wake_fd, &poke_fd, left) && !interrupted(self))
            return CLOCK_WOKEN;
    }
}

void local_clock_init(struct local_clock *clock, struct clock *port,
                      const struct local_clock_scale *scale, bool (*interrupted_by)(void *),
                      void *interrupted_self, int wake_fd)
{
    *clock = (struct local_clock){
        .scale = scale ? *scale : (struct local_clock_scale){.speed = 1},
        .interrupted = interrupted_by,
        .interrupted_self = interrupted_self,
        .wake_fd = wake_fd,
        .poke_fd = -1,
    };
    *port = (struct clock){
        .self = clock,
        .wall = wall,
        .monotonic = monotonic,
        .wait = wait_for,
        .interrupted = interrupted,
    };
}

void local_clock_heed(struct local_clock *clock, int poke_fd)
{
    clock->poke_fd = poke_fd;
}

/* ---- SPEED@EPOCH ---- */

/* Digits of at most `most`; leaves *s behind them. No digit, or more: false. */
static bool read_whole(int64_t *out, const char **s, int64_t most)
{
    const char *start = *s;
    int64_t value = 0;
    for (; **s >= '0' && **s <= '9'; ++*s) {
        value = value * 10 + (**s - '0');
        if (value > most)
            return false;
    }
    *out = value;
    return *s > start;
}

/* ".125" and the like, or nothing, in milliseconds. */
static bool read_decimals(int64_t *ms, const char **s)
{
    *ms = 0;
    if (**s != '.')
        return true;
    const char *start = ++*s;
    int64_t weight = 100;
    for (; **s >= '0' && **s <= '9' && weight; ++*s, weight /= 10)
        *ms += (**s - '0') * weight;
    return *s > start;
}

bool local_clock_scale_parse(struct local_clock_scale *out, const char *s, int64_t real_now,
                             struct error *err)
{
    const char *at = s;
    int64_t seconds, ms;

    if (!read_whole(&out->speed, &at, SPEED_MAX) || out->speed < 1 || *at++ != '@' ||
        !read_whole(&seconds, &at, INT64_MAX / SECOND_US) || !read_decimals(&ms, &at) || *at) {
        error_set(err, ERROR_USAGE,
                  "the clock \"%s\" is not SPEED@EPOCH, a whole speed from 1 to %d and seconds "
                  "since 1970",
                  s, SPEED_MAX);
        return error_hint(err, "use the line that `switchover sandbox` printed, or unset it");
    }
    out->epoch_at = seconds * SECOND_MS + ms;
    if (llabs(out->epoch_at - real_now) > YEAR_MS) {
        error_set(err, ERROR_USAGE, "the clock \"%s\" starts more than a year from now", s);
        return error_hint(err, "use the line that `switchover sandbox` printed, or unset it");
    }
    return true;
}
