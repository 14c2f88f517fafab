/*
 * The keys that format 1 reserves for later versions: their shape and values are judged now, so
 * that a file that a later version would refuse is refused now, and nothing is kept of them.
 */
#ifndef PLANNER_PLANFILE_LATER_H
#define PLANNER_PLANFILE_LATER_H

#include "planner/planfile_scalar.h"

extern const struct keys require_keys;

/* key::read functions; `out` is left alone. */
value_reader later_keys; /* a mapping with the keys of key->under */

#endif
