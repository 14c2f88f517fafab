#include "cmd/planning.h"

#include <string.h>

#include "cmd/view_look.h"
#include "planner/base/time.h"
#include "planner/inverse.h"
#include "providers/aws/observe.h"

enum { FALLBACK_RECENT_MS = 15 * MINUTE_MS };

/* How far back metrics must go to count what the target has served since the first shift. */
static int64_t since_first_shift(const struct cutover *cutover, const struct state *state)
{
    const struct clock *clock = &cutover->wire.clock;
    int64_t first_shift_at = state ? state_first_shift_at(state) : 0;
    return first_shift_at ? clock->wall(clock->self) - first_shift_at + MINUTE_MS : 0;
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* What is not settled yet may be missing; what is settled and missing makes the sum no bound. */
int64_t planning_target_requests(const struct series *series, int64_t since, int64_t now)
{
    int64_t sum = 0, count;
    size_t first;
    if (!series_index(series, since, &first))
        return -1;
    for (size_t m = first; m < series->minutes; m++) {
        if (series_count(series, ARM_TARGET, METRIC_REQUESTS, m, &count))
            sum += count;
        else if (series_settled(series, m, now))
            return -1;
    }
    return sum;
}

static int64_t count_requests(const struct state *state, const struct snapshot *live)
{
    int64_t since = state ? state_first_shift_at(state) : 0;
    if (!since || !(live->known & FACT_METRICS))
        return -1;
    return planning_target_requests(&live->recent, since, live->taken_at);
}

static void note_failure(struct plan *plan, const struct state *state)
{
    const struct gate_failure *failure = state ? state_open_failure(state) : NULL;
    struct text words = {0};
    if (state && state_is_recalled(state))
        plan_note(plan, "who sat at the terminal wanted the traffic back, and that run died before "
                        "it was: apply takes it back first");
    if (!failure)
        return;
    look_add_failure(&words, failure);
    plan_note(plan, "%s. apply goes on only with --accept %s --because TEXT", text_cstr(&words),
              failure->gate);
    text_clear(&words);
}

/* Not every fact that is missing shows in a precondition. */
static void note_denied(struct plan *plan, const struct snapshot *live)
{
    struct text actions = {0};
    if (aws_denied_actions(&actions, live))
        plan_note(plan,
                  "access denied to %s: what that reads is unknown here. `switchover policy FILE` "
                  "prints all that a plan file needs",
                  text_cstr(&actions));
    text_clear(&actions);
}

/* Metrics are read from AWS like the rest of a plan; what goes to other hosts, with other secrets,
 * is asked on demand. */
static void ask_checks(struct cutover *cutover, struct snapshot *live)
{
    unsigned kinds = args_flag(cutover->args, OPT_CHECKS) ? CHECKS_ALL : CHECK_KIND(METRIC);
    checks_ask(&live->checks, &cutover->wire.prober, &cutover->input.file, kinds, &live->arena,
               &live->subject);
}

bool planning_forward(struct plan *out, int64_t *target_requests, struct cutover *cutover,
                      struct error *err)
{
    const struct planfile *file = &cutover->input.file;
    struct state *state = cutover_ongoing(cutover);
    struct provenance provenance = {0};
    struct snapshot live;
    struct subject subject = cutover_subject(cutover);
    memset(out, 0, sizeof *out);
    snapshot_init(&live);
    wire_ahead(&cutover->wire, &subject, FACTS_PLAN); /* git takes a while */
    bool ok = cutover_is_newest(cutover, err) && cutover_provenance(cutover, &provenance, err) &&
              cutover_observe(cutover, &live, FACTS_PLAN,
                              larger(file->baseline_ms, since_first_shift(cutover, state)), err);
    if (ok) {
        ask_checks(cutover, &live);
        struct surroundings around = wire_surroundings(&cutover->wire);
        plan_make(out, file, &live, state, &provenance, &around);
        *target_requests = count_requests(state, &live);
        note_failure(out, state);
        note_denied(out, &live);
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

/* What a disk that failed, or somebody, has left of it. */
static bool hint_at_copies(const struct cutover *cutover, struct error *err)
{
    struct text copies = {0};
    size_t count = cutover_lost_copies(cutover, &copies);
    if (count)
        error_hint(err, "%s of it %s left: %s; revert takes %s", count > 1 ? "copies" : "a copy",
                   count > 1 ? "are" : "is", text_cstr(&copies),
                   count > 1 ? "the one with the highest serial" : "that one");
    text_clear(&copies);
    return count > 0;
}

bool planning_way_back(struct way_back *out, struct cutover *cutover, struct error *err)
{
    cutover_take_newest(cutover);
    if (cutover->input.kind == INPUT_SAVED_PLAN)
        return from_saved_plan(out, cutover, err);
    if (cutover->state) {
        *out = (struct way_back){cutover->state->plan, &cutover->state->origin, cutover->state};
        return true;
    }
    error_set(err, ERROR_INPUT, "there is no state at %s, so nothing says what to go back to",
              cutover->store.location);
    if (hint_at_copies(cutover, err))
        return false;
    return error_hint(err,
                      "name the state with --state, or revert the saved plan that was applied; "
                      "without either, look at the listener in AWS");
}

static bool read_once(struct reading *reading, struct cutover *cutover, const struct way_back *back,
                      unsigned facts, struct error *err)
{
    const struct cloud *cloud = &cutover->wire.cloud;
    const struct clock *clock = &cutover->wire.clock;
    int64_t recent_ms = larger(FALLBACK_RECENT_MS, since_first_shift(cutover, back->state));
    if (!cloud->observe(cloud->self, &reading->live, &back->forward->subject, facts, recent_ms,
                        err))
        return false;
    reading->facts = facts;
    reading->read_at = clock->monotonic(clock->self);
    return true;
}

/* Only the counts need the services; that ECS does not answer must not keep traffic from going
 * back. The first failure is the one to tell of. */
static bool read_for_inverse(struct reading *reading, struct cutover *cutover,
                             const struct way_back *back, unsigned facts, struct error *err)
{
    struct error ignored;
    return read_once(reading, cutover, back, facts, err) ||
           read_once(reading, cutover, back, facts & ~(unsigned)FACT_SERVICES, &ignored);
}

static unsigned facts_of_inverse(bool count)
{
    return FACTS_SUBJECT | FACTS_HEALTH | (count ? FACT_METRICS : 0);
}

void planning_inverse_ahead(struct cutover *cutover, bool count)
{
    bool now = args_flag(cutover->args, OPT_NOW);
    struct subject subject = cutover_subject(cutover);
    wire_ahead(&cutover->wire, &subject, now ? 0 : facts_of_inverse(count));
}

bool planning_inverse(struct plan *out, int64_t *target_requests, struct reading *reading,
                      struct cutover *cutover, const struct way_back *back, bool count,
                      struct error *err)
{
    const struct args *args = cutover->args;
    struct surroundings around = wire_surroundings(&cutover->wire);
    const struct snapshot *live = NULL;
    unsigned facts = facts_of_inverse(count);
    memset(out, 0, sizeof *out);
    *target_requests = -1;
    around.force = args_text(args, OPT_FORCE);
    if (!args_flag(args, OPT_NOW)) {
        if (!read_for_inverse(reading, cutover, back, facts, err))
            return false;
        live = &reading->live;
        *target_requests = count_requests(back->state, live);
    }
    inverse_make(out, back->forward, back->origin, live, back->state,
                 args_flag(args, OPT_TRAFFIC_ONLY), &around);
    return true;
}
