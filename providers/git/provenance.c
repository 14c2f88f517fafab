#include "providers/git/provenance.h"

#include <errno.h>
#include <git2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "planner/base/text.h"
#include "planner/base/time.h"
#include "providers/git/history.h"

#define NO_REPOSITORY "not in a git repository"

/* What one answer is made from. */
struct question {
    struct provenance *out;
    struct arena *arena;
    const char *file;   /* absolute, no symbolic link in it */
    const char *inside; /* its path in the repository: points into `file` */
    git_repository *repository;
};

static const char *utf8(struct arena *arena, const char *bytes)
{
    struct text out = {0};
    text_add_utf8(&out, bytes, strlen(bytes));
    const char *copy = arena_strdup(arena, text_cstr(&out));
    text_clear(&out);
    return copy;
}

static const char *git_says(void)
{
    const git_error *last = git_error_last();
    return last && last->message ? last->message : "no reason given";
}

/* ---- the repository around the file ---- */

/* libgit2 1.5 answers GIT_ENOTFOUND instead of GIT_EOWNER where no safe.directory is set. */
static bool is_foreign(int code, const char *git_dir)
{
    struct stat st;
    return code == GIT_EOWNER ||
           (code == GIT_ENOTFOUND && stat(git_dir, &st) == 0 && st.st_uid != geteuid());
}

static const char *why_closed(struct arena *arena, int code, const char *git_dir)
{
    size_t n = strlen(git_dir);
    if (text_ends(git_dir, "/.git/"))
        n -= strlen("/.git/");
    const char *where = utf8(arena, arena_strndup(arena, git_dir, n));
    if (!is_foreign(code, git_dir))
        return arena_printf(arena, "the git repository at %s cannot be read: %s", where,
                            utf8(arena, git_says()));
    return arena_printf(arena,
                        "the git repository at %s is owned by somebody else, so it is not read "
                        "(to trust it: git config --global --add safe.directory %s)",
                        where, where);
}

static bool open_around(struct question *q)
{
    git_buf git_dir = {0};
    const char *folder =
        arena_strndup(q->arena, q->file, (size_t)(strrchr(q->file, '/') - q->file));
    int code = git_repository_discover(&git_dir, *folder ? folder : "/", 0, NULL);
    if (code < 0) {
        q->out->why_not = code == GIT_ENOTFOUND
                              ? NO_REPOSITORY
                              : arena_printf(q->arena, "git cannot look for a repository: %s",
                                             utf8(q->arena, git_says()));
        return false;
    }
    code = git_repository_open(&q->repository, git_dir.ptr);
    if (code < 0)
        q->out->why_not = why_closed(q->arena, code, git_dir.ptr);
    git_buf_dispose(&git_dir);
    return code >= 0;
}

/* Where the file lies in the working tree. */
static bool find_inside(struct question *q)
{
    const char *tree = git_repository_workdir(q->repository);
    char *real = tree ? realpath(tree, NULL) : NULL;
    size_t n = real ? strlen(real) : 0;
    if (n == 1)
        n = 0; /* a repository at the root of the file system */
    bool within = real && strncmp(q->file, real, n) == 0 && q->file[n] == '/';
    if (within)
        q->inside = q->file + n + 1;
    else
        q->out->why_not = arena_printf(q->arena,
                                       tree ? "outside the working tree of the git repository at %s"
                                            : "the git repository at %s has no working tree",
                                       utf8(q->arena, git_repository_path(q->repository)));
    free(real);
    return within;
}

/* ---- HEAD, branch, commit ---- */

/* NULL when HEAD has no branch; *commit stays NULL when the branch has no commit. */
static bool read_head(struct question *q, git_commit **commit)
{
    static const char heads[] = "refs/heads/";
    git_reference *head = NULL;
    git_oid id;

    if (git_reference_lookup(&head, q->repository, "HEAD") < 0)
        return false;
    const char *target = git_reference_symbolic_target(head);
    if (target)
        q->out->branch =
            utf8(q->arena, text_starts(target, heads) ? target + strlen(heads) : target);
    git_reference_free(head);

    int code = git_reference_name_to_id(&id, q->repository, "HEAD");
    if (code == GIT_ENOTFOUND)
        return true;
    return code >= 0 && git_commit_lookup(commit, q->repository, &id) >= 0;
}

static void describe_commit(struct question *q, const git_commit *commit)
{
    static const int64_t last_second = 253402300799; /* of the year 9999 */
    const git_signature *author = git_commit_author(commit);
    int64_t at = git_commit_time(commit);
    char id[GIT_OID_HEXSZ + 1];

    q->out->commit = arena_strdup(q->arena, git_oid_tostr(id, sizeof id, git_commit_id(commit)));
    if (author)
        q->out->author = arena_printf(q->arena, "%s <%s>", utf8(q->arena, author->name),
                                      utf8(q->arena, author->email));
    q->out->committed_at = at >= 0 && at <= last_second ? at * SECOND_MS : 0;
}

/* ---- clean or not ---- */

static bool is_state_file(const char *path)
{
    static const char *const endings[] = {".state.json", ".state.json.backup", ".state.json.lock",
                                          ".state.json.stop"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (text_ends(path, endings[i]))
            return true;
    return false;
}

/* Asked of the bytes themselves: the index may have been told not to look (assume-unchanged). */
static bool is_as_committed(bool *same, const struct question *q, const struct git_version *head)
{
    git_oid now;
    if (git_repository_hashfile(&now, q->repository, q->file, GIT_OBJECT_BLOB, q->inside) < 0)
        return false;
    *same = git_oid_equal(&now, &head->blob);
    return true;
}

/* A sparse checkout leaves files out on purpose; libgit2 1.5 reports them as deleted. */
static bool is_left_out(const git_diff_delta *delta, git_index *index)
{
    const git_index_entry *entry = git_index_get_bypath(index, delta->old_file.path, 0);
    return delta->status == GIT_DELTA_DELETED && entry &&
           (entry->flags_extended & GIT_INDEX_ENTRY_SKIP_WORKTREE) &&
           git_oid_equal(&entry->id, &delta->old_file.id);
}

static void count_changes(struct question *q, const git_diff *diff, git_index *index)
{
    const char *first = NULL;
    size_t others = 0;
    for (size_t i = 0; i < git_diff_num_deltas(diff); i++) {
        const git_diff_delta *delta = git_diff_get_delta(diff, i);
        const char *path = delta->new_file.path;
        if (strcmp(path, q->inside) == 0) {
            q->out->why_unclean = arena_printf(q->arena, "%s is modified", q->out->path);
            return;
        }
        if (is_state_file(path) || is_left_out(delta, index))
            continue;
        if (others++ == 0)
            first = path;
    }
    if (others == 1)
        q->out->why_unclean =
            arena_printf(q->arena, "another file is changed: %s", utf8(q->arena, first));
    else if (others)
        q->out->why_unclean = arena_printf(q->arena, "%zu other files are changed, the first is %s",
                                           others, utf8(q->arena, first));
}

static bool look_for_changes(struct question *q, git_commit *head, git_index *index)
{
    git_diff_options options;
    git_diff *diff = NULL;
    git_tree *tree = NULL;

    git_diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION);
    options.flags = GIT_DIFF_INCLUDE_TYPECHANGE;
    options.ignore_submodules = GIT_SUBMODULE_IGNORE_DIRTY;
    bool ok = git_commit_tree(&tree, head) >= 0 &&
              git_diff_tree_to_workdir_with_index(&diff, q->repository, tree, &options) >= 0;
    if (ok)
        count_changes(q, diff, index);
    git_diff_free(diff);
    git_tree_free(tree);
    return ok;
}

static bool judge_cleanness(struct question *q, git_commit *head, const struct git_version *version)
{
    git_index *index = NULL;
    bool same = true;
    bool ok = git_repository_index(&index, q->repository) >= 0 &&
              is_as_committed(&same, q, version) && (!same || look_for_changes(q, head, index));
    if (!same)
        q->out->why_unclean = arena_printf(q->arena, "%s is modified", q->out->path);
    q->out->clean = ok && !q->out->why_unclean;
    git_index_free(index);
    return ok;
}

/* ---- all of it ---- */

/* False when libgit2 fails on the way. */
static bool ask(struct question *q)
{
    git_commit *head = NULL, *last = NULL;
    struct git_version version = {0};

    q->out->in_repository = true;
    q->out->path = utf8(q->arena, q->inside);
    bool ok = read_head(q, &head);
    if (ok && head)
        ok = git_version_at(&version, head, q->inside);
    if (ok && version.there) {
        q->out->history_cut =
            !git_last_touching(&last, head, q->inside, &version, PROVENANCE_COMMITS_MAX);
        describe_commit(q, last);
        ok = judge_cleanness(q, head, &version);
    } else if (ok) {
        q->out->why_unclean = arena_printf(q->arena, "%s is not committed", q->out->path);
    }
    git_commit_free(last);
    git_commit_free(head);
    return ok;
}

static void answer(struct question *q)
{
    if (open_around(q) && find_inside(q) && !ask(q))
        *q->out = (struct provenance){
            .why_not = arena_printf(q->arena, "the git repository at %s cannot be read: %s",
                                    utf8(q->arena, git_repository_path(q->repository)),
                                    utf8(q->arena, git_says())),
        };
    git_repository_free(q->repository);
}

static bool is_there(struct question *q, size_t folder_len, const char *name)
{
    struct stat st;
    const char *path = arena_printf(q->arena, "%.*s/%s", (int)folder_len, q->file, name);
    return lstat(path, &st) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

/* Whether libgit2 has to be asked. Its start reads the system's certificates, whether or not it
 * will speak to anybody: as much work as all the rest of a plan. */
static bool may_be_in_repository(struct question *q)
{
    const char *slash = strrchr(q->file, '/');
    size_t n = slash ? (size_t)(slash - q->file) : 0;
    while (!is_there(q, n, ".git") && !is_there(q, n, "HEAD")) { /* HEAD: one without a tree */
        if (n == 0)
            return false;
        do
            n--;
        while (n && q->file[n] != '/');
    }
    return true;
}

bool git_provenance(struct provenance *out, struct arena *arena, const char *plan_file_path,
                    struct error *err)
{
    *out = (struct provenance){0};
    char *file = realpath(plan_file_path, NULL);
    if (!file)
        return error_errno(err, ERROR_INPUT, errno, "cannot find %s", plan_file_path);
    struct question q = {.out = out, .arena = arena, .file = file};
    if (!may_be_in_repository(&q)) {
        out->why_not = NO_REPOSITORY;
    } else if (git_libgit2_init() < 0) {
        out->why_not = "libgit2 does not start";
    } else {
        git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 1);
        /* Each object is looked at once: its cache would only cost (86 MB for a long history). */
        git_libgit2_opts(GIT_OPT_ENABLE_CACHING, 0);
        answer(&q);
        git_libgit2_shutdown();
    }
    free(file);
    return true;
}
