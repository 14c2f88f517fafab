/* What run.c and run_closing.c share: a run that has ended, and its last lines. */
#ifndef CMD_RUN_PARTS_H
#define CMD_RUN_PARTS_H

#include "cmd/run.h"

/* What has run: a plan and, where it was to be taken back, the fallback behind it. */
struct ran {
    struct outcome outcome;
    bool fell_back;
    struct outcome fallback;
    size_t run; /* number of the first of both in the state */
    int exit_code;
};

/* The gate that failed in this very run, or whose failure kept it from going on; NULL: none. */
const struct gate_failure *run_failure(const struct ran *ran, const struct state *state);

/* Says the last lines. */
void run_close(const struct run_request *request, const struct ran *ran,
               const struct journal *journal);

#endif
