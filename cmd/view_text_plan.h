/*
 * A plan for people: what a colleague reviews in a pull request. ASCII of our own making, no line
 * wider than the page but for names that are. In order: what it is about, each action with its
 * preconditions, the fallback and what it cannot take back, notes, one summary line.
 */
#ifndef CMD_VIEW_TEXT_PLAN_H
#define CMD_VIEW_TEXT_PLAN_H

#include "cmd/page.h"
#include "planner/plan.h"

enum { REQUESTS_UNKNOWN = -1 };

/* A forward plan, or an inverse one that was made to be run (inverse_make). `target_requests` is
 * how many the target has served since the first shift: the bound of what a fallback loses. */
void view_text_plan(struct page *page, const struct plan *plan, int64_t target_requests);

/* The parts. */
void view_text_plan_head(struct page *page, const struct plan *plan);
/* What an action does: "desired count 0 -> 2", "source 1, target 0 -> source 0, target 1". */
void view_text_change(struct text *out, const struct plan *plan, const struct action *action);
/* One action's line and what it waits for; `number` from 1. */
void view_text_action(struct page *page, unsigned indent, size_t number, const struct plan *plan,
                      const struct action *action);
/* The preconditions that guard every action, once; nothing where there are none. */
void view_text_common_standings(struct page *page, const struct plan *plan);
/* The others that guard this action: in full under the first one that they guard. */
void view_text_standings(struct page *page, const struct plan *plan, size_t action);
/* All that block now, in full: for a plan that could not be made. */
void view_text_blocking(struct page *page, const struct plan *plan);
/* "nothing blocks", "1 precondition blocks shift[100%]: targets-healthy". */
void view_text_blocking_summary(struct text *out, const struct plan *plan);
/* "Plan: 5 actions, 2 changes; nothing blocks; takes 23m to 2h43m." */
void view_text_plan_summary(struct text *out, const struct plan *plan);

#endif
