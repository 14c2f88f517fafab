#include "cmd/term.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "planner/base/text.h"

static unsigned width_of(unsigned columns)
{
    if (columns == 0)
        return TERM_WIDTH_DEFAULT;
    if (columns < TERM_WIDTH_MIN)
        return TERM_WIDTH_MIN;
    return columns > TERM_WIDTH_MAX ? TERM_WIDTH_MAX : columns;
}

/* xterm and st cut, and so does GNU screen; each says in the environment who it is, and passes on
 * what it found there: a tmux in an xterm breaks lines. */
static bool cuts_lines(const char *name)
{
    if (text_starts(name, "screen"))
        return getenv("STY") && !getenv("TMUX");
    return (text_starts(name, "xterm") && getenv("XTERM_VERSION")) || text_same(name, "st") ||
           text_starts(name, "st-");
}

struct term term_of(int fd)
{
    const char *name = getenv("TERM"), *no_color = getenv("NO_COLOR");
    struct winsize size = {0};
    pid_t group = tcgetpgrp(fd); /* -1: it is not this session's terminal */
    if (!isatty(fd) || !name || text_same(name, "dumb"))
        return (struct term){.width = TERM_WIDTH_DEFAULT};
    if (ioctl(fd, TIOCGWINSZ, &size) != 0)
        size = (struct winsize){0};
    return (struct term){
        .is_terminal = true,
        .colour = !no_color || !*no_color,
        .width = width_of(size.ws_col),
        .columns = size.ws_col,
        .rows = size.ws_row,
        .cuts = cuts_lines(name),
        .background = group >= 0 && group != getpgrp(),
    };
}
