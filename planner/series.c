#include "planner/series.h"

#include <assert.h>
#include <string.h>

#include "planner/base/time.h"

static const char *const arm_metric_keys[ARM_METRIC_COUNT] = {
    [METRIC_REQUESTS] = "requests",       [METRIC_2XX] = "target_2xx",
    [METRIC_3XX] = "target_3xx",          [METRIC_4XX] = "target_4xx",
    [METRIC_5XX] = "target_5xx",          [METRIC_TIME_AVERAGE] = "time_average_us",
    [METRIC_TIME_P50] = "time_p50_us",    [METRIC_TIME_P90] = "time_p90_us",
    [METRIC_TIME_P99] = "time_p99_us",    [METRIC_HEALTHY] = "healthy_min",
    [METRIC_UNHEALTHY] = "unhealthy_max", [METRIC_CONNECTION_ERRORS] = "connection_errors",
};

static const char *const common_metric_keys[COMMON_METRIC_COUNT] = {
    [METRIC_ACTIVE_CONNECTIONS] = "active_connections",
    [METRIC_NEW_CONNECTIONS] = "new_connections",
    [METRIC_ELB_5XX] = "elb_5xx",
    [METRIC_REJECTED] = "rejected_connections",
    [METRIC_REPLAY_LAG] = "replay_lag_ms",
};

/* Every column of a series with its name, in the file's order. */
static struct column *column_at(struct series *series, size_t i, const char **group,
                                const char **key)
{
    if (i < 2 * ARM_METRIC_COUNT) {
        enum arm arm = i < ARM_METRIC_COUNT ? ARM_SOURCE : ARM_TARGET;
        *group = arm_name(arm);
        *key = arm_metric_keys[i % ARM_METRIC_COUNT];
        return &series->arms[arm][i % ARM_METRIC_COUNT];
    }
    *group = "load_balancer";
    *key = common_metric_keys[i - 2 * ARM_METRIC_COUNT];
    return &series->common[i - 2 * ARM_METRIC_COUNT];
}

enum { COLUMN_COUNT = 2 * ARM_METRIC_COUNT + COMMON_METRIC_COUNT };

void series_init(struct series *out, struct arena *arena, int64_t start_at, size_t minutes)
{
    const char *group, *key;
    assert(minutes <= SERIES_MINUTES_MAX);
    *out = (struct series){.start_at = minute_floor(start_at), .minutes = minutes};
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        struct column *column = column_at(out, i, &group, &key);
        column->values = arena_alloc(arena, minutes * sizeof *column->values);
        column->present = arena_alloc(arena, minutes * sizeof *column->present);
    }
}

void series_copy(struct series *out, struct arena *arena, const struct series *from)
{
    const char *group, *key;
    struct series view = *from;
    series_init(out, arena, from->start_at, from->minutes);
    for (size_t i = 0; from->minutes && i < COLUMN_COUNT; i++) {
        struct column *to = column_at(out, i, &group, &key);
        const struct column *column = column_at(&view, i, &group, &key);
        memcpy(to->values, column->values, from->minutes * sizeof *to->values);
        memcpy(to->present, column->present, from->minutes * sizeof *to->present);
    }
}

bool series_index(const struct series *series, int64_t at, size_t *minute)
{
    if (at < series->start_at || at >= series->start_at + (int64_t)series->minutes * MINUTE_MS)
        return false;
    *minute = (size_t)((at - series->start_at) / MINUTE_MS);
    return true;
}

void series_put(struct series *series, struct column *column, int64_t at, int64_t value)
{
    size_t minute;
    if (!series_index(series, at, &minute))
        return;
    int64_t cut = value > SERIES_VALUE_MAX ? SERIES_VALUE_MAX : value;
    column->values[minute] = cut < -SERIES_VALUE_MAX ? -SERIES_VALUE_MAX : cut;
    column->present[minute] = true;
}

int64_t series_minute_at(const struct series *series, size_t minute)
{
    return series->start_at + (int64_t)minute * MINUTE_MS;
}

bool series_settled(const struct series *series, size_t minute, int64_t now)
{
    return series_minute_at(series, minute) + MINUTE_MS + SERIES_SETTLED_AFTER_MS <= now;
}

static bool load_balancer_reported(const struct series *series, size_t minute)
{
    for (size_t i = 0; i < METRIC_REPLAY_LAG; i++)
        if (series->common[i].present[minute])
            return true;
    return false;
}

/* Its requests were answered, whatever became of their count. */
static bool was_answering(const struct series *series, enum arm arm, size_t minute)
{
    for (int metric = METRIC_2XX; metric <= METRIC_TIME_P99; metric++)
        if (series->arms[arm][metric].present[minute])
            return true;
    return false;
}

static bool is_code_count(enum arm_metric metric)
{
    return metric >= METRIC_2XX && metric <= METRIC_5XX;
}

bool series_count(const struct series *series, enum arm arm, enum arm_metric metric, size_t minute,
                  int64_t *value)
{
    const struct column *column = &series->arms[arm][metric];
    if (minute >= series->minutes)
        return false;
    *value = 0;
    if (column->present[minute]) {
        *value = column->values[minute];
        return true;
    }
    if (is_code_count(metric))
        return series->arms[arm][METRIC_REQUESTS].present[minute];
    if (metric != METRIC_REQUESTS || was_answering(series, arm, minute))
        return false;
    enum arm other = arm == ARM_SOURCE ? ARM_TARGET : ARM_SOURCE;
    return load_balancer_reported(series, minute) ||
           series->arms[other][METRIC_REQUESTS].present[minute];
}

int64_t series_sum(const struct series *series, enum arm arm, enum arm_metric metric, size_t from,
                   size_t to, size_t *known)
{
    int64_t sum = 0, value;
    *known = 0;
    for (size_t minute = from; minute < to; minute++) {
        if (!series_count(series, arm, metric, minute, &value))
            continue;
        sum += value;
        ++*known;
    }
    return sum;
}

/* ---- the file: columns of numbers, null where absent; a column without any is left out ---- */

static bool column_is_empty(const struct column *column, size_t minutes)
{
    for (size_t i = 0; i < minutes; i++)
        if (column->present[i])
            return false;
    return true;
}

void series_write_json(struct json_writer *w, const char *key, const struct series *series)
{
    struct series view = *series;
    const char *open = NULL;
    json_open_object(w, key);
    json_put_int(w, "start_at", series->start_at);
    json_put_int(w, "minutes", (int64_t)series->minutes);
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        const char *group, *name;
        const struct column *column = column_at(&view, i, &group, &name);
        if (!text_same(group, open)) {
            if (open)
                json_close_object(w);
            json_open_object(w, group);
            open = group;
        }
        if (column_is_empty(column, series->minutes))
            continue;
        /* One string a column: a thousand minutes stay readable and diffable. */
        struct text values = {0};
        for (size_t m = 0; m < series->minutes; m++) {
            if (m)
                text_add_char(&values, ' ');
            if (column->present[m])
                text_addf(&values, "%lld", (long long)column->values[m]);
            else
                text_add_char(&values, '-');
        }
        json_put_string(w, name, text_cstr(&values));
        text_clear(&values);
    }
    json_close_object(w);
    json_close_object(w);
}

enum { VALUE_DIGITS = 15 }; /* of SERIES_VALUE_MAX */

static bool read_column(struct column *column, size_t minutes, const char *values)
{
    for (size_t m = 0; m < minutes; m++) {
        if (m && *values++ != ' ')
            return false;
        if (*values == '-' && (values[1] == ' ' || values[1] == '\0')) {
            values++;
            continue;
        }
        bool negative = *values == '-';
        int64_t n = 0;
        int digits = 0;
        for (values += negative; *values >= '0' && *values <= '9'; values++, digits++) {
            if (digits == VALUE_DIGITS)
                return false;
            n = n * 10 + (*values - '0');
        }
        if (!digits)
            return false;
        column->values[m] = negative ? -n : n;
        column->present[m] = true;
    }
    return *values == '\0';
}

/* What lies within it can be written down again, and so can what follows from it. */
static const int64_t time_latest = INT64_C(253402300800000); /* the year 10000 */

bool series_read_json(struct series *out, struct arena *arena, const struct json *value,
                      struct error *err)
{
    int64_t start, minutes;
    *out = (struct series){0};
    if (!json_as_int(&start, json_member(value, "start_at")) ||
        !json_as_int(&minutes, json_member(value, "minutes")) || minutes < 0 ||
        minutes > SERIES_MINUTES_MAX || start != minute_floor(start) || start < 0 ||
        start > time_latest)
        return error_set(err, ERROR_INPUT, "a series has no start or length that can be read");
    series_init(out, arena, start, (size_t)minutes);
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        const char *group, *key;
        struct column *column = column_at(out, i, &group, &key);
        const struct json *member = json_member(json_member(value, group), key);
        if (!member)
            continue;
        const char *values = json_as_string(member);
        if (!values || !read_column(column, out->minutes, values))
            return error_set(err, ERROR_INPUT, "the series' column %s.%s cannot be read", group,
                             key);
    }
    return true;
}
