/* The exit codes, as one table: what help prints, and what an error or a run's end becomes. */
#ifndef CMD_EXIT_CODE_H
#define CMD_EXIT_CODE_H

#include <stddef.h>

#include "planner/base/error.h"
#include "planner/executor.h"

enum exit_code {
    EXIT_DONE = 0,
    EXIT_ERROR = 1,
    EXIT_CHANGES = 2,
    EXIT_BLOCKED = 3,
    EXIT_DRIFT = 4,
    EXIT_GATE_REVERTED = 5,
    EXIT_INCOMPLETE = 6,
    EXIT_LOCKED = 7,
    EXIT_GATE_STOPPED = 8,
    EXIT_REVERT_UNCONFIRMED = 9,
};

struct exit_row {
    enum exit_code code;
    const char *meaning;
};
extern const struct exit_row exit_rows[];
extern const size_t exit_row_count;

/* An error that came before any run began. */
enum exit_code exit_of_error(const struct error *err);

/* How a run ended. `changed` says whether this cutover, in this run or an earlier one, has sent any
 * mutation, answered or not (state_changed_anything). A forward run that falls back needs its
 * fallback's outcome to have a code: exit_of_fall_back. Without one nobody took the traffic back,
 * and that is EXIT_REVERT_UNCONFIRMED. */
enum exit_code exit_of_outcome(enum direction direction, const struct outcome *outcome,
                               bool changed);

/* Of a forward run and the fallback behind it (executor_fall_back): what counts is only whether the
 * origin was read back. Where that is so, a disk or a signal that came behind it changes nothing
 * about where the traffic is. */
enum exit_code exit_of_fall_back(const struct outcome *fallback);

#endif
