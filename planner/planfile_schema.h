/* The plan file's keys, format 1: one table, filled into a struct planfile (DESIGN, section 3). */
#ifndef PLANNER_PLANFILE_SCHEMA_H
#define PLANNER_PLANFILE_SCHEMA_H

#include "planner/planfile_reader.h"

enum { PLANFILE_FORMAT = 1 };

extern const struct keys planfile_keys;

#endif
