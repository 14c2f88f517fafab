#include "providers/aws/sigv4.h"

#include <assert.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "planner/base/digest.h"
#include "planner/base/memory.h"
#include "planner/base/time.h"
#include "providers/aws/uri.h"

enum { DAY_LENGTH = 8 }; /* the "20261201" of a date */

void sigv4_date(char out[SIGV4_DATE_SIZE], int64_t at)
{
    char rfc3339[TIME_TEXT_SIZE];
    time_format(rfc3339, at - at % SECOND_MS);
    size_t n = 0;
    for (const char *p = rfc3339; *p && n < SIGV4_DATE_SIZE - 1; p++)
        if (*p != '-' && *p != ':')
            out[n++] = *p;
    out[n] = '\0';
}

/* ---- the path ---- */

/* RFC 3986, section 5.2.4, with empty segments dropped, as every service but S3 does. */
static void add_normal_path(struct text *out, const char *path)
{
    size_t start = out->len;
    size_t n;
    for (; *path; path += n) {
        path += strspn(path, "/");
        n = strcspn(path, "/");
        if (n == 0 || (n == 1 && path[0] == '.'))
            continue;
        if (n == 2 && memcmp(path, "..", 2) == 0) {
            while (out->len > start && out->data[out->len - 1] != '/')
                text_cut(out, out->len - 1);
            if (out->len > start)
                text_cut(out, out->len - 1);
            continue;
        }
        text_add_char(out, '/');
        uri_encode(out, path, n);
    }
    bool slash_at_end = path[-1] == '/';
    if (slash_at_end || out->len == start)
        text_add_char(out, '/');
}

/* ---- the query ---- */

struct parameter {
    const char *name, *value;
    size_t name_len, value_len;
};

static int compare_bytes(const char *a, size_t na, const char *b, size_t nb)
{
    int order = memcmp(a, b, na < nb ? na : nb);
    return order ? order : (na > nb) - (na < nb);
}

static int by_name_and_value(const void *left, const void *right)
{
    const struct parameter *a = left, *b = right;
    int order = compare_bytes(a->name, a->name_len, b->name, b->name_len);
    return order ? order : compare_bytes(a->value, a->value_len, b->value, b->value_len);
}

static void add_query(struct text *out, const char *query)
{
    size_t n = 1, i = 0;
    if (!*query)
        return;
    for (const char *p = query; *p; p++)
        n += *p == '&';
    struct parameter *all = memory_new(n * sizeof *all);
    for (const char *p = query; i < n; i++) {
        size_t len = strcspn(p, "&"), name_len = strcspn(p, "=&");
        size_t value_at = name_len + (name_len < len);
        all[i] = (struct parameter){p, p + value_at, name_len, len - value_at};
        p += len + 1;
    }
    qsort(all, n, sizeof *all, by_name_and_value);
    for (i = 0; i < n; i++) {
        if (i)
            text_add_char(out, '&');
        text_add_bytes(out, all[i].name, all[i].name_len);
        text_add_char(out, '=');
        text_add_bytes(out, all[i].value, all[i].value_len);
    }
    free(all);
}

/* ---- the headers ---- */

/* What a proxy on the way may change or add is left out, as AWS's own signers do. */
static bool is_signed(const char *name)
{
    static const char *const unsigned_names[] = {
        "authorization",
        "connection",
        "expect",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "user-agent",
        "x-amzn-trace-id",
    };
    for (size_t i = 0; i < sizeof unsigned_names / sizeof *unsigned_names; i++)
        if (strcasecmp(name, unsigned_names[i]) == 0)
            return false;
    return true;
}

static int by_name_and_place(const void *left, const void *right)
{
    const struct http_header *const *a = left, *const *b = right;
    int order = strcasecmp((*a)->name, (*b)->name);
    return order ? order : (*a > *b) - (*a < *b); /* values of one name keep their order */
}

/* The signed ones in canonical order; free() the array. */
static const struct http_header **signed_headers(const struct sigv4_request *request, size_t *count)
{
    const struct http_header **sorted = memory_new(request->header_count * sizeof *sorted);
    *count = 0;
    for (size_t i = 0; i < request->header_count; i++)
        if (is_signed(request->headers[i].name))
            sorted[(*count)++] = &request->headers[i];
    qsort(sorted, *count, sizeof *sorted, by_name_and_place);
    return sorted;
}

static void add_lower(struct text *out, const char *s)
{
    for (; *s; s++)
        text_add_char(out, *s >= 'A' && *s <= 'Z' ? (char)(*s - 'A' + 'a') : *s);
}

/* Spaces at both ends go, runs of spaces become one. */
static void add_trimmed(struct text *out, const char *value)
{
    static const char spaces[] = " \t\r\n\v\f";
    const char *p = value + strspn(value, spaces);
    while (*p) {
        size_t n = strcspn(p, spaces);
        text_add_bytes(out, p, n);
        p += n;
        p += strspn(p, spaces);
        if (*p)
            text_add_char(out, ' ');
    }
}

static void add_headers(struct text *out, const struct http_header **sorted, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bool same_as_last = i && strcasecmp(sorted[i]->name, sorted[i - 1]->name) == 0;
        if (same_as_last) {
            text_add_char(out, ',');
        } else {
            if (i)
                text_add_char(out, '\n');
            add_lower(out, sorted[i]->name);
            text_add_char(out, ':');
        }
        add_trimmed(out, sorted[i]->value);
    }
    text_add_char(out, '\n');
}

static void add_header_names(struct text *out, const struct http_header **sorted, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (i && strcasecmp(sorted[i]->name, sorted[i - 1]->name) == 0)
            continue;
        if (i)
            text_add_char(out, ';');
        add_lower(out, sorted[i]->name);
    }
}

/* ---- the stages ---- */

static void add_payload_digest(struct text *out, const struct sigv4_request *request)
{
    for (size_t i = 0; i < request->header_count; i++)
        if (strcasecmp(request->headers[i].name, "x-amz-content-sha256") == 0) {
            text_add(out, request->headers[i].value);
            return;
        }
    char hex[DIGEST_HEX_SIZE];
    digest_sha256_hex(hex, request->payload ? request->payload : "", request->payload_len);
    text_add(out, hex);
}

void sigv4_canonical_request(struct text *out, const struct sigv4_request *request)
{
    size_t count;
    const struct http_header **headers = signed_headers(request, &count);

    text_addf(out, "%s\n", request->method);
    if (request->path[0] == '\0')
        text_add_char(out, '/');
    else if (request->s3)
        text_add(out, request->path);
    else
        add_normal_path(out, request->path);
    text_add_char(out, '\n');
    add_query(out, request->query);
    text_add_char(out, '\n');
    add_headers(out, headers, count);
    text_add_char(out, '\n');
    add_header_names(out, headers, count);
    text_add_char(out, '\n');
    add_payload_digest(out, request);
    free(headers);
}

static void add_scope(struct text *out, const struct sigv4_identity *identity)
{
    char date[SIGV4_DATE_SIZE];
    sigv4_date(date, identity->at);
    text_addf(out, "%.*s/%s/%s/aws4_request", DAY_LENGTH, date, identity->region,
              identity->service);
}

void sigv4_string_to_sign(struct text *out, const struct sigv4_identity *identity,
                          const char *canonical_request)
{
    char date[SIGV4_DATE_SIZE], hex[DIGEST_HEX_SIZE];
    sigv4_date(date, identity->at);
    digest_sha256_hex(hex, canonical_request, strlen(canonical_request));
    text_addf(out, "AWS4-HMAC-SHA256\n%s\n", date);
    add_scope(out, identity);
    text_addf(out, "\n%s", hex);
}

static void hmac(unsigned char out[DIGEST_SIZE], const void *key, size_t key_len, const char *data)
{
    unsigned len = 0;
    assert(key_len <= INT_MAX);
    const unsigned char *done =
        HMAC(EVP_sha256(), key, (int)key_len, (const unsigned char *)data, strlen(data), out, &len);
    assert(done && len == DIGEST_SIZE);
    (void)done;
}

static void sign(unsigned char out[DIGEST_SIZE], const struct sigv4_identity *identity,
                 const char *string_to_sign)
{
    unsigned char key[DIGEST_SIZE], next[DIGEST_SIZE];
    char date[SIGV4_DATE_SIZE];
    size_t size = strlen(identity->secret_access_key) + sizeof "AWS4";
    char *start = memory_new(size); /* its whole size at once: growing would leave copies behind */

    snprintf(start, size, "AWS4%s", identity->secret_access_key);
    sigv4_date(date, identity->at);
    date[DAY_LENGTH] = '\0';
    hmac(key, start, size - 1, date);
    hmac(next, key, sizeof key, identity->region);
    hmac(key, next, sizeof next, identity->service);
    hmac(next, key, sizeof key, "aws4_request");
    hmac(out, next, sizeof next, string_to_sign);
    OPENSSL_cleanse(start, size);
    OPENSSL_cleanse(key, sizeof key);
    OPENSSL_cleanse(next, sizeof next);
    free(start);
}

void sigv4_authorization(struct text *out, const struct sigv4_request *request,
                         const struct sigv4_identity *identity)
{
    struct text canonical = {.secret = true}, to_sign = {0}; /* it holds the session token */
    unsigned char signature[DIGEST_SIZE];
    char hex[DIGEST_HEX_SIZE];
    size_t count;

    sigv4_canonical_request(&canonical, request);
    sigv4_string_to_sign(&to_sign, identity, canonical.data);
    sign(signature, identity, to_sign.data);
    digest_hex(hex, signature, sizeof signature);

    const struct http_header **headers = signed_headers(request, &count);
    text_addf(out, "AWS4-HMAC-SHA256 Credential=%s/", identity->access_key_id);
    add_scope(out, identity);
    text_add(out, ", SignedHeaders=");
    add_header_names(out, headers, count);
    text_addf(out, ", Signature=%s", hex);
    free(headers);
    text_clear(&canonical);
    text_clear(&to_sign);
}
