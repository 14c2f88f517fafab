/*
 * How the plan file's tree is read: tables of keys, each with the reader of its value. What is
 * wrong is reported where it stands, with the path of keys that leads there, and reading goes on.
 */
#ifndef PLANNER_PLANFILE_READER_H
#define PLANNER_PLANFILE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "planner/base/arena.h"
#include "planner/base/diagnostics.h"
#include "planner/yaml_tree.h"

/* Bytes of a text out of the file that a message shows. */
enum { READER_SHOWN_MAX = 40 };

struct keys;

struct path_part {
    const char *key; /* NULL: an item */
    size_t index;
};

struct reader {
    struct arena *arena; /* the values' */
    struct diagnostics *list;
    const struct keys *root;
    int (*known_waivable)(const char *id);
    bool whole; /* the tree is: what is not there is missing */
    struct path_part path[YAML_MAX_DEPTH];
    unsigned depth;
    unsigned *secret_lines; /* they may hold a secret: not to be shown */
    size_t secret_count;
};

struct key {
    const char *name;
    /* Puts the value into *out; false when it has reported something (or somebody had before). */
    bool (*read)(struct reader *r, const struct key *key, const struct yaml_node *node, void *out);
    size_t offset; /* of *out in the record that the table fills */
    bool required;
    bool reserved;              /* for a later version: read, then "not available yet" */
    int64_t min, max;           /* of a number or duration; `max` of a text's length */
    const char *const *choices; /* ends with NULL; the value is the index */
    const struct keys *under;   /* the keys of the mapping below, or of each item of the list */
    bool list;
};

enum { KEYS_MAX = 24 };

/* What one mapping had. */
struct found {
    const struct keys *keys;
    const struct yaml_node *mapping;
    const struct yaml_node *values[KEYS_MAX]; /* by row; NULL: not there */
    bool good[KEYS_MAX];
    bool meant[KEYS_MAX]; /* an unknown key looks like this one */
    bool unknown;         /* there was an unknown key */
};

struct keys {
    const struct key *rows;
    size_t count;
    /* Judges values against each other; NULL: nothing to judge. False when it has reported. */
    bool (*check)(struct reader *r, const struct found *found, void *record);
};

#define KEYS(table) .rows = (table), .count = sizeof(table) / sizeof *(table)

/* Reads a mapping into `record`. A key::read for tables below is value_keys: the record goes on. */
bool reader_keys(struct reader *r, const struct keys *keys, const struct yaml_node *node,
                 void *record);
bool value_keys(struct reader *r, const struct key *key, const struct yaml_node *node, void *out);

const struct yaml_node *found_value(const struct found *found, const char *key); /* if it is good */
bool found_bad(const struct found *found, const char *key); /* there, but reported */
/* Not there, and nothing that was reported explains why. */
bool found_missing(const struct reader *r, const struct found *found, const char *key);

void reader_enter(struct reader *r, const char *key, size_t index);
void reader_leave(struct reader *r);

/* "PATH: message" at a place. Always false. */
bool reader_refuse(struct reader *r, struct span span, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* "PATH: expected ..., found ..." at the node; silent if it was refused before. Always false. */
bool reader_expected(struct reader *r, const struct yaml_node *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Behind one of the two: adds a hint to what it reported. Always false. */
bool reader_hint(struct reader *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* "PATH is not available yet" (ERROR_NOT_YET); `what` instead of the path unless NULL. */
bool reader_not_yet(struct reader *r, struct span span, const char *what);
/* No finding shows this line. */
void reader_hide_line(struct reader *r, unsigned line);

/* A scalar that is there; otherwise "expected ...". */
bool reader_scalar(struct reader *r, const struct yaml_node *node, const char *expected);
bool yaml_is_null(const struct yaml_node *node);

#endif
