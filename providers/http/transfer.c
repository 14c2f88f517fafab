#include "providers/http/transfer.h"

#include <ctype.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "planner/base/time.h"
#include "providers/local/clock.h"

/* ---- what curl calls ---- */

static int on_prereq(void *self, char *remote_ip, char *local_ip, int remote_port, int local_port)
{
    struct transfer *t = self;
    (void)remote_ip, (void)local_ip, (void)remote_port, (void)local_port;
    /* curl repeats a request by itself when a kept connection was dead; a mutation must not be. */
    if (t->exchange->sent && t->exchange->once) {
        t->sent_before = true;
        return CURL_PREREQFUNC_ABORT;
    }
    t->exchange->sent = true;
    t->last_byte_at = local_clock_monotonic_now();
    return CURL_PREREQFUNC_OK;
}

static int on_progress(void *self, curl_off_t download_total, curl_off_t downloaded,
                       curl_off_t upload_total, curl_off_t uploaded)
{
    struct transfer *t = self;
    (void)download_total, (void)downloaded, (void)upload_total;
    if (uploaded != t->uploaded)
        t->last_byte_at = local_clock_monotonic_now();
    t->uploaded = uploaded;
    return 0;
}

/* Keeps "name: value\n" with the name in lower case and without the spaces around the value. */
static void keep_header(struct text *headers, const char *line, size_t n)
{
    const char *colon = memchr(line, ':', n);
    if (!colon)
        return;
    for (const char *p = line; p < colon; p++)
        text_add_char(headers, (char)tolower((unsigned char)*p));
    const char *value = colon + 1, *end = line + n;
    while (value < end && isspace((unsigned char)*value))
        value++;
    while (end > value && isspace((unsigned char)end[-1]))
        end--;
    text_add(headers, ": ");
    text_add_bytes(headers, value, (size_t)(end - value));
    text_add_char(headers, '\n');
}

static size_t on_header(char *line, size_t size, size_t n, void *self)
{
    struct transfer *t = self;
    (void)size;
    t->last_byte_at = local_clock_monotonic_now();
    t->header_bytes += n;
    if (t->header_bytes > t->options->max_headers) {
        t->too_large = true;
        return 0;
    }
    bool blank = n <= 2 && (line[0] == '\r' || line[0] == '\n');
    if (n >= 5 && memcmp(line, "HTTP/", 5) == 0) { /* a 1xx came before, or a proxy's answer */
        text_cut(&t->exchange->headers_in, 0);
        t->headers_whole = false;
    } else if (blank) {
        t->headers_whole = true;
    } else if (!t->headers_whole) { /* else a trailer */
        keep_header(&t->exchange->headers_in, line, n);
    }
    return n;
}

static size_t on_body(char *bytes, size_t size, size_t n, void *self)
{
    struct transfer *t = self;
    (void)size;
    t->last_byte_at = local_clock_monotonic_now();
    if (n > t->options->max_body - t->exchange->body_in.len) {
        t->too_large = true;
        return 0;
    }
    text_add_bytes(&t->exchange->body_in, bytes, n);
    return n;
}

static curl_socket_t on_open(void *self, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct transfer *t = self;
    (void)purpose;
    t->spare = spares_take(t->spares, address);
    if (t->spare >= 0)
        return t->spare;
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static int on_opened(void *self, curl_socket_t fd, curlsocktype purpose)
{
    const struct transfer *t = self;
    (void)purpose;
    return fd == t->spare ? CURL_SOCKOPT_ALREADY_CONNECTED : CURL_SOCKOPT_OK;
}

/* ---- setting up ---- */

/* "host" or "host:port" as the URL has it; never its user information, which may be a secret. */
static void host_of(char out[256], const char *url)
{
    const char *host = strstr(url, "://");
    host = host ? host + 3 : url;
    size_t n = strcspn(host, "/?#");
    const char *user_end = memrchr(host, '@', n);
    if (user_end) {
        n -= (size_t)(user_end + 1 - host);
        host = user_end + 1;
    }
    snprintf(out, 256, "%.*s", (int)n, host);
}

/*
 * The variable that has the proxy on the way to that URL, unless NO_PROXY excepts it; NULL: none.
 * libcurl alone would not read HTTP_PROXY, which is what a web server makes of a request's "Proxy"
 * header for the programs that it runs (CGI, to be known by REQUEST_METHOD). AWS's tools do.
 */
static const char *proxy_variable(const char *url, bool direct)
{
    bool plain = strncasecmp(url, "http://", 7) == 0;
    const char *const names[] = {
        plain ? "http_proxy" : "https_proxy",
        plain ? "HTTP_PROXY" : "HTTPS_PROXY",
        "all_proxy",
        "ALL_PROXY",
    };
    char host[256];
    host_of(host, url);
    if (direct || http_is_loopback(host)) /* no proxy reaches this machine's own loopback */
        return NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        bool of_request = strcmp(names[i], "HTTP_PROXY") == 0 && getenv("REQUEST_METHOD");
        const char *proxy = getenv(names[i]);
        if (!of_request && proxy && *proxy)
            return names[i];
    }
    return NULL;
}

void transfer_set_url(CURL *easy, const char *url, bool direct)
{
    const char *variable = proxy_variable(url, direct);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_PROXY, variable ? getenv(variable) : "");
}

/*
 * One bundle and no folder of certificates: curl reads a bundle once for all connections of a
 * client, but with a folder beside it (Debian's default) again for each, at 20 ms of processor
 * time. A bundle that somebody named replaces the system's.
 */
static void set_trust(CURL *easy, const char *ca_file)
{
    const char *bundle = ca_file ? ca_file : curl_version_info(CURLVERSION_NOW)->cainfo;
    if (!ca_file && (!bundle || access(bundle, R_OK) != 0))
        return;
    curl_easy_setopt(easy, CURLOPT_CAINFO, bundle);
    curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
}

/* What was received lies in the TLS library's buffer until the next part comes, or for ever. Where
 * curl has another library than OpenSSL this is not called. */
static CURLcode on_tls(CURL *easy, void *context, void *self)
{
    (void)easy, (void)self;
    SSL_CTX_set_options(context, SSL_OP_CLEANSE_PLAINTEXT);
    return CURLE_OK;
}

void transfer_set_limits(CURL *easy, const struct http_options *options)
{
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_PROXY_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    /* A resolver that hangs must not hold up a time-out or an interrupt. */
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, options->user_agent);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)options->connect_timeout_ms);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)options->whole_timeout_ms);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, on_tls);
    set_trust(easy, options->ca_file);
}

static void set_callbacks(struct transfer *t)
{
    curl_easy_setopt(t->easy, CURLOPT_PRIVATE, t);
    curl_easy_setopt(t->easy, CURLOPT_ERRORBUFFER, t->curl_says);
    curl_easy_setopt(t->easy, CURLOPT_PREREQFUNCTION, on_prereq);
    curl_easy_setopt(t->easy, CURLOPT_PREREQDATA, t);
    curl_easy_setopt(t->easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(t->easy, CURLOPT_HEADERDATA, t);
    curl_easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(t->easy, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(t->easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
    curl_easy_setopt(t->easy, CURLOPT_OPENSOCKETDATA, t);
    curl_easy_setopt(t->easy, CURLOPT_SOCKOPTFUNCTION, on_opened);
    curl_easy_setopt(t->easy, CURLOPT_SOCKOPTDATA, t);
    curl_easy_setopt(t->easy, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(t->easy, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(t->easy, CURLOPT_XFERINFODATA, t);
}

static void set_request(CURL *easy, const struct http_exchange *exchange)
{
    transfer_set_url(easy, exchange->url, exchange->direct);
    if (exchange->ca_file)
        set_trust(easy, exchange->ca_file);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, exchange->fresh ? 1L : 0L);
    if (exchange->body_len || strcmp(exchange->method, "POST") == 0) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)exchange->body_len);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, exchange->body_len ? exchange->body : "");
    } else if (strcmp(exchange->method, "HEAD") == 0) {
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
        return;
    }
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, exchange->method);
}

static bool has_header(const struct http_exchange *exchange, const char *name)
{
    for (size_t i = 0; i < exchange->header_count; i++)
        if (strcasecmp(exchange->headers[i].name, name) == 0)
            return true;
    return false;
}

static bool add_header(struct transfer *t, const struct http_header *header)
{
    if (strpbrk(header->value, "\r\n") || strpbrk(header->name, "\r\n:; "))
        return false;
    struct text line = {.secret = true}; /* a session token, a bearer */
    if (header->value[0])                /* curl's way to write an empty value is "Name;" */
        text_addf(&line, "%s: %s", header->name, header->value);
    else
        text_addf(&line, "%s;", header->name);
    t->headers = curl_slist_append(t->headers, line.data);
    text_clear(&line);
    return true;
}

static bool set_headers(struct transfer *t)
{
    const struct http_exchange *exchange = t->exchange;
    t->headers = curl_slist_append(NULL, "Expect:"); /* no waiting for 100 Continue */
    if (!has_header(exchange, "content-type"))
        t->headers = curl_slist_append(t->headers, "Content-Type:");
    for (size_t i = 0; i < exchange->header_count; i++)
        if (!add_header(t, &exchange->headers[i]))
            return error_set(&t->exchange->error, ERROR_USAGE,
                             "header %s holds a character that HTTP does not allow there",
                             exchange->headers[i].name);
    curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers);
    return true;
}

static void release(struct transfer *t)
{
    for (struct curl_slist *h = t->headers; h; h = h->next)
        explicit_bzero(h->data, strlen(h->data));
    curl_slist_free_all(t->headers);
    t->headers = NULL;
    t->easy = NULL;
    t->done = true;
}

/* What it waited for a connection that did not come counts. */
static void set_rest_of_connect_timeout(const struct transfer *t)
{
    int64_t left = t->options->connect_timeout_ms - (t->last_byte_at - t->start_at);
    curl_easy_setopt(t->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)(left > 1 ? left : 1));
}

bool transfer_begin(struct transfer *t, CURL *easy)
{
    t->exchange->body_in.secret = t->exchange->secret;
    t->easy = easy;
    t->spare = -1;
    t->waits = false;
    t->last_byte_at = local_clock_monotonic_now();
    transfer_set_limits(easy, t->options);
    set_rest_of_connect_timeout(t);
    set_callbacks(t);
    set_request(easy, t->exchange);
    if (set_headers(t))
        return true;
    t->exchange->failure = HTTP_NOT_TRIED;
    release(t);
    return false;
}

/* ---- how it went ---- */

static enum http_failure failure_of(const struct transfer *t, CURLcode code)
{
    if (t->too_large)
        return HTTP_TOO_LARGE;
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
        return HTTP_NOT_CONNECTED;
    case CURLE_SSL_CONNECT_ERROR:
        return HTTP_NO_HANDSHAKE;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_ENGINE_INITFAILED:
        return HTTP_NOT_SECURE;
    case CURLE_OPERATION_TIMEDOUT:
        return HTTP_TIMED_OUT;
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
        return HTTP_UNREADABLE;
    case CURLE_UNSUPPORTED_PROTOCOL: /* a scheme of no use, or an answer that is not HTTP */
        return t->exchange->sent ? HTTP_UNREADABLE : HTTP_NOT_TRIED;
    case CURLE_URL_MALFORMAT:
    case CURLE_LOGIN_DENIED: /* a user name in the URL */
        return HTTP_NOT_TRIED;
    default:
        return HTTP_BROKEN;
    }
}

/* Words of curl or of the system, without the capital at their start. */
static const char *uncapitalised(char out[CURL_ERROR_SIZE], const char *s)
{
    snprintf(out, CURL_ERROR_SIZE, "%s", s);
    if (out[0] >= 'A' && out[0] <= 'Z' && out[1] >= 'a')
        out[0] = (char)(out[0] - 'A' + 'a');
    return out;
}

/* It may be the proxy that is not there: libcurl does not tell. */
static void say_proxy(const struct transfer *t)
{
    const char *variable = proxy_variable(t->exchange->url, t->exchange->direct);
    struct text words = {0};
    text_add(&words, t->exchange->error.message);
    if (variable && t->exchange->error.kind == ERROR_NETWORK)
        error_set(&t->exchange->error, ERROR_NETWORK, "%s (%s is set: look at that proxy too)",
                  words.data, variable);
    text_clear(&words);
}

static void say_not_connected(struct transfer *t, const char *host, CURLcode code)
{
    struct error *err = &t->exchange->error;
    char reason[CURL_ERROR_SIZE];
    long number = 0;
    curl_easy_getinfo(t->easy, CURLINFO_OS_ERRNO, &number);
    if (code == CURLE_COULDNT_RESOLVE_HOST)
        error_set(err, ERROR_NETWORK, "cannot reach %s: the name does not resolve", host);
    else if (code == CURLE_COULDNT_RESOLVE_PROXY)
        error_set(err, ERROR_NETWORK, "cannot reach %s: the name of its proxy does not resolve",
                  host);
    else
        error_set(err, ERROR_NETWORK, "cannot reach %s: %s", host,
                  uncapitalised(reason, number ? strerror((int)number) : "Nothing listens there"));
    say_proxy(t);
}

static void say_timed_out(struct transfer *t, const char *host)
{
    struct error *err = &t->exchange->error;
    char within[TIME_TEXT_SIZE];
    bool sent = t->exchange->sent;
    int64_t limit = sent ? t->options->whole_timeout_ms : t->options->connect_timeout_ms;
    duration_format(within, limit);
    error_set(err, ERROR_NETWORK,
              sent ? "%s did not answer within %s" : "cannot reach %s within %s", host, within);
    if (!sent)
        say_proxy(t);
}

static void say(struct transfer *t, enum http_failure why, CURLcode code)
{
    struct error *err = &t->exchange->error;
    char host[256], reason[CURL_ERROR_SIZE];
    host_of(host, t->exchange->url);
    uncapitalised(reason, t->curl_says[0] ? t->curl_says : curl_easy_strerror(code));
    if (why == HTTP_NOT_TRIED)
        error_set(err, ERROR_USAGE, "cannot use the URL of %s: %s", host, reason);
    else if (why == HTTP_NOT_CONNECTED)
        say_not_connected(t, host, code);
    else if (why == HTTP_NOT_SECURE || why == HTTP_NO_HANDSHAKE)
        error_set(err, ERROR_NETWORK, "no secure connection to %s: %s", host, reason);
    else if (why == HTTP_TIMED_OUT)
        say_timed_out(t, host);
    else if (why == HTTP_TOO_LARGE)
        error_set(err, ERROR_SERVICE, "the answer of %s is larger than %zu bytes", host,
                  t->header_bytes > t->options->max_headers ? t->options->max_headers
                                                            : t->options->max_body);
    else if (why == HTTP_UNREADABLE)
        error_set(err, ERROR_SERVICE, "%s did not answer in HTTP: %s", host, reason);
    else if (t->sent_before)
        error_set(err, ERROR_NETWORK, "the connection to %s broke before it answered", host);
    else
        error_set(err, ERROR_NETWORK, "the connection to %s broke before it answered (%s)", host,
                  reason);
}

void transfer_end(struct transfer *t, CURLcode code)
{
    struct http_exchange *exchange = t->exchange;
    exchange->elapsed_ms = local_clock_monotonic_now() - t->start_at;
    if (code == CURLE_OK && !t->headers_whole) /* curl is content with a head that was cut off */
        code = CURLE_GOT_NOTHING;
    if (code == CURLE_OUT_OF_MEMORY && exchange->sent) { /* its word for an endless header line */
        t->too_large = true;
        t->header_bytes = SIZE_MAX;
    }
    if (code == CURLE_OK) {
        long status = 0;
        curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
        exchange->status = (int)status;
    } else {
        exchange->failure = failure_of(t, code);
        say(t, exchange->failure, code);
    }
    release(t);
}

void transfer_stop(struct transfer *t, enum http_failure why)
{
    struct http_exchange *exchange = t->exchange;
    char host[256], idle[TIME_TEXT_SIZE];
    host_of(host, exchange->url);
    exchange->elapsed_ms = t->easy ? local_clock_monotonic_now() - t->start_at : 0;
    exchange->failure = why;
    if (why == HTTP_STOPPED)
        error_set(&exchange->error, ERROR_INTERRUPTED, "interrupted while waiting for %s", host);
    else
        error_set(&exchange->error, ERROR_NETWORK, "%s sent nothing for %s", host,
                  duration_format(idle, t->options->idle_timeout_ms));
    release(t);
}
