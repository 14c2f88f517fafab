/*
 * Text laid out for people: styled pieces, columns, and paragraphs that wrap at the page's width
 * and hang where they began. Everything that is put here is escaped here.
 */
#ifndef CMD_PAGE_H
#define CMD_PAGE_H

#include <stdbool.h>
#include <stdio.h>

#include "cmd/term.h"
#include "planner/base/text.h"

enum style {
    STYLE_PLAIN,
    STYLE_STRONG, /* headings, names */
    STYLE_FAINT,  /* what is only there to be looked up */
    STYLE_GOOD,
    STYLE_WARN,
    STYLE_BAD,
    STYLE_COUNT
};

struct page {
    struct text out; /* owned; what page_write() will write */
    unsigned width;
    bool colour;
    unsigned column; /* of the line being laid out, from 0 */
    unsigned pad_to; /* where its next piece begins: no line ends in spaces */
};

void page_init(struct page *page, const struct term *term);
void page_clear(struct page *page);

/* The next piece begins at this column, or one behind the last piece when that reached it. */
void page_column(struct page *page, unsigned column);
/* One piece, never broken: for names, commands, and what somebody copies. */
void page_put(struct page *page, enum style style, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* One piece, cut at the page's edge: for lines that change in place. */
void page_cut(struct page *page, enum style style, const char *text);
/* A paragraph, broken at spaces; its further lines begin where the first one did. A word that is
 * longer than the line is not broken. */
void page_wrap(struct page *page, enum style style, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void page_end_line(struct page *page);

/* A whole line, or a whole paragraph, that begins at `indent`. */
void page_line(struct page *page, unsigned indent, enum style style, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void page_paragraph(struct page *page, unsigned indent, enum style style, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Writes all to the stream, flushes it and empties the page. */
void page_write(struct page *page, FILE *stream);

/* A paragraph of its own on standard error, which people should not miss. */
void page_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
