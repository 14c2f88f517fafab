#include "cmd/escape.h"

#include <string.h>

#include "planner/base/unicode.h"

static void add_refused(struct text *out, uint32_t code)
{
    if (code == '\n')
        text_add(out, "\\n");
    else if (code == '\t')
        text_add(out, "\\t");
    else if (code < 0x80)
        text_addf(out, "\\x%02x", (unsigned)code);
    else
        text_addf(out, "\\u{%x}", (unsigned)code);
}

size_t escape_add(struct text *out, const char *bytes, size_t n)
{
    size_t columns = 0;
    for (size_t at = 0; at < n;) {
        uint32_t code;
        size_t before = out->len, len = unicode_decode(&code, bytes + at, n - at);
        if (len && !unicode_deceives(code)) {
            text_add_bytes(out, bytes + at, len);
            columns += unicode_columns(code);
        } else {
            if (len)
                add_refused(out, code);
            else
                text_addf(out, "\\x%02x", (unsigned char)bytes[at]);
            columns += out->len - before;
        }
        at += len ? len : 1;
    }
    return columns;
}

size_t escape_columns(const char *bytes, size_t n)
{
    struct text scratch = {0};
    size_t columns = escape_add(&scratch, bytes, n);
    text_clear(&scratch);
    return columns;
}

size_t escape_fit(const char *s, size_t columns)
{
    size_t at = 0, n = strlen(s);
    while (at < n) {
        uint32_t code;
        size_t len = unicode_decode(&code, s + at, n - at);
        size_t wide = escape_columns(s + at, len ? len : 1);
        if (wide > columns)
            break;
        columns -= wide;
        at += len ? len : 1;
    }
    return at;
}
