#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <dirent.h>

#include "tests/fault/file_faults.h"

enum { FDS = 256, NAME_SIZE = 96, RANDOM_DIGITS = 16, SHORT_READ = 7 };

struct names {
    const char *name;
    int number;
};

static const struct names errors[] = {
    {"EIO", EIO},       {"ENOSPC", ENOSPC}, {"EINTR", EINTR}, {"EDQUOT", EDQUOT},
    {"EACCES", EACCES}, {"EROFS", EROFS},   {"SHORT", 0},
};

/* A library that is preloaded has nowhere else to keep what it counts. */
static struct {
    int log;
    char call[16], error[16];
    unsigned long nth;
    bool ever;
    int number;
    unsigned long seen, changes;
    char fds[FDS][NAME_SIZE]; /* "": not one of ours */
} faults = {.log = -1};

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

__attribute__((constructor)) static void begin(void)
{
    const char *log = getenv(FILE_FAULTS_LOG), *fault = getenv(FILE_FAULTS);
    char nth[16] = "";
    if (log)
        faults.log = REAL(open)(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (!fault || sscanf(fault, "%15[a-z]:%15[0-9+]:%15[A-Z]", faults.call, nth, faults.error) != 3)
        return;
    faults.nth = strtoul(nth, NULL, 10);
    faults.ever = strchr(nth, '+') != NULL;
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        if (strcmp(errors[i].name, faults.error) == 0)
            faults.number = errors[i].number;
}

/* ".NAME.<16 hex>.tmp" is logged as ".NAME.*.tmp". */
static void copy_name(char out[NAME_SIZE], const char *path)
{
    size_t n = strlen(path), tail = RANDOM_DIGITS + strlen(".tmp");
    if (n > tail && strcmp(path + n - strlen(".tmp"), ".tmp") == 0 && !strchr(path, '*'))
        snprintf(out, NAME_SIZE, "%.*s*.tmp", (int)(n - tail), path);
    else
        snprintf(out, NAME_SIZE, "%s", path);
}

static bool is_ours(int folder, const char *path)
{
    if (strchr(path, '/'))
        return false;
    return folder == AT_FDCWD || (folder >= 0 && folder < FDS && *faults.fds[folder]);
}

static const char *name_of(int fd)
{
    return fd >= 0 && fd < FDS && *faults.fds[fd] ? faults.fds[fd] : NULL;
}

static bool is_hit(const char *call, bool changes)
{
    unsigned long count;
    if (strcmp(faults.call, call) == 0)
        count = ++faults.seen;
    else if (changes && strcmp(faults.call, FILE_FAULTS_CHANGE) == 0)
        count = ++faults.changes;
    else
        return false;
    return count == faults.nth || (faults.ever && count > faults.nth);
}

static bool changes_something(const char *call)
{
    for (size_t i = 0; i < sizeof file_fault_calls / sizeof *file_fault_calls; i++)
        if (strcmp(file_fault_calls[i].name, call) == 0)
            return file_fault_calls[i].changes;
    return false;
}

/* Counts and logs; true, with errno (0 for SHORT), when the call is to fail. */
static bool fails(const char *call, const char *path)
{
    char line[2 * NAME_SIZE], name[NAME_SIZE];
    bool hit = is_hit(call, changes_something(call));
    copy_name(name, path);
    int n = snprintf(line, sizeof line, "%s%s%s%s %s\n", hit ? "!" : "", hit ? faults.error : "",
                     hit ? " " : "", call, name);
    if (faults.log >= 0 && n > 0 && REAL(write)(faults.log, line, (size_t)n) != n)
        abort();
    if (hit)
        errno = faults.number;
    return hit;
}

static int remember(int fd, const char *path)
{
    if (fd >= FDS)
        abort();
    if (fd >= 0)
        copy_name(faults.fds[fd], path);
    return fd;
}

/* What the C library's own are called by the linker. */
int faulty_openat(int folder, const char *path, int flags, ...) __asm__("openat");
int faulty_open(const char *path, int flags, ...) __asm__("open");
ssize_t faulty_read(int fd, void *bytes, size_t n) __asm__("read");
ssize_t faulty_pread(int fd, void *bytes, size_t n, off_t at) __asm__("pread");
ssize_t faulty_write(int fd, const void *bytes, size_t n) __asm__("write");
ssize_t faulty_pwrite(int fd, const void *bytes, size_t n, off_t at) __asm__("pwrite");
int faulty_fsync(int fd) __asm__("fsync");
int faulty_fchmod(int fd, mode_t mode) __asm__("fchmod");
int faulty_ftruncate(int fd, off_t size) __asm__("ftruncate");
int faulty_renameat(int from_folder, const char *from, int to_folder,
                    const char *to) __asm__("renameat");
int faulty_unlinkat(int folder, const char *path, int flags) __asm__("unlinkat");
int faulty_unlink(const char *path) __asm__("unlink");
int faulty_fcntl(int fd, int command, ...) __asm__("fcntl");
int faulty_fstat(int fd, struct stat *st) __asm__("fstat");
int faulty_lstat(const char *path, struct stat *st) __asm__("lstat");
int faulty_close(int fd) __asm__("close");
DIR *faulty_fdopendir(int fd) __asm__("fdopendir");
int faulty_closedir(DIR *entries) __asm__("closedir");

int faulty_openat(int folder, const char *path, int flags, ...)
{
    va_list ap;
    va_start(ap, flags);
    mode_t mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;
    va_end(ap);
    if (!is_ours(folder, path))
        return REAL(openat)(folder, path, flags, mode);
    if (fails(flags & O_CREAT ? "create" : "open", path))
        return -1;
    return remember(REAL(openat)(folder, path, flags, mode), path);
}

int faulty_open(const char *path, int flags, ...)
{
    va_list ap;
    va_start(ap, flags);
    mode_t mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;
    va_end(ap);
    return is_ours(AT_FDCWD, path) ? faulty_openat(AT_FDCWD, path, flags, mode)
                                   : REAL(open)(path, flags, mode);
}

ssize_t faulty_read(int fd, void *bytes, size_t n)
{
    if (name_of(fd) && fails("read", name_of(fd)))
        return errno ? -1 : REAL(read)(fd, bytes, n < SHORT_READ ? n : SHORT_READ);
    return REAL(read)(fd, bytes, n);
}

ssize_t faulty_pread(int fd, void *bytes, size_t n, off_t at)
{
    if (name_of(fd) && fails("pread", name_of(fd)))
        return errno ? -1 : REAL(pread)(fd, bytes, n < SHORT_READ ? n : SHORT_READ, at);
    return REAL(pread)(fd, bytes, n, at);
}

ssize_t faulty_write(int fd, const void *bytes, size_t n)
{
    if (name_of(fd) && fails("write", name_of(fd)))
        return errno ? -1 : REAL(write)(fd, bytes, n / 2 + 1);
    return REAL(write)(fd, bytes, n);
}

ssize_t faulty_pwrite(int fd, const void *bytes, size_t n, off_t at)
{
    if (name_of(fd) && fails("pwrite", name_of(fd)))
        return errno ? -1 : REAL(pwrite)(fd, bytes, n / 2 + 1, at);
    return REAL(pwrite)(fd, bytes, n, at);
}

int faulty_fsync(int fd)
{
    return name_of(fd) && fails("fsync", name_of(fd)) ? -1 : REAL(fsync)(fd);
}

int faulty_fchmod(int fd, mode_t mode)
{
    return name_of(fd) && fails("fchmod", name_of(fd)) ? -1 : REAL(fchmod)(fd, mode);
}

int faulty_ftruncate(int fd, off_t size)
{
    return name_of(fd) && fails("truncate", name_of(fd)) ? -1 : REAL(ftruncate)(fd, size);
}

int faulty_renameat(int from_folder, const char *from, int to_folder, const char *to)
{
    return is_ours(to_folder, to) && fails("rename", to)
               ? -1
               : REAL(renameat)(from_folder, from, to_folder, to);
}

int faulty_unlinkat(int folder, const char *path, int flags)
{
    return is_ours(folder, path) && fails("unlink", path) ? -1
                                                          : REAL(unlinkat)(folder, path, flags);
}

int faulty_unlink(const char *path)
{
    return is_ours(AT_FDCWD, path) && fails("unlink", path) ? -1 : REAL(unlink)(path);
}

int faulty_fcntl(int fd, int command, ...)
{
    va_list ap;
    va_start(ap, command);
    void *argument = va_arg(ap, void *); /* an int fits too where varargs are in registers */
    va_end(ap);
    return name_of(fd) && fails("lock", name_of(fd)) ? -1 : REAL(fcntl)(fd, command, argument);
}

int faulty_fstat(int fd, struct stat *st)
{
    return name_of(fd) && fails("stat", name_of(fd)) ? -1 : REAL(fstat)(fd, st);
}

int faulty_lstat(const char *path, struct stat *st)
{
    return is_ours(AT_FDCWD, path) && fails("stat", path) ? -1 : REAL(lstat)(path, st);
}

/* The descriptor is gone whatever the answer: Linux's close(2). */
int faulty_close(int fd)
{
    const char *name = name_of(fd);
    bool fail = name && fails("close", name);
    int number = errno;
    if (name)
        *faults.fds[fd] = '\0';
    int done = REAL(close)(fd);
    if (!fail)
        return done;
    errno = number;
    return -1;
}

DIR *faulty_fdopendir(int fd)
{
    return name_of(fd) && fails("opendir", name_of(fd)) ? NULL : REAL(fdopendir)(fd);
}

int faulty_closedir(DIR *entries)
{
    int fd = dirfd(entries);
    if (name_of(fd))
        *faults.fds[fd] = '\0';
    return REAL(closedir)(entries);
}
