/*
 * The sandbox: a simulated Migration Assistant deployment that answers AWS clients on loopback
 * (DESIGN, section 8). A server, not a port: the tool reaches it as it reaches AWS.
 *
 * It listens on 127.0.0.1 only and refuses a Host header that is not loopback, so that no web page
 * can talk to it by a name that resolves here. A request may have 64 KiB of headers and 1 MiB of
 * body; one that is not whole 20 s after its first line, and a connection that has sent none for a
 * minute, is ended; so is the longest idle one when connections run out. It never prints.
 *
 * Beside AWS's services it answers for the two search clusters, on paths of their own (clusters.h).
 *
 * The world's clock is epoch + (now - epoch) x speed, what SWITCHOVER_CLOCK=SPEED@EPOCH gives the
 * tool. Signatures are verified in real time.
 */
#ifndef PROVIDERS_SANDBOX_SERVER_H
#define PROVIDERS_SANDBOX_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "planner/base/error.h"
#include "providers/sandbox/world.h"
#include "providers/sandbox/world_setup.h"

enum { SANDBOX_SPEED_MAX = 10000, SANDBOX_CLOCK_SIZE = 40 };

struct sandbox;

struct sandbox_log {       /* one request; borrowed for the call */
    int64_t at;            /* the world's clock */
    const char *operation; /* "" where none was recognised */
    int status;            /* 0: the connection was ended without an answer */
    const char *code;      /* AWS's error code; "" */
    const char *request_id;
    unsigned nth; /* of its connection's requests; 1: the connection was opened for it */
};

struct sandbox_options {
    uint16_t port;                   /* 0: a free one */
    int64_t speed;                   /* 1 to SANDBOX_SPEED_MAX; 0: 1 */
    int64_t epoch_at;                /* real time at which both clocks agree; 0: now */
    const struct world_setup *setup; /* copied, but for its epoch_at; NULL: setup_init()'s */
    /* Called after each request from the server's threads, one call at a time. May be NULL. */
    void (*log)(void *self, const struct sandbox_log *entry);
    void *log_self;
};

/* Listens once it has returned. The caller ignores SIGPIPE. */
must_use bool sandbox_start(struct sandbox **out, const struct sandbox_options *options,
                            struct error *err);
/* Ends all connections and frees it; NULL is nothing to stop. */
void sandbox_stop(struct sandbox *sandbox);
/* Returns when `interrupted` says so, asked every 100 ms. */
void sandbox_wait(struct sandbox *sandbox, bool (*interrupted)(void *self), void *self);

uint16_t sandbox_port(const struct sandbox *sandbox);
int64_t sandbox_speed(const struct sandbox *sandbox);
int64_t sandbox_epoch_at(const struct sandbox *sandbox);
int64_t sandbox_now(const struct sandbox *sandbox); /* the world's clock */
/* "60@1796090400.125": the value of SWITCHOVER_CLOCK. */
const char *sandbox_clock(const struct sandbox *sandbox, char out[SANDBOX_CLOCK_SIZE]);

/* Runs `look` on the world as it is now; no request is answered meanwhile. */
void sandbox_inspect(struct sandbox *sandbox, void (*look)(void *self, struct world *world),
                     void *self);

#endif
