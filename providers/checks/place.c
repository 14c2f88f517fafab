#include "providers/checks/place.h"

#include <assert.h>
#include <string.h>

/* ---- JSON pointer ---- */

/* RFC 6901, section 4: digits, and no zero before others. */
static bool read_index(size_t *out, const char *token)
{
    *out = 0;
    if (!token[0] || (token[0] == '0' && token[1]))
        return false;
    for (; *token; token++) {
        if (*token < '0' || *token > '9' || *out > PLACE_BYTES_MAX)
            return false;
        *out = *out * 10 + (size_t)(*token - '0');
    }
    return true;
}

static const struct json *item_at(const struct json *array, const char *token)
{
    size_t index;
    if (!read_index(&index, token))
        return NULL;
    const struct json *item = json_first(array);
    while (item && index--)
        item = json_next(item);
    return item;
}

/* One token, "~1" and "~0" undone; *at is left behind it. False: a "~" that means nothing. */
static bool take_token(struct text *token, const char **at)
{
    const char *s = *at + 1;
    text_cut(token, 0);
    for (; *s && *s != '/'; s++) {
        if (*s != '~') {
            text_add_char(token, *s);
            continue;
        }
        if (*++s != '0' && *s != '1')
            return false;
        text_add_char(token, *s == '0' ? '~' : '/');
    }
    *at = s;
    return true;
}

const struct json *place_find(const struct json *root, const char *pointer)
{
    const struct json *value = root;
    struct text token = {0};
    while (value && *pointer) {
        if (*pointer != '/' || !take_token(&token, &pointer))
            value = NULL;
        else if (json_is_array(value))
            value = item_at(value, text_cstr(&token));
        else
            value = json_member(value, text_cstr(&token));
    }
    text_clear(&token);
    return value;
}

/* ---- numbers as they are written ---- */

bool place_is_number(const struct json *value)
{
    bool flag;
    return value && !json_is_object(value) && !json_is_array(value) && !json_is_null(value) &&
           !json_as_string(value) && !json_as_bool(&flag, value);
}

/* Counts the numbers in front of `wanted`; false where it is not below `node`. */
static bool count_numbers(size_t *count, const struct json *node, const struct json *wanted)
{
    if (node == wanted)
        return true;
    *count += place_is_number(node);
    for (const struct json *v = json_is_object(node) || json_is_array(node) ? json_first(node)
                                                                            : NULL;
         v; v = json_next(v))
        if (count_numbers(count, v, wanted))
            return true;
    return false;
}

static const char *behind_string(const char *s, const char *end)
{
    for (s++; s < end && *s != '"'; s++)
        s += *s == '\\';
    return s < end ? s + 1 : end;
}

static size_t number_length(const char *s, const char *end)
{
    size_t n = 0;
    while (s + n < end && s[n] && strchr("+-.eE0123456789", s[n]))
        n++;
    return n;
}

const char *place_number(struct arena *arena, const struct json *root, const struct json *number,
                         const char *bytes, size_t n)
{
    size_t before = 0, len;
    const char *end = bytes + n;
    bool found = count_numbers(&before, root, number);
    assert(found && place_is_number(number));
    (void)found;
    for (const char *s = bytes; s < end;) {
        if (*s == '"') {
            s = behind_string(s, end);
        } else if (*s != '-' && (*s < '0' || *s > '9')) {
            s++;
        } else {
            len = number_length(s, end);
            if (before-- == 0)
                return arena_strndup(arena, s, len);
            s += len;
        }
    }
    return "0"; /* not reached: the tree was read from these bytes */
}

const char *place_text(struct arena *arena, const struct json *root, const struct json *value,
                       const char *bytes, size_t n)
{
    bool flag;
    if (json_as_string(value))
        return json_as_string(value);
    if (json_as_bool(&flag, value))
        return flag ? "true" : "false";
    return place_is_number(value) ? place_number(arena, root, value, bytes, n) : NULL;
}
