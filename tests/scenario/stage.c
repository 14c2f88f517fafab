#include "tests/unit.h"

#include "tests/scenario/stage.h"

#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "planner/base/diagnostics.h"
#include "planner/base/memory.h"
#include "providers/aws/operation.h"
#include "providers/sandbox/scenario.h"
#include "tests/folder.h"

enum { PATIENCE_S = 60 };

/* ---- what the sandbox sees ---- */

static void note(struct stage *stage, const struct sandbox_log *entry)
{
    bool mutation =
        text_starts(entry->operation, "Modify") || text_starts(entry->operation, "Update");
    if (!mutation)
        stage->reads++;
    else
        text_addf(&stage->mutations, "%s%s%s%s", stage->mutations.len ? ", " : "", entry->operation,
                  entry->status == 200 ? "" : "!",
                  entry->status == 200 ? ""
                  : entry->status == 0 ? "lost"
                                       : entry->code);
}

/* Whatever happens, nothing is asked of AWS that `switchover policy` does not print. */
static void hold_to_the_policy(const struct sandbox_log *entry)
{
    bool of_cluster = strchr(entry->operation, '/') != NULL;
    if (of_cluster || !*entry->operation) /* its signature was refused before it was read */
        return;
    for (size_t i = 0; i < AWS_OPERATION_COUNT; i++)
        if (strcmp(aws_operations[i].name, entry->operation) == 0)
            return;
    fprintf(stderr, "%s is not among the operations of the policy\n", entry->operation);
    abort();
}

static void keep(struct stage *stage, const struct sandbox_log *entry)
{
    if (stage->request_count == stage->request_room) {
        stage->request_room = stage->request_room ? 2 * stage->request_room : 256;
        stage->requests =
            memory_resize(stage->requests, stage->request_room * sizeof *stage->requests);
    }
    struct request *request = &stage->requests[stage->request_count++];
    *request = (struct request){.at = entry->at, .status = entry->status, .nth = entry->nth};
    snprintf(request->operation, sizeof request->operation, "%s", entry->operation);
}

static void act(struct stage *stage, struct cue *cue)
{
    cue->done = true;
    if (strcmp(cue->change, "interrupt") == 0)
        kill(stage->cued, SIGINT);
    else if (strcmp(cue->change, "kill") == 0)
        kill(stage->cued, SIGKILL);
    else
        stage_change(stage, cue->change);
}

static void see(void *self, const struct sandbox_log *entry)
{
    struct stage *stage = self;
    pthread_mutex_lock(&stage->lock);
    hold_to_the_policy(entry);
    note(stage, entry);
    keep(stage, entry);
    if (stage->seen)
        stage->seen(stage->seen_self, entry);
    for (size_t i = 0; i < stage->cue_count; i++)
        if (!stage->cues[i].done && strcmp(stage->cues[i].operation, entry->operation) == 0)
            act(stage, &stage->cues[i]);
    pthread_mutex_unlock(&stage->lock);
}

/* ---- the world ---- */

static const char *const group_names[WORLD_GROUP_COUNT] = {"source", "target", "other"};

struct look {
    struct stage *stage;
    const char *line;
    struct text *found;
    bool holds;
};

static struct world_listener *listener_on(struct world *world, long port)
{
    for (size_t i = 0; i < world->listener_count; i++)
        if (world->listeners[i].port == port)
            return &world->listeners[i];
    fail_msg("no listener on port %ld", port);
    return NULL;
}

static void describe_actions(struct text *out, const struct world_actions *actions)
{
    if (!actions->forwards)
        for (size_t i = 0; i < actions->member_count; i++)
            if (strcmp(actions->members[i].path, "member.1.Type") == 0)
                text_add(out, actions->members[i].value);
    for (size_t i = 0; i < actions->group_count; i++)
        text_addf(out, "%s%s %d", i ? ", " : "", group_names[actions->groups[i]],
                  actions->weights[i]);
    if (actions->sticky)
        text_addf(out, ", sticky %lld", (long long)actions->sticky_seconds);
}

static void all_actions(void *self, struct world *world)
{
    struct text *out = self;
    for (size_t i = 0; i < world->listener_count; i++) {
        const struct world_actions *actions = &world->listeners[i].actions;
        text_addf(out, "%d\n", world->listeners[i].port);
        for (size_t m = 0; m < actions->member_count; m++)
            text_addf(out, "%s=%s\n", actions->members[m].path, actions->members[m].value);
    }
}

static bool starts_with_arm(const char **line, enum arm *arm)
{
    for (int i = 0; i < ARM_COUNT; i++) {
        size_t n = strlen(arm_name((enum arm)i));
        if (text_starts(*line, arm_name((enum arm)i)) && (*line)[n] == ' ') {
            *arm = (enum arm)i;
            *line += n + 1;
            return true;
        }
    }
    return false;
}

static void look_at_arm(struct look *look, struct world *world, enum arm arm, const char *what)
{
    const struct world_group *group = &world->groups[arm];
    long long healthy = 0;
    for (size_t i = 0; i < group->target_count; i++)
        healthy += group->targets[i].state == HEALTH_HEALTHY;
    if (text_starts(what, "healthy "))
        text_addf(look->found, "%s healthy %lld", arm_name(arm), healthy);
    else if (text_starts(what, "desired "))
        text_addf(look->found, "%s desired %lld", arm_name(arm),
                  (long long)world->services[arm].desired);
    else
        fail_msg("nobody can look at \"%s\"", look->line);
    look->holds = strcmp(text_cstr(look->found), look->line) == 0;
}

static void look_at(void *self, struct world *world)
{
    struct look *look = self;
    const char *line = look->line;
    enum arm arm;
    if (starts_with_arm(&line, &arm)) {
        look_at_arm(look, world, arm, line);
        return;
    }
    char *rest;
    long port = strtol(line, &rest, 10);
    if (strcmp(rest, " untouched") == 0) {
        all_actions(look->found, world);
        look->holds = strcmp(text_cstr(look->found), text_cstr(&look->stage->untouched)) == 0;
        return;
    }
    text_addf(look->found, "%ld ", port);
    describe_actions(look->found, &listener_on(world, port)->actions);
    look->holds = strcmp(text_cstr(look->found), look->line) == 0;
}

bool stage_holds(struct stage *stage, const char *line, struct text *found)
{
    struct look look = {.stage = stage, .line = line, .found = found};
    sandbox_inspect(stage->sandbox, look_at, &look);
    return look.holds;
}

/* ---- somebody else ---- */

struct members {
    struct arena arena;
    struct routing_member items[64];
    size_t count;
};

static void add(struct members *list, const char *path, const char *value)
{
    assert_true(list->count < COUNT(list->items));
    list->items[list->count++] = (struct routing_member){arena_strdup(&list->arena, path),
                                                         arena_strdup(&list->arena, value)};
}

static const char *group_arn(struct world *world, const char *name)
{
    for (int i = 0; i < WORLD_GROUP_COUNT; i++)
        if (strcmp(group_names[i], name) == 0)
            return world->groups[i].arn;
    fail_msg("no group \"%s\"", name);
    return NULL;
}

/* "source 1, target 1, sticky 60" */
static void forward_members(struct members *list, struct world *world, const char *shares)
{
    char name[32], path[128];
    int value, groups = 0, read;
    add(list, "member.1.Type", "forward");
    for (; sscanf(shares, " %31[a-z] %d%n", name, &value, &read) == 2;
         shares += read + (shares[read] == ',')) {
        const char *number = arena_printf(&list->arena, "%d", value);
        if (strcmp(name, "sticky") == 0) {
            add(list, "member.1.ForwardConfig.TargetGroupStickinessConfig.Enabled", "true");
            add(list, "member.1.ForwardConfig.TargetGroupStickinessConfig.DurationSeconds", number);
            continue;
        }
        groups++;
        snprintf(path, sizeof path, "member.1.ForwardConfig.TargetGroups.member.%d.TargetGroupArn",
                 groups);
        add(list, path, group_arn(world, name));
        snprintf(path, sizeof path, "member.1.ForwardConfig.TargetGroups.member.%d.Weight", groups);
        add(list, path, number);
    }
    if (!groups || *shares)
        fail_msg("no shares: \"%s\"", shares);
}

static void change_routing(struct world *world, long port, const char *what)
{
    struct members list = {.count = 0};
    struct refusal why;
    if (strcmp(what, "redirect") == 0) {
        add(&list, "member.1.Type", "redirect");
        add(&list, "member.1.RedirectConfig.StatusCode", "HTTP_301");
        add(&list, "member.1.RedirectConfig.Port", "8443");
    } else if (text_starts(what, "single ")) {
        add(&list, "member.1.Type", "forward");
        add(&list, "member.1.TargetGroupArn", group_arn(world, what + strlen("single ")));
    } else {
        forward_members(&list, world, what);
    }
    if (!world_set_routing(world, listener_on(world, port)->arn, list.items, list.count, &why))
        fail_msg("%ld %s: %s %s", port, what, why.code, why.message);
    arena_clear(&list.arena);
}

/* Deleted, and another one made for the port: the same in all but its ARN. */
static void replace_listener(struct world *world, struct world_listener *listener)
{
    listener->arn = arena_printf(&world->arena, "%.*s0123456789abcdef",
                                 (int)(strlen(listener->arn) - 16), listener->arn);
}

static void change_arm(struct world *world, enum arm arm, const char *what)
{
    struct refusal why;
    struct conditions conditions = world->conditions;
    if (text_starts(what, "desired ")) {
        int64_t desired = strtol(what + strlen("desired "), NULL, 10);
        if (!world_set_desired(world, world->services[arm].name, desired, &why))
            fail_msg("%s %s: %s", arm_name(arm), what, why.message);
        return;
    }
    if (!text_starts(what, "unhealthy "))
        fail_msg("nobody knows how to \"%s %s\"", arm_name(arm), what);
    what += strlen("unhealthy ");
    conditions.groups[arm].unhealthy = strcmp(what, "all") == 0 ? -1 : strtol(what, NULL, 10);
    world_set_conditions(world, &conditions);
}

static void change_world(void *self, struct world *world)
{
    const char *line = self, *rest = line;
    enum arm arm;
    if (starts_with_arm(&rest, &arm)) {
        change_arm(world, arm, rest);
        return;
    }
    char *end;
    long port = strtol(line, &end, 10);
    if (end == line || *end != ' ')
        fail_msg("nobody knows how to \"%s\"", line);
    if (strcmp(end, " anew") == 0)
        replace_listener(world, listener_on(world, port));
    else if (text_starts(end, " to "))
        listener_on(world, port)->port = (int)strtol(end + strlen(" to "), NULL, 10);
    else
        change_routing(world, port, end + 1);
}

void stage_change(struct stage *stage, const char *line)
{
    char *copy = strdup(line);
    sandbox_inspect(stage->sandbox, change_world, copy);
    free(copy);
}

void stage_await(struct stage *stage, const char *line)
{
    struct text found = {0};
    time_t end = time(NULL) + PATIENCE_S;
    while (!stage_holds(stage, line, &found)) {
        if (time(NULL) > end)
            fail_msg("after %d s still: %s\nnot: %s", PATIENCE_S, text_cstr(&found), line);
        text_cut(&found, 0);
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    text_clear(&found);
}

/* ---- opening and closing ---- */

static void read_world(struct stage *stage, const char *world)
{
    struct diagnostics list = {.arena = &stage->arena, .file = "world"};
    const char *bytes = arena_printf(&stage->arena, "sandbox: 1\n%s", world);
    if (!scenario_read(&stage->setup, &stage->arena, bytes, strlen(bytes), &list))
        fail_msg("world, line %u: %s", list.items[0].span.line - 1, list.items[0].message);
}

void stage_open(struct stage *stage, const char *program, const char *world, int64_t speed)
{
    struct error err;
    *stage = (struct stage){.program = program, .folder = folder_new()};
    pthread_mutex_init(&stage->lock, NULL);
    read_world(stage, world);
    const struct sandbox_options options = {
        .speed = speed, .setup = &stage->setup, .log = see, .log_self = stage};
    if (!sandbox_start(&stage->sandbox, &options, &err))
        fail_msg("the sandbox does not start: %s", err.message);
    sandbox_inspect(stage->sandbox, all_actions, &stage->untouched);
}

void stage_close(struct stage *stage)
{
    stage_end_jobs(stage);
    sandbox_stop(stage->sandbox);
    folder_remove(stage->folder);
    pthread_mutex_destroy(&stage->lock);
    text_clear(&stage->untouched);
    text_clear(&stage->out);
    text_clear(&stage->err);
    text_clear(&stage->mutations);
    free(stage->requests);
    arena_clear(&stage->arena);
}

int64_t stage_now(const struct stage *stage)
{
    return sandbox_now(stage->sandbox);
}

void stage_pass(struct stage *stage, int64_t ms)
{
    for (int64_t until = stage_now(stage) + ms; stage_now(stage) < until;)
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
}
