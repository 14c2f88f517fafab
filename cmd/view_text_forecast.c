#include "cmd/view_text_forecast.h"

#include "planner/base/time.h"
#include "planner/gate.h"
#include "planner/plan_forecast.h"

enum { PPM = 1000000 };

static const char *const after_failure[] = {
    [ON_STOP] = "stops the run at once and leaves the traffic as it is (exit 8)",
    [ON_REVERT] = "sends the traffic back at once (exit 5)",
};

static const char *const after_inconclusive[] = {
    [ON_STOP] = "stops here (exit 6)",
    [ON_REVERT] = "sends the traffic back (exit 5)",
    [ON_CONTINUE] = "goes on with a warning",
};

void view_text_gates(struct text *out, const struct planfile *file)
{
    const struct planfile_gates *gates = &file->gates;
    for (int gate = 0; gate < GATE_CHECKS; gate++)
        text_addf(out, "%s%s", gate ? ", " : "", gate_name((enum gate)gate));
    for (size_t i = 0; i < file->check_count; i++)
        text_addf(out, ", check:%s", file->checks[i].name);
    text_addf(out, "; one that fails %s; an inconclusive end %s", after_failure[gates->on_failure],
              after_inconclusive[gates->on_inconclusive]);
}

static void row(struct page *page, unsigned indent, unsigned column, const char *word,
                enum style style, const char *text)
{
    page_column(page, indent);
    page_put(page, style, "%s", word);
    page_column(page, column);
    page_wrap(page, STYLE_PLAIN, "%s", text);
    page_end_line(page);
}

void view_text_gates_row(struct page *page, unsigned indent, unsigned column,
                         const struct planfile *file)
{
    struct text words = {0};
    view_text_gates(&words, file);
    row(page, indent, column, "gates", STYLE_PLAIN, text_cstr(&words));
    text_clear(&words);
}

static void add_lack(struct text *out, const struct forecast *forecast)
{
    if (!forecast->requests)
        text_add(out, "no request is expected on the target");
    else
        text_addf(out,
                  "about %lld requests on the target in %lld judged minutes, of the %lld that its "
                  "gates need (min_requests)",
                  (long long)forecast->requests, (long long)forecast->judged_minutes,
                  (long long)forecast->min_requests);
    text_addf(out, ": %s inconclusive", forecast->fit == FORECAST_SHORT ? "it ends" : "it may end");
}

void view_text_hold_forecast(struct text *out, const struct forecast *forecast)
{
    char time[TIME_TEXT_SIZE];
    switch (forecast->fit) {
    case FORECAST_UNKNOWN:
        text_add(out, "the request rate, so whether this hold is long enough for its gates");
        break;
    case FORECAST_ENOUGH:
        text_addf(out, "about %lld requests a minute: its gates can pass after %s",
                  (long long)forecast->requests_a_minute,
                  duration_format(time, forecast->needs_ms));
        break;
    default:
        add_lack(out, forecast);
    }
}

bool view_text_is_short(const struct action *action)
{
    return action->kind == ACTION_HOLD &&
           (action->forecast.fit == FORECAST_SHORT || action->forecast.fit == FORECAST_TIGHT);
}

void view_text_hold_mend(struct text *out, const struct action *hold)
{
    const struct forecast *forecast = &hold->forecast;
    if (!view_text_is_short(hold))
        return;
    char time[TIME_TEXT_SIZE];
    int64_t fewer = forecast_min_requests(forecast);
    if (forecast->needs_ms > hold->duration_ms)
        text_addf(out, "hold: %s, or ", duration_format(time, forecast->needs_ms));
    if (fewer)
        text_addf(out, "min_requests: %lld", (long long)fewer);
    else if (hold->target_permille < 1000)
        text_add(out, "more of the traffic in this step");
    else if (forecast->requests)
        text_add(out, "on_inconclusive: continue, if it need not be judged");
    else
        text_add(out, "find out why no client sends anything");
}

static const struct {
    const char *word;
    enum style style;
} fits[FORECAST_FIT_COUNT] = {
    [FORECAST_UNKNOWN] = {"not known", STYLE_WARN},
    [FORECAST_ENOUGH] = {"ok", STYLE_GOOD},
    [FORECAST_TIGHT] = {"tight", STYLE_WARN},
    [FORECAST_SHORT] = {"too short", STYLE_WARN},
};

static void add_percent(struct text *out, int64_t ppm)
{
    if (ppm > PPM)
        ppm = PPM;
    text_addf(out, "%.3g %%", (double)ppm / 10000);
}

/* "0.3 % after about 8m" */
static bool add_noticed(struct text *out, int64_t times, int64_t after_ms,
                        const struct forecast *forecast, int64_t until_ms)
{
    char time[TIME_TEXT_SIZE];
    int64_t ppm = times * forecast->tolerated_ppm;
    if (after_ms < 0 || after_ms > until_ms || ppm > PPM)
        return false;
    if (out->len)
        text_add(out, ", ");
    add_percent(out, ppm);
    text_addf(out, " after about %s", duration_format(time, after_ms));
    return true;
}

void view_text_hold_notices(struct text *out, const struct action *hold)
{
    const struct forecast *forecast = &hold->forecast;
    int64_t until_ms = forecast_most_ms(hold);
    struct text rates = {0};
    if (forecast->fit == FORECAST_UNKNOWN)
        return;
    add_noticed(&rates, 3, forecast->three_ms, forecast, until_ms);
    add_noticed(&rates, 10, forecast->ten_ms, forecast, until_ms);
    if (rates.len) {
        text_addf(out, "5XX answers at %s; ", text_cstr(&rates));
    } else {
        text_add(out, "no 5XX rate up to ");
        add_percent(out, 10 * forecast->tolerated_ppm);
        text_add(out, " in time; ");
    }
    add_percent(out, forecast->tolerated_ppm);
    text_add(out, " is tolerated");
    text_clear(&rates);
}

void view_text_hold(struct page *page, unsigned indent, unsigned column, const struct action *hold)
{
    const struct forecast *forecast = &hold->forecast;
    struct text words = {0};
    view_text_hold_forecast(&words, forecast);
    row(page, indent, column, fits[forecast->fit].word, fits[forecast->fit].style,
        text_cstr(&words));
    text_cut(&words, 0);
    view_text_hold_mend(&words, hold);
    if (words.len)
        page_paragraph(page, column, STYLE_PLAIN, "mend: %s", text_cstr(&words));
    text_cut(&words, 0);
    view_text_hold_notices(&words, hold);
    if (words.len)
        row(page, indent, column, "notices", STYLE_PLAIN, text_cstr(&words));
    if (forecast->fit != FORECAST_UNKNOWN && !forecast->judges_latency) {
        text_cut(&words, 0);
        text_addf(&words, "latency: it takes %lld requests a minute on each group",
                  (long long)forecast->latency_requests);
        row(page, indent, column, "not judged", STYLE_WARN, text_cstr(&words));
    }
    text_clear(&words);
}

size_t view_text_short_holds(struct text *out, const struct plan *plan)
{
    size_t count = 0;
    for (size_t i = 0; i < plan->action_count; i++) {
        const struct action *action = &plan->actions[i];
        if (view_text_is_short(action))
            text_addf(out, "%s%s", count++ ? ", " : "", action->address);
    }
    return count;
}
