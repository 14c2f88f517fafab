#include "tests/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "providers/sandbox/wire.h"
#include "tests/scenario/stage.h"

enum { WORDS_MAX = 32, COMMAND_TIMEOUT_S = 120 };

void stage_cue(struct stage *stage, const char *operation, const char *change)
{
    pthread_mutex_lock(&stage->lock);
    struct cue *cue =
        arena_append(&stage->arena, &stage->cues, &stage->cue_count, sizeof *stage->cues);
    cue->operation = arena_strdup(&stage->arena, operation);
    cue->change = arena_strdup(&stage->arena, change);
    pthread_mutex_unlock(&stage->lock);
}

void stage_forget(struct stage *stage)
{
    pthread_mutex_lock(&stage->lock);
    text_cut(&stage->mutations, 0);
    stage->reads = 0;
    stage->request_count = 0;
    pthread_mutex_unlock(&stage->lock);
}

/* ---- its words and its environment ---- */

static void split(char *line, char **words)
{
    size_t n = 0;
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

struct environment {
    struct arena *arena;
    char **items;
    size_t count;
};

/* A later one of the same name replaces an earlier one. */
static void set(struct environment *env, const char *item)
{
    size_t name = strcspn(item, "=") + 1;
    char **slot = NULL;
    for (size_t i = 0; i < env->count && !slot; i++)
        if (strncmp(env->items[i], item, name) == 0)
            slot = &env->items[i];
    if (!slot)
        slot = arena_append(env->arena, &env->items, &env->count, sizeof *env->items);
    *slot = arena_strdup(env->arena, item);
}

/* The child's whole environment: what this machine has set must not reach it. */
static void make_environment(struct environment *env, const struct stage *stage)
{
    static const char *const kept[] = {"PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"};
    char clock[SANDBOX_CLOCK_SIZE];
    for (size_t i = 0; i < COUNT(kept); i++)
        if (getenv(kept[i]))
            set(env, arena_printf(env->arena, "%s=%s", kept[i], getenv(kept[i])));
    set(env, arena_printf(env->arena, "HOME=%s", stage->folder));
    set(env, "USER=tester");
    set(env, arena_printf(env->arena, "AWS_ENDPOINT_URL=http://127.0.0.1:%u",
                          (unsigned)sandbox_port(stage->sandbox)));
    set(env, "AWS_ACCESS_KEY_ID=" SANDBOX_ACCESS_KEY_ID);
    set(env, "AWS_SECRET_ACCESS_KEY=" SANDBOX_SECRET_ACCESS_KEY);
    set(env, arena_printf(env->arena, "AWS_REGION=%s", stage->setup.region));
    set(env, arena_printf(env->arena, "SWITCHOVER_CLOCK=%s", sandbox_clock(stage->sandbox, clock)));
}

/* ---- running it ---- */

/* What the program is run under, the program, and its words. */
static void make_words(char **out, const struct stage *stage, struct arena *arena, char **words)
{
    size_t n = 0;
    for (const char *const *word = stage->wrapper; word && *word; word++)
        out[n++] = arena_strdup(arena, *word);
    out[n++] = arena_strdup(arena, stage->program);
    for (; *words; words++) {
        assert_true(n < WORDS_MAX - 1);
        out[n++] = *words;
    }
    out[n] = NULL;
}

static int nameless_file(void)
{
    int fd = memfd_create("stage", MFD_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

static _Noreturn void be_the_program(const struct stage *stage, const struct job *job, pid_t parent,
                                     char **words, char **env)
{
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent || chdir(stage->folder) != 0 || dup2(nothing, 0) < 0 ||
        dup2(job->out, 1) < 0 || dup2(job->err, 2) < 0)
        _exit(126);
    execvpe(*words, words, env);
    _exit(127);
}

static void start(struct stage *stage, struct job *job, const char *line)
{
    struct arena arena = {0};
    struct environment env = {.arena = &arena};
    char *all[WORDS_MAX], *full[WORDS_MAX], **words = all;
    split(arena_strdup(&arena, line), all);
    make_environment(&env, stage);
    for (; *words && strchr(*words, '='); words++)
        set(&env, *words);
    if (!*words || strcmp(*words, "switchover") != 0)
        fail_msg("only switchover is played, not: %s", line);
    make_words(full, stage, &arena, words + 1);
    *(char **)arena_append(&arena, &env.items, &env.count, sizeof *env.items) = NULL;

    assert_int_equal(job->pid, 0);
    *job = (struct job){.out = nameless_file(), .err = nameless_file()};
    pid_t parent = getpid();
    pthread_mutex_lock(&stage->lock); /* no cue may miss the child */
    job->pid = fork();
    if (job->pid == 0)
        be_the_program(stage, job, parent, full, env.items);
    stage->cued = job->pid;
    pthread_mutex_unlock(&stage->lock);
    assert_true(job->pid > 0);
    job->pidfd = pidfd_open(job->pid, 0);
    assert_true(job->pidfd >= 0);
    arena_clear(&arena);
}

static void read_file(struct text *out, int fd)
{
    char block[4096];
    ssize_t n;
    text_cut(out, 0);
    while ((n = pread(fd, block, sizeof block, (off_t)out->len)) > 0)
        text_add_bytes(out, block, (size_t)n);
    assert_int_equal(n, 0);
}

static bool has_ended(const struct job *job, int timeout_ms)
{
    struct pollfd end = {.fd = job->pidfd, .events = POLLIN};
    int n;
    do {
        n = poll(&end, 1, timeout_ms);
    } while (n < 0 && errno == EINTR);
    return n > 0;
}

static void finish(struct stage *stage, struct job *job)
{
    int status;
    bool in_time = has_ended(job, COMMAND_TIMEOUT_S * 1000);
    if (!in_time)
        kill(job->pid, SIGKILL);
    assert_int_equal(waitpid(job->pid, &status, 0), job->pid);
    stage->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    read_file(&stage->out, job->out);
    read_file(&stage->err, job->err);
    if (!in_time)
        text_addf(&stage->err, "(killed after %d s)\n", COMMAND_TIMEOUT_S);
    close(job->out);
    close(job->err);
    close(job->pidfd);
    *job = (struct job){.pid = 0};
}

void stage_run(struct stage *stage, const char *line)
{
    start(stage, &stage->front, line);
    finish(stage, &stage->front);
    pthread_mutex_lock(&stage->lock);
    stage->cues = NULL;
    stage->cue_count = 0;
    pthread_mutex_unlock(&stage->lock);
}

void stage_start_beside(struct stage *stage, const char *line, const char *text)
{
    time_t end = time(NULL) + COMMAND_TIMEOUT_S;
    start(stage, &stage->beside, line);
    for (bool ended = false;;) {
        read_file(&stage->out, stage->beside.out);
        read_file(&stage->err, stage->beside.err);
        if (strstr(text_cstr(&stage->err), text))
            return;
        if (ended || time(NULL) > end)
            fail_msg("it %s without saying \"%s\":\n%s%s", ended ? "ended" : "goes on", text,
                     text_cstr(&stage->out), text_cstr(&stage->err));
        ended = has_ended(&stage->beside, 10);
    }
}

void stage_signal_beside(struct stage *stage, int signal)
{
    if (!stage->beside.pid)
        fail_msg("nothing goes on beside");
    assert_int_equal(kill(stage->beside.pid, signal), 0);
}

void stage_end_beside(struct stage *stage, int signal)
{
    if (!stage->beside.pid)
        fail_msg("nothing goes on beside");
    if (signal)
        kill(stage->beside.pid, signal);
    finish(stage, &stage->beside);
}

void stage_end_jobs(struct stage *stage)
{
    struct job *jobs[] = {&stage->front, &stage->beside};
    for (size_t i = 0; i < COUNT(jobs); i++)
        if (jobs[i]->pid) {
            kill(jobs[i]->pid, SIGKILL);
            finish(stage, jobs[i]);
        }
}
