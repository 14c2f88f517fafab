#include "tests/unit.h"

#include "planner/base/time.h"
#include "tests/sim/cutover.h"

/* Whole runs as an operator sees them, hours of them, on a clock that does not wait. */

static const char two_lines[] = "switchover: 1\nstage: sandbox\n";
static const char two_steps[] =
    "switchover: 1\nstage: sandbox\n"
    "traffic: {steps: [{target: 10, hold: 20m}, {target: 100, hold: 30m}]}\n";

/* The runbook's steps 1 to 12 from two lines; then there is nothing left to do. */
static void two_lines_move_all_traffic(void **state)
{
    struct rehearsal *r = *state;
    struct sim *sim = &r->sim;
    rehearsal_begin(r, two_lines);
    assert_int_equal(cutover_apply(&r->cutover), RUN_DONE);
    assert_string_equal(r->cutover.outcome.why, "every action is done: source 0, target 1");
    assert_int_equal(rehearsal_percent(r), 100);
    assert_int_equal(sim->applied, 2);
    assert_int_equal(sim->world->services[ARM_TARGET].desired, 2);
    assert_true(r->cutover.outcome.sent_anything);
    assert_false(r->cutover.state->ended);
    assert_true(r->cutover.state->has_baseline);
    assert_int_equal(r->cutover.state->baseline.minutes, 60);
    const struct record *baseline = state_find_record(r->cutover.state, FORWARD, "baseline");
    int64_t newest_ends = r->cutover.state->baseline.start_at + 60 * MINUTE_MS;
    assert_in_range(baseline->ended_at - newest_ends, 3 * MINUTE_MS, 4 * MINUTE_MS + SECOND_MS);
    assert_true(sim_logged(sim, "wait scale[target]: 1/2 healthy, 1 initial\n"));
    assert_true(sim_logged(sim, "done scale[target]: 2/2 healthy\n"));
    assert_true(sim_logged(sim, "done shift[100%]: source 0, target 1\n"));
    assert_true(sim_logged(sim, "done drain[source]: 5 of 5 quiet minutes"));
    assert_int_equal(r->cutover.state->runs[0].end, RUN_DONE);

    sim_forget(sim);
    assert_int_equal(cutover_apply(&r->cutover), RUN_DONE);
    assert_int_equal(r->cutover.plan_actions, 0);
    assert_string_equal(r->cutover.outcome.why, "there was nothing to do");
    assert_int_equal(sim->performs, 0);
    assert_false(r->cutover.outcome.sent_anything);
}

static void waits_pass_without_waiting(void **state)
{
    struct rehearsal *r = *state;
    rehearsal_begin(r, two_steps);
    int64_t before = r->sim.now;
    assert_int_equal(cutover_apply(&r->cutover), RUN_DONE);
    assert_in_range(r->sim.now - before, 50 * MINUTE_MS, 70 * MINUTE_MS);
    assert_int_equal(r->sim.applied, 3);
    assert_true(sim_logged(&r->sim, "aws: weights 900/100\n"));
    assert_true(sim_logged(&r->sim, "aws: weights 0/1\n"));
    /* at each transition, and at most once a minute between */
    assert_in_range(r->sim.replaces, 60, 60 + 20);
    /* what is measured is there for later: every minute since the first shift */
    assert_in_range(r->cutover.state->samples.minutes, 50, 60);
}

/* What passes by, and at its end what speaks for going on. */
static void a_hold_says_what_it_sees(void **state)
{
    struct rehearsal *r = *state;
    rehearsal_begin(r, two_steps);
    assert_int_equal(cutover_apply(&r->cutover), RUN_DONE);
    assert_true(sim_logged(&r->sim, "wait hold[10%]: metrics not in yet\n"));
    assert_true(sim_logged(&r->sim, "wait hold[10%]: source 1"));
    assert_int_equal(sim_count(&r->sim, "done hold["), 2);
    const struct record *hold = state_find_record(r->cutover.state, FORWARD, "hold[10%]");
    assert_non_null(strstr(hold->note, " minutes judged; errors: "));
    assert_non_null(strstr(hold->note, "; health: 2 of 2 targets healthy; traffic: "));
    assert_null(strstr(hold->note, "checks")); /* there are none */
}

/* The hold has passed and its last whole minute is settled: 3 minutes behind that minute's end. */
static void a_hold_ends_when_its_last_minute_is_settled(void **state)
{
    struct rehearsal *r = *state;
    rehearsal_begin(r, "switchover: 1\nstage: sandbox\n"
                       "traffic: {steps: [{target: 100, hold: 6m}]}\n"
                       "drain: {quiet_for: 0s, timeout: 1h}\n");
    assert_int_equal(cutover_apply(&r->cutover), RUN_DONE);
    const struct record *hold = state_find_record(r->cutover.state, FORWARD, "hold[100%]");
    const struct record *shift = state_find_record(r->cutover.state, FORWARD, "shift[100%]");
    assert_int_equal(hold->started_at, shift->ended_at);
    int64_t last_minute_ends = minute_floor(hold->started_at + 6 * MINUTE_MS);
    assert_in_range(hold->ended_at - last_minute_ends, 3 * MINUTE_MS, 3 * MINUTE_MS + SECOND_MS);
}

/* They end it when its time is over: unknown never passes anything. */
static void metrics_that_cannot_be_read_do_not_end_a_hold_early(void **state)
{
    struct rehearsal *r = *state;
    rehearsal_begin(r, "switchover: 1\nstage: sandbox\nbaseline: 10m\n"
                       "traffic: {steps: [{target: 100, hold: 10m}]}\n"
                       "drain: {quiet_for: 0s, timeout: 1h}\n");
    r->sim.interrupt_at_wait = 80;
    assert_int_equal(cutover_apply(&r->cutover), RUN_INTERRUPTED);
    assert_true(sim_logged(&r->sim, "done baseline"));
    sim_forget(&r->sim);
    r->sim.fail_measures = true;
    assert_int_equal(cutover_apply(&r->cutover), RUN_INCONCLUSIVE);
    const struct record *hold = state_find_record(r->cutover.state, FORWARD, "hold[100%]");
    assert_in_range(hold->ended_at - hold->started_at, 12 * MINUTE_MS, 13 * MINUTE_MS + SECOND_MS);
    assert_int_equal(sim_count(&r->sim, "the metrics cannot be read; this wait goes on"), 1);
}

static void a_baseline_that_cannot_be_measured_ends_the_run(void **state)
{
    struct rehearsal *r = *state;
    rehearsal_begin(r, two_lines);
    r->sim.fail_measures = true;
    assert_int_equal(cutover_apply(&r->cutover), RUN_FAILED);
    assert_int_equal(r->cutover.outcome.error.kind, ERROR_ACCESS);
    assert_string_equal(r->cutover.outcome.why,
                        "the baseline cannot be measured: not allowed: cloudwatch:GetMetricData");
    assert_int_equal(rehearsal_percent(r), 0);
}

/* The first read of a run is one wave over all that its mutations need. Each action that sends
 * reads again before it, so that nobody's change between two actions is overwritten. */
static void reads_no_more_than_it_needs(void **state)
{
    struct rehearsal *r = *state;
    r->setup.services[ARM_TARGET].desired = 2;
    rehearsal_begin(r, two_lines);
    assert_int_equal(cutover_apply(&r->cutover), RUN_DONE);
    assert_int_equal(r->sim.observes_at_perform, 2); /* the baseline's, the shift's */
    unsigned wanted = FACTS_SUBJECT | FACT_HEALTH_TARGET | FACT_GROUP_ATTRIBUTES | FACT_METRICS;
    assert_int_equal(r->sim.observed_facts[0] & wanted, wanted);
    assert_false(r->sim.observed_facts[0] & (FACT_RULES | FACT_TAGS | FACT_LB_ATTRIBUTES));
    assert_int_equal(r->sim.observed_facts[2], FACT_LISTENERS); /* the read-back */
}

/* A saved plan applied again: its records say that all is done. */
static void a_saved_plan_applied_twice_does_nothing_the_second_time(void **state)
{
    struct rehearsal *r = *state;
    rehearsal_begin(r, two_lines);
    cutover_plan(&r->cutover);
    assert_int_equal(cutover_apply(&r->cutover), RUN_DONE);
    sim_forget(&r->sim);
    assert_int_equal(cutover_apply(&r->cutover), RUN_DONE);
    assert_int_equal(r->cutover.plan_actions, 5);
    assert_int_equal(r->sim.performs, 0);
    assert_int_equal(sim_count(&r->sim, "skip "), 5);
}

/* argo-rollouts#3333, aws-cdk#36649: "done" is never said of weights that somebody put back. */
static void somebody_reset(struct sim *sim)
{
    /* in the drain that nobody looks at live in, when the source group was quiet for long enough */
    if (sim_logged(sim, "wait drain[source]: 4 of 5"))
        sim_set_weights(sim, 1, 0, -1);
}

static void done_is_not_said_of_weights_that_were_reset(void **state)
{
    struct rehearsal *r = *state;
    rehearsal_begin(r, "switchover: 1\nstage: sandbox\n"
                       "traffic: {steps: [{target: 100, hold: 0s}]}\n");
    r->sim.at_point = somebody_reset;
    assert_int_equal(cutover_apply(&r->cutover), RUN_DRIFT);
    assert_string_equal(r->cutover.outcome.why,
                        "every action is done, but live has drifted since: the default action: "
                        "recorded: source 0, target 1; live: source 1, target 0; wanted: source 0, "
                        "target 1");
}

/* ---- waiting until the target is ready ---- */

static void remove_the_listener(struct sim *sim)
{
    if (sim->performs == 2 && sim->now > sim->world->setup->epoch_at + 10 * 60000)
        sim->world->listeners[0].port = 12345;
}

static void done_is_not_said_of_a_listener_that_is_gone(void **state)
{
    struct rehearsal *r = *state;
    rehearsal_begin(r, two_lines);
    r->sim.at_point = remove_the_listener;
    assert_int_equal(cutover_apply(&r->cutover), RUN_DRIFT);
    assert_non_null(strstr(r->cutover.outcome.why, "no listener on port 9200"));
}

static void names_why_tasks_stopped_when_they_never_get_ready(void **state)
{
    struct rehearsal *r = *state;
    r->setup.conditions.services[ARM_TARGET].failing_starts = -1;
    rehearsal_begin(r, two_lines);
    int64_t before = r->sim.now;
    assert_int_equal(cutover_apply(&r->cutover), RUN_TIMED_OUT);
    assert_in_range(r->sim.now - before, 10 * MINUTE_MS, 11 * MINUTE_MS);
    assert_non_null(strstr(r->cutover.outcome.why, "scale[target] was not ready after 10m: 0/2 "
                                                   "healthy, 0/2 tasks running; a task stopped: "));
    assert_non_null(strstr(r->cutover.outcome.why, "OutOfMemoryError"));
    assert_true(sim_count(&r->sim, "warning scale[target]: task ") >= 2);
    assert_int_equal(rehearsal_percent(r), 0);
    assert_int_equal(state_find_record(r->cutover.state, FORWARD, "scale[target]")->phase,
                     PHASE_SENT);

    /* Mended: a resumed run waits on, and scales nothing again. */
    struct conditions conditions = r->sim.world->conditions;
    conditions.services[ARM_TARGET].failing_starts = 0;
    world_set_conditions(r->sim.world, &conditions);
    sim_forget(&r->sim);
    assert_int_equal(cutover_apply(&r->cutover), RUN_DONE);
    assert_int_equal(r->sim.applied, 1);
    assert_int_equal(rehearsal_percent(r), 100);
}

static void targets_that_stay_initial_or_unhealthy_time_out(void **state)
{
    struct rehearsal *r = *state;
    r->setup.conditions.groups[ARM_TARGET].unhealthy = 1;
    rehearsal_begin(r, "switchover: 1\nstage: sandbox\ntarget: {ready_timeout: 5m}\n");
    assert_int_equal(cutover_apply(&r->cutover), RUN_TIMED_OUT);
    assert_non_null(strstr(r->cutover.outcome.why, "was not ready after 5m: 1/2 healthy, 1 "));
    assert_int_equal(rehearsal_percent(r), 0);
}

/* What is draining shows as initial instead, for most of its time, and is not checked meanwhile. */
static void hold_back_a_third_target(struct sim *sim)
{
    struct world_group *group = &sim->world->groups[ARM_TARGET];
    bool early = sim->now < sim->world->setup->epoch_at + 4 * MINUTE_MS;
    for (size_t i = 0; i < group->target_count; i++) {
        struct world_target *target = &group->targets[i];
        if (!target->drains_until_at)
            continue;
        target->state = early ? HEALTH_INITIAL : HEALTH_DRAINING;
        target->next_check_at = sim->now + HOUR_MS;
    }
}

/* AWS's waiter and the load balancer's word: every row is running and healthy enough, and still not
 * ready for five minutes. */
static void what_is_not_settled_is_not_ready(void **state)
{
    (void)state;
    for (int row = 0; row < 4; row++) {
        void *own;
        rehearsal_set_up(&own);
        struct rehearsal *r = own;
        struct service_setup *target = &r->setup.services[ARM_TARGET];
        target->desired = 2;
        target->starting = 1; /* so that the plan waits at all */
        if (row == 0 || row == 3)
            r->setup.groups[ARM_TARGET].draining = 1; /* for 300 s, by default */
        if (row == 1) {
            target->rollout = true;
            target->rollout_ms = 5 * MINUTE_MS;
        }
        rehearsal_begin(r, two_lines);
        if (row == 3)
            r->sim.at_point = hold_back_a_third_target;
        int64_t before = r->sim.now;
        if (cutover_apply(&r->cutover) != RUN_DONE)
            fail_msg("row %d: %s", row, r->sim.log.data);
        const struct record *scale = state_find_record(r->cutover.state, FORWARD, "scale[target]");
        assert_false(scale->sent);
        if (row != 2)
            assert_in_range(scale->ended_at - before, 4 * MINUTE_MS, 6 * MINUTE_MS);
        else
            assert_in_range(scale->ended_at - before, 0, 2 * MINUTE_MS);
        static const char *const seen[] = {"2/2 healthy, 1 draining\n",
                                           "2/2 healthy, a rollout in progress\n",
                                           "1/2 healthy, 1 initial\n", "2/2 healthy, 1 initial\n"};
        if (!sim_logged(&r->sim, seen[row]))
            fail_msg("row %d: %s", row, r->sim.log.data);
        rehearsal_tear_down(&own);
    }
}

static void scale_down_while_waiting(struct sim *sim)
{
    if (sim->waits == 8)
        sim_set_desired(sim, ARM_TARGET, 1);
}

static void scale_up_while_waiting(struct sim *sim)
{
    if (sim->waits == 8)
        sim_set_desired(sim, ARM_TARGET, 3);
}

static void somebody_scaling_it_down_meanwhile_is_drift(void **state)
{
    struct rehearsal *r = *state;
    rehearsal_begin(r, two_lines);
    r->sim.at_point = scale_down_while_waiting;
    assert_int_equal(cutover_apply(&r->cutover), RUN_DRIFT);
    assert_string_equal(r->cutover.outcome.why,
                        "somebody scaled it down while scale[target] was waited for: recorded: 0 "
                        "desired; live: 1 desired; wanted: 2 desired");
}

static void somebody_scaling_it_up_meanwhile_is_fine(void **state)
{
    struct rehearsal *r = *state;
    rehearsal_begin(r, two_lines);
    r->sim.at_point = scale_up_while_waiting;
    assert_int_equal(cutover_apply(&r->cutover), RUN_DONE);
    assert_true(sim_logged(&r->sim, "done scale[target]: 3/3 healthy\n"));
    assert_int_equal(r->sim.world->services[ARM_TARGET].desired, 3);
}

/* A wait outlasts a network that is away for a moment, and says so once. */
static void a_wait_outlasts_failing_reads(void **state)
{
    struct rehearsal *r = *state;
    rehearsal_begin(r, two_lines);
    r->sim.fail_observe_from = 3;
    r->sim.fail_observe_count = 4;
    assert_int_equal(cutover_apply(&r->cutover), RUN_DONE);
    assert_int_equal(sim_count(&r->sim, "live cannot be read at the moment"), 1);
}

static void a_wait_does_not_outlast_lost_access(void **state)
{
    struct rehearsal *r = *state;
    rehearsal_begin(r, two_lines);
    r->sim.fail_observe_from = 5;
    r->sim.fail_observe_count = 1000;
    r->sim.fail_observe_kind = ERROR_CREDENTIALS;
    assert_int_equal(cutover_apply(&r->cutover), RUN_FAILED);
    assert_int_equal(r->cutover.outcome.error.kind, ERROR_CREDENTIALS);
    assert_int_equal(r->sim.observes, 5);
}

/* ---- preconditions right before an action ---- */

static void break_target(struct sim *sim)
{
    if (!sim_logged(sim, "done hold[10%]") && sim_logged(sim, "wait hold[10%]: source")) {
        struct conditions conditions = sim->world->conditions;
        conditions.groups[ARM_TARGET].unhealthy = 1;
        world_set_conditions(sim->world, &conditions);
    }
}

static void a_target_that_falls_ill_in_a_hold_blocks_the_next_shift(void **state)
{
    struct rehearsal *r = *state;
    rehearsal_begin(r, "switchover: 1\nstage: sandbox\ngates: {on_inconclusive: continue}\n"
                       "traffic: {steps: [{target: 10, hold: 20m}, {target: 100, hold: 30m}]}\n");
    r->sim.at_point = break_target;
    assert_int_equal(cutover_apply(&r->cutover), RUN_BLOCKED);
    assert_non_null(strstr(r->cutover.outcome.why, "targets-healthy blocks shift[100%]: "));
    assert_int_equal(rehearsal_percent(r), 10);
    assert_true(sim_logged(&r->sim, "blocked shift[100%]: "));
    assert_false(state_find_record(r->cutover.state, FORWARD, "shift[100%]"));
}

static void a_window_that_closes_in_a_hold_stops_before_the_next_shift(void **state)
{
    struct rehearsal *r = *state;
    rehearsal_begin(r, "switchover: 1\nstage: sandbox\n"
                       "window: {opens: 2026-04-13T01:00:00Z, closes: 2026-04-13T02:15:00Z}\n"
                       "traffic: {steps: [{target: 10, hold: 20m}, {target: 100, hold: 10m}]}\n");
    assert_int_equal(cutover_apply(&r->cutover), RUN_BLOCKED);
    assert_true(sim_logged(&r->sim, "done hold[10%]"));
    assert_string_equal(r->cutover.outcome.why,
                        "window blocks shift[100%]: it closed at 2026-04-13T02:15:00Z");
}

/* ---- what nobody has seen ---- */

static void lose_the_network_in_the_drain(struct sim *sim)
{
    if (!sim_logged(sim, "start drain["))
        return;
    sim->fail_observe_from = 1;
    sim->fail_observe_count = 10000;
}

/* All actions are done by the records, and live cannot be read: exit 6, not 0. */
static void what_nobody_saw_at_the_end_is_not_done(void **state)
{
    struct rehearsal *r = *state;
    rehearsal_begin(r, two_lines);
    for (int revert = 0; revert < 2; revert++) {
        r->sim.at_point = lose_the_network_in_the_drain;
        assert_int_equal(revert ? cutover_revert(&r->cutover) : cutover_apply(&r->cutover),
                         RUN_FAILED);
        assert_string_equal(r->cutover.outcome.why,
                            "every action is done, but nobody has seen the weights at the end: "
                            "live cannot be read: the endpoint does not answer");
        assert_int_equal(r->cutover.outcome.confirmed, revert); /* it was, before the drain */
        assert_false(r->cutover.state->ended);
        sim_forget(&r->sim);
    }
    assert_int_equal(cutover_revert(&r->cutover), RUN_DONE);
    assert_true(r->cutover.state->ended);
    assert_int_equal(r->sim.performs, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, rehearsal_set_up, rehearsal_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(two_lines_move_all_traffic),
        TEST(waits_pass_without_waiting),
        TEST(a_hold_says_what_it_sees),
        TEST(a_hold_ends_when_its_last_minute_is_settled),
        TEST(metrics_that_cannot_be_read_do_not_end_a_hold_early),
        TEST(a_baseline_that_cannot_be_measured_ends_the_run),
        TEST(reads_no_more_than_it_needs),
        TEST(a_saved_plan_applied_twice_does_nothing_the_second_time),
        TEST(done_is_not_said_of_weights_that_were_reset),
        TEST(done_is_not_said_of_a_listener_that_is_gone),
        TEST(names_why_tasks_stopped_when_they_never_get_ready),
        TEST(targets_that_stay_initial_or_unhealthy_time_out),
        cmocka_unit_test(what_is_not_settled_is_not_ready),
        TEST(somebody_scaling_it_down_meanwhile_is_drift),
        TEST(somebody_scaling_it_up_meanwhile_is_fine),
        TEST(a_wait_outlasts_failing_reads),
        TEST(a_wait_does_not_outlast_lost_access),
        TEST(a_target_that_falls_ill_in_a_hold_blocks_the_next_shift),
        TEST(a_window_that_closes_in_a_hold_stops_before_the_next_shift),
        TEST(what_nobody_saw_at_the_end_is_not_done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
