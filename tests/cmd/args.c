#include "tests/unit.h"

#include "cmd/args.h"

enum { WORDS_MAX = 12 };

/* Splits at spaces; the program's own name goes in front. */
static bool parse(struct args *out, char *line, struct error *err)
{
    static char self[] = "switchover";
    char *argv[WORDS_MAX + 2] = {self};
    int argc = 1;
    *err = (struct error){0};
    for (char *word = strtok(line, " "); word && argc <= WORDS_MAX; word = strtok(NULL, " "))
        argv[argc++] = word;
    return args_parse(out, argc, argv, err);
}

#define PARSE(out, text, err)                                                                      \
    char line[] = text;                                                                            \
    bool ok = parse(out, line, err)

static void takes_each_way_to_write_an_option(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "plan prod.yaml --out p.json", "plan prod.yaml --out=p.json",
        "plan prod.yaml -out p.json",  "plan prod.yaml -out=p.json",
        "plan --out p.json prod.yaml", "plan -out=p.json -- prod.yaml",
    };
    for (size_t i = 0; i < COUNT(lines); i++) {
        char line[64];
        snprintf(line, sizeof line, "%s", lines[i]);
        struct args args;
        struct error err;
        assert_true(parse(&args, line, &err));
        assert_string_equal(args.verb->name, "plan");
        assert_int_equal(args.operand_count, 1);
        assert_string_equal(args.operands[0], "prod.yaml");
        assert_string_equal(args_text(&args, OPT_OUT), "p.json");
        assert_null(args_text(&args, OPT_STATE));
    }
}

static void flags_take_true_and_false(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        bool given, flag;
    } rows[] = {
        {"plan f", false, false},
        {"plan f --json", true, true},
        {"plan f --json=true", true, true},
        {"plan f --json=false", true, false},
        {"plan f -json=false", true, false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char line[64];
        snprintf(line, sizeof line, "%s", rows[i].line);
        struct args args;
        struct error err;
        assert_true(parse(&args, line, &err));
        assert_int_equal(args.values[OPT_JSON].given, rows[i].given);
        assert_int_equal(args_flag(&args, OPT_JSON), rows[i].flag);
    }
}

/* A flag's value stands behind "=" only: the next word is an operand. */
static void a_flag_takes_no_word(void **state)
{
    (void)state;
    struct args args;
    struct error err;
    PARSE(&args, "plan --json false", &err);
    assert_true(ok);
    assert_true(args_flag(&args, OPT_JSON));
    assert_string_equal(args.operands[0], "false");
}

static void dashes_end_options(void **state)
{
    (void)state;
    struct args args;
    struct error err;
    PARSE(&args, "plan --json -- --out", &err);
    assert_true(ok);
    assert_string_equal(args.operands[0], "--out");
    assert_null(args_text(&args, OPT_OUT));
}

static void reads_typed_values(void **state)
{
    (void)state;
    struct args args;
    struct error err;
    {
        PARSE(&args, "apply f --lock-timeout 1h30m", &err);
        assert_true(ok);
        assert_int_equal(args_number(&args, OPT_LOCK_TIMEOUT, 0), 90 * 60 * 1000);
    }
    {
        PARSE(&args, "sandbox --port=0 --speed 120", &err);
        assert_true(ok);
        assert_int_equal(args_number(&args, OPT_PORT, 7), 0);
        assert_int_equal(args_number(&args, OPT_SPEED, 60), 120);
    }
    {
        PARSE(&args, "sandbox", &err);
        assert_true(ok);
        assert_int_equal(args_number(&args, OPT_SPEED, 60), 60);
    }
}

/* What is refused, with what the message must say and what the hint must. */
static const struct {
    const char *line;
    enum error_kind kind;
    const char *message, *hint;
} refusals[] = {
    {"plna f", ERROR_USAGE, "no command \"plna\"", "\"plan\""},
    {"frobnicate", ERROR_USAGE, "no command", ""},
    {"pla f", ERROR_USAGE, "no command \"pla\"", "\"plan\""},
    {"--json plan f", ERROR_USAGE, "the command comes first", "COMMAND --json"},
    {"plan f --ou x", ERROR_USAGE, "plan has no option --ou", "--out"},
    {"plan f --sate x", ERROR_USAGE, "no option --sate", "--state"},
    {"plan f --OUT x", ERROR_USAGE, "no option --OUT", ""},
    {"plan f --auto-approve", ERROR_USAGE, "plan has no option --auto-approve", ""},
    {"plan f --out", ERROR_USAGE, "--out needs a value: F", ""},
    {"plan f --out=", ERROR_USAGE, "--out needs a value: F", ""},
    {"revert f --force --now", ERROR_USAGE, "--force needs a value: REASON", "--force=--now"},
    {"plan f --json=yes", ERROR_USAGE, "--json takes true or false, not \"yes\"", ""},
    {"plan f --json=", ERROR_USAGE, "--json takes true or false", ""},
    {"plan f --format=xml", ERROR_USAGE, "--format takes one of text|markdown|json", ""},
    {"plan f --format=tex", ERROR_USAGE, "not \"tex\"", ""},
    {"apply f --lock-timeout 5", ERROR_USAGE, "takes a duration", ""},
    {"sandbox --port 65536", ERROR_USAGE, "from 0 to 65535", ""},
    {"sandbox --port=-1", ERROR_USAGE, "not \"-1\"", ""},
    {"sandbox --port 80x", ERROR_USAGE, "not \"80x\"", ""},
    {"sandbox --port 99999999999999999999", ERROR_USAGE, "whole number", ""},
    {"sandbox --speed 0", ERROR_USAGE, "from 1 to", ""},
    {"sandbox extra", ERROR_USAGE, "sandbox takes no operand; \"extra\" is too much", ""},
    {"plan f --out a --out b", ERROR_USAGE, "--out is given twice", ""},
    {"plan f --json --json=false", ERROR_USAGE, "--json is given twice", ""},
    {"plan", ERROR_USAGE, "plan needs a file: FILE", ""},
    {"revert --now", ERROR_USAGE, "revert needs a file: FILE|SAVED|STATE", ""},
    {"policy", ERROR_USAGE, "policy needs a file: FILE", ""},
    {"policy f --for revert", ERROR_USAGE, "--for takes one of plan|apply", ""},
    {"plan f g", ERROR_USAGE, "\"g\" is too much", ""},
    {"init", ERROR_NOT_YET, "init is not available yet", ""},
    {"report x", ERROR_NOT_YET, "report is not available yet", ""},
    {"approve x", ERROR_NOT_YET, "approve is not available yet", ""},
    {"state pull", ERROR_NOT_YET, "state is not available yet", ""},
    {"completion sh", ERROR_NOT_YET, "completion is not available yet", ""},
    {"rehearse x", ERROR_NOT_YET, "rehearse is not available yet", ""},
};

static void refuses_row_by_row(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refusals); i++) {
        char line[96];
        snprintf(line, sizeof line, "%s", refusals[i].line);
        struct args args;
        struct error err;
        assert_false(parse(&args, line, &err));
        if (err.kind != refusals[i].kind || !strstr(err.message, refusals[i].message) ||
            !strstr(err.hint, refusals[i].hint))
            fail_msg("%s: kind %d, \"%s\", hint \"%s\"", refusals[i].line, err.kind, err.message,
                     err.hint);
    }
}

static void help_is_found_as_people_ask_for_it(void **state)
{
    (void)state;
    static const struct {
        const char *line, *verb;
        bool help;
    } rows[] = {
        {"", "help", false},
        {"--help", "help", false},
        {"-h", "help", false},
        {"-help", "help", false},
        {"--version", "version", false},
        {"plan --help", "plan", true},
        {"plan f -help", "plan", true},
        {"help plan", "help", false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char line[32];
        snprintf(line, sizeof line, "%s", rows[i].line);
        struct args args;
        struct error err;
        assert_true(parse(&args, line, &err));
        assert_string_equal(args.verb->name, rows[i].verb);
        assert_int_equal(args_flag(&args, OPT_HELP), rows[i].help);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_each_way_to_write_an_option),
        cmocka_unit_test(flags_take_true_and_false),
        cmocka_unit_test(a_flag_takes_no_word),
        cmocka_unit_test(dashes_end_options),
        cmocka_unit_test(reads_typed_values),
        cmocka_unit_test(refuses_row_by_row),
        cmocka_unit_test(help_is_found_as_people_ask_for_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
