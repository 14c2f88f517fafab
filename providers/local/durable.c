#include "providers/local/durable.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "planner/base/memory.h"
#include "providers/local/random.h"

enum { RANDOM_DIGITS = 16, CHUNK = 64 * 1024, OLD_S = 60 * 60 };

/* Where one replace works: the open folder, and the file's name in it. */
struct place {
    int folder;
    const char *path; /* for messages */
    const char *name; /* its last part */
};

struct temporary {
    char name[NAME_MAX + 1];
    bool there;
};

/* What is to be written: the rest of an open file, or bytes where `from` is -1. */
struct content {
    int from;
    const char *bytes;
    size_t n;
};

void durable_init(struct durable_file *file, const char *path, bool keep_backup)
{
    *file = (struct durable_file){.path = memory_strdup(path), .keep_backup = keep_backup};
}

void durable_clear(struct durable_file *file)
{
    free(file->path);
    *file = (struct durable_file){0};
}

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* open(2) that goes on after a signal; mode counts with O_CREAT only. */
static int open_at(int folder, const char *name, int flags)
{
    return TEMP_FAILURE_RETRY(openat(folder, name, flags | O_CLOEXEC, 0600));
}

static bool open_place(struct place *place, const char *path, struct error *err)
{
    *place = (struct place){.path = path, .name = last_part(path)};
    if (!*place->name)
        return error_set(err, ERROR_STORAGE, "\"%s\" names no file", path);
    size_t n = (size_t)(place->name - path);
    char *folder = n ? memory_strdup(path) : memory_strdup(".");
    if (n)
        folder[n] = '\0';
    place->folder = open_at(AT_FDCWD, folder, O_RDONLY | O_DIRECTORY);
    if (place->folder < 0)
        error_errno(err, ERROR_STORAGE, errno, "cannot open the folder of %s", path);
    free(folder);
    return place->folder >= 0;
}

static bool open_failed(const char *path, int number, struct error *err)
{
    if (number != ELOOP)
        return error_errno(err, ERROR_STORAGE, number, "cannot open %s", path);
    error_set(err, ERROR_STORAGE, "%s is a symbolic link, which is not followed here", path);
    return error_hint(err, "name the file itself");
}

/* O_NONBLOCK, so that a pipe in the file's place is not waited for. -1 with true: nothing there. */
static bool open_regular(int *fd, int folder, const char *name, const char *path, int flags,
                         struct error *err)
{
    struct stat st;
    *fd = open_at(folder, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | flags);
    if (*fd < 0 && errno == ENOENT)
        return true;
    if (*fd < 0)
        return open_failed(path, errno, err);
    bool seen = TEMP_FAILURE_RETRY(fstat(*fd, &st)) == 0;
    if (seen && S_ISREG(st.st_mode))
        return true;
    int number = errno;
    close(*fd);
    if (!seen)
        return error_errno(err, ERROR_STORAGE, number, "cannot look at %s", path);
    return error_set(err, ERROR_STORAGE, "%s is not a regular file", path);
}

/* ---- writing ---- */

static bool write_all(int fd, const char *bytes, size_t n)
{
    while (n) {
        ssize_t done = TEMP_FAILURE_RETRY(write(fd, bytes, n));
        if (done < 0)
            return false;
        bytes += done;
        n -= (size_t)done;
    }
    return true;
}

static ssize_t read_some(int fd, char *bytes, size_t n)
{
    return TEMP_FAILURE_RETRY(read(fd, bytes, n));
}

static bool copy_all(int to, int from)
{
    char *chunk = memory_new(CHUNK);
    ssize_t n;
    bool ok = true;
    while (ok && (n = read_some(from, chunk, CHUNK)) != 0)
        ok = n > 0 && write_all(to, chunk, (size_t)n);
    int number = errno;
    free(chunk);
    errno = number;
    return ok;
}

static bool sync_fd(int fd, const char *path, bool *failed, struct error *err)
{
    if (TEMP_FAILURE_RETRY(fsync(fd)) == 0)
        return true;
    *failed = true;
    error_errno(err, ERROR_STORAGE, errno, "the disk did not confirm what was written to %s", path);
    return error_hint(err, "nothing more is written to this file; look at the disk");
}

static bool random_name(struct temporary *temp, const char *name, struct error *err)
{
    char hex[RANDOM_DIGITS + 1];
    if (!local_random_hex(hex, RANDOM_DIGITS, err))
        return false;
    int n = snprintf(temp->name, sizeof temp->name, ".%s.%s.tmp", name, hex);
    if (n < 0 || (size_t)n >= sizeof temp->name)
        return error_set(err, ERROR_STORAGE, "the file name %s is too long", name);
    return true;
}

static bool fill(int fd, struct content content)
{
    /* The umask may have taken our own right to read it back. */
    if (TEMP_FAILURE_RETRY(fchmod(fd, 0600)) < 0)
        return false;
    return content.from >= 0 ? copy_all(fd, content.from) : write_all(fd, content.bytes, content.n);
}

static bool fill_and_close(int fd, const char *path, struct content content, bool *failed,
                           struct error *err)
{
    bool ok = fill(fd, content);
    if (!ok)
        error_errno(err, ERROR_STORAGE, errno, "cannot write %s", path);
    ok = ok && sync_fd(fd, path, failed, err);
    if (close(fd) < 0 && errno != EINTR && ok)
        ok = error_errno(err, ERROR_STORAGE, errno, "cannot write %s", path);
    return ok;
}

static bool write_temporary(struct temporary *temp, const struct place *place, const char *name,
                            struct content content, bool *failed, struct error *err)
{
    if (!random_name(temp, name, err))
        return false;
    int fd = open_at(place->folder, temp->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW);
    if (fd < 0)
        return error_errno(err, ERROR_STORAGE, errno, "cannot create a file beside %s",
                           place->path);
    temp->there = true;
    return fill_and_close(fd, place->path, content, failed, err);
}

static bool put(struct temporary *temp, const struct place *place, const char *name,
                struct error *err)
{
    if (TEMP_FAILURE_RETRY(renameat(place->folder, temp->name, place->folder, name)) < 0)
        return error_errno(err, ERROR_STORAGE, errno, "cannot put the new %s in its place",
                           place->path);
    temp->there = false;
    return true;
}

static bool replace_in(struct durable_file *file, const struct place *place, int old,
                       const char *bytes, size_t n, struct error *err)
{
    struct content after = {-1, bytes, n}, before = {old, NULL, 0};
    struct temporary fresh = {0}, backup = {0};
    bool keeps = file->keep_backup && old >= 0;
    struct text backup_name = {0};
    text_addf(&backup_name, "%s.backup", place->name);

    bool ok =
        write_temporary(&fresh, place, place->name, after, &file->failed, err) &&
        (!keeps || write_temporary(&backup, place, backup_name.data, before, &file->failed, err)) &&
        (!keeps || put(&backup, place, backup_name.data, err)) &&
        put(&fresh, place, place->name, err) &&
        sync_fd(place->folder, file->path, &file->failed, err);

    if (fresh.there)
        (void)TEMP_FAILURE_RETRY(unlinkat(place->folder, fresh.name, 0));
    if (backup.there)
        (void)TEMP_FAILURE_RETRY(unlinkat(place->folder, backup.name, 0));
    text_clear(&backup_name);
    return ok;
}

bool durable_replace(struct durable_file *file, const char *bytes, size_t n, struct error *err)
{
    struct place place;
    int old;

    if (file->failed) {
        error_set(err, ERROR_STORAGE,
                  "nothing more is written to %s: the disk did not confirm an earlier write",
                  file->path);
        return error_hint(err, "look at the disk");
    }
    if (!open_place(&place, file->path, err))
        return false;
    bool ok = open_regular(&old, place.folder, place.name, file->path, O_NOFOLLOW, err);
    if (ok) {
        ok = replace_in(file, &place, old, bytes, n, err);
        if (old >= 0)
            close(old);
    }
    close(place.folder);
    return ok;
}

bool durable_create(const char *path, const char *bytes, size_t n, bool *exists, struct error *err)
{
    struct place place;
    bool failed = false;

    *exists = false;
    if (!open_place(&place, path, err))
        return false;
    int fd = open_at(place.folder, place.name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW);
    bool ok = fd >= 0;
    if (!ok) {
        *exists = errno == EEXIST;
        error_errno(err, ERROR_STORAGE, errno, "cannot create %s", path);
    } else {
        ok = fill_and_close(fd, path, (struct content){-1, bytes, n}, &failed, err) &&
             sync_fd(place.folder, path, &failed, err);
        if (!ok)
            (void)TEMP_FAILURE_RETRY(unlinkat(place.folder, place.name, 0));
    }
    close(place.folder);
    return ok;
}

/* Whether `entry` is ".NAME.<16 hex>.tmp", as random_name() makes it. */
static bool is_temporary(const char *entry, const char *name)
{
    size_t n = strlen(name);
    if (entry[0] != '.' || strncmp(entry + 1, name, n) != 0 || entry[1 + n] != '.')
        return false;
    const char *hex = entry + n + 2;
    return strspn(hex, "0123456789abcdef") == RANDOM_DIGITS &&
           text_same(hex + RANDOM_DIGITS, ".tmp");
}

static bool is_old(int folder, const char *name)
{
    struct stat st;
    return TEMP_FAILURE_RETRY(fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW)) == 0 &&
           time(NULL) - st.st_mtime >= OLD_S;
}

static void sweep(const struct durable_file *file, bool only_old)
{
    struct place place;
    struct error ignored; /* what is left behind costs space, nothing else */
    struct text backup_name = {0};
    const struct dirent *entry;

    if (!open_place(&place, file->path, &ignored))
        return;
    DIR *entries = fdopendir(place.folder);
    if (!entries) {
        close(place.folder);
        return;
    }
    text_addf(&backup_name, "%s.backup", place.name);
    while ((entry = readdir(entries)))
        if ((is_temporary(entry->d_name, place.name) ||
             is_temporary(entry->d_name, backup_name.data)) &&
            (!only_old || is_old(place.folder, entry->d_name)))
            (void)TEMP_FAILURE_RETRY(unlinkat(place.folder, entry->d_name, 0));
    text_clear(&backup_name);
    closedir(entries);
}

void durable_sweep(const struct durable_file *file)
{
    sweep(file, false);
}

void durable_sweep_old(const struct durable_file *file)
{
    sweep(file, true);
}

/* ---- reading ---- */

static bool read_all(struct text *out, int fd, const char *path, size_t max, struct error *err)
{
    char *chunk = memory_new(CHUNK);
    ssize_t n;
    bool ok = true;
    while (ok && (n = read_some(fd, chunk, CHUNK)) != 0) {
        if (n < 0)
            ok = error_errno(err, ERROR_STORAGE, errno, "cannot read %s", path);
        else if ((size_t)n > max - out->len)
            ok = error_set(err, ERROR_STORAGE, "%s is larger than %zu bytes", path, max);
        else
            text_add_bytes(out, chunk, (size_t)n);
    }
    if (out->secret)
        explicit_bzero(chunk, CHUNK);
    free(chunk);
    return ok;
}

bool durable_read(struct text *out, bool *found, const char *path, size_t max,
                  enum durable_links links, struct error *err)
{
    int fd;

    text_cut(out, 0);
    *found = false;
    if (!open_regular(&fd, AT_FDCWD, path, path, links == DURABLE_REFUSE_LINKS ? O_NOFOLLOW : 0,
                      err))
        return false;
    if (fd < 0)
        return true;
    bool ok = read_all(out, fd, path, max, err);
    close(fd);
    *found = ok;
    return ok;
}
