/*
 * The state file: the bytes as they are, and then sealed. What is accepted is written to the same
 * bytes again; whatever it records, the next command can go on from it and write it anew, and go
 * back.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "planner/state.h"
#include "tests/fuzz/plans.h"

static void check_bytes(struct state *state, const char *bytes, size_t n)
{
    struct text again = {0};
    state_write(&again, state);
    must_hold(again.len == n && memcmp(again.data, bytes, n) == 0);
    text_clear(&again);
}

static void check_answers(const struct state *state)
{
    const struct routing *maybe_routing;
    int64_t maybe_count;
    must_hold(state_expected_routing(state, &maybe_routing));
    for (int arm = 0; arm < ARM_COUNT; arm++)
        state_expected_count(state, (enum arm)arm, &maybe_count);
    must_hold(!state_first_shift_at(state) || state_changed_anything(state));
    for (size_t i = 0; i < state->record_count; i++) {
        const struct record *record = &state->records[i];
        const struct record *newest = state_find_record(state, record->direction, record->address);
        must_hold(!newest || text_same(newest->address, record->address));
        must_hold(!state_is_done(state, record->direction, record->address) || newest);
    }
}

/* The next command's plan, on the deployment as it is. */
static void check_plan_anew(const struct state *state)
{
    const struct fixture *f = plans_fixture();
    struct plan plan;
    plan_make(&plan, &state->plan->file, &f->live, state, &f->provenance, &f->around);
    plans_check_saved(&plan);
    plan_clear(&plan);
}

/* A run of every action of its plan, as far as the journal would write it. */
static void go_on(struct state *state)
{
    const int64_t now = FIXTURE_NOW;
    struct text written = {0};
    struct state *copy;
    struct error err;
    state_begin_run(state, FORWARD, "apply prod.yaml", "ops@bastion", now);
    for (size_t i = 0; i < state->plan->action_count; i++) {
        struct record *record = state_begin_record(state, &state->plan->actions[i], now);
        state_end_record(state, record, PHASE_DONE, now, "read back");
    }
    state_add_samples(state, &plans_fixture()->live.recent);
    state_end_run(state, RUN_DONE, "done", now);
    state_write(&written, state);
    must_succeed(state_read(&copy, "prod.state.json", written.data, written.len, &err), &err);
    check_bytes(copy, written.data, written.len);
    state_free(copy);
    text_clear(&written);
}

static void try_bytes(const char *bytes, size_t n)
{
    struct state *state;
    struct error err = {0};
    if (state_read(&state, "prod.state.json", bytes, n, &err)) {
        fuzz_accepted();
        check_bytes(state, bytes, n);
        check_answers(state);
        plans_check(state->plan, state);
        check_plan_anew(state);
        go_on(state);
    } else {
        must_hold(!state);
        fuzz_check_error(&err);
    }
    state_free(state);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_try_sealed(try_bytes, data, size);
    return 0;
}
