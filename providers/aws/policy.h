/*
 * The least IAM policy that a plan file's cutover needs (IAM User Guide, "Grammar of the IAM JSON
 * policy language"): each operation of operation.h on as few resources as IAM lets one name before
 * anything was read. No network.
 */
#ifndef PROVIDERS_AWS_POLICY_H
#define PROVIDERS_AWS_POLICY_H

#include <stdbool.h>

#include "planner/base/text.h"
#include "planner/subject.h"

struct aws_policy {
    const struct subject *subject; /* its names; ARNs are not needed */
    const char *region;            /* NULL: any */
    const char *account;           /* NULL: any */
    bool applies;                  /* for apply and revert; else for plan, status and watch only */
};

/* One JSON document. */
void aws_policy_write(struct text *out, const struct aws_policy *policy);

#endif
