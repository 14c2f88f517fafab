/*
 * The store port: where the state of one cutover is kept, and who may write it. The store knows
 * bytes; what they mean is state_json's. One store is opened for one state.
 */
#ifndef PLANNER_STORE_H
#define PLANNER_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "planner/base/error.h"
#include "planner/base/text.h"

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

    /* Whether a revert asked this writer to stop (cheap; polled). */
    bool (*stop_requested)(void *self);
    /* Asks the present writer to stop. */
    bool (*request_stop)(void *self, struct error *err);

    /* Last resort when replace failed: keep the bytes somewhere near ("errored.state.json");
     * `where` names the place. */
    bool (*rescue)(void *self, const char *bytes, size_t n, struct text *where, struct error *err);
};

#endif
