#include "cmd/view_closing.h"
#include "planner/base/time.h"

static void put_live(struct json_writer *w, const struct closing *closing)
{
    char time[TIME_TEXT_SIZE];
    const struct subject *subject = closing->subject;
    if (!closing->live) {
        json_put_null(w, "live");
        json_put_string(w, "live_unread_because", closing->unread_because);
        return;
    }
    const char *source = subject->arms[ARM_SOURCE].target_group_arn;
    const char *target = subject->arms[ARM_TARGET].target_group_arn;
    json_open_object(w, "live");
    json_put_int(w, "source_weight", routing_weight(closing->live, source));
    json_put_int(w, "target_weight", routing_weight(closing->live, target));
    json_put_int(w, "target_permille", routing_target_permille(closing->live, source, target));
    json_put_string(w, "read_at", time_format(time, closing->live_read_at));
    json_close_object(w);
    if (closing->unread_because)
        json_put_string(w, "live_unread_because", closing->unread_because);
}

static void put_gate(struct json_writer *w, const struct closing *closing)
{
    if (!closing->gate)
        return;
    json_open_object(w, "gate");
    json_put_string(w, "name", closing->gate);
    json_put_string(w, "address", closing->address);
    json_put_string(w, "words", closing->seen);
    json_close_object(w);
}

static void put_fallback(struct json_writer *w, const struct outcome *fallback)
{
    if (!fallback)
        return;
    json_open_object(w, "fallback");
    json_put_string(w, "end", run_end_name(fallback->end));
    json_put_string(w, "why", fallback->why);
    json_put_bool(w, "confirmed", fallback->confirmed);
    json_close_object(w);
}

void view_json_closing(struct text *out, const struct closing *closing, int64_t now)
{
    char time[TIME_TEXT_SIZE];
    struct json_writer w = {.out = out, .compact = true};
    json_open_object(&w, NULL);
    json_put_int(&w, "format_version", 1);
    json_put_string(&w, "at", time_format(time, now));
    json_put_string(&w, "type", "closing");
    json_put_string(&w, "direction", closing->direction == FORWARD ? "forward" : "inverse");
    json_put_string(&w, "end", run_end_name(closing->end));
    json_put_string(&w, "why", closing->why);
    json_put_int(&w, "exit_code", closing->exit_code);
    put_live(&w, closing);
    put_gate(&w, closing);
    put_fallback(&w, closing->fallback);
    json_put_string(&w, "go_on", closing->go_on);
    if (closing->go_on && closing->go_on_note)
        json_put_string(&w, "go_on_note", closing->go_on_note);
    json_put_string(&w, "go_back", closing->go_back);
    if (closing->rescued && *closing->rescued)
        json_put_string(&w, "state_rescued_to", closing->rescued);
    if (closing->shown)
        json_put_bool(&w, "state_on_standard_error", true);
    json_put_bool(&w, "watched", false);
    json_close_object(&w);
}
