#include "planner/base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "planner/base/text.h"

/* Formats into a fixed field; a text that is too long ends in "..." at a character's border. */
static void fill(char *field, size_t size, const char *format, va_list ap)
{
    static const char dots[] = "...";
    int n = vsnprintf(field, size, format, ap);
    if (n < 0)
        field[0] = '\0';
    if (n < 0 || (size_t)n < size)
        return;
    size_t keep = text_utf8_prefix(field, size - sizeof dots);
    memcpy(field + keep, dots, sizeof dots);
}

bool error_set(struct error *err, enum error_kind kind, const char *format, ...)
{
    *err = (struct error){.kind = kind};
    va_list ap;
    va_start(ap, format);
    fill(err->message, sizeof err->message, format, ap);
    va_end(ap);
    return false;
}

/* What does not fit is cut at a character's border. */
static void append(char *field, size_t size, const char *more)
{
    size_t len = strlen(field), keep = strlen(more);
    if (keep > size - len - 1) {
        keep = size - len - 1;
        while (keep && (more[keep] & 0xC0) == 0x80)
            keep--;
    }
    memcpy(field + len, more, keep);
    field[len + keep] = '\0';
}

bool error_errno(struct error *err, enum error_kind kind, int number, const char *format, ...)
{
    *err = (struct error){.kind = kind};
    va_list ap;
    va_start(ap, format);
    fill(err->message, sizeof err->message, format, ap);
    va_end(ap);
    append(err->message, sizeof err->message, ": ");
    append(err->message, sizeof err->message, strerror(number));
    return false;
}

bool error_context(struct error *err, const char *format, ...)
{
    char old[sizeof err->message];
    memcpy(old, err->message, sizeof old);
    va_list ap;
    va_start(ap, format);
    fill(err->message, sizeof err->message, format, ap);
    va_end(ap);
    append(err->message, sizeof err->message, ": ");
    append(err->message, sizeof err->message, old);
    return false;
}

bool error_hint(struct error *err, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    fill(err->hint, sizeof err->hint, format, ap);
    va_end(ap);
    return false;
}

const char *error_kind_name(enum error_kind kind)
{
    switch (kind) {
    case ERROR_NONE:
        return "none";
    case ERROR_USAGE:
        return "usage";
    case ERROR_INPUT:
        return "input";
    case ERROR_NOT_YET:
        return "not_available_yet";
    case ERROR_CREDENTIALS:
        return "credentials";
    case ERROR_ACCESS:
        return "access";
    case ERROR_NOT_FOUND:
        return "not_found";
    case ERROR_NETWORK:
        return "network";
    case ERROR_SERVICE:
        return "service";
    case ERROR_STORAGE:
        return "storage";
    case ERROR_LOCKED:
        return "locked";
    case ERROR_INTERRUPTED:
        return "interrupted";
    }
    return "unknown";
}
