#include "tests/unit.h"

#include "cmd/view_text_plan.h"
#include "planner/base/time.h"
#include "planner/inverse.h"
#include "tests/cmd/golden.h"
#include "tests/cmd/prod.h"
#include "tests/planner/make.h"

static const char two_lines[] = "switchover: 1\nstage: prod\n";
#define TWO_STEPS                                                                                  \
    "switchover: 1\nstage: prod\n"                                                                 \
    "traffic: {steps: [{target: 10, hold: 10m}, {target: 100, hold: "                              \
    "10m}]}\n"                                                                                     \
    "attest: {all-traffic-through-listener: CHG-1, traffic-compatible: "                           \
    "CHG-2}\n"

static const char two_steps[] = TWO_STEPS;

static const char two_steps_unmeasured[] =
    "switchover: 1\nstage: prod\n"
    "traffic: {steps: [{target: 10, hold: 10m}, {target: 100, hold: 10m}]}\n"
    "allow: {baseline-traffic: \"nobody measures it yet\"}\n";

static char *shown(const struct plan *plan, unsigned width, bool colour)
{
    struct term term = {.width = width, .colour = colour};
    struct page page;
    page_init(&page, &term);
    view_text_plan(&page, plan, REQUESTS_UNKNOWN);
    return text_steal(&page.out);
}

static char *shown_for(const char *yaml, const struct snapshot *live, unsigned width)
{
    struct plan plan;
    prod_plan(&plan, yaml, live, NULL);
    char *text = shown(&plan, width, false);
    plan_clear(&plan);
    page_is_clean(text, width);
    return text;
}

static void a_first_plan_says_everything_in_order(void **state)
{
    (void)state;
    static const char *const facts[] = {
        "Switchover plan of prod",
        "prod.yaml, commit 1a2b3c4",
        "Ann Example <ann@example.org>",
        "migration-prod-ecs-cluster in us-east-1, account 111122223333",
        "MigrationAssistant-prod, listener on port 9200",
        "migration-prod-capture-proxy, ALBSourceProxy-prod-TG",
        "migration-prod-target-cluster-proxy, ALBTargetProxy-prod-TG",
        "2026-12-01T02:00:00Z: weights source 1, target 0; desired counts source 2, target 0",
        "20 requests a minute on both groups together",
        "Before every action:",
        "ok account 111122223333",
        "1. scale[target] desired count 0 -> 2",
        "every target healthy: at most 10m (runbook step 2)",
        "ok capture-count 2 desired, 2 running; at least 2",
        "2. baseline measure the source's last 1h",
        "3. shift[100%] source 1, target 0 -> source 0, target 1",
        "(runbook step 10)",
        "warns shared-target-group port 9201 (source 1, target 0)",
        "asks: no other listener forwards to these groups (step 12)",
        "mend:",
        "warns attest:all-traffic-through-listener nobody did",
        "deferred capacity-parity target 0 desired, 0 running; source 2",
        "ok replay-lag 1",
        "4. hold[100%] 10m with 100 % of the traffic on the target",
        "up to 3m more, until its last whole minute is settled (runbook step 12)",
        "gates errors, client_errors, latency, health, traffic; one that fails stops the run at "
        "once and leaves the traffic as it is (exit 8); an inconclusive end stops here (exit 6)",
        /* 9 whole minutes behind the shift's own, at 20 */
        "too short about 180 requests on the target in 9 judged minutes, of the 300",
        /* 340 requests take 17 minutes, and the shift's own */
        "mend: hold: 18m, or min_requests: 150",
        "5. drain[source] no request on the source for 5m",
        "at most 2h; the gates go on (runbook step 12)",
        "Fallback: at any time",
        "1. scale[source] desired count 2, only if it is lower by then",
        "2. shift[origin] source 0, target 1 -> source 1, target 0",
        "byte for byte",
        "3. drain[target] no request on the target for 5m",
        "Writes that the target served since the first shift are not on the source",
        "Plan: 5 actions, 2 changes; nothing blocks; takes 12m to 2h24m, its last shift at most "
        "10m after the start; hold[100%] is too short for its gates.",
    };
    struct snapshot live;
    prod_snapshot(&live);
    char *narrow = shown_for(two_lines, &live, 80), *wide = shown_for(two_lines, &live, 120);
    facts_in_order(narrow, facts, COUNT(facts));
    facts_in_order(wide, facts, COUNT(facts));
    golden_check("plan_80.txt", narrow);
    golden_check("plan_120.txt", wide);
    free(narrow);
    free(wide);
    snapshot_clear(&live);
}

/* What blocks stands first under the action that it blocks, and the summary names both. */
static void what_blocks_stands_out(void **state)
{
    (void)state;
    static const char *const facts[] = {
        "1. baseline",
        "2. shift[10%]",
        "BLOCKS targets-healthy 1 healthy, 1 unhealthy; 2 planned",
        "asks: every planned target is healthy (step 7)",
        "mend: see why the targets fail their health check",
        "warns",
        "ok",
        "4. shift[100%] source 900, target 100 -> source 0, target 1",
        "as above targets-healthy",
        "1 precondition blocks shift[10%]: targets-healthy",
    };
    struct snapshot live;
    prod_snapshot(&live);
    prod_target(&live, 2);
    live.arms[ARM_TARGET].group.health[HEALTH_HEALTHY] = 1;
    live.arms[ARM_TARGET].group.health[HEALTH_UNHEALTHY] = 1;
    char *text = shown_for(two_steps, &live, 80);
    facts_in_order(text, facts, COUNT(facts));
    golden_check("plan_blocked.txt", text);
    free(text);
    snapshot_clear(&live);
}

static void what_is_waived_says_why(void **state)
{
    (void)state;
    static const char *const facts[] = {
        "waived stickiness the default rule's is on, for 600 s",
        "allowed: clients ignore cookies, CHG-9",
        "nothing blocks",
    };
    struct snapshot live;
    prod_snapshot(&live);
    prod_routing(&live, "S1 T0 sticky=600");
    char *text = shown_for("switchover: 1\nstage: prod\n"
                           "allow: {stickiness: \"clients ignore cookies, CHG-9\"}\n",
                           &live, 80);
    facts_in_order(text, facts, COUNT(facts));
    free(text);
    snapshot_clear(&live);
}

/* Of each hold: which gates judge, what comes of their verdicts, and whether it is long enough. */
static void holds_say_how_they_are_judged(void **state)
{
    (void)state;
    static const char *const facts[] = {
        /* 1200 a minute, a tenth of it on the target: 340 requests in 3 minutes, 5 are the least */
        "4. hold[10%] 10m with 10 % of the traffic on the target",
        "gates errors, client_errors, latency, health, traffic, check:green; one that fails sends "
        "the traffic back at once (exit 5); an inconclusive end goes on with a warning",
        "ok about 120 requests a minute: its gates can pass after 6m",
        /* of 5XX nothing is normal: a thousandth is ignored */
        "notices 5XX answers at 1 % after about",
        "0.1 % is tolerated",
        "5. shift[100%]",
        "6. hold[100%] 10m",
        "ok about 1200 requests a minute: its gates can pass after 6m",
        "7. drain[source]",
        "goes back to where this began: The gates send it by themselves, at once and without the "
        "drain. 1. scale[source]",
    };
    struct snapshot live;
    struct plan plan;
    struct planfile_check green = {.kind = CHECK_HTTP, .name = "green"};
    prod_snapshot(&live);
    prod_rate(&live, 1200);
    prod_plan(&plan, TWO_STEPS "gates: {on_failure: revert, on_inconclusive: continue}\n", &live,
              NULL);
    plan.file.checks = &green;
    plan.file.check_count = 1;
    char *text = shown(&plan, 80, false);
    page_is_clean(text, 80);
    facts_in_order(text, facts, COUNT(facts));
    golden_check("plan_staged.txt", text);
    assert_null(strstr(text, "too short"));
    assert_null(strstr(text, "not written"));
    assert_null(strstr(text, "not judged"));
    assert_null(strstr(strstr(text, "6. hold"), "gates      errors"));
    free(text);
    plan_clear(&plan);
    snapshot_clear(&live);
}

static void without_a_hold_nothing_is_judged_and_it_says_so(void **state)
{
    (void)state;
    static const char *const facts[] = {
        "shift[10%]",
        "shift[50%]",
        "hold[50%]",
        "shift[100%]",
        "at most 2h (runbook step 12)",
        "Fallback",
        "Notes",
        "- hold: 0s: no gate judges shift[10%], shift[100%], drain[source]"};
    struct snapshot live;
    prod_snapshot(&live);
    char *text = shown_for("switchover: 1\nstage: prod\n"
                           "traffic: {steps: [{target: 10, hold: 0s}, {target: 50, hold: 10m}, "
                           "{target: 100, hold: 0s}]}\n",
                           &live, 80);
    facts_in_order(text, facts, COUNT(facts));
    free(text);
    text = shown_for(two_lines, &live, 80);
    assert_null(strstr(text, "no gate judges"));
    free(text);
    snapshot_clear(&live);
}

/* Sparse traffic is told before it happens; a rate that nobody knows is no rate. */
static void holds_say_what_they_lack(void **state)
{
    (void)state;
    static const struct {
        int64_t rate; /* -1: CloudWatch has none */
        const char *facts[3];
    } rows[] = {
        {10,
         {"hold[10%] 10m",
          "too short about 9 requests on the target in 9 judged minutes, of the "
          "300 that its gates need (min_requests): it ends inconclusive mend: "
          "hold: 5h41m",
          "not judged latency: it takes 100 requests a minute on each group"}},
        {36,
         {"hold[100%] 10m",
          "tight about 324 requests on the target in 9 judged minutes, of the "
          "300 that its gates need (min_requests): it may end inconclusive "
          "mend: hold: 11m, or min_requests: 280",
          "too short for their gates"}},
        {0,
         {"hold[100%] 10m", "too short no request is expected on the target: it ends inconclusive",
          "mend: find out why no client sends anything"}},
        {-1,
         {"hold[10%] 10m",
          "not known the request rate, so whether this hold is long enough for its gates",
          "nothing blocks; takes"}},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct snapshot live;
        prod_snapshot(&live);
        prod_rate(&live, rows[i].rate);
        char *text = shown_for(rows[i].rate < 0 ? two_steps_unmeasured : two_steps, &live, 80);
        facts_in_order(text, rows[i].facts, 3);
        free(text);
        snapshot_clear(&live);
    }
}

/* A fact that nobody could read blocks where it must, and says so. */
static void what_is_not_known_blocks(void **state)
{
    (void)state;
    static const char *const facts[] = {
        "BLOCKS baseline-traffic not known: AWS does not allow cloudwatch:GetMetricData",
        "1 precondition blocks baseline: baseline-traffic",
    };
    struct snapshot live;
    prod_snapshot(&live);
    prod_target(&live, 2);
    live.known &= ~(unsigned)FACT_METRICS;
    error_set(&live.unknown[10], ERROR_ACCESS, "AWS does not allow cloudwatch:GetMetricData");
    char *text = shown_for("switchover: 1\nstage: prod\nallow: {replay-lag: CHG-3}\n", &live, 80);
    facts_in_order(text, facts, COUNT(facts));
    free(text);
    snapshot_clear(&live);
}

static void a_plan_that_cannot_be_made_says_why(void **state)
{
    (void)state;
    static const char *const facts[] = {
        "Switchover plan of prod",
        "BLOCKS service-found migration-prod-target-cluster-proxy is not in cluster",
        "mend: check stage, cluster and source.service",
        "No plan could be made: 1 precondition blocks: service-found.",
    };
    struct snapshot live;
    prod_snapshot(&live);
    live.arms[ARM_TARGET].service = (struct service_snapshot){0};
    live.subject.arms[ARM_TARGET].service_arn = NULL;
    char *text = shown_for(two_lines, &live, 80);
    facts_in_order(text, facts, COUNT(facts));
    assert_null(strstr(text, "1. "));
    free(text);
    snapshot_clear(&live);
}

/* The mends of what could not be read would all be beside the point. */
static void what_could_not_be_read_has_one_mend(void **state)
{
    (void)state;
    static const char *const facts[] = {
        "BLOCKS account not known: load balancer MigrationAssistant-prod does not exist",
        "BLOCKS listener-found not known, like account",
        "What is not known could not be read: check the plan file's stage and names, the region",
        "No plan could be made:",
    };
    struct snapshot live;
    prod_snapshot(&live);
    live.known &= ~(unsigned)(FACT_LOAD_BALANCER | FACT_LISTENERS);
    live.subject.load_balancer_arn = NULL;
    live.listener = NULL;
    for (unsigned bit = 0; bit < FACT_COUNT; bit++)
        if (1u << bit & (FACT_LOAD_BALANCER | FACT_LISTENERS))
            error_set(&live.unknown[bit], ERROR_NOT_FOUND,
                      "load balancer MigrationAssistant-prod does not exist");
    char *text = shown_for(two_lines, &live, 80);
    facts_in_order(text, facts, COUNT(facts));
    assert_null(strstr(text, "mend:"));
    free(text);
    snapshot_clear(&live);
}

static void with_nothing_to_do_it_says_so(void **state)
{
    (void)state;
    struct snapshot live;
    struct plan plan;
    prod_snapshot(&live);
    prod_target(&live, 2);
    prod_plan(&plan,
              "switchover: 1\nstage: prod\n"
              "traffic: {steps: [{target: 10, hold: 0s}]}\n",
              &live, NULL);
    plan.action_count = 0;
    char *text = shown(&plan, 80, false);
    static const char *const facts[] = {
        "Fallback: at any time", "Nothing to do: live is already as the plan file wants it."};
    facts_in_order(text, facts, COUNT(facts));
    free(text);
    plan_clear(&plan);
    snapshot_clear(&live);
}

static void a_fallback_reads_as_one(void **state)
{
    (void)state;
    static const char *const facts[] = {
        "Fallback plan of prod",
        "1. shift[origin] source 0, target 1 -> source 1, target 0",
        "BLOCKS source-healthy",
        "mend: bring the source up first, or revert --force REASON",
        "2. drain[target]",
        "not on the source (at most the 1234 requests that CloudWatch has counted there so far, "
        "and those of "
        "the last minutes)",
        "Fallback: 2 actions, 1 change; 1 precondition blocks shift[origin]: source-healthy",
    };
    struct snapshot before, live;
    struct plan forward, inverse;
    struct surroundings around = {.now = PROD_NOW, .interactive = true};
    prod_snapshot(&before);
    prod_plan(&forward, two_lines, &before, NULL);
    prod_snapshot(&live);
    prod_target(&live, 2);
    prod_routing(&live, "S0 T1");
    live.arms[ARM_SOURCE].group.health[HEALTH_HEALTHY] = 0;
    inverse_make(&inverse, &forward, &forward.origin, &live, NULL, false, &around);
    struct term term = {.width = 80};
    struct page page;
    page_init(&page, &term);
    view_text_plan(&page, &inverse, 1234);
    page_is_clean(text_cstr(&page.out), 80);
    facts_in_order(text_cstr(&page.out), facts, COUNT(facts));
    page_clear(&page);
    plan_clear(&inverse);
    plan_clear(&forward);
    snapshot_clear(&live);
    snapshot_clear(&before);
}

/* AWS's texts are a stranger's: nothing of them reaches the terminal raw. */
static void what_aws_says_is_escaped(void **state)
{
    (void)state;
    struct snapshot live;
    prod_snapshot(&live);
    live.load_balancer.stack = "evil\x1b[2J\nOK \xE2\x80\xAE!";
    char *text = shown_for(two_lines, &live, 80);
    assert_non_null(strstr(text, "evil\\x1b[2J\\nOK"));
    assert_null(strchr(text, '\x1b'));
    free(text);
    snapshot_clear(&live);
}

/* Colour changes nothing but colour. */
static void colour_is_only_colour(void **state)
{
    (void)state;
    struct snapshot live;
    struct plan plan;
    prod_snapshot(&live);
    prod_plan(&plan, two_lines, &live, NULL);
    char *plain = shown(&plan, 80, false), *coloured = shown(&plan, 80, true);
    char *out = coloured;
    assert_true(strlen(coloured) > strlen(plain));
    for (const char *in = coloured; *in;) {
        if (*in == '\x1b')
            in = strchr(in, 'm') + 1;
        else
            *out++ = *in++;
    }
    *out = '\0';
    assert_string_equal(coloured, plain);
    free(plain);
    free(coloured);
    plan_clear(&plan);
    snapshot_clear(&live);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_first_plan_says_everything_in_order),
        cmocka_unit_test(what_blocks_stands_out),
        cmocka_unit_test(holds_say_how_they_are_judged),
        cmocka_unit_test(holds_say_what_they_lack),
        cmocka_unit_test(without_a_hold_nothing_is_judged_and_it_says_so),
        cmocka_unit_test(what_is_waived_says_why),
        cmocka_unit_test(what_is_not_known_blocks),
        cmocka_unit_test(a_plan_that_cannot_be_made_says_why),
        cmocka_unit_test(what_could_not_be_read_has_one_mend),
        cmocka_unit_test(with_nothing_to_do_it_says_so),
        cmocka_unit_test(a_fallback_reads_as_one),
        cmocka_unit_test(what_aws_says_is_escaped),
        cmocka_unit_test(colour_is_only_colour),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
