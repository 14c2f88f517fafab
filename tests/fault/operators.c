#include "tests/unit.h"

#include <dirent.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "planner/base/time.h"
#include "planner/state.h"
#include "tests/fault/operator.h"
#include "tests/folder.h"

/*
 * Two operators at one deployment, in every schedule with up to three pre-emptions (schedule.h).
 *
 * With one store: never are both past the lock, nothing is sent that live held already or that was
 * not read last, the serial never goes back, and what is stored at the end explains what is live. A
 * revert takes over from an apply, or ends with 7 after the 15 s that the apply had.
 *
 * With a store each, nothing keeps them apart. A change is a double one where its plan was made
 * before the other's change. ELBv2 has no conditional write, so one is left open, and this is all
 * of it:
 *
 *     the race: the other's change was carried out between this operator's last read of the
 *     listener and its own request; both had read, and both sent.
 *
 * Whoever reads after it says so. Unseen stays a race after whose second request the first operator
 * reads no more; the second then finds what it wanted. Any other double change is a fault: forward
 * it is refused as drift before it is sent; a fallback is sent, and says what it found.
 *
 * The commands are the real ones (operator.h). Pre-emptions are at every port call at which one can
 * notice or change what the other one does; with TESTS_LONG at all of them. About 60 s of one core.
 *
 *   test_fault_operators [PART]    only the meetings whose name has that part
 */

enum { PREEMPTIONS = 3, PATIENCE_MS = 15 * SECOND_MS };

#define SWITCH_TO(steps)                                                                           \
    "switchover: 1\nstage: sandbox\nbaseline: 5m\ntraffic: {steps: [" steps "]}\n"                 \
    "drain: {quiet_for: 0s, timeout: 1h}\nallow: {mid-cutover: both are known}\n"

struct meeting {
    const char *name;
    bool one_store;
    const char *commands[PARTIES];
    int wanted[PARTIES];  /* permille of the target where a command ends well */
    const char *before;   /* a command that has run alone, or NULL */
    int found;            /* what it left: permille */
    bool copied;          /* its state: the other one has a copy */
    unsigned preemptions; /* at most; 0: PREEMPTIONS. With TESTS_LONG always PREEMPTIONS */
};

static const struct meeting meetings[] = {
    {.name = "apply || apply, one store",
     .one_store = true,
     .commands = {"apply prod.yaml --auto-approve", "apply prod.yaml --auto-approve"},
     .wanted = {1000, 1000}},
    {.name = "apply || apply that waits, one store",
     .one_store = true,
     .commands = {"apply prod.yaml --auto-approve",
                  "apply prod.yaml --auto-approve --lock-timeout 1m"},
     .wanted = {1000, 1000},
     .preemptions = 2},
    {.name = "apply || revert of nothing, one store",
     .one_store = true,
     .commands = {"apply prod.yaml --auto-approve", "revert prod.yaml --auto-approve"},
     .wanted = {1000, 0}},
    {.name = "apply || revert at 10 %, one store",
     .one_store = true,
     .commands = {"apply prod.yaml --auto-approve", "revert prod.yaml --auto-approve"},
     .wanted = {1000, 0},
     .before = "apply tenth.yaml --auto-approve --state prod.state.json",
     .found = 100},
    {.name = "apply that waits || revert at 10 %, one store",
     .one_store = true,
     .commands = {"apply prod.yaml --auto-approve --lock-timeout 1m",
                  "revert prod.yaml --auto-approve"},
     .wanted = {1000, 0},
     .before = "apply tenth.yaml --auto-approve --state prod.state.json",
     .found = 100,
     .preemptions = 1},
    {.name = "revert || revert, one store",
     .one_store = true,
     .commands = {"revert prod.yaml --auto-approve", "revert prod.yaml --auto-approve"},
     .wanted = {0, 0},
     .before = "apply prod.yaml --auto-approve",
     .found = 1000},
    {.name = "apply || apply, two stores",
     .commands = {"apply prod.yaml --auto-approve --state a.json",
                  "apply half.yaml --auto-approve --state b.json"},
     .wanted = {1000, 500}},
    {.name = "apply || revert, two stores",
     .commands = {"apply prod.yaml --auto-approve --state a.json",
                  "revert half.yaml --auto-approve --state b.json"},
     .wanted = {1000, 0},
     .before = "apply half.yaml --auto-approve --state b.json",
     .found = 500},
    {.name = "revert || revert, two stores",
     .commands = {"revert half.yaml --auto-approve --state a.json",
                  "revert half.yaml --auto-approve --state b.json"},
     .wanted = {0, 0},
     .before = "apply half.yaml --auto-approve --state b.json",
     .found = 500,
     .copied = true},
};

struct counts {
    unsigned schedules, takeovers, locked_out, drifts, races, unseen;
};

struct exploration {
    const struct meeting *meeting;
    struct scene scene;
    char *states[3]; /* as `before` left them, in the order of their names; NULL: none */
    struct counts counts;
};

static const char *const state_names[] = {"prod.state.json", "a.json", "b.json"};

/* ---- the folder ---- */

static void sweep(const char *folder)
{
    DIR *entries = opendir(folder);
    assert_non_null(entries);
    for (const struct dirent *entry; (entry = readdir(entries));)
        if (*entry->d_name != '.' && !text_ends(entry->d_name, ".yaml"))
            assert_int_equal(unlink(entry->d_name), 0);
    closedir(entries);
}

static void remember_states(struct exploration *x)
{
    for (size_t i = 0; i < COUNT(state_names); i++)
        x->states[i] = folder_read(".", state_names[i]);
    if (x->meeting->copied)
        x->states[1] = strdup(x->states[2]);
}

static void lay_out_states(const struct exploration *x)
{
    sweep(".");
    for (size_t i = 0; i < COUNT(state_names); i++)
        if (x->states[i])
            folder_write(".", state_names[i], x->states[i]);
}

/* ---- judging ---- */

static void tell(const struct exploration *x)
{
    const struct scene *scene = &x->scene;
    fprintf(stderr, "== %s\n%s\n", x->meeting->name, text_cstr(&scene->schedule.trace));
    for (unsigned v = 1; v <= scene->version; v++)
        fprintf(stderr, "change %u: %c to %d permille, had read %u, planned on %u\n", v,
                'A' + scene->changes[v].by, scene->changes[v].permille, scene->changes[v].seen,
                scene->changes[v].planned);
    for (int i = 0; i < PARTIES; i++)
        fprintf(stderr, "-- %c: %s: exit %d, read %u last\n%s\n", 'A' + i,
                scene->operators[i].command, scene->operators[i].exit_code,
                scene->operators[i].seen, scene->operators[i].said);
}

#define FAULT(x, ...)                                                                              \
    do {                                                                                           \
        tell(x);                                                                                   \
        fail_msg(__VA_ARGS__);                                                                     \
    } while (0)

static bool says(const struct colleague *op, const char *text)
{
    return strstr(op->said, text) != NULL;
}

static bool reverts(const struct colleague *op)
{
    return text_starts(op->command, "revert");
}

/* Who ends with 0 has read what it wanted, last. Forward: or more, which is never lowered. */
static void judge_success(const struct exploration *x, int party)
{
    const struct colleague *op = &x->scene.operators[party];
    int read = x->scene.changes[op->seen].permille, wanted = x->meeting->wanted[party];
    if (op->exit_code == 0 && (reverts(op) ? read != wanted : read < wanted))
        FAULT(x, "%c is done, but had read %d permille last", 'A' + party, read);
}

/* ---- one store ---- */

static void judge_exit_beside(const struct exploration *x, int party)
{
    const struct colleague *op = &x->scene.operators[party];
    const struct colleague *other = &x->scene.operators[!party];
    bool right = false;
    switch (op->exit_code) {
    case 0:
        right = true;
        break;
    case 1: /* a revert of what has not begun; an apply in which somebody went back meanwhile */
        right = reverts(op) ? says(op, "there is no state at")
                            : reverts(other) && says(op, "somebody took the traffic back");
        break;
    case 6:
        right = op->asked_to_stop && says(op, "a revert asked this run to stop");
        break;
    case 7:
        right = other->was_past_lock && says(op, "is held by") &&
                (!reverts(op) || op->ended_at - op->asked_at >= PATIENCE_MS);
        break;
    case 9: /* a revert that another one asked to stop */
        right = reverts(op) && op->asked_to_stop;
        break;
    }
    if (!right)
        FAULT(x, "%c ends with %d", 'A' + party, op->exit_code);
}

static void judge_order(const struct exploration *x)
{
    for (unsigned v = 1; v <= x->scene.version; v++)
        if (x->scene.changes[v].seen != v - 1 || x->scene.changes[v].planned != v - 1)
            FAULT(x, "change %u was made on version %u, and sent after reading %u", v,
                  x->scene.changes[v].planned, x->scene.changes[v].seen);
}

static void judge_state(const struct exploration *x)
{
    const struct scene *scene = &x->scene;
    char *bytes = folder_read(".", state_names[0]);
    struct arena arena = {0};
    struct state *state;
    struct error err;
    if (folder_has(".", "prod.state.json.lock") || folder_has(".", "prod.state.json.stop"))
        FAULT(x, "a lock or a request to stop is left behind");
    if (!bytes) {
        if (scene->version)
            FAULT(x, "something was changed, and no state says what");
        return;
    }
    if (!state_read(&state, state_names[0], bytes, strlen(bytes), &err))
        FAULT(x, "%s", err.message);
    struct routing live = sim_routing(&scene->sim, &arena);
    if (!routing_equal(&live, state_expected_routing(state, NULL)))
        FAULT(x, "live is not what the state says");
    for (size_t i = 0; i < state->run_count; i++)
        if (state->runs[i].end == RUN_OPEN)
            FAULT(x, "run %zu is still open", i + 1);
    state_free(state);
    arena_clear(&arena);
    free(bytes);
}

static void judge_one_store(struct exploration *x)
{
    for (int i = 0; i < PARTIES; i++)
        judge_exit_beside(x, i);
    judge_order(x);
    judge_state(x);
}

/* ---- two stores ---- */

static void judge_exit_apart(const struct exploration *x, int party)
{
    const struct colleague *op = &x->scene.operators[party];
    bool right = op->exit_code == 0 || (op->exit_code == 4 && says(op, "Ended    drift")) ||
                 (reverts(op) && op->exit_code == 9);
    if (!right)
        FAULT(x, "%c ends with %d", 'A' + party, op->exit_code);
}

static bool is_told(const struct scene *scene)
{
    for (int i = 0; i < PARTIES; i++)
        if (scene->operators[i].exit_code != 0 ||
            says(&scene->operators[i], "live was changed by somebody else"))
            return true;
    return false;
}

static void judge_race(struct exploration *x)
{
    x->counts.races++;
    if (!is_told(&x->scene))
        x->counts.unseen++;
}

/* Sent although the other's change had been read: never forward, and not without a word back. */
static void judge_knowing(const struct exploration *x, unsigned v)
{
    const struct change *changes = x->scene.changes, *change = &changes[v];
    bool same = changes[v - 1].permille == changes[change->planned].permille;
    if (!same && change->forward)
        FAULT(x, "%c sent after it had read another's change", 'A' + change->by);
    if (!same && !says(&x->scene.operators[change->by], "live was changed by somebody else"))
        FAULT(x, "%c took another's change back without a word", 'A' + change->by);
}

static void judge_two_stores(struct exploration *x)
{
    for (int i = 0; i < PARTIES; i++)
        judge_exit_apart(x, i);
    for (unsigned v = 1; v <= x->scene.version; v++) {
        const struct change *change = &x->scene.changes[v];
        if (change->planned == v - 1)
            continue; /* one after the other */
        if (change->seen == v - 1)
            judge_knowing(x, v);
        else
            judge_race(x);
    }
}

/* ---- all schedules ---- */

static void judge(struct exploration *x)
{
    struct counts *counts = &x->counts;
    if (x->scene.wrong)
        FAULT(x, "%s", x->scene.wrong);
    for (int i = 0; i < PARTIES; i++) {
        const struct colleague *op = &x->scene.operators[i];
        judge_success(x, i);
        counts->takeovers += op->took_over;
        counts->locked_out += op->exit_code == 7;
        counts->drifts += op->exit_code == 4;
    }
    if (x->meeting->one_store)
        judge_one_store(x);
    else
        judge_two_stores(x);
}

/* Alone: the other one only says its version. */
static void run_before(struct exploration *x)
{
    struct scene *scene = &x->scene;
    scene->operators[0].command = x->meeting->before;
    scene->operators[1].command = "version";
    scene->schedule.known = 0;
    scene->schedule.preemptions_most = 0;
    sweep(".");
    scene_play(scene);
    if (scene->operators[0].exit_code != 0 ||
        scene->changes[scene->version].permille != x->meeting->found)
        FAULT(x, "it ends with %d", scene->operators[0].exit_code);
    scene->setup.epoch_at = scene->sim.now - scene->sim.now % SECOND_MS + SECOND_MS;
    scene->target_permille = x->meeting->found;
    remember_states(x);
    scene_forget(scene);
}

static void begin(struct exploration *x, const struct meeting *meeting)
{
    *x = (struct exploration){.meeting = meeting};
    struct scene *scene = &x->scene;
    setup_init(&scene->setup);
    scene->setup.epoch_at = 29600760 * (int64_t)MINUTE_MS;
    scene->setup.history_ms = 10 * MINUTE_MS;
    scene->setup.services[ARM_TARGET].desired = 2;
    scene->one_store = meeting->one_store;
    scene->all_points = getenv("TESTS_LONG") != NULL;
    schedule_init(&scene->schedule);
    if (meeting->before)
        run_before(x);
    scene->schedule.preemptions_most =
        meeting->preemptions && !scene->all_points ? meeting->preemptions : PREEMPTIONS;
    scene->schedule.alike = text_same(meeting->commands[0], meeting->commands[1]);
    scene->schedule.known = 0;
    for (int i = 0; i < PARTIES; i++)
        scene->operators[i].command = meeting->commands[i];
}

static void end(struct exploration *x)
{
    schedule_clear(&x->scene.schedule);
    for (size_t i = 0; i < COUNT(state_names); i++)
        free(x->states[i]);
    sweep(".");
}

static double spent(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void explore(struct counts *sum, const struct meeting *meeting)
{
    struct exploration *x = calloc(1, sizeof *x);
    double began = spent();
    begin(x, meeting);
    do {
        lay_out_states(x);
        scene_play(&x->scene);
        x->counts.schedules++;
        judge(x);
        scene_forget(&x->scene);
    } while (schedule_next(&x->scene.schedule));
    const struct counts *c = &x->counts;
    print_message("operators: %s, up to %u pre-emptions: %u schedules, %u takeovers, %u locked "
                  "out, %u drifts, %u races, %u of them unseen (%.1f s)\n",
                  meeting->name, x->scene.schedule.preemptions_most, c->schedules, c->takeovers,
                  c->locked_out, c->drifts, c->races, c->unseen, spent() - began);
    sum->schedules += c->schedules;
    sum->takeovers += c->takeovers;
    sum->locked_out += c->locked_out;
    sum->drifts += c->drifts;
    sum->races += c->races;
    sum->unseen += c->unseen;
    end(x);
    free(x);
}

static void every_schedule_of_two_operators(void **state)
{
    const char *only = *state;
    struct counts sum = {0};
    for (size_t i = 0; i < COUNT(meetings); i++)
        if (!only || strstr(meetings[i].name, only))
            explore(&sum, &meetings[i]);
    print_message("operators: %u schedules, 0 faults, %u takeovers, %u locked out, %u drifts; %u "
                  "races of two stores, %u of them unseen\n",
                  sum.schedules, sum.takeovers, sum.locked_out, sum.drifts, sum.races, sum.unseen);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(every_schedule_of_two_operators, argc > 1 ? argv[1] : NULL),
    };
    if (access("/dev/shm", W_OK) == 0)
        setenv("TMPDIR", "/dev/shm", 0); /* thousands of states, each synced */
    char *folder = folder_new();
    if (chdir(folder) != 0)
        return 1;
    folder_write(".", "prod.yaml", SWITCH_TO("{target: 100, hold: 0s}"));
    folder_write(".", "half.yaml", SWITCH_TO("{target: 50, hold: 0s}"));
    folder_write(".", "tenth.yaml", SWITCH_TO("{target: 10, hold: 0s}"));
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    if (chdir("/") == 0)
        folder_remove(folder);
    return failed;
}
