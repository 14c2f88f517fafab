/* The plan file's `gates`: how much worse than the source the target may be (DESIGN, section 6). */
#ifndef PLANNER_PLANFILE_GATES_H
#define PLANNER_PLANFILE_GATES_H

#include "planner/planfile_reader.h"

extern const struct keys gates_keys; /* fill a struct planfile */

#endif
