#include "cmd/view_live.h"

#include <stdio.h>
#include <string.h>

#include "cmd/moment.h"
#include "planner/base/time.h"

/* As the narration's lines have them. */
enum { ADDRESS = 10, WORDS = 24, PANEL = 10, PANEL_NARROW = 2, WIDE = 76 };

void live_clear(struct live *live)
{
    panel_clear(&live->panel);
    text_clear(&live->words);
    text_clear(&live->drain);
}

bool live_is_possible(const struct term *term)
{
    return block_fits(term);
}

static void take_look(struct live *live, const struct look *look, const char *words)
{
    text_cut(&live->words, 0);
    text_add(&live->words, words);
    text_cut(&live->drain, 0);
    panel_take(&live->panel, look);
    live->shown = look->action != NULL;
    live->ends_at = look->ends_at;
    if (look->action)
        snprintf(live->address, sizeof live->address, "%s", look->action->address);
    if (look->action && look->drain)
        drain_describe(&live->drain, look->drain, look->action->duration_ms);
}

void live_take(struct live *live, const struct event *event, const char *words)
{
    live->now = event->at;
    live->elapsed_ms = event->elapsed_ms;
    live->of_ms = event->of_ms;
    if (event->look)
        take_look(live, event->look, words);
}

void live_end(struct live *live)
{
    live->shown = false;
}

/* ---- the frame ---- */

static void add_progress(struct text *out, const struct live *live)
{
    char a[TIME_TEXT_SIZE], b[TIME_TEXT_SIZE];
    int64_t left = live->ends_at - live->now, elapsed = live->elapsed_ms;
    if (live->ends_at) {
        left = left > 0 ? (left + SECOND_MS - 1) / SECOND_MS * SECOND_MS : 0;
        text_addf(out, "%s left", duration_format(a, left));
    } else {
        text_addf(out, "%s", duration_format(a, elapsed - elapsed % SECOND_MS));
    }
    if (live->of_ms)
        text_addf(out, " of %s", duration_format(b, live->of_ms - live->of_ms % SECOND_MS));
    if (live->drain.len)
        text_addf(out, "; %s", text_cstr(&live->drain));
}

static void lay_out_title(struct page *page, const struct live *live)
{
    char time[TIME_TEXT_SIZE];
    struct text progress = {0};
    moment_format(time, live->now);
    add_progress(&progress, live);
    page_put(page, STYLE_FAINT, "%s", strchr(time, 'T') + 1);
    page_column(page, ADDRESS);
    page_put(page, STYLE_STRONG, "%s", live->address);
    page_column(page, page->width >= WIDE ? WORDS : page->column + 1);
    page_wrap(page, STYLE_PLAIN, "%s", text_cstr(&progress));
    page_end_line(page);
    text_clear(&progress);
}

static void lay_out_keys(struct page *page, const struct live *live, unsigned indent)
{
    const struct keys *keys = live->keys;
    if (!keys || !keys->ours)
        return;
    page_column(page, indent);
    if (keys->mind.asks)
        page_put(page, STYLE_WARN, KEYS_QUESTION);
    else if (keys->mind.cannot_revert)
        page_put(page, STYLE_FAINT, "c end this wait   p stop here");
    else
        page_put(page, STYLE_FAINT, "%s",
                 page->width >= WIDE ? "r revert now   c end this wait   p stop here"
                                     : "r revert  c end wait  p stop here");
    page_end_line(page);
}

void live_lay_out(struct page *page, const struct live *live)
{
    unsigned indent = page->width >= WIDE ? PANEL : PANEL_NARROW;
    lay_out_title(page, live);
    panel_lay_out(page, &live->panel, indent);
    lay_out_keys(page, live, indent);
}

void live_draw(struct live *live, struct text *out, const struct term *term)
{
    struct page page;
    struct term narrower = *term;
    if (!live->shown)
        return;
    narrower.width = block_width(term);
    page_init(&page, &narrower);
    live_lay_out(&page, live);
    block_draw(&live->block, out, term, text_cstr(&page.out));
    page_clear(&page);
}

void live_hide(struct live *live, struct text *out, const struct term *term)
{
    block_wipe(&live->block, out, term);
}
