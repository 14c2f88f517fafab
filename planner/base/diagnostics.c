#include "planner/base/diagnostics.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const char *source_line(const struct diagnostics *list, unsigned line)
{
    if (!list->source || line == 0)
        return "";
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].span.line == line && list->items[i].line)
            return list->items[i].line;
    const char *at = list->source, *end = at + list->source_len;
    for (unsigned n = 1; n < line && at < end; n++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        at = newline ? newline + 1 : end;
    }
    const char *stop = memchr(at, '\n', (size_t)(end - at));
    size_t len = (size_t)((stop ? stop : end) - at);
    if (len && at[len - 1] == '\r')
        len--;
    return arena_strndup(list->arena, at, len);
}

struct diagnostic *diagnostics_add(struct diagnostics *list, enum severity severity,
                                   struct span span, const char *format, ...)
{
    if (severity == SEVERITY_ERROR)
        list->errors++;
    if (diagnostics_full(list)) {
        list->left_out++;
        return &list->spare;
    }
    const char *line = source_line(list, span.line);
    struct diagnostic *d =
        arena_append(list->arena, &list->items, &list->count, sizeof *list->items);
    va_list ap;
    va_start(ap, format);
    d->message = arena_vprintf(list->arena, format, ap);
    va_end(ap);
    d->severity = severity;
    d->kind = ERROR_INPUT;
    d->span = span;
    d->line = line;
    return d;
}

bool diagnostics_full(const struct diagnostics *list)
{
    return list->count >= DIAGNOSTICS_MAX;
}

static int by_place(const void *a, const void *b)
{
    const struct diagnostic *x = a, *y = b;
    if (x->span.line != y->span.line)
        return x->span.line - 1 < y->span.line - 1 ? -1 : 1; /* 0, not known, is the largest */
    if (x->span.column != y->span.column)
        return x->span.column < y->span.column ? -1 : 1;
    return strcmp(x->message, y->message);
}

void diagnostics_sort(struct diagnostics *list)
{
    if (list->count > 1)
        qsort(list->items, list->count, sizeof *list->items, by_place);
    if (!list->left_out)
        return;
    struct diagnostic *last =
        arena_append(list->arena, &list->items, &list->count, sizeof *list->items);
    *last = (struct diagnostic){.severity = list->errors ? SEVERITY_ERROR : SEVERITY_WARNING,
                                .kind = ERROR_INPUT,
                                .line = ""};
    last->message = arena_printf(list->arena, "and %zu more", list->left_out);
    list->left_out = 0;
}
