#include "planner/planfile_reader.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

#include "planner/base/text.h"

enum { PLACES_MAX = 3 };

/* ---- where we are ---- */

void reader_enter(struct reader *r, const char *key, size_t index)
{
    assert(r->depth < YAML_MAX_DEPTH);
    r->path[r->depth++] = (struct path_part){key, index};
}

void reader_leave(struct reader *r)
{
    assert(r->depth > 0);
    r->depth--;
}

static void add_path(struct text *out, const struct reader *r)
{
    for (unsigned i = 0; i < r->depth; i++) {
        if (r->path[i].key)
            text_addf(out, "%s%s", i ? "." : "", r->path[i].key);
        else
            text_addf(out, "[%zu]", r->path[i].index);
    }
}

/* ---- reporting ---- */

static struct diagnostic *report(struct reader *r, struct span span, const struct text *message)
{
    return diagnostics_add(r->list, SEVERITY_ERROR, span, "%s", text_cstr(message));
}

static void begin_message(struct text *out, const struct reader *r)
{
    add_path(out, r);
    if (r->depth)
        text_add(out, ": ");
}

bool reader_refuse(struct reader *r, struct span span, const char *format, ...)
{
    struct text message = {0};
    begin_message(&message, r);
    va_list ap;
    va_start(ap, format);
    text_vaddf(&message, format, ap);
    va_end(ap);
    report(r, span, &message);
    text_clear(&message);
    return false;
}

bool yaml_is_null(const struct yaml_node *node)
{
    static const char *const words[] = {"", "~", "null", "Null", "NULL"};
    if (node->kind != YAML_SCALAR || !node->plain)
        return false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(node->text, words[i]) == 0)
            return true;
    return false;
}

/* The first line of a scalar, as far as a message has room for it. */
static void add_found(struct text *out, const struct yaml_node *node)
{
    if (node->kind != YAML_SCALAR) {
        text_add(out, node->kind == YAML_MAPPING ? "a mapping" : "a list");
        return;
    }
    if (yaml_is_null(node)) {
        text_add(out, "nothing");
        return;
    }
    size_t len = strcspn(node->text, "\n");
    size_t shown = text_utf8_prefix(node->text, len < READER_SHOWN_MAX ? len : READER_SHOWN_MAX);
    text_addf(out, node->plain ? "%.*s%s" : "\"%.*s%s\"", (int)shown, node->text,
              node->text[shown] ? "..." : "");
}

bool reader_expected(struct reader *r, const struct yaml_node *node, const char *format, ...)
{
    if (node->refused)
        return false;
    struct text message = {0};
    begin_message(&message, r);
    text_add(&message, "expected ");
    va_list ap;
    va_start(ap, format);
    text_vaddf(&message, format, ap);
    va_end(ap);
    text_add(&message, ", found ");
    add_found(&message, node);
    report(r, node->span, &message);
    text_clear(&message);
    return false;
}

bool reader_hint(struct reader *r, const char *format, ...)
{
    if (r->list->left_out || !r->list->count) /* full: nobody would see it */
        return false;
    va_list ap;
    va_start(ap, format);
    r->list->items[r->list->count - 1].hint = arena_vprintf(r->list->arena, format, ap);
    va_end(ap);
    return false;
}

bool reader_not_yet(struct reader *r, struct span span, const char *what)
{
    struct text message = {0};
    if (what)
        text_add(&message, what);
    else
        add_path(&message, r);
    text_add(&message, " is not available yet");
    struct diagnostic *d = report(r, span, &message);
    d->kind = ERROR_NOT_YET;
    d->hint = "take it out: the format reserves it for a later version";
    text_clear(&message);
    return false;
}

void reader_hide_line(struct reader *r, unsigned line)
{
    unsigned *hidden =
        arena_append(r->arena, &r->secret_lines, &r->secret_count, sizeof *r->secret_lines);
    *hidden = line;
}

bool reader_scalar(struct reader *r, const struct yaml_node *node, const char *expected)
{
    if (node->refused)
        return false;
    if (node->kind != YAML_SCALAR || yaml_is_null(node))
        return reader_expected(r, node, "%s", expected);
    return true;
}

/* ---- unknown keys ---- */

/* Adds the paths under which a key is known, walking all tables. */
static void add_places(struct text *out, unsigned *places, const struct keys *keys,
                       const char *prefix, const char *name)
{
    for (size_t i = 0; i < keys->count; i++) {
        const struct key *key = &keys->rows[i];
        if (strcmp(key->name, name) == 0 && (*places)++ < PLACES_MAX)
            text_addf(out, "%s%s%s%s", out->len ? " or " : "", prefix, name,
                      *prefix ? "" : " on the first level");
        if (!key->under)
            continue;
        struct text below = {0};
        text_addf(&below, "%s%s%s.", prefix, key->name, key->list ? "[]" : "");
        add_places(out, places, key->under, text_cstr(&below), name);
        text_clear(&below);
    }
}

static const char *nearest(const struct keys *keys, const char *name)
{
    unsigned best = (unsigned)strlen(name) / 3 + 1;
    const char *found = NULL;
    if (best > 3)
        best = 3;
    for (size_t i = 0; i < keys->count; i++) {
        unsigned distance = text_distance(keys->rows[i].name, name, best);
        if (distance < best || (distance == best && !found)) {
            best = distance;
            found = keys->rows[i].name;
        }
    }
    return found;
}

static void add_names(struct text *out, const struct keys *keys)
{
    for (size_t i = 0; i < keys->count; i++)
        text_addf(out, "%s%s", i ? ", " : "", keys->rows[i].name);
}

static size_t row_of(const struct keys *keys, const char *name)
{
    size_t i = 0;
    while (i < keys->count && strcmp(keys->rows[i].name, name) != 0)
        i++;
    return i;
}

static void refuse_key(struct reader *r, struct found *found, const struct yaml_entry *entry)
{
    if (diagnostics_full(r->list)) { /* spares the search that nobody would see */
        diagnostics_add(r->list, SEVERITY_ERROR, entry->span, "unknown key");
        return;
    }
    int shown = text_shown(entry->key, READER_SHOWN_MAX);
    reader_refuse(r, entry->span, "unknown key \"%.*s%s\"", shown, entry->key,
                  entry->key[shown] ? "..." : "");
    struct text places = {0};
    unsigned count = 0;
    add_places(&places, &count, r->root, "", entry->key);
    const char *near = nearest(found->keys, entry->key);
    if (count) {
        reader_hint(r, "did you mean %s?", text_cstr(&places));
    } else if (near) {
        reader_hint(r, "did you mean \"%s\"?", near);
        found->meant[row_of(found->keys, near)] = true;
    } else {
        add_names(&places, found->keys);
        reader_hint(r, "known here: %s", text_cstr(&places));
    }
    text_clear(&places);
}

/* ---- mappings ---- */

const struct yaml_node *found_value(const struct found *found, const char *key)
{
    size_t row = row_of(found->keys, key);
    assert(row < found->keys->count);
    return found->good[row] ? found->values[row] : NULL;
}

bool found_bad(const struct found *found, const char *key)
{
    size_t row = row_of(found->keys, key);
    assert(row < found->keys->count);
    return found->values[row] && !found->good[row];
}

bool found_missing(const struct reader *r, const struct found *found, const char *key)
{
    size_t row = row_of(found->keys, key);
    assert(row < found->keys->count);
    return r->whole && !found->mapping->refused && !found->values[row] && !found->meant[row];
}

static bool expect_mapping(struct reader *r, const struct keys *keys, const struct yaml_node *node)
{
    if (node->kind == YAML_MAPPING)
        return true;
    struct text names = {0};
    add_names(&names, keys);
    reader_expected(r, node, "a mapping (%s: %s)", keys->count > 1 ? "keys" : "key",
                    text_cstr(&names));
    if (keys->count == 1 && node->kind == YAML_SCALAR && !node->refused && !yaml_is_null(node))
        reader_hint(r, "write {%s: ...}", keys->rows[0].name);
    text_clear(&names);
    return false;
}

static bool read_entry(struct reader *r, struct found *found, const struct yaml_entry *entry,
                       void *record)
{
    size_t row = row_of(found->keys, entry->key);
    if (row == found->keys->count) {
        found->unknown = true;
        refuse_key(r, found, entry);
        return false;
    }
    const struct key *key = &found->keys->rows[row];
    reader_enter(r, key->name, 0);
    found->values[row] = entry->value;
    found->good[row] = key->read(r, key, entry->value, (char *)record + key->offset);
    if (key->reserved)
        reader_not_yet(r, entry->span, NULL);
    reader_leave(r);
    return found->good[row];
}

static bool read_missing(struct reader *r, const struct found *found)
{
    bool good = true;
    for (size_t i = 0; i < found->keys->count; i++) {
        const struct key *key = &found->keys->rows[i];
        if (key->required && found_missing(r, found, key->name))
            good = reader_refuse(r, found->mapping->span, "the key \"%s\" is missing", key->name);
    }
    return good;
}

bool reader_keys(struct reader *r, const struct keys *keys, const struct yaml_node *node,
                 void *record)
{
    assert(keys->count <= KEYS_MAX);
    if (!expect_mapping(r, keys, node))
        return false;
    struct found found = {.keys = keys, .mapping = node};
    bool good = !node->refused;
    for (size_t i = 0; i < node->count; i++)
        if (!node->entries[i].duplicate)
            good = read_entry(r, &found, &node->entries[i], record) && good;
    good = read_missing(r, &found) && good;
    if (keys->check)
        good = keys->check(r, &found, record) && good;
    return good;
}

bool value_keys(struct reader *r, const struct key *key, const struct yaml_node *node, void *out)
{
    return reader_keys(r, key->under, node, out);
}
