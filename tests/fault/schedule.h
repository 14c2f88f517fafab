/*
 * Two parties that take turns, and every way in which they may with few pre-emptions (as CHESS
 * explores them). One runs at a time; it goes on until it waits, ends, or is pre-empted at a point.
 * All that decides is written down as a choice, so that one list of choices is one schedule, which
 * can be played again; schedule_next() turns to the next list, depth first.
 *
 * Time is simulated, and passes where somebody waits. What is chosen:
 *
 *   at a point        to go on, or (a pre-emption) to let the other one run; it is woken if it
 * waits at a first wait   after a pre-emption: to let the one that was pre-empted go on, or to
 * stall it until the other ends or is pre-empted itself: a process that was stopped, a request that
 * hangs when both wait    whose time comes first; at the same time whoever has waited longer, or (a
 *                     pre-emption) the other
 *   at the start      who begins
 */
#ifndef TESTS_FAULT_SCHEDULE_H
#define TESTS_FAULT_SCHEDULE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "planner/base/text.h"

enum { PARTIES = 2, SCHEDULE_CHOICES = 512 };

struct choice {
    unsigned char taken, options;
};

struct schedule;

struct party {
    struct schedule *schedule;
    int number;
    pthread_t thread;
    pthread_cond_t turn;
    enum { PARTY_READY, PARTY_WAITS, PARTY_ENDED } is;
    int64_t until; /* PARTY_WAITS */
    bool stalled;
};

struct schedule {
    /* given */
    unsigned preemptions_most;
    bool alike; /* the parties do the same: who begins makes no difference */
    void (*body)(void *self, int party);
    void (*turn_to)(void *self, int party); /* it runs now */
    int64_t (*now)(void *self);
    void (*advance_to)(void *self, int64_t at);
    void *self;

    /* of this schedule */
    struct choice choices[SCHEDULE_CHOICES];
    size_t known, count; /* to be played again; made so far */
    unsigned preemptions, points;
    struct text trace; /* "A:o A:h B:k ..." */

    pthread_mutex_t lock;
    pthread_cond_t over;
    int running; /* -1: nobody */
    struct party parties[PARTIES];
};

void schedule_init(struct schedule *schedule);
void schedule_clear(struct schedule *schedule);

/* Plays the schedule that the choices say, and beyond them the one without pre-emptions. */
void schedule_play(struct schedule *schedule);
/* Turns to the next one; false when all were played. */
bool schedule_next(struct schedule *schedule);

/* Called by the parties. `kind` is a letter for the trace; where nothing is shared, `free` to go on
 * without a choice. */
void schedule_point(struct schedule *schedule, int party, char kind, bool shared);
void schedule_wait(struct schedule *schedule, int party, int64_t ms);

#endif
