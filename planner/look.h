/*
 * One look at a hold or a drain, as data: what `apply` shows while it waits and `watch` without
 * touching anything. Borrowed by whoever shows it, for the length of the call.
 */
#ifndef PLANNER_LOOK_H
#define PLANNER_LOOK_H

#include "planner/drain.h"
#include "planner/gate.h"
#include "planner/plan.h"
#include "planner/series.h"
#include "planner/snapshot.h"

struct look {
    int64_t at;                      /* wall */
    const struct plan *plan;         /* never NULL */
    const struct action *action;     /* the hold or drain; NULL: none is under way */
    int64_t started_at, ends_at;     /* wall; ends_at 0: a drain has only a time-out */
    const struct routing *routing;   /* the listener's, as last read; NULL: not read */
    int64_t routing_read_at;         /* wall */
    const struct snapshot *live;     /* with FACTS_HEALTH where known; NULL: none */
    const struct series *samples;    /* minutes to show, oldest first */
    const struct series *baseline;   /* NULL: none */
    const struct gate_report *gates; /* NULL: no gate is judged */
    const struct drain *drain;       /* NULL: no drain */
};

#endif
