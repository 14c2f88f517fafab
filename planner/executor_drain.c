#include <string.h>

#include "planner/base/text.h"
#include "planner/base/time.h"
#include "planner/drain.h"
#include "planner/executor_parts.h"

static struct record *open_record(struct execution *x, const struct action *action)
{
    struct record *record = state_find_record(x->state, x->plan->direction, action->address);
    return record ? record : state_begin_record(x->state, action, wall_now(x));
}

static const char *describe(struct execution *x, const struct action *action,
                            const struct drain *drain)
{
    text_cut(&x->seen, 0);
    drain_describe(&x->seen, drain, action->duration_ms);
    return text_cstr(&x->seen);
}

/* Warns of the likely causes, line by line. False: live could not be read. */
static bool diagnose(struct execution *x, const struct action *action)
{
    struct error err;
    struct text causes = {0};
    if (!try_observe(x, FACT_LISTENERS | FACT_RULES | FACT_LB_ATTRIBUTES | FACT_METRICS, &err)) {
        tell_warning(x, action, "why could not be found out", &err);
        return false;
    }
    drain_diagnose(&causes, &x->texts, &x->live, action->arm);
    char *rest, *line = causes.len ? strtok_r(causes.data, "\n", &rest) : NULL;
    for (; line; line = strtok_r(NULL, "\n", &rest))
        tell_warning(x, action, line, NULL);
    text_clear(&causes);
    return true;
}

static bool end_unproven(struct execution *x, const struct action *action, const char *seen)
{
    char text[TIME_TEXT_SIZE];
    const char *moved = NULL;
    if (diagnose(x, action) && x->plan->direction == FORWARD)
        moved = moved_listener(x, action);
    if (moved)
        return end_drifted(x, action, "%s is unproven, and live has drifted: %s", action->address,
                           moved);
    return end_run(x, RUN_TIMED_OUT, "%s: drain unproven after %s: %s", action->address,
                   duration_format(text, action->timeout_ms), seen);
}

/* Until it is proven, which *seen then says. The time-out is each run's own: while the tool was
 * stopped nobody looked, and who applies again grants the time anew. */
static bool watch(struct execution *x, const struct action *action, int64_t since,
                  const char **seen)
{
    int64_t started = monotonic_now(x);
    bool warned = false;
    *seen = "no metrics yet";
    for (;;) {
        struct drain drain;
        /* Minutes that were not read again since they settled prove nothing. */
        if (sample(x, action, &warned)) {
            drain_judge(&drain, &x->state->samples, action->arm, since, action->duration_ms,
                        wall_now(x));
            *seen = describe(x, action, &drain);
            if (drain.verdict == DRAIN_PROVEN)
                return true;
        }
        if (x->executor->journal->broken && x->plan->direction == FORWARD)
            return fail_run(x, &x->executor->journal->why);
        int64_t elapsed = monotonic_now(x) - started;
        if (action->timeout_ms && elapsed >= action->timeout_ms)
            return end_unproven(x, action, *seen);
        tell(x, (struct event){EVENT_WAITING, .action = action, .text = *seen,
                               .elapsed_ms = elapsed, .of_ms = action->timeout_ms});
        if (!wait_for_minute(x, NULL))
            return false;
    }
}

bool run_drain(struct execution *x, const struct action *action)
{
    if (!x->held_to_record && !hold_to_record(x, action))
        return false;
    struct record *record = open_record(x, action);
    int64_t shifted_at = last_shift_at(x);
    /* The shift's own minute had both routings. */
    int64_t since = minute_floor(shifted_at ? shifted_at : record->started_at) + MINUTE_MS;
    const char *seen;
    if (!make_durable(x) || !watch(x, action, since, &seen))
        return false;
    return finish_action(x, action, record, seen);
}
