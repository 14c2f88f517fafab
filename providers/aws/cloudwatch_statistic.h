/*
 * CloudWatch's GetMetricData for any metric: one statistic over one stretch of time, as a plan
 * file's `metric` checks ask. Bodies of requests and readings of answers, no network.
 *
 * The stretch is one period, which CloudWatch counts from StartTime on where that is a whole
 * minute; an endpoint that cuts periods at their own multiples answers with two points, and both
 * are given.
 */
#ifndef PROVIDERS_AWS_CLOUDWATCH_STATISTIC_H
#define PROVIDERS_AWS_CLOUDWATCH_STATISTIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "planner/base/arena.h"
#include "planner/base/error.h"
#include "planner/base/text.h"
#include "planner/planfile.h"

enum { CLOUDWATCH_QUERIES_MAX = 500, CLOUDWATCH_POINTS_MAX = 2 };

struct cloudwatch_statistic {
    /* asked: borrowed */
    const char *namespace, *metric, *statistic;
    const struct check_dimension *dimensions;
    size_t dimension_count;

    /* answered: begin with zeros. Numbers as CloudWatch wrote them; the arena's */
    const char *points[CLOUDWATCH_POINTS_MAX];
    size_t count;       /* 0: there is no data */
    const char *status; /* of the last page: "Complete"; NULL: nothing was said about it */
};

/* The stretch from `from` to `to`, both whole minutes. `token` is NULL for the first page. */
void cloudwatch_get_statistics(struct text *body, const struct cloudwatch_statistic list[],
                               size_t n, int64_t from, int64_t to, const char *token);
/* `next` is NULL on the last page. After a failure the list must not be used. */
must_use bool cloudwatch_read_statistics(struct cloudwatch_statistic list[], size_t n,
                                         const char **next, struct arena *arena,
                                         const struct text *answer, struct error *err);

/* "&QUERY.MetricStat.Metric.Dimensions.member.N...", for the next N. */
void cloudwatch_add_dimension(struct text *body, const char *query, int *n, const char *name,
                              const char *value);

#endif
