#include "cmd/view_text_forecast.h"

#include "planner/base/time.h"
#include "planner/plan_forecast.h"

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
    text_add(out, "errors, client_errors, latency, health, traffic");
    for (size_t i = 0; i < file->check_count; i++)
        text_addf(out, ", check:%s", file->checks[i].name);
    text_addf(out, "; one that fails %s; an inconclusive end %s", after_failure[gates->on_failure],
              after_inconclusive[gates->on_inconclusive]);
    if (!gates->on_failure_written)
        text_add(out, "; gates.on_failure is not written");
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

void view_text_hold_forecast(struct text *out, const struct forecast *forecast)
{
    char time[TIME_TEXT_SIZE];
    switch (forecast->fit) {
    case FORECAST_UNKNOWN:
        text_add(out, "the request rate, so whether this hold is long enough for its gates");
        break;
    case FORECAST_ENOUGH:
        text_addf(out, "its gates can pass after %s, at about %lld requests a minute on the target",
                  duration_format(time, forecast->needs_ms),
                  (long long)forecast->requests_a_minute);
        break;
    default:
        text_addf(out,
                  "about %lld requests on the target in %lld judged minutes, of the %lld that its "
                  "gates need (min_requests): %s inconclusive",
                  (long long)forecast->requests, (long long)forecast->judged_minutes,
                  (long long)forecast->min_requests,
                  forecast->fit == FORECAST_SHORT ? "it ends" : "it may end");
    }
}

void view_text_hold_mend(struct text *out, const struct forecast *forecast)
{
    char time[TIME_TEXT_SIZE];
    if (forecast->fit != FORECAST_TIGHT && forecast->fit != FORECAST_SHORT)
        return;
    int64_t fewer = forecast_min_requests(forecast);
    if (forecast->needs_ms >= 0)
        text_addf(out, "hold: %s", duration_format(time, forecast->needs_ms));
    if (fewer)
        text_addf(out, "%smin_requests: %lld", out->len ? ", or " : "", (long long)fewer);
    if (!out->len)
        text_add(out, "no hold of a day would do: give this step more of the traffic");
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

void view_text_hold(struct page *page, unsigned indent, unsigned column,
                    const struct forecast *forecast)
{
    struct text words = {0};
    view_text_hold_forecast(&words, forecast);
    row(page, indent, column, fits[forecast->fit].word, fits[forecast->fit].style,
        text_cstr(&words));
    text_cut(&words, 0);
    view_text_hold_mend(&words, forecast);
    if (words.len)
        page_paragraph(page, column, STYLE_PLAIN, "mend: %s", text_cstr(&words));
    text_clear(&words);
}

bool view_text_is_short(const struct action *action)
{
    return action->kind == ACTION_HOLD &&
           (action->forecast.fit == FORECAST_SHORT || action->forecast.fit == FORECAST_TIGHT);
}

size_t view_text_short_holds(struct text *out, const struct plan *plan)
{
    size_t count = 0;
    for (size_t i = 0; i < plan->action_count; i++) {
        const struct action *action = &plan->actions[i];
        if (action->kind != ACTION_HOLD ||
            (action->forecast.fit != FORECAST_SHORT && action->forecast.fit != FORECAST_TIGHT))
            continue;
        text_addf(out, "%s%s", count++ ? ", " : "", action->address);
    }
    return count;
}
