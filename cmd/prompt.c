#include "cmd/prompt.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "cmd/interrupt.h"

enum { ANSWER_MAX = 256 };

bool prompt_possible(void)
{
    return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

bool prompt_or_approved(bool auto_approve, const char *verb, struct error *err)
{
    if (auto_approve || prompt_possible())
        return true;
    error_set(err, ERROR_USAGE, "there is no terminal to ask on, and %s changes things", verb);
    return error_hint(err, "look at the plan first, then run it with --auto-approve");
}

/* Waits for input or a signal; false for the signal. */
static bool wait_for_input(void)
{
    struct pollfd fds[] = {{.fd = STDIN_FILENO, .events = POLLIN},
                           {.fd = interrupt_fd(), .events = POLLIN}};
    while (!interrupt_happened(NULL)) {
        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            return true;
        if (fds[0].revents && !interrupt_happened(NULL))
            return true;
    }
    return false;
}

/* A terminal hands over a line at a time. Bytewise reads leave what is behind it untouched. */
static ssize_t read_answer(char answer[ANSWER_MAX])
{
    ssize_t len = 0;
    for (;;) {
        char c;
        if (!wait_for_input())
            return -1;
        ssize_t n = read(STDIN_FILENO, &c, 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return len ? len : -1;
        if (c == '\n')
            return len;
        if (len < ANSWER_MAX)
            answer[len++] = c;
    }
}

void prompt_yes(bool *yes, const char **why, const char *question)
{
    char answer[ANSWER_MAX];
    fprintf(stderr, "%s\n  Only 'yes' is a yes: ", question);
    fflush(stderr);
    ssize_t len = read_answer(answer);
    *yes = len == 3 && memcmp(answer, "yes", 3) == 0;
    *why = interrupt_happened(NULL) ? "interrupted"
           : len < 0                ? "no answer"
                                    : "the answer was no yes";
    if (len < 0)
        fputc('\n', stderr);
}
