/*
 * Action lists as ELBv2 takes and returns them (CreateListener, ModifyListener: "DefaultActions").
 * A reading of its own, apart from planner/routing.c: the sandbox judges what the tool sends.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "planner/base/text.h"
#include "providers/sandbox/world_parts.h"

enum { ACTIONS_MAX = 10, LEAVES_MAX = 400, FORWARD_GROUPS_MAX = 5, STICKY_SECONDS_MAX = 604800 };

/* One action of the request, or one being written. */
struct draft {
    const struct routing_member *leaves[64]; /* behind "member.N." */
    const char *names[64];
    size_t count;
    const char *type;
    int64_t order; /* 0: not given */
};

/* What each type of action may carry, in the order in which AWS returns it; numbers are '#'. */
struct leaf_rule {
    const char *type, *name, *standard;
    bool hidden; /* taken, never returned */
};
static const struct leaf_rule leaf_rules[] = {
    {"forward", "TargetGroupArn", NULL, false},
    {"forward", "ForwardConfig.TargetGroups.member.#.TargetGroupArn", NULL, false},
    {"forward", "ForwardConfig.TargetGroups.member.#.Weight", NULL, false},
    {"forward", "ForwardConfig.TargetGroupStickinessConfig.Enabled", NULL, false},
    {"forward", "ForwardConfig.TargetGroupStickinessConfig.DurationSeconds", NULL, false},
    {"redirect", "RedirectConfig.Protocol", "#{protocol}", false},
    {"redirect", "RedirectConfig.Port", "#{port}", false},
    {"redirect", "RedirectConfig.Host", "#{host}", false},
    {"redirect", "RedirectConfig.Path", "/#{path}", false},
    {"redirect", "RedirectConfig.Query", "#{query}", false},
    {"redirect", "RedirectConfig.StatusCode", NULL, false},
    {"fixed-response", "FixedResponseConfig.MessageBody", NULL, false},
    {"fixed-response", "FixedResponseConfig.StatusCode", NULL, false},
    {"fixed-response", "FixedResponseConfig.ContentType", NULL, false},
    {"authenticate-oidc", "AuthenticateOidcConfig.Issuer", NULL, false},
    {"authenticate-oidc", "AuthenticateOidcConfig.AuthorizationEndpoint", NULL, false},
    {"authenticate-oidc", "AuthenticateOidcConfig.TokenEndpoint", NULL, false},
    {"authenticate-oidc", "AuthenticateOidcConfig.UserInfoEndpoint", NULL, false},
    {"authenticate-oidc", "AuthenticateOidcConfig.ClientId", NULL, false},
    {"authenticate-oidc", "AuthenticateOidcConfig.ClientSecret", NULL, true},
    {"authenticate-oidc", "AuthenticateOidcConfig.UseExistingClientSecret", NULL, true},
    {"authenticate-oidc", "AuthenticateOidcConfig.SessionCookieName", "AWSELBAuthSessionCookie",
     false},
    {"authenticate-oidc", "AuthenticateOidcConfig.Scope", "openid", false},
    {"authenticate-oidc", "AuthenticateOidcConfig.SessionTimeout", "604800", false},
    {"authenticate-oidc", "AuthenticateOidcConfig.OnUnauthenticatedRequest", "authenticate", false},
    {"authenticate-cognito", "AuthenticateCognitoConfig.UserPoolArn", NULL, false},
    {"authenticate-cognito", "AuthenticateCognitoConfig.UserPoolClientId", NULL, false},
    {"authenticate-cognito", "AuthenticateCognitoConfig.UserPoolDomain", NULL, false},
    {"authenticate-cognito", "AuthenticateCognitoConfig.SessionCookieName",
     "AWSELBAuthSessionCookie", false},
    {"authenticate-cognito", "AuthenticateCognitoConfig.Scope", "openid", false},
    {"authenticate-cognito", "AuthenticateCognitoConfig.SessionTimeout", "604800", false},
    {"authenticate-cognito", "AuthenticateCognitoConfig.OnUnauthenticatedRequest", "authenticate",
     false},
};
enum { LEAF_RULES = sizeof leaf_rules / sizeof *leaf_rules };

static bool invalid(struct refusal *why, const char *what, const char *value, const char *wanted)
{
    return refuse(why, 400, "ValidationError", "'%.80s' for field '%s' is not valid: %s", value,
                  what, wanted);
}

static bool whole_number(int64_t *out, const char *s)
{
    size_t n = strlen(s);
    if (n == 0 || n > 9 || strspn(s, "0123456789") != n)
        return false;
    *out = strtoll(s, NULL, 10);
    return true;
}

/* "member.12.Rest": 12, and where the rest begins. 0: it is not of that shape. */
static int64_t member_number(const char *path, const char **rest)
{
    if (!text_starts(path, "member."))
        return 0;
    char *end;
    path += strlen("member.");
    if (*path < '1' || *path > '9')
        return 0;
    long n = strtol(path, &end, 10);
    if (n > LEAVES_MAX || *end != '.')
        return 0;
    *rest = end + 1;
    return n;
}

static bool same_shape(const char *name, const char *pattern)
{
    while (*name && *pattern) {
        if (*pattern == '#') {
            if (!isdigit((unsigned char)*name))
                return false;
            while (isdigit((unsigned char)*name))
                name++;
            pattern++;
        } else if (*name++ != *pattern++) {
            return false;
        }
    }
    return *name == *pattern;
}

static const char *leaf(const struct draft *draft, const char *name)
{
    for (size_t i = 0; i < draft->count; i++)
        if (text_same(draft->names[i], name))
            return draft->leaves[i]->value;
    return NULL;
}

static bool sort_into_drafts(struct draft drafts[ACTIONS_MAX], size_t *draft_count,
                             const struct routing_member *members, size_t count,
                             struct refusal *why)
{
    *draft_count = 0;
    if (count == 0)
        return refuse(why, 400, "ValidationError", "A listener must have a default action");
    if (count > LEAVES_MAX)
        return refuse(why, 400, "TooManyActions", "The request names too many actions");
    for (size_t i = 0; i < count; i++) {
        const char *name;
        int64_t n = member_number(members[i].path, &name);
        if (!n)
            return invalid(why, "DefaultActions", members[i].path, "must be a list of actions");
        if (n > ACTIONS_MAX)
            return refuse(why, 400, "TooManyActions", "The request names too many actions");
        struct draft *draft = &drafts[n - 1];
        if (draft->count == sizeof draft->leaves / sizeof *draft->leaves)
            return refuse(why, 400, "ValidationError", "Action %d has too many properties", (int)n);
        draft->names[draft->count] = name;
        draft->leaves[draft->count++] = &members[i];
        if ((size_t)n > *draft_count)
            *draft_count = (size_t)n;
    }
    return true;
}

/* Every property must belong to the action's type: AWS refuses the others' configurations. */
static bool check_leaves(const struct draft *draft, struct refusal *why)
{
    for (size_t i = 0; i < draft->count; i++) {
        bool known = text_same(draft->names[i], "Type") || text_same(draft->names[i], "Order");
        for (size_t r = 0; r < LEAF_RULES && !known; r++)
            known = text_same(draft->type, leaf_rules[r].type) &&
                    same_shape(draft->names[i], leaf_rules[r].name);
        if (!known)
            return refuse(why, 400, "InvalidLoadBalancerAction",
                          "'%.80s' is not valid for an action of type '%s'", draft->names[i],
                          draft->type);
        for (size_t j = 0; j < i; j++)
            if (text_same(draft->names[i], draft->names[j]))
                return refuse(why, 400, "ValidationError", "'%.80s' is given twice",
                              draft->names[i]);
    }
    return true;
}

static bool check_head(struct draft *draft, size_t draft_count, struct refusal *why)
{
    bool known = false;
    draft->type = leaf(draft, "Type");
    for (size_t r = 0; r < LEAF_RULES && draft->type; r++)
        known = known || text_same(draft->type, leaf_rules[r].type);
    if (!known)
        return invalid(why, "type", draft->type ? draft->type : "", "it is no type of action");
    const char *order = leaf(draft, "Order");
    if (order && (!whole_number(&draft->order, order) || draft->order < 1 || draft->order > 50000))
        return invalid(why, "order", order, "must be between 1 and 50000");
    if (!order && draft_count > 1)
        return refuse(why, 400, "ValidationError",
                      "'order' must be given where there are several actions");
    return check_leaves(draft, why);
}

static int by_order(const void *a, const void *b)
{
    const struct draft *x = a, *y = b;
    return x->order < y->order ? -1 : x->order > y->order;
}

static bool authenticates(const struct draft *draft)
{
    return text_starts(draft->type, "authenticate-");
}

/* Exactly one action answers, and it is the last. */
static bool check_sequence(const struct draft *drafts, size_t count, bool https,
                           struct refusal *why)
{
    for (size_t i = 0; i < count; i++) {
        bool last = i + 1 == count;
        if (i && drafts[i].order == drafts[i - 1].order)
            return refuse(why, 400, "ValidationError", "Two actions have the same order");
        if (authenticates(&drafts[i]) == last)
            return refuse(why, 400, "InvalidLoadBalancerAction",
                          "The last action, and only it, must be of type 'forward', 'redirect' or "
                          "'fixed-response'");
        if (authenticates(&drafts[i]) && !https)
            return refuse(why, 400, "InvalidLoadBalancerAction",
                          "Actions of type '%s' need an HTTPS listener", drafts[i].type);
    }
    return true;
}

/* ---- the forward ---- */

static bool take_group(struct world_actions *out, const struct world *world, const char *arn,
                       const char *weight, struct refusal *why)
{
    int group = group_index(world, arn);
    if (group < 0)
        return refuse(why, 400, "TargetGroupNotFound", "One or more target groups not found");
    for (size_t i = 0; i < out->group_count; i++)
        if (out->groups[i] == group)
            return refuse(why, 400, "ValidationError", "A target group is given twice");
    int64_t number = 1;
    if (weight && (!whole_number(&number, weight) || number > 999))
        return invalid(why, "weight", weight, "must be between 0 and 999");
    out->groups[out->group_count] = group;
    out->weights[out->group_count++] = (int)number;
    return true;
}

static bool read_groups(struct world_actions *out, const struct world *world,
                        const struct draft *draft, struct refusal *why)
{
    char name[96];
    size_t given = 0;
    for (size_t i = 0; i < draft->count; i++)
        given += text_starts(draft->names[i], "ForwardConfig.TargetGroups.") &&
                 text_ends(draft->names[i], ".TargetGroupArn");
    if (given > FORWARD_GROUPS_MAX)
        return refuse(why, 400, "ValidationError",
                      "A forward action takes at most %d target groups", FORWARD_GROUPS_MAX);
    for (size_t i = 1; i <= given; i++) {
        snprintf(name, sizeof name, "ForwardConfig.TargetGroups.member.%zu.TargetGroupArn", i);
        const char *arn = leaf(draft, name);
        snprintf(name, sizeof name, "ForwardConfig.TargetGroups.member.%zu.Weight", i);
        if (!arn || !take_group(out, world, arn, leaf(draft, name), why))
            return arn ? false : invalid(why, "targetGroups", "", "members must count from 1");
    }
    for (size_t i = 0, weights = 0; i < draft->count; i++) {
        weights += text_ends(draft->names[i], ".Weight");
        if (weights > given)
            return refuse(why, 400, "ValidationError", "A weight is given without a target group");
    }
    return true;
}

static bool read_stickiness(struct world_actions *out, const struct draft *draft,
                            struct refusal *why)
{
    const char *enabled = leaf(draft, "ForwardConfig.TargetGroupStickinessConfig.Enabled");
    const char *seconds = leaf(draft, "ForwardConfig.TargetGroupStickinessConfig.DurationSeconds");
    if (enabled && !text_same(enabled, "true") && !text_same(enabled, "false"))
        return invalid(why, "enabled", enabled, "must be true or false");
    out->sticky = text_same(enabled, "true");
    if (seconds && (!whole_number(&out->sticky_seconds, seconds) || out->sticky_seconds < 1 ||
                    out->sticky_seconds > STICKY_SECONDS_MAX))
        return invalid(why, "durationSeconds", seconds, "must be between 1 and 604800");
    if (out->sticky && !seconds)
        return refuse(why, 400, "ValidationError",
                      "'durationSeconds' must be given where stickiness is enabled");
    return true;
}

static bool read_forward(struct world_actions *out, const struct world *world,
                         const struct draft *draft, struct refusal *why)
{
    const char *single = leaf(draft, "TargetGroupArn");
    if (!read_groups(out, world, draft, why) || !read_stickiness(out, draft, why))
        return false;
    if (out->group_count == 0) {
        if (!single)
            return refuse(why, 400, "ValidationError", "A forward action must name a target group");
        if (!take_group(out, world, single, NULL, why))
            return false;
    } else if (single && (out->group_count > 1 || group_index(world, single) != out->groups[0])) {
        return refuse(why, 400, "InvalidLoadBalancerAction",
                      "TargetGroupArn and ForwardConfig must name the same single target group");
    }
    out->forwards = true;
    return true;
}

/* ---- the others ---- */

static const char *const needed[] = {
    "RedirectConfig.StatusCode",
    "FixedResponseConfig.StatusCode",
    "AuthenticateOidcConfig.Issuer",
    "AuthenticateOidcConfig.AuthorizationEndpoint",
    "AuthenticateOidcConfig.TokenEndpoint",
    "AuthenticateOidcConfig.UserInfoEndpoint",
    "AuthenticateOidcConfig.ClientId",
    "AuthenticateCognitoConfig.UserPoolArn",
    "AuthenticateCognitoConfig.UserPoolClientId",
    "AuthenticateCognitoConfig.UserPoolDomain",
};

static bool had_oidc(const struct world_actions *before)
{
    for (size_t i = 0; before && i < before->member_count; i++)
        if (text_same(before->members[i].value, "authenticate-oidc"))
            return true;
    return false;
}

static bool check_other(const struct draft *draft, const struct world_actions *before,
                        struct refusal *why)
{
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        for (size_t r = 0; r < LEAF_RULES; r++)
            if (text_same(leaf_rules[r].name, needed[i]) &&
                text_same(leaf_rules[r].type, draft->type) && !leaf(draft, needed[i]))
                return refuse(why, 400, "ValidationError", "'%s' must be given", needed[i]);
    const char *status = leaf(draft, "RedirectConfig.StatusCode");
    if (status && !text_same(status, "HTTP_301") && !text_same(status, "HTTP_302"))
        return invalid(why, "statusCode", status, "must be HTTP_301 or HTTP_302");
    if (!text_same(draft->type, "authenticate-oidc"))
        return true;
    bool again = text_same(leaf(draft, "AuthenticateOidcConfig.UseExistingClientSecret"), "true");
    if (!leaf(draft, "AuthenticateOidcConfig.ClientSecret") && !(again && had_oidc(before)))
        return refuse(why, 400, "InvalidLoadBalancerAction",
                      "'ClientSecret' must be given, or 'UseExistingClientSecret' where there is "
                      "an existing one");
    return true;
}

/* ---- writing what AWS returns ---- */

__attribute__((format(printf, 4, 5))) static void put(struct world_actions *out, size_t action,
                                                      const char *value, const char *format, ...)
{
    va_list ap;
    struct routing_member *member =
        arena_append(&out->arena, &out->members, &out->member_count, sizeof *member);
    va_start(ap, format);
    char *name = arena_vprintf(&out->arena, format, ap);
    va_end(ap);
    member->path = arena_printf(&out->arena, "member.%zu.%s", action, name);
    member->value = arena_strdup(&out->arena, value);
}

static void write_forward(struct world_actions *out, const struct world *world, size_t action,
                          bool sticky_seconds_given)
{
    char number[24];
    for (size_t i = 0; i < out->group_count; i++) {
        put(out, action, world->groups[out->groups[i]].arn,
            "ForwardConfig.TargetGroups.member.%zu.TargetGroupArn", i + 1);
        snprintf(number, sizeof number, "%d", out->weights[i]);
        put(out, action, number, "ForwardConfig.TargetGroups.member.%zu.Weight", i + 1);
    }
    put(out, action, out->sticky ? "true" : "false",
        "ForwardConfig.TargetGroupStickinessConfig.Enabled");
    if (sticky_seconds_given) {
        snprintf(number, sizeof number, "%lld", (long long)out->sticky_seconds);
        put(out, action, number, "ForwardConfig.TargetGroupStickinessConfig.DurationSeconds");
    }
}

static void write_action(struct world_actions *out, const struct world *world, size_t action,
                         const struct draft *draft)
{
    bool forward = text_same(draft->type, "forward");
    put(out, action, draft->type, "Type");
    /* A forward to one group comes back with both ways of saying so. */
    if (forward && out->group_count == 1)
        put(out, action, world->groups[out->groups[0]].arn, "TargetGroupArn");
    if (draft->order) {
        char number[24];
        snprintf(number, sizeof number, "%d", (int)draft->order);
        put(out, action, number, "Order");
    }
    if (forward) {
        write_forward(out, world, action, out->sticky_seconds > 0);
        return;
    }
    for (size_t r = 0; r < LEAF_RULES; r++) {
        const struct leaf_rule *rule = &leaf_rules[r];
        if (rule->hidden || !text_same(rule->type, draft->type))
            continue;
        const char *value = leaf(draft, rule->name);
        if (value || rule->standard)
            put(out, action, value ? value : rule->standard, "%s", rule->name);
    }
}

bool actions_read(struct world_actions *out, const struct world *world, bool https,
                  const struct routing_member *members, size_t count,
                  const struct world_actions *before, struct refusal *why)
{
    struct draft drafts[ACTIONS_MAX] = {0};
    size_t draft_count;

    *out = (struct world_actions){0};
    if (!sort_into_drafts(drafts, &draft_count, members, count, why))
        return false;
    for (size_t i = 0; i < draft_count; i++)
        if (!check_head(&drafts[i], draft_count, why))
            return false;
    qsort(drafts, draft_count, sizeof *drafts, by_order);
    if (!check_sequence(drafts, draft_count, https, why))
        return false;
    for (size_t i = 0; i < draft_count; i++) {
        bool good = text_same(drafts[i].type, "forward") ? read_forward(out, world, &drafts[i], why)
                                                         : check_other(&drafts[i], before, why);
        if (!good)
            return false;
    }
    for (size_t i = 0; i < draft_count; i++)
        write_action(out, world, i + 1, &drafts[i]);
    return true;
}

void actions_clear(struct world_actions *actions)
{
    arena_clear(&actions->arena);
    *actions = (struct world_actions){0};
}
