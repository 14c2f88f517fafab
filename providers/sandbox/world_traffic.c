/*
 * Who sends what where, second by second. Weights are per request, so a change moves new requests
 * at once; what stays behind are clients with a sticky cookie and whatever does not come through
 * the listener's default action (FACTS, "ALB and ECS behaviour").
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "planner/base/memory.h"
#include "planner/base/time.h"
#include "providers/sandbox/world_parts.h"
#include "providers/sandbox/world_random.h"

enum { TIME_SAMPLES = 16, MINUTES_MAX = 25 * 60, MINUTES_DROPPED = 60 };

/* ---- the minutes ---- */

struct minute *minutes_at(struct world *world, int64_t at)
{
    struct world_minutes *minutes = world->minutes;
    int64_t start = minute_floor(at);
    if (minutes->count) {
        int64_t last = minutes->start_at + ((int64_t)minutes->count - 1) * MINUTE_MS;
        if (start <= last)
            return &minutes->items[(start - minutes->start_at) / MINUTE_MS];
    } else {
        minutes->start_at = start;
    }
    if (minutes->count == MINUTES_MAX) {
        minutes->count -= MINUTES_DROPPED;
        minutes->start_at += (int64_t)MINUTES_DROPPED * MINUTE_MS;
        memmove(minutes->items, minutes->items + MINUTES_DROPPED,
                minutes->count * sizeof *minutes->items);
    }
    if (minutes->count == minutes->room) {
        minutes->room = minutes->room ? 2 * minutes->room : 128;
        minutes->items = memory_resize(minutes->items, minutes->room * sizeof *minutes->items);
    }
    struct minute *minute = &minutes->items[minutes->count++];
    memset(minute, 0, sizeof *minute);
    minute->common.replay_lag_ms = -1;
    minute->seen = world->conditions.metrics;
    return minute;
}

const struct minute *minutes_find(const struct world *world, int64_t at)
{
    const struct world_minutes *minutes = world->minutes;
    if (at < minutes->start_at)
        return NULL;
    int64_t index = (at - minutes->start_at) / MINUTE_MS;
    return index < (int64_t)minutes->count ? &minutes->items[index] : NULL;
}

void minutes_free(struct world_minutes *minutes)
{
    if (minutes)
        free(minutes->items);
    free(minutes);
}

/* ---- where the requests of one second go ---- */

struct split {
    double to_group[WORLD_GROUP_COUNT];
    double unrouted;   /* forwarded by weights that are all zero: 503 */
    double redirected; /* answered by the load balancer itself */
    double fixed;
};

static void by_weights(struct split *split, const struct world_actions *actions, double requests)
{
    double all = 0;
    for (size_t i = 0; i < actions->group_count; i++)
        all += actions->weights[i];
    if (all <= 0)
        split->unrouted += requests;
    for (size_t i = 0; i < actions->group_count && all > 0; i++)
        split->to_group[actions->groups[i]] += requests * actions->weights[i] / all;
}

static void by_actions(struct split *split, const struct world_actions *actions, double requests)
{
    if (actions->forwards) {
        by_weights(split, actions, requests);
        return;
    }
    const char *type = actions->member_count ? actions->members[0].value : "";
    if (strcmp(type, "redirect") == 0)
        split->redirected += requests;
    else
        split->fixed += requests;
}

static bool names_all(const struct world_actions *actions, const struct world_actions *groups_of)
{
    for (size_t i = 0; i < groups_of->group_count; i++) {
        bool found = false;
        for (size_t j = 0; j < actions->group_count; j++)
            found = found || actions->groups[j] == groups_of->groups[i];
        if (!found)
            return false;
    }
    return true;
}

/* The share of the clients that still follow a cookie from before the last change. A cookie for a
 * group that the action no longer names is worth nothing. */
static double cookie_share(const struct world *world, const struct world_listener *listener)
{
    if (!listener->changed_at || !listener->actions.sticky || !listener->previous.forwards ||
        !listener->previous.sticky || !names_all(&listener->actions, &listener->previous))
        return 0;
    double life = (double)listener->previous.sticky_seconds * SECOND_MS;
    double left = 1 - (double)(world->now_at - listener->changed_at) / life;
    return left > 0 ? left * world->conditions.cookie_clients : 0;
}

/* The share of the clients whose connection is older than the last change. One that was opened
 * before the change before it is taken as if it had been opened behind that. */
static double reuse_share(const struct world *world, const struct world_listener *listener)
{
    int64_t keep_alive = world->load_balancer.client_keep_alive_s * SECOND_MS;
    int64_t life = world->conditions.reused_for_ms;
    life = life < keep_alive ? life : keep_alive;
    if (!listener->changed_at || !listener->previous.forwards || life <= 0)
        return 0;
    double left = 1 - (double)(world->now_at - listener->changed_at) / (double)life;
    return left > 0 ? left * world->conditions.reusing_clients : 0;
}

static void split_listener(struct split *split, const struct world *world,
                           const struct world_listener *listener, double requests, bool clients)
{
    double all = requests;
    for (size_t i = 0; i < listener->rule_count; i++) {
        double caught = all * listener->rules[i].setup->share;
        caught = caught < requests ? caught : requests;
        by_actions(split, &listener->rules[i].actions, caught);
        requests -= caught;
    }
    if (clients) {
        double stuck = requests * world->conditions.stuck_on_source;
        split->to_group[ARM_SOURCE] += stuck;
        requests -= stuck;
    }
    if (world->now_at < listener->previous_until_at) {
        by_actions(split, &listener->previous, requests);
        return;
    }
    double cookies = cookie_share(world, listener);
    double kept = requests * (cookies + (1 - cookies) * reuse_share(world, listener));
    by_actions(split, &listener->previous, kept);
    by_actions(split, &listener->actions, requests - kept);
}

/* ---- what becomes of them ---- */

void minute_add_time(struct group_minute *minute, double seconds, int64_t requests)
{
    /* Buckets are even in the logarithm, from 0.1 ms to 100 s. */
    double place = (log10(seconds) + 4) / 6 * TIME_BUCKETS;
    int bucket = place < 0 ? 0 : place >= TIME_BUCKETS ? TIME_BUCKETS - 1 : (int)place;
    if (!minute->time_count || seconds < minute->time_min)
        minute->time_min = seconds;
    if (seconds > minute->time_max)
        minute->time_max = seconds;
    minute->time_sum += seconds * (double)requests;
    minute->time_count += requests;
    minute->times[bucket] += (uint32_t)requests;
}

/* Response times are log-normal: most are quick, few are slow. */
static void add_times(struct world *world, struct group_minute *minute,
                      const struct group_conditions *conditions, int64_t requests)
{
    const double z99 = 2.3263;
    double median = conditions->latency_p50_ms / 1000;
    double spread = conditions->latency_p99_ms > conditions->latency_p50_ms
                        ? log(conditions->latency_p99_ms / conditions->latency_p50_ms) / z99
                        : 0;
    int64_t samples = requests < TIME_SAMPLES ? requests : TIME_SAMPLES;
    for (int64_t i = 0; i < samples; i++) {
        int64_t share = requests / samples + (i < requests % samples);
        minute_add_time(minute, median * exp(spread * random_gauss(&world->random)), share);
    }
}

/* What a minute's burst adds: the same for all groups. */
static double burst_5xx(const struct world *world)
{
    const struct conditions *conditions = &world->conditions;
    uint64_t at = (uint64_t)((world->now_at - TICK_MS) / MINUTE_MS);
    uint64_t weather = random_hash(world->setup->seed + 2, at);
    return random_unit(&weather) < conditions->bursts ? conditions->burst_5xx : 0;
}

static void serve(struct world *world, struct minute *minute, int group, int64_t requests)
{
    const struct world_group *g = &world->groups[group];
    const struct group_conditions *conditions = &world->conditions.groups[group];
    struct group_minute *out = &minute->groups[group];

    int64_t rejected = random_binomial(&world->random, requests, conditions->rejected);
    minute->common.elb_503 += rejected;
    requests -= rejected;

    bool open = targets_count(g, HEALTH_UNHEALTHY) || targets_count(g, HEALTH_INITIAL);
    if (!targets_count(g, HEALTH_HEALTHY)) {
        /* Nobody there: the load balancer answers. Only sick ones there: it tries them all. */
        if (open) {
            out->requests += requests;
            out->connection_errors += requests;
            minute->common.elb_502 += requests;
        } else {
            minute->common.elb_503 += requests;
        }
        return;
    }
    double rate_5xx = conditions->rate_5xx + burst_5xx(world);
    int64_t bad = random_binomial(&world->random, requests, rate_5xx);
    int64_t refused = random_binomial(&world->random, requests - bad, conditions->rate_4xx);
    int64_t moved = random_binomial(&world->random, requests - bad - refused, conditions->rate_3xx);
    out->requests += requests;
    out->codes[3] += bad;
    out->codes[2] += refused;
    out->codes[1] += moved;
    out->codes[0] += requests - bad - refused - moved;
    if (requests)
        add_times(world, out, conditions, requests);
}

static void count_health(const struct world *world, struct minute *minute)
{
    for (int group = 0; group < WORLD_GROUP_COUNT; group++) {
        const struct world_group *g = &world->groups[group];
        struct group_minute *out = &minute->groups[group];
        /* Without targets, or where nobody checks them, there is nothing to report. */
        if (!g->exists || g->target_count == targets_count(g, HEALTH_UNUSED))
            continue;
        int64_t healthy = (int64_t)targets_count(g, HEALTH_HEALTHY);
        int64_t unhealthy = (int64_t)targets_count(g, HEALTH_UNHEALTHY);
        bool first = out->samples++ == 0;
        out->healthy_sum += healthy;
        out->unhealthy_sum += unhealthy;
        if (first || healthy < out->healthy_min)
            out->healthy_min = healthy;
        if (healthy > out->healthy_max)
            out->healthy_max = healthy;
        if (first || unhealthy < out->unhealthy_min)
            out->unhealthy_min = unhealthy;
        if (unhealthy > out->unhealthy_max)
            out->unhealthy_max = unhealthy;
    }
}

static void count_services(const struct world *world, struct minute *minute, const double *load)
{
    for (int arm = 0; arm < ARM_COUNT; arm++) {
        const struct world_service *service = &world->services[arm];
        if (!service->found || !service->running)
            continue;
        /* One task carries some 200 requests a second. */
        double share = service->group < 0 ? 0 : load[service->group] / (double)service->running;
        double cpu = 3 + share / 2;
        minute->services[arm].cpu += cpu < 100 ? cpu : 100;
        minute->services[arm].memory += 41;
        minute->services[arm].samples++;
    }
}

static void count_connections(const struct world *world, struct minute *minute, double requests)
{
    const struct conditions *conditions = &world->conditions;
    if (requests <= 0)
        return;
    /* Client and target sides count together; both are kept open between requests. */
    minute->common.active = 2 * conditions->connections;
    minute->common.opened += requests / conditions->requests_per_connection;
}

/* A listener's own traffic, beside the clients'. */
static double direct_rps(const struct world *world, const struct world_listener *listener)
{
    const struct conditions *conditions = &world->conditions;
    for (size_t i = 0; i < conditions->direct_count; i++)
        if (conditions->direct[i].port == listener->port)
            return conditions->direct[i].rps;
    return listener->direct_rps;
}

void traffic_tick(struct world *world)
{
    int64_t second = world->now_at - TICK_MS;
    struct minute *minute = minutes_at(world, second);
    const struct conditions *conditions = &world->conditions;
    uint64_t weather = random_hash(world->setup->seed + 1, (uint64_t)(second / MINUTE_MS));
    double level = 1 + conditions->noise * random_gauss(&weather);
    struct split split = {0};
    double all = 0;

    level = level < 0 ? 0 : level;
    for (size_t i = 0; i < world->listener_count; i++) {
        const struct world_listener *listener = &world->listeners[i];
        double clients = i == 0 ? conditions->requests_per_second * level : 0;
        split_listener(&split, world, listener, clients, true);
        double direct = direct_rps(world, listener) * level;
        split_listener(&split, world, listener, direct, false);
        all += clients + direct;
    }
    for (int group = 0; group < WORLD_GROUP_COUNT; group++)
        serve(world, minute, group, random_poisson(&world->random, split.to_group[group]));
    minute->common.elb_503 += random_poisson(&world->random, split.unrouted);
    minute->common.elb_3xx += random_poisson(&world->random, split.redirected);
    minute->common.elb_other += random_poisson(&world->random, split.fixed);
    count_connections(world, minute, all);
    count_services(world, minute, split.to_group);
    count_health(world, minute);
    if (conditions->replay_lag_ms > minute->common.replay_lag_ms)
        minute->common.replay_lag_ms = conditions->replay_lag_ms;
}
