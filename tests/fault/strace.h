/*
 * The real program under strace, which counts its system calls, or kills it with SIGKILL as it
 * enters the nth call of a name: that call has no effect. Everything fails the test that fails.
 */
#ifndef TESTS_FAULT_STRACE_H
#define TESTS_FAULT_STRACE_H

#include <stdbool.h>
#include <stddef.h>

#include "tests/scenario/stage.h"

/* What changes something outside the process, or tells it that something was changed. */
extern const char *const strace_calls[];
extern const size_t strace_call_count;

enum { STRACE_CALLS_MAX = 24 };

struct strace_counts {                /* of one run, by place in strace_calls */
    unsigned first[STRACE_CALLS_MAX]; /* 1; for openat the first that is not the loader's */
    unsigned last[STRACE_CALLS_MAX];  /* 0: it was not called */
};

/* NULL, or why strace cannot be used here. */
const char *strace_missing(void);
/* Runs `line` undisturbed. */
void strace_count(struct strace_counts *out, struct stage *stage, const char *line);
/* False when the run had no nth such call: then it ended by itself. `beside`: what else is injected
 * ("inject=fsync:error=EIO:when=3"), into another call; "" nothing. */
bool strace_kill(struct stage *stage, const char *line, size_t call, unsigned n,
                 const char *beside);
size_t strace_find(const char *call); /* its place in strace_calls */

#endif
