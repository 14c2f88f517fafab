/*
 * The live view of `apply`: while a hold or a drain waits on a terminal, a small table that is
 * drawn again in its place at the end of the narration, with the keys below it. The narration
 * (view_text_event.c) puts its lines above it.
 */
#ifndef CMD_VIEW_LIVE_H
#define CMD_VIEW_LIVE_H

#include "cmd/block.h"
#include "cmd/keys.h"
#include "cmd/view_panel.h"
#include "planner/event.h"

struct live {
    const struct keys *keys; /* NULL: there is no terminal to read keys from */
    bool shown;              /* a wait goes on, and was looked at */
    struct panel panel;
    struct text words;  /* what was seen last, in one line */
    char address[96];   /* of the wait */
    struct text drain;  /* "3 of 5 quiet minutes ..."; "": it is a hold */
    int64_t now;        /* wall */
    int64_t ends_at;    /* wall; 0: a drain */
    int64_t elapsed_ms; /* of a drain */
    int64_t of_ms;
    struct block block;
};

void live_clear(struct live *live);

/* Whether the terminal has room for it. */
bool live_is_possible(const struct term *term);

/* Takes in what an EVENT_LOOKED or EVENT_TICK says; `words` is the line for it where there is no
 * terminal, and what is left of the wait when it ends. */
void live_take(struct live *live, const struct event *event, const char *words);
/* Nothing is waited for any more. */
void live_end(struct live *live);

/* The frame as it is laid out. */
void live_lay_out(struct page *page, const struct live *live);
/* The bytes that bring it up to date on the screen, or onto it; nothing while nothing is waited
 * for. */
void live_draw(struct live *live, struct text *out, const struct term *term);
/* The bytes that take it off the screen; live_draw() shows it again. */
void live_hide(struct live *live, struct text *out, const struct term *term);

#endif
