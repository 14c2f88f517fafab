#include "tests/unit.h"

#include <stdlib.h>

#include "planner/base/time.h"
#include "tests/sim/cutover.h"

/*
 * Applies and reverts in any order, with stops, deaths, lost answers, refusals, failing disks,
 * reads and locks, and somebody else who changes things. Whatever comes of it:
 *
 *   - nothing is sent without its intent in the store (but the way back to the source, when the
 * store has failed), nor after the lock was lost, nor forward after a failed write;
 *   - forward never sends what live already holds;
 *   - the origin stays what it was before the first change;
 *   - a revert at the end is at the origin, or says that it is not.
 *
 * One number makes a whole story: test_planner_executor_random SEED tells it,
 * FIRST COUNT tells many more.
 */

enum { SEEDS = 100, STEPS_MAX = 5 };

static const char *const files[] = {
    "switchover: 1\nstage: sandbox\nbaseline: 5m\n"
    "traffic: {steps: [{target: 10, hold: 0s}, {target: 100, hold: 0s}]}\n"
    "drain: {quiet_for: 0s, timeout: 1h}\n",
    "switchover: 1\nstage: sandbox\nbaseline: 5m\ntraffic: {steps: [{target: 100, hold: 0s}]}\n"
    "drain: {quiet_for: 1m, timeout: 5m}\n",
    "switchover: 1\nstage: sandbox\nbaseline: 5m\nlistener: {port: 9200}\n"
    "traffic: {steps: [{target: 50, hold: 0s}, {target: 100, hold: 0s}]}\n"
    "drain: {quiet_for: 0s, timeout: 1h}\nrevert: {restore_counts: true}\n",
};

struct story {
    uint64_t random;
    unsigned seed;
    struct rehearsal *r;
    bool (*perform)(void *, struct receipt *, const struct subject *, const struct mutation *,
                    struct error *);
    bool reverting;
    bool moved;     /* somebody else changed the weights, if only to the same shares */
    bool has_begun; /* a request of this lineage went out: its origin is fixed */
    struct arena arena;
    struct routing origin;
};

static unsigned draw(struct story *s, unsigned below)
{
    s->random = s->random * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(s->random >> 33) % below;
}

static bool happens(struct story *s, unsigned in)
{
    return draw(s, in) == 0;
}

static void wrong(struct story *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void wrong(struct story *s, const char *format, ...)
{
    struct text what = {0};
    va_list ap;
    va_start(ap, format);
    text_vaddf(&what, format, ap);
    va_end(ap);
    fprintf(stderr, "%s", text_cstr(&s->r->sim.log));
    fail_msg("seed %u: %s", s->seed, text_cstr(&what));
}

/* ---- what is sent ---- */

static bool says_the_same(const struct record *record, const struct mutation *mutation)
{
    if (record->phase != PHASE_INTENDED)
        return false;
    if (mutation->kind == MUTATION_COUNT)
        return record->kind == ACTION_SCALE && record->arm == mutation->arm &&
               record->after.count == mutation->count;
    return record->kind == ACTION_SHIFT &&
           routing_identical(&record->after.routing, mutation->routing);
}

static void keep_origin(struct story *s, const struct state *stored)
{
    if (s->has_begun)
        return;
    s->has_begun = true;
    routing_copy(&s->origin, &s->arena, &stored->origin.routing);
}

static void find_intent(struct story *s, const struct mutation *mutation)
{
    struct sim *sim = &s->r->sim;
    struct state *stored = NULL;
    struct error err;
    bool intended = false;
    if (!sim->has_stored || !state_read(&stored, "stored", sim->stored.data, sim->stored.len, &err))
        wrong(s, "sent before anything was stored");
    for (size_t i = 0; i < stored->record_count; i++)
        intended = intended || says_the_same(&stored->records[i], mutation);
    keep_origin(s, stored);
    state_free(stored);
    if (!intended)
        wrong(s, "sent without an intent in the store");
}

static void is_not_there_yet(struct story *s, const struct mutation *mutation)
{
    struct sim *sim = &s->r->sim;
    struct arena arena = {0};
    struct routing live = sim_routing(sim, &arena);
    bool there = mutation->kind == MUTATION_COUNT
                     ? sim->world->services[mutation->arm].desired >= mutation->count
                     : routing_equal(&live, mutation->routing);
    arena_clear(&arena);
    if (there)
        wrong(s, "sent forward what live already holds");
}

static bool perform(void *self, struct receipt *out, const struct subject *subject,
                    const struct mutation *mutation, struct error *err)
{
    struct sim *sim = self;
    struct story *s = sim->user;
    bool unwritable = sim->fail_replace_at && sim->replaces >= sim->fail_replace_at;
    if (sim->dead)
        return s->perform(self, out, subject, mutation, err);
    bool restores = mutation->kind == MUTATION_COUNT && mutation->arm == ARM_TARGET;
    if (unwritable && (!s->reverting || restores))
        wrong(s, "sent after a failed write");
    if (sim->lose_lock_at && sim->lock_questions >= sim->lose_lock_at)
        wrong(s, "sent after the lock was lost");
    if (sim->lock_questions <= sim->performs)
        wrong(s, "sent without asking whether the lock is ours");
    if (!unwritable)
        find_intent(s, mutation);
    if (!s->reverting)
        is_not_there_yet(s, mutation);
    return s->perform(self, out, subject, mutation, err);
}

/* ---- what goes wrong ---- */

static void interfere(struct sim *sim)
{
    struct story *s = sim->user;
    switch (draw(s, 4)) {
    case 0:
        sim_set_desired(sim, ARM_TARGET, draw(s, 4));
        break;
    case 1:
        sim_set_desired(sim, ARM_SOURCE, 1 + draw(s, 3));
        break;
    default:
        s->moved = true;
        sim_set_weights(sim, (int)draw(s, 3), (int)draw(s, 3), -1);
    }
}

/* Only where the executor waits: the gap between its read and its request is what cannot be closed.
 */
static void interfere_sometimes(struct sim *sim)
{
    if (text_ends(sim->point_kinds.data, "w") && happens(sim->user, 60))
        interfere(sim);
}

/* The earlier points are the more interesting: later ones are waits. */
static unsigned some_point(struct story *s)
{
    return 1 + draw(s, 1 + draw(s, 1 + draw(s, 250)));
}

static void let_something_go_wrong(struct story *s)
{
    struct sim *sim = &s->r->sim;
    sim->interrupt_at = happens(s, 4) ? some_point(s) : 0;
    sim->die_at = happens(s, 4) ? some_point(s) : 0;
    sim->die_after = happens(s, 2);
    sim->lose_answer_at = happens(s, 3) ? 1 + draw(s, 3) : 0;
    sim->lose_answers = 1 + draw(s, 3);
    sim->lose_after = happens(s, 2);
    sim->refuse_at = happens(s, 6) ? 1 + draw(s, 3) : 0;
    sim->ignore_at = happens(s, 6) ? 1 + draw(s, 3) : 0;
    sim->fail_replace_at = happens(s, 8) ? 1 + draw(s, 8) : 0;
    sim->lose_lock_at = happens(s, 8) ? 1 + draw(s, 3) : 0;
    sim->stop_at = happens(s, 8) ? some_point(s) : 0;
    sim->at_point = happens(s, 4) ? interfere_sometimes : NULL;
}

/* Between plan and run. */
static void go_wrong_from_here(struct sim *sim)
{
    struct story *s = sim->user;
    sim->fail_observe_from = happens(s, 4) ? 1 + draw(s, 12) : 0;
    sim->fail_observe_count = 1 + draw(s, 40);
    if (happens(s, 6))
        interfere(sim);
}

/* ---- the steps ---- */

static void check_origin(struct story *s)
{
    const struct state *state = s->r->cutover.state;
    if (!state_changed_anything(state)) { /* refused: the next apply takes it anew */
        s->has_begun = false;
        arena_clear(&s->arena);
    }
    if (s->has_begun && !routing_identical(&state->origin.routing, &s->origin))
        wrong(s, "the origin was overwritten");
}

static void check_revert(struct story *s, enum run_end end)
{
    struct rehearsal *r = s->r;
    struct routing live = sim_routing(&r->sim, &r->arena);
    bool back = routing_equal(&live, &r->cutover.state->origin.routing);
    bool confirmed = r->cutover.outcome.confirmed;
    if (r->sim.at_point || r->sim.dead)
        return; /* who changes it meanwhile, or dies, changes what is true */
    if ((end == RUN_DONE && !confirmed) || (confirmed && !back))
        wrong(s, "%s and %s, but the traffic is %s: %s", run_end_name(end),
              confirmed ? "confirmed" : "not confirmed", back ? "back" : "not back",
              r->cutover.outcome.why);
}

static void one_step(struct story *s, bool revert)
{
    struct rehearsal *r = s->r;
    struct state *stored = cutover_stored(&r->cutover);
    s->reverting = revert;
    if (!revert && stored && stored->ended) {
        s->has_begun = false;
        arena_clear(&s->arena);
    }
    state_free(stored);
    enum run_end end = revert ? cutover_revert(&r->cutover) : cutover_apply(&r->cutover);
    if (end == RUN_OPEN && r->sim.dead)
        return; /* before it began */
    if (end == RUN_OPEN)
        wrong(s, "the run has no end");
    check_origin(s);
    if (revert)
        check_revert(s, end);
}

static void the_last_revert(struct story *s)
{
    struct rehearsal *r = s->r;
    sim_forget(&r->sim);
    r->cutover.between = NULL;
    one_step(s, true);
    struct routing live = sim_routing(&r->sim, &r->arena);
    if (r->cutover.outcome.end == RUN_DONE && !s->moved &&
        !routing_identical(&live, &r->cutover.state->origin.routing))
        wrong(s, "the last revert is not at the origin to the byte");
    if (!r->cutover.outcome.confirmed && r->cutover.outcome.end != RUN_BLOCKED)
        wrong(s, "nothing was in the way of the last revert: %s", r->cutover.outcome.why);
}

static void tell_story(unsigned seed)
{
    void *own;
    rehearsal_set_up(&own);
    struct story s = {.random = seed * 2654435761u + 1, .seed = seed, .r = own};
    s.r->setup.conditions.requests_per_second = 1;
    if (happens(&s, 2))
        s.r->setup.services[ARM_TARGET].desired = 2;
    rehearsal_begin(s.r, files[draw(&s, COUNT(files))]);
    struct sim *sim = &s.r->sim;
    s.perform = sim->cloud.perform;
    sim->cloud.perform = perform;
    sim->user = &s;
    for (unsigned steps = 1 + draw(&s, STEPS_MAX); steps > 0; steps--) {
        sim_forget(sim);
        let_something_go_wrong(&s);
        s.r->cutover.between = go_wrong_from_here;
        s.r->cutover.skip_read = happens(&s, 6);
        one_step(&s, sim->has_stored && happens(&s, 3));
        s.r->cutover.skip_read = false;
    }
    if (sim->has_stored)
        the_last_revert(&s);
    arena_clear(&s.arena);
    rehearsal_tear_down(&own);
}

static unsigned first = 1, count = SEEDS;

static void whatever_happens(void **state)
{
    (void)state;
    for (unsigned seed = first; seed < first + count; seed++)
        tell_story(seed);
    print_message("%u stories\n", count);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(whatever_happens)};
    if (argc > 1) {
        first = (unsigned)strtoul(argv[1], NULL, 10);
        count = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
