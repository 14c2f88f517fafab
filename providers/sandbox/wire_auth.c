#include "providers/sandbox/wire_auth.h"

#include <ctype.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "planner/base/digest.h"
#include "planner/base/text.h"
#include "planner/base/time.h"
#include "providers/aws/sigv4.h"
#include "providers/sandbox/world_parts.h"

#define TOKEN_HEADER "x-amz-security-token"

enum { SIGNED_MAX = 64, AUTHORIZATION_MAX = 2048 };

/* The parts of an Authorization header, cut out of one buffer. */
struct claim {
    char buffer[AUTHORIZATION_MAX];
    const char *key, *day, *region, *service;
    const char *headers, *signature;
};

enum auth_fault { AUTH_NONE, AUTH_INCOMPLETE, AUTH_KEY, AUTH_SIGNATURE, AUTH_EXPIRED, AUTH_ENDED };

static bool refuse_as(struct refusal *why, bool json, enum auth_fault fault, const char *message)
{
    static const struct {
        const char *json, *query;
        int status;
    } codes[] = {
        [AUTH_NONE] = {"MissingAuthenticationTokenException", "MissingAuthenticationToken", 403},
        [AUTH_INCOMPLETE] = {"IncompleteSignatureException", "IncompleteSignature", 400},
        [AUTH_KEY] = {"UnrecognizedClientException", "InvalidClientTokenId", 403},
        [AUTH_SIGNATURE] = {"InvalidSignatureException", "SignatureDoesNotMatch", 403},
        [AUTH_EXPIRED] = {"InvalidSignatureException", "RequestExpired", 400},
        [AUTH_ENDED] = {"ExpiredTokenException", "ExpiredToken", 403},
    };
    return refuse(why, json ? 400 : codes[fault].status,
                  json ? codes[fault].json : codes[fault].query, "%s", message);
}

/* "Credential=a/b/c/d/aws4_request, SignedHeaders=x;y, Signature=hex" */
static bool read_claim(struct claim *claim, const char *header)
{
    static const char algorithm[] = "AWS4-HMAC-SHA256";
    *claim = (struct claim){0};
    size_t n = strlen(header);
    if (strncmp(header, algorithm, sizeof algorithm - 1) != 0 || n >= sizeof claim->buffer)
        return false;
    memcpy(claim->buffer, header, n + 1);
    char *rest = claim->buffer + sizeof algorithm - 1, *part, *credential = NULL;
    while ((part = strsep(&rest, ", "))) {
        if (strncmp(part, "Credential=", 11) == 0)
            credential = part + 11;
        else if (strncmp(part, "SignedHeaders=", 14) == 0)
            claim->headers = part + 14;
        else if (strncmp(part, "Signature=", 10) == 0)
            claim->signature = part + 10;
    }
    claim->key = strsep(&credential, "/");
    claim->day = strsep(&credential, "/");
    claim->region = strsep(&credential, "/");
    claim->service = strsep(&credential, "/");
    return claim->headers && claim->signature && claim->service && credential &&
           strcmp(credential, "aws4_request") == 0 && strlen(claim->service) < AUTH_SCOPE_MAX;
}

/* "20261201T020000Z" */
static bool read_date(int64_t *at, const char *date)
{
    char rfc3339[TIME_TEXT_SIZE];
    if (strlen(date) != SIGV4_DATE_SIZE - 1)
        return false;
    snprintf(rfc3339, sizeof rfc3339, "%.4s-%.2s-%.2s%.3s:%.2s:%.3s", date, date + 4, date + 6,
             date + 8, date + 11, date + 13);
    return time_parse(at, rfc3339);
}

static bool is_listed(const char *list, const char *name)
{
    size_t n = strlen(name);
    for (const char *p = list; p; p = strchr(p, ';')) {
        p += *p == ';';
        if (strncasecmp(p, name, n) == 0 && (p[n] == ';' || p[n] == '\0'))
            return true;
    }
    return false;
}

/* The signature that the sandbox's own secret gives for what arrived. */
static bool signature_matches(const struct wire_request *request, const struct claim *claim,
                              int64_t at)
{
    struct http_header headers[SIGNED_MAX];
    size_t count = 0;
    for (size_t i = 0; i < request->header_count; i++) {
        if (!is_listed(claim->headers, request->headers[i].name))
            continue;
        if (count == SIGNED_MAX)
            return false;
        headers[count++] = request->headers[i];
    }
    struct sigv4_request signed_request = {
        .method = request->method,
        .path = request->path,
        .query = request->query,
        .headers = headers,
        .header_count = count,
        .payload = request->body,
        .payload_len = request->body_len,
    };
    struct sigv4_identity identity = {
        .access_key_id = SANDBOX_ACCESS_KEY_ID,
        .secret_access_key = SANDBOX_SECRET_ACCESS_KEY,
        .region = claim->region,
        .service = claim->service,
        .at = at,
    };
    struct text expected = {0};
    sigv4_authorization(&expected, &signed_request, &identity);
    char listed[AUTHORIZATION_MAX + 32];
    int n = snprintf(listed, sizeof listed, "SignedHeaders=%s, Signature=%s", claim->headers,
                     claim->signature);
    const char *own = strstr(text_cstr(&expected), "SignedHeaders=");
    bool same = own && strlen(own) == (size_t)n && CRYPTO_memcmp(own, listed, (size_t)n) == 0;
    text_clear(&expected);
    return same;
}

/* A payload hash that the client sends takes part in the signature, so it must be the payload's. */
static bool payload_is_hashed(const struct wire_request *request)
{
    const char *given = wire_header(request, "x-amz-content-sha256");
    char hex[DIGEST_HEX_SIZE];
    if (!given)
        return true;
    digest_sha256_hex(hex, request->body, request->body_len);
    return strcmp(given, hex) == 0;
}

static bool is_as_signed(const struct wire_request *request, const struct claim *claim, int64_t at)
{
    bool has_token = wire_header(request, TOKEN_HEADER) != NULL;
    return payload_is_hashed(request) && (!has_token || is_listed(claim->headers, TOKEN_HEADER)) &&
           signature_matches(request, claim, at);
}

static bool check_scope(const struct claim *claim, const char *date, const char *region, bool json,
                        struct refusal *why)
{
    char message[160];
    if (strlen(claim->day) != 8 || strncmp(claim->day, date, 8) != 0)
        return refuse_as(why, json, AUTH_SIGNATURE,
                         "Date in Credential scope does not match the date of the request");
    if (strcmp(claim->region, region) == 0)
        return true;
    snprintf(message, sizeof message, "Credential should be scoped to a valid region: '%.32s'",
             region);
    return refuse_as(why, json, AUTH_SIGNATURE, message);
}

static bool check_time(const char *date, int64_t at, int64_t real_now, bool json,
                       struct refusal *why)
{
    char message[192], now[SIGV4_DATE_SIZE];
    if (at >= real_now - AUTH_SKEW_MS && at <= real_now + AUTH_SKEW_MS)
        return true;
    sigv4_date(now, real_now);
    snprintf(message, sizeof message,
             at < real_now ? "Signature expired: %.16s is now earlier than %s less 5 min."
                           : "Signature not yet current: %.16s is still later than %s and 5 min.",
             date, now);
    return refuse_as(why, json, AUTH_EXPIRED, message);
}

/* When temporary credentials end; false for a token that is none of the sandbox's. */
static bool read_token(int64_t *end, const char *token)
{
    *end = INT64_MAX;
    return !token || (text_starts(token, SANDBOX_SESSION_TOKEN) &&
                      time_parse(end, token + strlen(SANDBOX_SESSION_TOKEN)));
}

bool auth_verify(char service[AUTH_SCOPE_MAX], const struct wire_request *request,
                 const char *region, bool json, int64_t real_now, struct refusal *why)
{
    struct claim claim;
    int64_t at;
    const char *header = wire_header(request, "authorization");
    const char *date = wire_header(request, "x-amz-date");
    const char *token = wire_header(request, TOKEN_HEADER);
    int64_t end;

    if (!header)
        return refuse_as(why, json, AUTH_NONE, "Missing Authentication Token");
    if (!read_claim(&claim, header) || !date || !read_date(&at, date) ||
        !is_listed(claim.headers, "host") || !is_listed(claim.headers, "x-amz-date"))
        return refuse_as(why, json, AUTH_INCOMPLETE,
                         "Authorization header requires 'Credential', 'Signature' and "
                         "'SignedHeaders' with 'host' and 'x-amz-date', and X-Amz-Date");
    if (!text_same(claim.key, SANDBOX_ACCESS_KEY_ID) || !read_token(&end, token))
        return refuse_as(why, json, AUTH_KEY,
                         "The security token included in the request is invalid.");
    if (!check_scope(&claim, date, region, json, why) || !check_time(date, at, real_now, json, why))
        return false;
    if (!is_as_signed(request, &claim, at))
        return refuse_as(why, json, AUTH_SIGNATURE,
                         "The request signature we calculated does not match the signature you "
                         "provided. Check your AWS Secret Access Key and signing method.");
    if (real_now >= end)
        return refuse_as(why, json, AUTH_ENDED,
                         "The security token included in the request is expired");
    snprintf(service, AUTH_SCOPE_MAX, "%s", claim.service);
    return true;
}
