/* The AWS services that this tool calls, and what they are called where. */
#ifndef PROVIDERS_AWS_SERVICE_H
#define PROVIDERS_AWS_SERVICE_H

enum aws_service {
    AWS_ECS,
    AWS_ELBV2,
    AWS_CLOUDWATCH,
    AWS_STS,
    AWS_SSO,
    AWS_SSO_OIDC,
    AWS_SERVICE_COUNT
};

/* "ecs", "elasticloadbalancing", "monitoring", "sts": in host names and in signatures; "portal.sso"
 * and "oidc" in host names alone: nothing is signed for those. */
const char *aws_signing_name(enum aws_service service);
/* "ecs", "elasticloadbalancing", "cloudwatch", "sts": in IAM actions; NULL of the others. */
const char *aws_iam_prefix(enum aws_service service);

#endif
