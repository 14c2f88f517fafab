#include "tests/unit.h"

#include "tests/sim/cutover.h"

/*
 * Runs that are cut at every point: by a signal, by the death of the process, by a disk that fails.
 * Whatever the point, what is resumed arrives where an uncut run does and sends nothing twice, and
 * what is reverted is at the origin, byte for byte.
 */

static const char brief[] =
    "switchover: 1\nstage: sandbox\nbaseline: 10m\ngates: {min_requests: 1}\n"
    "traffic: {steps: [{target: 10, hold: 6m}, {target: 100, hold: 0s}]}\n"
    "drain: {quiet_for: 2m, timeout: 1h}\n";

enum {
    MUTATIONS = 3,
    WAITS_APART = 53, /* of the hundreds of waits alike, about every so many is tried; all the
                         points, with all kinds of them: tests/fault/kills.c */
};

/* Few clients: what is simulated here hundreds of times is the run, not the traffic. */
static struct rehearsal *begin(void **own, const char *yaml)
{
    rehearsal_set_up(own);
    struct rehearsal *r = *own;
    r->setup.conditions.requests_per_second = 1;
    rehearsal_begin(r, yaml);
    return r;
}

/* What an uncut run does at each of its points: 'w' wait, 'm' mutation, 's' store, and others. */
static char *uncut_points(const char *yaml, bool revert)
{
    void *own;
    struct rehearsal *r = begin(&own, yaml);
    assert_int_equal(cutover_apply(&r->cutover), RUN_DONE);
    if (revert) {
        sim_forget(&r->sim);
        assert_int_equal(cutover_revert(&r->cutover), RUN_DONE);
    }
    char *points = strdup(text_cstr(&r->sim.point_kinds));
    rehearsal_tear_down(&own);
    return points;
}

static bool is_worth_trying(const char *points, unsigned point)
{
    char kind = points[point - 1];
    return strchr("ms", kind) || (kind == 'w' && point % WAITS_APART == 0);
}

/* Applies until it is done; how often is bounded. Counts what the world carried out in all. */
static void resume_until_done(struct rehearsal *r, unsigned point, unsigned *applied)
{
    for (int runs = 0; runs < 3; runs++) {
        sim_forget(&r->sim);
        enum run_end end = cutover_apply(&r->cutover);
        *applied += r->sim.applied;
        if (end == RUN_DONE)
            return;
    }
    fail_msg("cut at point %u it never ends: %s\n%s", point, r->cutover.outcome.why,
             r->sim.log.data);
}

typedef void cut_fn(struct rehearsal *r, unsigned point);

static void interrupt(struct rehearsal *r, unsigned point)
{
    r->sim.interrupt_at = point;
}

static void die_before(struct rehearsal *r, unsigned point)
{
    r->sim.die_at = point;
}

static void die_after(struct rehearsal *r, unsigned point)
{
    r->sim.die_at = point;
    r->sim.die_after = true;
}

/* An interrupt lets the request in flight be finished, one whose intent is being written included;
 * then nothing more is sent. */
static void nothing_was_sent_after(const struct sim *sim, const char *points, unsigned point)
{
    unsigned sent = 0;
    for (unsigned i = 0; i < point; i++)
        sent += points[i] == 'm';
    sent += strncmp(points + point - 1, "shm", 3) == 0; /* intent, whether the lock is ours, send */
    if (sim->performs != sent)
        fail_msg("interrupted at point %u (%c): %u sent, not %u\n%s", point, points[point - 1],
                 sim->performs, sent, sim->log.data);
}

/* Cut, then resumed; with plans made anew, and with a saved one. */
static void cut_and_resume(cut_fn *cut, bool saved)
{
    char *points = uncut_points(brief, false);
    for (unsigned point = 1; point <= strlen(points); point++) {
        void *own;
        unsigned applied;
        if (!is_worth_trying(points, point))
            continue;
        struct rehearsal *r = begin(&own, brief);
        if (saved)
            cutover_plan(&r->cutover);
        cut(r, point);
        enum run_end end = cutover_apply(&r->cutover);
        applied = r->sim.applied;
        if (cut == interrupt)
            nothing_was_sent_after(&r->sim, points, point);
        if (end == RUN_DONE && strpbrk(points + point, "wm"))
            fail_msg("point %u (%c) did not cut", point, points[point - 1]);
        if (end != RUN_DONE || r->sim.dead)
            resume_until_done(r, point, &applied);
        if (rehearsal_percent(r) != 100 || applied != MUTATIONS)
            fail_msg("cut at point %u (%c): %d %%, %u carried out\n%s", point, points[point - 1],
                     rehearsal_percent(r), applied, r->sim.log.data);
        rehearsal_tear_down(&own);
    }
    free(points);
}

static void interrupted_anywhere_it_resumes(void **state)
{
    (void)state;
    cut_and_resume(interrupt, false);
}

static void dead_anywhere_it_resumes(void **state)
{
    (void)state;
    cut_and_resume(die_before, true);
    cut_and_resume(die_after, false);
}

/* Cut, then reverted. Where nothing was stored yet there is nothing to revert. */
static void cut_and_revert(cut_fn *cut)
{
    char *points = uncut_points(brief, false);
    for (unsigned point = 1; point <= strlen(points); point++) {
        void *own;
        if (!is_worth_trying(points, point))
            continue;
        struct rehearsal *r = begin(&own, brief);
        cut(r, point);
        cutover_apply(&r->cutover);
        sim_forget(&r->sim);
        if (!r->sim.has_stored) {
            assert_true(rehearsal_is_at_origin(r));
            rehearsal_tear_down(&own);
            continue;
        }
        enum run_end end = cutover_revert(&r->cutover);
        if (end != RUN_DONE || !r->cutover.outcome.confirmed || !rehearsal_is_at_origin(r) ||
            !r->cutover.state->ended)
            fail_msg("cut at point %u (%c): %s, %s\n%s", point, points[point - 1],
                     run_end_name(end), r->cutover.outcome.why, r->sim.log.data);
        rehearsal_tear_down(&own);
    }
    free(points);
}

static void cut_anywhere_it_reverts_to_the_byte(void **state)
{
    (void)state;
    cut_and_revert(interrupt);
    cut_and_revert(die_before);
    cut_and_revert(die_after);
}

/* A revert that is itself cut, and run again. */
static void a_cut_revert_is_finished_by_the_next(void **state)
{
    (void)state;
    static cut_fn *const cuts[] = {interrupt, die_before, die_after};
    char *points = uncut_points(brief, true);
    for (unsigned i = 0; i < COUNT(cuts) * strlen(points); i++) {
        unsigned point = i / COUNT(cuts) + 1;
        void *own;
        if (!is_worth_trying(points, point))
            continue;
        struct rehearsal *r = begin(&own, brief);
        assert_int_equal(cutover_apply(&r->cutover), RUN_DONE);
        sim_forget(&r->sim);
        cuts[i % COUNT(cuts)](r, point);
        cutover_revert(&r->cutover);
        sim_forget(&r->sim);
        enum run_end end = cutover_revert(&r->cutover);
        if (end != RUN_DONE || !rehearsal_is_at_origin(r))
            fail_msg("point %u: %s, %s", point, run_end_name(end), r->cutover.outcome.why);
        rehearsal_tear_down(&own);
    }
    free(points);
}

/* ---- a disk that fails ---- */

static unsigned count_writes(const char *points)
{
    unsigned writes = 0;
    for (; *points; points++)
        writes += *points == 's';
    return writes;
}

/* DESIGN, section 5: a failed fsync is final, no forward mutation after it. */
static void no_forward_mutation_follows_a_failed_write(void **state)
{
    (void)state;
    char *points = uncut_points(brief, false);
    unsigned writes = count_writes(points);
    for (unsigned write = 1; write <= writes; write++) {
        void *own;
        struct rehearsal *r = begin(&own, brief);
        r->sim.fail_replace_at = write;
        enum run_end end = cutover_apply(&r->cutover);
        if (end != RUN_FAILED || r->sim.performs != r->sim.performs_at_failure ||
            r->sim.rescued.len == 0 || !r->cutover.journal_broken)
            fail_msg("write %u: %s, %u sent, %u before it failed\n%s", write, run_end_name(end),
                     r->sim.performs, r->sim.performs_at_failure, r->sim.log.data);
        assert_non_null(strstr(r->cutover.outcome.why, "the state cannot be written"));
        assert_true(r->sim.now - r->sim.failed_at < 1000); /* and it does not wait on in a hold */
        /* What was rescued is a whole state: put in place, it goes on from there. */
        unsigned applied = r->sim.applied;
        text_cut(&r->sim.stored, 0);
        text_add_bytes(&r->sim.stored, r->sim.rescued.data, r->sim.rescued.len);
        r->sim.has_stored = true;
        resume_until_done(r, write, &applied);
        assert_int_equal(applied, MUTATIONS);
        rehearsal_tear_down(&own);
    }
    free(points);
}

/* A traffic revert is still sent: its origin is already durable. */
static void a_fallback_is_sent_whatever_write_fails(void **state)
{
    (void)state;
    char *points = uncut_points(brief, true);
    unsigned writes = count_writes(points);
    for (unsigned write = 1; write <= writes; write++) {
        void *own;
        struct rehearsal *r = begin(&own, brief);
        assert_int_equal(cutover_apply(&r->cutover), RUN_DONE);
        sim_forget(&r->sim);
        r->sim.fail_replace_at = write;
        enum run_end end = cutover_revert(&r->cutover);
        if (end != RUN_FAILED || !rehearsal_is_at_origin(r) || !r->cutover.outcome.confirmed)
            fail_msg("write %u: %s, %s\n%s", write, run_end_name(end), r->cutover.outcome.why,
                     r->sim.log.data);
        rehearsal_tear_down(&own);
    }
    free(points);
}

/* ---- who wants it to stop ---- */

static void a_revert_may_ask_it_to_stop(void **state)
{
    struct rehearsal *r = *state;
    rehearsal_begin(r, brief);
    r->sim.stop_at = 150;
    assert_int_equal(cutover_apply(&r->cutover), RUN_INTERRUPTED);
    assert_string_equal(r->cutover.outcome.why, "a revert asked this run to stop");
    assert_int_equal(rehearsal_percent(r), 10);
    assert_int_equal(r->cutover.state->runs[0].end, RUN_INTERRUPTED);
}

static void ask_to_stop_at_the_second_mutation(struct sim *sim)
{
    if (sim->performs == 1 && text_ends(sim->point_kinds.data, "m"))
        sim->stop_at = sim->stop_questions + 1;
}

/* A revert waits 15 s for the lock: the read-back, which may take 30 s, must not outlast it. */
static void a_read_back_hears_a_request_to_stop(void **state)
{
    struct rehearsal *r = *state;
    rehearsal_begin(r, brief);
    r->sim.ignore_at = 2;
    r->sim.at_point = ask_to_stop_at_the_second_mutation;
    assert_int_equal(cutover_apply(&r->cutover), RUN_INTERRUPTED);
    const struct record *record = state_find_record(r->cutover.state, FORWARD, "shift[10%]");
    assert_int_equal(record->phase, PHASE_SENT);
    assert_in_range(r->sim.now - record->started_at, 0, 5000);
    sim_forget(&r->sim);
    assert_int_equal(cutover_revert(&r->cutover), RUN_DONE);
    assert_true(rehearsal_is_at_origin(r));
}

/* The request in flight is finished and recorded; nothing else is sent. */
static void a_signal_during_a_mutation_lets_it_finish(void **state)
{
    struct rehearsal *r = *state;
    char *points = uncut_points(brief, false);
    rehearsal_begin(r, brief);
    unsigned second = (unsigned)(strchr(strchr(points, 'm') + 1, 'm') - points) + 1;
    r->sim.interrupt_at = second;
    assert_int_equal(cutover_apply(&r->cutover), RUN_INTERRUPTED);
    assert_int_equal(rehearsal_percent(r), 10);
    assert_int_equal(state_find_record(r->cutover.state, FORWARD, "shift[10%]")->phase, PHASE_DONE);
    free(points);
}

/* The hold is timed from its shift, also where the process died between the two. */
static void a_hold_begins_with_its_shift(void **state)
{
    struct rehearsal *r = *state;
    char *points = uncut_points(brief, false);
    rehearsal_begin(r, brief);
    char *shift = strchr(strchr(points, 'm') + 1, 'm');
    r->sim.die_at = (unsigned)(strchr(shift, 's') - points) + 1; /* its outcome is written */
    r->sim.die_after = true;
    cutover_apply(&r->cutover);
    sim_forget(&r->sim);
    sim_advance(&r->sim, 3 * 60000);
    assert_int_equal(cutover_apply(&r->cutover), RUN_DONE);
    const struct record *done = state_find_record(r->cutover.state, FORWARD, "shift[10%]");
    const struct record *hold = state_find_record(r->cutover.state, FORWARD, "hold[10%]");
    assert_int_equal(hold->started_at, done->ended_at);
    free(points);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, rehearsal_set_up, rehearsal_tear_down)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(interrupted_anywhere_it_resumes),
        cmocka_unit_test(dead_anywhere_it_resumes),
        cmocka_unit_test(cut_anywhere_it_reverts_to_the_byte),
        cmocka_unit_test(a_cut_revert_is_finished_by_the_next),
        cmocka_unit_test(no_forward_mutation_follows_a_failed_write),
        cmocka_unit_test(a_fallback_is_sent_whatever_write_fails),
        TEST(a_revert_may_ask_it_to_stop),
        TEST(a_read_back_hears_a_request_to_stop),
        TEST(a_hold_begins_with_its_shift),
        TEST(a_signal_during_a_mutation_lets_it_finish),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
