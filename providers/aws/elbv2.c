#include "providers/aws/elbv2.h"

#include <stdlib.h>
#include <string.h>

#include "providers/aws/answer.h"
#include "providers/aws/client.h"

/* ---- requests ---- */

static void begin(struct text *body, const char *operation, const char *marker)
{
    aws_query_begin(body, AWS_ELBV2, operation);
    if (marker)
        aws_query_add(body, "Marker", marker);
}

void elbv2_describe_load_balancer(struct text *body, const struct subject *subject,
                                  const char *marker)
{
    begin(body, "DescribeLoadBalancers", marker);
    if (subject->load_balancer_arn)
        aws_query_add(body, "LoadBalancerArns.member.1", subject->load_balancer_arn);
    else
        aws_query_add(body, "Names.member.1", subject->load_balancer);
}

/* One list of one kind: ELBv2 takes names or ARNs, not both. */
void elbv2_describe_groups(struct text *body, const struct subject *subject, unsigned arms,
                           const char *marker)
{
    bool by_arn = true;
    for (enum arm arm = 0; arm < ARM_COUNT; arm++)
        if (arms & 1u << arm && !subject->arms[arm].target_group_arn)
            by_arn = false;

    begin(body, "DescribeTargetGroups", marker);
    int n = 0;
    for (enum arm arm = 0; arm < ARM_COUNT; arm++) {
        const struct arm_subject *s = &subject->arms[arm];
        if (arms & 1u << arm)
            aws_query_addf(body, by_arn ? s->target_group_arn : s->target_group, "%s.member.%d",
                           by_arn ? "TargetGroupArns" : "Names", ++n);
    }
}

void elbv2_describe_health(struct text *body, const char *group_arn)
{
    begin(body, "DescribeTargetHealth", NULL);
    aws_query_add(body, "TargetGroupArn", group_arn);
}

void elbv2_describe_group_attributes(struct text *body, const char *group_arn)
{
    begin(body, "DescribeTargetGroupAttributes", NULL);
    aws_query_add(body, "TargetGroupArn", group_arn);
}

void elbv2_describe_load_balancer_attributes(struct text *body, const char *load_balancer_arn)
{
    begin(body, "DescribeLoadBalancerAttributes", NULL);
    aws_query_add(body, "LoadBalancerArn", load_balancer_arn);
}

void elbv2_describe_tags(struct text *body, const char *load_balancer_arn)
{
    begin(body, "DescribeTags", NULL);
    aws_query_add(body, "ResourceArns.member.1", load_balancer_arn);
}

/* ---- answers ---- */

bool elbv2_read_load_balancer(struct load_balancer_snapshot *out, const char **next,
                              struct arena *arena, const struct subject *subject,
                              const struct text *answer, struct error *err)
{
    struct answer a = {.operation = "DescribeLoadBalancers", .arena = arena, .err = err};
    struct xml_document doc;
    struct load_balancer_snapshot found = *out;

    const struct xml_node *result = answer_xml(&a, &doc, answer);
    const struct xml_node *item = answer_members(&a, result, "LoadBalancers");
    for (; item && !a.failed; item = xml_next(item, NULL)) {
        const char *arn = answer_text(&a, item, "LoadBalancerArn");
        const char *name = answer_text(&a, item, "LoadBalancerName");
        const char *state = answer_text(&a, item, "State/Code");
        if (a.failed || !(subject->load_balancer_arn ? text_same(arn, subject->load_balancer_arn)
                                                     : text_same(name, subject->load_balancer)))
            continue;
        found.found = true;
        found.arn = arn;
        found.state = state;
    }
    const char *marker = answer_text_maybe(&a, result, "NextMarker");
    xml_document_clear(&doc);
    if (a.failed)
        return false;
    *out = found;
    *next = marker;
    return true;
}

static bool same_group(const struct arm_subject *asked, const char *arn, const char *name)
{
    return asked->target_group_arn ? text_same(arn, asked->target_group_arn)
                                   : text_same(name, asked->target_group);
}

static void read_load_balancers(struct answer *a, struct group_snapshot *group,
                                const struct xml_node *item)
{
    const struct xml_node *member = answer_members_maybe(a, item, "LoadBalancerArns");
    for (; member && !a->failed; member = xml_next(member, NULL)) {
        const char **slot = arena_append(a->arena, &group->load_balancers,
                                         &group->load_balancer_count, sizeof *slot);
        *slot = answer_text(a, member, "");
    }
}

bool elbv2_read_groups(struct group_snapshot *const out[ARM_COUNT], const char **next,
                       struct arena *arena, const struct subject *subject,
                       const struct text *answer, struct error *err)
{
    struct answer a = {.operation = "DescribeTargetGroups", .arena = arena, .err = err};
    struct xml_document doc;
    struct group_snapshot groups[ARM_COUNT];
    for (enum arm arm = 0; arm < ARM_COUNT; arm++)
        groups[arm] = *out[arm];

    const struct xml_node *result = answer_xml(&a, &doc, answer);
    const struct xml_node *item = answer_members(&a, result, "TargetGroups");
    for (; item && !a.failed; item = xml_next(item, NULL)) {
        const char *arn = answer_text(&a, item, "TargetGroupArn");
        const char *name = answer_text(&a, item, "TargetGroupName");
        for (enum arm arm = 0; arm < ARM_COUNT && !a.failed; arm++) {
            struct group_snapshot *group = &groups[arm];
            if (!same_group(&subject->arms[arm], arn, name))
                continue;
            group->found = true;
            group->arn = arn;
            group->load_balancers = NULL;
            group->load_balancer_count = 0;
            read_load_balancers(&a, group, item);
        }
    }
    const char *marker = answer_text_maybe(&a, result, "NextMarker");
    xml_document_clear(&doc);
    if (a.failed)
        return false;
    for (enum arm arm = 0; arm < ARM_COUNT; arm++)
        *out[arm] = groups[arm];
    *next = marker;
    return true;
}

static enum health_state health_state(const char *name)
{
    for (enum health_state state = 0; state < HEALTH_OTHER; state++)
        if (text_same(name, health_state_name(state)))
            return state;
    return HEALTH_OTHER;
}

static void read_target(struct answer *a, struct target_health *out, const struct xml_node *item)
{
    out->id = answer_text(a, item, "Target/Id");
    if (xml_find(item, "Target/Port")) /* a lambda has none */
        out->port = (int)answer_count(a, item, "Target/Port");
    const char *state = answer_text(a, item, "TargetHealth/State");
    out->state = health_state(state);
    out->reason = answer_text_maybe(a, item, "TargetHealth/Reason");
    out->description = answer_text_maybe(a, item, "TargetHealth/Description");
    if (out->state == HEALTH_OTHER && !a->failed) /* AWS's word for it would be lost otherwise */
        out->description =
            out->description ? arena_printf(a->arena, "%s: %s", state, out->description) : state;
}

bool elbv2_read_health(struct group_snapshot *group, struct arena *arena, const struct text *answer,
                       struct error *err)
{
    struct answer a = {.operation = "DescribeTargetHealth", .arena = arena, .err = err};
    struct xml_document doc;
    struct target_health *targets = NULL;
    size_t count = 0;
    int64_t by_state[HEALTH_STATE_COUNT] = {0};

    const struct xml_node *result = answer_xml(&a, &doc, answer);
    const struct xml_node *item = answer_members(&a, result, "TargetHealthDescriptions");
    for (; item && !a.failed; item = xml_next(item, NULL)) {
        struct target_health *target = arena_append(arena, &targets, &count, sizeof *target);
        read_target(&a, target, item);
        by_state[target->state]++;
    }
    xml_document_clear(&doc);
    if (a.failed)
        return false;
    group->targets = targets;
    group->target_count = count;
    memcpy(group->health, by_state, sizeof by_state);
    return true;
}

/* The value of an attribute or a tag in a list of <Key> and <Value>, or NULL. */
static const char *value_of(struct answer *a, const struct xml_node *members, const char *key)
{
    const char *value = NULL;
    for (; members && !a->failed; members = xml_next(members, NULL))
        if (text_same(answer_text(a, members, "Key"), key))
            value = answer_text_maybe(a, members, "Value");
    return value;
}

/* Whole seconds; 0 when there is no such attribute. */
static int64_t seconds_of(struct answer *a, const struct xml_node *members, const char *key)
{
    const char *value = value_of(a, members, key);
    if (!value)
        return 0;
    if (strlen(value) > 9 || value[strspn(value, "0123456789")]) {
        answer_fail(a, "%s is not a count of seconds", key);
        return 0;
    }
    return strtol(value, NULL, 10);
}

bool elbv2_read_group_attributes(struct group_snapshot *group, struct arena *arena,
                                 const struct text *answer, struct error *err)
{
    struct answer a = {.operation = "DescribeTargetGroupAttributes", .arena = arena, .err = err};
    struct xml_document doc;
    const struct xml_node *result = answer_xml(&a, &doc, answer);
    const struct xml_node *list = answer_members(&a, result, "Attributes");
    const char *sticky = value_of(&a, list, "stickiness.enabled");
    int64_t slow_start = seconds_of(&a, list, "slow_start.duration_seconds");
    int64_t delay = seconds_of(&a, list, "deregistration_delay.timeout_seconds");
    if (sticky && !text_same(sticky, "true") && !text_same(sticky, "false"))
        answer_fail(&a, "stickiness.enabled is neither true nor false");
    xml_document_clear(&doc);
    if (a.failed)
        return false;
    group->sticky = text_same(sticky, "true");
    group->slow_start_s = slow_start;
    group->deregistration_delay_s = delay;
    return true;
}

bool elbv2_read_load_balancer_attributes(struct load_balancer_snapshot *out, struct arena *arena,
                                         const struct text *answer, struct error *err)
{
    struct answer a = {.operation = "DescribeLoadBalancerAttributes", .arena = arena, .err = err};
    struct xml_document doc;
    const struct xml_node *result = answer_xml(&a, &doc, answer);
    const struct xml_node *list = answer_members(&a, result, "Attributes");
    int64_t keep_alive = seconds_of(&a, list, "client_keep_alive.seconds");
    xml_document_clear(&doc);
    if (a.failed)
        return false;
    out->client_keep_alive_s = keep_alive;
    return true;
}

bool elbv2_read_stack(struct load_balancer_snapshot *out, struct arena *arena,
                      const struct text *answer, struct error *err)
{
    struct answer a = {.operation = "DescribeTags", .arena = arena, .err = err};
    struct xml_document doc;
    const char *stack = NULL;
    const struct xml_node *result = answer_xml(&a, &doc, answer);
    const struct xml_node *item = answer_members(&a, result, "TagDescriptions");
    for (; item && !a.failed; item = xml_next(item, NULL)) {
        const struct xml_node *tags = answer_members_maybe(&a, item, "Tags");
        const char *value = value_of(&a, tags, "aws:cloudformation:stack-name");
        stack = value ? value : stack;
    }
    xml_document_clear(&doc);
    if (a.failed)
        return false;
    out->stack = stack;
    return true;
}
