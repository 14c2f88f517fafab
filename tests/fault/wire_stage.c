#include "tests/fault/wire_stage.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "planner/base/arena.h"
#include "planner/base/time.h"
#include "providers/sandbox/wire.h"
#include "tests/fault/workers.h"
#include "tests/folder.h"

enum { RUN_TIMEOUT_MS = 30 * SECOND_MS, DISTURBING_MS = 100, WORDS_MAX = 24 };

/* ---- the world ---- */

void wire_stage_setup(struct world_setup *setup)
{
    setup_init(setup);
    setup->services[ARM_TARGET].desired = 1;
    setup->services[ARM_TARGET].running = -1;
    setup->task_start_min_ms = setup->task_start_max_ms = SECOND_MS;
    setup->registration_ms = SECOND_MS;
    for (int g = 0; g < ARM_COUNT; g++) {
        setup->groups[g].attributes.health_interval_s = 5;
        setup->groups[g].attributes.healthy_threshold = 2;
    }
}

static void look(void *self, struct world *world)
{
    struct truth *truth = self;
    for (size_t i = 0; i < world->listener_count; i++) {
        const struct world_actions *actions = &world->listeners[i].actions;
        text_addf(&truth->actions, "%d\n", world->listeners[i].port);
        for (size_t m = 0; m < actions->member_count; m++)
            text_addf(&truth->actions, "%s=%s\n", actions->members[m].path,
                      actions->members[m].value);
    }
    const struct world_actions *actions = &world->listeners[0].actions;
    for (size_t i = 0; i < actions->group_count; i++)
        *(actions->groups[i] == ARM_SOURCE ? &truth->source : &truth->target) = actions->weights[i];
    truth->desired = world->services[ARM_TARGET].desired;
}

struct truth wire_stage_truth(struct wire_stage *stage)
{
    struct truth truth = {0};
    sandbox_inspect(stage->sandbox, look, &truth);
    return truth;
}

void truth_clear(struct truth *truth)
{
    text_clear(&truth->actions);
}

static void write_plan(const struct wire_stage *stage, const char *plan_file)
{
    static const char mark[] = "@PORT@";
    struct text file = {0};
    for (const char *at = plan_file, *end; *at; at = end) {
        bool marked = strncmp(at, mark, sizeof mark - 1) == 0;
        if (marked)
            text_addf(&file, "%d", stage->port);
        at += marked ? sizeof mark - 1 : 0;
        end = strstr(at, mark);
        end = end ? end : at + strlen(at);
        text_add_bytes(&file, at, (size_t)(end - at));
    }
    folder_write(stage->folder, "prod.yaml", file.data);
    text_clear(&file);
}

void wire_stage_open(struct wire_stage *stage, const char *program,
                     const struct wire_setting *setting)
{
    struct error err;
    struct sandbox_options options = {.speed = setting->speed, .setup = setting->setup};
    memset(stage, 0, sizeof *stage);
    stage->program = program;
    stage->folder = folder_new();
    stage->held = loopback_hold_port(&stage->port);
    write_plan(stage, setting->plan_file);
    key_source_prepare(&stage->environment, setting->keys, stage->folder, stage->port);
    must(sandbox_start(&stage->sandbox, &options, &err), "sandbox_start");
    struct truth truth = wire_stage_truth(stage);
    stage->untouched = truth.actions;
}

void wire_stage_close(struct wire_stage *stage)
{
    sandbox_stop(stage->sandbox);
    close(stage->held);
    text_clear(&stage->environment);
    folder_remove(stage->folder);
    text_clear(&stage->untouched);
    text_clear(&stage->out);
    text_clear(&stage->err);
}

/* ---- the program ---- */

struct child {
    struct arena arena;
    char *words[WORDS_MAX], *env[WORDS_MAX];
    int out, err;
};

static char *copy(struct child *child, const char *s)
{
    size_t n = strlen(s) + 1;
    return memcpy(arena_alloc(&child->arena, n), s, n);
}

static bool needs_short_timeouts(const struct fault *fault)
{
    return fault->nth && !fault->answer && !fault->mistyped &&
           (fault->way == FAULT_STALL || fault->way == FAULT_TRICKLE);
}

static void prepare(struct child *child, const struct wire_stage *stage, const char *words)
{
    char clock[SANDBOX_CLOCK_SIZE], line[256];
    size_t n = 0;
    child->words[n++] = copy(child, stage->program);
    for (char *at = copy(child, words), *next; at; at = next) {
        next = strchr(at, ' ');
        if (next)
            *next++ = '\0';
        must(n < WORDS_MAX - 1, "words");
        child->words[n++] = at;
    }
    child->words[n] = NULL;

    n = 0;
    char *rest = copy(child, text_cstr(&stage->environment));
    for (char *variable; (variable = strsep(&rest, "\n"));)
        if (*variable)
            child->env[n++] = variable;
    child->env[n++] = copy(child, "AWS_REGION=us-east-1");
    child->env[n++] = copy(child, "USER=tester");
    child->env[n++] = copy(child, "LANG=C.UTF-8");
    snprintf(line, sizeof line, "HOME=%s", stage->folder);
    child->env[n++] = copy(child, line);
    snprintf(line, sizeof line, "AWS_ENDPOINT_URL=http://127.0.0.1:%d", stage->port);
    child->env[n++] = copy(child, line);
    snprintf(line, sizeof line, "SWITCHOVER_CLOCK=%s", sandbox_clock(stage->sandbox, clock));
    child->env[n++] = copy(child, line);
    if (needs_short_timeouts(&stage->proxy.fault)) {
        if (stage->proxy.fault.signal)
            snprintf(line, sizeof line, "IMPATIENT=%d,%d,%d,%d", STOP_STALL_MS,
                     STOP_STALL_MS * STOP_FASTER, STOP_STALL_MS, STOP_FASTER);
        else
            snprintf(line, sizeof line, "IMPATIENT=%d,%d,%d", STALL_CONNECT_MS, STALL_IDLE_MS,
                     STALL_WHOLE_MS);
        child->env[n++] = copy(child, line);
    }
    child->env[n] = NULL;
    child->out = memfd_create("out", MFD_CLOEXEC);
    child->err = memfd_create("err", MFD_CLOEXEC);
}

/* Not by fork(): a process with a sandbox and sanitizers in it is large. */
static pid_t start(const struct child *child, const char *folder)
{
    pid_t pid;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, child->out, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, child->err, STDERR_FILENO);
    posix_spawn_file_actions_addchdir_np(&actions, folder);
    int failed = posix_spawn(&pid, child->words[0], &actions, NULL, child->words, child->env);
    posix_spawn_file_actions_destroy(&actions);
    must(!failed, "posix_spawn");
    return pid;
}

static void take(struct text *out, int fd)
{
    char block[4096];
    ssize_t n;
    text_cut(out, 0);
    while ((n = pread(fd, block, sizeof block, (off_t)out->len)) > 0)
        text_add_bytes(out, block, (size_t)n);
    close(fd);
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * SECOND_MS + now.tv_nsec / 1000000;
}

/* How long it was ready to run, and others did. */
static int64_t waited_ms(pid_t pid)
{
    char path[64];
    long long waited = 0;
    snprintf(path, sizeof path, "/proc/%d/schedstat", (int)pid);
    FILE *file = fopen(path, "r");
    if (file && fscanf(file, "%*d %lld", &waited) != 1)
        waited = 0;
    if (file)
        fclose(file);
    return waited / 1000000;
}

static void wait_for(struct wire_stage *stage, pid_t pid)
{
    int status, fd = pidfd_open(pid, 0);
    struct pollfd end = {.fd = fd, .events = POLLIN};
    must(fd >= 0, "pidfd_open");
    bool in_time = poll(&end, 1, RUN_TIMEOUT_MS) > 0;
    if (!in_time)
        kill(pid, SIGKILL);
    if (waited_ms(pid) > DISTURBING_MS)
        stage->disturbed = true;
    waitpid(pid, &status, 0);
    close(fd);
    stage->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static bool has_finding(const struct text *said)
{
    return strstr(text_cstr(said), "Sanitizer") || strstr(text_cstr(said), "runtime error:");
}

void wire_stage_run(struct wire_stage *stage, const char *words, const struct fault *fault)
{
    static const struct fault none = {0};
    struct child child = {0};
    faulty_proxy_start(&stage->proxy, stage->port, sandbox_port(stage->sandbox),
                       fault ? fault : &none);
    prepare(&child, stage, words);
    int64_t began = now_ms();
    pid_t pid = start(&child, stage->folder);
    faulty_proxy_set_client(&stage->proxy, pid);
    wait_for(stage, pid);
    int64_t ended = now_ms();
    stage->took_ms = ended - began;
    faulty_proxy_stop(&stage->proxy);
    stage->stop_ms = stage->proxy.signalled_at ? ended - stage->proxy.signalled_at : 0;
    if (stage->proxy.slowest_ms > DISTURBING_MS)
        stage->disturbed = true;
    take(&stage->out, child.out);
    take(&stage->err, child.err);
    arena_clear(&child.arena);
    if (stage->took_ms >= RUN_TIMEOUT_MS)
        wire_stage_wrong(stage, "%s does not end", words);
    else if (stage->exit_code < 0 || has_finding(&stage->err))
        wire_stage_wrong(stage, "%s: a finding, or signal %d", words, -stage->exit_code);
}

/* ---- judging ---- */

int wire_stage_carried_out(const struct wire_stage *stage, const char *operation)
{
    int n = 0;
    for (size_t i = 0; i < stage->proxy.count; i++)
        n += stage->proxy.log[i].status == 200 &&
             strcmp(stage->proxy.log[i].operation, operation) == 0;
    return n;
}

void wire_stage_wrong(struct wire_stage *stage, const char *format, ...)
{
    char line[256];
    va_list ap;
    va_start(ap, format);
    vsnprintf(line, sizeof line, format, ap);
    va_end(ap);
    text_addf(stage->wrong, "%s: %s (exit code %d, %lld ms)\n%s%s", stage->what, line,
              stage->exit_code, (long long)stage->took_ms, text_cstr(&stage->out),
              text_cstr(&stage->err));
}
