#include "cmd/view_event.h"
#include "cmd/view_json_error.h"
#include "cmd/view_look.h"
#include "planner/base/time.h"
#include "planner/precondition.h"

static const char *const type_names[] = {
    [EVENT_RUN_STARTED] = "run_started",
    [EVENT_ACTION_STARTED] = "action_started",
    [EVENT_ACTION_SKIPPED] = "action_skipped",
    [EVENT_INTENT] = "intent_recorded",
    [EVENT_SENT] = "sent",
    [EVENT_WAITING] = "waiting",
    [EVENT_LOOKED] = "looked",
    [EVENT_GATE] = "gate",
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

/* ---- a look ---- */

static void put_time(struct json_writer *w, const char *key, int64_t at)
{
    char time[TIME_TEXT_SIZE];
    json_put_string(w, key, at ? time_format(time, at) : NULL);
}

static void put_weights(struct json_writer *w, const struct look *look)
{
    if (!look->routing) {
        json_put_null(w, "weights");
        return;
    }
    const char *source = look->plan->subject.arms[ARM_SOURCE].target_group_arn;
    const char *target = look->plan->subject.arms[ARM_TARGET].target_group_arn;
    json_open_object(w, "weights");
    json_put_int(w, "source_weight", routing_weight(look->routing, source));
    json_put_int(w, "target_weight", routing_weight(look->routing, target));
    json_put_int(w, "target_permille", routing_target_permille(look->routing, source, target));
    put_time(w, "read_at", look->routing_read_at);
    json_close_object(w);
}

static void put_count(struct json_writer *w, const char *key, bool known, int64_t count)
{
    if (known)
        json_put_int(w, key, count);
    else
        json_put_null(w, key);
}

static void put_numbers(struct json_writer *w, const struct look *look, enum arm arm, size_t minute)
{
    struct look_numbers n;
    look_numbers_at(&n, look->samples, arm, minute, look->plan->file.gates.latency_percentile);
    json_open_object(w, arm_name(arm));
    put_count(w, "requests", n.known, n.requests);
    put_count(w, "5xx", n.errors_known, n.errors);
    put_count(w, "4xx", n.client_errors_known, n.client_errors);
    put_count(w, "response_time_us", n.timed, n.time_us);
    put_count(w, "percentile", n.timed && n.percentile, n.percentile);
    json_close_object(w);
}

static void put_minute(struct json_writer *w, const struct look *look)
{
    size_t minute;
    bool settled;
    if (!look_minute(look, &minute, &settled)) {
        json_put_null(w, "minute");
        return;
    }
    json_open_object(w, "minute");
    put_time(w, "at", series_minute_at(look->samples, minute));
    json_put_bool(w, "settled", settled);
    put_numbers(w, look, ARM_SOURCE, minute);
    put_numbers(w, look, ARM_TARGET, minute);
    json_close_object(w);
}

static void put_health(struct json_writer *w, const struct look *look)
{
    int64_t healthy, planned;
    if (!look_health(look, &healthy, &planned)) {
        json_put_null(w, "health");
        return;
    }
    json_open_object(w, "health");
    json_put_int(w, "healthy", healthy);
    json_put_int(w, "planned", planned);
    json_close_object(w);
}

static void put_gate(struct json_writer *w, const char *key, const struct gate_standing *gate)
{
    json_open_object(w, key);
    json_put_string(w, "name", gate->name);
    json_put_string(w, "verdict", gate_verdict_name(gate->verdict));
    json_put_string(w, "words", gate->words);
    json_close_object(w);
}

static void put_gates(struct json_writer *w, const struct gate_report *report)
{
    static const char *const outcomes[] = {
        [GATES_PASS] = "pass", [GATES_INCONCLUSIVE] = "inconclusive", [GATES_FAIL] = "fail"};
    json_put_string(w, "outcome", outcomes[report->outcome]);
    json_put_int(w, "judged_minutes", report->judged);
    json_put_int(w, "unknown_minutes", report->unknown);
    json_open_array(w, "gates");
    for (int gate = 0; gate < GATE_COUNT; gate++)
        if (report->standings[gate].name)
            put_gate(w, NULL, &report->standings[gate]);
    json_close_array(w);
}

static void put_drain(struct json_writer *w, const struct drain *drain)
{
    static const char *const verdicts[] = {[DRAIN_PROVEN] = "proven",
                                           [DRAIN_BUSY] = "busy",
                                           [DRAIN_QUIET] = "quiet",
                                           [DRAIN_UNWITNESSED] = "unwitnessed"};
    json_open_object(w, "drain");
    json_put_string(w, "verdict", verdicts[drain->verdict]);
    json_put_int(w, "quiet_ms", drain->quiet_ms);
    put_time(w, "last_busy_at", drain->last_busy_at);
    json_put_int(w, "last_requests", drain->last_requests);
    json_close_object(w);
}

static void put_look(struct json_writer *w, const struct look *look)
{
    put_time(w, "started_at", look->started_at);
    put_time(w, "ends_at", look->ends_at);
    put_weights(w, look);
    put_minute(w, look);
    put_health(w, look);
    if (look->gates)
        put_gates(w, look->gates);
    if (look->drain)
        put_drain(w, look->drain);
}

/* What people read. */
static void put_words(struct json_writer *w, const struct look *look)
{
    struct text words = {0};
    look_add_line(&words, look);
    json_put_string(w, "text", text_cstr(&words));
    text_clear(&words);
}

/* ---- an event ---- */

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
    if (event->look)
        put_words(w, event->look);
    else if (event->text)
        json_put_string(w, "text", event->text);
    if (event->request_id && *event->request_id)
        json_put_string(w, "request_id", event->request_id);
    if (event->kind == EVENT_WAITING) {
        json_put_int(w, "elapsed_ms", event->elapsed_ms);
        if (event->of_ms)
            json_put_int(w, "of_ms", event->of_ms);
    }
    if (event->look)
        put_look(w, event->look);
    if (event->gate)
        put_gate(w, "gate", event->gate);
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
    if (event->kind == EVENT_TICK)
        return;
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
