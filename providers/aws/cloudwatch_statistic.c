#include "providers/aws/cloudwatch_statistic.h"

#include <stdio.h>

#include "planner/base/time.h"
#include "providers/aws/answer.h"
#include "providers/aws/client.h"

enum { ID_SIZE = 24, PREFIX_SIZE = 64 };

static void set_id(char out[ID_SIZE], size_t i)
{
    snprintf(out, ID_SIZE, "q%zu", i);
}

void cloudwatch_add_dimension(struct text *body, const char *query, int *n, const char *name,
                              const char *value)
{
    ++*n;
    aws_query_addf(body, name, "%s.MetricStat.Metric.Dimensions.member.%d.Name", query, *n);
    aws_query_addf(body, value, "%s.MetricStat.Metric.Dimensions.member.%d.Value", query, *n);
}

static void add_query(struct text *body, const struct cloudwatch_statistic *s, size_t i,
                      const char *period)
{
    char prefix[PREFIX_SIZE], id[ID_SIZE];
    int n = 0;
    snprintf(prefix, sizeof prefix, "MetricDataQueries.member.%zu", i + 1);
    set_id(id, i);
    aws_query_addf(body, id, "%s.Id", prefix);
    aws_query_addf(body, s->namespace, "%s.MetricStat.Metric.Namespace", prefix);
    aws_query_addf(body, s->metric, "%s.MetricStat.Metric.MetricName", prefix);
    for (size_t d = 0; d < s->dimension_count; d++)
        cloudwatch_add_dimension(body, prefix, &n, s->dimensions[d].name, s->dimensions[d].value);
    aws_query_addf(body, period, "%s.MetricStat.Period", prefix);
    aws_query_addf(body, s->statistic, "%s.MetricStat.Stat", prefix);
}

void cloudwatch_get_statistics(struct text *body, const struct cloudwatch_statistic list[],
                               size_t n, int64_t from, int64_t to, const char *token)
{
    char start[TIME_TEXT_SIZE], end[TIME_TEXT_SIZE], period[ID_SIZE];
    snprintf(period, sizeof period, "%d", (int)((to - from) / SECOND_MS));
    aws_query_begin(body, AWS_CLOUDWATCH, "GetMetricData");
    aws_query_add(body, "StartTime", time_format(start, from));
    aws_query_add(body, "EndTime", time_format(end, to));
    aws_query_add(body, "ScanBy", "TimestampAscending");
    for (size_t i = 0; i < n; i++)
        add_query(body, &list[i], i, period);
    if (token)
        aws_query_add(body, "NextToken", token);
}

static struct cloudwatch_statistic *of_id(struct cloudwatch_statistic list[], size_t n,
                                          const char *id)
{
    char own[ID_SIZE];
    for (size_t i = 0; i < n; i++) {
        set_id(own, i);
        if (text_same(own, id))
            return &list[i];
    }
    return NULL;
}

static void read_result(struct answer *a, struct cloudwatch_statistic list[], size_t n,
                        const struct xml_node *result)
{
    const char *id = answer_text(a, result, "Id");
    const char *status = answer_text(a, result, "StatusCode");
    const struct xml_node *value = answer_members(a, result, "Values");
    struct cloudwatch_statistic *s = of_id(list, n, id);
    if (!s) {
        answer_fail(a, "nobody asked for \"%s\"", id ? id : "");
        return;
    }
    for (; value && !a->failed; value = xml_next(value, NULL)) {
        double number;
        if (!xml_number(&number, value, ""))
            answer_fail(a, "%s has the value \"%s\"", id, value->text);
        else if (s->count == CLOUDWATCH_POINTS_MAX)
            answer_fail(a, "%s has more than %d points", id, CLOUDWATCH_POINTS_MAX);
        else
            s->points[s->count++] = arena_strdup(a->arena, value->text);
    }
    if (!a->failed)
        s->status = status;
}

bool cloudwatch_read_statistics(struct cloudwatch_statistic list[], size_t n, const char **next,
                                struct arena *arena, const struct text *answer, struct error *err)
{
    struct answer a = {.operation = "GetMetricData", .arena = arena, .err = err};
    struct xml_document doc;
    const struct xml_node *root = answer_xml(&a, &doc, answer);
    const struct xml_node *item = answer_members(&a, root, "MetricDataResults");
    for (; item && !a.failed; item = xml_next(item, NULL))
        read_result(&a, list, n, item);
    const char *token = answer_text_maybe(&a, root, "NextToken");
    xml_document_clear(&doc);
    if (a.failed)
        return false;
    *next = token;
    return true;
}
