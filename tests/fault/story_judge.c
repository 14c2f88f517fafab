#include "tests/unit.h"

#include "cmd/exit_code.h"
#include "planner/base/memory.h"
#include "planner/base/time.h"
#include "providers/sandbox/world_parts.h"
#include "tests/fault/story.h"

/* ---- what it is shown ---- */

static void note_shown(struct story *s, const struct snapshot *live, bool stale)
{
    const struct sim *sim = &s->r->sim;
    if (live->known & FACT_LISTENERS) /* counts alone say nothing of weights */
        s->changed_since_shown = false;
    s->changed_since_shown = s->changed_since_shown || stale;
    s->sent_since_shown = false;
    if (live->known & FACT_SERVICES) {
        s->shown_counts_at = sim->waits + 1;
        for (int arm = 0; arm < ARM_COUNT; arm++)
            s->shown_desired[arm] = live->arms[arm].service.desired;
    }
    if (!(live->known & FACT_LISTENERS) || !live->listener)
        return;
    s->shown_routing_at = sim->waits + 1;
    arena_clear(&s->shown_arena);
    routing_copy(&s->shown, &s->shown_arena, &live->listener->routing);
}

static bool observe(void *self, struct snapshot *out, const struct subject *subject, unsigned facts,
                    int64_t recent_ms, struct error *err)
{
    struct sim *sim = self;
    struct story *s = sim->user;
    bool stale = sim->stale_left > 0;
    bool seen = s->cloud.observe(self, out, subject, facts, recent_ms, err);
    if (seen && facts & (FACT_SERVICES | FACT_LISTENERS))
        note_shown(s, out, stale);
    return seen;
}

static bool interrupted(void *self)
{
    struct sim *sim = self;
    struct story *s = sim->user;
    bool yes = s->clock.interrupted(self);
    s->told_to_stop = s->told_to_stop || yes;
    return yes;
}

static bool stop_requested(void *self)
{
    struct sim *sim = self;
    struct story *s = sim->user;
    bool yes = s->store.stop_requested(self);
    s->told_to_stop = s->told_to_stop || yes;
    s->asked_at = sim->points;
    return yes;
}

static bool holds_lock(void *self, struct error *err)
{
    struct sim *sim = self;
    struct story *s = sim->user;
    bool yes = s->store.holds_lock(self, err);
    s->lock_lost = s->lock_lost || !yes;
    s->held_at = sim->points;
    return yes;
}

/* ---- what it stores ---- */

/* What is read back says the same as what the run believes; state_read itself holds that writing it
 * again gives the same bytes. */
static void read_back(struct story *s)
{
    struct state *again = cutover_stored(&s->r->cutover);
    const struct state *state = s->r->cutover.state;
    if (again->serial != state->serial || again->record_count != state->record_count ||
        again->run_count != state->run_count || again->ended != state->ended)
        story_wrong(s, "what is stored is not what the run holds");
    for (size_t i = 0; i < again->record_count; i++)
        if (again->records[i].phase != state->records[i].phase ||
            again->records[i].sent != state->records[i].sent)
            story_wrong(s, "the record %s is stored as another", again->records[i].address);
    state_free(again);
}

static void note_stored(struct story *s)
{
    const struct state *state = s->r->cutover.state;
    if (state->serial <= s->serial)
        story_wrong(s, "serial %lld is stored over %lld", (long long)state->serial,
                    (long long)s->serial);
    if (state->run_count < s->run_count || state->record_count < s->stored_count)
        story_wrong(s, "runs or records were lost");
    s->serial = state->serial;
    s->ended = state->ended;
    s->run_count = state->run_count;
    s->stored_count = state->record_count;
    s->stored = memory_resize(s->stored, (s->stored_count + 1) * sizeof *s->stored);
    if (s->stored_count)
        memcpy(s->stored, state->records, s->stored_count * sizeof *s->stored);
    s->has_stored = true;
    if (s->strict)
        read_back(s);
}

static bool replace(void *self, const char *bytes, size_t n, struct error *err)
{
    struct sim *sim = self;
    struct story *s = sim->user;
    bool dead = sim->dead, done = s->store.replace(self, bytes, n, err);
    bool there = sim->has_stored && sim->stored.len == n && memcmp(sim->stored.data, bytes, n) == 0;
    s->write_failed = s->write_failed || !done;
    if (there && !dead)
        note_stored(s);
    return done;
}

/* ---- what it sends ---- */

static const struct record *find_intent(const struct story *s, const struct mutation *mutation)
{
    for (size_t i = s->has_stored ? s->stored_count : 0; i-- > 0;) {
        const struct record *record = &s->stored[i];
        if (record->phase != PHASE_INTENDED)
            continue;
        if (mutation->kind == MUTATION_COUNT
                ? record->kind == ACTION_SCALE && record->arm == mutation->arm &&
                      record->after.count == mutation->count
                : record->kind == ACTION_SHIFT &&
                      routing_identical(&record->after.routing, mutation->routing))
            return record;
    }
    return NULL;
}

static void judge_permission(struct story *s, bool way_back)
{
    const struct sim *sim = &s->r->sim;
    const char *since = text_cstr(&sim->point_kinds) + s->asked_at;
    if (s->told_to_stop)
        story_wrong(s, "sent after it was told to stop");
    if (!s->asked_at || strspn(since, "shx") < strlen(since))
        story_wrong(s, "sent without asking right before whether to stop");
    if (s->lock_lost)
        story_wrong(s, "sent after the lock was lost");
    if (s->held_at != sim->points)
        story_wrong(s, "sent without asking right before whether the lock is ours");
    if (s->write_failed && !way_back)
        story_wrong(s, "sent after a failed write");
}

/* What the plan was made on: a record that is sent again may be of an older one. */
static const struct setting *wanted_before(const struct story *s, const struct record *intent)
{
    const struct plan *plan = s->r->cutover.state->plan;
    for (size_t i = 0; i < plan->action_count && !s->reverting; i++)
        if (strcmp(plan->actions[i].address, intent->address) == 0)
            return &plan->actions[i].before;
    return &intent->before;
}

/* Forward, and where a count goes down: only over what was read right before, and found to be as
 * recorded. */
static void judge_reading(struct story *s, const struct mutation *mutation,
                          const struct record *intent)
{
    bool count = mutation->kind == MUTATION_COUNT;
    const struct setting *before = wanted_before(s, intent);
    unsigned at = count ? s->shown_counts_at : s->shown_routing_at;
    if (at != s->r->sim.waits + 1 || s->sent_since_shown)
        story_wrong(s, "sent without a read right before");
    if (count ? s->shown_desired[mutation->arm] != before->count
              : !routing_equal(&s->shown, &before->routing))
        story_wrong(s, "sent over what is not as recorded");
    if (count ? s->shown_desired[mutation->arm] == mutation->count
              : routing_equal(&s->shown, mutation->routing))
        story_wrong(s, "sent what live was seen to hold already");
}

/* Nor what the world holds, unless it was shown otherwise. */
static void judge_world(struct story *s, const struct mutation *mutation)
{
    const struct sim *sim = &s->r->sim;
    struct arena arena = {0};
    struct routing live = sim_routing(sim, &arena);
    bool there = mutation->kind == MUTATION_COUNT
                     ? sim->world->services[mutation->arm].desired >= mutation->count
                     : routing_equal(&live, mutation->routing);
    bool shown_otherwise = s->changed_since_shown || sim->stale_at || sim->landed != s->landed;
    arena_clear(&arena);
    if (there && !shown_otherwise)
        story_wrong(s, "sent forward what live already holds");
}

static void keep_origin(struct story *s)
{
    if (s->has_begun)
        return;
    s->has_begun = true;
    arena_clear(&s->origin_arena);
    routing_copy(&s->origin, &s->origin_arena, &s->r->cutover.state->origin.routing);
}

/* An apply whose gate failed goes back, unread, by the rules of a revert. */
static void note_fallback(struct story *s)
{
    if (s->r->cutover.fell_back)
        s->reverting = s->went_back = s->unread = true;
}

static void judge_sending(struct story *s, const struct mutation *mutation)
{
    note_fallback(s);
    bool restores = s->reverting && mutation->kind == MUTATION_COUNT && mutation->arm == ARM_TARGET;
    bool way_back = s->reverting && !restores;
    judge_permission(s, way_back);
    const struct record *intent = find_intent(s, mutation);
    if (!intent && !s->write_failed)
        story_wrong(s, "sent without an intent in the store");
    if (!way_back)
        judge_reading(s, mutation, intent);
    if (!s->reverting)
        judge_world(s, mutation);
    keep_origin(s);
}

static bool perform(void *self, struct receipt *out, const struct subject *subject,
                    const struct mutation *mutation, struct error *err)
{
    struct sim *sim = self;
    struct story *s = sim->user;
    if (!sim->dead)
        judge_sending(s, mutation);
    s->sent_since_shown = true;
    return s->cloud.perform(self, out, subject, mutation, err);
}

void story_watch(struct story *s)
{
    struct sim *sim = &s->r->sim;
    s->cloud = sim->cloud;
    s->store = sim->store;
    s->clock = sim->clock;
    sim->user = s;
    sim->cloud.observe = observe;
    sim->cloud.perform = perform;
    sim->store.replace = replace;
    sim->store.holds_lock = holds_lock;
    sim->store.stop_requested = stop_requested;
    sim->clock.interrupted = interrupted;
}

/* ---- how it ends ---- */

void story_begin_run(struct story *s, bool revert)
{
    if (s->ended && !revert) { /* a new lineage, unless it is killed at once */
        s->has_begun = false;
        s->foreign = s->r->cutover.has_saved && s->ever_foreign; /* else it is planned anew */
        s->serial = 0;
        s->run_count = s->stored_count = s->applied = 0;
        s->inherited = s->r->sim.applied;
        s->late_of_before = s->r->sim.late.due_at;
    }
    s->has_stored = false;
    s->reverting = revert;
    s->went_back = s->went_back || revert;
    s->unread = revert && s->r->cutover.skip_read;
    s->shown_routing_at = s->shown_counts_at = 0;
    s->told_to_stop = s->lock_lost = s->write_failed = false;
    s->asked_at = s->held_at = 0;
    s->landed = s->r->sim.landed;
}

static void judge_origin(struct story *s)
{
    const struct state *state = s->r->cutover.state;
    if (!state_changed_anything(state))
        s->has_begun = false; /* refused: the next apply takes it anew */
    if (s->has_begun && !routing_identical(&state->origin.routing, &s->origin))
        story_wrong(s, "the origin was overwritten");
}

/* The newest minutes that were settled when it was proven had no request in the world. */
static void judge_drain(struct story *s, const struct record *record, int64_t quiet_for_ms)
{
    int64_t end = minute_floor(record->ended_at - SERIES_SETTLED_AFTER_MS);
    for (int64_t at = end - quiet_for_ms; at < end; at += MINUTE_MS) {
        const struct minute *minute = minutes_find(s->r->sim.world, at);
        if (!minute || minute->groups[record->arm].requests)
            story_wrong(s, "%s was proven, but there were requests", record->address);
    }
}

static void judge_drains(struct story *s)
{
    const struct state *state = s->r->cutover.state;
    for (size_t i = 0; i < state->record_count && !s->clock_was_set; i++) {
        const struct record *record = &state->records[i];
        if (record->kind == ACTION_DRAIN && record->phase == PHASE_DONE &&
            record->run + 1 == state->run_count)
            judge_drain(s, record, state->plan->file.quiet_for_ms);
    }
}

static void judge_done(struct story *s)
{
    struct rehearsal *r = s->r;
    int percent = rehearsal_percent(r);
    if (s->changed_since_shown)
        return;
    if (s->reverting ? !r->cutover.outcome.confirmed
                     : plan_is_possible(r->cutover.state->plan) && percent != 100)
        story_wrong(s, "it says done, but %d %% are on the target", percent);
}

static void judge_confirmed(struct story *s)
{
    struct arena arena = {0};
    struct routing live = sim_routing(&s->r->sim, &arena);
    bool back = routing_equal(&live, &s->r->cutover.state->origin.routing);
    arena_clear(&arena);
    if (!back && !s->changed_since_shown)
        story_wrong(s, "the way back is confirmed, but the traffic is not back");
}

static void judge_drift(struct story *s)
{
    if (s->sent_since_shown)
        story_wrong(s, "something was sent after the drift was seen");
    bool outlived = s->r->cutover.has_saved && s->went_back; /* the saved plan, by a revert */
    if (!s->foreign && !s->r->sim.stale_at && !outlived)
        story_wrong(s, "drift, but nobody else changed anything");
}

/* Both sides of these worlds are alike: what fails is a target whose tasks somebody took away, or
 * that do not start. */
static void judge_stopped(struct story *s)
{
    const struct gate_failure *open = state_open_failure(s->r->cutover.state);
    if (!open || !(s->ever_foreign || s->unready))
        story_wrong(s, "a gate failed, and nothing was wrong with the target");
    if (rehearsal_percent(s->r) == 0 && !s->ever_foreign)
        story_wrong(s, "a gate failed, and the target has no traffic");
}

/* The world is asked whether the exit code is true. */
static void judge_exit(struct story *s, enum exit_code code)
{
    const struct outcome *outcome = &s->r->cutover.outcome;
    switch (code) {
    case EXIT_DONE:
        judge_done(s);
        break;
    case EXIT_ERROR:
    case EXIT_BLOCKED:
        if (s->applied)
            story_wrong(s, "it says that nothing was changed, but %u requests were carried out",
                        s->applied);
        break;
    case EXIT_DRIFT:
        judge_drift(s);
        break;
    case EXIT_LOCKED:
        if (!s->lock_lost)
            story_wrong(s, "it says that the lock was lost");
        break;
    case EXIT_INCOMPLETE:
        if (s->reverting && !outcome->confirmed && state_changed_anything(s->r->cutover.state) &&
            outcome->end != RUN_INTERRUPTED)
            story_wrong(s, "a way back that is not confirmed says no more than incomplete");
        break;
    case EXIT_GATE_REVERTED: /* confirmed: see judge_confirmed */
        s->tally->taken_back++;
        break;
    case EXIT_GATE_STOPPED:
        judge_stopped(s);
        break;
    case EXIT_REVERT_UNCONFIRMED:
        break;
    default:
        story_wrong(s, "exit code %d", (int)code);
    }
}

/* With every time-out used up, and what reading back takes. */
static void judge_duration(struct story *s, int64_t took_ms)
{
    int64_t shortest, longest;
    char text[TIME_TEXT_SIZE];
    plan_duration(s->r->cutover.state->plan, &shortest, &longest);
    longest += 15 * MINUTE_MS;
    if (s->second_operator_at)
        longest *= 2;
    if (took_ms > longest)
        story_wrong(s, "it took %s", duration_format(text, took_ms));
}

/* What the state can know of: a revert's request that comes late is none of the cutover that begins
 * after it. */
static void count_applied(struct story *s)
{
    const struct sim *sim = &s->r->sim;
    bool unrecorded = s->reverting && s->write_failed && sim->performs;
    if (unrecorded) /* it went back, and the state does not know */
        s->foreign = s->ever_foreign = true;
    else
        s->applied += sim->applied - s->inherited;
    s->inherited = 0;
    if (!s->late_of_before || sim->late.due_at == s->late_of_before)
        return;
    s->late_of_before = 0;
    s->applied -= s->applied > 0;
}

void story_judge_run(struct story *s, int64_t began_at)
{
    struct rehearsal *r = s->r;
    const struct outcome *outcome = &r->cutover.outcome;
    note_fallback(s);
    enum direction direction = s->reverting ? INVERSE : FORWARD;
    count_applied(s);
    if (outcome->end == RUN_OPEN && r->sim.dead)
        return; /* before it began */
    if (outcome->end == RUN_OPEN || !*outcome->why)
        story_wrong(s, "the run has no end, or does not say why");
    judge_origin(s);
    judge_duration(s, r->sim.now - began_at);
    if (r->sim.dead)
        return; /* nobody is there to say anything */
    judge_drains(s);
    if (outcome->confirmed)
        judge_confirmed(s);
    bool changed = state_changed_anything(r->cutover.state);
    judge_exit(s, r->cutover.fell_back ? exit_of_fall_back(outcome)
                                       : exit_of_outcome(direction, outcome, changed));
}
