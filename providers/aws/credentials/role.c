/* A role's keys by STS AssumeRole: a profile's role_arn, or the plan file's (AWS SDKs and Tools
 * reference guide, "Assume role credential provider"). */
#include <stdlib.h>
#include <string.h>

#include "planner/base/text.h"
#include "providers/aws/credentials/source.h"
#include "providers/aws/credentials/sts.h"

enum { DURATION_MIN = 900, DURATION_MAX = 43200, MFA_DIGITS = 6, MFA_CODE_SIZE = 64 };

#define DIGITS "0123456789"

/* ---- what the profile says ---- */

/* A profile with a token's file assumes its role with that. */
static bool has_role(const struct profile *profile)
{
    return profile_get(profile, "role_arn") && !profile_get(profile, "web_identity_token_file");
}

static bool has_keys(const struct profile *profile)
{
    return profile_get(profile, "aws_access_key_id") ||
           profile_get(profile, "aws_secret_access_key");
}

static bool is_duration(const char *s)
{
    size_t n = strlen(s);
    if (n > strlen("43200") || strspn(s, DIGITS) != n)
        return false;
    long seconds = strtol(s, NULL, 10);
    return seconds >= DURATION_MIN && seconds <= DURATION_MAX;
}

static bool read_role(struct sts_role *out, const struct credentials_search *search,
                      struct error *err)
{
    const struct profile *profile = search->profile;
    *out = (struct sts_role){.arn = profile_get(profile, "role_arn"),
                             .session_name = profile_get(profile, "role_session_name"),
                             .external_id = profile_get(profile, "external_id"),
                             .duration_seconds = profile_get(profile, "duration_seconds"),
                             .mfa_serial = profile_get(profile, "mfa_serial")};
    if (out->duration_seconds && !is_duration(out->duration_seconds))
        return error_set(err, ERROR_CREDENTIALS,
                         "duration_seconds of the profile %s is \"%s\"; a number from %d to %d is "
                         "expected",
                         profile->name, out->duration_seconds, DURATION_MIN, DURATION_MAX);
    if (!out->mfa_serial || search->means->ask_mfa)
        return true;
    error_set(err, ERROR_CREDENTIALS,
              "the role of the profile %s needs a code of the MFA device %s, and there is no "
              "terminal to ask on",
              profile->name, out->mfa_serial);
    return error_hint(err,
                      "run it on a terminal; or get the role's keys on one with `aws configure "
                      "export-credentials --profile %s --format env`, and set them here",
                      profile->name);
}

/* ---- whose keys ask for it ---- */

static enum credentials_found from_named_source(struct credentials *out,
                                                const struct credentials_search *search,
                                                const char *name, struct error *err)
{
    static const struct {
        const char *name;
        credentials_source *find;
    } sources[] = {
        {"Environment", credentials_from_environment},
        {"Ec2InstanceMetadata", credentials_from_metadata},
        {"EcsContainer", credentials_from_container},
    };
    /* The profile itself names the environment, so that goes before nothing. */
    struct aws_config config = *search->config;
    struct credentials_search asked = *search;
    config.profile_planned = false;
    asked.config = &config;
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        if (!text_same(sources[i].name, name))
            continue;
        enum credentials_found found = sources[i].find(out, &asked, err);
        if (found == CREDENTIALS_ABSENT) {
            error_set(err, ERROR_CREDENTIALS,
                      "the profile %s assumes its role with keys of %s (credential_source), where "
                      "there are none",
                      search->profile->name, name);
            error_hint(err, "%s", search->seen ? text_cstr(search->seen) : "");
        }
        return found == CREDENTIALS_FOUND && credentials_check(out, err) ? CREDENTIALS_FOUND
                                                                         : CREDENTIALS_FAILED;
    }
    error_set(err, ERROR_CREDENTIALS, "the profile %s has the credential_source %s, which is none",
              search->profile->name, name);
    error_hint(err, "there are Environment, Ec2InstanceMetadata and EcsContainer");
    return CREDENTIALS_FAILED;
}

static void say_circle(const struct credentials_search *search, const char *name, struct error *err)
{
    struct text names = {0};
    text_add(&names, name);
    for (; search; search = search->named_by) {
        struct text longer = {0};
        text_addf(&longer, "%s, %s", search->profile->name, names.data);
        text_clear(&names);
        names = longer;
    }
    error_set(err, ERROR_CREDENTIALS,
              "the profiles name one another as their source_profile in a circle: %s", names.data);
    error_hint(err, "one of them must have keys of its own, or a credential_source");
    text_clear(&names);
}

/* A profile that names itself means its own keys. */
static bool is_circle(const struct credentials_search *search, const char *name)
{
    if (text_same(search->profile->name, name))
        return !has_keys(search->profile);
    for (search = search->named_by; search; search = search->named_by)
        if (text_same(search->profile->name, name))
            return true;
    return false;
}

static enum credentials_found
find_source(struct credentials *out, const struct credentials_search *search, struct error *err)
{
    const char *profile = profile_get(search->profile, "source_profile");
    const char *source = profile_get(search->profile, "credential_source");
    if (!profile == !source) {
        error_set(err, ERROR_CREDENTIALS,
                  "the profile %s has a role_arn and %s source_profile %s credential_source",
                  search->profile->name, profile ? "both a" : "neither a",
                  profile ? "and a" : "nor a");
        error_hint(err, "one of them must say whose keys may assume the role");
        return CREDENTIALS_FAILED;
    }
    if (source)
        return from_named_source(out, search, source, err);
    if (is_circle(search, profile)) {
        say_circle(search, profile, err);
        return CREDENTIALS_FAILED;
    }
    return credentials_of_profile(out, search, profile, err);
}

/* ---- the role ---- */

static bool ask_code(char code[MFA_CODE_SIZE], const char *serial,
                     const struct credentials_means *means, struct error *err)
{
    if (!means->ask_mfa(means->ask_self, code, MFA_CODE_SIZE, serial, err))
        return false;
    if (strlen(code) == MFA_DIGITS && strspn(code, DIGITS) == MFA_DIGITS)
        return true;
    return error_set(err, ERROR_CREDENTIALS, "a code of the MFA device %s is %d digits", serial,
                     MFA_DIGITS);
}

/* In *out the keys that ask, and then those of the role. */
static bool assume(struct credentials *out, const struct sts_role *role,
                   const struct credentials_search *search, struct error *err)
{
    char code[MFA_CODE_SIZE] = "";
    int64_t ends_at = out->ends_at;
    struct sts_role with_code = *role;
    with_code.mfa_code = role->mfa_serial ? code : NULL;
    bool done = !role->mfa_serial || ask_code(code, role->mfa_serial, search->means, err);
    done = done && sts_assume(out, &with_code, out, search->config, search->means, err);
    explicit_bzero(code, sizeof code);
    if (done)
        out->ends_at = role->mfa_serial ? out->expires_at : ends_at;
    return done;
}

enum credentials_found credentials_from_role(struct credentials *out,
                                             const struct credentials_search *search,
                                             struct error *err)
{
    struct sts_role role;
    const char *name = search->profile->name;
    if (!has_role(search->profile) || (search->named_by && has_keys(search->profile)))
        return CREDENTIALS_ABSENT;
    if (!read_role(&role, search, err) || find_source(out, search, err) != CREDENTIALS_FOUND)
        return CREDENTIALS_FAILED;
    if (!assume(out, &role, search, err)) {
        error_context(err, "the role of the profile %s", name);
        return CREDENTIALS_FAILED;
    }
    credentials_name(out, "the profile %s (%s)", name, role.arn);
    return CREDENTIALS_FOUND;
}

bool credentials_assume_planned(struct credentials *out, const struct credentials_search *search,
                                struct error *err)
{
    const struct sts_role role = {.arn = search->config->role_arn};
    if (!assume(out, &role, search, err))
        return error_context(err, "the plan file's role (aws.role_arn)");
    credentials_name(out, "the plan file's role %s", role.arn);
    return true;
}
