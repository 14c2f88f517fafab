/*
 * The file that a command is given: a plan file, a saved plan or a state, told apart by what is in
 * it and not by its name.
 */
#ifndef CMD_INPUT_H
#define CMD_INPUT_H

#include "planner/base/diagnostics.h"
#include "planner/base/error.h"
#include "planner/base/text.h"
#include "planner/plan.h"
#include "planner/state.h"

enum input_kind { INPUT_PLAN_FILE = 1, INPUT_SAVED_PLAN = 2, INPUT_STATE = 4 };

struct input {
    enum input_kind kind;
    const char *path;     /* as given; borrowed */
    struct text bytes;    /* of the file */
    struct planfile file; /* of INPUT_PLAN_FILE */
    struct plan *plan;    /* of INPUT_SAVED_PLAN */
    struct state *state;  /* of INPUT_STATE */
};

/*
 * Reads the file whole. `accepted` is a mask of kinds; another one is ERROR_USAGE and says what the
 * command takes. What is wrong with a plan file goes to standard error, each finding with its line,
 * and into one error. `out` must be cleared in either case.
 */
must_use bool input_read(struct input *out, const char *path, unsigned accepted, struct error *err);
void input_clear(struct input *input);

/* Whether the file can be read and begins as a saved plan does. */
bool input_is_saved_plan(const char *path);

/* The bytes of a file, of at most `max`. ERROR_INPUT names it. */
must_use bool input_read_bytes(struct text *out, const char *path, size_t max, struct error *err);

/* The plan file, also the one inside a saved plan or a state; borrowed. */
const struct planfile *input_planfile(const struct input *input);

/* The region that the file names: a saved plan and a state know theirs. NULL: the environment's. */
const char *input_region(const struct input *input);

/*
 * Where the state is: the option, else the state itself, else the plan file's `state`, else
 * NAME.state.json; relative to the plan file's folder, but for the option. A saved plan names its
 * plan file as it was given to `plan`; where there is no state by that name (another folder,
 * another machine), the one beside the saved plan is taken.
 */
void input_state_path(struct text *out, const struct input *input, const char *option);

/* Where the state belongs of which the input, a state, is a copy by its name (PATH.backup,
 * errored.state.json); "" where it is none. */
void input_home_path(struct text *out, const struct input *input);

#endif
