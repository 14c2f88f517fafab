#include "tests/unit.h"

#include "cmd/acceptance.h"
#include "tests/cmd/at_hand.h"
#include "tests/cmd/prod.h"

static bool parse(struct args *args, int argc, const char *const argv[], struct error *err)
{
    static char words[8][64];
    char *copies[8];
    for (int i = 0; i < argc; i++) {
        snprintf(words[i], sizeof words[i], "%s", argv[i]);
        copies[i] = words[i];
    }
    return args_parse(args, argc, copies, err);
}

/* Both or neither; a gate that there is; a reason that is one. */
static void options_are_checked_row_by_row(void **state)
{
    (void)state;
    static const struct {
        const char *gate, *because;
        const char *says; /* NULL: fine */
    } rows[] = {
        {NULL, NULL, NULL},
        {"errors", "CHG-1", NULL},
        {"client_errors", "CHG-1", NULL},
        {"latency", "CHG-1", NULL},
        {"health", "CHG-1", NULL},
        {"traffic", "CHG-1", NULL},
        {"check:green", "CHG-1", NULL},
        {"errors", NULL, "--accept errors needs --because TEXT"},
        {NULL, "CHG-1", "--because has no meaning without --accept GATE"},
        {"error", "CHG-1", "there is no such gate"},
        {"checks", "CHG-1", "there is no such gate"},
        {"check:", "CHG-1", "there is no such gate"},
        {"Errors", "CHG-1", "there is no such gate"},
        {"errors", "TEXT", "say in your own words why"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct args args;
        struct error err = {0};
        const char *argv[8] = {"switchover", "apply", "prod.yaml"};
        int argc = 3;
        if (rows[i].gate) {
            argv[argc++] = "--accept";
            argv[argc++] = rows[i].gate;
        }
        if (rows[i].because) {
            argv[argc++] = "--because";
            argv[argc++] = rows[i].because;
        }
        assert_true(parse(&args, argc, argv, &err));
        bool fine = acceptance_check_options(&args, &err);
        if (fine != !rows[i].says ||
            (!fine && (err.kind != ERROR_USAGE || !strstr(err.message, rows[i].says))))
            fail_msg("row %zu: %s", i, fine ? "taken" : err.message);
    }
}

/* What is accepted must have failed, and wait for it. */
static void only_a_failure_that_waits_is_accepted(void **state)
{
    (void)state;
    static const struct {
        const char *failed; /* NULL: none */
        bool accepted;      /* before */
        const char *options;
        const char *says; /* NULL: fine */
    } rows[] = {
        {NULL, false, "", NULL},
        {"errors", false, "", NULL},
        {"errors", false, "--accept errors --because it-was-a-deploy", NULL},
        {"check:green", false, "--accept check:green --because it-was-a-deploy", NULL},
        {NULL, false, "--accept errors --because x", "no failed gate waits to be accepted"},
        {"errors", true, "--accept errors --because x", "no failed gate waits to be accepted"},
        {"errors", false, "--accept latency --because x",
         "it is another gate that failed: errors failed in hold[100%]: 4.1 % 5XX against 0.1 %"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct at_hand h;
        struct error err = {0};
        char line[128];
        at_hand_begin(&h);
        if (rows[i].failed)
            at_hand_store_failure(&h, NULL, rows[i].failed);
        else
            at_hand_store_state(&h, NULL, true, false);
        snprintf(line, sizeof line, "apply FILE %s", rows[i].options);
        assert_true(at_hand_open(&h, line, &err));
        struct state *cutover = h.cutover.state;
        if (rows[i].accepted)
            assert_true(
                state_accept_gate(cutover, rows[i].failed, "CHG-1", "ann@bastion", PROD_NOW, &err));
        bool fine = acceptance_check(&h.args, cutover, &err);
        if (fine != !rows[i].says ||
            (!fine && (err.kind != ERROR_INPUT || !strstr(err.message, rows[i].says))))
            fail_msg("row %zu: %s", i, fine ? "taken" : err.message);
        at_hand_close(&h);
        at_hand_end(&h);
    }
}

static void who_accepts_is_recorded(void **state)
{
    (void)state;
    struct at_hand h;
    struct error err;
    at_hand_begin(&h);
    at_hand_store_failure(&h, NULL, "errors");
    assert_true(at_hand_open(&h, "apply FILE --accept errors --because CHG-7", &err));
    struct state *cutover = h.cutover.state;
    assert_true(acceptance_record(&h.args, cutover, PROD_NOW + 7, &err));
    assert_null(state_open_failure(cutover));
    assert_string_equal(cutover->failures[0].accepted_because, "CHG-7");
    assert_non_null(strchr(cutover->failures[0].accepted_by, '@'));
    assert_int_equal(cutover->failures[0].accepted_at, PROD_NOW + 7);
    at_hand_close(&h);
    at_hand_end(&h);
}

static void without_the_options_nothing_is_recorded(void **state)
{
    (void)state;
    struct at_hand h;
    struct error err;
    at_hand_begin(&h);
    at_hand_store_failure(&h, NULL, "errors");
    assert_true(at_hand_open(&h, "apply FILE", &err));
    assert_true(acceptance_record(&h.args, h.cutover.state, PROD_NOW, &err));
    assert_non_null(state_open_failure(h.cutover.state));
    at_hand_close(&h);
    at_hand_end(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_are_checked_row_by_row),
        cmocka_unit_test(only_a_failure_that_waits_is_accepted),
        cmocka_unit_test(who_accepts_is_recorded),
        cmocka_unit_test(without_the_options_nothing_is_recorded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
