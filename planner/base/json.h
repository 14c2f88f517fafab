/*
 * JSON, written by our own emitter (one fixed layout, integers only, so that equal documents are
 * equal bytes) and read strictly over cJSON.
 *
 * cJSON 1.7.15 alone takes trailing garbage, bad UTF-8, \u0000 (which cuts a string), duplicate
 * keys and numbers that a double cannot hold; json_read() refuses all of these. Numbers are
 * integers of at most 2^53 where json_as_int() reads them; big ids travel as strings.
 */
#ifndef PLANNER_BASE_JSON_H
#define PLANNER_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "planner/base/error.h"
#include "planner/base/text.h"

/* ---- writing: two spaces a level, keys in the order given, a newline after the last brace ---- */

enum { JSON_DEPTH_MAX = 64 };

struct json_writer {
    struct text *out; /* borrowed */
    bool compact;     /* one line, no spaces: for event streams */
    unsigned depth;
    bool has_items[JSON_DEPTH_MAX];
};

/* `key` is NULL inside arrays and for the document itself. */
void json_open_object(struct json_writer *w, const char *key);
void json_close_object(struct json_writer *w);
void json_open_array(struct json_writer *w, const char *key);
void json_close_array(struct json_writer *w);
void json_put_string(struct json_writer *w, const char *key, const char *value); /* NULL: null */
void json_put_int(struct json_writer *w, const char *key, int64_t value);
void json_put_bool(struct json_writer *w, const char *key, bool value);
void json_put_null(struct json_writer *w, const char *key);

/* ---- reading: borrowed views into one document ------------------------------------------- */

struct json; /* a value of a document */

struct json_document {
    const struct json *root;
};

struct json_limits {
    size_t max_bytes;
    unsigned max_depth;
};

/* Reads n bytes. The message names the offset. The document must be cleared also after `false`. */
must_use bool json_read(struct json_document *doc, const char *bytes, size_t n,
                        struct json_limits limits, struct error *err);
/* The same of what holds secrets, which json_document_cleanse() is to clear: nothing of a document
 * that cannot be read is left behind either. */
must_use bool json_read_secret(struct json_document *doc, const char *bytes, size_t n,
                               struct json_limits limits, struct error *err);
void json_document_clear(struct json_document *doc);
void json_document_cleanse(struct json_document *doc); /* the same of secrets: overwritten first */

/* Lookups are case-sensitive; all take NULL and then answer NULL, false or 0. */
const struct json *json_member(const struct json *object, const char *key);
const char *json_member_name(const struct json *value); /* the key it stands under, or NULL */
size_t json_count(const struct json *array_or_object);
const struct json *json_first(const struct json *array_or_object); /* walk with json_next */
const struct json *json_next(const struct json *value);
bool json_is_object(const struct json *value);
bool json_is_array(const struct json *value);
bool json_is_null(const struct json *value);
const char *json_as_string(const struct json *value); /* NULL when it is not a string */
bool json_as_int(int64_t *out, const struct json *value);
bool json_as_number(double *out, const struct json *value); /* AWS timestamps and averages */
bool json_as_bool(bool *out, const struct json *value);

#endif
