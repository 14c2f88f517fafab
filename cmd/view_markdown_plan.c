#include "cmd/view_markdown_plan.h"

#include <string.h>

#include "cmd/escape.h"
#include "cmd/view_text_forecast.h"
#include "cmd/view_text_plan.h"
#include "planner/base/time.h"
#include "planner/plan_forecast.h"
#include "planner/precondition.h"

enum { FOLDED_WIDTH = 100 };

/* ASCII punctuation after a backslash is itself (CommonMark, "Backslash escapes"), in tables too.
 */
static void add_plain(struct text *out, const char *s)
{
    struct text escaped = {0};
    escape_add(&escaped, s, strlen(s));
    for (const char *p = text_cstr(&escaped); *p; p++) {
        if (strchr("\\`*_{}[]<>()#+!|~&@", *p))
            text_add_char(out, '\\');
        text_add_char(out, *p);
    }
    text_clear(&escaped);
}

static void add_actions(struct text *out, const struct plan *plan)
{
    char time[TIME_TEXT_SIZE];
    if (!plan->action_count)
        return;
    text_add(out, "\n| | action | what | at most | runbook step |\n|---:|---|---|---:|---:|\n");
    for (size_t i = 0; i < plan->action_count; i++) {
        const struct action *action = &plan->actions[i];
        struct text change = {0};
        view_text_change(&change, plan, action);
        bool waits = action->kind != ACTION_SHIFT && action->kind != ACTION_BASELINE;
        text_addf(out, "| %zu | `%s` | ", i + 1, action->address);
        add_plain(out, text_cstr(&change));
        text_addf(out, " | %s | %d |\n",
                  waits ? duration_format(time, forecast_most_ms(action)) : "",
                  action_kinds[action->kind].runbook_step);
        text_clear(&change);
    }
}

static void add_gates(struct text *out, const struct plan *plan)
{
    struct text gates = {0};
    for (size_t i = 0; i < plan->action_count && !gates.len; i++)
        if (plan->actions[i].kind == ACTION_HOLD)
            view_text_gates(&gates, &plan->file);
    if (gates.len) {
        text_add(out, "\nGates of each hold: ");
        add_plain(out, text_cstr(&gates));
        text_add(out, ".\n");
    }
    text_clear(&gates);
}

static bool needs_attention(const struct standing *standing)
{
    return standing->verdict == VERDICT_WARNS || standing->verdict == VERDICT_BLOCKS ||
           (standing->verdict == VERDICT_UNKNOWN && standing->row->severity == BLOCK);
}

static void add_attention(struct text *out, const struct plan *plan)
{
    bool any = false;
    for (int blocking = 1; blocking >= 0; blocking--)
        for (size_t i = 0; i < plan->standing_count; i++) {
            const struct standing *standing = &plan->standings[i];
            if (!needs_attention(standing) || standing_blocks(standing) != (bool)blocking)
                continue;
            text_addf(out, "%s- %s `%s`: ", any ? "" : "\n",
                      blocking           ? "**blocks**"
                      : standing->waived ? "waived"
                                         : "warns",
                      standing->row->id);
            add_plain(out, standing->observed);
            text_add(out, standing->waived ? "; allowed: " : "; ");
            add_plain(out, standing->waived ? standing->waived : standing->mend);
            text_add_char(out, '\n');
            any = true;
        }
}

/* Holds that end without a verdict, and what to write instead. */
static void add_short_holds(struct text *out, const struct plan *plan)
{
    for (size_t i = 0; i < plan->action_count; i++) {
        const struct action *action = &plan->actions[i];
        struct text words = {0}, mend = {0};
        if (!view_text_is_short(action))
            continue;
        view_text_hold_forecast(&words, &action->forecast);
        view_text_hold_mend(&mend, action);
        text_addf(out, "- too short `%s`: ", action->address);
        add_plain(out, text_cstr(&words));
        text_add(out, "; ");
        add_plain(out, text_cstr(&mend));
        text_add_char(out, '\n');
        text_clear(&words);
        text_clear(&mend);
    }
}

static size_t longest_run_of_backticks(const char *s)
{
    size_t longest = 0;
    for (size_t run; *s; s += run ? run : 1) {
        run = strspn(s, "`");
        if (run > longest)
            longest = run;
    }
    return longest;
}

static void add_fence(struct text *out, size_t backticks)
{
    while (backticks--)
        text_add_char(out, '`');
}

/* The text view is escaped already; it only must not end its fence. */
static void add_folded(struct text *out, const struct plan *plan, int64_t target_requests)
{
    static const char cut[] = "\n... and more: `switchover plan` shows the whole.\n";
    static const char end[] = "\n</details>\n";
    struct term term = {.width = FOLDED_WIDTH};
    struct page page;
    page_init(&page, &term);
    view_text_plan(&page, plan, target_requests);
    size_t fence = longest_run_of_backticks(text_cstr(&page.out)) + 1;
    if (fence < 3)
        fence = 3;
    text_add(out,
             "\n<details>\n<summary>Every action with its preconditions, the fallback and what "
             "it cannot take back</summary>\n\n");
    add_fence(out, fence);
    text_add(out, "text\n");
    size_t around = out->len + fence + strlen(cut) + strlen(end) + 2;
    size_t room = around < MARKDOWN_MAX_BYTES ? MARKDOWN_MAX_BYTES - around : 0;
    bool whole = page.out.len <= room;
    text_cut(&page.out, text_utf8_prefix(text_cstr(&page.out), whole ? page.out.len : room));
    text_add(out, text_cstr(&page.out));
    if (!text_ends(text_cstr(out), "\n"))
        text_add_char(out, '\n');
    add_fence(out, fence);
    text_addf(out, "%s%s", whole ? "\n" : cut, end);
    page_clear(&page);
}

void view_markdown_plan(struct text *out, const struct plan *plan, int64_t target_requests)
{
    struct text summary = {0};
    text_addf(out, "### switchover %s of ", plan->direction == FORWARD ? "plan" : "fallback");
    add_plain(out, plan->file.name);
    view_text_plan_summary(&summary, plan);
    text_add(out, "\n\n**");
    add_plain(out, text_cstr(&summary));
    text_add(out, "**\n");
    text_clear(&summary);
    add_actions(out, plan);
    add_gates(out, plan);
    add_attention(out, plan);
    add_short_holds(out, plan);
    add_folded(out, plan, target_requests);
}
