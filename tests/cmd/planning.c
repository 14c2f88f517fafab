#include "tests/unit.h"

#include "cmd/planning.h"
#include "planner/base/time.h"
#include "tests/cmd/at_hand.h"
#include "tests/cmd/prod.h"
#include "tests/folder.h"

static void shifted(struct snapshot *live)
{
    prod_target(live, 2);
    prod_routing(live, "S0 T1");
}

static void a_plan_file_is_planned_on_live(void **state)
{
    (void)state;
    struct at_hand h;
    struct plan plan;
    struct error err;
    int64_t requests;
    at_hand_begin(&h);
    assert_true(at_hand_open(&h, "plan FILE", &err));
    assert_true(planning_forward(&plan, &requests, &h.cutover, &err));
    assert_int_equal(h.observed, 1);
    assert_int_equal(h.asked_facts, FACTS_PLAN);
    assert_int_equal(plan.action_count, 5);
    assert_int_equal(requests, -1);
    assert_string_equal(plan.actions[0].address, "scale[target]");
    assert_false(plan.provenance.in_repository);
    plan_clear(&plan);
    at_hand_close(&h);
    at_hand_end(&h);
}

/* Whoever plans hears of what stands in the way, before an apply does. */
static void a_failed_gate_is_noted(void **state)
{
    (void)state;
    struct at_hand h;
    struct plan plan;
    struct error err;
    int64_t requests;
    at_hand_begin(&h);
    at_hand_store_failure(&h, NULL, "errors");
    h.live = shifted;
    assert_true(at_hand_open(&h, "plan FILE", &err));
    assert_true(planning_forward(&plan, &requests, &h.cutover, &err));
    const char *last = plan.note_count ? plan.notes[plan.note_count - 1] : "";
    assert_string_equal(last, "errors failed in hold[100%]: 4.1 % 5XX against 0.1 % on the source. "
                              "apply goes on only with --accept errors --because TEXT");
    plan_clear(&plan);
    at_hand_close(&h);
    at_hand_end(&h);
}

/* A plan file means its state, a state itself, a saved plan the state of the same cutover, else
 * itself (DESIGN, section 5). */
static void what_a_fallback_goes_by_row_by_row(void **state)
{
    (void)state;
    enum { REFUSED, BY_STATE, BY_PLAN };
    static const struct {
        const char *line;
        bool stored, edited, changed, ended; /* edited: the state ran another plan */
        int goes_by;
        const char *says;
    } rows[] = {
        {"revert FILE", true, false, true, false, BY_STATE, NULL},
        {"revert FILE", true, false, true, true, BY_STATE, NULL},
        {"revert FILE", false, false, false, false, REFUSED, "there is no state at"},
        {"revert STATE", true, false, true, false, BY_STATE, NULL},
        {"revert SAVED", true, false, true, false, BY_STATE, NULL},
        {"revert SAVED", false, false, false, false, BY_PLAN, NULL},
        {"revert SAVED", true, true, true, false, REFUSED, "is of another cutover"},
        {"revert SAVED", true, true, true, true, BY_PLAN, NULL},
        {"revert SAVED", true, true, false, false, BY_PLAN, NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct at_hand h;
        struct way_back back;
        struct error err = {0};
        char digest[DIGEST_HEX_SIZE];
        at_hand_begin(&h);
        at_hand_save_plan(&h, digest);
        if (rows[i].stored)
            at_hand_store_state(
                &h, rows[i].edited ? "switchover: 1\nstage: prod\nbaseline: 2h\n" : NULL,
                rows[i].changed, rows[i].ended);
        if (!at_hand_open(&h, rows[i].line, &err))
            fail_msg("row %zu: %s", i, err.message);
        bool found = planning_way_back(&back, &h.cutover, &err);
        int goes_by = !found ? REFUSED : back.state ? BY_STATE : BY_PLAN;
        if (goes_by != rows[i].goes_by || (!found && !strstr(err.message, rows[i].says)))
            fail_msg("row %zu: %d %s", i, goes_by, err.message);
        if (!found)
            assert_true(*err.hint);
        at_hand_close(&h);
        at_hand_end(&h);
    }
}

static void a_fallback_reads_once_and_now_reads_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        unsigned denied, observed;
        size_t actions;
    } rows[] = {
        {"revert STATE", 0, 1, 2},                /* shift[origin], drain[target] */
        {"revert STATE --traffic-only", 0, 1, 1}, /* shift[origin] */
        {"revert STATE --now", 0, 0, 2},
        {"revert STATE", FACT_SERVICES, 2, 2}, /* weights go back whatever runs */
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct at_hand h;
        struct way_back back;
        struct reading reading = {0};
        struct plan plan;
        struct error err;
        int64_t requests;
        at_hand_begin(&h);
        at_hand_store_state(&h, NULL, true, false);
        assert_true(at_hand_open(&h, rows[i].line, &err));
        h.live = shifted;
        h.denied = rows[i].denied;
        assert_true(planning_way_back(&back, &h.cutover, &err));
        assert_true(planning_inverse(&plan, &requests, &reading, &h.cutover, &back, false, &err));
        assert_int_equal(h.observed, rows[i].observed);
        assert_int_equal(plan.action_count, rows[i].actions);
        assert_string_equal(plan.actions[0].address, "shift[origin]");
        if (h.observed)
            assert_true(subject_is_resolved(&h.asked_subject));
        assert_int_equal(h.asked_facts & FACT_METRICS, 0); /* a fallback waits for no metric */
        plan_clear(&plan);
        reading_clear(&reading);
        at_hand_close(&h);
        at_hand_end(&h);
    }
}

/* 10 minutes since the first shift, of which the last ones are not settled. */
static void served_by_target(struct snapshot *live)
{
    shifted(live);
    live->taken_at = PROD_NOW + 10 * MINUTE_MS;
    series_init(&live->recent, &live->arena, PROD_NOW - 5 * MINUTE_MS, 15);
    for (size_t m = 5; m < 12; m++)
        series_put(&live->recent, &live->recent.arms[ARM_TARGET][METRIC_REQUESTS],
                   series_minute_at(&live->recent, m), 100);
}

static void served_with_a_gap(struct snapshot *live)
{
    served_by_target(live);
    live->recent.arms[ARM_TARGET][METRIC_REQUESTS].present[7] = false;
}

static void served_without_metrics(struct snapshot *live)
{
    served_by_target(live);
    live->known &= ~(unsigned)FACT_METRICS;
}

static void the_bound_of_what_is_lost_is_no_guess(void **state)
{
    (void)state;
    static const struct {
        void (*live)(struct snapshot *);
        bool changed, count;
        int64_t requests;
    } rows[] = {
        {served_by_target, true, true, 700},
        {served_with_a_gap, true, true, -1},
        {served_without_metrics, true, true, -1},
        {served_by_target, false, true, -1},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct at_hand h;
        struct way_back back;
        struct reading reading = {0};
        struct plan plan;
        struct error err;
        int64_t requests = 0;
        at_hand_begin(&h);
        at_hand_store_state(&h, NULL, rows[i].changed, false);
        assert_true(at_hand_open(&h, "revert STATE", &err));
        h.live = rows[i].live;
        assert_true(planning_way_back(&back, &h.cutover, &err));
        assert_true(
            planning_inverse(&plan, &requests, &reading, &h.cutover, &back, rows[i].count, &err));
        assert_int_equal(requests, rows[i].requests);
        assert_int_equal(h.asked_facts & FACT_METRICS, FACT_METRICS);
        plan_clear(&plan);
        reading_clear(&reading);
        at_hand_close(&h);
        at_hand_end(&h);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plan_file_is_planned_on_live),
        cmocka_unit_test(a_failed_gate_is_noted),
        cmocka_unit_test(what_a_fallback_goes_by_row_by_row),
        cmocka_unit_test(a_fallback_reads_once_and_now_reads_nothing),
        cmocka_unit_test(the_bound_of_what_is_lost_is_no_guess),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
