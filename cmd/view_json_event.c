#include "cmd/view_event.h"
#include "cmd/view_json_error.h"
#include "planner/base/time.h"
#include "planner/precondition.h"

static const char *const type_names[] = {
    [EVENT_RUN_STARTED] = "run_started",
    [EVENT_ACTION_STARTED] = "action_started",
    [EVENT_ACTION_SKIPPED] = "action_skipped",
    [EVENT_INTENT] = "intent_recorded",
    [EVENT_SENT] = "sent",
    [EVENT_WAITING] = "waiting",
    [EVENT_ACTION_DONE] = "action_done",
    [EVENT_BLOCKED] = "blocked",
    [EVENT_DRIFT] = "drift",
    [EVENT_WARNING] = "warning",
    [EVENT_FAILED] = "failed",
    [EVENT_RUN_ENDED] = "run_ended",
};

static void put_plan(struct json_writer *w, const struct plan *plan)
{
    json_put_string(w, "name", plan->file.name);
    json_put_string(w, "lineage", plan->lineage);
    json_open_array(w, "addresses");
    for (size_t i = 0; i < plan->action_count; i++)
        json_put_string(w, NULL, plan->actions[i].address);
    json_close_array(w);
}

static void put_standing(struct json_writer *w, const struct standing *standing)
{
    json_open_object(w, "precondition");
    json_put_string(w, "id", standing->row->id);
    json_put_string(w, "verdict", verdict_name(standing->verdict));
    json_put_string(w, "observed", standing->observed);
    json_put_string(w, "mend", standing->mend);
    json_close_object(w);
}

static void put_event(struct json_writer *w, const struct event *event)
{
    char time[TIME_TEXT_SIZE];
    json_put_int(w, "format_version", 1);
    json_put_string(w, "at", time_format(time, event->at));
    json_put_string(w, "type", type_names[event->kind]);
    json_put_string(w, "direction", event->direction == FORWARD ? "forward" : "inverse");
    if (event->kind == EVENT_RUN_STARTED && event->plan)
        put_plan(w, event->plan);
    if (event->action)
        json_put_string(w, "address", event->action->address);
    if (event->text)
        json_put_string(w, "text", event->text);
    if (event->request_id && *event->request_id)
        json_put_string(w, "request_id", event->request_id);
    if (event->kind == EVENT_WAITING) {
        json_put_int(w, "elapsed_ms", event->elapsed_ms);
        if (event->of_ms)
            json_put_int(w, "of_ms", event->of_ms);
    }
    if (event->standing)
        put_standing(w, event->standing);
    if (event->error)
        view_json_put_error(w, "error", event->error);
}

void json_events_emit(void *self, const struct event *event)
{
    struct json_events *view = self;
    struct text line = {0};
    struct json_writer w = {.out = &line, .compact = true};
    json_open_object(&w, NULL);
    put_event(&w, event);
    json_close_object(&w);
    fputs(text_cstr(&line), view->stream);
    fflush(view->stream);
    text_clear(&line);
}

/* ---- several as one ---- */

void narration_add(struct narration *narration, struct sink sink)
{
    narration->sinks[narration->count++] = sink;
}

static void emit_to_all(void *self, const struct event *event)
{
    struct narration *narration = self;
    for (size_t i = 0; i < narration->count; i++)
        narration->sinks[i].emit(narration->sinks[i].self, event);
}

struct sink narration_sink(struct narration *narration)
{
    return (struct sink){narration, emit_to_all};
}
