#include "providers/local/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "planner/base/memory.h"
#include "planner/base/time.h"
#include "providers/local/clock.h"

enum {
    CHUNK = 4096,
    STEP_MOST_MS = 50, /* how late its end, or an interrupt, may be noticed */
    GRACE_MS = 500,
};

struct child {
    const char *name;
    pid_t pid;
    bool own_group;
    int output; /* -1: it has closed it */
};

/* ---- starting ---- */

static bool is_in_foreground(void)
{
    int fd = open("/dev/tty", O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return false;
    bool is = tcgetpgrp(fd) == getpgrp();
    close(fd);
    return is;
}

static void set_attributes(posix_spawnattr_t *attributes, bool own_group)
{
    sigset_t none, defaults;
    short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    sigemptyset(&none);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    if (posix_spawnattr_init(attributes) != 0)
        memory_exhausted();
    posix_spawnattr_setsigmask(attributes, &none);
    posix_spawnattr_setsigdefault(attributes, &defaults);
    if (own_group)
        flags |= POSIX_SPAWN_SETPGROUP; /* 0, the default: a new one */
    posix_spawnattr_setflags(attributes, flags);
}

/* The pipe comes first: its end may have the number of one of the others here. */
static void set_files(posix_spawn_file_actions_t *files, int output)
{
    if (posix_spawn_file_actions_init(files) != 0 ||
        posix_spawn_file_actions_adddup2(files, output, STDOUT_FILENO) != 0 ||
        posix_spawn_file_actions_addopen(files, STDIN_FILENO, "/dev/null", O_RDONLY, 0) != 0 ||
        posix_spawn_file_actions_addopen(files, STDERR_FILENO, "/dev/null", O_WRONLY, 0) != 0)
        memory_exhausted();
}

static int spawn(struct child *child, const struct process_words *words, int output)
{
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t files;
    set_attributes(&attributes, child->own_group);
    set_files(&files, output);
    int number =
        posix_spawnp(&child->pid, words->words[0], &files, &attributes, words->words, environ);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    return number;
}

static bool start(struct child *child, const struct process_words *words, bool may_ask,
                  struct error *err)
{
    int ends[2];
    const char *name = words->words[0];
    if (strchr(name, '=')) /* for a shell that would be a variable, and perhaps a secret */
        name = "the program";
    *child = (struct child){.name = name, .own_group = !(may_ask && is_in_foreground())};
    if (pipe2(ends, O_CLOEXEC) != 0)
        return error_errno(err, ERROR_USAGE, errno, "cannot start %s", child->name);
    int number = fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0 ? spawn(child, words, ends[1]) : errno;
    close(ends[1]);
    child->output = ends[0];
    if (number == 0)
        return true;
    close(ends[0]);
    return error_errno(err, ERROR_USAGE, number, "cannot start %s", child->name);
}

/* ---- its end ---- */

/* Leaves it to be waited for: until then nobody else can get its number. */
static bool has_ended(const struct child *child)
{
    siginfo_t info = {0};
    int result =
        TEMP_FAILURE_RETRY(waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOHANG | WNOWAIT));
    return result != 0 || info.si_pid != 0;
}

/* By the terminal, which it asked from the background. A group that shares this one's terminal is
 * stopped and continued together with it. */
static bool is_stopped(const struct child *child)
{
    siginfo_t info = {0};
    return child->own_group &&
           TEMP_FAILURE_RETRY(
               waitid(P_PID, (id_t)child->pid, &info, WSTOPPED | WNOHANG | WNOWAIT)) == 0 &&
           info.si_pid != 0;
}

/* Where this process was started with SIGCHLD ignored nobody is told how it ended: what it printed
 * must then do. */
static int reap(const struct child *child)
{
    int status = 0;
    return TEMP_FAILURE_RETRY(waitpid(child->pid, &status, 0)) == child->pid ? status : 0;
}

static void signal_child(const struct child *child, int number)
{
    kill(child->own_group ? -child->pid : child->pid, number);
}

static void end(const struct child *child)
{
    int64_t until = local_clock_monotonic_now() + GRACE_MS;
    signal_child(child, SIGTERM);
    signal_child(child, SIGCONT);
    while (!has_ended(child) && local_clock_monotonic_now() < until)
        poll(NULL, 0, 5);
    signal_child(child, SIGKILL);
    reap(child);
}

static bool check_end(const struct child *child, struct error *err)
{
    int status = reap(child);
    if (WIFSIGNALED(status)) {
        const char *name = sigabbrev_np(WTERMSIG(status));
        return error_set(err, ERROR_SERVICE, "%s was ended by signal %d%s%s", child->name,
                         WTERMSIG(status), name ? ", SIG" : "", name ? name : "");
    }
    return WEXITSTATUS(status) == 0 || error_set(err, ERROR_SERVICE, "%s ended with exit status %d",
                                                 child->name, WEXITSTATUS(status));
}

/* ---- what it prints ---- */

/* Takes all that is there by now. */
static bool drain(struct text *out, struct child *child, const struct process_limits *limits,
                  struct error *err)
{
    char bytes[CHUNK];
    ssize_t n = 0;
    while (child->output >= 0 && out->len <= limits->max_output &&
           (n = TEMP_FAILURE_RETRY(read(child->output, bytes, sizeof bytes))) > 0)
        text_add_bytes(out, bytes, (size_t)n);
    explicit_bzero(bytes, sizeof bytes);
    if (out->len > limits->max_output)
        return error_set(err, ERROR_SERVICE, "%s printed more than %zu bytes", child->name,
                         limits->max_output);
    if (child->output >= 0 && n == 0) {
        close(child->output);
        child->output = -1;
    }
    return n >= 0 || errno == EAGAIN ||
           error_errno(err, ERROR_SERVICE, errno, "cannot read what %s prints", child->name);
}

/* The terminal's Ctrl-C ends the program too: an interrupt goes before its end. */
static bool check_wait(const struct child *child, const struct process_limits *limits, bool ended,
                       int64_t until, struct error *err)
{
    char limit[TIME_TEXT_SIZE];
    if (limits->interrupted && limits->interrupted(limits->interrupted_self))
        return error_set(err, ERROR_INTERRUPTED, "interrupted while %s was running", child->name);
    if (is_stopped(child))
        return error_set(err, ERROR_SERVICE, "%s asks at the terminal, where nobody answers now",
                         child->name);
    return ended || local_clock_monotonic_now() < until ||
           error_set(err, ERROR_SERVICE, "%s did not end within %s", child->name,
                     duration_format(limit, limits->timeout_ms));
}

static bool gather(struct text *out, struct child *child, const struct process_limits *limits,
                   struct error *err)
{
    int64_t until = local_clock_monotonic_now() + limits->timeout_ms;
    for (int step = 1;; step = step < STEP_MOST_MS / 2 ? step * 2 : STEP_MOST_MS) {
        bool ended = has_ended(child); /* asked first: then all that it printed is there */
        if (!drain(out, child, limits, err) || !check_wait(child, limits, ended, until, err))
            return false;
        if (ended)
            return true;
        struct pollfd p = {.fd = child->output, .events = POLLIN};
        poll(&p, 1, step);
    }
}

bool process_run(struct text *out, const struct process_words *words,
                 const struct process_limits *limits, struct error *err)
{
    struct child child;
    *out = (struct text){.secret = true};
    if (!start(&child, words, limits->may_ask, err))
        return false;
    bool done = gather(out, &child, limits, err);
    if (child.output >= 0)
        close(child.output);
    if (done)
        return check_end(&child, err);
    end(&child);
    return false;
}
