#include "tests/fault/faulty_proxy.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/fault/workers.h"

const char *const fault_phase_names[FAULT_PHASE_COUNT] = {
    "when it was accepted",       "in the request",     "before it was forwarded",
    "after it was forwarded",     "in the status line", "in the headers",
    "after the headers",          "in the body",        "before the last byte",
    "behind the answer",          "in a chunk",         "before the last chunk",
    "in a body without a length",
};

const char *const fault_way_names[FAULT_WAY_COUNT] = {"closed", "reset", "stalled", "trickling",
                                                      "refused from then on"};

enum { TRICKLE_EVERY_MS = 20 };

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void fault_describe(struct text *out, const struct fault *fault)
{
    text_addf(out, "%s#%d: ", fault->operation ? fault->operation : "any", fault->nth);
    if (fault->answer)
        text_addf(out, "answered \"%.*s\"", (int)strcspn(fault->answer, "\r\n"), fault->answer);
    else if (fault->mistyped)
        text_add(out, "answered with words for numbers");
    else
        text_addf(out, "%s %s", fault_way_names[fault->way], fault_phase_names[fault->phase]);
    text_add(out, fault->for_ever ? ", for ever" : "");
}

/* ---- reading requests and answers ---- */

/* The word behind a mark. */
static bool word_behind(char out[64], const char *bytes, const char *mark)
{
    const char *found = strstr(bytes, mark);
    if (!found)
        return false;
    found += strlen(mark);
    size_t n = 0;
    while (isalnum((unsigned char)found[n]))
        n++;
    if (n == 0 || n >= 64 || !found[n]) /* it may go on in what has not come yet */
        return false;
    memcpy(out, found, n);
    out[n] = '\0';
    return true;
}

static bool operation_of(char out[64], const char *bytes)
{
    return word_behind(out, bytes, "X-Amz-Target: AmazonEC2ContainerServiceV20141113.") ||
           word_behind(out, bytes, "\r\n\r\nAction=");
}

static uint64_t hash_of(const char *bytes, size_t n)
{
    uint64_t hash = 1469598103934665603u; /* FNV-1a */
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * 1099511628211u;
    return hash;
}

/* The length of an answer's head, once it is whole; *body_len is what it says of its body. */
static size_t head_of(const struct text *answer, size_t *body_len)
{
    const char *end = answer->len ? strstr(answer->data, "\r\n\r\n") : NULL;
    const char *length = end ? strcasestr(answer->data, "\r\ncontent-length:") : NULL;
    *body_len = length && length < end ? (size_t)atol(length + 17) : 0;
    return end ? (size_t)(end - answer->data) + 4 : 0;
}

static bool receive(struct text *answer, int fd)
{
    char bytes[4096];
    for (;;) {
        size_t body_len, head_len = head_of(answer, &body_len);
        if (head_len && answer->len >= head_len + body_len)
            return true;
        ssize_t n = recv(fd, bytes, sizeof bytes, 0);
        if (n <= 0)
            return false;
        text_add_bytes(answer, bytes, (size_t)n);
    }
}

static struct sockaddr_in address_of(int port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

/* Asks the sandbox. */
static int forward(struct text *answer, int port, const struct loopback_request *request)
{
    struct sockaddr_in address = address_of(port);
    int status = 0, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0) {
        loopback_write(fd, request->head, strlen(request->head));
        loopback_write(fd, request->body, request->body_len);
        if (receive(answer, fd))
            sscanf(answer->data, "HTTP/1.1 %d", &status);
    }
    close(fd);
    return status;
}

/* ---- which one meets the fault ---- */

static bool counts(struct faulty_proxy *proxy)
{
    const struct fault *fault = &proxy->fault;
    int n = ++proxy->seen;
    bool hit = fault->for_ever ? n >= fault->nth : n == fault->nth;
    proxy->met = proxy->met || hit;
    return hit;
}

static bool is_another_answer(const struct fault *fault)
{
    return fault->answer || fault->mistyped;
}

static struct proxied *note(struct faulty_proxy *proxy, const char *operation,
                            const struct loopback_request *request)
{
    const struct fault *fault = &proxy->fault;
    bool by_request = fault->nth && (is_another_answer(fault) || fault->phase > FAULT_PART_READ);
    bool meant = !fault->operation || strcmp(fault->operation, operation) == 0;
    pthread_mutex_lock(&proxy->mutex);
    must(proxy->count < PROXIED_MAX, "log");
    struct proxied *entry = &proxy->log[proxy->count++];
    *entry = (struct proxied){.body = hash_of(request->body, request->body_len)};
    snprintf(entry->operation, sizeof entry->operation, "%s", operation);
    entry->faulty = by_request && meant && counts(proxy);
    entry->lost = proxy->lost;
    pthread_mutex_unlock(&proxy->mutex);
    return entry;
}

/* ---- the faults ---- */

/* Until the other end has had enough, or the proxy is stopped. */
static void wait_for_the_other_end(int fd)
{
    char bytes[256];
    while (recv(fd, bytes, sizeof bytes, 0) > 0)
        continue;
}

static void trickle(int fd, const char *rest, size_t n)
{
    for (size_t i = 0;; i++) {
        char byte = i < n ? rest[i] : ' ';
        struct pollfd end = {.fd = fd, .events = POLLRDHUP};
        if (send(fd, &byte, 1, MSG_NOSIGNAL) <= 0 || poll(&end, 1, TRICKLE_EVERY_MS) > 0)
            return;
    }
}

static enum loopback_next end_connection(struct faulty_proxy *proxy, int fd, const char *rest,
                                         size_t n)
{
    switch (proxy->fault.way) {
    case FAULT_REFUSED:
        pthread_mutex_lock(&proxy->mutex);
        proxy->lost = true;
        pthread_mutex_unlock(&proxy->mutex);
        shutdown(proxy->server.listener, SHUT_RDWR); /* it then refuses */
        return LOOPBACK_RESET;
    case FAULT_RST:
        return LOOPBACK_RESET;
    case FAULT_FIN: /* with unread bytes in its buffer the system would reset it */
        shutdown(fd, SHUT_WR);
        wait_for_the_other_end(fd);
        return LOOPBACK_CLOSE;
    case FAULT_TRICKLE:
        trickle(fd, rest, n);
        return LOOPBACK_CLOSE;
    default:
        wait_for_the_other_end(fd);
        return LOOPBACK_CLOSE;
    }
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
    text_add(out, "\r\n0\r\n\r\n");
}

/* How much of the answer comes. FAULT_CHUNK and those behind it first give it another shape. */
static size_t cut_at(struct text *sent, const struct text *answer, enum fault_phase phase)
{
    size_t body_len, head_len = head_of(answer, &body_len);
    if (phase == FAULT_CHUNK || phase == FAULT_LAST_CHUNK)
        make_chunked(sent, answer, head_len);
    else if (phase == FAULT_UNSIZED) {
        reword_head(sent, answer, head_len, "Connection: close");
        text_add_bytes(sent, answer->data + head_len, body_len);
    } else {
        text_add_bytes(sent, answer->data, answer->len);
    }
    switch (phase) {
    case FAULT_FORWARDED:
        return 0;
    case FAULT_STATUS_LINE:
        return strlen("HTTP/1.1 2");
    case FAULT_HEADERS:
        return head_len / 2;
    case FAULT_HEAD:
        return head_len;
    case FAULT_LAST_BYTE:
        return sent->len - 1;
    case FAULT_LAST_CHUNK:
        return sent->len - strlen("0\r\n\r\n");
    case FAULT_CHUNK: /* three quarters of the body: in the second chunk */
    case FAULT_UNSIZED:
    case FAULT_BODY:
        return sent->len - (phase == FAULT_CHUNK ? body_len / 4 : body_len / 2) - 1;
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

static void answer_mistyped(int fd, const struct text *answer)
{
    struct text body = {0}, all = {0};
    char length[64];
    size_t body_len, head_len = head_of(answer, &body_len);
    mistype(&body, answer->data + head_len);
    snprintf(length, sizeof length, "Content-Length: %zu", body.len);
    reword_head(&all, answer, head_len, length);
    text_add_bytes(&all, body.data, body.len);
    loopback_write(fd, all.data, all.len);
    text_clear(&body);
    text_clear(&all);
}

static enum loopback_next break_answer(struct faulty_proxy *proxy, int fd,
                                       const struct text *answer)
{
    struct text sent = {0};
    size_t n = cut_at(&sent, answer, proxy->fault.phase);
    loopback_write(fd, sent.data, n);
    enum loopback_next next = end_connection(proxy, fd, sent.data + n, sent.len - n);
    text_clear(&sent);
    return next;
}

/* ---- what the server calls ---- */

static enum loopback_next on_request(struct loopback *server, int fd,
                                     const struct loopback_request *request)
{
    struct faulty_proxy *proxy = server->self;
    struct text whole = {0}, answer = {0};
    char operation[64] = "?";
    text_addf(&whole, "%s%s", request->head, request->body);
    operation_of(operation, whole.data);
    text_clear(&whole);
    struct proxied *entry = note(proxy, operation, request);
    if (entry->lost)
        return LOOPBACK_RESET;
    if (entry->faulty && proxy->fault.answer) {
        bool json = strstr(request->head, "X-Amz-Target:") && proxy->fault.answer_json;
        const char *other = json ? proxy->fault.answer_json : proxy->fault.answer;
        loopback_write(fd, other, strlen(other));
        return LOOPBACK_KEEP;
    }
    if (entry->faulty && !proxy->fault.mistyped && proxy->fault.phase == FAULT_NOT_FORWARDED)
        return end_connection(proxy, fd, "", 0);
    int64_t began = now_ms();
    int status = forward(&answer, proxy->upstream_port, request);
    int64_t took = now_ms() - began;
    pthread_mutex_lock(&proxy->mutex);
    entry->status = status;
    proxy->slowest_ms = took > proxy->slowest_ms ? took : proxy->slowest_ms;
    pthread_mutex_unlock(&proxy->mutex);
    enum loopback_next next = LOOPBACK_KEEP;
    if (!status)
        next = LOOPBACK_CLOSE;
    else if (entry->faulty && proxy->fault.mistyped)
        answer_mistyped(fd, &answer);
    else if (entry->faulty)
        next = break_answer(proxy, fd, &answer);
    else
        loopback_write(fd, answer.data, answer.len);
    text_clear(&answer);
    return next;
}

/* Which request this is has just been seen: not yet when the bytes that came last were not there.
 */
static bool tells_its_operation(char operation[64], const char *bytes, size_t n)
{
    struct text before = {0};
    char earlier[64];
    text_add_bytes(&before, bytes, n > LOOPBACK_READ_PARTLY ? n - LOOPBACK_READ_PARTLY : 0);
    bool knew = operation_of(earlier, text_cstr(&before));
    text_clear(&before);
    return !knew && operation_of(operation, bytes);
}

/* The faults that come before a request is whole. */
static enum loopback_next on_part(struct loopback *server, int fd, int connection,
                                  const char *bytes, size_t n)
{
    struct faulty_proxy *proxy = server->self;
    const struct fault *fault = &proxy->fault;
    char operation[64];
    bool hit = false;
    pthread_mutex_lock(&proxy->mutex);
    if (fault->phase == FAULT_ACCEPTED) {
        hit = connection > proxy->last_connection && counts(proxy);
        proxy->last_connection =
            connection > proxy->last_connection ? connection : proxy->last_connection;
    } else if (tells_its_operation(operation, bytes, n)) {
        hit = (!fault->operation || strcmp(fault->operation, operation) == 0) && counts(proxy);
    }
    pthread_mutex_unlock(&proxy->mutex);
    return hit ? end_connection(proxy, fd, "", 0) : LOOPBACK_KEEP;
}

static void hold_port(struct faulty_proxy *proxy)
{
    struct sockaddr_in address = address_of(proxy->server.port);
    int yes = 1;
    proxy->held = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(proxy->held, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof yes);
    must(bind(proxy->held, (struct sockaddr *)&address, sizeof address) == 0, "bind");
}

void faulty_proxy_start(struct faulty_proxy *proxy, int upstream_port, const struct fault *fault)
{
    memset(proxy, 0, sizeof *proxy);
    proxy->upstream_port = upstream_port;
    proxy->fault = *fault;
    pthread_mutex_init(&proxy->mutex, NULL);
    proxy->server.answer = on_request;
    if (fault->nth && !is_another_answer(fault) && fault->phase <= FAULT_PART_READ)
        proxy->server.partly = on_part;
    proxy->server.self = proxy;
    loopback_start(&proxy->server);
    hold_port(proxy);
}

void faulty_proxy_stop(struct faulty_proxy *proxy)
{
    loopback_stop(&proxy->server);
    close(proxy->held);
    pthread_mutex_destroy(&proxy->mutex);
}
