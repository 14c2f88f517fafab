#include "tests/unit.h"

#include "cmd/escape.h"
#include "cmd/view_watch.h"
#include "planner/base/time.h"
#include "tests/cmd/a_look.h"
#include "tests/cmd/golden.h"
#include "tests/cmd/prod.h"

static const unsigned widths[] = {40, 80, 120};

static struct target_health targets_of_source[] = {
    {"10.0.1.5", 9200, HEALTH_HEALTHY, NULL, NULL},
    {"10.0.1.6", 9200, HEALTH_HEALTHY, NULL, NULL},
};
static struct target_health targets_of_target[] = {
    {"10.0.2.7", 9200, HEALTH_HEALTHY, NULL, NULL},
    {"10.0.2.8", 9200, HEALTH_UNHEALTHY, "Target.FailedHealthChecks", NULL},
    {"10.0.2.9", 9200, HEALTH_HEALTHY, NULL, NULL},
};

struct scene {
    struct a_look look;
    struct state *state;
    struct writer writer;
    struct watched watched;
};

/* An apply in the middle of its hold, whose lock says that it runs. */
static void begin(struct scene *s)
{
    a_look_begin(&s->look);
    struct group_snapshot *groups[] = {&s->look.live.arms[ARM_SOURCE].group,
                                       &s->look.live.arms[ARM_TARGET].group};
    groups[ARM_SOURCE]->targets = targets_of_source;
    groups[ARM_SOURCE]->target_count = COUNT(targets_of_source);
    groups[ARM_TARGET]->targets = targets_of_target;
    groups[ARM_TARGET]->target_count = COUNT(targets_of_target);
    struct plan *plan = malloc(sizeof *plan);
    assert_non_null(plan);
    prod_plan(plan, "switchover: 1\nstage: prod\n", &s->look.live, NULL);
    s->state = state_new("6b1f0c1e-0000-4000-8000-000000000000", plan);
    state_begin_run(s->state, FORWARD, "apply prod.yaml", "ops@bastion", PROD_NOW - MINUTE_MS);
    s->writer = (struct writer){.held = true, .holder = {.who = "ops@bastion", .pid = 4711}};
    s->watched = (struct watched){.name = "prod",
                                  .now = s->look.look.at,
                                  .look = s->look.look,
                                  .state = s->state,
                                  .state_location = "prod.state.json",
                                  .writer = &s->writer,
                                  .ascii = true};
}

static void end(struct scene *s)
{
    state_free(s->state);
    a_look_end(&s->look);
}

static void show(struct page *page, const struct scene *s, unsigned width)
{
    page_init(page, &(struct term){.width = width});
    view_watch(page, &s->watched);
}

static void assert_fits(const char *text, unsigned width)
{
    while (*text) {
        size_t n = strcspn(text, "\n");
        if (escape_columns(text, n) > width || (n && text[n - 1] == ' '))
            fail_msg("wider than %u, or blanks at the end: \"%.*s\"", width, (int)n, text);
        text += n + 1;
    }
}

static void a_hold_at_every_width(void **state)
{
    (void)state;
    static const char *const facts[] = {
        "prod 2026-12-01T02:07:12Z",
        "`apply prod.yaml` runs, by ops@bastion since",
        "2026-12-01T01:59:00Z",
        "hold[25%] 2m48s left of 10m",
        "25% to the target, read 02:07:00Z",
        "needs 340 more requests",
        "2 of 3 targets are healthy",
        "source tasks 2/2; 2 healthy: 10.0.1.5:9200 10.0.1.6:9200",
        "target tasks 2/2; 2 healthy: 10.0.2.7:9200 10.0.2.9:9200",
        "1 unhealthy: 10.0.2.8:9200",
        "(Target.FailedHealthChecks)",
        "The last hour",
        "01:07",
        "02:06",
        "requests",
        "5XX",
        "4XX",
        "p90",
    };
    struct scene s;
    begin(&s);
    for (size_t i = 0; i < COUNT(widths); i++) {
        struct page page;
        char name[64];
        show(&page, &s, widths[i]);
        assert_fits(text_cstr(&page.out), widths[i]);
        facts_in_order(text_cstr(&page.out), facts, COUNT(facts));
        snprintf(name, sizeof name, "watch_%u.txt", widths[i]);
        golden_check(name, text_cstr(&page.out));
        page_clear(&page);
    }
    s.watched.ascii = false;
    struct page page;
    show(&page, &s, 80);
    assert_fits(text_cstr(&page.out), 80);
    assert_non_null(strstr(text_cstr(&page.out), "█"));
    page_clear(&page);
    end(&s);
}

/* The line of a metric and an arm at 120 columns: a column a minute. */
static void find_bars(char *out, size_t size, const struct page *page, const char *metric, int arm)
{
    const char *line = strstr(text_cstr(&page->out), "The last hour");
    line = strstr(line, metric);
    if (arm == ARM_TARGET)
        line = strchr(line, '\n') + 1;
    size_t n = strcspn(line, "\n");
    snprintf(out, size, "%.*s", (int)n, line + (arm == ARM_TARGET ? 18 : 16));
}

/* Minute 30 said nothing, and the target came in with minute 53. */
static void a_gap_is_a_gap_and_zero_is_a_bar(void **state)
{
    (void)state;
    struct scene s;
    struct page page;
    char bars[128];
    begin(&s);
    show(&page, &s, 120);
    find_bars(bars, sizeof bars, &page, "requests", ARM_SOURCE);
    assert_int_equal(bars[30], ' ');
    assert_true(bars[29] != ' ' && bars[31] != ' ' && bars[59] != ' ');
    find_bars(bars, sizeof bars, &page, "requests", ARM_TARGET);
    assert_int_equal(bars[29], '_');
    assert_int_equal(bars[30], ' ');
    assert_int_equal(bars[52], '_');
    assert_true(bars[53] != '_' && bars[53] != ' ');
    find_bars(bars, sizeof bars, &page, "p90", ARM_TARGET);
    assert_int_equal(bars[52], ' ');
    assert_int_equal(bars[53], '@');
    find_bars(bars, sizeof bars, &page, "5XX", ARM_SOURCE);
    assert_int_equal(bars[0], '_');
    assert_int_equal(bars[30], ' ');
    page_clear(&page);
    end(&s);
}

static void assert_says(const struct scene *s, const char *words)
{
    struct page page;
    show(&page, s, 80);
    const char *fact = words;
    facts_in_order(text_cstr(&page.out), &fact, 1);
    page_clear(&page);
}

static void who_is_at_it_is_said(void **state)
{
    (void)state;
    struct scene s;
    begin(&s);
    s.writer.held = false;
    assert_says(&s, "nobody is at it: `apply prod.yaml` by ops@bastion died without a word");
    s.writer.why_unknown = "no permission";
    assert_says(&s, "`apply prod.yaml` by ops@bastion has not ended; whether it runs is not known");
    state_end_run(s.state, RUN_INTERRUPTED, "a signal asked this run to stop", PROD_NOW);
    assert_says(&s, "nobody is at it: `apply prod.yaml` ended 2026-12-01T02:00:00Z, interrupted: a "
                    "signal asked this run to stop");
    s.watched.state = NULL;
    assert_says(&s, "no run yet: prod.state.json is not there");
    end(&s);
}

static void what_could_not_be_read_is_said(void **state)
{
    (void)state;
    struct scene s;
    begin(&s);
    s.watched.unread = (struct unread){"cut \x1b[2J off", "throttled", "not JSON"};
    assert_says(&s, "the state could not be read, it is tried again: not JSON");
    assert_says(&s, "live could not be read, it is tried again: cut \\x1b[2J off");
    assert_says(&s, "the metrics could not be read, it is tried again: throttled");
    s.watched.look.samples = NULL;
    s.look.live.known &= ~(unsigned)(FACT_HEALTH_TARGET | FACT_SERVICES);
    assert_says(&s, "target tasks not known; health not known");
    assert_says(&s, "The last hour: no metrics are in yet");
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hold_at_every_width),
        cmocka_unit_test(a_gap_is_a_gap_and_zero_is_a_bar),
        cmocka_unit_test(who_is_at_it_is_said),
        cmocka_unit_test(what_could_not_be_read_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
