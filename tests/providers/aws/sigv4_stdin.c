/*
 * Signs the requests on standard input, for sigv4_botocore.py. A field is its length, a newline and
 * its bytes. A request: method, path, query, headers, then name and value of each, payload, access
 * key, secret, region, service, instant in milliseconds, "1" for S3. The answer to each: canonical
 * request, string to sign, Authorization, as fields.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "planner/base/arena.h"
#include "providers/aws/sigv4.h"

static bool read_field(struct arena *arena, const char **out, size_t *len)
{
    if (scanf("%zu", len) != 1 || getchar() != '\n')
        return false;
    char *field = arena_alloc(arena, *len + 1);
    *out = field;
    return fread(field, 1, *len, stdin) == *len;
}

static const char *read_string(struct arena *arena)
{
    const char *s;
    size_t len;
    if (!read_field(arena, &s, &len))
        exit(1);
    return s;
}

static void write_field(struct text *text)
{
    printf("%zu\n%s", text->len, text->data);
    text_clear(text);
}

static void answer(struct arena *arena, const char *method)
{
    struct sigv4_request request = {.method = method};
    request.path = read_string(arena);
    request.query = read_string(arena);
    request.header_count = (size_t)atol(read_string(arena));
    struct http_header *headers = arena_alloc(arena, request.header_count * sizeof *headers);
    request.headers = headers;
    for (size_t i = 0; i < request.header_count; i++) {
        headers[i].name = read_string(arena);
        headers[i].value = read_string(arena);
    }
    if (!read_field(arena, &request.payload, &request.payload_len))
        exit(1);

    struct sigv4_identity identity = {.access_key_id = read_string(arena)};
    identity.secret_access_key = read_string(arena);
    identity.region = read_string(arena);
    identity.service = read_string(arena);
    identity.at = atoll(read_string(arena));
    request.s3 = read_string(arena)[0] == '1';

    struct text canonical = {0}, to_sign = {0}, authorization = {0};
    sigv4_canonical_request(&canonical, &request);
    sigv4_string_to_sign(&to_sign, &identity, canonical.data);
    sigv4_authorization(&authorization, &request, &identity);
    write_field(&canonical);
    write_field(&to_sign);
    write_field(&authorization);
}

int main(void)
{
    struct arena arena = {0};
    const char *method;
    size_t len;
    while (read_field(&arena, &method, &len)) {
        answer(&arena, method);
        arena_clear(&arena);
    }
    return 0;
}
