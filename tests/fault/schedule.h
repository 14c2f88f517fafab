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
 *
 * Two orders of calls of which neither notices the other end alike (as partial-order reduction has
 * it): who gets to where another schedule was already, each call behind the same calls of the other
 * one that it can notice, in the same minutes, and with no more pre-emptions left, is cut there.
 * What would have come behind it was played, and is counted as such. What is left out of the
 * comparison is by how many tenths of a second, which requests take, the times in it differ.
 * `all` plays each of them.
 */
#ifndef TESTS_FAULT_SCHEDULE_H
#define TESTS_FAULT_SCHEDULE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "planner/base/text.h"

enum { PARTIES = 2, PREEMPTIONS_MOST = 4, OBJECTS_MOST = 8, SCHEDULE_CHOICES = 512 };

struct choice {
    unsigned char taken, options, preemptions; /* before it */
    size_t place;
};

/* What a call notices, and what it changes, of what both have: a bit each. */
struct touch {
    unsigned reads, writes;
};

/* Where a choice was made, and how many schedules led on from there: by pre-emptions. */
struct place {
    uint64_t key[PARTIES + 1];
    unsigned left;
    unsigned long schedules[PREEMPTIONS_MOST + 1];
};

/* Who used something last: numbers of calls, from 1. */
struct object {
    int writer;
    unsigned written, read[PARTIES];
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
    unsigned calls;
    uint64_t past; /* its calls, and which of the other's came before each */
};

struct schedule {
    /* given */
    unsigned preemptions_most;
    bool alike; /* the parties do the same: who begins makes no difference */
    bool all;   /* also those that end as another does */
    void (*body)(void *self, int party);
    void (*turn_to)(void *self, int party); /* it runs now */
    int64_t (*now)(void *self);
    void (*advance_to)(void *self, int64_t at);
    void *self;

    /* of this schedule */
    struct choice choices[SCHEDULE_CHOICES];
    size_t known, count; /* to be played again; made so far */
    unsigned preemptions, points;
    bool cut;          /* what comes was played already: the parties are to end */
    struct text trace; /* "A:o A:h B:k ..." */
    struct object objects[OBJECTS_MOST];

    /* of all so far */
    unsigned long schedules, played;
    struct place *places;
    size_t place_count;
    uint32_t *table; /* of places, by key; 0: free, else from 1 */
    size_t table_size;

    pthread_mutex_t lock;
    pthread_cond_t over;
    int running; /* -1: nobody */
    struct party parties[PARTIES];
};

void schedule_init(struct schedule *schedule);
void schedule_clear(struct schedule *schedule);
/* As if nothing had been played yet. */
void schedule_forget(struct schedule *schedule);

/* Plays the schedule that the choices say, and beyond them the one without pre-emptions. */
void schedule_play(struct schedule *schedule);
/* Turns to the next one; false when all were played. */
bool schedule_next(struct schedule *schedule);

/* What became of the two so far; of two whole schedules: whether they are orders of the same. */
void schedule_key(const struct schedule *schedule, uint64_t key[PARTIES + 1]);

/* Called by the parties. `kind` is a letter for the trace. Whoever touches nothing goes on without
 * a choice. False: it is cut. */
bool schedule_point(struct schedule *schedule, int party, char kind, struct touch touch);
/* Who wakes up may touch that before its next point. */
bool schedule_wait(struct schedule *schedule, int party, int64_t ms, struct touch touch);

#endif
