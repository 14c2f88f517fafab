/*
 * Answers questions on standard input about hosts, for endpoint_botocore.py. A line is
 * "FIPS DUALSTACK LEGACY REGION SERVICE", three digits and two words; the answer is the URL and the
 * region to sign for, or the error after "error". The word "portal.sso" or "oidc" asks for a host.
 */
#include <stdio.h>
#include <string.h>

#include "providers/aws/endpoint.h"

static void answer(const struct aws_config *config, const char *service)
{
    struct aws_endpoint endpoint = {0};
    struct text host = {0};
    struct error err = {0};
    int s = 0;
    while (s < AWS_SERVICE_COUNT && strcmp(service, aws_signing_name((enum aws_service)s)) != 0)
        s++;
    if (s < AWS_SERVICE_COUNT && aws_endpoint_find(&endpoint, config, (enum aws_service)s, &err))
        printf("%s %s\n", endpoint.url, endpoint.region);
    else if (s == AWS_SERVICE_COUNT &&
             aws_endpoint_host(&host, config, service, config->region, &err))
        printf("https://%s/ %s\n", host.data, config->region);
    else
        printf("error %s; %s\n", err.message, err.hint);
    aws_endpoint_clear(&endpoint);
    text_clear(&host);
}

int main(void)
{
    int fips, dualstack, legacy;
    char region[64], service[64];
    while (scanf("%d %d %d %63s %63s", &fips, &dualstack, &legacy, region, service) == 5) {
        struct aws_config config = {
            .region = region, .use_fips = fips, .use_dualstack = dualstack, .sts_legacy = legacy};
        answer(&config, service);
    }
    return 0;
}
