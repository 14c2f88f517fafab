#include "tests/unit.h"

#include "planner/base/text.h"
#include "planner/base/time.h"
#include "tests/sim/cutover.h"

/*
 * The way back behind a gate that failed: what it asks of AWS and in which order, whatever fails on
 * it. Confirmed is exit 5, anything else exit 9.
 */

static const char yaml[] = "switchover: 1\nstage: sandbox\nbaseline: 20m\n"
                           "gates: {on_failure: revert}\n"
                           "traffic: {steps: [{target: 25, hold: 10m}, {target: 100, hold: 10m}]}\n"
                           "drain: {quiet_for: 5m, timeout: 1h}\n"
                           "revert: {restore_counts: true}\n";

/* In the hold the target answers with errors; and at the verdict something else goes wrong. */
struct trouble {
    void (*at_verdict)(struct sim *sim); /* NULL: nothing */
    unsigned points;                     /* before the fallback */
    bool broken, done;
};

static void break_target(struct sim *sim)
{
    struct conditions conditions = sim->world->conditions;
    conditions.groups[ARM_TARGET].rate_5xx = 0.2;
    world_set_conditions(sim->world, &conditions);
}

static void make_trouble(struct sim *sim)
{
    struct trouble *trouble = sim->user;
    if (!trouble->broken && sim_logged(sim, "start hold[25%]")) {
        trouble->broken = true;
        break_target(sim);
    }
    if (!trouble->done && sim_logged(sim, "errors fails")) {
        trouble->done = true;
        trouble->points = sim->points - 1;
        if (trouble->at_verdict)
            trouble->at_verdict(sim);
    }
}

static void apply_plan(struct rehearsal *r, struct trouble *trouble, const char *plan)
{
    rehearsal_begin(r, plan);
    r->sim.user = trouble;
    r->sim.at_point = make_trouble;
    cutover_apply(&r->cutover);
    assert_true(trouble->done);
    assert_true(r->cutover.fell_back);
    assert_non_null(strstr(r->cutover.forward_why, "errors failed in hold[25%]: "));
}

static void apply(struct rehearsal *r, struct trouble *trouble)
{
    apply_plan(r, trouble, yaml);
}

static void is_confirmed(const struct rehearsal *r)
{
    if (!r->cutover.outcome.confirmed || r->cutover.outcome.end != RUN_DONE)
        fail_msg("%s: %s\n%s", run_end_name(r->cutover.outcome.end), r->cutover.outcome.why,
                 r->sim.log.data);
}

static void the_first_request_moves_the_traffic(void **state)
{
    struct rehearsal *r = *state;
    struct trouble trouble = {0};
    apply(r, &trouble);
    is_confirmed(r);
    assert_true(rehearsal_is_at_origin(r));
    /* Between the verdict and the request nothing is asked of AWS: its end, its intent, who wants
     * it to stop and whose lock it is. Behind it one read says that it is so. */
    assert_string_equal(r->sim.point_kinds.data + trouble.points, "sqshmoss");
    assert_int_equal(r->sim.world->services[ARM_TARGET].desired, 2); /* that is revert's */
    assert_null(state_find_record(r->cutover.state, INVERSE, "drain[target]"));
}

/* The checks of a target that breaks are the ones that hang: the way back does not wait for their
 * time-outs. */
static void no_check_is_asked_once_a_gate_fails(void **state)
{
    struct rehearsal *r = *state;
    struct trouble trouble = {0};
    struct text plan = {0};
    text_addf(&plan, "%schecks: [{http: {name: green, url: \"https://t:9200/\"}}]\n", yaml);
    apply_plan(r, &trouble, plan.data);
    text_clear(&plan);
    is_confirmed(r);
    assert_true(r->sim.asks > 0);
    size_t measured = trouble.points;
    while (r->sim.point_kinds.data[measured] != 'e')
        measured--;
    for (size_t i = measured; i < r->sim.point_kinds.len; i++)
        assert_int_not_equal(r->sim.point_kinds.data[i], 'c');
}

/* One poll of the verdict, as a person would count it. */
static void the_weights_are_back_within_a_second(void **state)
{
    struct rehearsal *r = *state;
    struct trouble trouble = {0};
    apply(r, &trouble);
    const struct record *back = state_find_record(r->cutover.state, INVERSE, "shift[origin]");
    assert_in_range(back->ended_at - r->cutover.state->failures[0].at, 0, SECOND_MS);
}

/* ---- the source, as the last reading had it ---- */

static void lower_source(struct sim *sim)
{
    if (!sim_logged(sim, "start hold[25%]") || sim_logged(sim, "errors fails"))
        return;
    sim_set_desired(sim, ARM_SOURCE, 1);
}

static void lower_and_break(struct sim *sim)
{
    lower_source(sim);
    make_trouble(sim);
}

static void a_lower_source_is_scaled_up_first(void **state)
{
    struct rehearsal *r = *state;
    struct trouble trouble = {0};
    rehearsal_begin(r, yaml);
    r->sim.user = &trouble;
    r->sim.at_point = lower_and_break;
    cutover_apply(&r->cutover);
    assert_true(r->cutover.fell_back);
    is_confirmed(r);
    assert_int_equal(r->sim.world->services[ARM_SOURCE].desired, 2);
    const char *scaled = strstr(r->sim.log.data, "aws: source count 2");
    assert_non_null(scaled);
    assert_non_null(strstr(scaled, "aws: weights 1/0"));
}

static void kill_source(struct sim *sim)
{
    if (!sim_logged(sim, "start hold[25%]"))
        return;
    struct conditions conditions = sim->world->conditions;
    conditions.groups[ARM_SOURCE].unhealthy = -1;
    world_set_conditions(sim->world, &conditions);
    make_trouble(sim);
}

/* A target with errors serves more than a source that nobody is left on. */
static void a_source_without_a_healthy_target_gets_no_traffic(void **state)
{
    struct rehearsal *r = *state;
    struct trouble trouble = {0};
    rehearsal_begin(r, yaml);
    r->sim.user = &trouble;
    r->sim.at_point = kill_source;
    cutover_apply(&r->cutover);
    assert_true(r->cutover.fell_back);
    assert_int_equal(r->cutover.outcome.end, RUN_BLOCKED);
    assert_non_null(strstr(r->cutover.outcome.why, "source-healthy blocks shift[origin]: "));
    assert_false(r->cutover.outcome.confirmed);
    assert_int_equal(rehearsal_percent(r), 25);
    assert_non_null(state_open_failure(r->cutover.state));
}

/* ---- what was read last may be nothing, or long ago ---- */

static void lose_reads(struct sim *sim)
{
    if (!sim->fail_observe_from && sim_logged(sim, "start hold[25%]"))
        sim->fail_observe_from = sim->observes + 2, sim->fail_observe_count = 100;
    if (sim_logged(sim, "intent shift[origin]"))
        sim->fail_observe_count = 0;
    make_trouble(sim);
}

static void without_a_reading_the_traffic_goes_first(void **state)
{
    struct rehearsal *r = *state;
    struct trouble trouble = {0};
    rehearsal_begin(r, yaml);
    r->sim.user = &trouble;
    r->sim.at_point = lose_reads;
    cutover_apply(&r->cutover);
    assert_true(r->cutover.fell_back);
    is_confirmed(r);
    assert_true(rehearsal_is_at_origin(r));
    assert_string_equal(r->sim.point_kinds.data + trouble.points, "sqshmoss");
}

static void age(struct sim *sim)
{
    sim_advance(sim, 10 * MINUTE_MS); /* the machine slept, or the disk did */
}

/* It would have the source scaled up first. */
static void an_old_reading_is_not_believed_and_the_traffic_goes_first(void **state)
{
    struct rehearsal *r = *state;
    struct trouble trouble = {.at_verdict = age};
    rehearsal_begin(r, yaml);
    r->sim.user = &trouble;
    r->sim.at_point = lower_and_break;
    cutover_apply(&r->cutover);
    assert_true(trouble.done);
    is_confirmed(r);
    assert_string_equal(r->sim.point_kinds.data + trouble.points, "sqshmoss");
}

/* ---- the first request fails ---- */

static void lose_done(struct sim *sim)
{
    sim->lose_answer_at = sim->performs + 1;
    sim->lose_after = true;
}

static void lose_not_done(struct sim *sim)
{
    sim->lose_answer_at = sim->performs + 1;
}

static void lose_two(struct sim *sim)
{
    sim->lose_answer_at = sim->performs + 1;
    sim->lose_answers = 2;
}

static void throttle(struct sim *sim)
{
    sim->refuse_at = sim->performs + 1;
    sim->refuse_kind = ERROR_SERVICE;
}

static void what_fails_once_is_sent_again(void **state)
{
    void (*const troubles[])(struct sim *) = {lose_done, lose_not_done, lose_two, throttle};
    for (size_t i = 0; i < COUNT(troubles); i++) {
        if (i)
            rehearsal_tear_down(state), rehearsal_set_up(state);
        struct trouble trouble = {.at_verdict = troubles[i]};
        apply(*state, &trouble);
        is_confirmed(*state);
        assert_true(rehearsal_is_at_origin(*state));
    }
}

static void refuse(struct sim *sim)
{
    sim->refuse_at = sim->performs + 1;
}

static void lose_all(struct sim *sim)
{
    sim->lose_answer_at = sim->performs + 1;
    sim->lose_answers = 100;
    sim->fail_observe_from = sim->observes + 1;
    sim->fail_observe_count = 1000;
}

static void ignore(struct sim *sim)
{
    sim->ignore_at = sim->performs + 1;
}

static void signal_at_once(struct sim *sim)
{
    sim->interrupted = true;
}

/* What does not come through is never called so; and the next apply goes back before all else. */
static void what_is_not_confirmed_is_not_called_so(void **state)
{
    void (*const troubles[])(struct sim *) = {refuse, lose_all, ignore, signal_at_once};
    for (size_t i = 0; i < COUNT(troubles); i++) {
        if (i)
            rehearsal_tear_down(state), rehearsal_set_up(state);
        struct rehearsal *r = *state;
        struct trouble trouble = {.at_verdict = troubles[i]};
        apply(r, &trouble);
        if (r->cutover.outcome.confirmed || rehearsal_percent(r) != 25)
            fail_msg("%zu: %s\n%s", i, r->cutover.outcome.why, r->sim.log.data);
        assert_true(r->cutover.outcome.end == RUN_FAILED ||
                    r->cutover.outcome.end == RUN_INTERRUPTED);
        assert_non_null(state_open_failure(r->cutover.state));

        sim_forget(&r->sim);
        cutover_apply(&r->cutover);
        assert_true(r->cutover.fell_back);
        is_confirmed(r);
        assert_true(rehearsal_is_at_origin(r));
        assert_int_equal(r->sim.applied, 1);
    }
}

static void fail_write(struct sim *sim)
{
    sim->fail_replace_at = sim->replaces + 1;
}

/* Its origin is durable: a disk that fails keeps no traffic. */
static void a_disk_that_fails_keeps_no_traffic(void **state)
{
    struct rehearsal *r = *state;
    struct trouble trouble = {.at_verdict = fail_write};
    apply(r, &trouble);
    assert_true(r->cutover.outcome.confirmed);
    assert_true(rehearsal_is_at_origin(r));
    assert_true(r->cutover.journal_broken);
}

/* What is pressed at the terminal meanwhile stops no way back. */
static void press_p(struct sim *sim)
{
    sim->wish = WISH_STOP;
}

static void no_key_stops_it(void **state)
{
    struct trouble trouble = {.at_verdict = press_p};
    apply(*state, &trouble);
    is_confirmed(*state);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, rehearsal_set_up, rehearsal_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(the_first_request_moves_the_traffic),
        TEST(no_check_is_asked_once_a_gate_fails),
        TEST(the_weights_are_back_within_a_second),
        TEST(a_lower_source_is_scaled_up_first),
        TEST(a_source_without_a_healthy_target_gets_no_traffic),
        TEST(without_a_reading_the_traffic_goes_first),
        TEST(an_old_reading_is_not_believed_and_the_traffic_goes_first),
        TEST(what_fails_once_is_sent_again),
        TEST(what_is_not_confirmed_is_not_called_so),
        TEST(a_disk_that_fails_keeps_no_traffic),
        TEST(no_key_stops_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
