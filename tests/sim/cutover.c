#include "tests/sim/cutover.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "planner/base/memory.h"
#include "planner/inverse.h"
#include "planner/plan_json.h"
#include "planner/precondition.h"

static const char uuid[] = "01234567-89ab-4cde-8fff-0123456789ab";

void cutover_init(struct cutover *cutover, struct sim *sim, const char *yaml)
{
    memset(cutover, 0, sizeof *cutover);
    cutover->sim = sim;
    cutover->yaml = yaml;
}

void cutover_clear(struct cutover *cutover)
{
    state_free(cutover->state);
    if (cutover->has_saved && !cutover->saved_is_borrowed)
        plan_clear(&cutover->saved);
}

static void read_file(struct planfile *out, const char *yaml)
{
    struct arena arena = {0};
    struct diagnostics list = {.arena = &arena, .file = "prod.yaml"};
    if (!planfile_read(out, "prod.yaml", yaml, strlen(yaml), precondition_waivable, &list)) {
        fprintf(stderr, "plan file: %s\n", list.items[0].message);
        abort();
    }
    arena_clear(&arena);
}

static struct state *read_state(const struct text *bytes)
{
    struct state *state;
    struct error err;
    if (!state_read(&state, "prod.state.json", bytes->data, bytes->len, &err)) {
        fprintf(stderr, "state: %s\n", err.message);
        abort();
    }
    return state;
}

struct state *cutover_stored(const struct cutover *cutover)
{
    return cutover->sim->has_stored ? read_state(&cutover->sim->stored) : NULL;
}

/* NULL: nothing is stored. False: the process is gone. */
static bool load(const struct cutover *cutover, struct state **state)
{
    struct store *store = &cutover->sim->store;
    struct text bytes = {0};
    struct error err;
    bool found;
    *state = NULL;
    if (!store->load(store->self, &bytes, &found, &err))
        return false;
    if (found)
        *state = read_state(&bytes);
    text_clear(&bytes);
    return true;
}

static struct surroundings surroundings(const struct cutover *cutover)
{
    return (struct surroundings){
        .now = sim_wall(cutover->sim), .state_is_local = true, .force = cutover->force};
}

static bool observe(struct cutover *cutover, struct snapshot *live, const struct planfile *file)
{
    struct cloud *cloud = &cutover->sim->cloud;
    struct subject subject;
    struct error err;
    planfile_subject(file, &subject);
    snapshot_init(live);
    bool seen = cloud->observe(cloud->self, live, &subject, FACTS_PLAN, file->baseline_ms, &err);
    assert(seen || cutover->sim->dead);
    return seen;
}

static bool make_plan(struct cutover *cutover, struct plan *out, const struct state *state)
{
    struct planfile file;
    struct snapshot live;
    struct provenance provenance = {.why_not = "not in a git repository"};
    struct surroundings around = surroundings(cutover);
    struct text text = {0};
    read_file(&file, cutover->yaml);
    bool seen = observe(cutover, &live, &file);
    if (seen) {
        plan_make(out, &file, &live, state, &provenance, &around);
        plan_write(&text, out);
    }
    text_clear(&text);
    snapshot_clear(&live);
    planfile_clear(&file);
    return seen;
}

void cutover_plan(struct cutover *cutover)
{
    struct state *state;
    cutover->saved_is_borrowed = false;
    cutover->has_saved = load(cutover, &state) &&
                         make_plan(cutover, &cutover->saved, state && !state->ended ? state : NULL);
    state_free(state);
}

static struct plan *copy_of_saved(struct cutover *cutover)
{
    struct plan *plan = memory_new(sizeof *plan);
    struct text text = {0};
    struct error err;
    plan_write(&text, &cutover->saved);
    bool read = plan_read(plan, "saved", text.data, text.len, &err);
    assert(read);
    (void)read;
    text_clear(&text);
    return plan;
}

static void run(struct cutover *cutover, const struct plan *plan, struct reading *first,
                const char *command)
{
    struct sim *sim = cutover->sim;
    struct journal journal = {.state = cutover->state, .store = &sim->store};
    struct executor executor = {.cloud = &sim->cloud,
                                .clock = &sim->clock,
                                .journal = &journal,
                                .sink = &sim->sink,
                                .around = surroundings(cutover),
                                .first = first,
                                .skip_read = cutover->skip_read,
                                .prober = &sim->prober,
                                .wishes = &sim->wishes,
                                .until_shifted = cutover->until_shifted};
    struct error err;
    if (cutover->unlocked) {
        journal.unlocked = journal.broken = true;
        error_set(&journal.why, ERROR_STORAGE, "cannot open the lock file");
    }
    bool locked = cutover->unlocked || sim->store.lock(sim, command, 0, &err);
    assert(locked || sim->dead);
    if (!locked)
        return;
    state_begin_run(cutover->state, plan->direction, command, "ann@here", sim_wall(sim));
    sim->observes = 0; /* what the command itself read does not count */
    cutover->plan_actions = (unsigned)plan->action_count;
    executor_run(&cutover->outcome, &executor, plan);
    cutover->fell_back = cutover->outcome.falls_back;
    if (cutover->fell_back && !sim->dead) {
        struct outcome forward = cutover->outcome;
        cutover->forward = forward.end;
        snprintf(cutover->forward_why, sizeof cutover->forward_why, "%s", forward.why);
        sim_log(sim, "falls back");
        executor_fall_back(&cutover->outcome, &executor, &forward, "fallback", "ann@here");
    } else {
        reading_clear(&cutover->outcome.last);
    }
    if (!cutover->unlocked)
        sim->store.unlock(sim);
    cutover->journal_broken = journal.broken;
    journal_clear(&journal);
}

static void begin(struct cutover *cutover, struct state *state)
{
    state_free(cutover->state);
    cutover->state = state;
    cutover->outcome = (struct outcome){.end = RUN_OPEN};
    cutover->fell_back = false;
}

/* The saved plan, or one made now; NULL: the process is gone. */
static struct plan *plan_to_apply(struct cutover *cutover, const struct state *state)
{
    if (cutover->has_saved)
        return copy_of_saved(cutover);
    struct plan *plan = memory_new(sizeof *plan);
    if (make_plan(cutover, plan, state))
        return plan;
    free(plan);
    return NULL;
}

enum run_end cutover_apply(struct cutover *cutover)
{
    struct state *state;
    struct error err;
    bool loaded = load(cutover, &state);
    begin(cutover, state);
    struct plan *plan =
        loaded ? plan_to_apply(cutover, state && !state->ended ? state : NULL) : NULL;
    if (!plan)
        return RUN_OPEN;
    if (state && !state->ended) {
        state_replace_plan(state, plan);
    } else {
        begin(cutover, NULL);
        cutover->state = state_new(uuid, plan);
    }
    if (cutover->accept && !state_accept_gate(cutover->state, cutover->accept, "CHG-7", "ann@here",
                                              sim_wall(cutover->sim), &err))
        abort();
    if (cutover->between)
        cutover->between(cutover->sim);
    run(cutover, plan, NULL, "apply prod.yaml");
    return cutover->outcome.end;
}

static void go_back(struct cutover *cutover)
{
    struct state *state = cutover->state;
    struct reading reading = {0};
    struct plan inverse;
    struct surroundings around = surroundings(cutover);
    struct clock *clock = &cutover->sim->clock;
    if (!cutover->skip_read) {
        if (!observe(cutover, &reading.live, &state->plan->file))
            return;
        reading.facts = FACTS_PLAN;
        reading.read_at = clock->monotonic(clock->self);
    }
    inverse_make(&inverse, state->plan, &state->origin, cutover->skip_read ? NULL : &reading.live,
                 state, cutover->traffic_only, &around);
    if (cutover->between)
        cutover->between(cutover->sim);
    run(cutover, &inverse, cutover->approved ? &reading : NULL, "revert prod.yaml");
    plan_clear(&inverse);
    reading_clear(&reading);
}

enum run_end cutover_revert(struct cutover *cutover)
{
    struct state *state;
    bool loaded = load(cutover, &state);
    begin(cutover, state);
    assert(state || !loaded);
    if (loaded)
        go_back(cutover);
    return cutover->outcome.end;
}

/* ---- rehearsals ---- */

int rehearsal_set_up(void **state)
{
    struct rehearsal *rehearsal = memory_new(sizeof *rehearsal);
    setup_init(&rehearsal->setup);
    *state = rehearsal;
    return 0;
}

int rehearsal_tear_down(void **state)
{
    struct rehearsal *rehearsal = *state;
    if (rehearsal->sim.world) {
        cutover_clear(&rehearsal->cutover);
        sim_clear(&rehearsal->sim);
    }
    arena_clear(&rehearsal->arena);
    free(rehearsal);
    return 0;
}

void rehearsal_begin(struct rehearsal *rehearsal, const char *yaml)
{
    sim_new(&rehearsal->sim, &rehearsal->setup);
    cutover_init(&rehearsal->cutover, &rehearsal->sim, yaml);
    rehearsal->origin = sim_routing(&rehearsal->sim, &rehearsal->arena);
}

void rehearsal_make_it_happen(struct sim *sim)
{
    struct happening *happening = sim->user;
    if (happening->done || !sim_logged(sim, happening->event))
        return;
    happening->done = true;
    happening->make(sim);
}

void rehearsal_begin_with(struct rehearsal *rehearsal, const char *yaml,
                          struct happening *happening)
{
    rehearsal_begin(rehearsal, yaml);
    rehearsal->sim.user = happening;
    rehearsal->sim.at_point = happening ? rehearsal_make_it_happen : NULL;
}

int rehearsal_percent(struct rehearsal *rehearsal)
{
    const struct world *world = rehearsal->sim.world;
    struct routing now = sim_routing(&rehearsal->sim, &rehearsal->arena);
    int permille =
        routing_target_permille(&now, world->groups[ARM_SOURCE].arn, world->groups[ARM_TARGET].arn);
    return permille < 0 ? -1 : permille / 10;
}

bool rehearsal_is_at_origin(struct rehearsal *rehearsal)
{
    struct routing now = sim_routing(&rehearsal->sim, &rehearsal->arena);
    return routing_identical(&now, &rehearsal->origin);
}
