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
    {FORWARD, RUN_GATE_FAILED, ERROR_NONE, false, true, 8},
    {FORWARD, RUN_INCONCLUSIVE, ERROR_NONE, false, true, 6},
    {FORWARD, RUN_SHIFTED, ERROR_NONE, false, true, 0},
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

/* ---- every combination ---- */

enum { ANY = -1, NO, YES, OTHERS }; /* OTHERS: any error but that of a lock */

/* The same contract in the operator's words, for every combination there is: exactly
 * one row fits each. Hand-written from DESIGN, section 9. */
static const struct {
    int direction, end, error, confirmed, changed, falls_back, exit_code;
} rules[] = {
    /* a forward run that was to be taken back, and by itself was not */
    {FORWARD, ANY, ANY, ANY, ANY, YES, 9},
    {FORWARD, RUN_RECALLED, ANY, ANY, ANY, NO, 9},
    {FORWARD, RUN_GATE_FAILED, ANY, ANY, ANY, NO, 8},
    {FORWARD, RUN_DONE, ANY, ANY, ANY, NO, 0},
    {FORWARD, RUN_SHIFTED, ANY, ANY, ANY, NO, 0},
    {FORWARD, RUN_DRIFT, ANY, ANY, ANY, NO, 4},
    {FORWARD, RUN_BLOCKED, ANY, ANY, NO, NO, 3},
    {FORWARD, RUN_BLOCKED, ANY, ANY, YES, NO, 6},
    {FORWARD, RUN_INTERRUPTED, ANY, ANY, ANY, NO, 6},
    {FORWARD, RUN_INCONCLUSIVE, ANY, ANY, ANY, NO, 6},
    {FORWARD, RUN_TIMED_OUT, ANY, ANY, YES, NO, 6},
    {FORWARD, RUN_TIMED_OUT, ANY, ANY, NO, NO, 1},
    {FORWARD, RUN_FAILED, ERROR_LOCKED, ANY, ANY, NO, 7},
    {FORWARD, RUN_FAILED, OTHERS, ANY, YES, NO, 6},
    {FORWARD, RUN_FAILED, OTHERS, ANY, NO, NO, 1},
    /* a revert: 9 whatever hindered it, unless there was nothing to take back */
    {INVERSE, RUN_FAILED, ERROR_LOCKED, ANY, ANY, NO, 7},
    {INVERSE, RUN_DONE, ANY, NO, YES, NO, 9},
    {INVERSE, RUN_BLOCKED, ANY, NO, YES, NO, 9},
    {INVERSE, RUN_DRIFT, ANY, NO, YES, NO, 9},
    {INVERSE, RUN_INTERRUPTED, ANY, NO, YES, NO, 9},
    {INVERSE, RUN_TIMED_OUT, ANY, NO, YES, NO, 9},
    {INVERSE, RUN_FAILED, OTHERS, NO, YES, NO, 9},
    {INVERSE, RUN_DONE, ANY, NO, NO, NO, 0},
    {INVERSE, RUN_DONE, ANY, YES, ANY, NO, 0},
    {INVERSE, RUN_BLOCKED, ANY, NO, NO, NO, 3},
    {INVERSE, RUN_BLOCKED, ANY, YES, NO, NO, 3},
    {INVERSE, RUN_BLOCKED, ANY, YES, YES, NO, 6},
    {INVERSE, RUN_DRIFT, ANY, NO, NO, NO, 4},
    {INVERSE, RUN_DRIFT, ANY, YES, ANY, NO, 4},
    {INVERSE, RUN_INTERRUPTED, ANY, NO, NO, NO, 6},
    {INVERSE, RUN_INTERRUPTED, ANY, YES, ANY, NO, 6},
    {INVERSE, RUN_TIMED_OUT, ANY, NO, NO, NO, 1},
    {INVERSE, RUN_TIMED_OUT, ANY, YES, NO, NO, 1},
    {INVERSE, RUN_TIMED_OUT, ANY, YES, YES, NO, 6},
    {INVERSE, RUN_FAILED, OTHERS, NO, NO, NO, 1},
    {INVERSE, RUN_FAILED, OTHERS, YES, NO, NO, 1},
    {INVERSE, RUN_FAILED, OTHERS, YES, YES, NO, 6},
};

struct combination {
    int direction, end, error, confirmed, changed, falls_back;
};

static bool fits(int rule, int value)
{
    return rule == ANY || rule == value;
}

static bool rule_holds(size_t i, const struct combination *c)
{
    bool error_fits =
        rules[i].error == OTHERS ? c->error != ERROR_LOCKED : fits(rules[i].error, c->error);
    return rules[i].direction == c->direction && fits(rules[i].end, c->end) && error_fits &&
           fits(rules[i].confirmed, c->confirmed) && fits(rules[i].changed, c->changed) &&
           fits(rules[i].falls_back, c->falls_back);
}

static void check_combination(const struct combination *c)
{
    size_t found = 0, row = 0;
    for (size_t i = 0; i < COUNT(rules); i++)
        if (rule_holds(i, c)) {
            row = i;
            found++;
        }
    if (found != 1)
        fail_msg("%zu rules for end %s, direction %d, error %d, confirmed %d, changed %d", found,
                 run_end_name((enum run_end)c->end), c->direction, c->error, c->confirmed,
                 c->changed);
    struct outcome outcome = {
        .end = (enum run_end)c->end, .confirmed = c->confirmed, .falls_back = c->falls_back};
    outcome.error.kind = (enum error_kind)c->error;
    int code = exit_of_outcome((enum direction)c->direction, &outcome, c->changed);
    if (code != rules[row].exit_code)
        fail_msg("rule %zu: %d instead of %d", row, code, rules[row].exit_code);
}

/* Only a gate and the operator's key have a forward run taken back, and no revert falls back. An
 * inverse run ends in none of the ways that gates have. */
static bool can_be(const struct combination *c)
{
    bool gates = c->end >= RUN_GATE_FAILED && c->end <= RUN_RECALLED;
    return c->direction == FORWARD ? true : !gates && !c->falls_back;
}

static void every_combination_has_one_code(void **state)
{
    (void)state;
    struct combination c;
    size_t asked = 0;
    for (c.direction = FORWARD; c.direction <= INVERSE; c.direction++)
        for (c.end = RUN_DONE; c.end <= RUN_RECALLED; c.end++)
            for (c.error = ERROR_NONE; c.error <= ERROR_INTERRUPTED; c.error++)
                for (int bits = 0; bits < 8; bits++) {
                    c.confirmed = bits & 1;
                    c.changed = bits >> 1 & 1;
                    c.falls_back = bits >> 2 & 1;
                    if (!can_be(&c))
                        continue;
                    check_combination(&c);
                    asked++;
                }
    assert_true(asked > 1000);
}

/* Once a request of it went out, 7 would say no more than why the next one did not. */
static void a_revert_that_was_sent_is_9_when_its_lock_is_lost(void **state)
{
    (void)state;
    struct outcome outcome = {.end = RUN_FAILED, .sent_anything = true};
    outcome.error.kind = ERROR_LOCKED;
    assert_int_equal(exit_of_outcome(INVERSE, &outcome, true), EXIT_REVERT_UNCONFIRMED);
    outcome.confirmed = true;
    assert_int_equal(exit_of_outcome(INVERSE, &outcome, true), EXIT_LOCKED);
    assert_int_equal(exit_of_outcome(FORWARD, &outcome, true), EXIT_LOCKED);
}

/* 5 says that the traffic is back and was read back; only that, and always that. */
static void a_fallback_is_5_only_when_it_was_read_back(void **state)
{
    (void)state;
    for (int end = RUN_DONE; end <= RUN_RECALLED; end++)
        for (int kind = ERROR_NONE; kind <= ERROR_INTERRUPTED; kind++)
            for (int confirmed = 0; confirmed <= 1; confirmed++) {
                struct outcome outcome = {.end = (enum run_end)end, .confirmed = confirmed};
                outcome.error.kind = (enum error_kind)kind;
                assert_int_equal(exit_of_fall_back(&outcome), confirmed ? 5 : 9);
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
        cmocka_unit_test(every_combination_has_one_code),
        cmocka_unit_test(a_revert_that_was_sent_is_9_when_its_lock_is_lost),
        cmocka_unit_test(a_fallback_is_5_only_when_it_was_read_back),
        cmocka_unit_test(an_error_is_1_and_a_lock_7),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
