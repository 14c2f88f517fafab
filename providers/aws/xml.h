/*
 * XML answers of the Query protocol (ELBv2, CloudWatch) and error bodies as a small tree, read with
 * expat. Attributes, comments and namespace prefixes are dropped: AWS puts nothing there.
 *
 * An answer is a stranger's: a DOCTYPE ends the reading (no entities, no expansion), as do more
 * than 32 levels, 8 MiB or 500,000 elements. All accessors take NULL nodes, so that a path may be
 * walked without a check at each step.
 */
#ifndef PROVIDERS_AWS_XML_H
#define PROVIDERS_AWS_XML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "planner/base/arena.h"
#include "planner/base/error.h"

enum { XML_DEPTH_MAX = 32, XML_BYTES_MAX = 8 * 1024 * 1024, XML_ELEMENTS_MAX = 500000 };

struct xml_node {
    const char *name;
    const char *text; /* of an element without children, as UTF-8, spaces kept; else "" */
    const struct xml_node *first, *next;
};

struct xml_document {
    const struct xml_node *root;
    struct arena arena; /* holds the nodes and the texts */
};

/* Reads a whole document; ERROR_SERVICE with line and column when it is none. The document must be
 * cleared also after `false`. */
must_use bool xml_read(struct xml_document *doc, const char *bytes, size_t n, struct error *err);
/* The same of what holds secrets: no memory that is given back still holds them. */
must_use bool xml_read_secret(struct xml_document *doc, const char *bytes, size_t n,
                              struct error *err);
void xml_document_clear(struct xml_document *doc);

bool xml_is(const struct xml_node *node, const char *name);
/* The first child of that name; NULL as name is any child. */
const struct xml_node *xml_child(const struct xml_node *node, const char *name);
/* The next sibling of that name; NULL as name is any sibling. */
const struct xml_node *xml_next(const struct xml_node *node, const char *name);
/* Down a path of first children: "DescribeListenersResult/Listeners". "" is the node itself. */
const struct xml_node *xml_find(const struct xml_node *node, const char *path);

/* The text at a path, or NULL where there is no such element. An empty element is "". */
const char *xml_text(const struct xml_node *node, const char *path);
/* Whole numbers, decimal numbers, true and false; no spaces, nothing behind. False where the
 * element is missing or is something else. */
bool xml_int(int64_t *out, const struct xml_node *node, const char *path);
bool xml_number(double *out, const struct xml_node *node, const char *path);
bool xml_bool(bool *out, const struct xml_node *node, const char *path);

#endif
