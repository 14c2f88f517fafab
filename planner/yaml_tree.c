#include "planner/yaml_tree.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "planner/base/memory.h"
#include "planner/base/text.h"
#include "planner/yaml_problem.h"
#include "planner/yaml_source.h"

/* A collection that is open, and in a mapping the key that waits for its value. */
struct level {
    struct yaml_node *node;
    bool has_key;
    bool key_refused;
    const char *key;
    struct span key_span;
};

struct builder {
    struct arena *arena;
    struct diagnostics *list;
    struct yaml_source source;
    yaml_parser_t parser;
    struct level levels[YAML_MAX_DEPTH];
    unsigned depth;
    struct yaml_node *root;
};

enum step { STEP_ON, STEP_END, STEP_STOP };

static struct span span_of(const struct builder *b, yaml_mark_t from, yaml_mark_t to)
{
    size_t end = to.column;
    if (to.line > from.line)
        end = from.line < b->source.line_count ? b->source.lines[from.line].length : 0;
    size_t length = end > from.column ? end - from.column : 1;
    return (struct span){(unsigned)from.line + 1, (unsigned)from.column + 1, (unsigned)length};
}

/* Whether a refused character lies between the marks. */
static bool holds_refused(const struct builder *b, yaml_mark_t from, yaml_mark_t to)
{
    for (size_t line = from.line; line <= to.line && line < b->source.line_count; line++) {
        const struct source_line *l = &b->source.lines[line];
        bool before = line == from.line && l->refused_to <= from.column;
        bool behind = line == to.line && l->refused_from > to.column;
        if (l->refused_from && !before && !behind)
            return true;
    }
    return false;
}

static struct yaml_node *new_node(struct builder *b, enum yaml_kind kind, const yaml_event_t *event)
{
    struct yaml_node *node = arena_alloc(b->arena, sizeof *node);
    node->kind = kind;
    node->span = span_of(b, event->start_mark, event->end_mark);
    node->refused = holds_refused(b, event->start_mark, event->end_mark);
    node->text = "";
    return node;
}

/* Anchors and tags stand in front of their node, whose mark begins with them. */
static void refuse_properties(struct builder *b, struct yaml_node *node, const yaml_char_t *anchor,
                              const yaml_char_t *tag)
{
    struct span span = {node->span.line, node->span.column, 1};
    if (anchor)
        diagnostics_add(b->list, SEVERITY_ERROR, span, "the anchor &%s is not allowed",
                        (const char *)anchor)
            ->hint = "write the value out wherever it is needed";
    if (tag)
        diagnostics_add(b->list, SEVERITY_ERROR, span, "the tag %s is not allowed",
                        (const char *)tag)
            ->hint = "quote a value that is meant as text";
    node->refused = node->refused || anchor || tag;
}

static int by_key(const void *a, const void *b)
{
    const struct yaml_entry *const *x = a, *const *y = b;
    int order = strcmp((*x)->key, (*y)->key);
    if (order)
        return order;
    return *x < *y ? -1 : 1; /* both of one array: the file's order */
}

/* The first of equal keys counts; the others lose their readers. */
static void refuse_duplicates(struct builder *b, struct yaml_node *mapping)
{
    if (mapping->count < 2)
        return;
    struct yaml_entry **sorted = memory_new(mapping->count * sizeof(struct yaml_entry *));
    for (size_t i = 0; i < mapping->count; i++)
        sorted[i] = &mapping->entries[i];
    qsort(sorted, mapping->count, sizeof *sorted, by_key);

    struct yaml_entry *first = sorted[0];
    for (size_t i = 1; i < mapping->count; i++) {
        if (strcmp(first->key, sorted[i]->key) != 0) {
            first = sorted[i];
            continue;
        }
        diagnostics_add(b->list, SEVERITY_ERROR, sorted[i]->span,
                        "the key \"%s\" is there already, on line %u", first->key,
                        first->span.line);
        sorted[i]->value->refused = true;
        sorted[i]->duplicate = true;
    }
    free(sorted);
}

static void take_key(struct builder *b, struct level *level, const struct yaml_node *node)
{
    const char *wrong = NULL;
    if (node->kind != YAML_SCALAR)
        wrong = "a key must be a word, not a list or a mapping";
    else if (!node->text[0])
        wrong = "a key must not be empty";
    else if (node->plain && strcmp(node->text, "<<") == 0)
        wrong = "the merge key << is not allowed";

    level->has_key = true;
    level->key = node->text;
    level->key_span = node->span;
    level->key_refused = node->refused || wrong;
    if (wrong && !node->refused)
        diagnostics_add(b->list, SEVERITY_ERROR, node->span, "%s", wrong);
}

/* A finished node finds its place: root, item, key or value. */
static void attach(struct builder *b, struct yaml_node *node)
{
    if (!b->depth) {
        b->root = node;
        return;
    }
    struct level *level = &b->levels[b->depth - 1];
    struct yaml_node *parent = level->node;
    if (parent->kind == YAML_SEQUENCE) {
        struct yaml_node **item =
            arena_append(b->arena, &parent->items, &parent->count, sizeof(struct yaml_node *));
        *item = node;
    } else if (!level->has_key) {
        take_key(b, level, node);
    } else {
        level->has_key = false;
        if (level->key_refused) {
            parent->refused = true;
            return;
        }
        struct yaml_entry *entry =
            arena_append(b->arena, &parent->entries, &parent->count, sizeof(struct yaml_entry));
        *entry = (struct yaml_entry){.key = level->key, .span = level->key_span, .value = node};
    }
}

static void add_scalar(struct builder *b, const yaml_event_t *event)
{
    struct yaml_node *node = new_node(b, YAML_SCALAR, event);
    const char *value = (const char *)event->data.scalar.value;
    size_t n = event->data.scalar.length;

    node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    refuse_properties(b, node, event->data.scalar.anchor, event->data.scalar.tag);
    const char *what = yaml_refused_character(b->arena, value, n);
    if (what) { /* only an escape can have brought it in */
        diagnostics_add(b->list, SEVERITY_ERROR, node->span, "%s is not allowed", what);
        node->refused = true;
    }
    node->text = arena_strndup(b->arena, value, strnlen(value, n));
    attach(b, node);
}

static void add_alias(struct builder *b, const yaml_event_t *event)
{
    struct yaml_node *node = new_node(b, YAML_SCALAR, event);
    diagnostics_add(b->list, SEVERITY_ERROR, node->span, "the alias *%s is not allowed",
                    (const char *)event->data.alias.anchor)
        ->hint = "write the value out wherever it is needed";
    node->refused = true;
    node->text = "*";
    attach(b, node);
}

static enum step open_collection(struct builder *b, const yaml_event_t *event)
{
    bool mapping = event->type == YAML_MAPPING_START_EVENT;
    struct yaml_node *node = new_node(b, mapping ? YAML_MAPPING : YAML_SEQUENCE, event);

    node->refused = false; /* what it holds stands on lines of its own */
    node->span.length = 1;
    if (mapping)
        refuse_properties(b, node, event->data.mapping_start.anchor, event->data.mapping_start.tag);
    else
        refuse_properties(b, node, event->data.sequence_start.anchor,
                          event->data.sequence_start.tag);
    if (b->depth == YAML_MAX_DEPTH) {
        diagnostics_add(b->list, SEVERITY_ERROR, node->span, "nested deeper than %d levels",
                        YAML_MAX_DEPTH);
        return STEP_STOP;
    }
    b->levels[b->depth++] = (struct level){.node = node};
    return STEP_ON;
}

static void close_collection(struct builder *b, const yaml_event_t *event)
{
    struct yaml_node *node = b->levels[--b->depth].node;
    yaml_mark_t from = {.line = node->span.line - 1, .column = node->span.column - 1};
    bool in_brackets = event->end_mark.index > event->start_mark.index;
    if (in_brackets)
        node->span = span_of(b, from, event->end_mark);
    if (node->kind == YAML_MAPPING)
        refuse_duplicates(b, node);
    attach(b, node);
}

static enum step begin_document(struct builder *b, const yaml_event_t *event)
{
    if (!b->root)
        return STEP_ON;
    diagnostics_add(b->list, SEVERITY_ERROR, span_of(b, event->start_mark, event->end_mark),
                    "a second YAML document begins here")
        ->hint = "write one plan a file";
    return STEP_END;
}

static enum step take(struct builder *b, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        return begin_document(b, event);
    case YAML_SCALAR_EVENT:
        add_scalar(b, event);
        return STEP_ON;
    case YAML_ALIAS_EVENT:
        add_alias(b, event);
        return STEP_ON;
    case YAML_SEQUENCE_START_EVENT:
    case YAML_MAPPING_START_EVENT:
        return open_collection(b, event);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        close_collection(b, event);
        return STEP_ON;
    case YAML_STREAM_END_EVENT:
        return STEP_END;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        return STEP_ON;
    }
    return STEP_STOP;
}

static bool build(struct builder *b)
{
    for (enum step step = STEP_ON; step != STEP_END;) {
        yaml_event_t event;
        if (step == STEP_STOP)
            return false;
        if (!yaml_parser_parse(&b->parser, &event)) {
            yaml_problem_report(&b->parser, &b->source, b->list);
            return false;
        }
        step = take(b, &event);
        yaml_event_delete(&event);
    }
    return true;
}

/* What was complete when reading stopped. A plain scalar goes on over indented lines, so a value
 * just before the error may have swallowed part of it. */
static struct yaml_node *remains(struct builder *b)
{
    if (b->root || !b->depth)
        return b->root;
    struct yaml_node *root = b->levels[0].node;
    if (b->depth == 1 && !b->levels[0].has_key && root->count)
        root->count--;
    return root;
}

static bool is_blank(const struct yaml_node *root)
{
    return root && root->kind == YAML_SCALAR && root->plain && !root->text[0] && !root->refused;
}

struct yaml_node *yaml_tree_read(struct arena *arena, const char *bytes, size_t n, bool *whole,
                                 struct diagnostics *list)
{
    struct builder b = {.arena = arena, .list = list};
    *whole = false;
    if (n > YAML_MAX_BYTES) {
        diagnostics_add(list, SEVERITY_ERROR, (struct span){1, 1, 1},
                        "the file is larger than %d KiB", YAML_MAX_BYTES / 1024);
        return NULL;
    }
    yaml_source_read(&b.source, arena, bytes, n, list);
    if (!b.source.readable)
        return NULL;
    if (!yaml_parser_initialize(&b.parser))
        memory_exhausted();
    yaml_parser_set_encoding(&b.parser, YAML_UTF8_ENCODING);
    const char *input = b.source.len ? b.source.bytes : ""; /* libyaml asserts that it is there */
    yaml_parser_set_input_string(&b.parser, (const unsigned char *)input, b.source.len);
    *whole = build(&b);
    yaml_parser_delete(&b.parser);

    struct yaml_node *root = *whole ? b.root : remains(&b);
    if (*whole && (!root || is_blank(root))) {
        diagnostics_add(list, SEVERITY_ERROR, (struct span){1, 1, 1}, "the file is empty");
        return NULL;
    }
    return root;
}

struct yaml_node *yaml_value(const struct yaml_node *node, const char *key)
{
    if (!node || node->kind != YAML_MAPPING)
        return NULL;
    for (size_t i = 0; i < node->count; i++)
        if (strcmp(node->entries[i].key, key) == 0)
            return node->entries[i].value;
    return NULL;
}
