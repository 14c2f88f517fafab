#include "tests/unit.h"

#include "cmd/advice.h"
#include "tests/cmd/at_hand.h"

static void check(const struct at_hand *h, const char *got, const char *verb, const char *path)
{
    char wanted[512];
    if (!verb) {
        assert_null(got);
        return;
    }
    (void)h;
    snprintf(wanted, sizeof wanted, "switchover %s %s", verb, path);
    assert_non_null(got);
    assert_string_equal(got, wanted);
}

static void says_how_to_go_on_and_back(void **state)
{
    (void)state;
    static const struct {
        bool changed, ended;
        const char *go_on, *go_back;
    } rows[] = {
        {true, false, "apply", "revert"},
        {false, false, "apply", NULL},
        {true, true, NULL, NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct at_hand h;
        struct error err;
        char *go_on, *go_back;
        at_hand_begin(&h);
        at_hand_store_state(&h, NULL, rows[i].changed, rows[i].ended);
        assert_true(at_hand_open(&h, "apply FILE", &err));
        advice_next(&h.cutover, h.cutover.state, &go_on, &go_back);
        check(&h, go_on, rows[i].go_on, h.file);
        check(&h, go_back, rows[i].go_back, h.file);
        free(go_on);
        free(go_back);
        at_hand_close(&h);
        at_hand_end(&h);
    }
}

/* The target had traffic before this cutover: a way back takes that off it, whoever gave it. */
static void what_was_there_before_can_be_taken_back(void **state)
{
    (void)state;
    struct at_hand h;
    struct error err;
    char *go_on, *go_back;
    at_hand_begin(&h);
    at_hand_store_state(&h, NULL, false, false);
    assert_true(at_hand_open(&h, "apply FILE", &err));
    h.cutover.state->origin.assumed = true; /* mid-cutover is waived */
    advice_next(&h.cutover, h.cutover.state, &go_on, &go_back);
    check(&h, go_on, "apply", h.file);
    check(&h, go_back, "revert", h.file);
    free(go_on);
    free(go_back);
    at_hand_close(&h);
    at_hand_end(&h);
}

/* What somebody else moved is looked at first, also where a saved plan was applied. */
static void after_a_drift_the_plan_is_looked_at(void **state)
{
    (void)state;
    for (int changed = 0; changed <= 1; changed++) {
        struct at_hand h;
        struct error err;
        char *go_on, *go_back;
        at_hand_begin(&h);
        at_hand_store_state(&h, NULL, changed, false);
        assert_true(at_hand_open(&h, "apply FILE", &err));
        state_begin_run(h.cutover.state, FORWARD, "apply", "ann@bastion", 0);
        state_end_run(h.cutover.state, RUN_DRIFT, "somebody moved it", 0);
        advice_next(&h.cutover, h.cutover.state, &go_on, &go_back);
        check(&h, go_on, "plan", h.cutover.state->plan->file.path);
        check(&h, go_back, changed ? "revert" : NULL, h.file);
        free(go_on);
        free(go_back);
        at_hand_close(&h);
        at_hand_end(&h);
    }
}

/* After a fallback that did not get through, going on is going back; also when an earlier one had.
 */
static void an_open_fallback_goes_on_as_one(void **state)
{
    (void)state;
    for (int ended = 0; ended <= 1; ended++) {
        struct at_hand h;
        struct error err;
        char *go_on, *go_back;
        at_hand_begin(&h);
        at_hand_store_state(&h, NULL, true, ended);
        assert_true(at_hand_open(&h, "revert STATE", &err));
        state_begin_run(h.cutover.state, INVERSE, "revert", "ann@bastion", 0);
        advice_next(&h.cutover, h.cutover.state, &go_on, &go_back);
        check(&h, go_on, "revert", h.state);
        check(&h, go_back, "revert", h.state);
        free(go_on);
        free(go_back);
        at_hand_close(&h);
        at_hand_end(&h);
    }
}

/* A failed gate has two ways on, and both commands stand there ready. */
static void a_failed_gate_is_accepted_or_taken_back(void **state)
{
    (void)state;
    static const struct {
        const char *gate, *options;
    } rows[] = {
        {"errors", "--accept errors --because TEXT"},
        {"check:target-green", "--accept check:target-green --because TEXT"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct at_hand h;
        struct error err;
        char *go_on, *go_back, wanted[512];
        at_hand_begin(&h);
        at_hand_store_failure(&h, NULL, rows[i].gate);
        assert_true(at_hand_open(&h, "apply FILE", &err));
        advice_next(&h.cutover, h.cutover.state, &go_on, &go_back);
        snprintf(wanted, sizeof wanted, "switchover apply %s %s", h.file, rows[i].options);
        assert_string_equal(go_on, wanted);
        check(&h, go_back, "revert", h.file);
        free(go_on);
        free(go_back);
        at_hand_close(&h);
        at_hand_end(&h);
    }
}

static void nothing_is_advised_without_a_state(void **state)
{
    (void)state;
    struct at_hand h;
    struct error err;
    char *go_on, *go_back;
    at_hand_begin(&h);
    assert_true(at_hand_open(&h, "status FILE", &err));
    advice_next(&h.cutover, NULL, &go_on, &go_back);
    assert_null(go_on);
    assert_null(go_back);
    at_hand_close(&h);
    at_hand_end(&h);
}

static void words_are_ready_for_a_shell(void **state)
{
    (void)state;
    struct at_hand h;
    struct error err;
    at_hand_begin(&h);
    assert_true(at_hand_open(&h, "plan FILE --state a.json", &err));
    char *command = advice_command(&h.cutover, "apply", "my plan");
    assert_string_equal(command, "switchover apply 'my plan' --state a.json");
    free(command);
    at_hand_close(&h);
    at_hand_end(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_how_to_go_on_and_back),
        cmocka_unit_test(what_was_there_before_can_be_taken_back),
        cmocka_unit_test(after_a_drift_the_plan_is_looked_at),
        cmocka_unit_test(an_open_fallback_goes_on_as_one),
        cmocka_unit_test(a_failed_gate_is_accepted_or_taken_back),
        cmocka_unit_test(nothing_is_advised_without_a_state),
        cmocka_unit_test(words_are_ready_for_a_shell),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
