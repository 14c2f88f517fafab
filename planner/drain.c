#include "planner/drain.h"

#include "planner/base/time.h"

/* What one minute says about the group. */
enum minute_says { SAYS_BUSY, SAYS_QUIET, SAYS_NOTHING };

static enum minute_says minute_says(const struct series *series, enum arm arm, size_t minute,
                                    int64_t *requests)
{
    if (!series_count(series, arm, METRIC_REQUESTS, minute, requests))
        return SAYS_NOTHING;
    if (*requests > 0)
        return SAYS_BUSY;
    return series->arms[arm][METRIC_HEALTHY].present[minute] ? SAYS_QUIET : SAYS_NOTHING;
}

static int64_t whole_minutes_up(int64_t ms)
{
    return (ms + MINUTE_MS - 1) / MINUTE_MS;
}

void drain_judge(struct drain *out, const struct series *series, enum arm arm, int64_t since,
                 int64_t quiet_for_ms, int64_t now)
{
    int64_t needed = whole_minutes_up(quiet_for_ms), quiet = 0, without_requests = 0, requests;
    *out = (struct drain){.verdict = DRAIN_QUIET};
    for (size_t m = 0; m < series->minutes; m++) {
        int64_t at = series_minute_at(series, m);
        bool settled = series_settled(series, m, now);
        if (at < since)
            continue;
        if (settled)
            out->newest_settled_at = at;
        enum minute_says says = minute_says(series, arm, m, &requests);
        if (says == SAYS_BUSY) {
            out->last_busy_at = at;
            out->last_requests = requests;
            quiet = without_requests = 0;
        } else if (settled) {
            quiet = says == SAYS_QUIET ? quiet + 1 : 0;
            without_requests++;
        }
    }
    out->quiet_ms = quiet * MINUTE_MS;
    if (quiet > 0 && quiet >= needed)
        out->verdict = DRAIN_PROVEN;
    else if (out->last_busy_at && out->last_busy_at >= out->newest_settled_at)
        out->verdict = DRAIN_BUSY;
    else if (quiet < (without_requests < needed ? without_requests : needed))
        out->verdict = DRAIN_UNWITNESSED;
}

void drain_describe(struct text *out, const struct drain *drain, int64_t quiet_for_ms)
{
    char buffer[TIME_TEXT_SIZE];
    int64_t needed = whole_minutes_up(quiet_for_ms), quiet = drain->quiet_ms / MINUTE_MS;
    text_addf(out, "%lld of %lld quiet minutes", (long long)(quiet < needed ? quiet : needed),
              (long long)needed);
    if (!drain->newest_settled_at)
        text_add(out, "; no settled minute yet");
    if (drain->last_busy_at)
        text_addf(out, "; last request %s", time_of_day(buffer, drain->last_busy_at));
    if (drain->verdict == DRAIN_BUSY)
        text_addf(out, " (%lld in that minute)", (long long)drain->last_requests);
    if (drain->verdict == DRAIN_UNWITNESSED)
        text_add(out, "; minutes without HealthyHostCount or any report prove nothing");
}

/* ---- the likely cause ---- */

struct diagnosis {
    struct text *out;
    struct arena *arena;
    const struct snapshot *live;
    const struct series *samples;
    enum arm arm;
    int64_t since;
    const char *group; /* ARN */
    const char *name;  /* for people */
};

enum { LONG_REQUEST_US = 30 * SECOND_MS * 1000 }; /* half a minute is long, for a search */

static void blame_listeners(const struct diagnosis *d)
{
    const struct subject *subject = &d->live->subject;
    for (size_t i = 0; i < d->live->listener_count; i++) {
        const struct listener_snapshot *l = &d->live->listeners[i];
        if (!routing_reaches(&l->routing, d->group))
            continue;
        if (l == d->live->listener)
            text_addf(d->out, "the default action on port %d still forwards to %s: %s\n", l->port,
                      d->name,
                      routing_describe(d->arena, &l->routing,
                                       subject->arms[ARM_SOURCE].target_group_arn,
                                       subject->arms[ARM_TARGET].target_group_arn));
        else
            text_addf(d->out, "the listener on port %d forwards to %s too\n", l->port, d->name);
    }
}

static void blame_rules(const struct diagnosis *d)
{
    if (!(d->live->known & FACT_RULES)) {
        text_addf(d->out, "the listeners' rules could not be read: one of them may forward to %s\n",
                  d->name);
        return;
    }
    for (size_t i = 0; i < d->live->listener_count; i++) {
        const struct listener_snapshot *l = &d->live->listeners[i];
        for (size_t r = 0; r < l->rule_count; r++)
            if (routing_reaches(&l->rules[r].actions, d->group))
                text_addf(d->out, "rule %s on port %d (%s) forwards to %s\n", l->rules[r].priority,
                          l->port, l->rules[r].conditions, d->name);
    }
}

static void blame_stickiness(const struct diagnosis *d)
{
    char buffer[TIME_TEXT_SIZE];
    const struct listener_snapshot *l = d->live->listener;
    if (l && l->routing.sticky)
        text_addf(d->out,
                  "the default action is sticky: a client with a cookie stays with its group "
                  "for %s\n",
                  duration_format(buffer, l->routing.sticky_seconds * SECOND_MS));
}

/* Its age tells whether a connection of before can still be there. */
static void blame_keep_alive(const struct diagnosis *d)
{
    char buffer[TIME_TEXT_SIZE];
    int64_t keep_alive_s = d->live->load_balancer.client_keep_alive_s;
    int64_t ends_at = d->since + keep_alive_s * SECOND_MS;
    if (keep_alive_s <= 0)
        return;
    text_addf(d->out, "clients may keep a connection for %s (client_keep_alive.seconds = %lld)",
              duration_format(buffer, keep_alive_s * SECOND_MS), (long long)keep_alive_s);
    if (d->live->taken_at < ends_at)
        text_addf(d->out, ": one of before the shift, until %s\n", time_of_day(buffer, ends_at));
    else
        text_addf(d->out, ": none of before the shift is left since %s\n",
                  time_of_day(buffer, ends_at));
}

/* The slowest that is known of a minute: a percentile, where CloudWatch gave one. */
static bool longest_request(const struct diagnosis *d, size_t minute, int64_t *us,
                            const char **what)
{
    const struct column *arms = d->samples->arms[d->arm];
    bool tail = arms[METRIC_TIME_P99].present[minute];
    const struct column *column = &arms[tail ? METRIC_TIME_P99 : METRIC_TIME_AVERAGE];
    *us = column->present[minute] ? column->values[minute] : 0;
    *what = tail ? "p99" : "on average";
    return column->present[minute];
}

/* What began before the shift is answered by the group all the same, and shows once it is. */
static void blame_long_requests(const struct diagnosis *d)
{
    char buffer[TIME_TEXT_SIZE];
    const char *what;
    int64_t us;
    for (size_t m = d->samples->minutes; m-- > 0;) {
        if (!longest_request(d, m, &us, &what))
            continue;
        if (us >= LONG_REQUEST_US)
            text_addf(d->out,
                      "requests on %s took %llds (%s) in minute %s: long ones, which it goes on "
                      "answering\n",
                      d->name, (long long)(us / (SECOND_MS * 1000)), what,
                      time_of_day(buffer, series_minute_at(d->samples, m)));
        return;
    }
}

/* The newest minute that has both. */
static void blame_connections(const struct diagnosis *d)
{
    char buffer[TIME_TEXT_SIZE];
    const struct series *recent = &d->live->recent;
    const struct column *active = &recent->common[METRIC_ACTIVE_CONNECTIONS];
    const struct column *opened = &recent->common[METRIC_NEW_CONNECTIONS];
    for (size_t m = recent->minutes; m-- > 0;) {
        if (!active->present[m] || !opened->present[m])
            continue;
        bool reused = active->values[m] > opened->values[m];
        text_addf(d->out, "%lld connections were active and %lld new in minute %s%s\n",
                  (long long)active->values[m], (long long)opened->values[m],
                  time_of_day(buffer, series_minute_at(recent, m)),
                  reused ? ": clients reuse theirs; restart those that are still on it" : "");
        return;
    }
}

void drain_diagnose(struct text *out, struct arena *arena, const struct snapshot *live,
                    const struct series *samples, enum arm arm, int64_t since)
{
    const char *group = live->subject.arms[arm].target_group_arn;
    struct diagnosis d = {out, arena, live,  samples,
                          arm, since, group, arn_resource_name(arena, group)};
    blame_listeners(&d);
    blame_rules(&d);
    blame_stickiness(&d);
    blame_keep_alive(&d);
    blame_long_requests(&d);
    blame_connections(&d);
}
