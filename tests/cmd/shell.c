#include "tests/unit.h"

#include "cmd/shell.h"

static const struct {
    const char *word, *quoted;
} rows[] = {
    {"prod.yaml", "prod.yaml"},
    {"./a/b-c_d.yaml", "./a/b-c_d.yaml"},
    {"arn:aws:ecs:us-east-1:1:x/y", "arn:aws:ecs:us-east-1:1:x/y"},
    {"", "''"},
    {"two words", "'two words'"},
    {"it's", "'it'\\''s'"},
    {"$(reboot)", "'$(reboot)'"},
    {"`x`;\\", "'`x`;\\'"},
    {"*", "'*'"},
    {"~root", "'~root'"},
};

static void quotes_row_by_row(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct text out = {0};
        shell_add(&out, rows[i].word);
        assert_string_equal(text_cstr(&out), rows[i].quoted);
        text_clear(&out);
    }
}

/* The shell itself is the judge: what it hands on is the word. */
static void the_shell_reads_it_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct text command = {0};
        char got[64] = "";
        text_add(&command, "printf %s ");
        shell_add(&command, rows[i].word);
        FILE *pipe = popen(text_cstr(&command), "r");
        assert_non_null(pipe);
        size_t n = fread(got, 1, sizeof got - 1, pipe);
        got[n] = '\0';
        assert_int_equal(pclose(pipe), 0);
        assert_string_equal(got, rows[i].word);
        text_clear(&command);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quotes_row_by_row),
        cmocka_unit_test(the_shell_reads_it_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
