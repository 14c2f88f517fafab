/*
 * One look at a hold or a drain as a table: both groups beside each other, and behind each row what
 * its gate says of it. What `apply` draws while it waits, and `watch`.
 */
#ifndef CMD_VIEW_PANEL_H
#define CMD_VIEW_PANEL_H

#include "cmd/page.h"
#include "planner/look.h"

enum { PANEL_ROWS_MAX = 10 };

struct panel_row {
    const char *name;
    const char *cells[ARM_COUNT]; /* NULL: empty */
    const char *words;            /* NULL: none */
    enum style style;             /* of the words */
};

/* Keeps nothing of the look: it may be laid out again later, at another width. */
struct panel {
    struct arena arena;
    struct panel_row rows[PANEL_ROWS_MAX];
    size_t row_count;
};

/* Fills it anew. A zeroed panel is empty; panel_clear() frees it. */
void panel_take(struct panel *panel, const struct look *look);
void panel_clear(struct panel *panel);

/* Lines that begin at `indent`. Words that do not fit behind their row stand below it. */
void panel_lay_out(struct page *page, const struct panel *panel, unsigned indent);

#endif
