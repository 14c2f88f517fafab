#include "tests/snapshot_json.h"

#include <string.h>

/* ---- writing ---- */

static void write_service(struct json_writer *w, const struct service_snapshot *service)
{
    json_open_object(w, "service");
    json_put_bool(w, "found", service->found);
    json_put_string(w, "arn", service->arn);
    json_put_string(w, "status", service->status);
    json_put_int(w, "desired", service->desired);
    json_put_int(w, "running", service->running);
    json_put_int(w, "pending", service->pending);
    json_open_array(w, "rollouts");
    for (size_t i = 0; i < service->rollout_count; i++) {
        const struct rollout *r = &service->rollouts[i];
        json_open_object(w, NULL);
        json_put_string(w, "id", r->id);
        json_put_string(w, "status", r->status);
        json_put_string(w, "rollout_state", r->rollout_state);
        json_put_int(w, "desired", r->desired);
        json_put_int(w, "running", r->running);
        json_put_int(w, "pending", r->pending);
        json_put_int(w, "failed", r->failed);
        json_close_object(w);
    }
    json_close_array(w);
    json_open_array(w, "target_groups");
    for (size_t i = 0; i < service->target_group_count; i++)
        json_put_string(w, NULL, service->target_groups[i]);
    json_close_array(w);
    json_put_string(w, "latest_event", service->latest_event);
    json_close_object(w);
}

static void write_group(struct json_writer *w, const struct group_snapshot *group)
{
    json_open_object(w, "group");
    json_put_bool(w, "found", group->found);
    json_put_string(w, "arn", group->arn);
    json_open_array(w, "load_balancers");
    for (size_t i = 0; i < group->load_balancer_count; i++)
        json_put_string(w, NULL, group->load_balancers[i]);
    json_close_array(w);
    json_open_array(w, "targets");
    for (size_t i = 0; i < group->target_count; i++) {
        const struct target_health *t = &group->targets[i];
        json_open_object(w, NULL);
        json_put_string(w, "id", t->id);
        json_put_int(w, "port", t->port);
        json_put_string(w, "state", health_state_name(t->state));
        json_put_string(w, "reason", t->reason);
        json_put_string(w, "description", t->description);
        json_close_object(w);
    }
    json_close_array(w);
    json_put_bool(w, "sticky", group->sticky);
    json_put_int(w, "slow_start_s", group->slow_start_s);
    json_put_int(w, "deregistration_delay_s", group->deregistration_delay_s);
    json_close_object(w);
}

static void write_listener(struct json_writer *w, const struct listener_snapshot *listener)
{
    json_open_object(w, NULL);
    json_put_string(w, "arn", listener->arn);
    json_put_int(w, "port", listener->port);
    json_put_string(w, "protocol", listener->protocol);
    routing_write_json(w, "default_actions", &listener->routing);
    json_open_array(w, "rules");
    for (size_t i = 0; i < listener->rule_count; i++) {
        const struct rule_snapshot *rule = &listener->rules[i];
        json_open_object(w, NULL);
        json_put_string(w, "arn", rule->arn);
        json_put_string(w, "priority", rule->priority);
        json_put_string(w, "conditions", rule->conditions);
        routing_write_json(w, "actions", &rule->actions);
        json_close_object(w);
    }
    json_close_array(w);
    json_close_object(w);
}

void snapshot_write_json(struct json_writer *w, const struct snapshot *s)
{
    json_open_object(w, NULL);
    json_put_int(w, "taken_at", s->taken_at);
    json_open_object(w, "facts");
    for (size_t i = 0; i < FACT_COUNT; i++) {
        enum fact fact = (enum fact)(1u << i);
        const char *why = s->unknown[i].kind ? s->unknown[i].message : "";
        json_put_string(w, fact_name(fact), s->known & fact ? "known" : why);
    }
    json_close_object(w);
    subject_write_json(w, "subject", &s->subject);
    json_open_object(w, "load_balancer");
    json_put_bool(w, "found", s->load_balancer.found);
    json_put_string(w, "arn", s->load_balancer.arn);
    json_put_string(w, "state", s->load_balancer.state);
    json_put_int(w, "client_keep_alive_s", s->load_balancer.client_keep_alive_s);
    json_put_string(w, "stack", s->load_balancer.stack);
    json_close_object(w);
    json_open_array(w, "listeners");
    for (size_t i = 0; i < s->listener_count; i++)
        write_listener(w, &s->listeners[i]);
    json_close_array(w);
    json_open_object(w, "arms");
    for (int arm = 0; arm < ARM_COUNT; arm++) {
        json_open_object(w, arm_name((enum arm)arm));
        write_service(w, &s->arms[arm].service);
        write_group(w, &s->arms[arm].group);
        json_close_object(w);
    }
    json_close_object(w);
    series_write_json(w, "recent", &s->recent);
    json_put_int(w, "credentials_expire_at", s->credentials_end_at);
    json_close_object(w);
}

/* ---- reading ---- */

/* The first thing that could not be read decides; the callers go on and fail once at the end. */
struct reader {
    struct snapshot *s;
    const char *bad;
};

static const char *take_string(struct reader *r, const struct json *object, const char *key)
{
    const struct json *value = json_member(object, key);
    if (!json_as_string(value) && !json_is_null(value) && !r->bad)
        r->bad = key;
    return arena_strdup(&r->s->arena, json_as_string(value));
}

static int64_t take_int(struct reader *r, const struct json *object, const char *key)
{
    int64_t n = 0;
    if (!json_as_int(&n, json_member(object, key)) && !r->bad)
        r->bad = key;
    return n;
}

static bool take_bool(struct reader *r, const struct json *object, const char *key)
{
    bool b = false;
    if (!json_as_bool(&b, json_member(object, key)) && !r->bad)
        r->bad = key;
    return b;
}

static const char **take_strings(struct reader *r, const struct json *object, const char *key,
                                 size_t *count)
{
    const char **items = NULL;
    const struct json *array = json_member(object, key);
    if (!json_is_array(array) && !r->bad)
        r->bad = key;
    for (const struct json *v = json_first(array); v; v = json_next(v)) {
        const char **slot = arena_append(&r->s->arena, &items, count, sizeof *items);
        *slot = arena_strdup(&r->s->arena, json_as_string(v));
        if (!*slot && !r->bad)
            r->bad = key;
    }
    return items;
}

static void take_routing(struct reader *r, struct routing *out, const struct json *object,
                         const char *key)
{
    struct error err;
    if (!routing_read_json(out, &r->s->arena, json_member(object, key), &err) && !r->bad)
        r->bad = key;
}

static void read_service(struct reader *r, struct service_snapshot *out, const struct json *v)
{
    out->found = take_bool(r, v, "found");
    out->arn = take_string(r, v, "arn");
    out->status = take_string(r, v, "status");
    out->desired = take_int(r, v, "desired");
    out->running = take_int(r, v, "running");
    out->pending = take_int(r, v, "pending");
    for (const struct json *i = json_first(json_member(v, "rollouts")); i; i = json_next(i)) {
        struct rollout *rollout =
            arena_append(&r->s->arena, &out->rollouts, &out->rollout_count, sizeof *out->rollouts);
        rollout->id = take_string(r, i, "id");
        rollout->status = take_string(r, i, "status");
        rollout->rollout_state = take_string(r, i, "rollout_state");
        rollout->desired = take_int(r, i, "desired");
        rollout->running = take_int(r, i, "running");
        rollout->pending = take_int(r, i, "pending");
        rollout->failed = take_int(r, i, "failed");
    }
    out->target_groups = take_strings(r, v, "target_groups", &out->target_group_count);
    out->latest_event = take_string(r, v, "latest_event");
}

static enum health_state health_from_name(const char *name)
{
    for (int i = 0; i < HEALTH_STATE_COUNT; i++)
        if (text_same(health_state_name((enum health_state)i), name))
            return (enum health_state)i;
    return HEALTH_OTHER;
}

static void read_group(struct reader *r, struct group_snapshot *out, const struct json *v)
{
    out->found = take_bool(r, v, "found");
    out->arn = take_string(r, v, "arn");
    out->load_balancers = take_strings(r, v, "load_balancers", &out->load_balancer_count);
    for (const struct json *i = json_first(json_member(v, "targets")); i; i = json_next(i)) {
        struct target_health *target =
            arena_append(&r->s->arena, &out->targets, &out->target_count, sizeof *out->targets);
        target->id = take_string(r, i, "id");
        target->port = (int)take_int(r, i, "port");
        target->state = health_from_name(take_string(r, i, "state"));
        target->reason = take_string(r, i, "reason");
        target->description = take_string(r, i, "description");
        out->health[target->state]++;
    }
    out->sticky = take_bool(r, v, "sticky");
    out->slow_start_s = take_int(r, v, "slow_start_s");
    out->deregistration_delay_s = take_int(r, v, "deregistration_delay_s");
}

static void read_listener(struct reader *r, struct listener_snapshot *out, const struct json *v)
{
    out->arn = take_string(r, v, "arn");
    out->port = (int)take_int(r, v, "port");
    out->protocol = take_string(r, v, "protocol");
    take_routing(r, &out->routing, v, "default_actions");
    for (const struct json *i = json_first(json_member(v, "rules")); i; i = json_next(i)) {
        struct rule_snapshot *rule =
            arena_append(&r->s->arena, &out->rules, &out->rule_count, sizeof *out->rules);
        rule->arn = take_string(r, i, "arn");
        rule->priority = take_string(r, i, "priority");
        rule->conditions = take_string(r, i, "conditions");
        take_routing(r, &rule->actions, i, "actions");
    }
}

static void read_facts(struct reader *r, const struct json *v)
{
    for (size_t i = 0; i < FACT_COUNT; i++) {
        enum fact fact = (enum fact)(1u << i);
        const char *how = take_string(r, v, fact_name(fact));
        if (text_same(how, "known"))
            r->s->known |= fact;
        else if (how && *how)
            error_set(&r->s->unknown[i], ERROR_SERVICE, "%s", how);
    }
}

bool snapshot_read_json(struct snapshot *out, const struct json *value, struct error *err)
{
    struct reader r = {.s = out};
    snapshot_init(out);
    out->taken_at = take_int(&r, value, "taken_at");
    read_facts(&r, json_member(value, "facts"));
    if (!subject_read_json(&out->subject, &out->arena, json_member(value, "subject"), err))
        return false;
    const struct json *lb = json_member(value, "load_balancer");
    out->load_balancer.found = take_bool(&r, lb, "found");
    out->load_balancer.arn = take_string(&r, lb, "arn");
    out->load_balancer.state = take_string(&r, lb, "state");
    out->load_balancer.client_keep_alive_s = take_int(&r, lb, "client_keep_alive_s");
    out->load_balancer.stack = take_string(&r, lb, "stack");
    const struct json *listeners = json_member(value, "listeners");
    for (const struct json *i = json_first(listeners); i; i = json_next(i))
        read_listener(&r,
                      arena_append(&out->arena, &out->listeners, &out->listener_count,
                                   sizeof *out->listeners),
                      i);
    for (int arm = 0; arm < ARM_COUNT; arm++) {
        const struct json *v = json_member(json_member(value, "arms"), arm_name((enum arm)arm));
        read_service(&r, &out->arms[arm].service, json_member(v, "service"));
        read_group(&r, &out->arms[arm].group, json_member(v, "group"));
    }
    out->credentials_end_at = take_int(&r, value, "credentials_expire_at");
    if (!series_read_json(&out->recent, &out->arena, json_member(value, "recent"), err))
        return false;
    if (r.bad)
        return error_set(err, ERROR_INPUT, "the snapshot's \"%s\" is missing or of the wrong type",
                         r.bad);
    if (out->known & FACT_LISTENERS)
        snapshot_choose_listener(out);
    return true;
}
