/*
 * One fault, met by one command of the real program, and what must have become of it: it ends, with
 * the right exit code and without a finding; no change is carried out twice; the closing lines say
 * what live is; a run without success can be taken up again, and then comes to its end.
 */
#ifndef TESTS_FAULT_WIRE_STORY_H
#define TESTS_FAULT_WIRE_STORY_H

#include "planner/base/arena.h"
#include "tests/fault/wire_stage.h"
#include "tests/fault/workers.h"

enum verb {
    VERB_PLAN,
    VERB_APPLY,
    VERB_RESUME, /* apply of what was left when the network was lost in its shift */
    VERB_REVERT,
    VERB_STARVED, /* apply where the target's tasks do not start: it asks why, and ends */
    VERB_COUNT
};

struct story {
    enum verb verb;
    struct fault fault;
    bool heals; /* what is sent again gets through, so that the command must succeed */
    /* Looks at the run that met the fault; NULL: nothing more than the above. */
    void (*judge)(struct wire_stage *stage, const struct story *story);
    const void *about; /* the judge's own; borrowed */
};

/* What is counted of all stories. */
enum { RUNS, REQUESTS, MET, DONE, RESUMED, STORY_TALLIES };

void story_play(const struct story *story, const char *program, struct text *wrong,
                struct tallies *tallies);

/* Many of them, of which some are chosen. A zeroed one holds none. */
struct stories {
    const char *program;
    struct story *items;
    size_t count;
    struct arena arena;
    size_t *chosen; /* which, in the order of the workers' numbers; from malloc() */
};

struct story *stories_add(struct stories *stories);
/* workers_run's callback over `struct stories`. */
void stories_play(void *self, size_t number, struct text *wrong, struct tallies *tallies);
void stories_clear(struct stories *stories);

/* The requests that each command sends where nothing fails: their operations, each once, by name;
 * and how many they are, but for those that only wait. */
enum { OPERATIONS_MAX = 24 };
struct sent {
    char operations[OPERATIONS_MAX][64];
    size_t count;
    size_t requests;
};
/* Fails the cmocka test when one of them fails. */
void story_without_faults(struct sent out[VERB_COUNT], const char *program);

#endif
