/* When, where and on whose word; what the plan file asks itself. */
#include <string.h>

#include "planner/base/time.h"
#include "planner/plan_forecast.h"
#include "planner/precondition_judges.h"

/* Only changes need the window: a hold or a drain that began in it is finished behind it. */
static void add_what_outlasts(struct text *observed, const struct judgement *in)
{
    int64_t shortest, longest, opens = in->file->window_opens_at, now = in->around->now;
    plan_duration(in->plan, &shortest, &longest);
    if (!in->action && (now > opens ? now : opens) + longest > in->file->window_closes_at)
        text_add(observed, "; what follows the last shift may outlast it");
}

/* That it would be safe to start is over; and whether there is any chance left. */
static void add_lateness(struct text *observed, const struct judgement *in, int64_t latest)
{
    int64_t least = forecast_last_shift_least_ms(in->plan), now = in->around->now;
    if (in->action || now <= latest)
        return;
    text_add(observed, now + least > in->file->window_closes_at
                           ? ", which has passed: even at best the last shift comes too late"
                           : ", which has passed: the last shift may come too late");
}

enum verdict judge_window(const struct judgement *in, struct text *observed)
{
    const struct planfile *file = in->file;
    int64_t now = in->around->now;
    char a[TIME_TEXT_SIZE], b[TIME_TEXT_SIZE], c[TIME_TEXT_SIZE];
    if (!file->has_window) {
        text_add(observed, "no window is set");
        return VERDICT_OK;
    }
    if (now >= file->window_closes_at) {
        text_addf(observed, "it closed at %s", time_format(a, file->window_closes_at));
        return VERDICT_BLOCKS;
    }
    int64_t until_shift = forecast_last_shift_ms(in->plan);
    int64_t latest = file->window_closes_at - (until_shift > 0 ? until_shift : 0);
    if (!in->action && latest < file->window_opens_at) {
        text_addf(observed, "%s to %s is too short: the last shift may come %s after the start",
                  time_format(a, file->window_opens_at), time_format(b, file->window_closes_at),
                  duration_format(c, until_shift));
        return VERDICT_WARNS;
    }
    if (now < file->window_opens_at)
        text_addf(observed, "opens %s for %s", time_format(a, file->window_opens_at),
                  duration_format(b, file->window_closes_at - file->window_opens_at));
    else
        text_addf(observed, "open until %s", time_format(a, file->window_closes_at));
    text_addf(observed, "; latest safe start %s", time_format(b, latest));
    add_lateness(observed, in, latest);
    add_what_outlasts(observed, in);
    if (now < file->window_opens_at)
        return in->action ? VERDICT_BLOCKS : VERDICT_DEFERRED;
    return !in->action && now > latest ? VERDICT_WARNS : VERDICT_OK;
}

/* Also at a terminal: a person there cannot hand new variables or an MFA code to a run that is
 * under way. */
enum verdict judge_credentials_outlive(const struct judgement *in, struct text *observed)
{
    int64_t shortest, longest, end = in->live->credentials_end_at, now = in->around->now;
    char a[TIME_TEXT_SIZE], b[TIME_TEXT_SIZE];
    plan_duration(in->plan, &shortest, &longest);
    if (!end) {
        text_add(observed, "no end is known");
        return VERDICT_OK;
    }
    if (end >= now + longest) {
        text_addf(observed, "they last until %s", time_format(a, end));
        return VERDICT_OK;
    }
    bool surely = end < now + shortest;
    text_addf(observed,
              "they end at %s, and then only a person can get new ones; the plan takes %s%s",
              time_format(a, end), surely ? "at least until " : "until ",
              time_format(b, now + (surely ? shortest : longest)));
    if (!surely)
        text_add(observed, " at most");
    return VERDICT_WARNS;
}

enum verdict judge_state_survives(const struct judgement *in, struct text *observed)
{
    if (!in->around->state_is_local || !in->around->on_ci || in->around->interactive) {
        text_add(observed,
                 in->around->state_is_local ? "a file on this machine" : "kept elsewhere");
        return VERDICT_OK;
    }
    text_add(observed, "a file on a CI runner, which goes with it");
    return VERDICT_WARNS;
}

enum verdict judge_split_writes(const struct judgement *in, struct text *observed)
{
    size_t partial = 0;
    for (size_t i = 0; i < in->plan->action_count; i++)
        partial += in->plan->actions[i].kind == ACTION_SHIFT &&
                   in->plan->actions[i].target_permille < 1000;
    text_addf(observed, "%zu partial step%s", partial, partial == 1 ? "" : "s");
    return VERDICT_WARNS;
}

static enum verdict judge_attested(const struct judgement *in, enum attestation a,
                                   struct text *observed)
{
    const char *word = in->file->attested[a];
    text_add(observed, word ? word : "nobody did");
    return word ? VERDICT_OK : VERDICT_WARNS;
}

enum verdict judge_attest_traffic(const struct judgement *in, struct text *observed)
{
    return judge_attested(in, ATTEST_ALL_TRAFFIC, observed);
}

enum verdict judge_attest_compatible(const struct judgement *in, struct text *observed)
{
    return judge_attested(in, ATTEST_COMPATIBLE, observed);
}

enum verdict judge_check(const struct judgement *in, struct text *observed)
{
    const struct check_result *result =
        check_results_find(&in->live->checks, in->row->id + strlen(PLANFILE_CHECK_PREFIX));
    if (result && result->verdict != CHECK_NOT_ASKED) {
        text_add(observed, result->observed ? result->observed : "");
        return result->verdict == CHECK_GREEN ? VERDICT_OK
               : result->verdict == CHECK_RED ? VERDICT_BLOCKS
                                              : VERDICT_UNKNOWN;
    }
    if (in->action) {
        text_add(observed, "it was not asked");
        return VERDICT_UNKNOWN;
    }
    text_add(observed, "asked right before each shift; plan --checks asks it now");
    return VERDICT_DEFERRED;
}
