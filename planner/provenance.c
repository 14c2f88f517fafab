#include "planner/provenance.h"

#include <stddef.h>
#include <string.h>

#include "planner/base/text.h"

enum { SHORT_COMMIT = 7, FLAG_COUNT = 3 };

/* One table each serves copying, writing and reading, so that none can forget a field. */
#define FIELD(name)                                                                                \
    {                                                                                              \
#name, offsetof(struct provenance, name)                                                   \
    }

static const struct {
    const char *key;
    size_t offset;
} texts[] = {FIELD(why_not), FIELD(commit), FIELD(author),
             FIELD(branch),  FIELD(path),   FIELD(why_unclean)},
  flags[FLAG_COUNT] = {FIELD(in_repository), FIELD(clean), FIELD(history_cut)};

enum { TEXT_COUNT = sizeof texts / sizeof *texts };

static const char **text_at(struct provenance *p, size_t i)
{
    return (const char **)(void *)((char *)p + texts[i].offset);
}

static bool *flag_at(struct provenance *p, size_t i)
{
    return (bool *)((char *)p + flags[i].offset);
}

void provenance_copy(struct provenance *out, struct arena *arena, const struct provenance *from)
{
    struct provenance copy = *from;
    for (size_t i = 0; i < TEXT_COUNT; i++)
        *text_at(&copy, i) = arena_strdup(arena, *text_at(&copy, i));
    *out = copy;
}

const char *provenance_describe(struct arena *arena, const struct provenance *p)
{
    if (!p->in_repository)
        return p->why_not ? p->why_not : "not in a git repository";
    const char *where = p->branch ? arena_printf(arena, "on %s", p->branch) : "on a detached HEAD";
    if (!p->commit)
        return arena_printf(arena, "no commit, %s, not clean: %s", where,
                            p->why_unclean ? p->why_unclean : "it is not committed");
    return arena_printf(arena, "commit %.*s%s by %s %s, %s%s", SHORT_COMMIT, p->commit,
                        p->history_cut ? " or an earlier one," : "", p->author ? p->author : "?",
                        where, p->clean ? "clean" : "not clean: ",
                        p->clean ? "" : (p->why_unclean ? p->why_unclean : "?"));
}

void provenance_write_json(struct json_writer *w, const char *key,
                           const struct provenance *provenance)
{
    struct provenance p = *provenance;
    json_open_object(w, key);
    for (size_t i = 0; i < FLAG_COUNT; i++)
        json_put_bool(w, flags[i].key, *flag_at(&p, i));
    for (size_t i = 0; i < TEXT_COUNT; i++)
        json_put_string(w, texts[i].key, *text_at(&p, i));
    json_put_int(w, "committed_at", p.committed_at);
    json_close_object(w);
}

static bool is_text(const struct json *value)
{
    return json_is_null(value) || json_as_string(value);
}

bool provenance_read_json(struct provenance *out, struct arena *arena, const struct json *value,
                          struct error *err)
{
    *out = (struct provenance){0};
    for (size_t i = 0; i < FLAG_COUNT; i++)
        if (!json_as_bool(flag_at(out, i), json_member(value, flags[i].key)))
            return error_set(err, ERROR_INPUT, "the provenance's \"%s\" is not true or false",
                             flags[i].key);
    for (size_t i = 0; i < TEXT_COUNT; i++) {
        const struct json *member = json_member(value, texts[i].key);
        if (!is_text(member))
            return error_set(err, ERROR_INPUT, "the provenance's \"%s\" is not a text",
                             texts[i].key);
        *text_at(out, i) = arena_strdup(arena, json_as_string(member));
    }
    if (!json_as_int(&out->committed_at, json_member(value, "committed_at")))
        return error_set(err, ERROR_INPUT, "the provenance's \"committed_at\" is not a number");
    return true;
}
