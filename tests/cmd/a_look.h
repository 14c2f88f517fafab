/* A look at a hold, or a drain, as data made by hand: prod.h's deployment in mid-cutover. */
#ifndef TESTS_CMD_A_LOOK_H
#define TESTS_CMD_A_LOOK_H

#include "planner/look.h"

enum { A_LOOK_HOLD_S = 600 };

/* Of hold[25%] of 10 minutes, begun at PROD_NOW, looked at 7 minutes 12 seconds later. */
struct a_look {
    struct snapshot live;
    struct plan plan;
    struct action action;
    struct series samples; /* 60 minutes up to the look */
    struct gate_report report;
    struct drain drain;
    struct look look; /* over all of these */
};

/*
 * Source 882 requests in the newest settled minute, no 5XX, 1.25 % 4XX, p90 42 ms; target 294,
 * 0.34 % 5XX, 1.36 % 4XX, p90 61.5 ms, 2 of 3 healthy; weights 750 and 250. Errors ok, 4XX wait,
 * latency suspect, health waits, traffic ok, no checks; 4 minutes judged, 1 unknown.
 */
void a_look_begin(struct a_look *a);
/* The same in drain[source], 2 of 5 minutes quiet, all gates ok. */
void a_look_drain(struct a_look *a);
void a_look_end(struct a_look *a);

/* One value of one minute, by the minute's time. */
void a_look_put(struct a_look *a, enum arm arm, enum arm_metric metric, int64_t at, int64_t value);

#endif
