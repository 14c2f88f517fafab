/*
 * A fallback as AWS CLI commands, for the day on which this tool cannot run: the same changes, the
 * same waits, and how to verify them. A POSIX shell script of commands that each also work alone,
 * once the plan file's role, if it has one, is assumed.
 */
#ifndef CMD_PRINT_AWS_H
#define CMD_PRINT_AWS_H

#include "cmd/page.h"
#include "planner/plan.h"

struct print_aws {
    const char *name;            /* of the cutover */
    const struct plan *fallback; /* an inverse plan with all its actions */
    const char *profile;         /* NULL: the environment's credentials */
    const char *role_arn;        /* NULL: none is assumed with them */
    const char *ecs_endpoint, *elbv2_endpoint, *cloudwatch_endpoint; /* NULL: AWS's own */
    const char *sts_endpoint;
};

void print_aws(struct page *page, const struct print_aws *in);

#endif
