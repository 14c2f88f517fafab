/*
 * An HTTP server on loopback for tests: a thread a connection, and a function of the test's that
 * answers each request. It keeps connections open and counts them.
 */
#ifndef TESTS_LOOPBACK_H
#define TESTS_LOOPBACK_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

enum { LOOPBACK_CONNECTIONS_MAX = 1024, LOOPBACK_READ_PARTLY = 64 };

struct loopback_request {
    char method[16], path[256];
    const char *head; /* the whole head as it came, NUL-terminated */
    const char *body; /* NUL-terminated too */
    size_t body_len;
    int connection, number; /* from 1: which connection, which request of all */
};

/* What the answer function does with the connection afterwards. */
enum loopback_next { LOOPBACK_KEEP, LOOPBACK_CLOSE, LOOPBACK_RESET };

struct loopback {
    /* the test's; answers are written to fd by loopback_say() or plain write() */
    enum loopback_next (*answer)(struct loopback *server, int fd,
                                 const struct loopback_request *request);
    /* NULL, or: asked before each read, with the n bytes of a request that are there and are not
     * all of it. Requests are then read LOOPBACK_READ_PARTLY bytes at a time. */
    enum loopback_next (*partly)(struct loopback *server, int fd, int connection, const char *bytes,
                                 size_t n);
    void *self;

    int port; /* 0: a free one, and then that. Else one that the caller holds with SO_REUSEPORT */

    /* the server's */
    int listener;
    pthread_t acceptor;
    pthread_t threads[LOOPBACK_CONNECTIONS_MAX];
    int fds[LOOPBACK_CONNECTIONS_MAX];
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int connections, requests, waiting;
    bool stopping;
};

void loopback_start(struct loopback *server);
void loopback_stop(struct loopback *server);
/* "http://127.0.0.1:PORT" and the path, into one of a few rotating buffers. */
const char *loopback_url(const struct loopback *server, const char *path);
/* A whole answer with Content-Length. `headers` are lines that end in "\r\n", or "". */
void loopback_say(int fd, int status, const char *headers, const char *body);
/* All of it, or as much as the other end takes. */
void loopback_write(int fd, const char *bytes, size_t n);
/* Holds the calling answer until `n` of them stand here: proof that n requests are under way. */
void loopback_gather(struct loopback *server, int n);
/* Counters, read under the lock. */
int loopback_connections(struct loopback *server);
int loopback_requests(struct loopback *server);
/* A port of 127.0.0.1 where nobody listens. */
int loopback_closed_port(void);
/* Another one, kept from all but servers that are told to use it until the socket is closed. */
int loopback_hold_port(int *port);

#endif
