#include "tests/unit.h"

#include "planner/base/time.h"
#include "tests/fault/story.h"

/* clang-format off */
const char *const fault_names[STORY_FAULTS] = {
    [FAULT_KILL] = "kill",
    [FAULT_SECOND_KILL] = "second kill",
    [FAULT_SIGNAL] = "signal",
    [FAULT_STOP] = "stop request",
    [FAULT_ANSWER_LOST_DONE] = "answer lost, done",
    [FAULT_ANSWER_LOST_NOT_DONE] = "answer lost, not done",
    [FAULT_ANSWER_LOST_LATE] = "answer lost, done late",
    [FAULT_REFUSED] = "refused",
    [FAULT_THROTTLED] = "throttled",
    [FAULT_IGNORED] = "ignored",
    [FAULT_WRITE] = "write failed",
    [FAULT_WRITE_LANDS] = "write failed, landed",
    [FAULT_RESCUE] = "rescue failed",
    [FAULT_LOCK_LOST] = "lock lost",
    [FAULT_READ] = "read failed",
    [FAULT_STALE_READ] = "stale read",
    [FAULT_MEASURE] = "measurement failed",
    [FAULT_METRICS_MISSING] = "metrics missing",
    [FAULT_TASKS] = "tasks failed",
    [FAULT_CLOCK_BACK] = "clock set back",
    [FAULT_CLOCK_FORWARD] = "clock set forward",
    [FAULT_SOMEBODY] = "somebody else",
    [FAULT_SOMEBODY_RACES] = "somebody else, racing",
    [FAULT_SECOND_OPERATOR] = "second operator",
};
/* clang-format on */

/* A request may land so late that the product has looked and sent it again, but not so late that
 * nobody waits for it any more: there is no telling then. */
enum { LATE_MOST_MS = 2400 };

/* ---- the deployment ---- */

static const char *const withheld[] = {"HealthyHostCount", "RequestCount"};

void story_set_up(struct story *s)
{
    struct world_setup *setup = &s->r->setup;
    setup->seed = s->seed;
    setup->history_ms = 10 * MINUTE_MS;
    setup->conditions.requests_per_second = 1;
    setup->task_start_min_ms = 2 * SECOND_MS;
    setup->task_start_max_ms = 20 * SECOND_MS;
    for (int group = 0; group < WORLD_GROUP_COUNT; group++)
        setup->groups[group].attributes.health_interval_s = 5;
    if (story_happens(s, 2))
        setup->services[ARM_TARGET].desired = 2;
    if (story_happens(s, 12)) {
        setup->metrics_withheld = &withheld[story_draw(s, COUNT(withheld))];
        setup->metrics_withheld_count = 1;
        s->unmeasured = true;
        story_struck(s, FAULT_METRICS_MISSING);
    }
    if (story_happens(s, 20)) {
        setup->conditions.services[ARM_TARGET].failing_starts = 1 + (int64_t)story_draw(s, 6);
        s->unready = true;
        story_struck(s, FAULT_TASKS);
    }
}

/* ---- in a run ---- */

/* The earlier points are the more interesting: later ones are waits. */
static unsigned some_point(struct story *s)
{
    return 1 +
           (unsigned)story_draw(s, 1 + (unsigned)story_draw(s, 1 + (unsigned)story_draw(s, 250)));
}

static unsigned some_mutation(struct story *s)
{
    return 1 + (unsigned)story_draw(s, 3);
}

static void change_something(struct story *s)
{
    struct sim *sim = &s->r->sim;
    s->foreign = s->ever_foreign = s->changed_since_shown = true;
    switch (story_draw(s, 4)) {
    case 0:
        sim_set_desired(sim, ARM_TARGET, (int64_t)story_draw(s, 4));
        break;
    case 1:
        sim_set_desired(sim, ARM_SOURCE, 1 + (int64_t)story_draw(s, 3));
        break;
    default:
        s->moved = true;
        sim_set_weights(sim, (int)story_draw(s, 3), (int)story_draw(s, 3), -1);
    }
    sim_log(sim, "somebody else changes something");
}

void story_interfere(struct story *s)
{
    story_struck(s, FAULT_SOMEBODY);
    change_something(s);
}

/* A colleague with a state of their own applies or is stopped on the way, all of it while we wait
 * once. */
static void operate_meanwhile(struct story *s)
{
    struct sim *sim = &s->r->sim, other;
    struct cutover theirs;
    sim_join(&other, sim);
    cutover_init(&theirs, &other, s->r->cutover.yaml);
    other.interrupt_at_wait = story_happens(s, 2) ? 1 + (unsigned)story_draw(s, 60) : 0;
    enum run_end end = cutover_apply(&theirs);
    unsigned sent = other.performs;
    int64_t took_ms = other.now - sim->now;
    cutover_clear(&theirs);
    sim_clear(&other);
    sim_advance(sim, took_ms);
    sim_log(sim, "somebody else applies: %s, %u sent", run_end_name(end), sent);
    if (!sent)
        return;
    s->foreign = s->ever_foreign = s->moved = s->changed_since_shown = true;
    story_struck(s, FAULT_SECOND_OPERATOR);
}

static void set_clock(struct story *s)
{
    s->clock_was_set = true;
    s->r->sim.wall_ahead += s->clock_by_ms;
    story_struck(s, s->clock_by_ms < 0 ? FAULT_CLOCK_BACK : FAULT_CLOCK_FORWARD);
    sim_log(&s->r->sim, "the clock is set");
}

static void in_a_wait(struct story *s)
{
    const struct sim *sim = &s->r->sim;
    unsigned wait = sim->waits + 1;
    if (wait == s->clock_at)
        set_clock(s);
    if (wait == s->second_operator_at)
        operate_meanwhile(s);
    if (s->somebody_in && story_happens(s, s->somebody_in))
        story_interfere(s);
}

static void at_point(struct sim *sim)
{
    struct story *s = sim->user;
    if (sim->point_kind == 'w')
        in_a_wait(s);
    else if (s->races_in && story_happens(s, s->races_in)) {
        story_struck(s, FAULT_SOMEBODY_RACES);
        change_something(s);
    }
}

/* Between plan and run. */
static void between(struct sim *sim)
{
    struct story *s = sim->user;
    static const enum error_kind passing[] = {ERROR_NETWORK, ERROR_SERVICE};
    sim->fail_observe_from = story_happens(s, 4) ? 1 + (unsigned)story_draw(s, 12) : 0;
    sim->fail_observe_count = 1 + (unsigned)story_draw(s, 40);
    sim->fail_observe_kind = passing[story_draw(s, COUNT(passing))];
    if (story_happens(s, 6))
        story_interfere(s);
}

static void arm_process(struct story *s)
{
    struct sim *sim = &s->r->sim;
    sim->interrupt_at = story_happens(s, 4) ? some_point(s) : 0;
    sim->stop_at = story_happens(s, 8) ? some_point(s) : 0;
    sim->die_at = story_happens(s, s->last_was_killed ? 2 : 4) ? some_point(s) : 0;
    sim->die_after = story_happens(s, 2);
    s->clock_at = story_happens(s, 6) ? 1 + (unsigned)story_draw(s, 60) : 0;
    s->clock_by_ms = (int64_t)story_draw(s, 3 * HOUR_MS) * (story_happens(s, 2) ? 1 : -1);
}

static void arm_cloud(struct story *s)
{
    struct sim *sim = &s->r->sim;
    sim->lose_answer_at = story_happens(s, 3) ? some_mutation(s) : 0;
    sim->lose_answers = 1 + (unsigned)story_draw(s, 3);
    sim->lose_after = story_happens(s, 2);
    sim->land_late_ms = story_happens(s, 3) ? 1 + (int64_t)story_draw(s, LATE_MOST_MS) : 0;
    sim->refuse_at = story_happens(s, 6) ? some_mutation(s) : 0;
    sim->refuse_kind = story_happens(s, 2) ? ERROR_SERVICE : ERROR_ACCESS;
    sim->ignore_at = story_happens(s, 10) ? some_mutation(s) : 0;
    sim->stale_at = story_happens(s, 5) ? some_mutation(s) : 0;
    sim->stale_reads = 1 + (unsigned)story_draw(s, 5);
    sim->fail_measure_from = story_happens(s, 6) ? 1 + (unsigned)story_draw(s, 6) : 0;
    sim->fail_measure_count = 1 + (unsigned)story_draw(s, 12);
}

static void arm_store(struct story *s)
{
    struct sim *sim = &s->r->sim;
    sim->fail_replace_at = story_happens(s, 8) ? 1 + (unsigned)story_draw(s, 8) : 0;
    sim->replace_lands = story_happens(s, 3);
    sim->fail_rescue = story_happens(s, 3);
    sim->lose_lock_at = story_happens(s, 8) ? some_mutation(s) : 0;
}

void story_arm(struct story *s)
{
    struct sim *sim = &s->r->sim;
    sim_forget(sim);
    arm_process(s);
    arm_cloud(s);
    arm_store(s);
    s->somebody_in = story_happens(s, 5) ? 60 : 0;
    s->races_in = story_happens(s, 12) ? 40 : 0;
    s->second_operator_at = story_happens(s, 12) ? 1 + (unsigned)story_draw(s, 25) : 0;
    sim->at_point = at_point;
    s->r->cutover.between = between;
    s->r->cutover.skip_read = story_happens(s, 6);
}

void story_disarm(struct story *s)
{
    struct sim *sim = &s->r->sim;
    sim_forget(sim);
    sim->wall_ahead = 0;
    s->r->cutover.between = NULL;
    s->r->cutover.skip_read = false;
}

/* ---- what struck ---- */

static void count_mutations(struct story *s)
{
    const struct sim *sim = &s->r->sim;
    bool lost = sim->lose_answer_at && sim->performs >= sim->lose_answer_at;
    if (lost && sim->lose_after)
        story_struck(s, FAULT_ANSWER_LOST_DONE);
    else if (lost)
        story_struck(s, sim->land_late_ms ? FAULT_ANSWER_LOST_LATE : FAULT_ANSWER_LOST_NOT_DONE);
    if (sim->refuse_at && sim->performs >= sim->refuse_at)
        story_struck(s, sim->refuse_kind == ERROR_SERVICE ? FAULT_THROTTLED : FAULT_REFUSED);
    if (sim->ignore_at && sim->performs >= sim->ignore_at) {
        story_struck(s, FAULT_IGNORED);
        s->foreign = s->ever_foreign = true;
    }
    if (sim->stale_at && sim->performs >= sim->stale_at && sim->stale_left < sim->stale_reads)
        story_struck(s, FAULT_STALE_READ);
}

static void count_store(struct story *s)
{
    const struct sim *sim = &s->r->sim;
    bool failed = sim->fail_replace_at && sim->replaces >= sim->fail_replace_at;
    if (failed)
        story_struck(s, sim->replace_lands ? FAULT_WRITE_LANDS : FAULT_WRITE);
    if (failed && sim->fail_rescue)
        story_struck(s, FAULT_RESCUE);
    if (sim->lose_lock_at && sim->lock_questions >= sim->lose_lock_at)
        story_struck(s, FAULT_LOCK_LOST);
}

void story_count(struct story *s)
{
    const struct sim *sim = &s->r->sim;
    if (sim->dead)
        story_struck(s, s->last_was_killed ? FAULT_SECOND_KILL : FAULT_KILL);
    s->last_was_killed = sim->dead;
    if (sim->interrupted)
        story_struck(s, FAULT_SIGNAL);
    if (sim->stop_at && sim->stop_questions >= sim->stop_at)
        story_struck(s, FAULT_STOP);
    if (sim->fail_observe_from && sim->observes >= sim->fail_observe_from)
        story_struck(s, FAULT_READ);
    if (sim->fail_measure_from && sim->measures >= sim->fail_measure_from)
        story_struck(s, FAULT_MEASURE);
    count_mutations(s);
    count_store(s);
}
