/*
 * What `watch` shows: the table of a hold or a drain (view_panel.h), the targets one by one, and
 * the last hour of both groups, a sparkline a metric.
 */
#ifndef CMD_VIEW_WATCH_H
#define CMD_VIEW_WATCH_H

#include "cmd/page.h"
#include "cmd/writer.h"
#include "planner/look.h"
#include "planner/state.h"

/* What could not be read, and since when; NULL: it could. What was read before is shown then. */
struct unread {
    const char *live, *metrics, *state;
};

struct watched {
    const char *name; /* of the cutover */
    int64_t now;      /* wall */
    struct look look; /* its samples are the last hour; action NULL: no wait is under way */
    const struct state *state;  /* NULL: there is none */
    const char *state_location; /* where it is, or would be */
    const struct writer *writer;
    struct unread unread;
    bool ascii;      /* bars of letters */
    bool dense;      /* a low window: no blank lines */
    const char *key; /* that leaves; NULL: none does */
};

void view_watch(struct page *page, const struct watched *watched);

#endif
