#include "tests/unit.h"

#include "tests/cmd/golden.h"

#include "planner/base/text.h"

static void read_whole(struct text *out, const char *path)
{
    char bytes[4096];
    FILE *file = fopen(path, "rbe");
    if (!file)
        return;
    for (size_t n; (n = fread(bytes, 1, sizeof bytes, file)) > 0;)
        text_add_bytes(out, bytes, n);
    fclose(file);
}

static void write_whole(const char *path, const char *text)
{
    FILE *file = fopen(path, "wbe");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static size_t first_difference(const char *a, const char *b, size_t *line)
{
    size_t at = 0;
    *line = 1;
    for (; a[at] && a[at] == b[at]; at++)
        *line += a[at] == '\n';
    return at;
}

void golden_check(const char *name, const char *text)
{
    struct text wanted = {0};
    char path[512];
    snprintf(path, sizeof path, "%s/cmd/golden/%s", TESTS_DIR, name);
    if (getenv("UPDATE_GOLDEN"))
        write_whole(path, text);
    read_whole(&wanted, path);
    bool same = strcmp(text_cstr(&wanted), text) == 0;
    if (!same) {
        size_t line, at = first_difference(text_cstr(&wanted), text, &line);
        print_error("%s differs in line %zu, from: %.120s\n", name, line, text + at);
    }
    text_clear(&wanted);
    assert_true(same);
}

static char *one_line(const char *text)
{
    struct text out = {0};
    for (; *text; text++) {
        char c = *text == '\n' ? ' ' : *text;
        if (c != ' ' || (out.len && out.data[out.len - 1] != ' '))
            text_add_char(&out, c);
    }
    return text_steal(&out);
}

void facts_in_order(const char *text, const char *const *facts, size_t count)
{
    char *flat = one_line(text);
    const char *at = flat;
    for (size_t i = 0; i < count; i++) {
        const char *found = strstr(at, facts[i]);
        if (!found)
            fail_msg("\"%s\" does not follow \"%s\" in:\n%s", facts[i], i ? facts[i - 1] : "",
                     text);
        at = found + strlen(facts[i]);
    }
    free(flat);
}

void page_is_clean(const char *text, size_t width)
{
    for (const char *line = text; *line;) {
        size_t n = strcspn(line, "\n"), indent = strspn(line, " ");
        bool one_word = !memchr(line + indent, ' ', n - indent);
        if ((n > width && !one_word) || (n && line[n - 1] == ' '))
            fail_msg("%zu columns, or blanks at the end: \"%.*s\"", n, (int)n, line);
        for (size_t i = 0; i < n; i++)
            assert_in_range(line[i], ' ', '~');
        line += n + (line[n] == '\n');
    }
}
