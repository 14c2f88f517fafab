#include "planner/inverse.h"

#include <string.h>

#include "planner/base/memory.h"
#include "planner/precondition.h"
#include "planner/state.h"

/* What the fallback is made from: a forward plan, where it goes, and what is there now. */
struct turning {
    struct plan *out;
    const struct plan *forward;
    const struct origin *origin;
    const struct snapshot *live; /* NULL: nothing is known, so nothing is left out */
    const struct state *state;   /* NULL: none */
};

/* What the listener holds once the forward plan is done. */
static const struct routing *shifted_routing(const struct plan *forward)
{
    const struct routing *routing = &forward->live.routing;
    for (size_t i = 0; i < forward->action_count; i++)
        if (forward->actions[i].kind == ACTION_SHIFT)
            routing = &forward->actions[i].after.routing;
    return routing;
}

/* The target's count once the forward plan is done. */
static int64_t scaled_count(const struct plan *forward)
{
    for (size_t i = 0; i < forward->action_count; i++)
        if (forward->actions[i].kind == ACTION_SCALE)
            return forward->actions[i].after.count;
    return forward->live.desired[ARM_TARGET];
}

/* None of the source's targets serves yet, but some are on their way: also after a revert that was
 * interrupted once it had scaled. As soon as one serves, a task that never starts is no reason to
 * leave the traffic on the target. Where AWS does not say who serves, a task that runs may. */
static bool is_coming_up(const struct snapshot *live)
{
    const struct arm_snapshot *arm = &live->arms[ARM_SOURCE];
    const struct service_snapshot *service = &arm->service;
    bool known = live->known & FACT_HEALTH_SOURCE;
    bool serves = known ? arm->group.health[HEALTH_HEALTHY] > 0 : service->running > 0;
    return !serves && (service->running < service->desired || service->pending > 0 ||
                       arm->group.health[HEALTH_INITIAL] > 0);
}

static void add_scale_source(struct turning *t)
{
    int64_t wanted = t->origin->desired[ARM_SOURCE];
    int64_t there =
        t->live ? t->live->arms[ARM_SOURCE].service.desired : t->forward->live.desired[ARM_SOURCE];
    if (t->live && there >= wanted && !is_coming_up(t->live))
        return;
    struct action *action = plan_add_action(t->out, ACTION_SCALE, ARM_SOURCE, "scale[source]");
    action->before.count = there;
    action->after.count = there > wanted ? there : wanted; /* never down */
    action->timeout_ms = t->forward->file.ready_timeout_ms;
}

static bool add_shift(struct turning *t)
{
    const struct routing *there =
        t->live && t->live->listener ? &t->live->listener->routing : shifted_routing(t->forward);
    const struct routing *maybe = NULL;
    if (t->state)
        state_expected_routing(t->state, &maybe);
    /* A request whose outcome nobody knows may still land: then the way back is sent again. */
    if (t->live && !maybe && routing_equal(there, &t->origin->routing))
        return false;
    const struct subject *subject = &t->out->subject;
    struct action *action = plan_add_action(t->out, ACTION_SHIFT, ARM_SOURCE, "shift[origin]");
    routing_copy(&action->before.routing, &t->out->arena, there);
    routing_copy(&action->after.routing, &t->out->arena, &t->origin->routing);
    action->target_permille =
        routing_target_permille(&t->origin->routing, subject->arms[ARM_SOURCE].target_group_arn,
                                subject->arms[ARM_TARGET].target_group_arn);
    return true;
}

static void add_drain(struct turning *t, bool shifts)
{
    const struct planfile *file = &t->forward->file;
    bool unfinished = t->state && state_is_done(t->state, INVERSE, "shift[origin]") &&
                      !state_is_done(t->state, INVERSE, "drain[target]");
    if (file->quiet_for_ms == 0 || (!shifts && !unfinished))
        return;
    struct action *action = plan_add_action(t->out, ACTION_DRAIN, ARM_TARGET, "drain[target]");
    action->duration_ms = file->quiet_for_ms;
    action->timeout_ms = file->drain_timeout_ms;
}

/* Whether this cutover, or a request of its whose outcome nobody knows, has set that count; not
 * one that somebody else had set before our turn came. */
static bool is_our_count(const struct turning *t, int64_t count)
{
    if (!t->state)
        return count == scaled_count(t->forward);
    for (size_t i = t->state->record_count; i-- > 0;) {
        const struct record *record = &t->state->records[i];
        if (record->kind != ACTION_SCALE || record->arm != ARM_TARGET || !record->sent ||
            record->phase == PHASE_REFUSED)
            continue;
        if (record->direction == FORWARD && record->after.count == count)
            return true;
        if (record->direction == INVERSE && record->phase != PHASE_INTENDED)
            return false; /* it was taken back already */
    }
    return false;
}

/* Only a count that this cutover set is taken back; somebody else's is left alone. */
static void add_restore_target(struct turning *t)
{
    int64_t origin = t->origin->desired[ARM_TARGET];
    int64_t there = scaled_count(t->forward);
    if (t->live)
        there = t->live->arms[ARM_TARGET].service.desired;
    else if (t->state)
        there = state_expected_count(t->state, ARM_TARGET, NULL);
    if (!t->forward->file.restore_counts || there == origin || !is_our_count(t, there))
        return;
    struct action *action = plan_add_action(t->out, ACTION_SCALE, ARM_TARGET, "scale[target]");
    action->before.count = there;
    action->after.count = origin;
    action->timeout_ms = t->forward->file.ready_timeout_ms;
}

/* Weights that somebody else set stop no fallback, but whoever reads the plan must know. */
static void note_moved(struct turning *t)
{
    const struct subject *subject = &t->out->subject;
    const char *source = subject->arms[ARM_SOURCE].target_group_arn;
    const char *target = subject->arms[ARM_TARGET].target_group_arn;
    const struct routing *left = state_expected_routing(t->state, NULL);
    const struct routing *now = t->live->listener ? &t->live->listener->routing : NULL;
    if (!now || state_explains(t->state, now))
        return;
    const char *hidden = routing_describe_hidden(&t->out->arena, left, now, source, target);
    plan_note(t->out,
              "somebody else changed the default action since this cutover left it at %s: it is "
              "%s%s%s; going back all the same",
              routing_describe(&t->out->arena, left, source, target),
              routing_describe(&t->out->arena, now, source, target), *hidden ? ", but " : "",
              hidden);
}

static void begin(struct turning *t)
{
    struct plan *out = t->out;
    memset(out, 0, sizeof *out);
    out->direction = INVERSE;
    out->requests_a_minute = -1;
    subject_copy(&out->subject, &out->arena, &t->forward->subject);
    provenance_copy(&out->provenance, &out->arena, &t->forward->provenance);
    out->origin = *t->origin;
    routing_copy(&out->origin.routing, &out->arena, &t->origin->routing);
    memcpy(out->lineage, t->forward->lineage, sizeof out->lineage);
    out->serial = t->forward->serial;
    if (t->state) {
        memcpy(out->lineage, t->state->lineage, sizeof out->lineage);
        out->serial = t->state->serial;
    }
}

void inverse_attach(struct plan *forward)
{
    forward->inverse = memory_new(sizeof *forward->inverse);
    struct turning t = {forward->inverse, forward, &forward->origin, NULL, NULL};
    begin(&t);
    forward->inverse->live.taken_at = forward->live.taken_at;
    routing_copy(&forward->inverse->live.routing, &forward->inverse->arena,
                 shifted_routing(forward));
    forward->inverse->live.desired[ARM_SOURCE] = forward->live.desired[ARM_SOURCE];
    forward->inverse->live.desired[ARM_TARGET] = scaled_count(forward);
    add_scale_source(&t);
    add_shift(&t);
    add_drain(&t, true);
    add_restore_target(&t);
}

static void take_live(struct turning *t)
{
    struct recorded *live = &t->out->live;
    if (!t->live || !t->live->listener)
        return;
    live->taken_at = t->live->taken_at;
    routing_copy(&live->routing, &t->out->arena, &t->live->listener->routing);
    for (int arm = 0; arm < ARM_COUNT; arm++)
        live->desired[arm] = t->live->arms[arm].service.desired;
}

/* Whether it shifts. */
static bool add_actions(struct turning *t, bool traffic_only)
{
    /* Where nobody knows the counts (revert --now; ECS does not answer) the traffic goes first. */
    bool counted = t->live && t->live->known & FACT_SERVICES;
    if (traffic_only)
        return add_shift(t);
    if (counted)
        add_scale_source(t);
    bool shifts = add_shift(t);
    add_drain(t, shifts);
    if (counted || !t->live)
        add_restore_target(t);
    return shifts;
}

static void add_notes(struct turning *t, bool shifts)
{
    if (!t->live)
        plan_note(t->out, "live is not read first: the recorded routing goes out as it is");
    else if (!(t->live->known & FACT_SERVICES))
        plan_note(t->out, "the services could not be read: only the traffic goes back");
    if (!t->live || !t->state || !shifts)
        return;
    if (state_changed_anything(t->state))
        note_moved(t);
    else
        plan_note(t->out, "this cutover has changed nothing itself: going back undoes what "
                          "somebody else did");
}

void inverse_make(struct plan *out, const struct plan *forward, const struct origin *origin,
                  const struct snapshot *live, const struct state *state, bool traffic_only,
                  const struct surroundings *around)
{
    struct turning t = {out, forward, origin, live, state};
    begin(&t);
    planfile_copy(&out->file, &forward->file);
    take_live(&t);
    add_notes(&t, add_actions(&t, traffic_only));
    if (!live)
        return;
    struct judgement in = {.plan = out,
                           .file = &out->file,
                           .live = live,
                           .state = state,
                           .around = around,
                           .arena = &out->arena};
    preconditions_judge_plan(out, &in);
}

const char *inverse_data_boundary(struct arena *arena, int64_t target_requests)
{
    const char *bound = target_requests < 0
                            ? "at most the requests that CloudWatch counts on its group since then"
                            : arena_printf(arena,
                                           "at most the %lld requests that CloudWatch has "
                                           "counted there so far, and those of the last "
                                           "minutes",
                                           (long long)target_requests);
    return arena_printf(arena,
                        "Writes that the target served since the first shift are not on the "
                        "source (%s). A replayer that is still behind can overwrite newer writes.",
                        bound);
}
