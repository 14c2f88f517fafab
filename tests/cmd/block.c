#include "tests/unit.h"

#include "cmd/block.h"
#include "tests/cmd/screen.h"

struct scene {
    struct screen screen;
    struct term term;
    struct block block;
};

static void begin(struct scene *s, unsigned columns, unsigned rows)
{
    *s = (struct scene){0};
    screen_init(&s->screen, columns, rows);
    s->term = (struct term){
        .is_terminal = true, .colour = true, .width = 80, .columns = columns, .rows = rows};
}

static void show(struct scene *s, struct text *bytes)
{
    screen_write(&s->screen, text_cstr(bytes), bytes->len);
    text_clear(bytes);
}

static void draw(struct scene *s, const char *frame)
{
    struct text bytes = {0};
    block_draw(&s->block, &bytes, &s->term, frame);
    show(s, &bytes);
}

static void say_above(struct scene *s, const char *line, const char *frame)
{
    struct text bytes = {0};
    block_wipe(&s->block, &bytes, &s->term);
    text_add(&bytes, line);
    block_draw(&s->block, &bytes, &s->term, frame);
    show(s, &bytes);
}

static void assert_screen(const struct scene *s, const char *const *rows, size_t n)
{
    for (unsigned row = 0; row < s->screen.rows; row++)
        assert_string_equal(screen_row(&s->screen, row), row < n ? rows[row] : "");
}

static void a_frame_takes_the_place_of_the_last(void **state)
{
    (void)state;
    static const char *const longer[] = {"log", "one", "two", "three"};
    static const char *const shorter[] = {"log", "1"};
    struct scene s;
    begin(&s, 40, 10);
    screen_write(&s.screen, "log\n", 4);
    draw(&s, "first\nsecond is long\n");
    draw(&s, "\x1b[1mone\x1b[0m\ntwo\nthree\n");
    assert_screen(&s, longer, COUNT(longer));
    draw(&s, "1\n");
    assert_screen(&s, shorter, COUNT(shorter));
}

static void lines_come_in_above_it(void **state)
{
    (void)state;
    static const char *const rows[] = {"log", "warning", "a", "b"};
    static const char *const end[] = {"log", "warning"};
    struct scene s;
    struct text bytes = {0};
    begin(&s, 40, 10);
    screen_write(&s.screen, "log\n", 4);
    draw(&s, "x\ny\nz\n");
    say_above(&s, "warning\n", "a\nb\n");
    assert_screen(&s, rows, COUNT(rows));
    block_wipe(&s.block, &bytes, &s.term);
    show(&s, &bytes);
    assert_screen(&s, end, COUNT(end));
    block_wipe(&s.block, &bytes, &s.term);
    assert_int_equal(bytes.len, 0);
}

/* The log above scrolls away line by line, and none of it is drawn over. */
static void at_the_bottom_the_log_scrolls(void **state)
{
    (void)state;
    struct scene s;
    char line[32];
    begin(&s, 40, 8);
    for (int i = 0; i < 30; i++) {
        snprintf(line, sizeof line, "event %d\n", i);
        say_above(&s, line, "one\ntwo\nthree\n");
        draw(&s, "1\n2\n3\n");
    }
    static const char *const rows[] = {"event 26", "event 27", "event 28", "event 29",
                                       "1",        "2",        "3"};
    assert_screen(&s, rows, COUNT(rows));
    assert_int_equal(s.screen.scrolled, 26);
}

/* What there is no room for is left out before the last line: that one has the keys. */
static void a_low_window_keeps_the_last_line(void **state)
{
    (void)state;
    static const char *const rows[] = {"1", "2", "3", "4", "keys"};
    struct scene s;
    begin(&s, 40, 6);
    for (int i = 0; i < 3; i++)
        draw(&s, "1\n2\n3\n4\n5\n6\n7\n8\nkeys\n");
    assert_screen(&s, rows, COUNT(rows));
    assert_int_equal(s.screen.scrolled, 0);
}

static void fill(struct scene *s, const char *frame)
{
    struct text bytes = {0};
    block_fill(&bytes, &s->term, frame);
    show(s, &bytes);
}

static void a_screen_of_its_own_is_filled_without_scrolling(void **state)
{
    (void)state;
    static const char *const whole[] = {"1", "2", "3", "4", "5", "6"};
    static const char *const cut[] = {"a", "b", "c", "d", "e", "  and 2 more lines"};
    static const char *const shorter[] = {"x"};
    struct scene s;
    begin(&s, 40, 6);
    fill(&s, "one is long\n2\n");
    fill(&s, "1\n2\n3\n4\n5\n6\n");
    assert_screen(&s, whole, COUNT(whole));
    fill(&s, "a\nb\nc\nd\ne\nf\ng\n");
    assert_screen(&s, cut, COUNT(cut));
    fill(&s, "x\n");
    assert_screen(&s, shorter, COUNT(shorter));
    assert_int_equal(s.screen.scrolled, 0);
}

/* The window was made narrower: what stood in one row stands in several now. */
static void broken_lines_are_counted(void **state)
{
    (void)state;
    static const char *const rows[] = {"log", "new"};
    struct scene s;
    begin(&s, 100, 12);
    s.term.width = 100;
    screen_write(&s.screen, "log\n", 4);
    draw(&s, "\x1b[33m0123456789012345678901234567890123456789"
             "0123456789012345678901234567890123456789012345678\x1b[0m\nshort\n");
    screen_init(&s.screen, 40, 12); /* as a terminal that breaks lines shows it then */
    screen_write(&s.screen,
                 "log\n0123456789012345678901234567890123456789"
                 "0123456789012345678901234567890123456789012345678\nshort\n",
                 100);
    s.term.columns = s.term.width = 40;
    draw(&s, "new\n");
    assert_screen(&s, rows, COUNT(rows));
}

/* Where they are cut instead, no line of the log is drawn over. */
static void cut_lines_are_not_counted_as_broken(void **state)
{
    (void)state;
    static const char *const rows[] = {"log", "another", "new"};
    struct scene s;
    begin(&s, 100, 12);
    s.term.width = 100;
    s.term.cuts = true;
    screen_write(&s.screen, "log\nanother\n", 12);
    draw(&s, "0123456789012345678901234567890123456789"
             "0123456789012345678901234567890123456789012345678\nshort\n");
    s.screen.columns = s.term.columns = s.term.width = 40;
    draw(&s, "new\n");
    assert_screen(&s, rows, COUNT(rows));
}

/* A row that a line was broken into would go on with the next one in a window that gets wider. */
static void only_another_width_has_rows_erased_first(void **state)
{
    (void)state;
    static const struct {
        unsigned columns;
        bool erases;
    } rows[] = {{80, false}, {80, false}, {60, true}, {60, false}, {61, true}, {80, true}};
    struct scene s;
    struct text bytes = {0};
    begin(&s, 80, 12);
    for (size_t i = 0; i < COUNT(rows); i++) {
        s.term.columns = rows[i].columns;
        block_draw(&s.block, &bytes, &s.term, "one\ntwo\n");
        assert_int_equal(strstr(text_cstr(&bytes), "\x1b[2Kone") != NULL, rows[i].erases);
        assert_int_equal(strstr(text_cstr(&bytes), "\x1b[2Ktwo") != NULL, rows[i].erases);
        text_cut(&bytes, 0);
    }
    text_clear(&bytes);
}

static void no_line_reaches_the_last_column(void **state)
{
    (void)state;
    static const struct {
        unsigned columns, width, block;
    } rows[] = {{80, 80, 79},    {40, 40, 39},    {120, 120, 119},
                {121, 120, 120}, {300, 120, 120}, {0, 80, 79}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct term term = {
            .is_terminal = true, .columns = rows[i].columns, .width = rows[i].width};
        assert_int_equal(block_width(&term), rows[i].block);
    }
}

static void a_small_window_has_none(void **state)
{
    (void)state;
    static const struct {
        bool is_terminal;
        unsigned columns, rows;
        bool fits;
    } rows[] = {{true, 80, 24, true}, {true, 40, 6, true}, {true, 39, 24, false},
                {true, 80, 5, false}, {true, 0, 0, true},  {false, 80, 24, false}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct term term = {.is_terminal = rows[i].is_terminal,
                            .columns = rows[i].columns,
                            .rows = rows[i].rows,
                            .width = 80};
        assert_int_equal(block_fits(&term), rows[i].fits);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_frame_takes_the_place_of_the_last),
        cmocka_unit_test(lines_come_in_above_it),
        cmocka_unit_test(at_the_bottom_the_log_scrolls),
        cmocka_unit_test(a_low_window_keeps_the_last_line),
        cmocka_unit_test(a_screen_of_its_own_is_filled_without_scrolling),
        cmocka_unit_test(broken_lines_are_counted),
        cmocka_unit_test(cut_lines_are_not_counted_as_broken),
        cmocka_unit_test(only_another_width_has_rows_erased_first),
        cmocka_unit_test(no_line_reaches_the_last_column),
        cmocka_unit_test(a_small_window_has_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
