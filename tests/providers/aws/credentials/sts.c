/*
 * That a call of STS leaves no secret behind: no memory that is given back on its way still holds
 * one. What is asked for, and what is said of refusals, sts_botocore.py holds against botocore.
 */
#include "tests/unit.h"

#include "planner/base/memory.h"
#include "planner/base/text.h"
#include "providers/aws/credentials/sts.h"
#include "providers/aws/xml.h"
#include "tests/leftovers.h"
#include "tests/loopback.h"

#define KEY          "callers/secret+CANARY"
#define CALLER_TOKEN "callers//token+CANARY"
#define WEB_TOKEN    "web.identity.CANARY"
#define CODE         "907315"
#define NEW_KEY      "answered/secret+CANARY"
#define NEW_TOKEN    "answered//token+CANARY"

#define ANSWER(operation)                                                                          \
    "<" operation "Response><" operation "Result><Credentials><AccessKeyId>ASIA1</AccessKeyId>"    \
    "<SecretAccessKey>" NEW_KEY "</SecretAccessKey><SessionToken>" NEW_TOKEN "</SessionToken>"     \
    "<Expiration>2036-12-01T02:00:00Z</Expiration></Credentials></" operation                      \
    "Result></" operation "Response>"

static const char *const secrets[] = {KEY, CALLER_TOKEN, WEB_TOKEN, CODE, NEW_KEY, NEW_TOKEN};

/* ---- the calls ---- */

struct fixture {
    struct loopback server;
    struct aws_config config;
    const char *answer;
    int status;
};

static enum loopback_next answer(struct loopback *server, int fd,
                                 const struct loopback_request *request)
{
    const struct fixture *f = server->self;
    (void)request;
    loopback_say(fd, f->status, "", f->answer);
    return LOOPBACK_KEEP;
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->server.answer = answer;
    f->server.self = f;
    loopback_start(&f->server);
    f->config = (struct aws_config){.profile = memory_strdup("default"),
                                    .region = memory_strdup("us-east-1"),
                                    .max_attempts = 2,
                                    .endpoint = memory_strdup(loopback_url(&f->server, "")),
                                    .endpoint_from = memory_strdup("AWS_ENDPOINT_URL")};
    f->status = 200;
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    loopback_stop(&f->server);
    aws_config_clear(&f->config);
    free(f);
    return 0;
}

/* How many blocks held a secret; `expected`: whether the call works. */
static int leftovers(struct fixture *f, const struct sts_role *role, bool expected)
{
    struct error err = {0};
    struct credentials keys = {.source = memory_strdup("a test")};
    if (!role->web_identity_token) {
        keys.access_key_id = memory_strdup("AKIDCALLER");
        keys.secret_access_key = memory_strdup(KEY);
        keys.session_token = memory_strdup(CALLER_TOKEN);
    }
    leftovers_watch(secrets, COUNT(secrets));
    bool done = sts_assume(&keys, role, &keys, &f->config, &(struct credentials_means){0}, &err);
    if (done != expected)
        fail_msg("%s", err.message);
    if (done) {
        assert_string_equal(keys.secret_access_key, NEW_KEY);
        assert_true(keys.expires_at == 2111709600000);
    }
    credentials_clear(&keys);
    return leftovers_end();
}

static void an_assumed_role_leaves_none(void **state)
{
    struct fixture *f = *state;
    const struct sts_role role = {
        .arn = "arn:aws:iam::111122223333:role/a", .mfa_serial = "GAHT1", .mfa_code = CODE};
    f->answer = ANSWER("AssumeRole");
    if (leftovers(f, &role, true))
        fail_msg("a block that was given back held %s", leftovers_first());
    f->answer = "<AssumeRoleResponse><AssumeRoleResult><Credentials>"
                "<SecretAccessKey>" NEW_KEY "</SecretAccessKey>";
    if (leftovers(f, &role, false))
        fail_msg("a block that was given back held %s", leftovers_first());
    f->status = 403;
    f->answer = "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>";
    if (leftovers(f, &role, false))
        fail_msg("a block that was given back held %s", leftovers_first());
}

static void a_web_identity_leaves_none(void **state)
{
    struct fixture *f = *state;
    const struct sts_role role = {.arn = "arn:aws:iam::111122223333:role/a",
                                  .web_identity_token = WEB_TOKEN};
    f->answer = ANSWER("AssumeRoleWithWebIdentity");
    if (leftovers(f, &role, true))
        fail_msg("a block that was given back held %s", leftovers_first());
}

/* The watch can find: a tree that is no secret leaves its texts behind. */
static void only_a_secret_tree_is_overwritten(void **state)
{
    (void)state;
    static const char bytes[] = ANSWER("AssumeRole");
    struct xml_document doc;
    struct error err;
    leftovers_watch(secrets, COUNT(secrets));
    assert_true(xml_read(&doc, bytes, sizeof bytes - 1, &err));
    xml_document_clear(&doc);
    assert_true(leftovers_end() > 0);
    leftovers_watch(secrets, COUNT(secrets));
    assert_true(xml_read_secret(&doc, bytes, sizeof bytes - 1, &err));
    assert_string_equal(xml_text(doc.root, "AssumeRoleResult/Credentials/SecretAccessKey"),
                        NEW_KEY);
    xml_document_clear(&doc);
    assert_int_equal(leftovers_end(), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_assumed_role_leaves_none),
        TEST(a_web_identity_leaves_none),
        cmocka_unit_test(only_a_secret_tree_is_overwritten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
