#include "tests/unit.h"

#include "tests/cmd/screen.h"

void screen_init(struct screen *screen, unsigned columns, unsigned rows)
{
    *screen = (struct screen){.columns = columns, .rows = rows};
    memset(screen->cells, ' ', sizeof screen->cells);
}

static void next_line(struct screen *s)
{
    if (++s->y < s->rows)
        return;
    s->y = s->rows - 1;
    s->scrolled++;
    memmove(s->cells[0], s->cells[1], sizeof s->cells[0] * (s->rows - 1));
    memset(s->cells[s->y], ' ', sizeof s->cells[0]);
}

static void put(struct screen *s, char c)
{
    if (s->x >= s->columns) {
        s->x = 0;
        next_line(s);
    }
    s->cells[s->y][s->x++] = c;
}

/* As xterm does: behind the last column, the last one is erased. */
static void erase_line(struct screen *s, bool whole)
{
    unsigned from = whole ? 0 : s->x < s->columns ? s->x : s->columns - 1;
    memset(s->cells[s->y] + from, ' ', SCREEN_COLUMNS - from);
}

static size_t obey(struct screen *s, const char *bytes, size_t n)
{
    size_t end = 2;
    while (end < n && (bytes[end] < '@' || bytes[end] > '~'))
        end++;
    unsigned number = (unsigned)strtoul(bytes + 2, NULL, 10);
    switch (end < n ? bytes[end] : 0) {
    case 'H':
        s->x = s->y = 0;
        break;
    case 'A':
        s->y -= number < s->y ? number : s->y;
        break;
    case 'K':
        erase_line(s, number == 2);
        break;
    case 'J':
        erase_line(s, false);
        for (unsigned row = s->y + 1; row < s->rows; row++)
            memset(s->cells[row], ' ', sizeof s->cells[row]);
        break;
    case 'm':
        break;
    default:
        fail_msg("an unknown sequence: %.*s", (int)end, bytes + 1);
    }
    return end + 1;
}

void screen_write(struct screen *s, const char *bytes, size_t n)
{
    for (size_t at = 0; at < n;) {
        unsigned char c = (unsigned char)bytes[at];
        if (c == '\x1b') {
            at += obey(s, bytes + at, n - at);
            continue;
        }
        if (c == '\n')
            next_line(s);
        if (c == '\n' || c == '\r')
            s->x = 0;
        else if (c < 0x80)
            put(s, (char)c);
        else if (c >= 0xC0)
            put(s, '#');
        at++;
    }
}

const char *screen_row(const struct screen *screen, unsigned row)
{
    static char line[SCREEN_COLUMNS + 1];
    size_t n = screen->columns;
    memcpy(line, screen->cells[row], n);
    while (n && line[n - 1] == ' ')
        n--;
    line[n] = '\0';
    return line;
}
