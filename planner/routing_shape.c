#include "planner/routing_shape.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "planner/base/memory.h"

static size_t component(const char *path)
{
    return strcspn(path, ".");
}

static bool is_numbered(const char *name, size_t n)
{
    return (n == 6 && memcmp(name, "member", n) == 0) || (n == 5 && memcmp(name, "entry", n) == 0);
}

/* 1, 2 ... without leading zeros. */
static bool is_number(const char *name, size_t n)
{
    if (n == 0 || *name == '0')
        return false;
    for (size_t i = 0; i < n; i++)
        if (!isdigit((unsigned char)name[i]))
            return false;
    return true;
}

static bool is_name(const char *name, size_t n)
{
    if (n == 0 || !isalpha((unsigned char)*name))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)name[i]))
            return false;
    return true;
}

/* What an entry's number is followed by. */
static bool is_of_entry(const char *rest)
{
    return strcmp(rest, "key") == 0 || strcmp(rest, "value") == 0;
}

static bool is_path(const char *path)
{
    for (;;) {
        size_t n = component(path);
        if (!is_name(path, n))
            return false;
        if (is_numbered(path, n)) {
            bool is_entry = n == strlen("entry");
            if (!path[n])
                return false;
            path += n + 1;
            n = component(path);
            if (!is_number(path, n) || (is_entry && (!path[n] || !is_of_entry(path + n + 1))))
                return false;
        }
        if (!path[n])
            return true;
        path += n + 1;
    }
}

static int by_path(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Two neighbours in order can stand in one tree: where they part, both go on, and both or none
 * of them is numbered. */
static bool can_stand_together(const char *a, const char *b)
{
    for (;;) {
        size_t n = component(a), m = component(b);
        if (n != m || memcmp(a, b, n) != 0)
            return !is_numbered(a, n) && !is_numbered(b, m);
        if (!a[n] || !b[m])
            return false;
        bool numbered = is_numbered(a, n);
        a += n + 1;
        b += m + 1;
        n = component(a);
        m = component(b);
        if (numbered && (n != m || memcmp(a, b, n) != 0))
            return true;
    }
}

/* The length of "....entry.1." before a key or a value; 0 when the path has none. */
static size_t entry_prefix(const char *path)
{
    static const char entry[] = ".entry.";
    const char *last = strrchr(path, '.'), *at = last;
    while (at && at > path && isdigit((unsigned char)at[-1]))
        at--;
    size_t before = at ? (size_t)(at - path) : 0;
    if (before < strlen(entry) || memcmp(at - strlen(entry), entry, strlen(entry)) != 0)
        return 0;
    return (size_t)(last - path) + 1;
}

/* An entry's key and value are neighbours in order. */
static bool has_partner(const char **paths, size_t count, size_t i)
{
    size_t n = entry_prefix(paths[i]);
    if (!n)
        return true;
    bool is_key = paths[i][n] == 'k';
    if (is_key ? i + 1 == count : i == 0)
        return false;
    return strncmp(paths[is_key ? i + 1 : i - 1], paths[i], n) == 0;
}

bool routing_shape_is_tree(const struct routing_member *members, size_t count)
{
    const char **paths = memory_new(count * sizeof *paths);
    bool good = true;
    for (size_t i = 0; i < count; i++) {
        paths[i] = members[i].path;
        good = good && is_path(paths[i]);
    }
    /* A dot sorts before every letter and digit: what stands below a path follows it. */
    qsort(paths, count, sizeof *paths, by_path);
    for (size_t i = 0; good && i < count; i++)
        good =
            (i == 0 || can_stand_together(paths[i - 1], paths[i])) && has_partner(paths, count, i);
    free(paths);
    return good;
}
