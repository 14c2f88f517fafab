#include "providers/aws/elbv2_listeners.h"

#include <ctype.h>
#include <string.h>

#include "providers/aws/answer.h"
#include "providers/aws/client.h"
#include "providers/aws/elbv2_actions.h"

/* ---- requests ---- */

void elbv2_describe_listeners(struct text *body, const char *load_balancer_arn, const char *marker)
{
    aws_query_begin(body, AWS_ELBV2, "DescribeListeners");
    aws_query_add(body, "LoadBalancerArn", load_balancer_arn);
    if (marker)
        aws_query_add(body, "Marker", marker);
}

/* The length of "member.N.AuthenticateOidcConfig." at the start of a path, or 0. */
static size_t oidc_prefix(const char *path)
{
    static const char member[] = "member.", config[] = ".AuthenticateOidcConfig.";
    if (!text_starts(path, member))
        return 0;
    size_t n = strlen(member) + strspn(path + strlen(member), "0123456789");
    return text_starts(path + n, config) ? n + strlen(config) : 0;
}

/* Every OIDC action's first member asks for the secret that AWS has. */
static bool is_first_of_prefix(const struct routing *routing, size_t at, size_t prefix)
{
    for (size_t i = 0; i < at; i++)
        if (strncmp(routing->members[i].path, routing->members[at].path, prefix) == 0)
            return false;
    return true;
}

/* An empty structure, list or map: AWS answers with the bare element, its clients send nothing. */
static bool is_empty_container(const struct routing_member *member)
{
    static const char *const lists[] = {"AuthenticationRequestExtraParams", "TargetGroups",
                                        "AdditionalClaims", "Values"};
    if (*member->value)
        return false;
    const char *dot = strrchr(member->path, '.');
    const char *name = dot ? dot + 1 : member->path;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        if (text_same(name, lists[i]))
            return true;
    return text_ends(name, "Config");
}

static bool is_parameter_name(const char *path)
{
    if (!text_starts(path, "member."))
        return false;
    for (; *path; path++)
        if (!isalnum((unsigned char)*path) && *path != '.')
            return false;
    return true;
}

static void add_member(struct text *body, const struct routing *routing, size_t i)
{
    const struct routing_member *member = &routing->members[i];
    size_t oidc = oidc_prefix(member->path);
    if (oidc && is_first_of_prefix(routing, i, oidc))
        aws_query_addf(body, "true", "DefaultActions.%.*sUseExistingClientSecret", (int)oidc,
                       member->path);
    if (oidc && (text_same(member->path + oidc, "ClientSecret") ||
                 text_same(member->path + oidc, "UseExistingClientSecret")))
        return;
    if (!is_empty_container(member))
        aws_query_addf(body, member->value, "DefaultActions.%s", member->path);
}

bool elbv2_modify_listener(struct text *body, const char *listener_arn,
                           const struct routing *routing, struct error *err)
{
    if (!routing->member_count)
        return error_set(err, ERROR_INPUT, "a routing without actions cannot be sent");
    for (size_t i = 0; i < routing->member_count; i++)
        if (!is_parameter_name(routing->members[i].path))
            return error_set(err, ERROR_INPUT, "a routing with \"%s\" in it cannot be sent",
                             routing->members[i].path);

    aws_query_begin(body, AWS_ELBV2, "ModifyListener");
    aws_query_add(body, "ListenerArn", listener_arn);
    for (size_t i = 0; i < routing->member_count; i++)
        add_member(body, routing, i);
    return true;
}

/* ---- answers ---- */

struct flattening {
    struct answer *a;
    struct routing_member *members;
    size_t count;
    struct text path;
};

enum { PATH_MAX_LENGTH = 500 }; /* AWS's longest has about 100 bytes */

static void keep_leaf(struct flattening *f, const struct xml_node *leaf)
{
    if (f->count == ELBV2_ROUTING_MEMBERS_MAX) {
        answer_fail(f->a, "an action list has more than %d values", ELBV2_ROUTING_MEMBERS_MAX);
        return;
    }
    struct routing_member *member =
        arena_append(f->a->arena, &f->members, &f->count, sizeof *member);
    member->path = arena_strdup(f->a->arena, text_cstr(&f->path));
    member->value = arena_strdup(f->a->arena, leaf->text);
}

/* The depth is the XML reader's: at most XML_DEPTH_MAX. */
static void flatten(struct flattening *f, const struct xml_node *node)
{
    unsigned number = 0;
    for (const struct xml_node *child = node->first; child && !f->a->failed; child = child->next) {
        size_t len = f->path.len;
        if (len)
            text_add_char(&f->path, '.');
        text_add(&f->path, child->name);
        if (xml_is(child, "member") || xml_is(child, "entry"))
            text_addf(&f->path, ".%u", ++number);
        if (f->path.len > PATH_MAX_LENGTH)
            answer_fail(f->a, "an action's names are too long");
        else if (child->first)
            flatten(f, child);
        else
            keep_leaf(f, child);
        text_cut(&f->path, len);
    }
}

void elbv2_read_actions(struct answer *a, struct routing *out, const struct xml_node *node,
                        const char *path)
{
    const struct xml_node *first = answer_members(a, node, path);
    for (const struct xml_node *member = first; member; member = xml_next(member, NULL))
        answer_text(a, member, "Type");
    if (!first)
        answer_fail(a, "<%s> is empty", path);
    if (a->failed)
        return;
    struct flattening f = {.a = a};
    flatten(&f, xml_find(node, path));
    text_clear(&f.path);
    if (!a->failed)
        routing_interpret(out, a->arena, f.members, f.count);
}

static void read_listener(struct answer *a, struct listener_snapshot *out,
                          const struct xml_node *item)
{
    out->arn = answer_text(a, item, "ListenerArn");
    out->protocol = answer_text(a, item, "Protocol");
    int64_t port = answer_count(a, item, "Port");
    if (port < 1 || port > 65535)
        answer_fail(a, "<Port> is not a port");
    out->port = (int)port;
    elbv2_read_actions(a, &out->routing, item, "DefaultActions");
}

bool elbv2_read_listeners(struct listener_snapshot **listeners, size_t *count, const char **next,
                          struct arena *arena, const struct text *answer, struct error *err)
{
    struct answer a = {.operation = "DescribeListeners", .arena = arena, .err = err};
    struct xml_document doc;
    struct listener_snapshot *all = *listeners;
    size_t n = *count;

    const struct xml_node *result = answer_xml(&a, &doc, answer);
    const struct xml_node *item = answer_members(&a, result, "Listeners");
    for (; item && !a.failed; item = xml_next(item, NULL)) {
        struct listener_snapshot *listener = arena_append(arena, &all, &n, sizeof *listener);
        *listener = (struct listener_snapshot){0};
        read_listener(&a, listener, item);
    }
    const char *marker = answer_text_maybe(&a, result, "NextMarker");
    xml_document_clear(&doc);
    if (a.failed)
        return false;
    *listeners = all;
    *count = n;
    *next = marker;
    return true;
}

bool elbv2_read_modified(const struct text *answer, struct error *err)
{
    struct answer a = {.operation = "ModifyListener", .err = err};
    struct xml_document doc;
    answer_xml(&a, &doc, answer);
    xml_document_clear(&doc);
    return !a.failed;
}
