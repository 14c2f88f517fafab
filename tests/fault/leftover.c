#include "tests/unit.h"

#include "tests/fault/leftover.h"

#include <ctype.h>
#include <dirent.h>

#include "planner/plan_json.h"
#include "tests/folder.h"

enum { PORT = 9200, RANDOM_DIGITS = 16 };

/* ---- judging ---- */

struct state *leftover_state(const char *folder, const char *name, const char *where)
{
    struct state *state;
    struct error err;
    char *bytes = folder_read(folder, name);
    if (!bytes)
        return NULL;
    if (!state_read(&state, name, bytes, strlen(bytes), &err))
        fail_msg("%s: %s is no state: %s\n%s", where, name, err.message, bytes);
    free(bytes);
    return state;
}

static void describe_state(struct text *out, struct state *state)
{
    text_addf(out, " serial %lld", (long long)state->serial);
    for (size_t i = 0; i < state->run_count; i++)
        text_addf(out, " %s", run_end_name(state->runs[i].end));
    for (size_t i = 0; i < state->record_count; i++)
        text_addf(out, " %s %s", state->records[i].address, phase_name(state->records[i].phase));
    state_free(state);
}

static void describe_plan(struct text *out, const char *folder, const char *name, const char *where)
{
    struct plan plan;
    struct error err;
    char *bytes = folder_read(folder, name);
    if (!plan_read(&plan, name, bytes, strlen(bytes), &err))
        fail_msg("%s: %s is no saved plan: %s\n%s", where, name, err.message, bytes);
    text_addf(out, " %zu actions", plan.action_count);
    plan_clear(&plan);
    free(bytes);
}

/* ".NAME.<16 hex>.tmp" reads the same whatever the digits. */
static void describe_name(struct text *out, const char *name)
{
    size_t n = strlen(name);
    if (text_ends(name, ".tmp") && n > RANDOM_DIGITS + strlen(".tmp"))
        n -= RANDOM_DIGITS + strlen(".tmp");
    text_add_bytes(out, name, n);
}

/* One that was killed while it was written is torn: it has no other under its name to keep. */
static struct state *rescued_state(const char *folder, const char *name)
{
    struct state *state = NULL;
    struct error ignored;
    char *bytes = folder_read(folder, name);
    if (bytes && !state_read(&state, name, bytes, strlen(bytes), &ignored))
        state = NULL;
    free(bytes);
    return state;
}

bool leftover_is_newer(const char *folder, const char *where)
{
    struct state *rescued = rescued_state(folder, "errored.state.json");
    struct state *state = leftover_state(folder, "prod.state.json", where);
    bool newer = rescued && (!state || rescued->serial > state->serial);
    state_free(rescued);
    state_free(state);
    return newer;
}

static void describe_rescued(struct text *out, const char *folder, const char *name)
{
    struct state *state = rescued_state(folder, name);
    if (state)
        describe_state(out, state);
    else
        text_add(out, " torn");
}

static void describe_file(struct text *out, const char *folder, const char *name, const char *where)
{
    text_add(out, "\n");
    describe_name(out, name);
    if (text_starts(name, "errored")) {
        describe_rescued(out, folder, name);
    } else if (text_ends(name, ".state.json") || text_ends(name, ".state.json.backup")) {
        describe_state(out, leftover_state(folder, name, where));
    } else if (text_same(name, "saved.plan")) {
        describe_plan(out, folder, name, where);
    } else {
        char *bytes = folder_read(folder, name);
        text_add(out, *bytes ? " filled" : " empty");
        free(bytes);
    }
}

static unsigned count_of(const char *list, const char *word)
{
    unsigned n = 0;
    for (const char *at = strstr(list, word); at; at = strstr(at + 1, word))
        n++;
    return n;
}

/* For all that was carried out the state has a record: at least that it was meant to be. */
static void find_records(const struct stage *stage, const char *operation, enum action_kind kind,
                         const char *where)
{
    struct state *state = leftover_state(stage->folder, "prod.state.json", where);
    unsigned intents = 0, carried_out = count_of(text_cstr(&stage->mutations), operation);
    for (size_t i = 0; state && i < state->record_count; i++)
        intents += state->records[i].kind == kind && state->records[i].sent;
    if (carried_out > intents)
        fail_msg("%s: a lost record: %s was carried out %u times, the state knows of %u", where,
                 operation, carried_out, intents);
    state_free(state);
}

static int is_not_dots(const struct dirent *entry)
{
    return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

void leftover_judge(struct text *out, struct stage *stage, const char *where)
{
    struct dirent **entries;
    int n = scandir(stage->folder, &entries, is_not_dots, alphasort);
    assert_true(n >= 0);
    text_addf(out, "sent: %s", text_cstr(&stage->mutations));
    for (int i = 0; i < n; i++) {
        describe_file(out, stage->folder, entries[i]->d_name, where);
        free(entries[i]);
    }
    free(entries);
}

bool leftover_is_new(struct text *seen, const struct text *leftover)
{
    const char *first = text_cstr(seen);
    for (const char *at = first; at < first + seen->len; at += strlen(at) + 1)
        if (text_same(at, text_cstr(leftover)))
            return false;
    text_add_bytes(seen, text_cstr(leftover), leftover->len + 1);
    return true;
}

void leftover_find_records(const struct stage *stage, const char *where)
{
    find_records(stage, "UpdateService", ACTION_SCALE, where);
    find_records(stage, "ModifyListener", ACTION_SHIFT, where);
}

/* ---- keeping and restoring ---- */

static struct world_listener *listener_of(struct world *world)
{
    for (size_t i = 0; i < world->listener_count; i++)
        if (world->listeners[i].port == PORT)
            return &world->listeners[i];
    fail_msg("no listener on port %d", PORT);
    return NULL;
}

static void keep_world(void *self, struct world *world)
{
    struct leftover *out = self;
    const struct world_actions *actions = &listener_of(world)->actions;
    out->members = arena_alloc(&out->arena, actions->member_count * sizeof *out->members);
    for (size_t i = 0; i < actions->member_count; i++)
        out->members[i] =
            (struct routing_member){arena_strdup(&out->arena, actions->members[i].path),
                                    arena_strdup(&out->arena, actions->members[i].value)};
    out->count = actions->member_count;
    out->desired = world->services[ARM_TARGET].desired;
}

static void restore_world(void *self, struct world *world)
{
    const struct leftover *kept = self;
    struct refusal why;
    if (!world_set_routing(world, listener_of(world)->arn, kept->members, kept->count, &why) ||
        !world_set_desired(world, world->services[ARM_TARGET].name, kept->desired, &why))
        fail_msg("%s: %s", why.code, why.message);
}

static void copy_files(const char *to, const char *from)
{
    struct dirent **entries;
    int n = scandir(from, &entries, is_not_dots, NULL);
    assert_true(n >= 0);
    for (int i = 0; i < n; i++) {
        char *bytes = folder_read(from, entries[i]->d_name);
        folder_write(to, entries[i]->d_name, bytes);
        free(bytes);
        free(entries[i]);
    }
    free(entries);
}

void leftover_keep(struct leftover *out, struct stage *stage)
{
    *out = (struct leftover){.folder = folder_new()};
    copy_files(out->folder, stage->folder);
    sandbox_inspect(stage->sandbox, keep_world, out);
}

void leftover_restore(const struct leftover *kept, struct stage *stage)
{
    struct leftover copy = *kept;
    folder_remove(stage->folder);
    stage->folder = folder_new();
    copy_files(stage->folder, kept->folder);
    sandbox_inspect(stage->sandbox, restore_world, &copy);
}

void leftover_clear(struct leftover *kept)
{
    if (kept->folder)
        folder_remove(kept->folder);
    arena_clear(&kept->arena);
    *kept = (struct leftover){0};
}
