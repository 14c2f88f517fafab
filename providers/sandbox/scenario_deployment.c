/* The keys of services, groups, listeners, rules and faults. */
#include <string.h>

#include "planner/base/text.h"
#include "planner/base/time.h"
#include "providers/sandbox/scenario_values.h"
#include "providers/sandbox/wire_parts.h"

enum {
    TASKS_MAX = 100,
    PORT_MAX = 65535,
    WEIGHT_MAX = 999,
    PRIORITY_MAX = 50000,
    WEEK_MS = 7 * 24 * HOUR_MS,
    TIMES_MAX = 1000000,
    TOKENS_MAX = 1000,
    RATE_MAX = 100000,
};

/* ---- services ---- */

#define AT(field) .offset = offsetof(struct service_setup, field)

static bool value_rollout(struct reader *r, const struct key *key, const struct yaml_node *node,
                          void *out)
{
    struct service_setup *service = out;
    bool for_ever =
        node->kind == YAML_SCALAR && !node->refused && text_same(node->text, "for-ever");
    service->rollout = true;
    return for_ever || value_duration(r, key, node, &service->rollout_ms);
}

static bool check_service(struct reader *r, const struct found *found, void *record)
{
    const struct service_setup *service = record;
    const struct yaml_node *running = found_value(found, "running");
    const struct yaml_node *starting = found_value(found, "starting");
    int64_t runs = service->running < 0 ? service->desired : service->running;
    if (running && service->running > service->desired)
        return reader_refuse(r, running->span, "more tasks run than are desired (%lld)",
                             (long long)service->desired);
    if (starting && service->starting > runs)
        return reader_refuse(r, starting->span, "only %lld tasks run", (long long)runs);
    return true;
}

static const struct key service_rows[] = {
    {"name", value_ecs_name, AT(name)},
    {"missing", value_missing, AT(exists)},
    {"desired", value_int, AT(desired), .max = TASKS_MAX},
    {"running", value_int, AT(running), .max = TASKS_MAX},
    {"starting", value_int, AT(starting), .max = TASKS_MAX},
    {"feeds", value_group, AT(group), .choices = feeds_choices},
    {"rollout", value_rollout, .min = SECOND_MS},
};
const struct keys service_keys = {KEYS(service_rows), .check = check_service};
#undef AT

/* ---- groups ---- */

#define AT(field) .offset = offsetof(struct group_setup, field)

static bool value_group_sticky(struct reader *r, const struct key *key,
                               const struct yaml_node *node, void *out)
{
    struct group_setup *group = out;
    group->attributes.sticky = true;
    return value_seconds(r, key, node, &group->attributes.sticky_s);
}

static const struct key group_rows[] = {
    {"name", value_target_group, AT(name)},
    {"missing", value_missing, AT(exists)},
    {"draining", value_int, AT(draining), .max = TASKS_MAX},
    {"targets", value_int, AT(targets), .max = TASKS_MAX},
    {"deregistration_delay", value_seconds, AT(attributes.deregistration_delay_s), .max = HOUR_MS},
    {"slow_start", value_seconds, AT(attributes.slow_start_s), .min = 30 * SECOND_MS,
     .max = 15 * MINUTE_MS},
    {"sticky", value_group_sticky, .min = SECOND_MS, .max = WEEK_MS},
    {"health_interval", value_seconds, AT(attributes.health_interval_s), .min = 5 * SECOND_MS,
     .max = 5 * MINUTE_MS},
};
const struct keys group_keys = {KEYS(group_rows)};
#undef AT

/* ---- listeners and rules ---- */

#define AT(field) .offset = offsetof(struct listener_setup, field)

static bool value_listener_sticky(struct reader *r, const struct key *key,
                                  const struct yaml_node *node, void *out)
{
    struct listener_setup *listener = out;
    listener->sticky = true;
    return value_seconds(r, key, node, &listener->sticky_s);
}

static bool value_forward(struct reader *r, const struct key *key, const struct yaml_node *node,
                          void *out)
{
    struct listener_setup *listener = out;
    int group;
    if (!value_group(r, key, node, &group))
        return false;
    listener->single = true;
    listener->weights[group] = 1;
    return true;
}

/* "redirect: true": the row's least value is the action that it stands for. */
static bool value_action(struct reader *r, const struct key *key, const struct yaml_node *node,
                         void *out)
{
    bool chosen;
    if (!value_bool(r, key, node, &chosen))
        return false;
    if (chosen)
        ((struct listener_setup *)out)->action = (enum default_action)key->min;
    return true;
}

static bool check_listener(struct reader *r, const struct found *found, void *record)
{
    static const char *const answers[] = {"weights", "forward", "redirect", "fixed_response"};
    const struct yaml_node *sticky = found_value(found, "sticky");
    unsigned given = 0;
    (void)record;
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        given += found_value(found, answers[i]) != NULL;
        if (found_bad(found, answers[i]))
            return true;
    }
    if (given != 1 && !found->unknown)
        return reader_refuse(r, found->mapping->span,
                             "needs one of weights, forward, redirect, fixed_response");
    if (sticky && !found_value(found, "weights"))
        return reader_refuse(r, sticky->span, "only a listener with weights can be sticky");
    return true;
}

static const struct key weight_rows[] = {
    {"source", value_small, .offset = ARM_SOURCE * sizeof(int), .max = WEIGHT_MAX},
    {"target", value_small, .offset = ARM_TARGET * sizeof(int), .max = WEIGHT_MAX},
    {"other", value_small, .offset = WORLD_GROUP_OTHER * sizeof(int), .max = WEIGHT_MAX},
};
static bool check_weights(struct reader *r, const struct found *found, void *record)
{
    (void)record;
    return found->mapping->count || reader_refuse(r, found->mapping->span, "names no group");
}

static const struct keys weight_keys = {KEYS(weight_rows), .check = check_weights};

static const struct key listener_rows[] = {
    {"port", value_small, AT(port), .required = true, .min = 1, .max = PORT_MAX},
    {"https", value_bool, AT(https)},
    {"weights", value_keys, AT(weights), .under = &weight_keys},
    {"sticky", value_listener_sticky, .min = SECOND_MS, .max = WEEK_MS},
    {"forward", value_forward, .choices = group_choices},
    {"redirect", value_action, .min = ACTION_REDIRECT},
    {"fixed_response", value_action, .min = ACTION_FIXED_RESPONSE},
    {"authenticate", value_bool, AT(authenticate)},
    {"requests", value_decimal, AT(direct_rps), .max = RATE_MAX},
};
const struct keys listener_keys = {KEYS(listener_rows), .check = check_listener};
#undef AT

#define AT(field) .offset = offsetof(struct rule_setup, field)

static const struct key rule_rows[] = {
    {"port", value_small, AT(port), .required = true, .min = 1, .max = PORT_MAX},
    {"priority", value_small, AT(priority), .required = true, .min = 1, .max = PRIORITY_MAX},
    {"path", value_text, AT(path), .required = true, .max = 128},
    {"forward", value_group, AT(group), .required = true, .choices = group_choices},
    {"share", value_part, AT(share)},
};
const struct keys rule_keys = {KEYS(rule_rows)};
#undef AT

/* ---- faults ---- */

#define AT(field) .offset = offsetof(struct fault_setup, field)

static bool value_operation(struct reader *r, const struct key *key, const struct yaml_node *node,
                            void *out)
{
    if (!value_text(r, key, node, out))
        return false;
    if (text_same(node->text, "*") || wire_operation_is_known(node->text))
        return true;
    reader_expected(r, node, "an operation of the sandbox");
    return reader_hint(r, "such as DescribeServices; in quotes, \"*\" is any");
}

static bool value_kind(struct reader *r, const struct key *key, const struct yaml_node *node,
                       void *out)
{
    int choice;
    if (!value_choice(r, key, node, &choice))
        return false;
    *(enum fault_kind *)out = (enum fault_kind)choice;
    return true;
}

static bool check_fault(struct reader *r, const struct found *found, void *record)
{
    const struct fault_setup *fault = record;
    const struct yaml_node *delay = found_value(found, "delay");
    if (!found_value(found, "answer") || found_bad(found, "delay"))
        return true;
    if (fault->kind == FAULT_DELAY && found_missing(r, found, "delay"))
        return reader_refuse(r, found->mapping->span, "the key \"delay\" is missing");
    if (delay && fault->kind != FAULT_DELAY)
        return reader_refuse(r, delay->span, "only the answer \"delay\" takes a delay");
    return true;
}

static const struct key fault_rows[] = {
    {"operation", value_operation, AT(operation), .required = true, .max = 64},
    {"answer", value_kind, AT(kind), .required = true, .choices = fault_kind_names},
    {"skip", value_int, AT(skip), .max = TIMES_MAX},
    {"times", value_count, AT(times), .max = TIMES_MAX},
    {"delay", value_latency, AT(delay_ms)},
    {"when", value_keys, AT(trigger), .under = &trigger_keys},
    {"after", value_duration, AT(trigger.after_ms)},
};
const struct keys fault_keys = {KEYS(fault_rows), .check = check_fault};
#undef AT

/* ---- throttling ---- */

#define AT(field) .offset = offsetof(struct throttling_setup, field)

static bool check_throttling(struct reader *r, const struct found *found, void *record)
{
    const struct throttling_setup *bucket = record;
    const struct yaml_node *left = found_value(found, "left");
    if (!left || found_bad(found, "left") || found_bad(found, "burst"))
        return true;
    return bucket->left <= bucket->burst ||
           reader_refuse(r, left->span, "the bucket holds less than that");
}

static const struct key throttling_rows[] = {
    {"burst", value_int, AT(burst), .required = true, .min = 1, .max = TOKENS_MAX},
    {"rate", value_decimal, AT(rate), .required = true, .max = TOKENS_MAX},
    {"others", value_decimal, AT(others), .max = TOKENS_MAX},
    {"left", value_int, AT(left), .max = TOKENS_MAX},
};
const struct keys throttling_keys = {KEYS(throttling_rows), .check = check_throttling};
