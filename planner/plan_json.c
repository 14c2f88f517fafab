#include "planner/plan_json.h"

#include <limits.h>
#include <string.h>

#include "planner/base/memory.h"
#include "planner/plan_forecast.h"
#include "planner/precondition.h"

/* ---- sealed documents ---- */

static const char seal_key[] = ",\n  \"digest\": \"";
static const char seal_end[] = "\"\n}\n";

void sealed_close(struct text *document, char digest[DIGEST_HEX_SIZE])
{
    static const char end[] = "\n}\n";
    if (text_ends(text_cstr(document), end))
        text_cut(document, document->len - strlen(end));
    digest_sha256_hex(digest, document->data, document->len);
    text_addf(document, "%s%s%s", seal_key, digest, seal_end);
}

bool sealed_check(const char *bytes, size_t n, char digest[DIGEST_HEX_SIZE], struct error *err)
{
    size_t seal = strlen(seal_key) + DIGEST_HEX_SIZE - 1 + strlen(seal_end);
    if (n < seal || memcmp(bytes + n - seal, seal_key, strlen(seal_key)) != 0 ||
        memcmp(bytes + n - strlen(seal_end), seal_end, strlen(seal_end)) != 0)
        return error_set(err, ERROR_INPUT,
                         "it does not end in a digest: cut off, or not written "
                         "by this tool");
    digest_sha256_hex(digest, bytes, n - seal);
    if (memcmp(bytes + n - seal + strlen(seal_key), digest, DIGEST_HEX_SIZE - 1) != 0)
        return error_set(err, ERROR_INPUT,
                         "its digest does not agree: it was changed since it "
                         "was written");
    return true;
}

/* ---- writing ---- */

static const char *const direction_names[] = {[FORWARD] = "forward", [INVERSE] = "inverse"};

void setting_write_json(struct json_writer *w, const char *key, enum action_kind kind,
                        const struct setting *setting)
{
    json_open_object(w, key);
    if (kind == ACTION_SCALE)
        json_put_int(w, "desired_count", setting->count);
    if (kind == ACTION_SHIFT)
        routing_write_json(w, "default_actions", &setting->routing);
    json_close_object(w);
}

void origin_write_json(struct json_writer *w, const char *key, const struct origin *origin)
{
    json_open_object(w, key);
    json_put_int(w, "taken_at", origin->taken_at);
    json_put_bool(w, "assumed", origin->assumed);
    json_put_int(w, "source_desired", origin->desired[ARM_SOURCE]);
    json_put_int(w, "target_desired", origin->desired[ARM_TARGET]);
    routing_write_json(w, "default_actions", &origin->routing);
    json_close_object(w);
}

/* What was foretold is kept as it was told: another version may reckon otherwise. */
static void write_forecast(struct json_writer *w, const struct forecast *forecast)
{
    if (forecast->fit == FORECAST_UNKNOWN)
        return;
    json_open_object(w, "forecast");
    json_put_string(w, "hold", forecast_fit_name(forecast->fit));
    json_put_int(w, "needs_ms", forecast->needs_ms);
    json_put_int(w, "min_requests", forecast->min_requests);
    json_put_int(w, "target_requests", forecast->requests);
    json_put_int(w, "target_requests_a_minute", forecast->requests_a_minute);
    json_put_int(w, "judged_minutes", forecast->judged_minutes);
    json_put_bool(w, "judges_latency", forecast->judges_latency);
    json_put_int(w, "latency_requests_a_minute", forecast->latency_requests);
    json_put_int(w, "errors_tolerated_ppm", forecast->tolerated_ppm);
    json_put_int(w, "errors_3x_noticed_ms", forecast->three_ms);
    json_put_int(w, "errors_10x_noticed_ms", forecast->ten_ms);
    json_close_object(w);
}

static void write_change(struct json_writer *w, const struct action *action)
{
    json_open_object(w, NULL);
    json_put_string(w, "address", action->address);
    json_put_string(w, "type", action_kinds[action->kind].name);
    json_put_string(w, "arm", arm_name(action->arm));
    json_open_array(w, "actions");
    json_put_string(w, NULL, action_kinds[action->kind].mutates ? "update" : "read");
    json_close_array(w);
    setting_write_json(w, "before", action->kind, &action->before);
    setting_write_json(w, "after", action->kind, &action->after);
    json_put_int(w, "target_permille", action->target_permille);
    json_put_int(w, "duration_ms", action->duration_ms);
    json_put_int(w, "timeout_ms", action->timeout_ms);
    json_put_int(w, "runbook_step", action_kinds[action->kind].runbook_step);
    write_forecast(w, &action->forecast);
    json_close_object(w);
}

static const char *const severity_names[] = {[WARN] = "warn", [BLOCK] = "block"};

static void write_standing(struct json_writer *w, const struct plan *plan,
                           const struct standing *standing)
{
    json_open_object(w, NULL);
    json_put_string(w, "id", standing->row->id);
    json_put_string(w, "severity", severity_names[standing->row->severity]);
    json_put_string(w, "verdict", verdict_name(standing->verdict));
    json_put_bool(w, "blocks_now", standing_blocks(standing));
    json_put_int(w, "runbook_step", standing->row->runbook_step);
    json_put_string(w, "asks", standing->asks);
    json_put_string(w, "observed", standing->observed);
    json_put_string(w, "mend", standing->mend);
    json_put_string(w, "waived", standing->waived);
    json_open_array(w, "guards");
    for (size_t i = 0; i < standing->guard_count; i++)
        json_put_string(w, NULL, plan->actions[standing->guards[i]].address);
    json_close_array(w);
    json_close_object(w);
}

static void write_planfile(struct json_writer *w, const struct planfile *file)
{
    json_open_object(w, "plan_file");
    json_put_string(w, "path", file->path);
    json_put_string(w, "sha256", file->digest);
    json_put_string(w, "source", file->source);
    json_close_object(w);
}

static void write_times(struct json_writer *w, const struct plan_times *times)
{
    if (!times->known)
        return;
    json_open_object(w, "takes");
    json_put_int(w, "shortest_ms", times->shortest_ms);
    json_put_int(w, "longest_ms", times->longest_ms);
    json_put_int(w, "last_shift_ms", times->last_shift_ms);
    json_close_object(w);
}

/* The parts that both directions have. */
static void write_body(struct json_writer *w, const struct plan *plan)
{
    json_put_string(w, "direction", direction_names[plan->direction]);
    json_put_string(w, "lineage", plan->lineage);
    json_put_int(w, "serial", plan->serial);
    json_open_object(w, "live");
    json_put_int(w, "taken_at", plan->live.taken_at);
    json_put_int(w, "source_desired", plan->live.desired[ARM_SOURCE]);
    json_put_int(w, "target_desired", plan->live.desired[ARM_TARGET]);
    routing_write_json(w, "default_actions", &plan->live.routing);
    json_close_object(w);
    json_open_array(w, "changes");
    for (size_t i = 0; i < plan->action_count; i++)
        write_change(w, &plan->actions[i]);
    json_close_array(w);
    json_open_array(w, "preconditions");
    for (size_t i = 0; i < plan->standing_count; i++)
        write_standing(w, plan, &plan->standings[i]);
    json_close_array(w);
    json_open_array(w, "notes");
    for (size_t i = 0; i < plan->note_count; i++)
        json_put_string(w, NULL, plan->notes[i]);
    json_close_array(w);
    json_put_int(w, "requests_a_minute", plan->requests_a_minute);
    write_times(w, &plan->times);
}

void plan_write_json(struct json_writer *w, const char *key, const struct plan *plan)
{
    json_open_object(w, key);
    json_put_int(w, "format_version", PLAN_FORMAT_VERSION);
    json_put_string(w, "kind", "switchover.plan");
    json_put_string(w, "name", plan->file.name);
    write_planfile(w, &plan->file);
    provenance_write_json(w, "provenance", &plan->provenance);
    subject_write_json(w, "subject", &plan->subject);
    origin_write_json(w, "origin", &plan->origin);
    write_body(w, plan);
    if (plan->inverse) {
        json_open_object(w, "inverse");
        write_body(w, plan->inverse);
        json_close_object(w);
    }
    json_close_object(w);
}

void plan_write(struct text *out, struct plan *plan)
{
    struct json_writer w = {.out = out};
    plan_write_json(&w, NULL, plan);
    sealed_close(out, plan->digest);
}

/* ---- reading ---- */

static bool bad(struct error *err, const char *what)
{
    return error_set(err, ERROR_INPUT, "\"%s\" is missing or of the wrong type", what);
}

static bool take_int(int64_t *out, const struct json *object, const char *key, struct error *err)
{
    return json_as_int(out, json_member(object, key)) || bad(err, key);
}

bool setting_read_json(struct setting *out, struct arena *arena, enum action_kind kind,
                       const struct json *value, struct error *err)
{
    *out = (struct setting){0};
    if (!json_is_object(value))
        return bad(err, "before or after");
    if (kind == ACTION_SCALE)
        return take_int(&out->count, value, "desired_count", err);
    if (kind == ACTION_SHIFT)
        return routing_read_json(&out->routing, arena, json_member(value, "default_actions"), err);
    return true;
}

bool origin_read_json(struct origin *out, struct arena *arena, const struct json *value,
                      struct error *err)
{
    *out = (struct origin){0};
    return take_int(&out->taken_at, value, "taken_at", err) &&
           (json_as_bool(&out->assumed, json_member(value, "assumed")) || bad(err, "assumed")) &&
           take_int(&out->desired[ARM_SOURCE], value, "source_desired", err) &&
           take_int(&out->desired[ARM_TARGET], value, "target_desired", err) &&
           routing_read_json(&out->routing, arena, json_member(value, "default_actions"), err);
}

/* One of a list of names; its index, or -1. */
static int name_index(const char *name, const char *(*name_of)(int), int count)
{
    for (int i = 0; i < count; i++)
        if (text_same(name, name_of(i)))
            return i;
    return -1;
}

static const char *kind_name_at(int i)
{
    return action_kinds[i].name;
}

static const char *arm_name_at(int i)
{
    return arm_name((enum arm)i);
}

static const char *verdict_name_at(int i)
{
    return verdict_name((enum verdict)i);
}

static const char *fit_name_at(int i)
{
    return forecast_fit_name((enum forecast_fit)i);
}

static bool read_forecast(struct forecast *out, const struct json *v, struct error *err)
{
    if (!v)
        return true;
    const char *name = json_as_string(json_member(v, "hold"));
    int fit = name ? name_index(name, fit_name_at, FORECAST_FIT_COUNT) : -1;
    if (fit < 0)
        return bad(err, "changes[].forecast.hold");
    out->fit = (enum forecast_fit)fit;
    return take_int(&out->needs_ms, v, "needs_ms", err) &&
           take_int(&out->min_requests, v, "min_requests", err) &&
           take_int(&out->requests, v, "target_requests", err) &&
           take_int(&out->requests_a_minute, v, "target_requests_a_minute", err) &&
           take_int(&out->judged_minutes, v, "judged_minutes", err) &&
           (json_as_bool(&out->judges_latency, json_member(v, "judges_latency")) ||
            bad(err, "judges_latency")) &&
           take_int(&out->latency_requests, v, "latency_requests_a_minute", err) &&
           take_int(&out->tolerated_ppm, v, "errors_tolerated_ppm", err) &&
           take_int(&out->three_ms, v, "errors_3x_noticed_ms", err) &&
           take_int(&out->ten_ms, v, "errors_10x_noticed_ms", err);
}

static bool read_change(struct plan *plan, const struct json *v, struct error *err)
{
    int kind = name_index(json_as_string(json_member(v, "type")), kind_name_at, ACTION_KIND_COUNT);
    int arm = name_index(json_as_string(json_member(v, "arm")), arm_name_at, ARM_COUNT);
    const char *address = json_as_string(json_member(v, "address"));
    int64_t permille;
    if (kind < 0 || arm < 0 || !address)
        return bad(err, "changes[].type, arm or address");
    struct action *action = plan_add_action(plan, (enum action_kind)kind, (enum arm)arm, address);
    if (!take_int(&permille, v, "target_permille", err) || permille < -1 || permille > 1000)
        return bad(err, "changes[].target_permille");
    action->target_permille = (int)permille;
    return setting_read_json(&action->before, &plan->arena, action->kind, json_member(v, "before"),
                             err) &&
           setting_read_json(&action->after, &plan->arena, action->kind, json_member(v, "after"),
                             err) &&
           take_int(&action->duration_ms, v, "duration_ms", err) &&
           take_int(&action->timeout_ms, v, "timeout_ms", err) &&
           read_forecast(&action->forecast, json_member(v, "forecast"), err);
}

/* In the plan's order and each once, as they are written: looking on from the one found last, no
 * list that somebody made takes longer than the plan is long. */
static bool read_guards(struct plan *plan, struct standing *standing, const struct json *guards,
                        struct error *err)
{
    size_t a = 0;
    for (const struct json *g = json_first(guards); g; g = json_next(g)) {
        const char *address = json_as_string(g);
        while (a < plan->action_count && !text_same(plan->actions[a].address, address))
            a++;
        if (a == plan->action_count)
            return bad(err, "preconditions[].guards");
        size_t *slot = arena_append(&plan->arena, &standing->guards, &standing->guard_count,
                                    sizeof *standing->guards);
        *slot = a++;
    }
    return true;
}

/* This version's row, unless another version wrote it, whose row may have been called otherwise,
 * weighed otherwise, or be no more: then as it was. It is told only; what blocks an action is
 * judged by this version's table. NULL: it is no row. */
static const struct precondition *read_row(struct plan *plan, const struct json *v)
{
    const char *id = json_as_string(json_member(v, "id"));
    const char *severity = json_as_string(json_member(v, "severity"));
    int64_t step;
    if (!id || !json_as_int(&step, json_member(v, "runbook_step")) || step < 0 || step > INT_MAX ||
        (!text_same(severity, severity_names[WARN]) && !text_same(severity, severity_names[BLOCK])))
        return NULL;
    const struct precondition *ours = precondition_find(id, &plan->file, &plan->arena);
    if (ours && ours->runbook_step == step && text_same(severity, severity_names[ours->severity]))
        return ours;
    struct precondition *theirs = arena_alloc(&plan->arena, sizeof *theirs);
    *theirs =
        (struct precondition){.id = arena_strdup(&plan->arena, id),
                              .severity = text_same(severity, severity_names[BLOCK]) ? BLOCK : WARN,
                              .runbook_step = (int)step};
    return theirs;
}

static bool read_standing(struct plan *plan, const struct json *v, struct error *err)
{
    int verdict = name_index(json_as_string(json_member(v, "verdict")), verdict_name_at,
                             VERDICT_DEFERRED + 1);
    struct standing *standing = arena_append(&plan->arena, &plan->standings, &plan->standing_count,
                                             sizeof *plan->standings);
    standing->row = read_row(plan, v);
    standing->verdict = (enum verdict)verdict;
    standing->asks = arena_strdup(&plan->arena, json_as_string(json_member(v, "asks")));
    standing->mend = arena_strdup(&plan->arena, json_as_string(json_member(v, "mend")));
    standing->observed = arena_strdup(&plan->arena, json_as_string(json_member(v, "observed")));
    standing->waived = arena_strdup(&plan->arena, json_as_string(json_member(v, "waived")));
    if (!standing->row || verdict < 0 || !standing->asks || !standing->observed || !standing->mend)
        return bad(err,
                   "preconditions[].id, severity, runbook_step, verdict, asks, observed or mend");
    return read_guards(plan, standing, json_member(v, "guards"), err);
}

static bool read_live(struct recorded *out, struct arena *arena, const struct json *v,
                      struct error *err)
{
    return take_int(&out->taken_at, v, "taken_at", err) &&
           take_int(&out->desired[ARM_SOURCE], v, "source_desired", err) &&
           take_int(&out->desired[ARM_TARGET], v, "target_desired", err) &&
           routing_read_json(&out->routing, arena, json_member(v, "default_actions"), err);
}

static bool read_times(struct plan_times *out, const struct json *v, struct error *err)
{
    out->known = v != NULL;
    return !v || (take_int(&out->shortest_ms, v, "shortest_ms", err) &&
                  take_int(&out->longest_ms, v, "longest_ms", err) &&
                  take_int(&out->last_shift_ms, v, "last_shift_ms", err));
}

static bool read_body(struct plan *plan, const struct json *v, struct error *err)
{
    const char *direction = json_as_string(json_member(v, "direction"));
    const char *lineage = json_as_string(json_member(v, "lineage"));
    if (!text_same(direction, direction_names[plan->direction]))
        return bad(err, "direction");
    if (!lineage || strlen(lineage) >= sizeof plan->lineage)
        return bad(err, "lineage");
    memcpy(plan->lineage, lineage, strlen(lineage) + 1);
    if (!take_int(&plan->serial, v, "serial", err) ||
        !read_live(&plan->live, &plan->arena, json_member(v, "live"), err))
        return false;
    for (const struct json *i = json_first(json_member(v, "changes")); i; i = json_next(i))
        if (!read_change(plan, i, err))
            return false;
    for (const struct json *i = json_first(json_member(v, "preconditions")); i; i = json_next(i))
        if (!read_standing(plan, i, err))
            return false;
    for (const struct json *i = json_first(json_member(v, "notes")); i; i = json_next(i)) {
        if (!json_as_string(i))
            return bad(err, "notes");
        plan_note(plan, "%s", json_as_string(i));
    }
    return take_int(&plan->requests_a_minute, v, "requests_a_minute", err) &&
           read_times(&plan->times, json_member(v, "takes"), err);
}

static bool read_planfile(struct planfile *out, const struct json *v, struct error *err)
{
    const char *path = json_as_string(json_member(v, "path"));
    const char *source = json_as_string(json_member(v, "source"));
    if (!path || !source)
        return bad(err, "plan_file");
    struct arena arena = {0};
    struct diagnostics list = {.arena = &arena};
    bool valid = planfile_read(out, path, source, strlen(source), precondition_waivable, &list);
    if (!valid)
        error_set(err, ERROR_INPUT, "the plan file inside is not valid: %s",
                  list.count ? list.items[0].message : "unreadable");
    arena_clear(&arena);
    return valid;
}

static bool read_inverse(struct plan *plan, const struct json *v, struct error *err)
{
    struct plan *inverse = memory_new(sizeof *inverse);
    plan->inverse = inverse;
    inverse->direction = INVERSE;
    subject_copy(&inverse->subject, &inverse->arena, &plan->subject);
    provenance_copy(&inverse->provenance, &inverse->arena, &plan->provenance);
    inverse->origin = plan->origin;
    routing_copy(&inverse->origin.routing, &inverse->arena, &plan->origin.routing);
    return read_body(inverse, v, err);
}

bool plan_read_json(struct plan *out, const struct json *value, struct error *err)
{
    int64_t version;
    memset(out, 0, sizeof *out);
    if (!text_same(json_as_string(json_member(value, "kind")), "switchover.plan"))
        return error_set(err, ERROR_INPUT, "it is no saved plan");
    if (!json_as_int(&version, json_member(value, "format_version")) ||
        version != PLAN_FORMAT_VERSION)
        return error_set(err, ERROR_INPUT, "this version reads saved plans of format %d only",
                         PLAN_FORMAT_VERSION);
    if (!read_planfile(&out->file, json_member(value, "plan_file"), err))
        return false;
    if (!provenance_read_json(&out->provenance, &out->arena, json_member(value, "provenance"),
                              err) ||
        !subject_read_json(&out->subject, &out->arena, json_member(value, "subject"), err) ||
        !origin_read_json(&out->origin, &out->arena, json_member(value, "origin"), err) ||
        !read_body(out, value, err))
        return false;
    const struct json *inverse = json_member(value, "inverse");
    return !inverse || read_inverse(out, inverse, err);
}

/* Reading and writing again must give the same bytes: then nothing in it escaped the reader. */
static bool is_as_written(struct plan *plan, const char *bytes, size_t n, struct error *err)
{
    struct text again = {0};
    plan_write(&again, plan);
    bool same = again.len == n && memcmp(again.data, bytes, n) == 0;
    text_clear(&again);
    return same ||
           error_set(err, ERROR_INPUT, "it holds something that this version does not know");
}

bool plan_read(struct plan *out, const char *name, const char *bytes, size_t n, struct error *err)
{
    char digest[DIGEST_HEX_SIZE];
    struct json_document doc = {0};
    memset(out, 0, sizeof *out);
    bool ok = sealed_check(bytes, n, digest, err) &&
              json_read(&doc, bytes, n, (struct json_limits){PLAN_MAX_BYTES, 32}, err) &&
              plan_read_json(out, doc.root, err) && is_as_written(out, bytes, n, err);
    json_document_clear(&doc);
    return ok || error_context(err, "%s", name);
}
