#include "providers/aws/credentials/chain.h"

#include <strings.h>

#include "planner/base/text.h"
#include "providers/aws/credentials/source.h"

enum { SOURCE_PROFILES_MAX = 8 };

static const struct {
    credentials_source *find;
    bool of_profile; /* a profile can hold it, so a source_profile too */
} sources[] = {
    {credentials_from_environment, false}, {credentials_from_role, true},
    {credentials_from_web_identity, true}, {credentials_from_sso, true},
    {credentials_from_shared_file, true},  {credentials_from_process, true},
    {credentials_from_config_file, true},  {credentials_from_container, false},
    {credentials_from_metadata, false},
};

/* In the order in which they were asked. */
static void list_places(struct text *out, const struct aws_config *config, bool has_profile)
{
    const char *off = credentials_variable("AWS_EC2_METADATA_DISABLED");
    text_add(out, config->profile_planned
                      ? "not in the environment (passed over: the plan file names a profile)"
                      : "not in the environment (AWS_ACCESS_KEY_ID is not set)");
    text_addf(out, ", not in the profile %s (%s %s %s %s)", config->profile,
              has_profile ? "no role_arn, sso_session, keys or credential_process in"
                          : "it is neither in",
              config->config_file ? config->config_file : "~/.aws/config",
              has_profile ? "or" : "nor in",
              config->credentials_file ? config->credentials_file : "~/.aws/credentials");
    if (!config->profile_planned)
        text_add(out, ", not for a web identity token (AWS_WEB_IDENTITY_TOKEN_FILE is not set)");
    text_addf(out,
              ", not from a container's agent (neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor "
              "AWS_CONTAINER_CREDENTIALS_FULL_URI is set), not from an instance's role (%s)",
              off && strcasecmp(off, "true") == 0
                  ? "AWS_EC2_METADATA_DISABLED is true"
                  : "no metadata service answers here, or it has no role");
}

static bool none_found(const struct credentials_search *search, bool has_profile, struct error *err)
{
    const struct text *seen = search->seen;
    struct text places = {0};
    list_places(&places, search->config, has_profile);
    error_set(err, ERROR_CREDENTIALS, "no AWS credentials were found: %s", text_cstr(&places));
    text_clear(&places);
    return error_hint(err,
                      "%s%sset AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and "
                      "AWS_SESSION_TOKEN), or name a profile that has some with AWS_PROFILE or in "
                      "the plan file (aws.profile)",
                      text_cstr(seen), seen->len ? "; " : "");
}

/* They go into headers: a line break that came along from a file must not. */
static bool is_printable(const char *s)
{
    for (; *s; s++)
        if (*s <= ' ' || *s > '~')
            return false;
    return true;
}

bool credentials_check(const struct credentials *found, struct error *err)
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

static enum credentials_found walk(struct credentials *out, const struct credentials_search *search,
                                   struct error *err)
{
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        if (search->depth && !sources[i].of_profile)
            continue;
        enum credentials_found found = sources[i].find(out, search, err);
        if (found == CREDENTIALS_FOUND && !credentials_check(out, err))
            return CREDENTIALS_FAILED;
        if (found != CREDENTIALS_ABSENT)
            return found;
    }
    return CREDENTIALS_ABSENT;
}

bool credentials_find(struct credentials *out, const struct aws_config *config,
                      const struct credentials_means *means, struct error *err)
{
    struct profile profile;
    enum credentials_found found = CREDENTIALS_FAILED;
    struct text seen = {0};
    struct credentials_search search = {
        .config = config, .means = means, .profile = &profile, .seen = &seen};
    *out = (struct credentials){0};
    if (profile_read(&profile, config->profile, config->config_file, config->credentials_file, err))
        found = walk(out, &search, err);
    if (found == CREDENTIALS_FOUND && config->role_arn &&
        !credentials_assume_planned(out, &search, err))
        found = CREDENTIALS_FAILED;
    bool has_profile = profile_exists(&profile);
    profile_clear(&profile);
    bool done = found == CREDENTIALS_FOUND;
    if (found == CREDENTIALS_ABSENT)
        done = none_found(&search, has_profile, err);
    if (!done) /* what was to ask for a role's */
        credentials_clear(out);
    text_clear(&seen);
    return done;
}

enum credentials_found credentials_of_profile(struct credentials *out,
                                              const struct credentials_search *search,
                                              const char *name, struct error *err)
{
    const struct aws_config *config = search->config;
    struct profile profile;
    struct credentials_search next = {.config = config,
                                      .means = search->means,
                                      .profile = &profile,
                                      .depth = search->depth + 1,
                                      .named_by = search,
                                      .seen = search->seen};
    enum credentials_found found = CREDENTIALS_FAILED;
    if (next.depth > SOURCE_PROFILES_MAX) {
        error_set(err, ERROR_CREDENTIALS,
                  "more than %d profiles name one another as their "
                  "source_profile, the last of them %s",
                  SOURCE_PROFILES_MAX, name);
        return CREDENTIALS_FAILED;
    }
    if (profile_read(&profile, name, config->config_file, config->credentials_file, err))
        found = walk(out, &next, err);
    if (found == CREDENTIALS_ABSENT) {
        error_set(err, ERROR_CREDENTIALS, "the profile %s names %s as its source_profile, which %s",
                  search->profile->name, name,
                  profile_exists(&profile) ? "has no credentials" : "does not exist");
        found = CREDENTIALS_FAILED;
    }
    profile_clear(&profile);
    return found;
}
