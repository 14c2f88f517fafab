/*
 * What a sandbox world starts from and what happens to it: every knob that a scenario file has.
 * setup_init() gives the deployment that Migration Assistant's templates make, with traffic on the
 * source; change what differs and hand it to world_new(), which copies it. Texts and arrays are
 * borrowed until then.
 *
 * Shares are parts of 1 (0.05 is 5 %), durations milliseconds unless a name says otherwise.
 */
#ifndef PROVIDERS_SANDBOX_WORLD_SETUP_H
#define PROVIDERS_SANDBOX_WORLD_SETUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "planner/base/arena.h"
#include "planner/subject.h"

/* Target groups: the two arms' (indices as enum arm), and a third that somebody added. */
enum { WORLD_GROUP_OTHER = ARM_COUNT, WORLD_GROUP_COUNT };

/* ---- what may change while the world runs ---- */

struct group_conditions {
    double rate_3xx, rate_4xx, rate_5xx; /* of the group's requests */
    double latency_p50_ms, latency_p99_ms;
    double rejected; /* so many get a 503 of the load balancer's: no request of the group's then */
    int64_t unhealthy;     /* so many targets fail their health checks; -1: all */
    int64_t stuck_initial; /* so many further targets never get past "initial"; -1: all */
};

struct service_conditions {
    int64_t failing_starts;     /* so many of the next tasks stop while starting; -1: all */
    const char *stopped_reason; /* of these */
    const char *container_reason;
};

enum cluster_health { CLUSTER_GREEN, CLUSTER_YELLOW, CLUSTER_RED, CLUSTER_DOWN /* 503 */ };

struct cluster_conditions { /* what the search cluster behind a proxy says of itself */
    enum cluster_health health;
    int64_t documents; /* of the index "orders" */
};

/* Of the minutes that begin under these conditions; beside what the setup withholds for ever. */
enum percentiles { PERCENTILES_GIVEN, PERCENTILES_NONE, PERCENTILES_REFUSED /* 500 */ };
struct metric_conditions {
    int64_t late_ms;                /* seen so much later */
    bool silent[WORLD_GROUP_COUNT]; /* never seen: the group's, */
    bool common_silent;             /* and the load balancer's own */
    enum percentiles percentiles;
};

enum { DIRECT_MAX = 4 };
struct direct_traffic { /* instead of listener_setup.direct_rps */
    int port;
    double rps;
};

struct conditions {
    double requests_per_second; /* of all clients, through the switchover listener */
    double noise;               /* how far a minute's rate strays; 0.05 */
    double bursts;              /* share of the minutes in which every group answers */
    double burst_5xx;           /* so much more of its requests with a 5XX */
    double cookie_clients;      /* share of clients that keep the cookie of a sticky action */
    double stuck_on_source;     /* share of clients that reach the source whatever the weights */
    double reusing_clients;     /* share of clients whose connection goes on to the group that it
                                   was opened to, until it is closed: evenly over */
    int64_t reused_for_ms;      /* this time, and the load balancer's keep-alive at most */
    double connections;         /* open client connections */
    double requests_per_connection; /* before a client opens another; small: few are reused */
    int64_t replay_lag_ms;          /* of the replayer; -1: it reports nothing */
    struct metric_conditions metrics;
    struct direct_traffic direct[DIRECT_MAX];
    size_t direct_count;
    struct cluster_conditions clusters[ARM_COUNT];
    struct group_conditions groups[WORLD_GROUP_COUNT];
    struct service_conditions services[ARM_COUNT];
};

struct trigger {      /* when something begins */
    int at_permille;  /* once the target has so much of the first listener's weight; 0: time zero */
    int64_t after_ms; /* and then so much later */
};

/* Conditions from an instant on. They come one behind the other: a trigger that waits for weights
 * counts from the change before it at the earliest. */
struct change_setup {
    struct trigger trigger;
    struct conditions conditions;
};

/* ---- where it starts ---- */

struct group_attributes {
    int64_t deregistration_delay_s; /* 300 */
    int64_t slow_start_s;           /* 0: off */
    bool sticky;                    /* stickiness.enabled of the group itself */
    int64_t sticky_s;
    int64_t health_interval_s; /* 30 */
    int64_t unhealthy_threshold;
    int64_t healthy_threshold;
};

struct group_setup {
    bool exists;
    const char *name; /* NULL: Migration Assistant's */
    struct group_attributes attributes;
    int64_t draining; /* targets that are draining at time zero */
    int64_t targets;  /* of the third group, which no service feeds */
};

struct service_setup {
    bool exists;
    const char *name; /* NULL: Migration Assistant's */
    int64_t desired;
    int64_t running;    /* at time zero; -1: desired. Fewer: the rest fail to start, see below */
    int64_t starting;   /* of the running, so many started just now: their targets are initial */
    int group;          /* the group that its loadBalancers name; -1: none */
    bool rollout;       /* one is in progress at time zero */
    int64_t rollout_ms; /* it takes so long; 0: for ever */
};

enum default_action { ACTION_FORWARD, ACTION_REDIRECT, ACTION_FIXED_RESPONSE };

struct listener_setup {
    int port;
    bool https;
    enum default_action action;
    bool single;                    /* a forward by TargetGroupArn: to the group with weight */
    int weights[WORLD_GROUP_COUNT]; /* -1: the group is not in the list */
    bool sticky;
    int64_t sticky_s;
    bool authenticate; /* authenticate-oidc in front */
    double direct_rps; /* traffic of its own; the clients use the first listener that forwards */
};

struct rule_setup { /* above a listener's default */
    int port;
    int priority;
    const char *path; /* path-pattern */
    int group;        /* forwards there */
    double share;     /* of the listener's traffic matches */
};

enum fault_kind {
    FAULT_ACCESS_DENIED,
    FAULT_THROTTLING,
    FAULT_SERVER_ERROR, /* 500 */
    FAULT_HTML,         /* 503 with a page for people */
    FAULT_CLOSE,        /* the connection ends; nothing was carried out */
    FAULT_LOSE_ANSWER,  /* it is carried out, then the connection ends */
    FAULT_CUT_ANSWER,   /* it is carried out; half of the answer comes */
    FAULT_DELAY,        /* real time, then the answer */
    FAULT_EXPIRED,      /* ExpiredToken */
    FAULT_KIND_COUNT
};
/* "access-denied", by kind, NULL at the end. */
extern const char *const fault_kind_names[FAULT_KIND_COUNT + 1];

struct fault_setup {
    const char *operation; /* "DescribeServices"; "*": any */
    enum fault_kind kind;
    struct trigger trigger; /* calls before count for nothing */
    int64_t skip;           /* so many calls go well before */
    int64_t times;          /* then so many fail; -1: all */
    int64_t delay_ms;       /* FAULT_DELAY */
};

/* AWS's token bucket before ELBv2's Describe*, one an account, in real time: each of these takes a
 * token or is refused with Throttling. */
struct throttling_setup {
    int64_t burst; /* as many as it holds; 0: there is no bucket */
    int64_t left;  /* at time zero; -1: all of them */
    double rate;   /* tokens a second */
    double others; /* of these so many go to other users of the account */
};

struct world_setup {
    int64_t epoch_at;   /* time zero; whole seconds */
    int64_t history_ms; /* traffic and metrics reach so far back; an hour */
    uint64_t seed;
    int64_t page_items; /* an answer lists at most so many, and 100 metric points for each; 0: as
                           many as AWS's */
    const char *stage, *region, *account;
    const char *stack;         /* CloudFormation's tag on the load balancer; NULL: none */
    const char *version;       /* tag migration_deployment */
    const char *load_balancer; /* NULL: Migration Assistant's name */
    bool no_load_balancer;
    int64_t client_keep_alive_s;
    struct service_setup services[ARM_COUNT];
    struct group_setup groups[WORLD_GROUP_COUNT];
    const struct listener_setup *listeners; /* NULL: 9200 weighted 1/0, 9201 source, 9202 target */
    size_t listener_count;
    const struct rule_setup *rules;
    size_t rule_count;

    int64_t task_start_min_ms, task_start_max_ms;
    int64_t registration_ms;                 /* before a new target's first health check */
    int64_t routing_delay_ms;                /* how long the previous configuration still serves */
    int64_t metric_delay_ms;                 /* a minute is seen so long after its end */
    int64_t metric_settle_ms;                /* and its counts are whole so long after that */
    bool metrics_missing[WORLD_GROUP_COUNT]; /* the group's metrics are withheld */
    bool common_metrics_missing;             /* and the load balancer's own */
    const char *const *metrics_withheld;     /* by name, everywhere */
    size_t metrics_withheld_count;

    struct conditions conditions;
    const struct change_setup *changes;
    size_t change_count;
    const struct fault_setup *faults;
    size_t fault_count;
    struct throttling_setup throttling;
};

/* The default deployment: stage "sandbox" in us-east-1, account 111122223333, capture proxy 2 of 2,
 * target proxy at `target_desired` 0, 20 requests a second. */
void setup_init(struct world_setup *setup);

/* A copy, all of it, that lives in the arena. */
void setup_copy(struct world_setup *out, struct arena *arena, const struct world_setup *from);

#endif
