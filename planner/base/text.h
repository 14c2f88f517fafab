/*
 * A string that grows, on the heap. A zeroed text is empty and ready; text_clear() frees it.
 * `data` is always NUL-terminated once anything was added; use text_cstr() where it may be empty.
 */
#ifndef PLANNER_BASE_TEXT_H
#define PLANNER_BASE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct text {
    char *data;
    size_t len;
    size_t room;
    bool secret; /* no memory that it gives back still holds its bytes; set while it is empty */
};

void text_clear(struct text *text);
void text_add(struct text *text, const char *s);
void text_add_bytes(struct text *text, const void *bytes, size_t n);
void text_add_char(struct text *text, char c);
void text_addf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_vaddf(struct text *text, const char *format, va_list ap)
    __attribute__((format(printf, 2, 0)));
/* Adds n bytes from outside as UTF-8: what is not becomes U+FFFD, a character for a byte. */
void text_add_utf8(struct text *text, const char *s, size_t n);
/* Shortens to at most `len` bytes. */
void text_cut(struct text *text, size_t len);
const char *text_cstr(const struct text *text);
/* Hands the heap string over (free() it) and leaves the text empty. Never NULL. */
char *text_steal(struct text *text);

/* Plain string helpers, NULL-safe where it says so. */
bool text_same(const char *a, const char *b); /* equal; NULL equals only NULL */
bool text_starts(const char *s, const char *prefix);
bool text_ends(const char *s, const char *suffix);
/* Length of the longest prefix of s[0..n) that is valid UTF-8 without NUL; n when all of it is. */
size_t text_utf8_prefix(const char *s, size_t n);
/* For "%.*s": how many bytes of it to show where at most `most` are. UTF-8 is cut between two
 * characters. */
int text_shown(const char *s, size_t most);
/* Levenshtein distance, capped at `limit` + 1: for "did you mean". */
unsigned text_distance(const char *a, const char *b, unsigned limit);

#endif
