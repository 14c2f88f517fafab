/*
 * A scenario's rows, several at a time: each has a world of its own and mostly waits for it, so
 * that many take hardly longer than one.
 */
#ifndef TESTS_SCENARIO_ROWS_H
#define TESTS_SCENARIO_ROWS_H

#include <stddef.h>

/* Calls `play` with each row in a process of its own (a single one in this process). It answers 0
 * where all is well. What a row prints is printed when it has ended, in one piece. Answers how many
 * were not well, or died. To be called before there is any thread. */
size_t rows_play(size_t count, int (*play)(void *self, size_t row), void *self);

#endif
