#include "providers/aws/client.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "planner/base/memory.h"
#include "providers/aws/aws_error.h"
#include "providers/aws/cut_off.h"
#include "providers/aws/endpoint.h"
#include "providers/aws/explain.h"
#include "providers/aws/renewal.h"
#include "providers/aws/retry.h"
#include "providers/aws/sigv4.h"
#include "providers/aws/skew.h"
#include "providers/http/http.h"
#include "providers/local/clock.h"

/* The calls that are under way, from the first one's beginning until none is. */
struct flow {
    struct pending *first, **last; /* in the order of their beginning; also what is done */
    bool renewal_tried;            /* once for them all, however many are refused */
    struct error why_not_renewed;
    struct error why_stopped; /* nothing more goes out; ERROR_NONE: it does */
};

struct aws_client {
    struct aws_client_options options;
    struct renewal renewal;
    struct aws_endpoint endpoints[AWS_SERVICE_COUNT];
    struct http_client *http;
    struct retry_quota quota;
    int64_t skew_ms; /* what AWS's clock is ahead of this host's */
    struct flow flow;
    size_t warmed[AWS_SERVICE_COUNT]; /* connections opened ahead */
};

static int64_t aws_now(const struct aws_client *client)
{
    return local_clock_real_now() + client->skew_ms;
}

static double kernel_random(void *self)
{
    uint32_t bits = 0;
    (void)self;
    if (getrandom(&bits, sizeof bits, GRND_NONBLOCK) != (ssize_t)sizeof bits)
        bits = UINT32_MAX / 2; /* jitter is a courtesy: the middle will do */
    return bits / 4294967296.0;
}

static bool take_credentials(struct aws_client *client, struct error *err)
{
    const struct aws_client_options *options = &client->options;
    if (options->find)
        return renewal_begin(&client->renewal, options->find, options->config, &options->means,
                             local_clock_real_now(), err);
    renewal_of(&client->renewal, options->credentials);
    return true;
}

bool aws_client_new(struct aws_client **out, const struct aws_client_options *options,
                    struct error *err)
{
    struct aws_client *client = memory_new(sizeof *client);
    const struct aws_config *config = options->config;
    client->options = *options;
    client->quota.left = RETRY_QUOTA;
    if (!client->options.random)
        client->options.random = kernel_random;

    struct http_options http = {
        .ca_file = config->ca_bundle,
        .user_agent = options->user_agent ? options->user_agent : "switchover/" SWITCHOVER_VERSION,
        .connect_timeout_ms = options->timeout_ms,
        .idle_timeout_ms = options->timeout_ms,
        .whole_timeout_ms = options->timeout_ms,
        .interrupted = options->interrupted,
        .interrupted_self = options->interrupted_self,
    };
    bool done = take_credentials(client, err);
    for (int s = 0; done && s < AWS_SERVICE_COUNT; s++)
        done = aws_endpoint_find(&client->endpoints[s], config, (enum aws_service)s, err);
    done = done && http_client_new(&client->http, &http, err);
    if (!done) {
        aws_client_free(client);
        client = NULL;
    }
    *out = client;
    return done;
}

void aws_client_free(struct aws_client *client)
{
    if (!client)
        return;
    http_client_free(client->http);
    for (int s = 0; s < AWS_SERVICE_COUNT; s++)
        aws_endpoint_clear(&client->endpoints[s]);
    renewal_clear(&client->renewal);
    free(client);
}

const char *aws_client_region(const struct aws_client *client)
{
    return client->options.config->region;
}

int64_t aws_client_credentials_end_at(const struct aws_client *client)
{
    return renewal_end(&client->renewal.held);
}

bool aws_client_is_loopback(const struct aws_client *client)
{
    for (int s = 0; s < AWS_STS; s++)
        if (!client->endpoints[s].loopback)
            return false;
    return true;
}

void aws_client_warm(struct aws_client *client, enum aws_service service, size_t n)
{
    if (n <= client->warmed[service])
        return;
    http_warm(client->http, client->endpoints[service].url, n - client->warmed[service]);
    client->warmed[service] = n;
}

void aws_call_clear(struct aws_call *call)
{
    text_clear(&call->body);
    text_clear(&call->answer);
    *call = (struct aws_call){0};
}

/* ---- one attempt ---- */

enum { HEADERS_MAX = 6 };

/* A call on its way, over all its attempts. */
struct pending {
    struct http_exchange exchange; /* comes first: it is what http_next() gives back */
    struct pending *next;
    struct aws_call *call;
    struct http_header headers[HEADERS_MAX];
    size_t header_count;
    char date[SIGV4_DATE_SIZE];
    char target[128];
    struct text authorization;
    struct text token; /* its own: others may take the place of the client's before it is sent */
    int64_t signed_at;
    int64_t wait_ms;     /* before the next attempt */
    int cost;            /* in the quota, of the last retry */
    unsigned generation; /* of the credentials it is signed with */
    bool skew_tried, done;
};

static void add_header(struct pending *p, const char *name, const char *value)
{
    p->headers[p->header_count++] = (struct http_header){name, value};
}

static void set_headers(struct pending *p, const struct aws_client *client)
{
    const struct aws_call *call = p->call;
    p->header_count = 0;
    sigv4_date(p->date, p->signed_at);
    add_header(p, "Host", client->endpoints[call->service].host);
    if (client->renewal.held.access_key_id)
        add_header(p, "X-Amz-Date", p->date);
    if (client->renewal.held.session_token) {
        text_cut(&p->token, 0);
        p->token.secret = true;
        text_add(&p->token, client->renewal.held.session_token);
        add_header(p, "X-Amz-Security-Token", p->token.data);
    }
    if (call->service == AWS_ECS) {
        snprintf(p->target, sizeof p->target, "AmazonEC2ContainerServiceV20141113.%s",
                 call->operation);
        add_header(p, "X-Amz-Target", p->target);
        add_header(p, "Content-Type", "application/x-amz-json-1.1");
    } else {
        add_header(p, "Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
    }
}

static void sign(struct pending *p, const struct aws_client *client)
{
    const struct aws_call *call = p->call;
    const struct credentials *keys = &client->renewal.held;
    struct sigv4_request request = {
        .method = "POST",
        .path = client->endpoints[call->service].path,
        .query = "",
        .headers = p->headers,
        .header_count = p->header_count,
        .payload = call->body.data,
        .payload_len = call->body.len,
    };
    struct sigv4_identity identity = {
        .access_key_id = keys->access_key_id,
        .secret_access_key = keys->secret_access_key,
        .session_token = keys->session_token,
        .region = client->endpoints[call->service].region,
        .service = aws_signing_name(call->service),
        .at = p->signed_at,
    };
    text_cut(&p->authorization, 0);
    sigv4_authorization(&p->authorization, &request, &identity);
    add_header(p, "Authorization", p->authorization.data);
}

static struct http_exchange prepare(struct pending *p, const struct aws_client *client)
{
    p->signed_at = aws_now(client) + p->wait_ms;
    p->generation = client->renewal.generation;
    set_headers(p, client);
    if (client->renewal.held.access_key_id)
        sign(p, client);
    return (struct http_exchange){
        .method = "POST",
        .url = client->endpoints[p->call->service].url,
        .headers = p->headers,
        .header_count = p->header_count,
        .body = p->call->body.data,
        .body_len = p->call->body.len,
        .start_after_ms = p->wait_ms,
        .secret = true, /* a refusal may quote the request, session token and all */
        .fresh = p->call->aside && p->call->attempts == 0,
        .once = p->call->mutation,
    };
}

/* ---- what it came to ---- */

static void take_request_id(struct aws_call *call, const struct http_exchange *exchange,
                            const struct aws_error *said)
{
    if (!http_answer_header(exchange, "x-amzn-requestid", call->request_id,
                            sizeof call->request_id) &&
        !http_answer_header(exchange, "x-amz-request-id", call->request_id,
                            sizeof call->request_id))
        snprintf(call->request_id, sizeof call->request_id, "%s", said ? said->request_id : "");
}

static void succeed(struct pending *p, struct aws_client *client, struct http_exchange *exchange)
{
    struct aws_call *call = p->call;
    retry_give_back(&client->quota, p->cost);
    take_request_id(call, exchange, NULL);
    call->answer = exchange->body_in;
    exchange->body_in = (struct text){0};
    call->ok = true;
    p->done = true;
}

static void fail(struct pending *p, const struct aws_client *client,
                 const struct http_exchange *exchange, const struct retry_attempt *attempt,
                 const struct aws_error *said)
{
    struct aws_call *call = p->call;
    struct explain_about about = {
        .service = call->service,
        .operation = call->operation,
        .endpoint = &client->endpoints[call->service],
        .region = client->options.config->region,
        .credentials = client->renewal.held.source,
        .why_not_renewed = client->flow.why_not_renewed.kind ? &client->flow.why_not_renewed : NULL,
        .attempts = call->attempts,
    };
    if (exchange->failure == HTTP_ANSWERED) {
        take_request_id(call, exchange, said);
        if (attempt->failure == HTTP_BROKEN)
            explain_cut_off(&call->error, &about);
        else
            explain_answer(&call->error, said, exchange->status, &about);
        snprintf(call->error.request_id, sizeof call->error.request_id, "%s", call->request_id);
    } else {
        explain_failure(&call->error, exchange, &about);
    }
    call->outcome_unknown = call->mutation && retry_outcome_unknown(attempt);
    p->done = true;
}

/* A refusal because of this host's clock: once, with AWS's time from now on. */
static bool corrects_clock(struct pending *p, struct aws_client *client,
                           const struct http_exchange *exchange, const struct aws_error *said)
{
    char date[64];
    if (p->skew_tried || !http_answer_header(exchange, "date", date, sizeof date) ||
        !skew_found(&client->skew_ms, said->code, date, p->signed_at, local_clock_real_now()))
        return false;
    p->skew_tried = true;
    p->wait_ms = 0;
    return true;
}

/* A refusal because the credentials have ended: once a wave others are looked for. A mutation may
 * be sent again too: it was refused. */
static bool renews(struct pending *p, struct aws_client *client,
                   const struct http_exchange *exchange, const struct aws_error *said)
{
    struct renewal *renewal = &client->renewal;
    struct flow *flow = &client->flow;
    if (exchange->failure != HTTP_ANSWERED || !renewal_cures(said->code))
        return false;
    p->wait_ms = 0;
    if (p->generation != renewal->generation) /* another call's refusal has brought others */
        return true;
    if (flow->renewal_tried)
        return false;
    flow->renewal_tried = true;
    return renewal_force(renewal, aws_now(client), &flow->why_not_renewed);
}

static int most_attempts(const struct aws_call *call, const struct aws_client *client,
                         enum retry_class how)
{
    const struct aws_config *config = client->options.config;
    if (call->optional)
        return 1;
    if (call->patient && how == RETRY_THROTTLED && !config->max_attempts_said)
        return 2 * config->max_attempts;
    return config->max_attempts;
}

static bool tries_again(struct pending *p, struct aws_client *client,
                        const struct retry_attempt *attempt)
{
    const struct aws_call *call = p->call;
    enum retry_class how = retry_classify(attempt);
    if (call->mutation && retry_outcome_unknown(attempt))
        return false;
    if (!retry_take(&client->quota, &p->cost, how, call->attempts,
                    most_attempts(call, client, how)))
        return false;
    p->wait_ms = retry_wait_ms(call->attempts, client->options.random(client->options.random_self));
    return true;
}

static void read_refusal(struct aws_error *said, const struct http_exchange *exchange,
                         const struct aws_call *call, const struct credentials *signer)
{
    char type[128];
    aws_error_read(said, text_cstr(&exchange->body_in), exchange->body_in.len);
    if (http_answer_header(exchange, "x-amzn-errortype", type, sizeof type))
        aws_error_take_type(said, type);
    aws_words_hide(said->message,
                   "x-amz-security-token:"); /* also that of keys renewed meanwhile */
    aws_words_hide(said->message, call->secret);
    aws_words_hide(said->message, signer->session_token);
    aws_words_hide(said->message, signer->secret_access_key);
}

static void judge(struct pending *p, struct aws_client *client, struct http_exchange *exchange)
{
    struct aws_error said = {0};
    struct aws_call *call = p->call;
    struct retry_attempt attempt = {exchange->failure, exchange->sent, exchange->status, said.code};
    call->attempts++;
    if (exchange->failure == HTTP_ANSWERED) {
        bool accepted = exchange->status >= 200 && exchange->status < 300;
        /* a mutation was carried out, whatever its answer looks like */
        if (accepted && !call->mutation && aws_answer_is_cut_off(call->service, &exchange->body_in))
            attempt.failure = HTTP_BROKEN;
        if (!accepted)
            read_refusal(&said, exchange, call, &client->renewal.held);
    }
    if (retry_classify(&attempt) == RETRY_NONE)
        succeed(p, client, exchange);
    else if (!corrects_clock(p, client, exchange, &said) && !renews(p, client, exchange, &said) &&
             !tries_again(p, client, &attempt))
        fail(p, client, exchange, &attempt, &said);
}

/* ---- all of them ---- */

static void attempt(struct pending *p, struct aws_client *client)
{
    struct error *why = &client->flow.why_stopped;
    if (why->kind == ERROR_NONE &&
        renewal_keep(&client->renewal, aws_now(client), !p->call->mutation, why)) {
        *why = (struct error){0};
        p->exchange = prepare(p, client);
        http_start(client->http, &p->exchange);
    } else {
        p->call->error = *why;
        p->done = true;
    }
}

void aws_start(struct aws_client *client, struct aws_call *call)
{
    struct flow *flow = &client->flow;
    struct pending *p = memory_new(sizeof *p);
    if (!flow->first)
        *flow = (struct flow){.last = &flow->first};
    p->call = call;
    *flow->last = p;
    flow->last = &p->next;
    attempt(p, client);
}

static struct aws_call *take_done(struct flow *flow)
{
    struct pending **at = &flow->first;
    while (*at && !(*at)->done)
        at = &(*at)->next;
    struct pending *p = *at;
    if (!p)
        return NULL;
    struct aws_call *call = p->call;
    *at = p->next;
    if (flow->last == &p->next)
        flow->last = at;
    text_clear(&p->authorization);
    text_clear(&p->token);
    free(p);
    return call;
}

struct aws_call *aws_next(struct aws_client *client)
{
    struct aws_call *done = take_done(&client->flow);
    while (!done && client->flow.first) {
        struct http_exchange *exchange = http_next(client->http);
        struct pending *p = (struct pending *)(void *)exchange;
        judge(p, client, exchange);
        http_exchange_clear(exchange);
        if (!p->done)
            attempt(p, client);
        done = take_done(&client->flow);
    }
    return done;
}

void aws_run(struct aws_client *client, struct aws_call calls[], size_t n)
{
    for (size_t i = 0; i < n; i++)
        aws_start(client, &calls[i]);
    while (aws_next(client))
        continue;
}
