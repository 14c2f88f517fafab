#include "tests/unit.h"

#include "planner/base/memory.h"
#include "planner/base/time.h"
#include "tests/fault/kill_tree.h"

/*
 * The process is killed at every point of plan, apply and revert, and again in what recovers it
 * (kill_tree.h). After each kill and each end:
 *
 *   - 0 lost records, 0 doubled effects (tests/sim/ledger.h);
 *   - an apply that goes on arrives where an undisturbed one does;
 *   - a revert is at the origin, byte for byte;
 *   - who had pressed `r` has the traffic back, also from an apply that was killed behind it.
 */

static const char smallest[] = "switchover: 1\nstage: sandbox\nbaseline: 1m\n"
                               "traffic: {steps: [{target: 100, hold: 0s}]}\n"
                               "drain: {quiet_for: 0s, timeout: 1h}\n";

/* Every kind of action, as short as each may be: scale, baseline, a partial shift, its hold under
 * gates, the last shift and its hold, a drain; back again with a drain and the target's count. */
static const char whole[] = "switchover: 1\nstage: sandbox\nbaseline: 1m\n"
                            "gates: {min_requests: 1, on_failure: revert}\n"
                            "traffic: {steps: [{target: 10, hold: 6m}, {target: 100, hold: 6m}]}\n"
                            "drain: {quiet_for: 1m, timeout: 1h}\n"
                            "revert: {restore_counts: true}\n";

/* The traffic moves in two steps, and the gates that fail have it taken back, or stop. */
static const char reverting[] = "switchover: 1\nstage: sandbox\nbaseline: 1m\n"
                                "gates: {min_requests: 1, on_failure: revert}\n"
                                "traffic: {steps: [{target: 50, hold: 6m}, {target: 100, hold: "
                                "0s}]}\n"
                                "drain: {quiet_for: 0s, timeout: 1h}\n";
static const char stopping[] = "switchover: 1\nstage: sandbox\nbaseline: 1m\n"
                               "gates: {min_requests: 1, on_failure: stop}\n"
                               "traffic: {steps: [{target: 50, hold: 6m}, {target: 100, hold: "
                               "0s}]}\n"
                               "drain: {quiet_for: 0s, timeout: 1h}\n";

/* ---- the worlds ---- */

/* Few clients, and tasks that are there within seconds: what is told thousands of times is the run,
 * not the traffic. One listener, so that the target's count can go back. */
static void quick(struct world_setup *setup)
{
    static const struct listener_setup listener = {
        .port = 9200, .https = true, .weights = {1, 0, -1}};
    setup->conditions.requests_per_second = 1;
    setup->history_ms = 5 * MINUTE_MS;
    setup->task_start_min_ms = setup->task_start_max_ms = SECOND_MS;
    setup->registration_ms = SECOND_MS;
    setup->listeners = &listener;
    setup->listener_count = 1;
    for (int group = 0; group < ARM_COUNT; group++) {
        struct group_attributes *attributes = &setup->groups[group].attributes;
        attributes->health_interval_s = attributes->healthy_threshold = 1;
        attributes->deregistration_delay_s = 1;
    }
}

/* Its target answers nothing but 5XX. */
static void failing(struct world_setup *setup)
{
    quick(setup);
    setup->conditions.groups[ARM_TARGET].rate_5xx = 1;
}

/* ---- what was before ---- */

static void set_errors(struct sim *sim, double rate)
{
    struct conditions conditions = sim->world->conditions;
    conditions.groups[ARM_TARGET].rate_5xx = rate;
    world_set_conditions(sim->world, &conditions);
}

static void applied(struct rehearsal *r)
{
    (void)cutover_apply(&r->cutover);
}

/* A gate failed and the run stopped; then the target was mended. */
static void failed_and_mended(struct rehearsal *r)
{
    assert_int_equal(cutover_apply(&r->cutover), RUN_GATE_FAILED);
    assert_false(rehearsal_is_at_origin(r));
    set_errors(&r->sim, 0);
}

static void stop_in_hold(struct sim *sim)
{
    if (sim_logged(sim, "wait hold[50%]"))
        sim->interrupted = true;
}

/* Stopped in its first hold; while nobody looked on, the target went bad. */
static void failing_unseen(struct rehearsal *r)
{
    r->sim.at_point = stop_in_hold;
    assert_int_equal(cutover_apply(&r->cutover), RUN_INTERRUPTED);
    r->sim.at_point = NULL;
    assert_int_equal(rehearsal_percent(r), 50);
    set_errors(&r->sim, 1);
    sim_advance(&r->sim, 7 * MINUTE_MS);
}

/* ---- the ends ---- */

/* The world, and what the records say is done; not when. */
static char *describe_end(const struct scene *scene, enum run_end end)
{
    const struct state *state = scene->r.cutover.state;
    struct text out = {0};
    struct arena arena = {0};
    struct routing live = sim_routing(&scene->r.sim, &arena);
    text_addf(&out, "%s, ", run_end_name(end));
    for (size_t i = 0; i < live.member_count; i++)
        text_addf(&out, "%s=%s ", live.members[i].path, live.members[i].value);
    for (int arm = 0; arm < ARM_COUNT; arm++)
        text_addf(&out, "%s %lld, ", arm_name((enum arm)arm),
                  (long long)scene->r.sim.world->services[arm].desired);
    for (size_t i = 0; state && i < state->plan->action_count && !state->ended; i++)
        if (!state_is_done(state, FORWARD, state->plan->actions[i].address))
            text_addf(&out, "%s not done, ", state->plan->actions[i].address);
    text_add(&out, !state ? "" : state->ended ? "taken back, " : "");
    text_add(&out, state && state->has_baseline ? "measured" : "not measured");
    arena_clear(&arena);
    return text_steal(&out);
}

/* An apply's, where nothing happens to it. */
static char *undisturbed_end(struct kill_tale *tale)
{
    struct scene *scene = memory_new(sizeof *scene);
    struct kill_story story = *tale->story, *own = &story;
    if (own->way != WAY_APPLY)
        own->before = NULL;
    tale->story = own;
    scene_begin(scene, tale);
    char *end = describe_end(scene, scene_run(scene, WAY_APPLY));
    scene_end(scene);
    free(scene);
    return end;
}

/* Somebody wanted the traffic back, and the run that was to take it died before it had. */
static bool is_recalled(const struct scene *scene)
{
    struct state *stored = cutover_stored(&scene->r.cutover);
    bool recalled = false, back = false;
    for (size_t i = 0; stored && i < stored->run_count; i++)
        if (stored->runs[i].end != RUN_OPEN)
            recalled = stored->runs[i].end == RUN_RECALLED;
    for (size_t i = 0; recalled && i < stored->record_count; i++) {
        const struct record *record = &stored->records[i];
        back = record->kind == ACTION_SHIFT && record->direction == INVERSE &&
               record->phase == PHASE_DONE;
    }
    state_free(stored);
    return recalled && !back;
}

static void judge_back(struct kill_tale *tale, struct scene *scene, enum run_end end)
{
    if (!rehearsal_is_at_origin(&scene->r) || end != RUN_DONE ||
        !scene->r.cutover.outcome.confirmed)
        kill_wrong(tale, scene, "not at the origin: %s, %s", run_end_name(end),
                   scene->r.cutover.outcome.why);
}

static void judge_apply(struct kill_tale *tale, const struct scene *before, struct scene *scene,
                        enum run_end end)
{
    /* Who ended a hold early has answered for what it would have shown. */
    bool cut_short = tale->steps[0].disturbance == BY_KEY_C;
    if (is_recalled(before)) {
        judge_back(tale, scene, end);
        return;
    }
    char *there = describe_end(scene, end);
    if (strcmp(there, tale->user) != 0 && !(cut_short && end == RUN_DONE))
        kill_wrong(tale, scene, "%s\nat %s\nnot %s", scene->r.cutover.outcome.why, there,
                   (const char *)tale->user);
    free(there);
}

static void judge_revert(struct kill_tale *tale, struct scene *scene, enum run_end end)
{
    const struct state *state = scene->r.cutover.state;
    int64_t count = scene->r.sim.world->services[ARM_TARGET].desired;
    judge_back(tale, scene, end);
    if (!state->ended)
        kill_wrong(tale, scene, "the lineage is open");
    else if (state->plan->file.restore_counts && count != state->origin.desired[ARM_TARGET])
        kill_wrong(tale, scene, "the target is left at %lld", (long long)count);
}

/* Heard, it has the traffic back, if anything was shifted. Pressed when nobody listened any more it
 * is not held against the run. */
static void judge_recalled(struct kill_tale *tale, struct scene *scene, enum run_end end)
{
    const struct cutover *cutover = &scene->r.cutover;
    if (scene->r.sim.wish) {
        tale->counts.unheard++;
        return;
    }
    if (cutover->fell_back)
        judge_back(tale, scene, end);
    else if (!rehearsal_is_at_origin(&scene->r) || end != RUN_INTERRUPTED)
        kill_wrong(tale, scene, "the key r had no effect: %s, %s", run_end_name(end),
                   cutover->outcome.why);
}

static void judge(struct kill_tale *tale, const struct scene *before, struct scene *after,
                  enum way way, enum run_end end)
{
    enum disturbance by = tale->steps[tale->step_count - 1].disturbance;
    if (by == BY_KEY_R && way == WAY_APPLY)
        judge_recalled(tale, after, end);
    else if (by)
        return; /* its books were checked; what recovers from it is judged */
    else if (way == WAY_APPLY)
        judge_apply(tale, before, after, end);
    else if (way == WAY_REVERT && after->r.sim.has_stored)
        judge_revert(tale, after, end);
    else if (!rehearsal_is_at_origin(&after->r) || after->ledger.sending_count)
        kill_wrong(tale, after, "something was sent, and nothing is stored");
}

/* ---- telling ---- */

static void tell(const struct kill_story *story, struct kill_sample sample)
{
    struct kill_tale tale = {.story = story, .sample = sample, .judge = judge};
    const struct kill_counts *n = &tale.counts;
    tale.user = undisturbed_end(&tale);
    tale.story = story;
    kill_tell(&tale, 2);
    print_message(
        "kills: %s: %lu of %lu points and %lu of %lu repeats; %lu of %lu pairs and %lu of %lu of "
        "repeats; a signal, a request to stop and each key %lu times, killed %lu times behind "
        "that, and %lu times again (%lu keys unheard); %lu worlds, %lu ends, %u lost records, %u "
        "doubled effects\n",
        story->name, n->points_told, n->points, n->repeats_told, n->repeats, n->pairs_told,
        n->pairs, n->pair_repeats_told, n->pair_repeats, n->disturbed, n->disturbed_kills,
        n->disturbed_pairs, n->unheard, n->worlds, n->ends, n->lost, n->doubled);
    assert_int_equal(tale.failures, 0);
    free(tale.user);
}

/* Under the sanitizers everything takes four times as long, and is shown less of it. */
#ifdef __SANITIZE_ADDRESS__
static const struct kill_sample of_small = {1, 1, 11, 11, 7, 7, 7, 1};
static const struct kill_sample of_stories = {5, 0, 499, 0, 31, 0, 31, 1};
#else
static const struct kill_sample of_small = {1, 1, 1, 1, 1, 1, 1, 2};
static const struct kill_sample of_stories = {1, 97, 199, 0, 13, 0, 29, 1};
#endif
static const struct kill_sample of_stories_long = {1, 16, 1, 256, 1, 16, 1, 1};

static const struct kill_story small_stories[] = {
    {"plan", smallest, false, false, quick, NULL, WAY_PLAN},
    {"apply", smallest, false, false, quick, NULL, WAY_APPLY},
    {"apply of a saved plan", smallest, false, true, quick, NULL, WAY_APPLY},
    {"revert", smallest, false, false, quick, applied, WAY_REVERT},
};

static void a_small_cutover_killed_twice_anywhere(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(small_stories); i++)
        tell(&small_stories[i], of_small);
}

static struct kill_story stories[] = {
    {"apply of all kinds", whole, false, false, quick, NULL, WAY_APPLY},
    {"revert of all kinds", whole, false, false, quick, applied, WAY_REVERT},
    {"apply whose gate fails, and reverts", reverting, false, false, failing, NULL, WAY_APPLY},
    {"apply whose gate fails, and stops", stopping, false, false, failing, NULL, WAY_APPLY},
    {"apply of an accepted gate", stopping, false, false, failing, failed_and_mended, WAY_APPLY},
    {"apply that judges missed minutes", reverting, false, false, quick, failing_unseen, WAY_APPLY},
    {"apply until shifted", reverting, true, false, quick, NULL, WAY_APPLY},
};

static void a_story_killed_twice(void **state)
{
    tell(*state, getenv("TESTS_LONG") ? of_stories_long : of_stories);
}

/* ---- the machinery itself ---- */

struct keys_of {
    unsigned char keys[512][DIGEST_SIZE];
    unsigned count;
};

static void note_key(struct sim *sim)
{
    struct scene *scene = sim->user;
    struct keys_of *keys = scene->tale->user;
    ledger_bring_up(&scene->ledger);
    assert_true(keys->count < COUNT(keys->keys));
    scene_key(scene, keys->keys[keys->count++]);
}

/* A process that really dies at a point, or behind it, leaves what the tree went on from. */
static void the_dead_leave_what_is_told_of(void **state)
{
    (void)state;
    unsigned points = 0;
    for (size_t i = 1; i < COUNT(small_stories); i++) {
        struct keys_of *keys = memory_new(sizeof *keys);
        struct kill_tale tale = {.story = &small_stories[i], .user = keys};
        struct scene *root = memory_new(sizeof *root), *scene = memory_new(sizeof *scene);
        unsigned char key[DIGEST_SIZE];
        scene_begin(root, &tale);
        scene_copy(scene, root);
        scene->r.sim.user = scene;
        scene->r.sim.at_point = note_key;
        (void)scene_run(scene, tale.story->way);
        note_key(&scene->r.sim);
        scene_end(scene);
        for (unsigned at = 1; at < keys->count; at++)
            for (int behind = 0; behind < 2; behind++) {
                scene_copy(scene, root);
                scene->r.sim.die_at = at;
                scene->r.sim.die_after = behind;
                (void)scene_run(scene, tale.story->way);
                scene_key(scene, key);
                assert_true(scene->r.sim.dead);
                assert_memory_equal(key, keys->keys[at - 1 + (unsigned)behind], DIGEST_SIZE);
                scene_end(scene);
                points++;
            }
        assert_true(keys->count > 10);
        scene_end(root);
        free(root);
        free(scene);
        free(keys);
    }
    print_message("kills: %u real deaths leave what is told of\n", points);
}

int main(int argc, char **argv)
{
    struct CMUnitTest tests[COUNT(stories) + 2] = {
        cmocka_unit_test(the_dead_leave_what_is_told_of),
        cmocka_unit_test(a_small_cutover_killed_twice_anywhere),
    };
    for (size_t i = 0; i < COUNT(stories); i++)
        tests[i + 2] = (struct CMUnitTest){.name = stories[i].name,
                                           .test_func = a_story_killed_twice,
                                           .initial_state = &stories[i]};
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
