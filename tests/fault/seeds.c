#include "tests/unit.h"

#include <time.h>

#include "planner/base/time.h"
#include "tests/fault/story.h"

/*
 * Seeded stories over everything that can go wrong (story.h). test_fault_seeds SEED tells one, with
 * its log; FIRST COUNT tells many. The first of them are told twice, and must be the same to the
 * last point.
 */

/* What every run of the tests is held to is told in the plain build; the sanitizers, under which a
 * story takes three times as long, are shown fewer. */
#ifdef __SANITIZE_ADDRESS__
enum { STORIES = 2500, STORIES_LONG = 30000, TOLD_TWICE = 200 };
#else
enum { STORIES = 10000, STORIES_LONG = 200000, TOLD_TWICE = 1000 };
#endif
enum { STEPS_MAX = 3, STRICT_IN = 32 };

#define HEAD "switchover: 1\nstage: sandbox\nbaseline: 5m\ntarget: {ready_timeout: 4m}\n"

static const char *const files[] = {
    HEAD "traffic: {steps: [{target: 10, hold: 0s}, {target: 100, hold: 0s}]}\n"
         "drain: {quiet_for: 0s, timeout: 1h}\n",
    HEAD "traffic: {steps: [{target: 100, hold: 0s}]}\ndrain: {quiet_for: 1m, timeout: 8m}\n",
    HEAD "listener: {port: 9200}\n"
         "traffic: {steps: [{target: 50, hold: 0s}, {target: 100, hold: 0s}]}\n"
         "drain: {quiet_for: 0s, timeout: 1h}\nrevert: {restore_counts: true}\n",
    /* few clients, and metrics that are missing: what the gates cannot say keeps nobody */
    HEAD "gates: {min_requests: 1, on_inconclusive: continue}\n"
         "traffic: {steps: [{target: 10, hold: 6m}, {target: 100, hold: 0s}]}\n"
         "drain: {quiet_for: 0s, timeout: 1h}\n",
    /* its target answers nothing but 5XX: as soon as that is seen, the traffic goes back */
    HEAD "gates: {min_requests: 1, on_failure: revert, on_inconclusive: continue}\n"
         "traffic: {steps: [{target: 50, hold: 6m}, {target: 100, hold: 0s}]}\n"
         "drain: {quiet_for: 0s, timeout: 1h}\n",
};
enum { FAILING = COUNT(files) - 1 };

/* ---- a story's tools ---- */

uint64_t story_draw(struct story *s, unsigned below)
{
    s->random = s->random * 6364136223846793005u + 1442695040888963407u;
    return (s->random >> 33) % below;
}

bool story_happens(struct story *s, unsigned in)
{
    return story_draw(s, in) == 0;
}

void story_struck(struct story *s, enum fault fault)
{
    s->tally->faults[fault]++;
}

void story_wrong(struct story *s, const char *format, ...)
{
    struct text what = {0};
    va_list ap;
    va_start(ap, format);
    text_vaddf(&what, format, ap);
    va_end(ap);
    fprintf(stderr, "%s", text_cstr(&s->r->sim.log));
    fail_msg("seed %u: %s (%s: %s)", s->seed, text_cstr(&what),
             run_end_name(s->r->cutover.outcome.end), s->r->cutover.outcome.why);
}

/* ---- the steps ---- */

static void add_to_digest(struct story *s)
{
    struct sim *sim = &s->r->sim;
    struct text all = {0};
    text_addf(&all, "%s\n%s\n%s\n%s\n%lld\n", s->digest, text_cstr(&sim->log),
              text_cstr(&sim->point_kinds), s->r->cutover.outcome.why, (long long)sim_wall(sim));
    digest_sha256_hex(s->digest, all.data, all.len);
    text_clear(&all);
}

static enum run_end run(struct story *s, bool revert)
{
    struct rehearsal *r = s->r;
    story_begin_run(s, revert);
    int64_t began_at = r->sim.now;
    sim_log(&r->sim, "---- %s%s", revert ? "revert" : "apply",
            revert && r->cutover.skip_read ? " --now" : "");
    enum run_end end = revert ? cutover_revert(&r->cutover) : cutover_apply(&r->cutover);
    s->tally->runs++;
    s->tally->sent += r->sim.performs;
    s->tally->points += r->sim.points;
    s->tally->simulated_ms += r->sim.now - began_at;
    story_count(s);
    story_judge_run(s, began_at);
    add_to_digest(s);
    if (s->verbose)
        print_message("%s%s: %s\n", text_cstr(&r->sim.log), run_end_name(end),
                      r->cutover.outcome.why);
    return end;
}

/* Whoever goes on needs a moment; a request that is late has come by then. */
static void time_passes(struct story *s)
{
    sim_advance(&s->r->sim, 5 * SECOND_MS + (int64_t)story_draw(s, 2 * MINUTE_MS));
}

/* Planned anew. Somebody else's weights and counts may stand in its way, metrics that are missing,
 * and a clock that was wrong. */
static void resume_to_the_end(struct story *s)
{
    struct cutover *cutover = &s->r->cutover;
    enum run_end end = RUN_OPEN;
    if (cutover->has_saved)
        plan_clear(&cutover->saved);
    cutover->has_saved = false;
    for (int runs = 0; runs < 3 && end != RUN_DONE; runs++) {
        story_disarm(s);
        time_passes(s);
        end = run(s, false);
        if (end == RUN_FAILED)
            story_wrong(s, "nothing was in its way");
    }
    if (end != RUN_DONE && !s->ever_foreign && !s->unmeasured && !s->unready && !s->clock_was_set)
        story_wrong(s, "it never ends");
}

/* A fallback ends at the origin, or where no target of the source is healthy. */
static void go_back_at_last(struct story *s)
{
    struct rehearsal *r = s->r;
    story_disarm(s);
    time_passes(s);
    enum run_end end = run(s, true);
    const struct routing *origin = &r->cutover.state->origin.routing;
    struct arena arena = {0};
    struct routing live = sim_routing(&r->sim, &arena);
    bool back = routing_equal(&live, origin), identical = routing_identical(&live, origin);
    size_t serving = 0;
    for (size_t i = 0; i < r->sim.world->groups[ARM_SOURCE].target_count; i++)
        serving += r->sim.world->groups[ARM_SOURCE].targets[i].state == HEALTH_HEALTHY;
    arena_clear(&arena);
    if (end == RUN_BLOCKED && !serving)
        return;
    if (!back || !r->cutover.outcome.confirmed)
        story_wrong(s, "nothing was in the way of the last revert");
    if (end == RUN_DONE && !s->moved && !identical)
        story_wrong(s, "the last revert is not at the origin to the byte");
}

static void begin(struct story *s, struct tally *tally, unsigned seed)
{
    void *own;
    rehearsal_set_up(&own);
    *s = (struct story){
        .seed = seed, .random = seed * 2654435761u + 1, .r = own, .tally = tally, .ended = true};
    s->strict = seed % STRICT_IN == 0;
    story_set_up(s);
    size_t file = story_draw(s, COUNT(files));
    if (file == FAILING)
        s->r->setup.conditions.groups[ARM_TARGET].rate_5xx = 1;
    rehearsal_begin(s->r, files[file]);
    story_watch(s);
}

static void end(struct story *s)
{
    void *own = s->r;
    arena_clear(&s->shown_arena);
    arena_clear(&s->origin_arena);
    free(s->stored);
    rehearsal_tear_down(&own);
}

static void tell(struct story *s)
{
    struct sim *sim = &s->r->sim;
    if (story_happens(s, 8))
        cutover_plan(&s->r->cutover); /* a saved plan */
    for (unsigned steps = 1 + (unsigned)story_draw(s, STEPS_MAX); steps > 0; steps--) {
        story_arm(s);
        time_passes(s);
        run(s, sim->has_stored && story_happens(s, 3));
    }
    if (story_happens(s, 2))
        resume_to_the_end(s);
    if (sim->has_stored)
        go_back_at_last(s);
}

/* ---- many ---- */

static unsigned first = 1, count = STORIES;
static bool one_only;

static void digest_of(char out[DIGEST_HEX_SIZE], struct tally *tally, unsigned seed)
{
    struct story s;
    begin(&s, tally, seed);
    s.verbose = one_only;
    tell(&s);
    memcpy(out, s.digest, DIGEST_HEX_SIZE);
    end(&s);
}

static void report(const struct tally *tally, unsigned twice, const char *digest)
{
    struct text line = {0};
    for (int fault = 0; fault < STORY_FAULTS; fault++)
        text_addf(&line, "%s%s %lu", fault ? ", " : "", fault_names[fault], tally->faults[fault]);
    print_message("seeds: %u stories from %u on, %u of them told twice: %lu runs, %lu requests, "
                  "%lu points, %lu fallbacks confirmed, %lld simulated hours; digest %.16s\n",
                  count, first, twice, tally->runs, tally->sent, tally->points, tally->taken_back,
                  (long long)(tally->simulated_ms / HOUR_MS), digest);
    print_message("seeds: struck: %s\n", text_cstr(&line));
    text_clear(&line);
}

static void whatever_happens(void **state)
{
    struct tally tally = {0}, again = {0};
    char digest[DIGEST_HEX_SIZE], second[DIGEST_HEX_SIZE];
    struct text digests = {0};
    unsigned twice = one_only ? 0 : count < TOLD_TWICE ? count : TOLD_TWICE;
    (void)state;
    for (unsigned i = 0; i < count; i++) {
        digest_of(digest, &tally, first + i);
        text_add(&digests, digest);
        if (i >= twice)
            continue;
        digest_of(second, &again, first + i);
        if (strcmp(digest, second) != 0)
            fail_msg("seed %u: told twice it is not the same", first + i);
    }
    digest_sha256_hex(digest, digests.data, digests.len);
    text_clear(&digests);
    report(&tally, twice, digest);
    for (int fault = 0; fault < STORY_FAULTS && count >= STORIES; fault++)
        if (!tally.faults[fault])
            fail_msg("it never came to this: %s", fault_names[fault]);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(whatever_happens)};
    if (getenv("TESTS_LONG"))
        count = STORIES_LONG;
    if (argc > 1) {
        first = (unsigned)strtoul(argv[1], NULL, 10);
        count = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 1;
        one_only = argc == 2;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
