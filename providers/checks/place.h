/*
 * A place in a JSON document that a stranger sent: found by a JSON pointer (RFC 6901), with the
 * text of a number as it was written, which the document's tree does not keep.
 */
#ifndef PROVIDERS_CHECKS_PLACE_H
#define PROVIDERS_CHECKS_PLACE_H

#include <stdbool.h>
#include <stddef.h>

#include "planner/base/arena.h"
#include "planner/base/json.h"
#include "planner/base/text.h"

enum { PLACE_DEPTH_MAX = 64, PLACE_BYTES_MAX = 1024 * 1024 };

/* NULL where there is no such place, or the pointer is none. "" is the whole document; "-", the
 * place behind an array's last, is never there. */
const struct json *place_find(const struct json *root, const char *pointer);

bool place_is_number(const struct json *value);

/* The number as it is written in the document's bytes; the arena's. */
const char *place_number(struct arena *arena, const struct json *root, const struct json *number,
                         const char *bytes, size_t n);

/*
 * A text as it is, a number or a boolean as JSON writes it: what `one_of` is compared with. NULL
 * for null, arrays and objects, which equal nothing.
 */
const char *place_text(struct arena *arena, const struct json *root, const struct json *value,
                       const char *bytes, size_t n);

#endif
