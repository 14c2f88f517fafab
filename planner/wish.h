/*
 * The port to who sits at the terminal: what that person wants while a run waits. Without a
 * terminal nobody ever wants anything.
 */
#ifndef PLANNER_WISH_H
#define PLANNER_WISH_H

#include <stdbool.h>

enum wish {
    WISH_NONE,
    WISH_REVERT,   /* take the traffic back now */
    WISH_END_WAIT, /* end this hold (or drain) here and go on */
    WISH_STOP,     /* stop here; the traffic stays where it is */
};

struct wishes {
    void *self;
    /* The next wish, each told once. Never blocks. The asking ("sure?") is its own affair. */
    enum wish (*take)(void *self);
    /* Whether that person is being asked ("sure?"), so that the next wish may come any moment. True
     * for half a minute at most, and only from one take() to the next. NULL: nobody ever is. */
    bool (*asks)(void *self);
};

#endif
