/*
 * The one place where text from outside becomes text for people: every byte that a command prints
 * passes here (page.c), but JSON, whose emitter has the same rule.
 */
#ifndef CMD_ESCAPE_H
#define CMD_ESCAPE_H

#include <stddef.h>

#include "planner/base/text.h"

/*
 * Appends n bytes as they may be shown: one line, valid UTF-8, nothing that moves a cursor,
 * reorders a line or cannot be seen. What is refused is written as "\n", "\t", "\x1b", "\u{202e}";
 * bytes that are not UTF-8 as "\xff". Returns how many columns they take (unicode_columns).
 */
size_t escape_add(struct text *out, const char *bytes, size_t n);

/* Columns that these bytes take once escaped. */
size_t escape_columns(const char *bytes, size_t n);

/* Bytes of the longest run of whole characters that takes at most `columns` once escaped. */
size_t escape_fit(const char *s, size_t columns);

#endif
