#include "tests/unit.h"

#include "planner/base/text.h"
#include "planner/provenance.h"

static const struct provenance whole = {
    .in_repository = true,
    .commit = "1a2b3c4d5e6f708192a3b4c5d6e7f80910111213",
    .author = "A \"Q\" B\xc3\xb6rg <a@b>",
    .committed_at = 1796090400000,
    .branch = "main",
    .path = "plans/prod.yaml",
    .clean = true,
};

static void describes_every_case(void **state)
{
    (void)state;
    static const char commit[] = "1a2b3c4d5e6f708192a3b4c5d6e7f80910111213";
    static const struct {
        struct provenance provenance;
        const char *text;
    } rows[] = {
        {{0}, "not in a git repository"},
        {{.why_not = "the repository has no working tree"}, "the repository has no working tree"},
        {{true, NULL, commit, "A <a@b>", 1, "main", "p.yaml", true, NULL, false},
         "commit 1a2b3c4 by A <a@b> on main, clean"},
        {{true, NULL, commit, "A <a@b>", 1, NULL, "p.yaml", false, "p.yaml is modified", false},
         "commit 1a2b3c4 by A <a@b> on a detached HEAD, not clean: p.yaml is modified"},
        {{true, NULL, commit, "A <a@b>", 1, "main", "p.yaml", true, NULL, true},
         "commit 1a2b3c4 or an earlier one, by A <a@b> on main, clean"},
        {{true, NULL, NULL, NULL, 0, "main", "p.yaml", false, "p.yaml is not committed", false},
         "no commit, on main, not clean: p.yaml is not committed"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct arena arena = {0};
        assert_string_equal(provenance_describe(&arena, &rows[i].provenance), rows[i].text);
        arena_clear(&arena);
    }
}

static void write(struct text *out, const struct provenance *provenance)
{
    struct json_writer w = {.out = out};
    provenance_write_json(&w, NULL, provenance);
}

static bool read(struct provenance *out, struct arena *arena, const char *bytes, struct error *err)
{
    static const struct json_limits limits = {.max_bytes = 1 << 16, .max_depth = 4};
    struct json_document doc;
    if (!json_read(&doc, bytes, strlen(bytes), limits, err))
        fail_msg("%s", err->message);
    bool ok = provenance_read_json(out, arena, doc.root, err);
    json_document_clear(&doc);
    return ok;
}

static void comes_back_as_it_was_written(void **state)
{
    (void)state;
    static const struct provenance none = {.why_not = "not in a git repository"};
    static const struct provenance nothing;
    const struct provenance *rows[] = {&whole, &none, &nothing};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct text first = {0}, second = {0};
        struct arena arena = {0};
        struct provenance back, copy;
        struct error err;
        write(&first, rows[i]);
        if (!read(&back, &arena, first.data, &err))
            fail_msg("%s", err.message);
        provenance_copy(&copy, &arena, &back);
        write(&second, &copy);
        assert_string_equal(first.data, second.data);
        assert_true(text_same(copy.author, rows[i]->author));
        assert_true(text_same(copy.why_not, rows[i]->why_not));
        assert_int_equal(copy.committed_at, rows[i]->committed_at);
        assert_int_equal(copy.clean, rows[i]->clean);
        text_clear(&first);
        text_clear(&second);
        arena_clear(&arena);
    }
}

/* Every member in turn is missing, or of another type. */
static void refuses_a_member_that_is_not_right(void **state)
{
    (void)state;
    struct text good = {0};
    write(&good, &whole);
    unsigned members = 0;
    for (const char *key = strchr(good.data, '"'); key; key = strstr(key, "\n  \"")) {
        if (*key == '\n')
            key += 3;
        const char *end = strstr(key, ": "), *value = end + 2;
        size_t value_len = strcspn(value, "\n");
        if (value[value_len - 1] == ',')
            value_len--;
        members++;
        for (int way = 0; way < 2; way++) {
            struct text bad = {0};
            struct arena arena = {0};
            struct provenance out;
            struct error err = {0};
            if (way == 0) { /* the key by another name */
                text_add_bytes(&bad, good.data, (size_t)(key + 1 - good.data));
                text_add_char(&bad, 'x');
                text_add(&bad, key + 1);
            } else {
                text_add_bytes(&bad, good.data, (size_t)(value - good.data));
                text_add(&bad, "[]");
                text_add(&bad, value + value_len);
            }
            assert_false(read(&out, &arena, bad.data, &err));
            assert_int_equal(err.kind, ERROR_INPUT);
            text_clear(&bad);
            arena_clear(&arena);
        }
    }
    assert_int_equal(members, 10);
    text_clear(&good);

    struct arena arena = {0};
    struct provenance out;
    struct error err;
    assert_false(read(&out, &arena, "[]", &err));
    assert_false(read(&out, &arena, "{}", &err));
    arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(describes_every_case),
        cmocka_unit_test(comes_back_as_it_was_written),
        cmocka_unit_test(refuses_a_member_that_is_not_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
