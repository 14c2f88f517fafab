/*
 * What happened, as data: the executor emits, a sink shows. A sink cannot fail the executor, and
 * keeps nothing of an event beyond the call.
 */
#ifndef PLANNER_EVENT_H
#define PLANNER_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "planner/base/error.h"
#include "planner/look.h"
#include "planner/plan.h"

enum event_kind {
    EVENT_RUN_STARTED,    /* plan */
    EVENT_ACTION_STARTED, /* action */
    EVENT_ACTION_SKIPPED, /* action, text: why: "already as wanted" */
    EVENT_INTENT,         /* action: durable, about to be sent */
    EVENT_SENT,           /* action, request_id */
    EVENT_WAITING,        /* action, text: what for: "2/3 healthy, 1 initial"; elapsed_ms, of_ms */
    EVENT_LOOKED,         /* action, look: a hold or drain was looked at, once a minute */
    EVENT_TICK,           /* action; elapsed_ms, of_ms: a wait goes on, every few seconds */
    EVENT_GATE,           /* action, gate: its verdict is another than at the last look */
    EVENT_ACTION_DONE,    /* action, text: what was seen */
    EVENT_BLOCKED,        /* action, standing */
    EVENT_DRIFT,          /* action, text: recorded, live and wanted */
    EVENT_WARNING,        /* text; error may be set */
    EVENT_FAILED,         /* error */
    EVENT_RUN_ENDED,      /* text: why */
};

struct event {
    enum event_kind kind;
    int64_t at; /* wall */
    enum direction direction;
    const struct plan *plan;
    const struct action *action; /* NULL where none is meant */
    const struct standing *standing;
    const struct error *error;
    const struct look *look;
    const struct gate_standing *gate;
    const char *text;
    const char *request_id;
    int64_t elapsed_ms, of_ms; /* of_ms 0: without limit */
};

struct sink {
    void *self;
    void (*emit)(void *self, const struct event *event);
};

#endif
