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
    const char *change; /* a line of stage_change(), "interrupt" or "kill" */
    bool done;
};

struct request { /* as the sandbox saw it */
    char operation[40];
    int64_t at;
    int status;
    unsigned nth; /* of its connection */
};

struct job {   /* the program, running */
    pid_t pid; /* 0: it does not run */
    int pidfd;
    int out, err; /* what it says, as files without names */
};

struct stage {
    const char *program;
    const char *const *wrapper; /* words before the program, up to a NULL: what it is run under */
    char *folder;
    struct arena arena; /* of the world's setup and the cues */
    struct world_setup setup;
    struct sandbox *sandbox;
    struct text untouched; /* the listeners' action lists at first */

    struct job front, beside; /* the command that is waited for; one that goes on meanwhile */
    struct cue *cues;         /* of the command that was started last */
    size_t cue_count;
    pid_t cued; /* which that is */

    /* of the last command */
    int exit_code;
    struct text out, err;
    pthread_mutex_t lock;  /* of the cues, and of what the sandbox's threads write: */
    struct text mutations; /* since stage_forget(): "UpdateService, ModifyListener!AccessDenied" */
    unsigned reads;
    struct request *requests; /* likewise, in their order */
    size_t request_count, request_room;
    /* Called under the lock when a request was carried out, just before it is answered; or NULL. */
    void (*seen)(void *self, const struct sandbox_log *entry);
    void *seen_self;
};

/* `world` is a sandbox scenario without its first key; "" for Migration Assistant's own. */
void stage_open(struct stage *stage, const char *program, const char *world, int64_t speed);
void stage_close(struct stage *stage);

int64_t stage_now(const struct stage *stage);     /* the world's time */
void stage_pass(struct stage *stage, int64_t ms); /* waits for so much of it */

void stage_cue(struct stage *stage, const char *operation, const char *change);
/* Runs the program with the words of `line` ("quoted ones" are one word) and waits for its end.
 * Words like NAME=VALUE in front are its environment. */
void stage_run(struct stage *stage, const char *line);
/* Starts it, and returns when it has said `text` on standard error; what it said is in out, err. */
void stage_start_beside(struct stage *stage, const char *line, const char *text);
/* Sends the signal (0: none) to that one, and waits for its end. */
void stage_end_beside(struct stage *stage, int signal);
void stage_signal_beside(struct stage *stage, int signal); /* and it goes on, or stands still */
void stage_forget(struct stage *stage);                    /* what was sent and read so far */
void stage_end_jobs(struct stage *stage); /* what still runs when a test has failed */

/* One line: "9200 source 1, target 1, sticky 60", "9200 single source", "9200 redirect", "9200
 * anew" (another ARN), "9200 to 9300" (another port), "target desired 5", "source unhealthy all".
 */
void stage_change(struct stage *stage, const char *line);
/* What such a line says of live now: "source 1, target 0", "2", "source healthy 0"; for "9200
 * untouched" whether every byte of all listeners' actions is what it was at first. False when it
 * does not hold; then `found` says what does. */
bool stage_holds(struct stage *stage, const char *line, struct text *found);
void stage_await(struct stage *stage, const char *line); /* until it holds */

#endif
