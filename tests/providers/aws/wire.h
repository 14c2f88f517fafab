/*
 * A wire without a network, in place of aws_run() (the linker's --wrap): answers each operation
 * from a recorded file, or as a test's exceptions have it, and writes down what was sent in which
 * wave. GetMetricData is answered for the very queries that were asked.
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

struct wire {
    struct wire_exception *exceptions;
    size_t exception_count;
    int fail_nth; /* from 0; the request that is denied; -1: none */

    int requests;
    struct text waves;  /* "DescribeServices DescribeListeners | GetMetricData?" (optional) */
    struct text bodies; /* all of them, a line each */
    struct text warmed; /* "elbv2+5": the connections opened ahead */
};

/* Until the next call; the tests have one wire at a time. */
void wire_use(struct wire *wire);
void wire_clear(struct wire *wire);

/* A clock that stands at 2026-12-01T02:05:30Z. */
const struct clock *wire_clock(void);

/* What the code under test is given; nothing looks into it. */
struct aws_client *wire_client(void);

#endif
