#include "tests/unit.h"

#include <unistd.h>

#include "planner/base/text.h"
#include "providers/aws/ini_file.h"

static char path[] = "/tmp/switchover-ini-XXXXXX";

static bool read_text(struct ini_file *file, const char *text, struct error *err)
{
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    assert_int_equal(fwrite(text, 1, strlen(text), out), strlen(text));
    fclose(out);
    return ini_file_read(file, path, err);
}

static int set_up(void **state)
{
    (void)state;
    strcpy(path + strlen(path) - 6, "XXXXXX");
    int fd = mkstemp(path);
    return fd < 0 || close(fd);
}

static int tear_down(void **state)
{
    (void)state;
    return unlink(path);
}

static void reads_as_botocore_does(void **state)
{
    (void)state;
    static const struct {
        const char *text, *section, *key, *value;
    } rows[] = {
        {"[a]\nk = v\n", "a", "k", "v"},
        {"[a]\nk=v", "a", "k", "v"},
        {"[a]\r\nk : v \r\n", "a", "k", "v"},
        {"\n# k = x\n; k = x\n[a]\nk = v", "a", "k", "v"},
        {"[a]\nAWS_Key = v\n", "a", "aws_key", "v"},
        {"[a]\nk = v ; w # x\n", "a", "k", "v ; w # x"},
        {"[a]\nk = v=w:x\n", "a", "k", "v=w:x"},
        {"[a]\nk = one\nk = two\n", "a", "k", "two"},
        {"[a]\nk = one\n[b]\nk = two\n[a]\nj = three\n", "a", "k", "one"},
        {"[a]\n  k = v\n", "a", "k", "v"}, /* indented, but nothing is above it */
        {"[a]\nk = v\n  l = w\n", "a", "k.l", "w"},
        {"[a]\nk = v\n  l = w\n", "a", "l", NULL},
        {"[a]\nk =\n\tl=w\n\tm = x\nn = y\n", "a", "k.m", "x"},
        {"[a]\nk =\n  l=w\nn = y\n", "a", "n", "y"},
        {"[a]\nk = v\n[b]\n  l = w\n", "b", "l", "w"},
        {"[a]\nk =\n", "a", "k", ""},
        {"[a]\nk = v\n", "A", "k", NULL},
        {"[a]\nk = v\n", "a", "K", NULL},
        {"k = v\n", "", "k", "v"},
        {"", "a", "k", NULL},
        {"[profile \"my ops\"]\nk = v\n", "profile \"my ops\"", "k", "v"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct ini_file file;
        struct error err = {0};
        if (!read_text(&file, rows[i].text, &err))
            fail_msg("row %zu: %s", i, err.message);
        const char *value = ini_file_get(&file, rows[i].section, rows[i].key);
        if (!text_same(value, rows[i].value))
            fail_msg("row %zu: %s", i, value ? value : "NULL");
        ini_file_clear(&file);
        assert_null(ini_file_get(&file, rows[i].section, rows[i].key));
    }
}

/* libinih's own limit of 200 bytes would cut a session token, and the rest be a line of its own. */
static void long_lines_are_whole(void **state)
{
    (void)state;
    for (size_t len = 150; len < 200000; len *= 3) {
        struct text text = {0}, value = {0};
        struct ini_file file;
        struct error err = {0};
        for (size_t i = 0; i < len; i++)
            text_add_char(&value, (char)('a' + i % 26));
        text_addf(&text, "[a]\ntoken = %s\nafter = v\n", value.data);
        assert_true(read_text(&file, text.data, &err));
        assert_string_equal(ini_file_get(&file, "a", "token"), value.data);
        assert_string_equal(ini_file_get(&file, "a", "after"), "v");
        ini_file_clear(&file);
        text_clear(&text);
        text_clear(&value);
    }
}

static void a_wrong_line_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned line;
    } rows[] = {
        {"[a\nk = v\n", 1},
        {"[a]\nk = v\nno equals\n", 3},
        {"[a]\n\n\nno equals\nnor here\n", 4},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct ini_file file;
        struct error err = {0};
        assert_false(read_text(&file, rows[i].text, &err));
        assert_int_equal(err.kind, ERROR_INPUT);
        assert_int_equal(err.span.line, rows[i].line);
        assert_string_equal(err.file, path);
        ini_file_clear(&file);
    }
}

static void no_file_is_an_empty_one(void **state)
{
    (void)state;
    static const char *const paths[] = {NULL, "/nonexistent/config", "/dev/null",
                                        "/dev/null/config"};
    for (size_t i = 0; i < COUNT(paths); i++) {
        struct ini_file file;
        struct error err = {0};
        assert_true(ini_file_read(&file, paths[i], &err));
        assert_int_equal(file.count, 0);
        ini_file_clear(&file);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(reads_as_botocore_does),
        TEST(long_lines_are_whole),
        TEST(a_wrong_line_is_named),
        TEST(no_file_is_an_empty_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
