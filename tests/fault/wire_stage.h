/*
 * Where network faults are played: a folder with a plan file, a sandbox in this process, and the
 * program as a child that reaches it through a faulty proxy. What breaks the test's own machinery
 * aborts; what the program does wrong is added to `wrong`.
 */
#ifndef TESTS_FAULT_WIRE_STAGE_H
#define TESTS_FAULT_WIRE_STAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "planner/base/text.h"
#include "providers/sandbox/server.h"
#include "tests/fault/faulty_proxy.h"
#include "tests/fault/key_source.h"

/* The client's time-outs where a fault stalls; in milliseconds. */
enum { STALL_CONNECT_MS = 1000, STALL_IDLE_MS = 300, STALL_WHOLE_MS = 600 };

/* Of one that is told to stop as it stalls, these are longer than it may go on by then (30 s, as
 * this clock has it); a run that is not over that much later than the signal came is wrong. */
enum { STOP_STALL_MS = 8000, STOP_FASTER = 50, STOP_BOUND_MS = 4000 };

/* In which world a command runs, and with what; all borrowed for the call. */
struct wire_setting {
    const struct world_setup *setup;
    const char *plan_file; /* "@PORT@" in it becomes the port that the sandbox is reached at */
    int64_t speed;
    enum key_source keys;
};

struct wire_stage {
    const char *program;
    char *folder;
    struct sandbox *sandbox;
    struct text untouched;     /* the listeners' action lists at first */
    struct faulty_proxy proxy; /* of the last run; its log is that run's */
    int port, held;            /* of all proxies, and a socket that keeps it for them */
    struct text environment;   /* where the keys come from, by lines */

    /* of the last run */
    int exit_code; /* minus the signal's number */
    struct text out, err;
    int64_t took_ms, stop_ms; /* the latter from when it got the fault's signal; 0: it got none */
    bool disturbed; /* this machine was slow: a time-out, or minutes of the world that nobody
                       looked at, may come of that and not of a fault */

    struct text *wrong; /* a line each; borrowed */
    const char *what;   /* what is played, for those lines; borrowed */
};

/* What the world holds, whatever anybody says. */
struct truth {
    int source, target; /* weights of the switchover listener */
    int64_t desired;    /* of the target's service */
    struct text actions;
};

/* The plan file is written as prod.yaml. */
void wire_stage_open(struct wire_stage *stage, const char *program,
                     const struct wire_setting *setting);
void wire_stage_close(struct wire_stage *stage);

/* Runs `switchover WORDS` (separated by single spaces) through the proxy with that fault and waits
 * for its end; NULL: none. A run that does not end in time is killed, and wrong. */
void wire_stage_run(struct wire_stage *stage, const char *words, const struct fault *fault);

struct truth wire_stage_truth(struct wire_stage *stage);
void truth_clear(struct truth *truth);

/* How often the sandbox carried an operation out in the last run. */
int wire_stage_carried_out(const struct wire_stage *stage, const char *operation);

/* Adds a line to `wrong`, with what is played and what the program said. */
void wire_stage_wrong(struct wire_stage *stage, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A small deployment that is quick to scale: the target has one task of the two it needs. */
void wire_stage_setup(struct world_setup *setup);

#endif
