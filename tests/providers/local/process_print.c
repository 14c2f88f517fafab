/*
 * For process.py:
 *
 *   process_print split                      lines from standard input, each ended by a NUL byte:
 *                                            their words in hexadecimal, or "refused", a line each
 *   process_print run MAX TIMEOUT_MS STOP_MS ASK LINE
 *                                            runs the line, interrupted after STOP_MS (0: never),
 *                                            allowed to ask where ASK is 1, with SIGPIPE ignored
 * and SIGUSR1 blocked: "output=HEX" or "error=KIND", "message=", "elapsed=" in ms, and what is
 * left: "fds=" more than before, "children="
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "planner/base/digest.h"
#include "planner/base/memory.h"
#include "providers/local/process.h"

static void put_hex(const char *bytes, size_t n)
{
    char *hex = memory_new(2 * n + 1);
    digest_hex(hex, (const unsigned char *)bytes, n);
    fputs(hex, stdout);
    free(hex);
}

static void split(const char *line)
{
    struct process_words words;
    struct error err;
    if (process_split(&words, line, &err)) {
        for (size_t i = 0; i < words.count; i++) {
            put_hex(words.words[i], strlen(words.words[i]));
            putchar(' ');
        }
    } else {
        fputs("refused", stdout);
    }
    putchar('\n');
    process_words_clear(&words);
}

static int split_all(void)
{
    char *line = NULL;
    size_t room = 0;
    while (getdelim(&line, &room, '\0', stdin) > 0)
        split(line);
    free(line);
    return 0;
}

static long long now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static bool is_late(void *until)
{
    return *(long long *)until && now_ms() >= *(long long *)until;
}

static int open_files(void)
{
    int n = 0;
    DIR *folder = opendir("/proc/self/fd");
    while (readdir(folder))
        n++;
    closedir(folder);
    return n;
}

static int run(char **arguments)
{
    struct process_words words;
    struct text output = {0};
    struct error err = {0};
    sigset_t blocked;
    int files = open_files();
    long long begun = now_ms(), stop = atoll(arguments[2]) ? begun + atoll(arguments[2]) : 0;
    struct process_limits limits = {.max_output = (size_t)atoll(arguments[0]),
                                    .timeout_ms = atoll(arguments[1]),
                                    .may_ask = atoi(arguments[3]) == 1,
                                    .interrupted = is_late,
                                    .interrupted_self = &stop};
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    sigprocmask(SIG_BLOCK, &blocked, NULL);

    bool done =
        process_split(&words, arguments[4], &err) && process_run(&output, &words, &limits, &err);
    if (done) {
        fputs("output=", stdout);
        put_hex(text_cstr(&output), output.len);
    } else {
        printf("error=%s", error_kind_name(err.kind));
    }
    printf("\nmessage=%s\nelapsed=%lld\n", err.message, now_ms() - begun);
    text_clear(&output);
    process_words_clear(&words);
    printf("fds=%d\n", open_files() - files);
    printf("children=%d\n", waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD ? 0 : 1);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 2)
        return split_all();
    return argc == 7 ? run(argv + 2) : 2;
}
