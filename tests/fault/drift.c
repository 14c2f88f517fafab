#include "tests/unit.h"

#include <stdlib.h>

#include "tests/fault/changes.h"

/*
 * Live is changed by somebody else between plan and run, and between any two port calls of a run:
 * every recorded field (changes.c) x every gap x every way in which a plan comes to be run. What
 * must come of it stands in that table; whatever it is, nothing is sent after what was refused.
 *
 * One gap cannot be closed, for neither ELBv2 nor ECS has a conditional write: from the last read
 * before a request to the request. What is changed there is counted as raced; the request goes
 * out, and what it does not overwrite is found by the next read.
 *
 * Gaps within a wait are all alike: the first and the last of each wait are taken. A sample takes
 * 15 s; with TESTS_LONG all of it is tried, in some minutes.
 */

enum way {
    FRESH,        /* apply, between its plan and its end */
    SAVED,        /* apply of a saved plan */
    RESUMED,      /* a second apply, which plans anew */
    RESUMED_PLAN, /* a second apply of the same saved plan */
    BACK,         /* revert of a cutover that stopped at 10 % */
    WAY_COUNT
};
static const char *const way_names[] = {"fresh", "saved", "resumed", "resumed saved", "back"};

struct trial {
    enum base base;
    enum way way;
    const struct change *change; /* NULL: nobody does anything */
    unsigned at;                 /* before this point of the last command; 0: before that command */
    bool done;
    unsigned sent_before;

    /* what came of it */
    struct rehearsal *r;
    enum run_end end;
    bool possible; /* there was a plan to run */
    bool at_origin;
};

struct count {
    unsigned gaps, possible, trials, refused, blocked, taken, gone_on, raced, late;
};

/* ---- playing ---- */

static void stop_at_ten_percent(struct sim *sim)
{
    unsigned shifted = ((struct trial *)sim->user)->base == PLAIN ? 2 : 1;
    if (sim->point_kind == 'w' && sim->performs == shifted)
        sim->interrupted = true;
}

static void change(struct sim *sim, struct trial *t)
{
    t->done = true;
    t->sent_before = sim->performs;
    t->change->make(sim);
    sim_log(sim, "somebody: %s", t->change->what);
}

static void change_at_point(struct sim *sim)
{
    struct trial *t = sim->user;
    if (t->change && !t->done && sim->points == t->at)
        change(sim, t);
}

/* Up to the command that is looked at. */
static void prepare(struct trial *t)
{
    struct sim *sim = &t->r->sim;
    base_begin(t->r, t->base);
    sim->user = t;
    if (t->way == SAVED || t->way == RESUMED_PLAN)
        cutover_plan(&t->r->cutover);
    if (t->way >= RESUMED) {
        sim->at_point = stop_at_ten_percent;
        assert_int_equal(cutover_apply(&t->r->cutover), RUN_INTERRUPTED);
        assert_int_equal(rehearsal_percent(t->r), 10);
    }
    sim_forget(sim);
}

static void play(struct trial *t)
{
    void *own;
    rehearsal_set_up(&own);
    t->r = own;
    prepare(t);
    struct sim *sim = &t->r->sim;
    if (t->change && !t->at)
        change(sim, t);
    sim->at_point = change_at_point;
    t->end = t->way == BACK ? cutover_revert(&t->r->cutover) : cutover_apply(&t->r->cutover);
    t->possible = t->way == BACK || plan_is_possible(t->r->cutover.state->plan);
    t->at_origin = rehearsal_is_at_origin(t->r);
}

static void end(struct trial *t)
{
    void *own = t->r;
    rehearsal_tear_down(&own);
}

/* ---- gaps ---- */

/* How the command goes when nobody does anything. */
struct course {
    char *kinds; /* of its points, the first at 1 */
    unsigned points, sends, planned;
};

static unsigned next_of(const struct course *course, unsigned from, char kind)
{
    for (unsigned i = from; i <= course->points; i++)
        if (course->kinds[i] == kind)
            return i;
    return 0;
}

static unsigned last_of(const struct course *course, unsigned to, char kind)
{
    for (unsigned i = to; i > 0; i--)
        if (course->kinds[i] == kind)
            return i;
    return 0;
}

/* Between the read and its request stand whether to stop, the intent's write, whether the lock is
 * ours, and nothing else. */
static void is_race_small(const struct course *course)
{
    for (unsigned m = next_of(course, 1, 'm'); m; m = next_of(course, m + 1, 'm')) {
        unsigned read = last_of(course, m, 'o');
        if (m - read != strlen("oqsh") || strncmp(course->kinds + read, "oqsh", m - read) != 0)
            fail_msg("between a read and its request: %.*s", (int)(m - read), course->kinds + read);
    }
}

static void follow(struct course *course, enum base base, enum way way)
{
    struct trial t = {.base = base, .way = way};
    play(&t);
    if (t.end != RUN_DONE)
        fail_msg("%s: %s", way_names[way], t.r->cutover.outcome.why);
    course->kinds = strdup(arena_printf(&t.r->arena, " %s", t.r->sim.point_kinds.data));
    course->points = t.r->sim.points;
    course->sends = t.r->sim.performs;
    /* what a plan is made from is read before it is one */
    course->planned = way == SAVED || way == RESUMED_PLAN ? 0 : 1;
    while (course->planned && course->kinds[course->planned - 1] != 'o')
        course->planned++;
    end(&t);
    is_race_small(course);
}

static bool is_waiting(char kind)
{
    return kind == 'w' || kind == 'q';
}

/* Within a wait, and neither its first nor its last gap. */
static bool is_like_its_neighbour(const struct course *course, unsigned at)
{
    for (unsigned i = at < 3 ? 1 : at - 2; i < at + 2; i++)
        if (i > course->points || !is_waiting(course->kinds[i]))
            return false;
    return at > 2;
}

enum gap { OPEN, RACE, LATE }; /* before a read that precedes a request; before it; behind all */

static enum gap gap_at(const struct course *course, unsigned at)
{
    unsigned request = next_of(course, at ? at : 1, 'm');
    if (!request)
        return LATE;
    return at > last_of(course, request, 'o') ? RACE : OPEN;
}

/* ---- judging ---- */

#define WRONG(t, ...)                                                                              \
    do {                                                                                           \
        fprintf(stderr, "%s", text_cstr(&(t)->r->sim.log));                                        \
        fprintf(stderr, "base %d, %s, %s before point %u: %s, %s\n", (t)->base,                    \
                way_names[(t)->way], (t)->change->what, (t)->at, run_end_name((t)->end),           \
                (t)->r->cutover.outcome.why);                                                      \
        fail_msg(__VA_ARGS__);                                                                     \
    } while (0)

static unsigned sent_after(const struct trial *t)
{
    return t->r->sim.performs - t->sent_before;
}

static enum coming coming_of(const struct trial *t, const struct course *course)
{
    const struct change *c = t->change;
    if (t->way == BACK)
        return c->back;
    if (t->way == RESUMED && t->at < course->planned)
        return c->replanned;
    return t->way >= RESUMED || t->sent_before > 0 ? c->under_way : c->first;
}

static void is_refused(struct trial *t)
{
    const char *why = t->r->cutover.outcome.why;
    if (t->end != RUN_DRIFT || sent_after(t))
        WRONG(t, "not refused: %u sent after it", sent_after(t));
    if (!sim_logged(&t->r->sim, "drift ") || !strstr(why, "recorded: ") || !strstr(why, "live: ") ||
        !strstr(why, "wanted: "))
        WRONG(t, "does not say what was recorded, is live and was wanted");
}

static void judge_forward(struct trial *t, const struct course *course, struct count *count)
{
    enum coming coming = coming_of(t, course);
    bool taken = sim_logged(&t->r->sim, "]: already as wanted");
    switch (coming) {
    case TAKEN:
        if (taken && t->end == RUN_DONE && sent_after(t) + t->sent_before + 1 == course->sends) {
            count->taken++;
            break;
        }
        /* fall through */
    case REFUSED:
        is_refused(t);
        count->refused++;
        break;
    case BLOCKED:
        /* What blocks may also keep from its end what is waited for. */
        if ((t->end != RUN_BLOCKED && t->end != RUN_TIMED_OUT) || sent_after(t))
            WRONG(t, "not blocked: %u sent after it", sent_after(t));
        count->blocked++;
        break;
    case NO_PLAN:
        if (t->possible || t->r->sim.performs)
            WRONG(t, "there is a plan, or something was sent");
        count->blocked++;
        break;
    case GROWS:
        if (t->end == RUN_BLOCKED && !sent_after(t) && sim_logged(&t->r->sim, "; 5 planned")) {
            count->blocked++;
            break;
        }
        /* fall through */
    default:
        if (t->end != RUN_DONE || rehearsal_percent(t->r) != 100)
            WRONG(t, "it did not go on");
        count->gone_on++;
    }
}

static void judge_back(struct trial *t, const struct course *course, struct count *count)
{
    bool goes = t->change->back == GOES_ON;
    if (goes && (t->end != RUN_DONE || !t->at_origin))
        WRONG(t, "the fallback did not go back");
    if (!goes && (t->r->sim.performs || t->r->cutover.outcome.confirmed || t->end == RUN_DONE))
        WRONG(t, "the fallback did not stop");
    bool moved = t->change->touched == ROUTING && t->change->first != GOES_ON;
    bool is_told = sim_logged(&t->r->sim, "live was changed by somebody else");
    if (goes && moved && !is_told && t->at >= course->planned) /* else the plan has it in a note */
        WRONG(t, "the fallback does not say what it overwrites");
    if (goes)
        count->gone_on++;
    else
        count->refused++;
}

/* The request was on its way: what it does not overwrite is found before the next. */
static void judge_raced(struct trial *t, const struct course *course, struct count *count)
{
    bool of_count = t->base == PLAIN && t->way < RESUMED && t->sent_before == 0;
    bool overwritten =
        of_count ? t->change->touched == TARGET_SERVICE : t->change->touched == ROUTING;
    enum coming coming = t->change->under_way;
    if (t->way != BACK && !overwritten && coming == REFUSED && sent_after(t) > 1)
        WRONG(t, "not refused after the race: %u sent", sent_after(t));
    if (t->r->sim.performs > course->sends)
        WRONG(t, "sent more often");
    count->raced++;
}

/* Nothing is left to send. A listener that was changed is still told of, where it is read again. */
static void judge_late(struct trial *t, const struct course *course, struct count *count)
{
    const struct change *c = t->change;
    bool of_listener = c->touched == ROUTING || c->touched == LISTENER;
    bool is_read = t->at <= last_of(course, course->points, 'o');
    if (sent_after(t))
        WRONG(t, "%u sent after all was done", sent_after(t));
    if (t->way != BACK && of_listener && is_read && c->under_way == REFUSED)
        is_refused(t);
    if (t->way == BACK && t->end == RUN_DONE && is_read) {
        struct routing now = sim_routing(&t->r->sim, &t->r->arena);
        if (!routing_equal(&now, &t->r->origin))
            WRONG(t, "back at an origin where it is not");
    }
    count->late++;
}

static void try(struct trial *t, const struct course *course, struct count *count)
{
    play(t);
    if (!t->done)
        WRONG(t, "nobody did anything");
    enum gap gap = gap_at(course, t->at);
    count->trials++;
    if (gap == RACE)
        judge_raced(t, course, count);
    else if (gap == LATE)
        judge_late(t, course, count);
    else if (t->way == BACK)
        judge_back(t, course, count);
    else
        judge_forward(t, course, count);
    end(t);
}

/* ---- all of it ---- */

enum { SEED = 7, ONE_IN = 12, LATE_ONE_IN = 48 };

static bool is_drawn(uint64_t *random, enum gap gap)
{
    if (getenv("TESTS_LONG"))
        return true;
    *random = *random * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(*random >> 33) % (gap == LATE ? LATE_ONE_IN : ONE_IN) == 0;
}

static void try_all(enum base base, enum way way, uint64_t *random, struct count *count)
{
    struct course course;
    follow(&course, base, way);
    /* A plan that is made after a change is another plan: only a second apply's is looked at. */
    unsigned first = way == FRESH ? course.planned : 0;
    for (unsigned at = first; at <= course.points; at++) {
        if (at && is_like_its_neighbour(&course, at))
            continue;
        count->gaps++;
        for (size_t i = 0; i < change_count; i++) {
            struct trial t = {.base = base, .way = way, .change = &changes[i], .at = at};
            if (!(changes[i].bases & (unsigned)base))
                continue;
            count->possible++;
            if (is_drawn(random, gap_at(&course, at)))
                try(&t, &course, count);
        }
    }
    free(course.kinds);
}

static void every_field_in_every_gap(void **state)
{
    (void)state;
    struct count count = {0};
    uint64_t random = SEED;
    for (enum way way = FRESH; way < WAY_COUNT; way++)
        for (enum base base = PLAIN; base <= RICH; base++)
            try_all(base, way, &random, &count);
    print_message("drift: %zu changes x %u gaps of %d ways: %u of %u trials, seed %d: %u refused, "
                  "%u blocked, %u taken over, %u of no effect, %u raced, %u with nothing left to "
                  "send; 0 sent after a refusal\n",
                  change_count, count.gaps, WAY_COUNT, count.trials, count.possible, SEED,
                  count.refused, count.blocked, count.taken, count.gone_on, count.raced,
                  count.late);
    assert_true(count.refused && count.blocked && count.taken && count.raced);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_field_in_every_gap)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
