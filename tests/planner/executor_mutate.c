#include "tests/unit.h"

#include "tests/sim/cutover.h"

/* The transition protocol under everything that can happen to a request (DESIGN, section 5). */

static const char brief[] = "switchover: 1\nstage: sandbox\nbaseline: 10m\n"
                            "traffic: {steps: [{target: 10, hold: 6m}, {target: 100, hold: 0s}]}\n"
                            "drain: {quiet_for: 2m, timeout: 1h}\n";

/* ---- answers that never come ---- */

/* Which mutation loses its answer, how often, and whether it was carried out; what the world then
 * has carried out in all, and how the run ends. Three mutations in all. */
static void lost_answers_row_by_row(void **state)
{
    (void)state;
    static const struct {
        unsigned at, answers;
        bool carried_out;
        unsigned performs, applied;
        enum run_end end;
    } rows[] = {
        {1, 1, true, 3, 3, RUN_DONE}, /* found by reading */
        {2, 1, true, 3, 3, RUN_DONE},  {3, 1, true, 3, 3, RUN_DONE},
        {1, 1, false, 4, 3, RUN_DONE}, /* not there: sent again */
        {2, 1, false, 4, 3, RUN_DONE}, {3, 1, false, 4, 3, RUN_DONE},
        {2, 2, false, 5, 3, RUN_DONE}, {2, 3, false, 4, 1, RUN_FAILED}, /* the third is the last */
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        void *own;
        rehearsal_set_up(&own);
        struct rehearsal *r = own;
        rehearsal_begin(r, brief);
        r->sim.lose_answer_at = rows[i].at;
        r->sim.lose_answers = rows[i].answers;
        r->sim.lose_after = rows[i].carried_out;
        enum run_end end = cutover_apply(&r->cutover);
        if (end != rows[i].end || r->sim.performs != rows[i].performs ||
            r->sim.applied != rows[i].applied)
            fail_msg("row %zu: %s, %u sent, %u carried out\n%s", i, run_end_name(end),
                     r->sim.performs, r->sim.applied, r->sim.log.data);
        assert_int_equal(sim_count(&r->sim, "no answer came: it may or may not"), rows[i].answers);
        rehearsal_tear_down(&own);
    }
}

static void an_unknown_outcome_stays_unknown_until_it_is_read(void **state)
{
    struct rehearsal *r = *state;
    const struct routing *maybe;
    rehearsal_begin(r, brief);
    r->sim.lose_answer_at = 2;
    r->sim.lose_answers = 3;
    assert_int_equal(cutover_apply(&r->cutover), RUN_FAILED);
    assert_non_null(strstr(r->cutover.outcome.why, "shift[10%] was sent but is not confirmed"));
    assert_int_equal(state_find_record(r->cutover.state, FORWARD, "shift[10%]")->phase,
                     PHASE_INTENDED);
    state_expected_routing(r->cutover.state, &maybe);
    assert_non_null(maybe);

    /* It lands late, after all; the resumed run finds it and does not send it again. */
    sim_set_weights(&r->sim, 900, 100, -1);
    sim_forget(&r->sim);
    assert_int_equal(cutover_apply(&r->cutover), RUN_DONE);
    assert_int_equal(r->sim.performs, 1);
    state_expected_routing(r->cutover.state, &maybe);
    assert_null(maybe);
    const struct record *record = state_find_record(r->cutover.state, FORWARD, "shift[10%]");
    assert_int_equal(record->phase, PHASE_DONE);
    assert_string_equal(record->note, "no answer came; live was read and is as wanted");
}

static void die_behind_the_first_mutation(struct sim *sim)
{
    if (sim->performs == 1 && !sim->die_at)
        sim->die_at = sim->points;
}

/* What was carried out shows late: as long as reads may show what was before, nothing is sent
 * again, by the run that lost the answer, or by the one that goes on after it died. */
static void what_shows_late_is_not_sent_again(void **state)
{
    (void)state;
    for (unsigned row = 0; row < 4; row++) {
        void *own;
        rehearsal_set_up(&own);
        struct rehearsal *r = own;
        bool dies = row % 2;
        r->setup.services[ARM_TARGET].desired = row / 2 ? 2 : 0; /* a shift is first, or a count */
        rehearsal_begin(r, brief);
        r->sim.stale_at = 1;
        r->sim.stale_reads = dies ? 6 : 8;
        r->sim.lose_answer_at = 1;
        r->sim.lose_after = true;
        r->sim.at_point = dies ? die_behind_the_first_mutation : NULL;
        unsigned applied = 0;
        if (dies) {
            cutover_apply(&r->cutover);
            applied = r->sim.applied;
            unsigned stale = r->sim.stale_left;
            sim_forget(&r->sim);
            r->sim.stale_left = stale;
        }
        enum run_end end = cutover_apply(&r->cutover);
        applied += r->sim.applied;
        if (end != RUN_DONE || applied != (row / 2 ? 2 : 3))
            fail_msg("row %u: %s, %u carried out\n%s", row, run_end_name(end), applied,
                     r->sim.log.data);
        rehearsal_tear_down(&own);
    }
}

static void break_reads_at_the_second_mutation(struct sim *sim)
{
    if (text_ends(sim->point_kinds.data, "m") && sim->performs == 1)
        sim->fail_observe_from = 1;
}

static void without_answer_and_without_reads_the_run_ends_unknown(void **state)
{
    struct rehearsal *r = *state;
    rehearsal_begin(r, brief);
    r->sim.lose_answer_at = 2;
    r->sim.lose_after = true;
    r->sim.at_point = break_reads_at_the_second_mutation;
    r->sim.fail_observe_count = 100000;
    int64_t before = r->sim.now;
    assert_int_equal(cutover_apply(&r->cutover), RUN_FAILED);
    assert_int_equal(r->cutover.outcome.error.kind, ERROR_NETWORK);
    assert_true(r->sim.now - before < 5 * 60000);
    assert_int_equal(state_find_record(r->cutover.state, FORWARD, "shift[10%]")->phase,
                     PHASE_INTENDED);
    sim_forget(&r->sim);
    assert_int_equal(cutover_apply(&r->cutover), RUN_DONE);
    assert_int_equal(r->sim.performs, 1); /* shift[100%] only */
}

/* AWS says yes and nothing happens: never "done". */
static void an_answer_that_is_not_read_back_is_no_success(void **state)
{
    struct rehearsal *r = *state;
    rehearsal_begin(r, brief);
    r->sim.ignore_at = 2;
    int64_t before = r->sim.now;
    assert_int_equal(cutover_apply(&r->cutover), RUN_FAILED);
    assert_string_equal(r->cutover.outcome.why,
                        "shift[10%] was sent but is not confirmed after 30s: recorded: source 1, "
                        "target 0; live: source 1, target 0; wanted: source 900, target 100");
    assert_in_range(r->sim.now - before, 30000, 180000);
    assert_int_equal(state_find_record(r->cutover.state, FORWARD, "shift[10%]")->phase, PHASE_SENT);
}

/* Answered and not seen is no outcome either: what is resumed reads, and sends what is not there.
 */
static void what_was_never_read_back_is_settled_by_the_next_run(void **state)
{
    (void)state;
    for (int late = 0; late < 2; late++) {
        void *own;
        rehearsal_set_up(&own);
        struct rehearsal *r = own;
        rehearsal_begin(r, brief);
        r->sim.ignore_at = 2;
        assert_int_equal(cutover_apply(&r->cutover), RUN_FAILED);
        sim_forget(&r->sim);
        if (late)
            sim_set_weights(&r->sim, 900, 100, -1);
        assert_int_equal(cutover_apply(&r->cutover), RUN_DONE);
        assert_int_equal(r->sim.performs, late ? 1 : 2);
        assert_int_equal(state_find_record(r->cutover.state, FORWARD, "shift[10%]")->phase,
                         PHASE_DONE);
        rehearsal_tear_down(&own);
    }
}

static void die_behind_the_second(struct sim *sim)
{
    sim->die_after = true;
    if (sim->point_kind == 'm' && sim->performs == 1)
        sim->die_at = sim->points;
}

static void die_before_the_first(struct sim *sim)
{
    if (sim->point_kind == 'm')
        sim->die_at = sim->points;
}

/* The apply died behind its request, the revert before its own: live is what the apply sent. */
static void a_newer_unknown_outcome_hides_no_older_one(void **state)
{
    struct rehearsal *r = *state;
    rehearsal_begin(r, brief);
    r->sim.at_point = die_behind_the_second;
    cutover_apply(&r->cutover);
    assert_int_equal(rehearsal_percent(r), 10);
    sim_forget(&r->sim);
    r->sim.at_point = die_before_the_first;
    cutover_revert(&r->cutover);
    assert_int_equal(rehearsal_percent(r), 10);
    sim_forget(&r->sim);
    assert_int_equal(cutover_apply(&r->cutover), RUN_DONE);
    assert_int_equal(rehearsal_percent(r), 100);
}

static void somebody_else_writes(struct sim *sim)
{
    if (sim->performs == 2)
        sim_set_weights(sim, 500, 500, -1);
}

static void somebody_elses_write_in_the_gap_is_drift(void **state)
{
    struct rehearsal *r = *state;
    rehearsal_begin(r, brief);
    r->sim.ignore_at = 2;
    r->sim.at_point = somebody_else_writes;
    assert_int_equal(cutover_apply(&r->cutover), RUN_DRIFT);
    assert_string_equal(r->cutover.outcome.why,
                        "shift[10%] was sent, but live became something else: recorded: source 1, "
                        "target 0; live: source 500, target 500; wanted: source 900, target 100");
}

/* ---- refusals ---- */

static void a_refused_request_changes_nothing_and_ends_the_run(void **state)
{
    struct rehearsal *r = *state;
    rehearsal_begin(r, brief);
    r->sim.refuse_at = 1;
    assert_int_equal(cutover_apply(&r->cutover), RUN_FAILED);
    assert_int_equal(r->cutover.outcome.error.kind, ERROR_ACCESS);
    assert_string_equal(r->cutover.outcome.why, "not allowed: ecs:UpdateService");
    assert_false(r->cutover.outcome.sent_anything);
    assert_false(state_changed_anything(r->cutover.state));
    assert_int_equal(state_find_record(r->cutover.state, FORWARD, "scale[target]")->phase,
                     PHASE_REFUSED);
    sim_forget(&r->sim);
    assert_int_equal(cutover_apply(&r->cutover), RUN_DONE);
    assert_int_equal(r->sim.applied, 3);
}

/* The first request may have been carried out; that the second was refused does not undo it. */
static void a_refusal_does_not_settle_an_earlier_unknown_outcome(void **state)
{
    (void)state;
    for (int row = 0; row < 4; row++) {
        void *own;
        const struct routing *maybe;
        rehearsal_set_up(&own);
        struct rehearsal *r = own;
        bool resumed = row >= 2, lock = row % 2;
        rehearsal_begin(r, brief);
        r->sim.lose_answer_at = 2;
        r->sim.lose_answers = resumed ? 3 : 1;
        if (resumed) {
            assert_int_equal(cutover_apply(&r->cutover), RUN_FAILED);
            sim_forget(&r->sim);
        }
        r->sim.refuse_at = lock ? 0 : resumed ? 1 : 3;
        r->sim.lose_lock_at = !lock ? 0 : resumed ? 1 : 3;
        assert_int_equal(cutover_apply(&r->cutover), RUN_FAILED);
        assert_int_equal(r->cutover.outcome.error.kind, lock ? ERROR_LOCKED : ERROR_ACCESS);
        assert_int_equal(state_find_record(r->cutover.state, FORWARD, "shift[10%]")->phase,
                         PHASE_INTENDED);
        state_expected_routing(r->cutover.state, &maybe);
        assert_non_null(maybe);

        /* So the way back is sent although the listener looks as if it were there. */
        sim_forget(&r->sim);
        assert_int_equal(cutover_revert(&r->cutover), RUN_DONE);
        assert_int_equal(r->sim.performs, 1);
        rehearsal_tear_down(&own);
    }
}

static void land_before_the_refusal(struct sim *sim)
{
    if (sim->performs == 2 && text_ends(sim->point_kinds.data, "m"))
        sim_set_weights(sim, 900, 100, -1);
}

/* The lost request lands while the second is refused: done is done. */
static void what_landed_after_all_is_found_behind_a_refusal(void **state)
{
    struct rehearsal *r = *state;
    rehearsal_begin(r, brief);
    r->sim.lose_answer_at = 2;
    r->sim.refuse_at = 3;
    r->sim.at_point = land_before_the_refusal;
    assert_int_equal(cutover_apply(&r->cutover), RUN_DONE);
    assert_int_equal(rehearsal_percent(r), 100);
}

static void without_the_lock_nothing_is_sent(void **state)
{
    struct rehearsal *r = *state;
    rehearsal_begin(r, brief);
    r->sim.lose_lock_at = 2;
    assert_int_equal(cutover_apply(&r->cutover), RUN_FAILED);
    assert_int_equal(r->cutover.outcome.error.kind, ERROR_LOCKED);
    assert_int_equal(r->sim.performs, 1);
    assert_int_equal(rehearsal_percent(r), 0);
    assert_int_equal(state_find_record(r->cutover.state, FORWARD, "shift[10%]")->phase,
                     PHASE_REFUSED);
}

/* Nobody can say whether the lock is still ours: that stops what goes forward, and not the way
 * back. */
static void a_lock_that_cannot_be_seen_keeps_no_traffic(void **state)
{
    struct rehearsal *r = *state;
    rehearsal_begin(r, brief);
    r->sim.lose_lock_at = 2;
    r->sim.hide_lock = true;
    assert_int_equal(cutover_apply(&r->cutover), RUN_FAILED);
    assert_int_equal(r->cutover.outcome.error.kind, ERROR_STORAGE);
    assert_int_equal(r->sim.performs, 1);

    sim_forget(&r->sim);
    assert_int_equal(cutover_apply(&r->cutover), RUN_DONE);
    sim_forget(&r->sim);
    r->sim.lose_lock_at = 1;
    r->sim.hide_lock = true;
    assert_int_equal(cutover_revert(&r->cutover), RUN_DONE);
    assert_true(rehearsal_is_at_origin(r));
}

/* DESIGN, section 5: a traffic revert is still sent, its origin is already durable. */
static void a_fallback_needs_no_lock_that_the_disk_denies(void **state)
{
    struct rehearsal *r = *state;
    rehearsal_begin(r, brief);
    assert_int_equal(cutover_apply(&r->cutover), RUN_DONE);
    sim_forget(&r->sim);
    r->cutover.unlocked = true;
    assert_int_equal(cutover_revert(&r->cutover), RUN_FAILED);
    assert_true(rehearsal_is_at_origin(r) && r->cutover.outcome.confirmed);
    assert_int_equal(r->sim.replaces, 0);
    assert_true(r->sim.rescued.len > 0);
}

/* ---- drift: every recorded field, between plan and apply ---- */

static void set_weights(struct sim *sim)
{
    sim_set_weights(sim, 9, 1, -1);
}

static void set_to_target(struct sim *sim)
{
    sim_set_weights(sim, 0, 1, -1);
}

static void set_all_zero(struct sim *sim)
{
    sim_set_weights(sim, 0, 0, -1);
}

static void set_third_group(struct sim *sim)
{
    sim_set_weights(sim, 1, 0, 1);
}

static void set_single(struct sim *sim)
{
    sim_set_weights(sim, -1, 1, -1);
}

static void set_source_up(struct sim *sim)
{
    sim_set_desired(sim, ARM_SOURCE, 3);
}

static void set_source_down(struct sim *sim)
{
    sim_set_desired(sim, ARM_SOURCE, 1);
}

static void set_target_up(struct sim *sim)
{
    sim_set_desired(sim, ARM_TARGET, 1);
}

static void set_target_beyond(struct sim *sim)
{
    sim_set_desired(sim, ARM_TARGET, 5);
}

static void remove_service(struct sim *sim)
{
    sim->world->services[ARM_TARGET].found = false;
}

static void replace_listener(struct sim *sim)
{
    sim->world->listeners[0].arn = "arn:aws:elasticloadbalancing:us-east-1:111122223333:listener/x";
}

static void replace_group(struct sim *sim)
{
    sim->world->groups[ARM_TARGET].arn = "arn:aws:elasticloadbalancing:::targetgroup/x/y";
}

static void remove_listener(struct sim *sim)
{
    sim->world->listeners[0].port = 12345;
}

/* CloudWatch is asked again and again for a minute; meanwhile somebody moves the weights. */
static void measure_slowly(struct sim *sim)
{
    if (sim->measures == 1 && text_ends(sim->point_kinds.data, "s") && sim->performs == 0) {
        sim_advance(sim, 60000);
        sim_set_weights(sim, 500, 500, -1);
    }
}

static void what_was_read_a_minute_ago_is_read_again(void **state)
{
    struct rehearsal *r = *state;
    r->setup.services[ARM_TARGET].desired = 2; /* nothing to scale: one read is enough for all */
    rehearsal_begin(r, brief);
    r->sim.at_point = measure_slowly;
    assert_int_equal(cutover_apply(&r->cutover), RUN_DRIFT);
    assert_int_equal(r->sim.performs, 0);
    assert_non_null(strstr(r->cutover.outcome.why, "live: source 500, target 500"));
}

static bool is_behind_the_baseline(const struct sim *sim)
{
    return sim->point_kind == 'o' && sim_logged(sim, "done baseline") &&
           sim_count(sim, "aws:") == 0 && sim_count(sim, "somebody") == 0;
}

static void change_behind_the_baseline(struct sim *sim)
{
    if (!is_behind_the_baseline(sim))
        return;
    sim_log(sim, "somebody");
    sim_set_weights(sim, 1, 0, 0);
}

/* One read must not serve two actions: what somebody does between them would be overwritten. */
static void a_change_between_two_actions_is_seen(void **state)
{
    struct rehearsal *r = *state;
    r->setup.services[ARM_TARGET].desired = 2;
    r->setup.groups[WORLD_GROUP_OTHER].exists = true;
    rehearsal_begin(r, brief);
    r->sim.at_point = change_behind_the_baseline;
    assert_int_equal(cutover_apply(&r->cutover), RUN_DRIFT);
    assert_int_equal(r->sim.performs, 0);
    assert_int_equal(sim_count(&r->sim, "somebody"), 1);
}

static void make_our_shift(struct sim *sim)
{
    if (!is_behind_the_baseline(sim))
        return;
    sim_log(sim, "somebody");
    sim_set_weights(sim, 900, 100, -1);
}

/* Already as wanted is done (DESIGN, section 5), and then the state knows why the target has
 * weight: the cutover goes on from there, and back to where it was before. */
static void a_shift_made_by_somebody_else_is_ours(void **state)
{
    (void)state;
    for (int stopped = 0; stopped < 2; stopped++) {
        void *own;
        rehearsal_set_up(&own);
        struct rehearsal *r = own;
        r->setup.services[ARM_TARGET].desired = 2;
        rehearsal_begin(r, "switchover: 1\nstage: sandbox\nbaseline: 5m\n"
                           "traffic: {steps: [{target: 10, hold: 6m}, {target: 100, hold: 0s}]}\n"
                           "drain: {quiet_for: 0s, timeout: 1h}\n");
        r->sim.at_point = make_our_shift;
        r->sim.interrupt_at_wait = stopped ? 50 : 0;
        assert_int_equal(cutover_apply(&r->cutover), stopped ? RUN_INTERRUPTED : RUN_DONE);
        assert_true(sim_logged(&r->sim, "skip shift[10%]: already as wanted"));
        assert_int_equal(r->sim.performs, stopped ? 0 : 1);
        assert_true(state_changed_anything(r->cutover.state));

        sim_forget(&r->sim);
        if (stopped) {
            cutover_plan(&r->cutover);
            assert_false(plan_is_blocked(&r->cutover.saved));
            assert_false(r->cutover.saved.origin.assumed);
            assert_int_equal(cutover_apply(&r->cutover), RUN_DONE);
            assert_int_equal(r->sim.performs, 1);
        }
        assert_int_equal(rehearsal_percent(r), 100);
        assert_true(routing_identical(&r->cutover.state->origin.routing, &r->origin));
        assert_int_equal(cutover_revert(&r->cutover), RUN_DONE);
        assert_true(rehearsal_is_at_origin(r));
        rehearsal_tear_down(&own);
    }
}

static void same_ratio(struct sim *sim)
{
    sim_set_weights(sim, 100, 0, -1);
}

static void drift_row_by_row(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        void (*change)(struct sim *sim);
        enum run_end end;
        const char *why;
    } rows[] = {
        {"weights", set_weights, RUN_DRIFT,
         "the default action: recorded: source 1, target 0; live: source 9, target 1; wanted: "
         "source 900, target 100"},
        {"all to target", set_to_target, RUN_DRIFT, "live: source 0, target 1; wanted: source 900"},
        {"all zero", set_all_zero, RUN_DRIFT, "all weights of the default rule are zero"},
        {"third group", set_third_group, RUN_DRIFT, "live: source 1, target 0, "},
        {"single group", set_single, RUN_DRIFT, "live: source 0, target 1"},
        {"source up", set_source_up, RUN_DRIFT,
         "the source service: recorded: 2 desired; live: 3 desired; wanted: 2 desired"},
        {"source down", set_source_down, RUN_DRIFT,
         "the source service: recorded: 2 desired; live: 1 desired; wanted: 2 desired"},
        {"target up", set_target_up, RUN_DRIFT, "recorded: 0 desired; live: 1 desired; wanted: 2"},
        {"target beyond", set_target_beyond, RUN_DONE, ""},
        {"no service", remove_service, RUN_DRIFT, "live: no such service"},
        {"another listener", replace_listener, RUN_DRIFT, "the names lead to other resources"},
        {"another group", replace_group, RUN_BLOCKED, "ALBTargetProxy-sandbox-TG does not exist"},
        {"no listener", remove_listener, RUN_DRIFT, "no listener on port 9200"},
        {"the same ratio", same_ratio, RUN_DONE, ""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        void *own;
        rehearsal_set_up(&own);
        struct rehearsal *r = own;
        r->setup.groups[WORLD_GROUP_OTHER] = r->setup.groups[ARM_TARGET];
        r->setup.groups[WORLD_GROUP_OTHER].exists = true;
        rehearsal_begin(r, brief);
        r->cutover.between = rows[i].change;
        enum run_end end = cutover_apply(&r->cutover);
        if (end != rows[i].end || !strstr(r->cutover.outcome.why, rows[i].why))
            fail_msg("%s: %s, %s", rows[i].what, run_end_name(end), r->cutover.outcome.why);
        if (rows[i].end == RUN_DRIFT) {
            assert_int_equal(r->sim.performs, 0);
            assert_true(sim_logged(&r->sim, "drift "));
            assert_false(state_changed_anything(r->cutover.state));
        }
        rehearsal_tear_down(&own);
    }
}

/* The same in the middle of a cutover: what the records say counts, not what the plan was made on.
 */
static void drift_in_a_resumed_run_row_by_row(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        void (*change)(struct sim *sim);
        enum run_end saved, anew; /* a saved plan; a plan made anew from what is there, where one
                                     can be made (else RUN_OPEN) */
    } rows[] = {
        {"weights", set_weights, RUN_DONE, RUN_DONE}, /* 9:1 is 10 % */
        {"put back", same_ratio, RUN_DRIFT, RUN_DRIFT},
        {"all zero", set_all_zero, RUN_DRIFT, RUN_OPEN},
        {"third group", set_third_group, RUN_DRIFT, RUN_DRIFT},
        {"already there", set_to_target, RUN_DRIFT, RUN_DRIFT},
        {"source up", set_source_up, RUN_DRIFT, RUN_DONE}, /* the new plan scales along */
        {"target beyond", set_target_beyond, RUN_DONE, RUN_DONE},
    };
    for (size_t i = 0; i < 2 * COUNT(rows); i++) {
        void *own;
        bool saved = i % 2;
        enum run_end wanted = saved ? rows[i / 2].saved : rows[i / 2].anew;
        if (wanted == RUN_OPEN)
            continue;
        rehearsal_set_up(&own);
        struct rehearsal *r = own;
        r->setup.groups[WORLD_GROUP_OTHER] = r->setup.groups[ARM_TARGET];
        r->setup.groups[WORLD_GROUP_OTHER].exists = true;
        rehearsal_begin(r, brief);
        if (saved)
            cutover_plan(&r->cutover);
        r->sim.stop_at = 200;
        assert_int_equal(cutover_apply(&r->cutover), RUN_INTERRUPTED);
        assert_int_equal(rehearsal_percent(r), 10);
        rows[i / 2].change(&r->sim);
        sim_advance(&r->sim, 180000);
        sim_forget(&r->sim);
        enum run_end end = cutover_apply(&r->cutover);
        if (end != wanted)
            fail_msg("%s, %s: %s, %s", rows[i / 2].what, saved ? "saved" : "anew",
                     run_end_name(end), r->cutover.outcome.why);
        rehearsal_tear_down(&own);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, rehearsal_set_up, rehearsal_tear_down)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lost_answers_row_by_row),
        TEST(an_unknown_outcome_stays_unknown_until_it_is_read),
        TEST(without_answer_and_without_reads_the_run_ends_unknown),
        cmocka_unit_test(what_shows_late_is_not_sent_again),
        TEST(an_answer_that_is_not_read_back_is_no_success),
        cmocka_unit_test(what_was_never_read_back_is_settled_by_the_next_run),
        TEST(a_newer_unknown_outcome_hides_no_older_one),
        TEST(somebody_elses_write_in_the_gap_is_drift),
        TEST(a_refused_request_changes_nothing_and_ends_the_run),
        cmocka_unit_test(a_refusal_does_not_settle_an_earlier_unknown_outcome),
        TEST(what_landed_after_all_is_found_behind_a_refusal),
        TEST(without_the_lock_nothing_is_sent),
        TEST(a_lock_that_cannot_be_seen_keeps_no_traffic),
        TEST(a_fallback_needs_no_lock_that_the_disk_denies),
        TEST(what_was_read_a_minute_ago_is_read_again),
        TEST(a_change_between_two_actions_is_seen),
        cmocka_unit_test(a_shift_made_by_somebody_else_is_ours),
        cmocka_unit_test(drift_row_by_row),
        cmocka_unit_test(drift_in_a_resumed_run_row_by_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
