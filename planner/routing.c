#include "planner/routing.h"

#include <stdlib.h>
#include <string.h>

#include "planner/routing_shape.h"

/* Far above what AWS allows in a rule; with more, each reading would cost a hostile answer little
 * and us much. */
enum { ACTIONS_MAX = 100, GROUPS_MAX = 5, WEIGHT_MAX = 999 };

static const char sticky_field[] = "ForwardConfig.TargetGroupStickinessConfig.Enabled";
static const char sticky_seconds_field[] =
    "ForwardConfig.TargetGroupStickinessConfig.DurationSeconds";

/* ---- reading AWS's shape ---- */

/* The number behind "member." at the start of a path, and the rest behind it; 0 and the path when
 * there is none. */
static unsigned member_number(const char *path, const char **rest)
{
    *rest = path;
    if (!text_starts(path, "member."))
        return 0;
    char *end;
    unsigned long n = strtoul(path + strlen("member."), &end, 10);
    if (n == 0 || n > ACTIONS_MAX || *end != '.')
        return 0;
    *rest = end + 1;
    return (unsigned)n;
}

static const char *member_value(const struct routing *routing, unsigned action, const char *field)
{
    for (size_t i = 0; i < routing->member_count; i++) {
        const char *rest;
        if (member_number(routing->members[i].path, &rest) == action && strcmp(rest, field) == 0)
            return routing->members[i].value;
    }
    return NULL;
}

static unsigned action_count(const struct routing *routing)
{
    unsigned most = 0;
    for (size_t i = 0; i < routing->member_count; i++) {
        const char *rest;
        unsigned n = member_number(routing->members[i].path, &rest);
        if (n > most)
            most = n;
    }
    return most;
}

static struct share *share_at(struct routing *out, struct arena *arena, unsigned number)
{
    while (out->share_count < number) {
        struct share *share =
            arena_append(arena, &out->shares, &out->share_count, sizeof *out->shares);
        share->weight = 1; /* AWS leaves the weight out for a single group */
    }
    return &out->shares[number - 1];
}

static bool read_number(int64_t *out, const char *value, int64_t most)
{
    char *end;
    long n = strtol(value, &end, 10);
    *out = n;
    return end != value && !*end && n >= 0 && n <= most;
}

static bool read_share(struct share *share, const char *field, const char *value)
{
    int64_t weight;
    if (strcmp(field, "TargetGroupArn") == 0) {
        share->target_group = value;
        return true;
    }
    /* A share is written anew when its weight changes: what we do not know would be lost. */
    if (strcmp(field, "Weight") != 0 || !read_number(&weight, value, WEIGHT_MAX))
        return false;
    share->weight = (int)weight;
    return true;
}

static bool names_each_group_once(const struct routing *routing)
{
    for (size_t i = 0; i < routing->share_count; i++) {
        if (!routing->shares[i].target_group)
            return false;
        for (size_t j = 0; j < i; j++)
            if (strcmp(routing->shares[i].target_group, routing->shares[j].target_group) == 0)
                return false;
    }
    return true;
}

/* The forward action's ForwardConfig; what it leaves out (the TargetGroupArn alone) the caller
 * adds. */
static bool read_forward(struct routing *out, struct arena *arena)
{
    static const char groups[] = "ForwardConfig.TargetGroups.";
    for (size_t i = 0; i < out->member_count; i++) {
        const char *field, *rest, *value = out->members[i].value;
        if (member_number(out->members[i].path, &field) != out->forward_action)
            continue;
        if (strcmp(field, sticky_field) == 0)
            out->sticky = strcmp(value, "true") == 0;
        if (strcmp(field, sticky_seconds_field) == 0 &&
            !read_number(&out->sticky_seconds, value, INT32_MAX))
            return false;
        if (!text_starts(field, groups))
            continue;
        unsigned number = member_number(field + strlen(groups), &rest);
        if (number == 0 || number > GROUPS_MAX ||
            !read_share(share_at(out, arena, number), rest, value))
            return false;
    }
    if (out->share_count == 0)
        share_at(out, arena, 1)->target_group =
            member_value(out, out->forward_action, "TargetGroupArn");
    return names_each_group_once(out);
}

static const char *why_not_understood(struct routing *out, struct arena *arena)
{
    unsigned actions = action_count(out);
    if (actions == 0)
        return "the default rule has no action";
    for (unsigned n = 1; n <= actions; n++) {
        const char *type = member_value(out, n, "Type");
        if (!type)
            return "an action of the default rule has no type";
        if (strcmp(type, "forward") == 0) {
            if (n != actions)
                return "the default rule has an action behind the forward";
            out->forward_action = n;
        } else if (strcmp(type, "authenticate-oidc") != 0 &&
                   strcmp(type, "authenticate-cognito") != 0) {
            return arena_printf(arena, "the default action is a %s", type);
        }
    }
    if (!out->forward_action)
        return "the default rule forwards to no target group";
    if (!read_forward(out, arena))
        return "the weights of the forward action cannot be read";
    int total = 0;
    for (size_t i = 0; i < out->share_count; i++)
        total += out->shares[i].weight;
    return total ? NULL : "all weights of the default rule are zero";
}

struct ordered {
    long order;
    unsigned number;
};

static int by_order(const void *a, const void *b)
{
    const struct ordered *x = a, *y = b;
    if (x->order != y->order)
        return x->order < y->order ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

/* AWS returns a list in any order and says the order in a field; the list is put in that order. */
static void copy_in_order(struct routing *out, struct arena *arena, const struct routing *from)
{
    unsigned actions = action_count(from);
    struct ordered *list = arena_alloc(arena, (actions + 1) * sizeof *list);
    for (unsigned n = 1; n <= actions; n++) {
        const char *order = member_value(from, n, "Order");
        list[n - 1] = (struct ordered){order ? strtol(order, NULL, 10) : (long)n, n};
    }
    qsort(list, actions, sizeof *list, by_order);
    for (unsigned n = 1; n <= actions; n++) {
        for (size_t i = 0; i < from->member_count; i++) {
            const char *rest;
            if (member_number(from->members[i].path, &rest) != list[n - 1].number)
                continue;
            struct routing_member *member =
                arena_append(arena, &out->members, &out->member_count, sizeof *out->members);
            member->path = arena_printf(arena, "member.%u.%s", n, rest);
            member->value = arena_strdup(arena, from->members[i].value);
        }
    }
}

void routing_interpret(struct routing *out, struct arena *arena,
                       const struct routing_member *members, size_t count)
{
    struct routing from = {.member_count = count};
    struct routing_member *borrowed = arena_alloc(arena, (count + 1) * sizeof *borrowed);
    if (count)
        memcpy(borrowed, members, count * sizeof *borrowed);
    from.members = borrowed;

    *out = (struct routing){0};
    copy_in_order(out, arena, &from);
    out->why_not = why_not_understood(out, arena);
    if (!out->why_not && out->member_count != count)
        out->why_not = "the default rule holds something that cannot be read";
    if (!out->why_not && !routing_shape_is_tree(out->members, out->member_count))
        out->why_not = "the default rule holds something that cannot be sent back";
    out->understood = !out->why_not;
}

void routing_copy(struct routing *out, struct arena *arena, const struct routing *from)
{
    struct routing copy = {0};
    routing_interpret(&copy, arena, from->members, from->member_count);
    *out = copy;
}

/* ---- what it means ---- */

int routing_weight(const struct routing *routing, const char *target_group)
{
    for (size_t i = 0; i < routing->share_count; i++)
        if (text_same(routing->shares[i].target_group, target_group))
            return routing->shares[i].weight;
    return 0;
}

bool routing_names(const struct routing *routing, const char *target_group)
{
    for (size_t i = 0; target_group && i < routing->member_count; i++)
        if (strcmp(routing->members[i].value, target_group) == 0)
            return true;
    return false;
}

bool routing_reaches(const struct routing *routing, const char *target_group)
{
    return routing->understood ? routing_weight(routing, target_group) > 0
                               : routing_names(routing, target_group);
}

int routing_target_permille(const struct routing *routing, const char *source, const char *target)
{
    int s = routing_weight(routing, source), t = routing_weight(routing, target);
    if (s + t == 0)
        return -1;
    int permille = (2000 * t + s + t) / (2 * (s + t));
    if (permille == 0 && t > 0)
        return 1;
    if (permille == 1000 && s > 0)
        return 999;
    return permille;
}

/* Shares and stickiness, which are compared by what they mean. */
static bool is_read_field(const char *field)
{
    return text_starts(field, "ForwardConfig.TargetGroups.") || strcmp(field, sticky_field) == 0 ||
           strcmp(field, sticky_seconds_field) == 0 || strcmp(field, "TargetGroupArn") == 0;
}

/* Every member of `a` that is no share or stickiness stands in `b` with the same value. */
static bool members_within(const struct routing *a, const struct routing *b)
{
    for (size_t i = 0; i < a->member_count; i++) {
        const char *field;
        unsigned n = member_number(a->members[i].path, &field);
        if (n == a->forward_action && (is_read_field(field) || strcmp(field, "Order") == 0))
            continue;
        if (!text_same(a->members[i].value, member_value(b, n, field)))
            return false;
    }
    return true;
}

static int total_weight(const struct routing *routing)
{
    int total = 0;
    for (size_t i = 0; i < routing->share_count; i++)
        total += routing->shares[i].weight;
    return total;
}

static bool shares_within(const struct routing *a, const struct routing *b)
{
    int total_a = total_weight(a), total_b = total_weight(b);
    for (size_t i = 0; i < a->share_count; i++) {
        const struct share *share = &a->shares[i];
        if (share->weight * total_b != routing_weight(b, share->target_group) * total_a)
            return false;
    }
    return true;
}

bool routing_identical(const struct routing *a, const struct routing *b)
{
    if (a->member_count != b->member_count)
        return false;
    for (size_t i = 0; i < a->member_count; i++)
        if (strcmp(a->members[i].path, b->members[i].path) != 0 ||
            strcmp(a->members[i].value, b->members[i].value) != 0)
            return false;
    return true;
}

bool routing_equal(const struct routing *a, const struct routing *b)
{
    if (!a->understood || !b->understood)
        return routing_identical(a, b);
    /* How long a cookie lasts matters only while there are cookies. */
    if (a->sticky != b->sticky || (a->sticky && a->sticky_seconds != b->sticky_seconds))
        return false;
    return a->forward_action == b->forward_action && members_within(a, b) && members_within(b, a) &&
           shares_within(a, b) && shares_within(b, a);
}

/* Every group of `a` that `b` does not name is one of the two. */
static bool groups_within(const struct routing *a, const struct routing *b, const char *source,
                          const char *target)
{
    for (size_t i = 0; i < a->share_count; i++) {
        const char *group = a->shares[i].target_group;
        if (!routing_names(b, group) && !text_same(group, source) && !text_same(group, target))
            return false;
    }
    return true;
}

bool routing_as_recorded(const struct routing *live, const struct routing *recorded,
                         const char *source, const char *target)
{
    if (!routing_equal(live, recorded))
        return false;
    if (!live->understood)
        return true;
    return groups_within(live, recorded, source, target) &&
           groups_within(recorded, live, source, target) &&
           text_same(member_value(live, live->forward_action, sticky_seconds_field),
                     member_value(recorded, recorded->forward_action, sticky_seconds_field));
}

/* ---- another share ---- */

struct members {
    struct arena *arena;
    struct routing_member *items;
    size_t count;
};

static void add_member(struct members *list, const char *path, const char *value)
{
    struct routing_member *member =
        arena_append(list->arena, &list->items, &list->count, sizeof *list->items);
    member->path = path;
    member->value = value;
}

/* One tuple of the forward action's list, in the order in which AWS writes its members. */
static void add_tuple(struct members *list, unsigned action, size_t number, const char *group,
                      int weight)
{
    const char *path = arena_printf(list->arena, "member.%u.ForwardConfig.TargetGroups.member.%zu",
                                    action, number);
    add_member(list, arena_printf(list->arena, "%s.TargetGroupArn", path), group);
    add_member(list, arena_printf(list->arena, "%s.Weight", path),
               arena_printf(list->arena, "%d", weight));
}

static void add_tuples(struct members *list, const struct routing *from, const char *source,
                       const char *target, int permille)
{
    int to_target = permille == 1000 ? 1 : permille;
    int to_source = permille == 1000 ? 0 : permille == 0 ? 1 : 1000 - permille;
    bool have_source = false, have_target = false;
    size_t number = 0;

    for (size_t i = 0; i < from->share_count; i++) {
        const struct share *share = &from->shares[i];
        int weight = share->weight;
        if (strcmp(share->target_group, source) == 0) {
            have_source = true;
            weight = to_source;
        } else if (strcmp(share->target_group, target) == 0) {
            have_target = true;
            weight = to_target;
        }
        add_tuple(list, from->forward_action, ++number, share->target_group, weight);
    }
    if (!have_source)
        add_tuple(list, from->forward_action, ++number, source, to_source);
    if (!have_target)
        add_tuple(list, from->forward_action, ++number, target, to_target);
}

void routing_with_share(struct routing *out, struct arena *arena, const struct routing *from,
                        const char *source, const char *target, int permille)
{
    struct members list = {.arena = arena};
    bool tuples_done = false;

    for (size_t i = 0; i < from->member_count; i++) {
        const struct routing_member *member = &from->members[i];
        const char *field;
        unsigned n = member_number(member->path, &field);
        if (n == from->forward_action) {
            if (strcmp(field, "TargetGroupArn") == 0)
                continue; /* allowed beside a ForwardConfig only for a single group */
            if (text_starts(field, "ForwardConfig.TargetGroups.")) {
                if (!tuples_done)
                    add_tuples(&list, from, source, target, permille);
                tuples_done = true;
                continue;
            }
        }
        add_member(&list, member->path, member->value);
    }
    if (!tuples_done)
        add_tuples(&list, from, source, target, permille);
    routing_interpret(out, arena, list.items, list.count);
}
