/* A routing in the AWS CLI's shape: the paths of its members become nested JSON again. */
#include "planner/routing.h"

#include <stdlib.h>
#include <string.h>

static bool is_number_field(const char *name)
{
    return strcmp(name, "Weight") == 0 || strcmp(name, "Order") == 0 ||
           strcmp(name, "DurationSeconds") == 0 || strcmp(name, "SessionTimeout") == 0;
}

static bool is_bool_field(const char *name)
{
    return strcmp(name, "Enabled") == 0 || strcmp(name, "UseExistingClientSecret") == 0;
}

/* How many bytes of `path` belong to its first component; lists swallow their ".member.N". */
static size_t component(const char *path)
{
    return strcspn(path, ".");
}

static void write_leaf(struct json_writer *w, const char *name, const char *value)
{
    if (is_number_field(name))
        json_put_int(w, name, strtol(value, NULL, 10));
    else if (is_bool_field(name))
        json_put_bool(w, name, strcmp(value, "true") == 0);
    else
        json_put_string(w, name, value);
}

static void write_members(struct json_writer *w, struct arena *arena,
                          struct routing_member *members, size_t n, size_t skip);

/* One key of an object or one item of a list: members[0..n) share their component at `skip`. */
static void write_component(struct json_writer *w, struct arena *arena, const char *key,
                            struct routing_member *members, size_t n, size_t skip)
{
    const char *rest = members[0].path + skip;
    size_t len = component(rest);
    if (!rest[len]) {
        write_leaf(w, key, members[0].value);
        return;
    }
    skip += len + 1;
    rest = members[0].path + skip;
    bool is_list = text_starts(rest, "member."), is_map = text_starts(rest, "entry.");
    if (is_list) {
        json_open_array(w, key);
        write_members(w, arena, members, n, skip + strlen("member."));
        json_close_array(w);
    } else {
        json_open_object(w, key);
        write_members(w, arena, members, n, is_map ? skip + strlen("entry.") : skip);
        json_close_object(w);
    }
}

/* A map's entry: {"key": k, "value": v} pairs become "k": "v". */
static bool write_entry(struct json_writer *w, const struct routing_member *members, size_t n)
{
    for (size_t key = 0; n == 2 && key < n; key++) {
        if (!text_ends(members[key].path, ".key") || !text_ends(members[1 - key].path, ".value"))
            continue;
        json_put_string(w, members[key].value, members[1 - key].value);
        return true;
    }
    return false;
}

/* Brings what shares the first member's path up to `len` to the front, in its order; says how many
 * these are. A name may be written only once, wherever its members stand. */
static size_t gather(struct routing_member *members, size_t n, size_t len)
{
    size_t count = 1;
    for (size_t i = 1; i < n; i++) {
        struct routing_member member = members[i];
        if (strncmp(member.path, members[0].path, len) != 0)
            continue;
        memmove(members + count + 1, members + count, (i - count) * sizeof *members);
        members[count++] = member;
    }
    return count;
}

static void write_members(struct json_writer *w, struct arena *arena,
                          struct routing_member *members, size_t n, size_t skip)
{
    for (size_t i = 0, j; i < n; i = j) {
        const char *name = members[i].path + skip;
        size_t len = component(name);
        j = i + gather(members + i, n - i, skip + len + 1);
        bool numbered = *name >= '0' && *name <= '9';
        if (numbered && write_entry(w, members + i, j - i))
            continue;
        if (numbered && !name[len]) {
            json_put_string(w, NULL, members[i].value);
        } else if (numbered) {
            json_open_object(w, NULL);
            write_members(w, arena, members + i, j - i, skip + len + 1);
            json_close_object(w);
        } else {
            write_component(w, arena, arena_strndup(arena, name, len), members + i, j - i, skip);
        }
    }
}

void routing_write_aws_cli(struct text *out, const struct routing *routing)
{
    struct arena arena = {0};
    struct routing_member *items = NULL;
    size_t count = 0;
    for (size_t i = 0; i < routing->member_count; i++) {
        const char *path = routing->members[i].path;
        *(struct routing_member *)arena_append(&arena, &items, &count, sizeof *items) =
            routing->members[i];
        if (text_ends(path, ".AuthenticateOidcConfig.ClientId"))
            *(struct routing_member *)arena_append(&arena, &items, &count, sizeof *items) =
                (struct routing_member){arena_printf(&arena, "%.*s.UseExistingClientSecret",
                                                     (int)(strlen(path) - strlen(".ClientId")),
                                                     path),
                                        "true"};
    }
    struct json_writer w = {.out = out, .compact = true};
    json_open_array(&w, NULL);
    write_members(&w, &arena, items, count, strlen("member."));
    json_close_array(&w);
    if (out->len && out->data[out->len - 1] == '\n')
        text_cut(out, out->len - 1);
    arena_clear(&arena);
}
