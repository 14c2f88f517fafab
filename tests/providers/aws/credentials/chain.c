/* What a person reads when the files or the variables are wrong, and that no secret is in it. */
#include "tests/unit.h"

#include <sys/stat.h>
#include <unistd.h>

#include "planner/base/text.h"
#include "providers/aws/client.h"
#include "providers/aws/credentials/chain.h"
#include "providers/aws/ini_file.h"

#define SECRET "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"

struct fixture {
    char folder[64], config[96], credentials[96];
    struct aws_config read;
    struct credentials found;
    struct error err;
};

static void write_file(const char *path, const char *text, size_t n)
{
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    assert_int_equal(fwrite(text, 1, n, out), n);
    fclose(out);
}

static int set_up(void **state)
{
    static const char *const variables[] = {"AWS_ACCESS_KEY_ID",
                                            "AWS_SECRET_ACCESS_KEY",
                                            "AWS_SESSION_TOKEN",
                                            "AWS_CREDENTIAL_EXPIRATION",
                                            "AWS_PROFILE",
                                            "AWS_REGION",
                                            "AWS_DEFAULT_REGION",
                                            "AWS_MAX_ATTEMPTS",
                                            "AWS_ENDPOINT_URL",
                                            "AWS_ENDPOINT_URL_ECS",
                                            "AWS_CA_BUNDLE",
                                            "AWS_WEB_IDENTITY_TOKEN_FILE",
                                            "AWS_ROLE_ARN",
                                            "AWS_ROLE_SESSION_NAME",
                                            "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
                                            "AWS_CONTAINER_CREDENTIALS_FULL_URI"};
    struct fixture *f = calloc(1, sizeof *f);
    strcpy(f->folder, "/tmp/switchover-test-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->config, sizeof f->config, "%s/config", f->folder);
    snprintf(f->credentials, sizeof f->credentials, "%s/credentials", f->folder);
    for (size_t i = 0; i < COUNT(variables); i++)
        unsetenv(variables[i]);
    setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
    setenv("AWS_CONFIG_FILE", f->config, 1);
    setenv("AWS_SHARED_CREDENTIALS_FILE", f->credentials, 1);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    credentials_clear(&f->found);
    aws_config_clear(&f->read);
    unlink(f->config);
    unlink(f->credentials);
    rmdir(f->folder);
    free(f);
    return 0;
}

static void given(struct fixture *f, const char *config, const char *credentials)
{
    write_file(f->config, config, strlen(config));
    write_file(f->credentials, credentials, strlen(credentials));
}

static void check_error(const struct fixture *f, enum error_kind kind, const char *message,
                        const char *hint)
{
    if (f->err.kind != kind || !strstr(f->err.message, message) || !strstr(f->err.hint, hint))
        fail_msg("%s: \"%s\" (%s)", error_kind_name(f->err.kind), f->err.message, f->err.hint);
    assert_null(strstr(f->err.message, SECRET));
    assert_null(strstr(f->err.hint, SECRET));
}

static void config_fails(struct fixture *f, const char *profile, const char *region,
                         enum error_kind kind, const char *message, const char *hint)
{
    assert_false(aws_config_read(&f->read, profile, region, &f->err));
    check_error(f, kind, message, hint);
    aws_config_clear(&f->read);
}

static void credentials_fail(struct fixture *f, const char *profile, enum error_kind kind,
                             const char *message, const char *hint)
{
    if (!aws_config_read(&f->read, profile, "us-east-1", &f->err))
        fail_msg("%s", f->err.message);
    assert_false(credentials_find(&f->found, &f->read, &(struct credentials_means){0}, &f->err));
    check_error(f, kind, message, hint);
    credentials_clear(&f->found);
    aws_config_clear(&f->read);
}

static void an_unknown_profile_lists_the_others(void **state)
{
    struct fixture *f = *state;
    given(f, "[profile staging]\nregion=a\n[default]\nregion=b\n[services x]\necs =\n  a=b\n",
          "[ops]\naws_access_key_id=A\n[staging]\naws_access_key_id=A\n");
    config_fails(f, "opps", NULL, ERROR_CREDENTIALS, "the AWS profile opps is neither in ",
                 "the profiles there are: default, ops, staging; it was named by the plan file");
    setenv("AWS_PROFILE", "Ops", 1);
    config_fails(f, NULL, NULL, ERROR_CREDENTIALS, f->credentials, "named by AWS_PROFILE");
    given(f, "", "");
    config_fails(f, NULL, NULL, ERROR_CREDENTIALS, "Ops", "there is no profile at all");
    unlink(f->config);
    unlink(f->credentials);
    config_fails(f, NULL, NULL, ERROR_CREDENTIALS, "Ops", "there is no profile at all");
}

/* libinih cuts long section names: the wrong profile's keys would be taken. */
static void a_profile_name_that_would_be_cut_is_refused(void **state)
{
    struct fixture *f = *state;
    given(f, "[profile abcdefghijklmnopqrstuvwxyz0123456789abc-prod]\nregion=us-east-1\n", "");
    config_fails(f, "abcdefghijklmnopqrstuvwxyz0123456789abc-test", NULL, ERROR_USAGE,
                 "is too long: at most 38 characters", "");
    given(f, "[profile abcdefghijklmnopqrstuvwxyz0123456789ab]\nregion=us-east-1\n", "");
    assert_true(aws_config_read(&f->read, "abcdefghijklmnopqrstuvwxyz0123456789ab", NULL, &f->err));
}

static void a_broken_file_is_named_with_its_line(void **state)
{
    struct fixture *f = *state;
    given(f, "[default]\nregion = us-east-1\n",
          "[default]\naws_access_key_id = A\n" SECRET "\nx = y\n");
    config_fails(f, NULL, NULL, ERROR_INPUT, "neither a [section]", "");
    assert_string_equal(f->err.file, f->credentials);
    assert_int_equal(f->err.span.line, 3);
    assert_string_equal(f->err.file, f->credentials);
    assert_int_equal(f->err.span.line, 3);

    write_file(f->credentials, "[default]\na = b\0c\n", 18);
    config_fails(f, NULL, NULL, ERROR_INPUT, "NUL byte", "");
    char *large = malloc(INI_FILE_BYTES_MAX + 1);
    memset(large, 'x', INI_FILE_BYTES_MAX + 1);
    write_file(f->credentials, large, INI_FILE_BYTES_MAX + 1);
    free(large);
    config_fails(f, NULL, NULL, ERROR_INPUT, "larger than 1048576 bytes", "");

    unlink(f->credentials);
    assert_int_equal(mkdir(f->credentials, 0700), 0);
    config_fails(f, NULL, NULL, ERROR_INPUT, "Is a directory", "");
    rmdir(f->credentials);
}

static void a_region_is_needed_and_must_look_like_one(void **state)
{
    struct fixture *f = *state;
    given(f, "", "");
    config_fails(f, NULL, NULL, ERROR_USAGE, "no AWS region is known", "aws.region in the plan");
    static const char *const wrong[] = {"us_east_1",
                                        "us-east-1.evil.example/",
                                        "US-EAST-1",
                                        "-a",
                                        "a-",
                                        "us-east-1\n",
                                        "a-region-that-is-longer-than-any-host-label"};
    for (size_t i = 0; i < COUNT(wrong); i++)
        config_fails(f, NULL, wrong[i], ERROR_USAGE, "is not the name of an AWS region",
                     "from the plan file");
    setenv("AWS_REGION", "nowhere!", 1);
    config_fails(f, NULL, NULL, ERROR_USAGE, "\"nowhere!\"", "from AWS_REGION");
}

static void the_nearest_region_wins(void **state)
{
    struct fixture *f = *state;
    static const char *const order[] = {"eu-west-4", "eu-west-3", "eu-west-2"};
    given(f, "[default]\nregion = eu-west-4\n", "");
    for (size_t i = 0; i < COUNT(order); i++) {
        if (i == 1)
            setenv("AWS_DEFAULT_REGION", "eu-west-3", 1);
        if (i == 2)
            setenv("AWS_REGION", "eu-west-2", 1);
        assert_true(aws_config_read(&f->read, NULL, NULL, &f->err));
        assert_string_equal(f->read.region, order[i]);
        aws_config_clear(&f->read);
    }
    assert_true(aws_config_read(&f->read, NULL, "eu-west-1", &f->err));
    assert_string_equal(f->read.region, "eu-west-1");
}

static void settings_are_checked(void **state)
{
    struct fixture *f = *state;
    static const char *const numbers[] = {"0", "-1", "three", "3x", "1000000", " "};
    given(f, "[default]\nregion = us-east-1\n", "");
    for (size_t i = 0; i < COUNT(numbers); i++) {
        setenv("AWS_MAX_ATTEMPTS", numbers[i], 1);
        config_fails(f, NULL, NULL, ERROR_USAGE, "AWS_MAX_ATTEMPTS is", "");
    }
    unsetenv("AWS_MAX_ATTEMPTS");
    setenv("AWS_ENDPOINT_URL_ECS", "localhost:4566", 1);
    config_fails(f, NULL, NULL, ERROR_USAGE, "AWS_ENDPOINT_URL_ECS does not begin with", "");
    setenv("AWS_ENDPOINT_URL_ECS", "http://localhost:4566", 1);
    assert_true(aws_config_read(&f->read, NULL, NULL, &f->err));
    assert_string_equal(f->read.service_endpoint[AWS_ECS], "http://localhost:4566");
    assert_string_equal(f->read.service_endpoint_from[AWS_ECS], "AWS_ENDPOINT_URL_ECS");
    assert_null(f->read.endpoint);
    assert_int_equal(f->read.max_attempts, 3);
}

static void says_where_it_looked_for_credentials(void **state)
{
    struct fixture *f = *state;
    char profile[256];
    given(f, "[profile ops]\nregion = us-east-1\n", "");
    snprintf(profile, sizeof profile,
             "not in the profile default (it is neither in %s nor in %s), ", f->config,
             f->credentials);
    credentials_fail(f, NULL, ERROR_CREDENTIALS,
                     "no AWS credentials were found: not in the environment (AWS_ACCESS_KEY_ID is "
                     "not set), not in the profile default",
                     "AWS_PROFILE");
    assert_non_null(strstr(f->err.message, profile));
    static const char *const order[] = {
        "AWS_ACCESS_KEY_ID", "the profile", "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_EC2_METADATA_DISABLED is true"};
    const char *at = f->err.message;
    for (size_t i = 0; i < COUNT(order); i++) {
        at = strstr(at, order[i]);
        assert_non_null(at);
    }
    credentials_fail(f, "ops", ERROR_CREDENTIALS,
                     "(passed over: the plan file names a profile), not in the profile ops (no "
                     "role_arn, sso_session, keys or credential_process in ",
                     "");
    assert_null(strstr(f->err.message, "AWS_ACCESS_KEY_ID is not set"));
    setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE", 1);
    credentials_fail(f, NULL, ERROR_CREDENTIALS, "but AWS_SECRET_ACCESS_KEY is not", "");
    setenv("AWS_SECRET_ACCESS_KEY", SECRET "\n", 1);
    credentials_fail(f, NULL, ERROR_CREDENTIALS,
                     "the secret access key of the environment holds a space", "");
    unsetenv("AWS_ACCESS_KEY_ID");
    setenv("AWS_WEB_IDENTITY_TOKEN_FILE", "/x", 1);
    credentials_fail(f, NULL, ERROR_CREDENTIALS, "no role to assume with it", "AWS_ROLE_ARN");
    unsetenv("AWS_WEB_IDENTITY_TOKEN_FILE");
    given(f, "", "[default]\naws_access_key_id = A\n");
    credentials_fail(f, NULL, ERROR_CREDENTIALS, "no aws_secret_access_key", "");
}

static void knows_where_they_came_from_and_when_they_end(void **state)
{
    struct fixture *f = *state;
    given(f, "", "[ops]\naws_access_key_id = AKIDOPS\naws_secret_access_key = " SECRET "\n");
    setenv("AWS_ACCESS_KEY_ID", "AKIDENV", 1);
    setenv("AWS_SECRET_ACCESS_KEY", SECRET, 1);
    setenv("AWS_CREDENTIAL_EXPIRATION", "2026-12-01T02:00:00Z", 1);
    assert_true(aws_config_read(&f->read, NULL, "us-east-1", &f->err));
    assert_true(credentials_find(&f->found, &f->read, &(struct credentials_means){0}, &f->err));
    assert_string_equal(f->found.access_key_id, "AKIDENV");
    assert_string_equal(f->found.source, "the environment");
    assert_true(f->found.expires_at == 1796090400000);
    credentials_clear(&f->found);
    assert_null(f->found.secret_access_key);
    aws_config_clear(&f->read);

    assert_true(aws_config_read(&f->read, "ops", "us-east-1", &f->err));
    assert_true(credentials_find(&f->found, &f->read, &(struct credentials_means){0}, &f->err));
    assert_string_equal(f->found.access_key_id, "AKIDOPS");
    assert_true(text_starts(f->found.source, "the profile ops in "));
    assert_null(f->found.session_token);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_unknown_profile_lists_the_others),
        TEST(a_profile_name_that_would_be_cut_is_refused),
        TEST(a_broken_file_is_named_with_its_line),
        TEST(a_region_is_needed_and_must_look_like_one),
        TEST(the_nearest_region_wins),
        TEST(settings_are_checked),
        TEST(says_where_it_looked_for_credentials),
        TEST(knows_where_they_came_from_and_when_they_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
