#include "planner/base/json.h"

#include <assert.h>
#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "planner/base/memory.h"
#include "planner/base/unicode.h"

/* ---- writing ---- */

#define BLANKS_32 "                                "

static void newline(struct json_writer *w)
{
    static const char line[] = "\n" BLANKS_32 BLANKS_32 BLANKS_32 BLANKS_32;
    static_assert(sizeof line > 1 + 2 * JSON_DEPTH_MAX, "a line of the deepest level");
    if (!w->compact)
        text_add_bytes(w->out, line, 1 + 2 * (size_t)w->depth);
}

static void put_escaped(struct text *out, uint32_t code)
{
    if (code == '\n')
        text_add(out, "\\n");
    else if (code == '\t')
        text_add(out, "\\t");
    else if (code < 0x10000)
        text_addf(out, "\\u%04x", (unsigned)code);
    else
        text_addf(out, "\\u%04x\\u%04x", (unsigned)(0xD7C0 + (code >> 10)),
                  (unsigned)(0xDC00 + (code & 0x3FF)));
}

/* How many bytes can go out as they are: nearly all, so they are looked at once and copied whole.
 */
static size_t plain_length(const char *s)
{
    const char *at = s;
    for (char c = *at; c >= ' ' && c <= '~' && c != '"' && c != '\\'; c = *++at)
        ;
    return (size_t)(at - s);
}

/* JSON is printed on terminals too: what could deceive there is escaped, as JSON has it. Bytes that
 * are no UTF-8 have no JSON and become U+FFFD. */
static void put_quoted(struct text *out, const char *s)
{
    size_t n = strlen(s);
    text_add_char(out, '"');
    for (size_t at = 0; at < n;) {
        uint32_t code;
        size_t plain = plain_length(s + at);
        text_add_bytes(out, s + at, plain);
        at += plain;
        if (at == n)
            break;
        size_t len = unicode_decode(&code, s + at, n - at);
        if (!len)
            text_add(out, "\xEF\xBF\xBD");
        else if (code == '"' || code == '\\')
            text_addf(out, "\\%c", (int)code);
        else if (unicode_deceives(code))
            put_escaped(out, code);
        else
            text_add_bytes(out, s + at, len);
        at += len ? len : 1;
    }
    text_add_char(out, '"');
}

/* What stands in front of every value: the comma, the line, the key. */
static void begin_value(struct json_writer *w, const char *key)
{
    if (w->depth) {
        bool *has_items = &w->has_items[w->depth - 1];
        if (*has_items)
            text_add_char(w->out, ',');
        *has_items = true;
        newline(w);
    }
    if (key) {
        put_quoted(w->out, key);
        text_add(w->out, w->compact ? ":" : ": ");
    }
}

static void end_document(struct json_writer *w)
{
    if (w->depth == 0)
        text_add_char(w->out, '\n');
}

static void open_container(struct json_writer *w, const char *key, char bracket)
{
    assert(w->depth < JSON_DEPTH_MAX);
    begin_value(w, key);
    text_add_char(w->out, bracket);
    w->has_items[w->depth++] = false;
}

static void close_container(struct json_writer *w, char bracket)
{
    assert(w->depth > 0);
    bool had_items = w->has_items[--w->depth];
    if (had_items)
        newline(w);
    text_add_char(w->out, bracket);
    end_document(w);
}

void json_open_object(struct json_writer *w, const char *key)
{
    open_container(w, key, '{');
}

void json_close_object(struct json_writer *w)
{
    close_container(w, '}');
}

void json_open_array(struct json_writer *w, const char *key)
{
    open_container(w, key, '[');
}

void json_close_array(struct json_writer *w)
{
    close_container(w, ']');
}

void json_put_string(struct json_writer *w, const char *key, const char *value)
{
    if (!value) {
        json_put_null(w, key);
        return;
    }
    begin_value(w, key);
    put_quoted(w->out, value);
    end_document(w);
}

void json_put_int(struct json_writer *w, const char *key, int64_t value)
{
    begin_value(w, key);
    text_addf(w->out, "%lld", (long long)value);
    end_document(w);
}

void json_put_bool(struct json_writer *w, const char *key, bool value)
{
    begin_value(w, key);
    text_add(w->out, value ? "true" : "false");
    end_document(w);
}

void json_put_null(struct json_writer *w, const char *key)
{
    begin_value(w, key);
    text_add(w->out, "null");
    end_document(w);
}

/* ---- reading ---- */

/*
 * What cJSON lets pass and we do not, found by one scan over the bytes before it parses:
 * depth, \u0000, control characters in strings, numbers out of JSON's grammar.
 */
struct scan {
    const char *at, *end;
    unsigned depth, max_depth;
};

static bool scan_string(struct scan *s)
{
    for (s->at++; s->at < s->end && *s->at != '"'; s->at++) {
        if ((unsigned char)*s->at < 0x20)
            return false;
        if (*s->at != '\\')
            continue;
        if (s->end - s->at >= 6 && memcmp(s->at, "\\u0000", 6) == 0)
            return false;
        if (++s->at == s->end)
            return false;
    }
    return s->at < s->end;
}

static void skip_digits(struct scan *s)
{
    while (s->at < s->end && *s->at >= '0' && *s->at <= '9')
        s->at++;
}

/* RFC 8259, section 6. Leaves `at` on the last character of the number. */
static bool scan_number(struct scan *s)
{
    const char *start;
    if (*s->at == '-')
        s->at++;
    start = s->at;
    skip_digits(s);
    if (s->at == start || (*start == '0' && s->at - start > 1))
        return false;
    if (s->at < s->end && *s->at == '.') {
        start = ++s->at;
        skip_digits(s);
        if (s->at == start)
            return false;
    }
    if (s->at < s->end && (*s->at == 'e' || *s->at == 'E')) {
        s->at++;
        if (s->at < s->end && (*s->at == '+' || *s->at == '-'))
            s->at++;
        start = s->at;
        skip_digits(s);
        if (s->at == start)
            return false;
    }
    s->at--;
    return true;
}

static bool scan(struct scan *s)
{
    for (; s->at < s->end; s->at++) {
        char c = *s->at;
        if (c == '"') {
            if (!scan_string(s))
                return false;
        } else if (c == '-' || (c >= '0' && c <= '9')) {
            if (!scan_number(s))
                return false;
        } else if (c == '[' || c == '{') {
            if (++s->depth > s->max_depth)
                return false;
        } else if (c == ']' || c == '}') {
            if (s->depth-- == 0)
                return false;
        }
    }
    return true;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorts the names of one object: an attacker's object may have a million of them. */
static bool keys_differ(const cJSON *object)
{
    size_t n = (size_t)cJSON_GetArraySize(object), i = 0;
    const char **names = memory_new(n * sizeof *names);
    for (const cJSON *child = object->child; child; child = child->next)
        names[i++] = child->string;
    qsort(names, n, sizeof *names, by_name);
    bool differ = true;
    for (i = 1; i < n && differ; i++)
        differ = strcmp(names[i - 1], names[i]) != 0;
    free(names);
    return differ;
}

static bool no_duplicate_keys(const cJSON *value)
{
    if (cJSON_IsObject(value) && value->child && !keys_differ(value))
        return false;
    for (const cJSON *child = value->child; child; child = child->next)
        if (child->child && !no_duplicate_keys(child))
            return false;
    return true;
}

bool json_read(struct json_document *doc, const char *bytes, size_t n, struct json_limits limits,
               struct error *err)
{
    doc->root = NULL;
    if (n > limits.max_bytes)
        return error_set(err, ERROR_INPUT, "JSON is larger than %zu bytes", limits.max_bytes);
    size_t valid = text_utf8_prefix(bytes, n);
    if (valid < n)
        return error_set(err, ERROR_INPUT, "byte %zu of the JSON is not UTF-8", valid + 1);
    struct scan s = {bytes, bytes + n, 0, limits.max_depth};
    if (!scan(&s))
        return error_set(err, ERROR_INPUT, "not valid JSON at byte %zu",
                         (size_t)(s.at - bytes) + 1);

    const char *end = NULL;
    cJSON *root = cJSON_ParseWithLengthOpts(bytes, n, &end, 0);
    doc->root = (const struct json *)root;
    if (!root)
        return error_set(err, ERROR_INPUT, "not valid JSON at byte %zu",
                         end ? (size_t)(end - bytes) + 1 : (size_t)1);
    while (end < bytes + n && (*end == ' ' || *end == '\n' || *end == '\r' || *end == '\t'))
        end++;
    if (end != bytes + n)
        return error_set(err, ERROR_INPUT, "something follows the JSON at byte %zu",
                         (size_t)(end - bytes) + 1);
    if (!no_duplicate_keys(root))
        return error_set(err, ERROR_INPUT, "a key stands twice in one JSON object");
    return true;
}

bool json_read_secret(struct json_document *doc, const char *bytes, size_t n,
                      struct json_limits limits, struct error *err)
{
    cJSON_Hooks wiping = {malloc, memory_wiping_free};
    cJSON_InitHooks(&wiping);
    bool done = json_read(doc, bytes, n, limits, err);
    cJSON_InitHooks(NULL);
    return done;
}

void json_document_clear(struct json_document *doc)
{
    cJSON_Delete((cJSON *)(uintptr_t)doc->root);
    doc->root = NULL;
}

static void cleanse(const cJSON *value)
{
    if (value->valuestring)
        explicit_bzero(value->valuestring, strlen(value->valuestring));
    for (const cJSON *child = value->child; child; child = child->next)
        cleanse(child);
}

void json_document_cleanse(struct json_document *doc)
{
    if (doc->root)
        cleanse((const cJSON *)doc->root);
    json_document_clear(doc);
}

static const cJSON *raw(const struct json *value)
{
    return (const cJSON *)value;
}

const struct json *json_member(const struct json *object, const char *key)
{
    if (!json_is_object(object))
        return NULL;
    return (const struct json *)cJSON_GetObjectItemCaseSensitive(raw(object), key);
}

const char *json_member_name(const struct json *value)
{
    return value ? raw(value)->string : NULL;
}

size_t json_count(const struct json *array_or_object)
{
    size_t n = 0;
    for (const struct json *v = json_first(array_or_object); v; v = json_next(v))
        n++;
    return n;
}

const struct json *json_first(const struct json *array_or_object)
{
    return array_or_object ? (const struct json *)raw(array_or_object)->child : NULL;
}

const struct json *json_next(const struct json *value)
{
    return value ? (const struct json *)raw(value)->next : NULL;
}

bool json_is_object(const struct json *value)
{
    return value && cJSON_IsObject(raw(value));
}

bool json_is_array(const struct json *value)
{
    return value && cJSON_IsArray(raw(value));
}

bool json_is_null(const struct json *value)
{
    return value && cJSON_IsNull(raw(value));
}

const char *json_as_string(const struct json *value)
{
    return value && cJSON_IsString(raw(value)) ? raw(value)->valuestring : NULL;
}

bool json_as_number(double *out, const struct json *value)
{
    if (!value || !cJSON_IsNumber(raw(value)) || !isfinite(raw(value)->valuedouble))
        return false;
    *out = raw(value)->valuedouble;
    return true;
}

bool json_as_int(int64_t *out, const struct json *value)
{
    const double most = 9007199254740992.0; /* 2^53 */
    double d;
    if (!json_as_number(&d, value) || d != floor(d) || d > most || d < -most)
        return false;
    *out = (int64_t)d;
    return true;
}

bool json_as_bool(bool *out, const struct json *value)
{
    if (!value || !cJSON_IsBool(raw(value)))
        return false;
    *out = cJSON_IsTrue(raw(value));
    return true;
}
