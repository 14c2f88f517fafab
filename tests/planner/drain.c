#include "tests/unit.h"

#include "planner/base/time.h"
#include "planner/drain.h"
#include "tests/planner/make.h"

/* 02:00 UTC on some day; minute i of a row begins i minutes later. */
enum { START_MINUTE = 20000 * 1440 + 120 };
#define START ((int64_t)START_MINUTE * MINUTE_MS)

static struct arena arena;

static int clear(void **state)
{
    (void)state;
    arena_clear(&arena);
    return 0;
}

/*
 * A letter a minute of the source group:
 *   z  a reported zero, witnessed      .  no data point; witnessed, the load balancer reported
 *   o  the same, but only the target group reported        5  so many requests, witnessed
 *   ?  no data point; witnessed, nobody else reported      u  zero, no HealthyHostCount
 *   x  no data point, no HealthyHostCount, the load balancer reported       -  nothing at all
 */
static void read_minutes(struct series *out, const char *minutes)
{
    series_init(out, &arena, START, strlen(minutes));
    struct column *source = out->arms[ARM_SOURCE], *target = out->arms[ARM_TARGET];
    for (size_t m = 0; m < out->minutes; m++) {
        int64_t at = series_minute_at(out, m);
        char c = minutes[m];
        if (strchr("z.o?", c) || (c >= '0' && c <= '9'))
            series_put(out, &source[METRIC_HEALTHY], at, 2);
        if (c == 'z' || c == 'u')
            series_put(out, &source[METRIC_REQUESTS], at, 0);
        if (c >= '1' && c <= '9')
            series_put(out, &source[METRIC_REQUESTS], at, c - '0');
        if (strchr(".x", c))
            series_put(out, &out->common[METRIC_NEW_CONNECTIONS], at, 7);
        if (c == 'o')
            series_put(out, &target[METRIC_REQUESTS], at, 100);
    }
}

/* DESIGN, section 6: settled minutes, zero requests, each witnessed. `now` is so many whole minutes
 * behind START: minute i is settled from i + 4 on. */
static void rows_of_minutes(void **state)
{
    (void)state;
    static const struct {
        const char *minutes;
        int now, since, quiet_for; /* minutes */
        enum drain_verdict verdict;
        int quiet;
    } rows[] = {
        {"5zzzzz", 9, 0, 5, DRAIN_PROVEN, 5},
        {"5.....", 9, 0, 5, DRAIN_PROVEN, 5}, /* no data point is zero where others reported */
        {"5ooooo", 9, 0, 5, DRAIN_PROVEN, 5},
        {"5z.o.z", 9, 0, 5, DRAIN_PROVEN, 5},
        {"5zzzzz", 8, 0, 5, DRAIN_QUIET, 4}, /* the fifth is not settled yet */
        {"5zzzzzzz", 11, 0, 5, DRAIN_PROVEN, 7},
        {"zzzz", 8, 0, 5, DRAIN_QUIET, 4},
        {"zzz5", 6, 0, 3, DRAIN_BUSY, 0}, /* a later minute that is not settled had requests */
        {"zzz5", 7, 0, 3, DRAIN_BUSY, 0},
        {"zzz5", 8, 0, 3, DRAIN_BUSY, 0},
        {"zzz5z", 9, 0, 3, DRAIN_QUIET, 1},
        {"5????", 8, 0, 4, DRAIN_UNWITNESSED, 0}, /* silence, not zero */
        {"5zz?zz", 9, 0, 4, DRAIN_UNWITNESSED, 2},
        {"5?zzzz", 9, 0, 4, DRAIN_PROVEN, 4}, /* what is unknown lies before the proof */
        {"5uuuuu", 9, 0, 5, DRAIN_UNWITNESSED, 0},
        {"5xxxxx", 9, 0, 5, DRAIN_UNWITNESSED, 0},
        {"5zzzzx", 9, 0, 4, DRAIN_UNWITNESSED, 0},
        {"------", 9, 0, 5, DRAIN_UNWITNESSED, 0},
        {"", 9, 0, 5, DRAIN_QUIET, 0},
        {"zzz", 3, 0, 1, DRAIN_QUIET, 0}, /* nothing is settled */
        {"zzz", 4, 0, 1, DRAIN_PROVEN, 1},
        {"9zzzz", 8, 1, 4, DRAIN_PROVEN, 4}, /* the shift's minute does not count */
        {"zzzzz", 8, 2, 4, DRAIN_QUIET, 3},  /* nor do those before it */
        {"9", 4, 1, 1, DRAIN_QUIET, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct series series;
        struct drain drain;
        read_minutes(&series, rows[i].minutes);
        drain_judge(&drain, &series, ARM_SOURCE, START + rows[i].since * (int64_t)MINUTE_MS,
                    rows[i].quiet_for * (int64_t)MINUTE_MS,
                    START + rows[i].now * (int64_t)MINUTE_MS);
        if (drain.verdict != rows[i].verdict || drain.quiet_ms != rows[i].quiet * MINUTE_MS)
            fail_msg("row %zu (%s): verdict %d, quiet %d", i, rows[i].minutes, drain.verdict,
                     (int)(drain.quiet_ms / MINUTE_MS));
    }
}

/* A data point that comes late turns a quiet minute into a busy one. */
static void a_late_point_breaks_the_proof(void **state)
{
    (void)state;
    struct series series;
    struct drain drain;
    int64_t now = START + 9 * MINUTE_MS;
    read_minutes(&series, "5.....");
    drain_judge(&drain, &series, ARM_SOURCE, START, 5 * MINUTE_MS, now);
    assert_int_equal(drain.verdict, DRAIN_PROVEN);
    series_put(&series, &series.arms[ARM_SOURCE][METRIC_REQUESTS], START + 5 * MINUTE_MS, 1);
    drain_judge(&drain, &series, ARM_SOURCE, START, 5 * MINUTE_MS, now);
    assert_int_equal(drain.verdict, DRAIN_BUSY);
    assert_int_equal(drain.last_busy_at, START + 5 * MINUTE_MS);
    assert_int_equal(drain.last_requests, 1);
}

static void judges_the_arm_it_is_asked_for(void **state)
{
    (void)state;
    struct series series;
    struct drain drain;
    read_minutes(&series, "ooooo");
    drain_judge(&drain, &series, ARM_TARGET, START, 5 * MINUTE_MS, START + 8 * MINUTE_MS);
    assert_int_equal(drain.verdict, DRAIN_BUSY);
    assert_int_equal(drain.last_requests, 100);
}

static const char *described(const char *minutes, int now)
{
    struct series series;
    struct drain drain;
    struct text text = {0};
    read_minutes(&series, minutes);
    drain_judge(&drain, &series, ARM_SOURCE, START, 5 * MINUTE_MS, START + now * MINUTE_MS);
    drain_describe(&text, &drain, 5 * MINUTE_MS);
    const char *out = arena_strdup(&arena, text_cstr(&text));
    text_clear(&text);
    return out;
}

static void says_how_far_it_is(void **state)
{
    (void)state;
    char clock[TIME_TEXT_SIZE];
    assert_string_equal(time_format(clock, START) + 10, "T02:00:00Z");
    assert_string_equal(described("z5....", 9), "4 of 5 quiet minutes; last request 02:01");
    assert_string_equal(described(".......", 12), "5 of 5 quiet minutes");
    assert_string_equal(described("..7", 6),
                        "0 of 5 quiet minutes; last request 02:02 (7 in that minute)");
    assert_string_equal(described("..", 3), "0 of 5 quiet minutes; no settled minute yet");
    assert_string_equal(described("5x", 5),
                        "0 of 5 quiet minutes; last request 02:00; minutes without "
                        "HealthyHostCount or any report prove nothing");
}

/* ---- why it does not end ---- */

static const char *diagnosed(struct snapshot *live)
{
    struct text text = {0};
    drain_diagnose(&text, &arena, live, &live->recent, ARM_SOURCE, START - MINUTE_MS);
    const char *out = arena_strdup(&arena, text_cstr(&text));
    text_clear(&text);
    return out;
}

static void names_every_cause_with_its_evidence(void **state)
{
    (void)state;
    struct rule_snapshot rule = {.priority = "10",
                                 .conditions = "path-pattern /_bulk*",
                                 .actions = make_routing(&arena, "single S")};
    struct listener_snapshot listeners[] = {
        {.port = 9200,
         .routing = make_routing(&arena, "S0 T1 sticky=600"),
         .rules = &rule,
         .rule_count = 1},
        {.port = 9201, .routing = make_routing(&arena, "single S")},
        {.port = 9202, .routing = make_routing(&arena, "single T")},
    };
    struct snapshot live = {.known = FACT_RULES,
                            .listeners = listeners,
                            .listener_count = COUNT(listeners),
                            .listener = &listeners[0],
                            .taken_at = START + 5 * MINUTE_MS,
                            .load_balancer = {.client_keep_alive_s = 3600}};
    make_subject(&live.subject);
    series_init(&live.recent, &arena, START, 3);
    series_put(&live.recent, &live.recent.common[METRIC_ACTIVE_CONNECTIONS], START, 240);
    series_put(&live.recent, &live.recent.common[METRIC_NEW_CONNECTIONS], START, 12);
    series_put(&live.recent, &live.recent.arms[ARM_SOURCE][METRIC_TIME_AVERAGE], START, 48000000);
    assert_string_equal(
        diagnosed(&live),
        "the listener on port 9201 forwards to ALBSourceProxy-prod-TG too\n"
        "rule 10 on port 9200 (path-pattern /_bulk*) forwards to ALBSourceProxy-prod-TG\n"
        "the default action is sticky: a client with a cookie stays with its group for 10m\n"
        "clients may keep a connection for 1h (client_keep_alive.seconds = 3600): one of before "
        "the shift, until 02:59\n"
        "requests on ALBSourceProxy-prod-TG took 48s (on average) in minute 02:00: long ones, "
        "which it goes on answering\n"
        "240 connections were active and 12 new in minute 02:00: clients reuse theirs; restart "
        "those that are still on it\n");
    arena_clear(&arena);
}

/* What is over, and what is as short as it should be, is not to blame. */
static void blames_no_connection_that_has_ended(void **state)
{
    (void)state;
    struct listener_snapshot listener = {.port = 443, .routing = make_routing(&arena, "S0 T1")};
    struct snapshot live = {.known = FACT_RULES,
                            .listeners = &listener,
                            .listener_count = 1,
                            .listener = &listener,
                            .taken_at = START + 2 * HOUR_MS,
                            .load_balancer = {.client_keep_alive_s = 3600}};
    make_subject(&live.subject);
    series_init(&live.recent, &arena, START, 3);
    struct column *arm = live.recent.arms[ARM_SOURCE];
    series_put(&live.recent, &arm[METRIC_TIME_P99], START, 45000000);
    series_put(&live.recent, &arm[METRIC_TIME_P99], START + MINUTE_MS, 900000);
    assert_string_equal(diagnosed(&live),
                        "clients may keep a connection for 1h (client_keep_alive.seconds = 3600): "
                        "none of before the shift is left since 02:59\n");
    series_put(&live.recent, &arm[METRIC_TIME_P99], START + MINUTE_MS, 31000000);
    series_put(&live.recent, &arm[METRIC_TIME_AVERAGE], START + MINUTE_MS, 1000000);
    assert_non_null(strstr(diagnosed(&live), "took 31s (p99) in minute 02:01"));
}

static void says_when_rules_are_not_known_or_weight_is_left(void **state)
{
    (void)state;
    struct listener_snapshot listener = {.port = 443, .routing = make_routing(&arena, "S1 T1")};
    struct snapshot live = {.listeners = &listener, .listener_count = 1, .listener = &listener};
    make_subject(&live.subject);
    assert_string_equal(diagnosed(&live),
                        "the default action on port 443 still forwards to ALBSourceProxy-prod-TG: "
                        "source 1, target 1\n"
                        "the listeners' rules could not be read: one of them may forward to "
                        "ALBSourceProxy-prod-TG\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(rows_of_minutes, clear),
        cmocka_unit_test_teardown(a_late_point_breaks_the_proof, clear),
        cmocka_unit_test_teardown(judges_the_arm_it_is_asked_for, clear),
        cmocka_unit_test_teardown(says_how_far_it_is, clear),
        cmocka_unit_test_teardown(names_every_cause_with_its_evidence, clear),
        cmocka_unit_test_teardown(blames_no_connection_that_has_ended, clear),
        cmocka_unit_test_teardown(says_when_rules_are_not_known_or_weight_is_left, clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
