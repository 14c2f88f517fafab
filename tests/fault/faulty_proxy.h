/*
 * A proxy between an AWS client and the sandbox that breaks one request, or from one on all of
 * them: at a given phase of the exchange, in a given way. It keeps a log of what came by and of
 * what the sandbox did.
 *
 * It also is what an AWS client asks beside that: the sources of its keys (key_source.h). Requests
 * go by the names of operation_name.h.
 */
#ifndef TESTS_FAULT_FAULTY_PROXY_H
#define TESTS_FAULT_FAULTY_PROXY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "planner/base/text.h"
#include "tests/fault/operation_name.h"
#include "tests/loopback.h"

enum fault_phase {
    FAULT_ACCEPTED,      /* nothing of a request was read; counts connections, not requests */
    FAULT_PART_READ,     /* a part of the request was read */
    FAULT_EARLY,         /* and answered, with a 503, before the rest was */
    FAULT_NOT_FORWARDED, /* all of it was read, and nothing was carried out */
    FAULT_FORWARDED,     /* carried out, and nothing of the answer came; so below */
    FAULT_INFORMED,      /* an informational answer or two, and the answer itself is yet to come */
    FAULT_STATUS_LINE,
    FAULT_HEADERS, /* in the middle of them */
    FAULT_HEAD,    /* the head is whole, nothing of the body */
    FAULT_BODY,    /* in the middle of it */
    FAULT_LAST_BYTE,
    FAULT_ANSWERED,   /* the answer is whole; it is the connection that is not kept */
    FAULT_CHUNK,      /* a chunked body, in the middle of a chunk */
    FAULT_LAST_CHUNK, /* a chunked body without its end */
    FAULT_TRAILER,    /* a chunked body, in the fields behind its end */
    FAULT_UNSIZED,    /* a body whose length nobody says, cut in the middle */
    FAULT_PHASE_COUNT
};
extern const char *const fault_phase_names[FAULT_PHASE_COUNT];

enum fault_way {
    FAULT_FIN,     /* closed in order */
    FAULT_RST,     /* reset */
    FAULT_STALL,   /* nothing more, and never closed */
    FAULT_TRICKLE, /* from there on a byte now and then, for ever */
    FAULT_REFUSED, /* reset, as is all that comes behind it, and nobody listens any more */
    FAULT_WHOLE,   /* none: a whole answer of a shape that is rare, and right */
    FAULT_WAY_COUNT
};
extern const char *const fault_way_names[FAULT_WAY_COUNT];

struct fault {
    const char *operation; /* NULL: any */
    const char *after;     /* counted from when this one was carried out; NULL: from the first */
    int nth;               /* from 1, of that operation or of all; 0: no fault */
    bool for_ever;         /* that one and all that follow */
    int signal;            /* that the client gets when it meets the fault; 0: none */
    enum fault_phase phase;
    enum fault_way way;
    /* instead of phase and way; borrowed: */
    const char *answer;      /* this answer, whole, and the sandbox is not asked */
    const char *answer_json; /* the one in JSON, for ECS */
    bool mistyped;           /* the sandbox's answer with words in the place of its numbers */
};

struct proxied { /* one request */
    char operation[OPERATION_NAME_SIZE];
    uint64_t body; /* a hash */
    int status;    /* the sandbox's; 0: it was not asked */
    bool faulty;   /* it met the fault */
    bool lost;     /* or came behind FAULT_REFUSED */
};

enum { PROXIED_MAX = 4096 };

struct faulty_proxy {
    struct loopback server;
    int upstream_port;
    struct fault fault;
    pid_t client;         /* who gets the fault's signal; 0: not known yet */
    int64_t signalled_at; /* monotonic; 0: not yet */
    bool counting;        /* what the fault comes after was carried out */
    int seen;             /* of what the fault counts */
    int last_connection;
    bool met;           /* it came to the fault */
    bool lost;          /* FAULT_REFUSED: it is over */
    int64_t slowest_ms; /* that an answer without a fault took */
    struct proxied log[PROXIED_MAX];
    size_t count;
    pthread_mutex_t mutex;
};

/* Listens for one run of a client; on a port that the caller holds with SO_REUSEPORT, so that no
 * one else has it when nobody listens any more. */
void faulty_proxy_start(struct faulty_proxy *proxy, int port, int upstream_port,
                        const struct fault *fault);
void faulty_proxy_set_client(struct faulty_proxy *proxy, pid_t client);
/* Ends all connections; the log stays. */
void faulty_proxy_stop(struct faulty_proxy *proxy);

/* "DescribeRules#1: reset in the headers, for ever" */
void fault_describe(struct text *out, const struct fault *fault);

#endif
