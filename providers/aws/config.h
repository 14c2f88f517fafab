/*
 * What AWS's tools read from the environment and the shared files before they call anything:
 * profile, region, endpoints, retries (AWS SDKs and Tools reference guide, "Settings reference").
 */
#ifndef PROVIDERS_AWS_CONFIG_H
#define PROVIDERS_AWS_CONFIG_H

#include <stdbool.h>

#include "planner/base/error.h"
#include "providers/aws/service.h"

/* Where to look: filled from the plan file and the environment by aws_config_read(). */
struct aws_config {
    char *profile;          /* plan file's aws.profile, AWS_PROFILE, "default" */
    bool profile_named;     /* somebody asked for it by name: then it must exist */
    bool profile_planned;   /* the plan file did: then it goes before the environment's keys */
    char *role_arn;         /* the plan file's: assumed with the credentials that are found; set by
                               the caller, on the heap; NULL: none */
    char *region;           /* plan file, AWS_REGION, AWS_DEFAULT_REGION, the profile */
    char *config_file;      /* AWS_CONFIG_FILE or ~/.aws/config */
    char *credentials_file; /* AWS_SHARED_CREDENTIALS_FILE or ~/.aws/credentials */
    char *ca_bundle;        /* AWS_CA_BUNDLE or the profile's ca_bundle; NULL: the system's */
    int max_attempts;       /* AWS_MAX_ATTEMPTS or the profile's max_attempts; 3 */
    bool max_attempts_said; /* somebody did: then it holds to the letter */
    bool use_fips;          /* AWS_USE_FIPS_ENDPOINT or the profile's use_fips_endpoint */
    bool use_dualstack;     /* AWS_USE_DUALSTACK_ENDPOINT or its use_dualstack_endpoint */
    bool sts_legacy;        /* AWS_STS_REGIONAL_ENDPOINTS or its sts_regional_endpoints: "legacy" */
    char *endpoint;         /* AWS_ENDPOINT_URL or the profile's endpoint_url; NULL: none */
    char *endpoint_from;    /* which of these, for messages: "AWS_ENDPOINT_URL" */
    /* AWS_ENDPOINT_URL_ECS, _ELASTIC_LOAD_BALANCING_V2, _CLOUDWATCH, _STS, _SSO, _SSO_OIDC; without
     * AWS_ENDPOINT_URL also the profile's services section (AWS SDKs guide, "Service-specific
     * endpoints"). */
    char *service_endpoint[AWS_SERVICE_COUNT];
    char *service_endpoint_from[AWS_SERVICE_COUNT];
};

/* AWS_RETRY_MODE and the profile's retry_mode may say "standard", "adaptive" or "legacy", as AWS's
 * tools have it, and nothing else. All three stand for the standard mode: the adaptive one is that
 * with a limit on a client's rate, for those who send without pause; the legacy one is botocore's
 * own and differs in its codes.
 *
 * `profile` and `region` are the plan file's, or NULL. Fails when a named profile does not exist,
 * a file cannot be parsed (it names the file and line), no region is found or a setting is not
 * valid. Must be cleared also after `false`. */
must_use bool aws_config_read(struct aws_config *out, const char *profile, const char *region,
                              struct error *err);
void aws_config_clear(struct aws_config *config);

#endif
