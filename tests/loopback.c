#include "tests/loopback.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "planner/base/text.h"

struct connection {
    struct loopback *server;
    int fd, number;
};

/* LOOPBACK_KEEP: there is more. */
static enum loopback_next read_more(const struct connection *c, struct text *in)
{
    char bytes[4096];
    if (c->server->partly) {
        enum loopback_next next =
            c->server->partly(c->server, c->fd, c->number, text_cstr(in), in->len);
        if (next != LOOPBACK_KEEP)
            return next;
    }
    ssize_t n = recv(c->fd, bytes, c->server->partly ? LOOPBACK_READ_PARTLY : sizeof bytes, 0);
    if (n <= 0)
        return LOOPBACK_CLOSE;
    text_add_bytes(in, bytes, (size_t)n);
    return LOOPBACK_KEEP;
}

static size_t content_length(const char *head)
{
    for (const char *line = head; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncasecmp(line, "content-length:", 15) == 0)
            return (size_t)atol(line + 15);
    }
    return 0;
}

/* One request; what is behind it stays in `in`. */
static enum loopback_next read_request(const struct connection *c, struct text *in,
                                       struct text *head, struct text *body)
{
    enum loopback_next next;
    const char *end;
    while (!in->data || !(end = strstr(in->data, "\r\n\r\n")))
        if ((next = read_more(c, in)) != LOOPBACK_KEEP)
            return next;
    size_t head_len = (size_t)(end - in->data) + 4;
    text_cut(head, 0);
    text_add_bytes(head, in->data, head_len);
    size_t body_len = content_length(head->data);
    while (in->len < head_len + body_len)
        if ((next = read_more(c, in)) != LOOPBACK_KEEP)
            return next;
    text_cut(body, 0);
    text_add_bytes(body, in->data + head_len, body_len);
    size_t used = head_len + body_len;
    memmove(in->data, in->data + used, in->len - used + 1);
    in->len -= used;
    return LOOPBACK_KEEP;
}

static void reset(int fd)
{
    struct linger now = {.l_onoff = 1};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

static void *serve(void *self)
{
    struct connection *c = self;
    struct text in = {0}, head = {0}, body = {0};
    enum loopback_next next;
    while ((next = read_request(c, &in, &head, &body)) == LOOPBACK_KEEP) {
        struct loopback_request request = {
            .head = head.data, .body = body.data, .body_len = body.len, .connection = c->number};
        if (sscanf(head.data, "%15s %255s", request.method, request.path) != 2)
            break;
        pthread_mutex_lock(&c->server->mutex);
        request.number = ++c->server->requests;
        pthread_mutex_unlock(&c->server->mutex);
        next = c->server->answer(c->server, c->fd, &request);
        if (next != LOOPBACK_KEEP)
            break;
    }
    if (next == LOOPBACK_RESET)
        reset(c->fd);
    pthread_mutex_lock(&c->server->mutex);
    c->server->fds[c->number - 1] = -1;
    close(c->fd);
    pthread_mutex_unlock(&c->server->mutex);
    text_clear(&in);
    text_clear(&head);
    text_clear(&body);
    free(c);
    return NULL;
}

static void *accept_all(void *self)
{
    struct loopback *server = self;
    int fd;
    while ((fd = accept(server->listener, NULL, NULL)) >= 0) {
        int yes = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        struct connection *c = calloc(1, sizeof *c);
        assert(c);
        pthread_mutex_lock(&server->mutex);
        int i = server->connections++;
        assert(i < (int)(sizeof server->fds / sizeof *server->fds));
        *c = (struct connection){server, fd, i + 1};
        server->fds[i] = fd;
        pthread_create(&server->threads[i], NULL, serve, c);
        pthread_mutex_unlock(&server->mutex);
    }
    return NULL;
}

static int bound_socket(int *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)*port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof yes); /* for who holds the port too */
    int failed = bind(fd, (struct sockaddr *)&address, sizeof address);
    failed |= getsockname(fd, (struct sockaddr *)&address, &size);
    assert(fd >= 0 && !failed);
    (void)failed;
    *port = ntohs(address.sin_port);
    return fd;
}

void loopback_start(struct loopback *server)
{
    server->connections = server->requests = server->waiting = 0;
    server->stopping = false;
    pthread_mutex_init(&server->mutex, NULL);
    pthread_cond_init(&server->changed, NULL);
    server->listener = bound_socket(&server->port);
    listen(server->listener, 128);
    pthread_create(&server->acceptor, NULL, accept_all, server);
}

void loopback_stop(struct loopback *server)
{
    shutdown(server->listener, SHUT_RDWR);
    pthread_join(server->acceptor, NULL);
    close(server->listener);
    pthread_mutex_lock(&server->mutex);
    server->stopping = true;
    pthread_cond_broadcast(&server->changed);
    for (int i = 0; i < server->connections; i++)
        if (server->fds[i] >= 0)
            shutdown(server->fds[i], SHUT_RDWR);
    pthread_mutex_unlock(&server->mutex);
    for (int i = 0; i < server->connections; i++)
        pthread_join(server->threads[i], NULL);
    pthread_mutex_destroy(&server->mutex);
    pthread_cond_destroy(&server->changed);
}

const char *loopback_url(const struct loopback *server, const char *path)
{
    static char urls[16][320];
    static unsigned next;
    char *url = urls[next++ % 16];
    snprintf(url, sizeof urls[0], "http://127.0.0.1:%d%s", server->port, path);
    return url;
}

void loopback_write(int fd, const char *bytes, size_t n)
{
    for (size_t at = 0; at < n;) {
        ssize_t sent = send(fd, bytes + at, n - at, MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        at += (size_t)sent;
    }
}

void loopback_say(int fd, int status, const char *headers, const char *body)
{
    struct text out = {0};
    text_addf(&out, "HTTP/1.1 %d Said\r\n%sContent-Length: %zu\r\n\r\n%s", status, headers,
              strlen(body), body);
    loopback_write(fd, out.data, out.len);
    text_clear(&out);
}

void loopback_gather(struct loopback *server, int n)
{
    pthread_mutex_lock(&server->mutex);
    server->waiting++;
    pthread_cond_broadcast(&server->changed);
    while (server->waiting < n && !server->stopping)
        pthread_cond_wait(&server->changed, &server->mutex);
    pthread_mutex_unlock(&server->mutex);
}

static int locked(struct loopback *server, const int *counter)
{
    pthread_mutex_lock(&server->mutex);
    int n = *counter;
    pthread_mutex_unlock(&server->mutex);
    return n;
}

int loopback_connections(struct loopback *server)
{
    return locked(server, &server->connections);
}

int loopback_requests(struct loopback *server)
{
    return locked(server, &server->requests);
}

int loopback_closed_port(void)
{
    int port = 0;
    close(bound_socket(&port));
    return port;
}

int loopback_hold_port(int *port)
{
    *port = 0;
    return bound_socket(port);
}
