#include "cmd/planning.h"

#include <string.h>

#include "planner/base/time.h"
#include "planner/inverse.h"

enum { FALLBACK_RECENT_MS = 15 * MINUTE_MS };

bool planning_forward(struct plan *out, struct cutover *cutover, struct error *err)
{
    const struct planfile *file = &cutover->input.file;
    struct provenance provenance = {0};
    struct snapshot live;
    memset(out, 0, sizeof *out);
    snapshot_init(&live);
    bool ok = cutover_provenance(cutover, &provenance, err) &&
              cutover_observe(cutover, &live, FACTS_PLAN, file->baseline_ms, err);
    if (ok) {
        struct surroundings around = wire_surroundings(&cutover->wire);
        plan_make(out, file, &live, cutover_ongoing(cutover), &provenance, &around);
    }
    snapshot_clear(&live);
    return ok;
}

static bool ran_plan(const struct state *state, const char *digest)
{
    for (size_t i = 0; i < state->run_count; i++)
        if (text_same(state->runs[i].plan_digest, digest))
            return true;
    return text_same(state->plan->digest, digest);
}

static bool from_saved_plan(struct way_back *out, struct cutover *cutover, struct error *err)
{
    const struct plan *saved = cutover->input.plan;
    const struct state *state = cutover->state;
    bool same = state && (ran_plan(state, saved->digest) ||
                          (*saved->lineage && text_same(saved->lineage, state->lineage)));
    if (same) {
        *out = (struct way_back){state->plan, &state->origin, state};
        return true;
    }
    if (state && !state->ended && state_changed_anything(state)) {
        error_set(err, ERROR_INPUT, "%s is of another cutover than %s, and is not finished",
                  cutover->store.location, cutover->input.path);
        return error_hint(err, "revert that state: switchover revert %s",
                          text_cstr(&cutover->state_path));
    }
    *out = (struct way_back){saved, &saved->origin, NULL};
    return true;
}

bool planning_way_back(struct way_back *out, struct cutover *cutover, struct error *err)
{
    if (cutover->input.kind == INPUT_SAVED_PLAN)
        return from_saved_plan(out, cutover, err);
    if (cutover->state) {
        *out = (struct way_back){cutover->state->plan, &cutover->state->origin, cutover->state};
        return true;
    }
    error_set(err, ERROR_INPUT, "there is no state at %s, so nothing says what to go back to",
              cutover->store.location);
    return error_hint(err,
                      "name the state with --state, or revert the saved plan that was applied; "
                      "without either, look at the listener in AWS");
}

bool planning_inverse(struct plan *out, struct cutover *cutover, const struct way_back *back,
                      struct error *err)
{
    const struct args *args = cutover->args;
    const struct cloud *cloud = &cutover->wire.cloud;
    struct surroundings around = wire_surroundings(&cutover->wire);
    struct snapshot live;
    bool read = !args_flag(args, OPT_NOW);
    memset(out, 0, sizeof *out);
    snapshot_init(&live);
    around.force = args_text(args, OPT_FORCE);
    bool ok = !read || cloud->observe(cloud->self, &live, &back->forward->subject,
                                      FACTS_SUBJECT | FACTS_HEALTH, FALLBACK_RECENT_MS, err);
    if (ok)
        inverse_make(out, back->forward, back->origin, read ? &live : NULL, back->state,
                     args_flag(args, OPT_TRAFFIC_ONLY), &around);
    snapshot_clear(&live);
    return ok;
}

int64_t planning_target_requests(const struct state *state)
{
    size_t known = 0;
    if (!state || !state_first_shift_at(state))
        return -1;
    int64_t requests =
        series_sum(&state->samples, ARM_TARGET, METRIC_REQUESTS, 0, state->samples.minutes, &known);
    return known ? requests : -1;
}
