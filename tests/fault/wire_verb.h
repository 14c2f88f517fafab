/*
 * What is played: a command of the program in a world that leads it through one kind of story. In
 * those that are told to look later, the faults come once the traffic is on the target.
 */
#ifndef TESTS_FAULT_WIRE_VERB_H
#define TESTS_FAULT_WIRE_VERB_H

#include <stdbool.h>

#include "tests/fault/wire_stage.h"

enum verb {
    VERB_PLAN,
    VERB_APPLY,
    VERB_RESUME, /* apply of what was left when the network was lost in its shift */
    VERB_REVERT,
    VERB_STARVED,  /* apply where the target's tasks do not start: it asks why, and ends */
    VERB_HELD,     /* apply with checks and a hold under gates */
    VERB_STOPPED,  /* the same, and told to stop when it meets the fault */
    VERB_RENEWED,  /* the same, with keys that end all the time */
    VERB_FALLBACK, /* a gate fails in the hold, and it takes the traffic back */
    VERB_FAILED,   /* the same, and it is to leave the traffic where it is */
    VERB_DRAINED,  /* apply with a drain that is proven */
    VERB_UNPROVEN, /* a drain that cannot be, and is diagnosed */
    VERB_KEYS,     /* plan, with keys of each source: VERB_KEYS + enum key_source */
    VERB_COUNT = VERB_KEYS + KEY_SOURCE_COUNT
};

struct wire_verb {
    const char *name, *command;
    int exit_code; /* where nothing fails */
    bool later;    /* the faults come behind the shift */
    bool checks;   /* the plan file has some */
};

const struct wire_verb *wire_verb(enum verb verb);

/* `hasty`: what fails for ever must not be waited for for ever. The world's clock runs so many
 * times `slower` than it otherwise would: a machine that is busy gets more time for its minutes. */
void wire_verb_open(struct wire_stage *stage, const char *program, enum verb verb, bool hasty,
                    int slower);

#endif
