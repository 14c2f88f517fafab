#include "tests/unit.h"

#include <malloc.h>
#include <time.h>

#include "planner/base/time.h"
#include "providers/sandbox/world_parts.h"
#include "tests/sim/cutover.h"

/*
 * Hours of a window in milliseconds of a test, and no more memory for many hours than for a few:
 * what a wait says and reads is forgotten with the next look. Only minutes are kept, a day of them
 * at most.
 */

static const char two_hours[] =
    "switchover: 1\nstage: sandbox\nbaseline: 30m\n"
    "traffic: {steps: [{target: 1, hold: 21m}, {target: 10, hold: 21m}, {target: 25, hold: 21m},\n"
    "                  {target: 50, hold: 21m}, {target: 100, hold: 21m}]}\n"
    "drain: {quiet_for: 20m, timeout: 2h}\n";

/* ---- time ---- */

enum { MOST_CPU_MS = 2000 };

static int64_t cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static char *log_of_two_hours(struct rehearsal *r, int64_t *ms, int64_t *simulated_ms)
{
    r->setup.seed = 7;
    r->setup.conditions.requests_per_second = 100; /* 1 % are enough for the gates */
    rehearsal_begin(r, two_hours);
    int64_t began_at = r->sim.now, before = cpu_ms();
    assert_int_equal(cutover_apply(&r->cutover), RUN_DONE);
    *ms = cpu_ms() - before;
    *simulated_ms = r->sim.now - began_at;
    assert_int_equal(rehearsal_percent(r), 100);
    return strdup(text_cstr(&r->sim.log));
}

static void a_plan_of_two_hours_runs_in_milliseconds(void **state)
{
    char *logs[2], text[TIME_TEXT_SIZE];
    int64_t ms[2], simulated_ms;
    for (int i = 0; i < 2; i++) {
        if (i)
            rehearsal_tear_down(state), rehearsal_set_up(state);
        logs[i] = log_of_two_hours(*state, &ms[i], &simulated_ms);
    }
    print_message("hours: a plan of %s in %lld and %lld ms, twice the same\n",
                  duration_format(text, simulated_ms / SECOND_MS * SECOND_MS), (long long)ms[0],
                  (long long)ms[1]);
    assert_in_range(simulated_ms, 2 * HOUR_MS, 3 * HOUR_MS);
    assert_string_equal(logs[0], logs[1]);
    assert_in_range(ms[1], 0, MOST_CPU_MS);
    free(logs[0]);
    free(logs[1]);
}

/* ---- memory ---- */

/* What a minute may keep: each column's value and its presence, in the state's samples, in those
 * that are merged from them, and in what is written. */
enum {
    COLUMNS = 2 * ARM_METRIC_COUNT + COMMON_METRIC_COUNT,
    MINUTE_BYTES = COLUMNS * (2 * (int)(sizeof(int64_t) + sizeof(bool)) + 2 * 8),
    SLACK_BYTES = 16 * 1024,
};

#ifdef __SANITIZE_ADDRESS__
size_t __sanitizer_get_current_allocated_bytes(void); /* of sanitizer/allocator_interface.h */
#endif

static size_t live_bytes(void)
{
#ifdef __SANITIZE_ADDRESS__
    return __sanitizer_get_current_allocated_bytes();
#else
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
#endif
}

struct peak {
    size_t bytes;
};

static void note_peak(struct sim *sim)
{
    struct peak *peak = sim->user;
    text_clear(&sim->log); /* these, and the world's minutes, are the test's own */
    text_clear(&sim->point_kinds);
    size_t now = live_bytes() - sim->world->minutes->room * sizeof(struct minute);
    if (now > peak->bytes)
        peak->bytes = now;
}

/* The most that lives at any port call of a drain that is never proven. */
static size_t peak_of_drain(int hours)
{
    void *own;
    char yaml[256];
    struct peak peak = {0};
    rehearsal_set_up(&own);
    struct rehearsal *r = own;
    snprintf(yaml, sizeof yaml,
             "switchover: 1\nstage: sandbox\nbaseline: 10m\n"
             "traffic: {steps: [{target: 100, hold: 0s}]}\n"
             "drain: {quiet_for: 5m, timeout: %dh}\n",
             hours);
    r->setup.conditions.stuck_on_source = 0.1;
    rehearsal_begin(r, yaml);
    size_t before = live_bytes() - r->sim.world->minutes->room * sizeof(struct minute);
    r->sim.user = &peak;
    r->sim.at_point = note_peak;
    assert_int_equal(cutover_apply(&r->cutover), RUN_TIMED_OUT);
    rehearsal_tear_down(&own);
    return peak.bytes - before;
}

static void hours_of_waiting_keep_nothing_but_minutes(void **state)
{
    (void)state;
    bool all_day = getenv("TESTS_LONG");
    int few = all_day ? 25 : 2, many = all_day ? 50 : 8;
    size_t a = peak_of_drain(few), b = peak_of_drain(many);
    /* Behind a day nothing grows at all. */
    size_t minutes = all_day ? 0 : (size_t)(many - few) * 60;
    print_message("hours: a drain of %d h holds %zu KiB at most, one of %d h %zu KiB\n", few,
                  a / 1024, many, b / 1024);
    assert_in_range(b, 0, a + minutes * MINUTE_BYTES + SLACK_BYTES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_plan_of_two_hours_runs_in_milliseconds, rehearsal_set_up,
                                        rehearsal_tear_down),
        cmocka_unit_test(hours_of_waiting_keep_nothing_but_minutes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
