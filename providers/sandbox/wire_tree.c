#include "providers/sandbox/wire_tree.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "planner/base/time.h"

struct wire_node *wire_struct_new(struct arena *arena)
{
    struct wire_node *node = arena_alloc(arena, sizeof *node);
    node->kind = WIRE_STRUCT;
    return node;
}

static struct wire_node *put(struct arena *arena, struct wire_node *to, const char *name,
                             enum wire_kind kind)
{
    assert((to->kind == WIRE_LIST) == (name == NULL));
    struct wire_node *node = arena_alloc(arena, sizeof *node);
    node->name = name;
    node->kind = kind;
    if (to->last)
        to->last->next = node;
    else
        to->first = node;
    to->last = node;
    return node;
}

struct wire_node *put_struct(struct arena *arena, struct wire_node *to, const char *name)
{
    return put(arena, to, name, WIRE_STRUCT);
}

struct wire_node *put_list(struct arena *arena, struct wire_node *to, const char *name)
{
    return put(arena, to, name, WIRE_LIST);
}

struct wire_node *put_map(struct arena *arena, struct wire_node *to, const char *name)
{
    return put(arena, to, name, WIRE_MAP);
}

/* Texts may be buffers of the caller's, or of the world, which moves on. A NULL is left out. */
void put_text(struct arena *arena, struct wire_node *to, const char *name, const char *value)
{
    if (value)
        put(arena, to, name, WIRE_TEXT)->text = arena_strdup(arena, value);
}

void put_int(struct arena *arena, struct wire_node *to, const char *name, int64_t value)
{
    put(arena, to, name, WIRE_INT)->integer = value;
}

void put_number(struct arena *arena, struct wire_node *to, const char *name, double value)
{
    put(arena, to, name, WIRE_NUMBER)->number = value;
}

void put_bool(struct arena *arena, struct wire_node *to, const char *name, bool value)
{
    put(arena, to, name, WIRE_BOOL)->integer = value;
}

void put_time(struct arena *arena, struct wire_node *to, const char *name, int64_t at)
{
    put(arena, to, name, WIRE_TIME)->integer = at;
}

/* ---- JSON ---- */

void wire_write_json_text(struct text *out, const char *s)
{
    text_add_char(out, '"');
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c == '"' || c == '\\')
            text_addf(out, "\\%c", c);
        else if (c < 0x20 || c == 0x7f)
            text_addf(out, "\\u%04x", c);
        else
            text_add_char(out, (char)c);
    }
    text_add_char(out, '"');
}

static void write_scalar(struct text *out, const struct wire_node *node)
{
    if (node->kind == WIRE_INT)
        text_addf(out, "%lld", (long long)node->integer);
    else if (node->kind == WIRE_NUMBER)
        text_addf(out, "%.15g", node->number);
    else
        text_add(out, node->integer ? "true" : "false");
}

void wire_write_json(struct text *out, const struct wire_node *node)
{
    bool list = node->kind == WIRE_LIST;
    if (node->kind == WIRE_TEXT) {
        wire_write_json_text(out, node->text);
    } else if (node->kind == WIRE_TIME) {
        text_addf(out, "%lld.%03d", (long long)(node->integer / SECOND_MS),
                  (int)(node->integer % SECOND_MS));
    } else if (node->kind < WIRE_STRUCT) {
        write_scalar(out, node);
    } else {
        text_add_char(out, list ? '[' : '{');
        for (const struct wire_node *child = node->first; child; child = child->next) {
            if (child != node->first)
                text_add_char(out, ',');
            if (!list) {
                wire_write_json_text(out, child->name);
                text_add_char(out, ':');
            }
            wire_write_json(out, child);
        }
        text_add_char(out, list ? ']' : '}');
    }
}

/* ---- XML ---- */

void wire_write_xml_text(struct text *out, const char *s)
{
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c == '&')
            text_add(out, "&amp;");
        else if (c == '<')
            text_add(out, "&lt;");
        else if (c == '>')
            text_add(out, "&gt;");
        else if (c == '\r')
            text_add(out, "&#13;"); /* a bare one would be read as a newline */
        else if (c < 0x20 && c != '\t' && c != '\n')
            text_add_char(out, '?');
        else
            text_add_char(out, (char)c);
    }
}

static void write_xml_value(struct text *out, const struct wire_node *node)
{
    char time[TIME_TEXT_SIZE];
    if (node->kind == WIRE_TEXT) {
        wire_write_xml_text(out, node->text);
    } else if (node->kind == WIRE_TIME) {
        text_add(out, time_format(time, node->integer));
    } else if (node->kind < WIRE_STRUCT) {
        write_scalar(out, node);
    } else if (node->kind == WIRE_MAP) {
        for (const struct wire_node *child = node->first; child; child = child->next) {
            text_add(out, "<entry><key>");
            wire_write_xml_text(out, child->name);
            text_add(out, "</key><value>");
            write_xml_value(out, child);
            text_add(out, "</value></entry>");
        }
    } else {
        wire_write_xml(out, node);
    }
}

void wire_write_xml(struct text *out, const struct wire_node *node)
{
    for (const struct wire_node *child = node->first; child; child = child->next) {
        const char *name = child->name ? child->name : "member";
        text_addf(out, "<%s>", name);
        write_xml_value(out, child);
        text_addf(out, "</%s>", name);
    }
}
