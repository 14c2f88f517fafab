#include "cmd/view_watch.h"

#include <string.h>

#include "cmd/escape.h"
#include "cmd/moment.h"
#include "cmd/sparkline.h"
#include "cmd/view_look.h"
#include "cmd/view_panel.h"
#include "planner/base/time.h"

/* What came in longer ago than a minute takes to settle, and a little, is not new. */
enum { WIDE = 72, INDENT = 2, HOUR_MINUTES = 60, NEWEST_AGE = 5 };

/* ---- what goes on ---- */

static void show_run(struct page *page, const struct watched *w)
{
    char time[TIME_TEXT_SIZE];
    const struct state *state = w->state;
    const struct run *run = state && state->run_count ? &state->runs[state->run_count - 1] : NULL;
    page_column(page, INDENT);
    if (!run) {
        page_wrap(page, STYLE_PLAIN, "no run yet: %s is not there", w->state_location);
    } else if (run->end != RUN_OPEN) {
        page_wrap(page, STYLE_PLAIN, "nobody is at it: `%s` ended %s, %s: %s", run->command,
                  moment_format(time, run->ended_at), run_end_name(run->end), run->why);
    } else {
        switch (writer_life(w->writer, state)) {
        case RUN_LIFE_ON:
            page_wrap(page, STYLE_GOOD, "`%s` runs, by %s since %s", run->command, run->by,
                      moment_format(time, run->started_at));
            break;
        case RUN_LIFE_DEAD:
            page_wrap(page, STYLE_BAD, "nobody is at it: `%s` by %s died without a word",
                      run->command, run->by);
            break;
        default:
            page_wrap(page, STYLE_WARN, "`%s` by %s has not ended; whether it runs is not known",
                      run->command, run->by);
            break;
        }
    }
    page_end_line(page);
}

static void add_left(struct text *out, const struct look *look)
{
    char a[TIME_TEXT_SIZE], b[TIME_TEXT_SIZE];
    int64_t left = look->ends_at - look->at;
    if (!look->ends_at) {
        look_add_time(out, look);
        return;
    }
    left = left > 0 ? (left + SECOND_MS - 1) / SECOND_MS * SECOND_MS : 0;
    text_addf(out, "%s left of %s", duration_format(a, left),
              duration_format(b, look->ends_at - look->started_at));
}

static bool is_over(const struct watched *w)
{
    enum run_life life = writer_life(w->writer, w->state);
    return life == RUN_LIFE_OVER || life == RUN_LIFE_DEAD;
}

static void show_wait(struct page *page, const struct watched *w)
{
    const struct look *look = &w->look;
    struct text words = {0};
    if (!look->action)
        return;
    if (is_over(w))
        text_add(&words, "is not done");
    else
        add_left(&words, look);
    if (look->drain) {
        text_add(&words, "; ");
        drain_describe(&words, look->drain, look->action->duration_ms);
    }
    page_column(page, INDENT);
    page_put(page, STYLE_STRONG, "%s", look->action->address);
    page_column(page, page->column + 1);
    page_wrap(page, STYLE_PLAIN, "%s", text_cstr(&words));
    page_end_line(page);
    text_clear(&words);
}

static void show_unread(struct page *page, const char *what, const char *why)
{
    if (why)
        page_paragraph(page, INDENT, STYLE_BAD, "%s could not be read, it is tried again: %s", what,
                       why);
}

/* ---- targets ---- */

static void add_target(struct text *out, const struct target_health *target)
{
    text_addf(out, " %s:%d", target->id, target->port);
    if (target->reason)
        text_addf(out, " (%s)", target->reason);
}

static void add_targets_in(struct text *out, const struct group_snapshot *group,
                           enum health_state state)
{
    text_addf(out, "%lld %s:", (long long)group->health[state], health_state_name(state));
    for (size_t i = 0; i < group->target_count; i++)
        if (group->targets[i].state == state)
            add_target(out, &group->targets[i]);
}

static void show_text(struct page *page, unsigned column, enum style style, struct text *words)
{
    page_column(page, column);
    page_wrap(page, style, "%s", text_cstr(words));
    page_end_line(page);
    text_cut(words, 0);
}

static void add_tasks(struct text *out, const struct snapshot *live, enum arm arm)
{
    const struct service_snapshot *service = &live->arms[arm].service;
    if (!(live->known & FACT_SERVICES) || !service->found) {
        text_add(out, "tasks not known; ");
        return;
    }
    text_addf(out, "tasks %lld/%lld", (long long)service->running, (long long)service->desired);
    if (service->pending)
        text_addf(out, ", %lld pending", (long long)service->pending);
    text_add(out, "; ");
}

/* The healthy ones beside the tasks, all others below them. */
static void show_targets(struct page *page, const struct snapshot *live, enum arm arm)
{
    const unsigned column = INDENT + 9;
    const struct group_snapshot *group = &live->arms[arm].group;
    bool known = live->known & (arm == ARM_SOURCE ? FACT_HEALTH_SOURCE : FACT_HEALTH_TARGET);
    struct text words = {0};
    page_column(page, INDENT);
    page_put(page, STYLE_FAINT, "%s", arm_name(arm));
    add_tasks(&words, live, arm);
    if (!known)
        text_add(&words, "health not known");
    else if (group->health[HEALTH_HEALTHY])
        add_targets_in(&words, group, HEALTH_HEALTHY);
    else
        text_addf(&words, "no %starget", group->target_count ? "healthy " : "");
    show_text(page, column, known ? STYLE_PLAIN : STYLE_WARN, &words);
    for (int state = 0; known && state < HEALTH_STATE_COUNT; state++) {
        if (state == HEALTH_HEALTHY || !group->health[state])
            continue;
        add_targets_in(&words, group, (enum health_state)state);
        show_text(page, column, state == HEALTH_UNHEALTHY ? STYLE_BAD : STYLE_WARN, &words);
    }
    text_clear(&words);
}

/* ---- the last hour ---- */

enum shown { SHOWN_REQUESTS, SHOWN_5XX, SHOWN_4XX, SHOWN_P90, SHOWN_COUNT };
static const char *const shown_names[] = {"requests", "5XX", "4XX", "p90"};

#define OF_ALL 1000000 /* rates are parts per million */

static struct spark rate_at(const struct series *hour, enum arm arm, enum arm_metric metric,
                            size_t minute)
{
    int64_t part, whole;
    if (!series_count(hour, arm, METRIC_REQUESTS, minute, &whole) ||
        !series_count(hour, arm, metric, minute, &part) || !whole)
        return (struct spark){0};
    double rate = (double)part / (double)whole * OF_ALL;
    return (struct spark){true, part && rate < 1.0 ? 1 : (int64_t)rate};
}

static struct spark value_at(const struct series *hour, enum arm arm, enum shown shown,
                             size_t minute)
{
    const struct column *p90 = &hour->arms[arm][METRIC_TIME_P90];
    struct spark spark = {0};
    switch (shown) {
    case SHOWN_REQUESTS:
        spark.known = series_count(hour, arm, METRIC_REQUESTS, minute, &spark.value);
        return spark;
    case SHOWN_5XX:
        return rate_at(hour, arm, METRIC_5XX, minute);
    case SHOWN_4XX:
        return rate_at(hour, arm, METRIC_4XX, minute);
    default:
        return (struct spark){p90->present[minute], p90->present[minute] ? p90->values[minute] : 0};
    }
}

static void add_value(struct text *out, enum shown shown, int64_t value)
{
    if (shown == SHOWN_REQUESTS)
        text_addf(out, "%lld/min", (long long)value);
    else if (shown == SHOWN_P90)
        look_add_latency(out, value);
    else
        look_add_rate(out, value, OF_ALL);
}

struct strip {
    struct spark minutes[HOUR_MINUTES];
    size_t count;
};

static void read_strip(struct strip *out, const struct series *hour, enum arm arm, enum shown shown)
{
    size_t from = hour->minutes > HOUR_MINUTES ? hour->minutes - HOUR_MINUTES : 0;
    out->count = hour->minutes - from;
    for (size_t i = 0; i < out->count; i++)
        out->minutes[i] = value_at(hour, arm, shown, from + i);
}

/* Where things stand on a line. */
struct chart {
    unsigned arm, bars, values;
    size_t fold, columns;
    bool wide, ascii;
};

static struct chart chart_of(const struct page *page, size_t minutes, bool ascii)
{
    struct chart chart = {.wide = page->width >= WIDE, .ascii = ascii, .fold = 1};
    unsigned behind = chart.wide ? 22 : 0;
    chart.arm = chart.wide ? INDENT + 9 : INDENT;
    chart.bars = chart.arm + 7;
    size_t room = page->width - chart.bars - behind;
    while ((minutes + chart.fold - 1) / chart.fold > room)
        chart.fold++;
    chart.columns = (minutes + chart.fold - 1) / chart.fold;
    chart.values = chart.bars + (unsigned)chart.columns;
    return chart;
}

static void put_right(struct page *page, unsigned end, enum shown shown, bool known, int64_t value)
{
    struct text words = {0};
    if (known)
        add_value(&words, shown, value);
    else
        text_add_char(&words, '-');
    page_column(page, end > words.len ? end - (unsigned)words.len : 0);
    page_put(page, STYLE_PLAIN, "%s", text_cstr(&words));
    text_clear(&words);
}

static void show_strip(struct page *page, const struct chart *chart, const struct strip *strip,
                       enum arm arm, enum shown shown, int64_t most)
{
    struct spark columns[HOUR_MINUTES];
    struct text bars = {0};
    size_t newest = strip->count;
    page_column(page, chart->arm);
    page_put(page, STYLE_FAINT, "%s", arm_name(arm));
    page_column(page, chart->bars);
    size_t n = spark_fold(columns, strip->minutes, strip->count, chart->fold);
    sparkline_add(&bars, columns, n, most, chart->ascii);
    page_put(page, STYLE_PLAIN, "%s", text_cstr(&bars));
    text_clear(&bars);
    while (newest && !strip->minutes[newest - 1].known)
        newest--;
    if (chart->wide && newest) {
        put_right(page, chart->values + 11, shown, newest + NEWEST_AGE >= strip->count,
                  strip->minutes[newest - 1].value);
        put_right(page, chart->values + 22, shown, true, spark_most(strip->minutes, strip->count));
    }
    page_end_line(page);
}

static void show_metric(struct page *page, const struct chart *chart, const struct series *hour,
                        enum shown shown)
{
    struct strip strips[ARM_COUNT];
    int64_t most = 0;
    for (int arm = 0; arm < ARM_COUNT; arm++) {
        read_strip(&strips[arm], hour, (enum arm)arm, shown);
        int64_t of_arm = spark_most(strips[arm].minutes, strips[arm].count);
        most = of_arm > most ? of_arm : most;
    }
    page_column(page, INDENT);
    page_put(page, STYLE_STRONG, "%s", shown_names[shown]);
    if (!chart->wide) {
        struct text words = {0};
        add_value(&words, shown, most);
        page_put(page, STYLE_FAINT, ", at most %s", text_cstr(&words));
        page_end_line(page);
        text_clear(&words);
    }
    for (int arm = 0; arm < ARM_COUNT; arm++)
        show_strip(page, chart, &strips[arm], (enum arm)arm, shown, most);
}

static void put_legend(struct page *page, const struct chart *chart)
{
    struct text words = {0};
    if (chart->fold > 1)
        text_addf(&words, "%zu minutes a bar", chart->fold);
    else
        text_add(&words, "a minute a bar; no bar: no data");
    if (words.len + 14 <= chart->columns) {
        page_column(page, chart->bars + ((unsigned)chart->columns - (unsigned)words.len) / 2);
        page_put(page, STYLE_FAINT, "%s", text_cstr(&words));
    }
    text_clear(&words);
}

static void show_scale(struct page *page, const struct chart *chart, const struct series *hour)
{
    char time[TIME_TEXT_SIZE];
    size_t first = hour->minutes > HOUR_MINUTES ? hour->minutes - HOUR_MINUTES : 0;
    page_column(page, chart->bars);
    page_put(page, STYLE_FAINT, "%s", time_of_day(time, series_minute_at(hour, first)));
    put_legend(page, chart);
    page_column(page, chart->values - 5);
    page_put(page, STYLE_FAINT, "%s", time_of_day(time, series_minute_at(hour, hour->minutes - 1)));
    if (chart->wide) {
        page_column(page, chart->values + 11 - 6);
        page_put(page, STYLE_FAINT, "newest");
        page_column(page, chart->values + 22 - 4);
        page_put(page, STYLE_FAINT, "most");
    }
    page_end_line(page);
}

static void show_hour(struct page *page, const struct watched *w)
{
    const struct series *hour = w->look.samples;
    page_put(page, STYLE_STRONG, "The last hour");
    if (!hour || !hour->minutes) {
        page_put(page, STYLE_PLAIN, ": no metrics are in yet");
        page_end_line(page);
        return;
    }
    size_t shown = hour->minutes > HOUR_MINUTES ? HOUR_MINUTES : hour->minutes;
    struct chart chart = chart_of(page, shown, w->ascii);
    if (!chart.wide)
        page_end_line(page);
    show_scale(page, &chart, hour);
    for (int metric = 0; metric < SHOWN_COUNT; metric++)
        show_metric(page, &chart, hour, (enum shown)metric);
}

static void show_title(struct page *page, const struct watched *w)
{
    char time[TIME_TEXT_SIZE];
    page_put(page, STYLE_STRONG, "%s", w->name);
    page_column(page, page->column + 2);
    page_put(page, STYLE_FAINT, "%s", moment_format(time, w->now));
    if (w->key) {
        page_column(page, page->column + 3);
        page_put(page, STYLE_FAINT, "%s", w->key);
    }
    page_end_line(page);
}

static void separate(struct page *page, const struct watched *w)
{
    if (!w->dense)
        page_end_line(page);
}

void view_watch(struct page *page, const struct watched *w)
{
    struct panel panel = {0};
    show_title(page, w);
    show_unread(page, "the state", w->unread.state);
    show_unread(page, "live", w->unread.live);
    show_unread(page, "the metrics", w->unread.metrics);
    show_run(page, w);
    show_wait(page, w);
    separate(page, w);
    panel_take(&panel, &w->look);
    panel_lay_out(page, &panel, INDENT);
    panel_clear(&panel);
    separate(page, w);
    for (int arm = 0; w->look.live && arm < ARM_COUNT; arm++)
        show_targets(page, w->look.live, (enum arm)arm);
    separate(page, w);
    show_hour(page, w);
}
