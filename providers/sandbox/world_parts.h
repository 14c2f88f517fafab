/* What the files of the world know of each other, and nobody else. */
#ifndef PROVIDERS_SANDBOX_WORLD_PARTS_H
#define PROVIDERS_SANDBOX_WORLD_PARTS_H

#include "planner/base/error.h"
#include "providers/sandbox/world.h"

enum { TICK_MS = 1000 };

/* Fills *why. Always false. */
bool refuse(struct refusal *why, int status, const char *code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* `digits` hexadecimal digits that were not given out before, and a NUL. */
void world_id(struct world *world, char *out, unsigned digits);
void world_uuid(struct world *world, char out[37]);
void world_request_id(struct world *world, char out[37]);

/* ---- world_names.c: the deployment as it is before time begins ---- */
void names_fill(struct world *world);

/* ---- world_tasks.c ---- */
void tasks_begin(struct world *world);
void tasks_time_zero(struct world *world);
void tasks_tick(struct world *world);

/* ---- world_targets.c ---- */
void target_register(struct world *world, int group, const struct world_task *task);
void target_register_healthy(struct world *world, int group, const char *ip, int zone);
/* False when the group does not know it. */
bool target_deregister(struct world *world, int group, const char *ip);
void targets_begin(struct world *world);
void targets_time_zero(struct world *world);
void targets_tick(struct world *world);
size_t targets_count(const struct world_group *group, enum health_state state);
/* Whether any listener or rule names the group: if none does, its targets are unused. */
bool group_in_use(const struct world *world, int group);
int group_index(const struct world *world, const char *arn); /* -1: none of ours */

/* ---- world_actions.c ---- */
/*
 * Reads a request's action list, validates it as AWS does and fills `out` with what AWS would
 * return for it. `before` is what stands there now, whose client secret may be used again; NULL:
 * nothing. `out` owns an arena, filled only when true.
 */
must_use bool actions_read(struct world_actions *out, const struct world *world, bool https,
                           const struct routing_member *members, size_t count,
                           const struct world_actions *before, struct refusal *why);
void actions_from_setup(struct world_actions *out, const struct world *world,
                        const struct listener_setup *setup);
void actions_forward(struct world_actions *out, const struct world *world, int group);
void actions_clear(struct world_actions *actions);

/* ---- world_traffic.c, world_metrics.c ---- */

enum { TIME_BUCKETS = 96 };

struct group_minute {
    int64_t requests, codes[4], connection_errors; /* codes: 2XX to 5XX */
    double time_sum, time_min, time_max;           /* seconds */
    int64_t time_count;
    uint32_t times[TIME_BUCKETS];
    int64_t samples; /* of the two below: seconds with targets */
    int64_t healthy_sum, healthy_min, healthy_max;
    int64_t unhealthy_sum, unhealthy_min, unhealthy_max;
};

struct common_minute {
    int64_t elb_502, elb_503, elb_3xx, elb_other;
    double active, opened;
    int64_t replay_lag_ms; /* the most; -1: none reported */
};

struct service_minute {
    double cpu, memory; /* percent; of running tasks */
    int64_t samples;
};

struct minute {
    struct metric_conditions seen; /* as they were when it began */
    struct group_minute groups[WORLD_GROUP_COUNT];
    struct common_minute common;
    struct service_minute services[ARM_COUNT];
};

struct world_minutes {
    int64_t start_at;
    size_t count, room;
    struct minute *items;
};

void traffic_tick(struct world *world);

/* The minute that an instant lies in, made when it is the next one. */
struct minute *minutes_at(struct world *world, int64_t at);
/* NULL when it is not kept. */
const struct minute *minutes_find(const struct world *world, int64_t at);
void minutes_free(struct world_minutes *minutes);
void minute_add_time(struct group_minute *minute, double seconds, int64_t requests);

#endif
