#include "tests/unit.h"

#include <signal.h>

#include "tests/fault/leftover.h"
#include "tests/fault/short_cutover.h"
#include "tests/fault/strace.h"
#include "tests/folder.h"

/*
 * SIGKILL for the real program at every call with which it changes something or learns that it did:
 * whatever is left behind is whole, and both ways lead out of it, on and back.
 *
 * By default both ways are gone from each distinct leftover (same files, same records, the same
 * carried out); with TESTS_LONG from each point, and with more pairs of kills.
 */

static char *program;

enum { PAIRS = 40, PAIRS_LONG = 2000, SEED = 7, TEXT_MAX = 256 };

/* ---- the runs that are killed ---- */

struct mode {
    const char *name;
    const char *world;
    void (*prepare)(struct stage *stage); /* NULL: nothing */
    const char *line;                     /* is killed */
    const char *on;                       /* to the end of the plan */
    const char *changes; /* all that was ever sent by then; NULL: there is no one right answer */
    const char *back;    /* to the origin */
};

static void lose_the_answer(struct stage *stage)
{
    stage_cue(stage, "UpdateService", "kill");
    stage_run(stage, SHORT_APPLY);
    assert_int_equal(stage->exit_code, -SIGKILL);
}

static void go_there(struct stage *stage)
{
    short_run_well(stage, SHORT_APPLY);
}

static void save_a_plan(struct stage *stage)
{
    short_run_well(stage, "switchover plan prod.yaml --out saved.plan");
}

static struct mode modes[] = {
    {"apply", SHORT_TO_SCALE, NULL, SHORT_APPLY, SHORT_APPLY, "UpdateService, ModifyListener",
     SHORT_REVERT},
    {"apply of a saved plan", SHORT_SCALED, save_a_plan,
     "switchover apply saved.plan --auto-approve", "switchover apply saved.plan --auto-approve",
     "ModifyListener", "switchover revert saved.plan --auto-approve"},
    {"resumed apply", SHORT_TO_SCALE, lose_the_answer, SHORT_APPLY, SHORT_APPLY,
     "UpdateService, ModifyListener", SHORT_REVERT},
    {"revert", SHORT_SCALED, go_there, SHORT_REVERT, SHORT_APPLY, NULL, SHORT_REVERT},
    {"plan --out", SHORT_SCALED, save_a_plan, "switchover plan prod.yaml --out saved.plan",
     "switchover apply saved.plan --auto-approve", "ModifyListener", SHORT_REVERT},
};

struct tally {
    unsigned points, ran_through, ways, pairs, second;
    unsigned by_call[STRACE_CALLS_MAX];
    struct text seen; /* leftovers */
};

static void begin(struct stage *stage, const struct mode *mode)
{
    short_open(stage, program, mode->world);
    if (mode->prepare)
        mode->prepare(stage);
}

/* ---- the judgement ---- */

static void way_on(struct stage *stage, const struct mode *mode, const char *where)
{
    stage_run(stage, mode->on);
    if (stage->exit_code != 0)
        fail_msg("%s: %s: exit %d\n%s%s", where, mode->on, stage->exit_code, text_cstr(&stage->out),
                 text_cstr(&stage->err));
    short_is_live(stage, SHORT_THERE, where);
    if (mode->changes && !text_same(text_cstr(&stage->mutations), mode->changes))
        fail_msg("%s: sent in all: %s\n%s", where, text_cstr(&stage->mutations),
                 text_cstr(&stage->err));
    short_is_tidy(stage, where);
}

/* Where no state was written yet there is nothing to take back, and revert says so. */
static void way_back(struct stage *stage, const struct mode *mode, const char *where)
{
    bool known = folder_has(stage->folder, "prod.state.json");
    stage_run(stage, mode->back);
    const char *sent = text_cstr(&stage->mutations);
    if (*sent && !text_same(sent, "ModifyListener"))
        fail_msg("%s: the way back has sent: %s", where, sent);
    bool nothing = !known && stage->exit_code == 1 && !stage->mutations.len;
    if (stage->exit_code != 0 && !nothing)
        fail_msg("%s: %s: exit %d\n%s%s", where, mode->back, stage->exit_code,
                 text_cstr(&stage->out), text_cstr(&stage->err));
    short_is_live(stage, SHORT_ORIGIN, where);
    short_is_tidy(stage, where);
}

static void go_both_ways(struct stage *stage, const struct mode *mode, const char *where)
{
    struct leftover kept;
    leftover_keep(&kept, stage);
    short_run_well(stage, "switchover status prod.yaml");
    way_on(stage, mode, where);
    leftover_restore(&kept, stage);
    stage_forget(stage);
    way_back(stage, mode, where);
    leftover_clear(&kept);
}

/* ---- every point ---- */

/* False when the run had no such point. */
static bool try_point(struct tally *tally, const struct mode *mode, size_t call, unsigned n)
{
    struct stage stage;
    struct text leftover = {0};
    char where[TEXT_MAX];
    snprintf(where, sizeof where, "%s, killed at %s %u", mode->name, strace_calls[call], n);
    begin(&stage, mode);
    bool killed = strace_kill(&stage, mode->line, call, n);
    leftover_judge(&leftover, &stage, where);
    leftover_find_records(&stage, where);
    bool again = leftover_is_new(&tally->seen, &leftover) || getenv("TESTS_LONG");
    if (killed && again) {
        go_both_ways(&stage, mode, where);
        tally->ways++;
    }
    if (!killed && stage.exit_code != 0)
        fail_msg("%s: not reached, exit %d", where, stage.exit_code);
    tally->points += killed;
    tally->by_call[call] += killed;
    text_clear(&leftover);
    stage_close(&stage);
    return killed;
}

static void count_points(struct strace_counts *out, const struct mode *mode)
{
    struct stage stage;
    begin(&stage, mode);
    strace_count(out, &stage, mode->line);
    if (stage.exit_code != 0)
        fail_msg("%s: exit %d\n%s", mode->name, stage.exit_code, text_cstr(&stage.err));
    stage_close(&stage);
}

static void say(const struct mode *mode, const struct tally *tally)
{
    struct text by_call = {0};
    for (size_t call = 0; call < strace_call_count; call++)
        if (tally->by_call[call])
            text_addf(&by_call, "%s%s %u", by_call.len ? ", " : "",
                      strace_calls[call] + (*strace_calls[call] == '?'), tally->by_call[call]);
    print_message("%s: killed at %u points (%s), %u leftovers gone on and back from, 0 lost "
                  "records, 0 doubled effects\n",
                  mode->name, tally->points, text_cstr(&by_call), tally->ways);
    text_clear(&by_call);
}

/* The counts differ a little between runs: the answers' timing decides how often is asked for
 * them. So the points end where a run has no more. */
static void every_point(void **state)
{
    const struct mode *mode = *state;
    struct strace_counts counts;
    struct tally tally = {0};
    count_points(&counts, mode);
    for (size_t call = 0; call < strace_call_count; call++)
        for (unsigned n = counts.first[call]; counts.last[call]; n++)
            if (!try_point(&tally, mode, call, n) && n >= counts.last[call])
                break;
    assert_true(tally.points > 0 && tally.ways > 0);
    say(mode, &tally);
    text_clear(&tally.seen);
}

/* ---- pairs ---- */

static unsigned next_random(uint64_t *seed, unsigned below)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(*seed >> 33) % below;
}

static void draw(size_t *call, unsigned *n, const struct strace_counts *counts, uint64_t *seed)
{
    do {
        *call = next_random(seed, (unsigned)strace_call_count);
    } while (counts->last[*call] < counts->first[*call] || !counts->last[*call]);
    unsigned choices = counts->last[*call] - counts->first[*call] + 1;
    *n = counts->first[*call] + next_random(seed, choices);
}

/* Killed, then killed on the way on or back, then to the end of that way. */
static void try_pair(struct tally *tally, const struct mode *mode,
                     const struct strace_counts *counts, uint64_t *seed)
{
    struct stage stage;
    struct text leftover = {0};
    size_t calls[2];
    unsigned n[2];
    char where[TEXT_MAX];
    for (int i = 0; i < 2; i++)
        draw(&calls[i], &n[i], counts, seed);
    bool on = next_random(seed, 2);
    snprintf(where, sizeof where, "%s, killed at %s %u, then %s at %s %u", mode->name,
             strace_calls[calls[0]], n[0], on ? "on" : "back", strace_calls[calls[1]], n[1]);
    begin(&stage, mode);
    bool first = strace_kill(&stage, mode->line, calls[0], n[0]);
    leftover_judge(&leftover, &stage, where);
    leftover_find_records(&stage, where);
    bool second = strace_kill(&stage, on ? mode->on : mode->back, calls[1], n[1]);
    short_run_well(&stage, "switchover status prod.yaml");
    if (on) {
        way_on(&stage, mode, where);
    } else {
        stage_forget(&stage);
        way_back(&stage, mode, where);
    }
    tally->pairs += first && second;
    tally->ran_through += !(first && second);
    text_clear(&leftover);
    stage_close(&stage);
}

static void pairs_of_points(void **state)
{
    (void)state;
    static const size_t drawn[] = {0, 2, 3}; /* apply, resumed apply, revert */
    struct strace_counts counts[COUNT(drawn)];
    struct tally tally = {0};
    unsigned pairs = getenv("TESTS_LONG") ? PAIRS_LONG : PAIRS;
    uint64_t seed = SEED;
    for (size_t i = 0; i < COUNT(drawn); i++)
        count_points(&counts[i], &modes[drawn[i]]);
    for (unsigned i = 0; i < pairs; i++) {
        size_t which = next_random(&seed, COUNT(drawn));
        try_pair(&tally, &modes[drawn[which]], &counts[which], &seed);
    }
    print_message("pairs: %u drawn, seed %d: killed twice %u times, %u ended before the second "
                  "kill; 0 lost records, 0 doubled effects\n",
                  pairs, SEED, tally.pairs, tally.ran_through);
}

/* ---- the injection itself ---- */

/* The call at which it is killed has no effect, and the one before it has. */
static void the_kill_comes_before_the_call(void **state)
{
    (void)state;
    static const char *const calls[] = {"renameat", "sendto"};
    for (size_t i = 0; i < COUNT(calls); i++) {
        size_t call = 0;
        struct stage stage;
        while (strcmp(strace_calls[call], calls[i]) != 0)
            call++;
        begin(&stage, &modes[0]);
        assert_true(strace_kill(&stage, SHORT_APPLY, call, 1));
        assert_false(folder_has(stage.folder, "prod.state.json"));
        assert_int_equal(folder_has(stage.folder, "prod.state.json.lock"), i == 0);
        assert_int_equal(stage.reads == 0, i == 1);
        stage_close(&stage);
    }
}

int main(int argc, char **argv)
{
    const char *missing = strace_missing();
    if (argc < 2 || missing) {
        printf("skipped: %s\n", argc < 2 ? "no program is named" : missing);
        return 77;
    }
    signal(SIGPIPE, SIG_IGN);
    short_in_memory();
    program = realpath(argv[1], NULL);
    assert_non_null(program);
    struct CMUnitTest tests[COUNT(modes) + 2] = {
        cmocka_unit_test(the_kill_comes_before_the_call),
        cmocka_unit_test(pairs_of_points),
    };
    for (size_t i = 0; i < COUNT(modes); i++)
        tests[i + 2] = (struct CMUnitTest){
            .name = modes[i].name, .test_func = every_point, .initial_state = &modes[i]};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    free(program);
    return failed;
}
