/*
 * What somebody else can change of all that plan, saved plan and state hold about live, and what
 * must come of it (DESIGN, sections 3 to 5): one table, with the reasons.
 *
 * Not in it, since AWS cannot give them another value under the same name: the ARNs of cluster and
 * services, account and region.
 */
#ifndef TESTS_FAULT_CHANGES_H
#define TESTS_FAULT_CHANGES_H

#include "tests/sim/cutover.h"

/* Where a rehearsal begins. PLAIN is what Migration Assistant deploys: weights 1/0, a target at
 * count 0. RICH has all that a default action can hold beside: a login in front, stickiness, a
 * third group with weight 0; its target is up. */
enum base { PLAIN = 1, RICH = 2 };

/* Sets the rehearsal up and begins it. Two shifts, to 10 and to 100 %, with a hold between. */
void base_begin(struct rehearsal *r, enum base base);

enum coming {
    REFUSED, /* drift, exit 4: nothing is sent after it */
    BLOCKED, /* a precondition says so: nothing is sent after it */
    TAKEN,   /* drift as well; but where the shift is the next action: done, unsent */
    GOES_ON, /* as if nothing had been */
    GROWS,   /* no drift; but targets-healthy blocks a shift while the new targets come up */
    NO_PLAN, /* there is none, and so no run */
    STOPS,   /* of a fallback: nothing is sent, and it is not confirmed */
};

enum touched { ROUTING, LISTENER, SOURCE_SERVICE, TARGET_SERVICE };

struct change {
    const char *what;
    unsigned bases; /* in which it means something */
    void (*make)(struct sim *sim);
    enum touched touched;
    enum coming first;     /* before this cutover has changed anything */
    enum coming under_way; /* later in the run, or before a saved plan is resumed */
    enum coming replanned; /* while nobody ran, when apply then plans anew */
    enum coming back;      /* before a fallback sends */
    const char *why;
};

extern const struct change changes[];
extern const size_t change_count;

#endif
