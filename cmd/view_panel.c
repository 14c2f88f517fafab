#include "cmd/view_panel.h"

#include <string.h>

#include "cmd/escape.h"
#include "cmd/view_look.h"
#include "planner/base/time.h"

enum { NAME_COLUMNS = 9, CELL_COLUMNS = 10, BELOW = 2 };

/* ---- from a look to rows ---- */

static struct panel_row *add_row(struct panel *panel, const char *name)
{
    struct panel_row *row = &panel->rows[panel->row_count++];
    *row = (struct panel_row){.name = name};
    return row;
}

static const char *keep(struct panel *panel, struct text *text)
{
    const char *kept = arena_strdup(&panel->arena, text_cstr(text));
    text_clear(text);
    return kept;
}

static void add_verdict(struct panel *panel, struct panel_row *row, const struct look *look,
                        enum gate gate)
{
    struct text words = {0};
    if (!look->gates || !look->gates->standings[gate].name)
        return;
    const struct gate_standing *standing = &look->gates->standings[gate];
    look_add_verdict(&words, standing);
    row->words = keep(panel, &words);
    row->style = look_style(standing->verdict);
}

static void take_weights(struct panel *panel, const struct look *look)
{
    char time[TIME_TEXT_SIZE];
    if (!look->routing)
        return;
    struct panel_row *row = add_row(panel, "weights");
    const struct routing *routing = look->routing;
    const struct arm_subject *arms = look->plan->subject.arms;
    const char *source = arms[ARM_SOURCE].target_group_arn;
    const char *target = arms[ARM_TARGET].target_group_arn;
    const char *day = time_format(time, look->routing_read_at - look->routing_read_at % SECOND_MS);
    for (int arm = 0; arm < ARM_COUNT; arm++)
        row->cells[arm] =
            arena_printf(&panel->arena, "%d", routing_weight(routing, arms[arm].target_group_arn));
    int permille = routing_target_permille(routing, source, target);
    if (!routing->understood || permille < 0)
        row->words =
            arena_printf(&panel->arena, "%s, read %s",
                         routing_describe(&panel->arena, routing, source, target), day + 11);
    else if (permille % 10)
        row->words = arena_printf(&panel->arena, "%d.%d%% to the target, read %s", permille / 10,
                                  permille % 10, day + 11);
    else
        row->words =
            arena_printf(&panel->arena, "%d%% to the target, read %s", permille / 10, day + 11);
}

/* ---- the numbers of a minute ---- */

static const char *requests_cell(struct panel *panel, const struct look_numbers *n)
{
    return n->known ? arena_printf(&panel->arena, "%lld/min", (long long)n->requests) : "no data";
}

static const char *rate_cell(struct panel *panel, const struct look_numbers *n, bool known,
                             int64_t part)
{
    struct text text = {0};
    if (n->known && !n->requests)
        return "-";
    if (!known)
        return "no data";
    look_add_rate(&text, part, n->requests);
    return keep(panel, &text);
}

static const char *time_cell(struct panel *panel, const struct look_numbers *n, bool is_average)
{
    struct text text = {0};
    if (!n->timed)
        return n->known && !n->requests ? "-" : "no data";
    if (!n->percentile && !is_average)
        text_add(&text, "~"); /* an average among percentiles */
    look_add_latency(&text, n->time_us);
    return keep(panel, &text);
}

/* What the row of response times is of: the percentile, unless nobody has one. */
static const char *time_name(struct panel *panel, const struct look_numbers n[ARM_COUNT],
                             int percentile, bool *is_average)
{
    *is_average = true;
    for (int arm = 0; arm < ARM_COUNT; arm++)
        if (n[arm].percentile || !n[arm].timed)
            *is_average = false;
    return *is_average ? "average" : arena_printf(&panel->arena, "p%d", percentile);
}

static void take_numbers(struct panel *panel, const struct look *look, size_t minute, bool found)
{
    int percentile = look->plan->file.gates.latency_percentile;
    struct look_numbers n[ARM_COUNT] = {{0}};
    struct panel_row *rows[GATE_HEALTH];
    bool is_average;
    for (int arm = 0; found && arm < ARM_COUNT; arm++)
        look_numbers_at(&n[arm], look->samples, (enum arm)arm, minute, percentile);
    struct panel_row *requests = add_row(panel, "requests");
    rows[GATE_ERRORS] = add_row(panel, "5XX");
    rows[GATE_CLIENT_ERRORS] = add_row(panel, "4XX");
    rows[GATE_LATENCY] = add_row(panel, time_name(panel, n, percentile, &is_average));
    for (int arm = 0; arm < ARM_COUNT; arm++) {
        const struct look_numbers *at = &n[arm];
        requests->cells[arm] = requests_cell(panel, at);
        rows[GATE_ERRORS]->cells[arm] = rate_cell(panel, at, at->errors_known, at->errors);
        rows[GATE_CLIENT_ERRORS]->cells[arm] =
            rate_cell(panel, at, at->client_errors_known, at->client_errors);
        rows[GATE_LATENCY]->cells[arm] = time_cell(panel, at, is_average);
    }
    add_verdict(panel, requests, look, GATE_TRAFFIC);
    for (int gate = GATE_ERRORS; gate < GATE_HEALTH; gate++)
        add_verdict(panel, rows[gate], look, (enum gate)gate);
}

/* ---- targets, checks, minutes ---- */

/* Of the source: its registered targets, but for those that go. */
static int64_t count_registered(const struct group_snapshot *group)
{
    int64_t count = 0;
    for (int state = 0; state < HEALTH_STATE_COUNT; state++)
        if (state != HEALTH_DRAINING && state != HEALTH_UNUSED)
            count += group->health[state];
    return count;
}

static void take_health(struct panel *panel, const struct look *look)
{
    const struct snapshot *live = look->live;
    int64_t healthy, planned;
    if (!live && !look->gates)
        return; /* nobody looks at the targets in a wait that nothing judges */
    struct panel_row *row = add_row(panel, "healthy");
    row->cells[ARM_SOURCE] = row->cells[ARM_TARGET] = "no data";
    if (live && live->known & FACT_HEALTH_SOURCE) {
        const struct group_snapshot *group = &live->arms[ARM_SOURCE].group;
        row->cells[ARM_SOURCE] =
            arena_printf(&panel->arena, "%lld/%lld", (long long)group->health[HEALTH_HEALTHY],
                         (long long)count_registered(group));
    }
    if (look_health(look, &healthy, &planned))
        row->cells[ARM_TARGET] =
            arena_printf(&panel->arena, "%lld/%lld", (long long)healthy, (long long)planned);
    add_verdict(panel, row, look, GATE_HEALTH);
}

static void take_checks(struct panel *panel, const struct look *look)
{
    if (!look->gates || !look->gates->standings[GATE_CHECKS].name ||
        look->gates->standings[GATE_CHECKS].verdict == GATE_UNUSED)
        return;
    add_verdict(panel, add_row(panel, "checks"), look, GATE_CHECKS);
}

/* Of which minute the numbers are: they may still grow, or be from before the wait. */
static void add_minute(struct text *out, const struct look *look, size_t minute, bool settled)
{
    char time[TIME_TEXT_SIZE];
    int64_t at = series_minute_at(look->samples, minute);
    text_addf(out, "shown: %s", time_of_day(time, at));
    if (at < minute_floor(look->started_at))
        text_addf(out, ", before this %s", look->drain ? "drain" : "hold");
    else if (!settled)
        text_add(out, ", still coming in");
    look_add_age(out, look, at);
}

static void take_minutes(struct panel *panel, const struct look *look, size_t minute, bool found,
                         bool settled)
{
    struct text words = {0};
    if (look->gates)
        text_addf(&words, "%lld judged, %lld unknown; ", (long long)look->gates->judged,
                  (long long)look->gates->unknown);
    if (found)
        add_minute(&words, look, minute, settled);
    else
        text_add(&words, "none is in yet");
    struct panel_row *row = add_row(panel, "minutes");
    row->words = keep(panel, &words);
    row->style = STYLE_PLAIN;
}

void panel_take(struct panel *panel, const struct look *look)
{
    size_t minute = 0;
    bool settled;
    panel_clear(panel);
    bool found = look_minute(look, &minute, &settled);
    take_weights(panel, look);
    take_numbers(panel, look, minute, found);
    take_health(panel, look);
    take_checks(panel, look);
    take_minutes(panel, look, minute, found, settled);
}

void panel_clear(struct panel *panel)
{
    arena_clear(&panel->arena);
    panel->row_count = 0;
}

/* ---- from rows to lines ---- */

static void put_right(struct page *page, unsigned end, const char *text)
{
    unsigned wide = (unsigned)escape_columns(text, strlen(text));
    page_column(page, end > wide ? end - wide : 0);
    page_put(page, STYLE_PLAIN, "%s", text);
}

static void lay_out_row(struct page *page, const struct panel_row *row, unsigned indent)
{
    unsigned cells = indent + NAME_COLUMNS, end = cells;
    page_column(page, indent);
    page_put(page, STYLE_FAINT, "%s", row->name);
    for (int arm = 0; arm < ARM_COUNT; arm++) {
        end = cells + CELL_COLUMNS * ((unsigned)arm + 1);
        if (row->cells[arm])
            put_right(page, end, row->cells[arm]);
    }
    bool has_cells = row->cells[ARM_SOURCE] || row->cells[ARM_TARGET];
    unsigned at = has_cells ? end + 2 : cells + 1;
    if (row->words && at + escape_columns(row->words, strlen(row->words)) > page->width) {
        at = indent + BELOW;
        page_end_line(page);
    }
    if (row->words) {
        page_column(page, at);
        page_wrap(page, row->style, "%s", row->words);
    }
    page_end_line(page);
}

void panel_lay_out(struct page *page, const struct panel *panel, unsigned indent)
{
    for (int arm = 0; arm < ARM_COUNT; arm++)
        put_right(page, indent + NAME_COLUMNS + CELL_COLUMNS * ((unsigned)arm + 1),
                  arm_name((enum arm)arm));
    page_end_line(page);
    for (size_t i = 0; i < panel->row_count; i++)
        lay_out_row(page, &panel->rows[i], indent);
}
