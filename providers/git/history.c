#include "providers/git/history.h"

bool git_version_at(struct git_version *out, const git_commit *commit, const char *path)
{
    git_tree *tree = NULL;
    git_tree_entry *entry = NULL;

    *out = (struct git_version){0};
    if (git_commit_tree(&tree, commit) < 0)
        return false;
    int code = git_tree_entry_bypath(&entry, tree, path);
    if (code >= 0) {
        out->there = true;
        git_oid_cpy(&out->blob, git_tree_entry_id(entry));
        out->mode = git_tree_entry_filemode_raw(entry);
    }
    git_tree_entry_free(entry);
    git_tree_free(tree);
    return code >= 0 || code == GIT_ENOTFOUND;
}

static bool same(const struct git_version *a, const struct git_version *b)
{
    return a->there == b->there && a->mode == b->mode && git_oid_equal(&a->blob, &b->blob);
}

/* The first parent that has the same version; NULL with true: none has. */
static bool find_same_parent(git_commit **out, const git_commit *commit, const char *path,
                             const struct git_version *version)
{
    bool all_there = true;
    for (unsigned i = 0; i < git_commit_parentcount(commit); i++) {
        struct git_version there;
        git_commit *parent = NULL;
        bool readable =
            git_commit_parent(&parent, commit, i) >= 0 && git_version_at(&there, parent, path);
        if (readable && same(&there, version)) {
            *out = parent;
            return true;
        }
        git_commit_free(parent);
        all_there = all_there && readable;
    }
    *out = NULL;
    return all_there;
}

bool git_last_touching(git_commit **last, git_commit *head, const char *path,
                       const struct git_version *version, size_t most)
{
    git_commit_dup(last, head); /* only counts a reference */
    for (size_t i = 0; i < most; i++) {
        git_commit *parent;
        if (!find_same_parent(&parent, *last, path, version))
            return false;
        if (!parent)
            return true;
        git_commit_free(*last);
        *last = parent;
    }
    return false;
}
