#include "tests/unit.h"

#include "planner/base/digest.h"
#include "planner/base/memory.h"
#include "planner/base/time.h"
#include "tests/sim/cutover.h"
#include "tests/sim/ledger.h"

/*
 * The process is killed at every point of plan, apply and revert (every port call: tests/sim/sim.h)
 * or interrupted there; then what recovers it, an apply or a revert, is killed at each of its own
 * points; and then both recoveries are run to their ends. After each kill and each end:
 *
 *   - 0 lost records, 0 doubled effects (tests/sim/ledger.h);
 *   - an apply that goes on arrives where an undisturbed one does;
 *   - a revert is at the origin, byte for byte.
 *
 * It dies before a point's effect, or behind the last one: behind a point is before the next, since
 * nothing lasts but what port calls do; one test holds that. Two kills that leave the same instant,
 * the same history of the world and the same bytes in the store have the same future, so it is told
 * once; both count.
 */

enum { STEPS_MAX = 4, POINTS_MAX = 4096, SEEN_MAX = 1 << 17, FAILURES_MAX = 3 };

enum way { NOTHING, PLAN, APPLY, REVERT };
static const char *const way_names[] = {"", "plan", "apply", "revert"};

enum cut { UNCUT, KILLED, KILLED_BEHIND, INTERRUPTED };
static const char *const cut_names[] = {"", "killed at", "killed behind", "interrupted at"};

struct step {
    enum way way;
    enum cut cut;
    unsigned at; /* point */
};

struct key {
    unsigned char bytes[DIGEST_SIZE];
};

/* What a kill left behind. */
struct seen {
    struct key key;
    unsigned kills_left;            /* it was told with, and one more: 0 is a free place */
    unsigned long points, left_out; /* of the recoveries from there */
};

/* What is known of a command that is to be killed at each of its points. */
struct course {
    struct key keys[POINTS_MAX]; /* before each point, and behind the last */
    char kinds[POINTS_MAX];
    unsigned count;
};

/* Of the cuts: one in so many, by the digest of what they leave behind. */
struct sample {
    unsigned first_waits, second;
    bool interrupts; /* too */
};

struct tale {
    const char *yaml;
    const char *end; /* what an undisturbed apply leaves */
    struct sample sample;
    struct step steps[STEPS_MAX];
    size_t step_count;

    struct rehearsal *r; /* of the steps as they are played */
    struct ledger ledger;
    enum run_end run_end;
    struct course *course; /* where the last step's points are noted; NULL: nowhere */

    struct seen *seen;
    size_t seen_count;
    unsigned long points, points_left_out, interrupts, pairs, pairs_left_out, ends;
    unsigned failures, lost, doubled;
};

/* ---- judging ---- */

static void describe_steps(const struct tale *tale, struct text *out)
{
    for (size_t i = 0; i < tale->step_count; i++) {
        const struct step *step = &tale->steps[i];
        text_addf(out, "%s%s", i ? ", " : "", way_names[step->way]);
        if (step->cut)
            text_addf(out, " %s %u", cut_names[step->cut], step->at);
    }
}

static void wrong(struct tale *tale, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void wrong(struct tale *tale, const char *format, ...)
{
    struct text what = {0};
    va_list ap;
    describe_steps(tale, &what);
    text_add(&what, ": ");
    va_start(ap, format);
    text_vaddf(&what, format, ap);
    va_end(ap);
    print_error("%s\n%s", text_cstr(&what), text_cstr(&tale->r->sim.log));
    text_clear(&what);
    tale->failures++;
}

static void check_books(struct tale *tale)
{
    struct ledger *ledger = &tale->ledger;
    ledger_reconcile(ledger);
    if (!ledger_is_clean(ledger))
        wrong(tale, "%s", text_cstr(&ledger->wrong));
    tale->lost += ledger->lost;
    tale->doubled += ledger->doubled;
}

/* The world, and what the records say is done; not when. */
static void describe_end(const struct rehearsal *r, struct text *out)
{
    const struct state *state = r->cutover.state;
    struct arena arena = {0};
    struct routing live = sim_routing(&r->sim, &arena);
    for (size_t i = 0; i < live.member_count; i++)
        text_addf(out, "%s=%s ", live.members[i].path, live.members[i].value);
    for (int arm = 0; arm < ARM_COUNT; arm++)
        text_addf(out, "%s %lld, ", arm_name((enum arm)arm),
                  (long long)r->sim.world->services[arm].desired);
    for (size_t i = 0; i < state->plan->action_count && !state->ended; i++)
        if (!state_is_done(state, FORWARD, state->plan->actions[i].address))
            text_addf(out, "%s not done, ", state->plan->actions[i].address);
    text_add(out, state->ended ? "taken back, " : "");
    text_add(out, state->has_baseline ? "measured" : "not measured");
    arena_clear(&arena);
}

static void judge_apply(struct tale *tale)
{
    struct text there = {0};
    describe_end(tale->r, &there);
    if (tale->run_end != RUN_DONE || strcmp(text_cstr(&there), tale->end) != 0)
        wrong(tale, "%s, %s\nat %s\nnot %s", run_end_name(tale->run_end),
              tale->r->cutover.outcome.why, text_cstr(&there), tale->end);
    text_clear(&there);
}

static void judge_revert(struct tale *tale)
{
    struct rehearsal *r = tale->r;
    const struct state *state = r->cutover.state;
    int64_t count = r->sim.world->services[ARM_TARGET].desired;
    if (!rehearsal_is_at_origin(r) || tale->run_end != RUN_DONE || !r->cutover.outcome.confirmed ||
        !state->ended)
        wrong(tale, "not at the origin: %s, %s", run_end_name(tale->run_end),
              r->cutover.outcome.why);
    else if (state->plan->file.restore_counts && count != state->origin.desired[ARM_TARGET])
        wrong(tale, "the target is left at %lld", (long long)count);
}

static void judge(struct tale *tale, enum way way)
{
    if (way == APPLY)
        judge_apply(tale);
    else if (way == REVERT && tale->r->sim.has_stored)
        judge_revert(tale);
    else if (!rehearsal_is_at_origin(tale->r) || tale->ledger.sending_count)
        wrong(tale, "something was sent, and nothing is stored");
}

/* ---- what is told ---- */

static const char smallest[] = "switchover: 1\nstage: sandbox\nbaseline: 1m\n"
                               "traffic: {steps: [{target: 100, hold: 0s}]}\n"
                               "drain: {quiet_for: 0s, timeout: 1h}\n";

static const char whole[] = "switchover: 1\nstage: sandbox\nbaseline: 1m\n"
                            "gates: {min_requests: 1}\n"
                            "traffic: {steps: [{target: 10, hold: 6m}, {target: 100, hold: 0s}]}\n"
                            "drain: {quiet_for: 1m, timeout: 1h}\n"
                            "revert: {restore_counts: true}\n";

/* Its target answers nothing but 5XX: the hold's first minutes take the traffic back. */
static const char gated[] = "switchover: 1\nstage: sandbox\nbaseline: 1m\n"
                            "gates: {min_requests: 1, on_failure: revert}\n"
                            "traffic: {steps: [{target: 50, hold: 6m}, {target: 100, hold: 0s}]}\n"
                            "drain: {quiet_for: 1m, timeout: 1h}\n";

/* Few clients, and tasks that are there within seconds: what is told thousands of times is the run,
 * not the traffic. One listener, so that the target's count can go back. */
static void begin(struct rehearsal *r, const char *yaml)
{
    static const struct listener_setup listener = {
        .port = 9200, .https = true, .weights = {1, 0, -1}};
    r->setup.conditions.requests_per_second = 1;
    r->setup.history_ms = 5 * MINUTE_MS;
    r->setup.task_start_min_ms = r->setup.task_start_max_ms = SECOND_MS;
    r->setup.registration_ms = SECOND_MS;
    r->setup.listeners = &listener;
    r->setup.listener_count = 1;
    if (yaml == gated)
        r->setup.conditions.groups[ARM_TARGET].rate_5xx = 1;
    for (int group = 0; group < ARM_COUNT; group++) {
        struct group_attributes *attributes = &r->setup.groups[group].attributes;
        attributes->health_interval_s = attributes->healthy_threshold = 1;
        attributes->deregistration_delay_s = 1;
    }
    rehearsal_begin(r, yaml);
}

static char *undisturbed_end(const char *yaml)
{
    void *own;
    struct text end = {0};
    rehearsal_set_up(&own);
    struct rehearsal *r = own;
    begin(r, yaml);
    assert_int_equal(cutover_apply(&r->cutover), RUN_DONE);
    assert_int_equal(r->cutover.fell_back, yaml == gated);
    assert_int_equal(rehearsal_is_at_origin(r), yaml == gated);
    describe_end(r, &end);
    rehearsal_tear_down(&own);
    return text_steal(&end);
}

/* ---- playing ---- */

static void make_key(const struct ledger *ledger, struct key *key)
{
    struct text text = {0};
    ledger_key(ledger, &text);
    digest_sha256(key->bytes, text.data, text.len);
    text_clear(&text);
}

static void note_point(struct sim *sim)
{
    struct tale *tale = sim->user;
    struct course *course = tale->course;
    assert_true(course->count < POINTS_MAX);
    ledger_bring_up(&tale->ledger);
    make_key(&tale->ledger, &course->keys[course->count]);
    course->kinds[course->count++] = sim->dead ? '.' : sim->point_kind;
}

static enum run_end run(struct cutover *cutover, enum way way)
{
    switch (way) {
    case PLAN:
        cutover_plan(cutover);
        return RUN_DONE;
    case APPLY:
        return cutover_apply(cutover);
    case REVERT:
        return cutover->sim->has_stored ? cutover_revert(cutover) : RUN_DONE;
    case NOTHING:
        break;
    }
    return RUN_DONE;
}

static void play_step(struct tale *tale, const struct step *step, struct course *course)
{
    struct sim *sim = &tale->r->sim;
    sim_forget(sim);
    tale->course = course;
    sim->at_point = course ? note_point : NULL;
    sim->die_at = step->cut == KILLED || step->cut == KILLED_BEHIND ? step->at : 0;
    sim->die_after = step->cut == KILLED_BEHIND;
    sim->interrupt_at = step->cut == INTERRUPTED ? step->at : 0;
    tale->run_end = run(&tale->r->cutover, step->way);
    check_books(tale);
}

/* All the steps, from the beginning of the world; what the last one passes is noted. */
static void play(struct tale *tale, struct course *course)
{
    void *own;
    rehearsal_set_up(&own);
    tale->r = own;
    begin(tale->r, tale->yaml);
    tale->r->sim.user = tale;
    ledger_init(&tale->ledger, &tale->r->sim);
    for (size_t i = 0; i < tale->step_count; i++)
        play_step(tale, &tale->steps[i], i + 1 == tale->step_count ? course : NULL);
    if (course)
        note_point(&tale->r->sim);
}

static void end_play(struct tale *tale)
{
    void *own = tale->r;
    ledger_clear(&tale->ledger);
    rehearsal_tear_down(&own);
}

/* ---- telling ---- */

/* *is_new: it was not yet told with so many kills left. */
static struct seen *look_up(struct tale *tale, const struct key *key, unsigned kills_left,
                            bool *is_new)
{
    size_t at;
    memcpy(&at, key, sizeof at);
    for (at %= SEEN_MAX; tale->seen[at].kills_left; at = (at + 1) % SEEN_MAX)
        if (memcmp(&tale->seen[at].key, key, sizeof *key) == 0)
            break;
    struct seen *seen = &tale->seen[at];
    *is_new = seen->kills_left <= kills_left;
    if (*is_new) {
        tale->seen_count += !seen->kills_left;
        assert_true(tale->seen_count < SEEN_MAX / 2);
        *seen = (struct seen){.key = *key, .kills_left = kills_left + 1};
    }
    return seen;
}

static void tell(struct tale *tale, enum way way, unsigned kills_left, struct seen *from);

static struct seen *recover(struct tale *tale, const struct key *key, unsigned kills_left)
{
    bool is_new;
    struct seen *left = look_up(tale, key, kills_left, &is_new);
    for (enum way way = APPLY; is_new && way <= REVERT; way++)
        tell(tale, way, kills_left, left);
    return left;
}

/* The points of what recovered from the first cut are the places of the second. */
static void count_pairs(struct tale *tale, const struct seen *left)
{
    tale->pairs += left->points;
    tale->pairs_left_out += left->left_out;
}

static void interrupt(struct tale *tale, struct step *step, unsigned kills_left)
{
    struct key key;
    step->cut = INTERRUPTED;
    play(tale, NULL);
    make_key(&tale->ledger, &key);
    end_play(tale);
    tale->interrupts++;
    count_pairs(tale, recover(tale, &key, kills_left));
}

static unsigned number(const struct key *key)
{
    unsigned n;
    memcpy(&n, key->bytes + sizeof(size_t), sizeof n);
    return n;
}

static bool is_wait(char kind)
{
    return kind == 'w' || kind == 'q';
}

static void cut_first(struct tale *tale, struct step *step, const struct course *course, unsigned i,
                      unsigned kills_left)
{
    const struct key *key = &course->keys[i];
    tale->points++;
    if (is_wait(course->kinds[i]) && number(key) % tale->sample.first_waits) {
        tale->points_left_out++;
        return;
    }
    step->cut = KILLED;
    count_pairs(tale, recover(tale, key, kills_left));
    if (tale->sample.interrupts)
        interrupt(tale, step, kills_left);
}

static void cut_second(struct tale *tale, struct step *step, const struct course *course,
                       unsigned i, unsigned kills_left, struct seen *from)
{
    const struct key *key = &course->keys[i];
    from->points++;
    if (number(key) % tale->sample.second) {
        from->left_out++;
        return;
    }
    step->cut = KILLED;
    recover(tale, key, kills_left);
}

/* Plays one more step to its end, then cuts it everywhere. `from`: what it recovers from; NULL: it
 * is the first. */
static void tell(struct tale *tale, enum way way, unsigned kills_left, struct seen *from)
{
    struct course *course = kills_left ? memory_new(sizeof *course) : NULL;
    struct step *step = &tale->steps[tale->step_count++];
    *step = (struct step){.way = way};
    play(tale, course);
    tale->ends++;
    judge(tale, way);
    end_play(tale);
    for (unsigned i = 0; course && i < course->count && tale->failures < FAILURES_MAX; i++) {
        step->at = i + 1;
        if (from)
            cut_second(tale, step, course, i, kills_left - 1, from);
        else
            cut_first(tale, step, course, i, kills_left - 1);
        step->cut = UNCUT;
    }
    free(course);
    tale->step_count--;
}

static void tell_tale(const char *name, const char *yaml, enum way before, enum way way,
                      struct sample sample)
{
    char *end = undisturbed_end(yaml);
    struct tale tale = {.yaml = yaml, .end = end, .sample = sample};
    tale.seen = memory_new(SEEN_MAX * sizeof *tale.seen);
    if (before != NOTHING)
        tale.steps[tale.step_count++].way = before;
    tell(&tale, way, 2, NULL);
    print_message("kills: %s: %lu of %lu points, %lu interrupts, %lu of %lu pairs (%zu worlds, %lu "
                  "ends), %u lost records, %u doubled effects\n",
                  name, tale.points - tale.points_left_out, tale.points, tale.interrupts,
                  tale.pairs - tale.pairs_left_out, tale.pairs, tale.seen_count, tale.ends,
                  tale.lost, tale.doubled);
    assert_int_equal(tale.failures, 0);
    free(tale.seen);
    free(end);
}

/* So a kill before each point, and one behind the last, are all kills. */
static void behind_a_point_is_before_the_next(void **state)
{
    (void)state;
    for (enum way way = APPLY; way <= REVERT; way++) {
        struct tale tale = {.yaml = smallest, .steps = {{.way = APPLY}, {.way = way}}};
        struct course *course = memory_new(sizeof *course);
        struct step *last = &tale.steps[way == REVERT];
        struct key key;
        tale.step_count = way == REVERT ? 2 : 1;
        play(&tale, course);
        end_play(&tale);
        last->cut = KILLED_BEHIND;
        for (last->at = 1; last->at < course->count; last->at++) {
            play(&tale, NULL);
            make_key(&tale.ledger, &key);
            end_play(&tale);
            assert_memory_equal(&key, &course->keys[last->at], sizeof key);
        }
        assert_true(course->count > 10);
        free(course);
    }
}

static void a_small_cutover_killed_twice_anywhere(void **state)
{
    (void)state;
    static const struct sample all = {1, 1, true};
    tell_tale("plan", smallest, NOTHING, PLAN, all);
    tell_tale("apply", smallest, NOTHING, APPLY, all);
    tell_tale("apply of a saved plan", smallest, PLAN, APPLY, all);
    tell_tale("revert", smallest, APPLY, REVERT, all);
}

/* The sanitizers, under which a run takes several times as long, are shown fewer waits. */
#ifdef __SANITIZE_ADDRESS__
enum { FIRST_WAITS = 97 };
#else
enum { FIRST_WAITS = 5 };
#endif

static void a_whole_cutover_killed_twice(void **state)
{
    (void)state;
    struct sample some = {FIRST_WAITS, 509, false};
    if (getenv("TESTS_LONG"))
        some = (struct sample){1, 16, true};
    tell_tale("apply of all kinds", whole, NOTHING, APPLY, some);
    tell_tale("revert of all kinds", whole, APPLY, REVERT, some);
}

/* A gate fails, and the process is killed before, in and behind the way back. */
static void a_fallback_killed_twice(void **state)
{
    (void)state;
    struct sample some = {7, 193, false};
    if (getenv("TESTS_LONG"))
        some = (struct sample){1, 4, true};
    tell_tale("apply whose gate fails", gated, NOTHING, APPLY, some);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(behind_a_point_is_before_the_next),
        cmocka_unit_test(a_small_cutover_killed_twice_anywhere),
        cmocka_unit_test(a_whole_cutover_killed_twice),
        cmocka_unit_test(a_fallback_killed_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
