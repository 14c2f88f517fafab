/*
 * Where a service is reached: AWS's own host of the region, or what AWS_ENDPOINT_URL[_SERVICE] or
 * the profile says. AWS's own are always https. A given URL stands as it is: the settings for FIPS
 * and dual-stack hosts are about AWS's own (so botocore has it).
 */
#ifndef PROVIDERS_AWS_ENDPOINT_H
#define PROVIDERS_AWS_ENDPOINT_H

#include <stdbool.h>

#include "planner/base/error.h"
#include "planner/base/text.h"
#include "providers/aws/config.h"

struct aws_endpoint {
    char *url;        /* "https://ecs.us-east-1.amazonaws.com/" */
    char *host;       /* as the Host header has it: lower case, the scheme's own port left out */
    const char *path; /* the URL's, "/" at least; borrowed from `url` */
    const char *from; /* "AWS_ENDPOINT_URL"; NULL: it is AWS's own; borrowed from the config */
    const char
        *region;   /* to sign for: the config's, but us-east-1 for sts.amazonaws.com; borrowed */
    bool loopback; /* localhost, *.localhost, 127.0.0.0/8 or ::1 */
};

must_use bool aws_endpoint_find(struct aws_endpoint *out, const struct aws_config *config,
                                enum aws_service service, struct error *err);
void aws_endpoint_clear(struct aws_endpoint *endpoint);

/* Adds AWS's own host of a service, by its name in hosts: "portal.sso" in eu-west-1 adds
 * "portal.sso.eu-west-1.amazonaws.com". The partition's domain follows the region; the config says
 * whether it is the FIPS or dual-stack one. Fails where the partition has no such hosts, or where
 * `region` is none (it comes from files). */
must_use bool aws_endpoint_host(struct text *out, const struct aws_config *config,
                                const char *service, const char *region, struct error *err);
/* Whether that may be the name of a region. What stands for a whole partition ("aws-global") or
 * for FIPS hosts ("us-east-1-fips") in old settings is none. */
bool aws_is_region(const char *s);
/* "aws", "aws-cn", "aws-us-gov": what the ARNs of its region begin with behind "arn:". */
const char *aws_partition_of(const char *region);

#endif
