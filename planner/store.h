/*
 * The store port: where the state of one cutover is kept, and who may write it. The store knows
 * bytes; what they mean is state_json's. One store is opened for one state.
 */
#ifndef PLANNER_STORE_H
#define PLANNER_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "planner/base/arena.h"
#include "planner/base/error.h"
#include "planner/base/text.h"

/* Who holds a writer's lock, as the lock says. Texts are NULL where it does not say. */
struct lock_holder {
    const char *id;      /* random, of this holding */
    const char *who;     /* "ops@bastion" */
    int64_t pid;         /* 0: not said */
    const char *since;   /* RFC 3339 */
    const char *command; /* "apply prod.yaml" */
};

struct store_copy {
    const char *where; /* as store.location is written */
    const char *bytes;
    size_t n;
};

/*
 * What is final, and what passes:
 *
 *   replace    a failure is final: what is on the disk is not known, so the run writes nothing more
 *              (journal.h); only a new run, which loads anew, may
 *   holds_lock a no is final: whoever has the lock now may have written, so this run changes
 *              nothing more
 *   lock       ERROR_LOCKED and ERROR_INTERRUPTED pass, it may be asked for again; any other error
 *              (the lock file cannot be opened) is final for this run
 *   load, holder, request_stop, stop_requested, rescue, copies
 *              keep nothing from one call to the next: each may be asked again
 */
struct store {
    void *self;
    const char *location; /* for messages: the path, or s3://bucket/key; borrowed from self */

    /* Reads what is there. `*found` is false, and the call a success, when there is nothing. */
    bool (*load)(void *self, struct text *out, bool *found, struct error *err);

    /*
     * Replaces the whole, durably: when it returns true the new bytes survive a power loss. Refuses
     * (ERROR_STORAGE) when what is stored is not what this store last loaded or wrote: somebody
     * else has written. Needs the lock.
     */
    bool (*replace)(void *self, const char *bytes, size_t n, struct error *err);

    /* Takes the writer's lock, waiting at most `timeout_ms`. ERROR_LOCKED names who holds it, from
     * where, since when and with which command. */
    bool (*lock)(void *self, const char *command, int64_t timeout_ms, struct error *err);
    /* Whether the lock is still ours: asked before every mutation. */
    bool (*holds_lock)(void *self, struct error *err);
    void (*unlock)(void *self);
    /* Who holds the writer's lock now, this process included; `*held` is false when nobody does.
     * Takes nothing and waits for nobody: for readers. Texts live in `arena`. */
    bool (*holder)(void *self, struct lock_holder *out, bool *held, struct arena *arena,
                   struct error *err);

    /* Whether a revert asked this writer to stop (cheap; polled). */
    bool (*stop_requested)(void *self);
    /* Asks the present writer to stop. */
    bool (*request_stop)(void *self, struct error *err);

    /* Last resort when replace failed: keep the bytes somewhere near ("errored.state.json");
     * `where` names the place. */
    bool (*rescue)(void *self, const char *bytes, size_t n, struct text *where, struct error *err);

    /* The other states that are kept near this one: the one before the last replace, and what
     * rescue() kept. Of any cutover; whole or not; in no order. What cannot be read is left out.
     * All of it lives in `arena`. */
    size_t (*copies)(void *self, struct store_copy **out, struct arena *arena);
};

#endif
