/*
 * A row of numbers as a row of bars, one column each. What is not known is a blank, never a low
 * bar; a zero is the lowest bar, and more than zero is always higher than that.
 */
#ifndef CMD_SPARKLINE_H
#define CMD_SPARKLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "planner/base/text.h"

struct spark {
    bool known;
    int64_t value; /* not negative */
};

/* The highest known value; 0 where there is none. */
int64_t spark_most(const struct spark *sparks, size_t n);

/* Folds n into columns of `fold` each, the highest known one of each counts; how many columns. What
 * does not fill a column stands in the first one, so that the newest column is whole. */
size_t spark_fold(struct spark *out, const struct spark *in, size_t n, size_t fold);

/* `most` is what the highest bar means; blanks at the end are left out. */
void sparkline_add(struct text *out, const struct spark *sparks, size_t n, int64_t most,
                   bool ascii);

/* Whether the environment's locale writes UTF-8: LC_ALL, LC_CTYPE, LANG, the first that is set. */
bool sparkline_has_blocks(void);

#endif
