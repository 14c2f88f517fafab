#include "tests/unit.h"

#include <time.h>

#include "planner/base/text.h"
#include "planner/yaml_tree.h"

struct reading {
    struct arena arena;
    struct diagnostics list;
    struct yaml_node *root;
    bool whole;
};

static struct reading read_bytes(const char *bytes, size_t n)
{
    static struct arena texts; /* of the lists; cleared with the next reading */
    struct reading r = {0};
    arena_clear(&texts);
    r.list = (struct diagnostics){
        .arena = &texts, .file = "plan.yaml", .source = bytes, .source_len = n};
    r.root = yaml_tree_read(&r.arena, bytes, n, &r.whole, &r.list);
    r.list.source = NULL;
    diagnostics_sort(&r.list);
    if (!bytes)
        arena_clear(&texts);
    return r;
}

static void write_tree(struct text *out, const struct yaml_node *node)
{
    static const char *const ends[] = {[YAML_MAPPING] = "{}", [YAML_SEQUENCE] = "[]"};
    if (node->kind == YAML_SCALAR) {
        text_addf(out, node->plain ? "%s" : "'%s'", node->text);
        return;
    }
    text_add_char(out, ends[node->kind][0]);
    for (size_t i = 0; i < node->count; i++) {
        text_add(out, i ? ", " : "");
        if (node->kind == YAML_MAPPING)
            text_addf(out, "%s: ", node->entries[i].key);
        write_tree(out, node->kind == YAML_MAPPING ? node->entries[i].value : node->items[i]);
    }
    text_add_char(out, ends[node->kind][1]);
}

static void reads_what_a_plan_may_be_written_in(void **state)
{
    (void)state;
    static const struct {
        const char *text, *tree;
    } rows[] = {
        {"a: b\nc: 'd'\n", "{a: b, c: 'd'}"},
        {"---\na: b\n...\n", "{a: b}"},
        {"\xEF\xBB\xBF"
         "a: b\r\nc: d\r\n",
         "{a: b, c: d}"},
        {"# only a comment before\n\na: {b: [1, \"2\", x y], c: {}}\n",
         "{a: {b: [1, '2', x y], c: {}}}"},
        {"a:\n- b\n- c: d\n  e: f\n", "{a: [b, {c: d, e: f}]}"},
        {"a: >-\n  one\n  two\nb: |\n  x\n", "{a: 'one two', b: 'x\n'}"},
        {"a:\nb: ~\n", "{a: , b: ~}"},
        {"? a\n: b\n", "{a: b}"},
        {"\"a\": \"\\u00e4 \xC3\xA4\"\n", "{a: '\xC3\xA4 \xC3\xA4'}"},
        {"just text", "just text"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct reading r = read_bytes(rows[i].text, strlen(rows[i].text));
        struct text tree = {0};
        assert_true(r.whole);
        assert_int_equal(r.list.count, 0);
        write_tree(&tree, r.root);
        assert_string_equal(text_cstr(&tree), rows[i].tree);
        text_clear(&tree);
        arena_clear(&r.arena);
    }
}

/* Places as an editor counts them: from 1, in code points; a scalar's length as it is written. */
static void knows_where_everything_stands(void **state)
{
    (void)state;
    static const char text[] = "\xEF\xBB\xBF"
                               "one: two\n"
                               "\"\xC3\xA4\xC3\xB6\": {\xC3\xBC: 'x y', list: [1, 22]}\n"
                               "block:\n"
                               "  - key: \"a\\u00e4b\"\n"
                               "    long: \"first\n"
                               "      second\"\n"
                               "folded: >-\n"
                               "  text\n";
    static const struct {
        const char *path[3];
        struct span span;
    } rows[] = {
        {{"one"}, {1, 6, 3}},
        {{"\xC3\xA4\xC3\xB6"}, {2, 7, 25}},
        {{"\xC3\xA4\xC3\xB6", "\xC3\xBC"}, {2, 11, 5}},
        {{"\xC3\xA4\xC3\xB6", "list"}, {2, 24, 7}},
        {{"\xC3\xA4\xC3\xB6", "list", "1"}, {2, 28, 2}},
        {{"block"}, {4, 3, 1}},
        {{"block", "0"}, {4, 5, 1}},
        {{"block", "0", "key"}, {4, 10, 10}},
        {{"block", "0", "long"}, {5, 11, 6}},
        {{"folded"}, {7, 9, 2}},
    };
    struct reading r = read_bytes(text, sizeof text - 1);
    assert_int_equal(r.list.count, 0);
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct yaml_node *node = r.root;
        for (size_t k = 0; k < COUNT(rows[i].path) && rows[i].path[k]; k++)
            node = node->kind == YAML_SEQUENCE ? node->items[atoi(rows[i].path[k])]
                                               : yaml_value(node, rows[i].path[k]);
        assert_non_null(node);
        assert_int_equal(node->span.line, rows[i].span.line);
        assert_int_equal(node->span.column, rows[i].span.column);
        assert_int_equal(node->span.length, rows[i].span.length);
    }
    assert_int_equal(r.root->entries[1].span.column, 1);
    assert_int_equal(r.root->entries[1].span.length, 4);
    arena_clear(&r.arena);
}

struct finding {
    unsigned line, column, length;
    const char *fragment;
};

struct refusal {
    const char *text;
    size_t len; /* 0: strlen(text) */
    struct finding findings[6];
};

#define BYTES(literal) (literal), sizeof(literal) - 1

static const struct refusal refusals[] = {
    {"", 0, {{1, 1, 1, "empty"}}},
    {"# nothing\n\n", 0, {{1, 1, 1, "empty"}}},
    {"---\n...\n", 0, {{1, 1, 1, "empty"}}},

    /* characters */
    {BYTES("a: x\0y\n"), {{1, 5, 1, "control character U+0000"}}},
    {"a: x\x07\nb: \x1b[31m\n",
     0,
     {{1, 5, 1, "control character U+0007"}, {2, 4, 1, "control character U+001B"}}},
    {"a: \x7f\n", 0, {{1, 4, 1, "U+007F"}}},
    {"a: \xC2\x85 b\n", 0, {{1, 4, 1, "control character U+0085"}}},
    {"a: b\rc: d\n", 0, {{1, 5, 1, "control character U+000D"}}},
    {"a: \xC3\xA4\xE2\x80\xAEx # \xE2\x81\xA6\n",
     0,
     {{1, 5, 1, "bidirectional control character U+202E"}}},
    {"# \xE2\x81\xA7 in a comment\na: b\n",
     0,
     {{1, 3, 1, "bidirectional control character U+2067"}}},
    {"a: b\xE2\x80\xA9\n", 0, {{1, 5, 1, "line separator U+2029"}}},
    {"a: b\xEF\xBB\xBF\n", 0, {{1, 5, 1, "invisible character U+FEFF"}}},
    {"a: stick\xE2\x80\x8Biness\n", 0, {{1, 9, 1, "invisible character U+200B"}}},
    {"a: b\xEF\xBF\xBF\n", 0, {{1, 5, 1, "U+FFFF"}}},
    {"a: gr\xFC\xDF"
     "e\nb: \xE4\n",
     0,
     {{1, 6, 1, "byte 0xFC is not valid UTF-8"}, {2, 4, 1, "byte 0xE4"}}},
    {"a: \xED\xA0\x80\n", 0, {{1, 4, 1, "byte 0xED"}}},
    {"\x01: a\n\x02- b: c\n", 0, {{1, 1, 1, "U+0001"}, {2, 1, 1, "U+0002"}}},
    {BYTES("\xFF\xFE"
           "a\0:\0 \0b\0"),
     {{1, 1, 1, "UTF-16"}}},
    {"a: \"x\\0y\"\n", 0, {{1, 4, 6, "control character U+0000"}}},
    {"a: \"\\x1b[0m\"\n", 0, {{1, 4, 9, "control character U+001B"}}},
    {"a: \"\\u202Ex\"\n", 0, {{1, 4, 9, "bidirectional control character U+202E"}}},
    {"\"a\\u200F\": x\n", 0, {{1, 1, 9, "bidirectional control character U+200F"}}},

    /* what makes a file read differently from what it looks like */
    {"a: &x 1\nb: *x\n", 0, {{1, 4, 1, "anchor &x"}, {2, 4, 2, "alias *x"}}},
    {"a: &x\n  b: c\n", 0, {{1, 4, 1, "anchor &x"}}},
    {"a: &x [b]\n", 0, {{1, 4, 1, "anchor &x"}}},
    {"a: !!str 1\nb: !x [c]\nc: ! d\n",
     0,
     {{1, 4, 1, "tag tag:yaml.org,2002:str"}, {2, 4, 1, "tag !x"}, {3, 4, 1, "tag !"}}},
    {"a: !!binary &y x\n", 0, {{1, 4, 1, "anchor &y"}, {1, 4, 1, "tag"}}},
    {"<<: {a: b}\nc: d\n", 0, {{1, 1, 2, "merge key"}}},
    {"a: b\nc: d\na: e\na: f\n",
     0,
     {{3, 1, 1, "\"a\" is there already, on line 1"}, {4, 1, 1, "on line 1"}}},
    {"x: {k: 1, l: {k: 1}, \"k\": 2}\n", 0, {{1, 22, 3, "\"k\" is there already"}}},
    {"- a\n- {b: c, b: d}\n", 0, {{2, 10, 1, "\"b\" is there already"}}},
    {"[a]: b\nc: d\n", 0, {{1, 1, 3, "a key must be a word"}}},
    {"{a: b}: c\n", 0, {{1, 1, 6, "a key must be a word"}}},
    {"\"\": a\n? \n: b\n", 0, {{1, 1, 2, "must not be empty"}, {2, 2, 1, "must not be empty"}}},
    {"a: b\n---\nc: d\n", 0, {{2, 1, 3, "second YAML document"}}},
    {"a: b\n...\n---\n", 0, {{3, 1, 3, "second YAML document"}}},
    {"%YAML 1.1\n---\na: b\n", 0, {{1, 1, 1, "directives"}}},
    {"a: b\n...\n%TAG ! x\n---\n", 0, {{3, 1, 1, "directives"}}},

    /* what is no YAML */
    {"a: b\nc\n", 0, {{2, 1, 1, "a colon is missing"}}},
    {"a:\n  b: c\n   d: e\n", 0, {{3, 5, 1, "a value inside a value"}}},
    {"a: x: y\n", 0, {{1, 5, 1, "a value inside a value"}}},
    {"a: \"b\nc: d\n", 0, {{1, 4, 1, "never closed"}}},
    {"a: [1, 2\nb: c\n", 0, {{2, 2, 1, "list in [ ]"}}},
    {"a: {b: c\n\n", 0, {{1, 9, 1, "mapping in { }"}}},
    {"a: [", 0, {{1, 5, 1, "value is missing"}}},
    {"a:\n\tb: c\n", 0, {{2, 1, 1, "a tab begins this line"}}},
    {"a: @b\n", 0, {{1, 4, 1, "must not begin with this character"}}},
    {"a: \"\\q\"\n", 0, {{1, 5, 1, "unknown escape character"}}},
    {"a:\n  - b\n c\n", 0, {{3, 2, 1, "no key of the mapping"}}},
    {"- a\nb: c\n", 0, {{2, 1, 1, "no item of the list"}}},
    {"  a: b\nc: d\n", 0, {{2, 1, 1, "behind the end of the document"}}},

    /* several at once, and nothing that follows from them */
    {"a: &x 1\na: 2\nb: \x02\nc: !t\n<<: e\nf\n",
     0,
     {{1, 4, 1, "anchor"},
      {3, 4, 1, "U+0002"},
      {4, 4, 1, "tag"},
      {5, 1, 2, "merge key"},
      {6, 1, 1, "a colon is missing"}}},
};

static void expect(const char *text, const struct diagnostics *list, const struct finding *findings,
                   size_t most)
{
    size_t count = 0;
    while (count < most && findings[count].fragment)
        count++;
    for (size_t i = 0; i < list->count || i < count; i++) {
        const struct diagnostic *d = i < list->count ? &list->items[i] : NULL;
        const struct finding *f = i < count ? &findings[i] : NULL;
        if (!d || !f || d->span.line != f->line || d->span.column != f->column ||
            d->span.length != f->length || !strstr(d->message, f->fragment))
            fail_msg("in\n%s\nfound %u:%u+%u \"%s\", expected %u:%u+%u \"%s\"", text,
                     d ? d->span.line : 0, d ? d->span.column : 0, d ? d->span.length : 0,
                     d ? d->message : "nothing", f ? f->line : 0, f ? f->column : 0,
                     f ? f->length : 0, f ? f->fragment : "nothing");
    }
}

static void refuses_with_place_and_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refusals); i++) {
        const struct refusal *row = &refusals[i];
        struct reading r = read_bytes(row->text, row->len ? row->len : strlen(row->text));
        expect(row->text, &r.list, row->findings, COUNT(row->findings));
        assert_int_equal(r.list.errors, r.list.count);
        arena_clear(&r.arena);
    }
}

/* Behind a syntax error nothing is certain; before it, only what was complete. */
static void keeps_what_was_complete(void **state)
{
    (void)state;
    static const struct {
        const char *text, *tree;
    } rows[] = {
        {"a: 1\nb: {c: 2}\nd: 3\n  e: 4\n", "{a: 1, b: {c: 2}}"},
        {"a: 1\nb:\n  c: 2\n   d: 3\n", "{a: 1}"},
        {"a: 1\nb: \"2\n", "{a: 1}"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct reading r = read_bytes(rows[i].text, strlen(rows[i].text));
        struct text tree = {0};
        assert_false(r.whole);
        assert_int_equal(r.list.count, 1);
        write_tree(&tree, r.root);
        assert_string_equal(text_cstr(&tree), rows[i].tree);
        text_clear(&tree);
        arena_clear(&r.arena);
    }
}

static void marks_what_was_refused(void **state)
{
    (void)state;
    static const char text[] =
        "a: &x 1\nb: 2\nc: \"\\0\"\nd: {<<: 3, e: 4}\nb: 5\nf: g\x01\ng: h # \x02\n";
    struct reading r = read_bytes(text, sizeof text - 1);
    assert_true(r.whole);
    assert_true(yaml_value(r.root, "a")->refused);
    assert_false(yaml_value(r.root, "b")->refused);
    assert_true(yaml_value(r.root, "c")->refused);
    assert_true(yaml_value(r.root, "d")->refused);
    assert_false(yaml_value(yaml_value(r.root, "d"), "e")->refused);
    assert_true(r.root->entries[4].duplicate);
    assert_true(yaml_value(r.root, "f")->refused);
    assert_false(yaml_value(r.root, "g")->refused);
    assert_false(r.root->refused);
    arena_clear(&r.arena);
}

static char *repeat(const char *unit, size_t n)
{
    char *bytes = malloc(n);
    size_t k = strlen(unit);
    assert_non_null(bytes);
    for (size_t i = 0; i < n; i++)
        bytes[i] = unit[i % k];
    return bytes;
}

static char *indented(size_t n)
{
    struct text text = {0};
    for (unsigned level = 0; text.len < n; level++)
        text_addf(&text, "%*sa:\n", (int)level, "");
    text_cut(&text, n);
    return text_steal(&text);
}

static void counts_depth_exactly(void **state)
{
    (void)state;
    for (unsigned depth = YAML_MAX_DEPTH - 1; depth <= YAML_MAX_DEPTH + 1; depth++) {
        struct text text = {0};
        for (unsigned i = 0; i < depth; i++)
            text_add(&text, i % 2 ? "{a: " : "[");
        for (unsigned i = depth; i-- > 0;)
            text_add(&text, i % 2 ? "}" : "]");
        struct reading r = read_bytes(text.data, text.len);
        assert_int_equal(r.whole, depth <= YAML_MAX_DEPTH);
        assert_int_equal(r.list.count, depth > YAML_MAX_DEPTH);
        if (r.list.count)
            assert_non_null(strstr(r.list.items[0].message, "deeper than 32 levels"));
        arena_clear(&r.arena);
        text_clear(&text);
    }
    static const char quoted[] =
        "a: '[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[' # [[[[[[[[[[[[[[[[[[\n"
        "b: x[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\n";
    struct reading r = read_bytes(quoted, sizeof quoted - 1);
    assert_true(r.whole);
    assert_int_equal(r.list.count, 0);
    arena_clear(&r.arena);
}

/*
 * 256 KiB of what costs a naive reader quadratic time (libyaml alone: minutes for "["). Processor
 * time, and far above what linear work needs even under the sanitizers.
 */
static void stays_linear_on_hostile_files(void **state)
{
    (void)state;
    static const char *const units[] = {
        "[",
        "{",
        "[{",
        "- ",
        "? ",
        "- - [",
        "? [",
        "[\n",
        "[a, ",
        "{a: ",
        "-\n",
        "a: b\n",
        "a: \n",
        "\"",
        "'",
        "x",
        " ",
        "\n",
        "\t",
        "#",
        "a: &a [*a,*a]\n",
        "&a ",
        "!a ",
        "*a ",
        "%TAG !a! b\n",
        "---\n",
        "...\n",
        "a: it's\n",
        "\xE4",
        "\x01\n",
        "\xE2\x80\xAE",
        "a: \xC3\xA4\n",
        "a: |\n",
        "<<: x\n",
        "[a]: b\n",
        "a, ",
        ": ",
        "a b ",
        ",",
        "]",
        "\"\\u0041",
        "a: \"\\x07\"\n",
    };
    for (size_t i = 0; i < COUNT(units); i++) {
        char *bytes = repeat(units[i], YAML_MAX_BYTES);
        clock_t start = clock();
        struct reading r = read_bytes(bytes, YAML_MAX_BYTES);
        double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
        if (seconds > 3)
            fail_msg("256 KiB of \"%s\" took %.1f s", units[i], seconds);
        assert_true(r.list.count <= DIAGNOSTICS_MAX + 1);
        assert_true(r.list.errors > 0 || (r.whole && r.root));
        arena_clear(&r.arena);
        free(bytes);
    }
}

static void stays_linear_on_many_keys_and_levels(void **state)
{
    (void)state;
    struct text keys = {0};
    for (unsigned i = 0; keys.len + 16 < YAML_MAX_BYTES; i++)
        text_addf(&keys, "%x:\n", i % 1000 ? i : 7);
    char *levels = indented(YAML_MAX_BYTES);
    struct text one = {0};
    text_add(&one, "a: [");
    while (one.len + 8 < YAML_MAX_BYTES)
        text_add(&one, "1, ");
    text_add(&one, "2]");

    clock_t start = clock();
    struct reading r = read_bytes(keys.data, keys.len);
    assert_true(r.whole);
    assert_true(r.root->count > 30000);
    assert_int_equal(r.list.errors, (r.root->count + 999) / 1000);
    arena_clear(&r.arena);

    r = read_bytes(levels, YAML_MAX_BYTES);
    assert_int_equal(r.list.count, 1);
    assert_int_equal(r.list.items[0].span.line, YAML_MAX_DEPTH + 1);
    arena_clear(&r.arena);

    r = read_bytes(one.data, one.len);
    assert_true(r.whole);
    assert_int_equal(r.list.count, 0);
    arena_clear(&r.arena);
    assert_true((double)(clock() - start) / CLOCKS_PER_SEC < 5);
    text_clear(&keys);
    text_clear(&one);
    free(levels);
}

static void refuses_more_than_the_limit(void **state)
{
    (void)state;
    char *bytes = repeat("# ", YAML_MAX_BYTES + 1);
    memcpy(bytes, "a: b\n", 5);
    struct reading r = read_bytes(bytes, YAML_MAX_BYTES + 1);
    assert_null(r.root);
    assert_int_equal(r.list.count, 1);
    assert_int_equal(r.list.items[0].span.line, 1);
    assert_non_null(strstr(r.list.items[0].message, "larger than 256 KiB"));
    arena_clear(&r.arena);
    r = read_bytes(bytes, YAML_MAX_BYTES);
    assert_non_null(r.root);
    arena_clear(&r.arena);
    free(bytes);
}

static int forget(void **state)
{
    (void)state;
    struct reading r = read_bytes(NULL, 0);
    arena_clear(&r.arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_a_plan_may_be_written_in),
        cmocka_unit_test(knows_where_everything_stands),
        cmocka_unit_test(refuses_with_place_and_reason),
        cmocka_unit_test(keeps_what_was_complete),
        cmocka_unit_test(marks_what_was_refused),
        cmocka_unit_test(counts_depth_exactly),
        cmocka_unit_test(stays_linear_on_hostile_files),
        cmocka_unit_test(stays_linear_on_many_keys_and_levels),
        cmocka_unit_test(refuses_more_than_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, forget);
}
