#include "tests/unit.h"

#include "planner/routing.h"
#include "tests/planner/make.h"

#define S MAKE_SOURCE
#define T MAKE_TARGET

static struct arena arena;

static int clear(void **state)
{
    (void)state;
    arena_clear(&arena);
    return 0;
}

static struct routing forward(const char *what)
{
    return make_routing(&arena, what);
}

/* DESIGN, section 3: live weights are compared as ratios, a single group equals any weight of it;
 * argo-rollouts and aws-load-balancer-controller: compare groups as a set, never drop a zero that
 * matters. */
static void equality_row_by_row(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        bool equal;
    } rows[] = {
        {"S1 T0", "S1 T0", true},
        {"S1 T0", "S100 T0", true},
        {"S1 T0", "S999 T0", true},
        {"S1 T0", "T0 S1", true},
        {"S1 T0", "S1", true},
        {"S1 T0", "single S", true},
        {"S1 T0", "plain S", true},
        {"S1 T0", "S1 T0 X0", true},
        {"S900 T100", "S9 T1", true},
        {"S900 T100", "T10 S90", true},
        {"single S", "plain S", true},
        {"S1 T0", "S0 T1", false},
        {"S1 T0", "S1 T1", false},
        {"S900 T100", "S899 T100", false},
        {"S1 T0", "S1 T0 X1", false},
        {"S1 T0", "single T", false},
        {"S1 T0", "S1 T0 sticky=60", false},
        {"S1 T0 sticky=60", "S1 T0 sticky=61", false},
        {"S1 T0 sticky=60", "S2 T0 sticky=60", true},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct routing a = forward(rows[i].a), b = forward(rows[i].b);
        if (routing_equal(&a, &b) != rows[i].equal || routing_equal(&b, &a) != rows[i].equal)
            fail_msg("%s and %s should%s be equal", rows[i].a, rows[i].b,
                     rows[i].equal ? "" : " not");
    }
}

/* What a list made from the record would overwrite must be what was recorded. */
static void as_recorded_row_by_row(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        bool same;
    } rows[] = {
        {"S1 T0", "S1 T0", true},
        {"S1 T0", "T0 S100", true},
        {"S1 T0", "S1", true}, /* an arm is named by every list that is sent */
        {"S1 T0", "single S", true},
        {"S1 T0", "plain S", true},
        {"single T", "S0 T1", true},
        {"S1 T0", "S1 T0 X0", false},
        {"S1 T0 X0", "X0 T0 S7", true},
        {"single X", "X3", true},
        {"X1", "X1 S0", true},
        {"S1 T0", "S9 T1", false},
        {"S1 T0", "S1 T0 sticky=60", false},
        {"S1 T0", "S1 T0 off=60", false},
        {"S1 T0 off=61", "S1 T0 off=60", false},
        {"S1 T0 off=60", "S2 T0 off=60", true},
        {"S1 T0 sticky=60", "S2 T0 sticky=60", true},
        {"S1 T0", "oidc S1 T0", false},
        {"redirect", "redirect", true},
        {"redirect", "S1 T0", false},
        {"S0 T0", "S0 T0", true},
        {"S0 T0", "T0 S0", false}, /* not understood: to the letter */
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct routing a = forward(rows[i].a), b = forward(rows[i].b);
        if (routing_as_recorded(&a, &b, S, T) != rows[i].same ||
            routing_as_recorded(&b, &a, S, T) != rows[i].same)
            fail_msg("%s is%s as recorded by %s", rows[i].a, rows[i].same ? "" : " not", rows[i].b);
    }
}

static void an_unknown_property_of_stickiness_is_compared(void **state)
{
    (void)state;
    struct routing_member members[] = {
        {"member.1.Type", "forward"},
        {"member.1.TargetGroupArn", S},
        {"member.1.ForwardConfig.TargetGroupStickinessConfig.Mode", "strict"}};
    struct routing a, b;
    routing_interpret(&a, &arena, members, 3);
    routing_interpret(&b, &arena, members, 2);
    assert_true(a.understood && b.understood);
    assert_false(routing_equal(&a, &b));
    assert_false(routing_as_recorded(&a, &b, S, T));
}

/* A property of the forward that we do not know is no share: when it moves, live has moved. */
static void an_unknown_property_is_compared(void **state)
{
    (void)state;
    static const char path[] = "member.1.ForwardConfig.Mitigation";
    struct routing_member members[] = {
        {"member.1.Type", "forward"}, {"member.1.TargetGroupArn", S}, {path, "off"}};
    struct routing a, b, c;
    routing_interpret(&a, &arena, members, 3);
    routing_interpret(&b, &arena, members, 2);
    members[2].value = "on";
    routing_interpret(&c, &arena, members, 3);
    assert_true(a.understood && b.understood && c.understood);
    assert_true(routing_equal(&a, &a));
    assert_false(routing_equal(&a, &b));
    assert_false(routing_equal(&a, &c));
    routing_with_share(&b, &arena, &a, S, T, 1000);
    assert_true(b.understood);
    routing_with_share(&c, &arena, &b, S, T, 0);
    assert_true(routing_equal(&a, &c));
}

static void what_cannot_be_sent_back_is_not_understood(void **state)
{
    (void)state;
    static const struct {
        struct routing_member members[6];
        const char *why; /* NULL: understood */
    } rows[] = {
        {{{"member.1.Type", "redirect"}, {"member.1.RedirectConfig.StatusCode", "HTTP_301"}},
         "redirect"},
        {{{"member.1.Type", "fixed-response"}}, "fixed-response"},
        {{{"member.1.Type", "jwt-validation"}}, "jwt-validation"},
        {{{"member.1.Type", "authenticate-oidc"}}, "forwards to no"},
        {{{"x", "y"}}, "no action"},
        {{{"member.1.Type", "forward"}}, "cannot be read"},
        {{{"member.1.Type", "forward"},
          {"member.1.ForwardConfig.TargetGroups.member.1.TargetGroupArn", S},
          {"member.1.ForwardConfig.TargetGroups.member.1.Weight", "1000"}},
         "cannot be read"},
        {{{"member.1.Type", "forward"},
          {"member.1.ForwardConfig.TargetGroups.member.1.TargetGroupArn", S},
          {"member.1.ForwardConfig.TargetGroups.member.1.Weight", "0"}},
         "all weights"},
        /* what the reading would lose could not be sent back */
        {{{"member.1.Type", "forward"}, {"member.1.TargetGroupArn", S}, {"Odd", "1"}},
         "cannot be read"},
        {{{"member.1.Type", "forward"}, {"member.1.TargetGroupArn", S}, {"member.1001.Type", "x"}},
         "cannot be read"},
        {{{"member.1.Type", "forward"},
          {"member.1.ForwardConfig.TargetGroups.member.1.TargetGroupArn", S},
          {"member.1.ForwardConfig.TargetGroups.member.1.Zone", "a"}},
         "cannot be read"},
        {{{"member.1.Type", "forward"},
          {"member.1.ForwardConfig.TargetGroups.member.1.TargetGroupArn", S},
          {"member.1.ForwardConfig.TargetGroups.member.2.TargetGroupArn", S}},
         "cannot be read"},
        {{{"member.1.Type", "forward"},
          {"member.1.TargetGroupArn", S},
          {"member.1.ForwardConfig.TargetGroupStickinessConfig.Enabled", "true"},
          {"member.1.ForwardConfig.TargetGroupStickinessConfig.DurationSeconds",
           "9223372036854775807"}},
         "cannot be read"},
        {{{"member.2.Type", "forward"},
          {"member.2.Order", "2"},
          {"member.2.TargetGroupArn", S},
          {"member.1.Type", "authenticate-oidc"},
          {"member.1.Order", "1"}},
         NULL},
        /* the order is a field, not the place in the list */
        {{{"member.1.Type", "forward"},
          {"member.1.Order", "2"},
          {"member.1.TargetGroupArn", S},
          {"member.2.Type", "authenticate-cognito"},
          {"member.2.Order", "1"}},
         NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        size_t n = 0;
        while (n < 6 && rows[i].members[n].path)
            n++;
        struct routing r;
        routing_interpret(&r, &arena, rows[i].members, n);
        assert_int_equal(r.understood, rows[i].why == NULL);
        if (rows[i].why)
            assert_non_null(strstr(r.why_not, rows[i].why));
    }
}

/* DESIGN, section 3: 100 % is target 1, source 0; p % is target 10p, source 1000 - 10p. */
static void shares_as_the_design_has_them(void **state)
{
    (void)state;
    static const struct {
        const char *from;
        int permille, source, target;
    } rows[] = {
        {"S1 T0", 1000, 0, 1},        {"S1 T0", 100, 900, 100}, {"S1 T0", 1, 999, 1},
        {"S900 T100", 500, 500, 500}, {"S0 T1", 0, 1, 0},       {"single S", 1000, 0, 1},
        {"plain S", 250, 750, 250},   {"T0 S7", 1000, 0, 1},    {"S1 X0", 1000, 0, 1},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct routing from = forward(rows[i].from), to;
        routing_with_share(&to, &arena, &from, S, T, rows[i].permille);
        assert_true(to.understood);
        assert_int_equal(routing_weight(&to, S), rows[i].source);
        assert_int_equal(routing_weight(&to, T), rows[i].target);
        assert_int_equal(routing_target_permille(&to, S, T), rows[i].permille);
        assert_int_equal(to.sticky, from.sticky);
        /* a group beside the two keeps its place */
        assert_int_equal(to.share_count, from.share_count > 2 || strchr(rows[i].from, 'X') ? 3 : 2);
    }
}

static void only_weights_change(void **state)
{
    (void)state;
    struct routing from = forward("S1 T0 sticky=600"), there, back;
    routing_with_share(&there, &arena, &from, S, T, 1000);
    routing_with_share(&back, &arena, &there, S, T, 0);
    assert_true(routing_identical(&from, &back));
    assert_int_equal(there.member_count, from.member_count);
    size_t changed = 0;
    for (size_t i = 0; i < from.member_count; i++) {
        assert_string_equal(from.members[i].path, there.members[i].path);
        changed += strcmp(from.members[i].value, there.members[i].value) != 0;
    }
    assert_int_equal(changed, 2);
}

static void permille_never_rounds_to_an_end(void **state)
{
    (void)state;
    struct routing r = forward("S999 T0");
    assert_int_equal(routing_target_permille(&r, S, T), 0);
    r = forward("S1 T999");
    assert_int_equal(routing_target_permille(&r, S, T), 999);
    r = forward("S2 T1");
    assert_int_equal(routing_target_permille(&r, S, T), 333);
    r = forward("X1");
    assert_int_equal(routing_target_permille(&r, S, T), -1);
}

static void json_keeps_every_member(void **state)
{
    (void)state;
    struct routing from = forward("S1 T0 X0 sticky=600"), back;
    struct text text = {0};
    struct json_writer w = {.out = &text};
    routing_write_json(&w, NULL, &from);
    struct json_document doc;
    struct error err = {0};
    assert_true(json_read(&doc, text.data, text.len, (struct json_limits){1 << 20, 16}, &err));
    assert_true(routing_read_json(&back, &arena, doc.root, &err));
    assert_true(routing_identical(&from, &back));
    json_document_clear(&doc);
    text_clear(&text);
}

static void what_weights_do_not_show_row_by_row(void **state)
{
    (void)state;
    static const struct {
        const char *was, *now, *hidden;
    } rows[] = {
        {"S1 T0", "S1 T0 sticky=600", "TargetGroupStickinessConfig.Enabled was false and is true"},
        {"S1 T0 sticky=600", "S1 T0", "TargetGroupStickinessConfig.Enabled was true and is false"},
        {"S1 T0 sticky=600", "S1 T0 sticky=60",
         "TargetGroupStickinessConfig.DurationSeconds was 600 and is 60"},
        {"S1 T0", "S1 T0", ""},
        {"S1 T0", "S9 T1 sticky=600", ""}, /* the weights say it */
        {"S1 T0", "S1", ""},               /* routes every request alike */
        {"S1 T0", "S1 T0 X0", ""},         /* the weights show it */
        {"S1 T0", "T0 S1 sticky=600", "TargetGroupStickinessConfig.Enabled was false and is true"},
        {"S1 T0", "S1 T0 off=600",
         "TargetGroupStickinessConfig.DurationSeconds was not there and is 600"},
        {"S1 T0", "oidc S1 T0", "1.Type was forward and is authenticate-oidc"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct routing was = forward(rows[i].was), now = forward(rows[i].now);
        assert_string_equal(routing_describe_hidden(&arena, &was, &now, S, T), rows[i].hidden);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(equality_row_by_row, clear),
        cmocka_unit_test_teardown(as_recorded_row_by_row, clear),
        cmocka_unit_test_teardown(an_unknown_property_is_compared, clear),
        cmocka_unit_test_teardown(an_unknown_property_of_stickiness_is_compared, clear),
        cmocka_unit_test_teardown(what_cannot_be_sent_back_is_not_understood, clear),
        cmocka_unit_test_teardown(shares_as_the_design_has_them, clear),
        cmocka_unit_test_teardown(only_weights_change, clear),
        cmocka_unit_test_teardown(permille_never_rounds_to_an_end, clear),
        cmocka_unit_test_teardown(what_weights_do_not_show_row_by_row, clear),
        cmocka_unit_test_teardown(json_keeps_every_member, clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
