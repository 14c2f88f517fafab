/*
 * One fault, met by one command of the real program, and what must have become of it: it ends, with
 * the right exit code and without a finding; no change is carried out twice; the closing lines say
 * what live is; a run without success can be taken up again, and then comes to its end; and no
 * request is repeated more often than the standard retry mode has it.
 *
 * How long a run may take: with the client's own time-outs a connection that is stalled costs an
 * attempt 15 s, or 30 s if something trickles, and a request three attempts at most. Here they are
 * STALL_IDLE_MS and STALL_WHOLE_MS, and a run that is not over RUN_TIMEOUT_MS after its beginning
 * is wrong.
 */
#ifndef TESTS_FAULT_WIRE_STORY_H
#define TESTS_FAULT_WIRE_STORY_H

#include "planner/base/arena.h"
#include "tests/fault/wire_stage.h"
#include "tests/fault/wire_verb.h"
#include "tests/fault/workers.h"

enum { WIRE_ATTEMPTS = 3 };

struct story {
    enum verb verb;
    struct fault fault;
    bool heals; /* what is sent again gets through, so that the command must succeed */
    /* Looks at the run that met the fault; NULL: nothing more than the above. */
    void (*judge)(struct wire_stage *stage, const struct story *story);
    const void *about; /* the judge's own; borrowed */
};

/* What is counted of all stories; from MET_OF on, what was met by each operation of
 * operation_name_at(). */
enum { RUNS, REQUESTS, MET, DONE, RESUMED, MET_OF };

/* What each command sends where nothing fails, each operation once, in the order of their names;
 * and how often, and how often behind the shift. */
enum { OPERATIONS_MAX = 24 };
struct sent {
    struct sent_operation {
        char name[OPERATION_NAME_SIZE];
        int count, later;
    } operations[OPERATIONS_MAX];
    size_t count;
    size_t requests;
};
/* By verb; in memory that all processes share, for the program's life. Fails the cmocka test when
 * one of them fails, or when they do not send all that there is between them. */
const struct sent *stories_without_faults(const char *program);

/* The how-manieth requests of an operation are worth a fault in that verb's stories; how many these
 * are. A plan with other keys differs from others in who is asked for these, a run with keys that
 * end likewise; and one that waits asks the same again and again. */
enum { STORY_DEPTHS = 2 };
int story_depths(int out[STORY_DEPTHS], const struct sent sent[], enum verb verb,
                 const struct sent_operation *operation);

/* Many of them, of which some are chosen. A zeroed one holds none. */
struct stories {
    const char *program;
    const struct sent *sent;
    struct story *items;
    size_t count;
    struct arena arena;
    size_t *chosen; /* which, in the order of the workers' numbers; from malloc() */
    size_t chosen_count;
};

void story_play(const struct story *story, const char *program, const struct sent *sent,
                struct text *wrong, struct tallies *tallies);

struct story *stories_add(struct stories *stories);
/* The first `always` ones, and so many of the others: from each operation's as many as from each
 * other's, and then from all alike; by the seed. All that there are, or with TESTS_LONG=2/5, or
 * words of their description, a part of them, where so many are wanted. */
void stories_choose(struct stories *stories, size_t always, size_t wanted, unsigned seed);
/* workers_run's callback over `struct stories`. */
void stories_play(void *self, size_t number, struct text *wrong, struct tallies *tallies);
/* Fails the cmocka test when there is an operation that met no fault; prints how many did. */
void stories_met_all(const struct tallies *tallies);
void stories_clear(struct stories *stories);

#endif
