/* The keys of "conditions", for the beginning and for each change. */
#include <string.h>

#include "planner/base/time.h"
#include "providers/sandbox/scenario_values.h"

#define AT(field) .offset = offsetof(struct conditions, field)

enum {
    PORT_MAX = 65535,
    RATE_MAX = 100000,
    TARGETS_MAX = 1000,
    REASON_MAX = 180,
    DOCUMENTS_MAX = 1000000000
};

static const char *const health_choices[] = {"green", "yellow", "red", "down", NULL};
static const char *const percentiles_choices[] = {"given", "none", "refused", NULL};

static bool value_health(struct reader *r, const struct key *key, const struct yaml_node *node,
                         void *out)
{
    int choice;
    if (!value_choice(r, key, node, &choice))
        return false;
    *(enum cluster_health *)out = (enum cluster_health)choice;
    return true;
}

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
        {"rejected", value_part, AT(groups[g].rejected)},                                          \
        {"p50", value_milliseconds, AT(groups[g].latency_p50_ms)},                                 \
        {"p99", value_milliseconds, AT(groups[g].latency_p99_ms)},                                 \
        {"unhealthy", value_count, AT(groups[g].unhealthy), .max = TARGETS_MAX},                   \
    {                                                                                              \
        "stuck_initial", value_count, AT(groups[g].stuck_initial), .max = TARGETS_MAX              \
    }
#define SERVICE_ROWS(arm)                                                                          \
    {"failing_starts", value_count, AT(services[arm].failing_starts), .max = TARGETS_MAX},         \
        {"stopped_reason", value_text, AT(services[arm].stopped_reason), .max = REASON_MAX},       \
        {"container_reason", value_text, AT(services[arm].container_reason), .max = REASON_MAX},   \
        {"cluster", value_health, AT(clusters[arm].health), .choices = health_choices},            \
    {                                                                                              \
        "documents", value_int, AT(clusters[arm].documents), .max = DOCUMENTS_MAX                  \
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

/* ---- metrics and direct traffic ---- */

static bool value_silent(struct reader *r, const struct key *key, const struct yaml_node *node,
                         void *out)
{
    struct metric_conditions *metrics = out;
    memset(metrics->silent, 0, sizeof metrics->silent);
    metrics->common_silent = false;
    return read_silent(r, key, node, metrics->silent, &metrics->common_silent);
}

static bool value_percentiles(struct reader *r, const struct key *key, const struct yaml_node *node,
                              void *out)
{
    int choice;
    if (!value_choice(r, key, node, &choice))
        return false;
    *(enum percentiles *)out = (enum percentiles)choice;
    return true;
}

static const struct key metrics_rows[] = {
    {"late", value_duration, .offset = offsetof(struct metric_conditions, late_ms), .max = HOUR_MS},
    {.name = "silent", .read = value_silent},
    {"percentiles", value_percentiles, .offset = offsetof(struct metric_conditions, percentiles),
     .choices = percentiles_choices},
};
static const struct keys metrics_keys = {KEYS(metrics_rows)};

static const struct key direct_rows[] = {
    {"port", value_small, .offset = offsetof(struct direct_traffic, port), .required = true,
     .min = 1, .max = PORT_MAX},
    {"requests", value_decimal, .offset = offsetof(struct direct_traffic, rps), .required = true,
     .max = RATE_MAX},
};
static const struct keys direct_keys = {KEYS(direct_rows)};

static bool value_direct(struct reader *r, const struct key *key, const struct yaml_node *node,
                         void *out)
{
    static const struct direct_traffic fresh = {0};
    struct conditions *conditions = out;
    struct direct_traffic *items;
    size_t count;
    if (!read_items(r, key, node, &fresh, sizeof fresh, &items, &count))
        return false;
    memcpy(conditions->direct, items, count * sizeof *items);
    conditions->direct_count = count;
    return true;
}

static const struct key rows[] = {
    {"requests", value_decimal, AT(requests_per_second), .max = RATE_MAX},
    {"noise", value_part, AT(noise)},
    {"bursts", value_part, AT(bursts)},
    {"burst_errors", value_part, AT(burst_5xx)},
    {"cookie_clients", value_part, AT(cookie_clients)},
    {"stuck_on_source", value_part, AT(stuck_on_source)},
    {"connections", value_decimal, AT(connections), .max = RATE_MAX},
    {"requests_per_connection", value_decimal, AT(requests_per_connection), .min = 1,
     .max = RATE_MAX},
    {"reusing_clients", value_part, AT(reusing_clients)},
    {"reused_for", value_duration, AT(reused_for_ms), .min = SECOND_MS, .max = 7 * 24 * HOUR_MS},
    {"replay_lag", value_lag, AT(replay_lag_ms)},
    {"metrics", value_keys, AT(metrics), .under = &metrics_keys},
    {"direct", value_direct, .max = DIRECT_MAX, .under = &direct_keys, .list = true},
    {"source", value_keys, .under = &source_keys},
    {"target", value_keys, .under = &target_keys},
    {"other", value_keys, .under = &other_keys},
};
const struct keys conditions_keys = {KEYS(rows)};
