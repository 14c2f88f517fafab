#include "providers/aws/service.h"

#include <stddef.h>

static const struct {
    const char *signing_name, *iam_prefix;
} services[AWS_SERVICE_COUNT] = {
    [AWS_ECS] = {"ecs", "ecs"},
    [AWS_ELBV2] = {"elasticloadbalancing", "elasticloadbalancing"},
    [AWS_CLOUDWATCH] = {"monitoring", "cloudwatch"},
    [AWS_STS] = {"sts", "sts"},
    [AWS_SSO] = {"portal.sso", NULL},
    [AWS_SSO_OIDC] = {"oidc", NULL},
};

const char *aws_signing_name(enum aws_service service)
{
    return services[service].signing_name;
}

const char *aws_iam_prefix(enum aws_service service)
{
    return services[service].iam_prefix;
}
