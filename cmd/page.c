#include "cmd/page.h"

#include <string.h>
#include <unistd.h>

#include "cmd/escape.h"

enum { HANG_OTHERWISE = 6 };

void page_init(struct page *page, const struct term *term)
{
    *page = (struct page){.width = term->width, .colour = term->colour};
}

void page_clear(struct page *page)
{
    text_clear(&page->out);
}

void page_column(struct page *page, unsigned column)
{
    page->pad_to = column > page->column || column == 0 ? column : page->column + 1;
}

static void pad(struct page *page)
{
    for (; page->column < page->pad_to; page->column++)
        text_add_char(&page->out, ' ');
}

static void begin_style(struct page *page, enum style style)
{
    static const char *const codes[STYLE_COUNT] = {"", "1", "2", "32", "33", "31"};
    if (page->colour && style != STYLE_PLAIN)
        text_addf(&page->out, "\x1b[%sm", codes[style]);
}

static void end_style(struct page *page, enum style style)
{
    if (page->colour && style != STYLE_PLAIN)
        text_add(&page->out, "\x1b[0m");
}

static void put_piece(struct page *page, enum style style, const char *bytes, size_t n)
{
    if (n == 0)
        return;
    pad(page);
    begin_style(page, style);
    page->column += (unsigned)escape_add(&page->out, bytes, n);
    end_style(page, style);
}

/* A number stays with its percent sign. */
static size_t end_of_word(const char *s)
{
    size_t end = strspn(s, " ");
    end += strcspn(s + end, " ");
    if (s[end] == ' ' && s[end + 1] == '%')
        end += 1 + strcspn(s + end + 1, " ");
    return end;
}

/* Bytes of the longest run of whole words that fits into `room` columns; at least one word. */
static size_t fitting(const char *s, size_t room)
{
    size_t fits = 0;
    for (size_t at = 0; s[at];) {
        size_t end = at + end_of_word(s + at);
        if (fits && escape_columns(s, end) > room)
            break;
        fits = end;
        at = end;
    }
    return fits;
}

/* A paragraph that begins in the right half of the page would become a ribbon. */
static unsigned hang_at(const struct page *page, unsigned begin)
{
    return begin > page->width / 2 ? HANG_OTHERWISE : begin;
}

static void put_wrapped(struct page *page, enum style style, const char *s)
{
    unsigned begin = page->pad_to > page->column ? page->pad_to : page->column;
    unsigned hang = hang_at(page, begin);
    while (*s) {
        size_t n = fitting(s, page->width > begin ? page->width - begin : 1);
        put_piece(page, style, s, n);
        s += n;
        s += strspn(s, " ");
        begin = hang;
        if (*s) {
            page_end_line(page);
            page_column(page, hang);
        }
    }
}

void page_put(struct page *page, enum style style, const char *format, ...)
{
    struct text piece = {0};
    va_list ap;
    va_start(ap, format);
    text_vaddf(&piece, format, ap);
    va_end(ap);
    put_piece(page, style, text_cstr(&piece), piece.len);
    text_clear(&piece);
}

void page_cut(struct page *page, enum style style, const char *text)
{
    unsigned begin = page->pad_to > page->column ? page->pad_to : page->column;
    put_piece(page, style, text, escape_fit(text, page->width > begin ? page->width - begin : 0));
}

void page_wrap(struct page *page, enum style style, const char *format, ...)
{
    struct text paragraph = {0};
    va_list ap;
    va_start(ap, format);
    text_vaddf(&paragraph, format, ap);
    va_end(ap);
    put_wrapped(page, style, text_cstr(&paragraph));
    text_clear(&paragraph);
}

void page_end_line(struct page *page)
{
    text_add_char(&page->out, '\n');
    page->column = page->pad_to = 0;
}

void page_line(struct page *page, unsigned indent, enum style style, const char *format, ...)
{
    struct text line = {0};
    va_list ap;
    va_start(ap, format);
    text_vaddf(&line, format, ap);
    va_end(ap);
    page_column(page, indent);
    put_piece(page, style, text_cstr(&line), line.len);
    page_end_line(page);
    text_clear(&line);
}

void page_paragraph(struct page *page, unsigned indent, enum style style, const char *format, ...)
{
    struct text paragraph = {0};
    va_list ap;
    va_start(ap, format);
    text_vaddf(&paragraph, format, ap);
    va_end(ap);
    page_column(page, indent);
    put_wrapped(page, style, text_cstr(&paragraph));
    page_end_line(page);
    text_clear(&paragraph);
}

void page_write(struct page *page, FILE *stream)
{
    fwrite(text_cstr(&page->out), 1, page->out.len, stream);
    fflush(stream);
    text_cut(&page->out, 0);
    page->column = page->pad_to = 0;
}

void page_warn(const char *format, ...)
{
    struct term term = term_of(STDERR_FILENO);
    struct text text = {0};
    struct page page;
    va_list ap;
    va_start(ap, format);
    text_vaddf(&text, format, ap);
    va_end(ap);
    page_init(&page, &term);
    page_paragraph(&page, 0, STYLE_WARN, "%s", text_cstr(&text));
    page_write(&page, stderr);
    page_clear(&page);
    text_clear(&text);
}
