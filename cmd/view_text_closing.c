#include <string.h>

#include "cmd/escape.h"
#include "cmd/moment.h"
#include "cmd/view_closing.h"
#include "planner/base/time.h"
#include "planner/inverse.h"

enum { VALUES = 9 };

static void row(struct page *page, const char *name)
{
    page_put(page, STYLE_FAINT, "%s", name);
    page_column(page, VALUES);
}

static void show_live(struct page *page, const struct closing *closing)
{
    struct arena arena = {0};
    char time[TIME_TEXT_SIZE];
    row(page, "Live");
    if (closing->live)
        page_wrap(page, STYLE_STRONG, "%s; read %s%s%s",
                  routing_describe(&arena, closing->live,
                                   closing->subject->arms[ARM_SOURCE].target_group_arn,
                                   closing->subject->arms[ARM_TARGET].target_group_arn),
                  moment_format(time, closing->live_read_at),
                  closing->unread_because ? ", and it cannot be read now: " : "",
                  closing->unread_because ? closing->unread_because : "");
    else
        page_wrap(page, STYLE_BAD, "not known, it could not be read: %s", closing->unread_because);
    page_end_line(page);
    arena_clear(&arena);
}

static void show_command(struct page *page, const char *name, const char *command,
                         const char *otherwise, const char *note)
{
    row(page, name);
    if (command)
        page_put(page, STYLE_PLAIN, "%s", command);
    else
        page_wrap(page, STYLE_PLAIN, "%s", otherwise);
    page_end_line(page);
    if (command && note)
        page_paragraph(page, VALUES, STYLE_PLAIN, "%s", note);
}

const char *closing_end_words(enum run_end end)
{
    switch (end) {
    case RUN_TIMED_OUT:
        return "timed out";
    case RUN_GATE_FAILED:
        return "gate failed";
    default:
        return run_end_name(end);
    }
}

static bool ended_well(const struct closing *closing)
{
    return closing->end == RUN_DONE || closing->end == RUN_SHIFTED;
}

/* What is inconclusive says so itself. */
static bool needs_end_words(const struct closing *closing)
{
    return !ended_well(closing) && closing->end != RUN_INCONCLUSIVE;
}

void view_state_for_hands(FILE *out, const char *location, const struct text *bytes)
{
    struct text name = {0};
    escape_add(&name, location, strlen(location));
    fprintf(out,
            "\nThe state could be stored nowhere. What stands between these two lines belongs in "
            "%s, byte for byte:\n-----BEGIN SWITCHOVER STATE-----\n",
            text_cstr(&name));
    fwrite(bytes->data, 1, bytes->len, out);
    fputs("-----END SWITCHOVER STATE-----\n", out);
    text_clear(&name);
}

/* Who did not ask for the way back has not been told what it leaves behind. */
static void show_data_boundary(struct page *page, const struct closing *closing)
{
    struct arena arena = {0};
    if (!closing->fallback)
        return;
    row(page, "Data");
    page_wrap(page, STYLE_WARN, "%s", inverse_data_boundary(&arena, closing->target_requests));
    page_end_line(page);
    arena_clear(&arena);
}

void view_text_closing(struct page *page, const struct closing *closing)
{
    show_live(page, closing);
    row(page, "Ended");
    bool words = needs_end_words(closing);
    page_wrap(page, ended_well(closing) ? STYLE_GOOD : STYLE_BAD, "%s%s%s (exit code %d)",
              words ? closing_end_words(closing->end) : "", words ? ": " : "", closing->why,
              closing->exit_code);
    page_end_line(page);
    show_command(page, "Go on", closing->go_on, "nothing is left to do", closing->go_on_note);
    show_command(page, "Go back", closing->go_back, "nothing is left to take back", NULL);
    if (closing->rescued && *closing->rescued) {
        row(page, "State");
        page_wrap(page, STYLE_BAD,
                  "could not be stored in its place; it is in %s: put it there before you go on",
                  closing->rescued);
        page_end_line(page);
    }
    if (closing->shown) {
        row(page, "State");
        page_wrap(page, STYLE_BAD,
                  "could be stored nowhere; it stands above, on standard error, between two marks: "
                  "put it in its place before you go on");
        page_end_line(page);
    }
    show_data_boundary(page, closing);
    page_paragraph(page, 0, STYLE_PLAIN, "Nobody is watching the traffic now: this run has ended.");
}
