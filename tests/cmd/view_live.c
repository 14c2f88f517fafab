#include "tests/unit.h"

#include "cmd/escape.h"
#include "cmd/view_live.h"
#include "planner/base/time.h"
#include "tests/cmd/a_look.h"
#include "tests/cmd/golden.h"

static const unsigned widths[] = {40, 80, 120};

static void look_now(struct live *live, const struct a_look *a, int64_t of_ms)
{
    struct event event = {.kind = EVENT_LOOKED,
                          .at = a->look.at,
                          .action = &a->action,
                          .look = &a->look,
                          .elapsed_ms = a->look.at - a->look.started_at,
                          .of_ms = of_ms};
    live_take(live, &event, "what was seen");
}

static void lay_out(struct page *page, const struct live *live, unsigned width)
{
    page_init(page, &(struct term){.width = width});
    live_lay_out(page, live);
}

/* Every line within the width, none with blanks at its end. */
static void assert_fits(const char *text, unsigned width)
{
    while (*text) {
        size_t n = strcspn(text, "\n");
        if (escape_columns(text, n) > width || (n && text[n - 1] == ' '))
            fail_msg("wider than %u, or blanks at the end: \"%.*s\"", width, (int)n, text);
        text += n + 1;
    }
}

static void check_golden(const char *name, unsigned width, const char *text)
{
    char file[64];
    snprintf(file, sizeof file, "live_%s_%u.txt", name, width);
    golden_check(file, text);
}

static void a_hold_at_every_width(void **state)
{
    (void)state;
    static const char *const facts[] = {
        "02:07:12Z hold[25%]",
        "2m48s left of 10m",
        "source",
        "target",
        "weights",
        "750",
        "250",
        "25% to the target, read",
        "02:07:00Z",
        "requests",
        "882/min",
        "294/min",
        "ok",
        "5XX",
        "0%",
        "0.34%",
        "ok",
        "4XX",
        "1.25%",
        "1.36%",
        "needs 340 more requests",
        "p90",
        "42ms",
        "62ms",
        "failing 2 of 3 minutes",
        "healthy",
        "2/2",
        "2/3",
        "2 of 3 targets are healthy",
        "minutes",
        "4 judged, 1 unknown",
        "shown: 02:03",
    };
    struct a_look a;
    a_look_begin(&a);
    for (size_t i = 0; i < COUNT(widths); i++) {
        struct live live = {0};
        struct page page;
        look_now(&live, &a, 10 * MINUTE_MS);
        lay_out(&page, &live, widths[i]);
        assert_fits(text_cstr(&page.out), widths[i]);
        facts_in_order(text_cstr(&page.out), facts, COUNT(facts));
        check_golden("hold", widths[i], text_cstr(&page.out));
        page_clear(&page);
        live_clear(&live);
    }
    a_look_end(&a);
}

static void a_drain_at_every_width(void **state)
{
    (void)state;
    static const char *const facts[] = {
        "02:07:12Z drain[source]",     "7m12s of 2h;",       "2 of 5 quiet",
        "minutes; last request 02:01", "100% to the target", "882/min",
        "4 judged, 1 unknown",
    };
    struct a_look a;
    a_look_drain(&a);
    for (size_t i = 0; i < COUNT(widths); i++) {
        struct live live = {0};
        struct page page;
        look_now(&live, &a, 2 * HOUR_MS);
        lay_out(&page, &live, widths[i]);
        assert_fits(text_cstr(&page.out), widths[i]);
        facts_in_order(text_cstr(&page.out), facts, COUNT(facts));
        check_golden("drain", widths[i], text_cstr(&page.out));
        page_clear(&page);
        live_clear(&live);
    }
    a_look_end(&a);
}

static void assert_says(const struct live *live, unsigned width, const char *words)
{
    struct page page;
    lay_out(&page, live, width);
    if (!strstr(text_cstr(&page.out), words))
        fail_msg("no \"%s\" in:\n%s", words, text_cstr(&page.out));
    page_clear(&page);
}

static void a_tick_moves_only_the_time(void **state)
{
    (void)state;
    struct a_look a;
    struct live live = {0};
    a_look_begin(&a);
    look_now(&live, &a, 10 * MINUTE_MS);
    struct event tick = {.kind = EVENT_TICK,
                         .at = a.look.at + 100 * SECOND_MS,
                         .action = &a.action,
                         .elapsed_ms = 532 * SECOND_MS,
                         .of_ms = 10 * MINUTE_MS};
    a_look_end(&a); /* what it was made from is gone by then */
    live_take(&live, &tick, "");
    assert_says(&live, 80, "02:08:52Z hold[25%]     1m8s left of 10m");
    assert_says(&live, 80, "failing 2 of 3 minutes");
    assert_string_equal(text_cstr(&live.words), "what was seen");
    tick.at += 10 * MINUTE_MS;
    live_take(&live, &tick, "");
    assert_says(&live, 80, "0s left of 10m");
    live_clear(&live);
}

/* Nothing was measured, read or judged yet: unknown is said, and is not zero. */
static void what_is_not_known_is_said(void **state)
{
    (void)state;
    struct a_look a;
    struct live live = {0};
    a_look_begin(&a);
    a.look.samples = NULL;
    a.look.routing = NULL;
    a.look.live = NULL;
    look_now(&live, &a, 10 * MINUTE_MS);
    assert_says(&live, 80, "healthy     no data   no data  2 of 3 targets are healthy\n");
    a.look.gates = NULL; /* then nobody looks at the targets */
    look_now(&live, &a, 10 * MINUTE_MS);
    assert_says(&live, 80, "requests    no data   no data\n");
    assert_says(&live, 80, "5XX         no data   no data\n");
    assert_says(&live, 80,
                "p90         no data   no data\n"
                "          minutes   none is in yet\n");
    live_clear(&live);
    a_look_end(&a);
}

static void the_keys_are_named_where_there_are_any(void **state)
{
    (void)state;
    struct a_look a;
    struct live live = {0};
    struct keys keys = {.ours = true};
    a_look_begin(&a);
    look_now(&live, &a, 10 * MINUTE_MS);
    live.keys = &keys;
    assert_says(&live, 80, "  r revert now   c end this wait   p stop here\n");
    assert_says(&live, 40, "  r revert  c end wait  p stop here\n");
    keys.mind.asks = true;
    assert_says(&live, 40, "  Take the traffic back now? y/n\n");
    keys.mind = (struct keys_mind){.cannot_revert = true};
    assert_says(&live, 80, "  c end this wait   p stop here\n");
    live_clear(&live);
    a_look_end(&a);
}

static void hostile_words_do_not_reach_the_terminal(void **state)
{
    (void)state;
    struct a_look a;
    struct live live = {0};
    struct page page;
    a_look_begin(&a);
    a.report.standings[GATE_CHECKS] =
        (struct gate_standing){GATE_FAILS, .name = "check:x", .words = "status \x1b[2J\nOK"};
    look_now(&live, &a, 10 * MINUTE_MS);
    lay_out(&page, &live, 80);
    assert_null(strchr(text_cstr(&page.out), '\x1b'));
    assert_non_null(strstr(text_cstr(&page.out), "\\x1b[2J\\nOK"));
    page_clear(&page);
    live_clear(&live);
    a_look_end(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hold_at_every_width),
        cmocka_unit_test(a_drain_at_every_width),
        cmocka_unit_test(a_tick_moves_only_the_time),
        cmocka_unit_test(what_is_not_known_is_said),
        cmocka_unit_test(the_keys_are_named_where_there_are_any),
        cmocka_unit_test(hostile_words_do_not_reach_the_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
