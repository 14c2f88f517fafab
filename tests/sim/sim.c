#include "tests/sim/sim.h"

#include <assert.h>
#include <string.h>

#include "planner/base/time.h"

enum { START_AT_MINUTE = 29600760 }; /* 2026-04-13T02:00:00Z */

void sim_log(struct sim *sim, const char *format, ...)
{
    char clock[TIME_TEXT_SIZE];
    va_list ap;
    text_addf(&sim->log, "%s ", time_of_day(clock, sim->now));
    va_start(ap, format);
    text_vaddf(&sim->log, format, ap);
    va_end(ap);
    text_add_char(&sim->log, '\n');
}

bool sim_enter(struct sim *sim, char kind)
{
    if (sim->dead)
        return false;
    sim->points++;
    sim->point_kind = kind;
    text_add_char(&sim->point_kinds, kind);
    if (sim->points == sim->interrupt_at)
        sim->interrupted = true;
    if (sim->at_point)
        sim->at_point(sim);
    sim->dies = sim->points == sim->die_at;
    sim->dead = sim->dies && !sim->die_after;
    return !sim->dead;
}

bool sim_leave(struct sim *sim)
{
    sim->dead = sim->dies;
    if (sim->after_point && !sim->dead)
        sim->after_point(sim);
    return !sim->dead;
}

bool sim_nobody(struct error *err)
{
    return error_set(err, ERROR_NETWORK, "the process is gone");
}

void sim_advance(struct sim *sim, int64_t ms)
{
    sim->now += ms;
    world_advance(sim->world, sim->now);
    if (sim->late.due_at && sim->late.due_at <= sim->now)
        sim_land(sim);
}

/* ---- clock ---- */

int64_t sim_wall(const struct sim *sim)
{
    return sim->now + sim->wall_ahead;
}

static int64_t clock_wall(void *self)
{
    return sim_wall(self);
}

static int64_t clock_monotonic(void *self)
{
    struct sim *sim = self;
    return sim->now - sim->world->setup->epoch_at + 12345;
}

static bool clock_interrupted(void *self)
{
    struct sim *sim = self;
    return sim->interrupted || sim->dead;
}

static enum clock_wake clock_wait(void *self, int64_t ms)
{
    struct sim *sim = self;
    if (!sim_enter(sim, 'w'))
        return CLOCK_INTERRUPTED;
    if (++sim->waits == sim->interrupt_at_wait)
        sim->interrupted = true;
    if (sim->wish && !sim->interrupted) /* it is heard at once */
        return sim_leave(sim) ? CLOCK_WOKEN : CLOCK_INTERRUPTED;
    if (!sim->interrupted) {
        assert(ms > 0 && ms <= 2 * SECOND_MS); /* a request to stop is heard within two seconds */
        sim_advance(sim, ms);
    }
    return sim_leave(sim) && !sim->interrupted ? CLOCK_DONE : CLOCK_INTERRUPTED;
}

/* ---- store ---- */

static bool store_load(void *self, struct text *out, bool *found, struct error *err)
{
    struct sim *sim = self;
    if (!sim_enter(sim, 'l') || !sim_leave(sim))
        return sim_nobody(err);
    *found = sim->has_stored;
    text_add_bytes(out, text_cstr(&sim->stored), sim->stored.len);
    return true;
}

static bool store_replace(void *self, const char *bytes, size_t n, struct error *err)
{
    struct sim *sim = self;
    if (!sim_enter(sim, 's'))
        return sim_nobody(err);
    sim->replaces++;
    assert(sim->locked);
    bool fails = sim->replaces == sim->fail_replace_at;
    if (fails) {
        sim->performs_at_failure = sim->performs;
        sim->failed_at = sim->now;
    }
    if (!fails || sim->replace_lands) {
        text_cut(&sim->stored, 0);
        text_add_bytes(&sim->stored, bytes, n);
        sim->has_stored = true;
        if (sim->watch.stores)
            sim->watch.stores(sim->watch.self);
    }
    if (!sim_leave(sim))
        return sim_nobody(err);
    return !fails || error_set(err, ERROR_STORAGE, "fsync of the state failed: no space left");
}

static bool store_lock(void *self, const char *command, int64_t timeout_ms, struct error *err)
{
    struct sim *sim = self;
    (void)command;
    (void)timeout_ms;
    if (!sim_enter(sim, 'k'))
        return sim_nobody(err);
    bool taken = sim->locked;
    sim->locked = true;
    if (!sim_leave(sim)) {
        sim->locked = taken;
        return sim_nobody(err);
    }
    return !taken || error_set(err, ERROR_LOCKED, "somebody else holds the lock");
}

static bool store_holds_lock(void *self, struct error *err)
{
    struct sim *sim = self;
    if (!sim_enter(sim, 'h') || !sim_leave(sim))
        return sim_nobody(err);
    if (!sim->locked)
        return error_set(err, ERROR_LOCKED, "the lock is not held");
    if (++sim->lock_questions < sim->lose_lock_at || !sim->lose_lock_at)
        return true;
    return sim->hide_lock ? error_set(err, ERROR_STORAGE, "cannot look at the lock file")
                          : error_set(err, ERROR_LOCKED, "the lock is no longer ours");
}

static void store_unlock(void *self)
{
    ((struct sim *)self)->locked = false;
}

static bool store_stop_requested(void *self)
{
    struct sim *sim = self;
    if (!sim_enter(sim, 'q') || !sim_leave(sim))
        return false;
    return sim->stop_at && ++sim->stop_questions >= sim->stop_at;
}

static bool store_request_stop(void *self, struct error *err)
{
    struct sim *sim = self;
    if (!sim_enter(sim, 'r'))
        return sim_nobody(err);
    sim->stop_wishes++;
    return sim_leave(sim) || sim_nobody(err);
}

static bool store_rescue(void *self, const char *bytes, size_t n, struct text *where,
                         struct error *err)
{
    struct sim *sim = self;
    if (!sim_enter(sim, 'x'))
        return sim_nobody(err);
    if (!sim->fail_rescue) {
        text_cut(&sim->rescued, 0);
        text_add_bytes(&sim->rescued, bytes, n);
        text_add(where, "errored.state.json");
    }
    if (!sim_leave(sim))
        return sim_nobody(err);
    return !sim->fail_rescue || error_set(err, ERROR_STORAGE, "not there either");
}

/* ---- checks ---- */

static void prober_ask(void *self, struct check_result results[], size_t n, struct arena *arena,
                       const struct subject *subject)
{
    struct sim *sim = self;
    (void)subject;
    if (!sim_enter(sim, 'c'))
        return;
    sim->asks++;
    sim_advance(sim, SIM_REQUEST_MS);
    for (size_t i = 0; i < n; i++) {
        results[i].verdict = sim->check ? sim->check(sim, results[i].check->name) : CHECK_GREEN;
        results[i].observed = arena_printf(arena, "as scripted, %d", (int)results[i].verdict);
        results[i].asked_at = sim_wall(sim);
    }
    (void)!sim_leave(sim);
}

/* ---- who sits at the terminal ---- */

static enum wish wishes_take(void *self)
{
    struct sim *sim = self;
    enum wish wish = sim->wish;
    sim->wish = WISH_NONE;
    if (sim->asked_until && sim->now >= sim->asked_until) {
        sim->asked_until = 0;
        wish = sim->answer;
    }
    return sim->dead ? WISH_NONE : wish;
}

static bool wishes_asks(void *self)
{
    return ((struct sim *)self)->asked_until != 0;
}

/* ---- sink ---- */

static const char *kind_name(enum event_kind kind)
{
    static const char *const names[] = {
        [EVENT_RUN_STARTED] = "run",     [EVENT_ACTION_STARTED] = "start",
        [EVENT_ACTION_SKIPPED] = "skip", [EVENT_INTENT] = "intent",
        [EVENT_SENT] = "sent",           [EVENT_WAITING] = "wait",
        [EVENT_ACTION_DONE] = "done",    [EVENT_BLOCKED] = "blocked",
        [EVENT_DRIFT] = "drift",         [EVENT_WARNING] = "warning",
        [EVENT_FAILED] = "failed",       [EVENT_RUN_ENDED] = "end",
        [EVENT_LOOKED] = "wait",         [EVENT_GATE] = "gate",
    };
    return names[kind];
}

/* "wait hold[10%]: source 1180/min", of its newest settled minute; of a drain what is proven. */
static void log_look(struct sim *sim, const struct look *look)
{
    const struct series *samples = look->samples;
    struct text seen = {0};
    int64_t requests;
    size_t minute = samples->minutes;
    while (minute > 0 && !series_settled(samples, minute - 1, look->at))
        minute--;
    if (look->drain)
        drain_describe(&seen, look->drain, look->action->duration_ms);
    else if (!minute || series_minute_at(samples, minute - 1) < minute_floor(look->started_at))
        text_add(&seen, "metrics not in yet");
    else if (series_count(samples, ARM_SOURCE, METRIC_REQUESTS, minute - 1, &requests))
        text_addf(&seen, "source %lld/min", (long long)requests);
    sim_log(sim, "wait %s: %s", look->action->address, text_cstr(&seen));
    text_clear(&seen);
}

static void sink_emit(void *self, const struct event *event)
{
    struct sim *sim = self;
    assert(event->plan && event->at == sim_wall(sim));
    if (sim->dead)
        return;
    if (event->kind == EVENT_TICK) {
        sim->ticks++;
        return;
    }
    if (event->gate)
        sim_log(sim, "gate %s: %s %s: %s", event->action ? event->action->address : "-",
                event->gate->name, gate_verdict_name(event->gate->verdict), event->gate->words);
    else if (event->look)
        log_look(sim, event->look);
    else
        sim_log(sim, "%s %s: %s%s%s%s", kind_name(event->kind),
                event->action ? event->action->address : "-", event->text ? event->text : "",
                event->standing ? event->standing->observed : "", event->error ? " | " : "",
                event->error ? event->error->message : "");
}

bool sim_logged(const struct sim *sim, const char *part)
{
    return strstr(text_cstr(&sim->log), part) != NULL;
}

unsigned sim_count(const struct sim *sim, const char *part)
{
    unsigned n = 0;
    for (const char *at = text_cstr(&sim->log); (at = strstr(at, part)); at += strlen(part))
        n++;
    return n;
}

/* ---- all of it ---- */

void sim_init_ports(struct sim *sim)
{
    sim->clock = (struct clock){sim, clock_wall, clock_monotonic, clock_wait, clock_interrupted};
    sim->store = (struct store){.self = sim,
                                .location = "memory",
                                .load = store_load,
                                .replace = store_replace,
                                .lock = store_lock,
                                .holds_lock = store_holds_lock,
                                .unlock = store_unlock,
                                .stop_requested = store_stop_requested,
                                .request_stop = store_request_stop,
                                .rescue = store_rescue};
    sim->sink = (struct sink){sim, sink_emit};
    sim->prober = (struct prober){sim, prober_ask};
    sim->wishes = (struct wishes){sim, wishes_take, wishes_asks};
    sim_cloud_init(sim);
}

void sim_new(struct sim *sim, const struct world_setup *setup)
{
    struct world_setup own = *setup;
    memset(sim, 0, sizeof *sim);
    if (!own.epoch_at)
        own.epoch_at = START_AT_MINUTE * (int64_t)MINUTE_MS;
    sim->world = world_new(&own);
    sim->now = own.epoch_at;
    sim_init_ports(sim);
}

void sim_join(struct sim *sim, const struct sim *other)
{
    memset(sim, 0, sizeof *sim);
    sim->world = other->world;
    sim->shares_world = true;
    sim->now = other->now;
    sim_init_ports(sim);
}

void sim_clear(struct sim *sim)
{
    if (!sim->shares_world)
        world_free(sim->world);
    arena_clear(&sim->late.arena);
    text_clear(&sim->log);
    text_clear(&sim->point_kinds);
    text_clear(&sim->stored);
    text_clear(&sim->rescued);
}

void sim_forget(struct sim *sim)
{
    struct sim kept = *sim;
    memset(sim, 0, sizeof *sim);
    sim->world = kept.world;
    sim->cloud = kept.cloud;
    sim->clock = kept.clock;
    sim->store = kept.store;
    sim->sink = kept.sink;
    sim->prober = kept.prober;
    sim->wishes = kept.wishes;
    sim->now = kept.now;
    sim->wall_ahead = kept.wall_ahead;
    sim->stored = kept.stored;
    sim->has_stored = kept.has_stored;
    sim->rescued = kept.rescued;
    sim->user = kept.user;
    sim->watch = kept.watch;
    memcpy(sim->stale_desired, kept.stale_desired, sizeof sim->stale_desired);
    sim->late = kept.late;
    sim->shares_world = kept.shares_world;
    sim->log = kept.log;
    sim->point_kinds = kept.point_kinds;
    text_cut(&sim->log, 0);
    text_cut(&sim->point_kinds, 0);
}

/* ---- what somebody else does ---- */

struct routing sim_routing(const struct sim *sim, struct arena *arena)
{
    const struct world_actions *actions = &sim->world->listeners[0].actions;
    struct routing out = {0};
    routing_interpret(&out, arena, actions->members, actions->member_count);
    return out;
}

void sim_set_weights(struct sim *sim, int source, int target, int other)
{
    struct arena arena = {0};
    struct routing_member *members = NULL, *member;
    const int weights[WORLD_GROUP_COUNT] = {source, target, other};
    size_t count = 0, groups = 0;
    struct refusal why;
    member = arena_append(&arena, &members, &count, sizeof *members);
    *member = (struct routing_member){"member.1.Type", "forward"};
    for (int g = 0; g < WORLD_GROUP_COUNT; g++) {
        if (weights[g] < 0)
            continue;
        const char *path =
            arena_printf(&arena, "member.1.ForwardConfig.TargetGroups.member.%zu.", ++groups);
        member = arena_append(&arena, &members, &count, sizeof *members);
        *member = (struct routing_member){arena_printf(&arena, "%sTargetGroupArn", path),
                                          sim->world->groups[g].arn};
        member = arena_append(&arena, &members, &count, sizeof *members);
        *member = (struct routing_member){arena_printf(&arena, "%sWeight", path),
                                          arena_printf(&arena, "%d", weights[g])};
    }
    bool set = world_set_routing(sim->world, sim->world->listeners[0].arn, members, count, &why);
    assert(set);
    (void)set;
    arena_clear(&arena);
}

void sim_set_desired(struct sim *sim, enum arm arm, int64_t desired)
{
    struct refusal why;
    bool set = world_set_desired(sim->world, sim->world->services[arm].name, desired, &why);
    assert(set);
    (void)set;
}
