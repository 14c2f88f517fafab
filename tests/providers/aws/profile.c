#include "tests/unit.h"

#include <unistd.h>

#include "providers/aws/profile.h"

struct fixture {
    char config[32], credentials[32];
    struct profile profile;
};

static void write_file(char *path, const char *text)
{
    strcpy(path, "/tmp/switchover-prof-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    write_file(f->config, "[default]\nregion = us-east-1\n"
                          "[profile ops]\nregion = eu-west-1\nservices = local\nempty =\n"
                          "aws_access_key_id = IN-CONFIG\n"
                          "[profile 'my ops']\nregion = eu-west-2\n"
                          "[profiled]\nregion = nowhere\n"
                          "[services local]\necs =\n  endpoint_url = http://ecs.test\n"
                          "[services other]\necs =\n  endpoint_url = http://other.test\n"
                          "[sso-session corp]\nsso_region = us-east-1\n");
    write_file(f->credentials, "[ops]\naws_access_key_id = IN-CREDENTIALS\n"
                               "[profile ops]\naws_access_key_id = NOT-THIS\n"
                               "[keys-only]\naws_access_key_id = K\n");
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    profile_clear(&f->profile);
    unlink(f->config);
    unlink(f->credentials);
    free(f);
    return 0;
}

static void read_profile(struct fixture *f, const char *name)
{
    struct error err = {0};
    profile_clear(&f->profile);
    assert_true(profile_read(&f->profile, name, f->config, f->credentials, &err));
}

static void finds_each_way_to_write_a_name(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *name;
        bool exists;
        const char *region;
    } rows[] = {
        {"default", true, "us-east-1"},
        {"ops", true, "eu-west-1"},
        {"my ops", true, "eu-west-2"},
        {"keys-only", true, NULL},
        {"profiled", false, NULL},
        {"local", false, NULL},
        {"d", false, NULL},
        {"", false, NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        read_profile(f, rows[i].name);
        if (profile_exists(&f->profile) != rows[i].exists)
            fail_msg("%s", rows[i].name);
        const char *region = profile_get(&f->profile, "region");
        if (rows[i].region)
            assert_string_equal(region, rows[i].region);
        else
            assert_null(region);
    }
}

static void the_credentials_file_goes_first(void **state)
{
    struct fixture *f = *state;
    read_profile(f, "ops");
    assert_string_equal(profile_get(&f->profile, "aws_access_key_id"), "IN-CREDENTIALS");
    assert_string_equal(profile_get_in_config(&f->profile, "aws_access_key_id"), "IN-CONFIG");
    assert_string_equal(profile_get_in_credentials(&f->profile, "aws_access_key_id"),
                        "IN-CREDENTIALS");
    assert_null(profile_get_in_credentials(&f->profile, "region"));
    assert_null(profile_get(&f->profile, "empty"));
}

static void services_are_those_that_the_profile_names(void **state)
{
    struct fixture *f = *state;
    read_profile(f, "ops");
    assert_string_equal(profile_get_service(&f->profile, "ecs.endpoint_url"), "http://ecs.test");
    assert_null(profile_get_service(&f->profile, "cloudwatch.endpoint_url"));
    read_profile(f, "default");
    assert_null(profile_get_service(&f->profile, "ecs.endpoint_url"));
}

static void lists_every_name_once(void **state)
{
    struct fixture *f = *state;
    struct text names = {0};
    read_profile(f, "ops");
    profile_names(&names, &f->profile);
    assert_string_equal(names.data, "default, keys-only, my ops, ops, profile ops");
    text_clear(&names);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(finds_each_way_to_write_a_name),
        TEST(the_credentials_file_goes_first),
        TEST(services_are_those_that_the_profile_names),
        TEST(lists_every_name_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
