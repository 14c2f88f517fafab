#include "planner/state.h"

#include <stdlib.h>
#include <string.h>

#include "planner/base/memory.h"
#include "planner/base/time.h"
#include "planner/plan_json.h"

enum { STATE_MAX_DEPTH = 32 };

/* ---- writing ---- */

static bool has_setting(enum action_kind kind)
{
    return kind == ACTION_SCALE || kind == ACTION_SHIFT;
}

static const char *direction_name(enum direction direction)
{
    return direction == FORWARD ? "forward" : "inverse";
}

static void write_run(struct json_writer *w, const struct run *run)
{
    json_open_object(w, NULL);
    json_put_string(w, "direction", direction_name(run->direction));
    json_put_string(w, "command", run->command);
    json_put_string(w, "by", run->by);
    json_put_string(w, "plan_digest", run->plan_digest);
    json_put_int(w, "started_at", run->started_at);
    json_put_int(w, "ended_at", run->ended_at);
    json_put_string(w, "end", run_end_name(run->end));
    json_put_string(w, "why", run->why);
    json_close_object(w);
}

static void write_record(struct json_writer *w, const struct record *record)
{
    json_open_object(w, NULL);
    json_put_int(w, "run", record->run);
    json_put_string(w, "kind", action_kinds[record->kind].name);
    json_put_string(w, "arm", arm_name(record->arm));
    json_put_string(w, "address", record->address);
    json_put_string(w, "phase", phase_name(record->phase));
    json_put_bool(w, "sent", record->sent);
    if (has_setting(record->kind)) {
        setting_write_json(w, "before", record->kind, &record->before);
        setting_write_json(w, "after", record->kind, &record->after);
    }
    json_put_int(w, "started_at", record->started_at);
    json_put_int(w, "ended_at", record->ended_at);
    json_put_string(w, "request_id", record->request_id);
    json_put_string(w, "note", record->note);
    json_close_object(w);
}

static void write_failure(struct json_writer *w, const struct gate_failure *failure)
{
    json_open_object(w, NULL);
    json_put_int(w, "run", failure->run);
    json_put_string(w, "gate", failure->gate);
    json_put_string(w, "address", failure->address);
    json_put_string(w, "why", failure->why);
    json_put_int(w, "at", failure->at);
    json_put_string(w, "accepted_because", failure->accepted_because);
    json_put_string(w, "accepted_by", failure->accepted_by);
    json_put_int(w, "accepted_at", failure->accepted_at);
    json_close_object(w);
}

/* A plan does not change while it is its state's, and a state is written at every record and every
 * minute. */
static void write_plan(struct json_writer *w, struct state *state)
{
    struct text *known = &state->plan_text;
    size_t from = w->out->len;
    if (known->len) {
        text_add_bytes(w->out, known->data, known->len);
        return;
    }
    plan_write_json(w, "plan", state->plan);
    text_add_bytes(known, w->out->data + from, w->out->len - from);
}

/* All but the digest, as sealed_close() wants it: without the last brace's line. */
static void write_body(struct text *out, struct state *state)
{
    struct json_writer w = {.out = out};
    json_open_object(&w, NULL);
    json_put_string(&w, "kind", "switchover.state");
    json_put_int(&w, "format_version", STATE_FORMAT_VERSION);
    json_put_string(&w, "lineage", state->lineage);
    json_put_int(&w, "serial", state->serial);
    json_put_bool(&w, "ended", state->ended);
    origin_write_json(&w, "origin", &state->origin);
    write_plan(&w, state);
    json_open_array(&w, "runs");
    for (size_t i = 0; i < state->run_count; i++)
        write_run(&w, &state->runs[i]);
    json_close_array(&w);
    json_open_array(&w, "records");
    for (size_t i = 0; i < state->record_count; i++)
        write_record(&w, &state->records[i]);
    json_close_array(&w);
    if (state->has_baseline)
        series_write_json(&w, "baseline", &state->baseline);
    else
        json_put_null(&w, "baseline");
    series_write_json(&w, "samples", &state->samples);
    gate_sums_write_json(&w, "sums", &state->sums);
    json_open_array(&w, "failures");
    for (size_t i = 0; i < state->failure_count; i++)
        write_failure(&w, &state->failures[i]);
    json_close_array(&w);
}

void state_write(struct text *out, struct state *state)
{
    struct text document = {0};
    write_body(&document, state);
    sealed_close(&document, state->digest);
    text_add_bytes(out, document.data, document.len);
    text_clear(&document);
}

/* ---- reading ---- */

static bool unreadable(struct error *err, const char *what)
{
    return error_set(err, ERROR_INPUT, "\"%s\" is missing or not what this format has there", what);
}

static bool read_text(const char **out, struct arena *arena, const struct json *object,
                      const char *key, struct error *err)
{
    const char *value = json_as_string(json_member(object, key));
    if (!value)
        return unreadable(err, key);
    *out = arena_strdup(arena, value);
    return true;
}

static bool read_int(int64_t *out, const struct json *object, const char *key, struct error *err)
{
    return (json_as_int(out, json_member(object, key)) && *out >= 0) || unreadable(err, key);
}

static bool read_bool(bool *out, const struct json *object, const char *key, struct error *err)
{
    return json_as_bool(out, json_member(object, key)) || unreadable(err, key);
}

/* A word out of a table of `count` names. */
static bool read_word(int *out, const struct json *object, const char *key,
                      const char *(*name)(int), int count, struct error *err)
{
    const char *word = json_as_string(json_member(object, key));
    for (int i = 0; word && i < count; i++) {
        if (strcmp(word, name(i)) != 0)
            continue;
        *out = i;
        return true;
    }
    return unreadable(err, key);
}

static const char *nth_direction(int i)
{
    return direction_name((enum direction)i);
}

static const char *nth_end(int i)
{
    return run_end_name((enum run_end)i);
}

static const char *nth_kind(int i)
{
    return action_kinds[i].name;
}

static const char *nth_arm(int i)
{
    return arm_name((enum arm)i);
}

static const char *nth_phase(int i)
{
    return phase_name((enum phase)i);
}

static bool read_run(struct state *state, const struct json *value, struct error *err)
{
    struct arena *arena = &state->arena;
    struct run *run = arena_append(arena, &state->runs, &state->run_count, sizeof *state->runs);
    int direction = 0, end = 0;
    if (!read_word(&direction, value, "direction", nth_direction, INVERSE + 1, err) ||
        !read_word(&end, value, "end", nth_end, RUN_RECALLED + 1, err) ||
        !read_text(&run->command, arena, value, "command", err) ||
        !read_text(&run->by, arena, value, "by", err) ||
        !read_text(&run->plan_digest, arena, value, "plan_digest", err) ||
        !read_int(&run->started_at, value, "started_at", err) ||
        !read_int(&run->ended_at, value, "ended_at", err) ||
        !read_text(&run->why, arena, value, "why", err))
        return false;
    run->direction = (enum direction)direction;
    run->end = (enum run_end)end;
    return true;
}

static bool read_settings(struct record *record, struct arena *arena, const struct json *value,
                          struct error *err)
{
    return !has_setting(record->kind) || (setting_read_json(&record->before, arena, record->kind,
                                                            json_member(value, "before"), err) &&
                                          setting_read_json(&record->after, arena, record->kind,
                                                            json_member(value, "after"), err));
}

static bool read_record(struct state *state, const struct json *value, struct error *err)
{
    struct arena *arena = &state->arena;
    struct record *record =
        arena_append(arena, &state->records, &state->record_count, sizeof *state->records);
    int kind = 0, arm = 0, phase = 0;
    int64_t run = 0;
    if (!read_int(&run, value, "run", err) ||
        !read_word(&kind, value, "kind", nth_kind, ACTION_KIND_COUNT, err) ||
        !read_word(&arm, value, "arm", nth_arm, ARM_COUNT, err) ||
        !read_word(&phase, value, "phase", nth_phase, PHASE_REFUSED + 1, err) ||
        !read_text(&record->address, arena, value, "address", err) ||
        !read_bool(&record->sent, value, "sent", err) ||
        !read_int(&record->started_at, value, "started_at", err) ||
        !read_int(&record->ended_at, value, "ended_at", err) ||
        !read_text(&record->request_id, arena, value, "request_id", err) ||
        !read_text(&record->note, arena, value, "note", err))
        return false;
    if ((size_t)run >= state->run_count)
        return unreadable(err, "run");
    record->run = (unsigned)run;
    record->direction = state->runs[run].direction;
    record->kind = (enum action_kind)kind;
    record->arm = (enum arm)arm;
    record->phase = (enum phase)phase;
    return read_settings(record, arena, value, err);
}

/* Both or none. */
static bool read_acceptance(struct gate_failure *failure, struct arena *arena,
                            const struct json *value, struct error *err)
{
    bool open = json_is_null(json_member(value, "accepted_because"));
    if (!read_int(&failure->accepted_at, value, "accepted_at", err))
        return false;
    if (open)
        return json_is_null(json_member(value, "accepted_by")) || unreadable(err, "accepted_by");
    return read_text(&failure->accepted_because, arena, value, "accepted_because", err) &&
           read_text(&failure->accepted_by, arena, value, "accepted_by", err);
}

static bool read_failure(struct state *state, const struct json *value, struct error *err)
{
    struct arena *arena = &state->arena;
    struct gate_failure *failure =
        arena_append(arena, &state->failures, &state->failure_count, sizeof *state->failures);
    int64_t run = 0;
    if (!read_int(&run, value, "run", err) ||
        !read_text(&failure->gate, arena, value, "gate", err) ||
        !read_text(&failure->address, arena, value, "address", err) ||
        !read_text(&failure->why, arena, value, "why", err) ||
        !read_int(&failure->at, value, "at", err))
        return false;
    if ((size_t)run >= state->run_count)
        return unreadable(err, "run");
    failure->run = (unsigned)run;
    return read_acceptance(failure, arena, value, err);
}

static bool read_each(struct state *state, const struct json *root, const char *key,
                      bool (*read)(struct state *, const struct json *, struct error *),
                      struct error *err)
{
    const struct json *list = json_member(root, key);
    size_t i = 0;
    if (!json_is_array(list))
        return unreadable(err, key);
    for (const struct json *item = json_first(list); item; item = json_next(item), i++)
        if (!read(state, item, err))
            return error_context(err, "%s[%zu]", key, i);
    return true;
}

static bool read_gates(struct state *state, const struct json *root, struct error *err)
{
    return (gate_sums_read_json(&state->sums, &state->arena, json_member(root, "sums"), err) ||
            error_context(err, "sums")) &&
           read_each(state, root, "failures", read_failure, err);
}

static bool read_minutes(struct state *state, const struct json *root, struct error *err)
{
    const struct json *baseline = json_member(root, "baseline");
    state->has_baseline = !json_is_null(baseline);
    if (state->has_baseline && !series_read_json(&state->baseline, &state->arena, baseline, err))
        return error_context(err, "baseline");
    return series_read_json(&state->samples, &state->samples_arena, json_member(root, "samples"),
                            err) ||
           error_context(err, "samples");
}

static bool read_lineage(struct state *state, const struct json *root, struct error *err)
{
    const char *lineage = json_as_string(json_member(root, "lineage"));
    if (!lineage || strlen(lineage) != sizeof state->lineage - 1)
        return unreadable(err, "lineage");
    memcpy(state->lineage, lineage, sizeof state->lineage);
    return true;
}

static bool read_plan(struct state *state, const struct json *root, struct error *err)
{
    struct text written = {0};
    state->plan = memory_new(sizeof *state->plan);
    if (!plan_read_json(state->plan, json_member(root, "plan"), err))
        return error_context(err, "plan");
    plan_write(&written, state->plan);
    text_clear(&written);
    return true;
}

static bool read_root(struct state *state, const struct json *root, struct error *err)
{
    return read_lineage(state, root, err) && read_int(&state->serial, root, "serial", err) &&
           read_bool(&state->ended, root, "ended", err) &&
           (origin_read_json(&state->origin, &state->arena, json_member(root, "origin"), err) ||
            error_context(err, "origin")) &&
           read_plan(state, root, err) && read_each(state, root, "runs", read_run, err) &&
           read_each(state, root, "records", read_record, err) && read_minutes(state, root, err) &&
           read_gates(state, root, err);
}

static bool check_version(const struct json *root, struct error *err)
{
    const char *document = json_as_string(json_member(root, "kind"));
    int64_t version;
    if (!text_same(document, "switchover.state"))
        return error_set(err, ERROR_INPUT, "it is not a state of switchover");
    if (!json_as_int(&version, json_member(root, "format_version")))
        return unreadable(err, "format_version");
    if (version == STATE_FORMAT_VERSION)
        return true;
    error_set(err, ERROR_INPUT, "the state has format version %lld; this version reads %d",
              (long long)version, STATE_FORMAT_VERSION);
    return error_hint(err, "use the version of switchover that wrote it");
}

/* A file is valid only if writing what was read gives the same bytes. */
static bool check_bytes(struct state *state, const char *bytes, size_t n, struct error *err)
{
    struct text again = {0};
    state_write(&again, state);
    bool same = again.len == n && memcmp(again.data, bytes, n) == 0;
    text_clear(&again);
    return same || error_set(err, ERROR_INPUT, "it is not laid out as switchover writes it");
}

static bool read_document(struct state *state, const struct json *root, const char *bytes, size_t n,
                          struct error *err)
{
    return check_version(root, err) && read_root(state, root, err) &&
           check_bytes(state, bytes, n, err);
}

bool state_read(struct state **out, const char *name, const char *bytes, size_t n,
                struct error *err)
{
    struct json_document document = {0};
    struct json_limits limits = {.max_bytes = STATE_MAX_BYTES, .max_depth = STATE_MAX_DEPTH};
    struct state *state = memory_new(sizeof *state);
    bool read = sealed_check(bytes, n, state->digest, err) &&
                json_read(&document, bytes, n, limits, err) &&
                read_document(state, document.root, bytes, n, err);
    json_document_clear(&document);
    if (!read) {
        state_free(state);
        state = NULL;
        if (!err->hint[0])
            error_hint(err, "a state file is never edited by hand; beside it may lie .backup, the "
                            "one before the last write");
        error_context(err, "%s", name);
    }
    *out = state;
    return read;
}
