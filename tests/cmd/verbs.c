#include "tests/unit.h"

#include "cmd/page.h"
#include "cmd/verbs.h"
#include "cmd/view_text_help.h"

static const struct term narrow = {.width = 80};

static void assert_fits(const char *text)
{
    for (const char *line = text; *line;) {
        size_t n = strcspn(line, "\n");
        if (n > 80 || (n && line[n - 1] == ' '))
            fail_msg("a line of %zu columns, or spaces at its end: \"%.*s\"", n, (int)n, line);
        for (size_t i = 0; i < n; i++)
            assert_in_range(line[i], ' ', '~');
        line += n + (line[n] == '\n');
    }
}

static void the_overview_names_every_command_and_exit_code(void **state)
{
    (void)state;
    struct page page;
    page_init(&page, &narrow);
    view_text_help(&page);
    const char *text = text_cstr(&page.out);
    assert_fits(text);
    for (size_t i = 0; i < verb_count; i++)
        assert_non_null(strstr(text, verbs[i].name));
    for (char code = '0'; code <= '9'; code++) {
        char row[] = {'\n', ' ', ' ', code, ' ', ' ', '\0'};
        assert_non_null(strstr(text, row));
    }
    page_clear(&page);
}

static void every_command_is_documented(void **state)
{
    (void)state;
    for (size_t i = 0; i < verb_count; i++) {
        const struct verb *verb = &verbs[i];
        if (verb_is_reserved(verb))
            continue;
        struct page page;
        page_init(&page, &narrow);
        view_text_help_verb(&page, verb);
        const char *text = text_cstr(&page.out);
        assert_fits(text);
        assert_non_null(verb->description);
        assert_non_null(strstr(text, verb->operands));
        assert_non_null(strstr(text, "--help"));
        for (size_t k = 0; k < verb->option_count; k++) {
            char name[64];
            snprintf(name, sizeof name, "  --%s", verb->options[k].name);
            assert_non_null(strstr(text, name));
            assert_true(strlen(verb->options[k].help) > 8);
            assert_true(verb->options[k].kind == OPTION_FLAG || verb->options[k].value);
        }
        page_clear(&page);
    }
}

/* The commands and options of the contract (DESIGN, section 9), written down once more by hand. */
static void the_table_is_the_contract(void **state)
{
    (void)state;
    static const struct {
        const char *verb, *options;
    } rows[] = {
        {"validate", "json"},
        {"plan", "out format json detailed-exitcode checks revert state"},
        {"apply", "auto-approve json json-into lock-timeout until accept because state"},
        {"revert", "traffic-only now force auto-approve print-aws state"},
        {"status", "json"},
        {"watch", "once ascii state"},
        {"show", "json"},
        {"policy", "for"},
        {"sandbox", "speed port scenario"},
        {"version", "json"},
        {"help", ""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct verb *verb = verb_find(rows[i].verb);
        assert_non_null(verb);
        assert_false(verb_is_reserved(verb));
        char names[128];
        snprintf(names, sizeof names, "%s", rows[i].options);
        for (char *name = strtok(names, " "); name; name = strtok(NULL, " "))
            if (!verb_option(verb, name))
                fail_msg("%s has no --%s", rows[i].verb, name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_overview_names_every_command_and_exit_code),
        cmocka_unit_test(every_command_is_documented),
        cmocka_unit_test(the_table_is_the_contract),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
