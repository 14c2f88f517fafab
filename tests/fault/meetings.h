/*
 * Who meets whom at one deployment: pairs of commands, and what was there before them.
 */
#ifndef TESTS_FAULT_MEETINGS_H
#define TESTS_FAULT_MEETINGS_H

#include "tests/fault/schedule.h"

struct meeting {
    const char *name;
    bool one_store;
    const char *commands[PARTIES];
    int wanted[PARTIES]; /* permille of the target where a command ends well */
    /* Commands that have run alone, or NULL, and what they left: permille. */
    const char *before, *and_then;
    int found;
    bool copied;  /* their state: the other one has a copy */
    bool failing; /* the target answers nothing but 5XX, and has for long when the two begin */
};

/* The plan files are prod.yaml, to 100 %, half.yaml, tenth.yaml, all of them without holds, and
 * fails.yaml, to 50 % and back where the gates of its hold fail. */
extern const struct meeting meetings[];
extern const size_t meeting_count;

#endif
