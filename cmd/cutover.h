/*
 * One cutover at hand: the file that was given, AWS, the state's store and what is in it. What
 * plan, apply, revert and status have in common.
 */
#ifndef CMD_CUTOVER_H
#define CMD_CUTOVER_H

#include "cmd/args.h"
#include "cmd/input.h"
#include "cmd/newer.h"
#include "cmd/wire.h"
#include "planner/provenance.h"
#include "planner/store.h"

struct cutover { /* does not move */
    const struct args *args;
    struct arena arena; /* of subject and provenance */
    struct input input;
    struct wire wire;
    struct text state_path;
    struct store store;
    bool loaded;
    struct text stored;  /* the state's bytes as loaded */
    struct state *state; /* of this subject, also one that has ended; NULL: none */
    struct newer newer;  /* than that state, as it was last loaded */
};

/* Reads the file, wires AWS up, loads the state. `out` must be closed in either case. */
must_use bool cutover_open(struct cutover *out, const struct args *args, unsigned accepted,
                           struct error *err);
/* The same without AWS: file and state only. Needs no credentials. */
must_use bool cutover_open_offline(struct cutover *out, const struct args *args, unsigned accepted,
                                   struct error *err);
void cutover_close(struct cutover *cutover);

/*
 * Loads the state, and looks for newer copies of it. Again, it is read anew only when it has
 * changed meanwhile: what was borrowed from it stays valid otherwise. *changed, which may be NULL:
 * that, or there is a newer copy now. Refused when it belongs to another subject whose cutover is
 * not over.
 */
must_use bool cutover_load(struct cutover *cutover, bool *changed, struct error *err);

/* For what goes forward: refused while a newer copy of the state lies about. */
must_use bool cutover_is_newest(const struct cutover *cutover, struct error *err);
/* For the way back: takes that copy in the state's place, and says so on standard error. */
void cutover_take_newest(struct cutover *cutover);

/* Where there is no state: adds the copies of one that lie near its place, "PATH (serial 7)", and
 * answers how many. */
size_t cutover_lost_copies(const struct cutover *cutover, struct text *out);

/* The state when its lineage goes on, else NULL: what a forward plan rests on. */
struct state *cutover_ongoing(const struct cutover *cutover);

/* Who this is about: with ARNs where a saved plan or an ongoing state knows them. Borrowed. */
struct subject cutover_subject(struct cutover *cutover);

must_use bool cutover_observe(struct cutover *cutover, struct snapshot *out, unsigned facts,
                              int64_t recent_ms, struct error *err);

/* Of the plan file in the input. */
must_use bool cutover_provenance(struct cutover *cutover, struct provenance *out,
                                 struct error *err);

/* "apply prod.yaml", as lock and state name the command. Heap: free() it. */
char *cutover_command(const struct cutover *cutover);
#endif
