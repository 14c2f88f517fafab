/* Keys in the shared files. What else a profile can hold goes before them, in AWS's order. */
#include "planner/base/memory.h"
#include "planner/base/text.h"
#include "providers/aws/credentials_source.h"
#include "providers/aws/profile.h"

static enum credentials_found not_yet(const struct aws_config *config, const char *what,
                                      const char *key, struct error *err)
{
    error_set(err, ERROR_NOT_YET, "the profile %s %s (%s), which is not available yet",
              config->profile, what, key);
    error_hint(err,
               "get keys with `aws configure export-credentials --profile %s --format env`, set "
               "them in the environment and %s",
               config->profile,
               config->profile_planned ? "leave aws.profile out of the plan file"
                                       : "unset AWS_PROFILE");
    return CREDENTIALS_FAILED;
}

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
    struct text source = {0};
    text_addf(&source, "the profile %s in %s", profile->name, file);
    out->access_key_id = memory_strdup(id);
    out->secret_access_key = memory_strdup(key);
    out->session_token = token ? memory_strdup(token) : NULL;
    out->source = text_steal(&source);
    return CREDENTIALS_FOUND;
}

static enum credentials_found look(struct credentials *out, const struct profile *profile,
                                   const struct aws_config *config, struct error *err)
{
    static const struct {
        const char *key, *what;
    } before_keys[] = {
        {"role_arn", "assumes a role"},
        {"sso_session", "signs in with IAM Identity Center"},
        {"sso_start_url", "signs in with IAM Identity Center"},
    };
    for (size_t i = 0; i < sizeof before_keys / sizeof *before_keys; i++)
        if (profile_get(profile, before_keys[i].key))
            return not_yet(config, before_keys[i].what, before_keys[i].key, err);
    enum credentials_found found =
        take_keys(out, profile, profile_get_in_credentials, config->credentials_file, err);
    if (found != CREDENTIALS_ABSENT)
        return found;
    if (profile_get(profile, "credential_process"))
        return not_yet(config, "asks a program for its keys", "credential_process", err);
    return take_keys(out, profile, profile_get_in_config, config->config_file, err);
}

enum credentials_found credentials_from_profile(struct credentials *out,
                                                const struct aws_config *config, struct error *err)
{
    struct profile profile;
    enum credentials_found found = CREDENTIALS_FAILED;
    if (profile_read(&profile, config->profile, config->config_file, config->credentials_file, err))
        found = look(out, &profile, config, err);
    profile_clear(&profile);
    return found;
}
