/*
 * AWS's shared files: the config file, a NUL byte, the credentials file, and perhaps another and
 * what the sources that they name say: a program (credential_process), the token that a sign-in
 * left, a web identity's, STS, every host that is asked (which refuses where it ends in a tab). No
 * program is run and no host is asked.
 * Whatever they hold: an answer, or an error that tells no secret.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "providers/aws/client.h"
#include "providers/aws/credentials/chain.h"
#include "providers/aws/credentials/source.h"
#include "providers/aws/endpoint.h"
#include "providers/aws/profile.h"
#include "providers/local/durable.h"
#include "providers/local/process.h"
#include "tests/fuzz/fuzz.h"

struct input {
    const uint8_t *data;
    size_t size;
    const char *config, *credentials; /* the files' paths */
};

/* ---- what stands in for the world ---- */

static const uint8_t *answer;
static size_t answer_size;

bool __wrap_process_run(struct text *out, const struct process_words *words,
                        const struct process_limits *limits, struct error *err);
bool __wrap_process_run(struct text *out, const struct process_words *words,
                        const struct process_limits *limits, struct error *err)
{
    must_hold(words->count > 0 && words->words[0] && !words->words[words->count]);
    *out = (struct text){.secret = true};
    if (!answer_size || answer_size > limits->max_output)
        return error_set(err, ERROR_SERVICE, "%s said nothing of use", words->words[0]);
    text_add_bytes(out, answer, answer_size);
    return true;
}

bool __wrap_credentials_ask(struct http_exchange *exchange, const struct credentials_search *search,
                            const struct credentials_patience *patience, struct error *err);
bool __wrap_credentials_ask(struct http_exchange *exchange, const struct credentials_search *search,
                            const struct credentials_patience *patience, struct error *err)
{
    (void)search, (void)patience;
    if (!answer_size || answer_size > CREDENTIALS_ANSWER_MAX)
        return error_set(err, ERROR_NETWORK, "nobody answers");
    exchange->body_in.secret = true;
    text_add_bytes(&exchange->body_in, answer, answer_size);
    exchange->status = answer[answer_size - 1] == '\t' ? 401 : 200; /* JSON may end so */
    return true;
}

bool __wrap_credentials_read_file(struct text *out, const char *path, const char *what,
                                  struct error *err);
bool __wrap_credentials_read_file(struct text *out, const char *path, const char *what,
                                  struct error *err)
{
    must_hold(path && *path && what);
    out->secret = true;
    if (!answer_size || memchr(answer, '\0', answer_size))
        return error_set(err, ERROR_CREDENTIALS, "cannot open %s, %s", what, path);
    text_add_bytes(out, answer, answer_size);
    return true;
}

/* STS alone is asked for keys through a client. */
void __wrap_aws_run(struct aws_client *client, struct aws_call calls[], size_t n);
void __wrap_aws_run(struct aws_client *client, struct aws_call calls[], size_t n)
{
    must_hold(client && n == 1 && calls->service == AWS_STS && calls->body.secret);
    calls->answer.secret = true;
    calls->ok = answer_size > 0;
    if (calls->ok)
        text_add_bytes(&calls->answer, answer, answer_size);
    else
        error_set(&calls->error, ERROR_NETWORK, "nobody answers");
}

bool __wrap_durable_read(struct text *out, bool *found, const char *path, size_t max,
                         enum durable_links links, struct error *err);
bool __wrap_durable_read(struct text *out, bool *found, const char *path, size_t max,
                         enum durable_links links, struct error *err)
{
    (void)links, (void)err;
    must_hold(path && *path);
    text_cut(out, 0);
    *found = answer_size && answer_size <= max;
    if (*found)
        text_add_bytes(out, answer, answer_size);
    return true;
}

bool __wrap_durable_replace(struct durable_file *file, const char *bytes, size_t n,
                            struct error *err);
bool __wrap_durable_replace(struct durable_file *file, const char *bytes, size_t n,
                            struct error *err)
{
    struct json_document doc;
    must_hold(file->path);
    must_hold(json_read(&doc, bytes, n, (struct json_limits){CREDENTIALS_ANSWER_MAX * 8, 8}, err));
    json_document_clear(&doc);
    return true;
}

/* ---- what holds ---- */

/* Whether the input holds the text at one place only. */
static bool stands_once(const struct input *in, const char *text)
{
    const uint8_t *first = memmem(in->data, in->size, text, strlen(text));
    if (!first)
        return false;
    size_t behind = in->size - (size_t)(first - in->data) - 1;
    return !memmem(first + 1, behind, text, strlen(text));
}

/* A secret that is nothing else's name stands in no message. */
static void check_secret(const struct error *err, const struct input *in, const char *value)
{
    enum { LEAST = 16 }; /* shorter ones may be words of ours */
    if (value && strlen(value) >= LEAST && stands_once(in, value))
        must_hold(!strstr(err->message, value) && !strstr(err->hint, value));
}

/* Nothing between two quotes, be it JSON or not. */
static void check_answer(const struct error *err, const struct input *in)
{
    struct text part = {0};
    for (size_t i = 0; i <= answer_size; i++) {
        if (i < answer_size && answer[i] != '"') {
            text_add_char(&part, (char)answer[i]);
            continue;
        }
        check_secret(err, in, text_cstr(&part));
        text_cut(&part, 0);
    }
    text_clear(&part);
}

static void check_failure(const struct error *err, const struct input *in)
{
    struct profile profile;
    struct error ignored;
    check_answer(err, in);
    must_hold(err->kind != ERROR_NONE && err->message[0]);
    must_hold(!err->file[0] || err->span.line > 0);
    if (profile_read(&profile, "ops", in->config, in->credentials, &ignored)) {
        check_secret(err, in, profile_get(&profile, "aws_secret_access_key"));
        check_secret(err, in, profile_get(&profile, "aws_session_token"));
    }
    profile_clear(&profile);
}

static void check_values(const struct profile *profile)
{
    static const char *const keys[] = {"region", "aws_access_key_id", "endpoint_url", "services"};
    struct text names = {0};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const char *value = profile_get(profile, keys[i]);
        const char *own = profile_get_in_credentials(profile, keys[i]);
        must_hold(!value || (*value && profile_exists(profile)));
        must_hold(!own || text_same(own, value));
    }
    profile_get_service(profile, "ecs.endpoint_url");
    profile_names(&names, profile);
    must_hold(!profile_exists(profile) || strstr(text_cstr(&names), profile->name));
    text_clear(&names);
}

static void check_profile(const char *name, const struct input *in)
{
    struct profile profile;
    struct error err = {0};
    if (profile_read(&profile, name, in->config, in->credentials, &err))
        check_values(&profile);
    else
        check_failure(&err, in);
    profile_clear(&profile);
}

/* A host is what a header and a URL can hold. */
static void check_endpoints(const struct aws_config *config, const struct input *in)
{
    for (int service = 0; service < AWS_SERVICE_COUNT; service++) {
        struct aws_endpoint endpoint = {0};
        struct error err = {0};
        if (aws_endpoint_find(&endpoint, config, (enum aws_service)service, &err)) {
            must_hold(endpoint.path[0] == '/' && *endpoint.host && endpoint.region);
            must_hold(!strpbrk(endpoint.host, "/@?# \t\r\n"));
        } else {
            check_failure(&err, in);
        }
        aws_endpoint_clear(&endpoint);
    }
}

static void check_config(const char *profile, const struct input *in)
{
    struct aws_config config;
    struct credentials credentials = {0};
    struct error err = {0};
    if (!aws_config_read(&config, profile, NULL, &err)) {
        check_failure(&err, in);
    } else {
        must_hold(config.region && config.profile && config.max_attempts >= 1);
        check_endpoints(&config, in);
        if (credentials_find(&credentials, &config, &(struct credentials_means){0}, &err)) {
            fuzz_accepted();
            must_hold(credentials.access_key_id && credentials.secret_access_key);
        } else {
            check_failure(&err, in);
        }
        credentials_clear(&credentials);
    }
    aws_config_clear(&config);
}

/* The input's files, and nothing of the person's who runs this. */
static void set_environment(const struct input *in)
{
    for (char **at = environ; *at;) {
        struct text name = {0};
        text_add_bytes(&name, *at, strcspn(*at, "="));
        bool is_ours = text_starts(name.data, "AWS_");
        if (is_ours)
            unsetenv(name.data);
        else
            at++;
        text_clear(&name);
    }
    setenv("HOME", "/", 1);
    setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
    setenv("AWS_CONFIG_FILE", in->config, 1);
    setenv("AWS_SHARED_CREDENTIALS_FILE", in->credentials, 1);
}

/* From `*data` to the next NUL byte; `*data` is then behind it. */
static size_t take_part(const uint8_t **data, const uint8_t *end)
{
    const uint8_t *start = *data;
    const uint8_t *stop = start < end ? memchr(start, '\0', (size_t)(end - start)) : NULL;
    *data = stop ? stop + 1 : end;
    return (size_t)((stop ? stop : end) - start);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *at = data, *end = data + size, *credentials;
    size_t first = take_part(&at, end), second;
    credentials = at;
    second = take_part(&at, end);
    answer = at;
    answer_size = (size_t)(end - at);
    const struct input in = {.data = data,
                             .size = size,
                             .config = fuzz_file(data, first),
                             .credentials = fuzz_second_file(credentials, second)};
    check_profile("default", &in);
    check_profile("ops", &in);
    set_environment(&in);
    check_config(NULL, &in);
    check_config("ops", &in);
    return 0;
}
