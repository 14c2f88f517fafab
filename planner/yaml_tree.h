/*
 * YAML as a tree that knows where everything stands: libyaml's events, and all limits of DESIGN
 * section 3 ("Reading rules"), which libyaml does not have. One document of mappings, sequences
 * and scalars; no anchors, aliases, tags, merge keys or duplicate keys; YAML_MAX_DEPTH levels.
 *
 * Depth is counted on events, which is exact. It also bounds libyaml's flow nesting, whose cost is
 * quadratic: libyaml reads no further ahead of the event it hands out than an implicit key may be
 * long, 1024 characters.
 */
#ifndef PLANNER_YAML_TREE_H
#define PLANNER_YAML_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "planner/base/arena.h"
#include "planner/base/diagnostics.h"

enum { YAML_MAX_BYTES = 256 * 1024, YAML_MAX_DEPTH = 32 };

enum yaml_kind { YAML_SCALAR, YAML_MAPPING, YAML_SEQUENCE };

struct yaml_entry;

struct yaml_node {
    enum yaml_kind kind;
    /* Of a scalar its text as written, as far as it stands on its first line; of a collection
     * in brackets all of it likewise; of any other the place where it begins. */
    struct span span;
    /* Something about it was reported: nothing more is to be said about a scalar's value, nor
     * about what kind of node this is, nor about what is missing in it. */
    bool refused;
    bool plain;                 /* a scalar written without quotes, not as a block */
    const char *text;           /* a scalar's value; never NULL, no NUL inside */
    struct yaml_entry *entries; /* a mapping's, in the file's order */
    struct yaml_node **items;   /* a sequence's */
    size_t count;
};

struct yaml_entry {
    const char *key;
    struct span span; /* of the key */
    bool duplicate;   /* of an earlier one: reported, not to be read */
    struct yaml_node *value;
};

/*
 * Reads n bytes; findings go into `list`. NULL when there is nothing to read on from: a file that
 * is empty, too large, not a document. `*whole` is false when reading stopped at an error; the
 * answer is then the root's entries that were complete before it, and nothing is to be concluded
 * from what is missing. The tree lives in `arena`.
 */
struct yaml_node *yaml_tree_read(struct arena *arena, const char *bytes, size_t n, bool *whole,
                                 struct diagnostics *list);

/* The value under a key, or NULL; `node` may be NULL or no mapping. */
struct yaml_node *yaml_value(const struct yaml_node *node, const char *key);

#endif
