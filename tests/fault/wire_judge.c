#include "tests/fault/wire_judge.h"

#include <stdio.h>
#include <string.h>

#include "providers/aws/retry.h"

bool fault_is_for_ever(const struct fault *fault)
{
    return fault->nth && fault->way != FAULT_WHOLE &&
           (fault->for_ever || fault->way == FAULT_REFUSED);
}

static int changes_of(const struct wire_stage *stage)
{
    return wire_stage_carried_out(stage, "UpdateService") +
           wire_stage_carried_out(stage, "ModifyListener");
}

static void judge_live(struct wire_stage *stage, const struct truth *truth, bool must_be_known)
{
    int source, target;
    const char *line = strstr(text_cstr(&stage->out), "Live ");
    if (!line) {
        wire_stage_wrong(stage, "no closing lines");
    } else if (sscanf(line, "Live source %d, target %d; read", &source, &target) == 2) {
        if (source != truth->source || target != truth->target)
            wire_stage_wrong(stage, "live is source %d, target %d", truth->source, truth->target);
    } else if (must_be_known || !strstr(line, "not known")) {
        wire_stage_wrong(stage, "the closing lines do not say what live is");
    }
}

void judge_plan(struct wire_stage *stage, const struct story *story)
{
    bool good = stage->exit_code == 0 &&
                strstr(text_cstr(&stage->out), "Plan: 3 actions, 2 changes; nothing blocks");
    if (story->heals ? !good : stage->exit_code != 0 && stage->exit_code != 1)
        wire_stage_wrong(stage, "plan did not come to its plan");
    if (stage->exit_code == 1 && !strstr(text_cstr(&stage->err), "Error: "))
        wire_stage_wrong(stage, "no word of the error");
}

static bool is_shifted(const struct truth *truth)
{
    return truth->target == 1 && truth->source == 0 && truth->desired == 2;
}

/* A check that is red, or was never answered, is a gate that fails: the plan file has it stop. */
static bool may_fail_a_check(const struct wire_stage *stage, const struct story *story)
{
    return wire_verb(story->verb)->checks && !story->heals &&
           strstr(text_cstr(&stage->out), "gate failed: check:");
}

static bool is_one_of(const char *name, const char *const names[])
{
    while (*names && !text_same(*names, name))
        names++;
    return *names != NULL;
}

/* Whether nothing that comes by this fault can be read. */
static bool is_unreadable(const struct fault *fault)
{
    bool whole = fault->phase == FAULT_ANSWERED || fault->phase == FAULT_TRAILER;
    return fault->nth && fault->way != FAULT_WHOLE && (fault->answer || fault->mistyped || !whole);
}

/*
 * What a wait must come to that never saw what it is to judge: not to its end. Zero: to whatever is
 * right otherwise. A check that nobody answers twice has failed; a metric without data has not.
 */
static int blind_exit_code(const struct wire_stage *stage, const struct story *story)
{
    static const char *const looks[] = {"DescribeServices",     "DescribeListeners",
                                        "DescribeTargetHealth", "GetMetricData",
                                        "GetMetricData/check",  NULL};
    static const char *const checks[] = {"target-health", "source-indices", "target-indices", NULL};
    const struct fault *fault = &story->fault;
    size_t met = 0;
    if (!fault->for_ever || fault->nth != 1 || !is_unreadable(fault))
        return 0;
    for (size_t i = 0; i < stage->proxy.count; i++)
        met += stage->proxy.log[i].faulty;
    if (story->verb == VERB_HELD && is_one_of(fault->operation, checks))
        return met >= 2 && !fault->mistyped ? 8 : 0;
    bool blind = (story->verb == VERB_HELD && is_one_of(fault->operation, looks)) ||
                 (story->verb == VERB_DRAINED && text_same(fault->operation, "GetMetricData"));
    return blind && met ? 6 : 0;
}

/* Whether apply may end so. */
static bool is_right_for_apply(const struct wire_stage *stage, const struct story *story,
                               const struct truth *truth, bool begun)
{
    bool told = story->fault.signal && stage->proxy.met;
    switch (stage->exit_code) {
    case 0:
        return is_shifted(truth) && !told;
    case 1:
    case 3:
        return !story->heals && !changes_of(stage) && !begun;
    case 6:
        return !story->heals || told;
    case 8:
        return is_shifted(truth) && may_fail_a_check(stage, story);
    default:
        return false;
    }
}

void judge_apply(struct wire_stage *stage, const struct story *story, bool begun)
{
    struct truth truth = wire_stage_truth(stage);
    int blind = blind_exit_code(stage, story);
    if (blind && stage->exit_code != blind)
        wire_stage_wrong(stage, "nothing was seen, and the exit code is not %d", blind);
    if (!is_right_for_apply(stage, story, &truth, begun))
        wire_stage_wrong(stage, "the exit code; live is source %d, target %d, %lld desired",
                         truth.source, truth.target, (long long)truth.desired);
    if (stage->stop_ms > STOP_BOUND_MS)
        wire_stage_wrong(stage, "it went on for %lld ms", (long long)stage->stop_ms);
    if (stage->exit_code != 1)
        judge_live(stage, &truth, story->heals && !stage->stop_ms);
    truth_clear(&truth);
}

bool is_untouched(struct wire_stage *stage)
{
    struct truth truth = wire_stage_truth(stage);
    bool same = strcmp(text_cstr(&truth.actions), text_cstr(&stage->untouched)) == 0;
    truth_clear(&truth);
    return same;
}

/* The way back may be sent again when its answer was lost, but always the same; `forward` changes
 * come before it. */
static void judge_the_same(struct wire_stage *stage, int forward)
{
    const struct proxied *first = NULL;
    for (size_t i = 0; i < stage->proxy.count; i++) {
        const struct proxied *entry = &stage->proxy.log[i];
        if (strcmp(entry->operation, "ModifyListener") != 0 || forward-- > 0)
            continue;
        if (first && first->body != entry->body)
            wire_stage_wrong(stage, "another routing was sent");
        first = entry;
    }
}

void judge_revert(struct wire_stage *stage, const struct story *story)
{
    struct truth truth = wire_stage_truth(stage);
    bool back = is_untouched(stage);
    if (stage->exit_code == 0 ? !back : story->heals || stage->exit_code != 9)
        wire_stage_wrong(stage, "the exit code; it is %s", back ? "back" : "not back");
    judge_live(stage, &truth, story->heals);
    judge_the_same(stage, 0);
    for (size_t i = 0; i < stage->proxy.count; i++)
        if (strcmp(stage->proxy.log[i].operation, "UpdateService") == 0)
            wire_stage_wrong(stage, "a count was changed");
    truth_clear(&truth);
}

void judge_starved(struct wire_stage *stage, const struct story *story)
{
    bool incomplete = stage->exit_code == 6;
    bool not_begun = (stage->exit_code == 1 || stage->exit_code == 3) && changes_of(stage) == 0;
    if (!incomplete && (story->heals || !not_begun))
        wire_stage_wrong(stage, "the exit code");
    struct truth truth = wire_stage_truth(stage);
    if (incomplete)
        judge_live(stage, &truth, story->heals);
    truth_clear(&truth);
}

void judge_unproven(struct wire_stage *stage, const struct story *story)
{
    struct truth truth = wire_stage_truth(stage);
    if (stage->exit_code != 6 || !is_shifted(&truth))
        wire_stage_wrong(stage, "the exit code");
    const char *said = text_cstr(&stage->err); /* the plan names the port, too */
    if (story->heals && (!strstr(said, "9201") || !strstr(said, "client_keep_alive.seconds")))
        wire_stage_wrong(stage, "no word of who keeps the source busy");
    judge_live(stage, &truth, story->heals);
    truth_clear(&truth);
}

/* 6: what cannot be read fails no gate. */
static bool is_right_for_failed(struct wire_stage *stage, const struct story *story,
                                const struct truth *truth)
{
    bool may_fall_back = story->verb == VERB_FALLBACK;
    switch (stage->exit_code) {
    case 5:
        return may_fall_back && is_untouched(stage);
    case 6:
        return !story->heals && is_shifted(truth);
    case 8:
        return !may_fall_back && is_shifted(truth);
    case 9:
        return may_fall_back && !story->heals;
    default:
        return false;
    }
}

void judge_failed(struct wire_stage *stage, const struct story *story)
{
    struct truth truth = wire_stage_truth(stage);
    if (!is_right_for_failed(stage, story, &truth))
        wire_stage_wrong(stage, "the exit code; live is source %d, target %d", truth.source,
                         truth.target);
    judge_live(stage, &truth, story->heals);
    judge_the_same(stage, 1);
    truth_clear(&truth);
}

/* ---- how much was sent ---- */

static size_t count_of(const struct sent *sent, const char *operation)
{
    if (!operation)
        return sent->requests;
    for (size_t i = 0; i < sent->count; i++)
        if (strcmp(sent->operations[i].name, operation) == 0)
            return (size_t)sent->operations[i].count;
    return 0;
}

/* Each minute's metrics are another request, so that what comes again is a repetition: three of a
 * read, twice as many of one that is throttled, and the last look of a wait may fall into the
 * minute of the one before. */
static void judge_repetitions(struct wire_stage *stage)
{
    enum { MOST = 2 * 2 * WIRE_ATTEMPTS };
    const struct faulty_proxy *proxy = &stage->proxy;
    for (size_t i = 0; i < proxy->count; i++) {
        const struct proxied *entry = &proxy->log[i];
        int same = 0;
        for (size_t k = i; k < proxy->count; k++)
            same += proxy->log[k].faulty && proxy->log[k].body == entry->body;
        if (entry->faulty && text_starts(entry->operation, "GetMetricData") && same > MOST) {
            wire_stage_wrong(stage, "%s was sent %d times", entry->operation, same);
            return;
        }
    }
}

/*
 * No storm. What is asked of it all where nothing fails, and what is asked beside while it waits,
 * every 10 s of 2 minutes for a service and every second of 30 s for each of 3 changes sent, may be
 * tried three times. And what fails is repeated only as long as the quota lasts, which is one for
 * all: an answer gives back a token or what its retry took.
 */
void judge_number(struct wire_stage *stage, const struct story *story, const struct sent *sent)
{
    enum { WAITING = 2 * 13 + 3 * 31 };
    const struct faulty_proxy *proxy = &stage->proxy;
    size_t faulty = 0, answered = 0;
    judge_repetitions(stage);
    for (size_t i = 0; i < proxy->count; i++) {
        faulty += proxy->log[i].faulty;
        answered += proxy->log[i].status == 200 && !proxy->log[i].faulty;
    }
    size_t calls = count_of(sent, story->fault.operation) + WAITING;
    size_t retries = (size_t)RETRY_QUOTA / RETRY_COST + answered;
    if (proxy->count > WIRE_ATTEMPTS * (sent->requests + WAITING) || faulty > calls + retries)
        wire_stage_wrong(stage, "%zu requests, %zu of them met the fault", proxy->count, faulty);
}
