/* When, where and on whose word. */
#include "planner/base/time.h"
#include "planner/precondition_judges.h"

/* The last moment at which a start still sends every shift before the window closes, with every
 * time-out on the way used up. */
static int64_t latest_safe_start(const struct plan *plan, int64_t closes_at)
{
    int64_t until_shift = 0, before = 0;
    for (size_t i = 0; i < plan->action_count; i++) {
        const struct action *action = &plan->actions[i];
        if (action->kind == ACTION_SHIFT)
            until_shift = before;
        if (action->kind == ACTION_SCALE)
            before += action->timeout_ms;
        if (action->kind == ACTION_HOLD)
            before += action->duration_ms + MINUTE_MS + SERIES_SETTLED_AFTER_MS;
    }
    return closes_at - until_shift;
}

enum verdict judge_window(const struct judgement *in, struct text *observed)
{
    const struct planfile *file = in->file;
    int64_t now = in->around->now;
    char a[TIME_TEXT_SIZE], b[TIME_TEXT_SIZE];
    if (!file->has_window) {
        text_add(observed, "no window is set");
        return VERDICT_OK;
    }
    if (now >= file->window_closes_at) {
        text_addf(observed, "it closed at %s", time_format(a, file->window_closes_at));
        return VERDICT_BLOCKS;
    }
    int64_t latest = latest_safe_start(in->plan, file->window_closes_at);
    if (!in->action && latest < file->window_opens_at) {
        text_addf(observed, "%s to %s is too short for this plan's own times",
                  time_format(a, file->window_opens_at), time_format(b, file->window_closes_at));
        return VERDICT_WARNS;
    }
    if (now < file->window_opens_at) {
        text_addf(observed, "opens %s; latest safe start %s", time_format(a, file->window_opens_at),
                  time_format(b, latest));
        return in->action ? VERDICT_BLOCKS : VERDICT_DEFERRED;
    }
    text_addf(observed, "open until %s; latest safe start %s",
              time_format(a, file->window_closes_at), time_format(b, latest));
    return !in->action && now > latest ? VERDICT_WARNS : VERDICT_OK;
}

enum verdict judge_credentials_outlive(const struct judgement *in, struct text *observed)
{
    int64_t shortest, longest, expire = in->live->credentials_expire_at;
    char text[TIME_TEXT_SIZE];
    plan_duration(in->plan, &shortest, &longest);
    if (!expire) {
        text_add(observed, "no expiry is known");
        return VERDICT_OK;
    }
    text_addf(observed, "they end at %s", time_format(text, expire));
    return !in->around->interactive && expire < in->around->now + longest ? VERDICT_WARNS
                                                                          : VERDICT_OK;
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
