#include "tests/planner/planfile_case.h"

#define HEAD "switchover: 1\nstage: prod\n"

static void suggests_the_nearest_key(void **state)
{
    (void)state;
    static const struct planfile_row rows[] = {
        {"clutser: x\n", {{3, 1, "unknown key \"clutser\"", "did you mean \"cluster\"?"}}},
        {"source: {min-count: 2}\n",
         {{3, 10, "source: unknown key \"min-count\"", "\"min_count\""}}},
        {"target: {readyTimeout: 5m}\n", {{3, 10, "target: unknown key", "\"ready_timeout\""}}},
        {"drain:\n  quite_for: 5m\n", {{4, 3, "drain: unknown key", "\"quiet_for\""}}},
        {"revert: {zzz: 1}\n", {{3, 10, "unknown key \"zzz\"", "known here: restore_counts"}}},
        {"Baseline: 1h\n", {{3, 1, "unknown key", "\"baseline\""}}},
        /* right, but elsewhere */
        {"hold: 10m\n", {{3, 1, "unknown key \"hold\"", "did you mean traffic.steps[].hold?"}}},
        {"steps: []\n", {{3, 1, "unknown key", "traffic.steps?"}}},
        {"port: 9200\n", {{3, 1, "unknown key", "listener.port?"}}},
        {"region: us-east-1\n", {{3, 1, "unknown key", "aws.region?"}}},
        {"service: x\n", {{3, 1, "unknown key", "source.service or target.service?"}}},
        {"aws: {stage: x}\n", {{3, 7, "aws: unknown key", "stage on the first level?"}}},
        {"traffic: {steps: [{target: 100, baseline: 1h}]}\n",
         {{3, 33, "traffic.steps[0]: unknown key \"baseline\"", "baseline on the first level?"}}},
        {"quiet_for: 5m\ntimeout: 1h\n",
         {{3, 1, "unknown key", "drain.quiet_for?"}, {4, 1, "unknown key", "drain.timeout?"}}},
    };
    planfile_case_expect(HEAD, rows, COUNT(rows));
}

static void says_what_is_missing(void **state)
{
    (void)state;
    static const struct planfile_row rows[] = {
        {"stage: prod\n", {{1, 1, "the key \"switchover\" is missing", "switchover: 1"}}},
        {"switchover: 1\n",
         {{1, 1, "the key \"stage\" is missing", "not given: cluster, load_balancer"}}},
        {"\n# note\n\nswitchover: 1\ncluster: c\nsource: {service: s}\n",
         {{4, 1, "the key \"stage\" is missing",
           "not given: load_balancer, source.target_group, target.service, target.target_group"}}},
        {"{}\n",
         {{1, 1, "the key \"stage\" is missing", NULL},
          {1, 1, "the key \"switchover\" is missing", NULL}}},
        {HEAD "window: {opens: 2026-12-01T02:00:00Z}\n",
         {{3, 9, "window: the key \"closes\" is missing", NULL}}},
        {HEAD "traffic:\n  steps:\n    - hold: 10m\n",
         {{5, 7, "traffic.steps[0]: the key \"target\" is missing", NULL}}},
        {"- switchover: 1\n- stage: prod\n",
         {{1, 1, "expected the keys of a plan file, found a list", "two lines"}}},
        {"hello\n", {{1, 1, "expected the keys of a plan file, found hello", NULL}}},
        {"", {{1, 1, "the file is empty", NULL}}},
    };
    planfile_case_expect("", rows, COUNT(rows));
}

static void reads_one_format(void **state)
{
    (void)state;
    static const struct planfile_row rows[] = {
        {"switchover: 2\nsteps: {weird: [1]}\n",
         {{1, 13, "switchover: format 2 can't be read: this version reads format 1", NULL}}},
        {"switchover: 0\n", {{1, 13, "format 0 can't be read", NULL}}},
        {"switchover: \"1\"\nstage: prod\n",
         {{1, 13, "switchover: expected the format's number, 1, found \"1\"", NULL}}},
        {"switchover: 1.0\nstage: prod\n", {{1, 13, "the format's number", NULL}}},
        {"switchover: yes\nstage: prod\n", {{1, 13, "the format's number", NULL}}},
        {"switchover:\nstage: prod\n", {{1, 12, "found nothing", NULL}}},
    };
    planfile_case_expect("", rows, COUNT(rows));
}

/* One mistake is one finding, whatever would follow from it. */
static void one_mistake_is_one_finding(void **state)
{
    (void)state;
    static const struct planfile_row rows[] = {
        {"switchover: 1\nstge: prod\n", {{2, 1, "unknown key \"stge\"", "\"stage\""}}},
        {"switchovr: 1\nstage: prod\n", {{1, 1, "unknown key", "\"switchover\""}}},
        {"switchover: 1\nstage: Prod\n", {{2, 8, "stage: expected 1 to 13 lower-case", NULL}}},
        {"switchover: 1\nstage: &a prod\n", {{2, 8, "the anchor &a is not allowed", NULL}}},
        {"switchover: 1\nstage: *a\n", {{2, 8, "the alias *a is not allowed", NULL}}},
        {"switchover: 1\nstage: pr\x02od\n", {{2, 10, "control character U+0002", NULL}}},
        {"switchover: 1\n\"st\x02\": prod\n", {{2, 4, "control character U+0002", NULL}}},
        {"switchover: 1\nstage: prod\nstage: Prod\n",
         {{3, 1, "the key \"stage\" is there already, on line 2", NULL}}},
        {"switchover: 1\nstage: !!str Prod\n", {{2, 8, "the tag", NULL}}},
        {HEAD "name: A b\n", {{3, 7, "name: expected a name", NULL}}},
        {HEAD "drain: {quiet_for: 3h, timeout: x}\n",
         {{3, 33, "drain.timeout: expected a duration", NULL}}},
        {HEAD "drain: {quiet_for: x, timeout: 1m}\n", {{3, 20, "drain.quiet_for", NULL}}},
        {HEAD "window: {opens: x, closes: 2026-12-01T02:00:00Z}\n",
         {{3, 17, "window.opens", NULL}}},
        {HEAD "traffic: {steps: [{target: 50}, {target: 20}, {target: 100}]}\n",
         {{3, 42, "traffic.steps[1].target: expected more than 50", NULL}}},
        {HEAD "traffic: {steps: [{target: 50}, {target: 0}, {target: 20}]}\n",
         {{3, 42, "traffic.steps[1].target: expected a percentage", NULL}}},
        {HEAD "traffic: {steps: &s [{target: 50}]}\n", {{3, 18, "the anchor &s", NULL}}},
        {HEAD "window: !w {}\n", {{3, 9, "the tag !w", NULL}}},
        {HEAD "window: {<<: {a: b}}\n", {{3, 10, "merge key", NULL}}},
        {"switchover: 1\nsource: [a]\n",
         {{1, 1, "the key \"stage\" is missing", "target.target_group"},
          {2, 9, "source: expected a mapping", NULL}}},
        {"switchover: 1\nstage: prod\n  name: x\n", {{3, 7, "a value inside a value", NULL}}},
        {"switchover: 1\n", {{1, 1, "stage", NULL}}},
        {"switchover: 1\nname: \"x\n", {{2, 7, "never closed", NULL}}},
        {"switchover: 1\n---\nstage: prod\n",
         {{1, 1, "the key \"stage\" is missing", NULL}, {2, 1, "second YAML document", NULL}}},
    };
    planfile_case_expect("", rows, COUNT(rows));
}

/* All of a file at once, in the file's order. */
static void finds_all_at_once(void **state)
{
    (void)state;
    static const struct planfile_row rows[] = {
        {"aws: {region: us, acount: 1}\n"
         "source: {service: a b, min_count: 0}\n"
         "bsaeline: 1h\n"
         "allow: {stickiness: ''}\n"
         "source: {}\n"
         "state: x/\n",
         {{3, 15, "aws.region: expected a region", NULL},
          {3, 19, "aws: unknown key \"acount\"", "\"account\""},
          {4, 19, "source.service: expected a name", NULL},
          {4, 35, "source.min_count: expected a whole number", NULL},
          {5, 1, "unknown key \"bsaeline\"", "\"baseline\""},
          {6, 21, "allow.stickiness: expected a text that is not empty", NULL},
          {7, 1, "\"source\" is there already, on line 4", NULL},
          {8, 8, "state: expected a file's path", NULL}}},
        /* what was complete before a syntax error is judged, nothing is called missing */
        {"baseline: 1\ndrain: {timeout: 5}\nname: \"x\n",
         {{3, 11, "baseline: expected", NULL},
          {4, 18, "drain.timeout: expected", NULL},
          {5, 7, "never closed", NULL}}},
    };
    planfile_case_expect(HEAD, rows, COUNT(rows));
}

static void caps_what_it_reports(void **state)
{
    (void)state;
    char *text = malloc(PLANFILE_MAX_BYTES);
    assert_non_null(text);
    size_t n = (size_t)sprintf(text, HEAD), keys = 0;
    for (; n + 16 < PLANFILE_MAX_BYTES; keys++)
        n += (size_t)sprintf(text + n, "k%zx: 1\n", keys);
    struct planfile_case c;
    assert_false(planfile_case_read(&c, "plan.yaml", text, n));
    assert_int_equal(c.list.errors, keys);
    assert_int_equal(c.list.count, DIAGNOSTICS_MAX + 1);
    char last[64];
    snprintf(last, sizeof last, "and %zu more", keys - DIAGNOSTICS_MAX);
    assert_string_equal(c.list.items[DIAGNOSTICS_MAX].message, last);
    assert_int_equal(c.list.items[0].span.line, 3);
    planfile_case_clear(&c);
    free(text);
}

static void shows_lines_but_no_secrets(void **state)
{
    (void)state;
    static const char text[] =
        "\xEF\xBB\xBF"
        "switchover: one\n"
        "stage: prod\n"
        "checks:\n"
        "  - http: {name: A, url: \"https://me:hunter2@host/\"}\n"
        "  - http: {name: b, url: 'https://host/', status: 1, auth: {bearer: hunter2}}\n"
        "  - http:\n"
        "      name: c\n"
        "      url: https://host\n"
        "      auth:\n"
        "        basic: \"me:hunter2\"\n"
        "  - http: {name: d, url: \"http://host\", auth: hunter2}\n"
        "  - http: {name: e, url: 'http://host', auth: {\"me:hunter2\": x}}\n"
        "  - http: {name: f, url: 'http://host', password: hunter2}\n"
        "  - http: {name: g, url: 'http:/me:hunter2@host'}\n"
        "  - http: {name: h, url: [\"http://me:hunter2@host\"]}\n"
        "  - http: http://me:hunter2@host\n"
        "  - http://me:hunter2@host\n"
        "  - htpp: {auth: {bearer: hunter2}}\n"
        "  - documents: {name: i, source: 'http://me:hunter2@a', target: 'http://b', auth: {}}\n"
        "  - documents: {name: j, source: 'http://a', target: 'http://b', auth: {basic: hunter2}}\n"
        "  - documents: {name: k, source: 'http://a?key=hunter2', target: 'http://b'}\n";
    struct planfile_case c;
    assert_false(planfile_case_read(&c, "plan.yaml", BYTES(text)));
    assert_string_equal(c.list.file, "plan.yaml");
    assert_string_equal(c.list.items[0].line, "switchover: one");
    assert_int_equal(c.list.items[0].span.column, 13);
    assert_int_equal(c.list.items[0].span.length, 3);
    assert_int_equal(c.list.count, 18);
    for (size_t i = 0; i < c.list.count; i++) {
        const struct diagnostic *d = &c.list.items[i];
        assert_null(strstr(d->message, "hunter2"));
        assert_null(strstr(d->line, "hunter2"));
        assert_true(!d->hint || !strstr(d->hint, "hunter2"));
    }
    planfile_case_clear(&c);
}

/* What is long is shown in part; the part is text again. */
static void cuts_between_characters(void **state)
{
    (void)state;
#define NINETEEN       "aaaaaaaaaaaaaaaaaaa"
#define LONG           NINETEEN NINETEEN "a\xc3\xa9"
#define CHECK_OF(name) "  - http: {name: " name ", url: 'https://x/'}\n"
    static const char *const texts[] = {
        "allow: {" LONG ": x}\n",
        "allow: {'check:aaaa" LONG "': x}\n",
        "checks:\n" CHECK_OF(LONG) CHECK_OF(LONG),
        "stage: " LONG "\n",
        LONG ": 1\n",
    };
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct planfile_case c;
        struct text text = {0};
        text_addf(&text, "switchover: 1\n%s%s", strstr(texts[i], "stage") ? "" : "stage: prod\n",
                  texts[i]);
        assert_false(planfile_case_read(&c, "plan.yaml", text.data, text.len));
        for (size_t k = 0; k < c.list.count; k++) {
            const char *message = c.list.items[k].message;
            if (text_utf8_prefix(message, strlen(message)) != strlen(message))
                fail_msg("%s", message);
        }
        planfile_case_clear(&c);
        text_clear(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(suggests_the_nearest_key),   cmocka_unit_test(says_what_is_missing),
        cmocka_unit_test(reads_one_format),           cmocka_unit_test(one_mistake_is_one_finding),
        cmocka_unit_test(finds_all_at_once),          cmocka_unit_test(caps_what_it_reports),
        cmocka_unit_test(shows_lines_but_no_secrets), cmocka_unit_test(cuts_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
