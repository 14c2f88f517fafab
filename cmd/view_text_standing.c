#include "cmd/view_text_plan.h"

#include <string.h>

#include "planner/precondition.h"

enum { INDENT = 5, ID = INDENT + 11, OBSERVED = ID + 21 };

/* What the reader must know first comes first: the order in which standings are shown. */
enum rank {
    RANK_BLOCKS,
    RANK_WAIVED,
    RANK_WARNS,
    RANK_UNKNOWN,
    RANK_DEFERRED,
    RANK_OK,
    RANK_COUNT
};

static enum rank rank_of(const struct standing *standing)
{
    if (standing_blocks(standing))
        return RANK_BLOCKS;
    if (standing->waived)
        return RANK_WAIVED;
    switch (standing->verdict) {
    case VERDICT_OK:
        return RANK_OK;
    case VERDICT_DEFERRED:
        return RANK_DEFERRED;
    case VERDICT_UNKNOWN:
        return RANK_UNKNOWN;
    default:
        return RANK_WARNS;
    }
}

static const struct {
    const char *word;
    enum style style;
} ranks[RANK_COUNT] = {
    [RANK_BLOCKS] = {"BLOCKS", STYLE_BAD},       [RANK_WAIVED] = {"waived", STYLE_WARN},
    [RANK_WARNS] = {"warns", STYLE_WARN},        [RANK_UNKNOWN] = {"not known", STYLE_WARN},
    [RANK_DEFERRED] = {"deferred", STYLE_PLAIN}, [RANK_OK] = {"ok", STYLE_GOOD},
};

static void show_mend(struct page *page, const struct standing *standing)
{
    const struct precondition *row = standing->row;
    page_column(page, ID);
    if (row->runbook_step)
        page_wrap(page, STYLE_PLAIN, "asks: %s (step %d)", standing->asks, row->runbook_step);
    else
        page_wrap(page, STYLE_PLAIN, "asks: %s", standing->asks);
    page_end_line(page);
    if (standing->waived)
        page_paragraph(page, ID, STYLE_PLAIN, "allowed: %s", standing->waived);
    else
        page_paragraph(page, ID, STYLE_PLAIN, "mend: %s", standing->mend);
}

/* Blocks because what it asks about could not be read. */
static bool is_unread(const struct standing *standing)
{
    return standing->verdict == VERDICT_UNKNOWN && rank_of(standing) == RANK_BLOCKS;
}

static void begin_row(struct page *page, const struct standing *standing)
{
    enum rank rank = rank_of(standing);
    page_column(page, INDENT);
    page_put(page, ranks[rank].style, "%s", ranks[rank].word);
    page_column(page, ID);
    page_put(page, STYLE_PLAIN, "%s", standing->row->id);
    if (strlen(standing->row->id) >= OBSERVED - ID)
        page_end_line(page);
    page_column(page, OBSERVED);
}

static void show_standing(struct page *page, const struct standing *standing)
{
    begin_row(page, standing);
    page_wrap(page, STYLE_PLAIN, "%s%s", is_unread(standing) ? "not known: " : "",
              standing->observed);
    page_end_line(page);
}

static void show_with_mend(struct page *page, const struct standing *standing)
{
    show_standing(page, standing);
    if (rank_of(standing) < RANK_DEFERRED)
        show_mend(page, standing);
}

static bool guards(const struct standing *standing, size_t action)
{
    for (size_t i = 0; i < standing->guard_count; i++)
        if (standing->guards[i] == action)
            return true;
    return false;
}

/* What stands before each action of several is shown once, before all of them. */
static bool guards_all(const struct plan *plan, const struct standing *standing)
{
    return plan->action_count > 1 && standing->guard_count == plan->action_count;
}

void view_text_common_standings(struct page *page, const struct plan *plan)
{
    bool any = false;
    for (enum rank rank = 0; rank < RANK_COUNT; rank++)
        for (size_t i = 0; i < plan->standing_count; i++) {
            const struct standing *standing = &plan->standings[i];
            if (rank_of(standing) != rank || !guards_all(plan, standing))
                continue;
            if (!any) {
                page_end_line(page);
                page_line(page, 2, STYLE_PLAIN, "Before every action:");
            }
            any = true;
            show_with_mend(page, standing);
        }
}

void view_text_standings(struct page *page, const struct plan *plan, size_t action)
{
    struct text again = {0};
    for (enum rank rank = 0; rank < RANK_COUNT; rank++)
        for (size_t i = 0; i < plan->standing_count; i++) {
            const struct standing *standing = &plan->standings[i];
            if (rank_of(standing) != rank || !guards(standing, action) ||
                guards_all(plan, standing))
                continue;
            if (standing->guards[0] == action)
                show_with_mend(page, standing);
            else if (rank == RANK_BLOCKS) /* what is only told need not be told twice */
                text_addf(&again, "%s%s", again.len ? ", " : "", standing->row->id);
        }
    if (again.len) {
        page_column(page, INDENT);
        page_put(page, STYLE_FAINT, "as above");
        page_column(page, ID);
        page_wrap(page, STYLE_FAINT, "%s", text_cstr(&again));
        page_end_line(page);
    }
    text_clear(&again);
}

/* What could not be read has no mend of its own here: there is one cause for most of it. */
/* The first standing that is not known for this very reason; itself where none is before it. */
static const struct standing *first_alike(const struct plan *plan, const struct standing *standing)
{
    for (size_t i = 0; &plan->standings[i] < standing; i++)
        if (is_unread(&plan->standings[i]) &&
            text_same(plan->standings[i].observed, standing->observed))
            return &plan->standings[i];
    return standing;
}

static void show_unread(struct page *page, const struct plan *plan, const struct standing *standing)
{
    const struct standing *first = first_alike(plan, standing);
    if (first == standing) {
        show_standing(page, standing);
        return;
    }
    begin_row(page, standing);
    page_wrap(page, STYLE_PLAIN, "not known, like %s", first->row->id);
    page_end_line(page);
}

void view_text_blocking(struct page *page, const struct plan *plan)
{
    bool any_unread = false;
    for (size_t i = 0; i < plan->standing_count; i++) {
        const struct standing *standing = &plan->standings[i];
        if (!standing_blocks(standing))
            continue;
        any_unread = any_unread || is_unread(standing);
        if (is_unread(standing))
            show_unread(page, plan, standing);
        else
            show_with_mend(page, standing);
    }
    if (!any_unread)
        return;
    page_end_line(page);
    page_paragraph(page, INDENT, STYLE_PLAIN,
                   "What is not known could not be read: check the plan file's stage and names, "
                   "the region, and whose credentials these are.");
}
