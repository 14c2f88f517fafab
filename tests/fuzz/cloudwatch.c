/*
 * CloudWatch's answers: the first byte chooses the set and how many minutes are asked for, a NUL
 * byte parts the pages. What was accepted holds no half column and can be kept and added up.
 */
#include <string.h>

#include "planner/base/time.h"
#include "providers/aws/cloudwatch.h"
#include "tests/fuzz/aws.h"

enum { MINUTES_MAX = 8 };

static void check_column(const struct series *series, const struct column *column)
{
    for (size_t i = 0; i < series->minutes; i++)
        if (column->present[i])
            must_hold(column->values[i] >= -SERIES_VALUE_MAX &&
                      column->values[i] <= SERIES_VALUE_MAX);
}

static void check_kept(const struct series *series, struct arena *arena)
{
    struct text text = {0}, again = {0};
    struct json_writer w = {.out = &text}, w2 = {.out = &again};
    struct json_document doc;
    struct series copy;
    struct error err;
    series_write_json(&w, NULL, series);
    must_succeed(json_read(&doc, text.data, text.len, (struct json_limits){text.len, 8}, &err),
                 &err);
    must_succeed(series_read_json(&copy, arena, doc.root, &err), &err);
    series_write_json(&w2, NULL, &copy);
    must_hold(text.len == again.len && memcmp(text.data, again.data, text.len) == 0);
    json_document_clear(&doc);
    text_clear(&text);
    text_clear(&again);
}

static void check_series(const struct series *series, struct arena *arena)
{
    size_t known;
    for (int arm = 0; arm < ARM_COUNT; arm++)
        for (int metric = 0; metric < ARM_METRIC_COUNT; metric++) {
            check_column(series, &series->arms[arm][metric]);
            series_sum(series, (enum arm)arm, (enum arm_metric)metric, 0, series->minutes, &known);
            must_hold(known <= series->minutes);
        }
    for (int metric = 0; metric < COMMON_METRIC_COUNT; metric++)
        check_column(series, &series->common[metric]);
    check_kept(series, arena);
}

static void check_complete(const struct cloudwatch_reading *reading)
{
    const struct series *series = reading->series;
    for (int arm = 0; arm < ARM_COUNT; arm++)
        for (int metric = 0; metric < ARM_METRIC_COUNT; metric++)
            for (size_t i = 0; i < series->minutes; i++)
                if (series->arms[arm][metric].present[i])
                    must_hold(reading->arms[arm][metric] == CLOUDWATCH_COMPLETE);
}

/* One page; false when it could not be read. */
static bool read_page(struct cloudwatch_reading *reading, struct arena *arena, const uint8_t *data,
                      size_t size)
{
    struct error err = {0};
    const char *next = NULL;
    struct text body = {0}, answer = fuzz_text(data, size);
    bool read = cloudwatch_read_page(reading, &next, arena, &answer, &err);
    if (!read) {
        fuzz_check_error(&err);
        must_hold(strstr(err.message, "GetMetricData"));
    } else if (next) {
        cloudwatch_get_metric_data(&body, reading, next);
    }
    text_clear(&answer);
    text_clear(&body);
    return read;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct series series;
    struct error err = {0};
    int64_t start = 1796090400000; /* 2026-12-01T02:00:00Z, the recorded answers' */
    if (size < 1)
        return 0;
    series_init(&series, &arena, start, data[0] % MINUTES_MAX);
    struct cloudwatch_reading reading = {.series = &series,
                                         .subject = &answers_subject,
                                         .set = data[0] & 0x80 ? CLOUDWATCH_PERCENTILES
                                                               : CLOUDWATCH_PLAIN};
    const uint8_t *at = data + 1, *end = data + size, *stop;
    bool read = true;
    do {
        stop = at < end ? memchr(at, '\0', (size_t)(end - at)) : NULL;
        read = read_page(&reading, &arena, at, (size_t)((stop ? stop : end) - at));
        at = stop ? stop + 1 : end;
    } while (read && stop);
    if (read) {
        bool finished = cloudwatch_finish(&reading, &err);
        if (finished) {
            fuzz_accepted();
            check_complete(&reading);
            check_series(&series, &arena);
        } else {
            fuzz_check_error(&err);
        }
        fuzz_check_text(reading.message);
        cloudwatch_discard(&reading);
    }
    arena_clear(&arena);
    return 0;
}
