/*
 * Live, as read at one instant: which facts are known, and why the others are not. Filled by the
 * cloud port; judged by preconditions. Owns everything it points at through its arena.
 */
#ifndef PLANNER_SNAPSHOT_H
#define PLANNER_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "planner/base/arena.h"
#include "planner/base/error.h"
#include "planner/check.h"
#include "planner/routing.h"
#include "planner/series.h"
#include "planner/subject.h"

/* Bits of a facts mask. Each is one AWS operation, but METRICS, which is one call for all. */
enum fact {
    FACT_SERVICES = 1 << 0,      /* ecs:DescribeServices */
    FACT_LOAD_BALANCER = 1 << 1, /* elasticloadbalancing:DescribeLoadBalancers */
    FACT_TARGET_GROUPS = 1 << 2, /* DescribeTargetGroups */
    FACT_LISTENERS = 1 << 3,     /* DescribeListeners: all of the load balancer */
    FACT_HEALTH_SOURCE = 1 << 4, /* DescribeTargetHealth */
    FACT_HEALTH_TARGET = 1 << 5,
    FACT_GROUP_ATTRIBUTES = 1 << 6, /* DescribeTargetGroupAttributes, both groups */
    FACT_LB_ATTRIBUTES = 1 << 7,    /* DescribeLoadBalancerAttributes */
    FACT_TAGS = 1 << 8,             /* DescribeTags of the load balancer */
    FACT_RULES = 1 << 9,            /* DescribeRules of every listener */
    FACT_METRICS = 1 << 10,         /* cloudwatch:GetMetricData, without percentiles */
    FACT_AUTOSCALING = 1 << 11,     /* application-autoscaling: not asked in this version */
};
enum { FACT_COUNT = 12 };

/* What a plan needs; what finding the subject needs (observe fails without these). */
#define FACTS_SUBJECT (FACT_SERVICES | FACT_LOAD_BALANCER | FACT_TARGET_GROUPS | FACT_LISTENERS)
#define FACTS_HEALTH  (FACT_HEALTH_SOURCE | FACT_HEALTH_TARGET)
#define FACTS_PLAN                                                                                 \
    (FACTS_SUBJECT | FACTS_HEALTH | FACT_GROUP_ATTRIBUTES | FACT_LB_ATTRIBUTES | FACT_TAGS |       \
     FACT_RULES | FACT_METRICS)

struct rollout { /* an ECS deployment of a service */
    const char *id;
    const char *status;        /* PRIMARY, ACTIVE, INACTIVE */
    const char *rollout_state; /* COMPLETED, IN_PROGRESS, FAILED; "" where AWS does not say */
    int64_t desired, running, pending, failed;
};

struct service_snapshot {
    bool found;
    const char *arn;
    const char *status; /* ACTIVE, DRAINING, INACTIVE */
    int64_t desired, running, pending;
    struct rollout *rollouts;
    size_t rollout_count;
    const char **target_groups; /* ARNs in the service's loadBalancers */
    size_t target_group_count;
    const char *latest_event; /* the newest service event's text; NULL: none */
};

enum health_state {
    HEALTH_HEALTHY,
    HEALTH_INITIAL,
    HEALTH_UNHEALTHY,
    HEALTH_DRAINING,
    HEALTH_UNUSED,
    HEALTH_OTHER, /* unavailable, unhealthy.draining, and what AWS may add */
    HEALTH_STATE_COUNT
};

const char *health_state_name(enum health_state state); /* as AWS writes it */

struct target_health {
    const char *id; /* an IP address or instance */
    int port;
    enum health_state state;
    const char *reason; /* "Target.FailedHealthChecks"; NULL: none */
    const char *description;
};

struct group_snapshot {
    bool found;
    const char *arn;
    const char **load_balancers; /* ARNs that use it */
    size_t load_balancer_count;
    struct target_health *targets;
    size_t target_count;
    int64_t health[HEALTH_STATE_COUNT]; /* how many targets in each state */
    bool sticky;                        /* stickiness.enabled of the group itself */
    int64_t slow_start_s;               /* slow_start.duration_seconds; 0: off */
    int64_t deregistration_delay_s;
};

struct arm_snapshot {
    struct service_snapshot service;
    struct group_snapshot group;
};

struct rule_snapshot {
    const char *arn;
    const char *priority;   /* "1".."50000", "default" */
    const char *conditions; /* one line for people: "path-pattern /_bulk*" */
    struct routing actions;
};

struct listener_snapshot {
    const char *arn;
    int port;
    const char *protocol;
    struct routing routing;      /* its default actions */
    struct rule_snapshot *rules; /* the default rule is not among them */
    size_t rule_count;
};

struct load_balancer_snapshot {
    bool found;
    const char *arn;
    const char *state;           /* active, provisioning, failed */
    int64_t client_keep_alive_s; /* 0: not known */
    const char *stack;           /* the CloudFormation stack that manages it; NULL: none */
};

struct snapshot {
    struct arena arena;
    int64_t taken_at;                 /* wall clock, when the last answer was in */
    unsigned known;                   /* facts mask */
    struct error unknown[FACT_COUNT]; /* by bit number: why an asked-for fact is not known */

    struct subject subject; /* the asked-for subject with all ARNs that could be resolved */
    struct load_balancer_snapshot load_balancer;
    struct listener_snapshot *listeners;
    size_t listener_count;
    const struct listener_snapshot *listener; /* the chosen one, or NULL */
    const char *why_no_listener; /* when NULL: what was found instead, candidates listed */
    struct arm_snapshot arms[ARM_COUNT];
    struct series recent; /* whole minutes before taken_at; 0 minutes when not known */
    /* From then on a person must get new ones; 0: not known, or never. In the JSON it has the name
     * that it had while credentials were not renewed: credentials_expire_at. */
    int64_t credentials_end_at;
    /* The plan file's own questions, as far as they were asked; no cloud port asks them, and they
     * are not in the JSON. */
    struct check_results checks;
};

void snapshot_init(struct snapshot *snapshot);
void snapshot_clear(struct snapshot *snapshot);

const char *fact_name(enum fact fact); /* the AWS operation: "DescribeTargetHealth (source)" */
const struct error *snapshot_why_unknown(const struct snapshot *snapshot, enum fact fact);

/*
 * Chooses the listener by the plan file's rule and fills subject.listener_*: with a port, that
 * port's; else the one whose default action names both groups. Sets why_no_listener when there is
 * none or several. Needs FACT_LISTENERS and both groups' ARNs.
 */
void snapshot_choose_listener(struct snapshot *snapshot);

#endif
