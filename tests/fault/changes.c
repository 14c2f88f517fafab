#include "tests/fault/changes.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* ---- the bases ---- */

static const char plain[] = "switchover: 1\nstage: sandbox\nbaseline: 5m\nlistener: {port: 9200}\n"
                            "gates: {min_requests: 1}\n"
                            "traffic: {steps: [{target: 10, hold: 6m}, {target: 100, hold: 0s}]}\n"
                            "drain: {quiet_for: 1m, timeout: 1h}\n";
static const char rich[] = "switchover: 1\nstage: sandbox\nbaseline: 5m\nlistener: {port: 9200}\n"
                           "gates: {min_requests: 1}\n"
                           "traffic: {steps: [{target: 10, hold: 6m}, {target: 100, hold: 0s}]}\n"
                           "drain: {quiet_for: 1m, timeout: 1h}\n"
                           "allow: {stickiness: no client keeps cookies}\n";

#define GROUP  "ForwardConfig.TargetGroups.member."
#define STICKY "ForwardConfig.TargetGroupStickinessConfig."
#define LOGIN  "AuthenticateCognitoConfig."

static void give_it_all(struct sim *sim)
{
    const struct world_group *groups = sim->world->groups;
    const struct routing_member members[] = {
        {"member.1.Type", "authenticate-cognito"},
        {"member.1.Order", "1"},
        {"member.1." LOGIN "UserPoolArn", "arn:aws:cognito-idp:us-east-1:111122223333:userpool/a"},
        {"member.1." LOGIN "UserPoolClientId", "client"},
        {"member.1." LOGIN "UserPoolDomain", "domain"},
        {"member.2.Type", "forward"},
        {"member.2.Order", "2"},
        {"member.2." GROUP "1.TargetGroupArn", groups[ARM_SOURCE].arn},
        {"member.2." GROUP "1.Weight", "1"},
        {"member.2." GROUP "2.TargetGroupArn", groups[ARM_TARGET].arn},
        {"member.2." GROUP "2.Weight", "0"},
        {"member.2." GROUP "3.TargetGroupArn", groups[WORLD_GROUP_OTHER].arn},
        {"member.2." GROUP "3.Weight", "0"},
        {"member.2." STICKY "Enabled", "true"},
        {"member.2." STICKY "DurationSeconds", "600"},
    };
    struct refusal why;
    bool set = world_set_routing(sim->world, sim->world->listeners[0].arn, members,
                                 sizeof members / sizeof *members, &why);
    assert(set);
    (void)set;
}

void base_begin(struct rehearsal *r, enum base base)
{
    struct listener_setup listener = {.port = 9200, .https = true, .weights = {1, 0, 0}};
    r->setup.history_ms = 6 * 60000;
    r->setup.conditions.requests_per_second = 2;
    r->setup.conditions.cookie_clients = 0;
    r->setup.groups[WORLD_GROUP_OTHER].exists = true;
    if (base == RICH) {
        r->setup.services[ARM_TARGET].desired = 2;
        r->setup.listeners = &listener;
        r->setup.listener_count = 1;
    }
    rehearsal_begin(r, base == RICH ? rich : plain);
    if (base == RICH) {
        give_it_all(&r->sim);
        r->origin = sim_routing(&r->sim, &r->arena);
    }
}

/* ---- edits of the list as AWS answers it, also such as this model would not take ---- */

static struct world_actions *actions_of(struct sim *sim)
{
    return &sim->world->listeners[0].actions;
}

static int forward_of(struct sim *sim)
{
    struct routing now = {0};
    struct arena arena = {0};
    now = sim_routing(sim, &arena);
    int forward = (int)now.forward_action;
    arena_clear(&arena);
    return forward;
}

static struct routing_member *find(struct world_actions *actions, const char *path)
{
    for (size_t i = 0; i < actions->member_count; i++)
        if (strcmp(actions->members[i].path, path) == 0)
            return &actions->members[i];
    return NULL;
}

static void put(struct world_actions *actions, const char *path, const char *value)
{
    struct routing_member *member = find(actions, path);
    if (!member) {
        member = arena_append(&actions->arena, &actions->members, &actions->member_count,
                              sizeof *actions->members);
        member->path = arena_strdup(&actions->arena, path);
    }
    member->value = arena_strdup(&actions->arena, value);
}

/* A field of the forward action. */
static void put_forward(struct sim *sim, const char *field, const char *value)
{
    struct world_actions *actions = actions_of(sim);
    put(actions, arena_printf(&actions->arena, "member.%d.%s", forward_of(sim), field), value);
}

static void drop(struct sim *sim, const char *prefix)
{
    struct world_actions *actions = actions_of(sim);
    size_t kept = 0;
    for (size_t i = 0; i < actions->member_count; i++)
        if (!text_starts(actions->members[i].path, prefix))
            actions->members[kept++] = actions->members[i];
    actions->member_count = kept;
}

/* The place of a group in the list, from 1; 0: it is not in it. */
static int place_of(struct sim *sim, int group)
{
    struct arena arena = {0};
    struct routing now = sim_routing(sim, &arena);
    int place = 0;
    for (size_t i = 0; i < now.share_count; i++)
        if (text_same(now.shares[i].target_group, sim->world->groups[group].arn))
            place = (int)i + 1;
    arena_clear(&arena);
    return place;
}

static int weight_of(struct sim *sim, int group)
{
    struct arena arena = {0};
    struct routing now = sim_routing(sim, &arena);
    int weight = routing_weight(&now, sim->world->groups[group].arn);
    arena_clear(&arena);
    return weight;
}

static void weigh(struct sim *sim, int group, int weight)
{
    struct world_actions *actions = actions_of(sim);
    int place = place_of(sim, group);
    if (!place) { /* the only group has no weight in some shapes; all bases have at least two */
        struct arena arena = {0};
        place = (int)sim_routing(sim, &arena).share_count + 1;
        arena_clear(&arena);
        put_forward(sim, arena_printf(&actions->arena, GROUP "%d.TargetGroupArn", place),
                    sim->world->groups[group].arn);
    }
    put_forward(sim, arena_printf(&actions->arena, GROUP "%d.Weight", place),
                arena_printf(&actions->arena, "%d", weight));
    for (size_t i = 0; i < actions->group_count; i++) /* the traffic follows */
        if (actions->groups[i] == group)
            actions->weights[i] = weight;
}

/* ---- what somebody does ---- */

static void other_weights(struct sim *sim)
{
    weigh(sim, ARM_SOURCE, 3);
    weigh(sim, ARM_TARGET, 1);
}

static void other_numbers(struct sim *sim)
{
    int source = weight_of(sim, ARM_SOURCE), target = weight_of(sim, ARM_TARGET);
    bool large = source >= 100 || target >= 100;
    weigh(sim, ARM_SOURCE, large ? source / 100 : source * 100);
    weigh(sim, ARM_TARGET, large ? target / 100 : target * 100);
}

static void next_shift(struct sim *sim)
{
    bool first = weight_of(sim, ARM_TARGET) == 0;
    weigh(sim, ARM_SOURCE, first ? 900 : 0);
    weigh(sim, ARM_TARGET, first ? 100 : 1);
}

static void no_weights(struct sim *sim)
{
    weigh(sim, ARM_SOURCE, 0);
    weigh(sim, ARM_TARGET, 0);
}

static void third_group(struct sim *sim)
{
    weigh(sim, WORLD_GROUP_OTHER, 1);
}

static void idle_third_group(struct sim *sim)
{
    weigh(sim, WORLD_GROUP_OTHER, 0);
}

static void third_group_out(struct sim *sim)
{
    struct world_actions *actions = actions_of(sim);
    drop(sim, arena_printf(&actions->arena, "member.%d." GROUP "%d.", forward_of(sim),
                           place_of(sim, WORLD_GROUP_OTHER)));
}

/* The first two tuples change places. */
static void other_order(struct sim *sim)
{
    const char *groups[] = {sim->world->groups[ARM_TARGET].arn, sim->world->groups[ARM_SOURCE].arn};
    int weights[] = {weight_of(sim, ARM_TARGET), weight_of(sim, ARM_SOURCE)};
    bool reversed = place_of(sim, ARM_TARGET) == 1;
    struct arena *arena = &actions_of(sim)->arena;
    for (int i = 0; i < 2; i++) {
        int from = reversed ? 1 - i : i;
        put_forward(sim, arena_printf(arena, GROUP "%d.TargetGroupArn", i + 1), groups[from]);
        put_forward(sim, arena_printf(arena, GROUP "%d.Weight", i + 1),
                    arena_printf(arena, "%d", weights[from]));
    }
}

/* Where all traffic goes to one arm: the other one's group out of the list. */
static void idle_arm_out(struct sim *sim)
{
    int arm = weight_of(sim, ARM_TARGET) == 0 ? ARM_TARGET : ARM_SOURCE;
    struct arena *arena = &actions_of(sim)->arena;
    const char *left = sim->world->groups[1 - arm].arn;
    if (weight_of(sim, arm) != 0)
        return;
    drop(sim, arena_printf(arena, "member.%d.ForwardConfig.TargetGroups.", forward_of(sim)));
    put_forward(sim, GROUP "1.TargetGroupArn", left);
    put_forward(sim, GROUP "1.Weight", "1");
    put_forward(sim, "TargetGroupArn", left);
}

static void stickiness_on(struct sim *sim)
{
    put_forward(sim, STICKY "Enabled", "true");
    put_forward(sim, STICKY "DurationSeconds", "600");
}

static void stickiness_off(struct sim *sim)
{
    put_forward(sim, STICKY "Enabled", "false");
}

static void sticky_for_longer(struct sim *sim)
{
    put_forward(sim, STICKY "DurationSeconds", "3600");
}

static void unknown_member(struct sim *sim)
{
    put_forward(sim, "ForwardConfig.Mirroring", "on");
}

static void unknown_stickiness(struct sim *sim)
{
    put_forward(sim, STICKY "Scope", "client");
}

static void unknown_share(struct sim *sim)
{
    put_forward(sim, GROUP "1.Zone", "a");
}

static void forward_order(struct sim *sim)
{
    put_forward(sim, "Order", "40");
}

static void redirect(struct sim *sim)
{
    drop(sim, "member.");
    put(actions_of(sim), "member.1.Type", "redirect");
    put(actions_of(sim), "member.1.RedirectConfig.StatusCode", "HTTP_301");
}

static void login(struct sim *sim)
{
    struct world_actions *actions = actions_of(sim);
    for (size_t i = 0; i < actions->member_count; i++)
        actions->members[i].path = arena_printf(&actions->arena, "member.2.%s",
                                                actions->members[i].path + strlen("member.1."));
    put(actions, "member.2.Order", "2");
    put(actions, "member.1.Type", "authenticate-cognito");
    put(actions, "member.1.Order", "1");
    put(actions, "member.1." LOGIN "UserPoolClientId", "client");
}

static void login_out(struct sim *sim)
{
    struct world_actions *actions = actions_of(sim);
    drop(sim, "member.1.");
    for (size_t i = 0; i < actions->member_count; i++)
        actions->members[i].path = arena_printf(&actions->arena, "member.1.%s",
                                                actions->members[i].path + strlen("member.2."));
}

static void other_login(struct sim *sim)
{
    put(actions_of(sim), "member.1." LOGIN "UserPoolDomain", "another");
}

static void another_port(struct sim *sim)
{
    sim->world->listeners[0].port = 9300;
}

/* Made anew under the same name. */
static const char *new_arn(struct sim *sim, const char *arn)
{
    return arena_printf(&sim->world->arena, "%.*s0123456789abcdef", (int)(strlen(arn) - 16), arn);
}

static void another_listener(struct sim *sim)
{
    sim->world->listeners[0].arn = new_arn(sim, sim->world->listeners[0].arn);
}

/* Its listeners are others then, too. */
static void another_load_balancer(struct sim *sim)
{
    sim->world->load_balancer.arn = new_arn(sim, sim->world->load_balancer.arn);
    another_listener(sim);
}

/* AWS deletes no group that a listener names: the new one stands in the list in its place. */
static void replace_group(struct sim *sim, int arm)
{
    struct world_group *group = &sim->world->groups[arm];
    int place = place_of(sim, arm);
    group->arn = new_arn(sim, group->arn);
    put_forward(sim, arena_printf(&actions_of(sim)->arena, GROUP "%d.TargetGroupArn", place),
                group->arn);
}

static void another_target_group(struct sim *sim)
{
    replace_group(sim, ARM_TARGET);
}

static void another_source_group(struct sim *sim)
{
    replace_group(sim, ARM_SOURCE);
}

static void source_up(struct sim *sim)
{
    sim_set_desired(sim, ARM_SOURCE, 3);
}

static void source_down(struct sim *sim)
{
    sim_set_desired(sim, ARM_SOURCE, 1);
}

static void target_to_one(struct sim *sim)
{
    sim_set_desired(sim, ARM_TARGET, 1);
}

static void target_to_five(struct sim *sim)
{
    sim_set_desired(sim, ARM_TARGET, 5);
}

static void no_source_service(struct sim *sim)
{
    sim->world->services[ARM_SOURCE].found = false;
}

static void no_target_service(struct sim *sim)
{
    sim->world->services[ARM_TARGET].found = false;
}

static void target_feeds_nothing(struct sim *sim)
{
    sim->world->services[ARM_TARGET].group = -1;
}

/* ---- the table ---- */

#define BOTH (PLAIN | RICH)

static const char all_of_it[] = "ModifyListener replaces the whole list: what we would overwrite "
                                "must be what we recorded";
static const char ratios[] = "weights are ratios, groups a set (DESIGN, section 3)";
static const char counts[] = "a recorded count; a plan made anew has been reviewed with it";

const struct change changes[] = {
    /* the default action: shares */
    {"other weights", BOTH, other_weights, ROUTING, REFUSED, REFUSED, REFUSED, GOES_ON,
     "somebody else moves the traffic"},
    {"other numbers", BOTH, other_numbers, ROUTING, GOES_ON, GOES_ON, GOES_ON, GOES_ON, ratios},
    {"groups in another order", BOTH, other_order, ROUTING, GOES_ON, GOES_ON, GOES_ON, GOES_ON,
     ratios},
    {"the next shift", BOTH, next_shift, ROUTING, TAKEN, TAKEN, REFUSED, GOES_ON,
     "already as wanted is done (DESIGN, section 5)"},
    {"no weights", BOTH, no_weights, ROUTING, REFUSED, REFUSED, NO_PLAN, GOES_ON,
     "all weights zero is no routing"},
    {"a third group", BOTH, third_group, ROUTING, REFUSED, REFUSED, REFUSED, STOPS,
     "a fallback goes back from known groups only"},
    {"an idle third group", PLAIN, idle_third_group, ROUTING, REFUSED, REFUSED, REFUSED, GOES_ON,
     all_of_it},
    {"the idle third group out", RICH, third_group_out, ROUTING, REFUSED, REFUSED, REFUSED, GOES_ON,
     all_of_it},
    {"the idle arm out", PLAIN, idle_arm_out, ROUTING, GOES_ON, GOES_ON, GOES_ON, GOES_ON,
     "every list that is sent names both arms"},
    {"an unknown property of a share", BOTH, unknown_share, ROUTING, REFUSED, REFUSED, NO_PLAN,
     GOES_ON, all_of_it},
    /* the default action: all else */
    {"stickiness on", PLAIN, stickiness_on, ROUTING, REFUSED, REFUSED, REFUSED, GOES_ON, all_of_it},
    {"stickiness off", RICH, stickiness_off, ROUTING, REFUSED, REFUSED, REFUSED, GOES_ON,
     all_of_it},
    {"another duration", BOTH, sticky_for_longer, ROUTING, REFUSED, REFUSED, REFUSED, GOES_ON,
     all_of_it},
    {"an unknown property", BOTH, unknown_member, ROUTING, REFUSED, REFUSED, REFUSED, GOES_ON,
     all_of_it},
    {"an unknown property of stickiness", BOTH, unknown_stickiness, ROUTING, REFUSED, REFUSED,
     REFUSED, GOES_ON, all_of_it},
    {"the forward's order", BOTH, forward_order, ROUTING, GOES_ON, GOES_ON, GOES_ON, GOES_ON,
     "it stays the last action, whatever its number"},
    {"a redirect", BOTH, redirect, ROUTING, REFUSED, REFUSED, NO_PLAN, STOPS,
     "a fallback replaces weights, and nobody's redirect"},
    {"a login", PLAIN, login, ROUTING, REFUSED, REFUSED, REFUSED, GOES_ON, all_of_it},
    {"the login out", RICH, login_out, ROUTING, REFUSED, REFUSED, REFUSED, GOES_ON, all_of_it},
    {"another login", RICH, other_login, ROUTING, REFUSED, REFUSED, REFUSED, GOES_ON, all_of_it},
    /* the resources */
    {"another listener", BOTH, another_listener, LISTENER, REFUSED, REFUSED, REFUSED, STOPS,
     "no request by the recorded ARN reaches it"},
    {"another port", BOTH, another_port, LISTENER, REFUSED, REFUSED, NO_PLAN, STOPS,
     "the clients' port is the recorded one"},
    {"another load balancer", BOTH, another_load_balancer, LISTENER, REFUSED, REFUSED, REFUSED,
     STOPS, "the same: its listeners are others, too"},
    {"another source group", BOTH, another_source_group, ROUTING, REFUSED, REFUSED, REFUSED, STOPS,
     "the origin's group is none that the list could name"},
    {"another target group", BOTH, another_target_group, ROUTING, REFUSED, REFUSED, REFUSED, STOPS,
     "the list names a group that no record knows, or no longer one that they do"},
    /* the services */
    {"source up", BOTH, source_up, SOURCE_SERVICE, REFUSED, REFUSED, GOES_ON, GOES_ON, counts},
    {"source down", BOTH, source_down, SOURCE_SERVICE, REFUSED, REFUSED, BLOCKED, GOES_ON,
     "below source.min_count (capture-count)"},
    {"target to one", BOTH, target_to_one, TARGET_SERVICE, REFUSED, REFUSED, GOES_ON, GOES_ON,
     "a plan made anew scales it up again"},
    {"target to five, of a plan that scales", PLAIN, target_to_five, TARGET_SERVICE, GROWS, GROWS,
     GROWS, GOES_ON, "more than is wanted is never wrong, and never taken back"},
    {"target to five, of a plan that does not", RICH, target_to_five, TARGET_SERVICE, REFUSED,
     GROWS, GROWS, GOES_ON,
     "a recorded count; but capacity that is added under way stops nobody between two weights"},
    {"no source service", BOTH, no_source_service, SOURCE_SERVICE, REFUSED, REFUSED, REFUSED,
     GOES_ON, "a fallback of weights needs no service"},
    {"no target service", BOTH, no_target_service, TARGET_SERVICE, REFUSED, REFUSED, REFUSED,
     GOES_ON, "the same"},
    {"a service without its group", BOTH, target_feeds_nothing, TARGET_SERVICE, BLOCKED, BLOCKED,
     BLOCKED, GOES_ON, "service-feeds-group"},
};

const size_t change_count = sizeof changes / sizeof *changes;
