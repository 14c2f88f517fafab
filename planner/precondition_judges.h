/* The judges behind the table, by what they look at. Private to precondition*.c. */
#ifndef PLANNER_PRECONDITION_JUDGES_H
#define PLANNER_PRECONDITION_JUDGES_H

#include "planner/precondition.h"

typedef enum verdict judge_fn(const struct judgement *in, struct text *observed);

/* precondition_subject.c: is this the deployment, and can its listener be changed? */
judge_fn judge_account, judge_service_found, judge_groups_known, judge_listener_found,
    judge_service_feeds_group, judge_routing_understood, judge_mid_cutover, judge_stickiness,
    judge_other_rules, judge_shared_target_group, judge_managed_listener;

/* precondition_capacity.c: can the arms carry the traffic? */
judge_fn judge_capture_count, judge_capacity_parity, judge_targets_healthy, judge_none_draining,
    judge_service_stable, judge_slow_start, judge_autoscaling, judge_source_healthy;

/* revert --force REASON lifts what source-healthy says, also that nobody could read it. */
enum verdict unless_forced(const struct judgement *in, enum verdict verdict, struct text *observed);

/* precondition_traffic.c: what CloudWatch saw. */
judge_fn judge_connections, judge_baseline_traffic, judge_replay_lag, judge_drain_gap;

/* precondition_run.c: when, where and on whose word; what the plan file asks itself. */
judge_fn judge_window, judge_credentials_outlive, judge_state_survives, judge_split_writes,
    judge_attest_traffic, judge_attest_compatible, judge_check;

/* The plan's action of a kind and arm, or NULL. */
const struct action *plan_find_action(const struct plan *plan, enum action_kind kind, enum arm arm);
/* Whether the service of an arm has to be there: a way back that only sends weights needs none,
 * the target's least of all. */
bool is_service_needed(const struct judgement *in, enum arm arm);
/* Whether an earlier action of this plan will see to it: only while planning. */
bool is_deferred_to(const struct judgement *in, enum action_kind kind, enum arm arm);

#endif
