/*
 * Many cases, played by a few processes: the cases wait more than they work. A case is played in a
 * process that has no threads but its own.
 */
#ifndef TESTS_FAULT_WORKERS_H
#define TESTS_FAULT_WORKERS_H

#include <stdbool.h>
#include <stddef.h>

#include "planner/base/text.h"

/* Aborts where the test's own machinery does not work. */
void must(bool holds, const char *what);

/* What all workers count, by whatever meaning the test gives a number. */
enum { TALLIES = 48 };
struct tallies {
    long n[TALLIES];
    long slowest_ms; /* the largest of all */
};

/* Plays case `number`; what is wrong with it is added as lines. */
typedef void workers_play(void *self, size_t number, struct text *wrong, struct tallies *tallies);

/* Plays all, prints what is wrong, and answers how many cases that were. `tallies` is added to. */
size_t workers_run(size_t count, workers_play *play, void *self, struct tallies *tallies);

/* A seeded choice of `wanted` numbers below `count`, rising; returns how many. All when wanted is
 * count or more. `chosen` has room for count. */
size_t sample(size_t *chosen, size_t count, size_t wanted, unsigned seed);

#endif
