#include "planner/yaml_source.h"

#include <string.h>

#include "planner/base/text.h"
#include "planner/base/unicode.h"

static bool is_bidirectional(uint32_t code)
{
    return code == 0x061C || code == 0x200E || code == 0x200F ||
           (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
}

/* What a character is that may not stand in a plan file; NULL when it may. */
static const char *refusal(uint32_t code)
{
    if (code == '\t' || code == '\n' || !unicode_deceives(code))
        return NULL;
    if (code < 0xA0)
        return "control character";
    if (is_bidirectional(code))
        return "bidirectional control character";
    if (code == 0x2028 || code == 0x2029)
        return "line separator";
    return "invisible character";
}

const char *yaml_refused_character(struct arena *arena, const char *s, size_t n)
{
    for (size_t at = 0, len; at < n; at += len) {
        uint32_t code = 0;
        len = unicode_decode(&code, s + at, n - at);
        if (!len) /* NUL: libyaml's own text is UTF-8 */
            len = 1;
        const char *what = refusal(code);
        if (what)
            return arena_printf(arena, "%s U+%04X", what, (unsigned)code);
    }
    return NULL;
}

size_t yaml_source_start(const char *bytes, size_t n)
{
    return n >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
}

struct scan {
    struct yaml_source *out;
    struct arena *arena;
    struct diagnostics *list;
    struct source_line *line; /* the newest */
    struct text clean;
    bool replaced;
    bool lone_return; /* a line's end for some: what the lines are is not certain */
};

static struct span here(const struct scan *s)
{
    return (struct span){(unsigned)s->out->line_count, s->line->length + 1, 1};
}

/* True when this is the first finding on its line, which is then to be reported. */
static bool replace(struct scan *s)
{
    bool first = s->line->refused_from == 0;
    s->line->refused_to = s->line->length + 1;
    if (first)
        s->line->refused_from = s->line->refused_to;
    s->replaced = true;
    return first;
}

static void refuse_byte(struct scan *s, unsigned char byte)
{
    if (replace(s)) {
        struct diagnostic *d = diagnostics_add(s->list, SEVERITY_ERROR, here(s),
                                               byte ? "byte 0x%02X is not valid UTF-8"
                                                    : "control character U+%04X is not allowed",
                                               byte);
        d->hint = byte ? "save the file as UTF-8" : NULL;
    }
    text_add_char(&s->clean, '_');
    s->line->length++;
}

static void next_line(struct scan *s)
{
    s->line = arena_append(s->arena, &s->out->lines, &s->out->line_count, sizeof *s->line);
}

/* One character or byte; `left` bytes are left from it on. Returns its bytes. */
static size_t take(struct scan *s, const char *at, size_t left)
{
    uint32_t code;
    size_t len = unicode_decode(&code, at, left);
    if (!len) {
        refuse_byte(s, (unsigned char)*at);
        return 1;
    }
    bool line_end = code == '\n' || (code == '\r' && left > 1 && at[1] == '\n');
    const char *what = line_end ? NULL : refusal(code);

    if (what && replace(s))
        diagnostics_add(s->list, SEVERITY_ERROR, here(s), "%s U+%04X is not allowed", what,
                        (unsigned)code);
    if (code == '\r' && !line_end)
        s->lone_return = true;
    if (what)
        text_add_char(&s->clean, '_');
    else
        text_add_bytes(&s->clean, at, len);
    if (!line_end)
        s->line->length++;
    if (code == '\n')
        next_line(s);
    return len;
}

/* Each %TAG is compared with all before it, so libyaml must not get to see many of them. */
static bool has_directive(const char *bytes, size_t n, struct diagnostics *list)
{
    unsigned line = 1;
    for (const char *at = bytes, *end = bytes + n; at < end; line++) {
        if (*at == '%') {
            diagnostics_add(list, SEVERITY_ERROR, (struct span){line, 1, 1},
                            "a line must not begin with %%: YAML directives are not allowed");
            return true;
        }
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        at = newline ? newline + 1 : end;
    }
    return false;
}

static bool is_utf16(const char *bytes, size_t n)
{
    return n >= 2 && (memcmp(bytes, "\xFF\xFE", 2) == 0 || memcmp(bytes, "\xFE\xFF", 2) == 0);
}

void yaml_source_read(struct yaml_source *out, struct arena *arena, const char *bytes, size_t n,
                      struct diagnostics *list)
{
    *out = (struct yaml_source){0};
    if (is_utf16(bytes, n)) {
        diagnostics_add(list, SEVERITY_ERROR, (struct span){1, 1, 1}, "the file is UTF-16")->hint =
            "save the file as UTF-8";
        return;
    }
    size_t start = yaml_source_start(bytes, n);
    bytes += start;
    n -= start;

    struct scan s = {.out = out, .arena = arena, .list = list};
    next_line(&s);
    for (size_t at = 0; at < n;)
        at += take(&s, bytes + at, n - at);
    out->bytes = s.replaced ? arena_strndup(arena, s.clean.data, s.clean.len) : bytes;
    out->len = s.replaced ? s.clean.len : n;
    text_clear(&s.clean);
    out->readable = !has_directive(out->bytes, out->len, list) && !s.lone_return;
}
