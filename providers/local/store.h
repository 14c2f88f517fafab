/*
 * The store port over a local path. Beside the state lie, all with its name in front:
 *
 *   PATH.backup   the state before the last replace
 *   PATH.lock     the writer's lock (lock.h)
 *   PATH.stop     a request to the writer to stop; it names the id of that holding of the lock, so
 *                 a request that came too late never stops a later run
 *
 * Symbolic links are not followed in the place of any of them. Errors are ERROR_STORAGE but for
 * those of the lock. Only local filesystems are promised.
 */
#ifndef PROVIDERS_LOCAL_STORE_H
#define PROVIDERS_LOCAL_STORE_H

#include "planner/clock.h"
#include "planner/store.h"

enum { LOCAL_STATE_MAX = 16 * 1024 * 1024 };

/*
 * Opens the store of one state; touches nothing yet. `clock` is borrowed for the store's life.
 * One process opens one store per path: after a failed fsync this store writes nothing more.
 *
 * rescue() tries "errored.state.json" in the state's folder, then in the current one, and writes
 * "errored-2.state.json" and so on where that name is taken; it overwrites nothing but what this
 * store rescued itself. copies() finds all of those, and PATH.backup.
 * request_stop() is a success when nobody holds the lock: there is nobody left to stop.
 */
void local_store_open(struct store *out, const char *path, const struct clock *clock);
void local_store_close(struct store *store); /* releases the lock too */

#endif
