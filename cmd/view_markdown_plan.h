/*
 * A plan as a comment in a pull request: a heading, the summary line, a table of the actions, what
 * needs attention as a list, and the whole text view folded away. GitHub takes 65,535 characters in
 * a comment; a longer one loses the end of the folded part and says so.
 */
#ifndef CMD_VIEW_MARKDOWN_PLAN_H
#define CMD_VIEW_MARKDOWN_PLAN_H

#include "planner/base/text.h"
#include "planner/plan.h"

enum { MARKDOWN_MAX_BYTES = 65535 };

/* `target_requests` as in view_text_plan. What came from outside cannot end a cell, a fence or a
 * line, nor become markup. */
void view_markdown_plan(struct text *out, const struct plan *plan, int64_t target_requests);

#endif
