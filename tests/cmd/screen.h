/* A terminal's screen, as far as this tool moves about on it: text, line ends, colours, cursor up,
 * erasing to the end of line and screen. It scrolls, and breaks lines at its width. */
#ifndef TESTS_CMD_SCREEN_H
#define TESTS_CMD_SCREEN_H

#include <stddef.h>

enum { SCREEN_ROWS = 24, SCREEN_COLUMNS = 128 };

struct screen {
    unsigned columns, rows; /* at most the above */
    unsigned x, y;
    char cells[SCREEN_ROWS][SCREEN_COLUMNS + 1];
    unsigned scrolled; /* lines that went out at the top */
};

void screen_init(struct screen *screen, unsigned columns, unsigned rows);
/* Another sequence fails the test. A character that is not ASCII is shown as '#'. */
void screen_write(struct screen *screen, const char *bytes, size_t n);
/* A row without the blanks at its end; until the next call. */
const char *screen_row(const struct screen *screen, unsigned row);

#endif
