/*
 * Runs a command and writes one line about it to standard output: when it began (CLOCK_MONOTONIC,
 * ns), its wall and processor time in microseconds (with the processes that it waited for), the
 * peak resident memory of the largest of them in KiB, exit code. Small, because a process's peak
 * counts from the fork: a large parent's memory would be measured instead.
 *
 *     measure [-o FILE] COMMAND...      its standard output goes to FILE, else nowhere
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static long long us(struct timeval t)
{
    return t.tv_sec * 1000000LL + t.tv_usec;
}

int main(int argc, char **argv)
{
    const char *out = "/dev/null";
    if (argc > 2 && strcmp(argv[1], "-o") == 0) {
        out = argv[2];
        argv += 2;
        argc -= 2;
    }
    if (argc < 2)
        return 2;
    int fd = open(out, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return 2;
    long long start = now_ns();
    pid_t child = fork();
    if (child < 0)
        return 2;
    if (child == 0) {
        dup2(fd, STDOUT_FILENO);
        execvp(argv[1], argv + 1);
        _exit(127);
    }
    int status;
    struct rusage usage;
    if (wait4(child, &status, 0, &usage) < 0)
        return 2;
    printf("%lld %lld %lld %ld %d\n", start, (now_ns() - start) / 1000,
           us(usage.ru_utime) + us(usage.ru_stime), usage.ru_maxrss,
           WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    return 0;
}
