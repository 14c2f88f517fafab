/* ELBv2: load balancers, target groups, health, tags (API reference, 2015-12-01). */
#include <stdio.h>
#include <string.h>

#include "planner/base/text.h"
#include "providers/sandbox/wire_parts.h"

enum { PAGE_MAX = 400, TAGGED_AT_ONCE = 20 };

static const char vpc[] = "vpc-0a1b2c3d4e5f60718";

/* Whether the list parameter names the text, or is not given. */
static bool is_asked(const struct params *params, const char *list, const char *text)
{
    size_t count = param_list(params, list);
    for (size_t i = 1; i <= count; i++)
        if (text_same(param_text(params, "%s.member.%zu", list, i), text))
            return true;
    return count == 0;
}

/* What AWS answers for a name or ARN that stands for nothing. */
static bool all_found(struct wire_call *call, const char *list, size_t found, const char *code,
                      const char *what)
{
    if (param_list(call->params, list) == 0 || found >= param_list(call->params, list))
        return true;
    return refuse(call->why, 400, code, "One or more %s not found", what);
}

/* ---- load balancers ---- */

static void put_load_balancer(struct wire_call *call, struct wire_node *node)
{
    const struct world_load_balancer *lb = &call->world->load_balancer;
    struct arena *arena = call->arena;
    put_text(arena, node, "LoadBalancerArn", lb->arn);
    put_text(arena, node, "DNSName", lb->dns_name);
    put_text(arena, node, "CanonicalHostedZoneId", "Z35SXDOTRQ7X7K");
    put_time(arena, node, "CreatedTime", lb->created_at);
    put_text(arena, node, "LoadBalancerName", lb->name);
    put_text(arena, node, "Scheme", "internal");
    put_text(arena, node, "VpcId", vpc);
    put_text(arena, put_struct(arena, node, "State"), "Code", "active");
    put_text(arena, node, "Type", "application");
    struct wire_node *zones = put_list(arena, node, "AvailabilityZones");
    for (int zone = 0; zone < 2; zone++) {
        struct wire_node *z = put_struct(arena, zones, NULL);
        put_text(arena, z, "ZoneName", zone_name(call, zone));
        put_text(arena, z, "SubnetId",
                 zone ? "subnet-0b000000000000002" : "subnet-0a000000000000001");
        put_list(arena, z, "LoadBalancerAddresses");
    }
    put_text(arena, put_list(arena, node, "SecurityGroups"), NULL, "sg-0123456789abcdef0");
    put_text(arena, node, "IpAddressType", "ipv4");
}

bool wire_elbv2_describe_load_balancers(struct wire_call *call)
{
    const struct world_load_balancer *lb = &call->world->load_balancer;
    if (!wire_list_is_short(call, "Names") || !wire_list_is_short(call, "LoadBalancerArns"))
        return false;
    bool found = lb->exists && is_asked(call->params, "Names", lb->name) &&
                 is_asked(call->params, "LoadBalancerArns", lb->arn);
    struct page page;
    if (param_list(call->params, "Names") > found ||
        param_list(call->params, "LoadBalancerArns") > found) {
        const char *name = param_text(call->params, "Names.member.1");
        if (name && !found)
            return refuse(call->why, 400, "LoadBalancerNotFound",
                          "Load balancers '[%.80s]' not found", name);
        return refuse(call->why, 400, "LoadBalancerNotFound",
                      "One or more load balancers not found");
    }
    if (!page_read(&page, call, "Marker", "PageSize", found, PAGE_MAX))
        return false;
    struct wire_node *list = put_list(call->arena, call->out, "LoadBalancers");
    if (found)
        put_load_balancer(call, put_struct(call->arena, list, NULL));
    return true;
}

static void put_pair(struct wire_call *call, struct wire_node *list, const char *key,
                     const char *value)
{
    struct wire_node *node = put_struct(call->arena, list, NULL);
    put_text(call->arena, node, "Key", key);
    put_text(call->arena, node, "Value", value);
}

static void put_number_pair(struct wire_call *call, struct wire_node *list, const char *key,
                            int64_t value)
{
    put_pair(call, list, key, arena_printf(call->arena, "%lld", (long long)value));
}

static bool is_load_balancer(const struct wire_call *call, const char *arn)
{
    return call->world->load_balancer.exists && text_same(arn, call->world->load_balancer.arn);
}

bool wire_elbv2_describe_load_balancer_attributes(struct wire_call *call)
{
    if (!is_load_balancer(call, param_text(call->params, "LoadBalancerArn")))
        return refuse(call->why, 400, "LoadBalancerNotFound",
                      "One or more load balancers not found");
    struct wire_node *list = put_list(call->arena, call->out, "Attributes");
    put_pair(call, list, "access_logs.s3.enabled", "false");
    put_pair(call, list, "access_logs.s3.bucket", "");
    put_pair(call, list, "access_logs.s3.prefix", "");
    put_pair(call, list, "idle_timeout.timeout_seconds", "60");
    put_pair(call, list, "deletion_protection.enabled", "false");
    put_pair(call, list, "routing.http2.enabled", "false");
    put_pair(call, list, "routing.http.drop_invalid_header_fields.enabled", "false");
    put_pair(call, list, "load_balancing.cross_zone.enabled", "true");
    put_number_pair(call, list, "client_keep_alive.seconds",
                    call->world->load_balancer.client_keep_alive_s);
    return true;
}

/* ---- target groups ---- */

static void put_group(struct wire_call *call, struct wire_node *node, int index)
{
    const struct world_group *group = &call->world->groups[index];
    struct arena *arena = call->arena;
    put_text(arena, node, "TargetGroupArn", group->arn);
    put_text(arena, node, "TargetGroupName", group->name);
    put_text(arena, node, "Protocol", "HTTPS");
    put_int(arena, node, "Port", 9200);
    put_text(arena, node, "VpcId", vpc);
    put_text(arena, node, "HealthCheckProtocol", "HTTPS");
    put_text(arena, node, "HealthCheckPort", "traffic-port");
    put_bool(arena, node, "HealthCheckEnabled", true);
    put_int(arena, node, "HealthCheckIntervalSeconds", group->attributes.health_interval_s);
    put_int(arena, node, "HealthCheckTimeoutSeconds", 5);
    put_int(arena, node, "HealthyThresholdCount", group->attributes.healthy_threshold);
    put_int(arena, node, "UnhealthyThresholdCount", group->attributes.unhealthy_threshold);
    put_text(arena, node, "HealthCheckPath", "/");
    put_text(arena, put_struct(arena, node, "Matcher"), "HttpCode", "200-499");
    struct wire_node *users = put_list(arena, node, "LoadBalancerArns");
    if (call->world->load_balancer.exists && group_in_use(call->world, index))
        put_text(arena, users, NULL, call->world->load_balancer.arn);
    put_text(arena, node, "TargetType", "ip");
    put_text(arena, node, "ProtocolVersion", "HTTP1");
    put_text(arena, node, "IpAddressType", "ipv4");
}

bool wire_elbv2_describe_target_groups(struct wire_call *call)
{
    const char *of = param_text(call->params, "LoadBalancerArn");
    int found[WORLD_GROUP_COUNT];
    size_t total = 0;
    struct page page;

    if (!wire_list_is_short(call, "Names") || !wire_list_is_short(call, "TargetGroupArns"))
        return false;
    if (of && !is_load_balancer(call, of))
        return refuse(call->why, 400, "LoadBalancerNotFound",
                      "One or more load balancers not found");
    for (int g = 0; g < WORLD_GROUP_COUNT; g++) {
        const struct world_group *group = &call->world->groups[g];
        if (group->exists && is_asked(call->params, "Names", group->name) &&
            is_asked(call->params, "TargetGroupArns", group->arn) &&
            (!of || group_in_use(call->world, g)))
            found[total++] = g;
    }
    if (!all_found(call, "Names", total, "TargetGroupNotFound", "target groups") ||
        !all_found(call, "TargetGroupArns", total, "TargetGroupNotFound", "target groups") ||
        !page_read(&page, call, "Marker", "PageSize", total, PAGE_MAX))
        return false;
    struct wire_node *list = put_list(call->arena, call->out, "TargetGroups");
    for (size_t i = page.from; i < page.to; i++)
        put_group(call, put_struct(call->arena, list, NULL), found[i]);
    put_text(call->arena, call->out, "NextMarker", page.next);
    return true;
}

static const struct world_group *asked_group(struct wire_call *call)
{
    const char *arn = param_text(call->params, "TargetGroupArn");
    const struct world_group *group = arn ? world_group(call->world, arn) : NULL;
    if (!group)
        refuse(call->why, 400, "TargetGroupNotFound", "One or more target groups not found");
    return group;
}

bool wire_elbv2_describe_target_group_attributes(struct wire_call *call)
{
    const struct world_group *group = asked_group(call);
    if (!group)
        return false;
    struct wire_node *list = put_list(call->arena, call->out, "Attributes");
    put_pair(call, list, "stickiness.enabled", group->attributes.sticky ? "true" : "false");
    put_number_pair(call, list, "deregistration_delay.timeout_seconds",
                    group->attributes.deregistration_delay_s);
    put_pair(call, list, "stickiness.type", "lb_cookie");
    put_number_pair(call, list, "stickiness.lb_cookie.duration_seconds",
                    group->attributes.sticky_s);
    put_number_pair(call, list, "slow_start.duration_seconds", group->attributes.slow_start_s);
    put_pair(call, list, "load_balancing.algorithm.type", "round_robin");
    put_pair(call, list, "load_balancing.cross_zone.enabled", "use_load_balancer_configuration");
    return true;
}

/* ---- health ---- */

static void put_target(struct wire_call *call, struct wire_node *list,
                       const struct world_target *target)
{
    struct arena *arena = call->arena;
    struct wire_node *node = put_struct(arena, list, NULL);
    struct wire_node *id = put_struct(arena, node, "Target");
    put_text(arena, id, "Id", target->ip);
    put_int(arena, id, "Port", target->port);
    put_text(arena, id, "AvailabilityZone", zone_name(call, target->zone));
    put_text(arena, node, "HealthCheckPort", arena_printf(arena, "%d", target->port));
    struct wire_node *health = put_struct(arena, node, "TargetHealth");
    put_text(arena, health, "State", health_state_name(target->state));
    put_text(arena, health, "Reason", target->reason);
    put_text(arena, health, "Description", target->description);
}

static const struct world_target *find_target(const struct world_group *group, const char *id)
{
    for (size_t i = 0; i < group->target_count; i++)
        if (text_same(group->targets[i].ip, id))
            return &group->targets[i];
    return NULL;
}

bool wire_elbv2_describe_target_health(struct wire_call *call)
{
    const struct world_group *group = asked_group(call);
    size_t count = param_list(call->params, "Targets");
    if (!group)
        return false;
    struct wire_node *list = put_list(call->arena, call->out, "TargetHealthDescriptions");
    for (size_t i = 1; i <= count; i++) {
        const char *id = param_text(call->params, "Targets.member.%zu.Id", i);
        const struct world_target *found = id ? find_target(group, id) : NULL;
        if (!found)
            return refuse(call->why, 400, "InvalidTarget",
                          "The following targets are not registered: '%.80s'", id ? id : "");
        put_target(call, list, found);
    }
    for (size_t i = 0; i < group->target_count && !count; i++)
        put_target(call, list, &group->targets[i]);
    return true;
}

/* ---- tags ---- */

static bool has_tags(const struct wire_call *call, const char *arn)
{
    if (is_load_balancer(call, arn) || world_group(call->world, arn) ||
        world_listener(call->world, arn))
        return true;
    for (size_t i = 0; i < call->world->listener_count; i++) {
        const struct world_listener *listener = &call->world->listeners[i];
        if (text_same(arn, listener->default_rule_arn))
            return true;
        for (size_t r = 0; r < listener->rule_count; r++)
            if (text_same(arn, listener->rules[r].arn))
                return true;
    }
    return false;
}

/* CloudFormation's own tags are on the load balancer, not dependably elsewhere. */
static void put_tags(struct wire_call *call, struct wire_node *list, const char *arn)
{
    const struct world_setup *setup = call->world->setup;
    if (setup->version)
        put_pair(call, list, "migration_deployment", setup->version);
    if (!setup->stack || !is_load_balancer(call, arn))
        return;
    put_pair(call, list, "aws:cloudformation:stack-name", setup->stack);
    put_pair(call, list, "aws:cloudformation:logical-id", "ALB");
    put_pair(call, list, "aws:cloudformation:stack-id",
             deployment_arn(
                 call, "cloudformation",
                 arena_printf(call->arena, "stack/%s/%.8s", setup->stack, strrchr(arn, '/') + 1)));
}

bool wire_elbv2_describe_tags(struct wire_call *call)
{
    size_t count = param_list(call->params, "ResourceArns");
    if (count == 0 || count > TAGGED_AT_ONCE)
        return refuse(call->why, 400, "ValidationError", "1 to 20 resources may be given");
    struct wire_node *list = put_list(call->arena, call->out, "TagDescriptions");
    for (size_t i = 1; i <= count; i++) {
        const char *arn = param_text(call->params, "ResourceArns.member.%zu", i);
        if (!arn || !has_tags(call, arn))
            return refuse(call->why, 400,
                          arn && strstr(arn, ":targetgroup/") ? "TargetGroupNotFound"
                                                              : "LoadBalancerNotFound",
                          "'%.200s' is not found", arn ? arn : "");
        struct wire_node *node = put_struct(call->arena, list, NULL);
        put_text(call->arena, node, "ResourceArn", arn);
        put_tags(call, put_list(call->arena, node, "Tags"), arn);
    }
    return true;
}
