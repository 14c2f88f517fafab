/*
 * The anytime-valid conditional count test (M. Lindon, A. Malek: Anytime-valid inference for
 * multinomial count data, NeurIPS 2022). Given that an error happened, it fell on the target with a
 * probability that only the split of the requests and the ratio of the two error rates decide:
 * theta(r) = r n_t / (r n_t + n_s). So whatever raises both groups' errors together says nothing
 * here. The likelihood ratio of "r times the source's rate" to "the tolerated ratio r0" is, for
 * every ratio up to r0, a supermartingale, and so is a mean of such: the chance that it ever
 * reaches 100 is at most 1 in 100 (Ville), however often anybody looks.
 *
 * At 100 % there is no other group. The null is then a rate, p0: what is tolerated above the
 * baseline's (upper Wilson bound, at least ignore_below). The alternatives are rates p_r = p0 times
 * the same factors, but never more than half of the way from p0 to 1, so that none is impossible; a
 * minute's ratio is (p_r / p0)^e ((1 - p_r) / (1 - p0))^(n - e). For a rate p its expectation is at
 * most 1 exactly where p <= p0. A null of 1 admits everything and is never exceeded.
 *
 * What raises everybody's errors for a minute would look like the target's doing there, and a long
 * good past would hide a target that turns bad. So, as neither breaks the bound:
 *   - A minute multiplies by at most the threshold to the power of 1 / 2.5: one burst, however bad,
 *     is not enough, and two are not.
 *   - The evidence is the mean over all minutes t at which the target may have turned bad, with
 *     weights 1 / (t (t + 1)), which sum to 1: M <- (M + 1 / (t (t + 1))) times minute t's ratio.
 *     This starts with nothing, not with 1.
 */
#include <math.h>

#include "planner/base/time.h"
#include "planner/gate_parts.h"

enum { FALSE_ALARM = 100 };   /* one in so many, of all holds of a plan together */
#define MINUTES_OF_BURSTS 2.5 /* that the threshold outweighs */

static const double factors[GATE_RATIOS] = {4.0 / 3, 2, 10.0 / 3, 20.0 / 3, 20};

double gate_count_threshold(size_t holds)
{
    return log(FALSE_ALARM * (double)(holds ? holds : 1));
}

struct count_null gate_count_null_rate(const struct count_gate *gate, double bad, double requests,
                                       size_t holds)
{
    double tolerate = (double)gate->tolerate / 1000, least = (double)gate->ignore_below / 1e6;
    double rate = tolerate * fmax(wilson_upper(bad, requests, GATE_Z), least);
    return (struct count_null){
        .is_rate = true,
        .none = requests <= 0,
        .tolerate = tolerate,
        .rate = fmin(rate, 1),
        .most = gate_count_threshold(holds) / MINUTES_OF_BURSTS,
    };
}

struct count_null gate_count_null(const struct gate_input *in, const struct count_gate *gate,
                                  enum arm_metric metric)
{
    if (in->target_permille < 1000)
        return (struct count_null){.tolerate = (double)gate->tolerate / 1000};
    struct baseline_rate baseline = gate_baseline_rate(in, metric);
    return gate_count_null_rate(gate, (double)baseline.bad, (double)baseline.requests, in->holds);
}

static void step_against_group(double logs[GATE_RATIOS], double tolerate, const double e[ARM_COUNT],
                               const double n[ARM_COUNT])
{
    for (int i = 0; i < GATE_RATIOS; i++) {
        double r = tolerate * factors[i];
        /* theta(r) / theta(r0) and the same of 1 - theta, without any difference of near numbers */
        double shrink =
            (tolerate * n[ARM_TARGET] + n[ARM_SOURCE]) / (r * n[ARM_TARGET] + n[ARM_SOURCE]);
        logs[i] += e[ARM_TARGET] * log(factors[i] * shrink) + e[ARM_SOURCE] * log(shrink);
    }
}

/* ln(exp(a) + exp(b)) */
static double log_add(double a, double b)
{
    return fmax(a, b) + log1p(exp(-fabs(a - b)));
}

static void step_against_rate(double logs[GATE_RATIOS], const struct count_null *null,
                              int64_t minute, double e, double n)
{
    double p0 = null->rate, t = (double)minute, begins = -log(t * (t + 1));
    for (int i = 0; i < GATE_RATIOS; i++) {
        double p = fmin(p0 * factors[i], (1 + p0) / 2);
        double adds = p0 > 0 && p0 < 1 ? e * log(p / p0) + (n - e) * log((1 - p) / (1 - p0)) : 0;
        logs[i] = (minute > 1 ? log_add(logs[i], begins) : begins) + fmin(adds, null->most);
    }
}

void gate_count_step(double logs[GATE_RATIOS], const struct count_null *null, int64_t minute,
                     const double errors[ARM_COUNT], const double requests[ARM_COUNT])
{
    /* An answer may come in the minute behind its request: more errors than requests. */
    if (null->is_rate)
        step_against_rate(logs, null, minute, fmin(errors[ARM_TARGET], requests[ARM_TARGET]),
                          requests[ARM_TARGET]);
    else
        step_against_group(logs, null->tolerate, errors, requests);
}

void gate_count_add(struct count_sums *sums, const struct count_null *null,
                    const int64_t errors[ARM_COUNT], const int64_t requests[ARM_COUNT])
{
    double e[ARM_COUNT], n[ARM_COUNT];
    if (null->none || requests[ARM_TARGET] <= 0 || (!null->is_rate && requests[ARM_SOURCE] <= 0))
        return;
    for (enum arm arm = 0; arm < ARM_COUNT; arm++) {
        e[arm] = (double)errors[arm];
        n[arm] = (double)requests[arm];
        gate_sum(&sums->errors[arm], errors[arm]);
        gate_sum(&sums->requests[arm], requests[arm]);
    }
    gate_sum(&sums->minutes, 1);
    gate_count_step(sums->logs, null, sums->minutes, e, n);
    gate_sum(&sums->minutes_with_errors, errors[ARM_TARGET] > 0);
}

double gate_count_evidence(const double logs[GATE_RATIOS])
{
    double most = logs[0], sum = 0;
    for (int i = 1; i < GATE_RATIOS; i++)
        most = fmax(most, logs[i]);
    for (int i = 0; i < GATE_RATIOS; i++)
        sum += exp(logs[i] - most);
    return most + log(sum / GATE_RATIOS);
}

static double target_rate(const struct count_sums *sums)
{
    int64_t n = sums->requests[ARM_TARGET];
    return n > 0 ? (double)sums->errors[ARM_TARGET] / (double)n : 0;
}

static bool has_evidence(const struct count_sums *sums, const struct count_gate *gate, size_t holds)
{
    return sums->minutes && gate_count_evidence(sums->logs) >= gate_count_threshold(holds) &&
           target_rate(sums) >= (double)gate->ignore_below / 1e6;
}

bool gate_count_exceeds(const struct count_sums *sums, const struct count_gate *gate, size_t holds)
{
    return sums->errors[ARM_TARGET] >= COUNT_ERRORS_LEAST &&
           sums->minutes_with_errors >= COUNT_MINUTES_LEAST && has_evidence(sums, gate, holds);
}

/* ---- in words ---- */

/* "0.12 % against 0.1 % on the source, tolerated up to 1.5 times" */
static const char *describe(const struct judging *j, const struct count_sums *sums,
                            const struct count_gate *gate, enum arm_metric metric)
{
    bool full = j->in->target_permille >= 1000;
    double other;
    if (full) {
        struct baseline_rate baseline = gate_baseline_rate(j->in, metric);
        other = (double)baseline.bad / (double)baseline.requests;
    } else {
        other = (double)sums->errors[ARM_SOURCE] / (double)sums->requests[ARM_SOURCE];
    }
    return arena_printf(j->arena, "%s against %s %s, tolerated up to %s times",
                        gate_percent(j->arena, target_rate(sums)), gate_percent(j->arena, other),
                        full ? "in the baseline" : "on the source",
                        gate_factor(j->arena, gate->tolerate));
}

void gate_count_judge(const struct judging *j, struct gate_finding *out,
                      const struct count_sums *sums, const struct count_gate *gate,
                      enum arm_metric metric)
{
    struct count_null null = gate_count_null(j->in, gate, metric);
    long long errors = (long long)sums->errors[ARM_TARGET];
    long long minutes = (long long)sums->minutes_with_errors;
    char at[TIME_TEXT_SIZE];
    if (null.none)
        return gate_say(j, out, GATE_UNUSED, true, "no baseline to compare with");
    if (!j->sums->judged)
        return gate_say(j, out, GATE_WAITS, false, "no minute is known yet");
    if (!sums->requests[ARM_TARGET])
        return gate_say(j, out, GATE_WAITS, false,
                        null.is_rate ? "no requests on the target yet"
                                     : "no minute has requests on both groups to compare");
    const char *rates = describe(j, sums, gate, metric);
    if (sums->failed_at)
        return gate_say(j, out, GATE_FAILS, false, "%s: %lld in %lld minutes, too much by %s",
                        rates, errors, minutes, time_of_day(at, sums->failed_at));
    if (has_evidence(sums, gate, j->in->holds))
        return gate_say(j, out, GATE_SUSPECT, true, "%s: %lld in %lld minutes, fails with %d in %d",
                        rates, errors, minutes, COUNT_ERRORS_LEAST, COUNT_MINUTES_LEAST);
    gate_say(j, out, GATE_OK, true, "%s", rates);
}
