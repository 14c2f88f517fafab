#include "providers/sandbox/server_answer.h"

#include <stdlib.h>
#include <string.h>

#include "planner/base/memory.h"

enum MHD_Result server_send_plain(struct MHD_Connection *connection, unsigned status,
                                  const char *body)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(
        strlen(body), (void *)(uintptr_t)body, MHD_RESPMEM_PERSISTENT);
    if (!response)
        return MHD_NO;
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "text/plain");
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

/* Gives half of the body, then breaks off. */
static ssize_t half_of_it(void *self, uint64_t at, char *out, size_t room)
{
    const struct text *body = self;
    size_t half = body->len / 2;
    if (at >= half)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    size_t n = half - (size_t)at < room ? half - (size_t)at : room;
    memcpy(out, body->data + at, n);
    return (ssize_t)n;
}

static void free_text(void *self)
{
    struct text *text = self;
    text_clear(text);
    free(text);
}

static struct MHD_Response *make_response(struct wire_answer *answer)
{
    if (answer->delivery == WIRE_CUT) {
        struct text *body = memory_new(sizeof *body);
        *body = answer->body;
        answer->body = (struct text){0};
        return MHD_create_response_from_callback(body->len, 4096, half_of_it, body, free_text);
    }
    size_t n = answer->body.len;
    return MHD_create_response_from_buffer(n, text_steal(&answer->body), MHD_RESPMEM_MUST_FREE);
}

enum MHD_Result server_send(struct MHD_Connection *connection, struct wire_answer *answer)
{
    if (answer->delivery == WIRE_DROP)
        return MHD_NO;
    struct MHD_Response *response = make_response(answer);
    if (!response)
        return MHD_NO;
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer->content_type);
    if (*answer->request_id)
        MHD_add_response_header(response, "x-amzn-RequestId", answer->request_id);
    if (*answer->query_error)
        MHD_add_response_header(response, "x-amzn-query-error", answer->query_error);
    enum MHD_Result result = MHD_queue_response(connection, (unsigned)answer->status, response);
    MHD_destroy_response(response);
    return result;
}
