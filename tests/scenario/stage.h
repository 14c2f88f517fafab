/*
 * Where a scenario is played: a folder of its own, a sandbox in this process, and the real program
 * as a child that knows nothing but the two. Everything fails the cmocka test that fails.
 */
#ifndef TESTS_SCENARIO_STAGE_H
#define TESTS_SCENARIO_STAGE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "planner/base/arena.h"
#include "planner/base/text.h"
#include "planner/subject.h"
#include "providers/sandbox/server.h"

struct cue { /* what happens just before an operation is answered, once */
    const char *operation;
    const char *change; /* a line of stage_change(), or "interrupt" */
    bool done;
};

struct stage {
    const char *program;
    char *folder;
    struct arena arena; /* of the world's setup and the cues */
    struct world_setup setup;
    struct sandbox *sandbox;
    struct text untouched; /* the listeners' action lists at first */

    struct cue *cues; /* of the next command */
    size_t cue_count;

    /* of the last command */
    int exit_code;
    struct text out, err;
    pthread_mutex_t lock;  /* what the sandbox's threads see while the command runs: */
    struct text mutations; /* "UpdateService, ModifyListener!AccessDenied" */
    unsigned reads;
    pid_t child;
    pid_t background; /* 0: none */
};

/* `world` is a sandbox scenario without its first key; "" for Migration Assistant's own. */
void stage_open(struct stage *stage, const char *program, const char *world, int64_t speed);
void stage_close(struct stage *stage);

int64_t stage_now(const struct stage *stage); /* the world's time */

void stage_cue(struct stage *stage, const char *operation, const char *change);
/* Runs the program with the words of `line` ("quoted ones" are one word) and waits for its end. */
void stage_run(struct stage *stage, const char *line);
/* The same in the background: begin it, wait until the sandbox has answered an operation, and at
 * last wait for its end, whose exit code and output are then the last command's. */
void stage_begin(struct stage *stage, const char *line);
void stage_await(struct stage *stage, const char *operation);
void stage_end(struct stage *stage);

/* One line: "9200 source 1, target 1, sticky 60", "9200 single source", "9200 redirect",
 * "target desired 5". */
void stage_change(struct stage *stage, const char *line);
/* What such a line says of live now: "source 1, target 0", "2"; for "9200 untouched" whether every
 * byte of all listeners' actions is what it was at first. False when it does not hold; then
 * `found` says what does. */
bool stage_holds(struct stage *stage, const char *line, struct text *found);

#endif
