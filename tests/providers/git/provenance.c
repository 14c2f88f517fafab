/*
 * The judge is git itself: repositories are built by running it, and what is said about a plan file
 * is compared with `git log -1 -- FILE`, `git symbolic-ref` and `git status`.
 */
#include "tests/unit.h"

#include <sys/stat.h>
#include <unistd.h>

#include "planner/base/text.h"
#include "planner/base/time.h"
#include "providers/git/history.h"
#include "providers/git/provenance.h"
#include "tests/folder.h"

/* libgit2 1.5 forgets what a regular expression matched, when it reads the configuration of
 * submodules or gives up on a repository; under the leak checker that is not our finding. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libpcre2";
}

/* ---- git, run in a folder ---- */

/* Its output without the last newline; free() it. Fails the test when the command does. */
static char *shell(const char *folder, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static char *shell(const char *folder, const char *format, ...)
{
    struct text command = {0}, out = {0};
    va_list ap;
    int c;
    text_addf(&command, "exec 2>&1; cd '%s' && { ", folder);
    va_start(ap, format);
    text_vaddf(&command, format, ap);
    va_end(ap);
    text_add(&command, "\n}");
    FILE *pipe = popen(command.data, "re");
    assert_non_null(pipe);
    while ((c = getc(pipe)) != EOF)
        text_add_char(&out, (char)c);
    if (pclose(pipe) != 0)
        fail_msg("%s: %s", command.data, text_cstr(&out));
    text_clear(&command);
    if (out.len && out.data[out.len - 1] == '\n')
        text_cut(&out, out.len - 1);
    return text_steal(&out);
}

#define RUN(folder, ...) free(shell(folder, __VA_ARGS__))

static int fix_environment(void **state)
{
    char *home = folder_new();
    *state = home;
    setenv("HOME", home, 1);
    setenv("XDG_CONFIG_HOME", home, 1);
    setenv("LC_ALL", "C", 1);
    setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
    setenv("GIT_AUTHOR_NAME", "Ada", 1);
    setenv("GIT_AUTHOR_EMAIL", "ada@example.com", 1);
    setenv("GIT_COMMITTER_NAME", "Grace", 1);
    setenv("GIT_COMMITTER_EMAIL", "grace@example.com", 1);
    static const char *const strays[] = {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE",
                                         "GIT_CONFIG_GLOBAL"};
    for (size_t i = 0; i < COUNT(strays); i++)
        unsetenv(strays[i]);
    return 0;
}

static int remove_home(void **state)
{
    folder_remove(*state);
    return 0;
}

/* A repository with two commits: plans/prod.yaml in the first, another file in the second. */
static char *repository(void)
{
    char *folder = folder_new();
    RUN(folder, "git init -q -b main && mkdir plans && echo 1 >plans/prod.yaml && git add . &&"
                "git commit -q -m one && echo 1 >other && git add . && git commit -q -m two");
    return folder;
}

/* ---- asking, and comparing with the judge ---- */

struct asked {
    struct arena arena;
    struct provenance provenance;
};

static struct asked ask(const char *folder, const char *name)
{
    struct asked asked = {0};
    struct error err;
    char *path = folder_path(folder, name);
    if (!git_provenance(&asked.provenance, &asked.arena, path, &err))
        fail_msg("%s", err.message);
    free(path);
    return asked;
}

static void same(const char *what, const char *ours, const char *gits)
{
    if (!text_same(ours, gits))
        fail_msg("%s: \"%s\", but git says \"%s\"", what, ours ? ours : "(none)",
                 gits ? gits : "(none)");
}

/* Everything that git can judge; `why` is what it cannot: the words. */
static void agrees(const char *folder, const char *name, const char *why)
{
    struct asked asked = ask(folder, name);
    const struct provenance *p = &asked.provenance;
    char *commit = shell(folder, "git log -1 --format=%%H -- '%s'", name);
    char *author = shell(folder, "git log -1 --format='%%an <%%ae>' -- '%s'", name);
    char *at = shell(folder, "git log -1 --format=%%ct -- '%s'", name);
    char *branch = shell(folder, "git symbolic-ref -q --short HEAD || :");
    char *path = shell(folder, "git -c core.quotePath=false ls-files --full-name -- '%s'", name);
    char *changed = shell(folder, "git status --porcelain -uno --ignore-submodules=dirty");

    assert_true(p->in_repository);
    same("commit", p->commit, commit);
    same("author", p->author, author);
    assert_int_equal(p->committed_at, atoll(at) * SECOND_MS);
    same("branch", p->branch ? p->branch : "", branch);
    same("path", p->path, path);
    same("clean", p->clean ? "yes" : "no", *changed ? "no" : "yes");
    same("why_unclean", p->why_unclean, why);
    free(commit);
    free(author);
    free(at);
    free(branch);
    free(path);
    free(changed);
    arena_clear(&asked.arena);
}

static void says_not(const char *folder, const char *name, const char *part)
{
    struct asked asked = ask(folder, name);
    assert_false(asked.provenance.in_repository);
    assert_false(asked.provenance.clean);
    assert_null(asked.provenance.commit);
    if (!strstr(asked.provenance.why_not, part))
        fail_msg("\"%s\" does not say \"%s\"", asked.provenance.why_not, part);
    arena_clear(&asked.arena);
}

static void is_uncommitted(const char *folder, const char *name, const char *branch)
{
    struct asked asked = ask(folder, name);
    struct text why = {0};
    text_addf(&why, "%s is not committed", asked.provenance.path);
    assert_true(asked.provenance.in_repository);
    assert_null(asked.provenance.commit);
    assert_null(asked.provenance.author);
    assert_true(text_same(asked.provenance.branch, branch));
    assert_false(asked.provenance.clean);
    assert_string_equal(asked.provenance.why_unclean, why.data);
    text_clear(&why);
    arena_clear(&asked.arena);
}

static const char plan[] = "plans/prod.yaml";

/* ---- clean and unclean ---- */

static void names_the_commit_that_touched_the_file(void **state)
{
    (void)state;
    char *r = repository();
    agrees(r, plan, NULL);
    agrees(r, "other", NULL);
    RUN(r, "echo 2 >>plans/prod.yaml && GIT_AUTHOR_NAME='Jo \"J\" <O>' GIT_AUTHOR_EMAIL=jo@x "
           "GIT_AUTHOR_DATE=2001-02-03T04:05:06Z GIT_COMMITTER_DATE=2026-12-01T02:00:00Z "
           "git commit -qam three && echo 3 >other && git commit -qam four");
    agrees(r, plan, NULL);
    RUN(r,
        "chmod +x plans/prod.yaml && git commit -qam mode && echo 4 >other && git commit -qam x");
    agrees(r, plan, NULL);
    RUN(r, "git mv plans/prod.yaml plans/live.yaml && git commit -qm renamed");
    agrees(r, "plans/live.yaml", NULL);
    folder_remove(r);
}

static void a_changed_plan_file_is_unclean(void **state)
{
    (void)state;
    static const char why[] = "plans/prod.yaml is modified";
    char *r = repository();
    RUN(r, "echo x >>plans/prod.yaml; echo x >>other");
    agrees(r, plan, why);
    RUN(r, "git add plans/prod.yaml"); /* staged */
    agrees(r, plan, why);
    RUN(r, "git reset -q --hard && chmod +x plans/prod.yaml");
    agrees(r, plan, why);
    RUN(r, "chmod -x plans/prod.yaml && touch -d yesterday plans/prod.yaml"); /* only the time */
    agrees(r, plan, NULL);
    folder_remove(r);
}

/* git status believes the index here; the bytes that are read count. */
static void the_bytes_count_not_the_index(void **state)
{
    (void)state;
    static const char *const flags[] = {"assume-unchanged", "skip-worktree"};
    for (size_t i = 0; i < COUNT(flags); i++) {
        char *r = repository();
        RUN(r,
            "git update-index --%s plans/prod.yaml && echo x >>plans/prod.yaml && "
            "test -z \"$(git status --porcelain)\"",
            flags[i]);
        struct asked asked = ask(r, plan);
        assert_false(asked.provenance.clean);
        assert_string_equal(asked.provenance.why_unclean, "plans/prod.yaml is modified");
        arena_clear(&asked.arena);
        folder_remove(r);
    }
}

static void other_changed_files_make_it_unclean(void **state)
{
    (void)state;
    char *r = repository();
    RUN(r, "echo 1 >a && echo 1 >b && git add . && git commit -qm more && echo x >>b");
    agrees(r, plan, "another file is changed: b");
    RUN(r, "rm a");
    agrees(r, plan, "2 other files are changed, the first is a");
    RUN(r, "echo new >plans/new && git add plans/new"); /* staged, not yet in HEAD */
    agrees(r, plan, "3 other files are changed, the first is a");
    RUN(r, "git reset -q --hard && git rm -q --cached other"); /* gone from the index only */
    agrees(r, plan, "another file is changed: other");
    RUN(r, "git reset -q --hard && rm b && ln -s a b");
    agrees(r, plan, "another file is changed: b");
    RUN(r, "git reset -q --hard && git checkout -q -b side && echo s >a && git commit -qam s && "
           "git checkout -q main && echo m >a && git commit -qam m && ! git merge -q side");
    agrees(r, plan, "another file is changed: a");
    folder_remove(r);
}

static void what_is_not_tracked_does_not_count(void **state)
{
    (void)state;
    char *r = repository();
    RUN(r,
        "echo x >plans/saved.plan && echo x >plans/prod.state.json && mkdir new && echo x >new/y");
    agrees(r, plan, NULL);
    folder_remove(r);
}

/* Somebody has committed them, and the run beside writes them. */
static void state_files_do_not_count(void **state)
{
    (void)state;
    static const char *const names[] = {
        "plans/prod.state.json",      "plans/prod.state.json.backup", "plans/prod.state.json.lock",
        "plans/prod.state.json.stop", "errored.state.json",           "plans/.state.json"};
    char *r = repository();
    for (size_t i = 0; i < COUNT(names); i++)
        folder_write(r, names[i], "{}");
    folder_write(r, "plans/prod.state.json.old", "{}");
    RUN(r, "git add . && git commit -qm states");
    for (size_t i = 0; i < COUNT(names); i++)
        folder_write(r, names[i], "{\"changed\": true}");
    struct asked asked = ask(r, plan);
    assert_true(asked.provenance.clean);
    arena_clear(&asked.arena);

    folder_write(r, "plans/prod.state.json.old", "{\"changed\": true}");
    asked = ask(r, plan);
    assert_string_equal(asked.provenance.why_unclean,
                        "another file is changed: plans/prod.state.json.old");
    arena_clear(&asked.arena);
    folder_remove(r);
}

static void filters_are_applied(void **state)
{
    (void)state;
    char *r = repository();
    RUN(r,
        "printf '*.yaml text eol=crlf\\n' >.gitattributes && git add . && git commit -qm crlf && "
        "rm plans/prod.yaml && git checkout -q plans/prod.yaml && "
        "test \"$(wc -c <plans/prod.yaml)\" = 3"); /* "1\r\n" */
    agrees(r, plan, NULL);
    RUN(r, "printf '2\\r\\n' >plans/prod.yaml");
    agrees(r, plan, "plans/prod.yaml is modified");
    folder_remove(r);
}

static void not_committed_is_said(void **state)
{
    (void)state;
    char *r = folder_new();
    RUN(r, "git init -q -b trunk && echo 1 >prod.yaml");
    is_uncommitted(r, "prod.yaml", "trunk"); /* no commit at all */
    RUN(r, "git add prod.yaml");
    is_uncommitted(r, "prod.yaml", "trunk");
    RUN(r,
        "git commit -qm one && echo '*.yaml' >.gitignore && echo 1 >ignored.yaml && echo 1 >new");
    is_uncommitted(r, "ignored.yaml", "trunk");
    is_uncommitted(r, "new", "trunk");
    RUN(r, "git add new");
    is_uncommitted(r, "new", "trunk");
    RUN(r, "git rm -q --cached prod.yaml && git commit -qm gone");
    is_uncommitted(r, "prod.yaml", "trunk");
    folder_remove(r);
}

/* ---- branches and histories ---- */

static void names_the_branch(void **state)
{
    (void)state;
    char *r = repository();
    RUN(r, "git checkout -q -b team/prod-cutover");
    agrees(r, plan, NULL);
    RUN(r, "git checkout -q --detach");
    agrees(r, plan, NULL);
    RUN(r, "git checkout -q main && git pack-refs --all && git gc -q");
    agrees(r, plan, NULL);
    folder_remove(r);
}

static void follows_merges_as_git_does(void **state)
{
    (void)state;
    char *r = repository();
    RUN(r, "git checkout -q -b side && echo side >plans/prod.yaml && git commit -qam side && "
           "git checkout -q main && echo m >other && git commit -qam m && "
           "git merge -q --no-ff -m merged side");
    agrees(r, plan, NULL); /* the side's commit, not the merge */
    char *subject = shell(r, "git log -1 --format=%%s -- %s", plan);
    assert_string_equal(subject, "side");
    free(subject);
    RUN(r,
        "git checkout -q -b evil && echo e >other && git commit -qam e && git checkout -q main && "
        "git merge -q --no-ff --no-commit evil && echo by-merge >plans/prod.yaml && "
        "git commit -qam evil-merge && echo later >other && git commit -qam later");
    agrees(r, plan, NULL); /* the merge itself changed it */
    RUN(r, "git checkout -q -b twin HEAD~3 && echo by-merge >plans/prod.yaml && git commit -qam "
           "twin &&"
           "git checkout -q main && git merge -q -X ours -m both twin");
    agrees(r, plan, NULL); /* both parents have the same bytes: the first is followed */
    folder_remove(r);
}

/* Random histories with merges of two and three parents, in which the file comes, goes and returns.
 */
static void agrees_on_random_histories(void **state)
{
    (void)state;
    enum { COMMITS = 40 };
    static const char *const versions[] = {NULL, "a", "b", "b"};
    char *r = folder_new();
    struct text stream = {0};
    uint64_t random = 42;
    unsigned parents_of_merges = 0;
    for (int i = 1; i <= COMMITS; i++) {
        int parents[3], count = 0;
        for (int j = 0; i > 1 && j < 3; j++) {
            random = random * 6364136223846793005u + 1442695040888963407u;
            int near = (random >> 33) % 5 + 1, parent = i > near ? i - near : i - 1;
            bool known = false;
            for (int k = 0; k < count; k++)
                known = known || parents[k] == parent;
            if (!known && (j == 0 || (random >> 40) % 2))
                parents[count++] = parent;
        }
        parents_of_merges += count > 1;
        text_addf(&stream,
                  "commit refs/heads/c%d\nmark :%d\ncommitter C%d <c@x> %d +0000\ndata 0\n", i, i,
                  i, 1000000 + i);
        for (int k = 0; k < count; k++)
            text_addf(&stream, "%s :%d\n", k ? "merge" : "from", parents[k]);
        const char *version = versions[(random >> 50) % COUNT(versions)];
        if ((random >> 44) % 3 == 0)
            text_addf(&stream, "M 100644 inline other\ndata <<E\n%d\nE\n", i);
        else if (version)
            text_addf(&stream, "M 100644 inline plans/prod.yaml\ndata <<E\n%s\nE\n", version);
        else
            text_add(&stream, "D plans/prod.yaml\n");
    }
    folder_write(r, "stream", stream.data);
    RUN(r, "git init -q -b main && git fast-import --quiet <stream && rm stream");
    unsigned with_file = 0;
    for (int i = 1; i <= COMMITS; i++) {
        RUN(r, "git checkout -q -f c%d", i);
        if (!folder_has(r, plan))
            continue;
        agrees(r, plan, NULL);
        with_file++;
    }
    assert_true(with_file > COMMITS / 3 && parents_of_merges > COMMITS / 3);
    text_clear(&stream);
    folder_remove(r);
}

static void a_shallow_clone_says_that_its_history_is_cut(void **state)
{
    (void)state;
    char *r = repository();
    RUN(r, "git clone -q --depth 1 \"file://$PWD\" shallow");
    char *shallow = folder_path(r, "shallow");
    agrees(shallow, plan, NULL);
    struct asked asked = ask(shallow, plan);
    assert_true(asked.provenance.history_cut);
    arena_clear(&asked.arena);

    RUN(r, "echo 2 >plans/prod.yaml && git commit -qam three && echo 2 >other && git commit -qam "
           "four");
    RUN(shallow, "git pull -q --depth 3");
    agrees(shallow, plan, NULL);
    asked = ask(shallow, plan);
    assert_false(asked.provenance.history_cut); /* its parent is there, and differs */
    arena_clear(&asked.arena);
    free(shallow);
    folder_remove(r);
}

/* The limit itself, where it is small. */
static void a_long_history_is_cut(void **state)
{
    (void)state;
    static const struct {
        size_t most;
        bool whole;
        const char *reached;
    } rows[] = {
        {0, false, "HEAD"}, {2, false, "HEAD~2"}, {3, false, "HEAD~3"}, {4, true, "HEAD~3"}};
    char *r = repository();
    RUN(r, "for i in 2 3; do echo $i >other && git commit -qam $i; done");
    git_repository *repository = NULL;
    git_object *head = NULL;
    struct git_version version;
    assert_true(git_libgit2_init() > 0);
    assert_int_equal(git_repository_open(&repository, r), 0);
    assert_int_equal(git_revparse_single(&head, repository, "HEAD"), 0);
    assert_true(git_version_at(&version, (git_commit *)head, plan));
    assert_true(version.there);
    for (size_t i = 0; i < COUNT(rows); i++) {
        git_commit *last;
        char id[GIT_OID_HEXSZ + 1];
        char *expected = shell(r, "git rev-parse %s", rows[i].reached);
        assert_int_equal(git_last_touching(&last, (git_commit *)head, plan, &version, rows[i].most),
                         rows[i].whole);
        assert_string_equal(git_oid_tostr(id, sizeof id, git_commit_id(last)), expected);
        git_commit_free(last);
        free(expected);
    }
    git_object_free(head);
    git_repository_free(repository);
    git_libgit2_shutdown();
    folder_remove(r);
}

/* ---- where the repository is ---- */

static void outside_a_repository(void **state)
{
    (void)state;
    char *folder = folder_new(), *path = folder_path(folder, "gone.yaml");
    struct provenance out;
    struct arena arena = {0};
    struct error err = {0};
    folder_write(folder, "prod.yaml", "x");
    says_not(folder, "prod.yaml", "not in a git repository");
    assert_false(git_provenance(&out, &arena, path, &err));
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_non_null(strstr(err.message, "gone.yaml"));
    arena_clear(&arena);
    free(path);
    folder_remove(folder);
}

static void inside_a_bare_one(void **state)
{
    (void)state;
    char *r = folder_new();
    RUN(r, "git init -q --bare && echo x >prod.yaml");
    says_not(r, "prod.yaml", "has no working tree");
    folder_remove(r);
}

static void linked_work_trees_and_submodules_are_their_own(void **state)
{
    (void)state;
    char *r = repository();
    RUN(r,
        "git worktree add -q -b linked wt && git init -q -b sub lib && cd lib && echo 1 >prod.yaml "
        "&& git add . && GIT_AUTHOR_NAME=Sub git commit -qm lib && cd .. && "
        "git -c protocol.file.allow=always submodule --quiet add ./lib sub 2>&1 && "
        "git commit -qm sub");
    char *tree = folder_path(r, "wt"), *sub = folder_path(r, "sub");
    agrees(tree, plan, NULL);
    agrees(sub, "prod.yaml", NULL);
    agrees(r, plan, NULL);
    RUN(sub, "echo dirty >>prod.yaml"); /* within the submodule: not this repository's bytes */
    agrees(sub, "prod.yaml", "prod.yaml is modified");
    agrees(r, plan, NULL);
    RUN(sub, "git commit -qam moved");
    agrees(r, plan, "another file is changed: sub");
    RUN(tree, "echo x >>other");
    agrees(tree, plan, "another file is changed: other");
    free(tree);
    free(sub);
    folder_remove(r);
}

/* The file that is read counts, wherever the link lies. */
static void links_are_resolved(void **state)
{
    (void)state;
    char *r = repository(), *outside = folder_new(), *link = folder_path(outside, "link.yaml"),
         *target = folder_path(r, plan), *folder_link = folder_path(outside, "repo"),
         *escape = folder_path(r, "escape.yaml"), *elsewhere = folder_path(outside, "real.yaml");
    folder_write(outside, "real.yaml", "x");
    assert_int_equal(symlink(target, link), 0);
    assert_int_equal(symlink(r, folder_link), 0);
    assert_int_equal(symlink(elsewhere, escape), 0);
    static const char *const names[] = {"link.yaml", "repo/plans/prod.yaml"};
    char *commit = shell(r, "git log -1 --format=%%H -- %s", plan);
    for (size_t i = 0; i < COUNT(names); i++) {
        struct asked asked = ask(outside, names[i]);
        assert_string_equal(asked.provenance.commit, commit);
        assert_string_equal(asked.provenance.path, plan);
        assert_true(asked.provenance.clean);
        arena_clear(&asked.arena);
    }
    RUN(r, "git add . && git commit -qm escape");
    says_not(r, "escape.yaml", "not in a git repository");
    free(commit);
    free(link);
    free(target);
    free(folder_link);
    free(escape);
    free(elsewhere);
    folder_remove(outside);
    folder_remove(r);
}

static void a_working_tree_elsewhere(void **state)
{
    (void)state;
    char *r = repository(), *elsewhere = folder_new();
    RUN(r, "git config core.worktree '%s'", elsewhere);
    says_not(r, plan, "outside the working tree");
    folder_remove(elsewhere);
    folder_remove(r);
}

static void somebody_elses_repository_is_not_read(void **state)
{
    const char *home = *state;
    if (geteuid() != 0) {
        print_message("skipped: only root can give a repository away\n");
        skip();
    }
    char *r = repository();
    RUN(r, "chown -R 12345 .");
    says_not(r, plan, "is owned by somebody else");
    says_not(r, plan, "git config --global --add safe.directory ");
    char *gits = shell(r, "git status 2>&1 || :");
    assert_non_null(strstr(gits, "dubious ownership")); /* git agrees, and gives the same advice */
    const char *advice = strstr(gits, "git config --global");
    assert_non_null(advice);
    RUN(r, "%.*s", (int)strcspn(advice, "\n"), advice);
    agrees(r, plan, NULL);

    folder_write(home, ".gitconfig", "[safe]\n\tdirectory = /somewhere/else\n");
    says_not(r, plan, "is owned by somebody else");
    char *config = folder_path(home, ".gitconfig");
    assert_int_equal(unlink(config), 0);
    free(config);
    free(gits);
    folder_remove(r);
}

static void broken_repositories_are_said_to_be(void **state)
{
    (void)state;
    static const char *const breaks[] = {
        "echo garbage >.git/HEAD",
        "echo '[core' >>.git/config",
        "git config core.repositoryformatversion 1 && git config extensions.objectformat sha256",
        "rm -rf .git/objects/??",
        "echo garbage >.git/refs/heads/main",
        "head -c 40 /dev/zero >.git/index",
    };
    for (size_t i = 0; i < COUNT(breaks); i++) {
        char *r = repository();
        RUN(r, "%s", breaks[i]);
        says_not(r, plan, "cannot be read: ");
        folder_remove(r);
    }
}

/* ---- the rest ---- */

static void writes_nothing(void **state)
{
    (void)state;
    static const char list[] = "find . -printf '%p %s %T@ %C@ %i\\n' | sort";
    char *r = repository();
    RUN(r, "touch -d yesterday other plans/prod.yaml"); /* git status would refresh its index */
    char *before = shell(r, "%s", list);
    struct asked asked = ask(r, plan);
    char *after = shell(r, "%s", list);
    assert_true(asked.provenance.clean);
    assert_string_equal(before, after);
    arena_clear(&asked.arena);
    free(before);
    free(after);
    folder_remove(r);
}

static void takes_any_name(void **state)
{
    (void)state;
    static const char *const names[] = {"a b.yaml", "J\xc3\xb6rg.yaml", "q\"uote.yaml",
                                        "-x.yaml",  "[a]*?.yaml",       ":(top)x.yaml"};
    char *r = repository();
    for (size_t i = 0; i < COUNT(names); i++)
        folder_write(r, names[i], "x");
    folder_write(r, "J\xf6rg.yaml", "x");
    RUN(r, "git add . && git commit -qm names");
    setenv("GIT_LITERAL_PATHSPECS", "1", 1);
    for (size_t i = 0; i < COUNT(names); i++)
        if (!strchr(names[i], '"')) /* ls-files quotes it */
            agrees(r, names[i], NULL);
    unsetenv("GIT_LITERAL_PATHSPECS");
    struct asked asked = ask(r, "J\xf6rg.yaml");
    assert_string_equal(asked.provenance.path, "J\xef\xbf\xbdrg.yaml");
    assert_true(asked.provenance.clean);
    arena_clear(&asked.arena);
    asked = ask(r, "q\"uote.yaml");
    assert_true(asked.provenance.clean);
    assert_non_null(asked.provenance.commit);
    arena_clear(&asked.arena);
    folder_remove(r);
}

static void names_from_another_encoding_become_utf8(void **state)
{
    (void)state;
    char *r = folder_new();
    RUN(r,
        "git init -q -b main && git config i18n.commitEncoding ISO-8859-1 && echo 1 >prod.yaml && "
        "git add . && GIT_AUTHOR_NAME=\"$(printf 'J\\366rg')\" git commit -qm one");
    struct asked asked = ask(r, "prod.yaml");
    assert_string_equal(asked.provenance.author, "J\xef\xbf\xbdrg <ada@example.com>");
    arena_clear(&asked.arena);
    folder_remove(r);
}

static void a_sparse_checkout_is_clean(void **state)
{
    (void)state;
    char *r = repository();
    RUN(r, "mkdir -p large/inner && echo 1 >large/inner/x && git add . && git commit -qm large && "
           "git sparse-checkout set --cone plans && test ! -e large");
    agrees(r, plan, NULL);
    folder_remove(r);
}

int main(void)
{
    if (system("git --version >/dev/null 2>&1") != 0) {
        printf("skipped: git, the judge of these tests, is not installed\n");
        return 77;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_the_commit_that_touched_the_file),
        cmocka_unit_test(a_changed_plan_file_is_unclean),
        cmocka_unit_test(the_bytes_count_not_the_index),
        cmocka_unit_test(other_changed_files_make_it_unclean),
        cmocka_unit_test(what_is_not_tracked_does_not_count),
        cmocka_unit_test(state_files_do_not_count),
        cmocka_unit_test(filters_are_applied),
        cmocka_unit_test(not_committed_is_said),
        cmocka_unit_test(names_the_branch),
        cmocka_unit_test(follows_merges_as_git_does),
        cmocka_unit_test(agrees_on_random_histories),
        cmocka_unit_test(a_shallow_clone_says_that_its_history_is_cut),
        cmocka_unit_test(a_long_history_is_cut),
        cmocka_unit_test(outside_a_repository),
        cmocka_unit_test(inside_a_bare_one),
        cmocka_unit_test(linked_work_trees_and_submodules_are_their_own),
        cmocka_unit_test(links_are_resolved),
        cmocka_unit_test(a_working_tree_elsewhere),
        cmocka_unit_test(somebody_elses_repository_is_not_read),
        cmocka_unit_test(broken_repositories_are_said_to_be),
        cmocka_unit_test(writes_nothing),
        cmocka_unit_test(takes_any_name),
        cmocka_unit_test(names_from_another_encoding_become_utf8),
        cmocka_unit_test(a_sparse_checkout_is_clean),
    };
    return cmocka_run_group_tests(tests, fix_environment, remove_home);
}
