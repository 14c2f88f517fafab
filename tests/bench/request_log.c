#include "tests/bench/request_log.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "planner/base/memory.h"

static const char *value_of(const char *head, const char *head_end, const char *name)
{
    const char *found = strcasestr(head, name);
    return found && found < head_end ? found + strlen(name) : NULL;
}

static void take_word(char out[64], const char *from)
{
    size_t n = 0;
    while (n < 63 && isalnum((unsigned char)from[n]))
        n++;
    snprintf(out, 64, "%.*s", n ? (int)n : 1, n ? from : "?");
}

/* ECS names it in a header behind a dot, the Query protocol in the body, or behind a path. */
static void operation_of(char out[64], const char *head, const char *head_end)
{
    const char *target = value_of(head, head_end, "\r\nx-amz-target:");
    const char *dot = target ? strpbrk(target, ".\r") : NULL;
    const char *action = strstr(head, "Action=");
    take_word(out, dot && *dot == '.' ? dot + 1 : !target && action ? action + 7 : "");
}

void request_log_connection(struct request_log *log, struct request_reader *reader)
{
    *reader = (struct request_reader){.connection = ++log->connections, .era = log->era};
}

static void note(struct request_log *log, struct request_reader *reader, int64_t at,
                 const char *head_end)
{
    log->requests = memory_resize(log->requests, (log->count + 1) * sizeof *log->requests);
    struct logged_request *request = &log->requests[log->count++];
    bool before = reader->era != log->era; /* its connection is older than the log */
    *request = (struct logged_request){
        .at = at, .connection = before ? 0 : reader->connection, .nth = ++reader->nth};
    operation_of(request->operation, reader->bytes.data, head_end);
    reader->unanswered = log->count;
    reader->asked_in = log->era;
}

static void drop(struct text *bytes, size_t n)
{
    struct text rest = {0};
    text_add_bytes(&rest, bytes->data + n, bytes->len - n);
    text_clear(bytes);
    *bytes = rest;
}

void request_log_read(struct request_log *log, struct request_reader *reader, int64_t at,
                      const char *bytes, size_t len)
{
    text_add_bytes(&reader->bytes, bytes, len);
    for (;;) {
        const char *all = text_cstr(&reader->bytes), *head_end = strstr(all, "\r\n\r\n");
        if (!head_end)
            return;
        const char *length = value_of(all, head_end, "\r\ncontent-length:");
        size_t whole = (size_t)(head_end + 4 - all) + (length ? strtoul(length, NULL, 10) : 0);
        if (reader->bytes.len < whole)
            return;
        note(log, reader, at, head_end);
        drop(&reader->bytes, whole);
    }
}

void request_log_answer(struct request_log *log, struct request_reader *reader, const char *bytes,
                        size_t len)
{
    static const char begin[] = "HTTP/1.1 ";
    size_t asked = reader->unanswered;
    if (!asked || len < sizeof begin + 2 || strncmp(bytes, begin, sizeof begin - 1) != 0)
        return;
    reader->unanswered = 0;
    if (reader->asked_in == log->era)
        log->requests[asked - 1].status = atoi(bytes + sizeof begin - 1);
}

void request_log_print(const struct request_log *log)
{
    for (size_t i = 0; i < log->count; i++) {
        const struct logged_request *r = &log->requests[i];
        printf("request %lld %u %u %d %s\n", (long long)r->at, r->connection, r->nth, r->status,
               r->operation);
    }
}

void request_log_reset(struct request_log *log)
{
    log->count = 0;
    log->connections = 0;
    log->era++;
}

void request_log_clear(struct request_log *log)
{
    free(log->requests);
    *log = (struct request_log){0};
}

void request_reader_clear(struct request_reader *reader)
{
    text_clear(&reader->bytes);
}
