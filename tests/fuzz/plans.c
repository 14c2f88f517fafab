#include "tests/unit.h"

#include "tests/fuzz/plans.h"

#include "planner/inverse.h"
#include "planner/plan_json.h"
#include "tests/fuzz/fuzz.h"

const struct fixture *plans_fixture(void)
{
    static struct fixture fixture;
    static bool is_made;
    if (!is_made)
        fixture_init(&fixture, "");
    is_made = true;
    return &fixture;
}

static void check_cli(const struct routing *routing)
{
    struct text text = {0};
    struct json_document doc;
    struct error err;
    routing_write_aws_cli(&text, routing);
    must_succeed(
        json_read(&doc, text_cstr(&text), text.len, (struct json_limits){text.len, 64}, &err),
        &err);
    json_document_clear(&doc);
    text_clear(&text);
}

static void check_actions(const struct plan *plan)
{
    int64_t shortest, longest;
    plan_duration(plan, &shortest, &longest);
    must_hold(shortest >= 0 && longest >= shortest);
    for (size_t i = 0; i < plan->action_count; i++) {
        const struct action *action = &plan->actions[i];
        must_hold(action->address);
        if (action->kind == ACTION_SHIFT && action->after.routing.understood)
            check_cli(&action->after.routing);
    }
}

static void check_way_back(const struct plan *plan, const struct state *state,
                           const struct snapshot *live, bool traffic_only)
{
    struct plan back;
    const struct fixture *f = plans_fixture();
    inverse_make(&back, plan, &plan->origin, live, state, traffic_only, &f->around);
    must_hold(back.direction == INVERSE);
    /* Nothing is left out where nothing was read. */
    must_hold(live || !plan_is_possible(plan) || plan_changes_anything(&back));
    check_actions(&back);
    plan_clear(&back);
}

void plans_check(const struct plan *plan, const struct state *state)
{
    const struct snapshot *live = &plans_fixture()->live;
    struct arena arena = {0};
    check_actions(plan);
    must_hold(provenance_describe(&arena, &plan->provenance));
    must_hold(*inverse_data_boundary(&arena, plan->requests_a_minute));
    if (plan->inverse) {
        check_actions(plan->inverse);
        check_way_back(plan, state, NULL, false);
        check_way_back(plan, state, NULL, true);
        check_way_back(plan, state, live, false);
        check_way_back(plan, state, live, true);
    }
    arena_clear(&arena);
}

void plans_check_saved(struct plan *plan)
{
    struct text saved = {0}, again = {0};
    struct plan copy;
    struct error err;
    plan_write(&saved, plan);
    must_succeed(plan_read(&copy, "saved.plan", saved.data, saved.len, &err), &err);
    must_hold(strcmp(copy.digest, plan->digest) == 0);
    plan_write(&again, &copy);
    must_hold(again.len == saved.len && memcmp(again.data, saved.data, saved.len) == 0);
    plan_clear(&copy);
    text_clear(&saved);
    text_clear(&again);
}
