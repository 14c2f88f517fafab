#include "planner/base/text.h"
#include "planner/base/time.h"
#include "planner/gate_parts.h"

enum {
    LOOKS_APART_MS = 30 * SECOND_MS,
    HEALTH_STALE_MS = 2 * MINUTE_MS, /* a look is due every 30 s */
    CHECK_STALE_MS = 3 * MINUTE_MS   /* a check is asked once a minute */
};

/* ---- health ---- */

void health_looks_add(struct health_looks *looks, int64_t at, int64_t healthy)
{
    /* No look is dropped that saw more than the one that stays; and where a fall goes on, the time
     * runs from its beginning. */
    bool rose = looks->healthy[1] > looks->healthy[0];
    bool fell = looks->healthy[1] < looks->healthy[0] && healthy <= looks->healthy[1];
    bool pushes = !looks->at[0] || looks->at[1] - looks->at[0] >= LOOKS_APART_MS ||
                  at - looks->at[1] >= LOOKS_APART_MS || rose || fell;
    if (pushes) {
        looks->at[0] = looks->at[1];
        looks->healthy[0] = looks->healthy[1];
    }
    looks->at[1] = at;
    looks->healthy[1] = healthy;
}

void gate_judge_health(const struct judging *j, struct gate_finding *out)
{
    const struct health_looks *looks = &j->in->health;
    int64_t planned = j->in->planned_targets, now = looks->healthy[1];
    char age[TIME_TEXT_SIZE];
    if (!looks->at[1])
        return gate_say(j, out, GATE_WAITS, false, "the targets were not looked at yet");
    bool few = 2 * now < planned, were_few = looks->at[0] && 2 * looks->healthy[0] < planned;
    if (few && were_few && looks->at[1] - looks->at[0] >= LOOKS_APART_MS)
        return gate_say(
            j, out, GATE_FAILS, false,
            "%lld of %lld targets healthy, less than half, twice within %s", (long long)now,
            (long long)planned,
            duration_format(age, (looks->at[1] - looks->at[0]) / SECOND_MS * SECOND_MS));
    if (j->in->now - looks->at[1] > HEALTH_STALE_MS)
        return gate_say(j, out, GATE_WAITS, false, "the targets were last looked at %s ago",
                        duration_format(age, (j->in->now - looks->at[1]) / SECOND_MS * SECOND_MS));
    if (few)
        return gate_say(j, out, GATE_SUSPECT, false,
                        "%lld of %lld targets healthy, less than half: fails if it stays so",
                        (long long)now, (long long)planned);
    if (now < planned)
        return gate_say(j, out, GATE_WAITS, false, "%lld of %lld targets healthy", (long long)now,
                        (long long)planned);
    gate_say(j, out, GATE_OK, true, "%lld of %lld targets healthy", (long long)now,
             (long long)planned);
}

/* ---- the plan file's checks ---- */

void check_results_follow(struct check_result results[], size_t n,
                          const struct check_result before[], size_t before_count)
{
    for (size_t i = 0; i < n; i++) {
        struct check_result *result = &results[i];
        result->silent_since = result->verdict == CHECK_SILENT ? result->asked_at : 0;
        for (size_t b = 0; result->silent_since && b < before_count; b++)
            if (before[b].verdict == CHECK_SILENT && before[b].silent_since &&
                text_same(before[b].check->name, result->check->name))
                result->silent_since = before[b].silent_since;
    }
}

/* A metric without data is silent by nature: nobody failed to answer. */
static bool is_too_silent(const struct check_result *result)
{
    return result->verdict == CHECK_SILENT && result->check->kind != CHECK_METRIC &&
           result->silent_since && result->silent_since < result->asked_at;
}

static void judge_check(const struct judging *j, const struct check_result *result,
                        struct gate_finding *out)
{
    const char *observed = result->observed ? result->observed : "";
    if (result->verdict == CHECK_RED)
        return gate_say(j, out, GATE_FAILS, false, "%s", observed);
    if (is_too_silent(result))
        return gate_say(j, out, GATE_FAILS, false, "silent twice in a row: %s", observed);
    if (result->verdict == CHECK_NOT_ASKED)
        return gate_say(j, out, GATE_WAITS, false, "not asked yet");
    if (result->verdict == CHECK_SILENT)
        return gate_say(j, out, result->check->kind == CHECK_METRIC ? GATE_WAITS : GATE_SUSPECT,
                        false, "silent: %s", observed);
    if (j->in->now - result->asked_at > CHECK_STALE_MS)
        return gate_say(j, out, GATE_WAITS, false, "was green, but not asked lately");
    gate_say(j, out, GATE_OK, true, "%s", observed);
}

/* 0: nothing to say; what fails says most. */
static int weight_of(const struct gate_finding *standing)
{
    return standing->verdict == GATE_FAILS ? 2 : !standing->passes;
}

void gate_judge_checks(const struct judging *j, struct gate_finding *out)
{
    size_t n = j->in->check_count;
    int most = 0;
    if (!n)
        return gate_say(j, out, GATE_UNUSED, true, "no checks");
    gate_say(j, out, GATE_OK, true, n == 1 ? "green" : "all %zu are green", n);
    for (size_t i = 0; i < n; i++) {
        struct gate_finding one = {0};
        judge_check(j, &j->in->checks[i], &one);
        if (weight_of(&one) <= most)
            continue;
        most = weight_of(&one);
        *out = one;
        out->name =
            arena_printf(j->arena, PLANFILE_CHECK_PREFIX "%s", j->in->checks[i].check->name);
    }
}
