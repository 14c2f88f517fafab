#include "planner/executor_parts.h"

#include "planner/base/text.h"

/* ---- the spine ---- */

/* What mutates is compared with live every time; what waited or measured is done for good. */
static bool is_settled(const struct execution *x, const struct action *action)
{
    const struct record *record = state_find_record(x->state, x->plan->direction, action->address);
    if (!record || record->phase != PHASE_DONE)
        return false;
    switch (action->kind) {
    case ACTION_SCALE:
        return false;
    case ACTION_SHIFT:
        return x->plan->direction == FORWARD &&
               routing_equal(&record->after.routing, &action->after.routing);
    default:
        return true;
    }
}

static bool run_action(struct execution *x, const struct action *action)
{
    if (is_settled(x, action)) {
        tell(x, (struct event){EVENT_ACTION_SKIPPED, .action = action, .text = "already done"});
        return true;
    }
    if (is_recalled(x)) /* while the last request was read back */
        return end_recalled(x);
    if (action_kinds[action->kind].mutates && !judge_missed(x, action))
        return false;
    tell(x, (struct event){EVENT_ACTION_STARTED, .action = action});
    switch (action->kind) {
    case ACTION_SCALE:
        return run_scale(x, action);
    case ACTION_BASELINE:
        return run_baseline(x, action);
    case ACTION_SHIFT:
        return run_shift(x, action);
    case ACTION_HOLD:
        return run_hold(x, action);
    case ACTION_DRAIN:
        return run_drain(x, action);
    case ACTION_KIND_COUNT:
        break;
    }
    return true;
}

/* ---- the end ---- */

static const char *describe_live(struct execution *x)
{
    const struct subject *subject = &x->plan->subject;
    return routing_describe(&x->texts, &x->routing, subject->arms[ARM_SOURCE].target_group_arn,
                            subject->arms[ARM_TARGET].target_group_arn);
}

/* A run that only waited for an hour must not say "done" of weights that somebody put back
 * meanwhile (a stack update does: aws-cdk#36649). */
static bool verify_live(struct execution *x)
{
    struct error err;
    if ((x->fresh && x->asked & FACT_LISTENERS) || try_observe(x, FACT_LISTENERS, &err))
        return true;
    error_context(&err, "every action is done, but nobody has seen the weights at the end");
    return fail_run(x, &err);
}

static bool complete(struct execution *x, enum run_end end, const char *what)
{
    if (is_recalled(x)) /* while the last weights were read back */
        return end_recalled(x);
    if (!verify_live(x))
        return false;
    const char *moved = moved_listener(x, NULL);
    if (moved)
        return end_drifted(x, NULL, "%s, but live has drifted since: %s", what, moved);
    return end_run(x, end, "%s: %s", what, describe_live(x));
}

static bool complete_forward(struct execution *x)
{
    if (!x->plan->action_count)
        return end_run(x, RUN_DONE, "there was nothing to do");
    return complete(x, RUN_DONE, "every action is done");
}

/* Whether what is asked for was reached: no shift is left from this action on. */
static bool is_far_enough(const struct execution *x, size_t from)
{
    const struct plan *plan = x->plan;
    for (size_t i = from; i < plan->action_count; i++)
        if (plan->actions[i].kind == ACTION_SHIFT)
            return false;
    return x->executor->until_shifted && plan->direction == FORWARD;
}

static bool complete_inverse(struct execution *x)
{
    if (!verify_live(x))
        return false;
    if (!routing_equal(&x->routing, &x->plan->origin.routing))
        return end_run(x, RUN_DRIFT, "the listener is not at its origin: %s", describe_live(x));
    x->state->ended = true;
    return end_run(x, RUN_DONE, "the listener is back at its origin: %s%s%s", describe_live(x),
                   x->left_behind ? "; but " : "", x->left_behind ? x->left_behind : "");
}

static void record_end(struct execution *x)
{
    struct error err;
    state_end_run(x->state, x->out->end, x->out->why, wall_now(x));
    if (journal_write(x->executor->journal, &err) || x->out->end == RUN_FAILED)
        return;
    const char *why = arena_strdup(&x->texts, x->out->why);
    x->out->error = err;
    tell(x, (struct event){EVENT_FAILED, .error = &x->out->error});
    end_run(x, RUN_FAILED, "%s; but %s", why, err.message);
    state_end_run(x->state, x->out->end, x->out->why, wall_now(x));
}

static void conclude(struct execution *x)
{
    struct outcome *out = x->out;
    record_end(x);
    if (out->live_read_at)
        routing_copy(&out->live, &x->state->arena, &x->routing);
    out->live_may_differ = x->sent_since_read;
    if (out->falls_back) { /* what it was read for is at hand */
        out->last = (struct reading){x->live, x->asked, x->observed_at};
        snapshot_init(&x->live);
    }
    out->confirmed = x->plan->direction == INVERSE && out->live_read_at && !x->sent_since_read &&
                     routing_equal(&x->routing, &x->plan->origin.routing);
    tell(x, (struct event){EVENT_RUN_ENDED, .text = out->why});
    snapshot_clear(&x->live);
    arena_clear(&x->routing_arena);
    arena_clear(&x->check_texts[0]);
    arena_clear(&x->check_texts[1]);
    arena_clear(&x->gate_texts);
    arena_clear(&x->texts);
    text_clear(&x->seen);
}

void executor_run(struct outcome *out, struct executor *executor, const struct plan *plan)
{
    struct execution x = {
        .executor = executor, .plan = plan, .state = executor->journal->state, .out = out};
    *out = (struct outcome){.end = RUN_OPEN};
    snapshot_init(&x.live);
    x.clock_ahead = wall_now(&x) - monotonic_now(&x);
    if (executor->first && executor->first->facts)
        take_reading(&x, executor->first);
    tell(&x, (struct event){.kind = EVENT_RUN_STARTED});
    bool going = heed_failure(&x);
    for (size_t i = 0; going && i < plan->action_count; i++) {
        if (is_far_enough(&x, i)) {
            going = complete(&x, RUN_SHIFTED, "every shift is done");
            break;
        }
        /* The race between a read and its request stays within one action. A fallback is for
         * speed: what it was planned from is enough for all that follows without a wait. */
        x.fresh = x.fresh && (i == 0 || plan->direction == INVERSE);
        going = run_action(&x, &plan->actions[i]);
    }
    if (going)
        (void)(plan->direction == FORWARD ? complete_forward(&x) : complete_inverse(&x));
    recall_all_the_same(&x);
    conclude(&x);
}
