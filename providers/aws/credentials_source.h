/* The table of credential sources (credentials.c), in AWS's order. Only its sources include this.
 */
#ifndef PROVIDERS_AWS_CREDENTIALS_SOURCE_H
#define PROVIDERS_AWS_CREDENTIALS_SOURCE_H

#include "providers/aws/credentials.h"

enum credentials_found {
    CREDENTIALS_FOUND,  /* *out is filled */
    CREDENTIALS_ABSENT, /* nothing here: ask the next source */
    CREDENTIALS_FAILED, /* something is here that cannot be used: *err says why, the search ends */
};

typedef enum credentials_found
credentials_source(struct credentials *out, const struct aws_config *config, struct error *err);

credentials_source credentials_from_environment;
credentials_source credentials_from_profile;

#endif
