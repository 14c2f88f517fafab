/*
 * A cutover that hardly waits, played with the real program as often as a test likes. Everything
 * fails the test that fails, and says `where` that was.
 */
#ifndef TESTS_FAULT_SHORT_CUTOVER_H
#define TESTS_FAULT_SHORT_CUTOVER_H

#include "tests/scenario/stage.h"

#define SHORT_APPLY  "switchover apply prod.yaml --auto-approve"
#define SHORT_REVERT "switchover revert prod.yaml --auto-approve"
#define SHORT_THERE  "9200 source 0, target 1" /* live at its end */
#define SHORT_ORIGIN "9200 untouched"

/* Worlds: the target has still to be scaled, or only the weights are to be moved. */
#define SHORT_TO_SCALE                                                                             \
    "services: {target: {desired: 1}}\n"                                                           \
    "timing: {task_start_min: 1s, task_start_max: 1s, registration: 1s}\n"                         \
    "groups: {target: {health_interval: 5s, deregistration_delay: 0s}}\n"
#define SHORT_SCALED "services: {target: {desired: 2}}\n"

/* Folders in memory, unless TMPDIR says where: no power is lost in these tests, so that nothing has
 * to wait for a disk. */
void short_in_memory(void);
/* With the plan file in its folder. */
void short_open(struct stage *stage, const char *program, const char *world);
void short_run_well(struct stage *stage, const char *line); /* exit 0 */
void short_is_live(struct stage *stage, const char *line, const char *where);
/* The lock, a request to stop and temporary files are gone where a run has had the lock; but not
 * those of a saved plan, which has none: they may be of somebody else at work. */
void short_is_tidy(struct stage *stage, const char *where);

#endif
