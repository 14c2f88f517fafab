/* What CloudWatch saw. */
#include "planner/base/time.h"
#include "planner/precondition_judges.h"
#include "planner/state.h"

enum {
    MANY_TIMES_NEW = 10,          /* active connections per new one that mean reuse */
    REPLAY_LAG_MOST_MS = 60000,   /* DESIGN, section 4 */
    REPLAY_LAG_FRESH_MINUTES = 10 /* an older value says nothing about now */
};

static int64_t column_sum(const struct column *column, size_t minutes, size_t *present)
{
    int64_t sum = 0;
    *present = 0;
    for (size_t m = 0; m < minutes; m++)
        if (column->present[m]) {
            sum += column->values[m];
            ++*present;
        }
    return sum;
}

enum verdict judge_connections(const struct judgement *in, struct text *observed)
{
    const struct series *recent = &in->live->recent;
    size_t active_minutes, new_minutes;
    int64_t active =
        column_sum(&recent->common[METRIC_ACTIVE_CONNECTIONS], recent->minutes, &active_minutes);
    int64_t opened =
        column_sum(&recent->common[METRIC_NEW_CONNECTIONS], recent->minutes, &new_minutes);
    if (!active_minutes || !new_minutes) {
        text_add(observed, "CloudWatch has no connection counts");
        return VERDICT_UNKNOWN;
    }
    int64_t active_mean = active / (int64_t)active_minutes;
    int64_t new_mean = opened / (int64_t)new_minutes;
    text_addf(observed, "%lld active, %lld new a minute", (long long)active_mean,
              (long long)new_mean);
    return active_mean > MANY_TIMES_NEW * (new_mean > 0 ? new_mean : 1) ? VERDICT_WARNS
                                                                        : VERDICT_OK;
}

enum verdict judge_baseline_traffic(const struct judgement *in, struct text *observed)
{
    const struct series *recent = &in->live->recent;
    size_t known;
    int64_t requests = series_sum(recent, ARM_SOURCE, METRIC_REQUESTS, 0, recent->minutes, &known);
    if (!known) {
        text_add(observed, "CloudWatch has no data of this load balancer");
        return VERDICT_UNKNOWN;
    }
    text_addf(observed, "%lld requests on the source in %zu known minutes of %zu",
              (long long)requests, known, recent->minutes);
    return requests > 0 ? VERDICT_OK : VERDICT_BLOCKS;
}

enum verdict judge_replay_lag(const struct judgement *in, struct text *observed)
{
    const struct series *recent = &in->live->recent;
    const struct column *lag = &recent->common[METRIC_REPLAY_LAG];
    size_t oldest =
        recent->minutes > REPLAY_LAG_FRESH_MINUTES ? recent->minutes - REPLAY_LAG_FRESH_MINUTES : 0;
    for (size_t m = recent->minutes; m > oldest; m--) {
        if (!lag->present[m - 1])
            continue;
        char text[TIME_TEXT_SIZE];
        text_addf(observed, "%s behind", duration_format(text, lag->values[m - 1]));
        return lag->values[m - 1] > REPLAY_LAG_MOST_MS ? VERDICT_BLOCKS : VERDICT_OK;
    }
    text_add(observed, "the replayer reported nothing lately");
    return VERDICT_WARNS;
}

/* The hour before is an ordinary one only while the source has all of the traffic. */
static const struct series *baseline_of(const struct judgement *in)
{
    const struct snapshot *live = in->live;
    if (in->state && in->state->has_baseline)
        return &in->state->baseline;
    bool shifted =
        live->listener &&
        routing_weight(&live->listener->routing, live->subject.arms[ARM_TARGET].target_group_arn);
    return shifted ? NULL : &live->recent;
}

enum verdict judge_drain_gap(const struct judgement *in, struct text *observed)
{
    const struct series *baseline = baseline_of(in);
    int64_t quiet = 0, longest = 0, requests;
    if (!baseline) {
        text_add(observed, "the target already has traffic, and no baseline was recorded before");
        return VERDICT_UNKNOWN;
    }
    for (size_t m = 0; m < baseline->minutes; m++) {
        bool known = series_count(baseline, ARM_SOURCE, METRIC_REQUESTS, m, &requests);
        quiet = known && requests == 0 ? quiet + MINUTE_MS : 0;
        if (quiet > longest)
            longest = quiet;
    }
    char text[TIME_TEXT_SIZE];
    text_addf(observed, "longest quiet %s", duration_format(text, longest));
    return in->file->quiet_for_ms < 2 * longest ? VERDICT_WARNS : VERDICT_OK;
}
