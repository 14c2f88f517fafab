/* What CloudWatch says of the minutes (FACTS, "CloudWatch"). No requests means no data point. */
#include <math.h>
#include <string.h>

#include "planner/base/text.h"
#include "planner/base/time.h"
#include "providers/sandbox/world_parts.h"

/* One metric over some time, as CloudWatch keeps it: a statistic set. */
struct datum {
    double sum, min, max;
    int64_t samples;
    int64_t times[TIME_BUCKETS];
    bool has_times;
    bool counts; /* a count that may still grow while the minute settles */
};

static void add(struct datum *datum, double sum, double min, double max, int64_t samples)
{
    if (samples <= 0)
        return;
    if (!datum->samples || min < datum->min)
        datum->min = min;
    if (!datum->samples || max > datum->max)
        datum->max = max;
    datum->sum += sum;
    datum->samples += samples;
}

/* A count of single happenings; none is no data. */
static void add_count(struct datum *datum, int64_t n)
{
    datum->counts = true;
    add(datum, (double)n, 1, 1, n);
}

static void add_times(struct datum *datum, const struct group_minute *group)
{
    datum->has_times = true;
    add(datum, group->time_sum, group->time_min, group->time_max, group->time_count);
    for (int i = 0; i < TIME_BUCKETS; i++)
        datum->times[i] += group->times[i];
}

/* ---- a group's ---- */

static const char *const group_names[] = {
    "RequestCount",
    "HTTPCode_Target_2XX_Count",
    "HTTPCode_Target_3XX_Count",
    "HTTPCode_Target_4XX_Count",
    "HTTPCode_Target_5XX_Count",
    "TargetResponseTime",
    "TargetConnectionErrorCount",
    "HealthyHostCount",
    "UnHealthyHostCount",
    NULL,
};
enum { TRAFFIC_NAMES = 7 }; /* of these, the load balancer has the sum too */

static void group_datum(struct datum *datum, const struct group_minute *group, size_t name)
{
    switch (name) {
    case 0:
        add_count(datum, group->requests);
        break;
    case 1:
    case 2:
    case 3:
    case 4:
        add_count(datum, group->codes[name - 1]);
        break;
    case 5:
        add_times(datum, group);
        break;
    case 6:
        add_count(datum, group->connection_errors);
        break;
    case 7:
        add(datum, (double)group->healthy_sum, (double)group->healthy_min,
            (double)group->healthy_max, group->samples);
        break;
    default:
        add(datum, (double)group->unhealthy_sum, (double)group->unhealthy_min,
            (double)group->unhealthy_max, group->samples);
        break;
    }
}

/* ---- the load balancer's ---- */

static const char *const common_names[] = {
    "ActiveConnectionCount",
    "NewConnectionCount",
    "HTTPCode_ELB_5XX_Count",
    "HTTPCode_ELB_502_Count",
    "HTTPCode_ELB_503_Count",
    "HTTPCode_ELB_3XX_Count",
    "HTTP_Fixed_Response_Count",
    "RejectedConnectionCount",
    "RequestCount",
    "HTTPCode_Target_2XX_Count",
    "HTTPCode_Target_3XX_Count",
    "HTTPCode_Target_4XX_Count",
    "HTTPCode_Target_5XX_Count",
    "TargetResponseTime",
    "TargetConnectionErrorCount",
    NULL,
};
enum { OWN_NAMES = 8 }; /* then the sums over the groups, as TRAFFIC_NAMES has them */

static void common_datum(struct datum *datum, const struct minute *minute, size_t name)
{
    const struct common_minute *common = &minute->common;
    const int64_t counts[OWN_NAMES] = {
        (int64_t)(common->active + 0.5),
        (int64_t)(common->opened + 0.5),
        common->elb_502 + common->elb_503,
        common->elb_502,
        common->elb_503,
        common->elb_3xx,
        common->elb_other,
        0,
    };
    if (name < OWN_NAMES) {
        add_count(datum, counts[name]);
        return;
    }
    for (int group = 0; group < WORLD_GROUP_COUNT; group++)
        group_datum(datum, &minute->groups[group], name - OWN_NAMES);
}

/* ---- a service's and the replayer's ---- */

static const char *const service_names[] = {"CPUUtilization", "MemoryUtilization", NULL};
static const char *const replayer_names[] = {"lagBetweenSourceAndTargetRequests", NULL};

static void service_datum(struct datum *datum, const struct service_minute *service, size_t name)
{
    double sum = name == 0 ? service->cpu : service->memory;
    double mean = service->samples ? sum / (double)service->samples : 0;
    add(datum, sum, mean, mean, service->samples);
}

const char *const *world_metric_names(enum metric_scope_kind kind)
{
    static const char *const *const names[] = {
        [SCOPE_LOAD_BALANCER] = common_names,
        [SCOPE_GROUP] = group_names,
        [SCOPE_SERVICE] = service_names,
        [SCOPE_REPLAYER] = replayer_names,
    };
    return names[kind];
}

const char *world_metric_unit(const char *name)
{
    if (text_same(name, "TargetResponseTime"))
        return "Seconds";
    if (text_ends(name, "Utilization"))
        return "Percent";
    return text_same(name, replayer_names[0]) ? "Milliseconds" : "Count";
}

static void minute_datum(struct datum *datum, const struct minute *minute,
                         struct metric_scope scope, size_t name)
{
    switch (scope.kind) {
    case SCOPE_GROUP:
        group_datum(datum, &minute->groups[scope.index], name);
        return;
    case SCOPE_LOAD_BALANCER:
        common_datum(datum, minute, name);
        return;
    case SCOPE_SERVICE:
        service_datum(datum, &minute->services[scope.index], name);
        return;
    case SCOPE_REPLAYER: {
        double lag = (double)minute->common.replay_lag_ms;
        add(datum, lag, lag, lag, lag >= 0);
        return;
    }
    }
}

static bool withheld(const struct world *world, const struct metric_query *query)
{
    const struct world_setup *setup = world->setup;
    for (size_t i = 0; i < setup->metrics_withheld_count; i++)
        if (text_same(setup->metrics_withheld[i], query->name))
            return true;
    if (query->scope.kind == SCOPE_GROUP)
        return setup->metrics_missing[query->scope.index];
    return query->scope.kind == SCOPE_LOAD_BALANCER && setup->common_metrics_missing;
}

/* Whether the minute's conditions keep it from being seen, for ever. */
static bool is_silent(const struct minute *minute, const struct metric_query *query)
{
    const struct metric_conditions *seen = &minute->seen;
    if (query->statistic == STAT_PERCENTILE && seen->percentiles != PERCENTILES_GIVEN)
        return true;
    if (query->scope.kind == SCOPE_GROUP)
        return seen->silent[query->scope.index];
    return query->scope.kind == SCOPE_LOAD_BALANCER && seen->common_silent;
}

/* Adds a minute's datum as CloudWatch shows it now. */
static void add_minute(struct datum *out, const struct world *world,
                       const struct metric_query *query, size_t name, int64_t at)
{
    const struct world_setup *setup = world->setup;
    const struct minute *minute = minutes_find(world, at);
    if (!minute || is_silent(minute, query))
        return;
    int64_t seen_at = at + MINUTE_MS + setup->metric_delay_ms + minute->seen.late_ms;
    if (world->now_at < seen_at)
        return;
    struct datum datum = {0};
    minute_datum(&datum, minute, query->scope, name);
    if (datum.counts && world->now_at < seen_at + setup->metric_settle_ms) {
        datum.sum = floor(datum.sum * 0.7);
        datum.samples = (int64_t)datum.sum;
    }
    add(out, datum.sum, datum.min, datum.max, datum.samples);
    out->has_times = datum.has_times;
    for (int i = 0; i < TIME_BUCKETS; i++)
        out->times[i] += datum.times[i];
}

/* Within a bucket the times are taken as even in the logarithm. */
static double percentile_of(const struct datum *datum, double percentile)
{
    if (!datum->has_times)
        return datum->min + (datum->max - datum->min) * percentile / 100;
    double wanted = (double)datum->samples * percentile / 100, before = 0, value = datum->max;
    for (int i = 0; i < TIME_BUCKETS; i++) {
        double here = (double)datum->times[i];
        if (here > 0 && before + here >= wanted) {
            value = pow(10, (i + (wanted - before) / here) / TIME_BUCKETS * 6 - 4);
            break;
        }
        before += here;
    }
    return value < datum->min ? datum->min : value > datum->max ? datum->max : value;
}

static double statistic_of(const struct datum *datum, const struct metric_query *query)
{
    switch (query->statistic) {
    case STAT_SUM:
        return datum->sum;
    case STAT_AVERAGE:
        return datum->sum / (double)datum->samples;
    case STAT_MINIMUM:
        return datum->min;
    case STAT_MAXIMUM:
        return datum->max;
    case STAT_SAMPLES:
        return (double)datum->samples;
    case STAT_PERCENTILE:
        break;
    }
    return percentile_of(datum, query->percentile);
}

bool world_metric(const struct world *world, const struct metric_query *query, int64_t from,
                  double *value)
{
    const char *const *names = world_metric_names(query->scope.kind);
    size_t name = 0;
    while (names[name] && !text_same(names[name], query->name))
        name++;
    if (!names[name] || withheld(world, query))
        return false;
    struct datum datum = {0};
    for (int64_t at = minute_floor(from); at < from + query->period_ms; at += MINUTE_MS)
        add_minute(&datum, world, query, name, at);
    if (!datum.samples)
        return false;
    *value = statistic_of(&datum, query);
    return true;
}
