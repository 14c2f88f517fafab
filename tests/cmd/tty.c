#include "tests/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "cmd/interrupt.h"
#include "cmd/tty.h"

enum { HELD = 10, REFUSED = 11 };

/* A terminal, and what a child of ours does on it as its session's foreground. */
struct terminal {
    int master, slave;
    struct termios before;
};

static void open_terminal(struct terminal *t)
{
    t->master = posix_openpt(O_RDWR | O_NOCTTY);
    assert_true(t->master >= 0 && grantpt(t->master) == 0 && unlockpt(t->master) == 0);
    t->slave = open(ptsname(t->master), O_RDWR | O_NOCTTY);
    assert_true(t->slave >= 0);
    assert_int_equal(tcgetattr(t->slave, &t->before), 0);
}

static void close_terminal(struct terminal *t)
{
    close(t->slave);
    close(t->master);
}

static pid_t begin_child(const struct terminal *t, int (*what)(const struct terminal *))
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        setsid();
        if (ioctl(t->slave, TIOCSCTTY, 0) != 0)
            _exit(REFUSED);
        _exit(what(t));
    }
    return child;
}

static int end_child(pid_t child)
{
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static int run_child(const struct terminal *t, int (*what)(const struct terminal *))
{
    return end_child(begin_child(t, what));
}

static void read_all(const struct terminal *t, char *out, size_t room)
{
    struct pollfd more = {.fd = t->master, .events = POLLIN};
    size_t len = 0;
    while (len + 1 < room && poll(&more, 1, 100) > 0) {
        ssize_t n = read(t->master, out + len, room - len - 1);
        if (n <= 0)
            break;
        len += (size_t)n;
    }
    out[len] = '\0';
}

static void assert_given_back(const struct terminal *t)
{
    struct termios now;
    char said[256];
    assert_int_equal(tcgetattr(t->slave, &now), 0);
    assert_int_equal(now.c_lflag, t->before.c_lflag);
    assert_memory_equal(now.c_cc, t->before.c_cc, sizeof now.c_cc);
    read_all(t, said, sizeof said);
    assert_string_equal(said, "<hello><bye>");
}

static bool enter(const struct terminal *t)
{
    return tty_enter(t->slave, t->slave, "<hello>", "<bye>");
}

static bool gives_keys(const struct terminal *t)
{
    struct termios now;
    return tcgetattr(t->slave, &now) == 0 && !(now.c_lflag & (ICANON | ECHO)) && now.c_lflag & ISIG;
}

/* ---- every way out ---- */

static int leave(const struct terminal *t)
{
    bool ok = enter(t) && enter(t) && gives_keys(t);
    tty_leave();
    tty_leave();
    return ok && !gives_keys(t) ? HELD : REFUSED;
}

static int stop_once(const struct terminal *t)
{
    bool ok = enter(t);
    interrupt_watch();
    raise(SIGTERM);
    ok = ok && !gives_keys(t) && !tty_is_ours(); /* at once: the second leaves no time */
    tty_write("not any more", 12);
    tty_leave();
    return ok && !enter(t) ? HELD : REFUSED;
}

static int stop_twice(const struct terminal *t)
{
    enter(t);
    interrupt_watch();
    raise(SIGINT);
    raise(SIGINT);
    return REFUSED;
}

static int quit(const struct terminal *t)
{
    enter(t);
    raise(SIGQUIT);
    return REFUSED;
}

static int die_of_an_error(const struct terminal *t)
{
    enter(t);
    abort();
}

static void every_way_out_gives_it_back(void **state)
{
    (void)state;
    static const struct {
        int (*what)(const struct terminal *);
        int outcome;
    } rows[] = {
        {leave, HELD},    {stop_once, HELD},           {stop_twice, -SIGINT},
        {quit, -SIGQUIT}, {die_of_an_error, -SIGABRT},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct terminal t;
        open_terminal(&t);
        assert_int_equal(run_child(&t, rows[i].what), rows[i].outcome);
        assert_given_back(&t);
        close_terminal(&t);
    }
}

/* ---- what is typed ---- */

static bool is_woken(int ms)
{
    struct pollfd wake = {.fd = tty_wake_fd(), .events = POLLIN};
    int ready;
    do
        ready = poll(&wake, 1, ms);
    while (ready < 0 && errno == EINTR);
    return ready == 1;
}

static int hear(const struct terminal *t)
{
    char bytes[16];
    bool resized;
    usleep(20000); /* what was typed ahead is there */
    if (!enter(t) || is_woken(0) || tty_read(bytes, sizeof bytes, &resized) != 0)
        return REFUSED;
    if (write(t->slave, "?", 1) != 1 || !is_woken(10000))
        return 1;
    if (tty_read(bytes, sizeof bytes, &resized) != 3 || memcmp(bytes, "\x1b[A", 3) != 0 || resized)
        return 2;
    raise(SIGWINCH);
    if (!is_woken(10000) || tty_read(bytes, sizeof bytes, &resized) != 0 || !resized)
        return 3;
    if (is_woken(0))
        return 4;
    tty_leave();
    return HELD;
}

/* Its sizes while it is dragged are one change, told when it is over. */
static int drag(const struct terminal *t)
{
    enum { SIZES = 5 };
    char bytes[16];
    bool resized;
    if (!enter(t))
        return REFUSED;
    pid_t self = getpid(), hand = fork();
    if (hand == 0) {
        for (int i = 0; i < SIZES; i++) {
            kill(self, SIGWINCH);
            usleep(50000);
        }
        _exit(0);
    }
    if (!is_woken(10000) || tty_read(bytes, sizeof bytes, &resized) != 0 || !resized)
        return 1;
    if (waitpid(hand, NULL, WNOHANG) != hand) /* it is over */
        return 2;
    if (is_woken(0))
        return 3;
    tty_leave();
    return HELD;
}

static void a_window_that_is_dragged_changes_once(void **state)
{
    (void)state;
    struct terminal t;
    open_terminal(&t);
    assert_int_equal(run_child(&t, drag), HELD);
    close_terminal(&t);
}

static void wait_for_question(const struct terminal *t)
{
    char c = 0;
    while (c != '?')
        assert_int_equal(read(t->master, &c, 1), 1);
}

static void what_was_typed_ahead_is_dropped_and_the_rest_heard(void **state)
{
    (void)state;
    struct terminal t;
    open_terminal(&t);
    assert_int_equal(write(t.master, "py", 2), 2);
    pid_t child = begin_child(&t, hear);
    wait_for_question(&t);
    assert_int_equal(write(t.master, "\x1b[A", 3), 3); /* an arrow: it comes as one */
    assert_int_equal(end_child(child), HELD);
    close_terminal(&t);
}

static void without_a_terminal_there_is_nothing_to_take(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_false(tty_enter(ends[0], ends[1], NULL, NULL));
    assert_int_equal(tty_wake_fd(), -1);
    assert_false(tty_is_ours());
    tty_leave();
    close(ends[0]);
    close(ends[1]);
}

/* A terminal of somebody else's session is not ours to change. */
static void in_the_background_it_is_left_alone(void **state)
{
    (void)state;
    struct terminal t;
    struct termios now;
    open_terminal(&t);
    assert_false(enter(&t));
    assert_int_equal(tcgetattr(t.slave, &now), 0);
    assert_int_equal(now.c_lflag, t.before.c_lflag);
    close_terminal(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_way_out_gives_it_back),
        cmocka_unit_test(what_was_typed_ahead_is_dropped_and_the_rest_heard),
        cmocka_unit_test(a_window_that_is_dragged_changes_once),
        cmocka_unit_test(without_a_terminal_there_is_nothing_to_take),
        cmocka_unit_test(in_the_background_it_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
