#include "tests/unit.h"

#include "planner/routing.h"

#define ARN "arn:aws:elasticloadbalancing:us-east-1:111122223333:"
#define S   ARN "targetgroup/ALBSourceProxy-prod-TG/aaaa"
#define T   ARN "targetgroup/ALBTargetProxy-prod-TG/bbbb"

static struct arena arena;

static int clear(void **state)
{
    (void)state;
    arena_clear(&arena);
    return 0;
}

static void writes_the_aws_clis_shape(void **state)
{
    (void)state;
    static const struct routing_member members[] = {
        {"member.1.Type", "authenticate-oidc"},
        {"member.1.AuthenticateOidcConfig.Issuer", "https://idp.example"},
        {"member.1.AuthenticateOidcConfig.ClientId", "id"},
        {"member.1.AuthenticateOidcConfig.SessionTimeout", "604800"},
        {"member.1.AuthenticateOidcConfig.AuthenticationRequestExtraParams.entry.1.key", "k"},
        {"member.1.AuthenticateOidcConfig.AuthenticationRequestExtraParams.entry.1.value", "v"},
        {"member.1.Order", "1"},
        {"member.2.Type", "forward"},
        {"member.2.Order", "2"},
        {"member.2.ForwardConfig.TargetGroups.member.1.TargetGroupArn", S},
        {"member.2.ForwardConfig.TargetGroups.member.1.Weight", "1"},
        {"member.2.ForwardConfig.TargetGroups.member.2.TargetGroupArn", T},
        {"member.2.ForwardConfig.TargetGroups.member.2.Weight", "0"},
        {"member.2.ForwardConfig.TargetGroupStickinessConfig.Enabled", "false"},
    };
    struct routing r;
    routing_interpret(&r, &arena, members, COUNT(members));
    assert_true(r.understood);
    struct text text = {0};
    routing_write_aws_cli(&text, &r);
    assert_string_equal(
        text.data, "[{\"Type\":\"authenticate-oidc\",\"AuthenticateOidcConfig\":{\"Issuer\":"
                   "\"https://idp.example\","
                   "\"ClientId\":\"id\",\"UseExistingClientSecret\":true,\"SessionTimeout\":604800,"
                   "\"AuthenticationRequestExtraParams\":{\"k\":\"v\"}},\"Order\":1},"
                   "{\"Type\":\"forward\",\"Order\":2,\"ForwardConfig\":{\"TargetGroups\":["
                   "{\"TargetGroupArn\":\"" S "\",\"Weight\":1},{\"TargetGroupArn\":\"" T
                   "\",\"Weight\":0}],\"TargetGroupStickinessConfig\":{\"Enabled\":false}}}]");
    text_clear(&text);
}

/* A name that was written twice would lose its first half: the CLI takes the last one. */
static void writes_each_name_once_in_any_order(void **state)
{
    (void)state;
    static const struct routing_member members[] = {
        {"member.1.ForwardConfig.TargetGroups.member.1.TargetGroupArn", S},
        {"member.1.Type", "forward"},
        {"member.1.ForwardConfig.TargetGroupStickinessConfig.Enabled", "true"},
        {"member.1.ForwardConfig.TargetGroups.member.2.TargetGroupArn", T},
        {"member.1.ForwardConfig.TargetGroups.member.1.Weight", "9"},
        {"member.1.ForwardConfig.TargetGroupStickinessConfig.DurationSeconds", "60"},
        {"member.1.ForwardConfig.TargetGroups.member.2.Weight", "1"},
    };
    struct routing r;
    struct text text = {0};
    routing_interpret(&r, &arena, members, COUNT(members));
    assert_true(r.understood);
    routing_write_aws_cli(&text, &r);
    assert_string_equal(text.data, "[{\"ForwardConfig\":{\"TargetGroups\":[{\"TargetGroupArn\":\"" S
                                   "\",\"Weight\":9},{\"TargetGroupArn\":\"" T "\",\"Weight\":1}],"
                                   "\"TargetGroupStickinessConfig\":{\"Enabled\":true,"
                                   "\"DurationSeconds\":60}},\"Type\":\"forward\"}]");
    text_clear(&text);
}

/* An entry whose value comes first, a list of texts. */
static void writes_maps_and_lists_of_texts(void **state)
{
    (void)state;
    static const struct routing_member members[] = {
        {"member.1.Type", "x"},
        {"member.1.Params.entry.1.value", "v"},
        {"member.1.Params.entry.1.key", "k"},
        {"member.1.Values.member.1", "a"},
        {"member.1.Values.member.2", "b"},
    };
    struct routing r;
    struct text text = {0};
    routing_interpret(&r, &arena, members, COUNT(members));
    routing_write_aws_cli(&text, &r);
    assert_string_equal(text.data,
                        "[{\"Type\":\"x\",\"Params\":{\"k\":\"v\"},\"Values\":[\"a\",\"b\"]}]");
    text_clear(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(writes_the_aws_clis_shape, clear),
        cmocka_unit_test_teardown(writes_each_name_once_in_any_order, clear),
        cmocka_unit_test_teardown(writes_maps_and_lists_of_texts, clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
