#include "planner/planfile_gates.h"

#include <assert.h>

#include "planner/base/time.h"
#include "planner/planfile.h"
#include "planner/planfile_scalar.h"

#define AT(field) .offset = offsetof(struct planfile, gates.field)

enum { RATE_ABOVE_ZERO = 1, COUNT_MAX = 1000000000, SLACK_MAX_MS = HOUR_MS };

/* In the order of enum on_verdict. */
static const char *const failures[] = {"stop", "revert", NULL};
static const char *const inconclusives[] = {"stop", "revert", "continue", NULL};
static_assert(ON_STOP == 0 && ON_REVERT == 1 && ON_CONTINUE == 2, "the choices' order");

static bool value_verdict(struct reader *r, const struct key *key, const struct yaml_node *node,
                          void *out)
{
    int choice;
    if (!value_choice(r, key, node, &choice))
        return false;
    *(enum on_verdict *)out = (enum on_verdict)choice;
    return true;
}

static bool value_percentile(struct reader *r, const struct key *key, const struct yaml_node *node,
                             void *out)
{
    static const int percentiles[] = {50, 90, 99};
    int choice;
    if (!value_choice(r, key, node, &choice))
        return false;
    *(int *)out = percentiles[choice];
    return true;
}

static bool value_slack(struct reader *r, const struct key *key, const struct yaml_node *node,
                        void *out)
{
    int64_t ms;
    if (!value_latency(r, key, node, &ms))
        return false;
    if (ms > SLACK_MAX_MS)
        return reader_expected(r, node, "a time of at most 1h");
    *(int64_t *)out = ms * 1000;
    return true;
}

static const struct key errors_rows[] = {
    {"max_rate", value_rate, AT(max_rate), .min = RATE_ABOVE_ZERO},
    {"tolerate", value_factor, AT(errors.tolerate)},
    {"ignore_below", value_rate, AT(errors.ignore_below)},
};
static const struct keys errors_keys = {KEYS(errors_rows)};

static const struct key client_errors_rows[] = {
    {"tolerate", value_factor, AT(client_errors.tolerate)},
    {"ignore_below", value_rate, AT(client_errors.ignore_below)},
};
static const struct keys client_errors_keys = {KEYS(client_errors_rows)};

static const char *const percentiles[] = {"p50", "p90", "p99", NULL};

static const struct key latency_rows[] = {
    {"percentile", value_percentile, AT(latency_percentile), .choices = percentiles},
    {"tolerate", value_factor, AT(latency_tolerate)},
    {"slack", value_slack, AT(latency_slack_us)},
};
static const struct keys latency_keys = {KEYS(latency_rows)};

static bool check_gates(struct reader *r, const struct found *found, void *record)
{
    struct planfile *file = record;
    (void)r;
    file->gates.on_failure_written = found_value(found, "on_failure") != NULL;
    return true;
}

static const struct key gates_rows[] = {
    {"errors", value_keys, .under = &errors_keys},
    {"client_errors", value_keys, .under = &client_errors_keys},
    {"latency", value_keys, .under = &latency_keys},
    {"min_requests", value_int, AT(min_requests), .max = COUNT_MAX},
    {"on_failure", value_verdict, AT(on_failure), .choices = failures},
    {"on_inconclusive", value_verdict, AT(on_inconclusive), .choices = inconclusives},
};
const struct keys gates_keys = {KEYS(gates_rows), .check = check_gates};
