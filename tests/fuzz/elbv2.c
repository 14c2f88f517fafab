/*
 * ELBv2's answers. A failure leaves alone what it would have filled; every default action that was
 * accepted can be sent back, kept and compared.
 */
#include <string.h>

#include "providers/aws/answer.h"
#include "providers/aws/elbv2.h"
#include "providers/aws/elbv2_listeners.h"
#include "tests/fuzz/aws.h"

static bool read_load_balancer(struct arena *arena, const struct text *answer, struct error *err)
{
    struct load_balancer_snapshot lb = {0}, before = {0};
    const char *next = NULL;
    if (!elbv2_read_load_balancer(&lb, &next, arena, &answers_subject, answer, err)) {
        must_hold(memcmp(&lb, &before, sizeof lb) == 0);
        return false;
    }
    must_hold(!lb.found || (lb.arn && lb.state));
    return true;
}

static bool read_groups(struct arena *arena, const struct text *answer, struct error *err)
{
    struct group_snapshot groups[ARM_COUNT] = {0}, before[ARM_COUNT] = {0};
    struct group_snapshot *const out[ARM_COUNT] = {&groups[0], &groups[1]};
    const char *next = NULL;
    if (!elbv2_read_groups(out, &next, arena, &answers_subject, answer, err)) {
        must_hold(memcmp(groups, before, sizeof groups) == 0);
        return false;
    }
    for (int arm = 0; arm < ARM_COUNT; arm++)
        must_hold(!groups[arm].found || groups[arm].arn);
    return true;
}

static bool read_health(struct arena *arena, const struct text *answer, struct error *err)
{
    struct group_snapshot group = {0}, before = {0};
    int64_t total = 0;
    if (!elbv2_read_health(&group, arena, answer, err)) {
        must_hold(memcmp(&group, &before, sizeof group) == 0);
        return false;
    }
    for (int i = 0; i < HEALTH_STATE_COUNT; i++)
        total += group.health[i];
    must_hold((size_t)total == group.target_count);
    for (size_t i = 0; i < group.target_count; i++) {
        must_hold(group.targets[i].id);
        must_hold(group.targets[i].state < HEALTH_STATE_COUNT);
    }
    return true;
}

static bool read_group_attributes(struct arena *arena, const struct text *answer, struct error *err)
{
    struct group_snapshot group = {0}, before = {0};
    if (!elbv2_read_group_attributes(&group, arena, answer, err)) {
        must_hold(memcmp(&group, &before, sizeof group) == 0);
        return false;
    }
    must_hold(group.slow_start_s >= 0 && group.slow_start_s <= ANSWER_COUNT_MAX);
    must_hold(group.deregistration_delay_s >= 0 &&
              group.deregistration_delay_s <= ANSWER_COUNT_MAX);
    return true;
}

static bool read_lb_attributes(struct arena *arena, const struct text *answer, struct error *err)
{
    struct load_balancer_snapshot lb = {0}, before = {0};
    if (!elbv2_read_load_balancer_attributes(&lb, arena, answer, err)) {
        must_hold(memcmp(&lb, &before, sizeof lb) == 0);
        return false;
    }
    must_hold(lb.client_keep_alive_s >= 0 && lb.client_keep_alive_s <= ANSWER_COUNT_MAX);
    return true;
}

static bool read_stack(struct arena *arena, const struct text *answer, struct error *err)
{
    struct load_balancer_snapshot lb = {0};
    bool read = elbv2_read_stack(&lb, arena, answer, err);
    must_hold(read || !lb.stack);
    fuzz_check_text(lb.stack);
    return read;
}

static bool read_listeners(struct arena *arena, const struct text *answer, struct error *err)
{
    struct listener_snapshot *listeners = NULL;
    size_t count = 0;
    const char *next = NULL;
    if (!elbv2_read_listeners(&listeners, &count, &next, arena, answer, err)) {
        must_hold(!listeners && !count);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        must_hold(listeners[i].arn && listeners[i].protocol);
        must_hold(listeners[i].port >= 0 && listeners[i].port <= 65535);
        aws_check_routing(&listeners[i].routing);
    }
    return true;
}

static bool read_rules(struct arena *arena, const struct text *answer, struct error *err)
{
    struct listener_snapshot listener = {0}, before = {0};
    const char *next = NULL;
    if (!elbv2_read_rules(&listener, &next, arena, answer, err)) {
        must_hold(memcmp(&listener, &before, sizeof listener) == 0);
        return false;
    }
    for (size_t i = 0; i < listener.rule_count; i++) {
        const struct rule_snapshot *rule = &listener.rules[i];
        must_hold(rule->arn && rule->priority && rule->conditions);
        fuzz_check_text(rule->conditions);
        aws_check_routing(&rule->actions);
    }
    return true;
}

static bool read_modified(struct arena *arena, const struct text *answer, struct error *err)
{
    (void)arena;
    return elbv2_read_modified(answer, err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct aws_reader readers[] = {
        {"DescribeLoadBalancers", read_load_balancer},
        {"DescribeTargetGroups", read_groups},
        {"DescribeTargetHealth", read_health},
        {"DescribeTargetGroupAttributes", read_group_attributes},
        {"DescribeLoadBalancerAttributes", read_lb_attributes},
        {"DescribeTags", read_stack},
        {"DescribeListeners", read_listeners},
        {"DescribeRules", read_rules},
        {"ModifyListener", read_modified},
    };
    aws_read_one(readers, sizeof readers / sizeof *readers, data, size);
    return 0;
}
