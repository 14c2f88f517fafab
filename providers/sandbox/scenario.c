#include "providers/sandbox/scenario.h"

#include "planner/base/text.h"
#include "planner/base/time.h"
#include "planner/yaml_source.h"
#include "planner/yaml_tree.h"
#include "providers/sandbox/scenario_values.h"

#define AT(field) .offset = offsetof(struct scenario, setup.field)

enum { LISTENERS_MAX = 20, RULES_MAX = 50, CHANGES_MAX = 100, FAULTS_MAX = 100 };

/* What the first level fills. Changes build on the conditions, which may stand below them. */
struct scenario {
    struct world_setup setup;
    const struct yaml_node *changes;
};

/* Scenario files have one format. */
static bool value_format(struct reader *r, const struct key *key, const struct yaml_node *node,
                         void *out)
{
    (void)key, (void)out;
    if (!node->refused && node->kind == YAML_SCALAR && node->plain && text_same(node->text, "1"))
        return true;
    return reader_expected(r, node, "the format's number, 1");
}

static bool value_seed(struct reader *r, const struct key *key, const struct yaml_node *node,
                       void *out)
{
    int64_t seed;
    if (!value_int(r, key, node, &seed))
        return false;
    *(uint64_t *)out = (uint64_t)seed;
    return true;
}

/* ---- lists ---- */

static bool value_listeners(struct reader *r, const struct key *key, const struct yaml_node *node,
                            void *out)
{
    static const struct listener_setup fresh = {.https = true, .weights = {-1, -1, -1}};
    struct world_setup *setup = &((struct scenario *)out)->setup;
    if (!read_items(r, key, node, &fresh, sizeof fresh, &setup->listeners, &setup->listener_count))
        return false;
    if (setup->listener_count == 0)
        return reader_expected(r, node, "one listener at least");
    for (size_t i = 0; i < setup->listener_count; i++)
        for (size_t j = 0; j < i; j++)
            if (setup->listeners[i].port == setup->listeners[j].port)
                return reader_refuse(r, node->items[i]->span, "port %d has a listener already",
                                     setup->listeners[i].port);
    return true;
}

static bool value_rules(struct reader *r, const struct key *key, const struct yaml_node *node,
                        void *out)
{
    static const struct rule_setup fresh = {.share = 0.1};
    struct world_setup *setup = &((struct scenario *)out)->setup;
    return read_items(r, key, node, &fresh, sizeof fresh, &setup->rules, &setup->rule_count);
}

static bool value_faults(struct reader *r, const struct key *key, const struct yaml_node *node,
                         void *out)
{
    static const struct fault_setup fresh = {.times = 1};
    struct world_setup *setup = &((struct scenario *)out)->setup;
    return read_items(r, key, node, &fresh, sizeof fresh, &setup->faults, &setup->fault_count);
}

static bool value_changes(struct reader *r, const struct key *key, const struct yaml_node *node,
                          void *out)
{
    (void)key;
    if (node->kind != YAML_SEQUENCE)
        return reader_expected(r, node, "a list of changes");
    ((struct scenario *)out)->changes = node;
    return true;
}

/* ---- metrics ---- */

static bool value_missing_metrics(struct reader *r, const struct key *key,
                                  const struct yaml_node *node, void *out)
{
    struct world_setup *setup = &((struct scenario *)out)->setup;
    return read_silent(r, key, node, setup->metrics_missing, &setup->common_metrics_missing);
}

static bool value_withheld(struct reader *r, const struct key *key, const struct yaml_node *node,
                           void *out)
{
    const struct key item = {.name = key->name, .max = 128};
    struct world_setup *setup = &((struct scenario *)out)->setup;
    if (!is_list_of_names(r, node, "metrics' names"))
        return false;
    const char **names = arena_alloc(r->arena, node->count * sizeof *names);
    bool good = true;
    for (size_t i = 0; i < node->count; i++) {
        reader_enter(r, NULL, i);
        good = value_text(r, &item, node->items[i], &names[i]) && good;
        reader_leave(r);
    }
    setup->metrics_withheld = names;
    setup->metrics_withheld_count = good ? node->count : 0;
    return good;
}

static const struct key metrics_rows[] = {
    {"delay", value_duration, AT(metric_delay_ms), .max = HOUR_MS},
    {"settle", value_duration, AT(metric_settle_ms), .max = HOUR_MS},
    {.name = "missing", .read = value_missing_metrics},
    {.name = "withheld", .read = value_withheld},
};
static const struct keys metrics_keys = {KEYS(metrics_rows)};

/* ---- mappings of the first level ---- */

static const struct key load_balancer_rows[] = {
    {"name", value_load_balancer, AT(load_balancer)},
    {"missing", value_bool, AT(no_load_balancer)},
    {"client_keep_alive", value_seconds, AT(client_keep_alive_s), .min = MINUTE_MS,
     .max = 7 * 24 * HOUR_MS},
    {"version", value_text, AT(version), .max = 64},
    {"stack", value_text, AT(stack), .max = 128},
};
static const struct keys load_balancer_keys = {KEYS(load_balancer_rows)};

static const struct key services_rows[] = {
    {"source", value_keys, AT(services[ARM_SOURCE]), .under = &service_keys},
    {"target", value_keys, AT(services[ARM_TARGET]), .under = &service_keys},
};
static const struct keys services_keys = {KEYS(services_rows)};

static bool value_other(struct reader *r, const struct key *key, const struct yaml_node *node,
                        void *out)
{
    ((struct group_setup *)out)->exists = true;
    return value_keys(r, key, node, out);
}

static const struct key groups_rows[] = {
    {"source", value_keys, AT(groups[ARM_SOURCE]), .under = &group_keys},
    {"target", value_keys, AT(groups[ARM_TARGET]), .under = &group_keys},
    {"other", value_other, AT(groups[WORLD_GROUP_OTHER]), .under = &group_keys},
};
static const struct keys groups_keys = {KEYS(groups_rows)};

static bool check_timing(struct reader *r, const struct found *found, void *record)
{
    const struct scenario *scenario = record;
    const struct yaml_node *least = found_value(found, "task_start_min");
    const struct yaml_node *most = found_value(found, "task_start_max");
    if ((!least && !most) || scenario->setup.task_start_min_ms <= scenario->setup.task_start_max_ms)
        return true;
    return reader_refuse(r, (most ? most : least)->span,
                         "\"task_start_min\" must not be above \"task_start_max\"");
}

static const struct key timing_rows[] = {
    {"task_start_min", value_duration, AT(task_start_min_ms), .max = HOUR_MS},
    {"task_start_max", value_duration, AT(task_start_max_ms), .max = HOUR_MS},
    {"registration", value_duration, AT(registration_ms), .max = HOUR_MS},
    {"routing_delay", value_duration, AT(routing_delay_ms), .max = HOUR_MS},
};
static const struct keys timing_keys = {KEYS(timing_rows), .check = check_timing};

/* ---- changes, once all else is read ---- */

static bool check_change(struct reader *r, const struct found *found, void *record)
{
    const struct change_setup *change = record;
    if (!found_missing(r, found, "after") || change->trigger.at_permille)
        return true;
    return found_bad(found, "when") ||
           reader_refuse(r, found->mapping->span, "needs \"after\", \"when\" or both");
}

static const struct key change_rows[] = {
    {"after", value_duration, .offset = offsetof(struct change_setup, trigger.after_ms)},
    {"when", value_keys, .offset = offsetof(struct change_setup, trigger), .under = &trigger_keys},
    {"conditions", value_keys, .offset = offsetof(struct change_setup, conditions),
     .required = true, .under = &conditions_keys},
};
static const struct keys change_keys = {KEYS(change_rows), .check = check_change};

/* Each begins with what the one before it left. */
static bool read_changes(struct reader *r, struct scenario *scenario)
{
    const struct yaml_node *node = scenario->changes;
    struct world_setup *setup = &scenario->setup;
    struct change_setup before = {.conditions = setup->conditions};
    int64_t least = -1; /* of the next that counts from time zero */
    bool good = true;

    if (node->count > CHANGES_MAX)
        return reader_refuse(r, node->span, "at most %d changes", CHANGES_MAX);
    struct change_setup *changes = arena_alloc(r->arena, node->count * sizeof *changes);
    for (size_t i = 0; i < node->count; i++) {
        changes[i] = (struct change_setup){.conditions = before.conditions};
        reader_enter(r, NULL, i);
        bool whole = reader_keys(r, &change_keys, node->items[i], &changes[i]);
        const struct trigger *trigger = &changes[i].trigger;
        if (whole && !trigger->at_permille && trigger->after_ms <= least)
            whole = reader_refuse(r, node->items[i]->span, "must come after the change before it");
        least = trigger->at_permille ? least : trigger->after_ms;
        reader_leave(r);
        good = whole && good;
        before = changes[i];
    }
    setup->changes = changes;
    setup->change_count = node->count;
    return good;
}

/* A third group exists once something names it. */
static void find_other_group(struct world_setup *setup)
{
    bool *exists = &setup->groups[WORLD_GROUP_OTHER].exists;
    for (size_t i = 0; i < setup->listener_count; i++)
        *exists = *exists || setup->listeners[i].weights[WORLD_GROUP_OTHER] >= 0;
    for (size_t i = 0; i < setup->rule_count; i++)
        *exists = *exists || setup->rules[i].group == WORLD_GROUP_OTHER;
}

static bool check_scenario(struct reader *r, const struct found *found, void *record)
{
    struct scenario *scenario = record;
    bool good = true;
    (void)found;
    find_other_group(&scenario->setup);
    if (scenario->changes) {
        reader_enter(r, "changes", 0);
        good = read_changes(r, scenario);
        reader_leave(r);
    }
    return good;
}

static const struct key rows[] = {
    {"sandbox", value_format, .required = true},
    {"stage", value_stage, AT(stage)},
    {"region", value_region, AT(region)},
    {"account", value_account, AT(account)},
    {"seed", value_seed, AT(seed), .max = 1000000000},
    {"page", value_int, AT(page_items), .min = 1, .max = 1000},
    {"load_balancer", value_keys, .under = &load_balancer_keys},
    {"services", value_keys, .under = &services_keys},
    {"groups", value_keys, .under = &groups_keys},
    {"listeners", value_listeners, .max = LISTENERS_MAX, .under = &listener_keys, .list = true},
    {"rules", value_rules, .max = RULES_MAX, .under = &rule_keys, .list = true},
    {"timing", value_keys, .under = &timing_keys},
    {"metrics", value_keys, .under = &metrics_keys},
    {"conditions", value_keys, AT(conditions), .under = &conditions_keys},
    {"changes", value_changes, .under = &change_keys, .list = true},
    {"throttling", value_keys, AT(throttling), .under = &throttling_keys},
    {"faults", value_faults, .max = FAULTS_MAX, .under = &fault_keys, .list = true},
};
static const struct keys scenario_keys = {KEYS(rows), .check = check_scenario};

bool scenario_read(struct world_setup *out, struct arena *arena, const char *bytes, size_t n,
                   struct diagnostics *list)
{
    struct scenario scenario = {.changes = NULL};
    struct reader r = {.arena = arena, .list = list, .root = &scenario_keys};
    size_t before = list->errors;
    size_t readable = n <= YAML_MAX_BYTES ? n : 0, start = yaml_source_start(bytes, readable);

    setup_init(&scenario.setup);
    list->source = bytes + start;
    list->source_len = readable - start;
    const struct yaml_node *root = yaml_tree_read(arena, bytes, n, &r.whole, list);
    if (root)
        reader_keys(&r, &scenario_keys, root, &scenario);
    list->source = NULL;
    list->source_len = 0;
    diagnostics_sort(list);
    *out = scenario.setup;
    return list->errors == before;
}
