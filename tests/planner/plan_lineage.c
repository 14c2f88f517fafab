/* Plans under a lineage: what a state's records change in the next plan and in the way back. */
#include "tests/unit.h"

#include "planner/base/memory.h"
#include "planner/base/time.h"
#include "planner/inverse.h"
#include "planner/precondition.h"
#include "planner/state.h"
#include "tests/planner/fixture.h"
#include "tests/planner/make.h"

#define UUID        "0190b6a2-7c1e-7000-8000-000000000001"
#define STEPS(hold) "traffic: {steps: [{target: 10, hold: " hold "}, {target: 100, hold: 10m}]}\n"
#define STAGED      STEPS("10m")

static struct plan *plan_of(struct fixture *f, const struct state *state)
{
    struct plan *plan = memory_new(sizeof *plan);
    plan_make(plan, &f->file, &f->live, state, &f->provenance, &f->around);
    return plan;
}

static const struct action *find(const struct plan *plan, const char *address)
{
    for (size_t i = 0; i < plan->action_count; i++)
        if (strcmp(plan->actions[i].address, address) == 0)
            return &plan->actions[i];
    return NULL;
}

/* Records the named actions of the state's plan as sent and done, ten minutes each. */
static void carry_out(struct state *state, enum direction direction, const struct plan *plan,
                      const char *addresses)
{
    char copy[256], *save;
    int64_t now = FIXTURE_NOW;
    snprintf(copy, sizeof copy, "%s", addresses);
    state_begin_run(state, direction, "apply prod.yaml", "a@b", now);
    for (char *a = strtok_r(copy, " ", &save); a; a = strtok_r(NULL, " ", &save)) {
        const struct action *action = find(plan, a);
        assert_non_null(action);
        struct record *record = state_begin_record(state, action, now);
        now += 10 * MINUTE_MS;
        state_end_record(state, record, PHASE_DONE, now, "");
    }
    state_end_run(state, RUN_INTERRUPTED, "a signal", now);
}

static const char *addresses(struct arena *arena, const struct plan *plan)
{
    struct text text = {0};
    for (size_t i = 0; i < plan->action_count; i++)
        text_addf(&text, "%s%s", i ? " " : "", plan->actions[i].address);
    const char *out = arena_strdup(arena, text_cstr(&text));
    text_clear(&text);
    return out;
}

static bool has_note(const struct plan *plan, const char *part)
{
    for (size_t i = 0; i < plan->note_count; i++)
        if (strstr(plan->notes[i], part))
            return true;
    return false;
}

/* The plan file again, edited. */
static void edit(struct fixture *f, const char *more)
{
    struct fixture other;
    fixture_init(&other, more);
    planfile_clear(&f->file);
    f->file = other.file;
    snapshot_clear(&other.live);
}

static void what_is_left_row_by_row(void **unused)
{
    (void)unused;
    static const struct {
        const char *done;  /* of the first plan */
        const char *edit;  /* the plan file since, or NULL */
        const char *patch; /* live since */
        const char *actions, *note;
    } rows[] = {
        {"baseline shift[10%]", NULL, "default=S900 T100",
         "hold[10%] shift[100%] hold[100%] drain[source]", NULL},
        {"baseline shift[10%] hold[10%]", NULL, "default=S900 T100",
         "shift[100%] hold[100%] drain[source]", NULL},
        {"baseline shift[10%] hold[10%] shift[100%] hold[100%] drain[source]", NULL,
         "default=S0 T1", "", NULL},
        /* an edited file: a step more, one less, lower than live, another hold */
        {"baseline shift[10%] hold[10%]",
         "traffic: {steps: [{target: 10}, {target: 25}, {target: 100}]}\n", "default=S900 T100",
         "shift[25%] hold[25%] shift[100%] hold[100%] drain[source]", "was edited"},
        {"baseline shift[10%]", "traffic: {steps: [{target: 100}]}\n", "default=S900 T100",
         "shift[100%] hold[100%] drain[source]", "was edited"},
        {"baseline shift[10%]", "traffic: {steps: [{target: 5}]}\n", "default=S900 T100", "",
         "shift[5%] is left out"},
        {"baseline shift[10%] hold[10%]", STEPS("30m"), "default=S900 T100",
         "shift[100%] hold[100%] drain[source]", "hold[10%] is done as recorded"},
        {"baseline shift[10%] hold[10%]", STEPS("6m"), "default=S900 T100",
         "shift[100%] hold[100%] drain[source]", "was edited"},
        /* somebody took the weights back: what was held then says nothing about the next time */
        {"baseline shift[10%] hold[10%]", NULL, "default=S1 T0",
         "shift[10%] hold[10%] shift[100%] hold[100%] drain[source]", NULL},
        {"baseline shift[10%] hold[10%] shift[100%] hold[100%] drain[source]", NULL,
         "default=S900 T100", "shift[100%] hold[100%] drain[source]", NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fixture f;
        struct arena arena = {0};
        fixture_init(&f, STAGED);
        struct state *state = state_new(UUID, plan_of(&f, NULL));
        carry_out(state, FORWARD, state->plan, rows[i].done);
        if (rows[i].edit)
            edit(&f, rows[i].edit);
        fixture_patch(&f, rows[i].patch);
        struct plan *plan = plan_of(&f, state);
        const char *is = addresses(&arena, plan);
        if (strcmp(is, rows[i].actions) != 0)
            fail_msg("row %zu [%s]:\n  is:        %s\n  should be: %s", i, rows[i].patch, is,
                     rows[i].actions);
        if (rows[i].note && !has_note(plan, rows[i].note))
            fail_msg("row %zu: no note says \"%s\"", i, rows[i].note);
        assert_string_equal(plan->lineage, UUID);
        assert_true(routing_identical(&plan->origin.routing, &state->origin.routing));
        plan_clear(plan);
        free(plan);
        state_free(state);
        arena_clear(&arena);
        fixture_clear(&f);
    }
}

/* Gates go on in a drain behind a hold, and minutes that nobody watched are judged before the next
 * shift: where no terminal can be asked, what follows then must be written as for a hold. */
static void what_is_judged_needs_on_failure(void **unused)
{
    (void)unused;
#define LAST_UNHELD "traffic: {steps: [{target: 10, hold: 10m}, {target: 100, hold: 0s}]}\n"
    static const struct {
        const char *yaml, *done, *patch, *actions;
        bool needs;
    } rows[] = {
        {STAGED, "baseline shift[10%] hold[10%] shift[100%] hold[100%]", "default=S0 T1",
         "drain[source]", true},
        {LAST_UNHELD, "baseline shift[10%] hold[10%]", "default=S900 T100",
         "shift[100%] drain[source]", true},
        {STAGED "gates: {on_failure: stop}\n",
         "baseline shift[10%] hold[10%] shift[100%] hold[100%]", "default=S0 T1", "drain[source]",
         false},
        {STAGED, "baseline shift[10%] hold[10%] shift[100%] hold[100%] drain[source]",
         "default=S0 T1", "", false},
        {"traffic: {steps: [{target: 10, hold: 0s}, {target: 100, hold: 0s}]}\n",
         "baseline shift[10%]", "default=S900 T100", "shift[100%] drain[source]", false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fixture f;
        struct arena arena = {0};
        fixture_init(&f, rows[i].yaml);
        struct state *state = state_new(UUID, plan_of(&f, NULL));
        carry_out(state, FORWARD, state->plan, rows[i].done);
        fixture_patch(&f, rows[i].patch);
        struct plan *plan = plan_of(&f, state);
        assert_string_equal(addresses(&arena, plan), rows[i].actions);
        if (plan_needs_on_failure(plan) != rows[i].needs ||
            has_note(plan, "gates.on_failure is not written") != rows[i].needs)
            fail_msg("row %zu [%s]: should be %d", i, rows[i].actions, rows[i].needs);
        plan_clear(plan);
        free(plan);
        state_free(state);
        arena_clear(&arena);
        fixture_clear(&f);
    }
}

static const struct standing *standing_of(const struct plan *plan, const char *id)
{
    for (size_t i = 0; i < plan->standing_count; i++)
        if (strcmp(plan->standings[i].row->id, id) == 0)
            return &plan->standings[i];
    return NULL;
}

/* DESIGN, section 4: mid-cutover blocks when the target has weight and no state knows why. */
static void a_state_must_know_why_the_target_has_weight(void **unused)
{
    (void)unused;
    static const struct {
        const char *done, *patch, *verdict, *observed;
        bool ended;
    } rows[] = {
        {"baseline shift[10%]", "default=S900 T100", "ok", "as lineage 0190b6a2 has it", false},
        {"baseline shift[10%]", "default=S90 T10", "ok", "as lineage 0190b6a2 has it", false},
        {"baseline", "default=S900 T100", "blocks", "no state says why", false},
        {"baseline", "default=S1 T0", "ok", "source 1, target 0", false},
        {"baseline shift[10%]", "default=S500 T500", "warns",
         "lineage 0190b6a2 recorded source 900, target 100", false},
        {"baseline shift[10%]", "default=S1 T0", "warns",
         "lineage 0190b6a2 recorded source 900, target 100", false},
        {"baseline shift[10%]", "default=S900 T100", "blocks", "no state says why", true},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fixture f;
        fixture_init(&f, STAGED);
        struct state *state = state_new(UUID, plan_of(&f, NULL));
        carry_out(state, FORWARD, state->plan, rows[i].done);
        state->ended = rows[i].ended;
        fixture_patch(&f, rows[i].patch);
        struct plan *plan = plan_of(&f, state);
        const struct standing *standing = standing_of(plan, "mid-cutover");
        assert_non_null(standing);
        if (strcmp(verdict_name(standing->verdict), rows[i].verdict) != 0 ||
            !strstr(standing->observed, rows[i].observed))
            fail_msg("row %zu: %s (%s), should be %s", i, verdict_name(standing->verdict),
                     standing->observed, rows[i].verdict);
        plan_clear(plan);
        free(plan);
        state_free(state);
        fixture_clear(&f);
    }
}

/* Waived, the origin is 100 % source, which live never was: before the first shift the listener is
 * expected to hold what the plan was made on. */
static void a_waived_mid_cutover_expects_what_it_found(void **unused)
{
    (void)unused;
    struct fixture f;
    fixture_init(&f, STAGED "allow: {mid-cutover: \"begun by hand, CHG-7\"}\n");
    fixture_patch(&f, "default=S900 T100, target.desired=1, target.running=1");
    struct state *state = state_new(UUID, plan_of(&f, NULL));
    carry_out(state, FORWARD, state->plan, "scale[target]");
    const struct routing *maybe, *expected = state_expected_routing(state, &maybe);
    assert_true(state->origin.assumed);
    assert_true(routing_equal(expected, &f.live.listener->routing));
    assert_null(maybe);
    carry_out(state, FORWARD, state->plan, "shift[100%]");
    assert_int_equal(routing_weight(state_expected_routing(state, NULL), MAKE_SOURCE), 0);
    state_free(state);
    fixture_clear(&f);
}

/* Also where the weights read alike, the plan says what somebody changed and that apply refuses. */
static void a_plan_says_what_apply_will_refuse(void **unused)
{
    (void)unused;
    static const char *const rows[][2] = {
        {"default=S1 T1", "recorded source 0, target 1: apply stops there"},
        {"default=S0 T1 X0", "recorded source 0, target 1: apply stops there"},
        {"default=S0 T1 sticky=60",
         "(TargetGroupStickinessConfig.Enabled was false and is true): apply stops there"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fixture f;
        fixture_init(&f, "");
        struct state *state = state_new(UUID, plan_of(&f, NULL));
        carry_out(state, FORWARD, state->plan, "shift[100%]");
        fixture_patch(&f, rows[i][0]);
        struct plan *plan = plan_of(&f, state);
        const struct standing *standing = standing_of(plan, "mid-cutover");
        assert_int_equal(standing->verdict, VERDICT_WARNS);
        if (!strstr(standing->observed, rows[i][1]))
            fail_msg("%s: %s", rows[i][0], standing->observed);
        plan_clear(plan);
        free(plan);
        state_free(state);
        fixture_clear(&f);
    }
}

/* The hour before is a baseline only while the target has no traffic. */
static void the_drain_is_held_against_the_recorded_baseline(void **unused)
{
    (void)unused;
    struct fixture f;
    fixture_init(&f, "");
    struct state *state = state_new(UUID, plan_of(&f, NULL));
    state_set_baseline(state, &f.live.recent);
    carry_out(state, FORWARD, state->plan, "baseline shift[100%]");
    fixture_patch(&f, "default=S0 T1, requests=0");
    struct plan *plan = plan_of(&f, state);
    assert_int_equal(standing_of(plan, "drain-gap")->verdict, VERDICT_OK);
    plan_clear(plan);
    free(plan);
    state_free(state);

    plan = plan_of(&f, NULL);
    assert_int_equal(standing_of(plan, "drain-gap")->verdict, VERDICT_UNKNOWN);
    plan_clear(plan);
    free(plan);
    fixture_clear(&f);
}

/* What is normal on the source was measured before the first shift; the rate is today's, of both.
 */
static void holds_are_foretold_by_the_recorded_baseline(void **unused)
{
    (void)unused;
    struct fixture f;
    fixture_init(&f, "");
    struct state *state = state_new(UUID, plan_of(&f, NULL));
    struct series *recent = &f.live.recent;
    for (size_t m = 0; m < recent->minutes; m++) /* 1 % of 1200 */
        series_put(recent, &recent->arms[ARM_SOURCE][METRIC_5XX], series_minute_at(recent, m), 12);
    state_set_baseline(state, recent);
    carry_out(state, FORWARD, state->plan, "baseline shift[100%]");
    fixture_patch(&f, "default=S0 T1, requests=0, target_requests=900");
    struct plan *plan = plan_of(&f, state);
    assert_string_equal(plan->actions[0].address, "hold[100%]");
    assert_int_equal(plan->requests_a_minute, 900);
    assert_int_equal(plan->actions[0].forecast.requests_a_minute, 900);
    assert_int_equal(plan->actions[0].forecast.tolerated_ppm, 15000); /* 1.5 times */
    plan_clear(plan);
    free(plan);
    state_free(state);
    fixture_clear(&f);
}

/* After a revert the next apply is a cutover of its own: its origin is what is there then. */
static void an_ended_lineage_counts_for_nothing(void **unused)
{
    (void)unused;
    struct fixture f;
    struct arena arena = {0};
    fixture_init(&f, STAGED);
    struct state *state = state_new(UUID, plan_of(&f, NULL));
    carry_out(state, FORWARD, state->plan, "baseline shift[10%] hold[10%]");
    carry_out(state, INVERSE, state->plan->inverse, "shift[origin]");
    state->ended = true;
    fixture_patch(&f, "source.desired=3, source.running=3, default=S5 T0");
    struct plan *plan = plan_of(&f, state);
    assert_string_equal(plan->lineage, "");
    assert_int_equal(plan->origin.desired[ARM_SOURCE], 3);
    assert_int_equal(routing_weight(&plan->origin.routing, MAKE_SOURCE), 5);
    assert_string_equal(addresses(&arena, plan), "scale[target] baseline shift[10%] hold[10%] "
                                                 "shift[100%] hold[100%] drain[source]");
    plan_clear(plan);
    free(plan);
    state_free(state);
    arena_clear(&arena);
    fixture_clear(&f);
}

/* DESIGN, section 1: the origin is what was there before this cutover's first change, however long
 * ago its first run was blocked. */
static void until_something_is_changed_the_origin_is_live(void **unused)
{
    (void)unused;
    struct fixture f;
    fixture_init(&f, STAGED);
    struct state *state = state_new(UUID, plan_of(&f, NULL));
    carry_out(state, FORWARD, state->plan, "baseline");
    fixture_patch(&f, "source.desired=3, source.running=3, default=oidc S1 T0");
    struct plan *plan = plan_of(&f, state);
    assert_string_equal(plan->lineage, UUID);
    assert_true(routing_identical(&plan->origin.routing, &f.live.listener->routing));
    assert_int_equal(plan->origin.desired[ARM_SOURCE], 3);
    assert_int_equal(standing_of(plan, "mid-cutover")->verdict, VERDICT_OK);
    state_replace_plan(state, plan);
    assert_true(routing_identical(&state->origin.routing, &f.live.listener->routing));
    assert_int_equal(state->origin.desired[ARM_SOURCE], 3);

    carry_out(state, FORWARD, state->plan, "shift[10%]");
    fixture_patch(&f, "source.desired=4, source.running=4, default=oidc S900 T100");
    state_replace_plan(state, plan_of(&f, state));
    assert_int_equal(state->origin.desired[ARM_SOURCE], 3);
    assert_int_equal(routing_weight(&state->origin.routing, MAKE_TARGET), 0);
    state_free(state);
    fixture_clear(&f);
}

/* An interrupted revert makes the holds before it count for nothing; the origin stays. */
static void forward_again_after_half_a_revert(void **unused)
{
    (void)unused;
    struct fixture f;
    struct arena arena = {0};
    fixture_init(&f, STAGED);
    struct state *state = state_new(UUID, plan_of(&f, NULL));
    carry_out(state, FORWARD, state->plan, "baseline shift[10%] hold[10%]");
    carry_out(state, INVERSE, state->plan->inverse, "scale[source]");
    fixture_patch(&f, "default=S900 T100");
    struct plan *plan = plan_of(&f, state);
    assert_string_equal(addresses(&arena, plan), "hold[10%] shift[100%] hold[100%] drain[source]");
    assert_int_equal(routing_weight(&plan->origin.routing, MAKE_TARGET), 0);
    plan_clear(plan);
    free(plan);
    state_free(state);
    arena_clear(&arena);
    fixture_clear(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_left_row_by_row),
        cmocka_unit_test(what_is_judged_needs_on_failure),
        cmocka_unit_test(a_state_must_know_why_the_target_has_weight),
        cmocka_unit_test(a_waived_mid_cutover_expects_what_it_found),
        cmocka_unit_test(a_plan_says_what_apply_will_refuse),
        cmocka_unit_test(the_drain_is_held_against_the_recorded_baseline),
        cmocka_unit_test(holds_are_foretold_by_the_recorded_baseline),
        cmocka_unit_test(an_ended_lineage_counts_for_nothing),
        cmocka_unit_test(until_something_is_changed_the_origin_is_live),
        cmocka_unit_test(forward_again_after_half_a_revert),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
