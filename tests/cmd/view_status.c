#include "tests/unit.h"

#include "cmd/view_status.h"
#include "planner/base/memory.h"
#include "planner/base/time.h"
#include "tests/cmd/golden.h"
#include "tests/cmd/prod.h"

static struct state *interrupted_state(const struct snapshot *before)
{
    struct plan *plan = memory_new(sizeof *plan);
    prod_plan(plan, "switchover: 1\nstage: prod\n", before, NULL);
    struct state *state = state_new("1a2b3c4d-0000-4000-8000-000000000000", plan);
    state_begin_run(state, FORWARD, "apply prod.yaml", "ann@bastion", PROD_NOW);
    struct record *scale = state_begin_record(state, &plan->actions[0], PROD_NOW);
    state_end_record(state, scale, PHASE_DONE, PROD_NOW + MINUTE_MS, "2/2 healthy");
    state_begin_record(state, &plan->actions[2], PROD_NOW + 2 * MINUTE_MS);
    state_end_run(state, RUN_INTERRUPTED, "a signal asked to stop", PROD_NOW + 2 * MINUTE_MS);
    return state;
}

static const struct writer nobody = {.held = false};
static const struct writer ops = {
    .held = true, .holder = {"1", "ops@bastion", 123, "2026-12-01T02:00:00Z", "apply prod.yaml"}};

static struct status status_of(const struct snapshot *live, const struct state *state)
{
    return (struct status){.name = "prod",
                           .live = live,
                           .state = state,
                           .state_location = "prod.state.json",
                           .writer = &nobody,
                           .go_on = state ? "switchover apply prod.yaml" : NULL,
                           .go_back = state ? "switchover revert prod.yaml" : NULL};
}

static void check_text(const struct status *status, const char *golden, const char *const *facts,
                       size_t count)
{
    struct term term = {.width = 80};
    struct page page;
    page_init(&page, &term);
    view_text_status(&page, status);
    page_is_clean(text_cstr(&page.out), 80);
    facts_in_order(text_cstr(&page.out), facts, count);
    golden_check(golden, text_cstr(&page.out));
    page_clear(&page);
}

/* 20 requests a minute; of the newest minutes those of the last three are not settled. */
static void without_a_state_it_shows_live(void **state)
{
    (void)state;
    static const char *const facts[] = {
        "prod: 0 % of the traffic goes to the target",
        "read 2026-12-01T02:00:00Z",
        "MigrationAssistant-prod, port 9200: source 1, target 0",
        "source migration-prod-capture-proxy",
        "tasks: 2 desired, 2 running, 0 pending",
        "targets: 2 healthy",
        "requests: 100 in 5 settled minutes",
        "target migration-prod-target-cluster-proxy",
        "targets: none",
        "requests: 0 in 5 settled minutes",
        "state prod.state.json: none, this cutover has changed nothing",
    };
    struct snapshot live;
    prod_snapshot(&live);
    struct status status = status_of(&live, NULL);
    check_text(&status, "status_without_state.txt", facts, COUNT(facts));
    snapshot_clear(&live);
}

static void with_a_state_it_says_what_comes_next(void **state)
{
    (void)state;
    static const char *const facts[] = {
        "prod: 100 % of the traffic goes to the target",
        "as recorded the weights are what was being sent when the last run ended",
        "lineage 1a2b3c4d, serial 0",
        "origin source 1, target 0; desired counts source 2, target 0",
        "run 1 apply prod.yaml, by ann@bastion, 2026-12-01T02:00:00Z",
        "scale[target] done 2026-12-01T02:01:00Z: 2/2 healthy",
        "shift[100%] about to be sent 2026-12-01T02:02:00Z, without an outcome",
        "interrupted 2026-12-01T02:02:00Z: a signal asked to stop",
        "next baseline",
        "go on switchover apply prod.yaml",
        "go back switchover revert prod.yaml",
    };
    struct snapshot before, live;
    prod_snapshot(&before);
    prod_snapshot(&live);
    prod_target(&live, 2);
    prod_routing(&live, "S0 T1");
    struct state *cutover = interrupted_state(&before);
    struct status status = status_of(&live, cutover);
    check_text(&status, "status_interrupted.txt", facts, COUNT(facts));
    state_free(cutover);
    snapshot_clear(&live);
    snapshot_clear(&before);
}

static void foreign_weights_are_pointed_out(void **state)
{
    (void)state;
    static const char *const facts[] = {
        "prod: 12.5 % of the traffic goes to the target",
        "targets: 1 unhealthy",
        "as recorded no: recorded is source 1, target 0",
    };
    struct snapshot before, live;
    prod_snapshot(&before);
    prod_snapshot(&live);
    prod_routing(&live, "S7 T1");
    live.arms[ARM_TARGET].group.health[HEALTH_UNHEALTHY] = 1;
    struct state *cutover = interrupted_state(&before);
    struct status status = status_of(&live, cutover);
    check_text(&status, "status_foreign.txt", facts, COUNT(facts));
    state_free(cutover);
    snapshot_clear(&live);
    snapshot_clear(&before);
}

static void json_says_the_same(void **state)
{
    (void)state;
    struct snapshot before, live;
    struct text out = {0};
    struct json_document doc;
    struct error err;
    prod_snapshot(&before);
    prod_snapshot(&live);
    live.known &= ~(unsigned)FACT_HEALTH_TARGET;
    struct state *cutover = interrupted_state(&before);
    struct status status = status_of(&live, cutover);
    view_json_status(&out, &status);
    assert_true(json_read(&doc, out.data, out.len, (struct json_limits){65536, 16}, &err));
    const struct json *source = json_member(doc.root, "source"),
                      *listener = json_member(doc.root, "listener");
    int64_t requests, weight;
    assert_true(json_as_int(&requests, json_member(source, "requests")));
    assert_int_equal(requests, 100);
    assert_true(json_as_int(&weight, json_member(listener, "source_weight")));
    assert_int_equal(weight, 1);
    assert_true(json_is_null(json_member(json_member(doc.root, "target"), "targets")));
    assert_string_equal(json_as_string(json_member(json_member(doc.root, "state"), "next")),
                        "baseline");
    json_document_clear(&doc);
    text_clear(&out);
    state_free(cutover);
    snapshot_clear(&live);
    snapshot_clear(&before);
}

/* ---- gates ---- */

/* One failure accepted, the next one open, and sums of the hold that it was seen in. */
static struct state *failed_state(const struct snapshot *before)
{
    struct state *state = interrupted_state(before);
    struct error err;
    state_begin_run(state, FORWARD, "apply prod.yaml", "ann@bastion", PROD_NOW + 5 * MINUTE_MS);
    state_add_failure(state, "latency", "hold[100%]", "p90 900 ms, limit 100 ms",
                      PROD_NOW + 6 * MINUTE_MS);
    if (!state_accept_gate(state, "latency", "a cold cache, CHG-7", "bob@laptop",
                           PROD_NOW + 7 * MINUTE_MS, &err))
        fail_msg("%s", err.message);
    state_add_failure(state, "errors", "hold[100%]", "4.1 % 5XX against 0.1 % on the source",
                      PROD_NOW + 9 * MINUTE_MS);
    state_end_run(state, RUN_GATE_FAILED, "errors failed in hold[100%]", PROD_NOW + 9 * MINUTE_MS);
    state->sums = (struct gate_sums){.address = "hold[100%]",
                                     .since = PROD_NOW + MINUTE_MS,
                                     .through = PROD_NOW + 8 * MINUTE_MS,
                                     .judged = 6,
                                     .unknown = 1,
                                     .target_requests = 2000};
    state->sums.errors =
        (struct count_sums){.errors = {6, 82}, .requests = {6000, 2000}, .minutes_with_errors = 5};
    state->sums.client_errors = (struct count_sums){.errors = {60, 20}, .requests = {6000, 2000}};
    return state;
}

static void a_failed_gate_is_told_with_what_it_was_judged_by(void **state)
{
    (void)state;
    static const char *const facts[] = {
        "run 2 apply prod.yaml",
        "gate failed 2026-12-01T02:09:00Z: errors failed in hold[100%]",
        "failed gate errors failed in hold[100%]: 4.1 % 5XX against 0.1 % on the source "
        "(2026-12-01T02:09:00Z)",
        "not accepted: nothing goes forward until it is, or the traffic is back",
        "gates hold[100%]: 6 minutes judged, up to 02:08, 1 did not say enough; 2000 requests on "
        "the "
        "target; 5XX: source 6 of 6000 (0.10%), target 82 of 2000 (4.10%); 4XX: source 60 of 6000 "
        "(1.00%), target 20 of 2000 (1.00%)",
        "next"};
    struct snapshot live;
    prod_snapshot(&live);
    struct state *cutover = failed_state(&live);
    struct status status = status_of(&live, cutover);
    status.go_on = "switchover apply prod.yaml --accept errors --because TEXT";
    check_text(&status, "status_gate_failed.txt", facts, COUNT(facts));
    state_free(cutover);
    snapshot_clear(&live);
}

static void show_tells_of_every_failure_and_who_accepted_it(void **state)
{
    (void)state;
    static const char *const facts[] = {
        "failed gate latency failed in hold[100%]: p90 900 ms, limit 100 ms (2026-12-01T02:06:00Z)",
        "accepted by bob@laptop, 2026-12-01T02:07:00Z: a cold cache, CHG-7",
        "failed gate errors failed in hold[100%]", "not accepted"};
    struct snapshot live;
    struct term term = {.width = 80};
    struct page page;
    prod_snapshot(&live);
    struct state *cutover = failed_state(&live);
    page_init(&page, &term);
    view_text_state(&page, cutover, &nobody, NULL, true);
    page_is_clean(text_cstr(&page.out), 80);
    facts_in_order(text_cstr(&page.out), facts, COUNT(facts));
    page_clear(&page);
    state_free(cutover);
    snapshot_clear(&live);
}

static void json_has_failures_and_sums(void **state)
{
    (void)state;
    struct snapshot live;
    struct text out = {0};
    struct json_document doc;
    struct error err;
    int64_t responses = 0;
    bool open = true;
    prod_snapshot(&live);
    struct state *cutover = failed_state(&live);
    struct status status = status_of(&live, cutover);
    view_json_status(&out, &status);
    assert_true(json_read(&doc, out.data, out.len, (struct json_limits){65536, 16}, &err));
    const struct json *of_state = json_member(doc.root, "state");
    const struct json *first = json_first(json_member(of_state, "failures"));
    assert_int_equal(json_count(json_member(of_state, "failures")), 2);
    assert_string_equal(json_as_string(json_member(first, "gate")), "latency");
    assert_string_equal(json_as_string(json_member(first, "accepted_by")), "bob@laptop");
    assert_true(json_as_bool(&open, json_member(first, "open")) && !open);
    assert_true(json_is_null(json_member(json_next(first), "accepted_because")));
    assert_true(json_as_bool(&open, json_member(json_next(first), "open")) && open);
    const struct json *judged = json_member(of_state, "judged");
    assert_string_equal(json_as_string(json_member(judged, "address")), "hold[100%]");
    const struct json *target = json_member(json_member(judged, "5xx"), "target");
    assert_true(json_as_int(&responses, json_member(target, "responses")));
    assert_int_equal(responses, 82);
    json_document_clear(&doc);
    text_clear(&out);
    state_free(cutover);
    snapshot_clear(&live);
}

/* ---- who is at it ---- */

static void check_open_run(const struct writer *writer, const char *go_on, const char *golden,
                           const char *const *facts, size_t count)
{
    struct snapshot live;
    prod_snapshot(&live);
    struct state *cutover = interrupted_state(&live);
    state_begin_run(cutover, FORWARD, "apply prod.yaml", "ops@bastion", PROD_NOW + 10);
    struct status status = status_of(&live, cutover);
    status.writer = writer;
    status.go_on = go_on;
    check_text(&status, golden, facts, count);
    state_free(cutover);
    snapshot_clear(&live);
}

static void what_runs_is_told_from_what_died(void **state)
{
    (void)state;
    static const char *const runs[] = {
        "run 2 apply prod.yaml, by ops@bastion",
        "runs: ops@bastion (pid 123) since 2026-12-01T02:00:00Z, `apply prod.yaml`", "next",
        "go back"};
    static const char *const died[] = {
        "run 2 apply prod.yaml, by ops@bastion",
        "died without a word: it holds the lock no more; resume with `switchover apply prod.yaml`",
        "next", "go on", "go back"};
    static const char *const unknown[] = {
        "still open: it runs, or it died without a word (cannot open the lock file)", "next"};
    static const struct writer hidden = {.why_unknown = "cannot open the lock file"};
    check_open_run(&ops, NULL, "status_runs.txt", runs, COUNT(runs));
    check_open_run(&nobody, "switchover apply prod.yaml", "status_died.txt", died, COUNT(died));
    check_open_run(&hidden, "switchover apply prod.yaml", "status_unknown.txt", unknown,
                   COUNT(unknown));
}

/* It has the lock, and has written nothing yet. */
static void who_comes_after_a_death_is_not_who_died(void **state)
{
    (void)state;
    static const char *const facts[] = {
        "died without a word: it holds the lock no more", "next",
        "lock held by ops@bastion (pid 123) since 2026-12-01T03:00:00Z, `apply prod.yaml`"};
    struct writer later = ops;
    later.holder.since = "2026-12-01T03:00:00Z";
    check_open_run(&later, NULL, "status_next_one.txt", facts, COUNT(facts));
}

static void a_first_run_that_begins_is_seen(void **state)
{
    (void)state;
    static const char *const facts[] = {
        "state prod.state.json: none, this cutover has changed nothing",
        "lock held by somebody who has not said who it is"};
    static const struct writer silent = {.held = true};
    struct snapshot live;
    prod_snapshot(&live);
    struct status status = status_of(&live, NULL);
    status.writer = &silent;
    check_text(&status, "status_first_run.txt", facts, COUNT(facts));
    snapshot_clear(&live);
}

/* The key r outlasts its run: what comes next is no step forward. */
static void who_wanted_the_traffic_back_comes_first(void **state)
{
    (void)state;
    struct snapshot live;
    struct term term = {.width = 80};
    struct page page;
    prod_snapshot(&live);
    struct state *cutover = interrupted_state(&live);
    state_begin_run(cutover, FORWARD, "apply prod.yaml", "ann@bastion", PROD_NOW + 10);
    state_end_run(cutover, RUN_RECALLED, "somebody at the terminal asked for the traffic back",
                  PROD_NOW + 20);
    page_init(&page, &term);
    view_text_state(&page, cutover, &nobody, NULL, false);
    assert_non_null(
        strstr(text_cstr(&page.out), "the traffic goes back: somebody at the terminal"));
    assert_null(strstr(text_cstr(&page.out), "baseline"));
    page_clear(&page);
    state_free(cutover);
    snapshot_clear(&live);
}

static void check_json(const struct writer *writer, const char *last_run, const char *who)
{
    struct snapshot live;
    struct text out = {0};
    struct json_document doc;
    struct error err;
    prod_snapshot(&live);
    struct state *cutover = interrupted_state(&live);
    state_begin_run(cutover, FORWARD, "apply prod.yaml", "ops@bastion", PROD_NOW);
    struct status status = status_of(&live, cutover);
    status.writer = writer;
    view_json_status(&out, &status);
    assert_true(json_read(&doc, out.data, out.len, (struct json_limits){65536, 16}, &err));
    const struct json *lock = json_member(doc.root, "lock");
    assert_string_equal(json_as_string(json_member(json_member(doc.root, "state"), "last_run")),
                        last_run);
    assert_true(json_is_null(lock) == (writer->why_unknown != NULL));
    if (who)
        assert_string_equal(json_as_string(json_member(lock, "who")), who);
    json_document_clear(&doc);
    text_clear(&out);
    state_free(cutover);
    snapshot_clear(&live);
}

static void json_says_who_is_at_it(void **state)
{
    (void)state;
    static const struct writer hidden = {.why_unknown = "cannot open the lock file"};
    check_json(&ops, "running", "ops@bastion");
    check_json(&nobody, "died", NULL);
    check_json(&hidden, "running_or_died", NULL);
}

static void show_tells_of_every_run(void **state)
{
    (void)state;
    struct snapshot before;
    struct term term = {.width = 80};
    struct page page;
    prod_snapshot(&before);
    struct state *cutover = interrupted_state(&before);
    state_begin_run(cutover, INVERSE, "revert prod.yaml", "bob@laptop", PROD_NOW + HOUR_MS);
    page_init(&page, &term);
    view_text_state(&page, cutover, &nobody, NULL, true);
    static const char *const facts[] = {
        "run 1 apply prod.yaml, by ann@bastion", "run 2 revert prod.yaml, by bob@laptop",
        "died without a word: it holds the lock no more", "next scale[source]"};
    facts_in_order(text_cstr(&page.out), facts, COUNT(facts));
    page_clear(&page);
    page_init(&page, &term);
    view_text_state(&page, cutover, &nobody, NULL, false);
    assert_null(strstr(text_cstr(&page.out), "run 1"));
    page_clear(&page);
    state_free(cutover);
    snapshot_clear(&before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_state_it_shows_live),
        cmocka_unit_test(with_a_state_it_says_what_comes_next),
        cmocka_unit_test(foreign_weights_are_pointed_out),
        cmocka_unit_test(json_says_the_same),
        cmocka_unit_test(what_runs_is_told_from_what_died),
        cmocka_unit_test(who_comes_after_a_death_is_not_who_died),
        cmocka_unit_test(a_first_run_that_begins_is_seen),
        cmocka_unit_test(who_wanted_the_traffic_back_comes_first),
        cmocka_unit_test(json_says_who_is_at_it),
        cmocka_unit_test(show_tells_of_every_run),
        cmocka_unit_test(a_failed_gate_is_told_with_what_it_was_judged_by),
        cmocka_unit_test(show_tells_of_every_failure_and_who_accepted_it),
        cmocka_unit_test(json_has_failures_and_sums),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
