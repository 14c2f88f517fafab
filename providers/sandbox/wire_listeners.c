/* ELBv2: listeners, rules, ModifyListener. */
#include <stdlib.h>
#include <string.h>

#include "planner/base/text.h"
#include "providers/sandbox/wire_parts.h"

enum { PAGE_MAX = 400 };

/* ---- action lists as answers ---- */

static struct wire_node *child_named(struct wire_node *parent, const char *name, size_t n)
{
    for (struct wire_node *child = parent->first; child; child = child->next)
        if (child->name && strlen(child->name) == n && strncmp(child->name, name, n) == 0)
            return child;
    return NULL;
}

/* The member of a list by its number; members come in order. */
static struct wire_node *member(struct arena *arena, struct wire_node *list, size_t number)
{
    size_t have = 0;
    for (struct wire_node *child = list->first; child; child = child->next)
        if (++have == number)
            return child;
    return put_struct(arena, list, NULL);
}

static bool is_number(const char *name)
{
    return text_same(name, "Weight") || text_same(name, "DurationSeconds") ||
           text_same(name, "Order") || text_same(name, "SessionTimeout");
}

static void put_leaf(struct arena *arena, struct wire_node *to, const char *name, const char *value)
{
    if (is_number(name))
        put_int(arena, to, name, strtoll(value, NULL, 10));
    else if (text_same(name, "Enabled"))
        put_bool(arena, to, name, text_same(value, "true"));
    else
        put_text(arena, to, name, value);
}

/* "member.1.ForwardConfig.TargetGroups.member.2.Weight" into lists and structs. */
static void put_path(struct arena *arena, struct wire_node *list, const char *path,
                     const char *value)
{
    struct wire_node *at = list;
    while (true) {
        size_t n = strcspn(path, ".");
        if (at->kind == WIRE_LIST) { /* "member.N." */
            char *end;
            at = member(arena, at, strtoul(path + n + 1, &end, 10));
            path = end + 1;
            continue;
        }
        if (path[n] == '\0') {
            put_leaf(arena, at, path, value);
            return;
        }
        struct wire_node *child = child_named(at, path, n);
        if (!child) {
            const char *name = arena_strndup(arena, path, n);
            bool is_list = text_starts(path + n + 1, "member.");
            child = is_list ? put_list(arena, at, name) : put_struct(arena, at, name);
        }
        at = child;
        path += n + 1;
    }
}

static void put_actions(struct arena *arena, struct wire_node *node, const char *name,
                        const struct world_actions *actions)
{
    struct wire_node *list = put_list(arena, node, name);
    for (size_t i = 0; i < actions->member_count; i++)
        put_path(arena, list, actions->members[i].path, actions->members[i].value);
}

/* ---- listeners ---- */

static void put_listener(struct wire_call *call, struct wire_node *node,
                         const struct world_listener *listener)
{
    struct arena *arena = call->arena;
    put_text(arena, node, "ListenerArn", listener->arn);
    put_text(arena, node, "LoadBalancerArn", call->world->load_balancer.arn);
    put_int(arena, node, "Port", listener->port);
    put_text(arena, node, "Protocol", listener->https ? "HTTPS" : "HTTP");
    if (listener->https) {
        struct wire_node *certificate =
            put_struct(arena, put_list(arena, node, "Certificates"), NULL);
        put_text(arena, certificate, "CertificateArn",
                 deployment_arn(call, "acm", "certificate/5a4d0000-0000-4000-8000-000000000001"));
        put_text(arena, node, "SslPolicy", "ELBSecurityPolicy-TLS13-1-2-2021-06");
    }
    put_actions(arena, node, "DefaultActions", &listener->actions);
}

static bool is_listed(const struct params *params, const char *list, const char *arn)
{
    size_t count = param_list(params, list);
    for (size_t i = 1; i <= count; i++)
        if (text_same(param_text(params, "%s.member.%zu", list, i), arn))
            return true;
    return false;
}

bool wire_elbv2_describe_listeners(struct wire_call *call)
{
    struct world *world = call->world;
    const char *of = param_text(call->params, "LoadBalancerArn");
    size_t asked = param_list(call->params, "ListenerArns"), total = 0;
    const struct world_listener **found =
        arena_alloc(call->arena, world->listener_count * sizeof *found);
    struct page page;

    if (!wire_list_is_short(call, "ListenerArns"))
        return false;
    if (!of && !asked)
        return refuse(call->why, 400, "ValidationError",
                      "A load balancer or a list of listeners must be specified");
    if (of && (!world->load_balancer.exists || !text_same(of, world->load_balancer.arn)))
        return refuse(call->why, 400, "LoadBalancerNotFound",
                      "One or more load balancers not found");
    for (size_t i = 0; i < world->listener_count; i++)
        if (!asked || is_listed(call->params, "ListenerArns", world->listeners[i].arn))
            found[total++] = &world->listeners[i];
    if (asked && total < asked)
        return refuse(call->why, 400, "ListenerNotFound", "One or more listeners not found");
    if (!page_read(&page, call, "Marker", "PageSize", total, PAGE_MAX))
        return false;
    struct wire_node *list = put_list(call->arena, call->out, "Listeners");
    for (size_t i = page.from; i < page.to; i++)
        put_listener(call, put_struct(call->arena, list, NULL), found[i]);
    put_text(call->arena, call->out, "NextMarker", page.next);
    return true;
}

/* ---- rules ---- */

/* A rule of a listener; index rule_count is the default one. */
struct rule_ref {
    const struct world_listener *listener;
    size_t index;
};

static const char *rule_arn(struct rule_ref ref)
{
    return ref.index < ref.listener->rule_count ? ref.listener->rules[ref.index].arn
                                                : ref.listener->default_rule_arn;
}

static void put_rule(struct wire_call *call, struct wire_node *node, struct rule_ref ref)
{
    struct arena *arena = call->arena;
    bool is_default = ref.index == ref.listener->rule_count;
    const struct world_rule *rule = is_default ? NULL : &ref.listener->rules[ref.index];
    put_text(arena, node, "RuleArn", rule_arn(ref));
    put_text(arena, node, "Priority",
             is_default ? "default" : arena_printf(arena, "%d", rule->setup->priority));
    struct wire_node *conditions = put_list(arena, node, "Conditions");
    if (!is_default) {
        struct wire_node *condition = put_struct(arena, conditions, NULL);
        put_text(arena, condition, "Field", "path-pattern");
        put_text(arena, put_list(arena, condition, "Values"), NULL, rule->setup->path);
        struct wire_node *config = put_struct(arena, condition, "PathPatternConfig");
        put_text(arena, put_list(arena, config, "Values"), NULL, rule->setup->path);
    }
    put_actions(arena, node, "Actions", is_default ? &ref.listener->actions : &rule->actions);
    put_bool(arena, node, "IsDefault", is_default);
}

bool wire_elbv2_describe_rules(struct wire_call *call)
{
    struct world *world = call->world;
    const char *of = param_text(call->params, "ListenerArn");
    size_t asked = param_list(call->params, "RuleArns"), total = 0;
    struct rule_ref *found = NULL;
    struct page page;

    if (!wire_list_is_short(call, "RuleArns"))
        return false;
    if (!of == !asked)
        return refuse(call->why, 400, "ValidationError",
                      "Either a listener or a list of rules must be specified");
    if (of && !world_listener(world, of))
        return refuse(call->why, 400, "ListenerNotFound", "One or more listeners not found");
    for (size_t i = 0; i < world->listener_count; i++) {
        struct rule_ref ref = {&world->listeners[i], 0};
        for (; ref.index <= ref.listener->rule_count; ref.index++) {
            if (of ? text_same(of, ref.listener->arn)
                   : is_listed(call->params, "RuleArns", rule_arn(ref))) {
                struct rule_ref *next = arena_append(call->arena, &found, &total, sizeof *next);
                *next = ref;
            }
        }
    }
    if (asked && total < asked)
        return refuse(call->why, 400, "RuleNotFound", "One or more rules not found");
    if (!page_read(&page, call, "Marker", "PageSize", total, PAGE_MAX))
        return false;
    struct wire_node *list = put_list(call->arena, call->out, "Rules");
    for (size_t i = page.from; found && i < page.to; i++)
        put_rule(call, put_struct(call->arena, list, NULL), found[i]);
    put_text(call->arena, call->out, "NextMarker", page.next);
    return true;
}

/* ---- ModifyListener ---- */

bool wire_elbv2_modify_listener(struct wire_call *call)
{
    const char *arn = param_text(call->params, "ListenerArn");
    const char *protocol = param_text(call->params, "Protocol");
    const struct world_listener *listener = arn ? world_listener(call->world, arn) : NULL;
    int64_t port;

    if (!listener)
        return refuse(call->why, 400, "ListenerNotFound", "One or more listeners not found");
    if (!param_int(&port, call->params, "Port", listener->port, 1, 65535, call->why))
        return false;
    if (port != listener->port ||
        (protocol && !text_same(protocol, listener->https ? "HTTPS" : "HTTP")))
        return refuse(call->why, 400, "ValidationError",
                      "This sandbox does not change a listener's port or protocol");
    if (param_any(call->params, "DefaultActions")) {
        const struct param *first;
        size_t count;
        params_below(call->params, "DefaultActions", &first, &count);
        struct routing_member *members = arena_alloc(call->arena, count * sizeof *members);
        for (size_t i = 0; i < count; i++)
            members[i] =
                (struct routing_member){first[i].name + strlen("DefaultActions."), first[i].value};
        if (!world_set_routing(call->world, arn, members, count, call->why))
            return false;
    }
    struct wire_node *list = put_list(call->arena, call->out, "Listeners");
    put_listener(call, put_struct(call->arena, list, NULL), listener);
    return true;
}
