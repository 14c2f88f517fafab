/* What a person changed in a plan file between two applies of one cutover. */
#ifndef PLANNER_PLAN_EDIT_H
#define PLANNER_PLAN_EDIT_H

#include "planner/plan.h"

/*
 * Notes in the plan which lines of the file were and are other: `line 5 was "..."`, `line 5 is
 * "..."`, the first few of each; long lines are cut. Lines that only moved are left out. No note
 * when nothing differs.
 */
void plan_note_edit(struct plan *plan, const char *was, const char *is);

#endif
