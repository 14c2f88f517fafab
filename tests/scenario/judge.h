/* What must come of a command that a scenario plays (script.h): a line of expectations at a time.
 */
#ifndef TESTS_SCENARIO_JUDGE_H
#define TESTS_SCENARIO_JUDGE_H

#include "planner/base/arena.h"
#include "tests/scenario/script.h"
#include "tests/scenario/stage.h"

struct kept {                 /* a file as it was before the command */
    const char *name, *bytes; /* NULL: there was none */
    const struct kept *next;
};

struct judging {
    struct stage *stage;
    struct arena *arena;
    const char *where;     /* "FILE:LINE" */
    const char *out, *err; /* squeezed; what is not yet matched */
    const struct kept *kept;
    bool exit_named, sends_named;
    bool moves_on; /* live may have been changed behind the command's last look */
};

/* Prints what the last command said, and the mutations it sent. */
void judge_show(const struct stage *stage);

/* Fails the test at the first line of `expected`, which it cuts up, that does not hold; and shows
 * what the command said. Without an exit code named it fails too; without "sends" nothing may have
 * been sent. The last lines of a run must all be there, and true. */
void judge_all(struct judging *j, const char *path, const struct part *part, char *expected);

#endif
