#include "tests/unit.h"

#include "planner/base/text.h"
#include "providers/aws/service.h"

/* As botocore's models have them: "signingName" or "endpointPrefix", and the service
 * authorization reference for IAM. */
static void names_as_aws_has_them(void **state)
{
    (void)state;
    static const struct {
        enum aws_service service;
        const char *signing_name, *iam_prefix;
    } rows[] = {
        {AWS_ECS, "ecs", "ecs"},
        {AWS_ELBV2, "elasticloadbalancing", "elasticloadbalancing"},
        {AWS_CLOUDWATCH, "monitoring", "cloudwatch"},
        {AWS_STS, "sts", "sts"},
        {AWS_SSO, "portal.sso", NULL}, /* no action of a policy: the token is all that is asked */
        {AWS_SSO_OIDC, "oidc", NULL},
    };
    assert_int_equal(COUNT(rows), AWS_SERVICE_COUNT);
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_string_equal(aws_signing_name(rows[i].service), rows[i].signing_name);
        assert_true(text_same(aws_iam_prefix(rows[i].service), rows[i].iam_prefix));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(names_as_aws_has_them)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
