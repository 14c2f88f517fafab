#include "tests/unit.h"

#include <stdlib.h>

#include "planner/base/time.h"
#include "tests/sim/cutover.h"

/*
 * Holds under gates, and what follows from a verdict: exit codes 5, 6, 8 and 9 are what the
 * operator lives by. Each world is as good on both sides until a test makes its target worse.
 */

#define HEAD "switchover: 1\nstage: sandbox\nbaseline: 20m\n"
#define STEPS                                                                                      \
    "traffic: {steps: [{target: 25, hold: 10m}, {target: 100, hold: 10m}]}\n"                      \
    "drain: {quiet_for: 5m, timeout: 1h}\n"

static const char stopping[] = HEAD "gates: {on_failure: stop}\n" STEPS;
static const char reverting[] = HEAD "gates: {on_failure: revert}\n" STEPS;

/* Another process, later, in the same world. */
static void go_on_later(struct rehearsal *r, int64_t ms)
{
    void *user = r->sim.user;
    sim_forget(&r->sim);
    r->sim.user = user;
    if (ms)
        sim_advance(&r->sim, ms);
}

static void change_target(struct sim *sim, double rate_4xx, double rate_5xx, double slower)
{
    struct conditions conditions = sim->world->conditions;
    struct group_conditions *target = &conditions.groups[ARM_TARGET];
    target->rate_4xx = rate_4xx;
    target->rate_5xx = rate_5xx;
    target->latency_p50_ms *= slower;
    target->latency_p99_ms *= slower;
    world_set_conditions(sim->world, &conditions);
}

static void many_5xx(struct sim *sim)
{
    change_target(sim, 0, 0.2, 1);
}

static void all_401(struct sim *sim)
{
    change_target(sim, 1, 0, 1);
}

static void slow(struct sim *sim)
{
    change_target(sim, 0, 0, 10);
}

static void good_again(struct sim *sim)
{
    struct conditions conditions = sim->world->setup->conditions;
    world_set_conditions(sim->world, &conditions);
}

static void all_ill(struct sim *sim)
{
    struct conditions conditions = sim->world->conditions;
    conditions.groups[ARM_TARGET].unhealthy = -1;
    world_set_conditions(sim->world, &conditions);
}

static enum check_verdict red_check(struct sim *sim, const char *name)
{
    (void)sim;
    return strcmp(name, "queue") == 0 ? CHECK_RED : CHECK_GREEN;
}

static enum check_verdict silent_check(struct sim *sim, const char *name)
{
    (void)sim;
    return strcmp(name, "green") == 0 ? CHECK_SILENT : CHECK_GREEN;
}

static void turn_red(struct sim *sim)
{
    sim->check = red_check;
}

static void fall_silent(struct sim *sim)
{
    sim->check = silent_check;
}

#define CHECKS                                                                                     \
    "checks:\n"                                                                                    \
    "  - http: {name: green, url: \"https://target.example/_cluster/health\", status: 200}\n"      \
    "  - metric: {name: queue, namespace: X, metric: Y, dimensions: {A: b}, statistic: Maximum, "  \
    "over: 10m, below: 60000}\n"

/* ---- each gate ---- */

static const struct {
    const char *gate;
    void (*make)(struct sim *sim);
    int64_t within_ms; /* of the shift */
} failing[] = {
    {"errors", many_5xx, 6 * MINUTE_MS},  {"client_errors", all_401, 8 * MINUTE_MS},
    {"latency", slow, 8 * MINUTE_MS},     {"health", all_ill, 4 * MINUTE_MS},
    {"check:queue", turn_red, MINUTE_MS}, {"check:green", fall_silent, 2 * MINUTE_MS},
};

static void a_failing_gate_stops_with_the_traffic_where_it_is(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(failing); i++) {
        void *own;
        struct happening happening = {"start hold[25%]", failing[i].make, false};
        rehearsal_set_up(&own);
        struct rehearsal *r = own;
        rehearsal_begin_with(r, HEAD "gates: {on_failure: stop}\n" CHECKS STEPS, &happening);
        enum run_end end = cutover_apply(&r->cutover);
        const struct state *s = r->cutover.state;
        if (end != RUN_GATE_FAILED || r->cutover.fell_back || rehearsal_percent(r) != 25)
            fail_msg("%s: %s, %s\n%s", failing[i].gate, run_end_name(end), r->cutover.outcome.why,
                     r->sim.log.data);
        assert_int_equal(s->failure_count, 1);
        assert_string_equal(s->failures[0].gate, failing[i].gate);
        assert_string_equal(s->failures[0].address, "hold[25%]");
        assert_null(s->failures[0].accepted_because);
        assert_false(state_is_done(s, FORWARD, "hold[25%]"));
        const struct record *shift = state_find_record(s, FORWARD, "shift[25%]");
        assert_in_range(s->failures[0].at - shift->ended_at, 0, failing[i].within_ms);
        assert_int_equal(r->cutover.outcome.live_read_at != 0, true);

        /* Who applies again changes nothing, and hears the same. */
        go_on_later(r, HOUR_MS);
        good_again(&r->sim);
        assert_int_equal(cutover_apply(&r->cutover), RUN_GATE_FAILED);
        assert_int_equal(r->sim.performs, 0);
        assert_int_equal(r->sim.waits, 0);
        assert_non_null(strstr(r->cutover.outcome.why, failing[i].gate));
        assert_int_equal(r->cutover.state->failure_count, 1);
        assert_int_equal(rehearsal_percent(r), 25);
        rehearsal_tear_down(&own);
    }
}

static void a_failing_gate_takes_the_traffic_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(failing); i++) {
        void *own;
        struct happening happening = {"start hold[25%]", failing[i].make, false};
        rehearsal_set_up(&own);
        struct rehearsal *r = own;
        rehearsal_begin_with(r, HEAD "gates: {on_failure: revert}\n" CHECKS STEPS, &happening);
        cutover_apply(&r->cutover);
        if (!r->cutover.fell_back || r->cutover.forward != RUN_GATE_FAILED ||
            !r->cutover.outcome.confirmed || !rehearsal_is_at_origin(r))
            fail_msg("%s: %s, %s\n%s", failing[i].gate, run_end_name(r->cutover.forward),
                     r->cutover.outcome.why, r->sim.log.data);
        assert_int_equal(r->cutover.outcome.end, RUN_DONE);
        assert_string_equal(r->cutover.state->failures[0].gate, failing[i].gate);
        assert_null(state_open_failure(r->cutover.state)); /* it was answered */
        assert_true(r->cutover.state->ended);
        assert_int_equal(r->cutover.state->run_count, 2);
        assert_int_equal(r->cutover.state->runs[0].end, RUN_GATE_FAILED);
        assert_int_equal(r->cutover.state->runs[1].direction, INVERSE);
        rehearsal_tear_down(&own);
    }
}

/* Nothing but a target that is as good as its source: no gate fails anything. */
static void a_good_target_passes_them_all(void **state)
{
    struct rehearsal *r = *state;
    rehearsal_begin_with(r, HEAD "gates: {on_failure: revert}\n" CHECKS STEPS, NULL);
    assert_int_equal(cutover_apply(&r->cutover), RUN_DONE);
    assert_int_equal(rehearsal_percent(r), 100);
    assert_int_equal(r->cutover.state->failure_count, 0);
    assert_string_equal(r->cutover.state->sums.address, "hold[100%]");
    assert_true(r->sim.asks > 20); /* checks are asked once a minute, also in the drain */
    assert_true(r->sim.ticks > 500);
    /* The 1 % is shared by as many holds as the file has. */
    struct gate_input in =
        state_gate_input(r->cutover.state, NULL, (struct health_looks){{0}, {0}}, r->sim.now);
    assert_int_equal(in.holds, 2);
}

/* One silent answer is none; nor is what a signal cut short the second. */
static enum check_verdict silent_and_stopped(struct sim *sim, const char *name)
{
    (void)name;
    sim->interrupted = sim->interrupted || sim_count(sim, "gate hold[25%]: check:") > 0;
    return CHECK_SILENT;
}

static void be_silent_and_stop(struct sim *sim)
{
    sim->check = silent_and_stopped;
}

static void a_signal_fails_no_check(void **state)
{
    struct rehearsal *r = *state;
    struct happening happening = {"start hold[25%]", be_silent_and_stop, false};
    rehearsal_begin_with(r, HEAD "gates: {on_failure: revert}\n" CHECKS STEPS, &happening);
    assert_int_equal(cutover_apply(&r->cutover), RUN_INTERRUPTED);
    assert_false(r->cutover.fell_back);
    assert_true(sim_logged(&r->sim, "gate hold[25%]: check:green suspect: silent"));
    assert_int_equal(rehearsal_percent(r), 25);
}

/* The drain is under the last hold's gates: also a target that only then falls ill is noticed. */
static void the_drain_is_judged_too(void **state)
{
    for (int revert = 0; revert < 2; revert++) {
        if (revert)
            rehearsal_tear_down(state), rehearsal_set_up(state);
        struct rehearsal *r = *state;
        struct happening happening = {"start drain[source]", many_5xx, false};
        r->setup.conditions.stuck_on_source = 0.05; /* else it is proven at the first look */
        rehearsal_begin_with(r, revert ? reverting : stopping, &happening);
        cutover_apply(&r->cutover);
        assert_true(happening.done);
        assert_int_equal(r->cutover.state->failure_count, 1);
        assert_string_equal(r->cutover.state->failures[0].gate, "errors");
        assert_string_equal(r->cutover.state->failures[0].address, "drain[source]");
        if (revert)
            assert_true(r->cutover.outcome.confirmed && rehearsal_is_at_origin(r));
        else
            assert_int_equal(r->cutover.outcome.end, RUN_GATE_FAILED);
    }
}

/* `hold: 0s` asks for no gate, and nothing behind it does. */
static void without_a_hold_nothing_is_judged(void **state)
{
    struct rehearsal *r = *state;
    struct happening happening = {"done shift[100%]", many_5xx, false};
    rehearsal_begin_with(r,
                         HEAD "traffic: {steps: [{target: 100, hold: 0s}]}\n"
                              "drain: {quiet_for: 5m, timeout: 1h}\n",
                         &happening);
    assert_int_equal(cutover_apply(&r->cutover), RUN_DONE);
    assert_null(r->cutover.state->sums.address);
    assert_false(sim_logged(&r->sim, "gate "));
}

/* ---- inconclusive ---- */

#define SPARSE(on_inconclusive)                                                                    \
    HEAD "gates: {min_requests: 100000, on_inconclusive: " on_inconclusive "}\n" STEPS

static void what_is_inconclusive_stops_and_goes_on_with_its_sums(void **state)
{
    struct rehearsal *r = *state;
    rehearsal_begin_with(r, SPARSE("stop"), NULL);
    assert_int_equal(cutover_apply(&r->cutover), RUN_INCONCLUSIVE);
    assert_int_equal(rehearsal_percent(r), 25);
    assert_non_null(strstr(r->cutover.outcome.why, "hold[25%] is inconclusive: errors: needs "));
    assert_int_equal(r->cutover.state->failure_count, 0);
    int64_t judged = r->cutover.state->sums.judged, since = r->cutover.state->sums.since;
    assert_true(judged >= 9);

    go_on_later(r, 5 * MINUTE_MS);
    int64_t before = r->sim.now;
    r->cutover.yaml = stopping; /* whoever wants less of it */
    assert_int_equal(cutover_apply(&r->cutover), RUN_DONE);
    assert_int_equal(rehearsal_percent(r), 100);
    const struct record *hold = state_find_record(r->cutover.state, FORWARD, "hold[25%]");
    assert_in_range(hold->started_at - before, 0, MINUTE_MS);
    assert_in_range(hold->ended_at - hold->started_at, 12 * MINUTE_MS, 14 * MINUTE_MS);
    char *note = strdup(hold->note);
    long long minutes = atoll(note);
    assert_true(minutes >= judged + 12); /* since the shift, not since the second apply */
    (void)since;
    free(note);
}

static void what_is_inconclusive_goes_on_where_that_is_wanted(void **state)
{
    struct rehearsal *r = *state;
    rehearsal_begin_with(r, SPARSE("continue"), NULL);
    assert_int_equal(cutover_apply(&r->cutover), RUN_DONE);
    assert_int_equal(rehearsal_percent(r), 100);
    assert_int_equal(sim_count(&r->sim, "inconclusive, and going on all the same: errors: needs"),
                     2);
    const struct record *hold = state_find_record(r->cutover.state, FORWARD, "hold[25%]");
    assert_non_null(strstr(hold->note, "inconclusive, gone on all the same: errors: needs"));
}

static void what_is_inconclusive_goes_back_where_that_is_wanted(void **state)
{
    struct rehearsal *r = *state;
    rehearsal_begin_with(r, SPARSE("revert"), NULL);
    cutover_apply(&r->cutover);
    assert_int_equal(r->cutover.forward, RUN_INCONCLUSIVE);
    assert_true(r->cutover.outcome.confirmed);
    assert_true(rehearsal_is_at_origin(r));
}

static void scale_target(struct sim *sim)
{
    struct refusal why;
    assert_true(world_set_desired(sim->world, sim->world->services[ARM_TARGET].name, 1, &why));
}

/* What never ends well may be somebody else's doing, and then it is that. */
static void what_is_inconclusive_by_anothers_doing_is_drift(void **state)
{
    struct rehearsal *r = *state;
    struct happening happening = {"start hold[25%]", scale_target, false};
    rehearsal_begin_with(r, SPARSE("stop"), &happening);
    enum run_end end = cutover_apply(&r->cutover);
    if (end != RUN_DRIFT)
        fail_msg("%s, %s", run_end_name(end), r->cutover.outcome.why);
    assert_int_equal(rehearsal_percent(r), 25);
}

/* ---- accepting ---- */

static void what_was_accepted_is_judged_anew(void **state)
{
    struct rehearsal *r = *state;
    struct happening happening = {"start hold[25%]", many_5xx, false};
    rehearsal_begin_with(r, stopping, &happening);
    assert_int_equal(cutover_apply(&r->cutover), RUN_GATE_FAILED);

    /* Mended: the old minutes count no more. */
    go_on_later(r, 5 * MINUTE_MS);
    good_again(&r->sim);
    int64_t before = sim_wall(&r->sim);
    r->cutover.accept = "errors";
    assert_int_equal(cutover_apply(&r->cutover), RUN_DONE);
    assert_int_equal(rehearsal_percent(r), 100);
    const struct state *s = r->cutover.state;
    assert_int_equal(s->failure_count, 1);
    assert_string_equal(s->failures[0].accepted_because, "CHG-7");
    const struct record *hold = state_find_record(s, FORWARD, "hold[25%]");
    assert_in_range(hold->started_at - before, 0, MINUTE_MS);
    assert_true(hold->ended_at - hold->started_at >= 10 * MINUTE_MS);
}

static void what_was_accepted_and_fails_again_stops_again(void **state)
{
    struct rehearsal *r = *state;
    struct happening happening = {"start hold[25%]", many_5xx, false};
    rehearsal_begin_with(r, stopping, &happening);
    assert_int_equal(cutover_apply(&r->cutover), RUN_GATE_FAILED);
    go_on_later(r, 0);
    r->cutover.accept = "errors";
    assert_int_equal(cutover_apply(&r->cutover), RUN_GATE_FAILED);
    assert_int_equal(rehearsal_percent(r), 25);
    assert_int_equal(r->cutover.state->failure_count, 2);
    assert_non_null(r->cutover.state->failures[0].accepted_because);
    assert_null(r->cutover.state->failures[1].accepted_because);
    assert_int_equal(r->sim.performs, 0);
}

/* ---- what passed while nobody ran ---- */

static void interrupt(struct sim *sim)
{
    sim->interrupted = true;
}

/* The tool stops in a hold, or with the hold behind it; the target falls ill; the tool goes on. */
static void missed_minutes_are_judged_before_anything_is_sent(void **state)
{
    static const char *const stops[] = {"wait hold[25%]: source", "done hold[25%]"};
    for (int i = 0; i < 4; i++) {
        if (i)
            rehearsal_tear_down(state), rehearsal_set_up(state);
        struct rehearsal *r = *state;
        bool revert = i >= 2;
        struct happening happening = {stops[i % 2], interrupt, false};
        rehearsal_begin_with(r, revert ? reverting : stopping, &happening);
        assert_int_equal(cutover_apply(&r->cutover), RUN_INTERRUPTED);
        assert_int_equal(rehearsal_percent(r), 25);
        go_on_later(r, 0);
        many_5xx(&r->sim);
        sim_advance(&r->sim, 10 * MINUTE_MS);
        good_again(&r->sim);
        sim_advance(&r->sim, 10 * MINUTE_MS);
        cutover_apply(&r->cutover);
        enum run_end end = revert ? r->cutover.forward : r->cutover.outcome.end;
        if (end != RUN_GATE_FAILED)
            fail_msg("%d: %s, %s\n%s", i, run_end_name(end), r->cutover.outcome.why,
                     r->sim.log.data);
        assert_false(sim_logged(&r->sim, "shift[100%]"));
        assert_false(sim_logged(&r->sim, "aws: weights 0/1"));
        assert_string_equal(r->cutover.state->failures[0].address, "hold[25%]");
        assert_int_equal(r->sim.waits, 0); /* at once */
        assert_int_equal(rehearsal_is_at_origin(r), revert);
        assert_false(state_is_done(r->cutover.state, FORWARD, "hold[25%]"));
    }
}

static unsigned count_done_holds(const struct state *state)
{
    unsigned n = 0;
    for (size_t i = 0; i < state->record_count; i++)
        n += state->records[i].kind == ACTION_HOLD && state->records[i].phase == PHASE_DONE;
    return n;
}

/* Accepted, the hold that was already behind it is held again. */
static void a_hold_that_was_done_begins_anew_once_it_is_accepted(void **state)
{
    struct rehearsal *r = *state;
    struct happening happening = {"done hold[25%]", interrupt, false};
    rehearsal_begin_with(r, stopping, &happening);
    assert_int_equal(cutover_apply(&r->cutover), RUN_INTERRUPTED);
    go_on_later(r, 0);
    many_5xx(&r->sim);
    sim_advance(&r->sim, 10 * MINUTE_MS);
    assert_int_equal(cutover_apply(&r->cutover), RUN_GATE_FAILED);
    assert_int_equal(count_done_holds(r->cutover.state), 1); /* what was done stays on record */
    go_on_later(r, 0);
    good_again(&r->sim);
    r->cutover.accept = "errors";
    assert_int_equal(cutover_apply(&r->cutover), RUN_DONE);
    assert_int_equal(count_done_holds(r->cutover.state), 3);
    assert_true(sim_logged(&r->sim, "start hold[25%]"));
    assert_int_equal(rehearsal_percent(r), 100);
}

/* Nobody can tell what passed: nothing more is sent. */
static void missed_minutes_that_cannot_be_read_stop_it(void **state)
{
    struct rehearsal *r = *state;
    struct happening happening = {"done hold[25%]", interrupt, false};
    rehearsal_begin_with(r, stopping, &happening);
    assert_int_equal(cutover_apply(&r->cutover), RUN_INTERRUPTED);
    go_on_later(r, 10 * MINUTE_MS);
    r->sim.fail_measures = true;
    assert_int_equal(cutover_apply(&r->cutover), RUN_FAILED);
    assert_int_equal(r->sim.performs, 0);
    assert_non_null(strstr(r->cutover.outcome.why, "nobody has judged them"));
    go_on_later(r, 0);
    assert_int_equal(cutover_apply(&r->cutover), RUN_DONE);
}

/* Dead in a hold and resumed, the verdict is the one that nobody's death would have changed. */
static void a_verdict_survives_a_kill(void **state)
{
    char whole[512] = "";
    unsigned points = 0;
    for (unsigned cut = 0; cut < 6; cut++) {
        if (cut)
            rehearsal_tear_down(state), rehearsal_set_up(state);
        struct rehearsal *r = *state;
        struct happening happening = {"start hold[25%]", many_5xx, false};
        rehearsal_begin_with(r, stopping, &happening);
        if (cut) {
            r->sim.die_at = points - cut * 37;
            cutover_apply(&r->cutover);
            assert_true(r->sim.dead);
            go_on_later(r, 0);
            r->sim.locked = false;
            r->sim.at_point = rehearsal_make_it_happen;
        }
        assert_int_equal(cutover_apply(&r->cutover), RUN_GATE_FAILED);
        const struct state *s = r->cutover.state;
        if (!cut) {
            points = r->sim.points;
            snprintf(whole, sizeof whole, "%s", s->failures[0].why);
        }
        assert_string_equal(s->failures[0].gate, "errors");
        assert_string_equal(s->failures[0].why, whole);
    }
}

/* ---- somebody else ---- */

static void half(struct sim *sim)
{
    sim_set_weights(sim, 500, 500, -1);
}

static void weights_that_somebody_moves_end_a_hold_at_once(void **state)
{
    struct rehearsal *r = *state;
    struct happening happening = {"wait hold[25%]: source", half, false};
    rehearsal_begin_with(r, reverting, &happening);
    assert_int_equal(cutover_apply(&r->cutover), RUN_DRIFT);
    assert_false(r->cutover.fell_back);
    assert_false(state_is_done(r->cutover.state, FORWARD, "hold[25%]"));
    assert_int_equal(sim_count(&r->sim, "wait hold[25%]: source"), 1);
    assert_int_equal(rehearsal_percent(r), 50);
}

/* Long enough that live is read anew behind it. */
static enum check_verdict slow_check(struct sim *sim, const char *name)
{
    (void)name;
    if (sim_logged(sim, "start shift[100%]") && !sim_logged(sim, "intent shift[100%]")) {
        half(sim);
        sim_advance(sim, 10 * SECOND_MS);
    }
    return CHECK_GREEN;
}

static void ask_slowly(struct sim *sim)
{
    sim->check = slow_check;
}

/* The checks before a shift are asked between the read that it was compared with and the request.
 */
static void weights_that_move_while_checks_are_asked_are_not_overwritten(void **state)
{
    struct rehearsal *r = *state;
    struct happening happening = {"start hold[25%]", ask_slowly, false};
    rehearsal_begin_with(r, HEAD "gates: {on_failure: stop}\n" CHECKS STEPS, &happening);
    assert_int_equal(cutover_apply(&r->cutover), RUN_DRIFT);
    assert_false(sim_logged(&r->sim, "aws: weights 0/1"));
}

/* ---- who sits at the terminal ---- */

static void press_r(struct sim *sim)
{
    sim->wish = WISH_REVERT;
}

static void press_c(struct sim *sim)
{
    sim->wish = WISH_END_WAIT;
}

static void press_p(struct sim *sim)
{
    sim->wish = WISH_STOP;
}

static void r_takes_the_traffic_back(void **state)
{
    static const char *const in[] = {"wait hold[25%]: source", "wait drain[source]",
                                     "start hold[25"};
    for (size_t i = 0; i < COUNT(in); i++) {
        if (i)
            rehearsal_tear_down(state), rehearsal_set_up(state);
        struct rehearsal *r = *state;
        struct happening happening = {in[i], press_r, false};
        r->setup.conditions.stuck_on_source = 0.05; /* else there is no wait in the drain */
        rehearsal_begin_with(r, stopping, &happening);
        cutover_apply(&r->cutover);
        assert_true(r->cutover.fell_back);
        assert_int_equal(r->cutover.forward, RUN_RECALLED);
        assert_true(r->cutover.outcome.confirmed);
        assert_true(rehearsal_is_at_origin(r));
        assert_int_equal(r->cutover.state->failure_count, 0);
    }
}

/* r was pressed, and the hold is over before the question was answered. */
static void ask(struct sim *sim)
{
    sim->asked_until = sim->now + 20 * MINUTE_MS;
}

static void nothing_goes_forward_while_the_question_stands(void **state)
{
    static const enum wish answers[] = {WISH_REVERT, WISH_NONE};
    for (size_t i = 0; i < COUNT(answers); i++) {
        if (i)
            rehearsal_tear_down(state), rehearsal_set_up(state);
        struct rehearsal *r = *state;
        struct happening happening = {"wait hold[25%]: source", ask, false};
        rehearsal_begin_with(r, stopping, &happening);
        r->sim.answer = answers[i];
        cutover_apply(&r->cutover);
        assert_int_equal(r->cutover.fell_back, answers[i] == WISH_REVERT);
        assert_int_equal(sim_logged(&r->sim, "start shift[100%]"), answers[i] == WISH_NONE);
        if (answers[i] == WISH_REVERT) {
            assert_true(rehearsal_is_at_origin(r));
            continue;
        }
        const struct record *hold = state_find_record(r->cutover.state, FORWARD, "hold[25%]");
        assert_in_range(hold->ended_at - hold->started_at, 20 * MINUTE_MS, 25 * MINUTE_MS);
    }
}

/* Before the first shift there is nothing to take back. */
static void r_stops_what_has_shifted_nothing(void **state)
{
    struct rehearsal *r = *state;
    struct happening happening = {"wait scale[target]", press_r, false};
    rehearsal_begin_with(r, stopping, &happening);
    assert_int_equal(cutover_apply(&r->cutover), RUN_INTERRUPTED);
    assert_false(r->cutover.fell_back);
    assert_true(rehearsal_is_at_origin(r));
}

static void c_ends_a_hold_and_goes_on(void **state)
{
    struct rehearsal *r = *state;
    struct happening happening = {"wait hold[25%]: source", press_c, false};
    rehearsal_begin_with(r, stopping, &happening);
    assert_int_equal(cutover_apply(&r->cutover), RUN_DONE);
    const struct record *hold = state_find_record(r->cutover.state, FORWARD, "hold[25%]");
    assert_in_range(hold->ended_at - hold->started_at, 0, 6 * MINUTE_MS);
    assert_non_null(strstr(hold->note, "ended early by somebody at the terminal; "));
    /* only that one */
    hold = state_find_record(r->cutover.state, FORWARD, "hold[100%]");
    assert_true(hold->ended_at - hold->started_at >= 10 * MINUTE_MS);
}

static void c_leaves_a_drain_unproven(void **state)
{
    struct rehearsal *r = *state;
    struct happening happening = {"wait drain[source]", press_c, false};
    r->setup.conditions.stuck_on_source = 0.05;
    rehearsal_begin_with(r, stopping, &happening);
    assert_int_equal(cutover_apply(&r->cutover), RUN_INTERRUPTED);
    assert_non_null(strstr(r->cutover.outcome.why, "ended by somebody at the terminal"));
    assert_int_equal(rehearsal_percent(r), 100);
}

static void p_stops_with_the_traffic_where_it_is(void **state)
{
    struct rehearsal *r = *state;
    struct happening happening = {"wait hold[25%]: source", press_p, false};
    rehearsal_begin_with(r, stopping, &happening);
    assert_int_equal(cutover_apply(&r->cutover), RUN_INTERRUPTED);
    assert_int_equal(rehearsal_percent(r), 25);
    go_on_later(r, 0);
    assert_int_equal(cutover_apply(&r->cutover), RUN_DONE);
}

/* ---- --until shifted ---- */

static void until_shifted_ends_behind_the_last_shift(void **state)
{
    struct rehearsal *r = *state;
    rehearsal_begin_with(r, stopping, NULL);
    r->cutover.until_shifted = true;
    assert_int_equal(cutover_apply(&r->cutover), RUN_SHIFTED);
    assert_int_equal(rehearsal_percent(r), 100);
    assert_true(state_is_done(r->cutover.state, FORWARD, "hold[25%]"));
    assert_null(state_find_record(r->cutover.state, FORWARD, "hold[100%]"));
    assert_string_equal(r->cutover.outcome.why, "every shift is done: source 0, target 1");

    go_on_later(r, 0); /* again: there is nothing left of it */
    assert_int_equal(cutover_apply(&r->cutover), RUN_SHIFTED);
    assert_int_equal(r->sim.performs, 0);
    assert_int_equal(r->sim.waits, 0);

    go_on_later(r, 20 * MINUTE_MS);
    r->cutover.until_shifted = false;
    assert_int_equal(cutover_apply(&r->cutover), RUN_DONE);
    assert_true(state_is_done(r->cutover.state, FORWARD, "hold[100%]"));
    assert_true(state_is_done(r->cutover.state, FORWARD, "drain[source]"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, rehearsal_set_up, rehearsal_tear_down)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failing_gate_stops_with_the_traffic_where_it_is),
        cmocka_unit_test(a_failing_gate_takes_the_traffic_back),
        TEST(a_good_target_passes_them_all),
        TEST(a_signal_fails_no_check),
        TEST(the_drain_is_judged_too),
        TEST(without_a_hold_nothing_is_judged),
        TEST(what_is_inconclusive_stops_and_goes_on_with_its_sums),
        TEST(what_is_inconclusive_goes_on_where_that_is_wanted),
        TEST(what_is_inconclusive_goes_back_where_that_is_wanted),
        TEST(what_is_inconclusive_by_anothers_doing_is_drift),
        TEST(what_was_accepted_is_judged_anew),
        TEST(what_was_accepted_and_fails_again_stops_again),
        TEST(missed_minutes_are_judged_before_anything_is_sent),
        TEST(a_hold_that_was_done_begins_anew_once_it_is_accepted),
        TEST(missed_minutes_that_cannot_be_read_stop_it),
        TEST(a_verdict_survives_a_kill),
        TEST(weights_that_somebody_moves_end_a_hold_at_once),
        TEST(weights_that_move_while_checks_are_asked_are_not_overwritten),
        TEST(r_takes_the_traffic_back),
        TEST(nothing_goes_forward_while_the_question_stands),
        TEST(r_stops_what_has_shifted_nothing),
        TEST(c_ends_a_hold_and_goes_on),
        TEST(c_leaves_a_drain_unproven),
        TEST(p_stops_with_the_traffic_where_it_is),
        TEST(until_shifted_ends_behind_the_last_shift),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
