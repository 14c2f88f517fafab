#include "tests/unit.h"

#include "planner/base/time.h"
#include "providers/aws/cloudwatch.h"
#include "tests/providers/aws/answers.h"

#define ARN "arn:aws:elasticloadbalancing:us-east-1:111122223333:"

static const struct subject prod = {
    .stage = "prod",
    .load_balancer_arn = ARN "loadbalancer/app/MigrationAssistant-prod/00000000000000a4",
    .arms = {{.target_group_arn = ARN "targetgroup/ALBSourceProxy-prod-TG/00000000000000a0"},
             {.target_group_arn = ARN "targetgroup/ALBTargetProxy-prod-TG/00000000000000a1"}},
};

struct fixture {
    struct arena arena;
    struct text text;
    struct cloudwatch_reading reading;
    const char *next;
    struct error err;
};

static void begin(struct fixture *f, struct series *series, const struct subject *subject)
{
    int64_t start;
    *f = (struct fixture){0};
    assert_true(time_parse(&start, "2026-12-01T02:00:00Z"));
    series_init(series, &f->arena, start, 5);
    f->reading = (struct cloudwatch_reading){.series = series, .subject = subject};
}

static void clear(struct fixture *f)
{
    text_clear(&f->text);
    arena_clear(&f->arena);
}

static bool read_page(struct fixture *f)
{
    return cloudwatch_read_page(&f->reading, &f->next, &f->arena, &f->text, &f->err);
}

/* A column as a line: "600 610 - 1500 -". */
static void assert_column(const struct series *series, const struct column *column,
                          const char *wanted)
{
    struct text line = {0};
    for (size_t i = 0; i < series->minutes; i++) {
        if (i)
            text_add(&line, " ");
        if (column->present[i])
            text_addf(&line, "%lld", (long long)column->values[i]);
        else
            text_add(&line, "-");
    }
    assert_string_equal(line.data, wanted);
    text_clear(&line);
}

static void reads_two_pages(void **state)
{
    (void)state;
    struct fixture f;
    struct series s;
    begin(&f, &s, &prod);
    answer_load(&f.text, "aws_metrics_1.xml");
    assert_true(read_page(&f));
    assert_string_equal(f.next, "tok/+=");
    answer_load(&f.text, "aws_metrics_2.xml");
    assert_true(read_page(&f));
    assert_null(f.next);
    assert_true(cloudwatch_finish(&f.reading, &f.err));

    assert_column(&s, &s.arms[ARM_SOURCE][METRIC_REQUESTS], "600 610 620 1500 -");
    assert_column(&s, &s.arms[ARM_SOURCE][METRIC_4XX], "2 - - - -");
    assert_column(&s, &s.arms[ARM_SOURCE][METRIC_5XX], "- - - - -");
    assert_column(&s, &s.arms[ARM_SOURCE][METRIC_TIME_AVERAGE], "42300 100 - - -");
    assert_column(&s, &s.arms[ARM_SOURCE][METRIC_HEALTHY], "2 2 2 2 2");
    assert_column(&s, &s.arms[ARM_TARGET][METRIC_REQUESTS], "- - - - -");
    assert_column(&s, &s.arms[ARM_TARGET][METRIC_HEALTHY], "1 1 1 1 1");
    assert_column(&s, &s.common[METRIC_ACTIVE_CONNECTIONS], "40 40 40 40 40");
    assert_column(&s, &s.common[METRIC_ELB_5XX], "- - - 7 -");
    assert_column(&s, &s.common[METRIC_REPLAY_LAG], "- - 1251 - -");
    assert_column(&s, &s.arms[ARM_SOURCE][METRIC_TIME_P90], "- - - - -");
    clear(&f);
}

/* What is left incomplete after the last page: a count spoils the reading, the rest is absent. */
static void hands_out_no_half_column(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to; /* on the second page */
        const char *part;      /* of the message; NULL: the reading is good */
    } rows[] = {
        {"s_requests", "s_healthy",
         "RequestCount of arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/"
         "ALBSourceProxy-prod-TG/00000000000000a0 is partial"},
        {"<Id>t_5xx</Id>", "<Id>t_4xx</Id>", "HTTPCode_Target_5XX_Count of"},
        {"<Id>c_elb_5xx</Id>", "<Id>c_new</Id>",
         "HTTPCode_ELB_5XX_Count of the load balancer is missing"},
        {"<Id>c_lag</Id>", "<Id>c_active</Id>", NULL},
        {"<Id>t_healthy</Id>", "<Id>c_active</Id>", NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fixture f;
        struct series s;
        begin(&f, &s, &prod);
        answer_load(&f.text, "aws_metrics_1.xml");
        assert_true(read_page(&f));
        answer_load_with(&f.text, "aws_metrics_2.xml", rows[i].from, rows[i].to);
        assert_true(read_page(&f));
        bool ok = cloudwatch_finish(&f.reading, &f.err);
        if (ok != !rows[i].part)
            fail_msg("row %zu", i);
        if (!ok && !strstr(f.err.message, rows[i].part))
            fail_msg("row %zu: %s", i, f.err.message);
        clear(&f);
    }
}

static void an_incomplete_lag_is_absent(void **state)
{
    (void)state;
    struct fixture f;
    struct series s;
    begin(&f, &s, &prod);
    answer_load(&f.text, "aws_metrics_1.xml");
    assert_true(read_page(&f));
    answer_load_with(&f.text, "aws_metrics_2.xml",
                     "<Values><member>1250.5</member></Values>\n        "
                     "<StatusCode>Complete",
                     "<Values><member>1250.5</member></Values>\n        "
                     "<StatusCode>Forbidden");
    assert_true(read_page(&f));
    assert_true(cloudwatch_finish(&f.reading, &f.err));
    assert_column(&s, &s.common[METRIC_REPLAY_LAG], "- - - - -");
    assert_column(&s, &s.common[METRIC_ELB_5XX], "- - - 7 -");
    clear(&f);
}

static void repeats_what_cloudwatch_said(void **state)
{
    (void)state;
    struct fixture f;
    struct series s;
    begin(&f, &s, &prod);
    answer_load_with(&f.text, "aws_metrics_2.xml", "<Messages/>",
                     "<Messages><member><Code>MaxMetricsExceeded</Code><Value>The maximum number "
                     "of metrics was exceeded</Value></member></Messages>");
    assert_true(read_page(&f));
    assert_false(cloudwatch_finish(&f.reading, &f.err));
    assert_int_equal(f.err.kind, ERROR_SERVICE);
    assert_non_null(strstr(f.err.message, "The maximum number of metrics was exceeded"));
    clear(&f);
}

static void discards_every_column(void **state)
{
    (void)state;
    struct fixture f;
    struct series s;
    begin(&f, &s, &prod);
    f.reading.set = CLOUDWATCH_PERCENTILES;
    series_put(&s, &s.arms[ARM_TARGET][METRIC_TIME_P99], s.start_at, 1);
    series_put(&s, &s.arms[ARM_TARGET][METRIC_REQUESTS], s.start_at, 2);
    cloudwatch_discard(&f.reading);
    assert_column(&s, &s.arms[ARM_TARGET][METRIC_TIME_P99], "- - - - -");
    assert_column(&s, &s.arms[ARM_TARGET][METRIC_REQUESTS], "2 - - - -");
    clear(&f);
}

static size_t query_count(struct fixture *f)
{
    size_t n = 0;
    cloudwatch_get_metric_data(&f->text, &f->reading, NULL);
    for (const char *at = f->text.data; (at = strstr(at, ".Id=")); at++)
        n++;
    text_clear(&f->text);
    return n;
}

/* The bodies themselves are held against botocore's model in requests_botocore.py. */
static void asks_only_for_what_the_subject_has(void **state)
{
    (void)state;
    struct subject subject = prod;
    struct fixture f;
    struct series s;
    begin(&f, &s, &subject);
    assert_int_equal(query_count(&f), 2 * 9 + 5);
    f.reading.set = CLOUDWATCH_PERCENTILES;
    assert_int_equal(query_count(&f), 2 * 3);
    f.reading.set = CLOUDWATCH_PLAIN;
    subject.stage = NULL;
    subject.arms[ARM_TARGET].target_group_arn = NULL;
    assert_int_equal(query_count(&f), 9 + 4);
    cloudwatch_get_metric_data(&f.text, &f.reading, "tok/+=");
    assert_non_null(strstr(f.text.data, "&StartTime=2026-12-01T02%3A00%3A00Z"
                                        "&EndTime=2026-12-01T02%3A05%3A00Z&"));
    assert_true(text_ends(f.text.data, "&NextToken=tok%2F%2B%3D"));
    clear(&f);
}

/* ---- what an answer must not say ---- */

static bool attack_metrics(struct arena *arena, const struct text *answer, struct error *err)
{
    struct series series;
    series_init(&series, arena, 1764554400000, 5);
    struct cloudwatch_reading reading = {.series = &series, .subject = &prod};
    const char *next = "before";
    bool ok = cloudwatch_read_page(&reading, &next, arena, answer, err);
    assert_true(ok || text_same(next, "before"));
    return ok;
}

static void refuses_wrong_fields(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to, *part;
    } rows[] = {
        {"<Id>s_requests</Id>", "<Id>q1</Id>", "nobody asked for \"q1\""},
        {"<Id>s_requests</Id>", "<Id>s_p90</Id>", "nobody asked for \"s_p90\""},
        {"<member>600.0</member>", "<member>NaN</member>", "s_requests has \"NaN\""},
        {"<member>600.0</member>", "<member>many</member>", "s_requests has \"many\""},
        {"<member>600.0</member>", "<member>-600.0</member>", "s_requests has \"-600.0\""},
        {"<member>600.0</member>", "<member>1e300</member>", "s_requests has \"1e300\""},
        {"<member>600.0</member>", "", "s_requests has not as many timestamps as values"},
        {"<member>600.0</member>", "<member>600.0</member><member>1</member>",
         "s_requests has not as many timestamps as values"},
        {"<member>600.0</member>", "<value>600.0</value>", "<Values> is not a list"},
        {"02:00:00Z", "02:00:00", "at \"2026-12-01T02:00:00\""},
        {"<StatusCode>PartialData</StatusCode>", "", "<StatusCode> is missing"},
        {"MetricDataResults>", "Results>", "<MetricDataResults> is missing"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fixture f = {0};
        answer_load_with(&f.text, "aws_metrics_1.xml", rows[i].from, rows[i].to);
        if (attack_metrics(&f.arena, &f.text, &f.err))
            fail_msg("row %zu: taken", i);
        if (!strstr(f.err.message, rows[i].part))
            fail_msg("row %zu: \"%s\" does not say \"%s\"", i, f.err.message, rows[i].part);
        clear(&f);
    }
}

static void survives_strangers(void **state)
{
    (void)state;
    answer_attack("aws_metrics_1.xml", "GetMetricData", attack_metrics);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_two_pages),
        cmocka_unit_test(hands_out_no_half_column),
        cmocka_unit_test(an_incomplete_lag_is_absent),
        cmocka_unit_test(repeats_what_cloudwatch_said),
        cmocka_unit_test(discards_every_column),
        cmocka_unit_test(asks_only_for_what_the_subject_has),
        cmocka_unit_test(refuses_wrong_fields),
        cmocka_unit_test(survives_strangers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
