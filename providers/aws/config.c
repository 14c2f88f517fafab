#include "providers/aws/config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "planner/base/memory.h"
#include "planner/base/text.h"
#include "providers/aws/endpoint.h"
#include "providers/aws/profile.h"

enum { ATTEMPTS_DEFAULT = 3, ATTEMPTS_MAX = 100 };

static const struct {
    const char *variable, *key;
} service_endpoints[AWS_SERVICE_COUNT] = {
    [AWS_ECS] = {"AWS_ENDPOINT_URL_ECS", "ecs.endpoint_url"},
    [AWS_ELBV2] = {"AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2",
                   "elastic_load_balancing_v2.endpoint_url"},
    [AWS_CLOUDWATCH] = {"AWS_ENDPOINT_URL_CLOUDWATCH", "cloudwatch.endpoint_url"},
    [AWS_STS] = {"AWS_ENDPOINT_URL_STS", "sts.endpoint_url"},
    [AWS_SSO] = {"AWS_ENDPOINT_URL_SSO", "sso.endpoint_url"},
    [AWS_SSO_OIDC] = {"AWS_ENDPOINT_URL_SSO_OIDC", "sso_oidc.endpoint_url"},
};

/* AWS's tools take an empty variable for one that is not set. */
static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

static char *copy(const char *s)
{
    return s ? memory_strdup(s) : NULL;
}

static char *of_profile(const char *what, const struct aws_config *config)
{
    struct text text = {0};
    text_addf(&text, "%s of the profile %s", what, config->profile);
    return text_steal(&text);
}

/* A path from the environment may begin with "~/"; the default lies in the home folder. */
static char *shared_file(const char *name, const char *in_home)
{
    const char *path = variable(name), *home = variable("HOME");
    if (path && !text_starts(path, "~/"))
        return memory_strdup(path);
    if (!home)
        return NULL;
    struct text text = {0};
    text_addf(&text, "%s/%s", home, path ? path + 2 : in_home);
    return text_steal(&text);
}

static bool unknown_profile(const struct profile *profile, const struct aws_config *config,
                            struct error *err)
{
    struct text names = {0};
    profile_names(&names, profile);
    error_set(err, ERROR_CREDENTIALS, "the AWS profile %s is neither in %s nor in %s",
              config->profile, config->config_file ? config->config_file : "~/.aws/config",
              config->credentials_file ? config->credentials_file : "~/.aws/credentials");
    error_hint(err, "%s%s; it was named by %s",
               names.len ? "the profiles there are: " : "there is no profile at all",
               text_cstr(&names),
               config->profile_planned ? "the plan file (aws.profile)" : "AWS_PROFILE");
    text_clear(&names);
    return false;
}

static bool read_region(struct aws_config *out, const char *planned, const struct profile *profile,
                        struct error *err)
{
    const char *region = planned, *from = "the plan file (aws.region)";
    if (!region && (region = variable("AWS_REGION")))
        from = "AWS_REGION";
    if (!region && (region = variable("AWS_DEFAULT_REGION")))
        from = "AWS_DEFAULT_REGION";
    if (!region && (region = profile_get(profile, "region")))
        from = "the profile";
    if (!region) {
        error_set(err, ERROR_USAGE, "no AWS region is known");
        return error_hint(err,
                          "write aws.region in the plan file, set AWS_REGION, or set region "
                          "in the profile %s",
                          out->profile);
    }
    if (!aws_is_region(region)) {
        error_set(err, ERROR_USAGE, "\"%s\" is not the name of an AWS region", region);
        return error_hint(err, "it comes from %s; a region looks like us-east-1%s", from,
                          strstr(region, "fips") ? ", and FIPS endpoints are asked for with "
                                                   "AWS_USE_FIPS_ENDPOINT=true"
                                                 : "");
    }
    out->region = memory_strdup(region);
    return true;
}

static bool read_attempts(struct aws_config *out, const struct profile *profile, struct error *err)
{
    const char *value = variable("AWS_MAX_ATTEMPTS"), *from = "AWS_MAX_ATTEMPTS";
    if (!value && (value = profile_get(profile, "max_attempts")))
        from = "max_attempts of the profile";
    out->max_attempts = ATTEMPTS_DEFAULT;
    if (!value)
        return true;
    char *end;
    errno = 0;
    long n = strtol(value, &end, 10);
    if (errno || *end || end == value || n < 1 || n > ATTEMPTS_MAX)
        return error_set(err, ERROR_USAGE, "%s is \"%s\"; a number from 1 to %d is expected", from,
                         value, ATTEMPTS_MAX);
    out->max_attempts = (int)n;
    out->max_attempts_said = true;
    return true;
}

/* Which of the words a setting says, in any case; 0, the first, where it is not set. */
static bool read_word(int *out, const struct profile *profile, const char *name, const char *key,
                      const char *const words[], struct error *err)
{
    const char *value = variable(name);
    bool in_profile = !value;
    if (in_profile)
        value = profile_get(profile, key);
    struct text known = {0};
    bool found = !value;
    *out = 0;
    for (int i = 0; words[i] && !found; i++) {
        found = strcasecmp(value, words[i]) == 0;
        *out = i;
        text_addf(&known, "%s%s", i ? ", " : "", words[i]);
    }
    if (!found)
        error_set(err, ERROR_USAGE, "%s%s is \"%s\"; one of these is expected: %s",
                  in_profile ? key : name, in_profile ? " of the profile" : "", value,
                  text_cstr(&known));
    text_clear(&known);
    return found;
}

static bool read_words(struct aws_config *out, const struct profile *profile, struct error *err)
{
    static const char *const switches[] = {"false", "true", NULL};
    static const char *const sts[] = {"regional", "legacy", NULL};
    static const char *const retries[] = {"standard", "adaptive", "legacy", NULL};
    int fips = 0, dualstack = 0, legacy = 0, retry_mode;
    bool done =
        read_word(&fips, profile, "AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint", switches, err) &&
        read_word(&dualstack, profile, "AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint",
                  switches, err) &&
        read_word(&legacy, profile, "AWS_STS_REGIONAL_ENDPOINTS", "sts_regional_endpoints", sts,
                  err) &&
        read_word(&retry_mode, profile, "AWS_RETRY_MODE", "retry_mode", retries, err);
    out->use_fips = fips;
    out->use_dualstack = dualstack;
    out->sts_legacy = legacy;
    return done;
}

/* A guard against a bare "localhost:4566"; the client says what else may be wrong with it. */
static bool take_endpoint(char **out, char **from_out, const char *url, char *from,
                          struct error *err)
{
    *out = memory_strdup(url);
    *from_out = from;
    if (strncasecmp(url, "http://", 7) == 0 || strncasecmp(url, "https://", 8) == 0)
        return true;
    return error_set(err, ERROR_USAGE, "%s does not begin with http:// or https://", from);
}

static bool read_service_endpoint(struct aws_config *out, enum aws_service service,
                                  const struct profile *profile, struct error *err)
{
    const char *name = service_endpoints[service].variable, *key = service_endpoints[service].key;
    const char *url = variable(name);
    if (url)
        return take_endpoint(&out->service_endpoint[service], &out->service_endpoint_from[service],
                             url, memory_strdup(name), err);
    if (variable("AWS_ENDPOINT_URL") || !(url = profile_get_service(profile, key)))
        return true;
    return take_endpoint(&out->service_endpoint[service], &out->service_endpoint_from[service], url,
                         of_profile("the services section", out), err);
}

static bool read_endpoints(struct aws_config *out, const struct profile *profile, struct error *err)
{
    const char *ignore = variable("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
    if (!ignore)
        ignore = profile_get(profile, "ignore_configured_endpoint_urls");
    if (ignore && strcasecmp(ignore, "true") == 0)
        return true;
    for (int service = 0; service < AWS_SERVICE_COUNT; service++)
        if (!read_service_endpoint(out, (enum aws_service)service, profile, err))
            return false;
    const char *url = variable("AWS_ENDPOINT_URL");
    if (url)
        return take_endpoint(&out->endpoint, &out->endpoint_from, url,
                             memory_strdup("AWS_ENDPOINT_URL"), err);
    if ((url = profile_get(profile, "endpoint_url")))
        return take_endpoint(&out->endpoint, &out->endpoint_from, url,
                             of_profile("endpoint_url", out), err);
    return true;
}

static bool read_settings(struct aws_config *out, const struct profile *profile, const char *region,
                          struct error *err)
{
    if (out->profile_named && !profile_exists(profile))
        return unknown_profile(profile, out, err);
    const char *bundle = variable("AWS_CA_BUNDLE");
    out->ca_bundle = copy(bundle ? bundle : profile_get(profile, "ca_bundle"));
    return read_region(out, region, profile, err) && read_attempts(out, profile, err) &&
           read_words(out, profile, err) && read_endpoints(out, profile, err);
}

bool aws_config_read(struct aws_config *out, const char *profile_name, const char *region,
                     struct error *err)
{
    const char *name = profile_name ? profile_name : variable("AWS_PROFILE");
    *out = (struct aws_config){.profile = memory_strdup(name ? name : "default"),
                               .profile_named = name != NULL,
                               .profile_planned = profile_name != NULL};
    out->config_file = shared_file("AWS_CONFIG_FILE", ".aws/config");
    out->credentials_file = shared_file("AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials");

    struct profile profile;
    bool done =
        profile_read(&profile, out->profile, out->config_file, out->credentials_file, err) &&
        read_settings(out, &profile, region, err);
    profile_clear(&profile);
    return done;
}

void aws_config_clear(struct aws_config *config)
{
    free(config->profile);
    free(config->role_arn);
    free(config->region);
    free(config->config_file);
    free(config->credentials_file);
    free(config->ca_bundle);
    free(config->endpoint);
    free(config->endpoint_from);
    for (int i = 0; i < AWS_SERVICE_COUNT; i++) {
        free(config->service_endpoint[i]);
        free(config->service_endpoint_from[i]);
    }
    *config = (struct aws_config){0};
}
