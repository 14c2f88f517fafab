/*
 * The check `metric`: one statistic of a CloudWatch metric over the newest `over` of settled
 * minutes (series.h): what is not settled yet may be missing still. Green below, red at or above;
 * silent without data, for nobody measured anything, and where CloudWatch does not answer
 * completely.
 *
 * All checks with the same `over` are one GetMetricData request, and all requests one wave.
 */
#ifndef PROVIDERS_CHECKS_METRIC_CHECK_H
#define PROVIDERS_CHECKS_METRIC_CHECK_H

#include <stddef.h>

#include "planner/base/arena.h"
#include "planner/check.h"
#include "planner/clock.h"
#include "providers/aws/client.h"

/* Answers the metric checks among the results, and leaves the others alone. Without a client they
 * are silent. */
void metric_checks_ask(struct aws_client *aws, const struct clock *clock,
                       struct check_result results[], size_t n, struct arena *arena);

#endif
