/*
 * Where the plan file came from: its git commit, as the saved plan, the state and the output name
 * it. providers/git fills it from the local repository only.
 */
#ifndef PLANNER_PROVENANCE_H
#define PLANNER_PROVENANCE_H

#include <stdbool.h>
#include <stdint.h>

#include "planner/base/arena.h"
#include "planner/base/json.h"

struct provenance { /* a zeroed one says "not in a git repository" */
    bool in_repository;
    const char *why_not; /* when it is not: "not in a git repository" */
    const char *commit;  /* the last commit on HEAD's history that touched the file: 40 digits;
                            NULL when HEAD does not hold the file */
    const char *author;  /* "Name <mail>" of that commit; NULL without one */
    int64_t committed_at;
    const char *branch;      /* "main"; NULL on a detached HEAD */
    const char *path;        /* of the file inside the repository */
    bool clean;              /* the file's bytes are those of HEAD, and no other tracked file in the
                                repository is changed but state files */
    const char *why_unclean; /* "prod.yaml is modified", "3 other files are changed" */
    bool history_cut;        /* a shallow clone or a long history: `commit` holds the file as it is,
                                but an older one may have brought it */
};

void provenance_copy(struct provenance *out, struct arena *arena, const struct provenance *from);
/* "commit 1a2b3c4 by A <a@b> on main, clean" for people. */
const char *provenance_describe(struct arena *arena, const struct provenance *provenance);
void provenance_write_json(struct json_writer *w, const char *key,
                           const struct provenance *provenance);
must_use bool provenance_read_json(struct provenance *out, struct arena *arena,
                                   const struct json *value, struct error *err);

#endif
