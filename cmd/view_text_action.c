#include "cmd/view_text_forecast.h"
#include "cmd/view_text_plan.h"
#include "planner/base/time.h"

enum { ADDRESS_WIDTH = 15, FORECAST_WIDTH = 11 };

static void describe_scale(struct text *out, const struct plan *plan, const struct action *action)
{
    long long before = action->before.count, after = action->after.count;
    if (before == after && plan->direction == INVERSE)
        text_addf(out, "desired count %lld, only if it is lower by then", after);
    else if (before == after)
        text_addf(out, "desired count %lld, as it is; only until it is ready", after);
    else
        text_addf(out, "desired count %lld -> %lld", before, after);
}

static void describe_shift(struct text *out, const struct plan *plan, const struct action *action)
{
    struct arena arena = {0};
    const char *source = plan->subject.arms[ARM_SOURCE].target_group_arn;
    const char *target = plan->subject.arms[ARM_TARGET].target_group_arn;
    text_addf(out, "%s -> %s", routing_describe(&arena, &action->before.routing, source, target),
              routing_describe(&arena, &action->after.routing, source, target));
    arena_clear(&arena);
}

static void add_share(struct text *out, int permille)
{
    text_addf(out, permille % 10 ? "%d.%d %%" : "%d %%", permille / 10, permille % 10);
}

void view_text_change(struct text *out, const struct plan *plan, const struct action *action)
{
    char time[TIME_TEXT_SIZE];
    switch (action->kind) {
    case ACTION_SCALE:
        describe_scale(out, plan, action);
        break;
    case ACTION_BASELINE:
        text_addf(out, "measure the source's last %s", duration_format(time, action->duration_ms));
        break;
    case ACTION_SHIFT:
        describe_shift(out, plan, action);
        break;
    case ACTION_HOLD:
        text_addf(out, "%s with ", duration_format(time, action->duration_ms));
        add_share(out, action->target_permille);
        text_add(out, " of the traffic on the target");
        break;
    case ACTION_DRAIN:
        text_addf(out, "no request on the %s for %s", arm_name(action->arm),
                  duration_format(time, action->duration_ms));
        break;
    case ACTION_KIND_COUNT:
        break;
    }
}

static void describe_wait(struct text *out, const struct plan *plan, const struct action *action)
{
    char time[TIME_TEXT_SIZE];
    bool back = plan->direction == INVERSE;
    switch (action->kind) {
    case ACTION_SCALE:
        if (action->after.count < action->before.count)
            text_add(out, "only after the drain, only while no listener or rule gives its group "
                          "weight, and only if the count is still the one set here; ");
        text_addf(
            out,
            "waits until %lld tasks run in one finished rollout with every target healthy: at "
            "most %s",
            (long long)action->after.count, duration_format(time, action->timeout_ms));
        break;
    case ACTION_BASELINE:
        text_add(out, "requests, 2XX to 5XX, response times, connections; kept as it is from the "
                      "first shift on");
        break;
    case ACTION_SHIFT:
        text_add(out, back ? "sends the recorded default action back whole, byte for byte, and "
                             "reads it back"
                           : "sends the listener's whole default action with nothing but the "
                             "weights changed, and reads it back");
        break;
    case ACTION_HOLD:
        text_add(out, "and up to 3m more, until its last whole minute is settled");
        break;
    case ACTION_DRAIN:
        text_addf(
            out,
            "waits for settled minutes without a request, each witnessed by HealthyHostCount: "
            "at most %s",
            duration_format(time, action->timeout_ms));
        if (!back && plan->file.steps[plan->file.step_count - 1].hold_ms > 0)
            text_add(out, "; the gates go on");
        break;
    case ACTION_KIND_COUNT:
        break;
    }
    text_addf(out, back ? " (runbook, Fallback)" : " (runbook step %d)",
              action_kinds[action->kind].runbook_step);
}

/* What is said of every shift or hold is said once. */
static bool was_said(const struct plan *plan, const struct action *action)
{
    if (action->kind != ACTION_SHIFT && action->kind != ACTION_HOLD)
        return false;
    for (const struct action *before = plan->actions; before < action; before++)
        if (before->kind == action->kind)
            return true;
    return false;
}

void view_text_action(struct page *page, unsigned indent, size_t number, const struct plan *plan,
                      const struct action *action)
{
    struct text text = {0};
    bool said = was_said(plan, action);
    view_text_change(&text, plan, action);
    page_column(page, indent);
    page_put(page, STYLE_PLAIN, "%zu.", number);
    page_column(page, indent + 3);
    page_put(page, STYLE_STRONG, "%s", action->address);
    page_column(page, indent + 3 + ADDRESS_WIDTH);
    page_wrap(page, STYLE_STRONG, "%s", text_cstr(&text));
    page_end_line(page);
    text_cut(&text, 0);
    if (!said) {
        describe_wait(&text, plan, action);
        page_paragraph(page, indent + 3, STYLE_PLAIN, "%s", text_cstr(&text));
    }
    text_clear(&text);
    if (action->kind == ACTION_HOLD && !said)
        view_text_gates_row(page, indent + 3, indent + 3 + FORECAST_WIDTH, &plan->file);
    if (action->kind == ACTION_HOLD)
        view_text_hold(page, indent + 3, indent + 3 + FORECAST_WIDTH, action);
}
