#include "planner/base/time.h"
#include "planner/executor_parts.h"
#include "planner/precondition.h"

static const char *describe_baseline(struct execution *x, const struct series *series)
{
    size_t known;
    int64_t sum = series_sum(series, ARM_SOURCE, METRIC_REQUESTS, 0, series->minutes, &known);
    if (!known)
        return "no minute is known";
    return arena_printf(&x->texts, "%lld requests in %zu of %zu minutes", (long long)sum, known,
                        series->minutes);
}

static bool measure(struct execution *x, const struct action *action)
{
    const struct cloud *cloud = x->executor->cloud;
    int64_t to = minute_floor(wall_now(x) - SERIES_SETTLED_AFTER_MS);
    int64_t length = action->duration_ms / MINUTE_MS;
    struct series series;
    struct error err;
    if (length > SERIES_MINUTES_MAX)
        length = SERIES_MINUTES_MAX;
    if (!cloud->measure(cloud->self, &series, &x->texts, &x->plan->subject, to - length * MINUTE_MS,
                        to, true, &err)) {
        error_context(&err, "the baseline cannot be measured");
        return fail_run(x, &err);
    }
    state_set_baseline(x->state, &series);
    struct record *record = state_begin_record(x->state, action, wall_now(x));
    return finish_action(x, action, record, describe_baseline(x, &series));
}

bool run_baseline(struct execution *x, const struct action *action)
{
    if (state_first_shift_at(x->state)) {
        tell(x, (struct event){EVENT_ACTION_SKIPPED, .action = action,
                               .text = "the target already has traffic"});
        return true;
    }
    /* One read for both questions, so that both are about the same live. */
    unsigned facts = preconditions_facts(x->plan, action) | FACT_SERVICES | FACT_LISTENERS;
    return need(x, facts) && hold_to_record(x, action) && judge_action(x, action) && go_on(x) &&
           measure(x, action);
}
