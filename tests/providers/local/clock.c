#include "tests/unit.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "planner/base/time.h"
#include "providers/local/clock.h"

static int64_t system_ms(clockid_t id)
{
    struct timespec t;
    assert_int_equal(clock_gettime(id, &t), 0);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void real_time_is_the_systems(void **state)
{
    (void)state;
    struct local_clock clock;
    struct clock port;
    local_clock_init(&clock, &port, NULL, NULL, NULL, -1);

    int64_t before = system_ms(CLOCK_REALTIME), now = port.wall(port.self);
    assert_in_range(now, before, system_ms(CLOCK_REALTIME));
    before = system_ms(CLOCK_REALTIME), now = local_clock_real_now();
    assert_in_range(now, before, system_ms(CLOCK_REALTIME));
    before = system_ms(CLOCK_MONOTONIC), now = port.monotonic(port.self);
    assert_in_range(now, before, system_ms(CLOCK_MONOTONIC));
    assert_false(port.interrupted(port.self));
}

static void scaled_time_runs_from_its_epoch(void **state)
{
    (void)state;
    static const struct {
        int64_t speed, before_now_ms;
    } rows[] = {{60, 100 * SECOND_MS},
                {1, HOUR_MS},
                {10000, 300LL * 24 * HOUR_MS},
                {60, 0},
                {60, -HOUR_MS}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct local_clock_scale scale = {rows[i].speed,
                                          system_ms(CLOCK_REALTIME) - rows[i].before_now_ms};
        struct local_clock clock;
        struct clock port;
        local_clock_init(&clock, &port, &scale, NULL, NULL, -1);

        int64_t before = system_ms(CLOCK_REALTIME), now = port.wall(port.self),
                after = system_ms(CLOCK_REALTIME) + 1;
        assert_true(now >= scale.epoch_at + (before - scale.epoch_at) * scale.speed);
        assert_true(now <= scale.epoch_at + (after - scale.epoch_at) * scale.speed);
    }
}

static void a_wait_is_never_short(void **state)
{
    (void)state;
    static const struct {
        int64_t speed, ms;
    } rows[] = {{1, 3}, {60, 61}, {7, 13}, {10000, MINUTE_MS}, {10000, 1}, {60, 0}, {60, -5}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct local_clock_scale scale = {rows[i].speed, system_ms(CLOCK_REALTIME)};
        struct local_clock clock;
        struct clock port;
        local_clock_init(&clock, &port, &scale, NULL, NULL, -1);
        int64_t real = system_ms(CLOCK_MONOTONIC), start = port.monotonic(port.self);
        assert_int_equal(port.wait(port.self, rows[i].ms), CLOCK_DONE);
        assert_true(port.monotonic(port.self) - start >= rows[i].ms);
        assert_true(system_ms(CLOCK_MONOTONIC) - real < 30000);
    }
}

/* ---- being interrupted ---- */

static volatile sig_atomic_t stopped;
static int pipe_ends[2];

static bool is_stopped(void *self)
{
    (void)self;
    return stopped;
}

static void on_alarm(int number)
{
    (void)number;
    stopped = 1;
    if (pipe_ends[1] >= 0 && write(pipe_ends[1], "x", 1) < 0)
        abort();
}

static void alarm_in_10_ms(void)
{
    struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
    struct itimerval soon = {.it_value = {.tv_usec = 10000}};
    assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
    assert_int_equal(setitimer(ITIMER_REAL, &soon, NULL), 0);
}

static void a_signal_ends_a_wait_and_all_later_ones(void **state)
{
    (void)state;
    for (int with_pipe = 0; with_pipe <= 1; with_pipe++) {
        struct local_clock clock;
        struct clock port;
        stopped = 0;
        pipe_ends[0] = pipe_ends[1] = -1;
        if (with_pipe)
            assert_int_equal(pipe(pipe_ends), 0);
        local_clock_init(&clock, &port, NULL, is_stopped, NULL, pipe_ends[0]);
        assert_int_equal(port.wait(port.self, 1), CLOCK_DONE);
        alarm_in_10_ms();
        assert_int_equal(port.wait(port.self, HOUR_MS), CLOCK_INTERRUPTED);
        assert_int_equal(port.wait(port.self, HOUR_MS), CLOCK_INTERRUPTED);
        assert_int_equal(port.wait(port.self, 0), CLOCK_INTERRUPTED);
        assert_true(port.interrupted(port.self));
        if (with_pipe) {
            close(pipe_ends[0]);
            close(pipe_ends[1]);
        }
    }
    stopped = 0;
}

static bool counts(void *self)
{
    unsigned *asked = self;
    return ++*asked == 2;
}

/* The signal came to another thread, or before the wait: without a descriptor it is polled for. */
static void without_a_descriptor_it_is_noticed_in_time(void **state)
{
    (void)state;
    struct local_clock clock;
    struct clock port;
    unsigned asked = 0;
    local_clock_init(&clock, &port, NULL, counts, &asked, -1);
    int64_t start = system_ms(CLOCK_MONOTONIC);
    assert_int_equal(port.wait(port.self, HOUR_MS), CLOCK_INTERRUPTED);
    assert_in_range(system_ms(CLOCK_MONOTONIC) - start, 240, 20000);
}

/* A key that was pressed ends a wait early, but is no interruption; unread, it ends the next too.
 */
static void a_poke_wakes_without_interrupting(void **state)
{
    (void)state;
    struct local_clock clock;
    struct clock port;
    int ends[2];
    char byte;
    assert_int_equal(pipe(ends), 0);
    local_clock_init(&clock, &port, NULL, NULL, NULL, -1);
    local_clock_heed(&clock, ends[0]);
    assert_int_equal(port.wait(port.self, 5), CLOCK_DONE);
    assert_int_equal(write(ends[1], "x", 1), 1);
    assert_int_equal(port.wait(port.self, HOUR_MS), CLOCK_WOKEN);
    assert_int_equal(port.wait(port.self, HOUR_MS), CLOCK_WOKEN);
    assert_int_equal(read(ends[0], &byte, 1), 1);
    assert_int_equal(port.wait(port.self, 5), CLOCK_DONE);
    assert_int_equal(write(ends[1], "x", 1), 1);
    local_clock_heed(&clock, -1);
    assert_int_equal(port.wait(port.self, 5), CLOCK_DONE);
    close(ends[0]);
    close(ends[1]);
}

/* A descriptor that is no use (its terminal went away) must not make a wait spin or end. */
static void a_broken_poke_is_not_heeded(void **state)
{
    (void)state;
    struct local_clock clock;
    struct clock port;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    close(ends[1]);
    local_clock_init(&clock, &port, NULL, NULL, NULL, -1);
    local_clock_heed(&clock, ends[0]);
    assert_int_equal(port.wait(port.self, 20), CLOCK_DONE);
    close(ends[0]);
}

static bool counts_only(void *self)
{
    ++*(unsigned *)self;
    return false;
}

/* A descriptor that is readable for another reason, or closed, neither ends a wait nor spins. */
static void a_false_alarm_does_not_spin(void **state)
{
    (void)state;
    int readable = open("/dev/zero", O_RDONLY | O_CLOEXEC), closed = dup(readable);
    assert_true(readable >= 0 && closed >= 0);
    close(closed);
    int rows[] = {readable, closed};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct local_clock clock;
        struct clock port;
        unsigned asked = 0;
        local_clock_init(&clock, &port, NULL, counts_only, &asked, rows[i]);
        int64_t start = port.monotonic(port.self);
        assert_int_equal(port.wait(port.self, 20), CLOCK_DONE);
        assert_true(port.monotonic(port.self) - start >= 20);
        assert_in_range(asked, 1, 10);
    }
    close(readable);
}

/* ---- SPEED@EPOCH ---- */

static void reads_a_scale(void **state)
{
    (void)state;
    const int64_t now = 1796090400000; /* 2026-12-01T02:00:00Z */
    static const struct {
        const char *s;
        int64_t speed, epoch_at;
    } good[] = {
        {"60@1796090400", 60, 1796090400000},       {"1@1796090400", 1, 1796090400000},
        {"10000@1796090400", 10000, 1796090400000}, {"60@1796090400.5", 60, 1796090400500},
        {"60@1796090400.05", 60, 1796090400050},    {"60@1796090400.125", 60, 1796090400125},
        {"60@1764554400", 60, 1764554400000},
    };
    static const char *const bad[] = {
        "",
        "60",
        "@1796090400",
        "60@",
        "0@1796090400",
        "-60@1796090400",
        "+60@1796090400",
        "1.5@1796090400",
        "10001@1796090400",
        "99999999999999999999@1796090400",
        "60@1796090400.",
        "60@1796090400.1234",
        "60@.5",
        "60@-1",
        "60@99999999999999999999",
        "60@1796090400 ",
        " 60@1796090400",
        "60@1796090400@1",
        "60x@1796090400",
        "60@0",
        "60@1730000000",
        "60@1896090400",
        "60@9223372036854",
    };
    for (size_t i = 0; i < COUNT(good); i++) {
        struct local_clock_scale scale;
        struct error err;
        if (!local_clock_scale_parse(&scale, good[i].s, now, &err))
            fail_msg("%s: %s", good[i].s, err.message);
        assert_int_equal(scale.speed, good[i].speed);
        assert_int_equal(scale.epoch_at, good[i].epoch_at);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct local_clock_scale scale;
        struct error err;
        if (local_clock_scale_parse(&scale, bad[i], now, &err))
            fail_msg("read as a clock: %s", bad[i]);
        assert_int_equal(err.kind, ERROR_USAGE);
        assert_non_null(strstr(err.message, bad[i]));
        assert_true(*err.hint);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(real_time_is_the_systems),
        cmocka_unit_test(scaled_time_runs_from_its_epoch),
        cmocka_unit_test(a_wait_is_never_short),
        cmocka_unit_test(a_signal_ends_a_wait_and_all_later_ones),
        cmocka_unit_test(a_poke_wakes_without_interrupting),
        cmocka_unit_test(a_broken_poke_is_not_heeded),
        cmocka_unit_test(without_a_descriptor_it_is_noticed_in_time),
        cmocka_unit_test(a_false_alarm_does_not_spin),
        cmocka_unit_test(reads_a_scale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
