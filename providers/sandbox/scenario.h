/*
 * Scenario files: what a sandbox starts from and what happens to it, as YAML with the plan file's
 * reading rules (planner/yaml_tree.h) and diagnostics. Every key is optional but the first; the
 * rest is what setup_init() gives. Group and service keys are "source", "target", and for groups
 * "other", a third one that exists once something names it.
 *
 *     sandbox: 1
 *     stage: prod
 *     region: us-east-1
 *     account: "444455556666"
 *     seed: 7
 *     page: 3                                           # items an answer lists at most
 *     load_balancer: {name: NAME, missing: true, client_keep_alive: 1h, version: 2.1.0,
 *                     stack: NAME}                      # CloudFormation's tag
 *     services:
 *       source: {name: NAME, missing: true, desired: 2, running: 1, starting: 1,
 *                feeds: none, rollout: 5m}              # rollout: for-ever
 *     groups:
 *       source: {name: NAME, missing: true, draining: 1, deregistration_delay: 5m, slow_start: 30s,
 *                sticky: 1h, health_interval: 30s}
 *       other: {targets: 2}
 *     listeners:                                        # instead of the templates' three
 *       - {port: 9200, weights: {source: 1, target: 0, other: 3}, sticky: 10m, authenticate: true}
 *       - {port: 9201, forward: source, requests: 3, https: false}
 *       - {port: 80, redirect: true}
 *       - {port: 81, fixed_response: true}
 *     rules:
 *       - {port: 9200, priority: 10, path: "/_bulk*", forward: source, share: 25%}
 *     timing: {task_start_min: 20s, task_start_max: 40s, registration: 5s, routing_delay: 2s}
 *     metrics: {delay: 1m, settle: 2m, missing: [target, load_balancer], withheld: [RequestCount]}
 *     conditions:
 *       requests: 20                                    # a second, through the first listener
 *       noise: 5%
 *       bursts: 10%                                     # of the minutes: every group answers
 *       burst_errors: 0.5%                              # so many more 5XX in them
 *       cookie_clients: 50%
 *       stuck_on_source: 10%
 *       reusing_clients: 30%                            # go on where their connection was opened
 *       reused_for: 10m                                 # until the last of these is closed
 *       connections: 40
 *       requests_per_connection: 10
 *       replay_lag: 1500ms                              # or none
 *       direct: [{port: 9201, requests: 3}]             # instead of those listeners' own
 *       metrics: {late: 5m, silent: [source], percentiles: none}  # of the minutes from here on
 *       target: {redirects: 1%, client_errors: 1%, errors: 2%, rejected: 3%, p50: 12ms, p99: 90ms,
 *                unhealthy: 1, stuck_initial: all, failing_starts: 2,
 *                stopped_reason: TEXT, container_reason: TEXT,
 *                cluster: yellow, documents: 99000}     # what clusters.h answers
 *     changes:                                          # from an instant on, what differs
 *       - {after: 10m, conditions: {target: {errors: 10%}}}
 *       - {when: {target_share: 25}, after: 2m, conditions: {target: {errors: 0%}}}
 *     throttling: {burst: 40, rate: 10, others: 5, left: 0}   # of ELBv2's Describe*, real seconds
 *     faults:
 *       - {operation: DescribeServices, answer: throttling, times: 2, skip: 1}
 *       - {operation: ModifyListener, answer: delay, delay: 2s}
 *       - {operation: "*", answer: expired, times: all, when: {target_share: 25}, after: 3m}
 *
 * `answer` is one of fault_kind_names; `operation` "*" is any; `times` and counts may be "all".
 * `rejected` requests get a 503 of the load balancer's own and are in no count of the group's.
 *
 * `when` is the moment at which the target has so much of the first listener's weight (percent, as
 * in a plan file's steps); `after` counts from there, without `when` from the sandbox's start.
 * Changes come one behind the other, as they stand: a later one's `when` is looked at once the one
 * before it has come.
 *
 * Percentiles that are "none" have no data; "refused" answers the whole call with an error.
 */
#ifndef PROVIDERS_SANDBOX_SCENARIO_H
#define PROVIDERS_SANDBOX_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>

#include "planner/base/arena.h"
#include "planner/base/diagnostics.h"
#include "planner/base/error.h"
#include "providers/sandbox/world_setup.h"

/*
 * Reads a file's bytes into a setup whose texts live in `arena`. Everything that is wrong goes into
 * `list` (with list->file set by the caller), sorted by place; false when there is an error.
 */
must_use bool scenario_read(struct world_setup *out, struct arena *arena, const char *bytes,
                            size_t n, struct diagnostics *list);

#endif
