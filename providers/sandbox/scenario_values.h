/* Values of a scenario file, beside the plan file's (planner/planfile_scalar.h, _text.h). */
#ifndef PROVIDERS_SANDBOX_SCENARIO_VALUES_H
#define PROVIDERS_SANDBOX_SCENARIO_VALUES_H

#include "planner/planfile_reader.h"
#include "planner/planfile_scalar.h"
#include "planner/planfile_text.h"
#include "providers/sandbox/world_setup.h"

value_reader value_part;         /* double, a part of 1: "5%" */
value_reader value_decimal;      /* double from key->min to key->max: "0.5" */
value_reader value_milliseconds; /* double: "12ms" */
value_reader value_seconds;      /* int64_t seconds from key->min to key->max: "5m" */
value_reader value_count;        /* int64_t from 0 to key->max; "all" is -1 */
value_reader value_small;        /* int from key->min to key->max */
value_reader value_missing;      /* bool: the contrary of what stands there */
value_reader value_lag;          /* int64_t ms; "none" is -1 */
value_reader value_group;        /* int: a group's index; key->choices may end in "none": -1 */

extern const char *const group_choices[]; /* "source", "target", "other" */
extern const char *const feeds_choices[]; /* and "none" */

/* A list of groups, or load_balancer, into flags: of the groups, and of the load balancer. */
bool read_silent(struct reader *r, const struct key *key, const struct yaml_node *node,
                 bool groups[], bool *common);
enum { SCENARIO_NAMES_MAX = 50 };
bool is_list_of_names(struct reader *r, const struct yaml_node *node, const char *of);

/* Reads the items of a list of mappings by key->under into an array of the reader's arena that
 * begins each item as a copy of `fresh`. */
bool read_items(struct reader *r, const struct key *key, const struct yaml_node *node,
                const void *fresh, size_t size, void *items, size_t *count);

extern const struct keys trigger_keys;    /* into a struct trigger */
extern const struct keys conditions_keys; /* into a struct conditions */
extern const struct keys service_keys;    /* into a struct service_setup */
extern const struct keys group_keys;      /* into a struct group_setup */
extern const struct keys listener_keys;   /* into a struct listener_setup */
extern const struct keys rule_keys;       /* into a struct rule_setup */
extern const struct keys fault_keys;      /* into a struct fault_setup */
extern const struct keys throttling_keys; /* into a struct throttling_setup */

#endif
