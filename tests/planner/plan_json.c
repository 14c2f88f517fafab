#include "tests/unit.h"

#include "planner/plan_json.h"
#include "tests/planner/fixture.h"

#define STAGED                                                                                     \
    "traffic: {steps: [{target: 10, hold: 10m}, {target: 50, hold: 20m}, {target: 100, hold: "     \
    "10m}]}\n"

static void save(struct text *out, const char *yaml, const char *patch)
{
    struct fixture f;
    struct plan plan;
    fixture_init(&f, yaml);
    fixture_patch(&f, patch);
    plan_make(&plan, &f.file, &f.live, NULL, &f.provenance, &f.around);
    plan_write(out, &plan);
    plan_clear(&plan);
    fixture_clear(&f);
}

static void a_saved_plan_comes_back_whole(void **state)
{
    (void)state;
    struct text saved = {0}, again = {0};
    save(&saved, STAGED "allow: {stickiness: \"x\"}\n",
         "target.desired=0, default=oidc S1 T0 sticky=60");
    struct plan plan;
    struct error err = {0};
    if (!plan_read(&plan, "saved.plan", saved.data, saved.len, &err))
        fail_msg("%s", err.message);
    assert_int_equal(plan.action_count, 9);
    assert_int_equal(plan.file.step_count, 3);
    assert_non_null(plan.inverse);
    plan_write(&again, &plan);
    assert_string_equal(saved.data, again.data);
    text_clear(&again);
    text_clear(&saved);
    plan_clear(&plan);
}

static void any_changed_byte_is_refused(void **state)
{
    (void)state;
    struct text saved = {0};
    size_t refused = 0;
    save(&saved, "", "");
    for (size_t i = 0; i < saved.len; i++) {
        struct plan plan;
        struct error err = {0};
        char old = saved.data[i];
        saved.data[i] = (char)(old == ' ' ? 'x' : old ^ 1);
        bool read = plan_read(&plan, "saved.plan", saved.data, saved.len, &err);
        if (read)
            fail_msg("byte %zu changed from %c to %c and was not noticed", i, old, saved.data[i]);
        assert_true(err.message[0]);
        refused++;
        saved.data[i] = old;
        plan_clear(&plan);
    }
    printf("%zu changed bytes, all refused\n", refused);
    text_clear(&saved);
}

/* A digest protects against accidents, not against somebody who writes a new one: what is inside
 * must then still be exactly what the writer would write. */
static void a_forged_document_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *old, *new;
    } forgeries[] = {
        {"\"kind\": \"switchover.plan\"", "\"kind\": \"switchover.state\""},
        {"\"format_version\": 1", "\"format_version\": 2"},
        {"\"type\": \"baseline\"", "\"type\": \"nonsense\""},
        {"\"guards\": [\n        \"baseline\"", "\"guards\": [\n        \"nowhere\""},
        {"\"guards\": [\n        \"baseline\"",
         "\"guards\": [\n        \"baseline\",\n        \"baseline\""},
        {"\"name\": \"prod\"", "\"name\": \"prod\",\n  \"extra\": 1"},
        {"\"name\": \"prod\"", "\"name\": \"other\""},
        {"\"direction\": \"forward\"", "\"direction\": \"inverse\""},
        {"switchover: 1\\nstage: prod\\n", "switchover: 1\\nstage: prod\\nbad: 1\\n"},
        {"\"observed\": \"both active\"", "\"observed\": 5"},
        {"\"blocks_now\": false", "\"blocks_now\": true"},
        {"\"hold\": \"enough\"", "\"hold\": \"forever\""},
        {"\"judged_minutes\": ", "\"judged_minutes\": 0"},
        {"\"shortest_ms\": ", "\"shortest_ms\": 0"},
        {"\"takes\": {", "\"takes\": {\"extra\": 1,"},
        {"\"needs_ms\": 360000", "\"needs_ms\": \"6m\""},
    };
    struct text saved = {0};
    save(&saved, "", "");
    for (size_t i = 0; i < COUNT(forgeries); i++) {
        const char *at = strstr(saved.data, forgeries[i].old);
        if (!at)
            fail_msg("nothing to forge: %s", forgeries[i].old);
        struct text forged = {0};
        text_add_bytes(&forged, saved.data, (size_t)(at - saved.data));
        text_add(&forged, forgeries[i].new);
        text_add(&forged, at + strlen(forgeries[i].old));
        text_cut(&forged, (size_t)(strstr(forged.data, ",\n  \"digest\"") - forged.data));
        char digest[DIGEST_HEX_SIZE];
        sealed_close(&forged, digest);
        struct plan plan;
        struct error err = {0};
        if (plan_read(&plan, "forged.plan", forged.data, forged.len, &err))
            fail_msg("not refused: %s", forgeries[i].new);
        plan_clear(&plan);
        text_clear(&forged);
    }
    text_clear(&saved);
}

/* A cutover that an older version began, whose preconditions were worded, weighed or called
 * otherwise, must be one that this version can take back. */
static void another_versions_preconditions_are_kept(void **state)
{
    (void)state;
    static const struct {
        const char *ours, *theirs;
    } members[] = {
        {"\"asks\": \"", "\"asks\": \"as they said then, "},
        {"\"mend\": \"", "\"mend\": \"as they said then, "},
        {"\"id\": \"", "\"id\": \"formerly-"},
        {"\"severity\": \"block\"", "\"severity\": \"warn\""},
        {"\"severity\": \"warn\"", "\"severity\": \"block\""},
        {"\"runbook_step\": 0,\n      \"asks\"", "\"runbook_step\": 3,\n      \"asks\""},
    };
    for (size_t i = 0; i < COUNT(members); i++) {
        struct text saved = {0}, older = {0}, again = {0};
        struct plan plan;
        struct error err = {0};
        char digest[DIGEST_HEX_SIZE];
        save(&saved, "", "");
        const char *at = strstr(strstr(saved.data, "\"preconditions\""), members[i].ours);
        assert_non_null(at);
        text_add_bytes(&older, saved.data, (size_t)(at - saved.data));
        text_addf(&older, "%s%s", members[i].theirs, at + strlen(members[i].ours));
        text_cut(&older, (size_t)(strstr(older.data, ",\n  \"digest\"") - older.data));
        sealed_close(&older, digest);
        if (!plan_read(&plan, "older.plan", older.data, older.len, &err))
            fail_msg("%s: %s", members[i].theirs, err.message);
        plan_write(&again, &plan);
        assert_int_equal(again.len, older.len);
        assert_memory_equal(again.data, older.data, older.len);
        plan_clear(&plan);
        text_clear(&saved);
        text_clear(&older);
        text_clear(&again);
    }
}

/* What was foretold when the plan was made is kept, whatever this version would foretell; a plan of
 * before holds had a forecast is read as it is. */
static void forecasts_are_kept_as_they_were(void **state)
{
    (void)state;
    static const char member[] = ",\n      \"forecast\": {", end[] = "\n      }";
    static const char *const instead[] = {
        "", ",\n      \"forecast\": {\n        \"hold\": \"short\",\n        \"needs_ms\": -1,\n"
            "        \"min_requests\": 1,\n        \"target_requests\": 2,\n"
            "        \"target_requests_a_minute\": 3,\n        \"judged_minutes\": 4,\n"
            "        \"judges_latency\": false,\n        \"latency_requests_a_minute\": 5,\n"
            "        \"errors_tolerated_ppm\": 6,\n        \"errors_3x_noticed_ms\": 7,\n"
            "        \"errors_10x_noticed_ms\": 8\n      }"};
    static const enum forecast_fit fits[] = {FORECAST_UNKNOWN, FORECAST_SHORT};
    struct text saved = {0};
    save(&saved, "", "");
    const char *at = strstr(saved.data, member);
    assert_non_null(at);
    for (size_t i = 0; i < COUNT(instead); i++) {
        struct text other = {0}, again = {0};
        struct plan plan;
        struct error err = {0};
        char digest[DIGEST_HEX_SIZE];
        text_add_bytes(&other, saved.data, (size_t)(at - saved.data));
        text_add(&other, instead[i]);
        text_add(&other, strstr(at, end) + strlen(end));
        text_cut(&other, (size_t)(strstr(other.data, ",\n  \"digest\"") - other.data));
        sealed_close(&other, digest);
        if (!plan_read(&plan, "other.plan", other.data, other.len, &err))
            fail_msg("%s", err.message);
        assert_string_equal(plan.actions[2].address, "hold[100%]");
        assert_int_equal(plan.actions[2].forecast.fit, fits[i]);
        plan_write(&again, &plan);
        assert_string_equal(again.data, other.data);
        plan_clear(&plan);
        text_clear(&other);
        text_clear(&again);
    }
    text_clear(&saved);
}

/* For those who read it with tools: 12 minutes of hold, at most 13, the shift's one, 2 hours. */
static void it_says_how_long_it_takes(void **state)
{
    (void)state;
    struct text saved = {0};
    save(&saved, "", "");
    assert_non_null(strstr(saved.data, "  \"takes\": {\n    \"shortest_ms\": 720000,\n"
                                       "    \"longest_ms\": 8040000,\n"
                                       "    \"last_shift_ms\": 0\n  }"));
    text_clear(&saved);
}

static void every_prefix_is_refused(void **state)
{
    (void)state;
    struct text saved = {0};
    save(&saved, "", "");
    for (size_t n = 0; n < saved.len; n += n < 200 ? 1 : 97) {
        struct plan plan;
        struct error err = {0};
        assert_false(plan_read(&plan, "cut.plan", saved.data, n, &err));
        plan_clear(&plan);
    }
    text_clear(&saved);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_saved_plan_comes_back_whole),
        cmocka_unit_test(any_changed_byte_is_refused),
        cmocka_unit_test(a_forged_document_is_refused),
        cmocka_unit_test(another_versions_preconditions_are_kept),
        cmocka_unit_test(it_says_how_long_it_takes),
        cmocka_unit_test(forecasts_are_kept_as_they_were),
        cmocka_unit_test(every_prefix_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
