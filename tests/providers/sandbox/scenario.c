/* Scenario files: every key reaches its knob, and what is wrong is said where it stands. */
#include "tests/unit.h"

#include <math.h>

#include "planner/base/text.h"
#include "planner/base/time.h"
#include "providers/sandbox/scenario.h"

#define EVERYTHING TESTS_DIR "/providers/sandbox/everything.yaml"

static size_t read_file(char *bytes, size_t room, const char *path)
{
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t n = fread(bytes, 1, room, file);
    fclose(file);
    return n;
}

static bool same(double a, double b)
{
    return fabs(a - b) < 1e-9;
}

static void first_line_is_enough(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct diagnostics list = {.arena = &arena, .file = "s.yaml"};
    struct world_setup setup, standard;
    setup_init(&standard);
    assert_true(scenario_read(&setup, &arena, "sandbox: 1\n", 11, &list));
    assert_string_equal(setup.stage, standard.stage);
    assert_int_equal(setup.services[ARM_SOURCE].desired, 2);
    assert_null(setup.listeners);
    assert_int_equal(setup.throttling.burst, 0);
    assert_true(
        same(setup.conditions.requests_per_second, standard.conditions.requests_per_second));
    arena_clear(&arena);
}

static void check_deployment(const struct world_setup *s)
{
    assert_string_equal(s->account, "444455556666");
    assert_int_equal(s->seed, 7);
    assert_int_equal(s->page_items, 30);
    assert_int_equal(s->client_keep_alive_s, 7200);
    assert_string_equal(s->version, "2.2.2");
    assert_string_equal(s->stack, "OSMigrations");
    assert_false(s->no_load_balancer);
    assert_int_equal(s->services[0].desired, 3);
    assert_int_equal(s->services[0].running, 2);
    assert_int_equal(s->services[0].starting, 1);
    assert_int_equal(s->services[0].group, 0);
    assert_true(s->services[0].rollout && s->services[0].rollout_ms == 5 * MINUTE_MS);
    assert_true(s->services[1].rollout && s->services[1].rollout_ms == 0);
    assert_int_equal(s->services[1].running, -1);
    assert_int_equal(s->groups[0].draining, 2);
    assert_int_equal(s->groups[0].attributes.deregistration_delay_s, 600);
    assert_int_equal(s->groups[0].attributes.slow_start_s, 30);
    assert_true(s->groups[0].attributes.sticky);
    assert_int_equal(s->groups[0].attributes.sticky_s, 3600);
    assert_int_equal(s->groups[0].attributes.health_interval_s, 10);
    assert_true(s->groups[2].exists && s->groups[2].targets == 2);
    assert_int_equal(s->task_start_min_ms, 10 * SECOND_MS);
    assert_int_equal(s->task_start_max_ms, 15 * SECOND_MS);
    assert_int_equal(s->registration_ms, 3 * SECOND_MS);
    assert_int_equal(s->routing_delay_ms, SECOND_MS);
}

static void check_routing(const struct world_setup *s)
{
    static const struct listener_setup expected[] = {
        {.port = 9200, .https = true, .weights = {1, 0, 3}, .sticky = true, .sticky_s = 600},
        {.port = 443, .https = true, .weights = {1, 1, -1}, .authenticate = true},
        {.port = 9201, .single = true, .weights = {1, -1, -1}, .direct_rps = 3},
        {.port = 80, .weights = {-1, -1, -1}, .action = ACTION_REDIRECT},
        {.port = 81, .https = true, .weights = {-1, -1, -1}, .action = ACTION_FIXED_RESPONSE},
    };
    assert_int_equal(s->listener_count, COUNT(expected));
    for (size_t i = 0; i < COUNT(expected); i++) {
        const struct listener_setup *l = &s->listeners[i], *e = &expected[i];
        assert_int_equal(l->port, e->port);
        assert_int_equal(l->https, e->https);
        assert_int_equal(l->action, e->action);
        assert_int_equal(l->single, e->single);
        assert_int_equal(l->sticky, e->sticky);
        assert_int_equal(l->sticky_s, e->sticky_s);
        assert_int_equal(l->authenticate, e->authenticate);
        assert_true(same(l->direct_rps, e->direct_rps));
        for (int g = 0; g < WORLD_GROUP_COUNT; g++)
            assert_int_equal(l->weights[g], e->weights[g]);
    }
    assert_int_equal(s->rule_count, 2);
    assert_int_equal(s->rules[0].port, 9200);
    assert_int_equal(s->rules[0].priority, 20);
    assert_string_equal(s->rules[0].path, "/_bulk*");
    assert_int_equal(s->rules[0].group, 0);
    assert_true(same(s->rules[0].share, 0.25));
    assert_int_equal(s->rules[1].group, 2);
}

static void check_conditions(const struct world_setup *s)
{
    const struct conditions *c = &s->conditions;
    assert_true(same(c->requests_per_second, 12.5));
    assert_true(same(c->noise, 0.01));
    assert_true(same(c->cookie_clients, 0.25));
    assert_true(same(c->stuck_on_source, 0.025));
    assert_true(same(c->connections, 100));
    assert_true(same(c->requests_per_connection, 3));
    assert_int_equal(c->replay_lag_ms, 250);
    assert_true(same(c->groups[0].rate_3xx, 0.01));
    assert_true(same(c->groups[0].rate_4xx, 0.02));
    assert_true(same(c->groups[0].rate_5xx, 0.03));
    assert_true(same(c->groups[0].latency_p50_ms, 5));
    assert_true(same(c->groups[0].latency_p99_ms, 40));
    assert_int_equal(c->groups[0].unhealthy, 1);
    assert_string_equal(c->services[0].stopped_reason, "CannotPullContainerError: no such tag");
    assert_string_equal(c->services[0].container_reason, "gone");
    assert_int_equal(c->groups[1].stuck_initial, -1);
    assert_int_equal(c->services[1].failing_starts, 2);
    assert_true(same(c->groups[2].rate_5xx, 0.5));

    assert_true(same(c->bursts, 0.15) && same(c->burst_5xx, 0.007));
    assert_true(same(c->reusing_clients, 0.3));
    assert_int_equal(c->reused_for_ms, 15 * MINUTE_MS);
    assert_int_equal(c->direct_count, 2);
    assert_int_equal(c->direct[0].port, 9201);
    assert_true(same(c->direct[0].rps, 7) && same(c->direct[1].rps, 0.5));
    assert_int_equal(c->metrics.late_ms, 30 * SECOND_MS);
    assert_true(c->metrics.silent[2] && c->metrics.common_silent && !c->metrics.silent[0]);
    assert_int_equal(c->metrics.percentiles, PERCENTILES_NONE);
    assert_true(same(c->groups[0].rejected, 0.005));
    assert_int_equal(c->clusters[0].health, CLUSTER_YELLOW);
    assert_int_equal(c->clusters[0].documents, 7);
    assert_int_equal(c->clusters[1].health, CLUSTER_GREEN);
}

static void check_changes(const struct world_setup *s)
{
    assert_int_equal(s->change_count, 4);
    assert_int_equal(s->changes[0].trigger.after_ms, 10 * MINUTE_MS);
    assert_true(same(s->changes[0].conditions.groups[1].rate_5xx, 0.1));
    assert_int_equal(s->changes[0].conditions.groups[1].stuck_initial, 0);
    assert_true(same(s->changes[0].conditions.requests_per_second, 12.5));
    assert_int_equal(s->changes[1].trigger.at_permille, 250);
    assert_int_equal(s->changes[1].trigger.after_ms, 0);
    const struct metric_conditions *metrics = &s->changes[1].conditions.metrics;
    assert_true(metrics->silent[0] && !metrics->silent[2] && !metrics->common_silent);
    assert_int_equal(metrics->percentiles, PERCENTILES_REFUSED);
    assert_int_equal(metrics->late_ms, 30 * SECOND_MS); /* goes on */
    assert_int_equal(s->changes[2].trigger.at_permille, 1000);
    assert_int_equal(s->changes[2].trigger.after_ms, 2 * MINUTE_MS);
    assert_int_equal(s->changes[2].conditions.clusters[1].health, CLUSTER_DOWN);
    assert_int_equal(s->changes[3].trigger.at_permille, 0);
    assert_true(same(s->changes[3].conditions.groups[1].rate_5xx, 0.1)); /* goes on */
    assert_true(same(s->changes[3].conditions.requests_per_second, 0));
    assert_int_equal(s->changes[3].conditions.replay_lag_ms, -1);
}

static void check_rest(const struct world_setup *s)
{
    assert_int_equal(s->metric_delay_ms, 2 * MINUTE_MS);
    assert_int_equal(s->metric_settle_ms, MINUTE_MS);
    assert_false(s->metrics_missing[0] || s->metrics_missing[1] || s->common_metrics_missing);
    assert_true(s->metrics_missing[2]);
    assert_int_equal(s->metrics_withheld_count, 1);
    assert_string_equal(s->metrics_withheld[0], "RejectedConnectionCount");
    assert_int_equal(s->throttling.burst, 1000);
    assert_int_equal(s->throttling.left, 999);
    assert_true(same(s->throttling.rate, 500) && same(s->throttling.others, 0.5));
    assert_int_equal(s->fault_count, 3);
    assert_string_equal(s->faults[0].operation, "GetMetricData");
    assert_int_equal(s->faults[0].kind, FAULT_THROTTLING);
    assert_int_equal(s->faults[0].times, 2);
    assert_int_equal(s->faults[0].skip, 1000);
    assert_int_equal(s->faults[1].kind, FAULT_DELAY);
    assert_int_equal(s->faults[1].times, -1);
    assert_int_equal(s->faults[1].delay_ms, 50);
    assert_int_equal(s->faults[1].trigger.at_permille, 0);
    assert_int_equal(s->faults[2].trigger.at_permille, 125);
    assert_int_equal(s->faults[2].trigger.after_ms, 3 * MINUTE_MS);
}

static void every_key_reaches_its_knob(void **state)
{
    (void)state;
    char bytes[8192];
    size_t n = read_file(bytes, sizeof bytes, EVERYTHING);
    struct arena arena = {0};
    struct diagnostics list = {.arena = &arena, .file = "everything.yaml"};
    struct world_setup setup;
    bool good = scenario_read(&setup, &arena, bytes, n, &list);
    if (!good)
        fail_msg("line %u: %s", list.items[0].span.line, list.items[0].message);
    check_deployment(&setup);
    check_routing(&setup);
    check_conditions(&setup);
    check_changes(&setup);
    check_rest(&setup);
    arena_clear(&arena);
}

static void what_is_wrong_is_said_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned line, column;
        const char *message;
    } rows[] = {
        {"stage: a\n", 1, 1, "the key \"sandbox\" is missing"},
        {"sandbox: 2\n", 1, 10, "sandbox: expected the format's number, 1"},
        {"sandbox: 1\nstages: a\n", 2, 1, "unknown key \"stages\""},
        {"sandbox: 1\nconditions: {request: 1}\n", 2, 14, "unknown key \"request\""},
        {"sandbox: 1\nconditions: {target: {error: 1%}}\n", 2, 23, "unknown key \"error\""},
        {"sandbox: 1\nconditions: {requests: -1}\n", 2, 24,
         "conditions.requests: expected a number"},
        {"sandbox: 1\nconditions: {noise: 5}\n", 2, 21, "conditions.noise: expected a rate"},
        {"sandbox: 1\nconditions: {replay_lag: soon}\n", 2, 26, "conditions.replay_lag"},
        {"sandbox: 1\nconditions: {target: {p50: 90ms, p99: 12ms}}\n", 2, 39, "must not be below"},
        {"sandbox: 1\nconditions: {target: {unhealthy: some}}\n", 2, 34, "or all"},
        {"sandbox: 1\nservices: {third: {}}\n", 2, 12, "unknown key \"third\""},
        {"sandbox: 1\nservices: {source: {desired: 1, running: 2}}\n", 2, 42, "more tasks run"},
        {"sandbox: 1\nservices: {source: {starting: 3}}\n", 2, 31, "only 2 tasks run"},
        {"sandbox: 1\nservices: {source: {feeds: both}}\n", 2, 28, "source, target, other or none"},
        {"sandbox: 1\nlisteners: []\n", 2, 12, "one listener at least"},
        {"sandbox: 1\nlisteners:\n  - {port: 1}\n", 3, 5, "needs one of"},
        {"sandbox: 1\nlisteners:\n  - {port: 1, forward: source, redirect: true}\n", 3, 5,
         "needs one of"},
        {"sandbox: 1\nlisteners:\n  - {port: 1, weights: {}}\n", 3, 24, "names no group"},
        {"sandbox: 1\nlisteners:\n  - {port: 1, weights: {source: 1000}}\n", 3, 33,
         "a whole number from 0 to 999"},
        {"sandbox: 1\nlisteners:\n  - {port: 1, forward: source, sticky: 1m}\n", 3, 40,
         "only a listener with weights"},
        {"sandbox: 1\nlisteners:\n  - {port: 1, forward: source}\n  - {port: 1, redirect: true}\n",
         4, 5, "port 1 has a listener already"},
        {"sandbox: 1\nrules:\n  - {port: 1, priority: 1, path: /a}\n", 3, 5,
         "\"forward\" is missing"},
        {"sandbox: 1\ntiming: {task_start_min: 1m}\n", 2, 26, "must not be above"},
        {"sandbox: 1\nmetrics: {missing: [all]}\n", 2, 21, "metrics.missing[0]"},
        {"sandbox: 1\nchanges:\n  - {conditions: {requests: 1}}\n", 3, 5,
         "needs \"after\", \"when\" or both"},
        {"sandbox: 1\nchanges:\n  - {when: {}, conditions: {}}\n", 3, 12,
         "\"target_share\" is missing"},
        {"sandbox: 1\nchanges:\n  - {when: {target_share: 0}, conditions: {}}\n", 3, 27,
         "expected a percentage"},
        {"sandbox: 1\nconditions: {metrics: {silent: [all]}}\n", 2, 33, "metrics.silent[0]"},
        {"sandbox: 1\nconditions: {direct: [{port: 1}]}\n", 2, 23, "\"requests\" is missing"},
        {"sandbox: 1\nconditions: {target: {cluster: blue}}\n", 2, 32, "green, yellow"},
        {"sandbox: 1\nconditions: {other: {cluster: red}}\n", 2, 22, "unknown key"},
        {"sandbox: 1\nchanges:\n  - {after: 2m, conditions: {}}\n  - {after: 1m, conditions: {}}\n",
         4, 5, "must come after"},
        {"sandbox: 1\nfaults:\n  - {operation: Describe, answer: html}\n", 3, 17,
         "an operation of the sandbox"},
        {"sandbox: 1\nfaults:\n  - {operation: ModifyListener, answer: no}\n", 3, 41,
         "access-denied, throttling"},
        {"sandbox: 1\nfaults:\n  - {operation: ModifyListener, answer: delay}\n", 3, 5,
         "\"delay\" is missing"},
        {"sandbox: 1\nfaults:\n  - {operation: ModifyListener, answer: html, delay: 1s}\n", 3, 54,
         "only the answer \"delay\""},
        {"sandbox: 1\nthrottling: {burst: 40, rate: 10, left: 41}\n", 2, 41, "holds less"},
        {"sandbox: 1\nthrottling: {burst: 0, rate: 10}\n", 2, 21, "from 1 to"},
        {"sandbox: 1\nthrottling: {burst: 40}\n", 2, 13, "\"rate\" is missing"},
        {"sandbox: 1\nsandbox: 1\n", 2, 1, "sandbox"},
        {"- 1\n", 1, 1, "expected a mapping"},
        {"", 0, 0, ""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct arena arena = {0};
        struct diagnostics list = {.arena = &arena, .file = "s.yaml"};
        struct world_setup setup;
        assert_false(scenario_read(&setup, &arena, rows[i].text, strlen(rows[i].text), &list));
        assert_true(list.count >= 1);
        const struct diagnostic *first = &list.items[0];
        if (!strstr(first->message, rows[i].message) ||
            (rows[i].line &&
             (first->span.line != rows[i].line || first->span.column != rows[i].column)))
            fail_msg("%s\n  says %u:%u: %s", rows[i].text, first->span.line, first->span.column,
                     first->message);
        arena_clear(&arena);
    }
}

static void changes_may_stand_above_what_they_change(void **state)
{
    (void)state;
    static const char text[] = "sandbox: 1\n"
                               "changes: [{after: 1m, conditions: {noise: 2%}}]\n"
                               "conditions: {requests: 3}\n";
    struct arena arena = {0};
    struct diagnostics list = {.arena = &arena, .file = "s.yaml"};
    struct world_setup setup;
    assert_true(scenario_read(&setup, &arena, text, strlen(text), &list));
    assert_true(same(setup.changes[0].conditions.requests_per_second, 3));
    assert_true(same(setup.changes[0].conditions.noise, 0.02));
    arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_line_is_enough),
        cmocka_unit_test(every_key_reaches_its_knob),
        cmocka_unit_test(what_is_wrong_is_said_with_its_place),
        cmocka_unit_test(changes_may_stand_above_what_they_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
