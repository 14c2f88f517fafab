#include "planner/base/text.h"
#include "planner/base/time.h"
#include "planner/executor_parts.h"

static void begin_watch(struct execution *x, struct vigil *v, const struct action *action,
                        const struct record *record)
{
    int64_t now = wall_now(x);
    vigil_begin(v, x, action);
    /* A start that lies ahead was recorded by a clock that has been set back since. */
    v->started_at = record->started_at < now ? record->started_at : now;
    int64_t end_at = plan_hold_ends_at(action, v->started_at),
            twice = now + VIGIL_EVERY_MS + SECOND_MS;
    /* Also where its time is over: what health says needs two looks. */
    v->end = deadline_at(x, end_at > twice ? end_at : twice);
}

static bool watch(struct execution *x, struct vigil *v)
{
    for (;;) {
        bool last = v->cut_short || !deadline_left(x, &v->end);
        if (!vigil_look(x, v, last))
            return false;
        if (last)
            return vigil_hear_out(x, v);
        if (!vigil_wait(x, v))
            return false;
    }
}

/* "12 minutes judged; errors ok: 0.1 % against 0.1 %; ..." */
static const char *evidence(struct execution *x, const struct vigil *v)
{
    struct text text = {0};
    text_addf(&text, "%lld minutes judged", (long long)v->report.judged);
    if (v->report.unknown)
        text_addf(&text, ", %lld unknown", (long long)v->report.unknown);
    for (int gate = 0; gate < GATE_COUNT; gate++) {
        const struct gate_standing *standing = &v->report.standings[gate];
        if (standing->verdict != GATE_UNUSED)
            text_addf(&text, "; %s: %s", standing->name, standing->words);
    }
    const char *words = arena_strdup(&x->texts, text_cstr(&text));
    text_clear(&text);
    return words;
}

/* Neither failed nor proven when its time was over. */
static bool end_inconclusive(struct execution *x, const struct vigil *v, struct record *record)
{
    const struct gate_standing *because = v->report.because;
    const char *why = because ? arena_printf(&x->texts, "%s: %s", because->name, because->words)
                              : "nothing was judged";
    enum on_verdict then = x->plan->file.gates.on_inconclusive;
    if (then == ON_CONTINUE) {
        tell_warning(x, v->action,
                     arena_printf(&x->texts, "inconclusive, and going on all the same: %s", why),
                     NULL);
        return finish_action(x, v->action, record,
                             arena_printf(&x->texts, "inconclusive, gone on all the same: %s; %s",
                                          why, evidence(x, v)));
    }
    state_end_record(x->state, record, PHASE_SENT, wall_now(x),
                     arena_printf(&x->texts, "inconclusive: %s", why));
    x->out->falls_back = then == ON_REVERT;
    if (!x->out->falls_back && !is_as_it_was(x, v->action))
        return false;
    return end_unsure(x, RUN_INCONCLUSIVE, "%s is inconclusive: %s", v->action->address, why);
}

static bool end_hold(struct execution *x, const struct vigil *v, struct record *record)
{
    if (v->cut_short)
        return finish_action(
            x, v->action, record,
            arena_printf(&x->texts, "ended early by somebody at the terminal; %s", evidence(x, v)));
    if (v->report.outcome == GATES_INCONCLUSIVE)
        return end_inconclusive(x, v, record);
    return finish_action(x, v->action, record, evidence(x, v));
}

bool run_hold(struct execution *x, const struct action *action)
{
    if (!x->held_to_record && !hold_to_record(x, action))
        return false;
    int64_t shifted_at = last_shift_at(x);
    /* It begins when its shift was done, also where a crash lies in between. */
    struct record *record = vigil_record(x, action, shifted_at ? shifted_at : wall_now(x));
    if (!make_durable(x))
        return false;
    struct vigil v;
    begin_watch(x, &v, action, record);
    return watch(x, &v) && end_hold(x, &v, record);
}
