#include "tests/unit.h"

#include "planner/planfile.h"
#include "planner/planfile_schema.h"
#include "tests/planner/planfile_case.h"

static const char two_lines[] = "switchover: 1\nstage: prod\n";

/* Every value by hand: FACTS.md ("What Migration Assistant deploys") and DESIGN, section 3. */
static void two_lines_are_a_complete_plan(void **state)
{
    (void)state;
    struct planfile_case c;
    assert_true(planfile_case_read(&c, "plans/prod-cutover.yaml", BYTES(two_lines)));
    const struct planfile *f = &c.file;
    assert_int_equal(c.list.count, 0);
    assert_string_equal(f->path, "plans/prod-cutover.yaml");
    assert_string_equal(f->source, two_lines);
    assert_int_equal(f->source_len, strlen(two_lines));
    /* printf 'switchover: 1\nstage: prod\n' | sha256sum */
    assert_string_equal(f->digest,
                        "7a584b728027a50ff3e1ee1c51e4fd4313901838c536298b9166e44d9fb2c7f2");

    assert_string_equal(f->name, "prod-cutover");
    assert_string_equal(f->stage, "prod");
    assert_null(f->region);
    assert_null(f->account);
    assert_null(f->profile);
    assert_null(f->role_arn);
    assert_string_equal(f->cluster, "migration-prod-ecs-cluster");
    assert_string_equal(f->load_balancer, "MigrationAssistant-prod");
    assert_int_equal(f->listener_port, 0);
    assert_string_equal(f->arms[ARM_SOURCE].service, "migration-prod-capture-proxy");
    assert_string_equal(f->arms[ARM_SOURCE].target_group, "ALBSourceProxy-prod-TG");
    assert_string_equal(f->arms[ARM_TARGET].service, "migration-prod-target-cluster-proxy");
    assert_string_equal(f->arms[ARM_TARGET].target_group, "ALBTargetProxy-prod-TG");
    assert_int_equal(f->min_count, 2);
    assert_int_equal(f->target_count, PLANFILE_COUNT_AT_LEAST_SOURCE);
    assert_int_equal(f->ready_timeout_ms, 600000);
    assert_int_equal(f->step_count, 1);
    assert_int_equal(f->steps[0].target_permille, 1000);
    assert_int_equal(f->steps[0].hold_ms, 600000);
    assert_int_equal(f->baseline_ms, 3600000);
    assert_int_equal(f->quiet_for_ms, 300000);
    assert_int_equal(f->drain_timeout_ms, 7200000);
    assert_false(f->has_window);
    assert_null(f->attested[ATTEST_ALL_TRAFFIC]);
    assert_null(f->attested[ATTEST_COMPATIBLE]);
    assert_int_equal(f->allowance_count, 0);
    assert_false(f->restore_counts);
    assert_null(f->state);

    const struct planfile_gates *g = &f->gates;
    assert_int_equal(g->errors.tolerate, 1500);
    assert_int_equal(g->errors.ignore_below, 1000);
    assert_int_equal(g->max_rate, 10000);
    assert_int_equal(g->client_errors.tolerate, 2000);
    assert_int_equal(g->client_errors.ignore_below, 10000);
    assert_int_equal(g->latency_percentile, 90);
    assert_int_equal(g->latency_tolerate, 1250);
    assert_int_equal(g->latency_slack_us, 50000);
    assert_int_equal(g->min_requests, 300);
    assert_int_equal(g->on_failure, ON_STOP);
    assert_int_equal(g->on_inconclusive, ON_STOP);
    assert_false(g->on_failure_written);
    assert_int_equal(f->check_count, 0);
    planfile_case_clear(&c);
}

static void every_key_is_read(void **state)
{
    (void)state;
    struct planfile_case c;
    assert_true(planfile_case_read_file(&c, TESTS_DIR "/planner/planfile/full.yaml"));
    const struct planfile *f = &c.file;
    assert_int_equal(c.list.count, 0);
    assert_string_equal(f->name, "prod-cutover");
    assert_string_equal(f->stage, "prod");
    assert_string_equal(f->region, "eu-central-1");
    assert_string_equal(f->account, "011122223333");
    assert_string_equal(f->profile, "ops");
    assert_string_equal(f->role_arn, "arn:aws:iam::111122223333:role/cutover");
    assert_string_equal(f->cluster, "search_cluster");
    assert_string_equal(f->load_balancer, "edge-lb");
    assert_int_equal(f->listener_port, 443);
    assert_string_equal(f->arms[ARM_SOURCE].service, "capture");
    assert_string_equal(f->arms[ARM_SOURCE].target_group, "old-tg");
    assert_int_equal(f->min_count, 3);
    assert_string_equal(f->arms[ARM_TARGET].service, "replay");
    assert_string_equal(f->arms[ARM_TARGET].target_group, "new-tg");
    assert_int_equal(f->target_count, 7);
    assert_int_equal(f->ready_timeout_ms, 900000);
    assert_int_equal(f->step_count, 3);
    assert_int_equal(f->steps[0].target_permille, 1);
    assert_int_equal(f->steps[0].hold_ms, 360000);
    assert_int_equal(f->steps[1].target_permille, 125);
    assert_int_equal(f->steps[1].hold_ms, 0);
    assert_int_equal(f->steps[2].target_permille, 1000);
    assert_int_equal(f->steps[2].hold_ms, 5400000);
    assert_int_equal(f->steps[1].span.line, 26);
    assert_int_equal(f->steps[1].span.column, 7);
    assert_int_equal(f->baseline_ms, 7200000);
    assert_int_equal(f->quiet_for_ms, 600000);
    assert_int_equal(f->drain_timeout_ms, 10800000);
    assert_true(f->has_window);
    assert_int_equal(f->window_opens_at, 1796090400000); /* date -ud 2026-12-01T02:00Z +%s000 */
    assert_int_equal(f->window_closes_at, 1796090400000 + 7200000);
    assert_string_equal(f->attested[ATTEST_ALL_TRAFFIC], "CHG-1234");
    assert_string_equal(f->attested[ATTEST_COMPATIBLE], "CHG-1235, by the search team");
    assert_int_equal(f->allowance_count, 1);
    assert_string_equal(f->allowances[0].id, "stickiness");
    assert_int_equal(f->allowances[0].span.line, 35);
    assert_true(f->restore_counts);
    assert_string_equal(f->state, "./prod-cutover.state.json");

    assert_string_equal(planfile_allowance(f, "stickiness"), "clients ignore cookies, CHG-1234");
    assert_null(planfile_allowance(f, "capacity-parity"));

    struct subject subject;
    planfile_subject(f, &subject);
    assert_string_equal(subject.region, "eu-central-1");
    assert_null(subject.account); /* the ARNs' own: a cold subject has none */
    assert_string_equal(subject.stage, "prod");
    assert_string_equal(subject.cluster, "search_cluster");
    assert_string_equal(subject.load_balancer, "edge-lb");
    assert_int_equal(subject.listener_port, 443);
    assert_string_equal(subject.arms[ARM_SOURCE].service, "capture");
    assert_string_equal(subject.arms[ARM_TARGET].target_group, "new-tg");
    assert_null(subject.arms[ARM_TARGET].target_group_arn);
    planfile_case_clear(&c);
}

static void every_gate_is_read(void **state)
{
    (void)state;
    struct planfile_case c;
    assert_true(planfile_case_read_file(&c, TESTS_DIR "/planner/planfile/full.yaml"));
    const struct planfile_gates *g = &c.file.gates;
    assert_int_equal(g->errors.tolerate, 1750);
    assert_int_equal(g->errors.ignore_below, 500);
    assert_int_equal(g->max_rate, 25000);
    assert_int_equal(g->client_errors.tolerate, 3000);
    assert_int_equal(g->client_errors.ignore_below, 20000);
    assert_int_equal(g->latency_percentile, 99);
    assert_int_equal(g->latency_tolerate, 1125);
    assert_int_equal(g->latency_slack_us, 75000);
    assert_int_equal(g->min_requests, 1000);
    assert_int_equal(g->on_failure, ON_REVERT);
    assert_int_equal(g->on_inconclusive, ON_CONTINUE);
    assert_true(g->on_failure_written);
    planfile_case_clear(&c);
}

static void expect_texts(const char *const *found, const char *const *wanted)
{
    assert_non_null(found);
    for (; *wanted; found++, wanted++)
        assert_string_equal(*found, *wanted);
    assert_null(*found);
}

static void every_check_is_read(void **state)
{
    (void)state;
    struct planfile_case c;
    assert_true(planfile_case_read_file(&c, TESTS_DIR "/planner/planfile/full.yaml"));
    assert_int_equal(c.file.check_count, 6);
    const struct planfile_check *green = &c.file.checks[0], *lag = green + 1, *up = green + 2;
    const struct planfile_check *queue = green + 3, *in_sync = green + 4, *same = green + 5;

    assert_int_equal(green->kind, CHECK_HTTP);
    assert_string_equal(green->name, "target-green");
    assert_int_equal(green->span.line, 46);
    assert_string_equal(green->http.url, "https://target:9200/_cluster/health");
    assert_string_equal(green->http.ca_file, "ca.pem");
    assert_string_equal(green->http.bearer, "SWITCHOVER_SECRET_TOKEN");
    assert_null(green->http.basic);
    assert_int_equal(green->http.status, 201);
    assert_string_equal(green->http.pointer, "/status");
    expect_texts(green->http.one_of, (const char *[]){"green", "yellow", NULL});
    assert_null(green->http.below);
    assert_null(green->http.at_least);

    assert_string_equal(lag->http.basic, "SWITCHOVER_SECRET_USER");
    assert_null(lag->http.bearer);
    assert_null(lag->http.ca_file);
    assert_null(lag->http.one_of);
    assert_string_equal(lag->http.below, "60.5");
    assert_string_equal(lag->http.at_least, "0");
    assert_int_equal(lag->http.status, 200);
    assert_null(up->http.basic);
    assert_null(up->http.pointer);
    assert_int_equal(up->http.status, 200);

    assert_int_equal(queue->kind, CHECK_METRIC);
    assert_string_equal(queue->metric.namespace, "X");
    assert_string_equal(queue->metric.metric, "Y");
    assert_string_equal(queue->metric.statistic, "Maximum");
    assert_int_equal(queue->metric.dimension_count, 2);
    assert_string_equal(queue->metric.dimensions[0].name, "A");
    assert_string_equal(queue->metric.dimensions[0].value, "b");
    assert_string_equal(queue->metric.dimensions[1].name, "C d");
    assert_string_equal(queue->metric.dimensions[1].value, "e");
    assert_int_equal(queue->metric.over_ms, 600000);
    assert_string_equal(queue->metric.below, "60000");

    assert_int_equal(in_sync->kind, CHECK_DOCUMENTS);
    assert_string_equal(in_sync->documents.source, "https://source:9200");
    assert_string_equal(in_sync->documents.target, "https://target:9200");
    assert_string_equal(in_sync->documents.ca_file, "/etc/ca.pem");
    assert_string_equal(in_sync->documents.basic, "SWITCHOVER_SECRET_USER");
    assert_string_equal(in_sync->documents.indices, "logs-*,-.*");
    assert_int_equal(in_sync->documents.tolerate, 1000);
    assert_string_equal(same->documents.indices, "*");
    assert_int_equal(same->documents.tolerate, 0);
    assert_null(same->documents.basic);

    assert_ptr_equal(planfile_check_of(&c.file, "check:in-sync"), in_sync);
    assert_null(planfile_check_of(&c.file, "check:none"));
    assert_null(planfile_check_of(&c.file, "in-sync"));
    planfile_case_clear(&c);
}

/* Valid, so each reserved key is answered once, and nothing else is said. */
static void reserved_keys_are_not_available_yet(void **state)
{
    (void)state;
    static const struct {
        unsigned line, column, length;
        const char *message;
    } rows[] = {
        {49, 1, 7, "require is not available yet"},
        {50, 8, 15, "a state on S3 is not available yet"},
    };
    struct planfile_case c;
    assert_false(planfile_case_read_file(&c, TESTS_DIR "/planner/planfile/reserved.yaml"));
    assert_int_equal(c.list.count, COUNT(rows));
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct diagnostic *d = &c.list.items[i];
        assert_string_equal(d->message, rows[i].message);
        assert_int_equal(d->kind, ERROR_NOT_YET);
        assert_int_equal(d->severity, SEVERITY_ERROR);
        assert_int_equal(d->span.line, rows[i].line);
        assert_int_equal(d->span.column, rows[i].column);
        assert_int_equal(d->span.length, rows[i].length);
    }
    planfile_case_clear(&c);
}

enum { NODES_MAX = 16 };

struct nodes {
    const struct yaml_node *items[NODES_MAX];
    size_t count;
};

/* A list stands for its items. */
static void add_node(struct nodes *out, const struct yaml_node *node)
{
    for (size_t i = 0; node->kind == YAML_SEQUENCE && i < node->count; i++)
        add_node(out, node->items[i]);
    if (node->kind == YAML_SEQUENCE)
        return;
    assert_true(out->count < NODES_MAX);
    out->items[out->count++] = node;
}

/* All the mappings of one table together show every key that it knows. */
static void expect_keys(const struct keys *keys, const struct nodes *nodes)
{
    for (size_t i = 0; i < keys->count; i++) {
        struct nodes below = {.count = 0};
        for (size_t k = 0; k < nodes->count; k++) {
            const struct yaml_node *value = yaml_value(nodes->items[k], keys->rows[i].name);
            if (value)
                add_node(&below, value);
        }
        if (!below.count)
            fail_msg("no example has the key %s", keys->rows[i].name);
        if (keys->rows[i].under)
            expect_keys(keys->rows[i].under, &below);
    }
}

static void the_example_has_every_key(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct diagnostics list = {.arena = &arena};
    size_t n;
    bool whole;
    char *bytes = planfile_case_load(TESTS_DIR "/planner/planfile/reserved.yaml", &n);
    const struct yaml_node *root = yaml_tree_read(&arena, bytes, n, &whole, &list);
    assert_true(whole);
    struct nodes nodes = {.items = {root}, .count = 1};
    expect_keys(&planfile_keys, &nodes);
    arena_clear(&arena);
    free(bytes);
}

static void the_plan_to_copy_is_accepted(void **state)
{
    (void)state;
    struct planfile_case c;
    bool good = planfile_case_read_file(&c, TESTS_DIR "/../plans/example.yaml");
    for (size_t i = 0; i < c.list.count; i++)
        print_error("%u: %s\n", c.list.items[i].span.line, c.list.items[i].message);
    assert_true(good);
    assert_int_equal(c.list.count, 0);
    planfile_case_clear(&c);
}

static void the_file_name_is_the_name(void **state)
{
    (void)state;
    static const struct {
        const char *path, *name; /* NULL: refused */
    } rows[] = {
        {"prod.yaml", "prod"},
        {"/a/b.c/prod-2.yml", "prod-2"},
        {"./0", "0"},
        {"plans/abcdefghijklmnopqrstuvwxyz0123456789-abc.yaml",
         "abcdefghijklmnopqrstuvwxyz0123456789-abc"},
        {"plans/abcdefghijklmnopqrstuvwxyz0123456789-abcd.yaml", NULL},
        {"Prod.yaml", NULL},
        {"prod.yaml.txt", NULL},
        {"prod cutover.yaml", NULL},
        {"-prod.yaml", NULL},
        {".yaml", NULL},
        {"plans/", NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct planfile_case c;
        bool good = planfile_case_read(&c, rows[i].path, BYTES(two_lines));
        assert_int_equal(good, rows[i].name != NULL);
        if (good) {
            assert_string_equal(c.file.name, rows[i].name);
        } else {
            assert_int_equal(c.list.count, 1);
            assert_non_null(strstr(c.list.items[0].message, "can't be the plan's"));
            assert_string_equal(c.list.items[0].hint, "set `name`");
            assert_int_equal(c.list.items[0].span.line, 1);
        }
        planfile_case_clear(&c);
    }
    struct planfile_case c;
    assert_true(planfile_case_read(&c, "Prod Cutover.yaml",
                                   BYTES("switchover: 1\nstage: prod\nname: prod\n")));
    planfile_case_clear(&c);
}

static void every_name_may_be_given(void **state)
{
    (void)state;
    static const char text[] = "switchover: 1\n"
                               "cluster: c\n"
                               "load_balancer: l\n"
                               "source: {service: s1, target_group: g1}\n"
                               "target: {service: s2, target_group: g2}\n";
    struct planfile_case c;
    assert_true(planfile_case_read(&c, "p.yaml", BYTES(text)));
    assert_null(c.file.stage);
    assert_string_equal(c.file.arms[ARM_TARGET].service, "s2");
    planfile_case_clear(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_lines_are_a_complete_plan),
        cmocka_unit_test(every_key_is_read),
        cmocka_unit_test(every_gate_is_read),
        cmocka_unit_test(every_check_is_read),
        cmocka_unit_test(reserved_keys_are_not_available_yet),
        cmocka_unit_test(the_example_has_every_key),
        cmocka_unit_test(the_plan_to_copy_is_accepted),
        cmocka_unit_test(the_file_name_is_the_name),
        cmocka_unit_test(every_name_may_be_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
