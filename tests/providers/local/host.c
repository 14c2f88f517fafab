#include "tests/unit.h"

#include "planner/base/text.h"
#include "providers/local/host.h"

/* The judges are id(1) and uname(1). */
static void says_who_and_where(void **state)
{
    (void)state;
    struct arena arena = {0};
    char expected[256] = "";
    FILE *judge = popen("printf '%s@%s' \"$(id -un)\" \"$(uname -n)\"", "re");
    assert_non_null(judge);
    assert_true(fread(expected, 1, sizeof expected - 1, judge) > 0);
    assert_int_equal(pclose(judge), 0);
    assert_string_equal(local_user_at_host(&arena), expected);
    arena_clear(&arena);
}

static void knows_a_ci_runner(void **state)
{
    (void)state;
    static const char *const variables[] = {
        "GITHUB_ACTIONS", "GITLAB_CI", "CODEBUILD_BUILD_ID", "JENKINS_URL", "BUILDKITE",
        "CIRCLECI",       "CI"};
    static const struct {
        const char *variable, *value, *name;
    } rows[] = {
        {"CI", "true", "CI"},
        {"CI", "1", "CI"},
        {"CI", "woodpecker", "CI"},
        {"CI", "false", NULL},
        {"CI", "0", NULL},
        {"CI", "", NULL},
        {"CIX", "true", NULL},
        {"GITHUB_ACTIONS", "true", "GitHub Actions"},
        {"GITLAB_CI", "true", "GitLab CI"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        for (size_t j = 0; j < COUNT(variables); j++)
            unsetenv(variables[j]);
        setenv(rows[i].variable, rows[i].value, 1);
        if (!text_same(local_ci(), rows[i].name))
            fail_msg("%s=%s", rows[i].variable, rows[i].value);
        unsetenv(rows[i].variable);
    }
    setenv("CI", "true", 1);
    setenv("GITHUB_ACTIONS", "true", 1);
    assert_string_equal(local_ci(), "GitHub Actions");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_who_and_where),
        cmocka_unit_test(knows_a_ci_runner),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
