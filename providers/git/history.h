/* One file through a repository's history. libgit2's types show here: for providers/git only. */
#ifndef PROVIDERS_GIT_HISTORY_H
#define PROVIDERS_GIT_HISTORY_H

#include <git2.h>
#include <stdbool.h>
#include <stddef.h>

#include "planner/base/error.h"

struct git_version { /* of a file, in one commit */
    bool there;
    git_oid blob;
    git_filemode_t mode;
};

/* False when the commit's trees cannot be read (git_error_last() says why). */
must_use bool git_version_at(struct git_version *out, const git_commit *commit, const char *path);

/*
 * The last commit up to `head` that touched the file, whose version there is `version`: the walk
 * follows, at each commit, the first parent with the same version, as `git log -1 -- PATH` does,
 * and ends where there is none. False when it had to end before, after `most` commits or at a
 * parent that is not there (a shallow or partial clone); `*last` then is the oldest commit reached.
 * `*last` is the caller's to free, in either case.
 */
must_use bool git_last_touching(git_commit **last, git_commit *head, const char *path,
                                const struct git_version *version, size_t most);

#endif
