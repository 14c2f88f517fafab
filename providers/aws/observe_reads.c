#include "providers/aws/observe_reads.h"

#include <string.h>

#include "providers/aws/ecs.h"
#include "providers/aws/elbv2.h"
#include "providers/aws/elbv2_listeners.h"

static void keep_account(struct snapshot *s, const char *arn)
{
    const char *account = arn_account(&s->arena, arn);
    if (!s->subject.account && *account)
        s->subject.account = account;
}

/* ---- services ---- */

static void ask_services(struct text *body, struct observation *o, const struct read *read)
{
    (void)read;
    ecs_describe_services(body, &o->out->subject);
}

static bool take_services(struct observation *o, struct read *read, const struct text *answer,
                          struct error *err)
{
    (void)read;
    struct snapshot *s = o->out;
    struct service_snapshot services[ARM_COUNT];
    const char *cluster_arn;
    if (!ecs_read_services(services, &cluster_arn, &s->arena, &s->subject, answer, err))
        return false;
    if (cluster_arn && !s->subject.cluster_arn)
        s->subject.cluster_arn = cluster_arn;
    for (enum arm arm = 0; arm < ARM_COUNT; arm++) {
        s->arms[arm].service = services[arm];
        if (!services[arm].found)
            continue;
        keep_account(s, services[arm].arn);
        if (!s->subject.arms[arm].service_arn)
            s->subject.arms[arm].service_arn = services[arm].arn;
    }
    return true;
}

/* The snapshot begins with nothing found. */
static void leave_not_found(struct observation *o, struct read *read)
{
    (void)o, (void)read;
}

/* ---- load balancer ---- */

static void ask_load_balancer(struct text *body, struct observation *o, const struct read *read)
{
    elbv2_describe_load_balancer(body, &o->out->subject, read->marker);
}

static bool take_load_balancer(struct observation *o, struct read *read, const struct text *answer,
                               struct error *err)
{
    struct snapshot *s = o->out;
    struct load_balancer_snapshot *lb = &s->load_balancer;
    if (!elbv2_read_load_balancer(lb, &read->marker, &s->arena, &s->subject, answer, err))
        return false;
    if (lb->found && !s->subject.load_balancer_arn)
        s->subject.load_balancer_arn = lb->arn;
    keep_account(s, lb->arn);
    return true;
}

static void ask_lb_attributes(struct text *body, struct observation *o, const struct read *read)
{
    (void)read;
    elbv2_describe_load_balancer_attributes(body, o->out->subject.load_balancer_arn);
}

static bool take_lb_attributes(struct observation *o, struct read *read, const struct text *answer,
                               struct error *err)
{
    (void)read;
    struct snapshot *s = o->out;
    return elbv2_read_load_balancer_attributes(&s->load_balancer, &s->arena, answer, err);
}

static void ask_tags(struct text *body, struct observation *o, const struct read *read)
{
    (void)read;
    elbv2_describe_tags(body, o->out->subject.load_balancer_arn);
}

static bool take_tags(struct observation *o, struct read *read, const struct text *answer,
                      struct error *err)
{
    (void)read;
    return elbv2_read_stack(&o->out->load_balancer, &o->out->arena, answer, err);
}

/* ---- target groups: `which` is a mask of arms, or one arm ---- */

static void ask_groups(struct text *body, struct observation *o, const struct read *read)
{
    elbv2_describe_groups(body, &o->out->subject, read->which, read->marker);
}

static bool take_groups(struct observation *o, struct read *read, const struct text *answer,
                        struct error *err)
{
    struct snapshot *s = o->out;
    struct group_snapshot *groups[ARM_COUNT];
    for (enum arm arm = 0; arm < ARM_COUNT; arm++)
        groups[arm] = &s->arms[arm].group;
    if (!elbv2_read_groups(groups, &read->marker, &s->arena, &s->subject, answer, err))
        return false;
    for (enum arm arm = 0; arm < ARM_COUNT; arm++) {
        if (groups[arm]->found && !s->subject.arms[arm].target_group_arn)
            s->subject.arms[arm].target_group_arn = groups[arm]->arn;
        keep_account(s, groups[arm]->arn);
    }
    return true;
}

static void add_read(struct observation *o, const struct read_kind *kind, enum fact fact,
                     unsigned which)
{
    struct read **slot = arena_append(&o->arena, &o->reads, &o->read_count, sizeof *slot);
    struct read *read = *slot = arena_alloc(&o->arena, sizeof *read);
    *read = (struct read){.kind = kind, .fact = fact, .which = which};
}

/* One unknown name fails the request for all: each is asked for alone, to know which it is. */
static void ask_one_by_one(struct observation *o, struct read *read)
{
    for (enum arm arm = 0; arm < ARM_COUNT; arm++)
        if (read->which != 1u << arm && read->which & 1u << arm)
            add_read(o, read->kind, FACT_TARGET_GROUPS, 1u << arm);
}

static const char *group_arn(const struct observation *o, const struct read *read)
{
    return o->out->subject.arms[read->which].target_group_arn;
}

static void ask_health(struct text *body, struct observation *o, const struct read *read)
{
    elbv2_describe_health(body, group_arn(o, read));
}

static bool take_health(struct observation *o, struct read *read, const struct text *answer,
                        struct error *err)
{
    struct snapshot *s = o->out;
    return elbv2_read_health(&s->arms[read->which].group, &s->arena, answer, err);
}

static void ask_group_attributes(struct text *body, struct observation *o, const struct read *read)
{
    elbv2_describe_group_attributes(body, group_arn(o, read));
}

static bool take_group_attributes(struct observation *o, struct read *read,
                                  const struct text *answer, struct error *err)
{
    struct snapshot *s = o->out;
    return elbv2_read_group_attributes(&s->arms[read->which].group, &s->arena, answer, err);
}

/* ---- listeners, and their rules: `which` is the listener ---- */

static void ask_rules(struct text *body, struct observation *o, const struct read *read)
{
    elbv2_describe_rules(body, o->out->listeners[read->which].arn, read->marker);
}

static bool take_rules(struct observation *o, struct read *read, const struct text *answer,
                       struct error *err)
{
    struct listener_snapshot *listener = &o->out->listeners[read->which];
    return elbv2_read_rules(listener, &read->marker, &o->out->arena, answer, err);
}

static const struct read_kind rules_kind = {
    .operation = &aws_operations[OPERATION_DESCRIBE_RULES],
    .needs = NEEDS_NOTHING,
    .request = ask_rules,
    .answer = take_rules,
};

static void ask_listeners(struct text *body, struct observation *o, const struct read *read)
{
    elbv2_describe_listeners(body, o->out->subject.load_balancer_arn, read->marker);
}

static bool take_listeners(struct observation *o, struct read *read, const struct text *answer,
                           struct error *err)
{
    struct snapshot *s = o->out;
    if (!elbv2_read_listeners(&s->listeners, &s->listener_count, &read->marker, &s->arena, answer,
                              err))
        return false;
    if (!read->marker && o->facts & FACT_RULES)
        for (size_t i = 0; i < s->listener_count; i++)
            add_read(o, &rules_kind, FACT_RULES, (unsigned)i);
    return true;
}

/* ---- metrics ---- */

static void ask_metrics(struct text *body, struct observation *o, const struct read *read)
{
    cloudwatch_get_metric_data(body, &o->metrics, read->marker);
}

static bool take_metrics(struct observation *o, struct read *read, const struct text *answer,
                         struct error *err)
{
    return cloudwatch_read_page(&o->metrics, &read->marker, &o->out->arena, answer, err) &&
           (read->marker || cloudwatch_finish(&o->metrics, err));
}

/* ---- the table ---- */

enum { NO_ARM, EACH_ARM, BOTH_ARMS }; /* what `which` is, and how many reads there are */

static const struct {
    unsigned facts; /* one bit; with EACH_ARM of health one bit an arm */
    int arms;
    struct read_kind kind;
} rows[] = {
    {FACT_SERVICES,
     NO_ARM,
     {&aws_operations[OPERATION_DESCRIBE_SERVICES], NEEDS_NOTHING, ask_services, take_services,
      leave_not_found, "ClusterNotFound"}},
    {FACT_LOAD_BALANCER,
     NO_ARM,
     {&aws_operations[OPERATION_DESCRIBE_LOAD_BALANCERS], NEEDS_NOTHING, ask_load_balancer,
      take_load_balancer, leave_not_found, "LoadBalancerNotFound"}},
    {FACT_TARGET_GROUPS,
     BOTH_ARMS,
     {&aws_operations[OPERATION_DESCRIBE_TARGET_GROUPS], NEEDS_NOTHING, ask_groups, take_groups,
      ask_one_by_one, "TargetGroupNotFound"}},
    {FACT_LISTENERS,
     NO_ARM,
     {&aws_operations[OPERATION_DESCRIBE_LISTENERS], NEEDS_LOAD_BALANCER, ask_listeners,
      take_listeners, NULL, NULL}},
    {FACTS_HEALTH,
     EACH_ARM,
     {&aws_operations[OPERATION_DESCRIBE_TARGET_HEALTH], NEEDS_GROUP, ask_health, take_health, NULL,
      NULL}},
    {FACT_GROUP_ATTRIBUTES,
     EACH_ARM,
     {&aws_operations[OPERATION_DESCRIBE_GROUP_ATTRIBUTES], NEEDS_GROUP, ask_group_attributes,
      take_group_attributes, NULL, NULL}},
    {FACT_LB_ATTRIBUTES,
     NO_ARM,
     {&aws_operations[OPERATION_DESCRIBE_LB_ATTRIBUTES], NEEDS_LOAD_BALANCER, ask_lb_attributes,
      take_lb_attributes, NULL, NULL}},
    {FACT_TAGS,
     NO_ARM,
     {&aws_operations[OPERATION_DESCRIBE_TAGS], NEEDS_LOAD_BALANCER, ask_tags, take_tags, NULL,
      NULL}},
    {FACT_METRICS,
     NO_ARM,
     {&aws_operations[OPERATION_GET_METRIC_DATA], NEEDS_DIMENSIONS, ask_metrics, take_metrics, NULL,
      NULL}},
};

static enum fact health_fact(enum arm arm)
{
    return arm == ARM_SOURCE ? FACT_HEALTH_SOURCE : FACT_HEALTH_TARGET;
}

void observe_add_reads(struct observation *o)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unsigned facts = rows[i].facts & o->facts;
        if (facts && rows[i].arms != EACH_ARM)
            add_read(o, &rows[i].kind, (enum fact)facts,
                     rows[i].arms == BOTH_ARMS ? (1u << ARM_COUNT) - 1 : 0);
        for (enum arm arm = 0; arm < ARM_COUNT && rows[i].arms == EACH_ARM; arm++) {
            enum fact fact =
                rows[i].facts == FACTS_HEALTH ? health_fact(arm) : (enum fact)rows[i].facts;
            if (facts & fact)
                add_read(o, &rows[i].kind, fact, arm);
        }
    }
}

const struct aws_operation *observe_operation(enum fact fact)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].facts & fact)
            return rows[i].kind.operation;
    return fact == FACT_RULES ? rules_kind.operation : NULL;
}

unsigned observe_with_needs(unsigned facts, const struct subject *subject)
{
    if (facts & FACT_RULES)
        facts |= FACT_LISTENERS;
    const unsigned of_load_balancer =
        FACT_LISTENERS | FACT_LB_ATTRIBUTES | FACT_TAGS | FACT_METRICS;
    if (facts & of_load_balancer && !subject->load_balancer_arn)
        facts |= FACT_LOAD_BALANCER;
    const unsigned of_groups = FACT_LISTENERS | FACTS_HEALTH | FACT_GROUP_ATTRIBUTES | FACT_METRICS;
    if (facts & of_groups &&
        !(subject->arms[ARM_SOURCE].target_group_arn && subject->arms[ARM_TARGET].target_group_arn))
        facts |= FACT_TARGET_GROUPS;
    return facts;
}
