#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "planner/base/time.h"
#include "planner/gate_parts.h"

void gate_sums_begin(struct gate_sums *sums, struct arena *arena, const char *address,
                     int64_t shifted_at)
{
    int64_t since = minute_floor(shifted_at) + MINUTE_MS;
    *sums = (struct gate_sums){
        .address = arena_strdup(arena, address), .since = since, .through = since};
}

void gate_sums_forget(struct gate_sums *sums)
{
    *sums =
        (struct gate_sums){.address = sums->address, .since = sums->since, .through = sums->since};
}

static void count_minute(struct count_sums *sums, const struct gate_input *in,
                         const struct count_gate *gate, const struct count_null *null,
                         const int64_t errors[ARM_COUNT], const struct gate_minute *minute)
{
    gate_count_add(sums, null, errors, minute->requests);
    if (!sums->failed_at && gate_count_exceeds(sums, gate, in->holds))
        sums->failed_at = minute->at + MINUTE_MS;
}

/* Whether minutes that are in the sums say something else by now, or something at last: CloudWatch
 * was late, or a clock was ahead. They stand between others, whose order matters. */
static bool has_latecomers(const struct gate_sums *sums, const struct gate_input *in)
{
    int64_t known = 0, target_requests = 0;
    if (in->samples->start_at > sums->since)
        return false;
    for (size_t m = gate_first_minute(sums, in); m < in->samples->minutes; m++) {
        struct gate_minute minute;
        gate_minute_read(&minute, in, m);
        if (!minute.known || minute.at >= sums->through)
            continue;
        known++;
        gate_sum(&target_requests, minute.requests[ARM_TARGET]);
    }
    return known > sums->judged ||
           (known == sums->judged && target_requests != sums->target_requests);
}

/* A hold that begins in the future was begun by a clock that has been set back since. */
static void come_back_to_now(struct gate_sums *sums, const struct gate_input *in)
{
    int64_t next = minute_floor(in->now) + MINUTE_MS;
    if (sums->since <= next)
        return;
    sums->since = next;
    gate_sums_forget(sums);
}

void gate_sums_advance(struct gate_sums *sums, const struct gate_input *in)
{
    const struct series *series = in->samples;
    const struct planfile_gates *gates = in->gates;
    struct count_null errors = gate_count_null(in, &gates->errors, METRIC_5XX);
    struct count_null client_errors = gate_count_null(in, &gates->client_errors, METRIC_4XX);
    if (!sums->address)
        return;
    come_back_to_now(sums, in);
    if (!sums->errors.failed_at && !sums->client_errors.failed_at && has_latecomers(sums, in))
        gate_sums_forget(sums);
    for (size_t m = gate_first_minute(sums, in); m < series->minutes; m++) {
        struct gate_minute minute;
        gate_minute_read(&minute, in, m);
        if (!minute.settled)
            return;
        if (minute.at < sums->through)
            continue;
        /* Minutes that the samples no longer have were not seen in time. */
        gate_sum(&sums->unknown, (minute.at - sums->through) / MINUTE_MS + !minute.known);
        sums->through = minute.at + MINUTE_MS;
        if (!minute.known)
            continue;
        gate_sum(&sums->judged, 1);
        gate_sum(&sums->target_requests, minute.requests[ARM_TARGET]);
        count_minute(&sums->errors, in, &gates->errors, &errors, minute.errors, &minute);
        count_minute(&sums->client_errors, in, &gates->client_errors, &client_errors,
                     minute.client_errors, &minute);
    }
}

/* ---- the file ---- */

static void write_pair(struct json_writer *w, const char *key, const int64_t pair[ARM_COUNT])
{
    json_open_object(w, key);
    for (enum arm arm = 0; arm < ARM_COUNT; arm++)
        json_put_int(w, arm_name(arm), pair[arm]);
    json_close_object(w);
}

enum { NUMBER_SIZE = 32 };

/* Seventeen digits bring back the very number. */
static const char *format_number(char out[NUMBER_SIZE], double number)
{
    snprintf(out, NUMBER_SIZE, "%.17g", number);
    return out;
}

static void write_count(struct json_writer *w, const char *key, const struct count_sums *sums)
{
    char number[NUMBER_SIZE];
    json_open_object(w, key);
    json_open_array(w, "logs");
    for (int i = 0; i < GATE_RATIOS; i++)
        json_put_string(w, NULL, format_number(number, sums->logs[i]));
    json_close_array(w);
    json_put_int(w, "minutes", sums->minutes);
    write_pair(w, "errors", sums->errors);
    write_pair(w, "requests", sums->requests);
    json_put_int(w, "minutes_with_errors", sums->minutes_with_errors);
    json_put_int(w, "failed_at", sums->failed_at);
    json_close_object(w);
}

void gate_sums_write_json(struct json_writer *w, const char *key, const struct gate_sums *sums)
{
    if (!sums->address) {
        json_put_null(w, key);
        return;
    }
    json_open_object(w, key);
    json_put_string(w, "address", sums->address);
    json_put_int(w, "since", sums->since);
    json_put_int(w, "through", sums->through);
    json_put_int(w, "judged", sums->judged);
    json_put_int(w, "unknown", sums->unknown);
    json_put_int(w, "target_requests", sums->target_requests);
    write_count(w, "errors", &sums->errors);
    write_count(w, "client_errors", &sums->client_errors);
    json_close_object(w);
}

static bool read_count_of(int64_t *out, const struct json *object, const char *key)
{
    return json_as_int(out, json_member(object, key)) && *out >= 0;
}

static bool read_pair(int64_t pair[ARM_COUNT], const struct json *value)
{
    return json_count(value) == ARM_COUNT &&
           read_count_of(&pair[ARM_SOURCE], value, arm_name(ARM_SOURCE)) &&
           read_count_of(&pair[ARM_TARGET], value, arm_name(ARM_TARGET));
}

/* Only what format_number() writes: no other spelling, no infinity, nothing that is no number. */
static bool read_number(double *out, const struct json *value)
{
    char again[NUMBER_SIZE], *end;
    const char *text = json_as_string(value);
    if (!text)
        return false;
    *out = strtod(text, &end);
    return end != text && *end == '\0' && isfinite(*out) &&
           text_same(text, format_number(again, *out));
}

static bool read_logs(double logs[GATE_RATIOS], const struct json *array)
{
    const struct json *item = json_first(array);
    if (!json_is_array(array) || json_count(array) != GATE_RATIOS)
        return false;
    for (int i = 0; i < GATE_RATIOS; i++, item = json_next(item))
        if (!read_number(&logs[i], item))
            return false;
    return true;
}

static bool read_count(struct count_sums *out, const struct json *value)
{
    return json_count(value) == 6 && read_logs(out->logs, json_member(value, "logs")) &&
           read_count_of(&out->minutes, value, "minutes") &&
           read_pair(out->errors, json_member(value, "errors")) &&
           read_pair(out->requests, json_member(value, "requests")) &&
           read_count_of(&out->minutes_with_errors, value, "minutes_with_errors") &&
           read_count_of(&out->failed_at, value, "failed_at");
}

static bool is_minute(int64_t at)
{
    return at == minute_floor(at);
}

bool gate_sums_read_json(struct gate_sums *out, struct arena *arena, const struct json *value,
                         struct error *err)
{
    *out = (struct gate_sums){0};
    if (json_is_null(value))
        return true;
    const char *address = json_as_string(json_member(value, "address"));
    if (!address || json_count(value) != 8 || !read_count_of(&out->since, value, "since") ||
        !read_count_of(&out->through, value, "through") ||
        !read_count_of(&out->judged, value, "judged") ||
        !read_count_of(&out->unknown, value, "unknown") ||
        !read_count_of(&out->target_requests, value, "target_requests") || !is_minute(out->since) ||
        !is_minute(out->through) || out->through < out->since ||
        !read_count(&out->errors, json_member(value, "errors")) ||
        !read_count(&out->client_errors, json_member(value, "client_errors"))) {
        *out = (struct gate_sums){0};
        return error_set(err, ERROR_INPUT, "the sums of the gates cannot be read");
    }
    out->address = arena_strdup(arena, address);
    return true;
}
