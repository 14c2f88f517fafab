/*
 * CloudWatch's minutes as columns with presence bits. No request in a minute means no data point,
 * not a zero (FACTS.md, "CloudWatch"); which gaps may be read as zero is decided here and nowhere
 * else (DESIGN, section 6).
 */
#ifndef PLANNER_SERIES_H
#define PLANNER_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "planner/base/arena.h"
#include "planner/base/json.h"
#include "planner/subject.h"

/* Per arm: dimensions TargetGroup + LoadBalancer. Times are microseconds, all else counts. */
enum arm_metric {
    METRIC_REQUESTS, /* RequestCount, Sum */
    METRIC_2XX,      /* HTTPCode_Target_2XX_Count, Sum */
    METRIC_3XX,
    METRIC_4XX,
    METRIC_5XX,
    METRIC_TIME_AVERAGE, /* TargetResponseTime, Average */
    METRIC_TIME_P50,     /* percentiles: in a call of their own */
    METRIC_TIME_P90,
    METRIC_TIME_P99,
    METRIC_HEALTHY,           /* HealthyHostCount, Minimum: reported without traffic too */
    METRIC_UNHEALTHY,         /* UnHealthyHostCount, Maximum */
    METRIC_CONNECTION_ERRORS, /* TargetConnectionErrorCount, Sum */
    ARM_METRIC_COUNT
};

/* Of the load balancer as a whole, and of the replayer. */
enum common_metric {
    METRIC_ACTIVE_CONNECTIONS, /* ActiveConnectionCount, Sum */
    METRIC_NEW_CONNECTIONS,    /* NewConnectionCount, Sum */
    METRIC_ELB_5XX,            /* HTTPCode_ELB_5XX_Count, Sum */
    METRIC_REJECTED,           /* RejectedConnectionCount, Sum */
    METRIC_REPLAY_LAG, /* OpenSearchMigrations lagBetweenSourceAndTargetRequests, ms, Maximum */
    COMMON_METRIC_COUNT
};

enum { SERIES_SETTLED_AFTER_MS = 180000, SERIES_MINUTES_MAX = 1440 };
/* Fifteen digits: more says nothing about any minute, and a whole series of them can be added. */
#define SERIES_VALUE_MAX INT64_C(999999999999999)

struct column {
    int64_t *values; /* one a minute; meaningful where present */
    bool *present;
};

struct series {
    int64_t start_at; /* a whole minute, wall clock */
    size_t minutes;
    struct column arms[ARM_COUNT][ARM_METRIC_COUNT];
    struct column common[COMMON_METRIC_COUNT];
};

/* All minutes absent. `start_at` is floored to the minute; at most SERIES_MINUTES_MAX minutes. */
void series_init(struct series *out, struct arena *arena, int64_t start_at, size_t minutes);
/* Ignores an instant outside the series; a value beyond SERIES_VALUE_MAX is cut to it. */
void series_put(struct series *series, struct column *column, int64_t at, int64_t value);
void series_copy(struct series *out, struct arena *arena, const struct series *from);

bool series_index(const struct series *series, int64_t at, size_t *minute);
int64_t series_minute_at(const struct series *series, size_t minute);
/* A minute is settled when it ended 3 minutes ago. */
bool series_settled(const struct series *series, size_t minute, int64_t now);

/*
 * A count of one minute. A missing code count is zero only if that group's RequestCount is there;
 * a missing RequestCount is zero only if the load balancer or the other group reported in that
 * minute, and no code count or response time of its own group did; else the answer is false:
 * unknown.
 */
bool series_count(const struct series *series, enum arm arm, enum arm_metric metric, size_t minute,
                  int64_t *value);

/* Sums over the known minutes of [from, to); `known` minutes were counted. */
int64_t series_sum(const struct series *series, enum arm arm, enum arm_metric metric, size_t from,
                   size_t to, size_t *known);

void series_write_json(struct json_writer *w, const char *key, const struct series *series);
must_use bool series_read_json(struct series *out, struct arena *arena, const struct json *value,
                               struct error *err);

#endif
