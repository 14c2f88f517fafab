#include "cmd/view_json_error.h"
#include "cmd/view_status.h"
#include "planner/base/time.h"

static void put_time(struct json_writer *w, const char *key, int64_t at)
{
    char time[TIME_TEXT_SIZE];
    json_put_string(w, key, at ? time_format(time, at) : NULL);
}

static void put_listener(struct json_writer *w, const struct snapshot *live)
{
    const struct subject *subject = &live->subject;
    if (!live->listener) {
        json_put_null(w, "listener");
        json_put_string(w, "why_no_listener", live->why_no_listener);
        return;
    }
    const struct routing *routing = &live->listener->routing;
    const char *source = subject->arms[ARM_SOURCE].target_group_arn;
    const char *target = subject->arms[ARM_TARGET].target_group_arn;
    json_open_object(w, "listener");
    json_put_string(w, "arn", live->listener->arn);
    json_put_int(w, "port", live->listener->port);
    json_put_int(w, "source_weight", routing_weight(routing, source));
    json_put_int(w, "target_weight", routing_weight(routing, target));
    json_put_int(w, "target_permille", routing_target_permille(routing, source, target));
    routing_write_json(w, "default_actions", routing);
    json_close_object(w);
}

static void put_targets(struct json_writer *w, const struct snapshot *live, enum arm arm)
{
    enum fact fact = arm == ARM_SOURCE ? FACT_HEALTH_SOURCE : FACT_HEALTH_TARGET;
    const struct error *why = snapshot_why_unknown(live, fact);
    if (!(live->known & fact)) {
        json_put_null(w, "targets");
        if (why)
            view_json_put_error(w, "targets_unknown_because", why);
        return;
    }
    json_open_object(w, "targets");
    for (int s = 0; s < HEALTH_STATE_COUNT; s++)
        json_put_int(w, health_state_name((enum health_state)s), live->arms[arm].group.health[s]);
    json_close_object(w);
}

static void put_arm(struct json_writer *w, const struct status *status, enum arm arm)
{
    const struct snapshot *live = status->live;
    const struct service_snapshot *service = &live->arms[arm].service;
    int64_t requests;
    size_t minutes;
    json_open_object(w, arm_name(arm));
    json_put_string(w, "service", live->subject.arms[arm].service);
    json_put_string(w, "target_group", live->subject.arms[arm].target_group);
    json_put_bool(w, "found", service->found);
    json_put_int(w, "desired", service->desired);
    json_put_int(w, "running", service->running);
    json_put_int(w, "pending", service->pending);
    put_targets(w, live, arm);
    bool known = status_requests(status, arm, &requests, &minutes);
    if (known)
        json_put_int(w, "requests", requests);
    else
        json_put_null(w, "requests");
    json_put_int(w, "requests_minutes", (int64_t)minutes);
    json_close_object(w);
}

static void put_run(struct json_writer *w, const struct run *run)
{
    json_open_object(w, NULL);
    json_put_string(w, "direction", run->direction == FORWARD ? "forward" : "inverse");
    json_put_string(w, "command", run->command);
    json_put_string(w, "by", run->by);
    put_time(w, "started_at", run->started_at);
    put_time(w, "ended_at", run->ended_at);
    json_put_string(w, "end", run_end_name(run->end));
    json_put_string(w, "why", run->why);
    json_close_object(w);
}

static void put_record(struct json_writer *w, const struct record *record)
{
    json_open_object(w, NULL);
    json_put_int(w, "run", record->run);
    json_put_string(w, "address", record->address);
    json_put_string(w, "phase", phase_name(record->phase));
    put_time(w, "started_at", record->started_at);
    put_time(w, "ended_at", record->ended_at);
    json_put_string(w, "request_id", record->request_id);
    json_put_string(w, "note", record->note);
    json_close_object(w);
}

/* ---- gates ---- */

static void put_failure(struct json_writer *w, const struct gate_failure *failure, bool open)
{
    json_open_object(w, NULL);
    json_put_int(w, "run", failure->run);
    json_put_string(w, "gate", failure->gate);
    json_put_string(w, "address", failure->address);
    json_put_string(w, "why", failure->why);
    put_time(w, "at", failure->at);
    json_put_bool(w, "open", open);
    json_put_string(w, "accepted_because", failure->accepted_because);
    json_put_string(w, "accepted_by", failure->accepted_by);
    put_time(w, "accepted_at", failure->accepted_at);
    json_close_object(w);
}

static void put_counts(struct json_writer *w, const char *key, const struct count_sums *sums)
{
    json_open_object(w, key);
    for (int arm = 0; arm < ARM_COUNT; arm++) {
        json_open_object(w, arm_name((enum arm)arm));
        json_put_int(w, "responses", sums->errors[arm]);
        json_put_int(w, "requests", sums->requests[arm]);
        json_close_object(w);
    }
    json_close_object(w);
}

static void put_sums(struct json_writer *w, const struct gate_sums *sums)
{
    if (!sums->address) {
        json_put_null(w, "judged");
        return;
    }
    json_open_object(w, "judged");
    json_put_string(w, "address", sums->address);
    put_time(w, "since", sums->since);
    put_time(w, "through", sums->through);
    json_put_int(w, "judged_minutes", sums->judged);
    json_put_int(w, "unknown_minutes", sums->unknown);
    json_put_int(w, "target_requests", sums->target_requests);
    put_counts(w, "5xx", &sums->errors);
    put_counts(w, "4xx", &sums->client_errors);
    json_close_object(w);
}

static void put_gates(struct json_writer *w, const struct state *state)
{
    const struct gate_failure *open = state_open_failure(state);
    json_open_array(w, "failures");
    for (size_t i = 0; i < state->failure_count; i++)
        put_failure(w, &state->failures[i], &state->failures[i] == open);
    json_close_array(w);
    put_sums(w, &state->sums);
}

static void put_lock(struct json_writer *w, const struct writer *writer)
{
    const struct lock_holder *holder = &writer->holder;
    if (writer->why_unknown) {
        json_put_null(w, "lock");
        json_put_string(w, "lock_unknown_because", writer->why_unknown);
        return;
    }
    json_open_object(w, "lock");
    json_put_bool(w, "held", writer->held);
    if (writer->held) {
        json_put_string(w, "who", holder->who);
        json_put_int(w, "pid", holder->pid);
        json_put_string(w, "since", holder->since);
        json_put_string(w, "command", holder->command);
    }
    json_close_object(w);
}

static const char *const life_names[] = {[RUN_LIFE_OVER] = "ended",
                                         [RUN_LIFE_ON] = "running",
                                         [RUN_LIFE_DEAD] = "died",
                                         [RUN_LIFE_UNKNOWN] = "running_or_died"};

static void put_state(struct json_writer *w, const struct status *status)
{
    const struct state *state = status->state;
    const struct action *next = status_next(state);
    json_open_object(w, "state");
    json_put_string(w, "location", status->state_location);
    json_put_string(w, "lineage", state->lineage);
    json_put_int(w, "serial", state->serial);
    json_put_bool(w, "ended", state->ended);
    json_put_bool(w, "changed_anything", state_changed_anything(state));
    json_put_string(w, "last_run", life_names[writer_life(status->writer, state)]);
    if (status->live->listener) {
        const struct arm_subject *arms = status->live->subject.arms;
        json_put_bool(w, "live_is_as_recorded",
                      routing_as_recorded(
                          &status->live->listener->routing, state_expected_routing(state, NULL),
                          arms[ARM_SOURCE].target_group_arn, arms[ARM_TARGET].target_group_arn));
    }
    json_open_array(w, "runs");
    for (size_t i = 0; i < state->run_count; i++)
        put_run(w, &state->runs[i]);
    json_close_array(w);
    json_open_array(w, "records");
    for (size_t i = 0; i < state->record_count; i++)
        put_record(w, &state->records[i]);
    json_close_array(w);
    put_gates(w, state);
    json_put_string(w, "next", next ? next->address : NULL);
    json_close_object(w);
}

void view_json_status(struct text *out, const struct status *status)
{
    struct json_writer w = {.out = out};
    json_open_object(&w, NULL);
    json_put_int(&w, "format_version", 1);
    json_put_string(&w, "kind", "switchover.status");
    json_put_string(&w, "name", status->name);
    put_time(&w, "read_at", status->live->taken_at);
    put_listener(&w, status->live);
    put_arm(&w, status, ARM_SOURCE);
    put_arm(&w, status, ARM_TARGET);
    put_lock(&w, status->writer);
    if (status->state)
        put_state(&w, status);
    else
        json_put_null(&w, "state");
    json_put_string(&w, "go_on", status->go_on);
    json_put_string(&w, "go_back", status->go_back);
    json_close_object(&w);
}
