/* The keys of "conditions", for the beginning and for each change. */
#include "planner/base/time.h"
#include "providers/sandbox/scenario_values.h"

#define AT(field) .offset = offsetof(struct conditions, field)

enum { RATE_MAX = 100000, TARGETS_MAX = 1000, REASON_MAX = 180 };

static bool check_latency(struct reader *r, const struct found *found,
                          const struct group_conditions *group)
{
    const struct yaml_node *p50 = found_value(found, "p50"), *p99 = found_value(found, "p99");
    if (found_bad(found, "p50") || found_bad(found, "p99") || (!p50 && !p99) ||
        group->latency_p99_ms >= group->latency_p50_ms)
        return true;
    return reader_refuse(r, (p99 ? p99 : p50)->span, "\"p99\" must not be below \"p50\"");
}

#define GROUP_ROWS(g)                                                                              \
    {"redirects", value_part, AT(groups[g].rate_3xx)},                                             \
        {"client_errors", value_part, AT(groups[g].rate_4xx)},                                     \
        {"errors", value_part, AT(groups[g].rate_5xx)},                                            \
        {"p50", value_milliseconds, AT(groups[g].latency_p50_ms)},                                 \
        {"p99", value_milliseconds, AT(groups[g].latency_p99_ms)},                                 \
        {"unhealthy", value_count, AT(groups[g].unhealthy), .max = TARGETS_MAX},                   \
    {                                                                                              \
        "stuck_initial", value_count, AT(groups[g].stuck_initial), .max = TARGETS_MAX              \
    }
#define SERVICE_ROWS(arm)                                                                          \
    {"failing_starts", value_count, AT(services[arm].failing_starts), .max = TARGETS_MAX},         \
        {"stopped_reason", value_text, AT(services[arm].stopped_reason), .max = REASON_MAX},       \
    {                                                                                              \
        "container_reason", value_text, AT(services[arm].container_reason), .max = REASON_MAX      \
    }

static bool check_source(struct reader *r, const struct found *found, void *record)
{
    return check_latency(r, found, &((struct conditions *)record)->groups[ARM_SOURCE]);
}

static bool check_target(struct reader *r, const struct found *found, void *record)
{
    return check_latency(r, found, &((struct conditions *)record)->groups[ARM_TARGET]);
}

static bool check_other(struct reader *r, const struct found *found, void *record)
{
    return check_latency(r, found, &((struct conditions *)record)->groups[WORLD_GROUP_OTHER]);
}

static const struct key source_rows[] = {GROUP_ROWS(ARM_SOURCE), SERVICE_ROWS(ARM_SOURCE)};
static const struct key target_rows[] = {GROUP_ROWS(ARM_TARGET), SERVICE_ROWS(ARM_TARGET)};
static const struct key other_rows[] = {GROUP_ROWS(WORLD_GROUP_OTHER)};
static const struct keys source_keys = {KEYS(source_rows), .check = check_source};
static const struct keys target_keys = {KEYS(target_rows), .check = check_target};
static const struct keys other_keys = {KEYS(other_rows), .check = check_other};

static const struct key rows[] = {
    {"requests", value_decimal, AT(requests_per_second), .max = RATE_MAX},
    {"noise", value_part, AT(noise)},
    {"cookie_clients", value_part, AT(cookie_clients)},
    {"stuck_on_source", value_part, AT(stuck_on_source)},
    {"connections", value_decimal, AT(connections), .max = RATE_MAX},
    {"requests_per_connection", value_decimal, AT(requests_per_connection), .min = 1,
     .max = RATE_MAX},
    {"replay_lag", value_lag, AT(replay_lag_ms)},
    {"source", value_keys, .under = &source_keys},
    {"target", value_keys, .under = &target_keys},
    {"other", value_keys, .under = &other_keys},
};
const struct keys conditions_keys = {KEYS(rows)};
