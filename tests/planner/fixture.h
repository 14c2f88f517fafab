/*
 * A Migration Assistant deployment as a snapshot, changed by short patches: "source.running=1",
 * "default=S900 T100 sticky=60", "rule=/_bulk*". What each patch word means stands in fixture.c's
 * table.
 */
#ifndef TESTS_PLANNER_FIXTURE_H
#define TESTS_PLANNER_FIXTURE_H

#include "planner/plan.h"
#include "planner/snapshot.h"

#define FIXTURE_NOW 1796090400000 /* 2026-12-01T02:00:00Z */

struct fixture {
    struct snapshot live;
    struct planfile file;
    struct surroundings around;
    struct provenance provenance;
};

/* Two lines and `more`; source 2 of 2, target 2 of 2, all healthy, weights 1/0, an hour of 1200
 * requests a minute on the source. Fails the test when the plan file is not valid. */
void fixture_init(struct fixture *f, const char *more);
void fixture_clear(struct fixture *f);
/* Patches separated by ", ". */
void fixture_patch(struct fixture *f, const char *patches);

#endif
