/*
 * A TCP proxy that adds a fixed delay per round trip, the way a distance would.
 *
 *     delay_proxy UPSTREAM_PORT CA_FILE
 *
 * It listens on two ports of 127.0.0.1: the first ends nothing, the second ends TLS (1.2 or 1.3),
 * with a certificate for 127.0.0.1 that it makes, signs itself and writes to CA_FILE. Behind both
 * it speaks plain HTTP/1.1 to UPSTREAM_PORT on this machine, which plays the far endpoint.
 *
 * Every byte is on its way for half of the delay, in each direction. On loopback the handshake of
 * TCP itself costs nothing, on a real path it costs a round trip: nothing of a client counts as
 * sent before one whole delay has passed since its connection was accepted. TLS is ended behind the
 * delay, so that its handshake costs the round trips that it costs. A path's narrowness (slow
 * start, loss) is not modelled; answers and requests of this tool fit in TCP's first window or
 * nearly so.
 *
 * Commands are lines on standard input; each is answered by lines on standard output, the last of
 * which is "end". At the start it says "ports PLAIN TLS", "end".
 *
 *     delay MICROSECONDS     from now on
 *     upstream PORT          of connections from now on
 *     reset                  forgets what was counted
 *     report                 "connections N", "handshakes N", "cpu MICROSECONDS" (its own, since
 *                            the reset), and for each request in order
 *                            "request AT CONNECTION NTH STATUS OPERATION"
 *
 * AT is CLOCK_MONOTONIC in ns: the moment at which the whole request has reached the endpoint.
 * CONNECTION counts from 1 since the reset (0: opened before it), NTH is the request's place on its
 * connection, STATUS the answer's, 0 if none has come. The end of the input ends the proxy.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "planner/base/memory.h"
#include "planner/base/text.h"
#include "tests/bench/certificate.h"
#include "tests/bench/request_log.h"

enum { NS_PER_US = 1000, NS_PER_S = 1000000000, READ_SIZE = 65536, EVENTS = 64, MORE_URGENT = -10 };

struct chunk { /* bytes on their way; none: the end of the direction */
    struct chunk *next;
    int64_t due_at;
    size_t len;
    char bytes[];
};

struct path { /* one direction */
    struct chunk *first, *last;
};

struct connection;

struct side { /* what epoll tells of */
    int fd;
    bool is_client;
    struct connection *connection; /* NULL: a listener, or the commands */
};

struct connection {
    struct connection *next;
    struct side client, upstream;
    struct path there, back;
    int64_t established_at; /* as seen by a client that far away */
    SSL *tls;               /* NULL: plain */
    bool shook_hands, over;
    struct request_reader reader;
};

struct proxy {
    int epoll, upstream_port;
    int64_t delay_ns;
    struct side plain, secure, commands;
    SSL_CTX *context;
    struct connection *connections;
    struct request_log log;
    unsigned handshakes;
    int64_t cpu_at_reset_us;
    struct text input;
    bool over;
};

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

static int64_t cpu_us(void)
{
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (int64_t)used.tv_sec * (NS_PER_S / NS_PER_US) + used.tv_nsec / NS_PER_US;
}

/* ---- bytes on their way ---- */

static void path_send(struct path *path, int64_t due_at, const char *bytes, size_t len)
{
    struct chunk *chunk = memory_new(sizeof *chunk + len);
    chunk->due_at = due_at;
    chunk->len = len;
    if (len)
        memcpy(chunk->bytes, bytes, len);
    if (path->last)
        path->last->next = chunk;
    else
        path->first = chunk;
    path->last = chunk;
}

static struct chunk *path_take(struct path *path, int64_t now)
{
    struct chunk *chunk = path->first;
    if (!chunk || chunk->due_at > now)
        return NULL;
    path->first = chunk->next;
    if (!path->first)
        path->last = NULL;
    return chunk;
}

static void path_clear(struct path *path)
{
    struct chunk *chunk;
    while ((chunk = path_take(path, INT64_MAX)))
        free(chunk);
}

/* ---- the far end ---- */

/* Sockets hold more than any request or answer here: this blocks only on who does not read. */
static void write_all(struct connection *c, int fd, const char *bytes, size_t len)
{
    while (len && !c->over) {
        ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            c->over = true;
            return;
        }
        bytes += n;
        len -= (size_t)n;
    }
}

static void arrive(struct proxy *proxy, struct connection *c, const char *bytes, size_t len)
{
    request_log_read(&proxy->log, &c->reader, now_ns(), bytes, len);
    write_all(c, c->upstream.fd, bytes, len);
}

/* What TLS has to say to the client sets out. */
static void send_tls(struct proxy *proxy, struct connection *c)
{
    char bytes[READ_SIZE];
    int n;
    while ((n = BIO_read(SSL_get_wbio(c->tls), bytes, sizeof bytes)) > 0)
        path_send(&c->back, now_ns() + proxy->delay_ns / 2, bytes, (size_t)n);
}

static void arrive_tls(struct proxy *proxy, struct connection *c, const char *bytes, size_t len)
{
    char plain[READ_SIZE];
    int n;
    BIO_write(SSL_get_rbio(c->tls), bytes, (int)len);
    while ((n = SSL_read(c->tls, plain, sizeof plain)) > 0)
        arrive(proxy, c, plain, (size_t)n);
    int why = SSL_get_error(c->tls, n);
    if (why != SSL_ERROR_WANT_READ)
        c->over = true; /* refused, or ended in order */
    ERR_clear_error();
    if (!c->shook_hands && SSL_is_init_finished(c->tls)) {
        c->shook_hands = true;
        proxy->handshakes++;
    }
    send_tls(proxy, c);
}

/* Delivers what is due; an end of either direction is the connection's. */
static void deliver(struct proxy *proxy, struct connection *c, int64_t now)
{
    struct chunk *chunk;
    while (!c->over && (chunk = path_take(&c->there, now))) {
        if (!chunk->len)
            c->over = true;
        else if (c->tls)
            arrive_tls(proxy, c, chunk->bytes, chunk->len);
        else
            arrive(proxy, c, chunk->bytes, chunk->len);
        free(chunk);
    }
    while (!c->over && (chunk = path_take(&c->back, now))) {
        if (!chunk->len)
            c->over = true;
        else
            write_all(c, c->client.fd, chunk->bytes, chunk->len);
        free(chunk);
    }
}

/* ---- what comes in ---- */

static void take_from_client(struct proxy *proxy, struct connection *c, const char *bytes,
                             size_t len)
{
    int64_t sent_at = now_ns();
    if (sent_at < c->established_at)
        sent_at = c->established_at;
    path_send(&c->there, sent_at + proxy->delay_ns / 2, bytes, len);
}

static void take_from_upstream(struct proxy *proxy, struct connection *c, const char *bytes,
                               size_t len)
{
    request_log_answer(&proxy->log, &c->reader, bytes, len);
    if (!len && c->tls)
        SSL_shutdown(c->tls);
    else if (c->tls)
        SSL_write(c->tls, bytes, (int)len);
    if (c->tls)
        send_tls(proxy, c);
    if (!c->tls || !len)
        path_send(&c->back, now_ns() + proxy->delay_ns / 2, bytes, len);
}

static void take(struct proxy *proxy, struct side *side)
{
    char bytes[READ_SIZE];
    struct connection *c = side->connection;
    if (c->over)
        return;
    ssize_t n = recv(side->fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) /* it tells of an end again and again */
        epoll_ctl(proxy->epoll, EPOLL_CTL_DEL, side->fd, NULL);
    if (side->is_client)
        take_from_client(proxy, c, bytes, n > 0 ? (size_t)n : 0);
    else
        take_from_upstream(proxy, c, bytes, n > 0 ? (size_t)n : 0);
}

static void watch(struct proxy *proxy, struct side *side)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = side};
    if (epoll_ctl(proxy->epoll, EPOLL_CTL_ADD, side->fd, &event) != 0)
        fail("epoll_ctl");
}

static struct sockaddr_in loopback(int port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static int connect_upstream(const struct proxy *proxy)
{
    struct sockaddr_in address = loopback(proxy->upstream_port);
    int yes = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    close(fd);
    return -1;
}

static void begin_tls(struct connection *c, SSL_CTX *context)
{
    c->tls = SSL_new(context);
    if (!c->tls)
        memory_exhausted();
    SSL_set_bio(c->tls, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_accept_state(c->tls);
}

static void accept_one(struct proxy *proxy, const struct side *listener)
{
    int yes = 1, fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC);
    int64_t now = now_ns();
    if (fd < 0)
        return;
    int upstream = connect_upstream(proxy);
    if (upstream < 0) {
        close(fd);
        return;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    struct connection *c = memory_new(sizeof *c);
    c->client = (struct side){fd, true, c};
    c->upstream = (struct side){upstream, false, c};
    c->established_at = now + proxy->delay_ns;
    if (listener == &proxy->secure)
        begin_tls(c, proxy->context);
    request_log_connection(&proxy->log, &c->reader);
    c->next = proxy->connections;
    proxy->connections = c;
    watch(proxy, &c->client);
    watch(proxy, &c->upstream);
}

static void close_connection(struct connection *c)
{
    close(c->client.fd);
    close(c->upstream.fd);
    path_clear(&c->there);
    path_clear(&c->back);
    SSL_free(c->tls);
    request_reader_clear(&c->reader);
    free(c);
}

static void sweep(struct proxy *proxy, bool all)
{
    for (struct connection **at = &proxy->connections; *at;) {
        struct connection *c = *at;
        if (!c->over && !all) {
            at = &c->next;
            continue;
        }
        *at = c->next;
        close_connection(c);
    }
}

/* ---- commands ---- */

static void obey(struct proxy *proxy, const char *command)
{
    if (strncmp(command, "delay ", 6) == 0)
        proxy->delay_ns = strtoll(command + 6, NULL, 10) * NS_PER_US;
    if (strncmp(command, "upstream ", 9) == 0)
        proxy->upstream_port = atoi(command + 9);
    if (strcmp(command, "reset") == 0) {
        request_log_reset(&proxy->log);
        proxy->handshakes = 0;
        proxy->cpu_at_reset_us = cpu_us();
    }
    if (strcmp(command, "report") == 0) {
        printf("connections %u\nhandshakes %u\ncpu %lld\n", proxy->log.connections,
               proxy->handshakes, (long long)(cpu_us() - proxy->cpu_at_reset_us));
        request_log_print(&proxy->log);
    }
    puts("end");
    fflush(stdout);
}

static void take_commands(struct proxy *proxy)
{
    char bytes[4096];
    ssize_t n = read(STDIN_FILENO, bytes, sizeof bytes);
    if (n <= 0) {
        proxy->over = true;
        return;
    }
    text_add_bytes(&proxy->input, bytes, (size_t)n);
    char *line = proxy->input.data, *end;
    while ((end = strchr(line, '\n'))) {
        *end = '\0';
        obey(proxy, line);
        line = end + 1;
    }
    struct text rest = {0};
    text_add(&rest, line);
    text_clear(&proxy->input);
    proxy->input = rest;
}

/* ---- the loop ---- */

static int64_t next_due(const struct proxy *proxy)
{
    int64_t due = INT64_MAX;
    for (const struct connection *c = proxy->connections; c; c = c->next) {
        if (c->there.first && c->there.first->due_at < due)
            due = c->there.first->due_at;
        if (c->back.first && c->back.first->due_at < due)
            due = c->back.first->due_at;
    }
    return due;
}

static int wait_for_events(const struct proxy *proxy, struct epoll_event events[EVENTS])
{
    int64_t due = next_due(proxy), now = now_ns();
    int64_t wait = due > now ? due - now : 0;
    struct timespec time = {wait / NS_PER_S, wait % NS_PER_S};
    int n = epoll_pwait2(proxy->epoll, events, EVENTS, due == INT64_MAX ? NULL : &time, NULL);
    if (n < 0 && errno != EINTR)
        fail("epoll_pwait2");
    return n;
}

static void run(struct proxy *proxy)
{
    struct epoll_event events[EVENTS];
    while (!proxy->over) {
        int n = wait_for_events(proxy, events);
        for (int i = 0; i < n; i++) {
            struct side *side = events[i].data.ptr;
            if (side == &proxy->commands)
                take_commands(proxy);
            else if (side->connection)
                take(proxy, side);
            else
                accept_one(proxy, side);
        }
        for (struct connection *c = proxy->connections; c; c = c->next)
            deliver(proxy, c, now_ns());
        sweep(proxy, false);
    }
    sweep(proxy, true);
}

static int listen_on(struct side *side)
{
    struct sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    side->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (bind(side->fd, (struct sockaddr *)&address, size) != 0 || listen(side->fd, 256) != 0 ||
        getsockname(side->fd, (struct sockaddr *)&address, &size) != 0)
        fail("listen");
    return ntohs(address.sin_port);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fputs("usage: delay_proxy UPSTREAM_PORT CA_FILE\n", stderr);
        return 2;
    }
    struct proxy proxy = {.upstream_port = atoi(argv[1]), .epoll = epoll_create1(EPOLL_CLOEXEC)};
    proxy.context = certificate_context(argv[2]);
    if (!proxy.context)
        return 1;
    prctl(PR_SET_TIMERSLACK, 1);
    /* Whoever is late here is slower than the distance; only root may, and it is only better. */
    (void)!setpriority(PRIO_PROCESS, 0, MORE_URGENT);
    int plain = listen_on(&proxy.plain), secure = listen_on(&proxy.secure);
    proxy.commands.fd = STDIN_FILENO;
    watch(&proxy, &proxy.plain);
    watch(&proxy, &proxy.secure);
    watch(&proxy, &proxy.commands);
    printf("ports %d %d\nend\n", plain, secure);
    fflush(stdout);
    run(&proxy);
    request_log_clear(&proxy.log);
    text_clear(&proxy.input);
    SSL_CTX_free(proxy.context);
    close(proxy.epoll);
    return 0;
}
