#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "planner/base/digest.h"
#include "planner/base/json.h"
#include "planner/plan_json.h"

enum { DEPTH_MAX = 32 };

static void write_value(struct json_writer *w, const char *key, const struct json *value);

/* The digest of a plan file that stands beside it. */
static void write_member(struct json_writer *w, const struct json *object,
                         const struct json *member)
{
    const char *name = json_member_name(member);
    const char *source = json_as_string(json_member(object, "source"));
    char digest[DIGEST_HEX_SIZE];
    if (source && strcmp(name, "sha256") == 0) {
        digest_sha256_hex(digest, source, strlen(source));
        json_put_string(w, name, digest);
        return;
    }
    write_value(w, name, member);
}

static void write_members(struct json_writer *w, const char *key, const struct json *value)
{
    bool is_document = w->depth == 0;
    json_open_object(w, key);
    for (const struct json *v = json_first(value); v; v = json_next(v))
        if (!is_document || strcmp(json_member_name(v), "digest") != 0)
            write_member(w, value, v);
    json_close_object(w);
}

static void write_value(struct json_writer *w, const char *key, const struct json *value)
{
    int64_t number = 0;
    bool flag;
    if (json_is_object(value)) {
        write_members(w, key, value);
    } else if (json_is_array(value)) {
        json_open_array(w, key);
        for (const struct json *v = json_first(value); v; v = json_next(v))
            write_value(w, NULL, v);
        json_close_array(w);
    } else if (json_as_bool(&flag, value)) {
        json_put_bool(w, key, flag);
    } else if (json_as_string(value) || json_is_null(value)) {
        json_put_string(w, key, json_as_string(value));
    } else {
        json_put_int(w, key, json_as_int(&number, value) ? number : 0);
    }
}

static void seal(struct text *out, const uint8_t *data, size_t size)
{
    char digest[DIGEST_HEX_SIZE];
    struct json_document doc = {0};
    struct error err;
    struct json_writer w = {.out = out};
    text_cut(out, 0);
    if (json_read(&doc, (const char *)data, size, (struct json_limits){size, DEPTH_MAX}, &err) &&
        json_is_object(doc.root))
        write_members(&w, NULL, doc.root);
    else
        text_add_bytes(out, data, size);
    text_add(out, ""); /* so that there is something to seal */
    json_document_clear(&doc);
    sealed_close(out, digest);
}

void fuzz_try_sealed(void (*try)(const char *bytes, size_t n), const uint8_t *data, size_t size)
{
    struct text sealed = {0};
    try((const char *)data, size);
    seal(&sealed, data, size);
    try(sealed.data, sealed.len);
    text_clear(&sealed);
}
