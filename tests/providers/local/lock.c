#include "tests/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "planner/base/text.h"
#include "providers/local/host.h"
#include "providers/local/lock.h"
#include "tests/folder.h"
#include "tests/still_clock.h"

static const int64_t two_oclock = 1796090400000; /* 2026-12-01T02:00:00Z */

/* One test's folder, clock and lock; nothing is held yet. */
struct scene {
    char *folder, *path;
    struct still_clock clock;
    struct local_lock lock;
    struct error err;
};

static void open_scene(struct scene *s)
{
    *s = (struct scene){.folder = folder_new()};
    s->path = folder_path(s->folder, "state.lock");
    still_clock_init(&s->clock, two_oclock);
    local_lock_init(&s->lock, s->path, &s->clock.port);
}

static void close_scene(struct scene *s)
{
    local_lock_clear(&s->lock);
    free(s->path);
    folder_remove(s->folder);
}

/* Another process that holds the lock until it is told to release it, or killed. */
struct other {
    pid_t pid;
    int told; /* it reads one byte, releases and closes `done` */
    int done;
};

static struct other start_other(const char *path, const char *command)
{
    int told[2], done[2];
    char byte;
    assert_int_equal(pipe(told), 0);
    assert_int_equal(pipe(done), 0);
    struct other other = {fork(), told[1], done[0]};
    assert_true(other.pid >= 0);
    if (other.pid == 0) {
        struct still_clock clock;
        struct local_lock lock;
        struct error err;
        close(told[1]);
        close(done[0]);
        still_clock_init(&clock, two_oclock);
        local_lock_init(&lock, path, &clock.port);
        if (!local_lock_take(&lock, command, 0, &err) || write(done[1], "k", 1) != 1 ||
            read(told[0], &byte, 1) != 1)
            _exit(1);
        local_lock_clear(&lock);
        _exit(0);
    }
    close(told[0]);
    close(done[1]);
    assert_int_equal(read(other.done, &byte, 1), 1);
    return other;
}

static void end_other(struct other *other, bool killed)
{
    int status;
    char byte;
    if (killed)
        assert_int_equal(kill(other->pid, SIGKILL), 0);
    else
        assert_int_equal(write(other->told, "r", 1), 1);
    assert_int_equal(read(other->done, &byte, 1), 0);
    assert_int_equal(waitpid(other->pid, &status, 0), other->pid);
    if (killed)
        assert_true(WIFSIGNALED(status));
    else
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    close(other->told);
    close(other->done);
    other->pid = 0;
}

static void says(const struct error *err, const char *part)
{
    if (!strstr(err->message, part))
        fail_msg("\"%s\" does not say \"%s\"", err->message, part);
}

static void one_holds_it_and_the_other_is_told_who(void **state)
{
    (void)state;
    struct scene s;
    struct text expected = {0};
    struct arena arena = {0};
    open_scene(&s);
    struct other other = start_other(s.path, "apply prod.yaml");

    assert_false(local_lock_take(&s.lock, "apply", 0, &s.err));
    assert_int_equal(s.err.kind, ERROR_LOCKED);
    assert_int_equal(s.clock.waits, 0);
    text_addf(&expected, "held by %s (pid %d) since 2026-12-01T02:00:00Z running `apply prod.yaml`",
              local_user_at_host(&arena), (int)other.pid);
    says(&s.err, expected.data);
    assert_true(*s.err.hint);
    assert_false(local_lock_held(&s.lock, &s.err));

    end_other(&other, false);
    assert_false(folder_has(s.folder, "state.lock"));
    assert_true(local_lock_take(&s.lock, "apply", 0, &s.err));
    assert_true(local_lock_held(&s.lock, &s.err));
    text_clear(&expected);
    arena_clear(&arena);
    close_scene(&s);
}

static void waits_no_longer_than_asked(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s);
    struct other other = start_other(s.path, "apply");
    assert_false(local_lock_take(&s.lock, "apply", 1050, &s.err));
    assert_int_equal(s.err.kind, ERROR_LOCKED);
    assert_int_equal(s.clock.elapsed_ms, 1050);
    assert_int_equal(s.clock.waits, 6); /* every 200 ms, the last one shorter */

    s.clock.stopped = true;
    assert_false(local_lock_take(&s.lock, "apply", 1000, &s.err));
    assert_int_equal(s.err.kind, ERROR_INTERRUPTED);
    end_other(&other, false);
    close_scene(&s);
}

static void release_meanwhile(struct still_clock *clock)
{
    if (clock->waits == 3)
        end_other(clock->self, false);
}

static void takes_it_when_it_is_released(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s);
    struct other other = start_other(s.path, "apply");
    s.clock.meanwhile = release_meanwhile;
    s.clock.self = &other;
    assert_true(local_lock_take(&s.lock, "revert", 15000, &s.err));
    assert_int_equal(s.clock.waits, 3);
    assert_true(local_lock_held(&s.lock, &s.err));
    close_scene(&s);
}

static void a_killed_holder_holds_nothing(void **state)
{
    (void)state;
    struct scene s;
    struct arena arena = {0};
    struct lock_holder holder;
    bool held;
    open_scene(&s);

    assert_true(local_lock_holder(&holder, &held, &arena, s.path, &s.err));
    assert_false(held);
    struct other other = start_other(s.path, "apply prod.yaml");
    assert_true(local_lock_holder(&holder, &held, &arena, s.path, &s.err));
    assert_true(held);
    assert_int_equal(holder.pid, other.pid);
    assert_string_equal(holder.command, "apply prod.yaml");
    assert_string_equal(holder.since, "2026-12-01T02:00:00Z");
    assert_int_equal(strlen(holder.id), LOCAL_LOCK_ID_SIZE - 1);

    end_other(&other, true);
    assert_true(folder_has(s.folder, "state.lock"));
    assert_true(local_lock_holder(&holder, &held, &arena, s.path, &s.err));
    assert_false(held);
    assert_true(local_lock_take(&s.lock, "apply", 0, &s.err));
    assert_true(local_lock_held(&s.lock, &s.err));
    assert_true(local_lock_holder(&holder, &held, &arena, s.path, &s.err));
    assert_true(held);
    assert_string_equal(holder.id, s.lock.id);
    assert_int_equal(holder.pid, getpid());
    local_lock_release(&s.lock);
    assert_int_equal(folder_count(s.folder), 0);
    local_lock_release(&s.lock);
    arena_clear(&arena);
    close_scene(&s);
}

static void each_holding_has_its_own_id(void **state)
{
    (void)state;
    struct scene s;
    char first[LOCAL_LOCK_ID_SIZE];
    open_scene(&s);
    assert_true(local_lock_take(&s.lock, "apply", 0, &s.err));
    memcpy(first, s.lock.id, sizeof first);
    assert_int_equal(fcntl(s.lock.fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    local_lock_release(&s.lock);
    assert_string_equal(s.lock.id, "");
    assert_true(local_lock_take(&s.lock, "apply", 0, &s.err));
    assert_string_not_equal(s.lock.id, first);
    close_scene(&s);
}

/* ---- somebody meddles with the file ---- */

static void a_removed_file_is_noticed(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s);
    assert_true(local_lock_take(&s.lock, "apply", 0, &s.err));
    assert_int_equal(unlink(s.path), 0);
    assert_false(local_lock_held(&s.lock, &s.err));
    assert_int_equal(s.err.kind, ERROR_LOCKED);
    says(&s.err, "removed or replaced");

    struct other other = start_other(s.path, "apply");
    assert_false(local_lock_held(&s.lock, &s.err));
    local_lock_release(&s.lock); /* not the other's file */
    assert_true(folder_has(s.folder, "state.lock"));
    assert_false(local_lock_take(&s.lock, "apply", 0, &s.err));
    assert_int_equal(s.err.kind, ERROR_LOCKED);
    end_other(&other, false);
    close_scene(&s);
}

static void a_replaced_or_overwritten_file_is_noticed(void **state)
{
    (void)state;
    static const char *const contents[] = {"", "x", "{}", "{\"id\": \"0123\", \"who\": \"eve@x\"}"};
    struct scene s;
    open_scene(&s);
    assert_true(local_lock_take(&s.lock, "apply", 0, &s.err));
    char *own = folder_read(s.folder, "state.lock"), *copy = folder_path(s.folder, "copy");
    assert_non_null(own);

    for (size_t i = 0; i < COUNT(contents); i++) {
        folder_write(s.folder, "state.lock", contents[i]);
        assert_false(local_lock_held(&s.lock, &s.err));
        assert_int_equal(s.err.kind, ERROR_LOCKED);
        says(&s.err, i == 3 ? "overwritten by eve@x" : "overwritten by somebody else");
    }
    folder_write(s.folder, "state.lock", own);
    assert_true(local_lock_held(&s.lock, &s.err));

    folder_write(s.folder, "copy", own); /* the same words, another file */
    assert_int_equal(rename(copy, s.path), 0);
    assert_false(local_lock_held(&s.lock, &s.err));
    says(&s.err, "removed or replaced");
    local_lock_release(&s.lock);
    assert_true(folder_has(s.folder, "state.lock"));
    free(own);
    free(copy);
    close_scene(&s);
}

static void a_silent_holder_still_holds(void **state)
{
    (void)state;
    struct scene s;
    struct arena arena = {0};
    struct lock_holder holder;
    bool held;
    open_scene(&s);
    struct other other = start_other(s.path, "apply");
    folder_write(s.folder, "state.lock", "{\"who\": 12");
    assert_false(local_lock_take(&s.lock, "apply", 0, &s.err));
    assert_int_equal(s.err.kind, ERROR_LOCKED);
    says(&s.err, "has not said who it is");
    assert_true(local_lock_holder(&holder, &held, &arena, s.path, &s.err));
    assert_true(held);
    assert_null(holder.id);
    end_other(&other, true);
    arena_clear(&arena);
    close_scene(&s);
}

static unsigned pauses;
static const char *signs_in; /* the folder whose lock file is signed in the third pause, or NULL */

/* In libc's place: what a holder does while it is waited for. */
int nanosleep(const struct timespec *time, struct timespec *left)
{
    (void)time, (void)left;
    if (++pauses == 3 && signs_in)
        folder_write(signs_in, "state.lock",
                     "{\"id\": \"1\", \"who\": \"ops@bastion\", \"pid\": 12}");
    return 0;
}

static void a_holder_is_given_time_to_say_who_it_is(void **state)
{
    (void)state;
    struct scene s;
    struct arena arena = {0};
    struct lock_holder holder;
    bool held;
    open_scene(&s);
    struct other other = start_other(s.path, "apply");

    signs_in = s.folder;
    folder_write(s.folder, "state.lock", "");
    pauses = 0;
    assert_false(local_lock_take(&s.lock, "apply", 0, &s.err));
    assert_int_equal(s.err.kind, ERROR_LOCKED);
    says(&s.err, "held by ops@bastion (pid 12)");
    assert_int_equal(pauses, 3);

    folder_write(s.folder, "state.lock", "");
    pauses = 0;
    assert_true(local_lock_holder(&holder, &held, &arena, s.path, &s.err));
    assert_true(held);
    assert_string_equal(holder.who, "ops@bastion");
    signs_in = NULL;
    end_other(&other, true);
    arena_clear(&arena);
    close_scene(&s);
}

static void refuses_what_is_no_lock_file(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s);
    assert_int_equal(symlink("elsewhere", s.path), 0);
    assert_false(local_lock_take(&s.lock, "apply", 0, &s.err));
    assert_int_equal(s.err.kind, ERROR_STORAGE);
    assert_false(folder_has(s.folder, "elsewhere"));
    assert_int_equal(unlink(s.path), 0);

    assert_int_equal(mkfifo(s.path, 0600), 0);
    assert_false(local_lock_take(&s.lock, "apply", 0, &s.err));
    assert_int_equal(s.err.kind, ERROR_STORAGE);
    says(&s.err, "not a regular file");
    assert_int_equal(unlink(s.path), 0);

    assert_int_equal(mkdir(s.path, 0700), 0);
    assert_false(local_lock_take(&s.lock, "apply", 0, &s.err));
    assert_int_equal(s.err.kind, ERROR_STORAGE);
    says(&s.err, s.path);
    close_scene(&s);
}

static void takes_any_command_line(void **state)
{
    (void)state;
    struct scene s;
    struct arena arena = {0};
    struct lock_holder holder;
    bool held;
    char *command = malloc(5000);
    assert_non_null(command);
    memset(command, '\x01', 5000); /* six bytes each in JSON */
    memcpy(command, "apply J\xf6rg\"\n", 12);
    command[4999] = '\0';
    open_scene(&s);
    assert_true(local_lock_take(&s.lock, command, 0, &s.err));
    assert_true(local_lock_held(&s.lock, &s.err));
    assert_true(local_lock_holder(&holder, &held, &arena, s.path, &s.err));
    assert_true(held);
    assert_true(text_starts(holder.command, "apply J\xef\xbf\xbdrg\"\n\x01"));
    free(command);
    arena_clear(&arena);
    close_scene(&s);
}

/* A file size limit of zero stands for the full disk: the file is there, but takes no byte. */
static void a_full_disk_does_not_keep_it_from_being_taken(void **state)
{
    (void)state;
    struct scene s;
    int status;
    open_scene(&s);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct rlimit none = {0, 0};
        signal(SIGXFSZ, SIG_IGN);
        bool ok = setrlimit(RLIMIT_FSIZE, &none) == 0 &&
                  local_lock_take(&s.lock, "revert", 0, &s.err) && !s.lock.signed_inside &&
                  local_lock_held(&s.lock, &s.err) && unlink(s.path) == 0 &&
                  !local_lock_held(&s.lock, &s.err);
        _exit(ok ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    close_scene(&s);
}

/* ---- many at once ---- */

enum { PROCESSES = 4, HOLDINGS = 400 };

struct shared {
    atomic_int inside;
    atomic_int together; /* times that two were in it at once */
    atomic_int holdings;
};

static enum clock_wake yield(void *self, int64_t ms)
{
    (void)self, (void)ms;
    sched_yield();
    return CLOCK_DONE;
}

static void hammer(const char *path, struct shared *shared)
{
    struct still_clock clock;
    struct local_lock lock;
    struct error err;
    still_clock_init(&clock, two_oclock);
    clock.port.wait = yield;
    local_lock_init(&lock, path, &clock.port);
    for (int i = 0; i < HOLDINGS; i++) {
        if (!local_lock_take(&lock, "apply", 1, &err) || !local_lock_held(&lock, &err))
            _exit(1);
        if (atomic_fetch_add(&shared->inside, 1) != 0)
            atomic_fetch_add(&shared->together, 1);
        sched_yield();
        atomic_fetch_sub(&shared->inside, 1);
        atomic_fetch_add(&shared->holdings, 1);
        local_lock_release(&lock);
    }
    local_lock_clear(&lock);
    _exit(0);
}

static void never_two_at_once(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s);
    struct shared *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(shared, MAP_FAILED);
    pid_t children[PROCESSES];
    for (size_t i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0)
            hammer(s.path, shared);
    }
    for (size_t i = 0; i < PROCESSES; i++) {
        int status;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    assert_int_equal(shared->holdings, PROCESSES * HOLDINGS);
    assert_int_equal(shared->together, 0);
    assert_int_equal(folder_count(s.folder), 0);
    munmap(shared, sizeof *shared);
    close_scene(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_holds_it_and_the_other_is_told_who),
        cmocka_unit_test(waits_no_longer_than_asked),
        cmocka_unit_test(takes_it_when_it_is_released),
        cmocka_unit_test(a_killed_holder_holds_nothing),
        cmocka_unit_test(each_holding_has_its_own_id),
        cmocka_unit_test(a_removed_file_is_noticed),
        cmocka_unit_test(a_replaced_or_overwritten_file_is_noticed),
        cmocka_unit_test(a_silent_holder_still_holds),
        cmocka_unit_test(a_holder_is_given_time_to_say_who_it_is),
        cmocka_unit_test(refuses_what_is_no_lock_file),
        cmocka_unit_test(takes_any_command_line),
        cmocka_unit_test(a_full_disk_does_not_keep_it_from_being_taken),
        cmocka_unit_test(never_two_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
