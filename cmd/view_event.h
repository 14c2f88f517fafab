/*
 * What happens in a run, as it happens: for people (view_text_event.c) and for programs
 * (view_json_event.c), beside each other behind the executor's sink.
 */
#ifndef CMD_VIEW_EVENT_H
#define CMD_VIEW_EVENT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "cmd/page.h"
#include "cmd/view_live.h"
#include "planner/event.h"

/*
 * Lines on standard error, the time of day in UTC first, the date where it changes. On a terminal a
 * wait is one line that changes in place, and a hold or drain a table that does (view_live.h), of
 * which one line is left; off it a line when something changes, and one a minute of
 * real time so that a CI system sees life. A hold or drain has a line a minute of the run's own
 * time, one for each gate whose verdict changes, and says the weights when they are others than
 * before.
 */
struct text_events {
    FILE *stream;
    struct term term;
    int64_t day;           /* of the last line, counted from 1970; -1 at first */
    bool failed;           /* the last event was a failure */
    bool line_is_open;     /* a wait's line stands without its end */
    char last_wait[160];   /* what was last written about a wait, without the time that passed */
    char last_weights[96]; /* what was last written about the weights, with its action's address */
    int64_t last_wrote_at; /* real, monotonic */
    bool asked;            /* the keys' question was shown */
    unsigned suspensions;  /* tty_suspensions() when the table was last drawn */
    struct keys *keys;     /* listened to while a hold or drain is shown; NULL: none */
    struct live live;      /* on a terminal: what is drawn at the end, behind the lines */
};

void text_events_init(struct text_events *view, FILE *stream, struct term term);
/* Keys are heard from now on, while a hold or drain waits. Before anything is emitted. */
void text_events_hear(struct text_events *view, struct keys *keys);
void text_events_emit(void *self, const struct event *event);
/* Ends a line that still stands open, and listens to no key any more. */
void text_events_close(struct text_events *view);

/* One JSON object a line, "format_version" first, flushed line by line. EVENT_TICK is not written:
 * nothing has happened. */
struct json_events {
    FILE *stream;
};
void json_events_emit(void *self, const struct event *event);

enum { NARRATORS_MAX = 3 };

/* Several sinks as one. */
struct narration {
    struct sink sinks[NARRATORS_MAX];
    size_t count;
};
void narration_add(struct narration *narration, struct sink sink);
struct sink narration_sink(struct narration *narration);

#endif
