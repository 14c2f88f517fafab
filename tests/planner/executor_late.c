#include "tests/unit.h"

#include <stdlib.h>
#include <string.h>

#include "planner/base/time.h"
#include "tests/sim/cutover.h"

/*
 * Minutes that come long after they should have, and a clock that was ahead: what is known in the
 * end is judged, and nothing of it stands in the way of what comes.
 */

static const char long_hold[] =
    "switchover: 1\nstage: sandbox\nbaseline: 20m\n"
    "gates: {on_failure: stop, on_inconclusive: stop}\n"
    "traffic: {steps: [{target: 25, hold: 1h}, {target: 100, hold: 0s}]}\n"
    "drain: {quiet_for: 0s}\n";

static void interrupt(struct sim *sim)
{
    sim->interrupted = true;
}

static void set_target_errors(struct sim *sim, double rate)
{
    struct conditions conditions = sim->world->conditions;
    conditions.groups[ARM_TARGET].rate_4xx = rate;
    world_set_conditions(sim->world, &conditions);
}

/* ---- CloudWatch is late ---- */

struct bad_minutes {
    int64_t late_ms;
    int64_t began_at; /* the world's; 0: not yet */
};

/* Six minutes of answers that all are 4XX begin two minutes behind the shift, and their metrics, as
 * those of the five behind them, come late. */
static void play_bad_minutes(struct sim *sim)
{
    struct bad_minutes *bad = sim->user;
    struct conditions conditions = sim->world->conditions;
    if (!sim_logged(sim, "start hold[25%]"))
        return;
    if (!bad->began_at)
        bad->began_at = sim->now;
    int64_t since = sim->now - bad->began_at;
    bool is_bad = since >= 2 * MINUTE_MS && since < 8 * MINUTE_MS;
    bool is_late = since >= MINUTE_MS && since < 13 * MINUTE_MS;
    conditions.groups[ARM_TARGET].rate_4xx =
        is_bad ? 1 : sim->world->setup->conditions.groups[ARM_TARGET].rate_4xx;
    conditions.metrics.late_ms = is_late ? bad->late_ms : 0;
    world_set_conditions(sim->world, &conditions);
}

static void late_minutes_are_judged_when_they_come(void **state)
{
    static const struct {
        int minutes;
        enum run_end end;
    } rows[] = {
        {0, RUN_GATE_FAILED},  {5, RUN_GATE_FAILED},  {10, RUN_GATE_FAILED},
        {20, RUN_GATE_FAILED}, {40, RUN_GATE_FAILED}, {100, RUN_DONE}, /* nobody waits so long */
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        rehearsal_tear_down(state), rehearsal_set_up(state);
        struct rehearsal *r = *state;
        struct bad_minutes bad = {.late_ms = rows[i].minutes * MINUTE_MS};
        rehearsal_begin(r, long_hold);
        r->sim.user = &bad;
        r->sim.at_point = play_bad_minutes;
        enum run_end end = cutover_apply(&r->cutover);
        if (end != rows[i].end)
            fail_msg("%d minutes late: %s, %s", rows[i].minutes, run_end_name(end),
                     r->cutover.outcome.why);
        if (end == RUN_GATE_FAILED)
            assert_string_equal(r->cutover.state->failures[0].gate, "client_errors");
        assert_in_range(r->sim.measures, 1, 70);
    }
}

/* ---- a minute grows until it has settled ---- */

enum { MINUTES_MOST = 400 };

static struct {
    struct cloud cloud;
    int64_t begin_at;
    bool settled[MINUTES_MOST]; /* the minute was asked for when it had */
} asked;

static bool measure(void *self, struct series *out, struct arena *arena,
                    const struct subject *subject, int64_t from, int64_t to, bool percentiles,
                    struct error *err)
{
    const struct sim *sim = self;
    for (int64_t at = from; at < to; at += MINUTE_MS)
        if (at >= asked.begin_at && at + MINUTE_MS + SERIES_SETTLED_AFTER_MS <= sim->now)
            asked.settled[(at - asked.begin_at) / MINUTE_MS] = true;
    return asked.cloud.measure(self, out, arena, subject, from, to, percentiles, err);
}

/* Also where it was all there for who looked at once: what is judged was read when it had settled.
 */
static void each_minute_is_read_again_once_it_has_settled(void **state)
{
    struct rehearsal *r = *state;
    rehearsal_begin(r, long_hold);
    memset(&asked, 0, sizeof asked);
    asked.cloud = r->sim.cloud;
    asked.begin_at = minute_floor(r->sim.now);
    r->sim.cloud.measure = measure;
    assert_int_equal(cutover_apply(&r->cutover), RUN_DONE);
    const struct gate_sums *sums = &r->cutover.state->sums;
    assert_in_range(sums->judged, 55, 61);
    for (int64_t at = sums->since; at < sums->through; at += MINUTE_MS)
        assert_true(asked.settled[(at - asked.begin_at) / MINUTE_MS]);
}

/* ---- a clock that was ahead ---- */

struct ahead {
    int64_t by_ms;
    bool set, stopped;
};

/* Before the shift, and the run stops some minutes into the hold. */
static void set_ahead(struct sim *sim)
{
    struct ahead *ahead = sim->user;
    if (!ahead->set && sim_logged(sim, "done baseline")) {
        ahead->set = true;
        sim->wall_ahead += ahead->by_ms;
    }
    if (!ahead->stopped && sim_count(sim, "wait hold[25%]") > 6) {
        ahead->stopped = true;
        interrupt(sim);
    }
}

static const int64_t by_hours[] = {2, 23, 25, 300};

static void begin_ahead(struct rehearsal *r, struct ahead *ahead)
{
    rehearsal_begin(r, long_hold);
    r->sim.user = ahead;
    r->sim.at_point = set_ahead;
    assert_int_equal(cutover_apply(&r->cutover), RUN_INTERRUPTED);
    assert_true(ahead->set && ahead->stopped);
    r->sim.at_point = NULL;
    sim_forget(&r->sim);
    r->sim.wall_ahead = 0;
}

/* Its holds are judged by the minutes of the right clock, and pass. */
static void a_clock_that_was_ahead_leaves_nothing_in_the_way(void **state)
{
    for (size_t i = 0; i < COUNT(by_hours); i++) {
        rehearsal_tear_down(state), rehearsal_set_up(state);
        struct rehearsal *r = *state;
        struct ahead ahead = {by_hours[i] * HOUR_MS, false, false};
        begin_ahead(r, &ahead);
        enum run_end end = cutover_apply(&r->cutover);
        if (end != RUN_DONE)
            fail_msg("%lld hours ahead: %s, %s", (long long)by_hours[i], run_end_name(end),
                     r->cutover.outcome.why);
        assert_in_range(r->cutover.state->sums.judged, 55, 61);
    }
}

/* Nor does it hide what goes wrong while nobody runs. */
static void what_was_missed_behind_such_a_clock_is_judged(void **state)
{
    for (size_t i = 0; i < COUNT(by_hours); i++) {
        rehearsal_tear_down(state), rehearsal_set_up(state);
        struct rehearsal *r = *state;
        struct ahead ahead = {by_hours[i] * HOUR_MS, false, false};
        struct happening stop = {"wait hold[25%]: source", interrupt, false};
        begin_ahead(r, &ahead);
        r->sim.user = &stop;
        r->sim.at_point = rehearsal_make_it_happen;
        assert_int_equal(cutover_apply(&r->cutover), RUN_INTERRUPTED);
        sim_forget(&r->sim);
        set_target_errors(&r->sim, 1);
        sim_advance(&r->sim, 10 * MINUTE_MS);
        set_target_errors(&r->sim, 0);
        sim_advance(&r->sim, 20 * MINUTE_MS);
        enum run_end end = cutover_apply(&r->cutover);
        if (end != RUN_GATE_FAILED)
            fail_msg("%lld hours ahead: %s, %s", (long long)by_hours[i], run_end_name(end),
                     r->cutover.outcome.why);
        assert_int_equal(r->sim.waits, 0); /* at once */
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, rehearsal_set_up, rehearsal_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(late_minutes_are_judged_when_they_come),
        TEST(each_minute_is_read_again_once_it_has_settled),
        TEST(a_clock_that_was_ahead_leaves_nothing_in_the_way),
        TEST(what_was_missed_behind_such_a_clock_is_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
