/* What the plan file's names are when it does not say, and what is judged across its first level.
 */
#ifndef PLANNER_PLANFILE_NAMES_H
#define PLANNER_PLANFILE_NAMES_H

#include "planner/planfile_reader.h"

/* The keys::check of the first level; `record` is the struct planfile. */
bool planfile_check_names(struct reader *r, const struct found *found, void *record);

#endif
