/* The clusters that checks ask: what OpenSearch's own API would answer, as far as it goes. */
#include "tests/unit.h"

#include "planner/base/json.h"
#include "providers/sandbox/clusters.h"

struct bench {
    struct world *world;
    struct wire_answer answer;
    struct json_document json;
};

static int set_up(void **state)
{
    static struct bench bench;
    struct world_setup setup;
    setup_init(&setup);
    setup.epoch_at = INT64_C(1796090400000);
    setup.history_ms = 0;
    setup.conditions.clusters[ARM_TARGET] = (struct cluster_conditions){CLUSTER_YELLOW, 99000};
    bench = (struct bench){.world = world_new(&setup)};
    *state = &bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;
    json_document_clear(&bench->json);
    wire_answer_clear(&bench->answer);
    world_free(bench->world);
    return 0;
}

static bool ask_by(struct bench *bench, const char *method, const char *path, const char *query)
{
    struct wire_request request = {.method = method, .path = path, .query = query, .body = ""};
    json_document_clear(&bench->json);
    wire_answer_clear(&bench->answer);
    bench->json = (struct json_document){0};
    return clusters_handle(&bench->answer, bench->world, &request);
}

static const struct json *ask(struct bench *bench, const char *path, const char *query)
{
    struct error err;
    assert_true(ask_by(bench, "GET", path, query));
    assert_int_equal(bench->answer.status, 200);
    assert_string_equal(bench->answer.content_type, "application/json; charset=UTF-8");
    if (!json_read(&bench->json, bench->answer.body.data, bench->answer.body.len,
                   (struct json_limits){1 << 20, 8}, &err))
        fail_msg("%s", err.message);
    return bench->json.root;
}

static const char *member(const struct json *of, const char *name)
{
    return json_as_string(json_member(of, name));
}

static const struct json *item(const struct json *list, size_t n)
{
    const struct json *item = json_first(list);
    while (n--)
        item = json_next(item);
    return item;
}

static void each_cluster_tells_its_own_health(void **state)
{
    const struct json *health = ask(*state, "/clusters/source/_cluster/health", "");
    assert_string_equal(member(health, "status"), "green");
    assert_string_equal(member(health, "cluster_name"), "source");
    health = ask(*state, "/clusters/target/_cluster/health", "pretty=");
    assert_string_equal(member(health, "status"), "yellow");
}

static void documents_are_counted_by_index(void **state)
{
    const struct json *list =
        ask(*state, "/clusters/target/_cat/indices", "format=json&h=index,docs.count");
    assert_int_equal(json_count(list), 2);
    assert_string_equal(member(item(list, 1), "index"), "orders");
    assert_string_equal(member(item(list, 1), "docs.count"), "99000");
    assert_null(json_member(item(list, 1), "health")); /* not asked for */
    list = ask(*state, "/clusters/source/_cat/indices/ord*,nothing", "format=json");
    assert_int_equal(json_count(list), 1);
    assert_string_equal(member(item(list, 0), "docs.count"), "100000");
    assert_string_equal(member(item(list, 0), "health"), "green");
    list = ask(*state, "/clusters/source/_cat/indices/logs-*", "format=json");
    assert_int_equal(json_count(list), 0);
}

static void people_get_lines(void **state)
{
    struct bench *bench = *state;
    assert_true(ask_by(bench, "GET", "/clusters/target/_cat/indices/orders", ""));
    assert_string_equal(text_cstr(&bench->answer.body), "yellow open orders 99000\n");
}

static void a_cluster_may_be_down(void **state)
{
    struct bench *bench = *state;
    struct conditions conditions = bench->world->conditions;
    conditions.clusters[ARM_SOURCE].health = CLUSTER_DOWN;
    world_set_conditions(bench->world, &conditions);
    assert_true(ask_by(bench, "GET", "/clusters/source/_cluster/health", ""));
    assert_int_equal(bench->answer.status, 503);
    ask(bench, "/clusters/target/_cluster/health", "");
}

static void what_it_does_not_have_it_says(void **state)
{
    static const struct {
        const char *method, *path;
        int status; /* 0: not the clusters' */
    } rows[] = {
        {"GET", "/clusters/source/_search", 404},
        {"GET", "/clusters/source/", 404},
        {"GET", "/clusters/source/_cat/nodes", 404},
        {"GET", "/clusters/source/_cat/indicesx", 404},
        {"POST", "/clusters/source/_cluster/health", 405},
        {"GET", "/clusters/other/_cluster/health", 0},
        {"GET", "/clusters/sources/x", 0},
        {"POST", "/", 0},
        {"GET", "/_cluster/health", 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct bench *bench = *state;
        bool own = ask_by(bench, rows[i].method, rows[i].path, "");
        if (own != (rows[i].status != 0) || (own && bench->answer.status != rows[i].status))
            fail_msg("%s %s: %d", rows[i].method, rows[i].path, bench->answer.status);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_cluster_tells_its_own_health, set_up, tear_down),
        cmocka_unit_test_setup_teardown(documents_are_counted_by_index, set_up, tear_down),
        cmocka_unit_test_setup_teardown(people_get_lines, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_cluster_may_be_down, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_it_does_not_have_it_says, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
