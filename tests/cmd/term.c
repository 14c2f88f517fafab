#include "tests/unit.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cmd/term.h"

/* A terminal so wide, with TERM and NO_COLOR as given (NULL: not set). */
static struct term of_terminal(unsigned short columns, const char *name, const char *no_color)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    assert_true(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
    int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    struct winsize size = {.ws_col = columns, .ws_row = 24};
    assert_int_equal(ioctl(slave, TIOCSWINSZ, &size), 0);
    name ? setenv("TERM", name, 1) : unsetenv("TERM");
    no_color ? setenv("NO_COLOR", no_color, 1) : unsetenv("NO_COLOR");
    struct term term = term_of(slave);
    close(slave);
    close(master);
    return term;
}

static void a_terminal_is_asked_row_by_row(void **state)
{
    (void)state;
    static const struct {
        unsigned short columns;
        const char *name, *no_color;
        bool is_terminal, colour;
        unsigned width;
    } rows[] = {
        {80, "xterm", NULL, true, true, 80},   {120, "xterm", NULL, true, true, 120},
        {300, "xterm", NULL, true, true, 120}, {20, "xterm", NULL, true, true, 40},
        {0, "xterm", NULL, true, true, 80},    {80, "xterm", "1", true, false, 80},
        {80, "xterm", "", true, true, 80},     {80, "dumb", NULL, false, false, 80},
        {80, NULL, NULL, false, false, 80},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct term term = of_terminal(rows[i].columns, rows[i].name, rows[i].no_color);
        assert_int_equal(term.is_terminal, rows[i].is_terminal);
        assert_int_equal(term.colour, rows[i].colour);
        assert_int_equal(term.width, rows[i].width);
    }
}

static void who_cuts_lines_is_known_by_the_environment(void **state)
{
    (void)state;
    static const struct {
        const char *name, *xterm, *sty, *tmux;
        bool cuts;
    } rows[] = {
        {"xterm-256color", "XTerm(390)", NULL, NULL, true}, /* xterm itself */
        {"xterm-256color", NULL, NULL, NULL, false},        /* who calls himself that */
        {"tmux-256color", "XTerm(390)", NULL, "/tmp/x", false},
        {"screen-256color", "XTerm(390)", NULL, "/tmp/x", false}, /* tmux, by an older name */
        {"screen", NULL, "1234.pts-0", NULL, true},
        {"st-256color", NULL, NULL, NULL, true},
        {"stterm", NULL, NULL, NULL, false},
        {"linux", NULL, NULL, NULL, false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        rows[i].xterm ? setenv("XTERM_VERSION", rows[i].xterm, 1) : unsetenv("XTERM_VERSION");
        rows[i].sty ? setenv("STY", rows[i].sty, 1) : unsetenv("STY");
        rows[i].tmux ? setenv("TMUX", rows[i].tmux, 1) : unsetenv("TMUX");
        assert_int_equal(of_terminal(80, rows[i].name, NULL).cuts, rows[i].cuts);
    }
}

static void a_pipe_is_none(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    setenv("TERM", "xterm", 1);
    struct term term = term_of(ends[1]);
    assert_false(term.is_terminal);
    assert_false(term.colour);
    assert_int_equal(term.width, 80);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_terminal_is_asked_row_by_row),
        cmocka_unit_test(who_cuts_lines_is_known_by_the_environment),
        cmocka_unit_test(a_pipe_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
