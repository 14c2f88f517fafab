#include "tests/unit.h"

#include "planner/base/time.h"
#include "tests/sim/cutover.h"

/*
 * This machine's clock is set while a run waits, or between two runs. DESIGN, section 5: holds use
 * wall time, time-outs the monotonic clock. So a clock that goes forward (the machine slept, or was
 * behind) ends a hold as a stop of that length would, and says so; one that is set back makes
 * nobody wait any longer.
 */

/* Whose minutes a clock that was set asks for, the gates cannot judge. */
#define HEAD "switchover: 1\nstage: sandbox\nbaseline: 10m\ngates: {on_inconclusive: continue}\n"

static const char holding[] =
    HEAD "traffic: {steps: [{target: 10, hold: 10m}, {target: 100, hold: 0s}]}\n"
         "drain: {quiet_for: 0s, timeout: 1h}\n";
static const char draining[] = HEAD "traffic: {steps: [{target: 100, hold: 0s}]}\n"
                                    "drain: {quiet_for: 5m, timeout: 20m}\n";
static const char restoring[] = HEAD "traffic: {steps: [{target: 100, hold: 0s}]}\n"
                                     "drain: {quiet_for: 0s, timeout: 1h}\n"
                                     "revert: {restore_counts: true}\n";

/* Ten minutes, then until the last whole one's metrics are three minutes old. */
enum { HOLD_LEAST_MS = 12 * MINUTE_MS, HOLD_MOST_MS = 13 * MINUTE_MS + SECOND_MS };

/* Sets the clock at the first point behind an event that was logged so often. */
struct setting_of_clock {
    const char *event;
    unsigned times;
    int64_t by_ms;
    bool done;
};

static void set_clock_once(struct sim *sim)
{
    struct setting_of_clock *setting = sim->user;
    if (setting->done || sim_count(sim, setting->event) < setting->times)
        return;
    setting->done = true;
    sim->wall_ahead += setting->by_ms;
}

static void set_clock_in(struct rehearsal *r, struct setting_of_clock *setting)
{
    r->sim.user = setting;
    r->sim.at_point = set_clock_once;
}

/* By the world's clock, which nobody sets. */
static int64_t held_ms(struct rehearsal *r)
{
    int64_t before = r->sim.now;
    assert_int_equal(cutover_apply(&r->cutover), RUN_DONE);
    assert_int_equal(rehearsal_percent(r), 100);
    return r->sim.now - before;
}

/* What it takes beside the hold: counts up, and the requests. */
static int64_t rest_ms(void)
{
    void *own;
    rehearsal_set_up(&own);
    struct rehearsal *r = own;
    rehearsal_begin(r, holding);
    int64_t all = held_ms(r);
    const struct record *hold = state_find_record(r->cutover.state, FORWARD, "hold[10%]");
    int64_t rest = all - (hold->ended_at - hold->started_at);
    rehearsal_tear_down(&own);
    return rest;
}

static void set_back_it_prolongs_no_hold(void **state)
{
    struct rehearsal *r = *state;
    struct setting_of_clock back = {"wait hold[10%]", 3, -2 * HOUR_MS, false};
    rehearsal_begin(r, holding);
    set_clock_in(r, &back);
    assert_in_range(held_ms(r) - rest_ms(), HOLD_LEAST_MS, HOLD_MOST_MS);
    assert_true(back.done);
    assert_int_equal(sim_count(&r->sim, "warning -: this machine's clock was set back by 2h:"), 1);
    /* The metrics are read on, every minute. */
    assert_true(r->sim.measures >= 12);
}

/* As a stop for two hours would: time has passed. */
static void set_forward_it_ends_a_hold_and_is_told(void **state)
{
    struct rehearsal *r = *state;
    struct setting_of_clock forward = {"wait hold[10%]", 3, 2 * HOUR_MS, false};
    rehearsal_begin(r, holding);
    set_clock_in(r, &forward);
    assert_in_range(held_ms(r) - rest_ms(), 2 * MINUTE_MS, 3 * MINUTE_MS + SECOND_MS);
    assert_int_equal(sim_count(&r->sim, "warning -: this machine's clock went forward by 2h "), 1);
}

/* The hold's start was recorded by a clock that was two hours ahead. */
static void set_back_between_two_runs_it_prolongs_no_hold(void **state)
{
    struct rehearsal *r = *state;
    struct setting_of_clock forward = {"done baseline", 1, 2 * HOUR_MS, false};
    rehearsal_begin(r, holding);
    set_clock_in(r, &forward);
    r->sim.interrupt_at_wait = 130;
    assert_int_equal(cutover_apply(&r->cutover), RUN_INTERRUPTED);
    assert_true(sim_logged(&r->sim, "wait hold[10%]"));
    sim_forget(&r->sim);
    r->sim.wall_ahead = 0;
    assert_in_range(held_ms(r), HOLD_LEAST_MS, HOLD_MOST_MS);
}

/* Neither way does it move a time-out, or keep the last minutes from being read. */
static void it_moves_no_time_out(void **state)
{
    static const int64_t steps[] = {-2 * HOUR_MS, -MINUTE_MS, MINUTE_MS, 2 * HOUR_MS};
    (void)state;
    for (size_t i = 0; i < COUNT(steps); i++) {
        void *own;
        rehearsal_set_up(&own);
        struct rehearsal *r = own;
        struct setting_of_clock setting = {"wait drain[source]", 3, steps[i], false};
        r->setup.conditions.stuck_on_source = 0.1;
        rehearsal_begin(r, draining);
        set_clock_in(r, &setting);
        assert_int_equal(cutover_apply(&r->cutover), RUN_TIMED_OUT);
        assert_true(setting.done);
        const struct record *shift = state_find_record(r->cutover.state, FORWARD, "shift[100%]");
        assert_in_range(r->sim.now - shift->ended_at, 20 * MINUTE_MS, 21 * MINUTE_MS + SECOND_MS);
        assert_in_range(r->sim.measures, 19, 23);
        rehearsal_tear_down(&own);
    }
}

/* The five minutes before the target's count goes back are for requests in flight: they pass. */
static void it_shortens_no_wait_before_a_count_goes_back(void **state)
{
    static const struct listener_setup only = {.port = 9200, .https = true, .weights = {1, 0, -1}};
    static const int64_t steps[] = {-2 * HOUR_MS, 0, 2 * HOUR_MS};
    (void)state;
    for (size_t i = 0; i < COUNT(steps); i++) {
        void *own;
        rehearsal_set_up(&own);
        struct rehearsal *r = own;
        r->setup.listeners = &only; /* nobody else uses the target */
        r->setup.listener_count = 1;
        rehearsal_begin(r, restoring);
        assert_int_equal(cutover_apply(&r->cutover), RUN_DONE);
        sim_forget(&r->sim);
        struct setting_of_clock setting = {"done shift[origin]", 1, steps[i], false};
        set_clock_in(r, &setting);
        int64_t before = r->sim.now;
        assert_int_equal(cutover_revert(&r->cutover), RUN_DONE);
        assert_in_range(r->sim.now - before, 5 * MINUTE_MS, 6 * MINUTE_MS);
        assert_int_equal(r->sim.world->services[ARM_TARGET].desired, 0);
        rehearsal_tear_down(&own);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, rehearsal_set_up, rehearsal_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(set_back_it_prolongs_no_hold),
        TEST(set_forward_it_ends_a_hold_and_is_told),
        TEST(set_back_between_two_runs_it_prolongs_no_hold),
        cmocka_unit_test(it_moves_no_time_out),
        cmocka_unit_test(it_shortens_no_wait_before_a_count_goes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
