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
    const char *changes;   /* all that was ever sent by then; NULL: there is no one right answer */
    const char *back;      /* to the origin */
    int exit;              /* of `line`, where nothing kills it; and of `on` */
    const char *live;      /* at the end of `on`; NULL: SHORT_THERE */
    bool disk_fails;       /* at the write behind the last answer */
    struct leftover there; /* what `prepare` made, for the next stage */
    char inject[64];       /* of a disk that fails; "" none */
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

static const char gated[] = "switchover: 1\n"
                            "stage: sandbox\n"
                            "baseline: 10m\n"
                            "gates: {on_failure: %s}\n"
                            "traffic: {steps: [{target: 50, hold: 6m}, {target: 100, hold: 0s}]}\n"
                            "drain: {quiet_for: 0s}\n";

static void write_gated(const struct stage *stage, const char *on_failure)
{
    char plan_file[512];
    snprintf(plan_file, sizeof plan_file, gated, on_failure);
    folder_write(stage->folder, "prod.yaml", plan_file);
}

/* A gate has failed, and now that is to take the traffic back. */
static void fail_a_gate(struct stage *stage)
{
    write_gated(stage, "stop");
    stage_run(stage, SHORT_APPLY);
    if (stage->exit_code != 8)
        fail_msg("exit %d\n%s", stage->exit_code, text_cstr(&stage->err));
    write_gated(stage, "revert");
    stage_forget(stage);
}

#define FAILING SHORT_SCALED "conditions: {target: {errors: 100%}}\n"

static struct mode modes[] = {
    {.name = "apply",
     .world = SHORT_TO_SCALE,
     .line = SHORT_APPLY,
     .on = SHORT_APPLY,
     .changes = "UpdateService, ModifyListener",
     .back = SHORT_REVERT},
    {.name = "apply of a saved plan",
     .world = SHORT_SCALED,
     .prepare = save_a_plan,
     .line = "switchover apply saved.plan --auto-approve",
     .on = "switchover apply saved.plan --auto-approve",
     .changes = "ModifyListener",
     .back = "switchover revert saved.plan --auto-approve"},
    {.name = "resumed apply",
     .world = SHORT_TO_SCALE,
     .prepare = lose_the_answer,
     .line = SHORT_APPLY,
     .on = SHORT_APPLY,
     .changes = "UpdateService, ModifyListener",
     .back = SHORT_REVERT},
    {.name = "revert",
     .world = SHORT_SCALED,
     .prepare = go_there,
     .line = SHORT_REVERT,
     .on = SHORT_APPLY,
     .back = SHORT_REVERT},
    {.name = "plan --out",
     .world = SHORT_SCALED,
     .prepare = save_a_plan,
     .line = "switchover plan prod.yaml --out saved.plan",
     .on = "switchover apply saved.plan --auto-approve",
     .changes = "ModifyListener",
     .back = SHORT_REVERT},
    {.name = "fallback of a gate",
     .world = FAILING,
     .prepare = fail_a_gate,
     .line = SHORT_APPLY,
     .on = SHORT_APPLY,
     .back = SHORT_REVERT,
     .exit = 5,
     .live = SHORT_ORIGIN},
    {.name = "apply on a disk that fails",
     .world = SHORT_SCALED,
     .line = SHORT_APPLY,
     .on = SHORT_APPLY,
     .changes = "ModifyListener",
     .back = SHORT_REVERT,
     .disk_fails = true},
};
enum { RESUMED = 2, BACK = 3, FALLBACK = 5 };

struct tally {
    unsigned points, ran_through, ways, pairs, second;
    unsigned by_call[STRACE_CALLS_MAX];
    struct text seen; /* leftovers */
};

/* What took a gate's time to come about is put there again. */
static void begin(struct stage *stage, struct mode *mode)
{
    short_open(stage, program, mode->world);
    if (mode->there.folder) {
        leftover_restore(&mode->there, stage);
        return;
    }
    if (mode->prepare)
        mode->prepare(stage);
    if (mode->prepare == fail_a_gate)
        leftover_keep(&mode->there, stage);
}

/* ---- the judgement ---- */

/* As the tool asks for, where what was rescued is newer than the state. */
static void put_rescued_in_place(struct stage *stage, const struct mode *mode, const char *where)
{
    char *rescued = folder_read(stage->folder, "errored.state.json");
    if (rescued && leftover_is_newer(stage->folder, where)) {
        stage_run(stage, mode->on);
        if (stage->exit_code != 1 || !strstr(text_cstr(&stage->err), "mv errored.state.json"))
            fail_msg("%s: applied from an older state: exit %d\n%s", where, stage->exit_code,
                     text_cstr(&stage->err));
        folder_write(stage->folder, "prod.state.json", rescued);
    }
    free(rescued);
}

static void way_on(struct stage *stage, const struct mode *mode, const char *where)
{
    put_rescued_in_place(stage, mode, where);
    stage_run(stage, mode->on);
    if (stage->exit_code != mode->exit)
        fail_msg("%s: %s: exit %d\n%s%s", where, mode->on, stage->exit_code, text_cstr(&stage->out),
                 text_cstr(&stage->err));
    short_is_live(stage, mode->live ? mode->live : SHORT_THERE, where);
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
static bool try_point(struct tally *tally, struct mode *mode, size_t call, unsigned n)
{
    struct stage stage;
    struct text leftover = {0};
    char where[TEXT_MAX];
    snprintf(where, sizeof where, "%s, killed at %s %u", mode->name, strace_calls[call], n);
    begin(&stage, mode);
    bool killed = strace_kill(&stage, mode->line, call, n, mode->inject);
    leftover_judge(&leftover, &stage, where);
    leftover_find_records(&stage, where);
    bool again = leftover_is_new(&tally->seen, &leftover) || getenv("TESTS_LONG");
    if (killed && again) {
        go_both_ways(&stage, mode, where);
        tally->ways++;
    }
    if (!killed && stage.exit_code != (mode->disk_fails ? 6 : mode->exit))
        fail_msg("%s: not reached, exit %d", where, stage.exit_code);
    tally->points += killed;
    tally->by_call[call] += killed;
    text_clear(&leftover);
    stage_close(&stage);
    return killed;
}

/* The file, its backup and the folder are synced at each write: the last two writes say what became
 * of the shift, and how the run ended. */
static void break_disk(struct mode *mode, struct strace_counts *counts)
{
    size_t call = strace_find("fsync");
    assert_true(counts->last[call] > 6);
    snprintf(mode->inject, sizeof mode->inject, "inject=fsync:error=EIO:when=%u",
             counts->last[call] - 5);
    counts->last[call] = 0; /* not both at once */
}

static void count_points(struct strace_counts *out, struct mode *mode)
{
    struct stage stage;
    begin(&stage, mode);
    strace_count(out, &stage, mode->line);
    if (stage.exit_code != mode->exit)
        fail_msg("%s: exit %d\n%s", mode->name, stage.exit_code, text_cstr(&stage.err));
    stage_close(&stage);
    if (mode->disk_fails)
        break_disk(mode, out);
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
    struct mode *mode = *state;
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
static void try_pair(struct tally *tally, struct mode *mode, const struct strace_counts *counts,
                     uint64_t *seed)
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
    bool first = strace_kill(&stage, mode->line, calls[0], n[0], "");
    leftover_judge(&leftover, &stage, where);
    leftover_find_records(&stage, where);
    bool second = strace_kill(&stage, on ? mode->on : mode->back, calls[1], n[1], "");
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
    static const size_t drawn[] = {0, RESUMED, BACK, FALLBACK};
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
        struct stage stage;
        begin(&stage, &modes[0]);
        assert_true(strace_kill(&stage, SHORT_APPLY, strace_find(calls[i]), 1, ""));
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
    if (argc > 2)
        cmocka_set_test_filter(argv[2]);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    for (size_t i = 0; i < COUNT(modes); i++)
        leftover_clear(&modes[i].there);
    free(program);
    return failed;
}
