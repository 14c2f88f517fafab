/* The cloud port over AWS's wire protocols (planner/cloud.h). */
#ifndef PROVIDERS_AWS_CLOUD_H
#define PROVIDERS_AWS_CLOUD_H

#include "planner/clock.h"
#include "planner/cloud.h"
#include "providers/aws/client.h"

/* Both are borrowed for as long as the port is used, as is the struct itself. The clock says which
 * minutes are recent and when a snapshot was taken; it may be scaled. */
struct aws_cloud {
    struct aws_client *client;
    const struct clock *clock;
};

void aws_cloud_init(struct cloud *out, struct aws_cloud *self);

#endif
