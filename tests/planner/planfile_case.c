#include "tests/planner/planfile_case.h"

#include "planner/base/text.h"

static int waivable(const char *id)
{
    if (strcmp(id, "stickiness") == 0)
        return 1;
    return strcmp(id, "capture-count") == 0 ? 0 : -1;
}

bool planfile_case_read(struct planfile_case *c, const char *path, const char *bytes, size_t n)
{
    *c = (struct planfile_case){0};
    c->list.arena = &c->texts;
    return planfile_read(&c->file, path, bytes, n, waivable, &c->list);
}

char *planfile_case_load(const char *path, size_t *n)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("can't open %s", path);
    char *bytes = malloc(PLANFILE_MAX_BYTES);
    assert_non_null(bytes);
    *n = fread(bytes, 1, PLANFILE_MAX_BYTES, file);
    fclose(file);
    return bytes;
}

bool planfile_case_read_file(struct planfile_case *c, const char *path)
{
    size_t n;
    char *bytes = planfile_case_load(path, &n);
    bool good = planfile_case_read(c, path, bytes, n);
    free(bytes);
    return good;
}

void planfile_case_clear(struct planfile_case *c)
{
    planfile_clear(&c->file);
    arena_clear(&c->texts);
}

static bool matches(const struct diagnostic *d, const struct expected *e)
{
    if (!d || !e || d->span.line != e->line || d->span.column != e->column)
        return false;
    return strstr(d->message, e->message) && (!e->hint || (d->hint && strstr(d->hint, e->hint)));
}

static void expect(const char *text, const struct diagnostics *list, const struct planfile_row *row)
{
    size_t count = 0;
    while (count < COUNT(row->findings) && row->findings[count].message)
        count++;
    for (size_t i = 0; i < list->count || i < count; i++) {
        const struct diagnostic *d = i < list->count ? &list->items[i] : NULL;
        const struct expected *e = i < count ? &row->findings[i] : NULL;
        if (matches(d, e))
            continue;
        fail_msg("in\n%s\nfound    %u:%u %s (%s)\nexpected %u:%u %s (%s)", text,
                 d ? d->span.line : 0, d ? d->span.column : 0, d ? d->message : "nothing",
                 d && d->hint ? d->hint : "", e ? e->line : 0, e ? e->column : 0,
                 e ? e->message : "nothing", e && e->hint ? e->hint : "");
    }
}

void planfile_case_expect(const char *head, const struct planfile_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct planfile_case c;
        struct text text = {0};
        text_addf(&text, "%s%s", head, rows[i].text);
        bool good = planfile_case_read(&c, "plan.yaml", text.data, text.len);
        expect(text.data, &c.list, &rows[i]);
        assert_int_equal(good, c.list.errors == 0);
        planfile_case_clear(&c);
        text_clear(&text);
    }
}
