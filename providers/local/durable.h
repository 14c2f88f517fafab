/*
 * The one module for files that must survive: a state, a saved plan. A file is replaced whole, so
 * that whoever reads it, at any moment and after any crash, finds the old bytes or the new ones.
 *
 * How: the bytes go to a temporary file in the same folder (".NAME.<16 hex>.tmp", mode 0600), which
 * is fsynced, renamed over NAME, and the folder is fsynced. The copy of what was there before is
 * made in the same way under NAME.backup, and both temporary files are on the disk before the first
 * rename: no moment is without a valid NAME.
 *
 * A failed fsync is final. Linux reports a lost write-back once and then forgets it, so a second
 * fsync that succeeds proves nothing (fsync(2), "errors"). After one the struct durable_file
 * refuses every further replace; whoever owns it keeps one per file for the life of the process.
 *
 * Symbolic links are not followed in the last part of a path: a link in the place of a state is
 * refused, not written through. Only local filesystems are promised.
 *
 * Errors are ERROR_STORAGE and name the path.
 */
#ifndef PROVIDERS_LOCAL_DURABLE_H
#define PROVIDERS_LOCAL_DURABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "planner/base/error.h"
#include "planner/base/text.h"

struct durable_file {
    char *path;       /* owned */
    bool keep_backup; /* the bytes before this replace stay in PATH.backup */
    bool failed;      /* an fsync failed: nothing more is written */
};

void durable_init(struct durable_file *file, const char *path, bool keep_backup);
void durable_clear(struct durable_file *file);

/* When it returns true, the new bytes survive a power loss. When false, PATH holds the old bytes,
 * or (only with `failed` set) either. */
must_use bool durable_replace(struct durable_file *file, const char *bytes, size_t n,
                              struct error *err);

/* Writes a file that must not exist yet, as durably. When something stands at `path`, `*exists` is
 * true, with false. Nothing half-written stays behind. */
must_use bool durable_create(const char *path, const char *bytes, size_t n, bool *exists,
                             struct error *err);

/* Removes temporary files that a crash left behind. Only for who holds the lock of `file`: those
 * of a writer at work look the same. */
void durable_sweep(const struct durable_file *file);

/* The same for a file that nobody locks: only those that lie there for an hour or longer, which no
 * writer at work has. */
void durable_sweep_old(const struct durable_file *file);

enum durable_links { DURABLE_REFUSE_LINKS, DURABLE_FOLLOW_LINKS };

/*
 * Reads a regular file of at most `max` bytes whole; anything else (a pipe, a device, a folder) is
 * refused without being waited for. With no file there, `*found` is false and the call a success.
 * `out` is filled anew; where it is a secret text nothing else keeps a copy.
 */
must_use bool durable_read(struct text *out, bool *found, const char *path, size_t max,
                           enum durable_links links, struct error *err);

#endif
