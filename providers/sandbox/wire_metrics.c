/* CloudWatch: which metrics there are, and by which dimensions they are known (FACTS). */
#include <string.h>

#include "planner/base/text.h"
#include "planner/base/time.h"
#include "providers/sandbox/wire_parts.h"

enum { LIST_PAGE_MAX = 500 };

/* CloudWatch's dimension values: the ARN's end from "app/" and from "targetgroup/" on. */
static const char *load_balancer_value(const struct wire_call *call)
{
    return strstr(call->world->load_balancer.arn, "app/");
}

static const char *group_value(const struct wire_call *call, int group)
{
    return strstr(call->world->groups[group].arn, "targetgroup/");
}

bool wire_cloudwatch_scope_at(struct metric_scope *out, const char **metric_namespace,
                              struct dimension dimensions[2], size_t *dimension_count,
                              const struct wire_call *call, size_t i)
{
    const struct world *world = call->world;
    *dimension_count = 2;
    *metric_namespace = "AWS/ApplicationELB";
    if (i == 0) {
        *out = (struct metric_scope){SCOPE_LOAD_BALANCER, 0};
        *dimension_count = 1;
        dimensions[0] = (struct dimension){"LoadBalancer", load_balancer_value(call)};
        return true;
    }
    i--;
    if (i < WORLD_GROUP_COUNT) {
        *out = (struct metric_scope){SCOPE_GROUP, (int)i};
        dimensions[0] = (struct dimension){"TargetGroup", group_value(call, (int)i)};
        dimensions[1] = (struct dimension){"LoadBalancer", load_balancer_value(call)};
        return true;
    }
    i -= WORLD_GROUP_COUNT;
    if (i < ARM_COUNT) {
        *out = (struct metric_scope){SCOPE_SERVICE, (int)i};
        *metric_namespace = "AWS/ECS";
        dimensions[0] = (struct dimension){"ClusterName", strrchr(world->cluster_arn, '/') + 1};
        dimensions[1] = (struct dimension){"ServiceName", world->services[i].name};
        return true;
    }
    *out = (struct metric_scope){SCOPE_REPLAYER, 0};
    *metric_namespace = "OpenSearchMigrations";
    dimensions[0] = (struct dimension){"OTelLib", "replayer"};
    dimensions[1] = (struct dimension){"qualifier", world->setup->stage};
    return i == ARM_COUNT;
}

static bool has_dimension(const struct dimension *dimensions, size_t count,
                          const struct dimension *wanted)
{
    for (size_t i = 0; i < count; i++)
        if (text_same(dimensions[i].name, wanted->name) &&
            text_same(dimensions[i].value, wanted->value))
            return true;
    return false;
}

bool wire_cloudwatch_scope(struct metric_scope *out, const struct wire_call *call,
                           const char *metric_namespace, const struct dimension *dimensions,
                           size_t count)
{
    struct dimension own[2];
    const char *own_namespace;
    size_t own_count;
    for (size_t i = 0; wire_cloudwatch_scope_at(out, &own_namespace, own, &own_count, call, i);
         i++) {
        bool same = own_count == count && text_same(own_namespace, metric_namespace);
        for (size_t d = 0; d < own_count && same; d++)
            same = has_dimension(dimensions, count, &own[d]);
        if (same)
            return true;
    }
    return false;
}

bool wire_cloudwatch_dimensions(struct dimension out[DIMENSIONS_MAX], size_t *count,
                                struct wire_call *call, const char *prefix)
{
    *count = param_list(call->params, prefix);
    if (*count > DIMENSIONS_MAX)
        return refuse(call->why, 400, "ValidationError", "At most 30 dimensions may be given");
    for (size_t i = 0; i < *count; i++) {
        out[i].name = param_text(call->params, "%s.member.%zu.Name", prefix, i + 1);
        out[i].value = param_text(call->params, "%s.member.%zu.Value", prefix, i + 1);
        if (!out[i].name)
            return refuse(call->why, 400, "ValidationError", "A dimension needs a Name");
    }
    return true;
}

/* ---- ListMetrics ---- */

struct listed {
    const char *metric_namespace, *name;
    struct dimension dimensions[2];
    size_t dimension_count;
};

/* A metric is listed once it has reported something; then CloudWatch remembers it for two weeks. */
static bool has_reported(const struct wire_call *call, struct metric_scope scope, const char *name)
{
    struct metric_query query = {scope, name, STAT_SUM, 0, MINUTE_MS};
    const struct world_minutes *minutes = call->world->minutes;
    double value;
    for (size_t i = 0; i < minutes->count; i++)
        if (world_metric(call->world, &query, minutes->start_at + (int64_t)i * MINUTE_MS, &value))
            return true;
    return false;
}

static bool passes_filters(const struct listed *metric, const struct wire_call *call,
                           const struct dimension *filters, size_t filter_count)
{
    const char *space = param_text(call->params, "Namespace");
    const char *name = param_text(call->params, "MetricName");
    if ((space && !text_same(space, metric->metric_namespace)) ||
        (name && !text_same(name, metric->name)))
        return false;
    for (size_t f = 0; f < filter_count; f++) {
        bool found = false;
        for (size_t d = 0; d < metric->dimension_count; d++)
            found =
                found ||
                (text_same(metric->dimensions[d].name, filters[f].name) &&
                 (!filters[f].value || text_same(metric->dimensions[d].value, filters[f].value)));
        if (!found)
            return false;
    }
    return true;
}

static void put_metric(struct wire_call *call, struct wire_node *list, const struct listed *metric)
{
    struct arena *arena = call->arena;
    struct wire_node *node = put_struct(arena, list, NULL);
    put_text(arena, node, "Namespace", metric->metric_namespace);
    put_text(arena, node, "MetricName", metric->name);
    struct wire_node *dimensions = put_list(arena, node, "Dimensions");
    for (size_t d = 0; d < metric->dimension_count; d++) {
        struct wire_node *dimension = put_struct(arena, dimensions, NULL);
        put_text(arena, dimension, "Name", metric->dimensions[d].name);
        put_text(arena, dimension, "Value", metric->dimensions[d].value);
    }
}

bool wire_cloudwatch_list_metrics(struct wire_call *call)
{
    struct dimension filters[DIMENSIONS_MAX] = {{NULL, NULL}};
    struct metric_scope scope;
    struct listed *found = NULL, next;
    size_t filter_count, total = 0;
    struct page page;

    if (!wire_cloudwatch_dimensions(filters, &filter_count, call, "Dimensions"))
        return false;
    for (size_t i = 0; wire_cloudwatch_scope_at(&scope, &next.metric_namespace, next.dimensions,
                                                &next.dimension_count, call, i);
         i++) {
        for (const char *const *name = world_metric_names(scope.kind); *name; name++) {
            next.name = *name;
            if (!passes_filters(&next, call, filters, filter_count) ||
                !has_reported(call, scope, *name))
                continue;
            struct listed *item = arena_append(call->arena, &found, &total, sizeof *item);
            *item = next;
        }
    }
    if (!page_read(&page, call, "NextToken", "MaxResults", total, LIST_PAGE_MAX))
        return false;
    struct wire_node *list = put_list(call->arena, call->out, "Metrics");
    for (size_t i = page.from; i < page.to; i++)
        put_metric(call, list, &found[i]);
    put_text(call->arena, call->out, "NextToken", page.next);
    return true;
}
