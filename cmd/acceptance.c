#include "cmd/acceptance.h"

#include <string.h>

#include "cmd/view_look.h"
#include "providers/local/host.h"

/* GATE_CHECKS stands for all checks: one of them is named. */
static bool is_gate(const char *name)
{
    for (int gate = 0; gate < GATE_COUNT; gate++)
        if (gate != GATE_CHECKS && text_same(name, gate_name((enum gate)gate)))
            return true;
    return text_starts(name, PLANFILE_CHECK_PREFIX) && name[strlen(PLANFILE_CHECK_PREFIX)];
}

static bool refuse_gate(const char *name, struct error *err)
{
    struct text names = {0};
    for (int gate = 0; gate < GATE_COUNT; gate++)
        if (gate != GATE_CHECKS)
            text_addf(&names, "%s, ", gate_name((enum gate)gate));
    error_set(err, ERROR_USAGE, "--accept %s: there is no such gate", name);
    error_hint(err, "the gates are %sand check:NAME for a check of the plan file",
               text_cstr(&names));
    text_clear(&names);
    return false;
}

bool acceptance_check_options(const struct args *args, struct error *err)
{
    const char *gate = args_text(args, OPT_ACCEPT), *because = args_text(args, OPT_BECAUSE);
    if (gate && !because) {
        error_set(err, ERROR_USAGE, "--accept %s needs --because TEXT", gate);
        return error_hint(err, "the reason is recorded in the state, for whoever asks later");
    }
    if (because && !gate)
        return error_set(err, ERROR_USAGE, "--because has no meaning without --accept GATE");
    if (!gate)
        return true;
    if (!is_gate(gate))
        return refuse_gate(gate, err);
    /* The word that the last lines of a run have in the place of a reason. */
    if (text_same(because, "TEXT"))
        return error_set(err, ERROR_USAGE, "--because TEXT: say in your own words why");
    return true;
}

bool acceptance_check(const struct args *args, const struct state *state, struct error *err)
{
    const char *gate = args_text(args, OPT_ACCEPT);
    const struct gate_failure *open = state ? state_open_failure(state) : NULL;
    struct text words = {0};
    if (!gate || (open && text_same(open->gate, gate)))
        return true;
    if (!open) {
        error_set(err, ERROR_INPUT, "--accept %s: no failed gate waits to be accepted", gate);
        return error_hint(err, "run the same command without --accept and --because");
    }
    look_add_failure(&words, open);
    error_set(err, ERROR_INPUT, "--accept %s: it is another gate that failed: %s", gate,
              text_cstr(&words));
    error_hint(err, "to accept that one: --accept %s", open->gate);
    text_clear(&words);
    return false;
}

bool acceptance_record(const struct args *args, struct state *state, int64_t now, struct error *err)
{
    const char *gate = args_text(args, OPT_ACCEPT);
    struct arena arena = {0};
    bool ok = !gate || state_accept_gate(state, gate, args_text(args, OPT_BECAUSE),
                                         local_user_at_host(&arena), now, err);
    arena_clear(&arena);
    return ok;
}
