#include "planner/base/text.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "planner/base/memory.h"

static void wipe(struct text *text)
{
    if (text->secret && text->data)
        explicit_bzero(text->data, text->room);
}

static void reserve(struct text *text, size_t more)
{
    size_t need = text->len + more + 1;
    if (need <= text->room)
        return;
    size_t room = text->room ? text->room : 64;
    while (room < need)
        room *= 2;
    if (text->secret) {
        char *larger = memory_new(room);
        if (text->data)
            memcpy(larger, text->data, text->len + 1);
        wipe(text);
        free(text->data);
        text->data = larger;
    } else {
        text->data = memory_resize(text->data, room);
    }
    text->room = room;
}

void text_clear(struct text *text)
{
    wipe(text);
    free(text->data);
    *text = (struct text){0};
}

void text_add_bytes(struct text *text, const void *bytes, size_t n)
{
    reserve(text, n);
    if (n)
        memcpy(text->data + text->len, bytes, n);
    text->len += n;
    text->data[text->len] = '\0';
}

void text_add(struct text *text, const char *s)
{
    text_add_bytes(text, s, strlen(s));
}

void text_add_char(struct text *text, char c)
{
    reserve(text, 1);
    text->data[text->len++] = c;
    text->data[text->len] = '\0';
}

void text_vaddf(struct text *text, const char *format, va_list ap)
{
    va_list again;
    va_copy(again, ap);
    reserve(text, 0);
    size_t room = text->room - text->len;
    int n = vsnprintf(text->data + text->len, room, format, again);
    va_end(again);
    if (n >= 0 && (size_t)n >= room) {
        reserve(text, (size_t)n);
        vsnprintf(text->data + text->len, (size_t)n + 1, format, ap);
    }
    text->len += n > 0 ? (size_t)n : 0;
    text->data[text->len] = '\0';
}

void text_addf(struct text *text, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    text_vaddf(text, format, ap);
    va_end(ap);
}

void text_cut(struct text *text, size_t len)
{
    if (len >= text->len)
        return;
    text->len = len;
    text->data[len] = '\0';
}

const char *text_cstr(const struct text *text)
{
    return text->data ? text->data : "";
}

char *text_steal(struct text *text)
{
    reserve(text, 0);
    text->data[text->len] = '\0';
    char *data = text->data;
    *text = (struct text){0};
    return data;
}

bool text_same(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

bool text_starts(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool text_ends(const char *s, const char *suffix)
{
    size_t n = strlen(s), k = strlen(suffix);
    return n >= k && memcmp(s + n - k, suffix, k) == 0;
}

/* Bytes of the UTF-8 sequence at s (n > 0 left), or 0: Unicode 15, table 3-7. */
static size_t utf8_sequence(const unsigned char *s, size_t n)
{
    unsigned char c = s[0], low = 0x80, high = 0xBF;
    size_t len;

    if (c == 0)
        return 0;
    if (c < 0x80)
        return 1;
    if (c >= 0xC2 && c <= 0xDF)
        len = 2;
    else if (c >= 0xE0 && c <= 0xEF)
        len = 3;
    else if (c >= 0xF0 && c <= 0xF4)
        len = 4;
    else
        return 0;
    if (c == 0xE0)
        low = 0xA0;
    if (c == 0xED)
        high = 0x9F;
    if (c == 0xF0)
        low = 0x90;
    if (c == 0xF4)
        high = 0x8F;
    if (n < len || s[1] < low || s[1] > high)
        return 0;
    for (size_t i = 2; i < len; i++)
        if (s[i] < 0x80 || s[i] > 0xBF)
            return 0;
    return len;
}

size_t text_utf8_prefix(const char *s, size_t n)
{
    size_t at = 0;
    while (at < n) {
        size_t len = utf8_sequence((const unsigned char *)s + at, n - at);
        if (!len)
            break;
        at += len;
    }
    return at;
}

int text_shown(const char *s, size_t most)
{
    size_t n = strnlen(s, most + 1);
    if (n <= most)
        return (int)n; /* as it is, whatever it is */
    return (int)text_utf8_prefix(s, most);
}

void text_add_utf8(struct text *text, const char *s, size_t n)
{
    while (n) {
        size_t valid = text_utf8_prefix(s, n);
        text_add_bytes(text, s, valid);
        if (valid < n) {
            text_add(text, "\xEF\xBF\xBD");
            valid++;
        }
        s += valid;
        n -= valid;
    }
}

unsigned text_distance(const char *a, const char *b, unsigned limit)
{
    enum { LONGEST = 64 };
    size_t na = strlen(a), nb = strlen(b);
    unsigned row[LONGEST + 1];

    if (na > LONGEST || nb > LONGEST)
        return limit + 1;
    for (size_t j = 0; j <= nb; j++)
        row[j] = (unsigned)j;
    for (size_t i = 1; i <= na; i++) {
        unsigned diagonal = row[0];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= nb; j++) {
            unsigned best = diagonal + (a[i - 1] != b[j - 1]);
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            diagonal = row[j];
            row[j] = best;
        }
    }
    return row[nb] > limit ? limit + 1 : row[nb];
}
