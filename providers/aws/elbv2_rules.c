#include <string.h>

#include "providers/aws/answer.h"
#include "providers/aws/client.h"
#include "providers/aws/elbv2_actions.h"
#include "providers/aws/elbv2_listeners.h"

void elbv2_describe_rules(struct text *body, const char *listener_arn, const char *marker)
{
    aws_query_begin(body, AWS_ELBV2, "DescribeRules");
    aws_query_add(body, "ListenerArn", listener_arn);
    if (marker)
        aws_query_add(body, "Marker", marker);
}

/* Where a condition's values stand. AWS answers with the config and, for paths and hosts, with the
 * older <Values> as well; an endpoint may answer with one of them alone. */
static const struct {
    const char *field, *config;
} configs[] = {
    {"path-pattern", "PathPatternConfig"}, {"host-header", "HostHeaderConfig"},
    {"http-header", "HttpHeaderConfig"},   {"http-request-method", "HttpRequestMethodConfig"},
    {"query-string", "QueryStringConfig"}, {"source-ip", "SourceIpConfig"},
};

static const struct xml_node *config_of(const struct xml_node *condition, const char *field)
{
    for (size_t i = 0; i < sizeof configs / sizeof *configs; i++)
        if (text_same(configs[i].field, field))
            return xml_child(condition, configs[i].config);
    return NULL;
}

/* A value is a text, or a key and a value of a query string. */
static void add_value(struct answer *a, struct text *line, const struct xml_node *value)
{
    if (!value->first) {
        text_add(line, value->text);
        return;
    }
    const char *key = answer_text_maybe(a, value, "Key");
    const char *wanted = answer_text_maybe(a, value, "Value");
    text_addf(line, "%s%s%s", key ? key : "", key ? "=" : "", wanted ? wanted : "");
}

/* " a or b" behind the field; false when there are no values at that path. */
static bool add_values(struct answer *a, struct text *line, const struct xml_node *node,
                       const char *path, const char *before)
{
    const struct xml_node *value = answer_members_maybe(a, node, path);
    if (!value)
        return false;
    text_addf(line, " %s", before);
    for (const struct xml_node *v = value; v; v = xml_next(v, NULL)) {
        if (v != value)
            text_add(line, " or ");
        add_value(a, line, v);
    }
    return true;
}

static void add_condition(struct answer *a, struct text *line, const struct xml_node *condition)
{
    const char *field = answer_text(a, condition, "Field");
    if (a->failed)
        return;
    text_add(line, field);
    const struct xml_node *config = config_of(condition, field);
    const char *header = answer_text_maybe(a, config, "HttpHeaderName");
    if (header)
        text_addf(line, " %s:", header);
    bool said = add_values(a, line, config, "Values", "");
    said = add_values(a, line, config, "RegexValues", "matching ") || said;
    said = said || add_values(a, line, condition, "Values", "");
    if (!said)
        add_values(a, line, condition, "RegexValues", "matching ");
}

static const char *read_conditions(struct answer *a, const struct xml_node *rule)
{
    struct text line = {0};
    const struct xml_node *condition = answer_members_maybe(a, rule, "Conditions");
    for (; condition && !a->failed; condition = xml_next(condition, NULL)) {
        if (line.len)
            text_add(&line, " and ");
        add_condition(a, &line, condition);
    }
    const char *kept = arena_strdup(a->arena, text_cstr(&line));
    text_clear(&line);
    return kept;
}

static void read_rule(struct answer *a, struct rule_snapshot *out, const struct xml_node *item)
{
    out->arn = answer_text(a, item, "RuleArn");
    out->priority = answer_text(a, item, "Priority");
    out->conditions = read_conditions(a, item);
    elbv2_read_actions(a, &out->actions, item, "Actions");
}

bool elbv2_read_rules(struct listener_snapshot *listener, const char **next, struct arena *arena,
                      const struct text *answer, struct error *err)
{
    struct answer a = {.operation = "DescribeRules", .arena = arena, .err = err};
    struct xml_document doc;
    struct rule_snapshot *all = listener->rules;
    size_t n = listener->rule_count;

    const struct xml_node *result = answer_xml(&a, &doc, answer);
    const struct xml_node *item = answer_members(&a, result, "Rules");
    for (; item && !a.failed; item = xml_next(item, NULL)) {
        if (answer_flag(&a, item, "IsDefault") || a.failed)
            continue;
        struct rule_snapshot *rule = arena_append(arena, &all, &n, sizeof *rule);
        *rule = (struct rule_snapshot){0};
        read_rule(&a, rule, item);
    }
    const char *marker = answer_text_maybe(&a, result, "NextMarker");
    xml_document_clear(&doc);
    if (a.failed)
        return false;
    listener->rules = all;
    listener->rule_count = n;
    *next = marker;
    return true;
}
