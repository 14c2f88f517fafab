#include "providers/aws/credentials.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "planner/base/text.h"
#include "providers/aws/credentials_source.h"

/* AWS SDKs and Tools reference guide, "Credential provider chain". */
static credentials_source *const sources[] = {
    credentials_from_environment,
    credentials_from_profile,
};

static bool none_found(const struct aws_config *config, struct error *err)
{
    static const char *const later[] = {
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    };
    for (size_t i = 0; i < sizeof later / sizeof *later; i++)
        if (getenv(later[i])) {
            error_set(err, ERROR_NOT_YET,
                      "the credentials that %s offers are not available yet, and there are no "
                      "others",
                      later[i]);
            return error_hint(err, "set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and "
                                   "AWS_SESSION_TOKEN");
        }
    error_set(err, ERROR_CREDENTIALS,
              "no AWS credentials were found: %sno keys for the profile %s in %s or %s",
              config->profile_planned ? "" : "AWS_ACCESS_KEY_ID is not set, and there are ",
              config->profile,
              config->credentials_file ? config->credentials_file : "~/.aws/credentials",
              config->config_file ? config->config_file : "~/.aws/config");
    return error_hint(err, "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and "
                           "AWS_SESSION_TOKEN), or name a profile with AWS_PROFILE or in the plan "
                           "file (aws.profile)");
}

/* They go into headers: a line break that came along from a file must not. */
static bool is_printable(const char *s)
{
    for (; *s; s++)
        if (*s <= ' ' || *s > '~')
            return false;
    return true;
}

static bool check(const struct credentials *found, struct error *err)
{
    const char *what = NULL;
    if (!is_printable(found->access_key_id))
        what = "access key id";
    else if (!is_printable(found->secret_access_key))
        what = "secret access key";
    else if (found->session_token && !is_printable(found->session_token))
        what = "session token";
    if (!what)
        return true;
    return error_set(err, ERROR_CREDENTIALS,
                     "the %s of %s holds a space, a line break or another character that no AWS "
                     "key has",
                     what, found->source);
}

bool credentials_find(struct credentials *out, const struct aws_config *config, struct error *err)
{
    *out = (struct credentials){0};
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++)
        switch (sources[i](out, config, err)) {
        case CREDENTIALS_FOUND:
            return check(out, err);
        case CREDENTIALS_FAILED:
            return false;
        case CREDENTIALS_ABSENT:
            break;
        }
    return none_found(config, err);
}

static void cleanse(char *secret)
{
    if (secret)
        OPENSSL_cleanse(secret, strlen(secret));
    free(secret);
}

void credentials_clear(struct credentials *credentials)
{
    cleanse(credentials->access_key_id);
    cleanse(credentials->secret_access_key);
    cleanse(credentials->session_token);
    free(credentials->source);
    *credentials = (struct credentials){0};
}
