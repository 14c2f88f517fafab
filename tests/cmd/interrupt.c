#include "tests/unit.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/interrupt.h"

enum { STOPPED_IN_ORDER = 10, NOT_WOKEN = 11 };

/* Sends itself the signals, one after the other, and ends in order when all were survived. */
static int outcome_of(const int *signals, size_t n, void (*before)(void))
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (before)
            before();
        interrupt_watch();
        for (size_t i = 0; i < n; i++)
            raise(signals[i]);
        struct pollfd woken = {.fd = interrupt_fd(), .events = POLLIN};
        bool readable = poll(&woken, 1, 0) == 1;
        _exit(interrupt_happened(NULL) && readable ? STOPPED_IN_ORDER : NOT_WOKEN);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void ignore_hangups(void)
{
    signal(SIGHUP, SIG_IGN);
}

static void the_first_asks_the_second_kills(void **state)
{
    (void)state;
    static const struct {
        int signals[3];
        size_t count;
        void (*before)(void);
        int outcome;
    } rows[] = {
        {{SIGINT}, 1, NULL, STOPPED_IN_ORDER},
        {{SIGTERM}, 1, NULL, STOPPED_IN_ORDER},
        {{SIGHUP}, 1, NULL, STOPPED_IN_ORDER},
        {{0}, 0, NULL, NOT_WOKEN},
        {{SIGINT, SIGINT}, 2, NULL, -SIGINT},
        {{SIGINT, SIGTERM}, 2, NULL, -SIGTERM},
        {{SIGTERM, SIGHUP}, 2, NULL, -SIGHUP},
        /* a closing terminal sends two: that is nobody's second signal */
        {{SIGHUP, SIGHUP}, 2, NULL, STOPPED_IN_ORDER},
        {{SIGHUP, SIGHUP, SIGTERM}, 3, NULL, -SIGTERM},
        /* nohup */
        {{SIGHUP}, 1, ignore_hangups, NOT_WOKEN},
        {{SIGINT, SIGHUP}, 2, ignore_hangups, STOPPED_IN_ORDER},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        int outcome = outcome_of(rows[i].signals, rows[i].count, rows[i].before);
        if (outcome != rows[i].outcome)
            fail_msg("row %zu: %d instead of %d", i, outcome, rows[i].outcome);
    }
}

static void a_reader_that_went_away_kills_nobody(void **state)
{
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        int ends[2];
        interrupt_ignore_pipes();
        if (pipe(ends) != 0)
            _exit(1);
        close(ends[0]);
        _exit(write(ends[1], "x", 1) == -1 ? STOPPED_IN_ORDER : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), STOPPED_IN_ORDER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_asks_the_second_kills),
        cmocka_unit_test(a_reader_that_went_away_kills_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
