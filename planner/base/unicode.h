/*
 * Characters, where bytes are not enough: what may be shown to a person as it is, and what could
 * show him something else than what is there.
 */
#ifndef PLANNER_BASE_UNICODE_H
#define PLANNER_BASE_UNICODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The code point at s, where n > 0 bytes are left, and how many bytes it takes; 0 where the bytes
 * are not valid UTF-8, or are NUL. */
size_t unicode_decode(uint32_t *code, const char *s, size_t n);

/*
 * Whether a terminal or an editor must not get this character raw: control characters (C0, DEL,
 * C1), what reorders a line (Unicode Standard Annex 9), what ends it where nobody looks (U+2028,
 * U+2029), and what cannot be seen at all (zero width, tags, annotation marks).
 */
bool unicode_deceives(uint32_t code);

/*
 * Columns that a terminal gives the character: 2 for the wide and fullwidth ones (Unicode Standard
 * Annex 11) and emoji, 0 for marks that stand on the one before, else 1. Of the marks only the
 * blocks that hold nothing else are known: a terminal and this may differ by a column for the
 * marks of some scripts.
 */
unsigned unicode_columns(uint32_t code);

#endif
