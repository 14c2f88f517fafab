#include "tests/unit.h"

#include "providers/aws/client.h"

static void begins_with_the_version_of_the_service(void **state)
{
    (void)state;
    struct text body = {0};
    aws_query_begin(&body, AWS_CLOUDWATCH, "GetMetricData");
    assert_string_equal(body.data, "Action=GetMetricData&Version=2010-08-01");
    text_clear(&body);
}

static void encodes_query_values(void **state)
{
    (void)state;
    struct text body = {0};
    aws_query_begin(&body, AWS_ELBV2, "ModifyListener");
    aws_query_addf(&body, "arn:aws:x/y z", "Actions.member.%d.Arn", 1);
    aws_query_add(&body, "Value", "a&b=c+%\xc3\xa9~");
    assert_string_equal(body.data, "Action=ModifyListener&Version=2015-12-01"
                                   "&Actions.member.1.Arn=arn%3Aaws%3Ax%2Fy%20z"
                                   "&Value=a%26b%3Dc%2B%25%C3%A9~");
    text_clear(&body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(begins_with_the_version_of_the_service),
        cmocka_unit_test(encodes_query_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
