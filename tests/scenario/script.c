#include "tests/scenario/script.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "planner/base/text.h"
#include "planner/base/time.h"

static _Noreturn void give_up(const char *path, unsigned line, const char *what)
{
    fprintf(stderr, "%s:%u: %s\n", path, line, what);
    exit(1);
}

static char *slurp(struct arena *arena, const char *path)
{
    struct text text = {0};
    char block[4096];
    size_t n;
    FILE *file = fopen(path, "re");
    if (!file)
        give_up(path, 0, "cannot be opened");
    while ((n = fread(block, 1, sizeof block, file)) > 0)
        text_add_bytes(&text, block, n);
    fclose(file);
    char *out = arena_strdup(arena, text_cstr(&text));
    text_clear(&text);
    return out;
}

static void set_part(struct part *part, const char *head)
{
    static const struct {
        const char *word;
        enum part_kind kind;
    } heads[] = {{"$ ", PART_RUN},       {"remove ", PART_REMOVE}, {"copy ", PART_COPY},
                 {"spoil ", PART_SPOIL}, {"pass ", PART_PASS},     {"speed ", PART_SPEED}},
      words[] = {{"world", PART_WORLD},         {"meanwhile", PART_MEANWHILE},
                 {"until", PART_UNTIL},         {"wait", PART_WAIT},
                 {"interrupt", PART_INTERRUPT}, {"kill", PART_KILL},
                 {"freeze", PART_FREEZE},       {"thaw", PART_THAW}};
    part->kind = PART_FILE;
    part->head = head;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(head, words[i].word) == 0)
            part->kind = words[i].kind;
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        if (text_starts(head, heads[i].word)) {
            part->kind = heads[i].kind;
            part->head = head + strlen(heads[i].word);
        }
}

static size_t count_lines(const char *s)
{
    size_t n = 0;
    for (; *s; s++)
        n += *s == '\n';
    return n;
}

void script_read(struct script *out, const char *path)
{
    *out = (struct script){.rows = 1};
    char *at = slurp(&out->arena, path);
    struct text body = {0};
    struct part *part = NULL;
    bool table = false;
    unsigned line = 0;
    while (*at) {
        char *end = strchr(at, '\n');
        line++;
        if (!end)
            give_up(path, line, "the last line has no end");
        *end = '\0';
        bool head = text_starts(at, "--- ");
        if (line == 1 && !text_starts(at, "# "))
            give_up(path, line, "the first line says what the scenario shows: # ...");
        if (line == 1)
            out->shows = at + 2;
        else if (!head && !part && !table && *at && *at != '#')
            give_up(path, line, "stands in no part");
        else if (!head && !(table && *at == '#'))
            text_addf(&body, "%s\n", at);
        if (head || !end[1]) {
            const char *whole = arena_strdup(&out->arena, text_cstr(&body));
            if (table)
                out->table = whole;
            else if (part)
                part->body = whole;
            text_cut(&body, 0);
        }
        if (head) {
            at += strlen("--- ");
            table = text_starts(at, "each ");
            if (table) {
                out->columns = at + strlen("each ");
            } else {
                part = arena_append(&out->arena, &out->parts, &out->part_count, sizeof *out->parts);
                part->line = line;
                part->body = "";
                set_part(part, at);
                if (part->kind == PART_FILE && strpbrk(part->head, " /"))
                    give_up(path, line, "is neither a word of these files nor a file's name");
            }
        }
        at = end + 1;
    }
    text_clear(&body);
    if (!out->shows || !out->part_count)
        give_up(path, line, "there is nothing to play");
    if (out->table)
        out->rows = count_lines(out->table);
    if (!out->rows)
        give_up(path, line, "the table has no row");
}

void script_clear(struct script *script)
{
    arena_clear(&script->arena);
}

/* ---- the table ---- */

static const char *row_text(const struct script *script, struct arena *arena, size_t row)
{
    const char *at = script->table;
    for (size_t i = 0; i < row; i++)
        at = strchr(at, '\n') + 1;
    return arena_strndup(arena, at, strcspn(at, "\n"));
}

/* The nth of "a | b | c" without the blanks around it; NULL when there are fewer. */
static const char *cell(struct arena *arena, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        text = strstr(text, " | ");
        if (!text)
            return NULL;
        text += strlen(" | ");
    }
    const char *end = strstr(text, " | ");
    size_t len = end ? (size_t)(end - text) : strlen(text);
    while (len && *text == ' ')
        text++, len--;
    while (len && text[len - 1] == ' ')
        len--;
    char *out = arena_strndup(arena, text, len);
    for (char *at = out; (at = strstr(at, "\\n"));) {
        *at++ = '\n';
        memmove(at, at + 1, strlen(at));
    }
    return out;
}

const char *script_row_name(const struct script *script, struct arena *arena, size_t row)
{
    return script->table ? cell(arena, row_text(script, arena, row), 0) : "";
}

static const char *cell_named(const struct script *script, struct arena *arena, size_t row,
                              const char *name)
{
    const char *column;
    if (!script->table)
        return NULL;
    for (size_t i = 0; (column = cell(arena, script->columns, i)); i++)
        if (strcmp(column, name) == 0)
            return cell(arena, row_text(script, arena, row), i);
    return NULL;
}

/* "now", "now+90m", "now-1h" */
static const char *time_named(struct arena *arena, const char *name, int64_t now)
{
    int64_t shift = 0;
    char out[TIME_TEXT_SIZE];
    if (!text_starts(name, "now"))
        return NULL;
    name += strlen("now");
    if (*name && !duration_parse(&shift, name + 1))
        return NULL;
    int64_t at = *name == '-' ? now - shift : now + shift;
    return arena_strdup(arena, time_format(out, at - at % SECOND_MS));
}

/* Puts the row's cells in; with no script times and endpoint, which a cell may name too. */
static const char *fill(const struct script *script, struct arena *arena, const char *text,
                        size_t row, int64_t now, const char *endpoint)
{
    struct text out = {0};
    while (*text) {
        const char *close = *text == '{' ? strchr(text, '}') : NULL, *value = NULL;
        if (close) {
            const char *name = arena_strndup(arena, text + 1, (size_t)(close - text - 1));
            value = script                          ? cell_named(script, arena, row, name)
                    : strcmp(name, "endpoint") == 0 ? endpoint
                                                    : time_named(arena, name, now);
        }
        if (value) {
            text_add(&out, value);
            text = close + 1;
        } else {
            text_add_char(&out, *text++);
        }
    }
    const char *filled = arena_strdup(arena, text_cstr(&out));
    text_clear(&out);
    return filled;
}

const char *script_fill(const struct script *script, struct arena *arena, const char *text,
                        size_t row, int64_t now, const char *endpoint)
{
    return fill(NULL, arena, fill(script, arena, text, row, now, endpoint), row, now, endpoint);
}
