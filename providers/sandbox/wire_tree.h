/*
 * An answer before it has a protocol: members in order, written as JSON (ECS, CloudWatch) or as the
 * Query protocol's XML (ELBv2, CloudWatch, STS). Everything lives in one arena.
 */
#ifndef PROVIDERS_SANDBOX_WIRE_TREE_H
#define PROVIDERS_SANDBOX_WIRE_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include "planner/base/arena.h"
#include "planner/base/text.h"

enum wire_kind {
    WIRE_TEXT,
    WIRE_INT,
    WIRE_NUMBER,
    WIRE_BOOL,
    WIRE_TIME, /* seconds in JSON, ISO 8601 in XML */
    WIRE_STRUCT,
    WIRE_LIST,
    WIRE_MAP, /* names are data */
};

struct wire_node {
    const char *name; /* NULL in lists */
    enum wire_kind kind;
    const char *text;
    int64_t integer; /* also of WIRE_BOOL and WIRE_TIME */
    double number;
    struct wire_node *first, *last, *next;
};

struct wire_node *wire_struct_new(struct arena *arena);

/* Adding to a struct or map; with NULL as name, to a list. */
struct wire_node *put_struct(struct arena *arena, struct wire_node *to, const char *name);
struct wire_node *put_list(struct arena *arena, struct wire_node *to, const char *name);
struct wire_node *put_map(struct arena *arena, struct wire_node *to, const char *name);
void put_text(struct arena *arena, struct wire_node *to, const char *name, const char *value);
void put_int(struct arena *arena, struct wire_node *to, const char *name, int64_t value);
void put_number(struct arena *arena, struct wire_node *to, const char *name, double value);
void put_bool(struct arena *arena, struct wire_node *to, const char *name, bool value);
void put_time(struct arena *arena, struct wire_node *to, const char *name, int64_t at);

void wire_write_json(struct text *out, const struct wire_node *node);
/* The members of a struct, without an element around them. */
void wire_write_xml(struct text *out, const struct wire_node *node);
/* Text as XML has it: escaped, what XML cannot carry replaced. */
void wire_write_xml_text(struct text *out, const char *s);
void wire_write_json_text(struct text *out, const char *s);

#endif
