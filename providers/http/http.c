#include "providers/http/http.h"

#include <assert.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "planner/base/memory.h"
#include "planner/base/time.h"
#include "providers/http/transfer.h"
#include "providers/local/clock.h"

enum {
    CONNECTIONS_KEPT = 64,
    TICK_MS = 100, /* how late an interrupt may be noticed */
    SPARE_LIFE_MS = 15 * SECOND_MS,
};

/* A look-up of a host whose sockets are opened, but by us: curl's own attempt ends there. */
struct warming {
    struct warming *next;
    struct spares *spares;
    const char *url;
    CURL *easy;
    size_t n;
};

struct http_client {
    struct http_options options;
    CURLM *multi;
    CURLSH *share; /* of TLS sessions: a handshake that follows another one is a short one */
    CURL **idle;   /* handles for the next exchanges */
    size_t idle_count;
    struct warming *warming;
    struct spares spares;
    struct transfer *first, **last; /* begun and not yet taken, in the order of their beginning */
    bool answered;                  /* something, once: there are connections that are kept */
};

static struct http_options with_defaults(const struct http_options *given)
{
    struct http_options options = *given;
    if (!options.connect_timeout_ms)
        options.connect_timeout_ms = 5 * SECOND_MS;
    if (!options.whole_timeout_ms)
        options.whole_timeout_ms = 30 * SECOND_MS;
    if (!options.idle_timeout_ms)
        options.idle_timeout_ms = 15 * SECOND_MS;
    if (!options.max_body)
        options.max_body = (size_t)8 * 1024 * 1024;
    if (!options.max_headers)
        options.max_headers = (size_t)64 * 1024;
    return options;
}

bool http_client_new(struct http_client **out, const struct http_options *options,
                     struct error *err)
{
    /* curl's buffers hold what is sent and what comes: tokens in headers, keys in answers. */
    CURLcode code = curl_global_init_mem(CURL_GLOBAL_DEFAULT, malloc, memory_wiping_free,
                                         memory_wiping_realloc, strdup, calloc);
    if (code != CURLE_OK)
        return error_set(err, ERROR_NETWORK, "cannot start libcurl: %s", curl_easy_strerror(code));
    struct http_client *client = memory_new(sizeof *client);
    client->options = with_defaults(options);
    client->multi = curl_multi_init();
    client->share = curl_share_init();
    if (!client->multi || !client->share)
        memory_exhausted();
    curl_share_setopt(client->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    curl_multi_setopt(client->multi, CURLMOPT_MAXCONNECTS, (long)CONNECTIONS_KEPT);
    client->last = &client->first;
    *out = client;
    return true;
}

static void end_warming(struct http_client *client, const CURL *easy)
{
    struct warming **at = &client->warming;
    while ((*at)->easy != easy) /* every one that curl has is in the list */
        at = &(*at)->next;
    struct warming *ended = *at;
    *at = ended->next;
    curl_multi_remove_handle(client->multi, ended->easy);
    curl_easy_cleanup(ended->easy);
    free(ended);
}

static curl_socket_t on_warm(void *self, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct warming *warming = self;
    (void)purpose;
    spares_open(warming->spares, warming->url, address, warming->n, local_clock_monotonic_now());
    return CURL_SOCKET_BAD;
}

void http_client_free(struct http_client *client)
{
    if (!client)
        return;
    assert(!client->first);
    while (client->warming)
        end_warming(client, client->warming->easy);
    spares_close_old(&client->spares, INT64_MAX, INT64_MAX);
    for (size_t i = 0; i < client->idle_count; i++)
        curl_easy_cleanup(client->idle[i]);
    free(client->idle);
    curl_multi_cleanup(client->multi);
    curl_share_cleanup(client->share);
    free(client);
    curl_global_cleanup();
}

static CURL *take_handle(struct http_client *client)
{
    if (client->idle_count)
        return client->idle[--client->idle_count];
    CURL *easy = curl_easy_init();
    if (!easy)
        memory_exhausted();
    curl_easy_setopt(easy, CURLOPT_SHARE, client->share);
    return easy;
}

static void give_back(struct http_client *client, CURL *easy)
{
    curl_easy_reset(easy);
    client->idle = memory_resize(client->idle, (client->idle_count + 1) * sizeof *client->idle);
    client->idle[client->idle_count++] = easy;
}

/* ---- what is under way ---- */

static void start(struct http_client *client, struct transfer *t)
{
    CURL *easy = take_handle(client);
    if (transfer_begin(t, easy))
        curl_multi_add_handle(client->multi, easy);
    else
        give_back(client, easy);
}

static void give_back_of(struct http_client *client, CURL *easy)
{
    curl_multi_remove_handle(client->multi, easy);
    give_back(client, easy);
}

static bool is_warming(const struct http_client *client, const char *url)
{
    const struct warming *w = client->warming;
    while (w && strcmp(w->url, url) != 0)
        w = w->next;
    return w != NULL;
}

/* A connection that is on its way is nearer than one that is yet to be begun. But once there are
 * some that are kept, it is curl that knows whether one of them is free. */
static bool is_worth_waiting(struct http_client *client, const char *url)
{
    return !client->answered &&
           (is_warming(client, url) || spares_claim(&client->spares, url) == SPARE_COMING);
}

static void start_due(struct http_client *client, int64_t now)
{
    for (struct transfer *t = client->first; t; t = t->next) {
        if (t->done || t->easy || t->start_at > now)
            continue;
        t->waits = is_worth_waiting(client, t->exchange->url);
        if (!t->waits)
            start(client, t);
    }
}

static void take_finished(struct http_client *client)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(client->multi, &left))) {
        CURL *easy = message->easy_handle;
        CURLcode code = message->data.result;
        char *self = NULL;
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, &self);
        if (!self) {
            end_warming(client, easy);
            continue;
        }
        transfer_end((struct transfer *)(void *)self, code);
        give_back_of(client, easy);
        client->answered = true;
    }
}

static void stop(struct http_client *client, struct transfer *t, enum http_failure why)
{
    CURL *easy = t->easy;
    transfer_stop(t, why);
    if (easy)
        give_back_of(client, easy);
}

static void stop_all(struct http_client *client)
{
    for (struct transfer *t = client->first; t; t = t->next)
        if (!t->done)
            stop(client, t, HTTP_STOPPED);
}

/* When something is due that curl does not know of: its start, or its end by silence. */
static int64_t due_at(const struct transfer *t)
{
    if (!t->easy)
        return t->start_at + (t->waits ? t->options->connect_timeout_ms : 0);
    return t->exchange->sent ? t->last_byte_at + t->options->idle_timeout_ms : INT64_MAX;
}

static void stop_silent(struct http_client *client, int64_t now)
{
    for (struct transfer *t = client->first; t; t = t->next)
        if (!t->done && t->easy && due_at(t) <= now)
            stop(client, t, HTTP_TIMED_OUT);
}

static int until_next(const struct http_client *client, int64_t now)
{
    int64_t next = now + (client->options.interrupted ? TICK_MS : SECOND_MS);
    for (const struct transfer *t = client->first; t; t = t->next)
        if (!t->done && due_at(t) < next)
            next = due_at(t);
    return next > now ? (int)(next - now) : 0;
}

static bool interrupted(const struct http_client *client)
{
    return client->options.interrupted &&
           client->options.interrupted(client->options.interrupted_self);
}

static void wait_for_something(struct http_client *client)
{
    struct curl_waitfd fds[SPARES_MAX];
    unsigned n = 0;
    for (const struct transfer *t = client->first; t && !n; t = t->next)
        if (t->waits)
            n = spares_to_poll(&client->spares, fds);
    curl_multi_poll(client->multi, fds, n, until_next(client, local_clock_monotonic_now()), NULL);
}

static void advance(struct http_client *client)
{
    int running;
    int64_t now = local_clock_monotonic_now();
    spares_close_old(&client->spares, now - SPARE_LIFE_MS,
                     now - client->options.connect_timeout_ms);
    start_due(client, now);
    curl_multi_perform(client->multi, &running);
    take_finished(client);
    stop_silent(client, local_clock_monotonic_now());
}

static struct http_exchange *take_done(struct http_client *client)
{
    struct transfer **at = &client->first;
    while (*at && !(*at)->done)
        at = &(*at)->next;
    struct transfer *t = *at;
    if (!t)
        return NULL;
    struct http_exchange *exchange = t->exchange;
    *at = t->next;
    if (client->last == &t->next)
        client->last = at;
    free(t);
    return exchange;
}

void http_start(struct http_client *client, struct http_exchange *exchange)
{
    struct transfer *t = memory_new(sizeof *t);
    *t = (struct transfer){.exchange = exchange,
                           .options = &client->options,
                           .spares = &client->spares,
                           .start_at = local_clock_monotonic_now() + exchange->start_after_ms};
    *client->last = t;
    client->last = &t->next;
}

struct http_exchange *http_next(struct http_client *client)
{
    struct http_exchange *done = take_done(client);
    while (!done && client->first) {
        if (interrupted(client))
            stop_all(client);
        else
            advance(client);
        done = take_done(client);
        if (!done)
            wait_for_something(client);
    }
    return done;
}

void http_run(struct http_client *client, struct http_exchange exchanges[], size_t n)
{
    assert(!client->first);
    for (size_t i = 0; i < n; i++)
        http_start(client, &exchanges[i]);
    while (http_next(client))
        continue;
}

void http_warm(struct http_client *client, const char *url, size_t n)
{
    if (client->answered)
        return;
    struct warming *warming = memory_new(sizeof *warming);
    *warming = (struct warming){client->warming, &client->spares, url, curl_easy_init(), n};
    if (!warming->easy)
        memory_exhausted();
    client->warming = warming;
    transfer_set_limits(warming->easy, &client->options);
    transfer_set_url(warming->easy, url, false);
    curl_easy_setopt(warming->easy, CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(warming->easy, CURLOPT_OPENSOCKETFUNCTION, on_warm);
    curl_easy_setopt(warming->easy, CURLOPT_OPENSOCKETDATA, warming);
    curl_multi_add_handle(client->multi, warming->easy);
    advance(client);
}

void http_exchange_clear(struct http_exchange *exchange)
{
    text_clear(&exchange->body_in);
    text_clear(&exchange->headers_in);
    exchange->status = 0;
    exchange->sent = false;
    exchange->elapsed_ms = 0;
    exchange->failure = HTTP_ANSWERED;
    exchange->error = (struct error){0};
}

bool http_answer_header(const struct http_exchange *exchange, const char *name, char *out,
                        size_t size)
{
    size_t len = strlen(name);
    for (const char *line = text_cstr(&exchange->headers_in); *line;
         line += strcspn(line, "\n") + 1) {
        if (strncmp(line, name, len) != 0 || line[len] != ':')
            continue;
        const char *value = line + len + 2;
        size_t n = strcspn(value, "\n");
        if (n >= size)
            return false;
        memcpy(out, value, n);
        out[n] = '\0';
        return true;
    }
    return false;
}
