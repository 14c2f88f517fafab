/*
 * Where a service is reached: AWS's own host of the region, or what AWS_ENDPOINT_URL[_SERVICE] or
 * the profile says. AWS's own are always https.
 */
#ifndef PROVIDERS_AWS_ENDPOINT_H
#define PROVIDERS_AWS_ENDPOINT_H

#include <stdbool.h>

#include "planner/base/error.h"
#include "providers/aws/config.h"

struct aws_endpoint {
    char *url;        /* "https://ecs.us-east-1.amazonaws.com/" */
    char *host;       /* as the Host header has it: lower case, the scheme's own port left out */
    const char *path; /* the URL's, "/" at least; borrowed from `url` */
    const char *from; /* "AWS_ENDPOINT_URL"; NULL: it is AWS's own; borrowed from the config */
    bool loopback;    /* localhost, *.localhost, 127.0.0.0/8 or ::1 */
};

must_use bool aws_endpoint_find(struct aws_endpoint *out, const struct aws_config *config,
                                enum aws_service service, struct error *err);
void aws_endpoint_clear(struct aws_endpoint *endpoint);

#endif
