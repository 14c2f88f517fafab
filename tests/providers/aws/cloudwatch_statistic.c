#include "tests/unit.h"

#include "providers/aws/cloudwatch_statistic.h"

/* As AWS lays it out, for two queries. */
static const char recorded[] =
    "<GetMetricDataResponse xmlns=\"http://monitoring.amazonaws.com/doc/2010-08-01/\">\n"
    "  <GetMetricDataResult><MetricDataResults>\n"
    "    <member><Timestamps><member>2026-12-01T02:00:00Z</member></Timestamps>"
    "<StatusCode>Complete</StatusCode><Values><member>1200.5</member></Values>"
    "<Id>q0</Id><Label>a</Label></member>\n"
    "    <member><Timestamps/><StatusCode>Complete</StatusCode><Values/><Id>q1</Id></member>\n"
    "  </MetricDataResults></GetMetricDataResult></GetMetricDataResponse>";

static bool read_two(struct cloudwatch_statistic list[2], const char **next, struct arena *arena,
                     const char *bytes, size_t n, struct error *err)
{
    struct text answer = {0};
    text_add_bytes(&answer, bytes, n);
    bool read = cloudwatch_read_statistics(list, 2, next, arena, &answer, err);
    text_clear(&answer);
    return read;
}

static void reads_points_and_their_absence(void **state)
{
    struct cloudwatch_statistic list[2] = {{0}};
    struct arena arena = {0};
    struct error err = {0};
    const char *next = "unset";
    (void)state;
    assert_true(read_two(list, &next, &arena, recorded, sizeof recorded - 1, &err));
    assert_null(next);
    assert_int_equal(list[0].count, 1);
    assert_string_equal(list[0].points[0], "1200.5");
    assert_string_equal(list[0].status, "Complete");
    assert_int_equal(list[1].count, 0);
    assert_string_equal(list[1].status, "Complete");
    arena_clear(&arena);
}

static void any_answer_is_read_safely(void **state)
{
    static const char values[] = "\0<>/&;\"- 0q!xMc\x80\xFF";
    size_t n = sizeof recorded - 1, tried = 0, read = 0;
    (void)state;
    for (size_t at = 0; at < n; at++)
        for (size_t v = 0; v < sizeof values - 1; v++) {
            struct cloudwatch_statistic list[2] = {{0}};
            struct arena arena = {0};
            struct error err = {0};
            const char *next = NULL;
            char *body = malloc(n);
            memcpy(body, recorded, n);
            if (v)
                body[at] = values[v];
            tried++;
            if (read_two(list, &next, &arena, body, v ? n : at, &err)) {
                read++;
                assert_true(v); /* no prefix is whole */
                assert_true(list[0].count <= CLOUDWATCH_POINTS_MAX);
            } else {
                assert_int_equal(err.kind, ERROR_SERVICE);
                assert_non_null(strstr(err.message, "GetMetricData"));
            }
            free(body);
            arena_clear(&arena);
        }
    printf("statistics: %zu answers, %zu of them read\n", tried, read);
    assert_true(read > 0 && read < tried);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_points_and_their_absence),
        cmocka_unit_test(any_answer_is_read_safely),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
