#include "providers/sandbox/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "planner/base/memory.h"
#include "planner/base/text.h"
#include "planner/base/time.h"
#include "providers/local/clock.h"
#include "providers/sandbox/clusters.h"
#include "providers/sandbox/server_answer.h"
#include "providers/sandbox/server_connections.h"
#include "providers/sandbox/wire.h"

enum {
    HEADERS_MAX = 100,
    HEADERS_BYTES_MAX = 64 * 1024,
    KEEP_HOUSE_MS = 250,
    STACK_SIZE = 512 * 1024, /* of a connection's thread: the JSON reader recurses, bounded */
    AHEAD_MAX_H = 30 * 24,   /* hours of world time at the start */
};

struct sandbox {
    struct MHD_Daemon *daemon;
    uint16_t port;
    int64_t speed, epoch_at;
    void (*log)(void *self, const struct sandbox_log *entry);
    void *log_self;
    pthread_mutex_t log_lock;

    pthread_mutex_t world_lock;
    struct world *world;

    struct connections connections;
    pthread_t housekeeper;
    pthread_mutex_t stop_lock;
    pthread_cond_t stop_cond;
    bool stopping;
};

/* ---- clocks ---- */

static int64_t world_time(const struct sandbox *sandbox)
{
    return sandbox->epoch_at + (local_clock_real_now() - sandbox->epoch_at) * sandbox->speed;
}

/* Waits, but not beyond a stop. True: stopping. */
static bool pause_for(struct sandbox *sandbox, int64_t ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += ms % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&sandbox->stop_lock);
    while (!sandbox->stopping &&
           pthread_cond_timedwait(&sandbox->stop_cond, &sandbox->stop_lock, &until) != ETIMEDOUT)
        ;
    bool stopping = sandbox->stopping;
    pthread_mutex_unlock(&sandbox->stop_lock);
    return stopping;
}

/* Ends connections that are over time; lets the world's time pass while nobody asks, so that the
 * next request need not wait for hours of it. */
static void *keep_house(void *self)
{
    struct sandbox *sandbox = self;
    while (!pause_for(sandbox, KEEP_HOUSE_MS)) {
        connections_reap(&sandbox->connections);
        pthread_mutex_lock(&sandbox->world_lock);
        world_advance(sandbox->world, world_time(sandbox));
        pthread_mutex_unlock(&sandbox->world_lock);
    }
    return NULL;
}

/* ---- one request ---- */

/* One connection and the request that it brings. libmicrohttpd does not announce the end of each
 * request whose beginning it announced, so the connection owns it. */
struct peer {
    struct connection_slot *slot;
    char *uri; /* as sent: signatures are over what was sent, not over what it decodes to */
    struct text body;
    bool begun;
    unsigned requests; /* that it has brought */
};

static void forget_request(struct peer *peer)
{
    text_clear(&peer->body);
    free(peer->uri);
    peer->uri = NULL;
    peer->begun = false;
}

static struct peer *peer_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info->socket_context;
}

static void *request_line(void *self, const char *uri, struct MHD_Connection *connection)
{
    struct sandbox *sandbox = self;
    struct peer *peer = peer_of(connection);
    connections_phase(&sandbox->connections, peer->slot, CONNECTION_READING);
    forget_request(peer);
    peer->uri = memory_strdup(uri);
    return peer;
}

static void request_over(void *self, struct MHD_Connection *connection, void **context,
                         enum MHD_RequestTerminationCode how)
{
    struct sandbox *sandbox = self;
    struct peer *peer = peer_of(connection);
    (void)context, (void)how;
    connections_phase(&sandbox->connections, peer->slot, CONNECTION_IDLE);
    forget_request(peer);
}

static void connection_changed(void *self, struct MHD_Connection *connection, void **context,
                               enum MHD_ConnectionNotificationCode what)
{
    struct sandbox *sandbox = self;
    struct peer *peer = *context;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        connections_closed(&sandbox->connections, peer->slot);
        forget_request(peer);
        free(peer);
        return;
    }
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    peer = memory_new(sizeof *peer);
    peer->slot = connections_opened(&sandbox->connections, info->connect_fd);
    *context = peer;
}

struct header_list {
    struct http_header items[HEADERS_MAX];
    size_t count;
    bool too_many;
};

static enum MHD_Result add_header(void *self, enum MHD_ValueKind kind, const char *name,
                                  const char *value)
{
    struct header_list *list = self;
    (void)kind;
    if (list->count == HEADERS_MAX) {
        list->too_many = true;
        return MHD_NO;
    }
    list->items[list->count++] = (struct http_header){name, value ? value : ""};
    return MHD_YES;
}

/* "127.0.0.1", "localhost" or "[::1]", with a port or without. */
static bool is_loopback_host(const char *host)
{
    static const char *const names[] = {"127.0.0.1", "localhost", "[::1]"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t n = strlen(names[i]);
        const char *port = host + n;
        if (strncasecmp(host, names[i], n) != 0)
            continue;
        if (*port == '\0' || (*port == ':' && strspn(port + 1, "0123456789") == strlen(port + 1)))
            return true;
    }
    return false;
}

/* What can be refused before a body is read; 0: go on. */
static unsigned refuse_early(const struct header_list *headers, const char *method,
                             const char **body)
{
    const struct wire_request request = {.headers = headers->items, .header_count = headers->count};
    const char *host = wire_header(&request, "host");
    const char *length = wire_header(&request, "content-length");
    *body = "this is no AWS request\n";
    if (headers->too_many)
        return MHD_HTTP_REQUEST_HEADER_FIELDS_TOO_LARGE;
    if (!host)
        return MHD_HTTP_BAD_REQUEST;
    if (!is_loopback_host(host)) {
        *body = "the sandbox answers only on loopback\n";
        return MHD_HTTP_FORBIDDEN;
    }
    if (strcmp(method, "POST") != 0 && strcmp(method, "GET") != 0)
        return MHD_HTTP_METHOD_NOT_ALLOWED;
    if (length && (strlen(length) > 7 || atol(length) > WIRE_BODY_MAX))
        return MHD_HTTP_CONTENT_TOO_LARGE;
    return 0;
}

/* ---- the answer ---- */

static void log_answer(struct sandbox *sandbox, const struct wire_answer *answer, int64_t at,
                       unsigned nth)
{
    if (!sandbox->log)
        return;
    const struct sandbox_log entry = {
        .at = at,
        .operation = answer->operation,
        .status = answer->delivery == WIRE_DROP ? 0 : answer->status,
        .code = answer->code,
        .request_id = answer->request_id,
        .nth = nth,
    };
    pthread_mutex_lock(&sandbox->log_lock);
    sandbox->log(sandbox->log_self, &entry);
    pthread_mutex_unlock(&sandbox->log_lock);
}

static enum MHD_Result answer_request(struct sandbox *sandbox, struct MHD_Connection *connection,
                                      const char *method, struct peer *peer,
                                      const struct header_list *headers)
{
    char *query = strchr(peer->uri, '?');
    if (query)
        *query++ = '\0';
    struct wire_request request = {
        .method = method,
        .path = peer->uri,
        .query = query ? query : "",
        .headers = headers->items,
        .header_count = headers->count,
        .body = text_cstr(&peer->body),
        .body_len = peer->body.len,
    };
    struct wire_answer answer;

    pthread_mutex_lock(&sandbox->world_lock);
    int64_t at = world_time(sandbox);
    world_advance(sandbox->world, at);
    if (!clusters_handle(&answer, sandbox->world, &request))
        wire_handle(&answer, sandbox->world, &request, local_clock_real_now());
    pthread_mutex_unlock(&sandbox->world_lock);

    log_answer(sandbox, &answer, at, ++peer->requests);
    if (answer.delay_ms > 0 && pause_for(sandbox, answer.delay_ms))
        answer.delivery = WIRE_DROP;
    enum MHD_Result result = server_send(connection, &answer);
    wire_answer_clear(&answer);
    return result;
}

static enum MHD_Result on_request(void *self, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **context)
{
    struct sandbox *sandbox = self;
    struct peer *peer = peer_of(connection);
    struct header_list headers = {.count = 0};
    (void)url, (void)version, (void)context;

    if (*upload_size) {
        if (peer->body.len + *upload_size > WIRE_BODY_MAX)
            return MHD_NO;
        text_add_bytes(&peer->body, upload, *upload_size);
        *upload_size = 0;
        return MHD_YES;
    }
    MHD_get_connection_values(connection, MHD_HEADER_KIND, add_header, &headers);
    if (!peer->begun) {
        const char *body;
        unsigned status = refuse_early(&headers, method, &body);
        peer->begun = true;
        return status ? server_send_plain(connection, status, body) : MHD_YES;
    }
    connections_phase(&sandbox->connections, peer->slot, CONNECTION_ANSWERING);
    return answer_request(sandbox, connection, method, peer, &headers);
}

/* ---- beginning and end ---- */

static bool check_options(const struct sandbox *sandbox, struct error *err)
{
    if (sandbox->speed < 1 || sandbox->speed > SANDBOX_SPEED_MAX)
        return error_set(err, ERROR_USAGE, "the speed must be between 1 and %d", SANDBOX_SPEED_MAX);
    if (world_time(sandbox) - sandbox->epoch_at > (int64_t)AHEAD_MAX_H * HOUR_MS)
        return error_set(err, ERROR_USAGE,
                         "the clock's epoch lies so far back that more than 30 days of the "
                         "sandbox's time have passed");
    return true;
}

static bool listen_on_loopback(struct sandbox *sandbox, uint16_t port, struct error *err)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    errno = 0;
    sandbox->daemon = MHD_start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL, port, NULL,
        NULL, on_request, sandbox, MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address,
        MHD_OPTION_URI_LOG_CALLBACK, request_line, sandbox, MHD_OPTION_NOTIFY_COMPLETED,
        request_over, sandbox, MHD_OPTION_NOTIFY_CONNECTION, connection_changed, sandbox,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)(IDLE_MAX_MS / 1000), MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)HEADERS_BYTES_MAX, MHD_OPTION_THREAD_STACK_SIZE, (size_t)STACK_SIZE,
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
    if (!sandbox->daemon)
        return error_errno(err, ERROR_NETWORK, errno, "cannot listen on 127.0.0.1 port %u",
                           (unsigned)port);
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(sandbox->daemon, MHD_DAEMON_INFO_BIND_PORT);
    sandbox->port = info ? info->port : port;
    return true;
}

static void make_world(struct sandbox *sandbox, const struct world_setup *given)
{
    struct world_setup setup;
    if (given)
        setup = *given;
    else
        setup_init(&setup);
    setup.epoch_at = sandbox->epoch_at;
    sandbox->world = world_new(&setup);
    world_advance(sandbox->world, world_time(sandbox));
}

static void init_locks(struct sandbox *sandbox)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&sandbox->stop_cond, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&sandbox->stop_lock, NULL);
    pthread_mutex_init(&sandbox->world_lock, NULL);
    pthread_mutex_init(&sandbox->log_lock, NULL);
    connections_init(&sandbox->connections);
}

static void free_all(struct sandbox *sandbox)
{
    world_free(sandbox->world);
    connections_clear(&sandbox->connections);
    pthread_mutex_destroy(&sandbox->log_lock);
    pthread_mutex_destroy(&sandbox->world_lock);
    pthread_mutex_destroy(&sandbox->stop_lock);
    pthread_cond_destroy(&sandbox->stop_cond);
    free(sandbox);
}

bool sandbox_start(struct sandbox **out, const struct sandbox_options *options, struct error *err)
{
    struct sandbox *sandbox = memory_new(sizeof *sandbox);
    sandbox->speed = options->speed ? options->speed : 1;
    sandbox->epoch_at = options->epoch_at ? options->epoch_at : local_clock_real_now();
    sandbox->log = options->log;
    sandbox->log_self = options->log_self;
    *out = NULL;
    init_locks(sandbox);
    if (!check_options(sandbox, err)) {
        free_all(sandbox);
        return false;
    }
    make_world(sandbox, options->setup);
    if (!listen_on_loopback(sandbox, options->port, err)) {
        free_all(sandbox);
        return false;
    }
    int failed = pthread_create(&sandbox->housekeeper, NULL, keep_house, sandbox);
    if (failed) {
        MHD_stop_daemon(sandbox->daemon);
        free_all(sandbox);
        return error_errno(err, ERROR_STORAGE, failed, "cannot start a thread");
    }
    *out = sandbox;
    return true;
}

void sandbox_stop(struct sandbox *sandbox)
{
    if (!sandbox)
        return;
    pthread_mutex_lock(&sandbox->stop_lock);
    sandbox->stopping = true;
    pthread_cond_broadcast(&sandbox->stop_cond);
    pthread_mutex_unlock(&sandbox->stop_lock);
    pthread_join(sandbox->housekeeper, NULL);
    MHD_stop_daemon(sandbox->daemon);
    free_all(sandbox);
}

void sandbox_wait(struct sandbox *sandbox, bool (*interrupted)(void *self), void *self)
{
    while (!interrupted(self) && !pause_for(sandbox, 100))
        ;
}

uint16_t sandbox_port(const struct sandbox *sandbox)
{
    return sandbox->port;
}

int64_t sandbox_speed(const struct sandbox *sandbox)
{
    return sandbox->speed;
}

int64_t sandbox_epoch_at(const struct sandbox *sandbox)
{
    return sandbox->epoch_at;
}

int64_t sandbox_now(const struct sandbox *sandbox)
{
    return world_time(sandbox);
}

const char *sandbox_clock(const struct sandbox *sandbox, char out[SANDBOX_CLOCK_SIZE])
{
    snprintf(out, SANDBOX_CLOCK_SIZE, "%lld@%lld.%03d", (long long)sandbox->speed,
             (long long)(sandbox->epoch_at / SECOND_MS), (int)(sandbox->epoch_at % SECOND_MS));
    return out;
}

void sandbox_inspect(struct sandbox *sandbox, void (*look)(void *self, struct world *world),
                     void *self)
{
    pthread_mutex_lock(&sandbox->world_lock);
    world_advance(sandbox->world, world_time(sandbox));
    look(self, sandbox->world);
    pthread_mutex_unlock(&sandbox->world_lock);
}
