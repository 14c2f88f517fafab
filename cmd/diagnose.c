#include "cmd/diagnose.h"

#include <string.h>
#include <unistd.h>

#include "cmd/escape.h"
#include "planner/base/unicode.h"

/* "prod.yaml:3:7: " as editors and CI systems recognise it. */
static void place(struct page *page, const char *file, struct span span)
{
    if (!file || !*file)
        return;
    if (span.line && span.column)
        page_put(page, STYLE_STRONG, "%s:%u:%u: ", file, span.line, span.column);
    else if (span.line)
        page_put(page, STYLE_STRONG, "%s:%u: ", file, span.line);
    else
        page_put(page, STYLE_STRONG, "%s: ", file);
}

/* Bytes in which the first `characters` of a line stand; bytes that are no UTF-8 count as one. */
static size_t bytes_of(const char *line, unsigned characters)
{
    size_t at = 0, n = strlen(line);
    for (; characters && at < n; characters--) {
        uint32_t code;
        size_t len = unicode_decode(&code, line + at, n - at);
        at += len ? len : 1;
    }
    return at;
}

enum { GUTTER = 8, KEEP_BEFORE = 12 };

static void carets(struct page *page, size_t left, size_t wide)
{
    page_column(page, GUTTER - 2);
    page_put(page, STYLE_FAINT, "|");
    page_column(page, GUTTER + (unsigned)left);
    page_put(page, STYLE_BAD, "^");
    for (size_t i = 1; i < wide && GUTTER + left + i < page->width; i++)
        page_put(page, STYLE_BAD, "~");
    page_end_line(page);
}

/* The line, cut on both sides to what the page holds, with carets under the span. */
static void source_line(struct page *page, const char *line, struct span span)
{
    size_t room = page->width - GUTTER, start = 0;
    size_t before = bytes_of(line, span.column ? span.column - 1 : 0);
    size_t marked = bytes_of(line + before, span.length ? span.length : 1);
    if (escape_columns(line, before + marked) > room && span.column > KEEP_BEFORE)
        start = bytes_of(line, span.column - KEEP_BEFORE);

    page_put(page, STYLE_FAINT, "%5u |", span.line);
    page_column(page, GUTTER);
    page_put(page, STYLE_PLAIN, "%.*s", (int)escape_fit(line + start, room), line + start);
    page_end_line(page);
    size_t left = escape_columns(line + start, before - start);
    if (span.column && left < room)
        carets(page, left, escape_columns(line + before, marked));
}

static void hint(struct page *page, unsigned column, const char *text)
{
    if (!text || !*text)
        return;
    page_column(page, column);
    page_wrap(page, STYLE_PLAIN, "%s", text);
    page_end_line(page);
}

void diagnose_answer(struct page *page, int column, const struct error *err)
{
    if (!*err->aws_code && !err->http_status && !*err->request_id)
        return;
    page_column(page, column);
    page_put(page, STYLE_FAINT, "(AWS %s", *err->aws_code ? err->aws_code : "answered");
    if (err->http_status)
        page_put(page, STYLE_FAINT, ", HTTP %d", err->http_status);
    if (*err->request_id)
        page_put(page, STYLE_FAINT, ", request %s", err->request_id);
    page_put(page, STYLE_FAINT, ")");
    page_end_line(page);
}

void diagnose_error(struct page *page, const struct error *err)
{
    page_put(page, STYLE_BAD, "Error: ");
    place(page, err->file, err->span);
    page_wrap(page, STYLE_PLAIN, "%s", err->message);
    page_end_line(page);
    diagnose_answer(page, DIAGNOSE_INDENT, err);
    hint(page, DIAGNOSE_INDENT, err->hint);
}

static void diagnose(struct page *page, const char *file, const struct diagnostic *d)
{
    bool is_error = d->severity == SEVERITY_ERROR;
    place(page, file, d->span);
    page_put(page, is_error ? STYLE_BAD : STYLE_WARN, is_error ? "error: " : "warning: ");
    page_wrap(page, STYLE_PLAIN, "%s", d->message);
    page_end_line(page);
    if (*d->line)
        source_line(page, d->line, d->span);
    hint(page, GUTTER - 2, d->hint);
}

void diagnose_list(struct page *page, const struct diagnostics *list)
{
    for (size_t i = 0; i < list->count; i++)
        diagnose(page, list->file, &list->items[i]);
}

void diagnose_to_stderr(const struct diagnostics *list)
{
    struct term term = term_of(STDERR_FILENO);
    struct page page;
    page_init(&page, &term);
    diagnose_list(&page, list);
    page_write(&page, stderr);
    page_clear(&page);
}
