/*
 * Missing data, exhaustively. A hold of five minutes: three are whole; of the last two, each point
 * of both groups and of the load balancer is absent, there in time, or late: in every combination,
 * so that codes come before their requests, one group before the other, and the newer minute before
 * the older one. (The load balancer's late point, and counts that come in two parts, go with one
 * minute by default; with TESTS_LONG, with both.) What is asked:
 *
 *   - a minute that is not known passes nothing: the hold passes when all five are known (and the
 *     shares near their weights, where what is missing is known to be zero), and else not;
 *   - a good target is never failed, at no look, whatever is still to come;
 *   - a bad one fails by what is known in the end;
 *   - who looked at each change, and who looked once, when all had settled, see the same.
 *
 * With the sanitizers, which take ten times as long, each eleventh combination is played: eleven
 * shares no factor with the kinds of points, so that each pair of them is there.
 */
#include "tests/unit.h"

#include "tests/planner/gate_stage.h"

enum point { SOURCE_REQUESTS, SOURCE_5XX, TARGET_REQUESTS, TARGET_5XX, LOAD_BALANCER, POINTS };

enum arrives { NEVER, IN_TIME, LATE, IN_PARTS }; /* IN_PARTS: some in time, all of it late */

enum { FIRST_VARIED = 4, VARIED = 2, HOLD_END = FIRST_VARIED + VARIED };

/* Seconds behind a minute's end. */
enum { IN_TIME_S = 60, LATE_S = 170 };

#ifdef __SANITIZE_ADDRESS__
enum { EACH = 11 };
#else
enum { EACH = 1 };
#endif

static bool is_long(void)
{
    return getenv("TESTS_LONG");
}

struct play {
    struct gate_stage stage;
    struct arena words;
    struct gate_sums before; /* after the three whole minutes */
    bool bad;                /* the target, in the varied minutes */
    enum arrives arrives[VARIED][POINTS];
};

static void begin(struct play *play)
{
    stage_begin(&play->stage, 250);
    series_init(&play->stage.baseline, &play->stage.arena, STAGE_START - 5 * MINUTE_MS, 5);
    for (size_t m = 0; m < 5; m++)
        series_put(&play->stage.baseline, &play->stage.baseline.arms[ARM_SOURCE][METRIC_REQUESTS],
                   series_minute_at(&play->stage.baseline, m), 12000);
    stage_quiet(&play->stage, 1, FIRST_VARIED, 12000);
    stage_look(&play->stage, FIRST_VARIED);
    play->before = play->stage.sums;
}

/* ---- what arrives when ---- */

static int64_t value_of(const struct play *play, enum point point)
{
    /* Twelve errors are too many for any part of 3000 requests that is small enough. */
    static const int64_t good[POINTS] = {9000, 36, 3000, 12, 7};
    static const int64_t bad[POINTS] = {9000, 36, 3000, 600, 7};
    return play->bad ? bad[point] : good[point];
}

static int64_t seen_of(const struct play *play, int varied, enum point point, int64_t now)
{
    int64_t end = STAGE_START + (int64_t)(FIRST_VARIED + varied + 1) * MINUTE_MS;
    int64_t value = value_of(play, point);
    bool in_time = now >= end + IN_TIME_S * SECOND_MS, late = now >= end + LATE_S * SECOND_MS;
    switch (play->arrives[varied][point]) {
    case IN_TIME:
        return in_time ? value : -1;
    case LATE:
        return late ? value : -1;
    case IN_PARTS:
        return late ? value : in_time ? (value + 29) / 30 : -1;
    case NEVER:
        break;
    }
    return -1;
}

static void set(struct column *column, size_t minute, int64_t value)
{
    column->present[minute] = value >= 0;
    column->values[minute] = value >= 0 ? value : 0;
}

static void put_seen(struct play *play, int64_t now)
{
    struct series *samples = &play->stage.samples;
    for (int v = 0; v < VARIED; v++) {
        size_t m = (size_t)(FIRST_VARIED + v);
        for (int arm = 0; arm < ARM_COUNT; arm++) {
            enum point requests = arm == ARM_SOURCE ? SOURCE_REQUESTS : TARGET_REQUESTS;
            int64_t seen = seen_of(play, v, requests, now);
            set(&samples->arms[arm][METRIC_REQUESTS], m, seen);
            set(&samples->arms[arm][METRIC_TIME_P90], m, seen >= 0 ? 100000 : -1);
            set(&samples->arms[arm][METRIC_5XX], m, seen_of(play, v, requests + 1, now));
        }
        set(&samples->common[METRIC_ACTIVE_CONNECTIONS], m, seen_of(play, v, LOAD_BALANCER, now));
    }
}

static const struct gate_report *look(struct play *play, int64_t now)
{
    struct gate_stage *stage = &play->stage;
    put_seen(play, now);
    stage->in.now = now;
    stage->in.health = (struct health_looks){{now - 30 * SECOND_MS, now}, {3, 3}};
    gate_sums_advance(&stage->sums, &stage->in);
    gates_judge(&stage->report, &play->words, &stage->sums, &stage->in);
    return &stage->report;
}

/* ---- what should come of it, by the rules as DESIGN has them ---- */

static bool comes(const struct play *play, int varied, enum point point)
{
    return play->arrives[varied][point] != NEVER;
}

/* A missing count of requests is zero where somebody else reported, and nothing of the group did.
 */
static bool is_known(const struct play *play, int v)
{
    bool source = comes(play, v, SOURCE_REQUESTS), target = comes(play, v, TARGET_REQUESTS);
    bool balancer = comes(play, v, LOAD_BALANCER);
    bool source_known = source || (!comes(play, v, SOURCE_5XX) && (target || balancer));
    bool target_known = target || (!comes(play, v, TARGET_5XX) && (source || balancer));
    return source_known && target_known;
}

static bool shows_bad(const struct play *play, int v)
{
    return play->bad && is_known(play, v) && comes(play, v, TARGET_REQUESTS) &&
           comes(play, v, TARGET_5XX);
}

/* Zeros that are known move the share: one minute's by 4 points, which is near, two minutes' by 8
 * or 11, which is not. */
static bool is_near(const struct play *play)
{
    int64_t requests[ARM_COUNT] = {3 * 9000, 3 * 3000};
    for (int v = 0; v < VARIED; v++) {
        requests[ARM_SOURCE] += comes(play, v, SOURCE_REQUESTS) ? 9000 : 0;
        requests[ARM_TARGET] += comes(play, v, TARGET_REQUESTS) ? 3000 : 0;
    }
    int64_t percent = 100 * requests[ARM_TARGET] / (requests[ARM_SOURCE] + requests[ARM_TARGET]);
    return percent >= 19 && percent <= 31;
}

static enum gates_outcome expected(const struct play *play)
{
    bool all_known = true;
    for (int v = 0; v < VARIED; v++) {
        if (shows_bad(play, v))
            return GATES_FAIL;
        all_known = all_known && is_known(play, v);
    }
    return all_known && is_near(play) ? GATES_PASS : GATES_INCONCLUSIVE;
}

/* ---- */

static void say(const struct play *play, const char *what, const struct gate_report *report)
{
    static const char *const names[] = {"never", "in time", "late", "in parts"};
    for (int v = 0; v < VARIED; v++)
        for (int p = 0; p < POINTS; p++)
            print_error("minute %d point %d: %s\n", FIRST_VARIED + v, p,
                        names[play->arrives[v][p]]);
    for (int gate = 0; gate < GATE_COUNT; gate++)
        print_error("%s: %s: %s\n", report->standings[gate].name,
                    gate_verdict_name(report->standings[gate].verdict),
                    report->standings[gate].words);
    fail_msg("%s target: %s", play->bad ? "bad" : "good", what);
}

static void expect_same(const struct play *play, const struct gate_report *a,
                        const struct gate_report *b)
{
    if (a->outcome != b->outcome || a->judged != b->judged || a->unknown != b->unknown)
        say(play, "who looked once sees another outcome", b);
    for (int gate = 0; gate < GATE_COUNT; gate++)
        if (a->standings[gate].verdict != b->standings[gate].verdict ||
            strcmp(a->standings[gate].words, b->standings[gate].words) != 0)
            say(play, "who looked once sees another verdict", b);
}

/* Each change of what is there, and of what has settled, in seconds behind the fourth minute. */
static const int looks_s[] = {30, 60, 120, 170, 180, 230, 240};

static void play_one(struct play *play)
{
    int64_t end = STAGE_START + (FIRST_VARIED + 1) * MINUTE_MS;
    int64_t settled = STAGE_START + HOLD_END * MINUTE_MS + SERIES_SETTLED_AFTER_MS;
    struct gate_report often, once;
    play->stage.sums = play->before;
    for (size_t i = 0; i < COUNT(looks_s); i++) {
        const struct gate_report *report = look(play, end + looks_s[i] * SECOND_MS);
        if (!play->bad && report->outcome == GATES_FAIL)
            say(play, "failed", report);
        if (report->outcome == GATES_PASS && end + looks_s[i] * SECOND_MS < settled)
            say(play, "passed before all had settled", report);
    }
    often = play->stage.report;
    play->stage.sums = play->before;
    once = *look(play, settled);
    expect_same(play, &often, &once);
    if (once.outcome != expected(play))
        say(play, "another outcome than the rules have", &once);
    if (once.judged != 3 + is_known(play, 0) + is_known(play, 1) || once.judged + once.unknown != 5)
        say(play, "another number of known minutes", &once);
    arena_clear(&play->words);
}

/* The next combination, like a counter; false behind the last. */
static bool next(struct play *play, bool all)
{
    for (int i = 0; i < VARIED * POINTS; i++) {
        enum arrives *point = &play->arrives[i / POINTS][i % POINTS];
        enum arrives last = all ? IN_PARTS : i % POINTS == LOAD_BALANCER ? IN_TIME : LATE;
        if (*point != last) {
            *point = *point + 1;
            return true;
        }
        *point = NEVER;
    }
    return false;
}

static void every_combination(void **state)
{
    (void)state;
    struct play play = {0};
    size_t number = 0, combinations = 0, counts[3] = {0}, looks = 0;
    begin(&play);
    do {
        if (number++ % EACH && !is_long())
            continue;
        combinations++;
        for (int bad = 0; bad < 2; bad++) {
            play.bad = bad;
            play_one(&play);
            counts[expected(&play)]++;
            looks += COUNT(looks_s) + 1;
        }
    } while (next(&play, is_long()));
    printf("%zu of %zu combinations of points, a good and a bad target each: %zu pass, %zu "
           "inconclusive, %zu fail, in %zu looks\n",
           combinations, number, counts[GATES_PASS], counts[GATES_INCONCLUSIVE], counts[GATES_FAIL],
           looks);
    stage_clear(&play.stage);
}

/* One minute's points in parts, with every kind: by default too. */
static void every_combination_of_one_minute_in_parts(void **state)
{
    (void)state;
    struct play play = {0};
    size_t count = 0;
    begin(&play);
    for (int p = 0; p < POINTS; p++)
        play.arrives[1][p] = IN_TIME;
    for (size_t n = 0; n < 1024; n += is_long() ? 1 : EACH)
        for (int bad = 0; bad < 2; bad++) {
            for (int p = 0; p < POINTS; p++)
                play.arrives[0][p] = (enum arrives)(n >> 2 * p & 3);
            play.bad = bad;
            play_one(&play);
            count++;
        }
    printf("%zu plays of one minute in parts\n", count);
    stage_clear(&play.stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_combination),
        cmocka_unit_test(every_combination_of_one_minute_in_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
