/*
 * Typed scalars of the plan file. Strict: one way to write a value, whatever else YAML would read
 * as one ("no", 0o17, 1:30, 1_000, 1e3, .5 are errors). A number or boolean in quotes is a text.
 * All are key::read functions; `out` is what the comment says.
 */
#ifndef PLANNER_PLANFILE_SCALAR_H
#define PLANNER_PLANFILE_SCALAR_H

#include "planner/planfile_reader.h"

typedef bool value_reader(struct reader *r, const struct key *key, const struct yaml_node *node,
                          void *out);

value_reader value_bool;     /* bool: true, false */
value_reader value_int;      /* int64_t from key->min to key->max */
value_reader value_number;   /* const char *: digits, perhaps with NUMBER_DECIMALS, as written */
value_reader value_duration; /* int64_t ms from key->min; to key->max unless that is 0 */
value_reader value_latency;  /* int64_t ms: "50ms", or a duration */
value_reader value_instant;  /* int64_t ms since 1970 */
value_reader value_choice;   /* int: the index in key->choices */
value_reader value_share;    /* int permille: 0.1 to 100, one decimal at most */
value_reader value_rate;     /* int64_t parts per million from key->min: "1%", "0.1%" */
value_reader value_factor;   /* int64_t thousandths from 1: "1.5" */

enum { NUMBER_DECIMALS = 6 }; /* of value_number, at most */

/* The text of a number: no sign, no leading zero, at most `decimals` digits behind a point. The
 * value times 10^decimals; false for anything else or above 10^12. */
bool decimal_parse(int64_t *out, const char *s, unsigned decimals);

#endif
