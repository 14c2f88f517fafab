#include "planner/precondition.h"

#include <string.h>

#include "planner/precondition_judges.h"
#include "planner/state.h"

#define KIND(k)   (1u << ACTION_##k)
#define ALL_KINDS ((1u << ACTION_KIND_COUNT) - 1)
#define MUTATIONS (KIND(SCALE) | KIND(SHIFT))
#define BOTH_WAYS (1u << FORWARD | 1u << INVERSE)
#define GOING     (1u << FORWARD)
#define COMING    (1u << INVERSE)

const struct precondition preconditions[] = {
    {"account", BLOCK, ALL_KINDS, BOTH_WAYS, FACTS_SUBJECT, false, 0,
     "the deployment is in the plan file's AWS account",
     "check aws.account in the plan file, and which credentials are in use", judge_account},
    {"service-found", BLOCK, ALL_KINDS, BOTH_WAYS, FACT_SERVICES, false, 1,
     "both ECS services exist and are active",
     "check stage, cluster and source.service, target.service in the plan file",
     judge_service_found},
    {"groups-known", BLOCK, ALL_KINDS, BOTH_WAYS, FACTS_SUBJECT, false, 5,
     "both target groups exist, and no other group has weight in the default rule",
     "check source.target_group and target.target_group; take the weight off any other group",
     judge_groups_known},
    {"listener-found", BLOCK, ALL_KINDS, BOTH_WAYS, FACT_LOAD_BALANCER | FACT_LISTENERS, false, 8,
     "the load balancer has the listener whose default rule is to change",
     "set load_balancer, or listener.port to one of the candidates", judge_listener_found},
    {"service-feeds-group", BLOCK, ALL_KINDS, BOTH_WAYS, FACT_SERVICES | FACT_TARGET_GROUPS, true,
     2, "each service registers its tasks in its target group",
     "check that source and target name a service and its own target group",
     judge_service_feeds_group},
    {"routing-understood", BLOCK, KIND(SHIFT), BOTH_WAYS, FACT_LISTENERS, false, 9,
     "the default rule is a forward that can be sent back whole",
     "switchover changes weights of a forward action only: change this rule by hand",
     judge_routing_understood},
    {"mid-cutover", BLOCK, ALL_KINDS, GOING, FACT_LISTENERS, true, 0,
     "the target has no traffic before this cutover's first change",
     "if this cutover was begun by hand, allow mid-cutover: fallback then goes to 100 % source; if "
     "it was begun by switchover, give its state with --state; else put the weights back",
     judge_mid_cutover},
    {"capture-count", BLOCK, KIND(SCALE) | KIND(BASELINE) | KIND(SHIFT), GOING, FACT_SERVICES,
     false, 1, "the source service runs at least source.min_count tasks",
     "scale the capture proxy up and wait until it runs", judge_capture_count},
    {"capacity-parity", BLOCK, KIND(SHIFT), GOING, FACT_SERVICES, false, 2,
     "the target service is at least as large as the source service",
     "raise target.count or leave it out; then wait until the tasks run", judge_capacity_parity},
    {"targets-healthy", BLOCK, KIND(SHIFT), GOING, FACT_SERVICES | FACT_HEALTH_TARGET, false, 7,
     "every planned target is healthy",
     "see why the targets fail their health check; unused ones need their group in the listener, "
     "with weight 0",
     judge_targets_healthy},
    {"none-draining", BLOCK, KIND(SHIFT), GOING, FACT_HEALTH_TARGET, false, 7,
     "no target is draining",
     "wait until the draining targets are gone (deregistration delay, 300 s by default)",
     judge_none_draining},
    {"service-stable", BLOCK, MUTATIONS, GOING, FACT_SERVICES, false, 2,
     "neither service has a rollout in progress",
     "wait until the deployment has completed; a failed one needs a new deployment in ECS",
     judge_service_stable},
    {"connections", WARN, KIND(SHIFT), GOING, FACT_METRICS, false, 4,
     "clients open new connections often enough to follow the weights",
     "reused connections move late: be ready to restart long-lived clients", judge_connections},
    {"baseline-traffic", BLOCK, KIND(BASELINE), GOING, FACT_METRICS, true, 6,
     "the source had traffic to compare with",
     "check that clients use this listener; allow baseline-traffic to go on without",
     judge_baseline_traffic},
    {"stickiness", BLOCK, KIND(SHIFT), GOING, FACT_LISTENERS | FACT_GROUP_ATTRIBUTES, true, 10,
     "no stickiness keeps clients on their group whatever the weights say",
     "turn the listener's group stickiness off, or allow stickiness and say why it does not matter",
     judge_stickiness},
    {"other-rules", WARN, KIND(SHIFT), GOING, FACT_LISTENERS | FACT_RULES, false, 9,
     "no rule above the default takes requests past it",
     "requests that match these rules do not follow the weights", judge_other_rules},
    {"shared-target-group", WARN, KIND(SHIFT) | KIND(DRAIN), GOING, FACT_LISTENERS | FACT_RULES,
     false, 12, "no other listener forwards to these groups",
     "its traffic counts in the group's metrics and can keep the drain from ending",
     judge_shared_target_group},
    {"autoscaling", WARN, KIND(SCALE) | KIND(SHIFT), GOING, FACT_AUTOSCALING, false, 2,
     "no auto scaling changes the counts meanwhile",
     "check in ECS that no scaling policy is set on the two services", judge_autoscaling},
    {"slow-start", WARN, KIND(SHIFT), GOING, FACT_GROUP_ATTRIBUTES, false, 7,
     "targets take their full share at once",
     "with slow start new targets take their share only after that time", judge_slow_start},
    {"managed-listener", WARN, KIND(SHIFT), GOING, FACT_TAGS, false, 9,
     "no stack update can put the weights back",
     "the stack's next update may reset the weights: hold it back, or change its template too",
     judge_managed_listener},
    {"split-writes", WARN, KIND(SHIFT), GOING, 0, false, 10,
     "no step divides the writes between the clusters",
     "while a step is partial each write reaches one cluster only: be sure that clients can bear "
     "it, or shift all at once",
     judge_split_writes},
    {"replay-lag", BLOCK, KIND(SHIFT), GOING, FACT_METRICS, true, 0,
     "the replayer is at most 60 s behind", "wait until the replayer has caught up",
     judge_replay_lag},
    {"window", BLOCK, MUTATIONS, GOING, 0, false, 0, "the change is within the plan file's window",
     "apply within the window, or change it in review", judge_window},
    {"credentials-outlive", WARN, ALL_KINDS, GOING, 0, false, 0,
     "the credentials last as long as the plan can",
     "begin with new ones (sign in again, set new variables), or use a source that renews them by "
     "itself: else the run stops there, and the same command goes on with new ones",
     judge_credentials_outlive},
    {"state-survives", WARN, ALL_KINDS, GOING, 0, false, 0, "the state file outlives this machine",
     "keep the state where the fallback can find it", judge_state_survives},
    {"source-healthy", BLOCK, KIND(SHIFT), COMING, FACT_HEALTH_SOURCE, false, 0,
     "the source has at least one healthy target to go back to",
     "bring the source up first, or revert --force REASON", judge_source_healthy},
    {"attest:all-traffic-through-listener", WARN, KIND(SHIFT), GOING, 0, false, 0,
     "somebody attests that all client traffic goes through this listener",
     "set attest.all-traffic-through-listener in the plan file", judge_attest_traffic},
    {"attest:traffic-compatible", WARN, KIND(SHIFT), GOING, 0, false, 0,
     "somebody attests that client traffic is compatible with the target",
     "set attest.traffic-compatible in the plan file", judge_attest_compatible},
    {"drain-gap", WARN, KIND(DRAIN), GOING, FACT_METRICS, false, 12,
     "quiet_for is at least twice the longest quiet of the baseline",
     "raise drain.quiet_for: the source is this quiet on an ordinary day", judge_drain_gap},
};

const size_t precondition_count = sizeof preconditions / sizeof *preconditions;

static const struct precondition *find_in_table(const char *id)
{
    for (size_t i = 0; i < precondition_count; i++)
        if (strcmp(preconditions[i].id, id) == 0)
            return &preconditions[i];
    return NULL;
}

int precondition_waivable(const char *id)
{
    const struct precondition *row = find_in_table(id);
    return row ? row->waivable : -1;
}

/* ---- a row for each check ---- */

/* What it stands for is in the plan file, so the file's line is where to look. */
static const struct precondition *row_of_check(const struct planfile_check *check,
                                               struct arena *arena)
{
    static const char *const words[] = {
        [CHECK_HTTP] = "http", [CHECK_METRIC] = "metric", [CHECK_DOCUMENTS] = "documents"};
    struct precondition *row = arena_alloc(arena, sizeof *row);
    *row = (struct precondition){
        .id = arena_printf(arena, PLANFILE_CHECK_PREFIX "%s", check->name),
        .severity = BLOCK,
        .kinds = KIND(SHIFT),
        .directions = GOING,
        .waivable = true,
        .asks = arena_printf(arena, "the plan file's %s check on line %u passes",
                             words[check->kind], check->span.line),
        .mend = arena_printf(arena, "mend what it found, or allow \"%s%s\" and say why",
                             PLANFILE_CHECK_PREFIX, check->name),
        .judge = judge_check,
    };
    return row;
}

const struct precondition *precondition_find(const char *id, const struct planfile *file,
                                             struct arena *arena)
{
    const struct planfile_check *check = planfile_check_of(file, id);
    return check ? row_of_check(check, arena) : find_in_table(id);
}

/* The i-th row of the table and of the file's checks behind it; NULL: there are no more. */
static const struct precondition *row_at(size_t i, const struct planfile *file, struct arena *arena)
{
    if (i < precondition_count)
        return &preconditions[i];
    i -= precondition_count;
    return i < file->check_count ? row_of_check(&file->checks[i], arena) : NULL;
}

bool preconditions_include_checks(const struct plan *plan, const struct action *action)
{
    return plan->file.check_count && plan->direction == FORWARD && action->kind == ACTION_SHIFT;
}

/* ---- judging ---- */

const struct action *plan_find_action(const struct plan *plan, enum action_kind kind, enum arm arm)
{
    for (size_t i = 0; i < plan->action_count; i++)
        if (plan->actions[i].kind == kind && plan->actions[i].arm == arm)
            return &plan->actions[i];
    return NULL;
}

bool is_deferred_to(const struct judgement *in, enum action_kind kind, enum arm arm)
{
    return !in->action && plan_find_action(in->plan, kind, arm);
}

bool precondition_guards(const struct precondition *row, const struct plan *plan,
                         const struct action *action)
{
    if (!(row->kinds & 1u << action->kind) || !(row->directions & 1u << plan->direction))
        return false;
    if (row->judge == judge_split_writes)
        return action->target_permille < 1000;
    return true;
}

/* The first of the facts that the row needs and that nobody could read. */
static bool lacks_fact(const struct precondition *row, const struct judgement *in,
                       struct text *observed)
{
    unsigned lacking = row->facts & ~in->live->known;
    if (!lacking)
        return false;
    enum fact fact = (enum fact)(lacking & -lacking);
    const struct error *why = snapshot_why_unknown(in->live, fact);
    if (fact == FACT_AUTOSCALING)
        text_add(observed, "Application Auto Scaling is not asked in this version");
    else if (why && why->kind)
        text_add(observed, why->message);
    else
        text_addf(observed, "%s was not read", fact_name(fact));
    return true;
}

/* Weights that go back need no service: that ECS does not answer must not stop them. */
static bool can_do_without_services(const struct precondition *row, const struct judgement *in)
{
    return in->plan->direction == INVERSE && (row->facts & ~in->live->known) == FACT_SERVICES &&
           !is_service_needed(in, ARM_SOURCE) && !is_service_needed(in, ARM_TARGET);
}

struct standing precondition_judge(const struct precondition *row, const struct judgement *in)
{
    struct standing standing = {.row = row, .asks = row->asks, .mend = row->mend};
    struct judgement of_row = *in;
    struct text observed = {0};
    of_row.row = row;
    if (!lacks_fact(row, in, &observed))
        standing.verdict = row->judge(&of_row, &observed);
    else if (row->judge == judge_source_healthy)
        standing.verdict = unless_forced(in, VERDICT_UNKNOWN, &observed);
    else if (can_do_without_services(row, in))
        standing.verdict = VERDICT_WARNS;
    else
        standing.verdict = VERDICT_UNKNOWN;
    standing.observed = arena_strdup(in->arena, text_cstr(&observed));
    text_clear(&observed);
    if (row->waivable && standing_blocks(&standing))
        standing.waived = planfile_allowance(in->file, row->id);
    return standing;
}

void preconditions_judge_plan(struct plan *plan, const struct judgement *in)
{
    bool possible = plan_is_possible(plan);
    const struct precondition *row;
    for (size_t i = 0; (row = row_at(i, in->file, &plan->arena)); i++) {
        size_t *guards = NULL, guard_count = 0;
        for (size_t a = 0; a < plan->action_count; a++)
            if (precondition_guards(row, plan, &plan->actions[a])) {
                size_t *slot = arena_append(&plan->arena, &guards, &guard_count, sizeof *guards);
                *slot = a;
            }
        /* A plan that could not be made has no actions: then the rows that guard all say why, and
         * what the listener would have to be. */
        bool says_why = !possible && row->severity == BLOCK &&
                        (row->kinds == ALL_KINDS || row->judge == judge_routing_understood);
        if (!guard_count && !says_why)
            continue;
        struct standing *standing = arena_append(&plan->arena, &plan->standings,
                                                 &plan->standing_count, sizeof *plan->standings);
        *standing = precondition_judge(row, in);
        standing->guards = guards;
        standing->guard_count = guard_count;
    }
}

bool preconditions_block_action(struct standing *out, const struct judgement *in)
{
    const struct precondition *row;
    for (size_t i = 0; (row = row_at(i, in->file, in->arena)); i++) {
        if (row->severity != BLOCK || !precondition_guards(row, in->plan, in->action))
            continue;
        *out = precondition_judge(row, in);
        if (standing_blocks(out))
            return true;
    }
    return false;
}

unsigned preconditions_facts(const struct plan *plan, const struct action *action)
{
    unsigned facts = action_kinds[action->kind].facts;
    for (size_t i = 0; i < precondition_count; i++)
        if (preconditions[i].severity == BLOCK &&
            precondition_guards(&preconditions[i], plan, action))
            facts |= preconditions[i].facts;
    return facts;
}
