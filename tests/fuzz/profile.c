/*
 * AWS's shared files: the config file, a NUL byte, the credentials file. Whatever they hold: an
 * answer, or an error that tells no secret.
 */
#include <stdlib.h>
#include <string.h>

#include "providers/aws/credentials.h"
#include "providers/aws/profile.h"
#include "tests/fuzz/fuzz.h"

struct input {
    const uint8_t *data;
    size_t size;
    const char *config, *credentials; /* the files' paths */
};

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

static void check_failure(const struct error *err, const struct input *in)
{
    struct profile profile;
    struct error ignored;
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

static void check_config(const char *profile, const struct input *in)
{
    struct aws_config config;
    struct credentials credentials = {0};
    struct error err = {0};
    if (!aws_config_read(&config, profile, NULL, &err)) {
        check_failure(&err, in);
    } else {
        must_hold(config.region && config.profile && config.max_attempts >= 1);
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
    static const char *const names[] = {
        "AWS_PROFILE",       "AWS_REGION",       "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID",
        "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_CA_BUNDLE",      "AWS_SECRET_ACCESS_KEY",
        "AWS_MAX_ATTEMPTS"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unsetenv(names[i]);
    setenv("AWS_CONFIG_FILE", in->config, 1);
    setenv("AWS_SHARED_CREDENTIALS_FILE", in->credentials, 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *part = size ? memchr(data, '\0', size) : NULL;
    size_t first = part ? (size_t)(part - data) : size;
    const struct input in = {
        .data = data,
        .size = size,
        .config = fuzz_file(data, first),
        .credentials = fuzz_second_file(part ? part + 1 : data, part ? size - first - 1 : 0),
    };
    check_profile("default", &in);
    check_profile("ops", &in);
    set_environment(&in);
    check_config(NULL, &in);
    check_config("ops", &in);
    return 0;
}
