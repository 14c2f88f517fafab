#include "providers/local/lock.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "planner/base/json.h"
#include "planner/base/memory.h"
#include "planner/base/text.h"
#include "planner/base/time.h"
#include "providers/local/host.h"
#include "providers/local/random.h"

enum { DETAILS_MAX = 8 * 1024, COMMAND_MAX = 1024, QUICK_TRIES = 16 };

/* Between taking the lock and having written its name inside, a holder is nobody. It is given this
 * long to say who it is, in real time: how soon a process is scheduled follows no scaled clock. */
enum { SIGNING_TRIES = 50, SIGNING_PAUSE_NS = 10 * 1000 * 1000 };

enum attempt { TAKEN, HELD, REMOVED, FAILED };

void local_lock_init(struct local_lock *lock, const char *path, const struct clock *clock)
{
    *lock = (struct local_lock){.path = memory_strdup(path), .clock = clock, .fd = -1};
}

void local_lock_clear(struct local_lock *lock)
{
    local_lock_release(lock);
    free(lock->path);
    *lock = (struct local_lock){.fd = -1};
}

/* ---- the details inside ---- */

static bool write_all(int fd, const char *bytes, size_t n)
{
    for (size_t at = 0; at < n;) {
        ssize_t done = TEMP_FAILURE_RETRY(pwrite(fd, bytes + at, n - at, (off_t)at));
        if (done <= 0)
            return false;
        at += (size_t)done;
    }
    return true;
}

static bool write_details(const struct local_lock *lock, const char *command)
{
    struct arena arena = {0};
    struct text bytes = {0}, shown = {0};
    struct json_writer w = {.out = &bytes};
    char since[TIME_TEXT_SIZE];

    size_t n = strlen(command);
    text_add_utf8(&shown, command, n);
    if (shown.len > COMMAND_MAX)
        text_cut(&shown, text_utf8_prefix(shown.data, COMMAND_MAX));

    json_open_object(&w, NULL);
    json_put_string(&w, "id", lock->id);
    json_put_string(&w, "who", local_user_at_host(&arena));
    json_put_int(&w, "pid", getpid());
    json_put_string(&w, "since", time_format(since, lock->clock->wall(lock->clock->self)));
    json_put_string(&w, "command", text_cstr(&shown));
    json_close_object(&w);

    bool ok = TEMP_FAILURE_RETRY(ftruncate(lock->fd, 0)) == 0 &&
              write_all(lock->fd, bytes.data, bytes.len);
    text_clear(&bytes);
    text_clear(&shown);
    arena_clear(&arena);
    return ok;
}

/* As much as there is; -1 when it cannot be read. */
static ssize_t read_all(int fd, char *bytes, size_t size)
{
    size_t n = 0;
    for (;;) {
        ssize_t done = TEMP_FAILURE_RETRY(pread(fd, bytes + n, size - n, (off_t)n));
        if (done < 0)
            return -1;
        if (done == 0)
            return (ssize_t)n;
        n += (size_t)done;
    }
}

/* What is not there is left NULL. *blank: nothing is there yet, the holder may be about to write.
 * False, with errno, when nobody can say what is there. */
static bool read_details(struct lock_holder *out, bool *blank, struct arena *arena, int fd)
{
    static const struct json_limits limits = {.max_bytes = DETAILS_MAX, .max_depth = 2};
    char bytes[DETAILS_MAX];
    struct json_document doc;
    struct error ignored;

    *out = (struct lock_holder){0};
    ssize_t n = read_all(fd, bytes, sizeof bytes);
    *blank = n == 0;
    if (n <= 0)
        return n == 0;
    if (json_read(&doc, bytes, (size_t)n, limits, &ignored)) {
        out->id = arena_strdup(arena, json_as_string(json_member(doc.root, "id")));
        out->who = arena_strdup(arena, json_as_string(json_member(doc.root, "who")));
        out->since = arena_strdup(arena, json_as_string(json_member(doc.root, "since")));
        out->command = arena_strdup(arena, json_as_string(json_member(doc.root, "command")));
        json_as_int(&out->pid, json_member(doc.root, "pid"));
    }
    json_document_clear(&doc);
    return true;
}

static bool held_by(const struct lock_holder *holder, const char *path, struct error *err)
{
    if (!holder->who)
        error_set(err, ERROR_LOCKED, "the lock %s is held by a process that has not said who it is",
                  path);
    else
        error_set(err, ERROR_LOCKED, "the lock %s is held by %s (pid %lld) since %s running `%s`",
                  path, holder->who, (long long)holder->pid, holder->since ? holder->since : "?",
                  holder->command ? holder->command : "?");
    return error_hint(err, "wait until it has ended, or end it there; a lock needs no removal, it "
                           "goes with its process");
}

/* ---- taking it ---- */

static int open_lock_file(const char *path, int flags)
{
    return TEMP_FAILURE_RETRY(
        open(path, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0600));
}

/* Whether the open file is what stands at `path` now. */
static bool look_at(bool *same, int fd, const char *path, struct error *err)
{
    struct stat locked, there;
    bool seen =
        TEMP_FAILURE_RETRY(fstat(fd, &locked)) == 0 && TEMP_FAILURE_RETRY(lstat(path, &there)) == 0;
    *same = seen && locked.st_dev == there.st_dev && locked.st_ino == there.st_ino;
    if (!seen && errno != ENOENT)
        return error_errno(err, ERROR_STORAGE, errno, "cannot look at the lock file %s", path);
    return true;
}

static bool check_regular(int fd, const char *path, struct error *err)
{
    struct stat st;
    if (TEMP_FAILURE_RETRY(fstat(fd, &st)) < 0)
        return error_errno(err, ERROR_STORAGE, errno, "cannot look at the lock file %s", path);
    return S_ISREG(st.st_mode) ||
           error_set(err, ERROR_STORAGE, "the lock file %s is not a regular file", path);
}

/* On TAKEN the descriptor is in `lock`, on HELD in `*fd` (else -1), to read who holds it. */
static enum attempt try_once(struct local_lock *lock, int *fd, struct error *err)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

    *fd = open_lock_file(lock->path, O_RDWR | O_CREAT);
    if (*fd < 0) {
        error_errno(err, ERROR_STORAGE, errno, "cannot open the lock file %s", lock->path);
        return FAILED;
    }
    enum attempt result = FAILED;
    bool ours;
    if (!check_regular(*fd, lock->path, err))
        result = FAILED;
    else if (TEMP_FAILURE_RETRY(fcntl(*fd, F_OFD_SETLK, &whole)) == 0)
        result = !look_at(&ours, *fd, lock->path, err) ? FAILED : ours ? TAKEN : REMOVED;
    else if (errno == EAGAIN || errno == EACCES)
        result = HELD;
    else
        error_errno(err, ERROR_STORAGE, errno, "cannot lock %s", lock->path);

    if (result == TAKEN)
        lock->fd = *fd;
    if (result == REMOVED || result == FAILED)
        close(*fd);
    if (result != HELD)
        *fd = -1;
    return result;
}

static void pause_for_signature(void)
{
    nanosleep(&(struct timespec){.tv_nsec = SIGNING_PAUSE_NS}, NULL);
}

/* False, with who holds it in `err`, once the holder has said so or was given time enough to. */
static bool wait_for_signature(const struct local_lock *lock, int fd, unsigned tries,
                               struct error *err)
{
    struct arena arena = {0};
    struct lock_holder holder;
    bool blank;
    bool again = read_details(&holder, &blank, &arena, fd) && blank && tries < SIGNING_TRIES;
    if (again)
        pause_for_signature();
    else
        held_by(&holder, lock->path, err);
    arena_clear(&arena);
    return again;
}

static bool wait_for_holder(const struct local_lock *lock, int64_t left_ms, struct error *err)
{
    const struct clock *clock = lock->clock;
    int64_t poll = left_ms < LOCAL_LOCK_POLL_MS ? left_ms : LOCAL_LOCK_POLL_MS;
    return clock->wait(clock->self, poll) != CLOCK_INTERRUPTED ||
           error_set(err, ERROR_INTERRUPTED, "interrupted while waiting for the lock %s",
                     lock->path);
}

bool local_lock_take(struct local_lock *lock, const char *command, int64_t timeout_ms,
                     struct error *err)
{
    const struct clock *clock = lock->clock;
    int64_t until = clock->monotonic(clock->self) + timeout_ms;
    enum attempt result;
    unsigned removed = 0, unsigned_tries = 0;
    int fd;

    assert(lock->fd < 0);
    while ((result = try_once(lock, &fd, err)) != TAKEN) {
        if (result == FAILED)
            return false;
        if (result == REMOVED && ++removed % QUICK_TRIES)
            continue;
        int64_t left = until - clock->monotonic(clock->self);
        bool again = left > 0 ? wait_for_holder(lock, left, err)
                              : wait_for_signature(lock, fd, unsigned_tries++, err);
        if (fd >= 0)
            close(fd);
        if (!again)
            return false;
    }
    if (!local_random_hex(lock->id, LOCAL_LOCK_ID_SIZE - 1, err)) {
        local_lock_release(lock);
        return false;
    }
    lock->signed_inside = write_details(lock, command);
    return true;
}

/* ---- holding and releasing it ---- */

bool local_lock_held(const struct local_lock *lock, struct error *err)
{
    struct arena arena = {0};
    struct lock_holder inside;
    bool ours, blank;

    if (lock->fd < 0)
        return error_set(err, ERROR_LOCKED, "the lock %s is not held", lock->path);
    if (!look_at(&ours, lock->fd, lock->path, err))
        return false;
    if (!ours) {
        error_set(err, ERROR_LOCKED, "the lock file %s was removed or replaced by somebody else",
                  lock->path);
        return error_hint(err, "another run may be at work: look who it is before going on");
    }
    if (!read_details(&inside, &blank, &arena, lock->fd))
        ours = error_errno(err, ERROR_STORAGE, errno, "cannot read the lock file %s", lock->path);
    else if (lock->signed_inside && !text_same(inside.id, lock->id)) {
        ours = error_set(err, ERROR_LOCKED, "the lock file %s was overwritten by %s", lock->path,
                         inside.who ? inside.who : "somebody else");
        error_hint(err, "another run may be at work: look who it is before going on");
    }
    arena_clear(&arena);
    return ours;
}

void local_lock_release(struct local_lock *lock)
{
    struct error ignored; /* what stays behind locks nobody out */
    bool ours;
    if (lock->fd < 0)
        return;
    if (look_at(&ours, lock->fd, lock->path, &ignored) && ours)
        (void)TEMP_FAILURE_RETRY(unlink(lock->path));
    close(lock->fd);
    lock->fd = -1;
    lock->id[0] = '\0';
    lock->signed_inside = false;
}

static bool look_for_holder(struct lock_holder *out, bool *held, bool *blank, struct arena *arena,
                            const char *path, struct error *err)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

    *out = (struct lock_holder){0};
    *held = *blank = false;
    int fd = open_lock_file(path, O_RDONLY);
    if (fd < 0 && errno == ENOENT)
        return true;
    if (fd < 0)
        return error_errno(err, ERROR_STORAGE, errno, "cannot open the lock file %s", path);
    bool ok = TEMP_FAILURE_RETRY(fcntl(fd, F_OFD_GETLK, &whole)) == 0;
    if (!ok)
        error_errno(err, ERROR_STORAGE, errno, "cannot ask who holds %s", path);
    *held = ok && whole.l_type != F_UNLCK;
    if (*held)
        read_details(out, blank, arena, fd);
    close(fd);
    return ok;
}

bool local_lock_holder(struct lock_holder *out, bool *held, struct arena *arena, const char *path,
                       struct error *err)
{
    bool blank;
    for (unsigned tries = 0; look_for_holder(out, held, &blank, arena, path, err); tries++) {
        if (!*held || !blank || tries == SIGNING_TRIES)
            return true;
        pause_for_signature();
    }
    return false;
}
