#include "tests/unit.h"

#include "planner/transition.h"
#include "tests/planner/make.h"

static struct arena arena;

static int clear(void **state)
{
    (void)state;
    arena_clear(&arena);
    return 0;
}

static const char *decision_name(enum transition decision, bool moved)
{
    static const char *const names[] = {"done", "send", "drift"};
    return decision == TRANSITION_SEND && moved ? "send, moved" : names[decision];
}

/* DESIGN, section 5: equals after -> done, equals before -> send, neither -> drift; a fallback goes
 * back from any weights among known groups, to the letter. The origin here knows S and T. */
static void shifts_row_by_row(void **state)
{
    (void)state;
    static const struct {
        enum direction direction;
        const char *before, *after, *live, *decision;
    } rows[] = {
        {FORWARD, "S1 T0", "S0 T1", "S1 T0", "send"},
        {FORWARD, "S1 T0", "S0 T1", "S100 T0", "send"},
        {FORWARD, "S1 T0", "S0 T1", "single S", "send"},
        {FORWARD, "S1 T0", "S0 T1", "T0 S5", "send"},
        {FORWARD, "S1 T0", "S0 T1", "S1 T0 X0", "drift"}, /* our list would drop it */
        {FORWARD, "S1 T0 X0", "S0 T1 X0", "S1 T0", "drift"},
        {FORWARD, "S1 T0 X0", "S0 T1 X0", "X0 T0 S1", "send"},
        {FORWARD, "S1 T0", "S0 T1", "S0 T1 X0", "drift"},
        {FORWARD, "S1 T0", "S0 T1", "S1 T0 off=60", "drift"},
        {FORWARD, "S1 T0", "S0 T1", "oidc S1 T0", "drift"},
        {FORWARD, "S1 T0", "S0 T1", "S0 T1", "done"},
        {FORWARD, "S1 T0", "S0 T1", "T999", "done"},
        {FORWARD, "S1 T0", "S900 T100", "S9 T1", "done"},
        {FORWARD, "S1 T0", "S0 T1", "S900 T100", "drift"},
        {FORWARD, "S1 T0", "S0 T1", "S1 T0 X1", "drift"},
        {FORWARD, "S1 T0", "S0 T1", "S1 T0 sticky=600", "drift"},
        {FORWARD, "S1 T0", "S0 T1", "S0 T0", "drift"},
        {FORWARD, "S1 T0", "S0 T1", "redirect", "drift"},
        {INVERSE, "S0 T1", "S1 T0", "S0 T1", "send"},
        {INVERSE, "S0 T1", "S1 T0", "S1 T0", "done"},
        {INVERSE, "S0 T1", "S1 T0", "S2 T0", "send, moved"},
        {INVERSE, "S0 T1", "S1 T0", "S900 T100", "send, moved"},
        {INVERSE, "S0 T1", "S1 T0", "S0 T1 sticky=600", "send, moved"},
        {INVERSE, "S0 T1", "S1 T0", "S0 T0", "send, moved"},
        {INVERSE, "S0 T1", "S1 T0", "S0 T1 X0", "send, moved"},
        {INVERSE, "S0 T1", "S1 T0", "S1 T0 X0", "send, moved"},
        {INVERSE, "S0 T1", "S1 T0", "S0 T1 X1", "drift"},
        {INVERSE, "S0 T1", "S1 T0", "redirect", "drift"},
        {INVERSE, "S0 T1", "single S", "S1 T0", "send, moved"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct plan plan = {.direction = rows[i].direction};
        struct action action = {.kind = ACTION_SHIFT};
        struct listener_snapshot listener = {.routing = make_routing(&arena, rows[i].live)};
        struct snapshot live = {.listener = &listener};
        bool moved;
        make_subject(&plan.subject);
        listener.arn = plan.subject.listener_arn;
        plan.origin.routing = make_routing(&arena, "S1 T0");
        action.before.routing = make_routing(&arena, rows[i].before);
        action.after.routing = make_routing(&arena, rows[i].after);
        enum transition decision = transition_of(&plan, &action, &live, &moved);
        if (strcmp(decision_name(decision, moved), rows[i].decision) != 0)
            fail_msg("row %zu: %s -> %s at %s: %s, not %s", i, rows[i].before, rows[i].after,
                     rows[i].live, decision_name(decision, moved), rows[i].decision);
    }
}

static void a_group_of_the_origin_is_known(void **state)
{
    (void)state;
    struct plan plan = {.direction = INVERSE};
    struct action action = {.kind = ACTION_SHIFT};
    struct listener_snapshot listener = {.routing = make_routing(&arena, "S0 T1 X1")};
    struct snapshot live = {.listener = &listener};
    bool moved;
    make_subject(&plan.subject);
    listener.arn = plan.subject.listener_arn;
    plan.origin.routing = action.after.routing = make_routing(&arena, "S1 T0 X1");
    action.before.routing = make_routing(&arena, "S0 T1");
    assert_int_equal(transition_of(&plan, &action, &live, &moved), TRANSITION_SEND);
    assert_true(moved);
}

static void scales_row_by_row(void **state)
{
    (void)state;
    static const struct {
        enum direction direction;
        enum arm arm;
        int64_t before, after, live; /* live -1: no such service */
        const char *decision;
    } rows[] = {
        {FORWARD, ARM_TARGET, 0, 2, 0, "send"},        {FORWARD, ARM_TARGET, 0, 2, 2, "done"},
        {FORWARD, ARM_TARGET, 0, 2, 5, "done"}, /* never down */
        {FORWARD, ARM_TARGET, 0, 2, 1, "drift"},       {FORWARD, ARM_TARGET, 1, 2, 0, "drift"},
        {FORWARD, ARM_TARGET, 0, 2, -1, "drift"},      {INVERSE, ARM_SOURCE, 0, 2, 0, "send"},
        {INVERSE, ARM_SOURCE, 0, 2, 1, "send, moved"}, {INVERSE, ARM_SOURCE, 0, 2, 2, "done"},
        {INVERSE, ARM_SOURCE, 0, 2, 3, "done"},        {INVERSE, ARM_SOURCE, 0, 2, -1, "drift"},
        {INVERSE, ARM_TARGET, 2, 0, 2, "send"}, /* the restoring one wants exactly its count */
        {INVERSE, ARM_TARGET, 2, 0, 0, "done"},        {INVERSE, ARM_TARGET, 2, 0, 1, "drift"},
        {INVERSE, ARM_TARGET, 2, 0, 3, "drift"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct plan plan = {.direction = rows[i].direction};
        struct action action = {.kind = ACTION_SCALE, .arm = rows[i].arm};
        struct snapshot live = {0};
        bool moved;
        action.before.count = rows[i].before;
        action.after.count = rows[i].after;
        live.arms[rows[i].arm].service.found = rows[i].live >= 0;
        live.arms[rows[i].arm].service.desired = rows[i].live;
        enum transition decision = transition_of(&plan, &action, &live, &moved);
        if (strcmp(decision_name(decision, moved), rows[i].decision) != 0)
            fail_msg("row %zu: %s, not %s", i, decision_name(decision, moved), rows[i].decision);
    }
}

static void no_listener_is_drift(void **state)
{
    (void)state;
    struct plan plan = {.direction = FORWARD};
    struct action action = {.kind = ACTION_SHIFT};
    struct snapshot live = {.why_no_listener = "no listener on port 9200"};
    bool moved;
    make_subject(&plan.subject);
    action.before.routing = make_routing(&arena, "S1 T0");
    action.after.routing = make_routing(&arena, "S0 T1");
    assert_int_equal(transition_of(&plan, &action, &live, &moved), TRANSITION_DRIFT);
    assert_false(transition_agrees(&plan, &action, &live));
    assert_string_equal(transition_explain(&arena, &plan, &action, &live),
                        "recorded: source 1, target 0; live: no listener on port 9200; wanted: "
                        "source 0, target 1");
}

static void the_read_back_takes_aws_own_shape(void **state)
{
    (void)state;
    struct plan plan = {.direction = INVERSE};
    struct action action = {.kind = ACTION_SHIFT};
    struct listener_snapshot listener = {.routing = make_routing(&arena, "S1 T0")};
    struct snapshot live = {.listener = &listener};
    action.after.routing = make_routing(&arena, "single S");
    assert_true(transition_agrees(&plan, &action, &live));
    action.after.routing = make_routing(&arena, "S0 T1");
    assert_false(transition_agrees(&plan, &action, &live));
}

/* Deleted and made anew on the same port: a request by the recorded ARN does not reach it. */
static void another_listener_is_drift_both_ways(void **state)
{
    (void)state;
    for (int direction = FORWARD; direction <= INVERSE; direction++) {
        struct plan plan = {.direction = (enum direction)direction};
        struct action action = {.kind = ACTION_SHIFT};
        struct listener_snapshot listener = {.arn = "arn:of:another",
                                             .routing = make_routing(&arena, "S0 T1")};
        struct snapshot live = {.listener = &listener};
        bool moved;
        make_subject(&plan.subject);
        action.before.routing = make_routing(&arena, "S1 T0");
        action.after.routing = make_routing(&arena, "S0 T1");
        assert_int_equal(transition_of(&plan, &action, &live, &moved), TRANSITION_DRIFT);
        assert_false(transition_agrees(&plan, &action, &live));
        assert_string_equal(transition_explain(&arena, &plan, &action, &live),
                            "recorded: source 1, target 0; live: source 0, target 1, but of "
                            "another listener, arn:of:another; wanted: source 0, target 1");
    }
}

static void says_recorded_live_and_wanted(void **state)
{
    (void)state;
    struct plan plan = {.direction = FORWARD};
    struct action action = {.kind = ACTION_SCALE, .arm = ARM_TARGET};
    struct snapshot live = {0};
    action.before.count = 0;
    action.after.count = 2;
    live.arms[ARM_TARGET].service.found = true;
    live.arms[ARM_TARGET].service.desired = 1;
    assert_string_equal(transition_explain(&arena, &plan, &action, &live),
                        "recorded: 0 desired; live: 1 desired; wanted: 2 desired");
}

static void says_what_the_weights_do_not_show(void **state)
{
    (void)state;
    struct plan plan = {.direction = FORWARD};
    struct action action = {.kind = ACTION_SHIFT};
    struct listener_snapshot listener = {.routing = make_routing(&arena, "S1 T0 sticky=600")};
    struct snapshot live = {.listener = &listener};
    make_subject(&plan.subject);
    listener.arn = plan.subject.listener_arn;
    action.before.routing = make_routing(&arena, "S1 T0");
    action.after.routing = make_routing(&arena, "S0 T1");
    assert_string_equal(transition_explain(&arena, &plan, &action, &live),
                        "recorded: source 1, target 0; live: source 1, target 0, but "
                        "TargetGroupStickinessConfig.Enabled was false and is true; wanted: "
                        "source 0, target 1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(shifts_row_by_row, clear),
        cmocka_unit_test_teardown(a_group_of_the_origin_is_known, clear),
        cmocka_unit_test_teardown(scales_row_by_row, clear),
        cmocka_unit_test_teardown(no_listener_is_drift, clear),
        cmocka_unit_test_teardown(the_read_back_takes_aws_own_shape, clear),
        cmocka_unit_test_teardown(another_listener_is_drift_both_ways, clear),
        cmocka_unit_test_teardown(says_recorded_live_and_wanted, clear),
        cmocka_unit_test_teardown(says_what_the_weights_do_not_show, clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
