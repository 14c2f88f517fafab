#include "planner/base/text.h"
#include "planner/base/time.h"
#include "planner/executor_parts.h"

/* The hold begins when its shift was done, also where a crash lies in between. */
static struct record *open_record(struct execution *x, const struct action *action)
{
    struct record *record = state_find_record(x->state, x->plan->direction, action->address);
    if (record)
        return record;
    int64_t shifted_at = last_shift_at(x);
    return state_begin_record(x->state, action, shifted_at ? shifted_at : wall_now(x));
}

static void add_requests(struct text *out, const struct series *series, enum arm arm, size_t minute)
{
    int64_t requests;
    text_addf(out, "%s ", arm_name(arm));
    if (series_count(series, arm, METRIC_REQUESTS, minute, &requests))
        text_addf(out, "%lld/min", (long long)requests);
    else
        text_add(out, "not known");
}

/* "source 1180/min, target 131/min at 02:07", of the newest settled minute since the hold began */
static const char *describe_traffic(struct execution *x, int64_t since)
{
    const struct series *samples = &x->state->samples;
    int64_t now = wall_now(x);
    size_t minute = samples->minutes;
    while (minute > 0 && !series_settled(samples, minute - 1, now))
        minute--;
    if (!minute || series_minute_at(samples, minute - 1) < minute_floor(since))
        return "metrics not in yet";
    char buffer[TIME_TEXT_SIZE];
    struct text *text = &x->seen;
    text_cut(text, 0);
    add_requests(text, samples, ARM_SOURCE, minute - 1);
    text_add(text, ", ");
    add_requests(text, samples, ARM_TARGET, minute - 1);
    text_addf(text, " at %s", time_of_day(buffer, series_minute_at(samples, minute - 1)));
    return text_cstr(text);
}

/* `hold` has passed and its last whole minute is settled. */
static int64_t end_of_hold(int64_t started_at, const struct action *action)
{
    int64_t end = started_at + action->duration_ms;
    int64_t settled = minute_floor(end) + SERIES_SETTLED_AFTER_MS;
    return settled > end ? settled : end;
}

static bool watch(struct execution *x, const struct action *action, const struct record *record)
{
    /* A start that lies ahead was recorded by a clock that has been set back since. */
    int64_t now = wall_now(x), started_at = record->started_at < now ? record->started_at : now;
    int64_t end_at = end_of_hold(started_at, action), whole = end_at - started_at;
    struct deadline end = deadline_at(x, end_at);
    bool warned = false;
    for (;;) {
        sample(x, action, &warned);
        if (x->executor->journal->broken)
            return fail_run(x, &x->executor->journal->why);
        int64_t left = deadline_left(x, &end);
        if (!left)
            return true;
        tell(x, (struct event){EVENT_WAITING, .action = action,
                               .text = describe_traffic(x, started_at), .elapsed_ms = whole - left,
                               .of_ms = whole});
        if (!wait_for_minute(x, &end))
            return false;
    }
}

bool run_hold(struct execution *x, const struct action *action)
{
    if (!x->held_to_record && !hold_to_record(x, action))
        return false;
    struct record *record = open_record(x, action);
    if (!make_durable(x))
        return false;
    if (!x->told_of_gates)
        tell_warning(x, action, "no gate is judged in this version: holds only wait", NULL);
    x->told_of_gates = true;
    if (!watch(x, action, record))
        return false;
    return finish_action(x, action, record, describe_traffic(x, record->started_at));
}
