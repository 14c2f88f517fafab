/*
 * Where credentials come from: one file a source behind one table (credentials.c), asked in AWS's
 * order; the first that has any wins. This version knows the environment and the shared profile
 * files; the rest of the chain joins behind the same table.
 *
 * Secrets live only here and in the signer; credentials_clear() cleanses them. No message ever
 * contains one.
 */
#ifndef PROVIDERS_AWS_CREDENTIALS_H
#define PROVIDERS_AWS_CREDENTIALS_H

#include <stdbool.h>
#include <stdint.h>

#include "planner/base/error.h"

struct credentials {
    char *access_key_id;
    char *secret_access_key;
    char *session_token; /* NULL: none */
    int64_t expires_at;  /* real time; 0: not known */
    char *source;        /* "the environment", "the profile ops in FILE": for messages */
};

void credentials_clear(struct credentials *credentials);

/* Where to look: filled from the plan file and the environment by aws_config_read(). */
struct aws_config {
    char *profile;             /* plan file's aws.profile, AWS_PROFILE, "default" */
    bool profile_named;        /* somebody asked for it by name: then it must exist */
    bool profile_planned;      /* the plan file did: then it goes before the environment's keys */
    char *region;              /* plan file, AWS_REGION, AWS_DEFAULT_REGION, the profile */
    char *config_file;         /* AWS_CONFIG_FILE or ~/.aws/config */
    char *credentials_file;    /* AWS_SHARED_CREDENTIALS_FILE or ~/.aws/credentials */
    char *ca_bundle;           /* AWS_CA_BUNDLE or the profile's ca_bundle; NULL: the system's */
    int max_attempts;          /* AWS_MAX_ATTEMPTS or the profile's max_attempts; 3 */
    char *endpoint;            /* AWS_ENDPOINT_URL or the profile's endpoint_url; NULL: none */
    char *endpoint_from;       /* which of these, for messages: "AWS_ENDPOINT_URL" */
    char *service_endpoint[3]; /* AWS_ENDPOINT_URL_ECS, _ELASTIC_LOAD_BALANCING_V2, _CLOUDWATCH, by
                                  enum aws_service; without AWS_ENDPOINT_URL also the profile's
                                  services section (AWS SDKs guide, "Service-specific endpoints") */
    char *service_endpoint_from[3];
};

/* `profile` and `region` are the plan file's, or NULL. Fails when a named profile does not exist,
 * a file cannot be parsed (it names the file and line), no region is found or a setting is not
 * valid. Must be cleared also after `false`. */
must_use bool aws_config_read(struct aws_config *out, const char *profile, const char *region,
                              struct error *err);
void aws_config_clear(struct aws_config *config);

/* Must be cleared also after `false`. */
must_use bool credentials_find(struct credentials *out, const struct aws_config *config,
                               struct error *err);

#endif
