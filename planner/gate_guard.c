/*
 * The fast guard: `max_rate` is a promise about what clients see, whatever the source does. It
 * looks at three minutes and at single ones, all of the hold's, so that its verdict does not depend
 * on when somebody looked.
 *
 * A minute that is not settled may fail too, since counts only grow; but the requests grow as well,
 * and may come in behind their errors. So its errors are held against what its requests could
 * become: twice the busiest minute that is known, of the baseline and this hold. Where none is
 * known, such a minute says nothing.
 *
 * The load balancer's own 5XX (HTTPCode_ELB_5XX_Count) belong to no group. They count twice:
 * against all that clients sent; and against the target's requests as far as its targets left
 * requests unanswered, for a target that drops connections at 1 % would else hide among the
 * source's answers. What the load balancer already did in the baseline (upper Wilson bound) is no
 * news.
 */
#include <math.h>

#include "planner/base/time.h"
#include "planner/gate_parts.h"

enum { GROWTH = 2 }; /* times the busiest known minute: what an unsettled one may become */

/* What is too much of what. */
struct guard_count {
    double bad, requests;
};

enum guard_kind { OF_TARGET, OF_LOAD_BALANCER, GUARD_KINDS };

struct guard {
    double max_rate, elb_rate;      /* elb_rate: the load balancer's own, of the baseline */
    double most_total, most_target; /* requests a minute; 0: not known */
    struct guard_count limit_exceeded;
    double limit;
};

static double requests_of(const struct series *series, enum arm arm, size_t minute)
{
    int64_t requests;
    return series_count(series, arm, METRIC_REQUESTS, minute, &requests) ? (double)requests : 0;
}

static void note_busiest(struct guard *guard, const struct judging *j)
{
    const struct series *baseline = j->in->baseline;
    double share = (double)j->in->target_permille / 1000, before = 0;
    for (size_t m = 0; baseline && m < baseline->minutes; m++) {
        double target = requests_of(baseline, ARM_TARGET, m);
        before = fmax(before, target);
        guard->most_total = fmax(guard->most_total, target + requests_of(baseline, ARM_SOURCE, m));
    }
    for (size_t m = gate_first_minute(j->sums, j->in); m < j->in->samples->minutes; m++) {
        struct gate_minute minute;
        gate_minute_read(&minute, j->in, m);
        if (!minute.known)
            continue;
        double target = (double)minute.requests[ARM_TARGET];
        guard->most_target = fmax(guard->most_target, target);
        guard->most_total = fmax(guard->most_total, target + (double)minute.requests[ARM_SOURCE]);
    }
    /* What another listener sends to the target comes on top of its weight. */
    guard->most_target = fmax(guard->most_target, before + guard->most_total * share);
}

/* Nothing is counted of a minute that says nothing. */
static void count_settled(struct guard_count counts[GUARD_KINDS], const struct guard *guard,
                          const struct gate_minute *m)
{
    double elb = (double)m->seen_elb_5xx, all;
    if (!m->known)
        return;
    all = (double)m->requests[ARM_SOURCE] + (double)m->requests[ARM_TARGET] + elb;
    counts[OF_LOAD_BALANCER].bad += elb;
    counts[OF_LOAD_BALANCER].requests += all;
    double news = fmax(0, elb - guard->elb_rate * all);
    double unanswered = fmax(0, (double)(m->requests[ARM_TARGET] - m->answered));
    counts[OF_TARGET].bad += (double)m->errors[ARM_TARGET] + floor(fmin(news, unanswered));
    counts[OF_TARGET].requests += (double)m->requests[ARM_TARGET];
}

static void count_unsettled(struct guard_count counts[GUARD_KINDS], const struct guard *guard,
                            const struct gate_minute *m)
{
    double elb = (double)m->seen_elb_5xx;
    if (guard->most_total <= 0)
        return;
    counts[OF_LOAD_BALANCER].bad += elb;
    counts[OF_LOAD_BALANCER].requests += GROWTH * guard->most_total + elb;
    counts[OF_TARGET].bad += (double)m->seen_errors;
    counts[OF_TARGET].requests += fmax((double)m->seen_requests, GROWTH * guard->most_target);
}

static bool exceeds(struct guard *guard, enum guard_kind kind, bool single,
                    const struct guard_count *count)
{
    double limit = guard->max_rate * (single ? GUARD_SINGLE_TIMES : 1);
    if (kind == OF_LOAD_BALANCER)
        limit += guard->elb_rate;
    if (count->bad < (single ? GUARD_SINGLE_LEAST : GUARD_ERRORS_LEAST) || count->requests <= 0)
        return false;
    guard->limit = limit;
    guard->limit_exceeded = *count;
    return single ? count->bad / count->requests >= limit
                  : wilson_lower(count->bad, count->requests, GATE_Z) > limit;
}

static void say(const struct judging *j, struct gate_finding *out, const struct guard *guard,
                enum guard_kind kind, bool single, bool settled, int64_t at)
{
    char from[TIME_TEXT_SIZE];
    const struct guard_count *count = &guard->limit_exceeded;
    const char *rate = gate_percent(j->arena, fmin(1, count->bad / count->requests));
    gate_say(j, out, GATE_FAILS, false, "%s%s 5XX %s %s (%.0f%s): max_rate is %s%s",
             settled ? "" : "at least ", rate,
             kind == OF_TARGET ? "on the target" : "from the load balancer itself",
             arena_printf(j->arena, single ? "in minute %s" : "in the three minutes up to %s",
                          time_of_day(from, at)),
             count->bad, settled ? arena_printf(j->arena, " of %.0f", count->requests) : " so far",
             gate_percent(j->arena, guard->max_rate),
             kind == OF_LOAD_BALANCER && guard->elb_rate > 0
                 ? arena_printf(j->arena, ", and it did so to at most %s in the baseline",
                                gate_percent(j->arena, guard->elb_rate))
                 : "");
}

bool gate_guard_fails(const struct judging *j, struct gate_finding *out)
{
    struct guard guard = {.max_rate = (double)j->in->gates->max_rate / 1e6};
    struct baseline_rate elb = gate_baseline_elb_rate(j->in);
    /* A baseline without any is not an interval's width of them. */
    if (elb.bad > 0)
        guard.elb_rate = wilson_upper((double)elb.bad, (double)elb.requests, GATE_Z);
    note_busiest(&guard, j);

    struct guard_count recent[GUARD_MINUTES][GUARD_KINDS] = {0};
    size_t first = gate_first_minute(j->sums, j->in);
    for (size_t m = first; m < j->in->samples->minutes; m++) {
        struct gate_minute minute;
        struct guard_count *own = recent[m % GUARD_MINUTES];
        gate_minute_read(&minute, j->in, m);
        own[OF_TARGET] = own[OF_LOAD_BALANCER] = (struct guard_count){0};
        if (minute.settled)
            count_settled(own, &guard, &minute);
        else
            count_unsettled(own, &guard, &minute);
        for (int kind = 0; kind < GUARD_KINDS; kind++) {
            struct guard_count sum = {0};
            for (int i = 0; i < GUARD_MINUTES; i++) {
                sum.bad += recent[i][kind].bad;
                sum.requests += recent[i][kind].requests;
            }
            bool single = exceeds(&guard, kind, true, &own[kind]);
            if (!single && !exceeds(&guard, kind, false, &sum))
                continue;
            say(j, out, &guard, kind, single, minute.settled, minute.at);
            return true;
        }
    }
    return false;
}
