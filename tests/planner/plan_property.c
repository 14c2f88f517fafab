/* What holds for every routing and every plan, over seeded random ones. */
#include "tests/unit.h"

#include "planner/base/memory.h"
#include "planner/base/time.h"
#include "planner/inverse.h"
#include "planner/plan_json.h"
#include "planner/precondition.h"
#include "tests/planner/fixture.h"
#include "tests/planner/make.h"

enum { ROUTINGS = 2000, PLANS = 300 };

static uint64_t seed;

static unsigned pick(unsigned n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % n;
}

/* "oidc S3 T0 X0 sticky=60" and the like: one group to three, any order, weights small or large. */
static const char *random_words(struct arena *arena)
{
    static const unsigned weights[] = {2, 4, 10, 1000};
    const char *groups[] = {"S", "T", "X"};
    struct text text = {0};
    if (pick(4) == 0)
        text_add(&text, "oidc ");
    unsigned count = 1 + pick(3), most = weights[pick(COUNT(weights))];
    if (count == 1 && pick(2))
        text_add(&text, "single ");
    for (unsigned i = 0; i < count; i++) {
        unsigned j = i + pick(3 - i);
        const char *group = groups[j];
        groups[j] = groups[i];
        text_addf(&text, "%s%u ", group, pick(most));
    }
    if (pick(3) == 0)
        text_addf(&text, "sticky=%u", 60 + pick(2));
    const char *out = arena_strdup(arena, text.data);
    text_clear(&text);
    return out;
}

/* Weights change there and back; nothing else moves, and what went in comes out. */
static void a_share_given_and_taken_back_leaves_the_same(void **state)
{
    (void)state;
    struct arena arena = {0};
    seed = 1;
    for (int i = 0; i < ROUTINGS; i++) {
        const char *words = random_words(&arena);
        struct routing from = make_routing(&arena, words), to, again, back;
        if (!from.understood)
            continue;
        int permille = (int)pick(1001);
        routing_with_share(&to, &arena, &from, MAKE_SOURCE, MAKE_TARGET, permille);
        if (!to.understood || routing_target_permille(&to, MAKE_SOURCE, MAKE_TARGET) != permille)
            fail_msg("%s to %d: %s", words, permille, to.understood ? "another share" : to.why_not);
        if (to.sticky != from.sticky ||
            routing_weight(&to, MAKE_OTHER) != routing_weight(&from, MAKE_OTHER))
            fail_msg("%s to %d changed more than the two weights", words, permille);
        routing_with_share(&again, &arena, &to, MAKE_SOURCE, MAKE_TARGET, permille);
        if (!routing_identical(&to, &again))
            fail_msg("%s to %d twice is not the same", words, permille);
        int now = routing_target_permille(&from, MAKE_SOURCE, MAKE_TARGET);
        routing_with_share(&again, &arena, &from, MAKE_SOURCE, MAKE_TARGET, 0);
        routing_with_share(&back, &arena, &to, MAKE_SOURCE, MAKE_TARGET, 0);
        if (!routing_identical(&again, &back))
            fail_msg("%s (%d) by way of %d is not what it is directly", words, now, permille);
    }
    arena_clear(&arena);
}

static void equality_is_an_equivalence(void **state)
{
    (void)state;
    enum { SOME = 90 };
    struct arena arena = {0};
    struct routing r[SOME];
    const char *words[SOME];
    size_t pairs = 0;
    seed = 2;
    for (int i = 0; i < SOME; i++) {
        words[i] = random_words(&arena);
        r[i] = make_routing(&arena, words[i]);
    }
    for (int a = 0; a < SOME; a++) {
        struct routing copy;
        routing_copy(&copy, &arena, &r[a]);
        assert_true(routing_identical(&r[a], &copy));
        assert_true(routing_equal(&r[a], &copy));
        for (int b = 0; b < SOME; b++) {
            bool equal = routing_equal(&r[a], &r[b]);
            pairs += equal && a != b;
            if (equal != routing_equal(&r[b], &r[a]))
                fail_msg("%s and %s are equal one way only", words[a], words[b]);
            if (equal && r[a].understood &&
                routing_target_permille(&r[a], MAKE_SOURCE, MAKE_TARGET) !=
                    routing_target_permille(&r[b], MAKE_SOURCE, MAKE_TARGET))
                fail_msg("%s and %s are equal with other shares", words[a], words[b]);
            for (int c = 0; equal && c < SOME; c++)
                if (routing_equal(&r[b], &r[c]) != routing_equal(&r[a], &r[c]))
                    fail_msg("%s = %s, but not both = %s", words[a], words[b], words[c]);
        }
    }
    assert_true(pairs > 20);
    arena_clear(&arena);
}

static void more_weight_is_never_a_smaller_share(void **state)
{
    (void)state;
    struct arena arena = {0};
    seed = 3;
    for (int i = 0; i < ROUTINGS; i++) {
        unsigned s = pick(1000), t = pick(999);
        struct routing less, more;
        less = make_routing(&arena, arena_printf(&arena, "S%u T%u", s, t));
        more = make_routing(&arena, arena_printf(&arena, "S%u T%u", s, t + 1));
        int a = routing_target_permille(&less, MAKE_SOURCE, MAKE_TARGET);
        int b = routing_target_permille(&more, MAKE_SOURCE, MAKE_TARGET);
        if (a > b || b > 1000 || (b == 1000) != (s == 0))
            fail_msg("S%u T%u is %d, S%u T%u is %d", s, t, a, s, t + 1, b);
    }
    arena_clear(&arena);
}

/* ---- plans ---- */

static const char *const yamls[] = {
    "",
    "traffic: {steps: [{target: 10}, {target: 33.3, hold: 0s}, {target: 100}]}\n",
    "traffic: {steps: [{target: 0.1}]}\n",
    "revert: {restore_counts: true}\ndrain: {quiet_for: 0s}\n",
    "allow: {stickiness: \"wegen \\u00e4 \\U0001F600 \\\"x\\\" \\\\ \", mid-cutover: x}\n",
    "listener: {port: 9200}\naws: {account: \"444455556666\"} # \xC3\xA4\xE2\x82\xAC\n",
    "window: {opens: 2026-12-01T01:00:00Z, closes: 2026-12-01T03:00:00Z}\n",
};

static const char *const patches[] = {
    "",
    "default=redirect",
    "default=S0 T0",
    "default=single S",
    "default=oidc S1 T0 X0 sticky=60",
    "default=S900 T100",
    "default=S0 T1",
    "default=X1",
    "port=9300",
    "load_balancer=0",
    "source.service=0",
    "target.group=0",
    "target.desired=0, target.running=0, target.targets=",
    "target.targets=hhduion",
    "source.desired=9007199254740992",
    "requests=-, active=-, new=-, lag=-",
    "requests=999999999999999, lag=999999999999999, active=999999999999999",
    "unknown=DescribeTargetHealth (target)",
    "unsaid=GetMetricData",
    "rule=/\x1b[31m\xE2\x80\xAE, stack=\xFF\xFE not UTF-8, account=\"\\",
    "listener=9201:S1, listener=443:S1 T0",
};

static void every_plan_comes_back_the_same(void **state)
{
    (void)state;
    seed = 4;
    for (int i = 0; i < PLANS; i++) {
        struct fixture f;
        struct plan plan, back;
        struct text saved = {0}, again = {0};
        struct error err = {0};
        const char *yaml = yamls[pick(COUNT(yamls))];
        const char *one = patches[pick(COUNT(patches))], *two = patches[pick(COUNT(patches))];
        fixture_init(&f, yaml);
        fixture_patch(&f, one);
        fixture_patch(&f, two);
        plan_make(&plan, &f.file, &f.live, NULL, &f.provenance, &f.around);
        plan_write(&saved, &plan);
        if (!plan_read(&back, "saved.plan", saved.data, saved.len, &err))
            fail_msg("%s[%s, %s]: %s", yaml, one, two, err.message);
        plan_write(&again, &back);
        assert_string_equal(saved.data, again.data);
        assert_string_equal(plan.digest, back.digest);
        assert_int_equal(plan_is_possible(&plan), plan_is_possible(&back));
        assert_int_equal(plan_is_blocked(&plan), plan_is_blocked(&back));
        assert_int_equal(plan.action_count, back.action_count);
        /* no plan without actions is silent about why, but one that has nothing to do */
        assert_true(plan_is_possible(&plan) || plan_is_blocked(&plan));
        text_clear(&saved);
        text_clear(&again);
        plan_clear(&plan);
        plan_clear(&back);
        fixture_clear(&f);
    }
}

/* A forward plan never lowers the target's share or a count; its inverse ends at the origin. */
static void no_plan_does_harm(void **state)
{
    (void)state;
    seed = 5;
    for (int i = 0; i < PLANS; i++) {
        struct fixture f;
        struct plan plan;
        fixture_init(&f, yamls[pick(COUNT(yamls))]);
        fixture_patch(&f, patches[pick(COUNT(patches))]);
        fixture_patch(&f, patches[pick(COUNT(patches))]);
        plan_make(&plan, &f.file, &f.live, NULL, &f.provenance, &f.around);
        int share = f.live.listener ? routing_target_permille(&f.live.listener->routing,
                                                              MAKE_SOURCE, MAKE_TARGET)
                                    : 0;
        for (size_t a = 0; a < plan.action_count; a++) {
            const struct action *action = &plan.actions[a];
            if (action->kind == ACTION_SCALE)
                assert_true(action->arm == ARM_TARGET &&
                            action->after.count >= action->before.count);
            if (action->kind != ACTION_SHIFT)
                continue;
            assert_true(action->target_permille > share);
            share = action->target_permille;
            assert_int_equal(
                routing_target_permille(&action->after.routing, MAKE_SOURCE, MAKE_TARGET), share);
        }
        for (size_t a = 0; plan.inverse && a < plan.inverse->action_count; a++)
            if (plan.inverse->actions[a].kind == ACTION_SHIFT)
                assert_true(routing_identical(&plan.inverse->actions[a].after.routing,
                                              &plan.origin.routing));
        plan_clear(&plan);
        fixture_clear(&f);
    }
}

static void read_again(struct fixture *f, size_t most)
{
    struct plan plan, back;
    struct text saved = {0};
    struct error err = {0};
    plan_make(&plan, &f->file, &f->live, NULL, &f->provenance, &f->around);
    plan_write(&saved, &plan);
    assert_true(saved.len < most);
    if (!plan_read(&back, "saved.plan", saved.data, saved.len, &err))
        fail_msg("%s", err.message);
    plan_clear(&back);
    plan_clear(&plan);
    text_clear(&saved);
}

/* The most steps that a plan file may have, and a default rule of the longest texts: what is
 * written can be read again, and the state that holds it twice, too. */
static void the_longest_plan_can_be_read_again(void **state)
{
    (void)state;
    struct fixture f;
    struct text yaml = {0};
    struct routing_member members[400] = {{"member.1.Type", "authenticate-oidc"}};
    text_add(&yaml, "traffic:\n  steps:\n");
    for (int p = 1; p <= PLANFILE_MAX_STEPS; p++)
        text_addf(&yaml, "    - {target: %d, hold: 6m}\n", p);
    fixture_init(&f, yaml.data);
    struct arena *arena = &f.live.arena;
    struct routing *routing = &f.live.listeners[0].routing;
    size_t n = 1;
    for (int i = 1; i <= 10; i++) { /* AWS: ten extra parameters */
        const char *path = arena_printf(
            arena, "member.1.AuthenticateOidcConfig.AuthenticationRequestExtraParams.entry.%d", i);
        members[n++] = (struct routing_member){arena_printf(arena, "%s.key", path),
                                               arena_printf(arena, "%0250d", i)};
        members[n++] = (struct routing_member){arena_printf(arena, "%s.value", path),
                                               arena_printf(arena, "%0250d", i)};
    }
    for (size_t i = 0; i < routing->member_count; i++)
        members[n++] = (struct routing_member){
            arena_printf(arena, "member.2%s", routing->members[i].path + strlen("member.1")),
            text_ends(routing->members[i].path, ".Order") ? "2" : routing->members[i].value};
    routing_interpret(routing, arena, members, n);
    assert_true(routing->understood);
    read_again(&f, PLAN_MAX_BYTES);
    text_clear(&yaml);
    fixture_clear(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_share_given_and_taken_back_leaves_the_same),
        cmocka_unit_test(equality_is_an_equivalence),
        cmocka_unit_test(more_weight_is_never_a_smaller_share),
        cmocka_unit_test(every_plan_comes_back_the_same),
        cmocka_unit_test(no_plan_does_harm),
        cmocka_unit_test(the_longest_plan_can_be_read_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
