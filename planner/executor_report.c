#include "planner/executor_parts.h"

#include <stdio.h>

#include "planner/base/text.h"

int64_t wall_now(const struct execution *x)
{
    return x->executor->clock->wall(x->executor->clock->self);
}

int64_t monotonic_now(const struct execution *x)
{
    return x->executor->clock->monotonic(x->executor->clock->self);
}

void tell(const struct execution *x, struct event event)
{
    event.at = wall_now(x);
    event.direction = x->plan->direction;
    event.plan = x->plan;
    x->executor->sink->emit(x->executor->sink->self, &event);
}

void tell_warning(const struct execution *x, const struct action *action, const char *text,
                  const struct error *error)
{
    tell(x, (struct event){EVENT_WARNING, .action = action, .text = text, .error = error});
}

/* ---- how a run ends ---- */

static void set_why(struct execution *x, const char *format, va_list ap)
{
    struct text why = {0};
    text_vaddf(&why, format, ap);
    size_t most = sizeof x->out->why - 1;
    text_cut(&why, text_utf8_prefix(text_cstr(&why), why.len < most ? why.len : most));
    snprintf(x->out->why, sizeof x->out->why, "%s", text_cstr(&why));
    text_clear(&why);
}

bool end_run(struct execution *x, enum run_end end, const char *format, ...)
{
    va_list ap;
    x->out->end = end;
    va_start(ap, format);
    set_why(x, format, ap);
    va_end(ap);
    return false;
}

bool fail_run(struct execution *x, const struct error *err)
{
    x->out->error = *err;
    if (err->kind == ERROR_INTERRUPTED)
        return end_run(x, RUN_INTERRUPTED, "%s", err->message);
    tell(x, (struct event){EVENT_FAILED, .error = &x->out->error});
    return end_run(x, RUN_FAILED, "%s", err->message);
}

bool end_unsure(struct execution *x, enum run_end end, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    const char *why = arena_vprintf(&x->texts, format, ap);
    va_end(ap);
    x->out->error = x->metrics_unread.kind ? x->metrics_unread : x->live_unread;
    return end_run(x, end, "%s%s%s", why, x->out->error.kind ? "; " : "", x->out->error.message);
}

void tell_of_broken_journal(struct execution *x, const struct error *err)
{
    if (!x->told_of_broken_journal)
        tell_warning(x, NULL, "the fallback goes on: its origin is already durable", err);
    x->told_of_broken_journal = true;
}

bool make_durable(struct execution *x)
{
    struct error err;
    if (journal_write(x->executor->journal, &err))
        return true;
    if (x->plan->direction == FORWARD)
        return fail_run(x, &err);
    tell_of_broken_journal(x, &err);
    return true;
}

bool finish_action(struct execution *x, const struct action *action, struct record *record,
                   const char *text)
{
    state_end_record(x->state, record, PHASE_DONE, wall_now(x), text);
    if (!make_durable(x))
        return false;
    tell(x, (struct event){EVENT_ACTION_DONE, .action = action, .text = text});
    return true;
}
