#include "tests/unit.h"

#include "planner/inverse.h"
#include "planner/precondition.h"
#include "tests/planner/fixture.h"

/*
 * The decision table, row by row: DESIGN section 4 and the runbook's steps say what each verdict
 * has to be. `plan` is the verdict when planning, `act` the one of the executor right before the
 * shift (of the drain, baseline where the row guards those), where nothing is deferred any more.
 */
#define CHECKS                                                                                     \
    "checks: [{http: {name: up, url: \"http://a\"}}, {documents: {name: same, source: "            \
    "\"http://a\", target: \"http://b\"}}]\n"

struct row {
    const char *id;
    const char *yaml; /* behind the two lines */
    const char *patch;
    const char *plan, *act; /* "-": the row does not stand in this plan */
    const char *observed;   /* a part of it, or NULL */
};

static const struct row rows[] = {
    {"account", "", "", "ok", "ok", "111122223333"},
    {"account", "aws: {account: \"111122223333\"}\n", "", "ok", "ok", "111122223333"},
    {"account", "aws: {account: \"444455556666\"}\n", "", "blocks", "blocks", "444455556666"},
    {"service-found", "", "", "ok", "ok", "both active"},
    {"service-found", "", "target.service=0", "blocks", NULL,
     "migration-prod-target-cluster-proxy is not in cluster migration-prod-ecs-cluster"},
    {"service-found", "", "unknown=DescribeServices", "unknown", "unknown", "not allowed"},
    {"groups-known", "", "source.group=0", "blocks", NULL, "ALBSourceProxy-prod-TG does not exist"},
    {"groups-known", "", "default=S1 T0 X0", "ok", "ok", NULL},
    {"groups-known", "", "default=S1 T0 X1", "blocks", "blocks", "other has weight 1"},
    {"listener-found", "", "", "ok", "ok", "port 9200"},
    {"listener-found", "", "load_balancer=0", "blocks", NULL, "MigrationAssistant-prod does not"},
    {"listener-found", "", "listener=443:S1 T0", "blocks", NULL, "port 9200"},
    {"listener-found", "", "listener=443:S1 T0", "blocks", NULL, "port 443"},
    {"listener-found", "", "listener=443:S1 T0, port=443", "ok", "ok", "port 443"},
    {"listener-found", "", "default=single S", "blocks", NULL, "port 9200 (source 1, target 0)"},
    {"listener-found", "", "default=single S, port=9200", "ok", "ok", NULL},
    {"listener-found", "", "port=9300", "blocks", NULL, "no listener on port 9300"},
    {"listener-found", "", "default=X1, port=9200", "blocks", NULL, "forwards to other groups"},
    {"service-feeds-group", "", "", "ok", "ok", NULL},
    {"service-feeds-group", "", "target.feeds=0", "blocks", "blocks",
     "does not name ALBTargetProxy-prod-TG"},
    {"routing-understood", "", "", "ok", "ok", "a forward"},
    {"routing-understood", "", "default=oidc S1 T0", "ok", "ok", "authentication, then a forward"},
    {"routing-understood", "listener: {port: 9200}\n", "default=redirect", "blocks", NULL,
     "the default action is a redirect"},
    {"routing-understood", "", "default=S0 T0", "blocks", NULL, "all weights"},
    {"mid-cutover", "", "", "ok", "ok", NULL},
    {"mid-cutover", "", "default=S900 T100", "blocks", "blocks", "no state says why"},
    {"capture-count", "", "", "ok", "ok", "2 desired, 2 running"},
    {"capture-count", "", "source.desired=1, source.running=1", "blocks", "blocks", "1 desired"},
    {"capture-count", "", "source.desired=0, source.running=0", "blocks", "blocks", "0 desired"},
    {"capture-count", "", "source.running=1", "blocks", "blocks", "2 desired, 1 running"},
    {"capture-count", "source: {min_count: 1}\n", "source.desired=1, source.running=1", "ok", "ok",
     NULL},
    {"capacity-parity", "", "", "ok", "ok", NULL},
    {"capacity-parity", "", "target.desired=5, target.running=5", "ok", "ok", "target 5 desired"},
    {"capacity-parity", "", "target.desired=0, target.running=0", "deferred", "blocks", NULL},
    {"capacity-parity", "", "target.running=1", "deferred", "blocks", "1 running"},
    {"capacity-parity", "target: {count: 1}\n", "target.desired=1, target.running=1", "blocks",
     "blocks", "target.count is 1"},
    {"capacity-parity", "target: {count: 1}\n", "target.desired=5, target.running=1", "deferred",
     "blocks", NULL},
    {"capacity-parity", "", "source.running=3", "deferred", "blocks", "source 3"},
    {"targets-healthy", "", "", "ok", "ok", "2 healthy; 2 planned"},
    {"targets-healthy", "", "target.targets=hu", "blocks", "blocks", "[503]"},
    {"targets-healthy", "", "target.targets=hi", "deferred", "blocks", "1 initial"},
    {"targets-healthy", "", "target.targets=hho", "blocks", "blocks", "1 other"},
    {"targets-healthy", "", "target.targets=nn", "blocks", "blocks",
     "(10.0.1.1: Target group is not configured to receive traffic)"},
    {"targets-healthy", "", "target.targets=", "blocks", "blocks", "no targets"},
    {"targets-healthy", "", "target.targets=, target.desired=0, target.running=0", "deferred",
     "blocks", "no targets"},
    /* nothing is going to check them, so there is nothing to wait for */
    {"targets-healthy", "listener: {port: 9200}\n",
     "default=single S, target.targets=, target.desired=0, target.running=0", "blocks", "blocks",
     "no targets; 0 planned, and no listener names its group"},
    {"targets-healthy", "listener: {port: 9200}\n",
     "default=single S, target.targets=, target.desired=0, target.running=0, unknown=DescribeRules",
     "deferred", "blocks", "no targets"},
    {"targets-healthy", "", "unknown=DescribeTargetHealth (target)", "unknown", "unknown",
     "not allowed"},
    {"none-draining", "", "", "ok", "ok", "0 draining"},
    {"none-draining", "", "target.targets=hhd", "deferred", "blocks", "1 draining"},
    {"service-stable", "", "", "ok", "ok", NULL},
    {"service-stable", "", "target.rollouts=2", "blocks", "blocks", "has 2 deployments"},
    {"service-stable", "", "source.rollouts=2", "blocks", "blocks", "capture-proxy"},
    {"connections", "", "", "ok", "ok", "300 active, 150 new"},
    {"connections", "", "active=2000, new=20", "warns", "warns", "2000 active, 20 new"},
    {"connections", "", "active=200, new=0", "warns", "warns", NULL},
    {"connections", "", "active=-, new=-", "unknown", "unknown", NULL},
    {"connections", "", "unknown=GetMetricData", "unknown", "unknown", "not allowed"},
    {"baseline-traffic", "", "", "ok", "ok", "72000 requests"},
    {"baseline-traffic", "", "requests=0", "blocks", "blocks", "0 requests"},
    {"baseline-traffic", "", "requests=-", "blocks", "blocks", "0 requests"},
    {"baseline-traffic", "", "requests=-, active=-, new=-", "unknown", "unknown", "no data"},
    {"stickiness", "", "", "ok", "ok", "off"},
    {"stickiness", "", "default=S1 T0 sticky=600", "blocks", "blocks", "600 s"},
    {"stickiness", "", "target.group_sticky=1", "warns", "warns", "target group's own"},
    {"other-rules", "", "", "ok", "ok", NULL},
    {"other-rules", "", "rule=/_bulk*", "warns", "warns", "rule 10 (path-pattern /_bulk*)"},
    {"other-rules", "", "rule=/a, rule=/b, rule=/c, rule=/d, rule=/e, rule=/f, rule=/g", "warns",
     "warns", "rule 10 (path-pattern /e), and 2 more"},
    {"shared-target-group", "", "", "ok", "ok", NULL},
    {"shared-target-group", "", "listener=9300:redirect, rule9300=/x", "warns", "warns",
     "port 9300 (by rule 10)"},
    {"shared-target-group", "", "listener=9201:S1", "warns", "warns", "port 9201"},
    {"shared-target-group", "", "listener=9300:X1", "ok", "ok", NULL},
    {"other-rules", "", "unsaid=DescribeRules", "unknown", "unknown", "DescribeRules was not read"},
    {"autoscaling", "", "", "unknown", "unknown", "not asked"},
    {"slow-start", "", "", "ok", "ok", "off"},
    {"slow-start", "", "target.slow_start=60", "warns", "warns", "60 s"},
    {"managed-listener", "", "", "ok", "ok", NULL},
    {"managed-listener", "", "stack=OSMigrations-prod", "warns", "warns", "OSMigrations-prod"},
    {"split-writes", "", "", "-", "-", NULL},
    {"split-writes", "traffic: {steps: [{target: 10, hold: 10m}, {target: 100}]}\n", "", "warns",
     "warns", "1 partial step"},
    {"replay-lag", "", "", "ok", "ok", "behind"},
    {"replay-lag", "", "lag=60000", "ok", "ok", "1m behind"},
    {"replay-lag", "", "lag=60001", "blocks", "blocks", NULL},
    {"replay-lag", "", "lag=-", "warns", "warns", "nothing lately"},
    {"window", "", "", "ok", "ok", "no window"},
    {"window", "window: {opens: 2026-12-01T03:00:00Z, closes: 2026-12-01T05:00:00Z}\n", "",
     "deferred", "blocks", "opens 2026-12-01T03:00:00Z for 2h; latest safe start 2026-12-01T05:0"},
    {"window", "window: {opens: 2026-12-01T01:00:00Z, closes: 2026-12-01T03:00:00Z}\n", "", "ok",
     "ok", "latest safe start 2026-12-01T03:00:00Z"},
    {"window", "window: {opens: 2026-12-01T00:00:00Z, closes: 2026-12-01T02:00:00Z}\n", "",
     "blocks", "blocks", "closed at"},
    /* 10 minutes to scale, a hold of 30 minutes and 4 to settle it, before the last shift */
    /* closed before the last shift of this plan can be reached, whenever it starts */
    {"window",
     "window: {opens: 2026-12-01T03:00:00Z, closes: 2026-12-01T03:20:00Z}\n"
     "traffic: {steps: [{target: 10, hold: 30m}, {target: 100}]}\n",
     "", "warns", "blocks", "03:20:00Z is too short: the last shift may come 34m after the start"},
    {"window",
     "window: {opens: 2026-12-01T01:00:00Z, closes: 2026-12-01T02:30:00Z}\n"
     "traffic: {steps: [{target: 10, hold: 30m}, {target: 100}]}\n",
     "target.desired=1, target.running=1", "warns", "ok",
     "latest safe start 2026-12-01T01:46:00Z, which has passed: even at best the last shift comes "
     "too late"},
    /* the hold takes 32 minutes at least, from 02:00 on */
    {"window",
     "window: {opens: 2026-12-01T01:00:00Z, closes: 2026-12-01T02:32:00Z}\n"
     "traffic: {steps: [{target: 10, hold: 30m}, {target: 100}]}\n",
     "target.desired=1, target.running=1", "warns", "ok",
     "01:48:00Z, which has passed: the last shift may come too late"},
    {"credentials-outlive", "", "terminal=0", "ok", "ok", "no end is known"},
    {"credentials-outlive", "", "terminal=0, expire=2026-12-01T02:10:00Z", "warns", "warns",
     "they end at 2026-12-01T02:10:00Z, and then only a person can get new ones; the plan takes"},
    {"credentials-outlive", "", "expire=2026-12-01T02:10:00Z", "warns", "warns", "at least until"},
    {"credentials-outlive", "", "expire=2026-12-01T02:01:00Z, now=2026-12-01T02:02:00Z", "warns",
     "warns", "they end at 2026-12-01T02:01:00Z"},
    {"credentials-outlive", "", "expire=2026-12-03T02:00:00Z", "ok", "ok",
     "they last until 2026-12-03T02:00:00Z"},
    {"state-survives", "", "", "ok", "ok", NULL},
    {"state-survives", "", "terminal=0, ci=1", "warns", "warns", "CI runner"},
    {"attest:all-traffic-through-listener", "", "", "warns", "warns", "nobody"},
    {"attest:all-traffic-through-listener", "attest: {all-traffic-through-listener: CHG-1}\n", "",
     "ok", "ok", "CHG-1"},
    {"attest:traffic-compatible", "", "", "warns", "warns", "nobody"},
    {"attest:traffic-compatible", "attest: {traffic-compatible: CHG-2}\n", "", "ok", "ok", "CHG-2"},
    {"drain-gap", "", "", "ok", "ok", "longest quiet 0s"},
    {"drain-gap", "", "requests=0", "warns", "warns", "longest quiet 1h"},
    {"check:up", "", "", "-", NULL, NULL},
    {"check:up", CHECKS, "", "deferred", "unknown", "asked right before each shift"},
    {"check:up", CHECKS, "check:up=unasked", "deferred", "unknown", "plan --checks asks it now"},
    {"check:up", CHECKS, "check:up=green", "ok", "ok", "is green"},
    {"check:up", CHECKS, "check:up=red", "blocks", "blocks", "is red"},
    {"check:up", CHECKS, "check:up=silent", "unknown", "unknown", "is silent"},
    {"check:up", CHECKS, "check:same=green", "deferred", "unknown", NULL},
    {"check:same", CHECKS, "check:up=red, check:same=green", "ok", "ok", "is green"},
    {"check:same", CHECKS, "check:up=green, check:same=red", "blocks", "blocks", "is red"},
    {"check:up", CHECKS, "check:up=red, default=S0 T1", "-", NULL, NULL}, /* no shift is left */
    {"check:up", CHECKS "allow: {mid-cutover: x}\n", "check:up=red, default=S1 T1", "blocks",
     "blocks", NULL},
};

static const struct standing *find_standing(const struct plan *plan, const char *id)
{
    for (size_t i = 0; i < plan->standing_count; i++)
        if (strcmp(plan->standings[i].row->id, id) == 0)
            return &plan->standings[i];
    return NULL;
}

/* Another action of the plan that the row guards: the last, since a deferral ends before it. */
static const struct action *guarded(const struct plan *plan, const struct precondition *row)
{
    const struct action *found = NULL;
    for (size_t i = 0; i < plan->action_count; i++)
        if (precondition_guards(row, plan, &plan->actions[i]) &&
            (!found || found->kind != ACTION_SHIFT))
            found = &plan->actions[i];
    return found;
}

static void table_row_by_row(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct row *r = &rows[i];
        struct fixture f;
        struct plan plan;
        fixture_init(&f, r->yaml);
        fixture_patch(&f, r->patch);
        plan_make(&plan, &f.file, &f.live, NULL, &f.provenance, &f.around);
        const struct standing *standing = find_standing(&plan, r->id);
        if (strcmp(r->plan, "-") == 0) {
            assert_null(standing);
        } else if (!standing) {
            fail_msg("%s [%s]: does not stand in the plan", r->id, r->patch);
        } else {
            if (strcmp(verdict_name(standing->verdict), r->plan) != 0)
                fail_msg("%s [%s]: planned %s (%s), should be %s", r->id, r->patch,
                         verdict_name(standing->verdict), standing->observed, r->plan);
            if (r->observed && !strstr(standing->observed, r->observed))
                fail_msg("%s [%s]: observed \"%s\" does not say \"%s\"", r->id, r->patch,
                         standing->observed, r->observed);
        }
        const struct precondition *row = precondition_find(r->id, &plan.file, &plan.arena);
        const struct action *action = row ? guarded(&plan, row) : NULL;
        if (standing && action && r->act) {
            struct judgement in = {.plan = &plan,
                                   .file = &plan.file,
                                   .live = &f.live,
                                   .around = &f.around,
                                   .action = action,
                                   .arena = &plan.arena};
            struct standing now = precondition_judge(row, &in);
            if (strcmp(verdict_name(now.verdict), r->act) != 0)
                fail_msg("%s [%s]: before %s it is %s (%s), should be %s", r->id, r->patch,
                         action->address, verdict_name(now.verdict), now.observed, r->act);
        }
        plan_clear(&plan);
        fixture_clear(&f);
    }
}

/* At 02:00 a plan of 12 minutes to 2h14m: a hold of 10 to settle, a minute for the shift, 2 hours
 * for the drain. */
static void the_window_is_held_against_the_whole_plan(void **state)
{
    (void)state;
    static const struct {
        const char *opens, *closes, *observed;
    } times[] = {
        {"01", "04",
         "open until 2026-12-01T04:00:00Z; latest safe start 2026-12-01T04:00:00Z; what follows "
         "the last shift may outlast it"},
        {"01", "05", "open until 2026-12-01T05:00:00Z; latest safe start 2026-12-01T05:00:00Z"},
        {"03", "06", "opens 2026-12-01T03:00:00Z for 3h; latest safe start 2026-12-01T06:00:00Z"},
        {"03", "05",
         "opens 2026-12-01T03:00:00Z for 2h; latest safe start 2026-12-01T05:00:00Z; what follows "
         "the last shift may outlast it"},
    };
    for (size_t i = 0; i < COUNT(times); i++) {
        struct arena arena = {0};
        struct fixture f;
        struct plan plan;
        fixture_init(&f, arena_printf(&arena,
                                      "window: {opens: 2026-12-01T%s:00:00Z, closes: "
                                      "2026-12-01T%s:00:00Z}\n",
                                      times[i].opens, times[i].closes));
        plan_make(&plan, &f.file, &f.live, NULL, &f.provenance, &f.around);
        assert_string_equal(find_standing(&plan, "window")->observed, times[i].observed);
        plan_clear(&plan);
        fixture_clear(&f);
        arena_clear(&arena);
    }
}

/* Every row of the table is tested above, with a verdict that is not `ok` where it can have one. */
static void no_row_is_untested(void **state)
{
    (void)state;
    for (size_t i = 0; i < precondition_count; i++) {
        const char *id = preconditions[i].id;
        bool holds_not = false;
        if (strcmp(id, "source-healthy") == 0)
            continue; /* below */
        for (size_t r = 0; r < COUNT(rows); r++)
            holds_not =
                holds_not || (strcmp(rows[r].id, id) == 0 && strcmp(rows[r].plan, "ok") != 0 &&
                              strcmp(rows[r].plan, "-") != 0);
        if (!holds_not)
            fail_msg("no row of the test shows %s not holding", id);
    }
}

static void allow_lifts_only_what_is_waivable(void **state)
{
    (void)state;
    struct fixture f;
    struct plan plan;
    fixture_init(&f, "allow: {stickiness: \"CHG-9\"}\n");
    fixture_patch(&f, "default=S1 T0 sticky=600, target.targets=hu");
    plan_make(&plan, &f.file, &f.live, NULL, &f.provenance, &f.around);
    const struct standing *sticky = find_standing(&plan, "stickiness");
    assert_string_equal(sticky->waived, "CHG-9");
    assert_int_equal(sticky->verdict, VERDICT_BLOCKS);
    assert_false(standing_blocks(sticky));
    assert_true(standing_blocks(find_standing(&plan, "targets-healthy")));
    assert_true(plan_is_blocked(&plan));
    plan_clear(&plan);
    fixture_clear(&f);

    static const struct {
        const char *patch;
        bool waived, blocks;
    } checks[] = {
        {"check:up=red, check:same=green", true, false},
        {"check:up=silent, check:same=green", true, false},
        {"check:up=green, check:same=green", false, false},
        {"check:same=green", false, false},
        {"check:up=red, check:same=red", true, true},
    };
    for (size_t i = 0; i < COUNT(checks); i++) {
        fixture_init(&f, CHECKS "allow: {\"check:up\": CHG-8}\n");
        fixture_patch(&f, checks[i].patch);
        plan_make(&plan, &f.file, &f.live, NULL, &f.provenance, &f.around);
        const char *waived = find_standing(&plan, "check:up")->waived;
        assert_int_equal(waived && strcmp(waived, "CHG-8") == 0, checks[i].waived);
        assert_int_equal(plan_is_blocked(&plan), checks[i].blocks);
        plan_clear(&plan);
        fixture_clear(&f);
    }
    assert_int_equal(precondition_waivable("targets-healthy"), 0);
    assert_int_equal(precondition_waivable("stickiness"), 1);
    assert_int_equal(precondition_waivable("nonsense"), -1);
}

/* The rows that guard a fallback: live is changed after the plan was made. */
static void the_way_back_row_by_row(void **state)
{
    (void)state;
    static const struct {
        const char *id, *patch, *verdict;
        bool blocks;
    } way[] = {
        {"source-healthy", "", "ok", false},
        {"source-healthy", "source.targets=u", "blocks", true},
        {"source-healthy", "source.targets=", "blocks", true},
        {"source-healthy", "source.targets=, source.desired=0, source.running=0", "deferred",
         false},
        {"source-healthy", "source.targets=hu", "ok", false},
        {"source-healthy", "source.targets=u, force=known bad check", "warns", false},
        {"source-healthy", "unknown=DescribeTargetHealth (source)", "unknown", true},
        {"source-healthy", "unknown=DescribeTargetHealth (source), force=INC-1", "warns", false},
        /* only weights go back: a service that nobody scales need not be there */
        {"service-found", "target.service=0", "warns", false},
        {"service-found", "source.service=0, source.desired=2", "warns", false},
        {"service-found", "source.service=0, source.desired=0", "blocks", true},
        {"service-found", "unknown=DescribeServices", "warns", false},
        {"account", "unknown=DescribeServices", "warns", false},
        {"account", "unknown=DescribeTargetGroups", "unknown", true},
        {"service-feeds-group", "unknown=DescribeServices", "warns", false},
        {"service-feeds-group", "target.feeds=0", "warns", false},
        {"service-feeds-group", "source.feeds=0, source.desired=0, source.running=0", "blocks",
         true},
        /* weights that moved among the known groups are put back whatever they are */
        {"routing-understood", "default=S0 T0", "warns", false},
        {"routing-understood", "default=redirect", "blocks", true},
        {"groups-known", "default=S0 T1 X1", "blocks", true},
    };
    for (size_t i = 0; i < COUNT(way); i++) {
        struct fixture f;
        struct plan plan, inverse;
        fixture_init(&f, "listener: {port: 9200}\n");
        plan_make(&plan, &f.file, &f.live, NULL, &f.provenance, &f.around);
        fixture_patch(&f, "default=S0 T1");
        fixture_patch(&f, way[i].patch);
        inverse_make(&inverse, &plan, &plan.origin, &f.live, NULL, false, &f.around);
        const struct standing *standing = find_standing(&inverse, way[i].id);
        assert_non_null(standing);
        if (strcmp(verdict_name(standing->verdict), way[i].verdict) != 0 ||
            standing_blocks(standing) != way[i].blocks)
            fail_msg("%s [%s]: %s (%s), should be %s", way[i].id, way[i].patch,
                     verdict_name(standing->verdict), standing->observed, way[i].verdict);
        plan_clear(&inverse);
        plan_clear(&plan);
        fixture_clear(&f);
    }
}

/* DESIGN, section 5: a revert is never blocked by window, attestations, stickiness or counts. */
static void little_blocks_a_revert(void **state)
{
    (void)state;
    struct fixture f;
    struct plan plan, inverse;
    fixture_init(&f,
                 CHECKS "window: {opens: 2026-12-01T00:00:00Z, closes: 2026-12-01T01:00:00Z}\n");
    plan_make(&plan, &f.file, &f.live, NULL, &f.provenance, &f.around);
    fixture_patch(&f, "default=S3 T7 sticky=60, target.targets=uu, source.desired=1, "
                      "source.running=1, target.rollouts=2, requests=-, rule=/x, lag=900000, "
                      "check:up=red");
    inverse_make(&inverse, &plan, &plan.origin, &f.live, NULL, false, &f.around);
    assert_true(plan_is_blocked(&plan));
    assert_false(plan_is_blocked(&inverse));
    plan_clear(&inverse);
    plan_clear(&plan);
    fixture_clear(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_row_by_row),
        cmocka_unit_test(the_window_is_held_against_the_whole_plan),
        cmocka_unit_test(no_row_is_untested),
        cmocka_unit_test(allow_lifts_only_what_is_waivable),
        cmocka_unit_test(the_way_back_row_by_row),
        cmocka_unit_test(little_blocks_a_revert),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
