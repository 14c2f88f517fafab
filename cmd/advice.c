#include "cmd/advice.h"

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

void advice_next(const struct cutover *cutover, const struct state *state, char **go_on,
                 char **go_back)
{
    *go_on = *go_back = NULL;
    const struct run *last = state && state->run_count ? &state->runs[state->run_count - 1] : NULL;
    bool reverting = last && last->direction == INVERSE;
    /* An ended lineage can be reverted once more, and that can fail. */
    if (!state || (state->ended && !(reverting && last->end != RUN_DONE)))
        return;
    const char *from = cutover->input.kind == INPUT_STATE ? state->plan->file.path : NULL;
    bool changed = state_changed_anything(state);
    if (reverting && changed)
        *go_on = advice_command(cutover, "revert", NULL);
    else if (last && !reverting && last->end == RUN_DRIFT)
        /* Not apply: a saved plan would only find the same drift again. */
        *go_on = advice_command(cutover, "plan", state->plan->file.path);
    else if (status_next(state))
        *go_on = advice_command(cutover, "apply", from);
    if (changed)
        *go_back = advice_command(cutover, "revert", NULL);
}
