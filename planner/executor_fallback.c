#include <string.h>

#include "planner/base/time.h"
#include "planner/executor_parts.h"
#include "planner/inverse.h"

/* What was read so long ago says nothing about who can take the traffic. */
enum { TRUSTED_MS = 2 * MINUTE_MS };

static bool is_trusted(const struct reading *reading, const struct clock *clock)
{
    return reading->facts && clock->monotonic(clock->self) - reading->read_at <= TRUSTED_MS;
}

/* The drain and the target's count can wait for a revert. */
static void keep_what_is_urgent(struct plan *plan)
{
    size_t n = 0;
    while (n < plan->action_count && plan->actions[n].kind != ACTION_DRAIN &&
           !transition_restores(plan, &plan->actions[n]))
        n++;
    plan->action_count = n;
}

void executor_fall_back(struct outcome *out, struct executor *executor, struct outcome *forward,
                        const char *command, const char *by)
{
    struct state *state = executor->journal->state;
    const struct clock *clock = executor->clock;
    bool trusted = is_trusted(&forward->last, clock);
    struct plan plan;
    /* Nothing is read, asked or waited for before the traffic is on its way. */
    struct executor back = *executor;
    back.first = trusted ? &forward->last : NULL;
    back.skip_read = true;
    back.wishes = NULL;
    back.around.now = clock->wall(clock->self);
    inverse_make(&plan, state->plan, &state->origin, trusted ? &forward->last.live : NULL, state,
                 false, &back.around);
    keep_what_is_urgent(&plan);
    state_begin_run(state, INVERSE, command, by, back.around.now);
    executor_run(out, &back, &plan);
    plan_clear(&plan);
    reading_clear(&forward->last);
}
