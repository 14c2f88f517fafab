/* What is at the other end of a stream: a person's terminal, or a file, a pipe, nothing. */
#ifndef CMD_TERM_H
#define CMD_TERM_H

#include <stdbool.h>

enum { TERM_WIDTH_DEFAULT = 80, TERM_WIDTH_MIN = 40, TERM_WIDTH_MAX = 120 };

struct term {
    bool is_terminal; /* and one that moves its cursor: not TERM=dumb */
    bool colour;      /* never in pipes; never with a NO_COLOR that is not empty (no-color.org) */
    unsigned width; /* columns, 80 off the terminal; at most 120, beyond which no line reads well */
    unsigned columns, rows; /* of the window, as they are; 0: not known */
    bool cuts;       /* when it becomes narrower its lines are cut; most terminals break them */
    bool background; /* another job has it now: it gets lines, and no cursor is moved on it */
};

struct term term_of(int fd);

#endif
