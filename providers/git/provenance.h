/*
 * The plan file's git commit, author, branch and cleanness, from the local repository alone
 * (libgit2): nothing is fetched, nothing is written, not even the index.
 *
 * - The file that counts is the one that is read: a path through symbolic links is resolved first.
 * - The repository is the nearest one above the file, so a submodule or a linked work tree is its
 *   own; the search ends at the file system's border, as git's does.
 * - `commit` is what `git log -1 -- FILE` names: at a merge the first parent that has the same file
 *   is followed. At most PROVENANCE_COMMITS_MAX commits are looked at.
 * - The plan file is clean when its bytes, filtered as git would on commit, are HEAD's. Any other
 *   tracked file that differs from HEAD (staged or not) makes it unclean too; untracked files do
 *   not, so a saved plan does not, nor do state files (*.state.json and its .backup, .lock, .stop)
 *   that somebody has committed. A submodule differs when another commit is checked out in it.
 * - A repository of another owner is not read (CVE-2022-24765): `why_not` says how to trust it.
 *
 * Known weaknesses: no mailmap, no replace refs, no grafts; repositories with SHA-256 object names
 * or a newer format cannot be read and say so.
 *
 * Measured: 6 ms of processor time in a small repository, 14 ms more for each 1,000 commits that
 * are walked, 0.3 s where the working tree has 100,000 files (`git status`: 0.2 s).
 */
#ifndef PROVIDERS_GIT_PROVENANCE_H
#define PROVIDERS_GIT_PROVENANCE_H

#include "planner/base/arena.h"
#include "planner/base/error.h"
#include "planner/provenance.h"

enum { PROVENANCE_COMMITS_MAX = 10000 };

/*
 * Texts live in `arena`. A repository that is not there or cannot be read is an answer
 * (`in_repository` false, `why_not`), not a failure; false only when there is no such file
 * (ERROR_INPUT). Starts and ends libgit2 within the call, so that commands which do not ask do not
 * pay. Not for several threads at once.
 */
must_use bool git_provenance(struct provenance *out, struct arena *arena,
                             const char *plan_file_path, struct error *err);

#endif
