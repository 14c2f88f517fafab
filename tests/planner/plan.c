#include "tests/unit.h"

#include "planner/base/time.h"
#include "planner/inverse.h"
#include "planner/precondition.h"
#include "tests/planner/fixture.h"
#include "tests/planner/make.h"

#define STAGED                                                                                     \
    "traffic: {steps: [{target: 10, hold: 10m}, {target: 50, hold: 20m}, {target: 100, hold: "     \
    "10m}]}\n"

static const char *addresses(struct arena *arena, const struct plan *plan)
{
    struct text text = {0};
    for (size_t i = 0; i < plan->action_count; i++)
        text_addf(&text, "%s%s", i ? " " : "", plan->actions[i].address);
    const char *out = arena_strdup(arena, text_cstr(&text));
    text_clear(&text);
    return out;
}

/* DESIGN, section 4: order of actions; what live satisfies is left out; steps below the live weight
 * are dropped, never lowered to; only state can mark a hold as done. */
static void actions_row_by_row(void **state)
{
    (void)state;
    static const struct {
        const char *yaml, *patch, *actions, *inverse;
    } rows[] = {
        {"", "", "baseline shift[100%] hold[100%] drain[source]",
         "scale[source] shift[origin] drain[target]"},
        {"", "target.desired=0, target.running=0, target.targets=",
         "scale[target] baseline shift[100%] hold[100%] drain[source]",
         "scale[source] shift[origin] drain[target]"},
        {"revert: {restore_counts: true}\n", "target.desired=0, target.running=0, target.targets=",
         "scale[target] baseline shift[100%] hold[100%] drain[source]",
         "scale[source] shift[origin] drain[target] scale[target]"},
        {"revert: {restore_counts: true}\n", "", "baseline shift[100%] hold[100%] drain[source]",
         "scale[source] shift[origin] drain[target]"},
        {"", "target.targets=hi", "scale[target] baseline shift[100%] hold[100%] drain[source]",
         NULL},
        {"", "target.targets=hhd", "scale[target] baseline shift[100%] hold[100%] drain[source]",
         NULL},
        {"", "target.targets=hu", "baseline shift[100%] hold[100%] drain[source]", NULL},
        {"target: {count: 3}\n", "", "scale[target] baseline shift[100%] hold[100%] drain[source]",
         NULL},
        {"target: {count: 2}\n", "target.desired=4, target.running=4",
         "baseline shift[100%] hold[100%] drain[source]", NULL},
        {STAGED, "",
         "baseline shift[10%] hold[10%] shift[50%] hold[50%] shift[100%] hold[100%] drain[source]",
         "scale[source] shift[origin] drain[target]"},
        {STAGED, "default=S900 T100",
         "hold[10%] shift[50%] hold[50%] shift[100%] hold[100%] drain[source]", NULL},
        {STAGED, "default=S1 T1", "hold[50%] shift[100%] hold[100%] drain[source]", NULL},
        {STAGED, "default=S0 T1", "hold[100%] drain[source]", NULL},
        {STAGED, "default=S2 T1", "shift[50%] hold[50%] shift[100%] hold[100%] drain[source]",
         NULL},
        {"traffic: {steps: [{target: 12.5, hold: 0s}, {target: 25, hold: 6m}]}\n", "",
         "baseline shift[12.5%] shift[25%] hold[25%]", "scale[source] shift[origin] drain[target]"},
        {"drain: {quiet_for: 0s}\n", "", "baseline shift[100%] hold[100%]",
         "scale[source] shift[origin]"},
        {"listener: {port: 9200}\n", "default=single S",
         "baseline shift[100%] hold[100%] drain[source]", NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fixture f;
        struct plan plan;
        struct arena arena = {0};
        fixture_init(&f, rows[i].yaml);
        fixture_patch(&f, rows[i].patch);
        plan_make(&plan, &f.file, &f.live, NULL, &f.provenance, &f.around);
        assert_true(plan_is_possible(&plan));
        if (strcmp(addresses(&arena, &plan), rows[i].actions) != 0)
            fail_msg("%s[%s]:\n  is:        %s\n  should be: %s", rows[i].yaml, rows[i].patch,
                     addresses(&arena, &plan), rows[i].actions);
        if (rows[i].inverse && strcmp(addresses(&arena, plan.inverse), rows[i].inverse) != 0)
            fail_msg("%s[%s] inverse:\n  is:        %s\n  should be: %s", rows[i].yaml,
                     rows[i].patch, addresses(&arena, plan.inverse), rows[i].inverse);
        arena_clear(&arena);
        plan_clear(&plan);
        fixture_clear(&f);
    }
}

static const struct action *find(const struct plan *plan, const char *address)
{
    for (size_t i = 0; i < plan->action_count; i++)
        if (strcmp(plan->actions[i].address, address) == 0)
            return &plan->actions[i];
    fail_msg("no action %s", address);
    return NULL;
}

/* Runbook step 2: at least as large as the capture proxy, never down. */
static void the_target_is_scaled_to_the_larger_count(void **state)
{
    (void)state;
    static const struct {
        const char *yaml, *patch;
        int64_t before, after;
    } rows[] = {
        {"", "target.desired=0, target.running=0", 0, 2},
        {"", "source.desired=3, source.running=2", 2, 3},
        {"", "source.desired=3, source.running=5, target.desired=4", 4, 5},
        {"target: {count: 7}\n", "", 2, 7},
        {"target: {count: 3}\n", "target.desired=5, target.running=3", 5, 5},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fixture f;
        struct plan plan;
        fixture_init(&f, rows[i].yaml);
        fixture_patch(&f, rows[i].patch);
        plan_make(&plan, &f.file, &f.live, NULL, &f.provenance, &f.around);
        const struct action *scale = find(&plan, "scale[target]");
        assert_int_equal(scale->before.count, rows[i].before);
        assert_int_equal(scale->after.count, rows[i].after);
        plan_clear(&plan);
        fixture_clear(&f);
    }
}

static void each_shift_starts_where_the_last_one_ended(void **state)
{
    (void)state;
    struct fixture f;
    struct plan plan;
    fixture_init(&f, STAGED);
    plan_make(&plan, &f.file, &f.live, NULL, &f.provenance, &f.around);
    const struct action *a = find(&plan, "shift[10%]"), *b = find(&plan, "shift[50%]"),
                        *c = find(&plan, "shift[100%]");
    assert_int_equal(routing_weight(&a->before.routing, MAKE_SOURCE), 1);
    assert_int_equal(routing_weight(&a->after.routing, MAKE_TARGET), 100);
    assert_true(routing_identical(&a->after.routing, &b->before.routing));
    assert_int_equal(routing_weight(&b->after.routing, MAKE_TARGET), 500);
    assert_true(routing_identical(&b->after.routing, &c->before.routing));
    assert_int_equal(routing_weight(&c->after.routing, MAKE_SOURCE), 0);
    assert_int_equal(routing_weight(&c->after.routing, MAKE_TARGET), 1);
    const struct action *back = find(plan.inverse, "shift[origin]");
    assert_true(routing_identical(&back->before.routing, &c->after.routing));
    assert_true(routing_identical(&back->after.routing, &f.live.listener->routing));
    plan_clear(&plan);
    fixture_clear(&f);
}

static void a_waived_mid_cutover_assumes_its_origin(void **state)
{
    (void)state;
    struct fixture f;
    struct plan plan;
    fixture_init(&f, STAGED "allow: {mid-cutover: \"begun by hand, CHG-7\"}\n");
    fixture_patch(&f, "default=S900 T100");
    plan_make(&plan, &f.file, &f.live, NULL, &f.provenance, &f.around);
    assert_true(plan.origin.assumed);
    assert_int_equal(routing_weight(&plan.origin.routing, MAKE_SOURCE), 1);
    assert_int_equal(routing_weight(&plan.origin.routing, MAKE_TARGET), 0);
    assert_false(plan_is_blocked(&plan));
    plan_clear(&plan);
    fixture_clear(&f);
}

static void an_impossible_plan_says_why_and_does_nothing(void **state)
{
    (void)state;
    static const char *const patches[] = {
        "target.service=0", "source.group=0",
        "load_balancer=0",  "port=9200, default=redirect", /* not "nothing to do" */
        "default=S0 T0",
    };
    for (size_t i = 0; i < COUNT(patches); i++) {
        struct fixture f;
        struct plan plan;
        fixture_init(&f, "listener: {port: 9200}\n");
        fixture_patch(&f, patches[i]);
        plan_make(&plan, &f.file, &f.live, NULL, &f.provenance, &f.around);
        if (plan_is_possible(&plan) || !plan_is_blocked(&plan))
            fail_msg("[%s] is possible, or not blocked", patches[i]);
        assert_int_equal(plan.action_count, 0);
        assert_null(plan.inverse);
        plan_clear(&plan);
        fixture_clear(&f);
    }
}

/* 10 + 20 + 10 minutes of holds, each settled 2 to 3 minutes later, in the last of which the source
 * may have been quiet for 5 minutes already; at most 10 minutes to scale, one for each shift and 2
 * hours to drain. */
static void durations_add_up(void **state)
{
    (void)state;
    struct fixture f;
    struct plan plan;
    int64_t shortest, longest;
    fixture_init(&f, STAGED);
    fixture_patch(&f, "target.desired=0, target.running=0");
    plan_make(&plan, &f.file, &f.live, NULL, &f.provenance, &f.around);
    plan_duration(&plan, &shortest, &longest);
    assert_int_equal(shortest, (10 + 20 + 10 + 3 * 2) * MINUTE_MS);
    assert_int_equal(longest, (10 + 20 + 10 + 3 * 3 + 10 + 3 + 120) * MINUTE_MS);
    plan_duration(plan.inverse, &shortest, &longest);
    assert_int_equal(shortest, (5 + 3) * MINUTE_MS);
    assert_int_equal(longest, (10 + 1 + 120) * MINUTE_MS);
    plan_clear(&plan);
    fixture_clear(&f);
}

/* A plan that holds needs it written; one that goes back, or only shifts, does not. */
static void on_failure_row_by_row(void **state)
{
    (void)state;
    static const struct {
        const char *yaml, *patch;
        bool needs;
    } rows[] = {
        {"", "", true},
        {"gates: {}\n", "", true},
        {"gates: {on_inconclusive: revert}\n", "", true},
        {"gates: {on_failure: stop}\n", "", false},
        {"gates: {on_failure: revert}\n", "", false},
        {"traffic: {steps: [{target: 10, hold: 0s}, {target: 100, hold: 6m}]}\n", "", true},
        {"traffic: {steps: [{target: 10, hold: 0s}, {target: 100, hold: 0s}]}\n", "", false},
        {"", "default=redirect", false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fixture f;
        struct plan plan;
        bool noted = false;
        fixture_init(&f, rows[i].yaml);
        fixture_patch(&f, rows[i].patch);
        plan_make(&plan, &f.file, &f.live, NULL, &f.provenance, &f.around);
        for (size_t n = 0; n < plan.note_count; n++)
            noted = noted || strstr(plan.notes[n], "gates.on_failure is not written");
        if (plan_needs_on_failure(&plan) != rows[i].needs || noted != rows[i].needs)
            fail_msg("[%s] [%s]: should be %d", rows[i].yaml, rows[i].patch, rows[i].needs);
        assert_true(!plan.inverse || !plan_needs_on_failure(plan.inverse));
        plan_clear(&plan);
        fixture_clear(&f);
    }
}

/* Writes on the target are on no source: who compares documents in a hold must have room for it. */
static void documents_in_holds_row_by_row(void **state)
{
    (void)state;
#define DOCUMENTS                                                                                  \
    "checks: [{documents: {name: in-sync, source: \"https://s:9200\", target: "                    \
    "\"https://t:9200\"}}]\n"
    static const struct {
        const char *yaml;
        bool noted;
    } rows[] = {
        {DOCUMENTS, true},
        {DOCUMENTS "traffic: {steps: [{target: 100, hold: 0s}]}\n", false},
        {"checks: [{http: {name: green, url: \"https://t:9200/\"}}]\n", false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fixture f;
        struct plan plan;
        bool noted = false;
        fixture_init(&f, rows[i].yaml);
        plan_make(&plan, &f.file, &f.live, NULL, &f.provenance, &f.around);
        for (size_t n = 0; n < plan.note_count; n++)
            noted = noted || text_starts(plan.notes[n], "check:in-sync is asked in holds too");
        if (noted != rows[i].noted)
            fail_msg("[%s]: should be %d", rows[i].yaml, rows[i].noted);
        plan_clear(&plan);
        fixture_clear(&f);
    }
}

static bool notes_max_rate(const struct plan *plan)
{
    for (size_t i = 0; i < plan->note_count; i++)
        if (strstr(plan->notes[i], "gates.errors.max_rate"))
            return true;
    return false;
}

/* max_rate is 1 % unless written; whoever has more than that already is told before it fails. */
static void a_source_above_max_rate_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *yaml;
        int64_t errors; /* of 1000 requests a minute */
        bool told;
    } rows[] = {
        {"", 9, false},
        {"", 10, true},
        {"gates: {errors: {max_rate: 2%}}\n", 15, false},
        {"gates: {errors: {max_rate: 2%}}\n", 25, true},
        {"traffic: {steps: [{target: 100, hold: 0s}]}\n", 25, false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fixture f;
        struct plan plan;
        fixture_init(&f, rows[i].yaml);
        struct series *recent = &f.live.recent;
        series_init(recent, &f.live.arena, recent->start_at, 20);
        for (size_t m = 0; m < recent->minutes; m++) {
            series_put(recent, &recent->arms[ARM_SOURCE][METRIC_REQUESTS],
                       series_minute_at(recent, m), 1000);
            series_put(recent, &recent->arms[ARM_SOURCE][METRIC_5XX], series_minute_at(recent, m),
                       rows[i].errors);
        }
        plan_make(&plan, &f.file, &f.live, NULL, &f.provenance, &f.around);
        if (notes_max_rate(&plan) != rows[i].told)
            fail_msg("[%s] %lld of 1000: should be %d", rows[i].yaml, (long long)rows[i].errors,
                     rows[i].told);
        plan_clear(&plan);
        fixture_clear(&f);
    }
}

static void live_decides_what_the_inverse_still_has_to_do(void **state)
{
    (void)state;
    static const struct {
        const char *patch, *actions;
        bool traffic_only;
    } rows[] = {
        {"default=S0 T1", "shift[origin] drain[target]", false},
        {"default=S900 T100", "shift[origin] drain[target]", false},
        {"default=S3 T7", "shift[origin] drain[target]", false},
        {"default=S0 T1", "shift[origin]", true},
        {"default=S0 T1, source.desired=0, source.running=0",
         "scale[source] shift[origin] drain[target]", false},
        {"default=S0 T1, source.desired=9", "shift[origin] drain[target]", false},
        /* no count is a count that nobody could read */
        {"default=S0 T1, source.desired=0, source.running=0, unknown=DescribeServices",
         "shift[origin] drain[target]", false},
        {"", "", false},
        {"default=S100 T0", "", false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fixture f;
        struct plan plan, inverse;
        struct arena arena = {0};
        fixture_init(&f, "");
        plan_make(&plan, &f.file, &f.live, NULL, &f.provenance, &f.around);
        fixture_patch(&f, rows[i].patch);
        inverse_make(&inverse, &plan, &plan.origin, &f.live, NULL, rows[i].traffic_only, &f.around);
        if (strcmp(addresses(&arena, &inverse), rows[i].actions) != 0)
            fail_msg("[%s]: is %s, should be %s", rows[i].patch, addresses(&arena, &inverse),
                     rows[i].actions);
        arena_clear(&arena);
        plan_clear(&inverse);
        plan_clear(&plan);
        fixture_clear(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(actions_row_by_row),
        cmocka_unit_test(the_target_is_scaled_to_the_larger_count),
        cmocka_unit_test(each_shift_starts_where_the_last_one_ended),
        cmocka_unit_test(a_waived_mid_cutover_assumes_its_origin),
        cmocka_unit_test(an_impossible_plan_says_why_and_does_nothing),
        cmocka_unit_test(durations_add_up),
        cmocka_unit_test(on_failure_row_by_row),
        cmocka_unit_test(documents_in_holds_row_by_row),
        cmocka_unit_test(a_source_above_max_rate_is_told),
        cmocka_unit_test(live_decides_what_the_inverse_still_has_to_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
