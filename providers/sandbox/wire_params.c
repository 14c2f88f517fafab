#include "providers/sandbox/wire_params.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "planner/base/json.h"
#include "planner/base/text.h"
#include "planner/base/time.h"
#include "providers/sandbox/world_parts.h"

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct param *)a)->name, ((const struct param *)b)->name);
}

static bool sort(struct params *params, struct refusal *why)
{
    if (params->count)
        qsort(params->items, params->count, sizeof *params->items, by_name);
    for (size_t i = 1; i < params->count; i++)
        if (text_same(params->items[i - 1].name, params->items[i].name))
            return refuse(why, 400, "MalformedInput", "The parameter %.80s is given twice",
                          params->items[i].name);
    return true;
}

static bool add(struct params *params, struct arena *arena, const char *name, const char *value,
                enum param_kind kind, struct refusal *why)
{
    if (params->count == PARAMS_MAX)
        return refuse(why, 400, "MalformedInput", "The request has too many parameters");
    if (strlen(name) > PARAM_NAME_MAX)
        return refuse(why, 400, "MalformedInput", "The request has a parameter of a long name");
    struct param *param = arena_append(arena, &params->items, &params->count, sizeof *param);
    *param = (struct param){name, value, kind};
    return true;
}

/* ---- the Query protocol's forms ---- */

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)tolower((unsigned char)c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* NULL where it is no UTF-8 without NUL once decoded. */
static char *decode(struct arena *arena, const char *s, size_t n)
{
    char *out = arena_alloc(arena, n + 1);
    size_t len = 0;
    for (size_t i = 0; i < n; i++) {
        char c = s[i] == '+' ? ' ' : s[i];
        if (c == '%') {
            if (n - i < 3 || digit(s[i + 1]) < 0 || digit(s[i + 2]) < 0)
                return NULL;
            c = (char)(16 * digit(s[i + 1]) + digit(s[i + 2]));
            i += 2;
        }
        out[len++] = c;
    }
    return text_utf8_prefix(out, len) == len ? out : NULL;
}

bool params_read_query(struct params *out, struct arena *arena, const char *bytes, size_t n,
                       struct refusal *why)
{
    *out = (struct params){0};
    for (size_t at = 0, len; at < n; at += len + 1) {
        const char *pair = bytes + at;
        const char *amp = memchr(pair, '&', n - at);
        len = amp ? (size_t)(amp - pair) : n - at;
        const char *equal = memchr(pair, '=', len);
        size_t name_len = equal ? (size_t)(equal - pair) : len;
        if (len == 0)
            continue;
        const char *name = decode(arena, pair, name_len);
        const char *value =
            equal ? decode(arena, equal + 1, len - name_len - 1) : arena_strdup(arena, "");
        if (!name || !value)
            return refuse(why, 400, "MalformedInput", "A parameter is not encoded rightly");
        if (!add(out, arena, name, value, PARAM_TEXT, why))
            return false;
    }
    return sort(out, why);
}

/* ---- JSON ---- */

static bool flatten(struct params *out, struct arena *arena, const char *name,
                    const struct json *value, struct refusal *why)
{
    bool truth;
    double number;
    const char *text = json_as_string(value);
    if (json_is_null(value))
        return true;
    if (text)
        return add(out, arena, name, arena_strdup(arena, text), PARAM_TEXT, why);
    if (json_as_bool(&truth, value))
        return add(out, arena, name, truth ? "true" : "false", PARAM_BOOL, why);
    if (json_as_number(&number, value))
        return add(out, arena, name, arena_printf(arena, "%.15g", number), PARAM_NUMBER, why);
    size_t place = 0;
    for (const struct json *child = json_first(value); child; child = json_next(child)) {
        const char *key = json_is_array(value) ? arena_printf(arena, "member.%zu", ++place)
                                               : json_member_name(child);
        const char *path =
            *name ? arena_printf(arena, "%s.%s", name, key) : arena_strdup(arena, key);
        if (!flatten(out, arena, path, child, why))
            return false;
    }
    return true;
}

bool params_read_json(struct params *out, struct arena *arena, const char *bytes, size_t n,
                      struct refusal *why)
{
    struct json_document doc;
    struct error err;
    struct json_limits limits = {.max_bytes = n, .max_depth = PARAMS_DEPTH_MAX};
    *out = (struct params){.json = true};
    bool good = json_read(&doc, bytes, n, limits, &err) && json_is_object(doc.root);
    if (!good)
        refuse(why, 400, "SerializationException", "The request is not a JSON object");
    else
        good = flatten(out, arena, "", doc.root, why);
    json_document_clear(&doc);
    return good && sort(out, why);
}

/* ---- lookups ---- */

/* The first whose name is not below. */
static size_t lower_bound(const struct params *params, const char *name)
{
    size_t low = 0, high = params->count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (strcmp(params->items[mid].name, name) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static const struct param *find(const struct params *params, const char *name)
{
    size_t at = lower_bound(params, name);
    return at < params->count && text_same(params->items[at].name, name) ? &params->items[at]
                                                                         : NULL;
}

const char *param_text(const struct params *params, const char *name, ...)
{
    char whole[PARAM_NAME_MAX];
    va_list ap;
    va_start(ap, name);
    vsnprintf(whole, sizeof whole, name, ap);
    va_end(ap);
    const struct param *param = find(params, whole);
    return param ? param->value : NULL;
}

static bool wrong_type(struct refusal *why, const struct params *params, const struct param *param,
                       const char *wanted)
{
    if (params->json)
        return refuse(why, 400, "SerializationException", "%s can not be converted to %s",
                      param->kind == PARAM_TEXT ? "STRING_VALUE"
                      : param->kind == PARAM_BOOL
                          ? (text_same(param->value, "true") ? "TRUE_VALUE" : "FALSE_VALUE")
                          : "NUMBER_VALUE",
                      wanted);
    return refuse(why, 400, "MalformedInput", "'%.80s' is not valid for %.80s: %s is expected",
                  param->value, param->name, wanted);
}

bool param_int(int64_t *out, const struct params *params, const char *name, int64_t standard,
               int64_t low, int64_t high, struct refusal *why)
{
    const struct param *param = find(params, name);
    *out = standard;
    if (!param)
        return true;
    const char *digits = param->value + (param->value[0] == '-');
    size_t n = strlen(digits);
    if ((params->json && param->kind != PARAM_NUMBER) || n == 0 || n > 15 ||
        strspn(digits, "0123456789") != n)
        return wrong_type(why, params, param, "an Integer");
    *out = strtoll(param->value, NULL, 10);
    if (*out < low || *out > high)
        return refuse(why, 400, params->json ? "InvalidParameterException" : "ValidationError",
                      "'%.80s' is not valid for %.80s: it must be between %lld and %lld",
                      param->value, name, (long long)low, (long long)high);
    return true;
}

bool param_time(int64_t *out, const struct params *params, const char *name, struct refusal *why)
{
    const struct param *param = find(params, name);
    *out = 0;
    if (!param)
        return refuse(why, 400, "MissingParameter", "The parameter %s is required", name);
    if (param->kind == PARAM_NUMBER) {
        double seconds = strtod(param->value, NULL);
        if (seconds < 0 || seconds > 253402300799.0)
            return wrong_type(why, params, param, "a timestamp");
        *out = (int64_t)llround(seconds * 1000);
        return true;
    }
    return time_parse(out, param->value) || wrong_type(why, params, param, "a timestamp");
}

bool param_any(const struct params *params, const char *name)
{
    const struct param *first;
    size_t count;
    params_below(params, name, &first, &count);
    return count || find(params, name);
}

void params_below(const struct params *params, const char *name, const struct param **first,
                  size_t *count)
{
    char prefix[PARAM_NAME_MAX + 2];
    snprintf(prefix, sizeof prefix, "%.*s.", PARAM_NAME_MAX, name);
    size_t from = lower_bound(params, prefix), to = from;
    while (to < params->count && text_starts(params->items[to].name, prefix))
        to++;
    *first = params->items + from;
    *count = to - from;
}

size_t param_list(const struct params *params, const char *name)
{
    char member[PARAM_NAME_MAX];
    for (size_t n = 0;; n++) {
        snprintf(member, sizeof member, "%s.member.%zu", name, n + 1);
        if (!param_any(params, member))
            return n;
    }
}
