/* Keys in the two shared files. */
#include "providers/aws/credentials/source.h"

typedef const char *getter(const struct profile *profile, const char *key);

static enum credentials_found take_keys(struct credentials *out, const struct profile *profile,
                                        getter *get, const char *file, struct error *err)
{
    const char *id = get(profile, "aws_access_key_id");
    const char *key = get(profile, "aws_secret_access_key");
    const char *token = get(profile, "aws_session_token");
    if (!id)
        return CREDENTIALS_ABSENT;
    if (!key) {
        error_set(err, ERROR_CREDENTIALS,
                  "the profile %s has an aws_access_key_id in %s, but no aws_secret_access_key",
                  profile->name, file);
        return CREDENTIALS_FAILED;
    }
    if (!token)
        token = get(profile, "aws_security_token"); /* its name of old, which botocore reads too */
    credentials_take(out, id, key, token);
    credentials_name(out, "the profile %s in %s", profile->name, file);
    return CREDENTIALS_FOUND;
}

enum credentials_found credentials_from_shared_file(struct credentials *out,
                                                    const struct credentials_search *search,
                                                    struct error *err)
{
    return take_keys(out, search->profile, profile_get_in_credentials,
                     search->config->credentials_file, err);
}

enum credentials_found credentials_from_config_file(struct credentials *out,
                                                    const struct credentials_search *search,
                                                    struct error *err)
{
    return take_keys(out, search->profile, profile_get_in_config, search->config->config_file, err);
}
