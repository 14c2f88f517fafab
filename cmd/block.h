/*
 * Lines at the end of a terminal's screen that are drawn again in their place, while other lines
 * come in above them. Each frame is meant for one write: the cursor goes up, every line is
 * overwritten and its rest erased, so nothing flickers and nothing is cleared first but in a window
 * that has got another width.
 *
 * A window that became narrower has broken the old lines (tmux, VTE and most others do, and move
 * the cursor with them) or cut them (term->cuts): the way up is counted with that.
 */
#ifndef CMD_BLOCK_H
#define CMD_BLOCK_H

#include <stdbool.h>
#include <stddef.h>

#include "cmd/term.h"
#include "planner/base/text.h"

enum { BLOCK_LINES_MAX = 64, BLOCK_ROWS_LEAST = 6 };

/* A zeroed one is not on the screen. */
struct block {
    size_t lines;
    unsigned window;                   /* the columns there were when it was drawn */
    unsigned columns[BLOCK_LINES_MAX]; /* that each line took */
};

/* Whether the window is wide and high enough; else there should be no block in it. */
bool block_fits(const struct term *term);
/* The columns that lines may take: one less than there are, since a terminal that stands behind
 * its last column erases that one. */
unsigned block_width(const struct term *term);

/* The bytes that take it off the screen and leave the cursor where it began. From the background
 * none: others have written below it. */
void block_wipe(struct block *block, struct text *out, const struct term *term);

/* The bytes that show `frame`, whole lines that may hold colours, in place of what it showed. Lines
 * that the window has no room for are left out before the last one. */
void block_draw(struct block *block, struct text *out, const struct term *term, const char *frame);

/* Whether the window is high enough for all lines of `frame`. */
bool block_has_room(const struct term *term, const char *frame);

/* The bytes that show `frame` on a screen of its own, from the top; the rest is erased. Lines that
 * there is no room for are counted in the last row. */
void block_fill(struct text *out, const struct term *term, const char *frame);

#endif
