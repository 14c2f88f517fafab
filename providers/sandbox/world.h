/*
 * One simulated Migration Assistant deployment (FACTS: "What Migration Assistant deploys"): two ECS
 * services behind one load balancer, its traffic and its metrics. A pure model: no clock, no
 * input, no output; the same setup, the same calls at the same instants give the same world. The
 * sandbox puts wire protocols in front of it, the tests' simulation reads it directly.
 *
 * Time advances in whole seconds of the world's own clock and never backwards. Some history
 * lies before time zero (setup.epoch_at, setup.history_ms).
 *
 * All structs here are open to read; what changes them are the functions at the end. Instants are
 * milliseconds since 1970 UTC. Pointers into a world hold until the next call that changes it.
 *
 * Known simplifications: requests are shorter than a second, so a minute's responses belong to its
 * requests; ECS does not replace tasks that fail the load balancer's health checks.
 */
#ifndef PROVIDERS_SANDBOX_WORLD_H
#define PROVIDERS_SANDBOX_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "planner/base/arena.h"
#include "planner/routing.h"
#include "planner/snapshot.h"
#include "planner/subject.h"
#include "providers/sandbox/world_setup.h"

enum {
    WORLD_EVENTS_MAX = 100,  /* DescribeServices keeps so many */
    WORLD_DESIRED_MAX = 500, /* of this model; AWS has more */
};

/* ---- ECS ---- */

enum task_phase { TASK_PENDING, TASK_RUNNING, TASK_DEACTIVATING, TASK_STOPPED };
const char *task_phase_name(enum task_phase phase); /* ECS's lastStatus */

struct world_task {
    char id[33];
    char ip[16];
    int zone; /* 0: a, 1: b */
    enum task_phase phase;
    bool of_old_rollout;
    bool doomed;                     /* will stop instead of starting */
    int64_t created_at, started_at;  /* started_at is 0 until it runs */
    int64_t due_at;                  /* when the phase ends by itself; 0: it does not */
    int64_t stopping_at, stopped_at; /* 0: not yet */
    char stopped_reason[192];        /* "" until it stops */
    char container_reason[192];      /* of its one container; "" where there is none */
    int64_t registered_at;           /* with the target group; 0: not yet */
};

struct world_event {
    char id[37];
    int64_t at;
    char message[384];
};

struct world_rollout { /* an ECS deployment */
    char id[40];
    const char *status;        /* PRIMARY, ACTIVE */
    const char *rollout_state; /* COMPLETED, IN_PROGRESS */
    int64_t desired, running, pending, failed;
    int64_t created_at, updated_at;
};

struct world_service {
    bool found; /* false: AWS does not know it */
    const char *name;
    const char *arn;
    int group; /* index into groups that its loadBalancers name; -1: none */
    int64_t created_at;
    int64_t desired, running, pending;
    struct world_rollout rollouts[2]; /* the primary first */
    size_t rollout_count;
    struct world_task *tasks; /* oldest first; a stopped one stays for an hour */
    size_t task_count;
    struct world_event events[WORLD_EVENTS_MAX]; /* newest first */
    size_t event_count;

    bool steady;            /* the event that says so was written */
    unsigned failures;      /* starts that failed in a row: ECS then waits longer */
    int64_t next_start_at;  /* that wait */
    int64_t rollout_due_at; /* when the rollout in progress ends; 0: none, or never */
};

/* ---- ELBv2 ---- */

struct world_target {
    char ip[16];
    int port;
    int zone;
    enum health_state state;
    const char *reason;      /* "Elb.RegistrationInProgress"; NULL: none */
    const char *description; /* NULL: none */
    int64_t registered_at;
    int64_t next_check_at;
    unsigned passed, failed; /* checks in a row */
    int64_t drains_until_at; /* of a draining one */
};

struct world_group {
    bool exists;
    const char *name; /* 32 characters at most */
    const char *arn;
    struct group_attributes attributes;
    struct world_target *targets;
    size_t target_count;
};

struct world_actions { /* an action list, as this model reads it */
    struct arena arena;
    struct routing_member *members; /* as DescribeListeners flattens it: "member.1.Type" */
    size_t member_count;
    bool forwards; /* the last action is a forward */
    int groups[WORLD_GROUP_COUNT];
    int weights[WORLD_GROUP_COUNT]; /* by place in the list */
    size_t group_count;
    bool sticky;
    int64_t sticky_seconds;
};

struct world_rule {
    const char *arn;
    const struct rule_setup *setup;
    struct world_actions actions;
};

struct world_listener {
    const char *arn;
    int port;
    bool https;
    double direct_rps; /* its own traffic, beside the clients' */
    struct world_actions actions;
    struct world_actions previous; /* serves until previous_until_at, and sticky clients longer */
    int64_t changed_at, previous_until_at; /* 0: never changed */
    const char *default_rule_arn;
    struct world_rule *rules;
    size_t rule_count;
};

struct world_load_balancer {
    bool exists;
    const char *name;
    const char *arn;
    const char *dns_name;
    int64_t created_at;
    int64_t client_keep_alive_s;
};

/* ---- all of it ---- */

struct world_minutes; /* metrics; world_metric() reads them */

struct world {
    const struct world_setup *setup; /* a copy of what world_new was given */
    struct conditions conditions;    /* in force now */
    int64_t now_at;
    const char *cluster_arn;
    struct world_service services[ARM_COUNT];
    struct world_load_balancer load_balancer;
    struct world_group groups[WORLD_GROUP_COUNT];
    struct world_listener *listeners;
    size_t listener_count;

    struct world_minutes *minutes;
    struct arena arena;
    uint64_t random;   /* state of the generator */
    uint64_t serial;   /* of ids */
    uint64_t requests; /* answered by the wire; their ids leave the world's alone */
    size_t changes_done;
    int64_t change_due_at;      /* of the next one; INT64_MAX: its trigger waits */
    struct fault_setup *faults; /* what is left of setup.faults */
    int64_t *faults_due_at;     /* likewise */
    size_t fault_count;
    double tokens;     /* of setup.throttling */
    int64_t tokens_at; /* when they were counted, in real time; 0: never yet */
};

/* The world at epoch_at with its history. The setup is copied. */
struct world *world_new(const struct world_setup *setup);
void world_free(struct world *world);

/* Lets time pass. An instant in the past changes nothing. */
void world_advance(struct world *world, int64_t at);

/* Why an operation was not carried out, as AWS says it. */
struct refusal {
    const char *code; /* "ValidationError", "ServiceNotFoundException" */
    int status;       /* HTTP's */
    char message[384];
};

/* Lookups; NULL when AWS would not find it. A service by name or ARN. */
struct world_service *world_service(struct world *world, const char *name_or_arn);
struct world_group *world_group(struct world *world, const char *arn);
struct world_listener *world_listener(struct world *world, const char *arn);

/* UpdateService's desiredCount, which starts no new rollout. */
must_use bool world_set_desired(struct world *world, const char *service, int64_t desired,
                                struct refusal *why);

/*
 * ModifyListener's DefaultActions: members as the request has them behind "DefaultActions."
 * ("member.1.Type"), in any order. Validated as AWS does, then kept as AWS returns them: a forward
 * to one group with both TargetGroupArn and ForwardConfig.
 */
must_use bool world_set_routing(struct world *world, const char *listener_arn,
                                const struct routing_member *members, size_t count,
                                struct refusal *why);

/* Replaces the conditions, as if the scenario had changed them now. */
void world_set_conditions(struct world *world, const struct conditions *conditions);

/*
 * One data point of a metric. False: CloudWatch has none for [from, from + period), because
 * nothing was reported, it is too young to be seen, or the scenario withholds it. A metric lives in
 * a scope: a group's (TargetGroup + LoadBalancer), the load balancer's alone, a service's
 * (AWS/ECS), or the replayer's. `period_ms` is a multiple of a minute.
 */
enum metric_scope_kind { SCOPE_LOAD_BALANCER, SCOPE_GROUP, SCOPE_SERVICE, SCOPE_REPLAYER };
struct metric_scope {
    enum metric_scope_kind kind;
    int index; /* the group or the arm */
};
enum statistic {
    STAT_SUM,
    STAT_AVERAGE,
    STAT_MINIMUM,
    STAT_MAXIMUM,
    STAT_SAMPLES,
    STAT_PERCENTILE
};
struct metric_query {
    struct metric_scope scope;
    const char *name;
    enum statistic statistic;
    double percentile; /* 0 to 100 */
    int64_t period_ms;
};
bool world_metric(const struct world *world, const struct metric_query *query, int64_t from,
                  double *value);

/* The names of a scope's metrics, in a fixed order, NULL at the end; and CloudWatch's unit. */
const char *const *world_metric_names(enum metric_scope_kind kind);
const char *world_metric_unit(const char *name);

/* The next fault that the scenario has for an operation, counted down; false: none. */
bool world_take_fault(struct world *world, const char *operation, struct fault_setup *out);

/* Whether the throttling's bucket has a token, which is then gone; true where there is none. */
bool world_take_token(struct world *world, int64_t real_now);

#endif
