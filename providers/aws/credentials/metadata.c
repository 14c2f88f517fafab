/*
 * Keys of an EC2 instance's role, from its metadata service (AWS SDKs and Tools reference guide,
 * "IMDS credential provider"; EC2 user guide, "Instance metadata service version 2").
 *
 * Version 2 only: without a session token, which a PUT asks for, nothing is read, because version 1
 * gives the keys to whoever can make this host send a GET. Where nobody answers the PUT there are
 * none here: the last source of all must not make a laptop wait.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

#include "planner/base/text.h"
#include "planner/base/time.h"
#include "providers/aws/credentials/source.h"
#include "providers/local/clock.h"

#define ROLES "latest/meta-data/iam/security-credentials/"

enum { TIMEOUT_MAX_S = 3600, ATTEMPTS_MAX = 100, ROLE_NAME_MAX = 64 };

/*
 * Keys that are this near to their end come when the service has no newer ones (it makes them five
 * minutes ahead at the least). They are used on, and asked for again some minutes later: AWS takes
 * them for longer than they say at such times ("static stability"; the times are botocore's).
 */
enum { STALE_MS = 15 * MINUTE_MS, AGAIN_MIN_MS = 2 * MINUTE_MS, AGAIN_MAX_MS = 10 * MINUTE_MS };

static const char service[] = "the instance's metadata service";

/* A walk through the service. */
struct visit {
    const struct credentials_search *search;
    struct credentials_patience patience;
    struct text base; /* with a "/" at its end */
    struct text token;
    struct http_exchange exchange;
};

static const char *setting(const struct visit *visit, const char *variable, const char *key)
{
    const char *value = credentials_variable(variable);
    return value ? value : profile_get(visit->search->profile, key);
}

static bool read_number(int *out, const struct visit *visit, const char *variable, const char *key,
                        int most, struct error *err)
{
    const char *value = setting(visit, variable, key);
    char *end;
    *out = 1;
    if (!value)
        return true;
    errno = 0;
    long n = strtol(value, &end, 10);
    if (errno || *end || end == value || n < 1 || n > most)
        return error_set(err, ERROR_USAGE,
                         "%s (or %s of the profile) is \"%s\"; a number from 1 to %d is expected",
                         variable, key, value, most);
    *out = (int)n;
    return true;
}

static bool read_place(struct visit *visit, struct error *err)
{
    const char *url =
        setting(visit, "AWS_EC2_METADATA_SERVICE_ENDPOINT", "ec2_metadata_service_endpoint");
    const char *mode = setting(visit, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
                               "ec2_metadata_service_endpoint_mode");
    bool by_v6 = mode && strcasecmp(mode, "ipv6") == 0;
    if (mode && !by_v6 && strcasecmp(mode, "ipv4") != 0)
        return error_set(err, ERROR_USAGE,
                         "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE (or "
                         "ec2_metadata_service_endpoint_mode of the profile) is \"%s\"; IPv4 or "
                         "IPv6 is expected",
                         mode);
    if (!url)
        url = by_v6 ? "http://[fd00:ec2::254]/" : "http://169.254.169.254/";
    struct text host = {0};
    bool tls, is_url = http_url_host(&host, &tls, url) && !strpbrk(url, "?#");
    text_clear(&host);
    if (!is_url)
        return error_set(err, ERROR_USAGE,
                         "AWS_EC2_METADATA_SERVICE_ENDPOINT (or ec2_metadata_service_endpoint of "
                         "the profile) is not a plain URL that begins with http:// or https://");
    text_addf(&visit->base, "%s%s", url, text_ends(url, "/") ? "" : "/");
    return true;
}

static bool read_settings(struct visit *visit, struct error *err)
{
    int seconds;
    if (!read_number(&seconds, visit, "AWS_METADATA_SERVICE_TIMEOUT", "metadata_service_timeout",
                     TIMEOUT_MAX_S, err) ||
        !read_number(&visit->patience.attempts, visit, "AWS_METADATA_SERVICE_NUM_ATTEMPTS",
                     "metadata_service_num_attempts", ATTEMPTS_MAX, err))
        return false;
    visit->patience.timeout_ms = (int64_t)seconds * SECOND_MS;
    return read_place(visit, err);
}

/* True: an answer came. The exchange is the visit's, and the next request's too. */
static bool request(struct visit *visit, const char *method, const char *path, const char *name,
                    const char *header, const char *value, struct error *err)
{
    struct text url = {0};
    struct http_header headers[] = {{header, value}};
    text_addf(&url, "%s%s%s", visit->base.data, path, name);
    http_exchange_clear(&visit->exchange);
    visit->exchange = (struct http_exchange){
        .method = method, .url = url.data, .headers = headers, .header_count = 1, .direct = true};
    bool answered = credentials_ask(&visit->exchange, visit->search, &visit->patience, err);
    if (!answered)
        error_context(err, "%s", service);
    text_clear(&url);
    return answered;
}

static bool get(struct visit *visit, const char *path, const char *name, struct error *err)
{
    return request(visit, "GET", path, name, "X-aws-ec2-metadata-token", visit->token.data, err);
}

static enum credentials_found refuse(const struct visit *visit, const char *what, struct error *err)
{
    error_set(err, ERROR_CREDENTIALS, "%s answered %d to the request for %s", service,
              visit->exchange.status, what);
    return CREDENTIALS_FAILED;
}

/* ---- the session token ---- */

/* The service listens, and its answer does not arrive: its packets may make one hop only, and a
 * container is one further. */
static void note_silence(const struct visit *visit)
{
    struct text *seen = visit->search->seen;
    if (!seen)
        return;
    text_addf(seen,
              "%s%s took the request for a session token and did not answer within %lld s "
              "(in a container on an EC2 instance the answer is lost while the instance's "
              "metadata hop limit is 1: set it to 2)",
              seen->len ? "; " : "", service, (long long)(visit->patience.timeout_ms / SECOND_MS));
}

static enum credentials_found nobody(const struct visit *visit, const struct error *err)
{
    if (err->kind == ERROR_INTERRUPTED || visit->exchange.failure == HTTP_UNREADABLE ||
        visit->exchange.failure == HTTP_NOT_TRIED)
        return CREDENTIALS_FAILED;
    if (visit->exchange.failure == HTTP_TIMED_OUT && visit->exchange.sent)
        note_silence(visit);
    return CREDENTIALS_ABSENT;
}

static enum credentials_found take_token(struct visit *visit, struct error *err)
{
    struct error why = {0};
    if (!request(visit, "PUT", "latest/api/token", "", "X-aws-ec2-metadata-token-ttl-seconds",
                 "21600", &why)) {
        enum credentials_found found = nobody(visit, &why);
        if (found == CREDENTIALS_FAILED)
            *err = why;
        return found;
    }
    switch (visit->exchange.status) {
    case 403:
    case 404:
    case 405:
        return CREDENTIALS_ABSENT;
    case 200:
        break;
    default:
        return refuse(visit, "a session token", err);
    }
    const struct text *body = &visit->exchange.body_in;
    size_t n = body->len;
    for (const char *c = text_cstr(body); *c > ' ' && *c <= '~'; c++)
        n--;
    if (n || !body->len) {
        error_set(err, ERROR_CREDENTIALS, "%s answered with a session token that is none", service);
        return CREDENTIALS_FAILED;
    }
    visit->token.secret = true;
    text_add_bytes(&visit->token, body->data, body->len);
    return CREDENTIALS_FOUND;
}

/* ---- the role and its keys ---- */

/* It becomes part of a path: what is no name of a role (IAM user guide, "Name requirements") must
 * not. An instance has one; of several lines the first counts. */
static enum credentials_found take_role(char out[ROLE_NAME_MAX + 1], struct visit *visit,
                                        struct error *err)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "+=,.@_-";
    if (!get(visit, ROLES, "", err))
        return CREDENTIALS_FAILED;
    const char *names = text_cstr(&visit->exchange.body_in);
    size_t n = strcspn(names, "\r\n");
    if (visit->exchange.status == 404 || (visit->exchange.status == 200 && !*names))
        return CREDENTIALS_ABSENT;
    if (visit->exchange.status != 200)
        return refuse(visit, "the name of the instance's role", err);
    if (n == 0 || n > ROLE_NAME_MAX || strspn(names, allowed) != n || strspn(names, ".") == n) {
        error_set(err, ERROR_CREDENTIALS, "%s answered with a name of a role that is none",
                  service);
        return CREDENTIALS_FAILED;
    }
    memcpy(out, names, n);
    out[n] = '\0';
    return CREDENTIALS_FOUND;
}

/* The service answers 200 also when it has no keys, and says why under Code. */
static bool is_success(const struct text *body, struct error *err)
{
    struct json_document doc;
    struct json_limits limits = {CREDENTIALS_ANSWER_MAX, 8};
    bool done = json_read_secret(&doc, text_cstr(body), body->len, limits, err);
    if (!done)
        error_context(err, "the answer of %s", service);
    const char *code = json_as_string(json_member(doc.root, "Code"));
    const char *message = json_as_string(json_member(doc.root, "Message"));
    if (done && code && strcmp(code, "Success") != 0)
        done =
            error_set(err, ERROR_CREDENTIALS, "%s has no keys for the instance's role: %.*s%s%.*s",
                      service, text_shown(code, 64), code, message ? ": " : "",
                      message ? text_shown(message, 512) : 0, message ? message : "");
    json_document_cleanse(&doc);
    return done;
}

static int64_t between(int64_t least, int64_t most)
{
    uint32_t bits;
    if (getrandom(&bits, sizeof bits, GRND_NONBLOCK) != (ssize_t)sizeof bits)
        bits = UINT32_MAX / 2; /* it spreads requests: the middle will do */
    return least + (int64_t)((double)(most - least) * (bits / 4294967296.0));
}

static void keep_stale(struct credentials *out)
{
    int64_t now = local_clock_real_now();
    int64_t more = STALE_MS + between(AGAIN_MIN_MS, AGAIN_MAX_MS);
    if (out->expires_at && out->expires_at - more <= now)
        out->expires_at = now + more;
}

static enum credentials_found take_keys(struct credentials *out, struct visit *visit,
                                        const char *role, struct error *err)
{
    const struct text *body = &visit->exchange.body_in;
    if (!get(visit, ROLES, role, err))
        return CREDENTIALS_FAILED;
    if (visit->exchange.status != 200)
        return refuse(visit, "the keys of the instance's role", err);
    if (!is_success(body, err) ||
        !credentials_take_json(out, text_cstr(body), body->len, "Token", service, err))
        return CREDENTIALS_FAILED;
    keep_stale(out);
    credentials_name(out, "the instance's role %s", role);
    return CREDENTIALS_FOUND;
}

static enum credentials_found walk(struct credentials *out, struct visit *visit, struct error *err)
{
    char role[ROLE_NAME_MAX + 1];
    if (!read_settings(visit, err))
        return CREDENTIALS_FAILED;
    enum credentials_found found = take_token(visit, err);
    if (found == CREDENTIALS_FOUND)
        found = take_role(role, visit, err);
    if (found == CREDENTIALS_FOUND)
        found = take_keys(out, visit, role, err);
    return found;
}

enum credentials_found credentials_from_metadata(struct credentials *out,
                                                 const struct credentials_search *search,
                                                 struct error *err)
{
    const char *disabled = credentials_variable("AWS_EC2_METADATA_DISABLED");
    struct visit visit = {.search = search};
    if (disabled && strcasecmp(disabled, "true") == 0)
        return CREDENTIALS_ABSENT;
    enum credentials_found found = walk(out, &visit, err);
    http_exchange_clear(&visit.exchange);
    text_clear(&visit.base);
    text_clear(&visit.token);
    return found;
}
