#include "tests/unit.h"

#include "planner/base/time.h"
#include "tests/sim/cutover.h"

/* The drain under what keeps a source group busy, and under metrics that are not there. */

static const char yaml[] = "switchover: 1\nstage: sandbox\nbaseline: 10m\n"
                           "traffic: {steps: [{target: 100, hold: 0s}]}\n"
                           "drain: {quiet_for: 5m, timeout: 20m}\n";

static void ends_when_the_source_is_quiet(void **state)
{
    struct rehearsal *r = *state;
    rehearsal_begin(r, yaml);
    assert_int_equal(cutover_apply(&r->cutover), RUN_DONE);
    const struct record *drain = state_find_record(r->cutover.state, FORWARD, "drain[source]");
    const struct record *shift = state_find_record(r->cutover.state, FORWARD, "shift[100%]");
    assert_int_equal(drain->phase, PHASE_DONE);
    assert_non_null(strstr(drain->note, "5 of 5 quiet minutes"));
    /* five whole minutes behind the shift's own, each 3 minutes old */
    assert_in_range(drain->ended_at - shift->ended_at, 8 * MINUTE_MS, 9 * MINUTE_MS + SECOND_MS);
    assert_true(sim_logged(&r->sim, "wait drain[source]: 0 of 5 quiet minutes; no settled minute"));
    assert_true(sim_logged(&r->sim, "wait drain[source]: 4 of 5 quiet minutes"));
}

/* The shift's own minute had both routings: it proves nothing even when it was quiet. */
static void the_minute_of_the_shift_does_not_count(void **state)
{
    struct rehearsal *r = *state;
    static const struct listener_setup listeners[] = {
        {.port = 9200, .https = true, .weights = {1, 0, -1}},
        {.port = 9202, .https = true, .weights = {-1, 1, -1}, .direct_rps = 2},
    };
    r->setup.listeners = listeners;
    r->setup.listener_count = COUNT(listeners);
    r->setup.conditions.requests_per_second = 0; /* only the target's own listener is used */
    rehearsal_begin(r, "switchover: 1\nstage: sandbox\nbaseline: 10m\n"
                       "traffic: {steps: [{target: 100, hold: 0s}]}\n"
                       "drain: {quiet_for: 5m, timeout: 20m}\n"
                       "allow: {baseline-traffic: rehearsed without}\n");
    assert_int_equal(cutover_apply(&r->cutover), RUN_DONE);
    const struct record *drain = state_find_record(r->cutover.state, FORWARD, "drain[source]");
    const struct record *shift = state_find_record(r->cutover.state, FORWARD, "shift[100%]");
    assert_in_range(drain->ended_at - minute_floor(shift->ended_at), 9 * MINUTE_MS,
                    9 * MINUTE_MS + SECOND_MS);
}

/* The 9201 listener shares the source group (FACTS): the time-out says so. */
static void another_listener_keeps_it_busy_and_is_named(void **state)
{
    struct rehearsal *r = *state;
    static const struct listener_setup listeners[] = {
        {.port = 9200, .https = true, .weights = {1, 0, -1}},
        {.port = 9201, .https = true, .weights = {1, -1, -1}, .direct_rps = 2},
    };
    r->setup.listeners = listeners;
    r->setup.listener_count = COUNT(listeners);
    rehearsal_begin(r, yaml);
    assert_int_equal(cutover_apply(&r->cutover), RUN_TIMED_OUT);
    assert_non_null(strstr(r->cutover.outcome.why,
                           "drain[source]: switched, drain unproven after 20m: 0 of 5 "
                           "quiet minutes; last request 02:"));
    assert_true(sim_logged(&r->sim, "warning drain[source]: the listener on port 9201 forwards to "
                                    "ALBSourceProxy-sandbox-TG too"));
    assert_true(sim_logged(&r->sim, "client_keep_alive.seconds = 3600"));
    assert_int_equal(rehearsal_percent(r), 100);
    assert_int_equal(r->cutover.state->runs[0].end, RUN_TIMED_OUT);
}

static void clients_that_let_go_after_a_time_out_are_proven_by_the_next_apply(void **state)
{
    struct rehearsal *r = *state;
    r->setup.conditions.stuck_on_source = 0.1;
    rehearsal_begin(r, yaml);
    assert_int_equal(cutover_apply(&r->cutover), RUN_TIMED_OUT);
    sim_forget(&r->sim);
    struct conditions conditions = r->sim.world->conditions;
    conditions.stuck_on_source = 0;
    world_set_conditions(r->sim.world, &conditions);
    sim_advance(&r->sim, HOUR_MS); /* the record's own time is long over */
    assert_int_equal(cutover_apply(&r->cutover), RUN_DONE);
    assert_int_equal(r->sim.performs, 0);
}

/* Who applies again after a time-out grants the time anew: it does not give up at once. */
static void a_new_apply_grants_the_time_anew(void **state)
{
    struct rehearsal *r = *state;
    r->setup.conditions.stuck_on_source = 0.1;
    rehearsal_begin(r, yaml);
    assert_int_equal(cutover_apply(&r->cutover), RUN_TIMED_OUT);
    sim_forget(&r->sim);
    int64_t before = r->sim.now;
    assert_int_equal(cutover_apply(&r->cutover), RUN_TIMED_OUT);
    assert_in_range(r->sim.now - before, 20 * MINUTE_MS, 21 * MINUTE_MS + SECOND_MS);
}

/* Nor does the time count in which it was stopped: nobody looked. */
static void the_time_between_two_runs_does_not_count(void **state)
{
    struct rehearsal *r = *state;
    r->setup.conditions.stuck_on_source = 0.1;
    rehearsal_begin(r, yaml);
    r->sim.interrupt_at_wait = 130;
    assert_int_equal(cutover_apply(&r->cutover), RUN_INTERRUPTED);
    assert_true(sim_logged(&r->sim, "wait drain[source]"));
    sim_forget(&r->sim);
    sim_advance(&r->sim, HOUR_MS);
    int64_t before = r->sim.now;
    assert_int_equal(cutover_apply(&r->cutover), RUN_TIMED_OUT);
    assert_in_range(r->sim.now - before, 20 * MINUTE_MS, 21 * MINUTE_MS + SECOND_MS);
}

/* What is not there cannot be waited for: a saved plan whose shift is done, and undone by somebody.
 */
static void a_resumed_drain_wants_the_shift_to_be_there(void **state)
{
    struct rehearsal *r = *state;
    rehearsal_begin(r, yaml);
    cutover_plan(&r->cutover);
    r->sim.interrupt_at_wait = 130;
    assert_int_equal(cutover_apply(&r->cutover), RUN_INTERRUPTED);
    assert_true(sim_logged(&r->sim, "wait drain[source]"));
    sim_forget(&r->sim);
    sim_set_weights(&r->sim, 1, 0, -1);
    assert_int_equal(cutover_apply(&r->cutover), RUN_DRIFT);
    assert_true(sim_logged(&r->sim, "drift drain[source]: "));
}

/* ---- silence is not zero ---- */

static void without_healthy_host_count_nothing_is_proven(void **state)
{
    struct rehearsal *r = *state;
    static const char *const withheld[] = {"HealthyHostCount"};
    r->setup.metrics_withheld = withheld;
    r->setup.metrics_withheld_count = 1;
    rehearsal_begin(r, yaml);
    assert_int_equal(cutover_apply(&r->cutover), RUN_TIMED_OUT);
    assert_non_null(strstr(r->cutover.outcome.why, "prove nothing"));
}

/* No client at all: nobody reports anything, and that is silence. */
static void without_any_traffic_nothing_is_proven(void **state)
{
    struct rehearsal *r = *state;
    r->setup.conditions.requests_per_second = 0;
    rehearsal_begin(r, "switchover: 1\nstage: sandbox\nbaseline: 10m\n"
                       "traffic: {steps: [{target: 100, hold: 0s}]}\n"
                       "drain: {quiet_for: 5m, timeout: 20m}\n"
                       "allow: {baseline-traffic: rehearsed without}\n");
    assert_int_equal(cutover_apply(&r->cutover), RUN_TIMED_OUT);
    assert_non_null(strstr(r->cutover.outcome.why, "prove nothing"));
}

static void without_the_group_metrics_nothing_is_proven(void **state)
{
    struct rehearsal *r = *state;
    r->setup.metrics_missing[ARM_SOURCE] = true;
    rehearsal_begin(r, "switchover: 1\nstage: sandbox\nbaseline: 10m\n"
                       "traffic: {steps: [{target: 100, hold: 0s}]}\n"
                       "drain: {quiet_for: 5m, timeout: 20m}\n"
                       "allow: {baseline-traffic: rehearsed without}\n");
    assert_int_equal(cutover_apply(&r->cutover), RUN_TIMED_OUT);
}

static void stop_metrics(struct sim *sim)
{
    sim->fail_measures = sim_logged(sim, "done shift[100%]");
}

static void metrics_that_cannot_be_read_prove_nothing(void **state)
{
    struct rehearsal *r = *state;
    rehearsal_begin(r, yaml);
    r->sim.at_point = stop_metrics;
    assert_int_equal(cutover_apply(&r->cutover), RUN_TIMED_OUT);
    assert_string_equal(
        r->cutover.outcome.why,
        "drain[source]: switched, drain unproven after 20m: no metrics yet; the metrics cannot be "
        "read: not allowed: cloudwatch:GetMetricData");
    assert_int_equal(sim_count(&r->sim, "the metrics cannot be read; this wait goes on"), 1);
}

/* Minutes that were read before they were settled are read again, not taken for quiet: here each
 * shows no data point at first. */
static void a_minute_is_read_again_once_it_is_settled(void **state)
{
    struct rehearsal *r = *state;
    r->setup.metric_delay_ms = 2 * MINUTE_MS;
    r->setup.conditions.stuck_on_source = 0.2;
    rehearsal_begin(r, yaml);
    assert_int_equal(cutover_apply(&r->cutover), RUN_TIMED_OUT);
    assert_false(sim_logged(&r->sim, "1 of 5 quiet minutes"));
}

static void put_back(struct sim *sim)
{
    if (sim_count(sim, "wait drain[source]") == 3)
        sim_set_weights(sim, 1, 0, -1);
}

static void weights_put_back_keep_it_from_ending(void **state)
{
    struct rehearsal *r = *state;
    rehearsal_begin(r, yaml);
    r->sim.at_point = put_back;
    assert_int_equal(cutover_apply(&r->cutover), RUN_DRIFT);
    assert_true(sim_logged(&r->sim, "the default action on port 9200 still forwards to "
                                    "ALBSourceProxy-sandbox-TG: source 1, target 0"));
    assert_string_equal(r->cutover.outcome.why,
                        "drain[source] is unproven, and live has drifted: the default action: "
                        "recorded: source 0, target 1; live: source 1, target 0; wanted: source 0, "
                        "target 1");

    /* Mended by hand: the wait begins anew, with all of its time. */
    sim_set_weights(&r->sim, 0, 1, -1);
    sim_forget(&r->sim);
    assert_int_equal(cutover_apply(&r->cutover), RUN_DONE);
    assert_int_equal(r->sim.performs, 0);
}

static void put_half_back(struct sim *sim)
{
    if (sim_count(sim, "wait drain[source]") == 5)
        sim_set_weights(sim, 1, 1, -1);
}

/* The traffic was on the target before this cutover: it only drains, and is not done with weights
 * that moved behind the quiet minute. */
static void without_a_shift_of_its_own_it_looks_at_the_weights_too(void **state)
{
    struct rehearsal *r = *state;
    static const struct listener_setup shifted = {
        .port = 9200, .https = true, .weights = {0, 1, -1}};
    r->setup.listeners = &shifted;
    r->setup.listener_count = 1;
    r->setup.services[ARM_TARGET].desired = 2;
    rehearsal_begin(r, "switchover: 1\nstage: sandbox\nbaseline: 10m\n"
                       "traffic: {steps: [{target: 100, hold: 0s}]}\n"
                       "drain: {quiet_for: 1m, timeout: 20m}\n");
    r->sim.at_point = put_half_back;
    assert_int_equal(cutover_apply(&r->cutover), RUN_DRIFT);
    assert_true(sim_logged(&r->sim, "done drain[source]: 1 of 1 quiet minutes"));
    assert_int_equal(r->sim.performs, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, rehearsal_set_up, rehearsal_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(ends_when_the_source_is_quiet),
        TEST(the_minute_of_the_shift_does_not_count),
        TEST(another_listener_keeps_it_busy_and_is_named),
        TEST(clients_that_let_go_after_a_time_out_are_proven_by_the_next_apply),
        TEST(a_new_apply_grants_the_time_anew),
        TEST(the_time_between_two_runs_does_not_count),
        TEST(a_resumed_drain_wants_the_shift_to_be_there),
        TEST(without_healthy_host_count_nothing_is_proven),
        TEST(without_any_traffic_nothing_is_proven),
        TEST(without_the_group_metrics_nothing_is_proven),
        TEST(metrics_that_cannot_be_read_prove_nothing),
        TEST(a_minute_is_read_again_once_it_is_settled),
        TEST(weights_put_back_keep_it_from_ending),
        TEST(without_a_shift_of_its_own_it_looks_at_the_weights_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
