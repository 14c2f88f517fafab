/* The way back as it will run: what live, the records and the plan file leave of it. */
#include "tests/unit.h"

#include "planner/base/memory.h"
#include "planner/base/time.h"
#include "planner/inverse.h"
#include "planner/precondition.h"
#include "planner/state.h"
#include "tests/planner/fixture.h"

#define UUID    "0190b6a2-7c1e-7000-8000-000000000001"
#define RESTORE "revert: {restore_counts: true}\n"

static struct plan *plan_of(struct fixture *f)
{
    struct plan *plan = memory_new(sizeof *plan);
    plan_make(plan, &f->file, &f->live, NULL, &f->provenance, &f->around);
    return plan;
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

static const struct action *find(const struct plan *plan, const char *address)
{
    for (size_t i = 0; i < plan->action_count; i++)
        if (strcmp(plan->actions[i].address, address) == 0)
            return &plan->actions[i];
    fail_msg("no action %s", address);
    return NULL;
}

/* argo-rollouts#3941: a fallback moved traffic before capacity existed. */
static void the_source_comes_up_first(void **unused)
{
    (void)unused;
    static const struct {
        const char *patch, *actions;
        bool blocked;
    } rows[] = {
        {"source.desired=0, source.running=0, source.targets=",
         "scale[source] shift[origin] drain[target]", false},
        {"source.desired=1, source.running=1, source.targets=h",
         "scale[source] shift[origin] drain[target]", false},
        /* scaled up already, by a revert that was interrupted or by hand: nobody serves yet */
        {"source.running=0, source.pending=2, source.targets=",
         "scale[source] shift[origin] drain[target]", false},
        {"source.targets=ii", "scale[source] shift[origin] drain[target]", false},
        /* one serves: a task that never starts must not keep the traffic on the target */
        {"source.running=1, source.pending=1, source.targets=hi", "shift[origin] drain[target]",
         false},
        /* who serves cannot be read: what runs may, and a wait would not see the others come */
        {"source.running=1, source.pending=1, source.targets=, "
         "unknown=DescribeTargetHealth (source)",
         "shift[origin] drain[target]", true},
        {"source.running=0, source.pending=2, source.targets=, "
         "unknown=DescribeTargetHealth (source)",
         "scale[source] shift[origin] drain[target]", true},
        /* none serves and none is coming: waiting would not help */
        {"source.targets=uu", "shift[origin] drain[target]", true},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fixture f;
        struct arena arena = {0};
        struct plan inverse;
        fixture_init(&f, "");
        struct plan *plan = plan_of(&f);
        fixture_patch(&f, "default=S0 T1");
        fixture_patch(&f, rows[i].patch);
        inverse_make(&inverse, plan, &plan->origin, &f.live, NULL, false, &f.around);
        const char *is = addresses(&arena, &inverse);
        if (strcmp(is, rows[i].actions) != 0 || plan_is_blocked(&inverse) != rows[i].blocked)
            fail_msg("[%s]:\n  is:        %s%s\n  should be: %s", rows[i].patch, is,
                     plan_is_blocked(&inverse) ? ", blocked" : "", rows[i].actions);
        if (inverse.actions[0].kind == ACTION_SCALE)
            assert_int_equal(inverse.actions[0].after.count, 2);
        plan_clear(&inverse);
        plan_clear(plan);
        free(plan);
        arena_clear(&arena);
        fixture_clear(&f);
    }
}

/* inverse.h: the target's count goes back only while it is the one that this cutover set. */
static void only_our_own_count_is_taken_back(void **unused)
{
    (void)unused;
    static const struct {
        bool sent; /* the scale; else somebody else had done it when its turn came */
        const char *patch;
        bool restores;
    } rows[] = {
        {true, "target.desired=2", true},
        {true, "target.desired=3", false},
        {true, "target.desired=0", false},
        {false, "target.desired=2", false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fixture f;
        struct plan inverse;
        fixture_init(&f, RESTORE);
        fixture_patch(&f, "target.desired=0, target.running=0, target.targets=");
        struct state *state = state_new(UUID, plan_of(&f));
        const struct action *scale = find(state->plan, "scale[target]");
        state_begin_run(state, FORWARD, "apply", "a@b", FIXTURE_NOW);
        if (rows[i].sent)
            state_end_record(state, state_begin_record(state, scale, FIXTURE_NOW), PHASE_DONE,
                             FIXTURE_NOW, "");
        else
            state_add_done_record(state, scale, FIXTURE_NOW, "already as wanted");
        fixture_patch(&f, "default=S0 T1");
        fixture_patch(&f, rows[i].patch);
        inverse_make(&inverse, state->plan, &state->origin, &f.live, state, false, &f.around);
        bool restores =
            strcmp(inverse.actions[inverse.action_count - 1].address, "scale[target]") == 0;
        if (restores != rows[i].restores)
            fail_msg("row %zu [%s]: %s", i, rows[i].patch, restores ? "restores" : "leaves it");
        if (restores)
            assert_int_equal(find(&inverse, "scale[target]")->after.count, 0);
        plan_clear(&inverse);
        state_free(state);
        fixture_clear(&f);
    }
}

/* It can still put the origin back, but says that it undoes somebody else's work. */
static void a_cutover_that_changed_nothing_says_so(void **unused)
{
    (void)unused;
    for (int sent = 0; sent < 2; sent++) {
        struct fixture f;
        struct plan inverse;
        bool noted = false;
        fixture_init(&f, "");
        struct state *state = state_new(UUID, plan_of(&f));
        state_begin_run(state, FORWARD, "apply", "a@b", FIXTURE_NOW);
        if (sent)
            state_begin_record(state, find(state->plan, "shift[100%]"), FIXTURE_NOW);
        fixture_patch(&f, "default=S0 T1");
        inverse_make(&inverse, state->plan, &state->origin, &f.live, state, false, &f.around);
        for (size_t i = 0; i < inverse.note_count; i++)
            noted = noted || strstr(inverse.notes[i], "changed nothing");
        assert_int_equal(noted, !sent);
        plan_clear(&inverse);
        state_free(state);
        fixture_clear(&f);
    }
}

/* A fallback goes back from any weights, and says when they are not the ones that were left. */
static void weights_that_somebody_moved_are_noted(void **unused)
{
    (void)unused;
    static const struct {
        const char *live;
        bool noted;
    } rows[] = {{"default=S0 T1", false}, {"default=S0 T9", false}, {"default=S1 T3", true}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fixture f;
        struct plan inverse;
        bool noted = false;
        fixture_init(&f, "");
        struct state *state = state_new(UUID, plan_of(&f));
        state_begin_run(state, FORWARD, "apply", "a@b", FIXTURE_NOW);
        struct record *record =
            state_begin_record(state, find(state->plan, "shift[100%]"), FIXTURE_NOW);
        record->sent = true;
        state_end_record(state, record, PHASE_DONE, FIXTURE_NOW, "");
        fixture_patch(&f, rows[i].live);
        inverse_make(&inverse, state->plan, &state->origin, &f.live, state, false, &f.around);
        for (size_t n = 0; n < inverse.note_count; n++)
            noted = noted || strstr(inverse.notes[n], "left it at source 0, target 1: it is "
                                                      "source 1, target 3; going back");
        assert_int_equal(noted, rows[i].noted);
        plan_clear(&inverse);
        state_free(state);
        fixture_clear(&f);
    }
}

/* A listener that is gone is said, also where every action is behind us. */
static void a_listener_that_is_gone_is_no_origin(void **unused)
{
    (void)unused;
    struct fixture f;
    struct plan inverse;
    fixture_init(&f, "");
    struct plan *plan = plan_of(&f);
    fixture_patch(&f, "default=S1 T0, port=9300");
    inverse_make(&inverse, plan, &plan->origin, &f.live, NULL, false, &f.around);
    assert_true(plan_is_blocked(&inverse));
    plan_clear(&inverse);
    plan_clear(plan);
    free(plan);
    fixture_clear(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_source_comes_up_first),
        cmocka_unit_test(only_our_own_count_is_taken_back),
        cmocka_unit_test(a_cutover_that_changed_nothing_says_so),
        cmocka_unit_test(weights_that_somebody_moved_are_noted),
        cmocka_unit_test(a_listener_that_is_gone_is_no_origin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
