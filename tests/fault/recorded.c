#include "tests/unit.h"

#include <stdlib.h>

#include "planner/base/json.h"
#include "planner/plan_json.h"
#include "tests/fault/changes.h"

/*
 * Every field of live that a saved plan or a state records has a change in changes.c, by which
 * fault/drift plays it: the files' own members are walked. A plan is made before and after each
 * change; what no change makes another, must stand here with the reason.
 */

static const struct json_limits limits = {.max_bytes = 1 << 22, .max_depth = 64};

/* What the files hold beside live. A new member of theirs belongs into one of these lists. */
static const char *const plan_members[] = {
    "format_version",    "kind",    "name",   "plan_file",     "provenance",
    "direction",         "lineage", "serial", "preconditions", "notes",
    "requests_a_minute", "takes",   "digest",
};
static const char *const live_members[] = {"subject", "origin", "live", "changes", "inverse"};
static const char *const state_members[] = {
    "kind",    "format_version", "lineage",  "serial",   "ended",   "plan",   "runs",
    "records", "sums",           "baseline", "failures", "samples", "digest", "origin",
};

/* Of those that hold live: what is none, or what nobody can change. */
static const struct {
    const char *ending, *why;
} exempt[] = {
    {".taken_at", "when it was read"},
    {".assumed", "said of the origin, not of live"},
    {".region", "the plan file's, or its surroundings'"},
    {".account", "AWS's answer for ARNs that have it in them"},
    {".stage", "the plan file's"},
    {".listener_port", "the plan file's; of which a listener can be taken away"},
    {".cluster", "the plan file's name"},
    {".load_balancer", "the plan file's name"},
    {".source_service", "the plan file's name"},
    {".target_service", "the plan file's name"},
    {".source_target_group", "the plan file's name"},
    {".target_target_group", "the plan file's name"},
    {".cluster_arn", "made of the name"},
    {".source_service_arn", "made of the name"},
    {".target_service_arn", "made of the name"},
};

/* ---- leaves ---- */

struct leaf {
    const char *path, *value;
    bool changes;
};

struct leaves {
    struct arena arena;
    struct leaf *list;
    size_t count;
};

static const char *value_of(struct arena *arena, const struct json *value)
{
    int64_t number;
    bool yes = false;
    if (json_as_string(value))
        return arena_strdup(arena, json_as_string(value));
    if (json_as_int(&number, value))
        return arena_printf(arena, "%lld", (long long)number);
    if (json_as_bool(&yes, value))
        return yes ? "true" : "false";
    return "null";
}

/* A member of a routing stands under the path that AWS knows it by, an action under its address. */
static const char *name_of(struct arena *arena, const struct json *value, size_t index)
{
    const char *path = json_as_string(json_member(value, "path"));
    const char *address = json_as_string(json_member(value, "address"));
    if (path || address)
        return arena_strdup(arena, path ? path : address);
    const char *name = json_member_name(value);
    return name ? arena_strdup(arena, name) : arena_printf(arena, "%zu", index);
}

static void walk(struct leaves *leaves, const char *path, const struct json *value)
{
    struct arena *arena = &leaves->arena;
    const struct json *member = json_member(value, "path") ? json_member(value, "value") : value;
    if (!json_is_object(member) && !json_is_array(member)) {
        struct leaf *leaf =
            arena_append(arena, &leaves->list, &leaves->count, sizeof *leaves->list);
        *leaf = (struct leaf){.path = path, .value = value_of(arena, member)};
        return;
    }
    size_t index = 0;
    for (const struct json *at = json_first(member); at; at = json_next(at), index++)
        walk(leaves, arena_printf(arena, "%s.%s", path, name_of(arena, at, index)), at);
}

static bool is_in(const char *name, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (text_same(name, list[i]))
            return true;
    return false;
}

/* An action's before and after; the rest of it is the plan's own. */
static void walk_actions(struct leaves *leaves, const char *path, const struct json *actions)
{
    static const char *const settings[] = {"before", "after"};
    for (const struct json *at = json_first(actions); at; at = json_next(at))
        for (size_t i = 0; i < COUNT(settings); i++)
            walk(leaves,
                 arena_printf(&leaves->arena, "%s.%s.%s", path, name_of(&leaves->arena, at, 0),
                              settings[i]),
                 json_member(at, settings[i]));
}

static void walk_plan(struct leaves *leaves, const char *path, const struct json *plan)
{
    for (const struct json *at = json_first(plan); at; at = json_next(at)) {
        const char *name = json_member_name(at);
        const char *here = arena_printf(&leaves->arena, "%s.%s", path, name);
        if (is_in(name, plan_members, COUNT(plan_members)))
            continue;
        if (!is_in(name, live_members, COUNT(live_members)))
            fail_msg("%s is neither known as live nor as something else", here);
        if (text_same(name, "inverse"))
            walk_plan(leaves, here, at);
        else if (text_same(name, "changes"))
            walk_actions(leaves, here, at);
        else
            walk(leaves, here, at);
    }
}

/* Of the plan that is made after a change; NULL: of that without one. */
static void record(struct leaves *out, enum base base, const struct change *change)
{
    void *own;
    struct json_document doc;
    struct text bytes = {0};
    struct error err;
    rehearsal_set_up(&own);
    struct rehearsal *r = own;
    base_begin(r, base);
    if (change)
        change->make(&r->sim);
    cutover_plan(&r->cutover);
    plan_write(&bytes, &r->cutover.saved);
    *out = (struct leaves){0};
    if (!json_read(&doc, bytes.data, bytes.len, limits, &err))
        fail_msg("%s", err.message);
    walk_plan(out, "plan", doc.root);
    json_document_clear(&doc);
    text_clear(&bytes);
    rehearsal_tear_down(&own);
}

/* ---- judging ---- */

static const struct leaf *find(const struct leaves *leaves, const char *path)
{
    for (size_t i = 0; i < leaves->count; i++)
        if (text_same(leaves->list[i].path, path))
            return &leaves->list[i];
    return NULL;
}

static void compare(struct leaves *before, const struct leaves *after)
{
    for (size_t i = 0; i < before->count; i++) {
        struct leaf *leaf = &before->list[i];
        const struct leaf *other = find(after, leaf->path);
        if (!other || !text_same(leaf->value, other->value))
            leaf->changes = true;
    }
}

static bool is_exempt(const char *path, bool *used)
{
    for (size_t i = 0; i < COUNT(exempt); i++)
        if (text_ends(path, exempt[i].ending)) {
            used[i] = true;
            return true;
        }
    return false;
}

static unsigned judge(enum base base, bool *used)
{
    struct leaves before, after;
    unsigned missing = 0;
    record(&before, base, NULL);
    for (size_t i = 0; i < change_count; i++) {
        if (!(changes[i].bases & (unsigned)base) || changes[i].replanned == NO_PLAN)
            continue; /* without a plan all is another */
        record(&after, base, &changes[i]);
        compare(&before, &after);
        arena_clear(&after.arena);
    }
    for (size_t i = 0; i < before.count; i++) {
        const struct leaf *leaf = &before.list[i];
        if (is_exempt(leaf->path, used) || leaf->changes)
            continue;
        print_error("no change in changes.c makes another of %s (%s)\n", leaf->path, leaf->value);
        missing++;
    }
    print_message("recorded: base %d: %zu fields of live in a saved plan\n", base, before.count);
    arena_clear(&before.arena);
    return missing;
}

static void every_recorded_field_has_a_change(void **state)
{
    bool used[COUNT(exempt)] = {0};
    (void)state;
    assert_int_equal(judge(PLAIN, used) + judge(RICH, used), 0);
    for (size_t i = 0; i < COUNT(exempt); i++)
        if (!used[i])
            fail_msg("nothing is recorded as %s", exempt[i].ending);
}

/* A state holds of live what its plan does, and records: settings of the plan's actions. */
static void a_state_records_no_more(void **state)
{
    void *own;
    struct json_document doc;
    struct error err;
    (void)state;
    rehearsal_set_up(&own);
    struct rehearsal *r = own;
    base_begin(r, RICH);
    assert_int_equal(cutover_apply(&r->cutover), RUN_DONE);
    assert_true(json_read(&doc, r->sim.stored.data, r->sim.stored.len, limits, &err));
    for (const struct json *at = json_first(doc.root); at; at = json_next(at))
        if (!is_in(json_member_name(at), state_members, COUNT(state_members)))
            fail_msg("%s is neither known as live nor as something else", json_member_name(at));
    assert_true(json_count(json_member(doc.root, "records")) > 0);
    json_document_clear(&doc);
    rehearsal_tear_down(&own);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_recorded_field_has_a_change),
        cmocka_unit_test(a_state_records_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
