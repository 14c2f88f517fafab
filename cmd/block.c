#include "cmd/block.h"

#include <string.h>

#include "cmd/escape.h"

enum { ROWS_OTHERWISE = 24 };

static unsigned columns_of(const struct term *term)
{
    return term->columns ? term->columns : term->width;
}

static unsigned rows_of(const struct term *term)
{
    return term->rows ? term->rows : ROWS_OTHERWISE;
}

bool block_fits(const struct term *term)
{
    return term->is_terminal && !term->background && columns_of(term) >= TERM_WIDTH_MIN &&
           rows_of(term) >= BLOCK_ROWS_LEAST;
}

unsigned block_width(const struct term *term)
{
    unsigned most = columns_of(term) - 1;
    return term->width < most ? term->width : most;
}

/* Columns of a line, without what only sets its colours. */
static unsigned count_columns(const char *line, size_t n)
{
    unsigned columns = 0;
    for (size_t at = 0; at < n;) {
        size_t run = at;
        while (run < n && line[run] != '\x1b')
            run++;
        columns += (unsigned)escape_columns(line + at, run - at);
        while (run < n && line[run] != 'm')
            run++;
        at = run + 1;
    }
    return columns;
}

/* Rows that the block takes in the window as it is now. */
static unsigned rows_taken(const struct block *block, const struct term *term)
{
    unsigned rows = 0, wide = columns_of(term), most = rows_of(term) - 1;
    for (size_t i = 0; i < block->lines; i++)
        rows += block->columns[i] > wide && !term->cuts ? (block->columns[i] + wide - 1) / wide : 1;
    return rows < most ? rows : most;
}

static void go_up(const struct block *block, struct text *out, const struct term *term)
{
    text_add(out, "\r");
    if (block->lines)
        text_addf(out, "\x1b[%uA", rows_taken(block, term));
}

void block_wipe(struct block *block, struct text *out, const struct term *term)
{
    if (block->lines && !term->background) {
        go_up(block, out, term);
        text_add(out, "\x1b[J");
    }
    block->lines = 0;
}

static void add_line(struct block *block, struct text *out, const char *line, size_t n)
{
    text_add_bytes(out, line, n);
    text_add(out, "\x1b[K\n");
    block->columns[block->lines++] = count_columns(line, n);
}

static size_t count_lines(const char *frame)
{
    size_t lines = 0;
    for (; *frame; frame++)
        lines += *frame == '\n';
    return lines;
}

void block_draw(struct block *block, struct text *out, const struct term *term, const char *frame)
{
    size_t count = count_lines(frame), room = rows_of(term) - 1;
    unsigned had = rows_taken(block, term);
    if (room > BLOCK_LINES_MAX)
        room = BLOCK_LINES_MAX;
    go_up(block, out, term);
    /* Rows that a line was broken into stay one line for the terminal, also with others over them,
     * and it would break that anew; only a row that is erased whole stands for itself again. Not
     * all at once: tmux keeps a screen that is erased from its top in its history. */
    bool erases = block->lines && block->window != columns_of(term);
    block->window = columns_of(term);
    block->lines = 0;
    for (size_t i = 0; i < count; i++) {
        size_t n = strcspn(frame, "\n");
        bool fits = i + 1 < room || i + 1 == count;
        if (fits && erases)
            text_add(out, "\x1b[2K");
        if (fits)
            add_line(block, out, frame, n);
        frame += n + 1;
    }
    if (had > block->lines)
        text_add(out, "\x1b[J");
}

bool block_has_room(const struct term *term, const char *frame)
{
    return count_lines(frame) <= rows_of(term);
}

void block_fill(struct text *out, const struct term *term, const char *frame)
{
    size_t count = count_lines(frame), room = rows_of(term);
    size_t shown = count > room ? room - 1 : count;
    text_add(out, "\x1b[H");
    for (size_t i = 0; i < shown; i++) {
        size_t n = strcspn(frame, "\n");
        text_add_bytes(out, frame, n);
        text_add(out, i + 1 < room ? "\x1b[K\n" : "\x1b[K");
        frame += n + 1;
    }
    if (shown < count)
        text_addf(out, "  and %zu more lines\x1b[K", count - shown);
    else if (count < room)
        text_add(out, "\x1b[J");
}
