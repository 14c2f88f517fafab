#include "cmd/advice.h"

#include <stdlib.h>

#include "cmd/shell.h"
#include "cmd/view_status.h"

char *advice_command(const struct cutover *cutover, const char *verb, const char *file)
{
    struct text out = {0};
    const char *state = args_text(cutover->args, OPT_STATE);
    text_addf(&out, "switchover %s ", verb);
    shell_add(&out, file ? file : cutover->input.path);
    if (state && !text_same(state, file ? file : cutover->input.path)) {
        text_add(&out, " --state ");
        shell_add(&out, state);
    }
    return text_steal(&out);
}

char *advice_accept(const struct cutover *cutover, const char *file, const char *gate)
{
    struct text out = {0};
    char *apply = advice_command(cutover, "apply", file);
    text_addf(&out, "%s --accept ", apply);
    shell_add(&out, gate);
    text_add(&out, " --because TEXT");
    free(apply);
    return text_steal(&out);
}

/* An ended lineage can be reverted once more, and that can fail. */
static bool is_over(const struct state *state, const struct run *last)
{
    return state->ended && !(last && last->direction == INVERSE && last->end != RUN_DONE);
}

/* Not apply after a drift: a saved plan would only find the same one again. */
static char *forward_again(const struct cutover *cutover, const struct state *state,
                           const struct run *last)
{
    const char *file = state->plan->file.path;
    const struct gate_failure *failure = state_open_failure(state);
    if (last && last->direction == FORWARD && last->end == RUN_DRIFT)
        return advice_command(cutover, "plan", file);
    if (!status_next(state))
        return NULL;
    if (cutover->input.kind != INPUT_STATE)
        file = NULL;
    return failure ? advice_accept(cutover, file, failure->gate)
                   : advice_command(cutover, "apply", file);
}

void advice_next(const struct cutover *cutover, const struct state *state, char **go_on,
                 char **go_back)
{
    *go_on = *go_back = NULL;
    const struct run *last = state && state->run_count ? &state->runs[state->run_count - 1] : NULL;
    if (!state || is_over(state, last))
        return;
    bool changed = state_changed_anything(state);
    if (changed && last && last->direction == INVERSE)
        *go_on = advice_command(cutover, "revert", NULL);
    else
        *go_on = forward_again(cutover, state, last);
    if (changed || state->origin.assumed) /* what somebody else gave the target is taken back too */
        *go_back = advice_command(cutover, "revert", NULL);
}
