#include "cmd/view_look.h"

#include <string.h>

#include "planner/base/time.h"

/* ---- numbers ---- */

static bool says_something(const struct series *series, size_t minute)
{
    int64_t ignored;
    return series_count(series, ARM_SOURCE, METRIC_REQUESTS, minute, &ignored) ||
           series_count(series, ARM_TARGET, METRIC_REQUESTS, minute, &ignored);
}

bool look_minute(const struct look *look, size_t *minute, bool *settled)
{
    const struct series *series = look->samples;
    bool found = false;
    *settled = false;
    for (size_t m = series ? series->minutes : 0; m > 0 && !*settled; m--) {
        int64_t at = series_minute_at(series, m - 1);
        bool is_settled = at >= look->started_at && series_settled(series, m - 1, look->at);
        if (at + MINUTE_MS > look->at || !says_something(series, m - 1) || (found && !is_settled))
            continue;
        *minute = m - 1;
        *settled = is_settled;
        found = true;
    }
    return found;
}

/* When a minute has settled, and was read, the one behind it has begun to. */
enum { NEWEST_AGE_MS = SERIES_SETTLED_AFTER_MS + 2 * MINUTE_MS };

void look_add_age(struct text *out, const struct look *look, int64_t minute_at)
{
    int64_t age = look->at - minute_at - MINUTE_MS;
    if (age > NEWEST_AGE_MS)
        text_addf(out, ", %lld minutes ago", (long long)(age / MINUTE_MS));
}

static bool read_time(struct look_numbers *out, const struct column *column, size_t minute,
                      int percentile)
{
    if (!column->present[minute])
        return false;
    out->timed = true;
    out->percentile = percentile;
    out->time_us = column->values[minute];
    return true;
}

void look_numbers_at(struct look_numbers *out, const struct series *series, enum arm arm,
                     size_t minute, int percentile)
{
    const struct column *columns = series->arms[arm];
    enum arm_metric metric = percentile == 50   ? METRIC_TIME_P50
                             : percentile == 99 ? METRIC_TIME_P99
                                                : METRIC_TIME_P90;
    *out = (struct look_numbers){0};
    out->known = series_count(series, arm, METRIC_REQUESTS, minute, &out->requests);
    if (!out->known)
        return;
    out->errors_known = series_count(series, arm, METRIC_5XX, minute, &out->errors);
    out->client_errors_known = series_count(series, arm, METRIC_4XX, minute, &out->client_errors);
    if (!read_time(out, &columns[metric], minute, percentile))
        read_time(out, &columns[METRIC_TIME_AVERAGE], minute, 0);
}

static int64_t planned_targets(const struct plan *plan)
{
    for (size_t i = 0; i < plan->action_count; i++)
        if (plan->actions[i].kind == ACTION_SCALE && plan->actions[i].arm == ARM_TARGET)
            return plan->actions[i].after.count;
    return plan->live.desired[ARM_TARGET];
}

bool look_health(const struct look *look, int64_t *healthy, int64_t *planned)
{
    if (!look->live || !(look->live->known & FACT_HEALTH_TARGET))
        return false;
    *healthy = look->live->arms[ARM_TARGET].group.health[HEALTH_HEALTHY];
    *planned = planned_targets(look->plan);
    return true;
}

/* ---- numbers in words ---- */

/* In hundredths of a percent, rounded, but never to nothing or to all unless it is exactly that. */
static int64_t hundredths(int64_t part, int64_t whole)
{
    int64_t rounded = (int64_t)((double)part * 10000.0 / (double)whole + 0.5);
    if (part > 0 && rounded < 1)
        return 1;
    return part < whole && rounded > 9999 ? 9999 : rounded;
}

void look_add_rate(struct text *out, int64_t part, int64_t whole)
{
    if (whole <= 0) {
        text_add(out, "-");
        return;
    }
    int64_t of_10000 = hundredths(part, whole);
    bool below = (double)part * 10000.0 < (double)whole; /* "0.01%" would be more than it is */
    if (of_10000 == 0 || of_10000 >= 10000)
        text_addf(out, "%lld%%", (long long)of_10000 / 100);
    else if (of_10000 < 1000 || of_10000 > 9990)
        text_addf(out, "%s%lld.%02lld%%", below ? "<" : "", (long long)of_10000 / 100,
                  (long long)of_10000 % 100);
    else
        text_addf(out, "%lld.%lld%%", (long long)(of_10000 + 5) / 100,
                  (long long)(of_10000 + 5) % 100 / 10);
}

void look_add_latency(struct text *out, int64_t us)
{
    long long tenths_of_ms = ((long long)us + 50) / 100;
    if (tenths_of_ms < 100)
        text_addf(out, "%lld.%lldms", tenths_of_ms / 10, tenths_of_ms % 10);
    else if (us < 999500)
        text_addf(out, "%lldms", ((long long)us + 500) / 1000);
    else
        text_addf(out, "%lld.%02llds", ((long long)us + 5000) / 1000000,
                  ((long long)us + 5000) % 1000000 / 10000);
}

void look_add_numbers(struct text *out, const struct look_numbers *numbers)
{
    if (!numbers->known) {
        text_add(out, "no data");
        return;
    }
    text_addf(out, "%lld/min", (long long)numbers->requests);
    if (numbers->errors_known && numbers->requests) {
        text_add_char(out, ' ');
        look_add_rate(out, numbers->errors, numbers->requests);
        text_add(out, " 5XX");
    }
    if (numbers->client_errors_known && numbers->client_errors) {
        text_add_char(out, ' ');
        look_add_rate(out, numbers->client_errors, numbers->requests);
        text_add(out, " 4XX");
    }
    if (!numbers->timed)
        return;
    if (numbers->percentile)
        text_addf(out, " p%d ", numbers->percentile);
    else
        text_add(out, " average ");
    look_add_latency(out, numbers->time_us);
}

void look_add_minute(struct text *out, const struct look *look)
{
    size_t minute;
    bool settled;
    char time[TIME_TEXT_SIZE];
    if (!look_minute(look, &minute, &settled)) {
        text_add(out, "no minute is in yet");
        return;
    }
    int64_t at = series_minute_at(look->samples, minute);
    text_add(out, time_of_day(time, at));
    if (at < minute_floor(look->started_at))
        text_addf(out, " (before this %s)", look->drain ? "drain" : "hold");
    else if (!settled)
        text_add(out, " (still coming in)");
    look_add_age(out, look, at);
    text_add(out, ": ");
    for (int arm = 0; arm < ARM_COUNT; arm++) {
        struct look_numbers numbers;
        look_numbers_at(&numbers, look->samples, (enum arm)arm, minute,
                        look->plan->file.gates.latency_percentile);
        text_addf(out, "%s%s ", arm ? "; " : "", arm_name((enum arm)arm));
        look_add_numbers(out, &numbers);
    }
}

/* ---- verdicts ---- */

enum style look_style(enum gate_verdict verdict)
{
    switch (verdict) {
    case GATE_OK:
        return STYLE_GOOD;
    case GATE_SUSPECT:
        return STYLE_WARN;
    case GATE_FAILS:
        return STYLE_BAD;
    case GATE_UNUSED:
        return STYLE_FAINT;
    default:
        return STYLE_PLAIN;
    }
}

void look_add_verdict(struct text *out, const struct gate_standing *standing)
{
    switch (standing->verdict) {
    case GATE_OK:
        text_add(out, "ok");
        break;
    case GATE_FAILS:
        text_addf(out, "FAILS: %s", standing->words);
        break;
    case GATE_UNUSED:
        text_addf(out, "%s%s", text_starts(standing->words, "not judged") ? "" : "not judged: ",
                  standing->words);
        break;
    default:
        text_add(out, standing->words);
        break;
    }
}

/* What the line tells of: a gate that is not judged is told, but not that there are no checks. */
static bool is_told(const struct gate_report *report, int gate)
{
    return report->standings[gate].name &&
           (report->standings[gate].verdict != GATE_UNUSED || gate != GATE_CHECKS);
}

static bool stands_alike(const struct gate_standing *a, const struct gate_standing *b)
{
    return a->verdict == b->verdict && (a->verdict == GATE_OK || strcmp(a->words, b->words) == 0);
}

/* The number of healthy targets says more than "ok". */
static void add_health(struct text *out, const struct look *look,
                       const struct gate_standing *standing)
{
    int64_t healthy = 0, planned = 0;
    bool known = look_health(look, &healthy, &planned);
    if (known)
        text_addf(out, "health %lld/%lld", (long long)healthy, (long long)planned);
    else
        text_add(out, "health");
    if (known && (standing->verdict == GATE_OK || standing->verdict == GATE_WAITS))
        return;
    text_add(out, standing->verdict == GATE_OK || standing->verdict == GATE_FAILS ? " " : ": ");
    look_add_verdict(out, standing);
}

static bool was_told(const struct gate_report *report, int gate)
{
    for (int before = 0; before < gate; before++)
        if (before != GATE_HEALTH && is_told(report, before) &&
            stands_alike(&report->standings[before], &report->standings[gate]))
            return true;
    return false;
}

static void add_group(struct text *out, const struct gate_report *report, int first)
{
    const struct gate_standing *standing = &report->standings[first];
    text_add(out, standing->name);
    for (int gate = first + 1; gate < GATE_COUNT; gate++)
        if (gate != GATE_HEALTH && is_told(report, gate) &&
            stands_alike(standing, &report->standings[gate]))
            text_addf(out, ", %s", report->standings[gate].name);
    text_add(out, standing->verdict == GATE_OK || standing->verdict == GATE_FAILS ? " " : ": ");
    look_add_verdict(out, standing);
}

void look_add_verdicts(struct text *out, const struct look *look)
{
    const struct gate_report *report = look->gates;
    size_t begin = out->len;
    for (int gate = 0; report && gate < GATE_COUNT; gate++) {
        if (!is_told(report, gate) || (gate != GATE_HEALTH && was_told(report, gate)))
            continue;
        if (out->len > begin)
            text_add(out, "; ");
        if (gate == GATE_HEALTH)
            add_health(out, look, &report->standings[gate]);
        else
            add_group(out, report, gate);
    }
}

void look_add_failure(struct text *out, const struct gate_failure *failure)
{
    text_addf(out, "%s failed in %s: %s", failure->gate, failure->address, failure->why);
}

/* ---- the rest ---- */

void look_add_weights(struct text *out, const struct look *look)
{
    struct arena arena = {0};
    if (!look->routing)
        return;
    const struct arm_subject *arms = look->plan->subject.arms;
    text_add(out, routing_describe(&arena, look->routing, arms[ARM_SOURCE].target_group_arn,
                                   arms[ARM_TARGET].target_group_arn));
    arena_clear(&arena);
}

void look_add_time(struct text *out, const struct look *look)
{
    char a[TIME_TEXT_SIZE], b[TIME_TEXT_SIZE];
    int64_t passed = look->at - look->started_at;
    int64_t of = look->ends_at  ? look->ends_at - look->started_at
                 : look->action ? look->action->timeout_ms
                                : 0;
    if (look->ends_at && passed > of) /* the last look comes when it is over */
        passed = of;
    passed = passed > 0 ? passed - passed % SECOND_MS : 0;
    text_add(out, duration_format(a, passed));
    if (of > 0)
        text_addf(out, " of %s", duration_format(b, of));
}

void look_add_line(struct text *out, const struct look *look)
{
    look_add_minute(out, look);
    if (look->drain && look->action) {
        text_add(out, "; ");
        drain_describe(out, look->drain, look->action->duration_ms);
    }
    text_add(out, "; ");
    size_t before = out->len;
    look_add_verdicts(out, look);
    if (out->len > before)
        text_add(out, "; ");
    look_add_time(out, look);
}
