#include "providers/checks/metric_check.h"

#include <string.h>

#include "planner/base/time.h"
#include "planner/series.h"
#include "providers/aws/cloudwatch_statistic.h"
#include "providers/aws/operation.h"
#include "providers/checks/decimal.h"

enum { PAGES_MAX = 20 };

/* The checks that ask about the same stretch of time: one request. */
struct group {
    int64_t over_ms;
    struct check_result **results;
    struct cloudwatch_statistic *statistics;
    size_t count;
    const char *token;
    unsigned pages;
    bool done, failed;
    struct error error;
};

static void answer(struct check_result *result, enum check_verdict verdict, const char *observed)
{
    result->verdict = verdict;
    result->observed = observed;
}

/* ---- which requests ---- */

static struct group *group_of(struct group groups[], size_t *count, int64_t over_ms)
{
    for (size_t i = 0; i < *count; i++)
        if (groups[i].over_ms == over_ms)
            return &groups[i];
    groups[*count] = (struct group){.over_ms = over_ms};
    return &groups[(*count)++];
}

static size_t group_checks(struct group groups[], struct check_result results[], size_t n,
                           struct arena *arena)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        const struct planfile_check *check = results[i].check;
        if (check->kind != CHECK_METRIC)
            continue;
        struct group *group = group_of(groups, &count, check->metric.over_ms);
        size_t same = group->count;
        *(struct check_result **)arena_append(arena, &group->results, &group->count,
                                              sizeof *group->results) = &results[i];
        *(struct cloudwatch_statistic *)arena_append(arena, &group->statistics, &same,
                                                     sizeof *group->statistics) =
            (struct cloudwatch_statistic){.namespace = check->metric.namespace,
                                          .metric = check->metric.metric,
                                          .statistic = check->metric.statistic,
                                          .dimensions = check->metric.dimensions,
                                          .dimension_count = check->metric.dimension_count};
    }
    return count;
}

/* ---- asking ---- */

static void take_page(struct group *group, struct arena *arena, const struct aws_call *call)
{
    const char *next = NULL;
    bool ok = call->ok;
    if (!ok)
        group->error = call->error;
    else
        ok = cloudwatch_read_statistics(group->statistics, group->count, &next, arena,
                                        &call->answer, &group->error);
    if (ok && next && ++group->pages == PAGES_MAX)
        ok = error_set(&group->error, ERROR_SERVICE, "GetMetricData has more than %d pages",
                       PAGES_MAX);
    group->token = next;
    group->failed = !ok;
    group->done = !ok || !next;
}

static size_t begin_calls(struct aws_call calls[], struct group *asked[], struct group groups[],
                          size_t count, int64_t settled)
{
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        struct group *group = &groups[i];
        if (group->done)
            continue;
        calls[n] = aws_call_of(&aws_operations[OPERATION_GET_METRIC_DATA]);
        cloudwatch_get_statistics(&calls[n].body, group->statistics, group->count,
                                  settled - group->over_ms, settled, group->token);
        asked[n++] = group;
    }
    return n;
}

static void run_groups(struct aws_client *aws, struct group groups[], size_t count, int64_t settled,
                       struct arena *arena)
{
    struct aws_call *calls = arena_alloc(arena, count * sizeof *calls);
    struct group **asked = arena_alloc(arena, count * sizeof *asked);
    size_t n;
    while ((n = begin_calls(calls, asked, groups, count, settled)) > 0) {
        aws_run(aws, calls, n);
        for (size_t i = 0; i < n; i++) {
            take_page(asked[i], arena, &calls[i]);
            aws_call_clear(&calls[i]);
        }
    }
}

/* ---- judging ---- */

/* As CloudWatch writes whole numbers, without the fraction that is none. */
static const char *shown(struct arena *arena, const char *number)
{
    size_t n = strlen(number);
    return text_ends(number, ".0") ? arena_strndup(arena, number, n - 2) : number;
}

static void judge(struct check_result *result, const struct cloudwatch_statistic *s,
                  struct arena *arena)
{
    const struct planfile_check *check = result->check;
    const char *highest = s->points[0];
    char over[TIME_TEXT_SIZE];
    duration_format(over, check->metric.over_ms);
    for (size_t i = 0; i < s->count; i++) {
        if (!decimal_is(s->points[i])) {
            answer(result, CHECK_SILENT, "CloudWatch's answer holds no number");
            return;
        }
        if (decimal_compare(s->points[i], highest) > 0)
            highest = s->points[i];
    }
    if (!text_same(s->status, "Complete"))
        answer(result, CHECK_SILENT,
               arena_printf(arena, "CloudWatch did not answer completely (%s)",
                            s->status ? s->status : "nothing about this metric"));
    else if (!highest)
        answer(result, CHECK_SILENT, arena_printf(arena, "no data in %s", over));
    else if (decimal_compare(highest, check->metric.below) < 0)
        answer(result, CHECK_GREEN,
               arena_printf(arena, "%s %s in %s", check->metric.statistic, shown(arena, highest),
                            over));
    else
        answer(result, CHECK_RED,
               arena_printf(arena, "%s %s in %s, wanted below %s", check->metric.statistic,
                            shown(arena, highest), over, check->metric.below));
}

static void end_group(struct group *group, struct arena *arena)
{
    for (size_t i = 0; i < group->count; i++)
        if (group->failed)
            answer(group->results[i], CHECK_SILENT, arena_strdup(arena, group->error.message));
        else
            judge(group->results[i], &group->statistics[i], arena);
}

void metric_checks_ask(struct aws_client *aws, const struct clock *clock,
                       struct check_result results[], size_t n, struct arena *arena)
{
    struct group *groups = arena_alloc(arena, n * sizeof *groups);
    size_t count = group_checks(groups, results, n, arena);
    int64_t settled = minute_floor(clock->wall(clock->self) - SERIES_SETTLED_AFTER_MS);
    if (aws)
        run_groups(aws, groups, count, settled, arena);
    for (size_t i = 0; i < count; i++) {
        if (!aws)
            groups[i].failed = !error_set(&groups[i].error, ERROR_USAGE, "nobody asks AWS here");
        end_group(&groups[i], arena);
    }
}
