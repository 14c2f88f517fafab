/* CloudWatch: GetMetricData, GetMetricStatistics (API reference, 2010-08-01). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "planner/base/text.h"
#include "planner/base/time.h"
#include "providers/sandbox/wire_parts.h"

enum {
    QUERIES_MAX = 500,
    POINTS_MAX = 100800,          /* of a GetMetricData page */
    STATISTICS_POINTS_MAX = 1440, /* of a GetMetricStatistics call */
    PERIOD_MAX_S = 86400,
};

static bool invalid(struct wire_call *call, const char *what)
{
    return refuse(call->why, 400, "ValidationError", "%s", what);
}

/* ---- what is asked ---- */

struct range {
    int64_t from, to;
};

static bool read_range(struct range *range, struct wire_call *call)
{
    if (!param_time(&range->from, call->params, "StartTime", call->why) ||
        !param_time(&range->to, call->params, "EndTime", call->why))
        return false;
    return range->from < range->to ||
           invalid(call, "The parameter EndTime must be greater than the parameter StartTime.");
}

static bool read_period(int64_t *period_ms, struct wire_call *call, const char *name)
{
    int64_t seconds;
    if (!param_int(&seconds, call->params, name, 0, 1, PERIOD_MAX_S, call->why))
        return false;
    *period_ms = seconds * SECOND_MS;
    return (seconds > 0 && seconds % 60 == 0) ||
           invalid(call, "Period must be a multiple of 60 seconds in this sandbox");
}

/* No world has data before its history or after now, however wide the range is. */
static struct range with_data(const struct world *world, struct range range, int64_t period_ms)
{
    int64_t first = world->minutes->start_at;
    if (range.from < first)
        range.from = first;
    if (range.to > world->now_at)
        range.to = world->now_at;
    range.from -= range.from % period_ms;
    return range;
}

bool wire_cloudwatch_statistic(struct metric_query *query, const char *name)
{
    static const char *const names[] = {"Sum", "Average", "Minimum", "Maximum", "SampleCount"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!text_same(name, names[i]))
            continue;
        query->statistic = (enum statistic)i;
        return true;
    }
    if (name[0] != 'p' || strspn(name + 1, "0123456789.") != strlen(name + 1) || !name[1])
        return false;
    query->statistic = STAT_PERCENTILE;
    query->percentile = strtod(name + 1, NULL);
    return query->percentile <= 100;
}

/* ---- GetMetricData ---- */

struct data_query {
    const char *id, *label;
    bool returned, known; /* known: the deployment has this metric */
    struct metric_query metric;
};

static bool is_id(const char *id)
{
    size_t n = strlen(id);
    return n > 0 && n < 256 && id[0] >= 'a' && id[0] <= 'z' &&
           strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == n;
}

/* "MetricDataQueries.member.3.": the parameters of one query are read below it. */
static bool read_query(struct data_query *query, struct wire_call *call, size_t number)
{
    const char *at = arena_printf(call->arena, "MetricDataQueries.member.%zu", number);
    const struct params *params = call->params;
    struct dimension dimensions[DIMENSIONS_MAX];
    size_t count;

    query->id = param_text(params, "%s.Id", at);
    if (!query->id || !is_id(query->id))
        return invalid(call, "An Id must begin with a lower-case letter and hold letters, digits "
                             "and underscores");
    if (param_text(params, "%s.Expression", at))
        return invalid(call, "This sandbox evaluates no metric math expressions");
    const char *metric_namespace = param_text(params, "%s.MetricStat.Metric.Namespace", at);
    const char *name = param_text(params, "%s.MetricStat.Metric.MetricName", at);
    const char *statistic = param_text(params, "%s.MetricStat.Stat", at);
    if (!metric_namespace || !name || !statistic)
        return invalid(call, "A query needs a MetricStat with Metric, Period and Stat");
    query->metric.name = name;
    if (!wire_cloudwatch_statistic(&query->metric, statistic))
        return refuse(call->why, 400, "ValidationError", "'%.40s' is no statistic", statistic);
    if (!read_period(&query->metric.period_ms, call,
                     arena_printf(call->arena, "%s.MetricStat.Period", at)) ||
        !wire_cloudwatch_dimensions(
            dimensions, &count, call,
            arena_printf(call->arena, "%s.MetricStat.Metric.Dimensions", at)))
        return false;
    query->known =
        wire_cloudwatch_scope(&query->metric.scope, call, metric_namespace, dimensions, count);
    const char *label = param_text(params, "%s.Label", at);
    query->label = label ? label : name;
    query->returned = !text_same(param_text(params, "%s.ReturnData", at), "false");
    return true;
}

/* Stand-ins of AWS that have no percentiles answer so, and the whole call is lost with them. */
static bool knows_statistic(struct wire_call *call, const struct data_query *query)
{
    return query->metric.statistic != STAT_PERCENTILE ||
           call->world->conditions.metrics.percentiles != PERCENTILES_REFUSED ||
           refuse(call->why, 500, "InternalFailure", "Percentiles are not available");
}

static int by_id(const void *a, const void *b)
{
    return strcmp((*(const struct data_query *const *)a)->id,
                  (*(const struct data_query *const *)b)->id);
}

static bool ids_differ(struct wire_call *call, const struct data_query *queries, size_t count)
{
    const struct data_query **sorted = arena_alloc(call->arena, count * sizeof *sorted);
    for (size_t i = 0; i < count; i++)
        sorted[i] = &queries[i];
    qsort(sorted, count, sizeof *sorted, by_id);
    for (size_t i = 1; i < count; i++)
        if (text_same(sorted[i - 1]->id, sorted[i]->id))
            return invalid(call, "The Ids of the queries must differ");
    return true;
}

/* The points of all queries are counted through; a page is a stretch of them. */
struct walk {
    size_t at, from, to;
    bool more;
};

static void put_points(struct wire_call *call, struct wire_node *results,
                       const struct data_query *query, struct range range, bool ascending,
                       struct walk *walk)
{
    struct arena *arena = call->arena;
    struct wire_node *node = put_struct(arena, results, NULL);
    put_text(arena, node, "Id", query->id);
    put_text(arena, node, "Label", query->label);
    struct wire_node *times = put_list(arena, node, "Timestamps");
    struct wire_node *values = put_list(arena, node, "Values");
    int64_t period = query->metric.period_ms;
    bool cut = false;

    range = with_data(call->world, range, period);
    int64_t points = range.to > range.from ? (range.to - range.from + period - 1) / period : 0;
    for (int64_t i = 0; i < points && query->known; i++) {
        int64_t at = range.from + period * (ascending ? i : points - 1 - i);
        double value;
        if (!world_metric(call->world, &query->metric, at, &value))
            continue;
        size_t place = walk->at++;
        if (place >= walk->to)
            cut = true;
        if (place < walk->from || cut)
            continue;
        put_time(arena, times, NULL, at);
        put_number(arena, values, NULL, value);
    }
    walk->more = walk->more || cut;
    put_text(arena, node, "StatusCode", cut ? "PartialData" : "Complete");
}

static bool read_page(struct walk *walk, struct wire_call *call)
{
    const char *token = param_text(call->params, "NextToken");
    int64_t most;
    if (!param_int(&most, call->params, "MaxDatapoints", POINTS_MAX, 1, POINTS_MAX, call->why))
        return false;
    int64_t least = call->world->setup->page_items * 100;
    if (least > 0 && most > least)
        most = least;
    if (token && (strlen(token) > 9 || strspn(token, "0123456789") != strlen(token)))
        return refuse(call->why, 400, "InvalidNextToken", "The NextToken is not valid");
    walk->from = token ? strtoul(token, NULL, 10) : 0;
    walk->to = walk->from + (size_t)most;
    return true;
}

static bool read_order(bool *ascending, struct wire_call *call)
{
    const char *order = param_text(call->params, "ScanBy");
    *ascending = text_same(order, "TimestampAscending");
    return !order || *ascending || text_same(order, "TimestampDescending") ||
           invalid(call, "ScanBy must be TimestampAscending or TimestampDescending");
}

bool wire_cloudwatch_get_metric_data(struct wire_call *call)
{
    size_t count = param_list(call->params, "MetricDataQueries");
    struct range range;
    struct walk walk = {0};
    bool ascending;

    if (count == 0 || count > QUERIES_MAX)
        return invalid(call, "1 to 500 MetricDataQueries may be given");
    if (!read_order(&ascending, call) || !read_range(&range, call) || !read_page(&walk, call))
        return false;
    struct data_query *queries = arena_alloc(call->arena, count * sizeof *queries);
    for (size_t i = 0; i < count; i++)
        if (!read_query(&queries[i], call, i + 1) || !knows_statistic(call, &queries[i]))
            return false;
    if (!ids_differ(call, queries, count))
        return false;
    struct wire_node *results = put_list(call->arena, call->out, "MetricDataResults");
    for (size_t i = 0; i < count; i++)
        if (queries[i].returned)
            put_points(call, results, &queries[i], range, ascending, &walk);
    if (walk.more)
        put_text(call->arena, call->out, "NextToken", arena_printf(call->arena, "%zu", walk.to));
    put_list(call->arena, call->out, "Messages");
    return true;
}

/* ---- GetMetricStatistics ---- */

struct asked_statistics {
    struct metric_query queries[16];
    const char *names[16];
    size_t count;
};

static bool read_statistics(struct asked_statistics *out, struct wire_call *call, const char *list,
                            bool extended)
{
    size_t count = param_list(call->params, list);
    for (size_t i = 1; i <= count; i++) {
        const char *name = param_text(call->params, "%s.member.%zu", list, i);
        if (out->count == sizeof out->queries / sizeof *out->queries)
            return invalid(call, "Too many statistics are asked for");
        struct metric_query *query = &out->queries[out->count];
        if (!name || !wire_cloudwatch_statistic(query, name) ||
            (query->statistic == STAT_PERCENTILE) != extended)
            return refuse(call->why, 400, "InvalidParameterValue",
                          "'%.40s' is not valid for the parameter %s", name ? name : "", list);
        out->names[out->count++] = name;
    }
    return true;
}

static void put_statistics(struct wire_call *call, struct wire_node *list,
                           const struct asked_statistics *asked, int64_t at)
{
    struct wire_node *node = NULL, *extended = NULL;
    double value;
    for (size_t i = 0; i < asked->count; i++) {
        if (!world_metric(call->world, &asked->queries[i], at, &value))
            return;
        if (!node) {
            node = put_struct(call->arena, list, NULL);
            put_time(call->arena, node, "Timestamp", at);
            put_text(call->arena, node, "Unit", world_metric_unit(asked->queries[i].name));
        }
        bool percentile = asked->queries[i].statistic == STAT_PERCENTILE;
        if (percentile && !extended)
            extended = put_map(call->arena, node, "ExtendedStatistics");
        put_number(call->arena, percentile ? extended : node, asked->names[i], value);
    }
}

bool wire_cloudwatch_get_metric_statistics(struct wire_call *call)
{
    const char *metric_namespace = param_text(call->params, "Namespace");
    const char *name = param_text(call->params, "MetricName");
    const char *unit = param_text(call->params, "Unit");
    struct asked_statistics asked = {0};
    struct dimension dimensions[DIMENSIONS_MAX];
    struct metric_scope scope;
    struct range range;
    int64_t period;
    size_t count;

    if (!metric_namespace || !name)
        return refuse(call->why, 400, "MissingParameter",
                      "The parameters Namespace and MetricName are required");
    if (!read_range(&range, call) || !read_period(&period, call, "Period") ||
        !wire_cloudwatch_dimensions(dimensions, &count, call, "Dimensions") ||
        !read_statistics(&asked, call, "Statistics", false) ||
        !read_statistics(&asked, call, "ExtendedStatistics", true))
        return false;
    if (asked.count == 0)
        return refuse(call->why, 400, "MissingParameter",
                      "Statistics or ExtendedStatistics must be given");
    if ((range.to - range.from) / period > STATISTICS_POINTS_MAX)
        return refuse(call->why, 400, "InvalidParameterCombination",
                      "More than 1440 data points are asked for");
    bool known = wire_cloudwatch_scope(&scope, call, metric_namespace, dimensions, count) &&
                 (!unit || text_same(unit, world_metric_unit(name)));
    for (size_t i = 0; i < asked.count; i++) {
        asked.queries[i].scope = scope;
        asked.queries[i].name = name;
        asked.queries[i].period_ms = period;
    }
    put_text(call->arena, call->out, "Label", name);
    struct wire_node *list = put_list(call->arena, call->out, "Datapoints");
    range = with_data(call->world, range, period);
    for (int64_t at = range.from; at < range.to && known; at += period)
        put_statistics(call, list, &asked, at);
    return true;
}
