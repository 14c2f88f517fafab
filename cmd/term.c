#include "cmd/term.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "planner/base/text.h"

static unsigned width_of(int fd)
{
    struct winsize size = {0};
    if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return TERM_WIDTH_DEFAULT;
    if (size.ws_col < TERM_WIDTH_MIN)
        return TERM_WIDTH_MIN;
    return size.ws_col > TERM_WIDTH_MAX ? TERM_WIDTH_MAX : size.ws_col;
}

struct term term_of(int fd)
{
    const char *name = getenv("TERM"), *no_color = getenv("NO_COLOR");
    if (!isatty(fd) || !name || text_same(name, "dumb"))
        return (struct term){.width = TERM_WIDTH_DEFAULT};
    return (struct term){
        .is_terminal = true,
        .colour = !no_color || !*no_color,
        .width = width_of(fd),
    };
}
