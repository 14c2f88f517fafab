#include "cmd/prompt.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cmd/escape.h"

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

/* Bytewise reads leave what stands behind the line untouched. -1: the input ended. */
static ssize_t read_answer(char answer[ANSWER_MAX])
{
    ssize_t len = 0;
    for (;;) {
        char c;
        ssize_t n = read(STDIN_FILENO, &c, 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -1;
        if (c == '\n')
            return len;
        if (len < ANSWER_MAX)
            answer[len++] = c;
    }
}

bool prompt_yes(const char *question, struct error *err)
{
    char answer[ANSWER_MAX];
    fprintf(stderr, "\n%s\n  Only 'yes' is a yes: ", question);
    fflush(stderr);
    ssize_t len = read_answer(answer);
    if (len < 0)
        fputc('\n', stderr);
    if (len == 3 && memcmp(answer, "yes", 3) == 0)
        return true;
    return error_set(err, ERROR_INTERRUPTED, "not approved: nothing was changed");
}

bool prompt_mfa(void *unused, char *code, size_t size, const char *serial, struct error *err)
{
    char answer[ANSWER_MAX];
    struct text device = {0};
    (void)unused;
    escape_add(&device, serial, strlen(serial));
    fprintf(stderr, "The MFA device %s shows the code: ", text_cstr(&device));
    fflush(stderr);
    text_clear(&device);
    ssize_t len = read_answer(answer);
    if (len < 0) {
        fputc('\n', stderr);
        return error_set(err, ERROR_CREDENTIALS, "no MFA code was given for %s", serial);
    }
    size_t n = 0;
    for (ssize_t i = 0; i < len && n + 1 < size; i++)
        if (answer[i] != ' ')
            code[n++] = answer[i];
    code[n] = '\0';
    explicit_bzero(answer, sizeof answer);
    return true;
}
