#include "tests/unit.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/prompt.h"

enum { YES = 10, NO = 11, IMPOSSIBLE = 13 };

static int ask(void)
{
    struct error err;
    if (!prompt_possible())
        return IMPOSSIBLE;
    return prompt_yes("Apply this plan?", &err) ? YES : NO;
}

static void reap_output(int master)
{
    char bytes[256];
    while (read(master, bytes, sizeof bytes) > 0)
        ;
}

static void wait_for_prompt(int master)
{
    char seen[512] = "";
    size_t len = 0;
    while (!strstr(seen, "a yes: ") && len < sizeof seen - 1) {
        ssize_t n = read(master, seen + len, sizeof seen - 1 - len);
        assert_true(n > 0);
        len += (size_t)n;
        seen[len] = '\0';
    }
}

/* What the tool answers somebody who types `typed` on a terminal. */
static int answer_to(const char *typed)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    assert_true(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        setsid();
        int slave = open(ptsname(master), O_RDWR); /* becomes the controlling terminal */
        dup2(slave, STDIN_FILENO);
        dup2(slave, STDERR_FILENO);
        _exit(ask());
    }
    wait_for_prompt(master);
    assert_int_equal(write(master, typed, strlen(typed)), strlen(typed));
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    reap_output(master);
    close(master);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void only_yes_is_a_yes(void **state)
{
    (void)state;
    static const struct {
        const char *typed;
        int answer;
    } rows[] = {
        {"yes\n", YES},       {"y\n", NO},    {"YES\n", NO},      {"Yes\n", NO},
        {"yes!\n", NO},       {" yes\n", NO}, {"yes \n", NO},     {"\n", NO},
        {"no\nyes\n", NO},    {"\x04", NO},   {"ye\x04\x04", NO}, {"\x03", -SIGINT},
        {"yes\x03", -SIGINT},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        if (answer_to(rows[i].typed) != rows[i].answer)
            fail_msg("row %zu", i);
}

/* Started with standard input and standard error as pipes, as a CI system does. */
static void without_a_terminal_there_is_nobody_to_ask(void **state)
{
    (void)state;
    int in[2], out[2];
    assert_int_equal(pipe(in), 0);
    assert_int_equal(pipe(out), 0);
    assert_int_equal(write(in[1], "yes\n", 4), 4);
    pid_t child = fork();
    if (child == 0) {
        dup2(in[0], STDIN_FILENO);
        dup2(out[1], STDERR_FILENO);
        struct error err = {0};
        if (prompt_or_approved(false, "apply", &err) || err.kind != ERROR_USAGE ||
            !strstr(err.hint, "--auto-approve") || !prompt_or_approved(true, "apply", &err))
            _exit(1);
        _exit(ask());
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), IMPOSSIBLE);
    close(in[0]);
    close(in[1]);
    close(out[0]);
    close(out[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_yes_is_a_yes),
        cmocka_unit_test(without_a_terminal_there_is_nobody_to_ask),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
