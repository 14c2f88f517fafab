/*
 * Keys that come from the host: the container's credentials agent and the instance's metadata
 * service. The first byte chooses which, and whether the token comes from a file; then follow,
 * parted by NUL bytes, the agent's URL and token, and what is answered, each answer a byte that
 * chooses its status and the body. Nobody is asked. Whatever it is: keys that can be used, an
 * error that tells no secret, or nothing; and no request that says more than one.
 */
#include <stdlib.h>
#include <string.h>

#include "providers/aws/credentials/source.h"
#include "tests/fuzz/fuzz.h"

/* ---- the input ---- */

static struct parts {
    const uint8_t *at, *end;
} parts;

/* Up to the next NUL byte; "" where there is no more. */
static struct text take_part(void)
{
    size_t left = (size_t)(parts.end - parts.at);
    const uint8_t *stop = left ? memchr(parts.at, '\0', left) : NULL;
    struct text text = fuzz_text(parts.at, stop ? (size_t)(stop - parts.at) : left);
    parts.at = stop ? stop + 1 : parts.end;
    return text;
}

/* ---- what stands in for the world ---- */

static struct text token; /* the agent's */

static void check_line(const char *text)
{
    must_hold(text && !strpbrk(text, "\r\n"));
}

bool __wrap_credentials_ask(struct http_exchange *exchange, const struct credentials_search *search,
                            const struct credentials_patience *patience, struct error *err);
bool __wrap_credentials_ask(struct http_exchange *exchange, const struct credentials_search *search,
                            const struct credentials_patience *patience, struct error *err)
{
    static const int statuses[] = {200, 400, 403, 404, 500, 301};
    (void)search;
    must_hold(exchange->direct && patience->attempts >= 1 && patience->timeout_ms > 0);
    check_line(exchange->url);
    for (size_t i = 0; i < exchange->header_count; i++)
        check_line(exchange->headers[i].value);
    if (parts.at == parts.end) {
        exchange->failure = HTTP_NOT_CONNECTED;
        return error_set(err, ERROR_NETWORK, "nobody answers");
    }
    exchange->body_in.secret = true;
    exchange->status = statuses[*parts.at++ % 6];
    struct text body = take_part();
    text_add_bytes(&exchange->body_in, body.data, body.len);
    text_clear(&body);
    return true;
}

bool __wrap_credentials_read_file(struct text *out, const char *path, const char *what,
                                  struct error *err);
bool __wrap_credentials_read_file(struct text *out, const char *path, const char *what,
                                  struct error *err)
{
    must_hold(path && what);
    out->secret = true;
    if (!token.len)
        return error_set(err, ERROR_CREDENTIALS, "cannot open %s, %s", what, path);
    text_add_bytes(out, token.data, token.len);
    return true;
}

/* ---- what holds ---- */

static void check_found(const struct credentials *found)
{
    struct error err = {0};
    must_hold(found->access_key_id && *found->access_key_id);
    must_hold(found->secret_access_key && *found->secret_access_key);
    must_hold(!found->session_token || *found->session_token);
    must_hold(found->source);
    if (credentials_check(found, &err)) {
        check_line(found->access_key_id);
        fuzz_accepted();
    } else {
        fuzz_check_error(&err);
    }
}

static void check_failure(const struct error *err, const char *url)
{
    enum { LEAST = 16 }; /* shorter ones may be words of ours */
    /* A URL out of the environment is shown as it is, its host decoded. */
    must_hold(err->kind != ERROR_NONE && err->message[0]);
    if (!strchr(url, '%') && text_utf8_prefix(url, strlen(url)) == strlen(url))
        fuzz_check_error(err);
    if (token.len >= LEAST && !strstr(url, token.data))
        must_hold(!strstr(err->message, token.data) && !strstr(err->hint, token.data));
}

static void find(credentials_source *source, const char *url)
{
    struct aws_config config = {.region = (char[]){"us-east-1"}};
    struct profile profile = {0};
    struct text seen = {0};
    struct credentials_search search = {.config = &config,
                                        .means = &(struct credentials_means){0},
                                        .profile = &profile,
                                        .seen = &seen};
    struct credentials found = {0};
    struct error err = {0};
    switch (source(&found, &search, &err)) {
    case CREDENTIALS_FOUND:
        check_found(&found);
        break;
    case CREDENTIALS_FAILED:
        check_failure(&err, url);
        break;
    case CREDENTIALS_ABSENT:
        break;
    }
    credentials_clear(&found);
    text_clear(&seen);
}

static void set(const char *name, const char *value)
{
    if (value)
        setenv(name, value, 1);
    else
        unsetenv(name);
}

static void try_agent(bool relative, bool in_file)
{
    struct text url = take_part();
    token = take_part();
    set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", relative ? url.data : NULL);
    set("AWS_CONTAINER_CREDENTIALS_FULL_URI", relative ? NULL : url.data);
    set("AWS_CONTAINER_AUTHORIZATION_TOKEN", in_file ? NULL : token.data);
    set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", in_file ? "/token" : NULL);
    find(credentials_from_container, url.data);
    text_clear(&token);
    text_clear(&url);
}

static void try_service(void)
{
    struct text url = take_part();
    unsetenv("AWS_EC2_METADATA_DISABLED");
    set("AWS_EC2_METADATA_SERVICE_ENDPOINT", url.len ? url.data : NULL);
    find(credentials_from_metadata, url.data);
    text_clear(&url);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    parts = (struct parts){data + 1, data + size};
    if (data[0] & 1)
        try_agent(data[0] & 2, data[0] & 4);
    else
        try_service();
    return 0;
}
