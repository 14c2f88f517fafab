#include "tests/unit.h"

#include "cmd/view_look.h"
#include "planner/base/time.h"
#include "tests/cmd/prod.h"

static void check(struct text *got, const char *wanted)
{
    assert_string_equal(text_cstr(got), wanted);
    text_clear(got);
}

/* Nothing is never made of something, and all is all. */
static void rates_are_rounded_but_never_to_nothing_or_all(void **state)
{
    (void)state;
    static const struct {
        int64_t part, whole;
        const char *words;
    } rows[] = {
        {0, 900, "0%"},          {1, 900, "0.11%"},
        {9, 900, "1.00%"},       {1, 1000000, "<0.01%"},
        {1, 10000, "0.01%"},     {410, 10000, "4.10%"},
        {999, 10000, "9.99%"},   {1000, 10000, "10.0%"},
        {1249, 10000, "12.5%"},  {5, 10, "50.0%"},
        {9999, 10000, "99.99%"}, {999999, 1000000, "99.99%"},
        {10000, 10000, "100%"},  {0, 0, "-"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct text out = {0};
        look_add_rate(&out, rows[i].part, rows[i].whole);
        check(&out, rows[i].words);
    }
}

static void latencies_have_a_unit_that_reads_well(void **state)
{
    (void)state;
    static const struct {
        int64_t us;
        const char *words;
    } rows[] = {
        {0, "0.0ms"},      {449, "0.4ms"},     {4200, "4.2ms"},      {9949, "9.9ms"},
        {9950, "10ms"},    {38000, "38ms"},    {38499, "38ms"},      {999499, "999ms"},
        {999500, "1.00s"}, {1250000, "1.25s"}, {61000000, "61.00s"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct text out = {0};
        look_add_latency(&out, rows[i].us);
        check(&out, rows[i].words);
    }
}

/* ---- a look made by hand ---- */

struct scene {
    struct snapshot live;
    struct plan plan;
    struct series samples;
    struct gate_report report;
    struct look look;
};

#define HOLD_FROM PROD_NOW

static void put(struct scene *s, enum arm arm, enum arm_metric metric, int minute, int64_t value)
{
    series_put(&s->samples, &s->samples.arms[arm][metric], s->samples.start_at + minute * MINUTE_MS,
               value);
}

/* Two minutes before a hold and ten of it. */
static void begin(struct scene *s)
{
    static const char *const names[GATE_COUNT] = {"errors", "client_errors", "latency",
                                                  "health", "traffic",       "checks"};
    *s = (struct scene){0};
    prod_snapshot(&s->live);
    prod_plan(&s->plan, "switchover: 1\nstage: prod\n", &s->live, NULL);
    prod_target(&s->live, 2);
    prod_routing(&s->live, "S3 T1");
    s->plan.file.gates.latency_percentile = 90;
    series_init(&s->samples, &s->plan.arena, HOLD_FROM - 2 * MINUTE_MS, 12);
    for (int gate = 0; gate < GATE_COUNT; gate++)
        s->report.standings[gate] = (struct gate_standing){GATE_OK, names[gate], ""};
    s->report.standings[GATE_CHECKS] = (struct gate_standing){GATE_UNUSED, "checks", "none"};
    s->look = (struct look){.at = HOLD_FROM + 4 * MINUTE_MS + 30 * SECOND_MS,
                            .plan = &s->plan,
                            .action = &s->plan.actions[3],
                            .started_at = HOLD_FROM,
                            .ends_at = HOLD_FROM + 10 * MINUTE_MS,
                            .routing = &s->live.listener->routing,
                            .live = &s->live,
                            .samples = &s->samples,
                            .gates = &s->report};
}

static void end(struct scene *s)
{
    plan_clear(&s->plan);
    snapshot_clear(&s->live);
}

static void fill_minute(struct scene *s, int minute, int64_t requests)
{
    put(s, ARM_SOURCE, METRIC_REQUESTS, minute, requests);
    put(s, ARM_SOURCE, METRIC_5XX, minute, 1);
    put(s, ARM_SOURCE, METRIC_TIME_P90, minute, 38000);
    put(s, ARM_TARGET, METRIC_REQUESTS, minute, requests / 3);
    put(s, ARM_TARGET, METRIC_4XX, minute, 6);
    put(s, ARM_TARGET, METRIC_TIME_P90, minute, 41000);
}

static void a_settled_minute_of_the_hold_is_told(void **state)
{
    (void)state;
    struct scene s;
    struct text out = {0};
    begin(&s);
    for (int minute = 0; minute < 6; minute++)
        fill_minute(&s, minute, 900 + minute);
    look_add_minute(&out, &s.look);
    /* 02:04:30: the minute 02:00 ended 3.5 minutes ago, 02:01 only 2.5 */
    check(&out,
          "02:00: source 902/min 0.11% 5XX p90 38ms; target 300/min 0% 5XX 2.00% 4XX p90 41ms");
    end(&s);
}

static void before_one_is_settled_it_says_that_counts_still_grow(void **state)
{
    (void)state;
    struct scene s;
    struct text out = {0};
    begin(&s);
    for (int minute = 0; minute < 4; minute++)
        fill_minute(&s, minute, 900 + minute);
    s.look.at = HOLD_FROM + 2 * MINUTE_MS + 30 * SECOND_MS;
    look_add_minute(&out, &s.look);
    check(&out, "02:01 (still coming in): source 903/min 0.11% 5XX p90 38ms; target 301/min 0% 5XX "
                "1.99% 4XX p90 41ms");
    s.samples.arms[ARM_TARGET][METRIC_REQUESTS].present[3] = false; /* codes without a count */
    s.samples.arms[ARM_SOURCE][METRIC_TIME_P90].present[3] = false;
    put(&s, ARM_SOURCE, METRIC_TIME_AVERAGE, 3, 12000);
    look_add_minute(&out, &s.look);
    check(&out, "02:01 (still coming in): source 903/min 0.11% 5XX average 12ms; target no data");
    end(&s);
}

/* Metrics that stopped coming are not what goes on now. */
static void an_old_minute_says_how_old_it_is(void **state)
{
    (void)state;
    static const struct {
        int64_t after; /* since 02:00, minutes: a minute takes one to end and three to settle */
        const char *age;
    } rows[] = {{4, ""}, {6, ""}, {7, ", 6 minutes ago"}, {22, ", 21 minutes ago"}};
    struct scene s;
    struct text out = {0};
    begin(&s);
    fill_minute(&s, 2, 900);
    for (size_t i = 0; i < COUNT(rows); i++) {
        s.look.at = HOLD_FROM + rows[i].after * MINUTE_MS;
        look_add_age(&out, &s.look, HOLD_FROM);
        check(&out, rows[i].age);
    }
    look_add_minute(&out, &s.look);
    assert_true(text_starts(text_cstr(&out), "02:00, 21 minutes ago: source 900/min"));
    text_clear(&out);
    end(&s);
}

/* Of other weights than the ones that stand beside it. */
static void a_minute_from_before_the_wait_is_told_as_such(void **state)
{
    (void)state;
    struct scene s;
    struct text out = {0};
    begin(&s);
    fill_minute(&s, 1, 900);
    s.look.at = HOLD_FROM + 30 * SECOND_MS;
    look_add_minute(&out, &s.look);
    assert_true(text_starts(text_cstr(&out), "01:59 (before this hold): source 900/min"));
    text_clear(&out);
    end(&s);
}

static void without_any_minute_it_says_so(void **state)
{
    (void)state;
    struct scene s;
    struct text out = {0};
    begin(&s);
    look_add_minute(&out, &s.look);
    check(&out, "no minute is in yet");
    fill_minute(&s, 6, 900); /* 02:04 goes on */
    look_add_minute(&out, &s.look);
    check(&out, "no minute is in yet");
    s.look.samples = NULL;
    look_add_minute(&out, &s.look);
    check(&out, "no minute is in yet");
    end(&s);
}

static void gates_that_stand_alike_stand_together(void **state)
{
    (void)state;
    struct scene s;
    struct text out = {0};
    begin(&s);
    look_add_verdicts(&out, &s.look);
    check(&out, "errors, client_errors, latency, traffic ok; health 2/2");
    s.report.standings[GATE_ERRORS] = s.report.standings[GATE_CLIENT_ERRORS] =
        (struct gate_standing){GATE_WAITS, "errors", "needs 340 more requests"};
    s.report.standings[GATE_CLIENT_ERRORS].name = "client_errors";
    s.report.standings[GATE_LATENCY] =
        (struct gate_standing){GATE_SUSPECT, "latency", "failing 2 of 3 minutes"};
    s.report.standings[GATE_CHECKS] =
        (struct gate_standing){GATE_FAILS, "check:green", "status 503, wanted 200"};
    look_add_verdicts(&out, &s.look);
    check(&out, "errors, client_errors: needs 340 more requests; latency: failing 2 of 3 minutes; "
                "health 2/2; traffic ok; check:green FAILS: status 503, wanted 200");
    end(&s);
}

static void what_is_not_judged_is_told(void **state)
{
    (void)state;
    struct scene s;
    struct text out = {0};
    begin(&s);
    s.report.standings[GATE_LATENCY] =
        (struct gate_standing){GATE_UNUSED, "latency", "CloudWatch gives no percentiles"};
    s.live.known &= ~(unsigned)FACT_HEALTH_TARGET;
    look_add_verdicts(&out, &s.look);
    check(&out, "errors, client_errors, traffic ok; latency: not judged: CloudWatch gives no "
                "percentiles; health ok");
    s.look.gates = NULL;
    look_add_verdicts(&out, &s.look);
    check(&out, "");
    end(&s);
}

static void weights_and_time_are_told(void **state)
{
    (void)state;
    struct scene s;
    struct text out = {0};
    struct action drain = {.timeout_ms = 2 * HOUR_MS};
    begin(&s);
    look_add_weights(&out, &s.look);
    check(&out, "source 3, target 1");
    look_add_time(&out, &s.look);
    check(&out, "4m30s of 10m");
    int64_t at = s.look.at;
    s.look.at = s.look.ends_at + 3 * SECOND_MS;
    look_add_time(&out, &s.look);
    check(&out, "10m of 10m");
    s.look.at = at;
    s.look.ends_at = 0;
    s.look.action = &drain;
    look_add_time(&out, &s.look);
    check(&out, "4m30s of 2h");
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rates_are_rounded_but_never_to_nothing_or_all),
        cmocka_unit_test(latencies_have_a_unit_that_reads_well),
        cmocka_unit_test(a_settled_minute_of_the_hold_is_told),
        cmocka_unit_test(before_one_is_settled_it_says_that_counts_still_grow),
        cmocka_unit_test(an_old_minute_says_how_old_it_is),
        cmocka_unit_test(a_minute_from_before_the_wait_is_told_as_such),
        cmocka_unit_test(without_any_minute_it_says_so),
        cmocka_unit_test(gates_that_stand_alike_stand_together),
        cmocka_unit_test(what_is_not_judged_is_told),
        cmocka_unit_test(weights_and_time_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
