#include "providers/aws/cloudwatch.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "planner/base/time.h"
#include "providers/aws/answer.h"
#include "providers/aws/client.h"
#include "providers/aws/cloudwatch_statistic.h"

struct metric {
    const char *id; /* of the query, behind "s_", "t_" or "c_" */
    const char *name;
    const char *statistic;
    double scale;  /* CloudWatch's unit in ours */
    bool is_count; /* a gap may be read as zero (series.h), so it must be a real one */
};

static const double micro = 1e6; /* CloudWatch's seconds */

static const struct metric arm_metrics[ARM_METRIC_COUNT] = {
    [METRIC_REQUESTS] = {"requests", "RequestCount", "Sum", 1, true},
    [METRIC_2XX] = {"2xx", "HTTPCode_Target_2XX_Count", "Sum", 1, true},
    [METRIC_3XX] = {"3xx", "HTTPCode_Target_3XX_Count", "Sum", 1, true},
    [METRIC_4XX] = {"4xx", "HTTPCode_Target_4XX_Count", "Sum", 1, true},
    [METRIC_5XX] = {"5xx", "HTTPCode_Target_5XX_Count", "Sum", 1, true},
    [METRIC_TIME_AVERAGE] = {"time", "TargetResponseTime", "Average", micro, false},
    [METRIC_TIME_P50] = {"p50", "TargetResponseTime", "p50", micro, false},
    [METRIC_TIME_P90] = {"p90", "TargetResponseTime", "p90", micro, false},
    [METRIC_TIME_P99] = {"p99", "TargetResponseTime", "p99", micro, false},
    [METRIC_HEALTHY] = {"healthy", "HealthyHostCount", "Minimum", 1, false},
    [METRIC_UNHEALTHY] = {"unhealthy", "UnHealthyHostCount", "Maximum", 1, false},
    [METRIC_CONNECTION_ERRORS] = {"errors", "TargetConnectionErrorCount", "Sum", 1, true},
};

static const struct metric common_metrics[COMMON_METRIC_COUNT] = {
    [METRIC_ACTIVE_CONNECTIONS] = {"active", "ActiveConnectionCount", "Sum", 1, false},
    [METRIC_NEW_CONNECTIONS] = {"new", "NewConnectionCount", "Sum", 1, false},
    [METRIC_ELB_5XX] = {"elb_5xx", "HTTPCode_ELB_5XX_Count", "Sum", 1, true},
    [METRIC_REJECTED] = {"rejected", "RejectedConnectionCount", "Sum", 1, true},
    [METRIC_REPLAY_LAG] = {"lag", "lagBetweenSourceAndTargetRequests", "Maximum", 1, false},
};

/* ---- which queries a reading consists of ---- */

enum { QUERY_COUNT_MAX = ARM_COUNT * ARM_METRIC_COUNT + COMMON_METRIC_COUNT, ID_SIZE = 32 };

struct query {
    const struct metric *metric;
    const char *group_arn; /* NULL: not of an arm */
    struct column *column;
    enum cloudwatch_status *status;
    char id[ID_SIZE];
};

static void set_id(struct query *q, char prefix)
{
    snprintf(q->id, sizeof q->id, "%c_%s", prefix, q->metric->id);
}

static bool is_percentile(enum arm_metric metric)
{
    return metric == METRIC_TIME_P50 || metric == METRIC_TIME_P90 || metric == METRIC_TIME_P99;
}

static size_t arm_queries(struct query *out, struct cloudwatch_reading *r, enum arm arm)
{
    size_t n = 0;
    const char *group = r->subject->arms[arm].target_group_arn;
    for (enum arm_metric m = 0; m < ARM_METRIC_COUNT && group; m++) {
        if (is_percentile(m) != (r->set == CLOUDWATCH_PERCENTILES))
            continue;
        struct query *q = &out[n++];
        *q = (struct query){.metric = &arm_metrics[m],
                            .group_arn = group,
                            .column = &r->series->arms[arm][m],
                            .status = &r->arms[arm][m]};
        set_id(q, arm_name(arm)[0]);
    }
    return n;
}

static size_t queries(struct query out[QUERY_COUNT_MAX], struct cloudwatch_reading *r)
{
    size_t n = 0;
    for (enum arm arm = 0; arm < ARM_COUNT; arm++)
        n += arm_queries(out + n, r, arm);
    for (enum common_metric m = 0; m < COMMON_METRIC_COUNT && r->set == CLOUDWATCH_PLAIN; m++) {
        if (m == METRIC_REPLAY_LAG && !r->subject->stage)
            continue;
        struct query *q = &out[n++];
        *q = (struct query){
            .metric = &common_metrics[m], .column = &r->series->common[m], .status = &r->common[m]};
        set_id(q, 'c');
    }
    return n;
}

/* ---- request ---- */

static void add_query(struct text *body, const struct query *q, const struct subject *subject,
                      size_t number)
{
    bool is_lag = q->metric == &common_metrics[METRIC_REPLAY_LAG];
    struct arena arena = {0};
    char prefix[64];
    int n = 0;
    snprintf(prefix, sizeof prefix, "MetricDataQueries.member.%zu", number);
    aws_query_addf(body, q->id, "%s.Id", prefix);
    aws_query_addf(body, is_lag ? "OpenSearchMigrations" : "AWS/ApplicationELB",
                   "%s.MetricStat.Metric.Namespace", prefix);
    aws_query_addf(body, q->metric->name, "%s.MetricStat.Metric.MetricName", prefix);
    if (is_lag) {
        cloudwatch_add_dimension(body, prefix, &n, "OTelLib", "replayer");
        cloudwatch_add_dimension(body, prefix, &n, "qualifier", subject->stage);
    } else {
        if (q->group_arn)
            cloudwatch_add_dimension(body, prefix, &n, "TargetGroup",
                                     arn_dimension(&arena, q->group_arn));
        cloudwatch_add_dimension(body, prefix, &n, "LoadBalancer",
                                 arn_dimension(&arena, subject->load_balancer_arn));
    }
    aws_query_addf(body, "60", "%s.MetricStat.Period", prefix);
    aws_query_addf(body, q->metric->statistic, "%s.MetricStat.Stat", prefix);
    arena_clear(&arena);
}

void cloudwatch_get_metric_data(struct text *body, struct cloudwatch_reading *reading,
                                const char *token)
{
    const struct series *series = reading->series;
    char from[TIME_TEXT_SIZE], to[TIME_TEXT_SIZE];
    struct query all[QUERY_COUNT_MAX];
    size_t n = queries(all, reading);

    time_format(from, series->start_at);
    time_format(to, series_minute_at(series, series->minutes));
    aws_query_begin(body, AWS_CLOUDWATCH, "GetMetricData");
    aws_query_add(body, "StartTime", from);
    aws_query_add(body, "EndTime", to);
    aws_query_add(body, "ScanBy", "TimestampAscending");
    for (size_t i = 0; i < n; i++)
        add_query(body, &all[i], reading->subject, i + 1);
    if (token)
        aws_query_add(body, "NextToken", token);
}

/* ---- answer ---- */

static bool read_value(int64_t *out, const struct xml_node *node, const struct metric *metric)
{
    const double most = 9e15; /* below 2^53 */
    double value;
    if (!xml_number(&value, node, ""))
        return false;
    value = round(value * metric->scale);
    if (!(fabs(value) < most) || (metric->is_count && value < 0))
        return false;
    *out = (int64_t)value;
    return true;
}

static void read_points(struct answer *a, struct series *series, const struct query *q,
                        const struct xml_node *result)
{
    const struct xml_node *when = answer_members(a, result, "Timestamps");
    const struct xml_node *what = answer_members(a, result, "Values");
    for (; when && what && !a->failed; when = when->next, what = what->next) {
        int64_t at, value;
        if (!time_parse(&at, when->text) || !read_value(&value, what, q->metric))
            answer_fail(a, "%s has \"%s\" at \"%s\"", q->id, what->text, when->text);
        else
            series_put(series, q->column, at, value);
    }
    if (when || what)
        answer_fail(a, "%s has not as many timestamps as values", q->id);
}

static void read_result(struct answer *a, struct cloudwatch_reading *r, const struct query *all,
                        size_t n, const struct xml_node *result)
{
    const char *id = answer_text(a, result, "Id");
    const char *status = answer_text(a, result, "StatusCode");
    size_t i = 0;
    while (i < n && !text_same(all[i].id, id))
        i++;
    if (i == n) {
        answer_fail(a, "nobody asked for \"%s\"", id ? id : "");
        return;
    }
    read_points(a, r->series, &all[i], result);
    *all[i].status = text_same(status, "Complete") ? CLOUDWATCH_COMPLETE : CLOUDWATCH_INCOMPLETE;
}

bool cloudwatch_read_page(struct cloudwatch_reading *reading, const char **next,
                          struct arena *arena, const struct text *answer, struct error *err)
{
    struct answer a = {.operation = "GetMetricData", .arena = arena, .err = err};
    struct xml_document doc;
    struct query all[QUERY_COUNT_MAX];
    size_t n = queries(all, reading);

    const struct xml_node *root = answer_xml(&a, &doc, answer);
    const struct xml_node *item = answer_members(&a, root, "MetricDataResults");
    for (; item && !a.failed; item = xml_next(item, NULL))
        read_result(&a, reading, all, n, item);
    const struct xml_node *message = answer_members_maybe(&a, root, "Messages");
    if (message && !reading->message)
        reading->message = answer_text_maybe(&a, message, "Value");
    const char *token = answer_text_maybe(&a, root, "NextToken");
    xml_document_clear(&doc);
    if (a.failed)
        return false;
    *next = token;
    return true;
}

static void make_absent(const struct cloudwatch_reading *reading, struct column *column)
{
    memset(column->present, 0, reading->series->minutes * sizeof *column->present);
}

void cloudwatch_discard(struct cloudwatch_reading *reading)
{
    struct query all[QUERY_COUNT_MAX];
    size_t n = queries(all, reading);
    for (size_t i = 0; i < n; i++)
        make_absent(reading, all[i].column);
}

static bool incomplete(const struct cloudwatch_reading *reading, const struct query *q,
                       struct error *err)
{
    error_set(err, ERROR_SERVICE, "GetMetricData did not answer completely: %s of %s is %s%s%s",
              q->metric->name, q->group_arn ? q->group_arn : "the load balancer",
              *q->status == CLOUDWATCH_NOT_SEEN ? "missing" : "partial",
              reading->message ? ", " : "", reading->message ? reading->message : "");
    return error_hint(err, "ask again in a minute");
}

bool cloudwatch_finish(struct cloudwatch_reading *reading, struct error *err)
{
    struct query all[QUERY_COUNT_MAX];
    size_t n = queries(all, reading);
    for (size_t i = 0; i < n; i++) {
        if (*all[i].status == CLOUDWATCH_COMPLETE)
            continue;
        if (all[i].metric->is_count)
            return incomplete(reading, &all[i], err);
        make_absent(reading, all[i].column);
    }
    return true;
}
