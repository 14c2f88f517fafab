/* The plan file's `checks`: its own questions, asked before every shift and during holds. */
#ifndef PLANNER_PLANFILE_CHECKS_H
#define PLANNER_PLANFILE_CHECKS_H

#include "planner/planfile_scalar.h"

extern const struct keys check_keys; /* of one item of the list; fill a struct planfile_check */

value_reader value_checks; /* the list; `out` is the struct planfile */

#endif
