/*
 * The bytes of a plan file, character by character, before YAML is looked for in them. A reviewer
 * must see what the tool reads: so nothing but UTF-8, and nothing that base/unicode.h says deceives
 * him. That takes care of YAML 1.1's other line ends too (U+0085, U+2028, U+2029, a carriage return
 * alone), at which an editor ends no line.
 */
#ifndef PLANNER_YAML_SOURCE_H
#define PLANNER_YAML_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "planner/base/arena.h"
#include "planner/base/diagnostics.h"

struct source_line {
    unsigned length;                   /* code points, without the line's end */
    unsigned refused_from, refused_to; /* columns from 1 of the refused characters; 0: none */
};

struct yaml_source {
    const char *bytes; /* a byte order mark is left out, every refused character is a '_' */
    size_t len;
    struct source_line *lines; /* one more than there are line ends */
    size_t line_count;
    bool readable; /* false: reported, and not worth reading any further */
};

/* Reports one character a line at most; the columns of what is left stay right. `bytes` must live
 * as long as `out` where nothing had to be replaced. */
void yaml_source_read(struct yaml_source *out, struct arena *arena, const char *bytes, size_t n,
                      struct diagnostics *list);

/* Where the text begins: behind a UTF-8 byte order mark. */
size_t yaml_source_start(const char *bytes, size_t n);

/* What is wrong with the first character in s[0..n), which may hold line ends and tabs ("control
 * character U+0007"); NULL when nothing is. The text is the arena's. */
const char *yaml_refused_character(struct arena *arena, const char *s, size_t n);

#endif
