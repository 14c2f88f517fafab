#include "planner/gate.h"

#include "planner/gate_parts.h"

struct gate_row {
    const char *name;
    void (*judge)(const struct judging *j, struct gate_finding *out);
};

static const struct gate_row rows[GATE_COUNT] = {
    [GATE_ERRORS] = {"errors", gate_judge_errors},
    [GATE_CLIENT_ERRORS] = {"client_errors", gate_judge_client_errors},
    [GATE_LATENCY] = {"latency", gate_judge_latency},
    [GATE_HEALTH] = {"health", gate_judge_health},
    [GATE_TRAFFIC] = {"traffic", gate_judge_traffic},
    [GATE_CHECKS] = {"checks", gate_judge_checks},
};

const char *gate_name(enum gate gate)
{
    return rows[gate].name;
}

const char *gate_verdict_name(enum gate_verdict verdict)
{
    static const char *const names[] = {
        [GATE_OK] = "ok",       [GATE_WAITS] = "waits",   [GATE_SUSPECT] = "suspect",
        [GATE_FAILS] = "fails", [GATE_UNUSED] = "unused",
    };
    return names[verdict];
}

void gate_say(const struct judging *j, struct gate_finding *out, enum gate_verdict verdict,
              bool passes, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    out->words = arena_vprintf(j->arena, format, ap);
    va_end(ap);
    out->verdict = verdict;
    out->passes = passes;
}

/* ---- errors: the two tests, and what all of a hold needs ---- */

static const char *plural(int64_t n, const char *one, const char *many)
{
    return n == 1 ? one : many;
}

/* "needs 2 more minutes and 340 more requests"; NULL: it needs nothing more */
static const char *describe_needs(const struct judging *j)
{
    int64_t minutes = GATE_MINUTES - j->sums->judged, settled;
    int64_t requests = j->in->gates->min_requests - j->sums->target_requests;
    int64_t lately = gate_known_lately(j->sums, j->in, &settled);
    const char *more_requests = arena_printf(j->arena, "%lld more %s", (long long)requests,
                                             plural(requests, "request", "requests"));
    if (minutes > 0)
        return arena_printf(j->arena, "needs %lld more %s%s%s", (long long)minutes,
                            plural(minutes, "minute", "minutes"), requests > 0 ? " and " : "",
                            requests > 0 ? more_requests : "");
    if (requests > 0)
        return arena_printf(j->arena, "needs %s", more_requests);
    if (lately < GATE_MINUTES)
        return arena_printf(j->arena, "only %lld of the last %lld minutes are known",
                            (long long)lately, (long long)settled);
    return NULL;
}

void gate_judge_errors(const struct judging *j, struct gate_finding *out)
{
    const char *needs = describe_needs(j);
    if (gate_guard_fails(j, out))
        return;
    gate_count_judge(j, out, &j->sums->errors, &j->in->gates->errors, METRIC_5XX);
    if (out->verdict == GATE_UNUSED)
        gate_say(j, out, GATE_OK, true, "%s, only with max_rate", out->words);
    if (needs && (out->verdict == GATE_OK || out->verdict == GATE_WAITS))
        gate_say(j, out, GATE_WAITS, false, "%s", needs);
    else if (needs)
        out->passes = false;
}

void gate_judge_client_errors(const struct judging *j, struct gate_finding *out)
{
    gate_count_judge(j, out, &j->sums->client_errors, &j->in->gates->client_errors, METRIC_4XX);
}

/* ---- all of them ---- */

void gates_judge(struct gate_report *out, struct arena *arena, const struct gate_sums *sums,
                 const struct gate_input *in)
{
    struct judging j = {arena, sums, in};
    *out = (struct gate_report){
        .outcome = GATES_PASS, .judged = sums->judged, .unknown = sums->unknown};
    for (int gate = 0; gate < GATE_COUNT; gate++) {
        struct gate_standing *standing = &out->standings[gate];
        struct gate_finding found = {0};
        rows[gate].judge(&j, &found);
        *standing = (struct gate_standing){found.verdict, found.name ? found.name : rows[gate].name,
                                           found.words};
        enum gates_outcome outcome = found.verdict == GATE_FAILS ? GATES_FAIL
                                     : found.passes              ? GATES_PASS
                                                                 : GATES_INCONCLUSIVE;
        if (outcome > out->outcome) {
            out->outcome = outcome;
            out->because = standing;
        }
    }
}
