#include "tests/unit.h"

#include "planner/base/time.h"
#include "tests/sim/cutover.h"

/* The fallback, by the same executor (runbook, "Fallback"; DESIGN, sections 4 and 5). */

static const char brief[] = "switchover: 1\nstage: sandbox\nbaseline: 10m\n"
                            "traffic: {steps: [{target: 10, hold: 6m}, {target: 100, hold: 0s}]}\n"
                            "drain: {quiet_for: 2m, timeout: 1h}\n";
static const char restoring[] = "switchover: 1\nstage: sandbox\nbaseline: 10m\n"
                                "traffic: {steps: [{target: 100, hold: 0s}]}\n"
                                "drain: {quiet_for: 2m, timeout: 1h}\n"
                                "revert: {restore_counts: true}\n";
static const char restoring_undrained[] = "switchover: 1\nstage: sandbox\nbaseline: 10m\n"
                                          "traffic: {steps: [{target: 100, hold: 0s}]}\n"
                                          "drain: {quiet_for: 0s, timeout: 1h}\n"
                                          "revert: {restore_counts: true}\n";

static void apply(struct rehearsal *r, const char *yaml)
{
    rehearsal_begin(r, yaml);
    assert_int_equal(cutover_apply(&r->cutover), RUN_DONE);
    assert_int_equal(rehearsal_percent(r), 100);
    sim_forget(&r->sim);
}

static void brings_all_traffic_back_to_the_byte(void **state)
{
    struct rehearsal *r = *state;
    apply(r, brief);
    assert_int_equal(cutover_revert(&r->cutover), RUN_DONE);
    assert_true(rehearsal_is_at_origin(r));
    assert_true(r->cutover.outcome.confirmed);
    assert_true(r->cutover.state->ended);
    assert_string_equal(r->cutover.outcome.why,
                        "the listener is back at its origin: source 1, target 0");
    assert_true(sim_logged(&r->sim, "done drain[target]: 2 of 2 quiet minutes"));
    assert_int_equal(r->sim.world->services[ARM_TARGET].desired, 2); /* counts stay */

    /* The lineage is over: the next apply begins anew, with an origin of its own. */
    sim_forget(&r->sim);
    assert_int_equal(cutover_apply(&r->cutover), RUN_DONE);
    assert_int_equal(r->cutover.state->run_count, 1);
    assert_int_equal(rehearsal_percent(r), 100);
}

/* Issue 2: one read wave, then ModifyListener. */
static void costs_one_read_before_the_request(void **state)
{
    struct rehearsal *r = *state;
    apply(r, brief);
    assert_int_equal(cutover_revert(&r->cutover), RUN_DONE);
    assert_int_equal(r->sim.observes_at_perform, 1);
    assert_false(r->sim.observed_facts[0] & (FACT_RULES | FACT_METRICS | FACT_TAGS));
}

static void wait_a_moment(struct sim *sim)
{
    sim_advance(sim, 4 * SECOND_MS);
}

static void wait_too_long(struct sim *sim)
{
    sim_advance(sim, 6 * SECOND_MS);
}

/* Nobody was asked since the fallback was planned: what it was planned from is fresh, and it is not
 * read again; after some seconds it is. */
static void an_approved_one_begins_with_what_it_was_planned_from(void **state)
{
    struct rehearsal *r = *state;
    static const struct {
        void (*between)(struct sim *sim);
        unsigned observes;
    } rows[] = {{wait_a_moment, 0}, {wait_too_long, 1}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (i)
            rehearsal_tear_down(state), rehearsal_set_up(state), r = *state;
        apply(r, brief);
        r->cutover.approved = true;
        r->cutover.between = rows[i].between;
        assert_int_equal(cutover_revert(&r->cutover), RUN_DONE);
        assert_int_equal(r->sim.observes_at_perform, rows[i].observes);
        assert_true(rehearsal_is_at_origin(r));
        assert_true(r->cutover.outcome.confirmed);
    }
}

static void now_reads_nothing_before_the_request(void **state)
{
    struct rehearsal *r = *state;
    apply(r, brief);
    r->cutover.skip_read = true;
    assert_int_equal(cutover_revert(&r->cutover), RUN_DONE);
    assert_int_equal(r->sim.observes_at_perform, 0);
    assert_int_equal(r->sim.observed_facts[0], FACT_LISTENERS); /* then read back */
    assert_true(rehearsal_is_at_origin(r));
    assert_true(r->cutover.outcome.confirmed);
}

/* A listener whose default was one group by its ARN gets exactly that back. */
static void a_single_group_default_comes_back_as_it_was(void **state)
{
    struct rehearsal *r = *state;
    static const struct listener_setup listeners[] = {
        {.port = 9200, .https = true, .single = true, .weights = {1, -1, -1}},
        {.port = 9202, .https = true, .weights = {-1, 1, -1}},
    };
    r->setup.listeners = listeners;
    r->setup.listener_count = COUNT(listeners);
    rehearsal_begin(r, "switchover: 1\nstage: sandbox\nbaseline: 10m\nlistener: {port: 9200}\n"
                       "traffic: {steps: [{target: 100, hold: 0s}]}\n"
                       "drain: {quiet_for: 2m, timeout: 1h}\n");
    assert_int_equal(cutover_apply(&r->cutover), RUN_DONE);
    assert_int_equal(rehearsal_percent(r), 100);
    sim_forget(&r->sim);
    assert_int_equal(cutover_revert(&r->cutover), RUN_DONE);
    assert_true(rehearsal_is_at_origin(r));
}

/* ---- what does not stop it ---- */

static void edited_weights_are_warned_of_and_overwritten(void **state)
{
    struct rehearsal *r = *state;
    apply(r, brief);
    sim_set_weights(&r->sim, 300, 700, -1);
    assert_int_equal(cutover_revert(&r->cutover), RUN_DONE);
    assert_true(rehearsal_is_at_origin(r));
    /* The plan for it was made on the edited weights: nobody changed them since. */
    assert_int_equal(sim_count(&r->sim, "changed by somebody else"), 0);
}

static void edit_weights(struct sim *sim)
{
    sim_set_weights(sim, 300, 700, -1);
}

static void weights_that_move_after_the_plan_are_warned_of(void **state)
{
    struct rehearsal *r = *state;
    apply(r, brief);
    r->cutover.between = edit_weights;
    assert_int_equal(cutover_revert(&r->cutover), RUN_DONE);
    assert_true(rehearsal_is_at_origin(r));
    assert_true(sim_logged(&r->sim, "live was changed by somebody else; going back anyway: "
                                    "recorded: source 0, target 1; live: source 300, target 700"));
}

/* A way back that was made and undone by somebody is made again. */
static void a_second_revert_looks_before_it_believes_the_record(void **state)
{
    struct rehearsal *r = *state;
    apply(r, brief);
    r->sim.interrupt_at_wait = 55;
    assert_int_equal(cutover_revert(&r->cutover), RUN_INTERRUPTED);
    assert_true(rehearsal_is_at_origin(r));
    sim_forget(&r->sim);
    sim_set_weights(&r->sim, 0, 1, -1);
    assert_int_equal(cutover_revert(&r->cutover), RUN_DONE);
    assert_int_equal(r->sim.performs, 1);
    assert_true(rehearsal_is_at_origin(r));
}

static void give_weight_to_a_third_group(struct sim *sim)
{
    sim_set_weights(sim, 0, 1, 1);
}

static void a_group_that_nobody_knows_stops_it(void **state)
{
    struct rehearsal *r = *state;
    r->setup.groups[WORLD_GROUP_OTHER] = r->setup.groups[ARM_TARGET];
    apply(r, brief);
    r->cutover.between = give_weight_to_a_third_group;
    assert_int_equal(cutover_revert(&r->cutover), RUN_DRIFT);
    assert_int_equal(r->sim.performs, 0);
    assert_false(r->cutover.outcome.confirmed);
}

static void scales_a_source_up_that_was_scaled_to_zero(void **state)
{
    struct rehearsal *r = *state;
    apply(r, brief);
    sim_set_desired(&r->sim, ARM_SOURCE, 0);
    sim_advance(&r->sim, 10 * MINUTE_MS);
    assert_int_equal(cutover_revert(&r->cutover), RUN_DONE);
    assert_true(rehearsal_is_at_origin(r));
    const char *log = r->sim.log.data;
    assert_true(strstr(log, "aws: source count 2") <
                strstr(log, "done scale[source]: 2/2 healthy"));
    assert_true(strstr(log, "done scale[source]") < strstr(log, "aws: weights 1/0"));
}

/* One of two source targets is left, and the second cannot be had: source-healthy alone may stop
 * the traffic from going back. */
static void a_source_that_cannot_be_scaled_keeps_no_traffic(void **state)
{
    (void)state;
    for (int refused = 0; refused < 2; refused++) {
        void *own;
        rehearsal_set_up(&own);
        struct rehearsal *r = own;
        apply(r, brief);
        struct conditions conditions = r->sim.world->conditions;
        conditions.services[ARM_SOURCE].failing_starts = -1;
        world_set_conditions(r->sim.world, &conditions);
        sim_set_desired(&r->sim, ARM_SOURCE, 1);
        sim_advance(&r->sim, 10 * MINUTE_MS);
        r->sim.refuse_at = refused;
        assert_int_equal(cutover_revert(&r->cutover), RUN_DONE);
        assert_true(rehearsal_is_at_origin(r));
        assert_true(r->cutover.outcome.confirmed);
        assert_int_equal(r->cutover.outcome.error.kind, ERROR_NONE);
        assert_non_null(strstr(r->cutover.outcome.why,
                               refused ? "at its origin: source 1, target 0; but not allowed"
                                       : "; but scale[source] was not ready after 10m: 1/2"));
        rehearsal_tear_down(&own);
    }
}

static void a_wait_for_the_source_can_be_stopped(void **state)
{
    struct rehearsal *r = *state;
    apply(r, brief);
    sim_set_desired(&r->sim, ARM_SOURCE, 0);
    sim_advance(&r->sim, 10 * MINUTE_MS);
    r->sim.interrupt_at_wait = 8;
    assert_int_equal(cutover_revert(&r->cutover), RUN_INTERRUPTED);
    assert_true(sim_logged(&r->sim, "wait scale[source]"));
    assert_int_equal(r->sim.performs, 1);
}

static void scale_source_to_zero(struct sim *sim)
{
    struct conditions conditions = sim->world->conditions;
    conditions.groups[ARM_SOURCE].unhealthy = -1;
    world_set_conditions(sim->world, &conditions);
    sim_advance(sim, 5 * MINUTE_MS);
}

static void no_healthy_source_target_blocks_it_unless_forced(void **state)
{
    struct rehearsal *r = *state;
    apply(r, brief);
    r->cutover.between = scale_source_to_zero;
    assert_int_equal(cutover_revert(&r->cutover), RUN_BLOCKED);
    assert_non_null(strstr(r->cutover.outcome.why, "source-healthy blocks shift[origin]: "));
    assert_int_equal(rehearsal_percent(r), 100);
    sim_forget(&r->sim);
    r->cutover.force = "the target is on fire";
    assert_int_equal(cutover_revert(&r->cutover), RUN_DONE);
    assert_true(rehearsal_is_at_origin(r));
}

static void deny_services(struct sim *sim)
{
    sim->fail_facts = FACT_SERVICES;
}

static void deny_health(struct sim *sim)
{
    sim->fail_facts = FACT_HEALTH_SOURCE;
}

/* Weights go back whatever runs: ECS may be down. What the source's health is must be known. */
static void facts_that_cannot_be_read_row_by_row(void **state)
{
    (void)state;
    static const struct {
        void (*between)(struct sim *sim);
        const char *force;
        enum run_end end;
    } rows[] = {
        {deny_services, NULL, RUN_DONE},
        {deny_health, NULL, RUN_BLOCKED},
        {deny_health, "the target is on fire", RUN_DONE},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        void *own;
        rehearsal_set_up(&own);
        struct rehearsal *r = own;
        apply(r, brief);
        r->cutover.between = rows[i].between;
        r->cutover.force = rows[i].force;
        assert_int_equal(cutover_revert(&r->cutover), rows[i].end);
        assert_int_equal(rehearsal_is_at_origin(r), rows[i].end == RUN_DONE);
        rehearsal_tear_down(&own);
    }
}

static void a_closed_window_does_not_stop_it(void **state)
{
    struct rehearsal *r = *state;
    apply(r, "switchover: 1\nstage: sandbox\nbaseline: 10m\n"
             "window: {opens: 2026-04-13T01:00:00Z, closes: 2026-04-13T02:05:00Z}\n"
             "traffic: {steps: [{target: 100, hold: 0s}]}\n"
             "drain: {quiet_for: 10m, timeout: 1h}\n");
    assert_int_equal(cutover_revert(&r->cutover), RUN_DONE);
    assert_true(rehearsal_is_at_origin(r));
}

/* ---- answers that never come ---- */

static void a_lost_answer_is_answered_by_sending_again(void **state)
{
    (void)state;
    for (int row = 0; row < 4; row++) {
        void *own;
        rehearsal_set_up(&own);
        struct rehearsal *r = own;
        apply(r, brief);
        r->sim.lose_answer_at = 1;
        r->sim.lose_answers = row < 2 ? 1 : 3;
        r->sim.lose_after = row % 2;
        enum run_end end = cutover_revert(&r->cutover);
        bool arrives = row < 2 || r->sim.lose_after;
        assert_int_equal(r->sim.performs, row < 2 ? 2 : 3);
        assert_int_equal(end, arrives ? RUN_DONE : RUN_FAILED);
        assert_int_equal(r->cutover.outcome.confirmed, arrives);
        assert_int_equal(rehearsal_is_at_origin(r), arrives);
        rehearsal_tear_down(&own);
    }
}

/* A forward request whose outcome nobody knows may still land: the way back is sent although the
 * listener looks as if it were there already. */
static void after_an_unknown_outcome_it_always_sends(void **state)
{
    struct rehearsal *r = *state;
    rehearsal_begin(r, brief);
    r->sim.lose_answer_at = 2;
    r->sim.lose_answers = 3;
    assert_int_equal(cutover_apply(&r->cutover), RUN_FAILED);
    assert_true(rehearsal_is_at_origin(r));
    sim_forget(&r->sim);
    assert_int_equal(cutover_revert(&r->cutover), RUN_DONE);
    assert_int_equal(r->sim.performs, 1);
    assert_true(rehearsal_is_at_origin(r));
    assert_true(r->cutover.state->ended);
}

/* AWS said yes and showed nothing: that may still come. */
static void after_an_answer_that_was_never_seen_it_sends(void **state)
{
    struct rehearsal *r = *state;
    rehearsal_begin(r, brief);
    r->sim.ignore_at = 2;
    assert_int_equal(cutover_apply(&r->cutover), RUN_FAILED);
    assert_true(rehearsal_is_at_origin(r));
    sim_forget(&r->sim);
    assert_int_equal(cutover_revert(&r->cutover), RUN_DONE);
    assert_int_equal(r->sim.performs, 1);
    assert_true(rehearsal_is_at_origin(r));
}

static void die_behind_the_second_mutation(struct sim *sim)
{
    sim->die_after = true;
    if (sim->point_kind == 'm' && sim->performs == 1)
        sim->die_at = sim->points;
}

/* The apply died before its answer came, and its request was slow: it comes behind the way back. */
static void a_shift_that_comes_late_is_taken_back_too(void **state)
{
    struct rehearsal *r = *state;
    rehearsal_begin(r, brief);
    r->sim.lose_answer_at = 2;
    r->sim.lose_answers = 1;
    r->sim.land_late_ms = 6000;
    r->sim.at_point = die_behind_the_second_mutation;
    cutover_apply(&r->cutover);
    assert_true(r->sim.dead && rehearsal_is_at_origin(r));
    sim_forget(&r->sim);
    assert_int_equal(cutover_revert(&r->cutover), RUN_DONE);
    assert_true(sim_logged(&r->sim, "a request comes late"));
    assert_true(sim_logged(&r->sim, "came late and undid it"));
    assert_int_equal(r->sim.performs, 2);
    assert_true(r->cutover.outcome.confirmed && rehearsal_is_at_origin(r));
}

static void what_is_not_read_back_is_not_confirmed(void **state)
{
    struct rehearsal *r = *state;
    apply(r, brief);
    r->sim.ignore_at = 1;
    assert_int_equal(cutover_revert(&r->cutover), RUN_FAILED);
    assert_false(r->cutover.outcome.confirmed);
    assert_false(r->cutover.state->ended);
    assert_non_null(strstr(r->cutover.outcome.why, "shift[origin] was sent but is not confirmed"));
}

static void a_read_from_before_the_request_confirms_nothing(void **state)
{
    struct rehearsal *r = *state;
    rehearsal_begin(r, brief);
    r->sim.lose_answer_at = 2; /* shift[10%], and it is unknown */
    r->sim.lose_answers = 3;
    assert_int_equal(cutover_apply(&r->cutover), RUN_FAILED);
    sim_forget(&r->sim);
    r->sim.lose_answer_at = 1; /* the way back gets no answer, and reads fail from then on */
    r->sim.lose_answers = 3;
    r->sim.fail_observe_from = 2;
    r->sim.fail_observe_count = 1000;
    assert_int_equal(cutover_revert(&r->cutover), RUN_FAILED);
    assert_true(rehearsal_is_at_origin(r));
    assert_false(r->cutover.outcome.confirmed);
}

/* ---- the target's count ---- */

/* No other listener uses the target: only then may it go. */
static void apply_on_one_listener(struct rehearsal *r, const char *yaml)
{
    static const struct listener_setup listener = {
        .port = 9200, .https = true, .weights = {1, 0, -1}};
    r->setup.listeners = &listener;
    r->setup.listener_count = 1;
    apply(r, yaml);
}

static void gives_the_count_back_after_the_drain(void **state)
{
    struct rehearsal *r = *state;
    apply_on_one_listener(r, restoring);
    assert_int_equal(cutover_revert(&r->cutover), RUN_DONE);
    assert_int_equal(r->sim.world->services[ARM_TARGET].desired, 0);
    const char *log = r->sim.log.data;
    assert_true(strstr(log, "done drain[target]") < strstr(log, "aws: target count 0"));
    assert_true(sim_logged(&r->sim, "done scale[target]: 0 desired"));
    assert_true(rehearsal_is_at_origin(r));
}

/* Only the way back to the source is worth a request that nobody can record. */
static void what_cannot_be_recorded_gives_no_count_back(void **state)
{
    struct rehearsal *r = *state;
    apply_on_one_listener(r, restoring);
    r->sim.fail_replace_at = 1;
    assert_int_equal(cutover_revert(&r->cutover), RUN_FAILED);
    assert_true(rehearsal_is_at_origin(r));
    assert_true(r->cutover.outcome.confirmed);
    assert_int_equal(r->sim.performs, 1);
    assert_int_equal(r->sim.world->services[ARM_TARGET].desired, 2);
}

static void without_a_drain_it_waits_five_minutes(void **state)
{
    struct rehearsal *r = *state;
    apply_on_one_listener(r, restoring_undrained);
    assert_int_equal(cutover_revert(&r->cutover), RUN_DONE);
    assert_int_equal(r->sim.world->services[ARM_TARGET].desired, 0);
    const struct record *shift = state_find_record(r->cutover.state, INVERSE, "shift[origin]");
    const struct record *scale = state_find_record(r->cutover.state, INVERSE, "scale[target]");
    assert_in_range(scale->started_at - shift->ended_at, 5 * MINUTE_MS,
                    5 * MINUTE_MS + 5 * SECOND_MS);
}

static void somebody_scales_the_target(struct sim *sim)
{
    if (sim_logged(sim, "start drain[target]") && sim->world->services[ARM_TARGET].desired == 2)
        sim_set_desired(sim, ARM_TARGET, 4);
}

static void a_count_that_is_not_ours_is_left_alone(void **state)
{
    struct rehearsal *r = *state;
    apply_on_one_listener(r, restoring);
    r->sim.at_point = somebody_scales_the_target;
    assert_int_equal(cutover_revert(&r->cutover), RUN_DONE);
    assert_int_equal(r->sim.world->services[ARM_TARGET].desired, 4);
    assert_true(sim_logged(&r->sim, "skip scale[target]: the target's count is left as it is: it "
                                    "is no longer the one that this cutover set"));
}

static void a_target_that_somebody_uses_is_left_running(void **state)
{
    struct rehearsal *r = *state;
    static const struct rule_setup rule = {
        .port = 9200, .priority = 10, .path = "/_bulk*", .group = ARM_TARGET, .share = 0};
    r->setup.rules = &rule;
    r->setup.rule_count = 1;
    apply_on_one_listener(r, restoring);
    assert_int_equal(cutover_revert(&r->cutover), RUN_DONE);
    assert_int_equal(r->sim.world->services[ARM_TARGET].desired, 2);
    assert_true(sim_logged(&r->sim, "the target's count is left as it is: rule 10 on port 9200 "
                                    "forwards to its group"));
}

static void the_target_only_listener_keeps_it_running(void **state)
{
    struct rehearsal *r = *state;
    apply(r, restoring); /* 9202, as Migration Assistant deploys it */
    assert_int_equal(cutover_revert(&r->cutover), RUN_DONE);
    assert_int_equal(r->sim.world->services[ARM_TARGET].desired, 2);
    assert_true(sim_logged(&r->sim, "the listener on port 9202 forwards to its group"));
}

static void traffic_only_leaves_the_rest(void **state)
{
    struct rehearsal *r = *state;
    apply(r, restoring);
    r->cutover.traffic_only = true;
    assert_int_equal(cutover_revert(&r->cutover), RUN_DONE);
    assert_int_equal(r->cutover.plan_actions, 1);
    assert_true(rehearsal_is_at_origin(r));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, rehearsal_set_up, rehearsal_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(brings_all_traffic_back_to_the_byte),
        TEST(costs_one_read_before_the_request),
        TEST(an_approved_one_begins_with_what_it_was_planned_from),
        TEST(now_reads_nothing_before_the_request),
        TEST(a_single_group_default_comes_back_as_it_was),
        TEST(edited_weights_are_warned_of_and_overwritten),
        TEST(weights_that_move_after_the_plan_are_warned_of),
        TEST(a_second_revert_looks_before_it_believes_the_record),
        TEST(a_group_that_nobody_knows_stops_it),
        TEST(scales_a_source_up_that_was_scaled_to_zero),
        cmocka_unit_test(a_source_that_cannot_be_scaled_keeps_no_traffic),
        TEST(a_wait_for_the_source_can_be_stopped),
        TEST(no_healthy_source_target_blocks_it_unless_forced),
        cmocka_unit_test(facts_that_cannot_be_read_row_by_row),
        TEST(a_closed_window_does_not_stop_it),
        cmocka_unit_test(a_lost_answer_is_answered_by_sending_again),
        TEST(after_an_unknown_outcome_it_always_sends),
        TEST(after_an_answer_that_was_never_seen_it_sends),
        TEST(a_shift_that_comes_late_is_taken_back_too),
        TEST(what_is_not_read_back_is_not_confirmed),
        TEST(a_read_from_before_the_request_confirms_nothing),
        TEST(gives_the_count_back_after_the_drain),
        TEST(what_cannot_be_recorded_gives_no_count_back),
        TEST(without_a_drain_it_waits_five_minutes),
        TEST(a_count_that_is_not_ours_is_left_alone),
        TEST(a_target_that_somebody_uses_is_left_running),
        TEST(the_target_only_listener_keeps_it_running),
        TEST(traffic_only_leaves_the_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
