#include "tests/unit.h"

#include "planner/base/time.h"
#include "tests/sim/cutover.h"

/* The plan file's checks as what stands before each shift. */

#define HEAD                                                                                       \
    "switchover: 1\nstage: sandbox\nbaseline: 10m\n"                                               \
    "traffic: {steps: [{target: 10, hold: 0s}, {target: 100, hold: 0s}]}\n"                        \
    "drain: {quiet_for: 0s}\n"
#define CHECKS                                                                                     \
    "checks: [{http: {name: up, url: \"http://a\"}}, {http: {name: other, url: \"http://b\"}}]\n"

struct answers {
    enum check_verdict up, later; /* of `up`, at the first shift and behind it */
};

static enum check_verdict answer(struct sim *sim, const char *name)
{
    const struct answers *answers = sim->user;
    if (strcmp(name, "up") != 0)
        return CHECK_GREEN;
    return sim_logged(sim, "done shift[10%]") ? answers->later : answers->up;
}

static void begin(struct rehearsal *r, const char *yaml, struct answers *answers)
{
    rehearsal_begin(r, yaml);
    r->sim.user = answers;
    r->sim.check = answer;
}

static void before_each_shift_row_by_row(void **state)
{
    (void)state;
    static const struct {
        const char *allow;
        struct answers answers;
        enum run_end end;
        int percent;
    } rows[] = {
        {"", {CHECK_GREEN, CHECK_GREEN}, RUN_DONE, 100},
        {"", {CHECK_RED, CHECK_GREEN}, RUN_BLOCKED, 0},
        {"", {CHECK_SILENT, CHECK_GREEN}, RUN_BLOCKED, 0},
        {"", {CHECK_NOT_ASKED, CHECK_GREEN}, RUN_BLOCKED, 0},
        {"", {CHECK_GREEN, CHECK_RED}, RUN_BLOCKED, 10},
        {"", {CHECK_GREEN, CHECK_SILENT}, RUN_BLOCKED, 10},
        {"allow: {\"check:up\": CHG-1}\n", {CHECK_RED, CHECK_SILENT}, RUN_DONE, 100},
        {"allow: {\"check:other\": CHG-1}\n", {CHECK_RED, CHECK_GREEN}, RUN_BLOCKED, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        void *each;
        struct answers answers = rows[i].answers;
        struct text yaml = {0};
        assert_int_equal(rehearsal_set_up(&each), 0);
        struct rehearsal *r = each;
        text_addf(&yaml, "%s%s", HEAD CHECKS, rows[i].allow);
        begin(r, yaml.data, &answers);
        enum run_end end = cutover_apply(&r->cutover);
        if (end != rows[i].end || rehearsal_percent(r) != rows[i].percent)
            fail_msg("row %zu: end %d, %d %% (%s)", i, (int)end, rehearsal_percent(r),
                     r->cutover.outcome.why);
        assert_int_equal(strstr(r->cutover.outcome.why, "check:up blocks shift[") != NULL,
                         end == RUN_BLOCKED);
        text_clear(&yaml);
        assert_int_equal(rehearsal_tear_down(&each), 0);
    }
}

/* Once before each shift; a plan, the actions between and the way back ask nothing. */
static void nobody_else_asks(void **state)
{
    struct rehearsal *r = *state;
    struct answers answers = {CHECK_GREEN, CHECK_GREEN};
    begin(r, HEAD CHECKS, &answers);
    cutover_plan(&r->cutover);
    assert_int_equal(r->sim.asks, 0);
    assert_int_equal(cutover_apply(&r->cutover), RUN_DONE);
    assert_int_equal(r->sim.asks, 2);
    answers.later = CHECK_RED;
    assert_int_equal(cutover_revert(&r->cutover), RUN_DONE);
    assert_int_equal(r->sim.asks, 2);
    assert_true(rehearsal_is_at_origin(r));
}

/* What was blocked goes on once the check passes: nothing of an older answer is kept. */
static void it_goes_on_once_it_passes(void **state)
{
    struct rehearsal *r = *state;
    struct answers answers = {CHECK_GREEN, CHECK_RED};
    begin(r, HEAD CHECKS, &answers);
    assert_int_equal(cutover_apply(&r->cutover), RUN_BLOCKED);
    answers.later = CHECK_GREEN;
    assert_int_equal(cutover_apply(&r->cutover), RUN_DONE);
    assert_int_equal(rehearsal_percent(r), 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(before_each_shift_row_by_row),
        cmocka_unit_test_setup_teardown(nobody_else_asks, rehearsal_set_up, rehearsal_tear_down),
        cmocka_unit_test_setup_teardown(it_goes_on_once_it_passes, rehearsal_set_up,
                                        rehearsal_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
