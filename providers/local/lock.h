/*
 * The writer's lock of one state: an open-file-description lock (fcntl(2), F_OFD_SETLK) on a file
 * of its own, PATH.lock, with who holds it written inside as JSON. The kernel frees the lock when
 * the process ends, however it ends, so no lock outlives its owner; the file may, and means nothing
 * then. Only local filesystems are promised: over NFS and the like the kernel's answer is only as
 * good as the server's.
 *
 * Protocol. Take: open or create PATH.lock, lock it, then compare what was locked (fstat) with
 * what now stands at PATH.lock (stat). The same: ours, the details are written. Not the same: the
 * holder removed the file between our open and our lock, so close it and start again. Release:
 * remove the file first, while it is still locked, then close. Whoever waited on the removed file
 * notices at the comparison, so at no time do two hold the lock of one path, and nothing is left
 * behind. A file that is not ours is never removed.
 *
 * Readers never lock.
 */
#ifndef PROVIDERS_LOCAL_LOCK_H
#define PROVIDERS_LOCAL_LOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "planner/base/arena.h"
#include "planner/base/error.h"
#include "planner/clock.h"
#include "planner/store.h"

enum { LOCAL_LOCK_POLL_MS = 200, LOCAL_LOCK_ID_SIZE = 33 };

struct local_lock {
    char *path;                  /* of the lock file; owned */
    const struct clock *clock;   /* borrowed */
    int fd;                      /* -1: not held */
    char id[LOCAL_LOCK_ID_SIZE]; /* random, of this holding; "" when not held */
    bool signed_inside;          /* the details could be written (a full disk: not) */
};

void local_lock_init(struct local_lock *lock, const char *path, const struct clock *clock);
void local_lock_clear(struct local_lock *lock); /* releases it too */

/*
 * Takes the lock, waiting at most `timeout_ms` of the clock's time. ERROR_LOCKED: "held by
 * ops@bastion (pid 123) since 2026-12-01T02:00:00Z running `apply prod.yaml`". ERROR_INTERRUPTED
 * when the clock says so. A holder that has just taken it is given half a second to say who it is,
 * beyond that time. ERROR_STORAGE when the file cannot be opened. A disk too full for the
 * details does not keep it from being taken: a traffic revert must be possible then.
 */
must_use bool local_lock_take(struct local_lock *lock, const char *command, int64_t timeout_ms,
                              struct error *err);

/* Whether the lock is held and still ours: the path is the file that we locked, and the id inside
 * is ours. ERROR_LOCKED says what has become of it; ERROR_STORAGE when nobody can say. */
must_use bool local_lock_held(const struct local_lock *lock, struct error *err);

void local_lock_release(struct local_lock *lock);

/* Who holds the lock file at `path` now, this process included; `*held` is false when nobody does.
 * One that has just taken it is given half a second to say who it is. Takes nothing. */
must_use bool local_lock_holder(struct lock_holder *out, bool *held, struct arena *arena,
                                const char *path, struct error *err);

#endif
