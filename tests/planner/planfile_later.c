#include "tests/planner/planfile_case.h"

#define HEAD "switchover: 1\nstage: prod\n"

/* A reserved key is answered on its own line; bad values in it are ordinary errors behind it. */
#define NOT_YET(key)                                                                               \
    {                                                                                              \
        3, 1, key " is not available yet", "take it out"                                           \
    }

static void gates_are_judged(void **state)
{
    (void)state;
    static const struct planfile_row rows[] = {
        {"gates: {}\n", {NOT_YET("gates")}},
        {"gates: on\n", {NOT_YET("gates"), {3, 8, "gates: expected a mapping", NULL}}},
        {"gates: {erors: {}}\n", {NOT_YET("gates"), {3, 9, "gates: unknown key", "\"errors\""}}},
        {"gates: {errors: {max_rate: 1}}\n",
         {NOT_YET("gates"), {3, 28, "gates.errors.max_rate: expected a rate", "percent sign"}}},
        {"gates: {errors: {max_rate: 0%}}\n",
         {NOT_YET("gates"), {3, 28, "a rate above 0% and at most 100%", NULL}}},
        {"gates: {errors: {max_rate: 100.0001%}}\n",
         {NOT_YET("gates"), {3, 28, "at most 100%", NULL}}},
        {"gates: {errors: {max_rate: 0.00001%}}\n", {NOT_YET("gates"), {3, 28, "a rate", NULL}}},
        {"gates: {errors: {max_rate: 0.0001%, ignore_below: 0%}}\n", {NOT_YET("gates")}},
        {"gates: {errors: {tolerate: 0.9}}\n",
         {NOT_YET("gates"), {3, 28, "gates.errors.tolerate: expected a factor from 1", NULL}}},
        {"gates: {errors: {tolerate: \"2\"}}\n",
         {NOT_YET("gates"), {3, 28, "found \"2\"", "in quotes it is a text"}}},
        {"gates: {client_errors: {max_rate: 1%}}\n",
         {NOT_YET("gates"), {3, 25, "gates.client_errors: unknown key", "gates.errors.max_rate"}}},
        {"gates: {latency: {percentile: 90}}\n",
         {NOT_YET("gates"),
          {3, 31, "gates.latency.percentile: expected p50, p90 or p99, found 90", NULL}}},
        {"gates: {latency: {slack: 50}}\n",
         {NOT_YET("gates"), {3, 26, "gates.latency.slack: expected a time such as 50ms", NULL}}},
        {"gates: {latency: {slack: 0ms, tolerate: 1}}\n", {NOT_YET("gates")}},
        {"gates: {latency: {slack: ms}}\n", {NOT_YET("gates"), {3, 26, "slack", NULL}}},
        {"gates: {min_requests: -1}\n",
         {NOT_YET("gates"), {3, 23, "gates.min_requests: expected a whole number from 0", NULL}}},
        {"gates: {on_failure: continue}\n",
         {NOT_YET("gates"),
          {3, 21, "gates.on_failure: expected stop or revert, found continue", NULL}}},
        {"gates: {on_inconclusive: wait}\n",
         {NOT_YET("gates"), {3, 26, "expected stop, continue or revert, found wait", NULL}}},
    };
    planfile_case_expect(HEAD, rows, COUNT(rows));
}

static void requirements_and_roles_are_judged(void **state)
{
    (void)state;
    static const struct planfile_row rows[] = {
        {"require: {clean: false}\n", {NOT_YET("require")}},
        {"require: {clean: 1, branch: '', signed: no}\n",
         {NOT_YET("require"),
          {3, 18, "require.clean: expected true or false", NULL},
          {3, 29, "require.branch: expected a text that is not empty", NULL},
          {3, 41, "require.signed: expected true or false", NULL}}},
        {"aws: {role_arn: \"arn:aws-cn:iam::111122223333:role/path/to/cutover\"}\n",
         {{3, 7, "aws.role_arn is not available yet", NULL}}},
        {"aws: {role_arn: cutover}\n",
         {{3, 7, "aws.role_arn is not available yet", NULL},
          {3, 17, "aws.role_arn: expected a role's ARN such as", NULL}}},
        {"aws: {role_arn: \"arn:aws:iam::1111:role/x\"}\n",
         {{3, 7, "not available yet", NULL}, {3, 17, "expected a role's ARN", NULL}}},
        {"aws: {role_arn: \"arn:aws:iam::111122223333:user/x\"}\n",
         {{3, 7, "not available yet", NULL}, {3, 17, "expected a role's ARN", NULL}}},
    };
    planfile_case_expect(HEAD, rows, COUNT(rows));
}

static void checks_are_judged(void **state)
{
    (void)state;
    static const struct planfile_row rows[] = {
        {"checks: []\n", {NOT_YET("checks")}},
        {"checks: {}\n", {NOT_YET("checks"), {3, 9, "checks: expected a list of checks", NULL}}},
        {"checks: [{}]\n",
         {NOT_YET("checks"), {3, 10, "checks[0]: a check has exactly one of the keys", NULL}}},
        {"checks: [{htpp: {}}]\n",
         {NOT_YET("checks"), {3, 11, "checks[0]: unknown key \"htpp\"", "\"http\""}}},
        {"checks:\n- http: {name: a, url: \"http://a\"}\n  metric: &x {}\n",
         {NOT_YET("checks"),
          {4, 3, "checks[0]: a check has exactly one", NULL},
          {5, 11, "the anchor &x", NULL}}},
        {"checks: [{http: {name: a}}]\n",
         {NOT_YET("checks"), {3, 17, "checks[0].http: the key \"url\" is missing", NULL}}},
        {"checks: [{http: {name: A, url: ftp://a}}]\n",
         {NOT_YET("checks"),
          {3, 24, "checks[0].http.name: expected a name", NULL},
          {3, 32, "checks[0].http.url: expected a URL", NULL}}},
        {"checks: [{http: {name: a, url: \"https://a\", json: /x}}]\n",
         {NOT_YET("checks"), {3, 51, "\"json\" needs \"one_of\"", NULL}}},
        {"checks: [{http: {name: a, url: \"https://a\", one_of: [b]}}]\n",
         {NOT_YET("checks"), {3, 53, "\"one_of\" needs \"json\"", NULL}}},
        {"checks: [{http: {name: a, url: \"https://a\", json: x, one_of: [], status: 600}}]\n",
         {NOT_YET("checks"),
          {3, 51, "json: expected a JSON pointer", NULL},
          {3, 62, "one_of: expected a list of texts", NULL},
          {3, 74, "status: expected a whole number from 100 to 599", NULL}}},
        {"checks: [{http: {name: a, url: \"https://a\", json: /~2, one_of: [b, {}]}}]\n",
         {NOT_YET("checks"),
          {3, 51, "json: expected a JSON pointer", NULL},
          {3, 68, "one_of[1]: expected a text, found a mapping", NULL}}},
        {"checks: [{http: {name: a, url: \"https://a\", auth: {}}}]\n",
         {NOT_YET("checks"), {3, 51, "auth: the key \"bearer\" is missing", NULL}}},
        {"checks: [{http: {name: a, url: \"https://a\", auth: {bearer: TOKEN}}}]\n",
         {NOT_YET("checks"),
          {3, 60, "auth.bearer: expected the name of an environment variable, SWITCHOVER_SECRET_",
           "never in the file"}}},
        {"checks: [{http: {name: a, url: \"https://a\", auth: {bearer: SWITCHOVER_SECRET_}}}]\n",
         {NOT_YET("checks"), {3, 60, "SWITCHOVER_SECRET_", NULL}}},
        {"checks: [{http: {name: a, url: \"https://a\", auth: {bearer: SWITCHOVER_SECRET_a}}}]\n",
         {NOT_YET("checks"), {3, 60, "SWITCHOVER_SECRET_", NULL}}},
        {"checks: [{metric: {name: q, namespace: ':', metric: '', statistic: p101, over: 30s, "
         "below: x}}]\n",
         {NOT_YET("checks"),
          {3, 53, "metric: expected a text that is not empty", NULL},
          {3, 68, "statistic: expected Average", NULL},
          {3, 80, "over: expected a duration from 1m to 24h", NULL},
          {3, 92, "below: expected a number", NULL}}},
        {"checks: [{metric: {name: q, namespace: X, metric: Y, statistic: p99.9, over: 24h, "
         "below: 0.5, dimensions: {A: [b]}}}]\n",
         {NOT_YET("checks"),
          {3, 111, "checks[0].metric.dimensions.A: expected a text, found a list", NULL}}},
        {"checks: [{documents: {name: d, source: \"http://a\", target: b, tolerate: 1}}]\n",
         {NOT_YET("checks"),
          {3, 60, "documents.target: expected a URL", NULL},
          {3, 73, "documents.tolerate: expected a rate from 0% to 100%", NULL}}},
        {"checks:\n- http: {name: a, url: \"http://a\"}\n- http: {name: a, url: \"http://b\"}\n",
         {NOT_YET("checks"), {5, 16, "another check has the name \"a\" already", NULL}}},
    };
    planfile_case_expect(HEAD, rows, COUNT(rows));
}

static void urls_hold_no_user(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        bool good;
    } rows[] = {
        {"http://host", true},
        {"https://host/", true},
        {"https://host.example:9200/_cluster/health?local=true", true},
        {"https://10.0.0.1:9200", true},
        {"https://[::1]:9200/x", true},
        {"https://host?x=a@b", true},
        {"https://host/a@b", true},
        {"https://user@host/", false},
        {"https://user:pw@host/", false},
        {"https://@host/", false},
        {"https://host:80@evil/", false},
        {"https://host\\\\@evil/", false},
        {"user:pw@host", false},
        {"https://", false},
        {"https:///x", false},
        {"https://host:", false},
        {"https://host:0/", false},
        {"https://host:65536/", false},
        {"https://host:80x/", false},
        {"https://[::1/", false},
        {"https://[]/", false},
        {"https://[host]/", false},
        {"https://ho st/", false},
        {"https://host/a b", false},
        {"https://h\xC3\xB6st/", false},
        {"https://host/#part", false},
        {"HTTPS://host/", false},
        {"file:///etc/passwd", false},
        {"//host/", false},
        {"host", false},
        {"", false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[256];
        struct planfile_case c;
        int n = snprintf(text, sizeof text, HEAD "checks: [{http: {name: a, url: \"%s\"}}]\n",
                         rows[i].url);
        assert_false(planfile_case_read(&c, "plan.yaml", text, (size_t)n));
        if (c.list.count != (rows[i].good ? 1 : 2))
            fail_msg("%s: %zu findings", rows[i].url, c.list.count);
        planfile_case_clear(&c);
    }
}

static void numbers_of_checks_are_bounded(void **state)
{
    (void)state;
    char text[4096];
    size_t n = (size_t)sprintf(text, HEAD "checks: [");
    for (int i = 0; i < 51; i++)
        n += (size_t)sprintf(text + n, "{http: {name: a%d, url: \"http://a\"}}, ", i);
    n += (size_t)sprintf(text + n, "]\n");
    struct planfile_case c;
    assert_false(planfile_case_read(&c, "plan.yaml", text, n));
    assert_int_equal(c.list.count, 2);
    assert_non_null(strstr(c.list.items[1].message, "at most 50 checks"));
    planfile_case_clear(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gates_are_judged),
        cmocka_unit_test(requirements_and_roles_are_judged),
        cmocka_unit_test(checks_are_judged),
        cmocka_unit_test(urls_hold_no_user),
        cmocka_unit_test(numbers_of_checks_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
