/* Whoever links this wraps the functions that are __wrap_ped here. */
#include "tests/fault/operator.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/exit_code.h"
#include "cmd/view_text_plan.h"
#include "cmd/wire.h"
#include "planner/inverse.h"
#include "providers/git/provenance.h"
#include "providers/local/store.h"

enum { WORDS_MOST = 12 };

static _Thread_local struct colleague *at_hand;

static void wrong(struct scene *scene, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void wrong(struct scene *scene, const char *format, ...)
{
    va_list ap;
    if (scene->wrong)
        return;
    va_start(ap, format);
    vsnprintf(scene->why, sizeof scene->why, format, ap);
    va_end(ap);
    scene->wrong = scene->why;
}

static struct colleague *other_of(const struct colleague *op)
{
    return &op->scene->operators[!op->number];
}

/* What both have: the listener is everybody's, a store may be one's own. The metrics of the past
 * stay what they are, and so does whose the lock is, since nobody here removes the lock's file. */
enum { LISTENER = 1, STATE = 2, LOCK = 4, REQUEST = 8, OWN_STORE = STATE | LOCK | REQUEST };

static struct touch touch(const struct colleague *op, unsigned reads, unsigned writes)
{
    unsigned shared = op->scene->one_store ? ~0u : ~(unsigned)OWN_STORE;
    return (struct touch){reads & shared, writes & shared};
}

/* False: this schedule is cut here, and nobody has effects any more, or hears of any. */
static bool point(struct colleague *op, char kind, unsigned reads, unsigned writes)
{
    return schedule_point(&op->scene->schedule, op->number, kind, touch(op, reads, writes));
}

static bool is_cut(const struct colleague *op)
{
    return op->scene->schedule.cut;
}

static int live_permille(const struct scene *scene)
{
    struct arena arena = {0};
    const struct world *world = scene->sim.world;
    struct routing live = sim_routing(&scene->sim, &arena);
    int permille = routing_target_permille(&live, world->groups[ARM_SOURCE].arn,
                                           world->groups[ARM_TARGET].arn);
    arena_clear(&arena);
    return permille;
}

/* ---- cloud ---- */

static bool observe(void *self, struct snapshot *out, const struct subject *subject, unsigned facts,
                    int64_t recent_ms, struct error *err)
{
    struct colleague *op = self;
    struct sim *sim = &op->scene->sim;
    if (!point(op, 'o', LISTENER, 0))
        return sim_nobody(err);
    if (facts & FACT_LISTENERS)
        op->seen = op->scene->version;
    return sim->cloud.observe(sim, out, subject, facts, recent_ms, err);
}

static void note_change(struct colleague *op)
{
    struct scene *scene = op->scene;
    assert(scene->version < CHANGES_MOST);
    int before = scene->changes[scene->version].permille, now = live_permille(scene);
    if (scene->one_store && now == before && !text_ends(op->command, " --now"))
        wrong(scene, "%c sent what live held already", 'A' + op->number);
    scene->changes[++scene->version] =
        (struct change){.by = op->number,
                        .forward = strncmp(op->command, "apply", 5) == 0,
                        .permille = now,
                        .seen = op->seen,
                        .planned = op->planned};
}

static bool perform(void *self, struct receipt *out, const struct subject *subject,
                    const struct mutation *mutation, struct error *err)
{
    struct colleague *op = self;
    struct sim *sim = &op->scene->sim;
    *out = (struct receipt){.outcome_unknown = true};
    if (!point(op, 'm', 0, LISTENER))
        return sim_nobody(err);
    if (!op->past_lock)
        wrong(op->scene, "%c sends without the lock", 'A' + op->number);
    unsigned applied = sim->applied;
    bool ok = sim->cloud.perform(sim, out, subject, mutation, err);
    if (sim->applied > applied && mutation->kind == MUTATION_ROUTING)
        note_change(op);
    return ok;
}

static bool measure(void *self, struct series *out, struct arena *arena,
                    const struct subject *subject, int64_t from, int64_t to, bool percentiles,
                    struct error *err)
{
    struct colleague *op = self;
    struct sim *sim = &op->scene->sim;
    if (!point(op, 'e', 0, 0))
        return sim_nobody(err);
    return sim->cloud.measure(sim, out, arena, subject, from, to, percentiles, err);
}

static bool stopped_tasks(void *self, struct stopped_task *out, size_t max, size_t *count,
                          struct arena *arena, const struct subject *subject, enum arm arm,
                          struct error *err)
{
    struct colleague *op = self;
    struct sim *sim = &op->scene->sim;
    *count = 0;
    if (!point(op, 't', 0, 0))
        return sim_nobody(err);
    return sim->cloud.stopped_tasks(sim, out, max, count, arena, subject, arm, err);
}

/* ---- clock ---- */

static int64_t wall(void *self)
{
    return ((struct colleague *)self)->scene->sim.now;
}

static int64_t monotonic(void *self)
{
    const struct scene *scene = ((struct colleague *)self)->scene;
    return scene->sim.now - scene->setup.epoch_at + 1;
}

static enum clock_wake wait_for(void *self, int64_t ms)
{
    struct colleague *op = self;
    /* who waits for the lock tries again before its next point */
    bool woke = schedule_wait(&op->scene->schedule, op->number, ms, touch(op, 0, LOCK));
    return woke ? CLOCK_DONE : CLOCK_INTERRUPTED;
}

static bool interrupted(void *self)
{
    return is_cut(self);
}

/* ---- store ---- */

static bool load(void *self, struct text *out, bool *found, struct error *err)
{
    struct colleague *op = self;
    if (!point(op, 'l', STATE, 0))
        return sim_nobody(err);
    return op->store.load(op->store.self, out, found, err);
}

static void check_serial(struct scene *scene, const char *bytes)
{
    static const char serial_key[] = "\"serial\": ", lineage_key[] = "\"lineage\": \"";
    const char *serial = strstr(bytes, serial_key), *lineage = strstr(bytes, lineage_key);
    assert(serial && lineage);
    lineage += strlen(lineage_key);
    int64_t number = strtoll(serial + strlen(serial_key), NULL, 10);
    if (strncmp(lineage, scene->lineage, 36) == 0 && number <= scene->serial)
        wrong(scene, "the serial went from %lld to %lld", (long long)scene->serial,
              (long long)number);
    scene->serial = number;
    snprintf(scene->lineage, sizeof scene->lineage, "%.36s", lineage);
}

static bool replace(void *self, const char *bytes, size_t n, struct error *err)
{
    struct colleague *op = self;
    if (!point(op, 's', 0, STATE))
        return sim_nobody(err);
    if (!op->store.replace(op->store.self, bytes, n, err))
        return false;
    if (!op->past_lock)
        wrong(op->scene, "%c writes without the lock", 'A' + op->number);
    if (op->scene->one_store)
        check_serial(op->scene, bytes);
    return true;
}

static bool lock(void *self, const char *command, int64_t timeout_ms, struct error *err)
{
    struct colleague *op = self;
    if (!point(op, 'k', 0, LOCK))
        return sim_nobody(err);
    if (!op->store.lock(op->store.self, command, timeout_ms, err))
        return false;
    op->past_lock = op->was_past_lock = true;
    op->took_over = op->asked_at > 0;
    if (op->scene->one_store && other_of(op)->past_lock)
        wrong(op->scene, "both are past the lock");
    return true;
}

static bool holds_lock(void *self, struct error *err)
{
    struct colleague *op = self;
    if (!point(op, 'h', 0, 0))
        return sim_nobody(err);
    return op->store.holds_lock(op->store.self, err);
}

static void unlock(void *self)
{
    struct colleague *op = self;
    (void)point(op, 'u', 0, LOCK | REQUEST); /* the dead let it go too */
    op->past_lock = false;
    op->store.unlock(op->store.self);
}

static bool stop_requested(void *self)
{
    struct colleague *op = self;
    if (!point(op, 'q', REQUEST, 0))
        return true;
    op->asked_to_stop = op->store.stop_requested(op->store.self);
    return op->asked_to_stop;
}

static bool request_stop(void *self, struct error *err)
{
    struct colleague *op = self;
    if (!point(op, 'r', LOCK, REQUEST))
        return sim_nobody(err);
    if (!op->asked_at)
        op->asked_at = op->scene->sim.now;
    return op->store.request_stop(op->store.self, err);
}

static bool rescue(void *self, const char *bytes, size_t n, struct text *where, struct error *err)
{
    struct colleague *op = self;
    if (!point(op, 'x', 0, 0))
        return sim_nobody(err);
    wrong(op->scene, "%c could not write its state", 'A' + op->number);
    return op->store.rescue(op->store.self, bytes, n, where, err);
}

static size_t copies(void *self, struct store_copy **out, struct arena *arena)
{
    struct colleague *op = self;
    if (!point(op, 'c', STATE, 0))
        return 0;
    return op->store.copies(op->store.self, out, arena);
}

/* ---- what the commands are wired to ---- */

bool __wrap_wire_open(struct wire *out, const struct planfile *file, const char *region,
                      struct error *err);
bool __wrap_wire_open(struct wire *out, const struct planfile *file, const char *region,
                      struct error *err)
{
    (void)file, (void)region, (void)err;
    *out = (struct wire){.cloud = at_hand->cloud, .clock = at_hand->clock, .speed = 1};
    return true;
}

const char *__wrap_aws_client_region(const struct aws_client *client);
const char *__wrap_aws_client_region(const struct aws_client *client)
{
    (void)client;
    return at_hand->scene->setup.region;
}

bool __wrap_git_provenance(struct provenance *out, struct arena *arena, const char *path,
                           struct error *err);
bool __wrap_git_provenance(struct provenance *out, struct arena *arena, const char *path,
                           struct error *err)
{
    (void)arena, (void)path, (void)err;
    *out = (struct provenance){.why_not = "not in a git repository"};
    return true;
}

void __real_local_store_open(struct store *out, const char *path, const struct clock *clock);
void __wrap_local_store_open(struct store *out, const char *path, const struct clock *clock);
void __wrap_local_store_open(struct store *out, const char *path, const struct clock *clock)
{
    struct colleague *op = at_hand;
    __real_local_store_open(&op->store, path, clock);
    *out = (struct store){.self = op,
                          .location = op->store.location,
                          .load = load,
                          .replace = replace,
                          .lock = lock,
                          .holds_lock = holds_lock,
                          .unlock = unlock,
                          .stop_requested = stop_requested,
                          .request_stop = request_stop,
                          .rescue = rescue,
                          .copies = copies};
}

void __real_local_store_close(struct store *store);
void __wrap_local_store_close(struct store *store);
void __wrap_local_store_close(struct store *store)
{
    struct colleague *op = store->self;
    unlock(op);
    __real_local_store_close(&op->store);
    *store = (struct store){0};
}

/* A plan is made from what was read last, whichever command makes it. */
static void note_plan(void)
{
    at_hand->planned = at_hand->seen;
}

void __real_plan_make(struct plan *out, const struct planfile *file, const struct snapshot *live,
                      const struct state *state, const struct provenance *provenance,
                      const struct surroundings *around);
void __wrap_plan_make(struct plan *out, const struct planfile *file, const struct snapshot *live,
                      const struct state *state, const struct provenance *provenance,
                      const struct surroundings *around);
void __wrap_plan_make(struct plan *out, const struct planfile *file, const struct snapshot *live,
                      const struct state *state, const struct provenance *provenance,
                      const struct surroundings *around)
{
    note_plan();
    __real_plan_make(out, file, live, state, provenance, around);
}

void __real_inverse_make(struct plan *out, const struct plan *forward, const struct origin *origin,
                         const struct snapshot *live, const struct state *state, bool traffic_only,
                         const struct surroundings *around);
void __wrap_inverse_make(struct plan *out, const struct plan *forward, const struct origin *origin,
                         const struct snapshot *live, const struct state *state, bool traffic_only,
                         const struct surroundings *around);
void __wrap_inverse_make(struct plan *out, const struct plan *forward, const struct origin *origin,
                         const struct snapshot *live, const struct state *state, bool traffic_only,
                         const struct surroundings *around)
{
    note_plan();
    __real_inverse_make(out, forward, origin, live, state, traffic_only, around);
}

/* A page that nobody reads, and that would take a tenth of the time. */
void __wrap_view_text_plan(struct page *page, const struct plan *plan, int64_t target_requests);
void __wrap_view_text_plan(struct page *page, const struct plan *plan, int64_t target_requests)
{
    (void)page, (void)plan, (void)target_requests;
}

/* ---- a run of the command ---- */

static void run_command(struct colleague *op)
{
    char words[256], self[] = "switchover", *argv[WORDS_MOST] = {self}, *rest;
    int argc = 1;
    struct args args;
    struct error err;
    snprintf(words, sizeof words, "%s", op->command);
    for (char *word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
        argv[argc++] = word;
    bool parsed = args_parse(&args, argc, argv, &err);
    assert(parsed);
    (void)parsed;
    if (!args.verb->run(&args, &op->exit_code, &err)) {
        op->exit_code = exit_of_error(&err);
        fprintf(stderr, "Error: %s\n", err.message);
    }
    op->ended_at = op->scene->sim.now;
}

static void be_an_operator(void *self, int party)
{
    struct scene *scene = self;
    at_hand = &scene->operators[party];
    run_command(at_hand);
}

/* Both speak on this process's streams, which are whose turn it is. */
static void turn_to(void *self, int party)
{
    struct scene *scene = self;
    stdout = stderr = scene->operators[party].stream;
}

static int64_t now(void *self)
{
    return ((struct scene *)self)->sim.now;
}

static void advance_to(void *self, int64_t at)
{
    struct scene *scene = self;
    sim_advance(&scene->sim, at - scene->sim.now);
}

static void begin_operator(struct scene *scene, int number)
{
    struct colleague *op = &scene->operators[number];
    *op = (struct colleague){
        .scene = scene,
        .number = number,
        .command = op->command,
        .cloud = {op, observe, perform, measure, stopped_tasks},
        .clock = {op, wall, monotonic, wait_for, interrupted},
    };
    op->stream = open_memstream(&op->said, &op->said_len);
    assert(op->stream);
}

void scene_play(struct scene *scene)
{
    FILE *out = stdout, *errors = stderr;
    struct schedule *schedule = &scene->schedule;
    sim_new(&scene->sim, &scene->setup);
    scene->version = 0;
    scene->changes[0] = (struct change){.by = -1, .permille = live_permille(scene)};
    scene->serial = 0;
    *scene->lineage = '\0';
    scene->wrong = NULL;
    for (int i = 0; i < PARTIES; i++)
        begin_operator(scene, i);
    schedule->self = scene;
    schedule->body = be_an_operator;
    schedule->turn_to = turn_to;
    schedule->now = now;
    schedule->advance_to = advance_to;
    schedule_play(schedule);
    stdout = out;
    stderr = errors;
    for (int i = 0; i < PARTIES; i++)
        fclose(scene->operators[i].stream);
}

void scene_forget(struct scene *scene)
{
    for (int i = 0; i < PARTIES; i++)
        free(scene->operators[i].said);
    sim_clear(&scene->sim);
}
