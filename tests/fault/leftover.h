/*
 * What a run that came to a sudden end leaves behind: its folder, and the listener on port 9200. It
 * is judged, and can be played on from twice. Everything fails the test that fails, and then says
 * `where` that was.
 */
#ifndef TESTS_FAULT_LEFTOVER_H
#define TESTS_FAULT_LEFTOVER_H

#include "planner/state.h"
#include "tests/scenario/stage.h"

/* The state in a file of the folder, or NULL where there is no such file; state_free() it. What is
 * no valid state fails the test. */
struct state *leftover_state(const char *folder, const char *name, const char *where);

/* Whether errored.state.json is whole, and newer than the state in its place. */
bool leftover_is_newer(const char *folder, const char *where);

/* Every file whose name says that it holds a state or a saved plan does. Appends what the folder
 * holds: runs that were cut in the same situation have the same text. */
void leftover_judge(struct text *out, struct stage *stage, const char *where);
/* Whether such a text was not met before; `seen` knows it then. */
bool leftover_is_new(struct text *seen, const struct text *leftover);
/* For all that was carried out since stage_forget() the state has a record. */
void leftover_find_records(const struct stage *stage, const char *where);

struct leftover {
    char *folder; /* a copy; NULL: nothing is kept */
    struct arena arena;
    struct routing_member *members; /* the listener's default action */
    size_t count;
    int64_t desired; /* of the target */
};

void leftover_keep(struct leftover *out, struct stage *stage);
/* Puts folder and world back to what was kept; of another stage of the same world too. */
void leftover_restore(const struct leftover *kept, struct stage *stage);
void leftover_clear(struct leftover *kept);

#endif
