/* The services and operations that the sandbox knows. */
#include <string.h>

#include "planner/base/text.h"
#include "providers/sandbox/wire_parts.h"

static const struct wire_service services[] = {
    {"ecs", "ecs", NULL, NULL, "AmazonEC2ContainerServiceV20141113", "application/x-amz-json-1.1"},
    {"elasticloadbalancing", "elasticloadbalancing", "2015-12-01",
     "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/", NULL, NULL},
    {"monitoring", "cloudwatch", "2010-08-01", "http://monitoring.amazonaws.com/doc/2010-08-01/",
     "GraniteServiceVersion20100801", "application/x-amz-json-1.0"},
    {"sts", "sts", "2011-06-15", "https://sts.amazonaws.com/doc/2011-06-15/", NULL, NULL},
};

static const char ecs[] = "ecs", elb[] = "elasticloadbalancing", monitoring[] = "monitoring";

static const struct wire_operation operations[] = {
    {ecs, "DescribeServices", wire_ecs_describe_services, "cluster services include"},
    {ecs, "UpdateService", wire_ecs_update_service, "cluster service desiredCount"},
    {ecs, "ListTasks", wire_ecs_list_tasks,
     "cluster serviceName desiredStatus family startedBy launchType maxResults nextToken"},
    {ecs, "DescribeTasks", wire_ecs_describe_tasks, "cluster tasks include"},
    {ecs, "DescribeClusters", wire_ecs_describe_clusters, "clusters include"},
    {ecs, "ListServices", wire_ecs_list_services,
     "cluster launchType schedulingStrategy maxResults nextToken"},
    {ecs, "ListClusters", wire_ecs_list_clusters, "maxResults nextToken"},
    {elb, "DescribeLoadBalancers", wire_elbv2_describe_load_balancers,
     "LoadBalancerArns Names Marker PageSize"},
    {elb, "DescribeLoadBalancerAttributes", wire_elbv2_describe_load_balancer_attributes,
     "LoadBalancerArn"},
    {elb, "DescribeTargetGroups", wire_elbv2_describe_target_groups,
     "LoadBalancerArn TargetGroupArns Names Marker PageSize"},
    {elb, "DescribeTargetGroupAttributes", wire_elbv2_describe_target_group_attributes,
     "TargetGroupArn"},
    {elb, "DescribeTargetHealth", wire_elbv2_describe_target_health,
     "TargetGroupArn Targets Include"},
    {elb, "DescribeTags", wire_elbv2_describe_tags, "ResourceArns"},
    {elb, "DescribeListeners", wire_elbv2_describe_listeners,
     "LoadBalancerArn ListenerArns Marker PageSize"},
    {elb, "DescribeRules", wire_elbv2_describe_rules, "ListenerArn RuleArns Marker PageSize"},
    {elb, "ModifyListener", wire_elbv2_modify_listener, "ListenerArn Port Protocol DefaultActions"},
    {monitoring, "GetMetricData", wire_cloudwatch_get_metric_data,
     "MetricDataQueries StartTime EndTime NextToken ScanBy MaxDatapoints LabelOptions"},
    {monitoring, "GetMetricStatistics", wire_cloudwatch_get_metric_statistics,
     "Namespace MetricName Dimensions StartTime EndTime Period Statistics ExtendedStatistics Unit"},
    {monitoring, "ListMetrics", wire_cloudwatch_list_metrics,
     "Namespace MetricName Dimensions NextToken RecentlyActive"},
    {"sts", "GetCallerIdentity", sts_get_caller_identity, ""},
};

const struct wire_service *wire_service_find(const char *signing_name)
{
    for (size_t i = 0; i < sizeof services / sizeof *services; i++)
        if (text_same(services[i].signing_name, signing_name))
            return &services[i];
    return NULL;
}

const struct wire_operation *wire_operation_find(const char *service, const char *name)
{
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
        if (text_same(operations[i].service, service) && text_same(operations[i].name, name))
            return &operations[i];
    return NULL;
}

bool wire_operation_is_known(const char *name)
{
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
        if (text_same(operations[i].name, name))
            return true;
    return false;
}

bool sts_get_caller_identity(struct wire_call *call)
{
    put_text(call->arena, call->out, "UserId", "AIDASANDBOXEXAMPLE");
    put_text(call->arena, call->out, "Account", call->world->setup->account);
    put_text(
        call->arena, call->out, "Arn",
        arena_printf(call->arena, "arn:aws:iam::%s:user/sandbox", call->world->setup->account));
    return true;
}
