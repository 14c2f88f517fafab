#include <string.h>

#include "planner/base/text.h"
#include "planner/base/time.h"
#include "planner/drain.h"
#include "planner/executor_parts.h"

/* Warns of the likely causes, line by line. False: live could not be read. */
static bool diagnose(struct execution *x, const struct vigil *v)
{
    const struct action *action = v->action;
    struct error err;
    struct text causes = {0};
    if (!try_observe(x, FACT_LISTENERS | FACT_RULES | FACT_LB_ATTRIBUTES | FACT_METRICS, &err)) {
        tell_warning(x, action, "why could not be found out", &err);
        return false;
    }
    int64_t shifted_at = last_shift_at(x);
    drain_diagnose(&causes, &x->texts, &x->live, &x->state->samples, action->arm,
                   shifted_at ? shifted_at : v->started_at);
    char *rest, *line = causes.len ? strtok_r(causes.data, "\n", &rest) : NULL;
    for (; line; line = strtok_r(NULL, "\n", &rest))
        tell_warning(x, action, line, NULL);
    text_clear(&causes);
    return true;
}

static bool end_unproven(struct execution *x, const struct vigil *v)
{
    const struct action *action = v->action;
    char text[TIME_TEXT_SIZE];
    const char *moved = NULL;
    int64_t took = v->cut_short ? monotonic_now(x) - v->began : action->timeout_ms;
    if (diagnose(x, v) && x->plan->direction == FORWARD)
        moved = moved_listener(x, action);
    if (moved)
        return end_drifted(x, action, "%s is unproven, and live has drifted: %s", action->address,
                           moved);
    return end_unsure(x, v->cut_short ? RUN_INTERRUPTED : RUN_TIMED_OUT,
                      "%s: %sdrain unproven after %s%s: %s", action->address,
                      x->plan->direction == FORWARD ? "switched, " : "",
                      duration_format(text, took / SECOND_MS * SECOND_MS),
                      v->cut_short ? ", ended by somebody at the terminal" : "", v->text);
}

/* Until it is proven. The time-out is each run's own: while the tool was stopped nobody looked, and
 * who applies again grants the time anew. */
static bool watch(struct execution *x, struct vigil *v)
{
    const struct action *action = v->action;
    for (;;) {
        if (!vigil_look(x, v, v->cut_short))
            return false;
        if (v->measured && v->has_drain && v->drain.verdict == DRAIN_PROVEN)
            return vigil_hear_out(x, v);
        bool over = action->timeout_ms && monotonic_now(x) - v->began >= action->timeout_ms;
        if (over || v->cut_short)
            return end_unproven(x, v);
        if (!vigil_wait(x, v))
            return false;
    }
}

bool run_drain(struct execution *x, const struct action *action)
{
    if (!x->held_to_record && !hold_to_record(x, action))
        return false;
    struct record *record = vigil_record(x, action, wall_now(x));
    int64_t shifted_at = last_shift_at(x);
    struct vigil v;
    vigil_begin(&v, x, action);
    v.started_at = record->started_at;
    /* The shift's own minute had both routings. */
    v.quiet_since = minute_floor(shifted_at ? shifted_at : record->started_at) + MINUTE_MS;
    return make_durable(x) && watch(x, &v) && finish_action(x, action, record, v.text);
}
