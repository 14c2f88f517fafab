/*
 * CloudWatch's GetMetricData (Query protocol): all series of one deployment in one request. Bodies
 * of requests and readings of answers, no network.
 *
 * Sources: AWS/ApplicationELB's metrics and dimensions ("CloudWatch metrics for your Application
 * Load Balancer"), Migration Assistant's replayer (FACTS.md). Dimensions are sent in the order
 * TargetGroup, LoadBalancer, as AWS documents them: an endpoint may compare them in order.
 *
 * A column that CloudWatch did not answer completely (PartialData, InternalError, Forbidden on the
 * last page) is never handed out, because its gaps could be read as zeros: for a count the whole
 * reading fails, anything else is left absent.
 */
#ifndef PROVIDERS_AWS_CLOUDWATCH_H
#define PROVIDERS_AWS_CLOUDWATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "planner/base/error.h"
#include "planner/base/text.h"
#include "planner/series.h"
#include "planner/subject.h"

enum cloudwatch_set {
    CLOUDWATCH_PLAIN,       /* everything but percentiles */
    CLOUDWATCH_PERCENTILES, /* p50, p90, p99 of both arms: some endpoints have none */
};

enum cloudwatch_status { CLOUDWATCH_NOT_SEEN, CLOUDWATCH_INCOMPLETE, CLOUDWATCH_COMPLETE };

/* One reading over all its pages. Begin with a series_init()ed series and zeros. */
struct cloudwatch_reading {
    struct series *series; /* borrowed */
    const struct subject *subject;
    enum cloudwatch_set set;
    enum cloudwatch_status arms[ARM_COUNT][ARM_METRIC_COUNT];
    enum cloudwatch_status common[COMMON_METRIC_COUNT];
    const char *message; /* what CloudWatch said beside the data; NULL: nothing */
};

/* The subject's load balancer must be resolved. An arm without a target group's ARN is left out, as
 * is the replayer's lag where the subject has no stage. `token` is NULL for the first page. */
void cloudwatch_get_metric_data(struct text *body, struct cloudwatch_reading *reading,
                                const char *token);

/* Puts the page's minutes into the series; `next` is NULL on the last page. After a failure the
 * series must not be used. */
must_use bool cloudwatch_read_page(struct cloudwatch_reading *reading, const char **next,
                                   struct arena *arena, const struct text *answer,
                                   struct error *err);

/* Makes every column of the reading absent. */
void cloudwatch_discard(struct cloudwatch_reading *reading);

/* After the last page: see above. */
must_use bool cloudwatch_finish(struct cloudwatch_reading *reading, struct error *err);

#endif
