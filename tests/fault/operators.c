#include "tests/unit.h"

#include <dirent.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "planner/base/time.h"
#include "planner/state.h"
#include "tests/fault/meetings.h"
#include "tests/fault/operator.h"
#include "tests/folder.h"

/*
 * Two operators at one deployment, in every schedule with up to three pre-emptions (schedule.h;
 * under the sanitizers two).
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
 * The commands are the real ones (operator.h), who meets whom stands in meetings.c. Pre-emptions
 * are at every port call at which one can notice or change what the other one does. Of schedules
 * that differ only in the order of calls of which neither notices the other, one is played; the
 * others are counted. With TESTS_LONG they are at all calls, all schedules are played, and those of
 * which one would have stood for the others must have ended alike.
 *
 *   test_fault_operators [PART]    only the meetings whose name has that part
 */

#ifdef __SANITIZE_ADDRESS__
enum { PREEMPTIONS = 2 };
#else
enum { PREEMPTIONS = 3 };
#endif
enum { PREEMPTIONS_LONG = 3, PATIENCE_MS = 15 * SECOND_MS, FAILING_FOR_MS = 8 * MINUTE_MS };

#define SWITCH_TO(steps)                                                                           \
    "switchover: 1\nstage: sandbox\nbaseline: 5m\ntraffic: {steps: [" steps "]}\n"                 \
    "drain: {quiet_for: 0s, timeout: 1h}\nallow: {mid-cutover: both are known}\n"

struct counts {
    unsigned long schedules, played;
    unsigned takeovers, locked_out, drifts, taken_back, races, unseen;
};

/* How a schedule ended: all orders of the same must agree in it. */
struct ending {
    uint64_t key[PARTIES + 1];
    char what[128];
};

struct exploration {
    const struct meeting *meeting;
    struct scene scene;
    char *files[4]; /* as was left by who was there before, by their names; NULL: none */
    struct ending *endings;
    size_t ending_count, ending_capacity;
    struct counts counts;
    struct listener_setup listener;
};

enum { PROD, A, B };
static const char *const file_names[] = {
    [PROD] = "prod.state.json", [A] = "a.json", [B] = "b.json", "prod.plan"};

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

static void remember_files(struct exploration *x)
{
    for (size_t i = 0; i < COUNT(file_names); i++)
        x->files[i] = folder_read(".", file_names[i]);
    if (x->meeting->copied)
        x->files[A] = strdup(x->files[B]);
}

static void lay_out_files(const struct exploration *x)
{
    sweep(".");
    for (size_t i = 0; i < COUNT(file_names); i++)
        if (x->files[i])
            folder_write(".", file_names[i], x->files[i]);
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

static bool skips_reading(const struct colleague *op)
{
    return text_ends(op->command, " --now");
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
    case 1: /* a revert of what has not begun; an apply in which somebody went back meanwhile, or
               began before it */
        right = reverts(op) ? says(op, "there is no state at")
                            : (reverts(other) && says(op, "somebody took the traffic back")) ||
                                  says(op, "since prod.plan was saved, ");
        break;
    case 5: /* one whose gate failed, and who read the origin back */
        right = x->meeting->failing && !reverts(op) &&
                x->scene.changes[op->seen].permille == x->meeting->wanted[party];
        break;
    case 6:
        right = op->asked_to_stop && says(op, "a revert asked this run to stop");
        break;
    case 7:
        right = other->was_past_lock && says(op, "is held by") &&
                (!reverts(op) || op->ended_at - op->asked_at >= PATIENCE_MS);
        break;
    case 9: /* a way back that another one asked to stop */
        right = (reverts(op) || x->meeting->failing) && op->asked_to_stop;
        break;
    }
    if (!right)
        FAULT(x, "%c ends with %d", 'A' + party, op->exit_code);
}

static void judge_order(const struct exploration *x)
{
    for (unsigned v = 1; v <= x->scene.version; v++)
        if (!skips_reading(&x->scene.operators[x->scene.changes[v].by]) &&
            (x->scene.changes[v].seen != v - 1 || x->scene.changes[v].planned != v - 1))
            FAULT(x, "change %u was made on version %u, and sent after reading %u", v,
                  x->scene.changes[v].planned, x->scene.changes[v].seen);
}

static void judge_state(const struct exploration *x)
{
    const struct scene *scene = &x->scene;
    char *bytes = folder_read(".", file_names[PROD]);
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
    if (!state_read(&state, file_names[PROD], bytes, strlen(bytes), &err))
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
    bool right = op->exit_code == 0 || op->exit_code == 5 ||
                 (op->exit_code == 4 && says(op, "Ended    drift")) ||
                 ((reverts(op) || x->meeting->failing) && op->exit_code == 9);
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

/* ---- what is left out ends as its like ---- */

static void note_ending(struct exploration *x)
{
    const struct scene *scene = &x->scene;
    if (x->ending_count == x->ending_capacity) {
        x->ending_capacity = 2 * x->ending_capacity + 1000;
        x->endings = realloc(x->endings, x->ending_capacity * sizeof *x->endings);
    }
    struct ending *ending = &x->endings[x->ending_count++];
    struct text what = {0};
    *ending = (struct ending){0};
    schedule_key(&scene->schedule, ending->key);
    for (int i = 0; i < PARTIES; i++)
        text_addf(&what, "%d %d %u; ", scene->operators[i].exit_code, scene->operators[i].took_over,
                  scene->operators[i].seen);
    for (unsigned v = 1; v <= scene->version; v++)
        text_addf(&what, "%c %d %u %u; ", 'A' + scene->changes[v].by, scene->changes[v].permille,
                  scene->changes[v].seen, scene->changes[v].planned);
    snprintf(ending->what, sizeof ending->what, "%s", text_cstr(&what));
    text_clear(&what);
}

static int by_key(const void *a, const void *b)
{
    const struct ending *one = a, *two = b;
    return memcmp(one->key, two->key, sizeof one->key);
}

/* How many differ in more than the order of calls of which neither notices the other. */
static unsigned compare_endings(struct exploration *x)
{
    unsigned different = x->ending_count > 0;
    qsort(x->endings, x->ending_count, sizeof *x->endings, by_key);
    for (size_t i = 1; i < x->ending_count; i++) {
        const struct ending *one = &x->endings[i - 1], *two = &x->endings[i];
        bool same = by_key(one, two) == 0;
        different += !same;
        if (same && !text_same(one->what, two->what))
            fail_msg("%s: two orders of the same calls end as %s and as %s", x->meeting->name,
                     one->what, two->what);
    }
    return different;
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
        counts->taken_back += op->exit_code == 5;
    }
    if (x->meeting->one_store)
        judge_one_store(x);
    else
        judge_two_stores(x);
}

/* Alone: the other one only says its version. */
static void run_alone(struct exploration *x, const char *command)
{
    struct scene *scene = &x->scene;
    scene->operators[0].command = command;
    scene->operators[1].command = "version";
    schedule_forget(&scene->schedule);
    scene->schedule.preemptions_most = 0;
    scene_play(scene);
    if (scene->operators[0].exit_code != 0 ||
        scene->changes[scene->version].permille != x->meeting->found)
        FAULT(x, "it ends with %d", scene->operators[0].exit_code);
    scene->setup.epoch_at = scene->sim.now - scene->sim.now % SECOND_MS + SECOND_MS;
    bool all = x->meeting->found == 1000, none = x->meeting->found == 0;
    x->listener.weights[ARM_SOURCE] = none ? 1 : 1000 - x->meeting->found;
    x->listener.weights[ARM_TARGET] = all ? 1 : x->meeting->found;
    scene_forget(scene);
}

static void run_before(struct exploration *x)
{
    const struct meeting *meeting = x->meeting;
    sweep(".");
    if (meeting->before)
        run_alone(x, meeting->before);
    if (meeting->and_then)
        run_alone(x, meeting->and_then);
    remember_files(x);
    x->scene.setup.epoch_at += meeting->failing ? FAILING_FOR_MS : 0;
}

static void begin(struct exploration *x, const struct meeting *meeting)
{
    *x = (struct exploration){.meeting = meeting};
    struct scene *scene = &x->scene;
    struct schedule *schedule = &scene->schedule;
    setup_init(&scene->setup);
    scene->setup.epoch_at = 29600760 * (int64_t)MINUTE_MS;
    scene->setup.history_ms = 8 * MINUTE_MS;
    scene->setup.conditions.requests_per_second = meeting->failing ? 20 : 1;
    scene->setup.conditions.groups[ARM_TARGET].rate_5xx = meeting->failing;
    scene->setup.services[ARM_TARGET].desired = 2;
    x->listener = (struct listener_setup){.port = 9200, .https = true, .weights = {1, 0, -1}};
    scene->setup.listeners = &x->listener;
    scene->setup.listener_count = 1;
    scene->one_store = meeting->one_store;
    schedule_init(schedule);
    run_before(x);
    schedule->all = getenv("TESTS_LONG") != NULL;
    schedule->preemptions_most = schedule->all ? PREEMPTIONS_LONG : PREEMPTIONS;
    schedule->alike = text_same(meeting->commands[0], meeting->commands[1]);
    schedule_forget(schedule);
    for (int i = 0; i < PARTIES; i++)
        scene->operators[i].command = meeting->commands[i];
}

static void end(struct exploration *x)
{
    schedule_clear(&x->scene.schedule);
    free(x->endings);
    for (size_t i = 0; i < COUNT(file_names); i++)
        free(x->files[i]);
    sweep(".");
}

static double spent(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void tell_counts(const char *name, const struct counts *c, double seconds)
{
    bool is_long = getenv("TESTS_LONG") != NULL;
    print_message("operators: %s: %lu schedules, up to %d pre-emptions, %lu of them played, "
                  "%u takeovers, %u locked out, %u drifts, %u taken back; %u races of two stores, "
                  "%u of them unseen (%.1f s)\n",
                  name, c->schedules, is_long ? PREEMPTIONS_LONG : PREEMPTIONS, c->played,
                  c->takeovers, c->locked_out, c->drifts, c->taken_back, c->races, c->unseen,
                  seconds);
}

static void add_counts(struct counts *sum, const struct counts *c)
{
    sum->schedules += c->schedules;
    sum->played += c->played;
    sum->takeovers += c->takeovers;
    sum->locked_out += c->locked_out;
    sum->drifts += c->drifts;
    sum->taken_back += c->taken_back;
    sum->races += c->races;
    sum->unseen += c->unseen;
}

static void explore(struct counts *sum, const struct meeting *meeting)
{
    struct exploration *x = calloc(1, sizeof *x);
    struct schedule *schedule = &x->scene.schedule;
    double began = spent();
    begin(x, meeting);
    do {
        lay_out_files(x);
        scene_play(&x->scene);
        if (!schedule->cut)
            judge(x);
        if (schedule->all)
            note_ending(x);
        scene_forget(&x->scene);
    } while (schedule_next(schedule));
    x->counts.schedules = schedule->schedules;
    x->counts.played = schedule->played;
    tell_counts(meeting->name, &x->counts, spent() - began);
    if (schedule->all)
        print_message("operators: %s: %u of them differ\n", meeting->name, compare_endings(x));
    add_counts(sum, &x->counts);
    end(x);
    free(x);
}

static void every_schedule_of_two_operators(void **state)
{
    const char *only = *state;
    struct counts sum = {0};
    for (size_t i = 0; i < meeting_count; i++)
        if (!only || strstr(meetings[i].name, only))
            explore(&sum, &meetings[i]);
    tell_counts("0 faults", &sum, spent());
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
    folder_write(".", "fails.yaml",
                 SWITCH_TO("{target: 50, hold: 6m}") "gates: {on_failure: revert}\n");
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    if (chdir("/") == 0)
        folder_remove(folder);
    return failed;
}
