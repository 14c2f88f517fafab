#include "planner/plan_edit.h"

#include <string.h>

#include "planner/base/text.h"

enum {
    SHOWN_MAX = 4, /* of each side */
    LINE_MAX_SHOWN = 160,
    COMPARED_MAX = 1000, /* every line of one side is sought in the other */
};

struct line {
    const char *text;
    size_t len;
};

struct side {
    struct line *lines;
    size_t count;
    const char *verb; /* "was", "is" */
};

static void split(struct side *side, struct arena *arena, const char *source)
{
    while (*source) {
        struct line *line = arena_append(arena, &side->lines, &side->count, sizeof *side->lines);
        *line = (struct line){source, strcspn(source, "\n")};
        source += line->len + (source[line->len] == '\n');
    }
}

static bool same(const struct line *a, const struct line *b)
{
    return a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
}

static bool has(const struct side *side, const struct line *line)
{
    for (size_t i = 0; i < side->count; i++)
        if (same(&side->lines[i], line))
            return true;
    return false;
}

static void note_lines(struct plan *plan, const struct side *side, size_t first,
                       const struct side *other)
{
    size_t more = 0, shown = 0;
    bool compared = side->count <= COMPARED_MAX && other->count <= COMPARED_MAX;
    for (size_t i = 0; i < side->count; i++) {
        const struct line *line = &side->lines[i];
        if (!line->len || (compared && has(other, line)))
            continue;
        if (shown == SHOWN_MAX) {
            more++;
            continue;
        }
        shown++;
        size_t most = line->len < LINE_MAX_SHOWN ? line->len : LINE_MAX_SHOWN;
        size_t n = text_utf8_prefix(line->text, most);
        plan_note(plan, "line %zu %s \"%.*s%s\"", first + i, side->verb, (int)n, line->text,
                  n < line->len ? "..." : "");
    }
    if (more)
        plan_note(plan, "%zu more line%s of it %s other", more, more == 1 ? "" : "s",
                  strcmp(side->verb, "was") == 0 ? "were" : "are");
}

void plan_note_edit(struct plan *plan, const char *was, const char *is)
{
    struct arena arena = {0};
    struct side old = {.verb = "was"}, new = {.verb = "is"};
    size_t alike = 0;
    split(&old, &arena, was);
    split(&new, &arena, is);
    while (alike < old.count && alike < new.count &&same(&old.lines[alike], &new.lines[alike]))
        alike++;
    old.lines += alike, old.count -= alike;
    new.lines += alike, new.count -= alike;
    while (old.count && new.count && same(&old.lines[old.count - 1], &new.lines[new.count - 1]))
        old.count--, new.count--;
    note_lines(plan, &old, alike + 1, &new);
    note_lines(plan, &new, alike + 1, &old);
    arena_clear(&arena);
}
