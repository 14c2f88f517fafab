/* TLS: what is verified, and that nothing is sent where it is not. The server's certificates are
 * made here, so nothing in the repository expires. */
#include "tests/unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "planner/base/text.h"
#include "providers/http/http.h"

enum { DAY_S = 24 * 60 * 60 };

struct server {
    SSL_CTX *context;
    int listener, port;
    pthread_t thread;
    int asked;   /* requests that came through */
    int resumed; /* of their handshakes */
    char ca_file[32];
};

static void add_extension(X509 *certificate, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    assert_non_null(extension);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

/* Signed by itself, valid from a day ago until `days` from now, for that name. */
static X509 *certificate_for(EVP_PKEY *key, const char *name, int days)
{
    X509 *certificate = X509_new();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -2 * DAY_S);
    X509_gmtime_adj(X509_getm_notAfter(certificate), days * DAY_S);
    X509_set_pubkey(certificate, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                               (const unsigned char *)"test", -1, -1, 0);
    X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
    add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(certificate, NID_subject_alt_name, name);
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
    return certificate;
}

static void *serve(void *self)
{
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    struct server *server = self;
    int fd;
    while ((fd = accept(server->listener, NULL, NULL)) >= 0) {
        SSL *ssl = SSL_new(server->context);
        char request[4096];
        SSL_set_fd(ssl, fd);
        if (SSL_accept(ssl) == 1 && SSL_read(ssl, request, sizeof request) > 0) {
            server->asked++;
            server->resumed += SSL_session_reused(ssl);
            SSL_write(ssl, answer, sizeof answer - 1);
            SSL_shutdown(ssl);
        }
        SSL_free(ssl);
        close(fd);
    }
    return NULL;
}

static void listen_on_loopback(struct server *server)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    server->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(server->listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(server->listener, (struct sockaddr *)&address, &size), 0);
    assert_int_equal(listen(server->listener, 4), 0);
    server->port = ntohs(address.sin_port);
}

static void start(struct server *server, const char *name, int days, int newest)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = certificate_for(key, name, days);
    *server = (struct server){.context = SSL_CTX_new(TLS_server_method())};
    SSL_CTX_set_security_level(server->context, 0); /* so that it would speak the old versions */
    if (newest)
        SSL_CTX_set_max_proto_version(server->context, newest);
    assert_int_equal(SSL_CTX_use_certificate(server->context, certificate), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(server->context, key), 1);

    strcpy(server->ca_file, "/tmp/switchover-ca-XXXXXX");
    FILE *ca = fdopen(mkstemp(server->ca_file), "w");
    assert_int_equal(PEM_write_X509(ca, certificate), 1);
    fclose(ca);
    X509_free(certificate);
    EVP_PKEY_free(key);
    listen_on_loopback(server);
    pthread_create(&server->thread, NULL, serve, server);
}

static void stop(struct server *server)
{
    shutdown(server->listener, SHUT_RDWR);
    pthread_join(server->thread, NULL);
    close(server->listener);
    unlink(server->ca_file);
    SSL_CTX_free(server->context);
}

static struct http_exchange ask(const struct server *server, const char *host, const char *ca_file)
{
    static char url[64];
    struct http_client *client = NULL;
    struct error err = {0};
    struct http_options options = {.user_agent = "t", .ca_file = ca_file};
    snprintf(url, sizeof url, "https://%s:%d/", host, server->port);
    struct http_exchange exchange = {.method = "POST", .url = url};
    assert_true(http_client_new(&client, &options, &err));
    http_run(client, &exchange, 1);
    http_client_free(client);
    return exchange;
}

static void a_server_that_proves_its_name_is_asked(void **state)
{
    static const int versions[] = {0, TLS1_2_VERSION};
    (void)state;
    for (size_t i = 0; i < COUNT(versions); i++) {
        struct server server;
        start(&server, "IP:127.0.0.1", 1, versions[i]);
        struct http_exchange exchange = ask(&server, "127.0.0.1", server.ca_file);
        if (exchange.failure != HTTP_ANSWERED)
            fail_msg("%s", exchange.error.message);
        assert_string_equal(exchange.body_in.data, "ok");
        http_exchange_clear(&exchange);
        stop(&server);
        assert_int_equal(server.asked, 1);
    }
}

/* One exchange, and then four at once; how many of the handshakes were short. */
static int resumed_of_five(int newest)
{
    struct server server;
    struct http_client *client;
    struct error err = {0};
    char url[64];
    start(&server, "IP:127.0.0.1", 1, newest);
    SSL_CTX_set_session_id_context(server.context, (const unsigned char *)"t", 1);
    struct http_options options = {.user_agent = "t", .ca_file = server.ca_file};
    snprintf(url, sizeof url, "https://127.0.0.1:%d/", server.port);
    assert_true(http_client_new(&client, &options, &err));
    for (size_t n = 1; n <= 4; n += 3) {
        struct http_exchange wave[4];
        for (size_t k = 0; k < n; k++)
            wave[k] = (struct http_exchange){.method = "POST", .url = url, .fresh = true};
        http_run(client, wave, n);
        for (size_t k = 0; k < n; k++) {
            assert_int_equal(wave[k].status, 200);
            http_exchange_clear(&wave[k]);
        }
    }
    http_client_free(client);
    stop(&server);
    assert_int_equal(server.asked, 5);
    return server.resumed;
}

/* One is short in any case: its handle has the session itself. How many more depends on when the
 * server's new tickets come, so that one try says little. */
static void a_handshake_that_follows_another_is_a_short_one(void **state)
{
    static const int versions[] = {0, TLS1_2_VERSION};
    (void)state;
    for (size_t i = 0; i < COUNT(versions); i++) {
        int most = 0;
        for (int tries = 0; most <= 1 && tries < 20; tries++) {
            int resumed = resumed_of_five(versions[i]);
            most = resumed > most ? resumed : most;
        }
        assert_true(most > 1);
    }
}

static void any_other_is_sent_nothing(void **state)
{
    static const struct {
        const char *what, *name;
        int days, newest;
        const char *host, *ca_file; /* NULL: the certificate itself */
        const char *part;
        enum http_failure failure;
    } rows[] = {
        {"unknown authority", "IP:127.0.0.1", 1, 0, "127.0.0.1", "", "certificate",
         HTTP_NOT_SECURE},
        {"another name", "IP:127.0.0.2,DNS:example.com", 1, 0, "127.0.0.1", NULL, "127.0.0.1",
         HTTP_NOT_SECURE},
        {"a name where an address is", "DNS:127.0.0.1", 1, 0, "127.0.0.1", NULL, "127.0.0.1",
         HTTP_NOT_SECURE},
        {"expired", "IP:127.0.0.1", -1, 0, "127.0.0.1", NULL, "expired", HTTP_NOT_SECURE},
        {"TLS 1.1", "IP:127.0.0.1", 1, TLS1_1_VERSION, "127.0.0.1", NULL, "", HTTP_NO_HANDSHAKE},
        {"TLS 1.0", "IP:127.0.0.1", 1, TLS1_VERSION, "127.0.0.1", NULL, "", HTTP_NO_HANDSHAKE},
        {"a bundle that is not there", "IP:127.0.0.1", 1, 0, "127.0.0.1", "/nonexistent/ca.pem",
         "/nonexistent/ca.pem", HTTP_NOT_SECURE},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct server server, stranger;
        start(&server, rows[i].name, rows[i].days, rows[i].newest);
        start(&stranger, rows[i].name, rows[i].days, rows[i].newest);
        const char *ca_file = rows[i].ca_file ? rows[i].ca_file : server.ca_file;
        struct http_exchange exchange =
            ask(&server, rows[i].host, *ca_file ? ca_file : stranger.ca_file);
        if (exchange.failure != rows[i].failure || exchange.sent ||
            exchange.error.kind != ERROR_NETWORK ||
            !strstr(exchange.error.message, "no secure connection to 127.0.0.1") ||
            !strstr(exchange.error.message, rows[i].part))
            fail_msg("%s: %d, sent %d: %s", rows[i].what, exchange.failure, exchange.sent,
                     exchange.error.message);
        http_exchange_clear(&exchange);
        stop(&server);
        stop(&stranger);
        assert_int_equal(server.asked, 0);
    }
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    setenv("NO_PROXY", "*", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_that_proves_its_name_is_asked),
        cmocka_unit_test(a_handshake_that_follows_another_is_a_short_one),
        cmocka_unit_test(any_other_is_sent_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
