#include "tests/fault/answer_shape.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define INFORMATIONAL                                                                              \
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n"
#define TRAILER "X-Checked: sum-of-it-all\r\n"

size_t answer_head(const struct text *answer, size_t *body_len)
{
    const char *end = answer->len ? strstr(answer->data, "\r\n\r\n") : NULL;
    const char *length = end ? strcasestr(answer->data, "\r\ncontent-length:") : NULL;
    *body_len = length && length < end ? (size_t)atol(length + 17) : 0;
    return end ? (size_t)(end - answer->data) + 4 : 0;
}

/* The head with another word about the body's length. */
static void reword_head(struct text *out, const struct text *answer, size_t head_len,
                        const char *instead)
{
    const char *length = strcasestr(answer->data, "\r\ncontent-length:");
    const char *behind = strstr(length + 2, "\r\n");
    text_add_bytes(out, answer->data, (size_t)(length + 2 - answer->data));
    text_addf(out, "%s\r\n", instead);
    text_add_bytes(out, behind + 2, head_len - (size_t)(behind + 2 - answer->data));
}

static void make_chunked(struct text *out, const struct text *answer, size_t head_len)
{
    size_t n = answer->len - head_len, half = n / 2;
    const char *body = answer->data + head_len;
    reword_head(out, answer, head_len, "Transfer-Encoding: chunked");
    text_addf(out, "%zx\r\n", half);
    text_add_bytes(out, body, half);
    text_addf(out, "\r\n%zx\r\n", n - half);
    text_add_bytes(out, body + half, n - half);
    text_add(out, "\r\n0\r\n" TRAILER "\r\n");
}

/* FAULT_CHUNK and those behind it give it another shape, and FAULT_INFORMED something in front. */
static void reshape(struct text *sent, const struct text *answer, enum fault_phase phase)
{
    size_t body_len, head_len = answer_head(answer, &body_len);
    if (phase == FAULT_CHUNK || phase == FAULT_LAST_CHUNK || phase == FAULT_TRAILER) {
        make_chunked(sent, answer, head_len);
    } else if (phase == FAULT_UNSIZED) {
        reword_head(sent, answer, head_len, "Connection: close");
        text_add_bytes(sent, answer->data + head_len, body_len);
    } else {
        text_add(sent, phase == FAULT_INFORMED ? INFORMATIONAL : "");
        text_add_bytes(sent, answer->data, answer->len);
    }
}

size_t answer_cut(struct text *sent, const struct text *answer, const struct fault *fault)
{
    static const size_t last_chunk = sizeof "0\r\n" TRAILER "\r\n" - 1;
    size_t body_len, head_len = answer_head(answer, &body_len);
    reshape(sent, answer, fault->phase);
    if (fault->way == FAULT_WHOLE)
        return sent->len;
    switch (fault->phase) {
    case FAULT_FORWARDED:
        return 0;
    case FAULT_INFORMED:
        return strlen(INFORMATIONAL);
    case FAULT_STATUS_LINE:
        return strlen("HTTP/1.1 2");
    case FAULT_HEADERS:
        return head_len / 2;
    case FAULT_HEAD:
        return head_len;
    case FAULT_LAST_BYTE:
        return sent->len - 1;
    case FAULT_LAST_CHUNK:
        return sent->len - last_chunk;
    case FAULT_TRAILER:
        return sent->len - last_chunk + strlen("0\r\nX-Che");
    case FAULT_CHUNK: /* three quarters of the body: in the second chunk */
        return sent->len - last_chunk - body_len / 4;
    case FAULT_UNSIZED:
    case FAULT_BODY:
        return sent->len - body_len / 2 - 1;
    default:
        return sent->len;
    }
}

/* JSON's :12 becomes :"twelve"; what stands alone between XML's tags and is a number, twelve. */
static void mistype(struct text *out, const char *body)
{
    for (const char *at = body; *at;) {
        size_t digits = strspn(at + 1, " ");
        const char *number = at + 1 + digits;
        digits = strspn(number, "0123456789.");
        bool json = *at == ':' && digits && strchr(",}]", number[digits]);
        bool xml = *at == '>' && digits && number[digits] == '<';
        text_add_char(out, *at++);
        if (!json && !xml)
            continue;
        text_add(out, json ? "\"twelve\"" : "twelve");
        at = number + digits;
    }
}

void answer_mistyped(struct text *out, const struct text *answer)
{
    struct text body = {0};
    char length[64];
    size_t body_len, head_len = answer_head(answer, &body_len);
    mistype(&body, answer->data + head_len);
    snprintf(length, sizeof length, "Content-Length: %zu", body.len);
    reword_head(out, answer, head_len, length);
    text_add_bytes(out, body.data, body.len);
    text_clear(&body);
}
