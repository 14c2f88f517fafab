/*
 * HTTP over libcurl's multi interface behind blocking calls: http_run() for a wave of requests, an
 * array of them; or, where an answer sets further requests free, http_start() for each and
 * http_next() for whichever is done. No callback leaves this file's module; nothing of curl shows
 * in this header.
 *
 * Rules (FACTS.md, "Libraries"): no redirects, no netrc, TLS 1.2 at least with verification never
 * off, proxies and NO_PROXY from the environment as curl reads them and HTTP_PROXY besides, but
 * none on the way to this machine itself, connections kept between calls of one client, HTTP/1.1.
 * SIGPIPE is the caller's to ignore.
 */
#ifndef PROVIDERS_HTTP_HTTP_H
#define PROVIDERS_HTTP_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "planner/base/error.h"
#include "planner/base/text.h"

struct http_client; /* the kept connections; use from one thread */

struct http_options {
    const char *ca_file;         /* NULL: the system's */
    const char *user_agent;      /* borrowed for the client's life */
    int64_t connect_timeout_ms;  /* 0: 5 s */
    int64_t whole_timeout_ms;    /* for one exchange; 0: 30 s */
    int64_t idle_timeout_ms;     /* no byte for so long ends the exchange; 0: 15 s */
    size_t max_body;             /* 0: 8 MiB; more is an error, not a cut */
    size_t max_headers;          /* 0: 64 KiB in all */
    bool (*interrupted)(void *); /* asked while waiting; true ends all with ERROR_INTERRUPTED */
    void *interrupted_self;
};

must_use bool http_client_new(struct http_client **out, const struct http_options *options,
                              struct error *err);
void http_client_free(struct http_client *client);

struct http_header {
    const char *name;
    const char *value;
};

/* Why there is no whole answer. Whether the request may have left is `sent` alone. */
enum http_failure {
    HTTP_ANSWERED,      /* none: a whole answer came, whatever its status */
    HTTP_NOT_TRIED,     /* an unusable URL or header: ERROR_USAGE */
    HTTP_NOT_CONNECTED, /* the name does not resolve, or nobody listens there */
    HTTP_NOT_SECURE,    /* a certificate that does not hold, or a bundle that cannot be read */
    HTTP_NO_HANDSHAKE,  /* TLS broke off before it stood: a dropped connection, a version */
    HTTP_TIMED_OUT,     /* while connecting, sending or waiting */
    HTTP_BROKEN,        /* the connection ended before the answer did */
    HTTP_UNREADABLE,    /* not HTTP: ERROR_SERVICE */
    HTTP_TOO_LARGE,     /* larger than the caps: ERROR_SERVICE */
    HTTP_STOPPED,       /* `interrupted` said so: ERROR_INTERRUPTED */
};

struct http_exchange {
    /* request: all borrowed until http_run returns */
    const char *method;
    const char *url;
    const struct http_header *headers; /* Host and Content-Length are curl's unless given here */
    size_t header_count;
    const char *body;
    size_t body_len;
    const char *ca_file;    /* in place of the client's; no connection that was made with another
                               one is used for it. NULL: the client's */
    bool direct;            /* past any proxy: what it carries is for that host alone */
    bool fresh;             /* leaves the connections that are kept to those that come after it */
    int64_t start_after_ms; /* wait so long before sending: a retry's back-off inside a wave */
    bool secret;            /* its answer is: body_in is a secret text */
    bool once; /* never sent twice, not even when a kept connection turns out to be dead */

    /* answer: owned; http_exchange_clear() frees it and readies the exchange for another run */
    int status; /* 0: no complete answer */
    struct text body_in;
    struct text headers_in; /* "name: value\n" lines, names in lower case */
    bool sent;              /* the request may have left: bytes were written to a connection */
    int64_t elapsed_ms;     /* monotonic, of this exchange, its start_after_ms not counted */
    enum http_failure failure;
    struct error error; /* kind ERROR_NONE when a whole answer came; the message names the host */
};

/*
 * Begins to open n connections to the URL's host at once, before there is a request for them: what
 * is done meanwhile costs nothing then, and a wave that is wider than the one before finds them
 * open. The first exchanges with that very URL wait for them. No error comes of it; unused they are
 * closed after some seconds. Once something has been answered it does nothing: there are
 * connections that are kept then. The URL is borrowed for the client's life.
 */
void http_warm(struct http_client *client, const char *url, size_t n);

/* Begins the exchange beside those that are under way. It stays where it is until it is done. */
void http_start(struct http_client *client, struct http_exchange *exchange);
/* Waits until one that was begun has its answer or its error, and gives it back; NULL: there is
 * none. An interrupt ends all, and each is still given back. */
struct http_exchange *http_next(struct http_client *client);

/* Runs all n at once and returns when each has an answer or an error. None may be under way. */
void http_run(struct http_client *client, struct http_exchange exchanges[], size_t n);
void http_exchange_clear(struct http_exchange *exchange);

/* Where a request to that URL goes, by libcurl's own reading: the host in lower case without its
 * port, an IPv6 address in its brackets, and whether by TLS. False for what is no http or https
 * URL. */
bool http_url_host(struct text *host, bool *tls, const char *url);
/* Whether what is sent to that URL can be read by its host alone: TLS, or plain HTTP on this
 * machine, which is then to be asked directly. False also for what is no URL. */
bool http_keeps_secret(const char *url);
/* localhost, a name below it, 127.0.0.0/8 or ::1; with or without a port behind it, an IPv6 address
 * in brackets then. */
bool http_is_loopback(const char *host);

/* The value of an answer's header (lower-case name) copied into out, or false. */
bool http_answer_header(const struct http_exchange *exchange, const char *name, char *out,
                        size_t size);

#endif
