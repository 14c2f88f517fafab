/*
 * A wire without a network, in place of aws_run(), aws_start() and aws_next() (the linker's
 * --wrap): answers each operation from a recorded file, or as a test's exceptions have it, and
 * writes down what was sent in which wave. GetMetricData is answered for the very queries that were
 * asked.
 */
#ifndef TESTS_PROVIDERS_AWS_WIRE_H
#define TESTS_PROVIDERS_AWS_WIRE_H

#include <stdbool.h>
#include <stddef.h>

#include "planner/base/error.h"
#include "planner/base/text.h"
#include "planner/clock.h"
#include "providers/aws/client.h"

struct wire_exception {
    const char *operation;
    const char *body_has; /* NULL: any body */
    const char *file;     /* the answer; NULL: the bytes or the error below */
    const struct text *answer;
    enum error_kind kind;
    const char *code;
    bool once; /* the first such request only */
    bool spent;
};

enum { WIRE_QUEUE_MAX = 64 };

/* Calls that were begun and not yet given back. */
struct wire_queue {
    struct aws_call *calls[WIRE_QUEUE_MAX];
    int waves[WIRE_QUEUE_MAX];
    size_t n;
    int wave, taken_wave; /* of the newest begun, of the last given back; from 1 */
};

struct wire {
    struct wire_exception *exceptions;
    size_t exception_count;
    int fail_nth; /* from 0; the request that is denied; -1: none */

    int requests;
    int aside;          /* of them, those that leave the open connections to the others */
    struct text waves;  /* "DescribeServices DescribeListeners | GetMetricData?" (optional) */
    struct text bodies; /* all of them, a line each */
    struct text warmed; /* "elbv2+5": the connections that were to be open */
    struct wire_queue queue;
};

/* Until the next call; the tests have one wire at a time. */
void wire_use(struct wire *wire);
void wire_clear(struct wire *wire);

/* A clock that stands at 2026-12-01T02:05:30Z. */
const struct clock *wire_clock(void);

/* What the code under test is given; nothing looks into it. */
struct aws_client *wire_client(void);

#endif
