/*
 * The cloud port: all that the planner asks of AWS. providers/aws implements it over the wire,
 * tests/sim over a simulated world. Every call blocks until it has an answer or an error.
 */
#ifndef PLANNER_CLOUD_H
#define PLANNER_CLOUD_H

#include <stdbool.h>
#include <stdint.h>

#include "planner/base/error.h"
#include "planner/routing.h"
#include "planner/series.h"
#include "planner/snapshot.h"
#include "planner/subject.h"

enum mutation_kind {
    MUTATION_COUNT,   /* ecs:UpdateService desiredCount */
    MUTATION_ROUTING, /* elasticloadbalancing:ModifyListener DefaultActions */
};

struct mutation {
    enum mutation_kind kind;
    enum arm arm; /* of a count */
    int64_t count;
    const struct routing *routing; /* sent whole */
};

struct receipt {
    char request_id[64];  /* "" when no answer came */
    bool outcome_unknown; /* with false: it may or may not have been carried out */
};

struct stopped_task {
    const char *task;    /* its id */
    const char *stopped; /* stoppedReason, with a container's reason behind it */
    int64_t stopped_at;
};

struct cloud {
    void *self;

    /*
     * Reads the asked-for facts (a mask) of the subject. `out` must be initialised and is filled
     * anew. A fact that cannot be read is left unknown with its error; false only when the subject
     * itself (FACTS_SUBJECT, as far as asked for) cannot be read. Things that AWS says do not
     * exist are `found = false`, not errors. `recent_ms` is how far back FACT_METRICS goes.
     */
    bool (*observe)(void *self, struct snapshot *out, const struct subject *subject, unsigned facts,
                    int64_t recent_ms, struct error *err);

    /* Sends one mutation once. The caller has made its intent durable before. */
    bool (*perform)(void *self, struct receipt *out, const struct subject *subject,
                    const struct mutation *mutation, struct error *err);

    /* Minutes [from, to) of all metrics. Percentiles are asked for in a second call, whose failure
     * only leaves them absent. Values live in `arena`. */
    bool (*measure)(void *self, struct series *out, struct arena *arena,
                    const struct subject *subject, int64_t from, int64_t to, bool percentiles,
                    struct error *err);

    /* Why tasks of an arm's service stopped, newest first, at most `max`. */
    bool (*stopped_tasks)(void *self, struct stopped_task *out, size_t max, size_t *count,
                          struct arena *arena, const struct subject *subject, enum arm arm,
                          struct error *err);
};

#endif
