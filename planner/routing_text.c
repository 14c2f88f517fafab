/* A routing for people, and in files. */
#include <string.h>

#include "planner/routing.h"
#include "planner/subject.h"

const char *routing_describe(struct arena *arena, const struct routing *routing, const char *source,
                             const char *target)
{
    if (!routing->understood)
        return routing->why_not ? routing->why_not : "not known";
    struct text text = {0};
    text_addf(&text, "source %d, target %d", routing_weight(routing, source),
              routing_weight(routing, target));
    for (size_t i = 0; i < routing->share_count; i++) {
        const struct share *share = &routing->shares[i];
        if (!text_same(share->target_group, source) && !text_same(share->target_group, target))
            text_addf(&text, ", %s %d", arn_resource_name(arena, share->target_group),
                      share->weight);
    }
    const char *out = arena_strdup(arena, text_cstr(&text));
    text_clear(&text);
    return out;
}

static const char *value_at(const struct routing *routing, const char *path)
{
    for (size_t i = 0; i < routing->member_count; i++)
        if (strcmp(routing->members[i].path, path) == 0)
            return routing->members[i].value;
    return "not there";
}

/* What the description shows, or what nothing hangs on. */
static bool is_shown(const struct routing_member *member)
{
    return strstr(member->path, ".ForwardConfig.TargetGroups.") ||
           text_ends(member->path, ".TargetGroupArn") || text_ends(member->path, ".Order");
}

/* The first member of `a` that `b` has not, or otherwise; NULL: none. */
static const struct routing_member *missing_member(const struct routing *a, const struct routing *b)
{
    for (size_t i = 0; i < a->member_count; i++) {
        const struct routing_member *member = &a->members[i];
        if (strcmp(value_at(b, member->path), member->value) != 0 && !is_shown(member))
            return member;
    }
    return NULL;
}

const char *routing_describe_hidden(struct arena *arena, const struct routing *was,
                                    const struct routing *now, const char *source,
                                    const char *target)
{
    static const char forward[] = ".ForwardConfig.";
    if (routing_as_recorded(now, was, source, target) ||
        strcmp(routing_describe(arena, was, source, target),
               routing_describe(arena, now, source, target)) != 0)
        return "";
    const struct routing_member *moved = missing_member(was, now);
    if (!moved)
        moved = missing_member(now, was);
    if (!moved)
        return "";
    const char *inside = strstr(moved->path, forward);
    return arena_printf(arena, "%s was %s and is %s",
                        inside ? inside + strlen(forward) : moved->path + strlen("member."),
                        value_at(was, moved->path), value_at(now, moved->path));
}

void routing_write_json(struct json_writer *w, const char *key, const struct routing *routing)
{
    json_open_array(w, key);
    for (size_t i = 0; i < routing->member_count; i++) {
        json_open_object(w, NULL);
        json_put_string(w, "path", routing->members[i].path);
        json_put_string(w, "value", routing->members[i].value);
        json_close_object(w);
    }
    json_close_array(w);
}

/* XML answers are at most 32 levels deep, so a real path never has more components. */
enum { MAX_PATH_DEPTH = 32, MEMBERS_MAX = 1000 };

static size_t dots(const char *path)
{
    size_t n = 0;
    for (; *path; path++)
        n += *path == '.';
    return n;
}

bool routing_read_json(struct routing *out, struct arena *arena, const struct json *value,
                       struct error *err)
{
    struct routing_member *members = NULL;
    size_t count = 0;
    *out = (struct routing){0};
    if (!json_is_array(value))
        return error_set(err, ERROR_INPUT, "a routing is not a list");
    for (const struct json *item = json_first(value); item; item = json_next(item)) {
        const char *path = json_as_string(json_member(item, "path"));
        const char *leaf = json_as_string(json_member(item, "value"));
        if (!path || !leaf || count == MEMBERS_MAX || dots(path) > MAX_PATH_DEPTH)
            return error_set(err, ERROR_INPUT, "a routing has an unreadable member");
        struct routing_member *member = arena_append(arena, &members, &count, sizeof *members);
        *member = (struct routing_member){path, leaf};
    }
    routing_interpret(out, arena, members, count);
    return true;
}
