#include "tests/planner/make.h"

#include <assert.h>
#include <string.h>

#include "planner/base/memory.h"
#include "planner/base/text.h"
#include "planner/base/time.h"
#include "planner/inverse.h"
#include "planner/precondition.h"

struct list {
    struct arena *arena;
    struct routing_member *items;
    size_t count, groups;
    const char *action; /* "member.1." */
};

static void add(struct list *list, const char *path, const char *value)
{
    struct routing_member *member =
        arena_append(list->arena, &list->items, &list->count, sizeof *list->items);
    *member = (struct routing_member){arena_printf(list->arena, "%s%s", list->action, path), value};
}

static void begin_forward(struct list *list)
{
    add(list, "Type", "forward");
    add(list, "Order", text_same(list->action, "member.1.") ? "1" : "2");
}

enum shape { WEIGHTED, SINGLE, PLAIN };

static void add_group(struct list *list, const char *word, enum shape shape)
{
    const char *arn = *word == 'S' ? MAKE_SOURCE : *word == 'T' ? MAKE_TARGET : MAKE_OTHER;
    const char *path =
        arena_printf(list->arena, "ForwardConfig.TargetGroups.member.%zu.", ++list->groups);
    if (list->groups == 1)
        begin_forward(list);
    if (shape != WEIGHTED)
        add(list, "TargetGroupArn", arn);
    if (shape == PLAIN)
        return;
    add(list, arena_printf(list->arena, "%sTargetGroupArn", path), arn);
    add(list, arena_printf(list->arena, "%sWeight", path), word[1] ? word + 1 : "1");
}

static void add_login(struct list *list)
{
    add(list, "Type", "authenticate-oidc");
    add(list, "AuthenticateOidcConfig.ClientId", "client");
    add(list, "Order", "1");
    list->action = "member.2.";
}

static void add_redirect(struct list *list)
{
    add(list, "Type", "redirect");
    add(list, "RedirectConfig.StatusCode", "HTTP_301");
}

static void add_stickiness(struct list *list, bool on, const char *seconds)
{
    add(list, "ForwardConfig.TargetGroupStickinessConfig.Enabled", on ? "true" : "false");
    if (seconds)
        add(list, "ForwardConfig.TargetGroupStickinessConfig.DurationSeconds", seconds);
}

struct routing make_routing(struct arena *arena, const char *words)
{
    struct list list = {.arena = arena, .action = "member.1."};
    struct routing out;
    char *copy = arena_strdup(arena, words), *rest;
    const char *sticky_seconds = NULL;
    enum shape shape = WEIGHTED;
    bool sticky = false;
    for (char *word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        if (text_same(word, "single"))
            shape = SINGLE;
        else if (text_same(word, "plain"))
            shape = PLAIN;
        else if (text_starts(word, "sticky="))
            sticky = true, sticky_seconds = word + strlen("sticky=");
        else if (text_starts(word, "off="))
            sticky_seconds = word + strlen("off=");
        else if (text_same(word, "redirect"))
            add_redirect(&list);
        else if (text_same(word, "oidc"))
            add_login(&list);
        else
            add_group(&list, word, shape);
    }
    if (list.groups && shape != PLAIN)
        add_stickiness(&list, sticky, sticky_seconds);
    routing_interpret(&out, arena, list.items, list.count);
    return out;
}

void make_subject(struct subject *out)
{
    *out = (struct subject){
        .region = "us-east-1",
        .account = "111122223333",
        .stage = "prod",
        .cluster = "migration-prod-ecs-cluster",
        .cluster_arn = "arn:aws:ecs:us-east-1:111122223333:cluster/migration-prod-ecs-cluster",
        .load_balancer = "MigrationAssistant-prod",
        .load_balancer_arn = MAKE_ARN "loadbalancer/app/MigrationAssistant-prod/dddd",
        .listener_port = 9200,
        .listener_arn = MAKE_ARN "listener/app/MigrationAssistant-prod/dddd/eeee",
        .arms =
            {
                [ARM_SOURCE] = {"migration-prod-capture-proxy",
                                "arn:aws:ecs:us-east-1:111122223333:service/c/source",
                                "ALBSourceProxy-prod-TG", MAKE_SOURCE},
                [ARM_TARGET] = {"migration-prod-target-cluster-proxy",
                                "arn:aws:ecs:us-east-1:111122223333:service/c/target",
                                "ALBTargetProxy-prod-TG", MAKE_TARGET},
            },
    };
}

static void read_planfile(struct planfile *out)
{
    static const char yaml[] = "switchover: 1\nstage: prod\n";
    struct arena arena = {0};
    struct diagnostics list = {.arena = &arena};
    bool read =
        planfile_read(out, "prod.yaml", yaml, sizeof yaml - 1, precondition_waivable, &list);
    assert(read);
    (void)read;
    arena_clear(&arena);
}

struct plan *make_plan(void)
{
    struct plan *plan = memory_new(sizeof *plan);
    struct subject subject;
    plan->direction = FORWARD;
    plan->requests_a_minute = -1;
    read_planfile(&plan->file);
    make_subject(&subject);
    subject_copy(&plan->subject, &plan->arena, &subject);
    plan->provenance.why_not = "not in a git repository";
    plan->live.routing = make_routing(&plan->arena, "S1 T0");
    plan->live.desired[ARM_SOURCE] = 2;
    plan->live.taken_at = 1000;
    plan->origin.routing = make_routing(&plan->arena, "S1 T0");
    plan->origin.desired[ARM_SOURCE] = 2;
    plan->origin.taken_at = 1000;

    struct action *scale = plan_add_action(plan, ACTION_SCALE, ARM_TARGET, "scale[target]");
    scale->after.count = 2;
    scale->timeout_ms = 10 * MINUTE_MS;
    struct action *shift = plan_add_action(plan, ACTION_SHIFT, ARM_TARGET, "shift[100%]");
    shift->before.routing = make_routing(&plan->arena, "S1 T0");
    shift->after.routing = make_routing(&plan->arena, "S0 T1");
    shift->target_permille = 1000;
    struct action *hold = plan_add_action(plan, ACTION_HOLD, ARM_TARGET, "hold[100%]");
    hold->duration_ms = 10 * MINUTE_MS;
    hold->target_permille = 1000;
    inverse_attach(plan);
    return plan;
}
