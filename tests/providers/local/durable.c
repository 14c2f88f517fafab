/*
 * Every system call of a replace is made to fail once, in every way that it can, and the process
 * is killed before and after each: what is on the disk is then the old bytes or the new ones. The
 * calls are intercepted at link time (-Wl,--wrap), so the product has no hook for it.
 */
#include "tests/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "providers/local/durable.h"
#include "tests/folder.h"

enum call { OPENAT, WRITE, FSYNC, RENAMEAT, CLOSE, FCHMOD, UNLINKAT, READ, NO_CALL };
enum how { FAILS, SHORTENS, DIES_BEFORE, DIES_AFTER };

static struct {
    bool armed;
    unsigned count; /* calls so far */
    unsigned at;    /* the one to spoil; 0: none */
    enum how how;
    int number;       /* the errno of FAILS */
    enum call struck; /* which call it was */

    /* What a power loss would keep: data only after an fsync, names after one of the folder. */
    struct {
        char name[64];
        int fd;
        bool synced;
    } temporaries[4];
    unsigned temporary_count;
    bool names_unsynced;
    unsigned order_broken; /* renames of a file whose bytes were not on the disk */
} fault;

int __real_openat(int folder, const char *name, int flags, ...);
ssize_t __real_write(int fd, const void *bytes, size_t n);
int __real_fsync(int fd);
int __real_renameat(int from_folder, const char *from, int to_folder, const char *to);
int __real_close(int fd);
int __real_fchmod(int fd, mode_t mode);
int __real_unlinkat(int folder, const char *name, int flags);
ssize_t __real_read(int fd, void *bytes, size_t n);
int __wrap_openat(int folder, const char *name, int flags, ...);
ssize_t __wrap_write(int fd, const void *bytes, size_t n);
int __wrap_fsync(int fd);
int __wrap_renameat(int from_folder, const char *from, int to_folder, const char *to);
int __wrap_close(int fd);
int __wrap_fchmod(int fd, mode_t mode);
int __wrap_unlinkat(int folder, const char *name, int flags);
ssize_t __wrap_read(int fd, void *bytes, size_t n);

/* Counts a call; true when it is the one to fail. */
static bool strikes(enum call call)
{
    if (!fault.armed || ++fault.count != fault.at)
        return false;
    fault.struck = call;
    if (fault.how == DIES_BEFORE)
        _exit(9);
    if (fault.how != FAILS)
        return false;
    errno = fault.number;
    return true;
}

static void dies_after(void)
{
    if (fault.armed && fault.at && fault.count == fault.at && fault.how == DIES_AFTER)
        _exit(9);
}

int __wrap_openat(int folder, const char *name, int flags, ...)
{
    if (strikes(OPENAT))
        return -1;
    int fd = __real_openat(folder, name, flags, 0600);
    if (fault.armed && fd >= 0 && (flags & O_CREAT)) {
        assert_in_range(fault.temporary_count, 0, COUNT(fault.temporaries) - 1);
        unsigned i = fault.temporary_count++;
        snprintf(fault.temporaries[i].name, sizeof fault.temporaries[i].name, "%s", name);
        fault.temporaries[i].fd = fd;
        fault.temporaries[i].synced = false;
    }
    dies_after();
    return fd;
}

ssize_t __wrap_write(int fd, const void *bytes, size_t n)
{
    if (strikes(WRITE))
        return -1;
    if (fault.armed && fault.count == fault.at && fault.how == SHORTENS && n > 1)
        n /= 2;
    for (unsigned i = 0; i < fault.temporary_count; i++)
        if (fault.temporaries[i].fd == fd)
            fault.temporaries[i].synced = false;
    ssize_t done = __real_write(fd, bytes, n);
    dies_after();
    return done;
}

int __wrap_fsync(int fd)
{
    if (strikes(FSYNC))
        return -1;
    struct stat st;
    assert_int_equal(fstat(fd, &st), 0);
    if (S_ISDIR(st.st_mode))
        fault.names_unsynced = false;
    for (unsigned i = 0; i < fault.temporary_count; i++)
        if (fault.temporaries[i].fd == fd)
            fault.temporaries[i].synced = true;
    int done = __real_fsync(fd);
    dies_after();
    return done;
}

int __wrap_renameat(int from_folder, const char *from, int to_folder, const char *to)
{
    if (strikes(RENAMEAT))
        return -1;
    fault.names_unsynced = true;
    for (unsigned i = 0; i < fault.temporary_count; i++)
        if (strcmp(fault.temporaries[i].name, from) == 0 && !fault.temporaries[i].synced)
            fault.order_broken++;
    int done = __real_renameat(from_folder, from, to_folder, to);
    dies_after();
    return done;
}

int __wrap_close(int fd)
{
    bool fails = strikes(CLOSE);
    for (unsigned i = 0; i < fault.temporary_count; i++)
        if (fault.temporaries[i].fd == fd)
            fault.temporaries[i].fd = -1;
    int done = __real_close(fd); /* Linux closes it also when it says no */
    if (fails)
        errno = fault.number;
    dies_after();
    return fails ? -1 : done;
}

int __wrap_fchmod(int fd, mode_t mode)
{
    if (strikes(FCHMOD))
        return -1;
    int done = __real_fchmod(fd, mode);
    dies_after();
    return done;
}

int __wrap_unlinkat(int folder, const char *name, int flags)
{
    if (strikes(UNLINKAT))
        return -1;
    int done = __real_unlinkat(folder, name, flags);
    dies_after();
    return done;
}

ssize_t __wrap_read(int fd, void *bytes, size_t n)
{
    if (strikes(READ))
        return -1;
    if (fault.armed && fault.count == fault.at && fault.how == SHORTENS && n > 1)
        n = 1;
    ssize_t done = __real_read(fd, bytes, n);
    dies_after();
    return done;
}

static void arm(unsigned at, enum how how, int number)
{
    memset(&fault, 0, sizeof fault);
    fault.at = at;
    fault.how = how;
    fault.number = number;
    fault.struck = NO_CALL;
    fault.armed = true;
}

/* ---- what a replace leaves ---- */

static const char older[] = "{\"serial\": 1}\n", old[] = "{\"serial\": 2}\n",
                  new[] = "{\"serial\": 3, \"longer\": true}\n";

static bool is(const char *folder, const char *name, const char *content)
{
    char *found = folder_read(folder, name);
    bool same = text_same(found, content);
    free(found);
    return same;
}

static void start_over(const char *folder)
{
    folder_write(folder, "state", old);
    folder_write(folder, "state.backup", older);
}

static bool replace(const char *folder, struct error *err)
{
    char *path = folder_path(folder, "state");
    struct durable_file file;
    durable_init(&file, path, true);
    bool ok = durable_replace(&file, new, strlen(new), err);
    fault.armed = false;
    durable_clear(&file);
    free(path);
    return ok;
}

static void replaces_and_keeps_a_backup(void **state)
{
    (void)state;
    char *folder = folder_new(), *path = folder_path(folder, "state");
    struct durable_file file;
    struct error err;
    struct stat st;
    durable_init(&file, path, true);

    mode_t mask = umask(0777); /* the worst there is */
    assert_true(durable_replace(&file, old, strlen(old), &err));
    umask(mask);
    assert_true(is(folder, "state", old));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(folder_count(folder), 1); /* no backup of nothing */

    assert_true(durable_replace(&file, new, strlen(new), &err));
    assert_true(is(folder, "state", new));
    assert_true(is(folder, "state.backup", old));
    assert_int_equal(folder_count(folder), 2);

    file.keep_backup = false;
    assert_true(durable_replace(&file, "", 0, &err));
    assert_true(is(folder, "state", ""));
    assert_true(is(folder, "state.backup", old));
    durable_clear(&file);
    free(path);
    folder_remove(folder);
}

/* fsync before rename, the folder's after it: what "durable" means. */
static void syncs_bytes_before_names(void **state)
{
    (void)state;
    char *folder = folder_new();
    struct error err;
    start_over(folder);
    arm(0, FAILS, 0);
    assert_true(replace(folder, &err));
    assert_int_equal(fault.temporary_count, 2);
    assert_int_equal(fault.order_broken, 0);
    assert_false(fault.names_unsynced);
    folder_remove(folder);
}

static unsigned calls_of_a_replace(const char *folder)
{
    struct error err;
    start_over(folder);
    arm(0, FAILS, 0);
    assert_true(replace(folder, &err));
    return fault.count;
}

static void assert_nothing_is_lost(const char *folder, unsigned at)
{
    if (!is(folder, "state", old) && !is(folder, "state", new))
        fail_msg("call %u: the state is neither the old nor the new one", at);
    if (!is(folder, "state.backup", older) && !is(folder, "state.backup", old))
        fail_msg("call %u: the backup is no state", at);
    if (is(folder, "state", new) && !is(folder, "state.backup", old))
        fail_msg("call %u: the new state came before its backup", at);
}

static void survives_every_failing_call(void **state)
{
    (void)state;
    static const int numbers[] = {EIO, ENOSPC, EDQUOT, EROFS};
    char *folder = folder_new();
    unsigned calls = calls_of_a_replace(folder), seen[NO_CALL + 1] = {0};

    for (unsigned at = 1; at <= calls; at++) {
        for (size_t i = 0; i < COUNT(numbers); i++) {
            struct error err = {0};
            start_over(folder);
            arm(at, FAILS, numbers[i]);
            bool ok = replace(folder, &err);
            seen[fault.struck]++;
            assert_int_equal(fault.order_broken, 0);
            assert_nothing_is_lost(folder, at);
            if (ok && !is(folder, "state", new))
                fail_msg("call %u: success, but the old bytes are there", at);
            if (ok && fault.struck != CLOSE)
                fail_msg("call %u: a failure was not noticed", at);
            if (!ok && (err.kind != ERROR_STORAGE || !strstr(err.message, "state")))
                fail_msg("call %u: %s", at, err.message);
            if (!ok && fault.struck != FSYNC && !is(folder, "state", old))
                fail_msg("call %u: failure, but the new bytes are there", at);
            assert_int_equal(folder_count(folder), 2);
        }
    }
    for (int call = OPENAT; call < NO_CALL; call++)
        if (call != UNLINKAT) /* only after a failure */
            assert_true(seen[call] > 0);
    folder_remove(folder);
}

/* A signal without SA_RESTART, and a call that does only a part. */
static void goes_on_after_a_signal(void **state)
{
    (void)state;
    char *folder = folder_new();
    unsigned calls = calls_of_a_replace(folder);

    for (unsigned at = 1; at <= calls; at++) {
        struct error err = {0};
        start_over(folder);
        arm(at, FAILS, EINTR);
        bool ok = replace(folder, &err);
        assert_nothing_is_lost(folder, at);
        if (!ok)
            fail_msg("call %u: %s", at, err.message);

        start_over(folder);
        arm(at, SHORTENS, 0);
        if (!replace(folder, &err))
            fail_msg("call %u cut short: %s", at, err.message);
        assert_true(is(folder, "state", new));
        assert_true(is(folder, "state.backup", old));
    }
    folder_remove(folder);
}

/* The unlink of a failed replace may fail too; nothing more than a leftover comes of it. */
static void a_failed_tidy_up_is_only_that(void **state)
{
    (void)state;
    char *folder = folder_new(), *path = folder_path(folder, "state");
    struct durable_file file;
    struct error err;
    start_over(folder);
    durable_init(&file, path, true);
    folder_write(folder, ".state.0123456789abcdef.tmp", "left");
    folder_write(folder, ".state.backup.0123456789abcdef.tmp", "left");
    folder_write(folder, ".state.other.0123456789abcdef.tmp", "not ours");
    folder_write(folder, ".state.0123456789abcde.tmp", "not ours");
    folder_write(folder, ".state.0123456789abcdef.tmp2", "not ours");
    durable_sweep(&file);
    assert_int_equal(folder_count(folder), 5);
    assert_true(durable_replace(&file, new, strlen(new), &err));
    durable_clear(&file);
    free(path);
    folder_remove(folder);
}

/* Nobody locks a saved plan: what another process writes at this moment is left alone. */
static void sweeps_only_what_is_old(void **state)
{
    (void)state;
    char *folder = folder_new(), *path = folder_path(folder, "saved.plan");
    char *ancient = folder_path(folder, ".saved.plan.0123456789abcdef.tmp");
    struct timespec times[2];
    struct durable_file file;
    durable_init(&file, path, false);
    folder_write(folder, ".saved.plan.0123456789abcdef.tmp", "left");
    folder_write(folder, ".saved.plan.0123456789abcde0.tmp", "at work");
    clock_gettime(CLOCK_REALTIME, &times[0]);
    times[0].tv_sec -= 60 * 60;
    times[1] = times[0];
    assert_int_equal(utimensat(AT_FDCWD, ancient, times, 0), 0);
    durable_sweep_old(&file);
    assert_false(folder_has(folder, ".saved.plan.0123456789abcdef.tmp"));
    assert_true(folder_has(folder, ".saved.plan.0123456789abcde0.tmp"));
    durable_clear(&file);
    free(ancient);
    free(path);
    folder_remove(folder);
}

static void a_failed_fsync_is_final(void **state)
{
    (void)state;
    char *folder = folder_new(), *path = folder_path(folder, "state");
    unsigned calls = calls_of_a_replace(folder), syncs = 0;

    for (unsigned at = 1; at <= calls; at++) {
        struct durable_file file;
        struct error err = {0};
        start_over(folder);
        durable_init(&file, path, true);
        arm(at, FAILS, EIO);
        bool ok = durable_replace(&file, new, strlen(new), &err);
        fault.armed = false;
        assert_int_equal(file.failed, fault.struck == FSYNC);
        if (fault.struck == FSYNC) {
            syncs++;
            assert_false(ok);
            assert_non_null(strstr(err.message, "did not confirm"));
            assert_false(durable_replace(&file, new, strlen(new), &err)); /* the disk is well */
            assert_int_equal(err.kind, ERROR_STORAGE);
            assert_non_null(strstr(err.message, "nothing more is written"));
            assert_nothing_is_lost(folder, at);
        } else {
            assert_true(durable_replace(&file, new, strlen(new), &err));
        }
        durable_clear(&file);
    }
    assert_int_equal(syncs, 3); /* the new bytes, the backup's, the folder */
    free(path);
    folder_remove(folder);
}

static void survives_death_at_every_call(void **state)
{
    (void)state;
    char *folder = folder_new(), *path = folder_path(folder, "state");
    unsigned calls = calls_of_a_replace(folder), leftovers = 0;

    for (unsigned at = 1; at <= calls; at++) {
        for (int how = DIES_BEFORE; how <= DIES_AFTER; how++) {
            struct durable_file file;
            struct error err;
            int status;
            start_over(folder);
            pid_t child = fork();
            assert_true(child >= 0);
            if (child == 0) {
                arm(at, how, 0);
                _exit(replace(folder, &err) ? 0 : 1);
            }
            assert_int_equal(waitpid(child, &status, 0), child);
            assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 9);
            assert_nothing_is_lost(folder, at);
            leftovers += folder_count(folder) > 2;

            durable_init(&file, path, true);
            durable_sweep(&file);
            assert_int_equal(folder_count(folder), 2);
            assert_true(durable_replace(&file, new, strlen(new), &err));
            durable_clear(&file);
        }
    }
    assert_true(leftovers > 0);
    free(path);
    folder_remove(folder);
}

static void refuses(const char *folder, const char *name, const char *part)
{
    char *path = folder_path(folder, name);
    struct durable_file file;
    struct error err = {0};
    struct text out = {0};
    bool found;
    durable_init(&file, path, true);
    assert_false(durable_replace(&file, new, strlen(new), &err));
    assert_int_equal(err.kind, ERROR_STORAGE);
    if (!strstr(err.message, part))
        fail_msg("\"%s\" does not say \"%s\"", err.message, part);
    assert_false(durable_read(&out, &found, path, 100, DURABLE_REFUSE_LINKS, &err));
    assert_false(found);
    if (!strstr(err.message, part))
        fail_msg("\"%s\" does not say \"%s\"", err.message, part);
    text_clear(&out);
    durable_clear(&file);
    free(path);
}

static void follows_no_link_and_waits_for_no_pipe(void **state)
{
    (void)state;
    char *folder = folder_new(), *link = folder_path(folder, "link"),
         *dangling = folder_path(folder, "dangling"), *pipe = folder_path(folder, "pipe"),
         *inner = folder_path(folder, "inner");
    folder_write(folder, "state", old);
    assert_int_equal(symlink("state", link), 0);
    assert_int_equal(symlink("nowhere", dangling), 0);
    assert_int_equal(mkfifo(pipe, 0600), 0);
    assert_int_equal(mkdir(inner, 0700), 0);

    refuses(folder, "link", "symbolic link");
    refuses(folder, "dangling", "symbolic link");
    refuses(folder, "pipe", "not a regular file");
    refuses(folder, "inner", "not a regular file");
    refuses(folder, "state/x", "Not a directory");
    assert_true(is(folder, "state", old));
    assert_false(folder_has(folder, "nowhere"));

    struct text out = {0};
    struct error err;
    bool found;
    assert_true(durable_read(&out, &found, link, 100, DURABLE_FOLLOW_LINKS, &err));
    assert_true(found);
    assert_string_equal(out.data, old);
    text_clear(&out);
    free(link);
    free(dangling);
    free(pipe);
    free(inner);
    folder_remove(folder);
}

/* A link in the backup's place is replaced, not written through. */
static void a_linked_backup_is_not_written_through(void **state)
{
    (void)state;
    char *folder = folder_new(), *backup = folder_path(folder, "state.backup");
    struct error err;
    folder_write(folder, "victim", "precious");
    folder_write(folder, "state", old);
    assert_int_equal(symlink("victim", backup), 0);
    assert_true(replace(folder, &err));
    assert_true(is(folder, "victim", "precious"));
    assert_true(is(folder, "state.backup", old));
    free(backup);
    folder_remove(folder);
}

static void names_what_it_cannot_reach(void **state)
{
    (void)state;
    static const struct {
        const char *path, *part;
    } rows[] = {
        {"", "\"\" names no file"},
        {"/tmp/", "\"/tmp/\" names no file"},
        {"/nowhere/state", "cannot open the folder of /nowhere/state: No such file"},
        {"/proc/version/state", "cannot open the folder of /proc/version/state: Not a directory"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct durable_file file;
        struct error err = {0};
        durable_init(&file, rows[i].path, true);
        assert_false(durable_replace(&file, new, strlen(new), &err));
        if (!strstr(err.message, rows[i].part))
            fail_msg("\"%s\" does not say \"%s\"", err.message, rows[i].part);
        durable_clear(&file);
    }
}

static void reads_within_its_cap(void **state)
{
    (void)state;
    char *folder = folder_new(), *path = folder_path(folder, "f"), *large = calloc(1, 200001);
    struct text out = {0};
    struct error err;
    bool found = true;
    assert_non_null(large);

    assert_true(durable_read(&out, &found, path, 10, DURABLE_REFUSE_LINKS, &err));
    assert_false(found);
    folder_write(folder, "f", "0123456789");
    assert_true(durable_read(&out, &found, path, 10, DURABLE_REFUSE_LINKS, &err));
    assert_true(found);
    assert_string_equal(out.data, "0123456789");
    assert_false(durable_read(&out, &found, path, 9, DURABLE_REFUSE_LINKS, &err));
    assert_false(found);
    assert_non_null(strstr(err.message, "larger than 9 bytes"));

    memset(large, 'x', 200000);
    folder_write(folder, "f", large);
    assert_true(durable_read(&out, &found, path, 200000, DURABLE_REFUSE_LINKS, &err));
    assert_int_equal(out.len, 200000);
    assert_memory_equal(out.data, large, 200000);
    free(large);
    text_clear(&out);
    free(path);
    folder_remove(folder);
}

static void creates_only_what_is_not_there(void **state)
{
    (void)state;
    char *folder = folder_new(), *path = folder_path(folder, "f"), *link = folder_path(folder, "l");
    struct error err;
    bool exists;
    assert_true(durable_create(path, new, strlen(new), &exists, &err));
    assert_true(is(folder, "f", new));
    assert_false(durable_create(path, old, strlen(old), &exists, &err));
    assert_true(exists);
    assert_true(is(folder, "f", new));
    assert_int_equal(symlink("nowhere", link), 0);
    assert_false(durable_create(link, old, strlen(old), &exists, &err));
    assert_true(exists);
    assert_false(folder_has(folder, "nowhere"));
    assert_int_equal(unlink(link), 0);
    assert_int_equal(unlink(path), 0);

    arm(0, FAILS, 0);
    assert_true(durable_create(path, new, strlen(new), &exists, &err));
    fault.armed = false;
    for (unsigned at = 1, calls = fault.count; at <= calls; at++) {
        unlink(path);
        arm(at, FAILS, ENOSPC);
        bool ok = durable_create(path, new, strlen(new), &exists, &err);
        fault.armed = false;
        assert_false(!ok && exists);
        if (ok)
            assert_true(is(folder, "f", new));
        else
            assert_false(folder_has(folder, "f"));
    }
    free(link);
    free(path);
    folder_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replaces_and_keeps_a_backup),
        cmocka_unit_test(syncs_bytes_before_names),
        cmocka_unit_test(survives_every_failing_call),
        cmocka_unit_test(goes_on_after_a_signal),
        cmocka_unit_test(a_failed_tidy_up_is_only_that),
        cmocka_unit_test(a_failed_fsync_is_final),
        cmocka_unit_test(survives_death_at_every_call),
        cmocka_unit_test(sweeps_only_what_is_old),
        cmocka_unit_test(follows_no_link_and_waits_for_no_pipe),
        cmocka_unit_test(a_linked_backup_is_not_written_through),
        cmocka_unit_test(names_what_it_cannot_reach),
        cmocka_unit_test(reads_within_its_cap),
        cmocka_unit_test(creates_only_what_is_not_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
