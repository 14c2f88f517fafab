#include "providers/sandbox/scenario_values.h"

#include <stdlib.h>
#include <string.h>

#include "planner/base/text.h"
#include "planner/base/time.h"

const char *const group_choices[] = {"source", "target", "other", NULL};
const char *const feeds_choices[] = {"source", "target", "other", "none", NULL};

bool value_part(struct reader *r, const struct key *key, const struct yaml_node *node, void *out)
{
    int64_t millionths;
    if (!value_rate(r, key, node, &millionths))
        return false;
    *(double *)out = (double)millionths / 1000000;
    return true;
}

bool value_decimal(struct reader *r, const struct key *key, const struct yaml_node *node, void *out)
{
    const char *text;
    if (!value_number(r, key, node, &text))
        return false;
    double value = strtod(text, NULL);
    if (value < (double)key->min || value > (double)key->max)
        return reader_expected(r, node, "a number from %lld to %lld", (long long)key->min,
                               (long long)key->max);
    *(double *)out = value;
    return true;
}

bool value_milliseconds(struct reader *r, const struct key *key, const struct yaml_node *node,
                        void *out)
{
    int64_t ms;
    if (!value_latency(r, key, node, &ms))
        return false;
    if (ms < 1 || ms > MINUTE_MS)
        return reader_expected(r, node, "a time from 1ms to 1m");
    *(double *)out = (double)ms;
    return true;
}

bool value_seconds(struct reader *r, const struct key *key, const struct yaml_node *node, void *out)
{
    int64_t ms;
    if (!value_duration(r, key, node, &ms))
        return false;
    *(int64_t *)out = ms / SECOND_MS;
    return true;
}

bool value_count(struct reader *r, const struct key *key, const struct yaml_node *node, void *out)
{
    int64_t count = -1;
    if (!reader_scalar(r, node, "a whole number or all"))
        return false;
    if (!text_same(node->text, "all") &&
        (!node->plain || !decimal_parse(&count, node->text, 0) || count > key->max))
        return reader_expected(r, node, "a whole number from 0 to %lld, or all",
                               (long long)key->max);
    *(int64_t *)out = count;
    return true;
}

bool value_small(struct reader *r, const struct key *key, const struct yaml_node *node, void *out)
{
    int64_t value;
    if (!value_int(r, key, node, &value))
        return false;
    *(int *)out = (int)value;
    return true;
}

bool value_missing(struct reader *r, const struct key *key, const struct yaml_node *node, void *out)
{
    bool missing;
    if (!value_bool(r, key, node, &missing))
        return false;
    *(bool *)out = !missing;
    return true;
}

bool value_lag(struct reader *r, const struct key *key, const struct yaml_node *node, void *out)
{
    if (node->kind == YAML_SCALAR && !node->refused && text_same(node->text, "none")) {
        *(int64_t *)out = -1;
        return true;
    }
    return value_latency(r, key, node, out);
}

bool value_group(struct reader *r, const struct key *key, const struct yaml_node *node, void *out)
{
    int choice;
    if (!value_choice(r, key, node, &choice))
        return false;
    *(int *)out = choice < WORLD_GROUP_COUNT ? choice : -1;
    return true;
}

bool read_items(struct reader *r, const struct key *key, const struct yaml_node *node,
                const void *fresh, size_t size, void *items, size_t *count)
{
    bool good = true;
    *count = 0;
    if (node->kind != YAML_SEQUENCE)
        return reader_expected(r, node, "a list of mappings");
    if (node->count > (size_t)key->max)
        return reader_refuse(r, node->span, "at most %lld items", (long long)key->max);
    char *array = arena_alloc(r->arena, node->count * size);
    for (size_t i = 0; i < node->count; i++) {
        memcpy(array + i * size, fresh, size);
        reader_enter(r, NULL, i);
        good = reader_keys(r, key->under, node->items[i], array + i * size) && good;
        reader_leave(r);
    }
    memcpy(items, &array, sizeof array); /* `items` points at a pointer to any type */
    *count = node->count;
    return good;
}

bool is_list_of_names(struct reader *r, const struct yaml_node *node, const char *of)
{
    if (node->kind != YAML_SEQUENCE)
        return reader_expected(r, node, "a list of %s", of);
    if (node->count > SCENARIO_NAMES_MAX)
        return reader_refuse(r, node->span, "at most %d items", SCENARIO_NAMES_MAX);
    return true;
}

bool read_silent(struct reader *r, const struct key *key, const struct yaml_node *node,
                 bool groups[], bool *common)
{
    static const char *const choices[] = {"source", "target", "other", "load_balancer", NULL};
    const struct key item = {.name = key->name, .choices = choices};
    bool good = is_list_of_names(r, node, "groups, or load_balancer");
    for (size_t i = 0; good && i < node->count; i++) {
        int choice;
        reader_enter(r, NULL, i);
        good = value_choice(r, &item, node->items[i], &choice);
        reader_leave(r);
        if (good)
            *(choice < WORLD_GROUP_COUNT ? &groups[choice] : common) = true;
    }
    return good;
}

static bool value_trigger_share(struct reader *r, const struct key *key,
                                const struct yaml_node *node, void *out)
{
    return value_share(r, key, node, &((struct trigger *)out)->at_permille);
}

static const struct key trigger_rows[] = {
    {"target_share", value_trigger_share, .required = true},
};
const struct keys trigger_keys = {KEYS(trigger_rows)};
