#include "tests/unit.h"

#include <signal.h>
#include <unistd.h>

#include "tests/fault/file_faults.h"
#include "tests/fault/leftover.h"
#include "tests/fault/short_cutover.h"
#include "tests/folder.h"

/*
 * Each file operation of the real program on the folder of the state, made to fail with each error,
 * alone and from there on. What is held:
 *
 *   - no forward mutation without its intent on the disk, and none after a write that failed;
 *   - the traffic revert is sent all the same;
 *   - the newest state is never lost: in its place, in errored.state.json, or on standard error;
 *   - EINTR and short reads and writes are nothing at all;
 *   - the exit codes are those of DESIGN, section 9, and both ways lead out of what is left.
 */

static char *program, *library;

enum { TEXT_MAX = 256, ERRORED_MAX = 9 };

/* ---- one fault ---- */

struct fault {
    const char *call;
    unsigned n;
    bool ever; /* and from there on */
    const char *error;
};

static const char *const everywhere[] = {"EIO", "ENOSPC", "EINTR", "EDQUOT", NULL};
static const char *const by_name[] = {"EACCES", "EROFS", NULL};
static const char *const of_bytes[] = {"SHORT", NULL};
static const char *const lasting[] = {"EIO", "ENOSPC", "EROFS", NULL};

static bool is_one_of(const char *name, const char *list)
{
    const char *at = strstr(list, name);
    return at && (at == list || at[-1] == ' ') && strchr(" ", at[strlen(name)]);
}

static bool is_harmless(const struct fault *fault)
{
    return text_same(fault->error, "EINTR") || text_same(fault->error, "SHORT");
}

/* ---- what the sandbox sees ---- */

struct watch { /* guarded by the stage's lock */
    struct stage *stage;
    const char *log; /* the folder of the log */
    enum direction direction;
    char why[TEXT_MAX]; /* what must not have happened; "" nothing has */
};

/* The newest record of the kind is an intent. Fails nothing: this is not the test's own thread. */
static bool is_intended(const char *folder, enum action_kind kind)
{
    struct state *state = NULL;
    struct error err;
    char *bytes = folder_read(folder, "prod.state.json");
    const struct record *newest = NULL;
    bool whole = bytes && state_read(&state, "state", bytes, strlen(bytes), &err);
    for (size_t i = 0; whole && i < state->record_count; i++)
        if (state->records[i].kind == kind)
            newest = &state->records[i];
    bool intended = newest && newest->phase == PHASE_INTENDED && newest->sent;
    state_free(state);
    free(bytes);
    return intended;
}

/* Whether the log has a write of the state that failed. */
static bool has_failed_write(const char *log)
{
    bool failed = false;
    char call[16], name[TEXT_MAX], error[16], *rest = NULL;
    for (char *copy = strdup(log), *line = strtok_r(copy, "\n", &rest);;
         line = strtok_r(NULL, "\n", &rest)) {
        if (!line) {
            free(copy);
            return failed;
        }
        if (sscanf(line, "!%15s %15s %255s", error, call, name) != 3 || text_same(error, "EINTR") ||
            text_same(error, "SHORT"))
            continue;
        failed = failed || (is_one_of(call, "create write fchmod fsync rename") &&
                            !text_ends(name, ".lock") && !text_ends(name, ".stop"));
    }
}

static void see(void *self, const struct sandbox_log *entry)
{
    struct watch *watch = self;
    bool scale = text_same(entry->operation, "UpdateService");
    if ((!scale && !text_same(entry->operation, "ModifyListener")) || watch->direction == INVERSE)
        return;
    char *log = folder_read(watch->log, "log");
    if (!is_intended(watch->stage->folder, scale ? ACTION_SCALE : ACTION_SHIFT))
        snprintf(watch->why, sizeof watch->why, "%s came before its intent was on the disk",
                 entry->operation);
    else if (log && has_failed_write(log))
        snprintf(watch->why, sizeof watch->why, "%s came after a write that failed",
                 entry->operation);
    free(log);
}

/* ---- one run ---- */

struct mode {
    const char *name, *lasting; /* lasting: of the test with a disk that fails for good */
    const char *world;
    enum direction direction;
    const char *line;
    const char *changes;   /* all that it sends */
    struct leftover there; /* where every revert begins */
};

struct trial {
    const struct mode *mode;
    struct stage stage;
    struct watch watch;
    char *log_folder, *log; /* log: once it was read; "" none */
    char where[TEXT_MAX];
};

static void trial_open(struct trial *t, struct mode *mode)
{
    *t = (struct trial){.mode = mode, .log_folder = folder_new()};
    short_open(&t->stage, program, mode->world);
    if (mode->direction == INVERSE && !mode->there.folder) {
        short_run_well(&t->stage, SHORT_APPLY);
        leftover_keep(&mode->there, &t->stage);
        stage_forget(&t->stage);
    } else if (mode->direction == INVERSE) {
        leftover_restore(&mode->there, &t->stage);
    }
    t->watch =
        (struct watch){.stage = &t->stage, .log = t->log_folder, .direction = mode->direction};
    t->stage.seen_self = &t->watch;
    t->stage.seen = see;
}

static void trial_close(struct trial *t)
{
    stage_close(&t->stage);
    folder_remove(t->log_folder);
    free(t->log);
}

/* `fault` may be NULL. */
static void trial_run(struct trial *t, const struct fault *fault)
{
    struct text line = {0};
    text_addf(&line, "LD_PRELOAD=%s " FILE_FAULTS_LOG "=%s/log ", library, t->log_folder);
    if (fault)
        text_addf(&line, FILE_FAULTS "=%s:%u%s:%s ", fault->call, fault->n, fault->ever ? "+" : "",
                  fault->error);
    text_add(&line, t->mode->line);
    stage_run(&t->stage, line.data);
    t->log = folder_read(t->log_folder, "log");
    t->stage.seen = NULL;
    text_clear(&line);
}

static _Noreturn void trial_fail(const struct trial *t, const char *what)
{
    fail_msg("%s: %s: exit %d, sent: %s\n%s%s\n%s", t->where, what, t->stage.exit_code,
             text_cstr(&t->stage.mutations), text_cstr(&t->stage.out), text_cstr(&t->stage.err),
             t->log ? t->log : "");
    abort();
}

static bool was_hit(const struct trial *t)
{
    return t->log && (*t->log == '!' || strstr(t->log, "\n!"));
}

/* ---- where the state is ---- */

static const char begin_mark[] = "-----BEGIN SWITCHOVER STATE-----\n";
static const char end_mark[] = "-----END SWITCHOVER STATE-----\n";

struct newest {
    struct state *state; /* NULL: there is none */
    char *bytes;
    const char *place; /* "its place", "errored.state.json", "standard error" */
};

/* Takes the bytes over. */
static void consider(struct newest *newest, const struct trial *t, char *bytes, const char *place)
{
    struct state *state;
    struct error err;
    if (!bytes)
        return;
    if (!state_read(&state, place, bytes, strlen(bytes), &err))
        fail_msg("%s: in %s is no state: %s\n%s", t->where, place, err.message, bytes);
    if (newest->state && state->serial <= newest->state->serial) {
        state_free(state);
        free(bytes);
        return;
    }
    state_free(newest->state);
    free(newest->bytes);
    *newest = (struct newest){state, bytes, place};
}

static char *between_marks(const char *said)
{
    const char *begin = strstr(said, begin_mark);
    const char *end = begin ? strstr(begin, end_mark) : NULL;
    if (!end)
        return NULL;
    begin += strlen(begin_mark);
    return strndup(begin, (size_t)(end - begin));
}

static void find_newest(struct newest *out, struct trial *t)
{
    const char *folder = t->stage.folder;
    *out = (struct newest){0};
    consider(out, t, folder_read(folder, "prod.state.json"), "its place");
    consider(out, t, folder_read(folder, "errored.state.json"), "errored.state.json");
    for (int i = 2; i <= ERRORED_MAX; i++) {
        char name[TEXT_MAX];
        snprintf(name, sizeof name, "errored-%d.state.json", i);
        consider(out, t, folder_read(folder, name), "errored.state.json");
    }
    consider(out, t, between_marks(text_cstr(&t->stage.err)), "standard error");
}

static void newest_clear(struct newest *newest)
{
    state_free(newest->state);
    free(newest->bytes);
}

/* As the closing lines ask for. */
static void put_in_place(const struct newest *newest, struct trial *t)
{
    if (!newest->bytes || text_same(newest->place, "its place"))
        return;
    folder_write(t->stage.folder, "prod.state.json", newest->bytes);
}

static const struct record *record_of(const struct state *state, enum direction direction,
                                      enum action_kind kind)
{
    for (size_t i = state ? state->record_count : 0; i > 0; i--)
        if (state->records[i - 1].kind == kind && state->records[i - 1].direction == direction)
            return &state->records[i - 1];
    return NULL;
}

/* ---- judging ---- */

struct tally {
    unsigned runs, not_reached, harmless, ways;
    unsigned exits[10];
    unsigned in_place, errored, shown; /* where the newest state was, after a run that failed */
    struct text seen;
};

static void note_place(struct tally *tally, const struct newest *newest)
{
    tally->in_place += newest->state && text_same(newest->place, "its place");
    tally->errored += newest->state && text_same(newest->place, "errored.state.json");
    tally->shown += newest->state && text_same(newest->place, "standard error");
}

/* What went out is known to the newest state, and so is how the run ended. */
static void judge_newest(struct trial *t, const struct newest *newest)
{
    const char *sent = text_cstr(&t->stage.mutations);
    enum direction direction = t->mode->direction;
    if (strstr(sent, "UpdateService") && !record_of(newest->state, direction, ACTION_SCALE))
        trial_fail(t, "the scale's record is lost");
    if (strstr(sent, "ModifyListener") && !record_of(newest->state, direction, ACTION_SHIFT))
        trial_fail(t, "the shift's record is lost");
    if (*sent && newest->state->runs[newest->state->run_count - 1].end == RUN_OPEN)
        trial_fail(t, "no state says how the run ended");
}

static void judge_harmless(struct trial *t)
{
    bool there = t->mode->direction == FORWARD;
    if (t->stage.exit_code != 0)
        trial_fail(t, "this error is none");
    if (!text_same(text_cstr(&t->stage.mutations), t->mode->changes))
        trial_fail(t, "other changes than without it");
    short_is_live(&t->stage, there ? SHORT_THERE : SHORT_ORIGIN, t->where);
    short_is_tidy(&t->stage, t->where);
}

static void judge_apply(struct trial *t)
{
    bool sent = t->stage.mutations.len > 0;
    switch (t->stage.exit_code) {
    case 0:
        short_is_live(&t->stage, SHORT_THERE, t->where);
        break;
    case 1:
        if (sent)
            trial_fail(t, "an error before anything was changed, but something was");
        break;
    case 6:
        if (!sent)
            trial_fail(t, "incomplete, but nothing was sent");
        break;
    default:
        trial_fail(t, "an exit code that says something else");
    }
}

/* Without a state that can be read nobody knows the origin; then nothing is touched. */
static bool is_unreadable(const struct trial *t)
{
    const char *said = text_cstr(&t->stage.err);
    return !t->stage.mutations.len &&
           (strstr(said, "cannot read prod.") || strstr(said, "cannot open prod.") ||
            strstr(said, "cannot look at prod."));
}

static void judge_revert(struct trial *t)
{
    int code = t->stage.exit_code;
    if (code == 1 && is_unreadable(t))
        short_is_live(&t->stage, SHORT_THERE, t->where);
    else if (code == 0 || code == 6)
        short_is_live(&t->stage, SHORT_ORIGIN, t->where);
    else
        trial_fail(t, "the traffic did not go back");
}

static void finish_well(struct trial *t, const char *line, const char *live)
{
    stage_run(&t->stage, line);
    if (t->stage.exit_code != 0)
        trial_fail(t, line);
    short_is_live(&t->stage, live, t->where);
}

/* On, from the newest state put in its place; back, from what the folder holds as it is. */
static void go_both_ways(struct trial *t, const struct newest *newest)
{
    struct leftover kept;
    bool forward = t->mode->direction == FORWARD;
    bool known = folder_has(t->stage.folder, "prod.state.json");
    leftover_keep(&kept, &t->stage);
    put_in_place(newest, t);
    finish_well(t, forward ? SHORT_APPLY : SHORT_REVERT, forward ? SHORT_THERE : SHORT_ORIGIN);
    if (forward && !text_same(text_cstr(&t->stage.mutations), t->mode->changes))
        trial_fail(t, "a doubled effect");
    leftover_restore(&kept, &t->stage);
    if (known)
        finish_well(t, SHORT_REVERT, SHORT_ORIGIN);
    else
        short_is_live(&t->stage, SHORT_ORIGIN, t->where);
    leftover_clear(&kept);
}

static void judge(struct tally *tally, struct trial *t, const struct fault *fault)
{
    struct newest newest;
    struct text leftover = {0};
    if (*t->watch.why)
        trial_fail(t, t->watch.why);
    if (is_harmless(fault)) {
        tally->harmless++;
        judge_harmless(t);
        return;
    }
    tally->exits[t->stage.exit_code % (int)COUNT(tally->exits)]++;
    if (t->mode->direction == FORWARD)
        judge_apply(t);
    else
        judge_revert(t);
    find_newest(&newest, t);
    judge_newest(t, &newest);
    if (t->stage.exit_code != 0)
        note_place(tally, &newest);
    leftover_judge(&leftover, &t->stage, t->where);
    text_addf(&leftover, "\nnewest in %s, exit %d", newest.place ? newest.place : "",
              t->stage.exit_code);
    if (leftover_is_new(&tally->seen, &leftover) || getenv("TESTS_LONG")) {
        tally->ways++;
        go_both_ways(t, &newest);
    }
    newest_clear(&newest);
    text_clear(&leftover);
}

/* ---- all of them ---- */

/* False when the run has no such operation. */
static bool try_fault(struct tally *tally, struct mode *mode, const struct fault *fault)
{
    struct trial t;
    trial_open(&t, mode);
    snprintf(t.where, sizeof t.where, "%s, %s at %s %u%s", mode->name, fault->error, fault->call,
             fault->n, fault->ever ? " and on" : "");
    trial_run(&t, fault);
    bool hit = was_hit(&t);
    if (hit) {
        tally->runs++;
        judge(tally, &t, fault);
    }
    trial_close(&t);
    return hit;
}

static unsigned try_list(struct tally *tally, struct mode *mode, const char *call, bool ever,
                         const char *const *errors)
{
    unsigned most = 0;
    for (; *errors; errors++)
        for (unsigned n = 1;; n++) {
            struct fault fault = {call, n, ever, *errors};
            if (!try_fault(tally, mode, &fault))
                break;
            most = n > most ? n : most;
        }
    return most;
}

static void say(const struct mode *mode, struct tally *tally, const char *what)
{
    struct text exits = {0};
    for (size_t i = 0; i < COUNT(tally->exits); i++)
        if (tally->exits[i])
            text_addf(&exits, "%s%u x exit %zu", exits.len ? ", " : "", tally->exits[i], i);
    print_message("%s, %s: %u faults, %u of them harmless and without effect; %s; after a failure "
                  "the newest state in its place %u times, in errored.state.json %u, on standard "
                  "error %u; %u leftovers gone on and back from; 0 mutations without an intent\n",
                  mode->name, what, tally->runs, tally->harmless, text_cstr(&exits),
                  tally->in_place, tally->errored, tally->shown, tally->ways);
    text_clear(&exits);
    text_clear(&tally->seen);
}

static struct mode modes[] = {
    {"apply", "apply on a broken disk", SHORT_SCALED, FORWARD, SHORT_APPLY, "ModifyListener", {0}},
    {"revert",
     "revert on a broken disk",
     SHORT_SCALED,
     INVERSE,
     SHORT_REVERT,
     "ModifyListener",
     {0}},
};

static void every_call_with_every_error(void **state)
{
    struct mode *mode = *state;
    struct tally tally = {0};
    struct text what = {0};
    for (size_t i = 0; i < COUNT(file_fault_calls); i++) {
        const char *call = file_fault_calls[i].name;
        unsigned calls = try_list(&tally, mode, call, false, everywhere);
        if (is_one_of(call, "open create rename unlink fchmod truncate opendir"))
            try_list(&tally, mode, call, false, by_name);
        if (is_one_of(call, "read pread write pwrite"))
            try_list(&tally, mode, call, false, of_bytes);
        text_addf(&what, "%s%s %u", i ? ", " : "", call, calls);
    }
    say(mode, &tally, text_cstr(&what));
    text_clear(&what);
}

static void a_disk_that_fails_from_there_on(void **state)
{
    struct mode *mode = *state;
    struct tally tally = {0};
    char what[TEXT_MAX];
    unsigned changes = try_list(&tally, mode, FILE_FAULTS_CHANGE, true, lasting);
    snprintf(what, sizeof what, "from each of %u changes on", changes);
    assert_true(tally.shown > 0);
    say(mode, &tally, what);
}

/* The library does count and fail what the program does. */
static void the_library_is_loaded(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(modes); i++) {
        struct trial t;
        trial_open(&t, &modes[i]);
        trial_run(&t, NULL);
        assert_int_equal(t.stage.exit_code, 0);
        assert_non_null(t.log);
        assert_non_null(strstr(t.log, "\nwrite .prod.state.json.*.tmp\n"));
        assert_non_null(strstr(t.log, "\nrename prod.state.json\n"));
        assert_false(was_hit(&t));
        trial_close(&t);
    }
}

int main(int argc, char **argv)
{
    struct CMUnitTest tests[2 * COUNT(modes) + 1] = {cmocka_unit_test(the_library_is_loaded)};
    if (argc < 3) {
        fprintf(stderr, "usage: file_errors PROGRAM LIBRARY [TESTS, with * and ?]\n");
        return 1;
    }
    if (argc > 3)
        cmocka_set_test_filter(argv[3]);
    signal(SIGPIPE, SIG_IGN);
    short_in_memory();
    program = realpath(argv[1], NULL);
    library = realpath(argv[2], NULL);
    assert_non_null(program);
    assert_non_null(library);
    for (size_t i = 0; i < COUNT(modes); i++) {
        tests[2 * i + 1] = (struct CMUnitTest){.name = modes[i].name,
                                               .test_func = every_call_with_every_error,
                                               .initial_state = &modes[i]};
        tests[2 * i + 2] = (struct CMUnitTest){.name = modes[i].lasting,
                                               .test_func = a_disk_that_fails_from_there_on,
                                               .initial_state = &modes[i]};
    }
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    for (size_t i = 0; i < COUNT(modes); i++)
        leftover_clear(&modes[i].there);
    free(program);
    free(library);
    return failed;
}
