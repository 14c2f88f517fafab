#include "tests/unit.h"

#include "cmd/watching.h"
#include "planner/base/time.h"
#include "tests/cmd/at_hand.h"
#include "tests/cmd/prod.h"
#include "tests/folder.h"

struct scene {
    struct at_hand hand;
    struct watching watching;
    struct cloud cloud; /* at_hand's */
    int64_t now;
    unsigned measured;
    int64_t measured_from, measured_to;
    bool percentiles, throttled;
    bool planned_anew; /* what is done is no action of the state's plan any more */
    const char *yaml;  /* of the plan in the state; NULL: at_hand's */
};

static int64_t wall(void *self)
{
    return ((struct scene *)self)->now;
}

static bool observe(void *self, struct snapshot *out, const struct subject *subject, unsigned facts,
                    int64_t recent_ms, struct error *err)
{
    struct scene *s = self;
    bool ok = s->cloud.observe(s->cloud.self, out, subject, facts, recent_ms, err);
    out->taken_at = s->now;
    return ok;
}

static bool measure(void *self, struct series *out, struct arena *arena,
                    const struct subject *subject, int64_t from, int64_t to, bool percentiles,
                    struct error *err)
{
    struct scene *s = self;
    (void)subject;
    if (s->throttled)
        return error_set(err, ERROR_SERVICE, "throttled");
    s->measured++;
    s->measured_from = from;
    s->measured_to = to;
    s->percentiles = percentiles;
    series_init(out, arena, from, (size_t)((to - from) / MINUTE_MS));
    for (size_t m = 0; m < out->minutes; m++) {
        int64_t at = series_minute_at(out, m);
        series_put(out, &out->arms[ARM_SOURCE][METRIC_REQUESTS], at, 0);
        series_put(out, &out->arms[ARM_SOURCE][METRIC_HEALTHY], at, 2);
        series_put(out, &out->arms[ARM_TARGET][METRIC_REQUESTS], at, 900);
    }
    return true;
}

static void open_scene(struct scene *s)
{
    struct error err;
    assert_true(at_hand_open(&s->hand, "watch FILE", &err));
    struct wire *wire = &s->hand.cutover.wire;
    s->cloud = wire->cloud;
    wire->cloud = (struct cloud){.self = s, .observe = observe, .measure = measure};
    wire->clock.self = s;
    wire->clock.wall = wall;
    watching_begin(&s->watching, &s->hand.cutover);
}

static void begin(struct scene *s)
{
    *s = (struct scene){.now = PROD_NOW};
    at_hand_begin(&s->hand);
}

static void end(struct scene *s)
{
    watching_end(&s->watching);
    at_hand_close(&s->hand);
    at_hand_end(&s->hand);
}

static void read_at(struct scene *s, int64_t seconds)
{
    struct error err;
    s->now = PROD_NOW + seconds * SECOND_MS;
    assert_true(watching_read(&s->watching, &err));
}

static void each_is_read_when_it_is_due(void **state)
{
    (void)state;
    static const struct {
        int64_t seconds;
        unsigned observed, measured;
    } rows[] = {{0, 1, 1},  {1, 1, 1},  {29, 1, 1}, {30, 2, 1},
                {59, 2, 1}, {60, 3, 2}, {61, 3, 2}, {600, 4, 3}};
    struct scene s;
    begin(&s);
    open_scene(&s);
    for (size_t i = 0; i < COUNT(rows); i++) {
        read_at(&s, rows[i].seconds);
        assert_int_equal(s.hand.observed, rows[i].observed);
        assert_int_equal(s.measured, rows[i].measured);
        assert_true(watching_next_at(&s.watching) > s.now);
        assert_true(watching_next_at(&s.watching) <= s.now + 30 * SECOND_MS);
    }
    assert_int_equal(s.hand.asked_facts, FACTS_SUBJECT | FACTS_HEALTH);
    assert_int_equal(s.measured_to, PROD_NOW + 10 * MINUTE_MS);
    assert_int_equal(s.measured_from, s.measured_to - HOUR_MS);
    assert_true(s.percentiles);
    assert_int_equal(folder_count(s.hand.folder),
                     1); /* the plan file: nothing was locked or written */
    end(&s);
}

static void only_the_first_failure_ends_it(void **state)
{
    (void)state;
    struct scene s;
    struct watched shown;
    struct error err = {0};
    begin(&s);
    open_scene(&s);
    s.hand.denied = FACT_LISTENERS;
    assert_false(watching_read(&s.watching, &err));
    assert_string_equal(err.message, "it is not allowed to read that");
    s.hand.denied = 0;
    read_at(&s, 30);
    s.hand.denied = FACT_LISTENERS;
    s.throttled = true;
    read_at(&s, 90);
    watching_show(&shown, &s.watching);
    assert_string_equal(shown.unread.live, "it is not allowed to read that");
    assert_string_equal(shown.unread.metrics, "throttled");
    assert_int_equal(shown.look.routing_read_at, PROD_NOW + 30 * SECOND_MS);
    assert_int_equal(shown.look.samples->minutes, 60);
    s.hand.denied = 0;
    s.throttled = false;
    read_at(&s, 150);
    watching_show(&shown, &s.watching);
    assert_null(shown.unread.live);
    assert_null(shown.unread.metrics);
    end(&s);
}

/* As an apply leaves it that was planned in the drain, with the minutes in which it was judged. */
static void edit_plan(struct scene *s, struct state *state)
{
    struct plan *plan = state->plan;
    struct arena arena = {0};
    struct series minutes;
    struct error err;
    plan->actions += plan->action_count - 1;
    plan->action_count = 1;
    plan->standing_count = 0; /* they name actions by number */
    assert_true(
        measure(s, &minutes, &arena, NULL, PROD_NOW, PROD_NOW + 10 * MINUTE_MS, true, &err));
    state_add_samples(state, &minutes);
    arena_clear(&arena);
}

/* The state as a run leaves it that waits in this action since `since_s`. */
static void store_wait(struct scene *s, const char *address, int64_t since_s)
{
    struct text bytes = {0};
    struct state *state;
    struct error err;
    at_hand_store_state(&s->hand, s->yaml, true, false);
    char *stored = folder_read(s->hand.folder, "prod.state.json");
    assert_true(state_read(&state, "state", stored, strlen(stored), &err));
    state_begin_run(state, FORWARD, "apply prod.yaml", "ops@bastion", PROD_NOW);
    for (size_t i = 0; i < state->plan->action_count; i++) {
        const struct action *action = &state->plan->actions[i];
        bool is_wait = text_same(action->address, address);
        struct record *record = state_begin_record(state, action, PROD_NOW + since_s * SECOND_MS);
        if (is_wait)
            break;
        state_end_record(state, record, PHASE_DONE, PROD_NOW, "");
    }
    gate_sums_begin(&state->sums, &state->arena, "hold[100%]", PROD_NOW);
    if (s->planned_anew)
        edit_plan(s, state);
    state_write(&bytes, state);
    folder_write(s->hand.folder, "prod.state.json", text_cstr(&bytes));
    text_clear(&bytes);
    state_free(state);
    free(stored);
}

static void what_is_waited_for_is_found_in_the_state(void **state)
{
    (void)state;
    struct scene s;
    struct watched shown;
    begin(&s);
    open_scene(&s);
    read_at(&s, 0);
    watching_show(&shown, &s.watching);
    assert_null(shown.look.action);
    assert_null(shown.look.gates);
    assert_null(shown.state);

    store_wait(&s, "hold[100%]", 10);
    read_at(&s, 60);
    watching_show(&shown, &s.watching);
    assert_string_equal(shown.look.action->address, "hold[100%]");
    assert_int_equal(shown.look.started_at, PROD_NOW + 10 * SECOND_MS);
    assert_true(shown.look.ends_at >= shown.look.started_at + 10 * MINUTE_MS);
    assert_non_null(shown.look.gates);
    assert_int_equal(shown.look.gates->standings[GATE_ERRORS].verdict, GATE_WAITS);
    assert_null(shown.look.drain);

    store_wait(&s, "drain[source]", 20);
    read_at(&s, 8 * 60);
    watching_show(&shown, &s.watching);
    assert_string_equal(shown.look.action->address, "drain[source]");
    assert_int_equal(shown.look.ends_at, 0);
    assert_int_equal(shown.look.drain->quiet_ms, 4 * MINUTE_MS); /* 02:01 to 02:04 */
    end(&s);
}

/* The weights that are in force, and whether anybody judges, are what the run goes by. */
static void a_drain_is_judged_as_the_run_does(void **state)
{
    (void)state;
    struct scene s;
    struct watched shown;
    begin(&s);
    s.planned_anew = true;
    open_scene(&s);
    store_wait(&s, "drain[source]", 20);
    read_at(&s, 12 * 60);
    watching_show(&shown, &s.watching);
    assert_string_equal(shown.look.action->address, "drain[source]");
    assert_string_equal(shown.look.gates->standings[GATE_TRAFFIC].words,
                        "100 % of 900 requests a minute, weight 100 %; no baseline to compare the "
                        "number with");

    /* asks for no gate, in the drain behind it neither */
    s.yaml = "switchover: 1\nstage: prod\ntraffic: {steps: [{target: 100, hold: 0s}]}\n";
    store_wait(&s, "drain[source]", 20);
    read_at(&s, 13 * 60);
    watching_show(&shown, &s.watching);
    assert_string_equal(shown.look.action->address, "drain[source]");
    assert_null(shown.look.gates);
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_is_read_when_it_is_due),
        cmocka_unit_test(only_the_first_failure_ends_it),
        cmocka_unit_test(what_is_waited_for_is_found_in_the_state),
        cmocka_unit_test(a_drain_is_judged_as_the_run_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
