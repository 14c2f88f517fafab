#include "planner/base/time.h"
#include "planner/executor_parts.h"

enum {
    SLICE_MS = 2 * SECOND_MS,      /* how long a request to stop may go unheard */
    READ_AGAIN_MS = 6 * MINUTE_MS, /* of samples: what was not settled when it was read */
    READ_LATE_MINUTES = 60,        /* of samples: in which CloudWatch may have been late */
};

/* ---- waiting ---- */

bool is_wanted_to_stop(const struct execution *x)
{
    const struct clock *clock = x->executor->clock;
    struct store *store = x->executor->journal->store;
    return clock->interrupted(clock->self) || store->stop_requested(store->self);
}

/* Wanting the traffic back outlasts whatever else is wanted. */
void hear_wish(struct execution *x)
{
    const struct wishes *wishes = x->executor->wishes;
    enum wish wish = wishes ? wishes->take(wishes->self) : WISH_NONE;
    bool going_back = x->plan->direction == INVERSE;
    if (wish != WISH_NONE && x->wish != WISH_REVERT && !(wish == WISH_REVERT && going_back))
        x->wish = wish;
}

/* By this pass or, for all that is known, by whoever was there before it. */
static bool is_shifted(const struct execution *x)
{
    return state_first_shift_at(x->state) ||
           (x->out->live_read_at && !routing_equal(&x->routing, &x->state->origin.routing));
}

bool is_recalled(const struct execution *x)
{
    return x->wish == WISH_REVERT && is_shifted(x);
}

bool end_recalled(struct execution *x)
{
    x->out->falls_back = true;
    return end_run(x, RUN_RECALLED, "somebody at the terminal asked for the traffic back");
}

/* Not where somebody wants nothing more to be sent, or has the lock by now. */
void recall_all_the_same(struct execution *x)
{
    struct outcome *out = x->out;
    if (!is_recalled(x) || out->falls_back || out->end == RUN_INTERRUPTED ||
        out->error.kind == ERROR_LOCKED)
        return;
    const char *why = arena_strdup(&x->texts, out->why);
    out->error = (struct error){0};
    out->falls_back = true;
    end_run(x, RUN_RECALLED, "who sits at the terminal wants the traffic back; before that: %s",
            why);
}

static bool heed_wish(struct execution *x)
{
    hear_wish(x);
    if (is_recalled(x))
        return end_recalled(x);
    if (x->wish == WISH_REVERT || x->wish == WISH_STOP)
        return end_run(x, RUN_INTERRUPTED, "somebody at the terminal asked this run to stop");
    return true;
}

bool go_on(struct execution *x)
{
    const struct clock *clock = x->executor->clock;
    struct store *store = x->executor->journal->store;
    if (clock->interrupted(clock->self))
        return end_run(x, RUN_INTERRUPTED, "a signal asked this run to stop");
    if (store->stop_requested(store->self))
        return end_run(x, RUN_INTERRUPTED, "a revert asked this run to stop");
    return heed_wish(x);
}

/* Windows and holds follow the machine's clock, and metrics are asked for by it: who looks on must
 * know that it was set. */
static void notice_steps(struct execution *x)
{
    char text[TIME_TEXT_SIZE];
    int64_t ahead = wall_now(x) - monotonic_now(x), step = ahead - x->clock_ahead;
    x->clock_ahead = ahead;
    if (step >= MINUTE_MS)
        tell_warning(x, NULL,
                     arena_printf(&x->texts,
                                  "this machine's clock went forward by %s while it slept or was "
                                  "set: a hold counts that time as passed",
                                  duration_format(text, step)),
                     NULL);
    if (step <= -MINUTE_MS)
        tell_warning(x, NULL,
                     arena_printf(&x->texts,
                                  "this machine's clock was set back by %s: nothing is waited for "
                                  "any longer than it would have been",
                                  duration_format(text, -step)),
                     NULL);
}

bool wait_slice(struct execution *x, int64_t left_ms)
{
    const struct clock *clock = x->executor->clock;
    x->fresh = false;
    if (clock->wait(clock->self, left_ms < SLICE_MS ? left_ms : SLICE_MS) == CLOCK_INTERRUPTED)
        return end_run(x, RUN_INTERRUPTED, "a signal asked this run to stop");
    notice_steps(x);
    return go_on(x);
}

struct deadline deadline_at(const struct execution *x, int64_t wall)
{
    return (struct deadline){wall, monotonic_now(x) + wall - wall_now(x)};
}

int64_t deadline_left(const struct execution *x, const struct deadline *deadline)
{
    int64_t wall = deadline->wall - wall_now(x), monotonic = deadline->monotonic - monotonic_now(x);
    int64_t left = wall < monotonic ? wall : monotonic;
    return left > 0 ? left : 0;
}

bool wait_for(struct execution *x, int64_t ms)
{
    int64_t deadline = monotonic_now(x) + ms;
    for (int64_t now = monotonic_now(x); now < deadline; now = monotonic_now(x))
        if (!wait_slice(x, deadline - now))
            return false;
    return true;
}

/* ---- minutes ---- */

const struct record *last_shift(const struct execution *x)
{
    return state_last_shift(x->state, x->plan->direction);
}

int64_t last_shift_at(const struct execution *x)
{
    const struct record *shift = last_shift(x);
    return shift ? shift->ended_at : 0;
}

/* The first of the newest minutes that may say more by now than when it was read: it had not
 * settled, or CloudWatch is late with what a target with traffic has. */
static int64_t read_again_from(const struct series *samples)
{
    const struct column *source = samples->arms[ARM_SOURCE], *target = samples->arms[ARM_TARGET];
    size_t count = samples->minutes;
    int64_t again = series_minute_at(samples, count) - READ_AGAIN_MS, requests;
    for (size_t m = count > READ_LATE_MINUTES ? count - READ_LATE_MINUTES : 0; m < count; m++)
        if (!target[METRIC_REQUESTS].present[m] || !source[METRIC_HEALTHY].present[m] ||
            !series_count(samples, ARM_SOURCE, METRIC_REQUESTS, m, &requests))
            return series_minute_at(samples, m) < again ? series_minute_at(samples, m) : again;
    return again;
}

/* From the first minute that is missing or may say more by now. */
static int64_t sample_from(const struct execution *x, int64_t to)
{
    const struct series *samples = &x->state->samples;
    const int64_t most = (int64_t)SERIES_MINUTES_MAX * MINUTE_MS;
    int64_t first_shift_at = minute_floor(state_first_shift_at(x->state)), from = first_shift_at;
    if (first_shift_at > to) /* by a clock that was set back since */
        first_shift_at = 0;
    if (!first_shift_at)
        from = to - READ_AGAIN_MS;
    if (samples->minutes && (read_again_from(samples) > from || !first_shift_at))
        from = read_again_from(samples);
    if (from > to) /* so were they */
        from = to - READ_AGAIN_MS;
    return to - from > most ? to - most : from;
}

bool sample(struct execution *x, const struct action *action, bool *warned)
{
    const struct cloud *cloud = x->executor->cloud;
    int64_t now = wall_now(x), to = minute_floor(now), from = sample_from(x, to);
    struct arena arena = {0};
    struct series series;
    struct error err;
    if (from >= to)
        return true;
    bool measured =
        cloud->measure(cloud->self, &series, &arena, &x->plan->subject, from, to, true, &err);
    if (measured) {
        state_add_samples(x->state, &series);
        journal_write_soon(x->executor->journal, now);
    } else if (!*warned) {
        *warned = true;
        tell_warning(x, action, "the metrics cannot be read; this wait goes on", &err);
    }
    if (measured)
        err = (struct error){0};
    else
        error_context(&err, "the metrics cannot be read");
    x->metrics_unread = err;
    arena_clear(&arena);
    return measured;
}
