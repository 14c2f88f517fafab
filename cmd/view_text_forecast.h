/*
 * What a plan tells of its holds beforehand: which gates judge, what follows when one fails or
 * nothing is proven, and whether the hold is long enough at the rate that was observed.
 */
#ifndef CMD_VIEW_TEXT_FORECAST_H
#define CMD_VIEW_TEXT_FORECAST_H

#include "cmd/page.h"
#include "planner/plan.h"

/* "errors, ..., check:green; one that fails sends the traffic back at once (exit 5); an
 * inconclusive end stops here (exit 6)": of every hold of the plan. */
void view_text_gates(struct text *out, const struct planfile *file);
void view_text_gates_row(struct page *page, unsigned indent, unsigned column,
                         const struct planfile *file);
/* "about 1200 requests a minute: its gates can pass after 6m". */
void view_text_hold_forecast(struct text *out, const struct forecast *forecast);
/* What to write into the plan file instead; nothing where the hold is long enough. */
void view_text_hold_mend(struct text *out, const struct action *hold);
/* "5XX answers at 0.3 % after about 8m, 1 % after about 5m; 0.1 % is tolerated"; nothing where
 * nobody knows the rate. */
void view_text_hold_notices(struct text *out, const struct action *hold);
/* "ok", "too short" ... in its column, and all of the above behind it. */
void view_text_hold(struct page *page, unsigned indent, unsigned column, const struct action *hold);
/* A hold that ends inconclusive, or may. */
bool view_text_is_short(const struct action *action);
/* The holds that are too short, or may be: "hold[10%], hold[50%]"; how many. */
size_t view_text_short_holds(struct text *out, const struct plan *plan);

#endif
