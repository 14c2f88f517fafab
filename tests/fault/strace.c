#include "tests/unit.h"

#include "tests/fault/strace.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/folder.h"

/* "?": not on every architecture. */
const char *const strace_calls[] = {
    "openat",    "?open",   "write",    "?writev",    "pwrite64", "fchmod",   "ftruncate", "fsync",
    "fdatasync", "?rename", "renameat", "?renameat2", "?unlink",  "unlinkat", "?link",     "linkat",
    "connect",   "sendto",  "sendmsg",  "?sendmmsg",  "recvfrom", "recvmsg",
};
const size_t strace_call_count = COUNT(strace_calls);

static const char *name_of(size_t call)
{
    return strace_calls[call] + (*strace_calls[call] == '?');
}

const char *strace_missing(void)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        if (!freopen("/dev/null", "w", stderr))
            _exit(1);
        execlp("strace", "strace", "-qq", "-o", "/dev/null", "true", NULL);
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
        return "strace cannot be started";
    if (WEXITSTATUS(status) == 127)
        return "strace is not installed";
    return WEXITSTATUS(status) ? "strace may not trace here" : NULL;
}

static void run_under(struct stage *stage, const char *line, const char *file, const char *trace,
                      const char *inject, const char *beside)
{
    const char *words[] = {"strace",      "-f",
                           "-qq",         "-o",
                           file,          "-e",
                           trace,         "-e",
                           "signal=none", inject ? "-e" : NULL,
                           inject,        beside && *beside ? "-e" : NULL,
                           beside,        NULL};
    stage->wrapper = words;
    stage_run(stage, line);
    stage->wrapper = NULL;
}

/* "1234 openat(AT_FDCWD, ..." */
static void count_line(struct strace_counts *out, const char *line, bool *loaded)
{
    const char *at = line + strspn(line, "0123456789 ");
    for (size_t call = 0; call < strace_call_count; call++) {
        size_t n = strlen(name_of(call));
        if (strncmp(at, name_of(call), n) != 0 || at[n] != '(')
            continue;
        out->last[call]++;
        *loaded = *loaded || strstr(at, "\"prod.") || strstr(at, "\"saved.");
        if (!*loaded)
            out->first[call] = out->last[call] + 1;
    }
}

void strace_count(struct strace_counts *out, struct stage *stage, const char *line)
{
    struct text trace = {0};
    char *folder = folder_new(), *file = folder_path(folder, "trace"), *rest = NULL;
    bool loaded = false;
    text_add(&trace, "trace=");
    for (size_t call = 0; call < strace_call_count; call++)
        text_addf(&trace, "%s%s", call ? "," : "", strace_calls[call]);
    run_under(stage, line, file, trace.data, NULL, NULL);

    assert_true(strace_call_count <= STRACE_CALLS_MAX);
    *out = (struct strace_counts){{0}, {0}};
    for (size_t call = 0; call < strace_call_count; call++)
        out->first[call] = 1;
    char *traced = folder_read(folder, "trace");
    for (char *at = strtok_r(traced, "\n", &rest); at; at = strtok_r(NULL, "\n", &rest))
        count_line(out, at, &loaded);
    assert_true(loaded);
    free(traced);
    free(file);
    folder_remove(folder);
    text_clear(&trace);
}

size_t strace_find(const char *call)
{
    size_t i = 0;
    while (strcmp(strace_calls[i], call) != 0)
        i++;
    return i;
}

bool strace_kill(struct stage *stage, const char *line, size_t call, unsigned n, const char *beside)
{
    char trace[64], inject[96];
    snprintf(trace, sizeof trace, "trace=%s%s", strace_calls[call], *beside ? ",fsync" : "");
    snprintf(inject, sizeof inject, "inject=%s:signal=KILL:when=%u", strace_calls[call], n);
    run_under(stage, line, "/dev/null", trace, inject, beside);
    return stage->exit_code == -SIGKILL;
}
