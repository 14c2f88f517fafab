/* What sources of credentials share. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "planner/base/memory.h"
#include "planner/base/text.h"
#include "planner/base/time.h"
#include "providers/aws/credentials/source.h"
#include "providers/aws/retry.h"

enum { ANSWER_DEPTH_MAX = 8, TOKEN_FILE_MAX = 64 * 1024 };

/* AWS's tools take an empty variable for one that is not set. */
const char *credentials_variable(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

static bool read_whole(struct text *out, int fd, const char *path, const char *what,
                       struct error *err)
{
    char bytes[4096];
    ssize_t n;
    while ((n = read(fd, bytes, sizeof bytes)) != 0 && out->len <= TOKEN_FILE_MAX) {
        if (n > 0)
            text_add_bytes(out, bytes, (size_t)n);
        else if (errno != EINTR)
            break;
    }
    int number = errno;
    explicit_bzero(bytes, sizeof bytes);
    if (n < 0)
        return error_errno(err, ERROR_CREDENTIALS, number, "cannot read %s, %s", what, path);
    if (out->len > TOKEN_FILE_MAX)
        return error_set(err, ERROR_CREDENTIALS, "%s, %s, is larger than %d bytes", what, path,
                         TOKEN_FILE_MAX);
    if (memchr(text_cstr(out), '\0', out->len))
        return error_set(err, ERROR_CREDENTIALS, "%s, %s, holds a NUL byte", what, path);
    return true;
}

bool credentials_read_file(struct text *out, const char *path, const char *what, struct error *err)
{
    out->secret = true;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_errno(err, ERROR_CREDENTIALS, errno, "cannot open %s, %s", what, path);
    bool done = read_whole(out, fd, path, what, err);
    close(fd);
    return done;
}

void credentials_take(struct credentials *out, const char *id, const char *secret,
                      const char *token)
{
    out->access_key_id = memory_strdup(id);
    out->secret_access_key = memory_strdup(secret);
    out->session_token = token ? memory_strdup(token) : NULL;
}

void credentials_name(struct credentials *out, const char *format, ...)
{
    struct text source = {0};
    va_list ap;
    va_start(ap, format);
    text_vaddf(&source, format, ap);
    va_end(ap);
    free(out->source);
    out->source = text_steal(&source);
}

/* NULL where it is missing, null or empty. */
static bool take_string(const char **out, const struct json *root, const char *key,
                        const char *from, struct error *err)
{
    const struct json *value = json_member(root, key);
    *out = json_as_string(value);
    if (value && !*out && !json_is_null(value))
        return error_set(err, ERROR_CREDENTIALS, "%s answered with a %s that is no text", from,
                         key);
    if (*out && !**out)
        *out = NULL;
    return true;
}

static bool take_members(struct credentials *out, const struct json *root, const char *token_key,
                         const char *from, struct error *err)
{
    const char *id, *secret, *token, *expiration;
    if (!take_string(&id, root, "AccessKeyId", from, err) ||
        !take_string(&secret, root, "SecretAccessKey", from, err) ||
        !take_string(&token, root, token_key, from, err) ||
        !take_string(&expiration, root, "Expiration", from, err))
        return false;
    if (!id || !secret)
        return error_set(err, ERROR_CREDENTIALS, "%s answered without %s", from,
                         id ? "SecretAccessKey" : "AccessKeyId");
    if (expiration && !time_parse(&out->expires_at, expiration))
        return error_set(err, ERROR_CREDENTIALS, "%s answered with an Expiration that is no time",
                         from);
    credentials_take(out, id, secret, token);
    return true;
}

bool credentials_take_json(struct credentials *out, const char *bytes, size_t n,
                           const char *token_key, const char *from, struct error *err)
{
    struct json_document doc;
    struct json_limits limits = {CREDENTIALS_ANSWER_MAX, ANSWER_DEPTH_MAX};
    bool done = json_read_secret(&doc, bytes, n, limits, err);
    if (!done)
        error_context(err, "the answer of %s", from);
    done = done && take_members(out, doc.root, token_key, from, err);
    json_document_cleanse(&doc);
    return done;
}

/* ---- asking ---- */

/* The jitter is full where nothing random is at hand: the middle. */
static int64_t back_off(int attempts)
{
    return retry_wait_ms(attempts, 0.5);
}

static bool is_worth_another(const struct http_exchange *exchange)
{
    struct retry_attempt attempt = {exchange->failure, exchange->sent, exchange->status, ""};
    enum retry_class how = retry_classify(&attempt);
    return how == RETRY_TRANSIENT || how == RETRY_TIMEOUT || exchange->status == 429;
}

bool credentials_ask(struct http_exchange *exchange, const struct credentials_search *search,
                     const struct credentials_patience *patience, struct error *err)
{
    struct http_client *client;
    struct http_options options = {.ca_file = search->config->ca_bundle,
                                   .user_agent = "switchover/" SWITCHOVER_VERSION,
                                   .connect_timeout_ms = patience->timeout_ms,
                                   .whole_timeout_ms = patience->timeout_ms,
                                   .max_body = CREDENTIALS_ANSWER_MAX,
                                   .interrupted = search->means->interrupted,
                                   .interrupted_self = search->means->interrupted_self};
    exchange->secret = true;
    if (!http_client_new(&client, &options, err))
        return false;
    int attempts = 1;
    http_run(client, exchange, 1);
    while (attempts < patience->attempts && is_worth_another(exchange)) {
        http_exchange_clear(exchange);
        exchange->start_after_ms = back_off(attempts++);
        http_run(client, exchange, 1);
    }
    http_client_free(client);
    if (exchange->failure != HTTP_ANSWERED)
        *err = exchange->error;
    return exchange->failure == HTTP_ANSWERED;
}
