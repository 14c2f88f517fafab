#include "tests/unit.h"

#include "tests/scenario/stage.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "planner/base/diagnostics.h"
#include "planner/base/time.h"
#include "providers/sandbox/scenario.h"
#include "providers/sandbox/wire.h"
#include "tests/folder.h"

enum { WORDS_MAX = 32, COMMAND_TIMEOUT_S = 120 };

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

static void act(struct stage *stage, struct cue *cue)
{
    cue->done = true;
    if (strcmp(cue->change, "interrupt") == 0)
        kill(stage->child, SIGINT);
    else
        stage_change(stage, cue->change);
}

static void see(void *self, const struct sandbox_log *entry)
{
    struct stage *stage = self;
    pthread_mutex_lock(&stage->lock);
    note(stage, entry);
    for (size_t i = 0; i < stage->cue_count; i++)
        if (!stage->cues[i].done && strcmp(stage->cues[i].operation, entry->operation) == 0)
            act(stage, &stage->cues[i]);
    pthread_mutex_unlock(&stage->lock);
}

void stage_cue(struct stage *stage, const char *operation, const char *change)
{
    pthread_mutex_lock(&stage->lock);
    struct cue *cue =
        arena_append(&stage->arena, &stage->cues, &stage->cue_count, sizeof *stage->cues);
    cue->operation = arena_strdup(&stage->arena, operation);
    cue->change = arena_strdup(&stage->arena, change);
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

static void look_at(void *self, struct world *world)
{
    struct look *look = self;
    const char *line = look->line;
    enum arm arm;
    if (starts_with_arm(&line, &arm)) {
        assert_true(text_starts(line, "desired "));
        text_addf(look->found, "%s desired %lld", arm_name(arm),
                  (long long)world->services[arm].desired);
        look->holds = strcmp(text_cstr(look->found), look->line) == 0;
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

static void change_world(void *self, struct world *world)
{
    const char *line = self, *rest = line;
    struct refusal why;
    enum arm arm;
    if (starts_with_arm(&rest, &arm)) {
        assert_true(text_starts(rest, "desired "));
        if (!world_set_desired(world, world->services[arm].name,
                               strtol(rest + strlen("desired "), NULL, 10), &why))
            fail_msg("%s: %s", line, why.message);
        return;
    }
    char *end;
    long port = strtol(line, &end, 10);
    if (end == line || *end != ' ')
        fail_msg("nobody knows how to \"%s\"", line);
    change_routing(world, port, end + 1);
}

void stage_change(struct stage *stage, const char *line)
{
    char *copy = strdup(line);
    sandbox_inspect(stage->sandbox, change_world, copy);
    free(copy);
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
    if (stage->background) { /* the test has failed */
        kill(stage->background, SIGKILL);
        waitpid(stage->background, NULL, 0);
    }
    sandbox_stop(stage->sandbox);
    folder_remove(stage->folder);
    pthread_mutex_destroy(&stage->lock);
    text_clear(&stage->untouched);
    text_clear(&stage->out);
    text_clear(&stage->err);
    text_clear(&stage->mutations);
    arena_clear(&stage->arena);
}

int64_t stage_now(const struct stage *stage)
{
    return sandbox_now(stage->sandbox);
}

/* ---- the program ---- */

static void split(char *line, char **words)
{
    size_t n = 1; /* words[0] is the program */
    for (char *at = line; *at;) {
        char end = ' ';
        while (*at == ' ')
            at++;
        if (!*at)
            break;
        if (*at == '"') {
            end = '"';
            at++;
        }
        assert_true(n < WORDS_MAX - 1);
        words[n++] = at;
        at += strcspn(at, (char[]){end, '\0'});
        if (*at)
            *at++ = '\0';
    }
    words[n] = NULL;
}

/* The child's whole environment: what this machine has set must not reach it. */
static char **make_environment(struct stage *stage, struct arena *arena)
{
    static const char *const kept[] = {"PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"};
    char clock[SANDBOX_CLOCK_SIZE];
    char **env = NULL;
    size_t n = 0;
#define ENV(...)                                                                                   \
    (*(char **)arena_append(arena, &env, &n, sizeof *env) = arena_printf(arena, __VA_ARGS__))
    for (size_t i = 0; i < COUNT(kept); i++)
        if (getenv(kept[i]))
            ENV("%s=%s", kept[i], getenv(kept[i]));
    ENV("HOME=%s", stage->folder);
    ENV("USER=tester");
    ENV("AWS_ENDPOINT_URL=http://127.0.0.1:%u", (unsigned)sandbox_port(stage->sandbox));
    ENV("AWS_ACCESS_KEY_ID=%s", SANDBOX_ACCESS_KEY_ID);
    ENV("AWS_SECRET_ACCESS_KEY=%s", SANDBOX_SECRET_ACCESS_KEY);
    ENV("AWS_REGION=%s", stage->setup.region);
    ENV("SWITCHOVER_CLOCK=%s", sandbox_clock(stage->sandbox, clock));
#undef ENV
    *(char **)arena_append(arena, &env, &n, sizeof *env) = NULL;
    return env;
}

static pid_t start(struct stage *stage, const char *line, int out, int err)
{
    struct arena arena = {0};
    char *words[WORDS_MAX] = {arena_strdup(&arena, stage->program)};
    split(arena_strdup(&arena, line), words);
    char **env = make_environment(stage, &arena);
    pid_t parent = getpid(), child = fork();
    if (child == 0) {
        int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent || chdir(stage->folder) != 0 || dup2(nothing, 0) < 0 ||
            dup2(out, 1) < 0 || dup2(err, 2) < 0)
            _exit(126);
        execve(stage->program, words, env);
        _exit(127);
    }
    assert_true(child > 0);
    close(out);
    close(err);
    arena_clear(&arena);
    return child;
}

static void note_end(struct stage *stage, pid_t child)
{
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    stage->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* What a pipe has to say; false at its end. */
static bool hear(int fd, struct text *text)
{
    char block[4096];
    ssize_t n = read(fd, block, sizeof block);
    if (n > 0)
        text_add_bytes(text, block, (size_t)n);
    return n > 0 || (n < 0 && errno == EINTR);
}

static void hear_out(struct stage *stage, int out, int err)
{
    struct pollfd fds[2] = {{.fd = out, .events = POLLIN}, {.fd = err, .events = POLLIN}};
    struct text *texts[2] = {&stage->out, &stage->err};
    time_t end = time(NULL) + COMMAND_TIMEOUT_S;
    while (fds[0].fd >= 0 || fds[1].fd >= 0) {
        poll(fds, 2, 1000);
        if (time(NULL) > end) {
            kill(stage->child, SIGKILL);
            text_addf(&stage->err, "(killed after %d s)\n", COMMAND_TIMEOUT_S);
            end += COMMAND_TIMEOUT_S;
        }
        for (int i = 0; i < 2; i++)
            if (fds[i].fd >= 0 && fds[i].revents && !hear(fds[i].fd, texts[i])) {
                close(fds[i].fd);
                fds[i].fd = -1;
            }
    }
}

static void forget(struct stage *stage)
{
    text_cut(&stage->out, 0);
    text_cut(&stage->err, 0);
    pthread_mutex_lock(&stage->lock);
    text_cut(&stage->mutations, 0);
    stage->reads = 0;
    pthread_mutex_unlock(&stage->lock);
}

void stage_run(struct stage *stage, const char *line)
{
    int outs[2], errs[2];
    forget(stage);
    assert_int_equal(pipe2(outs, O_CLOEXEC), 0);
    assert_int_equal(pipe2(errs, O_CLOEXEC), 0);
    pthread_mutex_lock(&stage->lock); /* no cue may miss the child */
    stage->child = start(stage, line, outs[1], errs[1]);
    pthread_mutex_unlock(&stage->lock);
    hear_out(stage, outs[0], errs[0]);
    note_end(stage, stage->child);
    pthread_mutex_lock(&stage->lock);
    stage->child = 0;
    stage->cues = NULL;
    stage->cue_count = 0;
    pthread_mutex_unlock(&stage->lock);
}

/* ---- in the background ---- */

static int new_file(struct stage *stage, const char *name)
{
    char *path = folder_path(stage->folder, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    free(path);
    return fd;
}

void stage_begin(struct stage *stage, const char *line)
{
    assert_int_equal(stage->background, 0);
    forget(stage);
    stage->background =
        start(stage, line, new_file(stage, "background.out"), new_file(stage, "background.err"));
}

void stage_await(struct stage *stage, const char *operation)
{
    time_t end = time(NULL) + COMMAND_TIMEOUT_S;
    bool there = false;
    while (!there && time(NULL) < end) {
        poll(NULL, 0, 5);
        pthread_mutex_lock(&stage->lock);
        there = strstr(text_cstr(&stage->mutations), operation) != NULL;
        pthread_mutex_unlock(&stage->lock);
    }
    if (!there)
        fail_msg("%s never came", operation);
}

static void take_file(struct stage *stage, const char *name, struct text *text)
{
    char *content = folder_read(stage->folder, name);
    text_cut(text, 0);
    text_add(text, content);
    free(content);
}

void stage_end(struct stage *stage)
{
    assert_true(stage->background > 0);
    note_end(stage, stage->background);
    stage->background = 0;
    take_file(stage, "background.out", &stage->out);
    take_file(stage, "background.err", &stage->err);
}
