#include "tests/unit.h"

#include "planner/precondition.h"
#include "tests/planner/fixture.h"
#include "tests/snapshot_json.h"

static void write(struct text *out, const struct snapshot *snapshot)
{
    struct json_writer w = {.out = out};
    snapshot_write_json(&w, snapshot);
}

static bool read(struct snapshot *out, const char *bytes, size_t n, struct error *err)
{
    struct json_document doc;
    bool ok = json_read(&doc, bytes, n, (struct json_limits){1 << 22, 32}, err) &&
              snapshot_read_json(out, doc.root, err);
    json_document_clear(&doc);
    return ok;
}

static void comes_back_whole(void **state)
{
    (void)state;
    static const char *const patches[] = {
        "",
        "target.targets=hiud, rule=/_bulk*, listener=9201:S1, stack=OSMigrations",
        "unknown=DescribeTags, unknown=GetMetricData, target.service=0",
        "default=oidc S1 T0 sticky=60, lag=-, requests=-",
        "load_balancer=0, source.group=0",
    };
    for (size_t i = 0; i < COUNT(patches); i++) {
        struct fixture f;
        struct snapshot back;
        struct text first = {0}, second = {0};
        struct error err = {0};
        fixture_init(&f, "");
        fixture_patch(&f, patches[i]);
        write(&first, &f.live);
        snapshot_init(&back);
        if (!read(&back, first.data, first.len, &err))
            fail_msg("[%s]: %s", patches[i], err.message);
        write(&second, &back);
        assert_string_equal(first.data, second.data);
        assert_int_equal(back.known, f.live.known);
        assert_int_equal(back.listener != NULL, f.live.listener != NULL);
        snapshot_clear(&back);
        text_clear(&first);
        text_clear(&second);
        fixture_clear(&f);
    }
}

/* Every value once with another type: an error that names the member, never half a snapshot. */
static void wrong_types_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *old, *new, *says;
    } rows[] = {
        {"\"desired\": 2", "\"desired\": \"2\"", "desired"},
        {"\"found\": true", "\"found\": 1", "found"},
        {"\"port\": 9200", "\"port\": null", "port"},
        {"\"taken_at\": 1796090400000", "\"taken_at\": []", "taken_at"},
        {"\"DescribeTags\": \"known\"", "\"DescribeTags\": true", "DescribeTags"},
        {"\"cluster\": \"migration-prod-ecs-cluster\"", "\"cluster\": 7", "cluster"},
        {"\"minutes\": 60", "\"minutes\": 61", "requests"},
        {"\"sticky\": false", "\"sticky\": \"no\"", "sticky"},
    };
    struct fixture f;
    struct text whole = {0};
    fixture_init(&f, "");
    write(&whole, &f.live);
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *at = strstr(whole.data, rows[i].old);
        if (!at)
            fail_msg("nothing to change: %s", rows[i].old);
        struct text changed = {0};
        struct snapshot back;
        struct error err = {0};
        text_add_bytes(&changed, whole.data, (size_t)(at - whole.data));
        text_add(&changed, rows[i].new);
        text_add(&changed, at + strlen(rows[i].old));
        snapshot_init(&back);
        if (read(&back, changed.data, changed.len, &err))
            fail_msg("read: %s", rows[i].new);
        if (!strstr(err.message, rows[i].says))
            fail_msg("%s: \"%s\" does not name %s", rows[i].new, err.message, rows[i].says);
        snapshot_clear(&back);
        text_clear(&changed);
    }
    text_clear(&whole);
    fixture_clear(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_back_whole),
        cmocka_unit_test(wrong_types_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
