/*
 * The drain proof (DESIGN, section 6): `quiet_for` of settled minutes in a row with zero requests
 * on a group, each witnessed by that group's HealthyHostCount, which CloudWatch reports with or
 * without traffic: zero is then not silence.
 */
#ifndef PLANNER_DRAIN_H
#define PLANNER_DRAIN_H

#include "planner/base/text.h"
#include "planner/series.h"
#include "planner/snapshot.h"

enum drain_verdict {
    DRAIN_PROVEN,
    DRAIN_BUSY,        /* the newest settled minute, or a later one, had requests */
    DRAIN_QUIET,       /* quiet, but not for long enough; also: nothing is settled yet */
    DRAIN_UNWITNESSED, /* quiet, but a minute that would be needed proves nothing: it has no
                          HealthyHostCount, or nobody reported in it */
};

struct drain {
    enum drain_verdict verdict;
    int64_t quiet_ms;          /* the run of proving minutes that ends with the newest settled one;
                                  0 when a later minute had requests */
    int64_t last_busy_at;      /* the newest minute with requests; 0: none in the series */
    int64_t last_requests;     /* how many in it */
    int64_t newest_settled_at; /* 0: no settled minute yet */
};

/* Only minutes from `since` on count (the shift's minute is skipped by the caller). A minute that
 * is not settled proves nothing, but its requests are a fact: counts only grow. */
void drain_judge(struct drain *out, const struct series *series, enum arm arm, int64_t since,
                 int64_t quiet_for_ms, int64_t now);
/* "4 of 5 quiet minutes; last request 02:11": times of day in UTC */
void drain_describe(struct text *out, const struct drain *drain, int64_t quiet_for_ms);

/* The likely cause of a drain that does not end, with its evidence, most likely first: another
 * listener or rule on the group (its port), stickiness, keep-alive, long requests, connections. One
 * line each, every line ended by a newline. Wants FACT_LISTENERS, FACT_RULES, FACT_LB_ATTRIBUTES
 * and FACT_METRICS; says so when the rules are not known. `samples` are the minutes that were
 * judged; `since` is when the traffic was taken from the group. */
void drain_diagnose(struct text *out, struct arena *arena, const struct snapshot *live,
                    const struct series *samples, enum arm arm, int64_t since);

#endif
