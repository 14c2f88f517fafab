#include "tests/unit.h"

#include "cmd/view_event.h"
#include "planner/base/time.h"
#include "tests/cmd/a_look.h"
#include "tests/cmd/prod.h"
#include "tests/cmd/screen.h"

/* The narration of a wait as somebody sees it on a terminal: by the screen, not by the bytes. */
struct scene {
    struct a_look look;
    struct text_events view;
    struct screen screen;
    char *written;
    size_t len, shown;
};

static void begin(struct scene *s, unsigned columns)
{
    *s = (struct scene){0};
    a_look_begin(&s->look);
    screen_init(&s->screen, columns, SCREEN_ROWS);
    FILE *stream = open_memstream(&s->written, &s->len);
    text_events_init(&s->view, stream,
                     (struct term){.is_terminal = true,
                                   .width = columns < TERM_WIDTH_MIN ? TERM_WIDTH_MIN : columns,
                                   .columns = columns,
                                   .rows = SCREEN_ROWS});
}

static void end(struct scene *s)
{
    text_events_close(&s->view);
    fclose(s->view.stream);
    free(s->written);
    a_look_end(&s->look);
}

static void show(struct scene *s)
{
    fflush(s->view.stream);
    screen_write(&s->screen, s->written + s->shown, s->len - s->shown);
    s->shown = s->len;
}

static void emit(struct scene *s, enum event_kind kind, int64_t after_s, const char *text)
{
    struct event event = {.kind = kind,
                          .at = s->look.look.at + after_s * SECOND_MS,
                          .plan = &s->look.plan,
                          .action = &s->look.action,
                          .look = kind == EVENT_LOOKED ? &s->look.look : NULL,
                          .text = text,
                          .elapsed_ms = s->look.look.at - PROD_NOW + after_s * SECOND_MS,
                          .of_ms = 10 * MINUTE_MS};
    text_events_emit(&s->view, &event);
    show(s);
}

/* Keys as if a terminal were there. */
static void hear(struct scene *s, struct keys *keys)
{
    static struct local_clock clock;
    keys_init(keys, &clock, false);
    keys->listens = keys->ours = true;
    text_events_hear(&s->view, keys);
}

static unsigned rows_used(const struct scene *s)
{
    unsigned rows = s->screen.rows;
    while (rows && !*screen_row(&s->screen, rows - 1))
        rows--;
    return rows;
}

static void assert_row(const struct scene *s, unsigned row, const char *begins)
{
    if (!text_starts(screen_row(&s->screen, row), begins))
        fail_msg("row %u is \"%s\" and not \"%s\"", row, screen_row(&s->screen, row), begins);
}

static bool is_on_screen(const struct scene *s, const char *words)
{
    for (unsigned row = 0; row < s->screen.rows; row++)
        if (strstr(screen_row(&s->screen, row), words))
            return true;
    return false;
}

static void a_hold_is_a_table_below_the_lines(void **state)
{
    (void)state;
    struct scene s;
    begin(&s, 80);
    emit(&s, EVENT_WARNING, -10, "first");
    emit(&s, EVENT_LOOKED, 0, NULL);
    unsigned rows = rows_used(&s);
    assert_row(&s, 0, "2026-12-01, times in UTC");
    assert_row(&s, 1, "02:07:02Z hold[25%]     warning: first");
    assert_row(&s, 2, "02:07:12Z hold[25%]     2m48s left of 10m");
    emit(&s, EVENT_TICK, 2, NULL);
    assert_row(&s, 2, "02:07:14Z hold[25%]     2m46s left of 10m");
    assert_int_equal(rows_used(&s), rows);
    emit(&s, EVENT_WARNING, 3, "second");
    assert_row(&s, 1, "02:07:02Z hold[25%]     warning: first");
    assert_row(&s, 2, "02:07:15Z hold[25%]     warning: second");
    assert_row(&s, 3, "02:07:14Z hold[25%]     2m46s left of 10m");
    assert_int_equal(rows_used(&s), rows + 1);
    end(&s);
}

/* The log stays a log: of a wait one line is left, and the action's own end is that line. */
static void one_line_is_left_of_it(void **state)
{
    (void)state;
    struct scene s;
    begin(&s, 80);
    emit(&s, EVENT_LOOKED, 0, NULL);
    emit(&s, EVENT_ACTION_DONE, 5, "4 minutes judged");
    assert_int_equal(rows_used(&s), 2);
    assert_row(&s, 1, "02:07:17Z hold[25%]     done: 4 minutes judged");
    emit(&s, EVENT_TICK, 6, NULL);
    assert_int_equal(rows_used(&s), 2);
    emit(&s, EVENT_LOOKED, 60, NULL);
    emit(&s, EVENT_RUN_ENDED, 70, "a signal asked this run to stop");
    assert_row(&s, 2, "02:08:22Z hold[25%]     02:03: source 882/min");
    assert_true(is_on_screen(&s, "ended: a signal asked this run to stop"));
    assert_false(is_on_screen(&s, "weights  "));
    assert_false(is_on_screen(&s, "minutes  "));
    end(&s);
}

/* A wait that is one line gives way to the table. */
static void a_wait_in_its_line_gives_way(void **state)
{
    (void)state;
    struct scene s;
    begin(&s, 80);
    emit(&s, EVENT_WAITING, -5, "metrics not in yet");
    assert_row(&s, 1, "02:07:07Z hold[25%]     metrics not in yet");
    emit(&s, EVENT_LOOKED, 0, NULL);
    assert_row(&s, 1, "02:07:12Z hold[25%]     2m48s left of 10m");
    assert_false(is_on_screen(&s, "metrics not in yet"));
    end(&s);
}

static void at_the_bottom_nothing_is_drawn_over(void **state)
{
    (void)state;
    struct scene s;
    char words[32];
    begin(&s, 80);
    emit(&s, EVENT_LOOKED, 0, NULL);
    for (int i = 0; i < 40; i++) {
        snprintf(words, sizeof words, "line %d", i);
        emit(&s, EVENT_WARNING, i, words);
        emit(&s, EVENT_TICK, i, NULL);
        snprintf(words, sizeof words, "warning: line %d", i);
        assert_true(is_on_screen(&s, words));
    }
    unsigned table = 0;
    while (!strstr(screen_row(&s.screen, table), "left of"))
        table++;
    for (unsigned row = 0; row < table; row++) {
        snprintf(words, sizeof words, "warning: line %u", 40 - table + row);
        assert_non_null(strstr(screen_row(&s.screen, row), words));
    }
    end(&s);
}

/* Below 40 columns: lines, and the question too, once. */
static void a_window_without_room_gets_lines(void **state)
{
    (void)state;
    struct scene s;
    struct keys keys;
    begin(&s, 39);
    hear(&s, &keys);
    emit(&s, EVENT_LOOKED, 0, NULL);
    assert_true(is_on_screen(&s, "882/min"));
    assert_false(is_on_screen(&s, "left of"));
    emit(&s, EVENT_TICK, 2, NULL);
    unsigned rows = rows_used(&s);
    keys.mind.asks = true;
    keys.changed(keys.changed_self);
    emit(&s, EVENT_TICK, 4, NULL);
    assert_int_equal(rows_used(&s), rows + 1);
    assert_row(&s, rows, KEYS_QUESTION);
    end(&s);
}

/* In the table it stands where the keys did, and its answer brings them back. */
static void the_question_takes_the_keys_place(void **state)
{
    (void)state;
    struct scene s;
    struct keys keys;
    begin(&s, 80);
    hear(&s, &keys);
    emit(&s, EVENT_LOOKED, 0, NULL);
    unsigned rows = rows_used(&s);
    assert_row(&s, rows - 1, "          r revert now");
    keys.mind.asks = true;
    keys.changed(keys.changed_self);
    show(&s);
    assert_int_equal(rows_used(&s), rows);
    assert_row(&s, rows - 1, "          " KEYS_QUESTION);
    keys.mind.asks = false;
    keys.changed(keys.changed_self);
    show(&s);
    assert_row(&s, rows - 1, "          r revert now");
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hold_is_a_table_below_the_lines),
        cmocka_unit_test(one_line_is_left_of_it),
        cmocka_unit_test(a_wait_in_its_line_gives_way),
        cmocka_unit_test(at_the_bottom_nothing_is_drawn_over),
        cmocka_unit_test(a_window_without_room_gets_lines),
        cmocka_unit_test(the_question_takes_the_keys_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
