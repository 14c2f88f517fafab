#include "tests/unit.h"

#include "tests/providers/aws/answers.h"

void answer_load(struct text *out, const char *name)
{
    char path[512], bytes[4096];
    snprintf(path, sizeof path, "%s/providers/aws/answers/%s", TESTS_DIR, name);
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("cannot open %s", path);
    text_cut(out, 0);
    size_t n;
    while ((n = fread(bytes, 1, sizeof bytes, file)) > 0)
        text_add_bytes(out, bytes, n);
    fclose(file);
}

void answer_load_with(struct text *out, const char *name, const char *from, const char *to)
{
    struct text whole = {0};
    answer_load(&whole, name);
    const char *at = text_cstr(&whole), *found;
    bool any = false;
    text_cut(out, 0);
    for (; (found = strstr(at, from)); at = found + strlen(from)) {
        any = true;
        text_add_bytes(out, at, (size_t)(found - at));
        text_add(out, to);
    }
    text_add(out, at);
    text_clear(&whole);
    if (!any)
        fail_msg("%s has no \"%s\"", name, from);
}

struct attack {
    const char *operation;
    answer_reader *read;
    struct text recorded;
};

/* Reads one answer; true when it was taken for a good one. */
static bool try_one(const struct attack *a, const char *bytes, size_t n)
{
    struct arena arena = {0};
    struct error err = {0};
    /* On the heap at its very size, so that a read past the end is found. */
    struct text answer = {.data = malloc(n + 1), .len = n, .room = n + 1};
    memcpy(answer.data, bytes, n);
    answer.data[n] = '\0';
    bool ok = a->read(&arena, &answer, &err);
    if (!ok) {
        assert_int_equal(err.kind, ERROR_SERVICE);
        if (!strstr(err.message, a->operation))
            fail_msg("\"%s\" does not name %s", err.message, a->operation);
    }
    text_clear(&answer);
    arena_clear(&arena);
    return ok;
}

static void refuse(const struct attack *a, const char *bytes, size_t n)
{
    if (try_one(a, bytes, n))
        fail_msg("%s took this for its answer: %.200s", a->operation, bytes);
}

static void refuse_truncated(const struct attack *a)
{
    for (size_t n = 0; n < a->recorded.len; n++)
        refuse(a, a->recorded.data, n);
}

static void refuse_others(const struct attack *a)
{
    static const char *const others[] = {
        "",
        " ",
        "null",
        "[]",
        "\"DescribeServices\"",
        "<html><body>502 Bad Gateway</body></html>",
        "<!DOCTYPE html><html><body>502</body></html>",
        "<ErrorResponse><Error><Code>Throttling</Code></Error></ErrorResponse>",
        "\xff\xfe<\0a\0>",
        "{\"services\": [], \"services\": []}",
    };
    for (size_t i = 0; i < COUNT(others); i++)
        refuse(a, others[i], strlen(others[i]));
}

static void refuse_huge(const struct attack *a)
{
    struct text t = {0};
    text_add_bytes(&t, a->recorded.data, a->recorded.len);
    while (t.len < 10 * 1024 * 1024)
        text_add(&t, "                                                                \n");
    refuse(a, t.data, t.len);
    text_clear(&t);
    for (int i = 0; i < 100000; i++)
        text_add(&t, a->recorded.data[0] == '<' ? "<a>" : "[");
    refuse(a, t.data, t.len);
    text_clear(&t);
}

static void try_with(const struct attack *a, size_t from, size_t to, const char *value)
{
    struct text t = {0};
    text_add_bytes(&t, a->recorded.data, from);
    text_add(&t, value);
    text_add_bytes(&t, a->recorded.data + to, a->recorded.len - to);
    try_one(a, t.data, t.len);
    text_clear(&t);
}

/* The end of the JSON value at `at`. */
static size_t json_value_end(const char *s, size_t at)
{
    int depth = 0;
    bool quoted = false;
    for (; s[at]; at++) {
        if (quoted && s[at] == '\\')
            at++;
        else if (s[at] == '"')
            quoted = !quoted;
        else if (!quoted && strchr("[{", s[at]))
            depth++;
        else if (!quoted && strchr("]},", s[at])) {
            if (depth == 0)
                return at;
            if (s[at] != ',' && --depth == 0)
                return at + 1;
        }
    }
    return at;
}

static void swap_json_values(const struct attack *a)
{
    static const char *const values[] = {"null",  "true", "-1", "1.5",  "1e300",
                                         "\"x\"", "\"\"", "[]", "[{}]", "{}"};
    const char *s = a->recorded.data;
    for (size_t i = 0; i + 2 < a->recorded.len; i++)
        if (s[i] == '"' && s[i + 1] == ':' && s[i + 2] == ' ')
            for (size_t v = 0; v < COUNT(values); v++)
                try_with(a, i + 3, json_value_end(s, i + 3), values[v]);
}

/* What stands between two tags, when that is a text or nothing; and each tag's name. */
static void swap_xml_values(const struct attack *a)
{
    static const char *const values[] = {
        "", "x", "-1", "1.5", "99999999999", "<a><b/></a>", "<member/>", "<member>x</member>"};
    const char *s = a->recorded.data;
    for (size_t i = 0; i < a->recorded.len; i++) {
        if (s[i] != '>')
            continue;
        size_t end = i + 1 + strcspn(s + i + 1, "<");
        for (size_t v = 0; s[end] && v < COUNT(values); v++)
            try_with(a, i + 1, end, values[v]);
    }
}

/* A linear congruential generator: the same bytes on every run. */
static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

static void overwrite_bytes(const struct attack *a)
{
    uint32_t seed = 20261201;
    struct text t = {0};
    for (int round = 0; round < 1500; round++) {
        text_cut(&t, 0);
        text_add_bytes(&t, a->recorded.data, a->recorded.len);
        for (unsigned n = next_random(&seed) % 3 + 1; n; n--)
            t.data[next_random(&seed) % t.len] =
                (char)("<>&\"[]{}0-aZ\0\xff:/"[next_random(&seed) % 16]);
        try_one(a, t.data, t.len);
    }
    text_clear(&t);
}

void answer_attack(const char *name, const char *operation, answer_reader *read)
{
    struct attack a = {.operation = operation, .read = read};
    answer_load(&a.recorded, name);
    while (a.recorded.data[a.recorded.len - 1] == '\n')
        text_cut(&a.recorded, a.recorded.len - 1);
    assert_true(try_one(&a, a.recorded.data, a.recorded.len));
    refuse_truncated(&a);
    refuse_others(&a);
    refuse_huge(&a);
    if (a.recorded.data[0] == '<')
        swap_xml_values(&a);
    else
        swap_json_values(&a);
    overwrite_bytes(&a);
    text_clear(&a.recorded);
}
