#include "providers/aws/answer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "planner/base/time.h"

bool answer_fail(struct answer *a, const char *format, ...)
{
    if (a->failed)
        return false;
    char why[sizeof a->err->message];
    va_list ap;
    va_start(ap, format);
    vsnprintf(why, sizeof why, format, ap);
    va_end(ap);
    error_set(a->err, ERROR_SERVICE, "the answer of %s is not readable: %s", a->operation, why);
    error_hint(a->err, "something between here and AWS may have answered in its place: check the "
                       "endpoint and the proxy settings");
    a->failed = true;
    return false;
}

/* ---- JSON ---- */

const struct json *answer_json(struct answer *a, struct json_document *doc,
                               const struct text *bytes)
{
    const struct json_limits limits = {ANSWER_BYTES_MAX, ANSWER_DEPTH_MAX};
    struct error why;
    if (!json_read(doc, text_cstr(bytes), bytes->len, limits, &why)) {
        answer_fail(a, "%s", why.message);
        return NULL;
    }
    if (!json_is_object(doc->root)) {
        answer_fail(a, "it is not a JSON object");
        return NULL;
    }
    return doc->root;
}

static const struct json *json_present(struct answer *a, const struct json *object, const char *key)
{
    if (a->failed)
        return NULL;
    if (!json_is_object(object)) {
        answer_fail(a, "what should have \"%s\" is not an object", key);
        return NULL;
    }
    const struct json *value = json_member(object, key);
    return json_is_null(value) ? NULL : value;
}

const char *answer_json_text_maybe(struct answer *a, const struct json *object, const char *key)
{
    const struct json *value = json_present(a, object, key);
    const char *s = json_as_string(value);
    if (value && !s)
        answer_fail(a, "\"%s\" is not a string", key);
    return s ? arena_strdup(a->arena, s) : NULL;
}

const char *answer_json_text(struct answer *a, const struct json *object, const char *key)
{
    const char *s = answer_json_text_maybe(a, object, key);
    if (!s || !*s)
        answer_fail(a, "\"%s\" is missing", key);
    return s;
}

int64_t answer_json_count_maybe(struct answer *a, const struct json *object, const char *key)
{
    const struct json *value = json_present(a, object, key);
    int64_t n = 0;
    if (value && (!json_as_int(&n, value) || n < 0 || n > ANSWER_COUNT_MAX)) {
        answer_fail(a, "\"%s\" is not a count", key);
        return 0;
    }
    return n;
}

int64_t answer_json_count(struct answer *a, const struct json *object, const char *key)
{
    if (!json_present(a, object, key))
        answer_fail(a, "\"%s\" is missing", key);
    return answer_json_count_maybe(a, object, key);
}

int64_t answer_json_time_maybe(struct answer *a, const struct json *object, const char *key)
{
    const double most = 253402300800.0; /* the year 10000 */
    const struct json *value = json_present(a, object, key);
    double seconds = 0;
    if (value && (!json_as_number(&seconds, value) || seconds < 0 || seconds >= most)) {
        answer_fail(a, "\"%s\" is not a time", key);
        return 0;
    }
    return (int64_t)llround(seconds * SECOND_MS);
}

const struct json *answer_json_items(struct answer *a, const struct json *object, const char *key)
{
    const struct json *value = json_present(a, object, key);
    if (value && !json_is_array(value)) {
        answer_fail(a, "\"%s\" is not a list", key);
        return NULL;
    }
    return json_first(value);
}

/* ---- XML ---- */

const struct xml_node *answer_xml(struct answer *a, struct xml_document *doc,
                                  const struct text *bytes)
{
    struct error why = {0};
    if (!(bytes->secret ? xml_read_secret : xml_read)(doc, text_cstr(bytes), bytes->len, &why)) {
        answer_fail(a, "%s", why.message);
        return NULL;
    }
    char name[128];
    snprintf(name, sizeof name, "%sResponse", a->operation);
    if (!xml_is(doc->root, name)) {
        answer_fail(a, "it is a <%s>", doc->root->name);
        return NULL;
    }
    snprintf(name, sizeof name, "%sResult", a->operation);
    const struct xml_node *result = xml_child(doc->root, name);
    if (!result)
        answer_fail(a, "<%s> is missing", name);
    return result;
}

/* What a message calls the node at a path; "" is the node itself. */
static const char *label(const struct xml_node *node, const char *path)
{
    return *path || !node ? path : node->name;
}

/* The node of a leaf, or NULL: not there. */
static const struct xml_node *leaf(struct answer *a, const struct xml_node *node, const char *path)
{
    const struct xml_node *found = a->failed ? NULL : xml_find(node, path);
    if (found && found->first) {
        answer_fail(a, "<%s> is not a plain value", label(node, path));
        return NULL;
    }
    return found;
}

const char *answer_text_maybe(struct answer *a, const struct xml_node *node, const char *path)
{
    const struct xml_node *found = leaf(a, node, path);
    return found && *found->text ? arena_strdup(a->arena, found->text) : NULL;
}

const char *answer_text(struct answer *a, const struct xml_node *node, const char *path)
{
    const char *s = answer_text_maybe(a, node, path);
    if (!s)
        answer_fail(a, "<%s> is missing", label(node, path));
    return s;
}

int64_t answer_count(struct answer *a, const struct xml_node *node, const char *path)
{
    int64_t n = 0;
    if (!leaf(a, node, path))
        answer_fail(a, "<%s> is missing", label(node, path));
    else if (!xml_int(&n, node, path) || n < 0 || n > ANSWER_COUNT_MAX)
        answer_fail(a, "<%s> is not a count", label(node, path));
    return a->failed ? 0 : n;
}

bool answer_flag(struct answer *a, const struct xml_node *node, const char *path)
{
    bool flag = false;
    if (!leaf(a, node, path))
        answer_fail(a, "<%s> is missing", label(node, path));
    else if (!xml_bool(&flag, node, path))
        answer_fail(a, "<%s> is neither true nor false", label(node, path));
    return flag;
}

const struct xml_node *answer_members_maybe(struct answer *a, const struct xml_node *node,
                                            const char *path)
{
    const struct xml_node *list = a->failed ? NULL : xml_find(node, path);
    if (!list)
        return NULL;
    bool only_members = !list->text[strspn(list->text, " \t\r\n")];
    for (const struct xml_node *child = list->first; child; child = child->next)
        only_members = only_members && xml_is(child, "member");
    if (!only_members) {
        answer_fail(a, "<%s> is not a list", label(node, path));
        return NULL;
    }
    return list->first;
}

const struct xml_node *answer_members(struct answer *a, const struct xml_node *node,
                                      const char *path)
{
    if (!a->failed && !xml_find(node, path))
        answer_fail(a, "<%s> is missing", label(node, path));
    return answer_members_maybe(a, node, path);
}
