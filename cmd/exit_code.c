#include "cmd/exit_code.h"

const struct exit_row exit_rows[] = {
    {EXIT_DONE, "done, or nothing to do"},
    {EXIT_ERROR, "error before anything was changed: usage, plan file, access, network"},
    {EXIT_CHANGES, "plan --detailed-exitcode: there are changes; 3: changes that something "
                   "blocks now"},
    {EXIT_BLOCKED, "blocked: a precondition does not hold and this cutover has changed nothing"},
    {EXIT_DRIFT, "drift: live is not what was recorded; nothing more was changed"},
    {EXIT_GATE_REVERTED, "a gate failed; traffic is back on the source, read back"},
    {EXIT_INCOMPLETE, "incomplete, nothing known to be wrong: interrupted, blocked on the way, "
                      "inconclusive, drain unproven, credentials or network lost; apply resumes"},
    {EXIT_LOCKED, "someone else holds the lock"},
    {EXIT_GATE_STOPPED, "a gate failed; traffic is still on the target"},
    {EXIT_REVERT_UNCONFIRMED, "a revert was attempted and is not confirmed"},
};
const size_t exit_row_count = sizeof exit_rows / sizeof *exit_rows;

enum exit_code exit_of_error(const struct error *err)
{
    return err->kind == ERROR_LOCKED ? EXIT_LOCKED : EXIT_ERROR;
}

static enum exit_code forward_exit(const struct outcome *outcome, bool changed)
{
    if (outcome->falls_back)
        return EXIT_REVERT_UNCONFIRMED;
    switch (outcome->end) {
    case RUN_DONE:
    case RUN_SHIFTED:
        return EXIT_DONE;
    case RUN_BLOCKED:
        return changed ? EXIT_INCOMPLETE : EXIT_BLOCKED;
    case RUN_DRIFT:
        return EXIT_DRIFT;
    case RUN_INTERRUPTED:
    case RUN_INCONCLUSIVE:
        return EXIT_INCOMPLETE; /* also before the first change: it is no error to stop it */
    case RUN_GATE_FAILED:
        return EXIT_GATE_STOPPED;
    case RUN_RECALLED:
        return EXIT_REVERT_UNCONFIRMED; /* wanted back, and nobody took it back */
    case RUN_FAILED:
        if (outcome->error.kind == ERROR_LOCKED)
            return EXIT_LOCKED;
        break;
    default:
        break;
    }
    return changed ? EXIT_INCOMPLETE : EXIT_ERROR;
}

/* A fallback that did not get through is the one end that nobody may overlook, whatever its cause:
 * it shares its code with no other. Once the origin was read back, what is left (a drain, a count)
 * is as incomplete as it is forwards. */
static enum exit_code inverse_exit(const struct outcome *outcome, bool changed)
{
    bool locked = outcome->end == RUN_FAILED && outcome->error.kind == ERROR_LOCKED;
    if (!changed || outcome->confirmed || (locked && !outcome->sent_anything))
        return forward_exit(outcome, changed);
    return EXIT_REVERT_UNCONFIRMED;
}

enum exit_code exit_of_outcome(enum direction direction, const struct outcome *outcome,
                               bool changed)
{
    return direction == FORWARD ? forward_exit(outcome, changed) : inverse_exit(outcome, changed);
}

enum exit_code exit_of_fall_back(const struct outcome *fallback)
{
    return fallback->confirmed ? EXIT_GATE_REVERTED : EXIT_REVERT_UNCONFIRMED;
}
