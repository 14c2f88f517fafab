#include "tests/unit.h"

#include "planner/base/time.h"
#include "tests/sim/cutover.h"

/*
 * A gate, or who sits at the terminal, and then something else besides: the disk, somebody else,
 * another run. Which end is told, and where the traffic is.
 */

#define HEAD "switchover: 1\nstage: sandbox\nbaseline: 20m\n"
#define STEPS                                                                                      \
    "traffic: {steps: [{target: 25, hold: 10m}, {target: 100, hold: 10m}]}\n"                      \
    "drain: {quiet_for: 5m, timeout: 1h}\n"

static const char midway[] = HEAD "gates: {on_failure: stop}\n"
                                  "allow: {mid-cutover: \"begun by hand, CHG-7\"}\n" STEPS;

/* Another process, later, in the same world. */
static void go_on_later(struct rehearsal *r, int64_t ms)
{
    sim_forget(&r->sim);
    if (ms)
        sim_advance(&r->sim, ms);
}

static void break_target(struct sim *sim)
{
    struct conditions conditions = sim->world->conditions;
    conditions.groups[ARM_TARGET].rate_5xx = 0.2;
    world_set_conditions(sim->world, &conditions);
}

static void mend_target(struct sim *sim)
{
    world_set_conditions(sim->world, &sim->world->setup->conditions);
}

static void interrupt(struct sim *sim)
{
    sim->interrupted = true;
}

static void press_r(struct sim *sim)
{
    sim->wish = WISH_REVERT;
}

/* ---- traffic on the target that this pass did not shift ---- */

static void begin_midway(struct rehearsal *r, struct happening *happening)
{
    rehearsal_begin_with(r, midway, happening);
    sim_set_weights(&r->sim, 750, 250, -1);
}

static void r_takes_back_what_was_shifted_before(void **state)
{
    struct rehearsal *r = *state;
    struct happening happening = {"wait hold[25%]: ", press_r, false};
    begin_midway(r, &happening);
    cutover_apply(&r->cutover);
    assert_true(happening.done);
    assert_true(r->cutover.fell_back);
    assert_int_equal(r->cutover.forward, RUN_RECALLED);
    assert_true(r->cutover.outcome.confirmed);
    assert_int_equal(rehearsal_percent(r), 0);
}

static void missed_minutes_are_judged_without_a_shift_too(void **state)
{
    struct rehearsal *r = *state;
    struct happening happening = {"done hold[25%]", interrupt, false};
    begin_midway(r, &happening);
    assert_int_equal(cutover_apply(&r->cutover), RUN_INTERRUPTED);
    go_on_later(r, 0);
    break_target(&r->sim);
    sim_advance(&r->sim, 10 * MINUTE_MS);
    mend_target(&r->sim);
    sim_advance(&r->sim, 10 * MINUTE_MS);
    if (cutover_apply(&r->cutover) != RUN_GATE_FAILED)
        fail_msg("%s\n%s", r->cutover.outcome.why, r->sim.log.data);
    assert_int_equal(r->sim.performs, 0);
    assert_string_equal(r->cutover.state->failures[0].address, "hold[25%]");
}

/* ---- r, while weights are read back ---- */

static const char at_once[] = HEAD "traffic: {steps: [{target: 100, hold: 0s}]}\n"
                                   "drain: {quiet_for: 0s, timeout: 1h}\n";

static void r_is_heard_behind_the_last_shift(void **state)
{
    struct rehearsal *r = *state;
    struct happening happening = {"sent shift[100%]", press_r, false};
    rehearsal_begin_with(r, at_once, &happening);
    r->sim.stale_at = 2, r->sim.stale_reads = 3; /* behind the count's */
    cutover_apply(&r->cutover);
    assert_true(happening.done);
    assert_true(r->cutover.fell_back);
    assert_int_equal(r->cutover.forward, RUN_RECALLED);
    assert_true(r->cutover.outcome.confirmed);
    assert_true(rehearsal_is_at_origin(r));
}

/* AWS says yes, and nothing changes: the read-back fails, and what was wanted meanwhile is done. */
static void r_outlasts_a_shift_that_is_not_confirmed(void **state)
{
    struct rehearsal *r = *state;
    struct happening happening = {"sent shift[100%]", press_r, false};
    rehearsal_begin_with(r, at_once, &happening);
    r->sim.ignore_at = 2; /* the count's is the first */
    cutover_apply(&r->cutover);
    assert_true(happening.done);
    assert_true(r->cutover.fell_back);
    assert_int_equal(r->cutover.forward, RUN_RECALLED);
    assert_non_null(strstr(r->cutover.forward_why, "shift[100%] was sent but is not confirmed"));
    assert_true(r->cutover.outcome.confirmed);
    assert_true(rehearsal_is_at_origin(r));
}

static void press_r_and_die(struct sim *sim)
{
    if (sim_logged(sim, "wait hold[50%]: ") && !sim_logged(sim, "falls back"))
        sim->wish = WISH_REVERT;
    else if (sim_logged(sim, "falls back"))
        sim->die_at = sim->points;
}

static void r_is_still_wanted_where_its_run_was_killed(void **state)
{
    struct rehearsal *r = *state;
    rehearsal_begin(r, HEAD "traffic: {steps: [{target: 50, hold: 6m}]}\n"
                            "drain: {quiet_for: 0s, timeout: 1h}\n");
    r->sim.at_point = press_r_and_die;
    cutover_apply(&r->cutover);
    assert_true(r->sim.dead);
    assert_int_equal(rehearsal_percent(r), 50);
    go_on_later(r, 0);
    cutover_apply(&r->cutover);
    assert_true(r->cutover.fell_back);
    assert_int_equal(r->cutover.forward, RUN_RECALLED);
    assert_true(r->cutover.outcome.confirmed);
    assert_true(rehearsal_is_at_origin(r));
    go_on_later(r, 0); /* it was carried out */
    assert_int_equal(cutover_apply(&r->cutover), RUN_DONE);
    assert_int_equal(rehearsal_percent(r), 50);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, rehearsal_set_up, rehearsal_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(r_takes_back_what_was_shifted_before),
        TEST(missed_minutes_are_judged_without_a_shift_too),
        TEST(r_is_heard_behind_the_last_shift),
        TEST(r_outlasts_a_shift_that_is_not_confirmed),
        TEST(r_is_still_wanted_where_its_run_was_killed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
