/*
 * A TLS connection that is closed, reset or stalled at every byte of what its server sends, and at
 * every byte of what its client does: in each flight of the handshake, the session tickets, the
 * answer's head and body, and before the close_notify that is to end it. Of the handshake itself,
 * TLS 1.2's and 1.3's.
 *
 * What came whole is an answer, and nothing else is; what was not is asked again by the standard
 * mode, never taken for a certificate that does not hold; a request that the server has read counts
 * as sent, so that no change is sent twice; and no end of it takes longer than the time-outs.
 */
#include "tests/unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "planner/base/text.h"
#include "providers/aws/retry.h"
#include "providers/http/http.h"
#include "tests/bench/certificate.h"

enum { SEED = 20261125, SAMPLE = 240, TIMEOUT_MS = 150, BOUND_MS = 2000, WHOLE = 1 << 30 };

enum way { CLOSED, RESET, STALLED, WAYS };
static const char *const way_names[WAYS] = {"closed", "reset", "stalled"};

enum shape { SIZED, CHUNKED, UNSIZED, SHAPES }; /* how the body says where it ends */
static const char *const answers[SHAPES] = {
    "HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n<all>it</all>",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n<all>i\r\n7\r\nt</all>\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n<all>it</all>",
};

struct cut {
    int connection; /* from 1; 0: none is cut */
    int out, in;    /* so many bytes of the server's, or of the client's, pass */
    enum way way;
    enum shape shape;
};

struct server {
    SSL_CTX *context;
    int listener, port;
    pthread_t thread;
    char ca_file[32];
    struct cut cut;
    /* of the connections since the cut was set */
    int connections, asked;
    atomic_int served;         /* how many are over; what else is counted is to be read then */
    int out, in;               /* bytes of the last connection */
    int asked_at, answered_at; /* and of them, up to the end of its request, and its answer */
};

/* One connection: what TLS makes of it goes over two buffers, so that every byte passes here. */
struct connection {
    struct server *server;
    SSL *ssl;
    BIO *in, *out;
    int fd;
    int cut_in, cut_out;
    bool over;
};

/* ---- the server ---- */

static void drain(int fd)
{
    char bytes[512];
    while (recv(fd, bytes, sizeof bytes, 0) > 0)
        continue;
}

static void end(struct connection *c)
{
    struct linger now = {.l_onoff = 1};
    c->over = true;
    if (c->server->cut.way == RESET) {
        setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        return;
    }
    if (c->server->cut.way == CLOSED)
        shutdown(c->fd, SHUT_WR);
    drain(c->fd);
}

/* What TLS has to say, as far as the cut lets it. */
static void flush(struct connection *c)
{
    char bytes[4096];
    int n;
    while (!c->over && (n = BIO_read(c->out, bytes, sizeof bytes)) > 0) {
        int left = c->cut_out - c->server->out;
        bool cuts = n >= left;
        n = cuts ? left : n;
        for (int at = 0, sent; at < n; at += sent)
            if ((sent = (int)send(c->fd, bytes + at, (size_t)(n - at), MSG_NOSIGNAL)) <= 0)
                return;
        c->server->out += n;
        if (cuts)
            end(c);
    }
}

static void answer(struct connection *c)
{
    const char *whole = answers[c->server->cut.shape];
    int head = (int)(strstr(whole, "\r\n\r\n") + 4 - whole);
    c->server->asked++;
    SSL_write(c->ssl, whole, head);
    SSL_write(c->ssl, whole + head, (int)strlen(whole) - head);
    flush(c);
    c->server->asked_at = c->server->in;
    c->server->answered_at = c->server->out;
    if (c->server->cut.shape != UNSIZED || c->over)
        return;
    SSL_shutdown(c->ssl);
    flush(c);
    if (!c->over)
        end(c);
}

static void advance(struct connection *c)
{
    char request[4096];
    bool stands = SSL_is_init_finished(c->ssl) || SSL_do_handshake(c->ssl) == 1;
    flush(c);
    while (!c->over && stands && SSL_read(c->ssl, request, sizeof request) > 0)
        answer(c); /* a request comes in one piece */
    flush(c);
}

static void serve_one(struct server *server, int fd)
{
    bool is_cut = ++server->connections == server->cut.connection;
    struct connection c = {.server = server, .ssl = SSL_new(server->context), .fd = fd};
    char bytes[4096];
    c.in = BIO_new(BIO_s_mem());
    c.out = BIO_new(BIO_s_mem());
    c.cut_in = is_cut ? server->cut.in : WHOLE;
    c.cut_out = is_cut ? server->cut.out : WHOLE;
    SSL_set_bio(c.ssl, c.in, c.out);
    SSL_set_accept_state(c.ssl);
    server->in = server->out = 0;
    if (c.cut_in == 0 || c.cut_out == 0)
        end(&c);
    while (!c.over) {
        int left = c.cut_in - server->in;
        ssize_t n = recv(fd, bytes, left < (int)sizeof bytes ? (size_t)left : sizeof bytes, 0);
        if (n <= 0)
            break;
        server->in += (int)n;
        BIO_write(c.in, bytes, (int)n);
        advance(&c);
        if (!c.over && server->in >= c.cut_in)
            end(&c);
    }
    SSL_free(c.ssl);
    close(fd);
}

static void *serve(void *self)
{
    struct server *server = self;
    int fd, yes = 1;
    while ((fd = accept(server->listener, NULL, NULL)) >= 0) {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        serve_one(server, fd);
        server->served++;
    }
    return NULL;
}

static void server_start(struct server *server, int version)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    *server = (struct server){.ca_file = "/tmp/switchover-ca-XXXXXX"};
    close(mkstemp(server->ca_file));
    server->context = certificate_context(server->ca_file);
    assert_non_null(server->context);
    SSL_CTX_set_max_proto_version(server->context, version);
    server->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(server->listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(server->listener, (struct sockaddr *)&address, &size), 0);
    assert_int_equal(listen(server->listener, 8), 0);
    server->port = ntohs(address.sin_port);
    pthread_create(&server->thread, NULL, serve, server);
}

static void server_stop(struct server *server)
{
    shutdown(server->listener, SHUT_RDWR);
    pthread_join(server->thread, NULL);
    close(server->listener);
    unlink(server->ca_file);
    SSL_CTX_free(server->context);
}

/* ---- asking ---- */

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static struct http_client *client_of(const struct server *server)
{
    struct http_client *client;
    struct error err;
    struct http_options options = {.user_agent = "t",
                                   .ca_file = server->ca_file,
                                   .connect_timeout_ms = TIMEOUT_MS,
                                   .idle_timeout_ms = TIMEOUT_MS,
                                   .whole_timeout_ms = 4 * BOUND_MS}; /* silence ends it */
    if (server->cut.way != STALLED)                                   /* the machine may be slow */
        options.connect_timeout_ms = options.idle_timeout_ms = options.whole_timeout_ms = 0;
    assert_true(http_client_new(&client, &options, &err));
    return client;
}

static void ask(struct http_exchange *exchange, struct http_client *client,
                const struct server *server)
{
    static char url[64];
    snprintf(url, sizeof url, "https://127.0.0.1:%d/", server->port);
    *exchange = (struct http_exchange){
        .method = "POST", .url = url, .body = "Action=X", .body_len = 8, .once = true};
    http_run(client, exchange, 1);
}

static void set_cut(struct server *server, const struct cut *cut)
{
    server->connections = server->asked = server->served = 0;
    server->cut = *cut;
}

/* Waits until the server has seen the end of it, too. */
static void leave(struct http_client *client, struct server *server)
{
    static const struct timespec moment = {.tv_nsec = 200000};
    http_client_free(client);
    while (server->served == 0)
        nanosleep(&moment, NULL);
}

static bool is_whole(const struct http_exchange *exchange)
{
    return exchange->failure == HTTP_ANSWERED && exchange->status == 200 &&
           strcmp(text_cstr(&exchange->body_in), "<all>it</all>") == 0;
}

/* A body whose length nobody says ends where the connection does, and libcurl does not tell whether
 * TLS has said so too: that it is whole is for its reader to see (answers_cut.c). */
static bool is_beginning(const struct http_exchange *exchange)
{
    return exchange->failure == HTTP_ANSWERED && exchange->status == 200 && exchange->sent &&
           text_starts("<all>it</all>", text_cstr(&exchange->body_in));
}

static enum retry_class class_of(const struct http_exchange *exchange)
{
    const struct retry_attempt attempt = {exchange->failure, exchange->sent, exchange->status, ""};
    return retry_classify(&attempt);
}

static const char *wrong_with(const struct http_exchange *exchange, const struct server *server,
                              bool must_be_whole, int asked)
{
    enum retry_class class = class_of(exchange);
    if (server->cut.shape == UNSIZED && !must_be_whole && is_beginning(exchange))
        return NULL;
    if (must_be_whole != is_whole(exchange))
        return must_be_whole ? "it came whole, and is none" : "it is taken for whole";
    if (!must_be_whole && class != RETRY_TRANSIENT && class != RETRY_TIMEOUT)
        return "it is not asked again";
    if (asked && !exchange->sent)
        return "it was sent, and counts as not sent";
    if (server->asked > 2)
        return "it was sent twice";
    return NULL;
}

/* How many bytes pass where nothing is cut. */
struct length {
    int out, in, asked_at, answered_at;
};

static struct length length_of(struct server *server, enum shape shape)
{
    struct http_exchange exchange;
    set_cut(server, &(struct cut){.shape = shape});
    struct http_client *client = client_of(server);
    ask(&exchange, client, server);
    if (!is_whole(&exchange))
        fail_msg("shape %d: %s", shape, exchange.error.message);
    http_exchange_clear(&exchange);
    leave(client, server);
    struct length length = {server->out, server->in, server->asked_at, server->answered_at};
    return length;
}

/* ---- the cases ---- */

struct tally {
    size_t played, whole, sent;
    int64_t slowest_ms;
};

static void play(struct server *server, const struct cut *cut, const struct length *length,
                 struct tally *tally)
{
    struct http_exchange exchange;
    set_cut(server, cut);
    bool must_be_whole = cut->out >= (cut->shape == UNSIZED ? length->out : length->answered_at) &&
                         cut->in >= length->asked_at;
    struct http_client *client = client_of(server);
    int64_t began = now_ms();
    ask(&exchange, client, server);
    int64_t took = now_ms() - began;
    leave(client, server);
    const char *wrong = wrong_with(&exchange, server, must_be_whole, server->asked);
    if (took > BOUND_MS)
        wrong = "it took too long";
    if (wrong)
        fail_msg("%s after %d bytes of the server's and %d of the client's, shape %d: %s (%s)",
                 way_names[cut->way], cut->out, cut->in, cut->shape, wrong, exchange.error.message);
    tally->played++;
    tally->whole += must_be_whole;
    tally->sent += exchange.sent;
    tally->slowest_ms = took > tally->slowest_ms ? took : tally->slowest_ms;
    http_exchange_clear(&exchange);
}

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 16;
}

/* Each case with the chance that makes as many of them as are wanted; a stall takes its time, and
 * where it comes makes little difference. */
static bool is_chosen(enum way way, size_t of, uint32_t *seed)
{
    size_t each = getenv("TESTS_LONG") ? of : SAMPLE;
    return next_random(seed) % of < (way == STALLED ? each / 32 : each / 2);
}

static void play_all(struct server *server, uint32_t *seed, struct tally *tally, size_t *cases)
{
    struct length length[SHAPES];
    size_t all = 0;
    for (enum shape shape = 0; shape < SHAPES; shape++) {
        length[shape] = length_of(server, shape);
        all += (size_t)(length[shape].out + length[shape].in);
    }
    *cases += WAYS * all;
    for (enum shape shape = 0; shape < SHAPES; shape++)
        for (enum way way = 0; way < WAYS; way++) {
            struct cut cut = {.connection = 1, .out = WHOLE, .way = way, .shape = shape};
            for (cut.in = 0; cut.in < length[shape].in; cut.in++)
                if (is_chosen(way, all, seed))
                    play(server, &cut, &length[shape], tally);
            cut.in = WHOLE;
            for (cut.out = 0; cut.out < length[shape].out; cut.out++)
                if (is_chosen(way, all, seed) || cut.out >= length[shape].answered_at)
                    play(server, &cut, &length[shape], tally);
        }
}

static void every_byte_of_a_connection(void **state)
{
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    uint32_t seed = SEED;
    struct tally tally = {0};
    size_t cases = 0;
    (void)state;
    for (size_t i = 0; i < COUNT(versions); i++) {
        struct server server;
        server_start(&server, versions[i]);
        play_all(&server, &seed, &tally, &cases);
        server_stop(&server);
    }
    print_message("tls: %zu of %zu cuts (seed %d), %zu of them behind the answer, %zu behind the "
                  "request; slowest %lld ms; 0 wrong\n",
                  tally.played, cases, SEED, tally.whole, tally.sent, (long long)tally.slowest_ms);
}

/* The certificate of a server that is asked again ends, and the kept connection with it. */
static void a_certificate_that_ends_between_two_requests(void **state)
{
    struct server server;
    struct http_exchange exchange;
    (void)state;
    server_start(&server, TLS1_3_VERSION);
    server.cut = (struct cut){.shape = UNSIZED}; /* it keeps no connection */
    struct http_client *client = client_of(&server);
    ask(&exchange, client, &server);
    assert_true(is_whole(&exchange));
    http_exchange_clear(&exchange);

    SSL_CTX *before = server.context;
    server.context = certificate_context_until(server.ca_file, -1);
    ask(&exchange, client, &server);
    assert_int_equal(exchange.failure, HTTP_NOT_SECURE);
    assert_false(exchange.sent);
    assert_int_equal(server.asked, 1);
    assert_int_equal(class_of(&exchange), RETRY_PERMANENT);
    assert_non_null(strstr(exchange.error.message, "no secure connection to 127.0.0.1"));
    http_exchange_clear(&exchange);
    http_client_free(client);
    SSL_CTX_free(before);
    server_stop(&server);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_certificate_that_ends_between_two_requests),
        cmocka_unit_test(every_byte_of_a_connection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
