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
};

static void add(struct list *list, const char *path, const char *value)
{
    struct routing_member *member =
        arena_append(list->arena, &list->items, &list->count, sizeof *list->items);
    *member = (struct routing_member){path, value};
}

static void add_group(struct list *list, const char *word, bool single)
{
    const char *arn = *word == 'S' ? MAKE_SOURCE : *word == 'T' ? MAKE_TARGET : MAKE_OTHER;
    const char *path = arena_printf(list->arena, "member.1.ForwardConfig.TargetGroups.member.%zu.",
                                    ++list->groups);
    if (single)
        add(list, "member.1.TargetGroupArn", arn);
    add(list, arena_printf(list->arena, "%sTargetGroupArn", path), arn);
    if (word[1])
        add(list, arena_printf(list->arena, "%sWeight", path), word + 1);
}

struct routing make_routing(struct arena *arena, const char *words)
{
    struct list list = {.arena = arena};
    struct routing out;
    char *copy = arena_strdup(arena, words), *rest;
    bool single = false, sticky = false;
    add(&list, "member.1.Type", strstr(words, "redirect") ? "redirect" : "forward");
    for (char *word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        if (strcmp(word, "single") == 0)
            single = true;
        else if (strcmp(word, "sticky") == 0)
            sticky = true;
        else if (strcmp(word, "redirect") == 0)
            add(&list, "member.1.RedirectConfig.StatusCode", "HTTP_301");
        else
            add_group(&list, word, single);
    }
    if (list.groups)
        add(&list, "member.1.ForwardConfig.TargetGroupStickinessConfig.Enabled",
            sticky ? "true" : "false");
    if (sticky)
        add(&list, "member.1.ForwardConfig.TargetGroupStickinessConfig.DurationSeconds", "600");
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
