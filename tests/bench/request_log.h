/* What a proxy notes of the HTTP/1.1 that passes through it: requests by operation, with the moment
 * at which each is whole. Not for pipelining: an answer is the last request's. */
#ifndef TESTS_BENCH_REQUEST_LOG_H
#define TESTS_BENCH_REQUEST_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "planner/base/text.h"

struct logged_request {
    int64_t at;
    unsigned connection, nth;
    int status; /* 0: no answer yet */
    char operation[64];
};

struct request_log {
    struct logged_request *requests;
    size_t count;
    unsigned connections;
    unsigned era; /* how often it was reset */
};

struct request_reader { /* one connection's */
    struct text bytes;  /* of the request that is not whole yet */
    unsigned connection, nth, era;
    size_t unanswered; /* index + 1 in the log of `asked_in`; 0: none */
    unsigned asked_in;
};

void request_log_connection(struct request_log *log, struct request_reader *reader);
void request_log_read(struct request_log *log, struct request_reader *reader, int64_t at,
                      const char *bytes, size_t len);
/* The next bytes of an answer. */
void request_log_answer(struct request_log *log, struct request_reader *reader, const char *bytes,
                        size_t len);
/* "request AT CONNECTION NTH STATUS OPERATION" lines, as delay_proxy.c has them. */
void request_log_print(const struct request_log *log);
void request_log_reset(struct request_log *log);
void request_log_clear(struct request_log *log);
void request_reader_clear(struct request_reader *reader);

#endif
