/* AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN. */
#include <stdlib.h>

#include "planner/base/memory.h"
#include "planner/base/time.h"
#include "providers/aws/credentials_source.h"

static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

enum credentials_found credentials_from_environment(struct credentials *out,
                                                    const struct aws_config *config,
                                                    struct error *err)
{
    const char *id = variable("AWS_ACCESS_KEY_ID"), *key = variable("AWS_SECRET_ACCESS_KEY");
    const char *token = variable("AWS_SESSION_TOKEN");
    const char *expiration = variable("AWS_CREDENTIAL_EXPIRATION");

    if (!id || config->profile_planned)
        return CREDENTIALS_ABSENT;
    if (!key) {
        error_set(err, ERROR_CREDENTIALS,
                  "AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not");
        return CREDENTIALS_FAILED;
    }
    if (!token)
        token = variable("AWS_SECURITY_TOKEN"); /* its name of old, which botocore reads too */
    out->access_key_id = memory_strdup(id);
    out->secret_access_key = memory_strdup(key);
    out->session_token = token ? memory_strdup(token) : NULL;
    out->source = memory_strdup("the environment");
    if (!expiration || !time_parse(&out->expires_at, expiration))
        out->expires_at = 0;
    return CREDENTIALS_FOUND;
}
