#include "tests/unit.h"

#include "tests/planner/fixture.h"

#include "planner/base/time.h"
#include "planner/precondition.h"
#include "tests/planner/make.h"

/* ---- the deployment ---- */

static void set_targets(struct snapshot *s, enum arm arm, const char *states)
{
    static const struct {
        char letter;
        enum health_state state;
    } letters[] = {{'h', HEALTH_HEALTHY},  {'i', HEALTH_INITIAL}, {'u', HEALTH_UNHEALTHY},
                   {'d', HEALTH_DRAINING}, {'n', HEALTH_UNUSED},  {'o', HEALTH_OTHER}};
    struct group_snapshot *group = &s->arms[arm].group;
    group->targets = NULL;
    group->target_count = 0;
    memset(group->health, 0, sizeof group->health);
    for (; *states; states++)
        for (size_t i = 0; i < COUNT(letters); i++) {
            if (letters[i].letter != *states)
                continue;
            struct target_health *t = arena_append(&s->arena, &group->targets, &group->target_count,
                                                   sizeof *group->targets);
            t->id = arena_printf(&s->arena, "10.0.%d.%zu", arm, group->target_count);
            t->port = 9200;
            t->state = letters[i].state;
            if (t->state == HEALTH_UNHEALTHY)
                t->description = "Health checks failed with these codes: [503]";
            if (t->state == HEALTH_UNUSED)
                t->description = "Target group is not configured to receive traffic";
            group->health[t->state]++;
        }
}

static void set_service(struct snapshot *s, enum arm arm, const char *arn, const char *group)
{
    struct service_snapshot *service = &s->arms[arm].service;
    service->found = true;
    service->arn = arn;
    service->status = "ACTIVE";
    service->desired = service->running = 2;
    service->rollouts = arena_alloc(&s->arena, 2 * sizeof *service->rollouts);
    service->rollout_count = 1;
    for (int i = 0; i < 2; i++)
        service->rollouts[i] =
            (struct rollout){"ecs-svc/1", i ? "ACTIVE" : "PRIMARY", "COMPLETED", 2, 2, 0, 0};
    service->target_groups = arena_alloc(&s->arena, sizeof *service->target_groups);
    service->target_groups[0] = group;
    service->target_group_count = 1;
    s->subject.arms[arm].service_arn = arn;
    s->arms[arm].group.found = true;
    s->arms[arm].group.arn = group;
    s->subject.arms[arm].target_group_arn = group;
    set_targets(s, arm, "hh");
}

static void add_listener(struct snapshot *s, int port, const char *routing)
{
    struct listener_snapshot *l =
        arena_append(&s->arena, &s->listeners, &s->listener_count, sizeof *s->listeners);
    l->arn = arena_printf(&s->arena, MAKE_ARN "listener/app/MigrationAssistant-prod/1/%d", port);
    l->port = port;
    l->protocol = "HTTPS";
    l->routing = make_routing(&s->arena, routing);
}

static void put_minutes(struct series *series, struct column *column, int64_t value)
{
    for (size_t m = 0; m < series->minutes; m++)
        series_put(series, column, series_minute_at(series, m), value);
}

static void set_recent(struct snapshot *s)
{
    struct series *r = &s->recent;
    series_init(r, &s->arena, FIXTURE_NOW - HOUR_MS, 60);
    put_minutes(r, &r->arms[ARM_SOURCE][METRIC_REQUESTS], 1200);
    put_minutes(r, &r->arms[ARM_SOURCE][METRIC_2XX], 1200);
    put_minutes(r, &r->arms[ARM_SOURCE][METRIC_HEALTHY], 2);
    put_minutes(r, &r->common[METRIC_ACTIVE_CONNECTIONS], 300);
    put_minutes(r, &r->common[METRIC_NEW_CONNECTIONS], 150);
    put_minutes(r, &r->common[METRIC_REPLAY_LAG], 1500);
}

void fixture_init(struct fixture *f, const char *more)
{
    memset(f, 0, sizeof *f);
    struct arena arena = {0};
    struct diagnostics list = {.arena = &arena};
    const char *yaml = arena_printf(&arena, "switchover: 1\nstage: prod\n%s", more);
    if (!planfile_read(&f->file, "prod.yaml", yaml, strlen(yaml), precondition_waivable, &list))
        fail_msg("the fixture's plan file: %u: %s", list.items[0].span.line, list.items[0].message);
    arena_clear(&arena);

    struct snapshot *s = &f->live;
    snapshot_init(s);
    s->taken_at = FIXTURE_NOW;
    s->known = FACTS_PLAN;
    struct subject names;
    planfile_subject(&f->file, &names);
    subject_copy(&s->subject, &s->arena, &names);
    s->subject.region = "us-east-1";
    s->subject.account = "111122223333";
    s->subject.cluster_arn = "arn:aws:ecs:us-east-1:111122223333:cluster/c";
    s->load_balancer = (struct load_balancer_snapshot){
        true, MAKE_ARN "loadbalancer/app/MigrationAssistant-prod/1", "active", 3600, NULL};
    s->subject.load_balancer_arn = s->load_balancer.arn;
    set_service(s, ARM_SOURCE,
                "arn:aws:ecs:us-east-1:111122223333:service/c/migration-prod-capture-proxy",
                MAKE_SOURCE);
    set_service(s, ARM_TARGET,
                "arn:aws:ecs:us-east-1:111122223333:service/c/migration-prod-target-cluster-proxy",
                MAKE_TARGET);
    add_listener(s, 9200, "S1 T0");
    set_recent(s);
    snapshot_choose_listener(s);
    f->around =
        (struct surroundings){.now = FIXTURE_NOW, .interactive = true, .state_is_local = true};
    f->provenance.why_not = "not in a git repository";
}

void fixture_clear(struct fixture *f)
{
    snapshot_clear(&f->live);
    planfile_clear(&f->file);
}

/* ---- patches ---- */

static bool patch_count(struct snapshot *s, const char *key, long n)
{
    for (int arm = 0; arm < ARM_COUNT; arm++) {
        const char *name = arm_name((enum arm)arm);
        struct arm_snapshot *a = &s->arms[arm];
        if (!text_starts(key, name))
            continue;
        const char *field = key + strlen(name);
        if (strcmp(field, ".desired") == 0)
            a->service.desired = n;
        else if (strcmp(field, ".running") == 0)
            a->service.running = n;
        else if (strcmp(field, ".pending") == 0)
            a->service.pending = n;
        else if (strcmp(field, ".rollouts") == 0)
            a->service.rollout_count = (size_t)n;
        else if (strcmp(field, ".feeds") == 0)
            a->service.target_group_count = (size_t)n;
        else if (strcmp(field, ".group_sticky") == 0)
            a->group.sticky = n;
        else if (strcmp(field, ".slow_start") == 0)
            a->group.slow_start_s = n;
        else
            return false;
        return true;
    }
    return false;
}

static bool patch_found(struct snapshot *s, const char *key, long n)
{
    if (strcmp(key, "load_balancer") == 0) {
        s->load_balancer.found = n;
        s->listener_count = n ? s->listener_count : 0;
        s->subject.load_balancer_arn = NULL;
        snapshot_choose_listener(s);
        return true;
    }
    for (int arm = 0; arm < ARM_COUNT; arm++) {
        struct text name = {0};
        text_addf(&name, "%s.service", arm_name((enum arm)arm));
        if (strcmp(key, text_cstr(&name)) == 0) {
            s->arms[arm].service.found = n;
            s->subject.arms[arm].service_arn = NULL;
            text_clear(&name);
            return true;
        }
        text_clear(&name);
        text_addf(&name, "%s.group", arm_name((enum arm)arm));
        if (strcmp(key, text_cstr(&name)) == 0) {
            s->arms[arm].group.found = n;
            s->subject.arms[arm].target_group_arn = NULL;
            snapshot_choose_listener(s);
            text_clear(&name);
            return true;
        }
        text_clear(&name);
    }
    return false;
}

static bool patch_metric(struct fixture *f, const char *key, const char *value)
{
    struct series *r = &f->live.recent;
    static const struct {
        const char *key;
        int arm, metric; /* arm -1: common */
    } rows[] = {
        {"requests", ARM_SOURCE, METRIC_REQUESTS},
        {"target_requests", ARM_TARGET, METRIC_REQUESTS},
        {"active", -1, METRIC_ACTIVE_CONNECTIONS},
        {"new", -1, METRIC_NEW_CONNECTIONS},
        {"lag", -1, METRIC_REPLAY_LAG},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (strcmp(rows[i].key, key) != 0)
            continue;
        struct column *column =
            rows[i].arm < 0 ? &r->common[rows[i].metric] : &r->arms[rows[i].arm][rows[i].metric];
        memset(column->present, 0, r->minutes * sizeof *column->present);
        if (rows[i].metric == METRIC_REQUESTS && rows[i].arm >= 0) /* nor are any answered */
            memset(r->arms[rows[i].arm][METRIC_2XX].present, 0, r->minutes * sizeof(bool));
        if (*value != '-')
            put_minutes(r, column, strtol(value, NULL, 10));
        return true;
    }
    return false;
}

static bool patch_fact(struct snapshot *s, const char *key, bool says_why)
{
    for (int i = 0; i < FACT_COUNT; i++)
        if (text_starts(fact_name((enum fact)(1u << i)), key)) {
            s->known &= ~(1u << i);
            if (says_why)
                error_set(&s->unknown[i], ERROR_ACCESS, "not allowed to %s", key);
            return true;
        }
    return false;
}

/* "check:NAME=green", "red", "silent", "unasked": as the prober answered it. */
static bool patch_check(struct fixture *f, const char *key, const char *value)
{
    static const char *const verdicts[] = {[CHECK_NOT_ASKED] = "unasked",
                                           [CHECK_GREEN] = "green",
                                           [CHECK_RED] = "red",
                                           [CHECK_SILENT] = "silent"};
    const struct planfile_check *check = planfile_check_of(&f->file, key);
    for (size_t i = 0; check && i < COUNT(verdicts); i++)
        if (strcmp(verdicts[i], value) == 0) {
            struct check_results *results = &f->live.checks;
            *(struct check_result *)arena_append(&f->live.arena, &results->items, &results->count,
                                                 sizeof *results->items) =
                (struct check_result){.check = check,
                                      .verdict = (enum check_verdict)i,
                                      .observed = arena_printf(&f->live.arena, "is %s", value)};
            return true;
        }
    return false;
}

static bool patch_word(struct fixture *f, const char *key, const char *value)
{
    struct snapshot *s = &f->live;
    if (strcmp(key, "default") == 0) {
        s->listeners[0].routing = make_routing(&s->arena, value);
        s->subject.listener_port = f->file.listener_port; /* as asked for: choosing filled it in */
        snapshot_choose_listener(s);
    } else if (strcmp(key, "listener") == 0) { /* "9201:S1" */
        add_listener(s, (int)strtol(value, NULL, 10), strchr(value, ':') + 1);
        s->subject.listener_port = f->file.listener_port;
        snapshot_choose_listener(s);
    } else if (strcmp(key, "port") == 0) {
        s->subject.listener_port = (int)strtol(value, NULL, 10);
        snapshot_choose_listener(s);
    } else if (text_starts(key, "rule")) { /* of the newest listener: "rule9300" */
        struct listener_snapshot *l = &s->listeners[key[4] ? s->listener_count - 1 : 0];
        struct rule_snapshot *rule =
            arena_append(&s->arena, &l->rules, &l->rule_count, sizeof *l->rules);
        rule->priority = "10";
        rule->conditions = arena_printf(&s->arena, "path-pattern %s", value);
        rule->actions = make_routing(&s->arena, "single S");
    } else if (strcmp(key, "source.targets") == 0) {
        set_targets(s, ARM_SOURCE, value);
    } else if (strcmp(key, "target.targets") == 0) {
        set_targets(s, ARM_TARGET, value);
    } else if (strcmp(key, "account") == 0) {
        s->subject.account = arena_strdup(&s->arena, value);
    } else if (strcmp(key, "stack") == 0) {
        s->load_balancer.stack = arena_strdup(&s->arena, value);
    } else if (strcmp(key, "unknown") == 0) {
        return patch_fact(s, value, true);
    } else if (strcmp(key, "unsaid") == 0) {
        return patch_fact(s, value, false);
    } else if (strcmp(key, "now") == 0) {
        return time_parse(&f->around.now, value);
    } else if (strcmp(key, "expire") == 0) {
        return time_parse(&s->credentials_end_at, value);
    } else if (strcmp(key, "terminal") == 0) {
        f->around.interactive = *value == '1';
    } else if (strcmp(key, "ci") == 0) {
        f->around.on_ci = *value == '1';
    } else if (strcmp(key, "force") == 0) {
        f->around.force = arena_strdup(&s->arena, value);
    } else {
        return false;
    }
    return true;
}

void fixture_patch(struct fixture *f, const char *patches)
{
    char *copy = arena_strdup(&f->live.arena, patches), *save;
    for (char *p = strtok_r(copy, ",", &save); p; p = strtok_r(NULL, ",", &save)) {
        while (*p == ' ')
            p++;
        if (!*p)
            continue;
        char *value = strchr(p, '=');
        assert_non_null(value);
        *value++ = '\0';
        if (!patch_check(f, p, value) && !patch_word(f, p, value) && !patch_metric(f, p, value) &&
            !patch_count(&f->live, p, strtol(value, NULL, 10)) &&
            !patch_found(&f->live, p, strtol(value, NULL, 10)))
            fail_msg("no such patch: %s", p);
    }
}
