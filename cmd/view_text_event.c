#include "cmd/view_event.h"

#include <string.h>

#include "cmd/diagnose.h"
#include "cmd/moment.h"
#include "cmd/tty.h"
#include "cmd/view_look.h"
#include "cmd/view_text_plan.h"
#include "planner/base/time.h"
#include "planner/precondition.h"
#include "providers/local/clock.h"

enum { WORDS = 10, WORDS_WITH_ADDRESS = WORDS + 14, HEARTBEAT_MS = MINUTE_MS };

#define DAY_MS (24 * (int64_t)HOUR_MS)

void text_events_init(struct text_events *view, FILE *stream, struct term term)
{
    *view = (struct text_events){.stream = stream, .term = term, .day = -1};
}

static enum style style_of(const struct event *event)
{
    switch (event->kind) {
    case EVENT_ACTION_STARTED:
        return STYLE_STRONG;
    case EVENT_ACTION_DONE:
        return STYLE_GOOD;
    case EVENT_WARNING:
        return STYLE_WARN;
    case EVENT_BLOCKED:
    case EVENT_DRIFT:
    case EVENT_FAILED:
        return STYLE_BAD;
    case EVENT_GATE:
        return look_style(event->gate->verdict);
    default:
        return STYLE_PLAIN;
    }
}

static const char *verb_of(enum direction direction)
{
    return direction == FORWARD ? "apply" : "revert";
}

static void describe_start(struct text *out, const struct event *event)
{
    const struct plan *plan = event->plan;
    size_t number = plan && event->action ? (size_t)(event->action - plan->actions) + 1 : 0;
    if (!event->action)
        return;
    if (number >= 1 && number <= plan->action_count)
        text_addf(out, "%zu of %zu: ", number, plan->action_count);
    view_text_change(out, plan, event->action);
}

static void describe_blocked(struct text *out, const struct standing *standing)
{
    if (!standing) {
        text_add(out, "blocked");
        return;
    }
    text_addf(out, "BLOCKED by %s: %s; %s", standing->row->id, standing->observed, standing->mend);
}

static void describe_gate(struct text *out, const struct gate_standing *gate)
{
    text_addf(out, "gate %s%s", gate->name, gate->verdict == GATE_FAILS ? " " : ": ");
    look_add_verdict(out, gate);
    if (gate->verdict == GATE_OK && *gate->words)
        text_addf(out, ", %s", gate->words);
}

/* Their first line in an action, and each that differs from the one before. */
static void add_weights(struct text_events *view, struct text *out, const struct event *event)
{
    struct text weights = {0};
    char now[sizeof view->last_weights];
    if (event->look)
        look_add_weights(&weights, event->look);
    snprintf(now, sizeof now, "%s %s", event->action ? event->action->address : "",
             text_cstr(&weights));
    if (weights.len && strcmp(now, view->last_weights) != 0) {
        text_addf(out, "; weights: %s", text_cstr(&weights));
        memcpy(view->last_weights, now, sizeof now);
    }
    text_clear(&weights);
}

/* The two may come together, alone, or not at all. */
static void add_text_and_error(struct text *out, const struct event *event)
{
    if (event->text)
        text_add(out, event->text);
    if (event->text && event->error)
        text_add(out, ": ");
    if (event->error)
        text_add(out, event->error->message);
}

static void describe_rest(struct text *out, const struct event *event)
{
    static const char *const leads[] = {
        [EVENT_ACTION_SKIPPED] = "skipped: ",
        [EVENT_ACTION_DONE] = "done: ",
        [EVENT_DRIFT] = "drift: ",
        [EVENT_WARNING] = "warning: ",
        [EVENT_FAILED] = "failed: ",
        [EVENT_RUN_ENDED] = "ended: ",
    };
    text_add(out, leads[event->kind]);
    size_t lead = out->len;
    add_text_and_error(out, event);
    if (out->len == lead)
        text_cut(out, lead - 2);
}

static void describe(struct text *out, const struct event *event)
{
    switch (event->kind) {
    case EVENT_RUN_STARTED:
        text_addf(out, "%s of %s begins", verb_of(event->direction),
                  event->plan && event->plan->file.name ? event->plan->file.name : "the plan");
        break;
    case EVENT_ACTION_STARTED:
        describe_start(out, event);
        break;
    case EVENT_INTENT:
        text_add(out, "intent recorded");
        break;
    case EVENT_SENT:
        text_addf(out, "sent, AWS request %s",
                  event->request_id && *event->request_id ? event->request_id : "id not given");
        break;
    case EVENT_WAITING:
        text_add(out, event->text ? event->text : "waiting");
        break;
    case EVENT_LOOKED:
        look_add_line(out, event->look);
        break;
    case EVENT_GATE:
        describe_gate(out, event->gate);
        break;
    case EVENT_BLOCKED:
        describe_blocked(out, event->standing);
        break;
    default:
        describe_rest(out, event);
        break;
    }
}

static void add_elapsed(struct text *out, const struct event *event)
{
    char a[TIME_TEXT_SIZE], b[TIME_TEXT_SIZE];
    int64_t elapsed = event->elapsed_ms - event->elapsed_ms % SECOND_MS;
    if (event->of_ms)
        text_addf(out, ", %s of %s", duration_format(a, elapsed), duration_format(b, event->of_ms));
    else if (elapsed)
        text_addf(out, ", %s", duration_format(a, elapsed));
}

/* The time and the address stand in columns; then the words, wrapped or (in place) cut. */
static void lay_out(struct page *page, const struct event *event, const char *words, bool in_place)
{
    char time[TIME_TEXT_SIZE];
    moment_format(time, event->at);
    page_put(page, STYLE_FAINT, "%s", strchr(time, 'T') + 1);
    page_column(page, WORDS);
    if (event->action) {
        page_put(page, STYLE_PLAIN, "%s", event->action->address);
        page_column(page, WORDS_WITH_ADDRESS);
    }
    if (in_place)
        page_cut(page, style_of(event), words);
    else
        page_wrap(page, style_of(event), "%s", words);
}

/* While a wait goes on, somebody can still do something about its credentials. */
static bool can_be_mended(const struct event *event)
{
    return event->kind == EVENT_WARNING && event->error->kind == ERROR_CREDENTIALS;
}

/* What AWS answered, and what to do about it, stand under a failure. */
static void add_hint(struct page *page, const struct event *event)
{
    int column = 2 + (event->action ? WORDS_WITH_ADDRESS : WORDS);
    if (!event->error || (event->kind != EVENT_FAILED && !can_be_mended(event)))
        return;
    if (event->kind == EVENT_FAILED)
        diagnose_answer(page, column, event->error);
    if (!*event->error->hint)
        return;
    page_column(page, column);
    page_wrap(page, STYLE_PLAIN, "%s", event->error->hint);
    page_end_line(page);
}

static void say_day(struct text_events *view, struct text *out, int64_t at)
{
    char time[TIME_TEXT_SIZE];
    if (at / DAY_MS == view->day)
        return;
    view->day = at / DAY_MS;
    text_addf(out, "%.10s, times in UTC\n", moment_format(time, at));
}

/* ---- the live view ---- */

static void look_at_window(struct text_events *view)
{
    if (view->term.is_terminal && fileno(view->stream) >= 0)
        view->term = term_of(fileno(view->stream));
    if (view->suspensions != tty_suspensions())
        view->live.block.lines = 0; /* it stands above what the shell has written */
    view->suspensions = tty_suspensions();
}

static bool is_on_screen(const struct text_events *view)
{
    return view->term.is_terminal && !view->term.background;
}

static void draw_live(struct text_events *view, struct text *out)
{
    if (live_is_possible(&view->term))
        live_draw(&view->live, out, &view->term);
}

static bool ends_wait(enum event_kind kind)
{
    return kind == EVENT_ACTION_STARTED || kind == EVENT_ACTION_DONE || kind == EVENT_DRIFT ||
           kind == EVENT_BLOCKED || kind == EVENT_FAILED || kind == EVENT_RUN_ENDED;
}

/* In the table's place stands what was seen last, where the action's end does not say so. */
static void leave_wait(struct text_events *view, struct page *page, const struct event *event)
{
    if (view->keys)
        keys_rest(view->keys);
    if (view->live.shown && event->kind != EVENT_ACTION_DONE) {
        struct action action = {.address = view->live.address};
        struct event seen = {.kind = EVENT_LOOKED, .at = event->at, .action = &action};
        lay_out(page, &seen, text_cstr(&view->live.words), false);
        page_end_line(page);
    }
    live_end(&view->live);
}

/* In a window without room for the table the question is a line. */
static void ask(struct text_events *view, struct text *out)
{
    struct page page;
    if (live_is_possible(&view->term) || !view->keys || !view->keys->mind.asks || view->asked)
        return;
    page_init(&page, &view->term);
    page_line(&page, 0, STYLE_WARN, "%s", KEYS_QUESTION);
    text_add(out, text_cstr(&page.out));
    page_clear(&page);
}

static void redraw(void *self)
{
    struct text_events *view = self;
    struct text out = {0};
    look_at_window(view);
    if (view->live.shown && view->line_is_open) {
        text_add(&out, "\r\x1b[K");
        view->line_is_open = false;
    }
    if (!live_is_possible(&view->term))
        live_hide(&view->live, &out, &view->term);
    draw_live(view, &out);
    ask(view, &out);
    view->asked = view->keys && view->keys->mind.asks;
    fwrite(text_cstr(&out), 1, out.len, view->stream);
    fflush(view->stream);
    text_clear(&out);
}

/* True: the event is shown by the table, and not by a line. */
static bool show_live(struct text_events *view, const struct event *event, const char *words)
{
    if (!view->term.is_terminal || (event->kind != EVENT_LOOKED && event->kind != EVENT_TICK))
        return event->kind == EVENT_TICK;
    live_take(&view->live, event, words);
    if (view->keys && view->live.shown)
        keys_listen(view->keys);
    redraw(view);
    return event->kind == EVENT_TICK || live_is_possible(&view->term);
}

/* ---- lines ---- */

/* All in one write: what the terminal echoes meanwhile does not come in between. */
static void write_line(struct text_events *view, const struct event *event, const char *words)
{
    struct page page;
    look_at_window(view);
    bool in_place = is_on_screen(view) && event->kind == EVENT_WAITING;
    page_init(&page, &view->term);
    if (view->line_is_open)
        text_add(&page.out, "\r\x1b[K");
    live_hide(&view->live, &page.out, &view->term);
    if (ends_wait(event->kind))
        leave_wait(view, &page, event);
    say_day(view, &page.out, event->at);
    lay_out(&page, event, words, in_place);
    if (!in_place)
        page_end_line(&page);
    add_hint(&page, event);
    draw_live(view, &page.out);
    page_write(&page, view->stream);
    page_clear(&page);
    view->line_is_open = in_place;
    view->last_wrote_at = local_clock_monotonic_now();
}

/* Off the terminal: whether this wait says nothing that was not said within the last minute. */
static bool is_repetition(struct text_events *view, const struct event *event, const char *words)
{
    char wait[sizeof view->last_wait];
    snprintf(wait, sizeof wait, "%s %s", event->action ? event->action->address : "", words);
    bool same = strcmp(wait, view->last_wait) == 0;
    memcpy(view->last_wait, wait, sizeof wait);
    return same && local_clock_monotonic_now() - view->last_wrote_at < HEARTBEAT_MS;
}

void text_events_emit(void *self, const struct event *event)
{
    struct text_events *view = self;
    struct text words = {0};
    bool silent = false;
    if (event->kind != EVENT_TICK)
        describe(&words, event);
    if (event->kind == EVENT_LOOKED)
        add_weights(view, &words, event);
    if (show_live(view, event, text_cstr(&words))) {
        text_clear(&words);
        return;
    }
    if (event->kind == EVENT_RUN_ENDED && view->failed)
        text_cut(&words, strlen("ended")); /* why was said a line above */
    view->failed = event->kind == EVENT_FAILED;
    if (event->kind == EVENT_WAITING) {
        silent = !is_on_screen(view) && is_repetition(view, event, text_cstr(&words));
        add_elapsed(&words, event);
    }
    if (!silent)
        write_line(view, event, text_cstr(&words));
    text_clear(&words);
}

void text_events_hear(struct text_events *view, struct keys *keys)
{
    view->keys = keys;
    view->live.keys = keys;
    keys->changed = redraw;
    keys->changed_self = view;
}

void text_events_close(struct text_events *view)
{
    if (view->keys)
        keys_rest(view->keys);
    live_clear(&view->live);
    if (!view->line_is_open)
        return;
    fputc('\n', view->stream);
    fflush(view->stream);
    view->line_is_open = false;
}
