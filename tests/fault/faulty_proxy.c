#include "tests/fault/faulty_proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/fault/answer_shape.h"
#include "tests/fault/key_source.h"
#include "tests/fault/workers.h"

const char *const fault_phase_names[FAULT_PHASE_COUNT] = {
    [FAULT_ACCEPTED] = "when it was accepted",
    [FAULT_PART_READ] = "in the request",
    [FAULT_EARLY] = "behind an answer to half the request",
    [FAULT_NOT_FORWARDED] = "before it was forwarded",
    [FAULT_FORWARDED] = "after it was forwarded",
    [FAULT_INFORMED] = "behind an informational answer",
    [FAULT_STATUS_LINE] = "in the status line",
    [FAULT_HEADERS] = "in the headers",
    [FAULT_HEAD] = "after the headers",
    [FAULT_BODY] = "in the body",
    [FAULT_LAST_BYTE] = "before the last byte",
    [FAULT_ANSWERED] = "behind the answer",
    [FAULT_CHUNK] = "in a chunk",
    [FAULT_LAST_CHUNK] = "before the last chunk",
    [FAULT_TRAILER] = "in the fields behind the last chunk",
    [FAULT_UNSIZED] = "in a body without a length",
};

const char *const fault_way_names[FAULT_WAY_COUNT] = {
    [FAULT_FIN] = "closed",       [FAULT_RST] = "reset",
    [FAULT_STALL] = "stalled",    [FAULT_TRICKLE] = "trickling",
    [FAULT_WHOLE] = "whole, not", [FAULT_REFUSED] = "refused from then on",
};

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
    if (fault->after)
        text_addf(out, ", after %s", fault->after);
    if (fault->signal)
        text_add(out, ", and told to stop");
}

/* ---- reading requests and answers ---- */

static uint64_t hash_of(const char *bytes, size_t n)
{
    uint64_t hash = 1469598103934665603u; /* FNV-1a */
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * 1099511628211u;
    return hash;
}

static bool receive(struct text *answer, int fd)
{
    char bytes[4096];
    for (;;) {
        size_t body_len, head_len = answer_head(answer, &body_len);
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

/* Asks whoever is to answer that. */
static int forward(struct text *answer, int port, const char *operation,
                   const struct loopback_request *request)
{
    struct sockaddr_in address = address_of(port);
    if (key_source_answer(answer, operation))
        return 200;
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
    if (fault->after && !proxy->counting)
        return false;
    int n = ++proxy->seen;
    bool hit = fault->for_ever ? n >= fault->nth : n == fault->nth;
    if (hit && !proxy->met && fault->signal && proxy->client) {
        proxy->signalled_at = now_ms();
        kill(proxy->client, fault->signal);
    }
    proxy->met = proxy->met || hit;
    return hit;
}

static bool is_meant(const struct fault *fault, const char *operation)
{
    return !fault->operation || strcmp(fault->operation, operation) == 0;
}

/* Before the request is whole. */
static bool is_partial(enum fault_phase phase)
{
    return phase <= FAULT_EARLY;
}

static bool is_another_answer(const struct fault *fault)
{
    return fault->answer || fault->mistyped;
}

static struct proxied *note(struct faulty_proxy *proxy, const char *operation,
                            const struct loopback_request *request)
{
    const struct fault *fault = &proxy->fault;
    bool by_request = fault->nth && (is_another_answer(fault) || !is_partial(fault->phase));
    pthread_mutex_lock(&proxy->mutex);
    must(proxy->count < PROXIED_MAX, "log");
    struct proxied *entry = &proxy->log[proxy->count++];
    *entry = (struct proxied){.body = hash_of(request->body, request->body_len)};
    snprintf(entry->operation, sizeof entry->operation, "%s", operation);
    entry->faulty = by_request && is_meant(fault, operation) && counts(proxy);
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
    case FAULT_WHOLE:
        return proxy->fault.phase == FAULT_UNSIZED ? LOOPBACK_CLOSE : LOOPBACK_KEEP;
    case FAULT_TRICKLE:
        trickle(fd, rest, n);
        return LOOPBACK_CLOSE;
    default:
        wait_for_the_other_end(fd);
        return LOOPBACK_CLOSE;
    }
}

static enum loopback_next break_answer(struct faulty_proxy *proxy, int fd,
                                       const struct text *answer)
{
    struct text sent = {0};
    size_t n = answer_cut(&sent, answer, &proxy->fault);
    loopback_write(fd, sent.data, n);
    enum loopback_next next = end_connection(proxy, fd, sent.data + n, sent.len - n);
    text_clear(&sent);
    return next;
}

static void say_mistyped(int fd, const struct text *answer)
{
    struct text all = {0};
    answer_mistyped(&all, answer);
    loopback_write(fd, all.data, all.len);
    text_clear(&all);
}

/* ---- what the server calls ---- */

static enum loopback_next on_request(struct loopback *server, int fd,
                                     const struct loopback_request *request)
{
    struct faulty_proxy *proxy = server->self;
    struct text whole = {0}, answer = {0};
    char operation[OPERATION_NAME_SIZE];
    text_addf(&whole, "%s%s", request->head, request->body);
    if (!operation_name(operation, whole.data))
        snprintf(operation, sizeof operation, "?");
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
    int status = forward(&answer, proxy->upstream_port, operation, request);
    int64_t took = now_ms() - began;
    pthread_mutex_lock(&proxy->mutex);
    entry->status = status;
    proxy->slowest_ms = took > proxy->slowest_ms ? took : proxy->slowest_ms;
    const char *after = proxy->fault.after;
    proxy->counting = proxy->counting || (status == 200 && text_same(after, operation));
    pthread_mutex_unlock(&proxy->mutex);
    enum loopback_next next = LOOPBACK_KEEP;
    if (!status)
        next = LOOPBACK_CLOSE;
    else if (entry->faulty && proxy->fault.mistyped)
        say_mistyped(fd, &answer);
    else if (entry->faulty)
        next = break_answer(proxy, fd, &answer);
    else
        loopback_write(fd, answer.data, answer.len);
    text_clear(&answer);
    return next;
}

/* Which request this is has just been seen: not yet when the bytes that came last were not there,
 * or then another one (operation_name). */
static bool tells_its_operation(const struct fault *fault, const char *bytes, size_t n)
{
    struct text before = {0};
    char now[OPERATION_NAME_SIZE], earlier[OPERATION_NAME_SIZE];
    if (!operation_name(now, bytes) || !is_meant(fault, now))
        return false;
    text_add_bytes(&before, bytes, n > LOOPBACK_READ_PARTLY ? n - LOOPBACK_READ_PARTLY : 0);
    bool knew = operation_name(earlier, text_cstr(&before));
    text_clear(&before);
    return !knew || (fault->operation && strcmp(now, earlier) != 0);
}

static enum loopback_next end_early(struct faulty_proxy *proxy, int fd)
{
    static const char early[] =
        "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    if (proxy->fault.phase == FAULT_EARLY)
        loopback_write(fd, early, sizeof early - 1);
    return end_connection(proxy, fd, "", 0);
}

/* The faults that come before a request is whole. */
static enum loopback_next on_part(struct loopback *server, int fd, int connection,
                                  const char *bytes, size_t n)
{
    struct faulty_proxy *proxy = server->self;
    const struct fault *fault = &proxy->fault;
    bool hit = false;
    pthread_mutex_lock(&proxy->mutex);
    if (fault->phase == FAULT_ACCEPTED) {
        hit = connection > proxy->last_connection && counts(proxy);
        proxy->last_connection =
            connection > proxy->last_connection ? connection : proxy->last_connection;
    } else {
        hit = tells_its_operation(fault, bytes, n) && counts(proxy);
    }
    pthread_mutex_unlock(&proxy->mutex);
    return hit ? end_early(proxy, fd) : LOOPBACK_KEEP;
}

void faulty_proxy_start(struct faulty_proxy *proxy, int port, int upstream_port,
                        const struct fault *fault)
{
    memset(proxy, 0, sizeof *proxy);
    proxy->upstream_port = upstream_port;
    proxy->fault = *fault;
    pthread_mutex_init(&proxy->mutex, NULL);
    proxy->server.answer = on_request;
    if (fault->nth && !is_another_answer(fault) && is_partial(fault->phase))
        proxy->server.partly = on_part;
    proxy->server.self = proxy;
    proxy->server.port = port;
    loopback_start(&proxy->server);
}

void faulty_proxy_set_client(struct faulty_proxy *proxy, pid_t client)
{
    pthread_mutex_lock(&proxy->mutex);
    proxy->client = client;
    pthread_mutex_unlock(&proxy->mutex);
}

void faulty_proxy_stop(struct faulty_proxy *proxy)
{
    loopback_stop(&proxy->server);
    pthread_mutex_destroy(&proxy->mutex);
}
