/*
 * The server's open connections, so that none can hold on for ever: libmicrohttpd's own time-out
 * counts silence, and a client that sends a byte now and then is never silent.
 */
#ifndef PROVIDERS_SANDBOX_SERVER_CONNECTIONS_H
#define PROVIDERS_SANDBOX_SERVER_CONNECTIONS_H

#include <pthread.h>
#include <stdint.h>

/* Of those that are open at once most are already shut down: closing them takes their threads a
 * moment, and who comes new in a flood must not be turned away for them. */
enum { CONNECTIONS_MAX = 512, CONNECTIONS_LIVE = 64, REQUEST_MAX_MS = 20000, IDLE_MAX_MS = 60000 };

enum connection_phase {
    CONNECTION_IDLE,    /* no request line yet, or none since the last answer */
    CONNECTION_READING, /* a request line was read */
    CONNECTION_ANSWERING,
    CONNECTION_ENDING, /* shut down, not yet closed by its owner */
};

struct connection_slot {
    int fd; /* -1: free */
    enum connection_phase phase;
    int64_t since_ms; /* monotonic */
};

struct connections {
    pthread_mutex_t lock;
    struct connection_slot slots[CONNECTIONS_MAX];
};

void connections_init(struct connections *connections);
void connections_clear(struct connections *connections);

/* NULL when there is no slot: the connection is then not watched. Ends the connection that has
 * waited longest when more than CONNECTIONS_LIVE are not. */
struct connection_slot *connections_opened(struct connections *connections, int fd);
void connections_closed(struct connections *connections, struct connection_slot *slot);
void connections_phase(struct connections *connections, struct connection_slot *slot,
                       enum connection_phase phase);
/* Shuts down what is over time; its owner then closes it. */
void connections_reap(struct connections *connections);

#endif
