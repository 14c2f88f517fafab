/*
 * Prints what aws_config_read() and credentials_find() make of the environment, for
 * config_botocore.py: one "name=value" a line. Arguments: the plan file's profile and region, or
 * "".
 */
#include <inttypes.h>
#include <stdio.h>

#include "providers/aws/credentials/chain.h"

static void put(const char *name, const char *value)
{
    printf("%s=%s\n", name, value ? value : "");
}

int main(int argc, char **argv)
{
    struct aws_config config;
    struct credentials credentials = {0};
    struct error err = {0};
    const char *profile = argc > 1 && *argv[1] ? argv[1] : NULL;
    const char *region = argc > 2 && *argv[2] ? argv[2] : NULL;

    bool done = aws_config_read(&config, profile, region, &err);
    put("config_error", done ? NULL : error_kind_name(err.kind));
    put("region", config.region);
    put("ca_bundle", config.ca_bundle);
    printf("max_attempts=%d\n", config.max_attempts);
    printf("use_fips_endpoint=%d\n", config.use_fips);
    printf("use_dualstack_endpoint=%d\n", config.use_dualstack);
    put("sts_regional_endpoints", config.sts_legacy ? "legacy" : "regional");
    for (int i = 0; i < AWS_SERVICE_COUNT; i++)
        printf("endpoint_%d=%s\n", i,
               config.service_endpoint[i] ? config.service_endpoint[i]
               : config.endpoint          ? config.endpoint
                                          : "");
    if (done) {
        done = credentials_find(&credentials, &config, &(struct credentials_means){0}, &err);
        put("credentials_error", done ? NULL : error_kind_name(err.kind));
        put("access_key_id", credentials.access_key_id);
        put("secret_access_key", credentials.secret_access_key);
        put("session_token", credentials.session_token);
        printf("expires_at=%" PRId64 "\n", credentials.expires_at);
        printf("ends_at=%" PRId64 "\n", credentials.ends_at);
        put("source", credentials.source);
    }
    put("message", err.message);
    put("hint", err.hint);
    printf("http_status=%d\n", err.http_status);
    credentials_clear(&credentials);
    aws_config_clear(&config);
    return 0;
}
