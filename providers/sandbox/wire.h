/*
 * AWS's wire protocols in front of a world: one request in, one answer out. No sockets here; the
 * server (or a test) hands over what it read. ECS speaks JSON 1.1, ELBv2 and STS the Query
 * protocol, CloudWatch both (AWS's SDKs have begun to use its JSON 1.0).
 *
 * Signatures are verified (wire_auth.h). Operations are those of wire_operations.c; others answer
 * as AWS answers what it does not know.
 */
#ifndef PROVIDERS_SANDBOX_WIRE_H
#define PROVIDERS_SANDBOX_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "planner/base/text.h"
#include "providers/http/http.h"
#include "providers/sandbox/world.h"

/* The only credentials that the sandbox knows. They open nothing else. */
#define SANDBOX_ACCESS_KEY_ID     "SANDBOXEXAMPLE"
#define SANDBOX_SECRET_ACCESS_KEY "sandbox-secret-that-opens-nothing-else"
/* With this session token, an instant behind it ("sandbox-until-2026-12-01T02:00:00Z", real time),
 * they are temporary: from then on they are answered as expired. */
#define SANDBOX_SESSION_TOKEN "sandbox-until-"

enum { WIRE_BODY_MAX = 1024 * 1024 };

struct wire_request {
    const char *method;
    const char *path;                  /* as sent, without the query */
    const char *query;                 /* as sent, without "?"; "" for none */
    const struct http_header *headers; /* in the order sent */
    size_t header_count;
    const char *body;
    size_t body_len; /* at most WIRE_BODY_MAX */
};

enum wire_delivery {
    WIRE_DELIVER,
    WIRE_CUT,  /* send the head and half of the body, then close */
    WIRE_DROP, /* close without a byte */
};

struct wire_answer {
    int status;
    const char *content_type;
    struct text body; /* owned */
    char request_id[37];
    char query_error[80]; /* the header x-amzn-query-error; "" for none */
    enum wire_delivery delivery;
    int64_t delay_ms;   /* real time to wait before sending */
    char operation[64]; /* for the log; "" where none was recognised */
    char code[64];      /* the error's code; "" when all is well */
};

/* Answers at the world's present: let time pass first (world_advance). */
void wire_handle(struct wire_answer *out, struct world *world, const struct wire_request *request,
                 int64_t real_now);
void wire_answer_clear(struct wire_answer *answer);

/* A header's value, or NULL; names are compared without case. */
const char *wire_header(const struct wire_request *request, const char *name);

#endif
