/* AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN. */
#include "planner/base/time.h"
#include "providers/aws/credentials/source.h"

enum credentials_found credentials_from_environment(struct credentials *out,
                                                    const struct credentials_search *search,
                                                    struct error *err)
{
    const char *id = credentials_variable("AWS_ACCESS_KEY_ID");
    const char *key = credentials_variable("AWS_SECRET_ACCESS_KEY");
    const char *token = credentials_variable("AWS_SESSION_TOKEN");
    const char *expiration = credentials_variable("AWS_CREDENTIAL_EXPIRATION");

    if (!id || search->config->profile_planned)
        return CREDENTIALS_ABSENT;
    if (!key) {
        error_set(err, ERROR_CREDENTIALS,
                  "AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not");
        return CREDENTIALS_FAILED;
    }
    if (!token)
        token = credentials_variable("AWS_SECURITY_TOKEN"); /* of old, which botocore reads too */
    credentials_take(out, id, key, token);
    credentials_name(out, "the environment");
    if (!expiration || !time_parse(&out->expires_at, expiration))
        out->expires_at = 0;
    out->ends_at = out->expires_at;
    return CREDENTIALS_FOUND;
}
