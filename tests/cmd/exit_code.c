#include "tests/unit.h"

#include "cmd/exit_code.h"

/* DESIGN, section 9, row by row. */
static const struct {
    enum direction direction;
    enum run_end end;
    enum error_kind error;
    bool confirmed, changed;
    int exit_code;
} rows[] = {
    {FORWARD, RUN_DONE, ERROR_NONE, false, true, 0},
    {FORWARD, RUN_DONE, ERROR_NONE, false, false, 0},
    {FORWARD, RUN_BLOCKED, ERROR_NONE, false, false, 3},
    {FORWARD, RUN_BLOCKED, ERROR_NONE, false, true, 6},
    {FORWARD, RUN_DRIFT, ERROR_NONE, false, false, 4},
    {FORWARD, RUN_DRIFT, ERROR_NONE, false, true, 4},
    {FORWARD, RUN_INTERRUPTED, ERROR_NONE, false, true, 6},
    {FORWARD, RUN_INTERRUPTED, ERROR_NONE, false, false, 6},
    {FORWARD, RUN_TIMED_OUT, ERROR_NONE, false, true, 6},
    {FORWARD, RUN_FAILED, ERROR_NETWORK, false, true, 6},
    {FORWARD, RUN_FAILED, ERROR_ACCESS, false, false, 1},
    {FORWARD, RUN_FAILED, ERROR_LOCKED, false, false, 7},
    {FORWARD, RUN_FAILED, ERROR_LOCKED, false, true, 7},
    {INVERSE, RUN_DONE, ERROR_NONE, true, true, 0},
    {INVERSE, RUN_DONE, ERROR_NONE, false, true, 9},
    {INVERSE, RUN_DONE, ERROR_NONE, false, false, 0},
    {INVERSE, RUN_BLOCKED, ERROR_NONE, false, true, 9},
    {INVERSE, RUN_DRIFT, ERROR_NONE, false, true, 9},
    {INVERSE, RUN_INTERRUPTED, ERROR_NONE, false, true, 9},
    {INVERSE, RUN_TIMED_OUT, ERROR_NONE, false, true, 9},
    {INVERSE, RUN_FAILED, ERROR_NETWORK, false, true, 9},
    {INVERSE, RUN_FAILED, ERROR_NETWORK, false, false, 1},
    {INVERSE, RUN_FAILED, ERROR_LOCKED, false, true, 7},
    /* the traffic is back and was read back; only the proof that the target is quiet is missing */
    {INVERSE, RUN_TIMED_OUT, ERROR_NONE, true, true, 6},
    {INVERSE, RUN_INTERRUPTED, ERROR_NONE, true, true, 6},
    {INVERSE, RUN_FAILED, ERROR_NETWORK, true, true, 6},
};

static void every_end_has_its_code(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct outcome outcome = {.end = rows[i].end, .confirmed = rows[i].confirmed};
        outcome.error.kind = rows[i].error;
        int code = exit_of_outcome(rows[i].direction, &outcome, rows[i].changed);
        if (code != rows[i].exit_code)
            fail_msg("row %zu: %d instead of %d", i, code, rows[i].exit_code);
    }
}

static void an_error_is_1_and_a_lock_7(void **state)
{
    (void)state;
    for (int kind = ERROR_USAGE; kind <= ERROR_INTERRUPTED; kind++) {
        struct error err = {.kind = (enum error_kind)kind};
        assert_int_equal(exit_of_error(&err), kind == ERROR_LOCKED ? 7 : 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_end_has_its_code),
        cmocka_unit_test(an_error_is_1_and_a_lock_7),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
