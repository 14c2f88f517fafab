#include "tests/planner/planfile_case.h"

#define X16  "xxxxxxxxxxxxxxxx"
#define X128 X16 X16 X16 X16 X16 X16 X16 X16
#define HEAD "switchover: 1\nstage: prod\n"

static void checks_are_judged(void **state)
{
    (void)state;
    static const struct planfile_row rows[] = {
        {"checks: []\n", {{0}}},
        {"checks: {}\n", {{3, 9, "checks: expected a list of checks", NULL}}},
        {"checks: [{}]\n", {{3, 10, "checks[0]: a check has exactly one of the keys", NULL}}},
        {"checks: [{htpp: {}}]\n", {{3, 11, "checks[0]: unknown key \"htpp\"", "\"http\""}}},
        {"checks:\n- http: {name: a, url: \"http://a\"}\n  metric: &x {}\n",
         {{4, 3, "checks[0]: a check has exactly one", NULL}, {5, 11, "the anchor &x", NULL}}},
        {"checks: [{http: {name: a}}]\n",
         {{3, 17, "checks[0].http: the key \"url\" is missing", NULL}}},
        {"checks: [{http: {name: A, url: ftp://a}}]\n",
         {{3, 24, "checks[0].http.name: expected a name", NULL},
          {3, 32, "checks[0].http.url: expected a URL", NULL}}},
        {"checks: [{http: {name: a, url: \"https://a\", json: /x}}]\n",
         {{3, 51, "\"json\" needs \"one_of\"", NULL}}},
        {"checks: [{http: {name: a, url: \"https://a\", json: /x, below: 1, at_least: 0.5}}]\n",
         {{0}}},
        {"checks: [{http: {name: a, url: \"https://a\", json: /x, one_of: [a], at_least: 1}}]\n",
         {{0}}},
        {"checks: [{http: {name: a, url: \"https://a\", json: /x, below: 2.50, at_least: 2.5}}]\n",
         {{3, 78, "no number is at least 2.5 and below 2.50", NULL}}},
        {"checks: [{http: {name: a, url: \"https://a\", json: /x, below: -1, at_least: 1e3}}]\n",
         {{3, 62, "below: expected a number", NULL}, {3, 76, "at_least: expected a number", NULL}}},
        {"checks: [{http: {name: a, url: \"https://a\", below: 1}}]\n",
         {{3, 52, "\"below\" needs \"json\"", NULL}}},
        {"checks: [{http: {name: a, url: \"https://a\", at_least: 1}}]\n",
         {{3, 55, "\"at_least\" needs \"json\"", NULL}}},
        {"checks: [{http: {name: a, url: \"https://a\", json: /x, one_of: [yes]}}]\n",
         {{3, 64, "one_of[0]: expected a text", "in quotes"}}},
        {"checks: [{http: a}]\n", {{3, 17, "checks[0].http: expected a mapping", NULL}}},
        {"checks: [a]\n", {{3, 10, "checks[0]: expected a mapping", NULL}}},
        {"checks: [{http: {name: a, url: \"https://a\", one_of: [b]}}]\n",
         {{3, 53, "\"one_of\" needs \"json\"", NULL}}},
        {"checks: [{http: {name: a, url: \"https://a\", json: x, one_of: [], status: 600}}]\n",
         {{3, 51, "json: expected a JSON pointer", NULL},
          {3, 62, "one_of: expected a list of texts", NULL},
          {3, 74, "status: expected a whole number from 100 to 599", NULL}}},
        {"checks: [{http: {name: a, url: \"https://a\", json: /~2, one_of: [b, {}]}}]\n",
         {{3, 51, "json: expected a JSON pointer", NULL},
          {3, 68, "one_of[1]: expected a text, found a mapping", NULL}}},
        {"checks: [{http: {name: a, url: \"https://a\", auth: {}}}]\n",
         {{3, 51, "auth: exactly one of bearer and basic", NULL}}},
        {"checks: [{http: {name: a, url: \"https://a\", auth: {bearer: SWITCHOVER_SECRET_A, basic: "
         "SWITCHOVER_SECRET_B}}}]\n",
         {{3, 51, "auth: exactly one of bearer and basic", NULL}}},
        {"checks: [{http: {name: a, url: \"https://a\", auth: {token: SWITCHOVER_SECRET_A}}}]\n",
         {{3, 52, "auth: expected the key bearer or basic", NULL}}},
        {"checks: [{http: {name: a, url: \"https://a\", auth: {basic: user}}}]\n",
         {{3, 59, "auth.basic: expected the name of an environment variable", NULL}}},
        {"checks: [{http: {name: a, url: \"https://a\", auth: {bearer: TOKEN}}}]\n",
         {{3, 60, "auth.bearer: expected the name of an environment variable, SWITCHOVER_SECRET_",
           "never in the file"}}},
        {"checks: [{http: {name: a, url: \"https://a\", auth: {bearer: SWITCHOVER_SECRET_}}}]\n",
         {{3, 60, "SWITCHOVER_SECRET_", NULL}}},
        {"checks: [{http: {name: a, url: \"https://a\", auth: {bearer: SWITCHOVER_SECRET_a}}}]\n",
         {{3, 60, "SWITCHOVER_SECRET_", NULL}}},
        {"checks: [{metric: {name: q, namespace: ':', metric: '', statistic: p101, over: 30s, "
         "below: x}}]\n",
         {{3, 53, "metric: expected a text that is not empty", NULL},
          {3, 68, "statistic: expected Average", NULL},
          {3, 80, "over: expected a duration from 1m to 24h", NULL},
          {3, 92, "below: expected a number", NULL}}},
        {"checks: [{metric: {name: q, namespace: X, metric: Y, statistic: p99.9, over: 24h, "
         "below: 0.5, dimensions: {A: [b]}}}]\n",
         {{3, 111, "checks[0].metric.dimensions.A: expected a text, found a list", NULL}}},
        {"checks: [{metric: {name: q, namespace: X, metric: Y, statistic: Sum, over: 90s, "
         "below: 1}}]\n",
         {{3, 76, "over: expected whole minutes, found 90s", NULL}}},
        {"checks: [{metric: {name: q, namespace: X, metric: Y, statistic: Sum, over: 1m, "
         "below: 1, dimensions: {" X128 X128 ": b}}}]\n",
         {{3, 103, "dimensions: a dimension's name has 1 to 255 characters", NULL}}},
        {"checks: [{documents: {name: d, source: \"http://a/?q\", target: \"http://b/p\"}}]\n",
         {{3, 40, "documents.source: expected a cluster's URL, without a query", NULL}}},
        {"checks: [{documents: {name: d, source: \"http://a\", target: b, tolerate: 1}}]\n",
         {{3, 60, "documents.target: expected a URL", NULL},
          {3, 73, "documents.tolerate: expected a rate from 0% to 100%", NULL}}},
        {"checks:\n- http: {name: a, url: \"http://a\"}\n- http: {name: a, url: \"http://b\"}\n",
         {{5, 16, "another check has the name \"a\" already", NULL}}},
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
        bool good = planfile_case_read(&c, "plan.yaml", text, (size_t)n);
        if (good != rows[i].good || c.list.count != (rows[i].good ? 0 : 1))
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
    assert_int_equal(c.list.count, 1);
    assert_non_null(strstr(c.list.items[0].message, "at most 50 checks"));
    planfile_case_clear(&c);
}

/* Both kinds fill one place: what the first one left there is never taken for the second one's. */
static void two_kinds_at_once_are_refused(void **state)
{
    (void)state;
    static const struct planfile_row rows[] = {
        {"checks:\n- http: {name: a, url: \"http://a\", json: /x, one_of: [b]}\n"
         "  metric: {name: b, dimensions: {A: b}, namespace: X, metric: Y, statistic: Sum, over: "
         "1m, "
         "below: 1}\n"
         "  documents: {name: c, source: \"http://a\", target: \"http://a\"}\n",
         {{4, 3, "checks[0]: a check has exactly one", NULL}}},
        {"checks:\n- documents: {name: c, source: \"http://a\", target: \"http://a\"}\n"
         "  metric: {dimensions: {A: b}}\n",
         {{4, 3, "checks[0]: a check has exactly one", NULL},
          {5, 11, "the key \"below\" is missing", NULL},
          {5, 11, "the key \"metric\" is missing", NULL},
          {5, 11, "the key \"name\" is missing", NULL},
          {5, 11, "the key \"namespace\" is missing", NULL},
          {5, 11, "the key \"over\" is missing", NULL},
          {5, 11, "the key \"statistic\" is missing", NULL}}},
    };
    planfile_case_expect(HEAD, rows, COUNT(rows));
}

static void checks_are_waived_by_their_names(void **state)
{
    (void)state;
    static const struct planfile_row rows[] = {
        {"allow: {\"check:a\": because}\nchecks: [{http: {name: a, url: \"http://a\"}}]\n", {{0}}},
        {"checks: [{http: {name: a, url: \"http://a\"}}]\nallow: {\"check:a\": because}\n", {{0}}},
        {"checks: [{http: {name: a, url: \"http://a\"}}]\nallow: {\"check:b\": because}\n",
         {{4, 9, "allow: \"check:b\" names none of this file's checks", NULL}}},
        {"allow: {\"check:a\": because}\n", {{3, 9, "names none of this file's checks", NULL}}},
        {"allow: {\"check:\": because}\n", {{3, 9, "names none of this file's checks", NULL}}},
        {"checks: [{http: {name: a}}]\nallow: {\"check:b\": because}\n",
         {{3, 17, "the key \"url\" is missing", NULL}}},
        {"allow: {\"check:a\": ''}\n", {{3, 20, "expected a text that is not empty", NULL}}},
    };
    planfile_case_expect(HEAD, rows, COUNT(rows));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(checks_are_judged),
        cmocka_unit_test(two_kinds_at_once_are_refused),
        cmocka_unit_test(checks_are_waived_by_their_names),
        cmocka_unit_test(urls_hold_no_user),
        cmocka_unit_test(numbers_of_checks_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
