#include <string.h>

#include "planner/base/time.h"
#include "planner/executor_parts.h"
#include "planner/precondition.h"

enum {
    RECENT_MS = 15 * MINUTE_MS, /* of metrics, where no baseline is judged */
    STALE_MS = 5 * SECOND_MS,   /* a slow measurement or disk may lie between a read and its use */
};

/* ---- observing ---- */

static int64_t recent_ms(const struct execution *x)
{
    int64_t baseline_ms = x->plan->direction == FORWARD ? x->plan->file.baseline_ms : 0;
    return baseline_ms > RECENT_MS ? baseline_ms : RECENT_MS;
}

static void remember_routing(struct execution *x)
{
    if (!(x->live.known & FACT_LISTENERS))
        return;
    arena_clear(&x->routing_arena);
    if (x->live.listener)
        routing_copy(&x->routing, &x->routing_arena, &x->live.listener->routing);
    else
        x->routing =
            (struct routing){.why_not = arena_strdup(&x->routing_arena, x->live.why_no_listener)};
    x->out->live_read_at = x->live.taken_at;
    x->sent_since_read = false;
}

void reading_clear(struct reading *reading)
{
    snapshot_clear(&reading->live);
    *reading = (struct reading){0};
}

void take_reading(struct execution *x, struct reading *reading)
{
    x->live = reading->live;
    x->asked = reading->facts;
    x->observed_at = reading->read_at;
    x->fresh = x->observed_once = true;
    *reading = (struct reading){0};
    remember_routing(x);
}

bool try_observe(struct execution *x, unsigned facts, struct error *err)
{
    const struct cloud *cloud = x->executor->cloud;
    snapshot_clear(&x->live);
    x->asked = 0;
    if (!cloud->observe(cloud->self, &x->live, &x->plan->subject, facts, recent_ms(x), err)) {
        error_context(err, "live cannot be read");
        x->live_unread = *err;
        return false;
    }
    x->live_unread = (struct error){0};
    x->asked = facts;
    x->observed_at = monotonic_now(x);
    x->fresh = true;
    remember_routing(x);
    return true;
}

bool covers(const struct execution *x, unsigned facts)
{
    return x->fresh && (x->asked & facts) == facts && monotonic_now(x) - x->observed_at <= STALE_MS;
}

bool is_passing(const struct error *err)
{
    return err->kind == ERROR_NETWORK || err->kind == ERROR_SERVICE;
}

/* What all that is still to be sent needs: so that a run whose actions follow each other without a
 * wait (a fallback above all) costs one wave. */
static unsigned first_facts(const struct execution *x)
{
    unsigned facts = 0;
    for (size_t i = 0; i < x->plan->action_count; i++) {
        const struct action *action = &x->plan->actions[i];
        if (action_kinds[action->kind].mutates || action->kind == ACTION_BASELINE)
            facts |= preconditions_facts(x->plan, action);
    }
    return facts;
}

/* What was sent or may have been, and live agrees with: it was carried out. */
static void settle_unknown_shift(struct execution *x)
{
    struct record *record =
        x->live.listener ? state_find_unsettled_shift(x->state, &x->routing) : NULL;
    if (record)
        state_end_record(x->state, record, PHASE_DONE, wall_now(x),
                         record->phase == PHASE_INTENDED ? LOST_ANSWER_NOTE : "");
}

bool try_need(struct execution *x, unsigned facts, struct error *err)
{
    if (covers(x, facts))
        return true;
    if (!x->observed_once)
        facts |= first_facts(x);
    if (!try_observe(x, facts, err))
        return false;
    if (!x->observed_once && x->plan->direction == FORWARD)
        settle_unknown_shift(x);
    x->observed_once = true;
    return true;
}

bool need(struct execution *x, unsigned facts)
{
    struct error err;
    return try_need(x, facts, &err) || fail_run(x, &err);
}

/* ---- drift ---- */

bool end_drifted(struct execution *x, const struct action *action, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    const char *text = arena_vprintf(&x->texts, format, ap);
    va_end(ap);
    tell(x, (struct event){EVENT_DRIFT, .action = action, .text = text});
    return end_run(x, RUN_DRIFT, "%s", text);
}

/* What this run still wants of the default action from here on; nothing but the recorded one when
 * its shifts are behind it. */
static const struct routing *wanted_routing(const struct execution *x, const struct action *from,
                                            const struct routing *recorded)
{
    const struct plan *plan = x->plan;
    for (const struct action *a = from; a && a < plan->actions + plan->action_count; a++)
        if (a->kind == ACTION_SHIFT)
            return &a->after.routing;
    return recorded;
}

static const char *moved_subject(struct execution *x)
{
    const char *was, *is;
    const char *key = subject_difference(&x->plan->subject, &x->live.subject, &was, &is);
    return key ? arena_printf(&x->texts,
                              "the names lead to other resources than when the plan was made: "
                              "%s: recorded: %s; live: %s; wanted: the recorded one",
                              key, was ? was : "none", is ? is : "none")
               : NULL;
}

const char *moved_listener(struct execution *x, const struct action *action)
{
    const struct routing *recorded = state_expected_routing(x->state, NULL);
    if (x->live.listener) {
        const char *moved = moved_subject(x);
        if (moved || state_explains(x->state, &x->routing))
            return moved;
    }
    return arena_printf(&x->texts, "the default action: %s",
                        transition_explain_routing(&x->texts, x->plan, recorded, &x->live,
                                                   wanted_routing(x, action, recorded)));
}

/* The plan's scale of an arm, done or not; NULL: it has none. */
static const struct action *scale_of(const struct execution *x, enum arm arm)
{
    for (size_t i = 0; i < x->plan->action_count; i++)
        if (x->plan->actions[i].kind == ACTION_SCALE && x->plan->actions[i].arm == arm)
            return &x->plan->actions[i];
    return NULL;
}

static const char *explain_count(struct execution *x, enum arm arm, int64_t recorded)
{
    const struct action *scale = scale_of(x, arm);
    return arena_printf(&x->texts, "the %s service: %s", arm_name(arm),
                        transition_explain_count(&x->texts, recorded, &x->live.arms[arm].service,
                                                 scale ? scale->after.count : recorded));
}

/* Nothing was changed yet: a count must be what the plan was made on. Somebody else's larger target
 * serves as well as the one that the plan wants. */
static bool is_count_of_plan(const struct execution *x, enum arm arm, int64_t desired)
{
    const struct action *scale = scale_of(x, arm);
    return desired == x->plan->live.desired[arm] || (scale && desired >= scale->after.count);
}

/*
 * This cutover changed something: a count must be what its records say. It may also be what the
 * plan was made on, since a cutover planned anew has been reviewed with it; a routing may not:
 * nobody but this cutover should have moved it. A target that was enlarged under way (by auto
 * scaling, say) is no reason to stop with the traffic on both.
 */
static bool is_count_of_records(const struct execution *x, enum arm arm, int64_t desired)
{
    int64_t count = state_expected_count(x->state, arm, NULL);
    return desired == count || desired == x->plan->live.desired[arm] ||
           (arm == ARM_TARGET && desired >= count);
}

static const char *moved_count(struct execution *x)
{
    bool changed = state_changed_anything(x->state);
    for (enum arm arm = 0; arm < ARM_COUNT; arm++) {
        const struct service_snapshot *service = &x->live.arms[arm].service;
        bool same = changed ? is_count_of_records(x, arm, service->desired)
                            : is_count_of_plan(x, arm, service->desired);
        if (!service->found || !same)
            return explain_count(x, arm,
                                 changed ? state_expected_count(x->state, arm, NULL)
                                         : x->plan->live.desired[arm]);
    }
    return NULL;
}

bool hold_to_record(struct execution *x, const struct action *action)
{
    if (x->plan->direction == INVERSE)
        return true;
    if (!need(x, FACT_SERVICES | FACT_LISTENERS))
        return false;
    x->held_to_record = true;
    const char *moved = moved_listener(x, action);
    if (!moved)
        moved = moved_count(x);
    return !moved || end_drifted(x, action, "%s", moved);
}

bool is_as_it_was(struct execution *x, const struct action *action)
{
    struct error ignored;
    return x->plan->direction == INVERSE ||
           !try_need(x, FACT_SERVICES | FACT_LISTENERS, &ignored) || hold_to_record(x, action);
}

/* ---- preconditions ---- */

bool end_blocked(struct execution *x, const struct action *action, const struct standing *standing)
{
    tell(x, (struct event){EVENT_BLOCKED, .action = action, .standing = standing});
    return end_run(x, RUN_BLOCKED, "%s blocks %s: %s", standing->row->id, action->address,
                   standing->observed);
}

struct judgement judgement_of(struct execution *x, const struct action *action)
{
    x->executor->around.now = wall_now(x);
    return (struct judgement){.plan = x->plan,
                              .file = &x->plan->file,
                              .live = &x->live,
                              .state = x->state,
                              .around = &x->executor->around,
                              .action = action,
                              .arena = &x->texts};
}

bool ask_checks_before(struct execution *x, const struct action *action)
{
    x->answers = (struct check_results){0};
    if (!preconditions_include_checks(x->plan, action))
        return true;
    checks_ask(&x->answers, x->executor->prober, &x->plan->file, CHECKS_ALL, &x->texts,
               &x->plan->subject);
    return go_on(x); /* what a signal cut short is no answer */
}

bool judge_action(struct execution *x, const struct action *action)
{
    struct standing standing;
    struct judgement in = judgement_of(x, action);
    if (!need(x, preconditions_facts(x->plan, action)))
        return false;
    x->live.checks = x->answers;
    return !preconditions_block_action(&standing, &in) || end_blocked(x, action, &standing);
}
