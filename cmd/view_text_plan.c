#include "cmd/view_text_plan.h"

#include "cmd/moment.h"
#include "cmd/view_text_forecast.h"
#include "planner/base/time.h"
#include "planner/inverse.h"
#include "planner/plan_forecast.h"
#include "planner/precondition.h"

enum { INDENT = 2, VALUES = 17 };

static void row(struct page *page, const char *name)
{
    page_column(page, INDENT);
    page_put(page, STYLE_FAINT, "%s", name);
    page_column(page, VALUES);
}

static void show_arm(struct page *page, const struct plan *plan, enum arm arm)
{
    const struct arm_subject *subject = &plan->subject.arms[arm];
    row(page, arm_name(arm));
    page_wrap(page, STYLE_PLAIN, "%s, %s", subject->service, subject->target_group);
    page_end_line(page);
}

static void show_origin(struct page *page, struct arena *arena, const struct plan *plan)
{
    const struct subject *subject = &plan->subject;
    char time[TIME_TEXT_SIZE];
    row(page, "origin");
    page_wrap(page, STYLE_PLAIN, "%s; %s %s, lineage %.8s",
              routing_describe(arena, &plan->origin.routing,
                               subject->arms[ARM_SOURCE].target_group_arn,
                               subject->arms[ARM_TARGET].target_group_arn),
              plan->origin.assumed ? "assumed" : "as it was",
              moment_format(time, plan->origin.taken_at), plan->lineage);
    page_end_line(page);
}

static void show_live(struct page *page, struct arena *arena, const struct plan *plan)
{
    const struct subject *subject = &plan->subject;
    char time[TIME_TEXT_SIZE];
    if (!plan->live.taken_at)
        return;
    row(page, "read");
    page_wrap(page, STYLE_PLAIN, "%s: weights %s; desired counts source %lld, target %lld",
              moment_format(time, plan->live.taken_at),
              routing_describe(arena, &plan->live.routing,
                               subject->arms[ARM_SOURCE].target_group_arn,
                               subject->arms[ARM_TARGET].target_group_arn),
              (long long)plan->live.desired[ARM_SOURCE], (long long)plan->live.desired[ARM_TARGET]);
    page_end_line(page);
    if (plan->requests_a_minute >= 0) {
        row(page, "traffic");
        page_wrap(page, STYLE_PLAIN, "%lld requests a minute on both groups together",
                  (long long)plan->requests_a_minute);
        page_end_line(page);
    }
    if (*plan->lineage)
        show_origin(page, arena, plan);
}

static void show_load_balancer(struct page *page, const struct subject *subject)
{
    row(page, "load balancer");
    if (subject->listener_port)
        page_wrap(page, STYLE_PLAIN, "%s, listener on port %d", subject->load_balancer,
                  subject->listener_port);
    else
        page_wrap(page, STYLE_PLAIN, "%s", subject->load_balancer);
    page_end_line(page);
}

void view_text_plan_head(struct page *page, const struct plan *plan)
{
    const struct subject *subject = &plan->subject;
    struct arena arena = {0};
    page_line(page, 0, STYLE_STRONG, "%s of %s",
              plan->direction == FORWARD ? "Switchover plan" : "Fallback plan", plan->file.name);
    page_end_line(page);
    row(page, "plan file");
    page_wrap(page, STYLE_PLAIN, "%s, %s", plan->file.path,
              provenance_describe(&arena, &plan->provenance));
    page_end_line(page);
    row(page, "cluster");
    page_wrap(page, STYLE_PLAIN, "%s in %s, account %s", subject->cluster, subject->region,
              subject->account ? subject->account : "not known");
    page_end_line(page);
    show_load_balancer(page, subject);
    show_arm(page, plan, ARM_SOURCE);
    show_arm(page, plan, ARM_TARGET);
    if (plan_is_possible(plan))
        show_live(page, &arena, plan);
    arena_clear(&arena);
}

static void show_actions(struct page *page, const struct plan *plan)
{
    page_end_line(page);
    page_paragraph(page, 0, STYLE_STRONG,
                   "Actions, in order; what can block is read again right before each:");
    view_text_common_standings(page, plan);
    for (size_t i = 0; i < plan->action_count; i++) {
        page_end_line(page);
        view_text_action(page, INDENT, i + 1, plan, &plan->actions[i]);
        view_text_standings(page, plan, i);
    }
}

static void show_data_boundary(struct page *page, int64_t target_requests)
{
    struct arena arena = {0};
    page_paragraph(page, INDENT, STYLE_WARN, "%s", inverse_data_boundary(&arena, target_requests));
    arena_clear(&arena);
}

/* Whether a hold's verdict takes the traffic back without anybody asking. */
static bool falls_back(const struct plan *plan)
{
    const struct planfile_gates *gates = &plan->file.gates;
    bool holds = false;
    for (size_t i = 0; i < plan->action_count; i++)
        holds = holds || plan->actions[i].kind == ACTION_HOLD;
    return holds && (gates->on_failure == ON_REVERT || gates->on_inconclusive == ON_REVERT);
}

static void show_inverse(struct page *page, const struct plan *plan, int64_t target_requests)
{
    const struct plan *inverse = plan->inverse;
    page_end_line(page);
    page_paragraph(page, 0, STYLE_STRONG,
                   "Fallback: at any time, 'switchover revert' goes back to where this began:");
    if (falls_back(plan))
        page_paragraph(page, 0, STYLE_PLAIN,
                       "The gates send it by themselves, at once and without the drain.");
    for (size_t i = 0; i < inverse->action_count; i++) {
        page_end_line(page);
        view_text_action(page, INDENT, i + 1, inverse, &inverse->actions[i]);
    }
    page_end_line(page);
    show_data_boundary(page, target_requests);
}

static void show_notes(struct page *page, const struct plan *plan)
{
    if (!plan->note_count)
        return;
    page_end_line(page);
    page_line(page, 0, STYLE_STRONG, "Notes");
    for (size_t i = 0; i < plan->note_count; i++) {
        page_column(page, INDENT);
        page_put(page, STYLE_PLAIN, "-");
        page_column(page, INDENT + 2);
        page_wrap(page, STYLE_PLAIN, "%s", plan->notes[i]);
        page_end_line(page);
    }
}

void view_text_blocking_summary(struct text *out, const struct plan *plan)
{
    size_t count = 0, first_guard = 0;
    bool one_action = true;
    struct text ids = {0};
    for (size_t i = 0; i < plan->standing_count; i++) {
        const struct standing *standing = &plan->standings[i];
        if (!standing_blocks(standing))
            continue;
        size_t guarded = standing->guard_count ? standing->guards[0] : plan->action_count;
        one_action =
            one_action && guarded < plan->action_count && (!count || guarded == first_guard);
        first_guard = guarded;
        text_addf(&ids, "%s%s", count++ ? ", " : "", standing->row->id);
    }
    if (!count)
        text_add(out, "nothing blocks");
    else if (one_action)
        text_addf(out, "%zu precondition%s block%s %s: %s", count, count == 1 ? "" : "s",
                  count == 1 ? "s" : "", plan->actions[first_guard].address, text_cstr(&ids));
    else
        text_addf(out, "%zu precondition%s block%s: %s", count, count == 1 ? "" : "s",
                  count == 1 ? "s" : "", text_cstr(&ids));
    text_clear(&ids);
}

static void add_duration(struct text *out, const struct plan *plan)
{
    int64_t shortest, longest;
    char a[TIME_TEXT_SIZE], b[TIME_TEXT_SIZE];
    plan_duration(plan, &shortest, &longest);
    if (longest == 0)
        return;
    if (shortest == longest)
        text_addf(out, "; takes %s", duration_format(a, shortest));
    else if (shortest == 0)
        text_addf(out, "; takes at most %s", duration_format(b, longest));
    else
        text_addf(out, "; takes %s to %s", duration_format(a, shortest),
                  duration_format(b, longest));
    int64_t last_shift = forecast_last_shift_ms(plan);
    if (plan->direction == FORWARD && last_shift > 0)
        text_addf(out, ", its last shift at most %s after the start",
                  duration_format(a, last_shift));
}

static void add_short_holds(struct text *out, const struct plan *plan)
{
    struct text holds = {0};
    size_t count = view_text_short_holds(&holds, plan);
    if (count)
        text_addf(out, "; %s %s too short for %s gates", text_cstr(&holds),
                  count == 1 ? "is" : "are", count == 1 ? "its" : "their");
    text_clear(&holds);
}

static size_t count_changes(const struct plan *plan)
{
    size_t changes = 0;
    for (size_t i = 0; i < plan->action_count; i++)
        changes += action_kinds[plan->actions[i].kind].mutates;
    return changes;
}

void view_text_plan_summary(struct text *out, const struct plan *plan)
{
    if (!plan_is_possible(plan)) {
        text_add(out, "No plan could be made: ");
        view_text_blocking_summary(out, plan);
        text_add_char(out, '.');
        return;
    }
    if (!plan_changes_anything(plan)) {
        text_add(out, plan->direction == FORWARD
                          ? "Nothing to do: live is already as the plan file wants it."
                          : "Nothing to do: the traffic is already where it was.");
        return;
    }
    size_t changes = count_changes(plan);
    text_addf(out, "%s: %zu action%s, %zu change%s; ",
              plan->direction == FORWARD ? "Plan" : "Fallback", plan->action_count,
              plan->action_count == 1 ? "" : "s", changes, changes == 1 ? "" : "s");
    view_text_blocking_summary(out, plan);
    add_duration(out, plan);
    add_short_holds(out, plan);
    text_add_char(out, '.');
}

static void show_summary(struct page *page, const struct plan *plan)
{
    struct text summary = {0};
    view_text_plan_summary(&summary, plan);
    page_end_line(page);
    page_paragraph(page, 0, plan_is_blocked(plan) ? STYLE_BAD : STYLE_STRONG, "%s",
                   text_cstr(&summary));
    text_clear(&summary);
}

void view_text_plan(struct page *page, const struct plan *plan, int64_t target_requests)
{
    view_text_plan_head(page, plan);
    if (!plan_is_possible(plan)) {
        page_end_line(page);
        view_text_blocking(page, plan);
    } else if (plan_changes_anything(plan)) {
        show_actions(page, plan);
    }
    if (plan->inverse && plan->inverse->action_count)
        show_inverse(page, plan, target_requests);
    if (plan->direction == INVERSE && plan_changes_anything(plan)) {
        page_end_line(page);
        show_data_boundary(page, target_requests);
    }
    show_notes(page, plan);
    show_summary(page, plan);
}
