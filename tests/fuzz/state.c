/*
 * The state file: the bytes as they are, and then sealed. What is accepted is written to the same
 * bytes again; whatever it records, the gates can judge it, and the next command can go on from it
 * and write it anew, and go back.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "planner/base/time.h"
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
    state_last_shift(state, FORWARD);
    state_is_recalled(state);
    state_find_unsettled_shift(state, &state->origin.routing);
    state_explains(state, &plans_fixture()->live.listeners[0].routing);
    must_hold(!state_first_shift_at(state) || state_changed_anything(state));
    for (size_t i = 0; i < state->record_count; i++) {
        const struct record *record = &state->records[i];
        const struct record *newest = state_find_record(state, record->direction, record->address);
        must_hold(!newest || text_same(newest->address, record->address));
        must_hold(!state_is_done(state, record->direction, record->address) || newest);
    }
}

/* ---- what the gates make of it ---- */

static void check_report(const struct gate_report *report)
{
    must_hold(!report->because == (report->outcome == GATES_PASS));
    for (int i = 0; i < GATE_COUNT; i++) {
        must_hold(report->standings[i].name && report->standings[i].words);
        fuzz_check_text(report->standings[i].name);
        fuzz_check_text(report->standings[i].words);
    }
}

/* Asking again changes nothing. */
static void check_gates_at(struct gate_sums *sums, const struct state *state, int target_permille,
                           int64_t now)
{
    struct arena arena = {0};
    struct gate_report report, again;
    struct health_looks health = {{now - MINUTE_MS, now}, {state->serial % 3, state->serial % 5}};
    struct gate_input in = state_gate_input(state, NULL, health, now);
    in.target_permille = target_permille;
    gate_sums_advance(sums, &in);
    gates_judge(&report, &arena, sums, &in);
    check_report(&report);
    gate_sums_advance(sums, &in);
    gates_judge(&again, &arena, sums, &in);
    must_hold(report.outcome == again.outcome && report.judged == again.judged);
    arena_clear(&arena);
}

/* When the newest minutes settle, and in the middle of them. */
static void check_gates(struct state *state)
{
    static const int shares[] = {1, 500, 1000};
    const struct series *samples = &state->samples;
    int64_t end = series_minute_at(samples, samples->minutes) + SERIES_SETTLED_AFTER_MS + 1;
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
        struct gate_sums sums = state->sums;
        check_gates_at(&sums, state, shares[i], end - 3 * MINUTE_MS);
        check_gates_at(&sums, state, shares[i], end);
    }
    check_gates_at(&state->sums, state, 100, end);
}

/* ---- what the next command makes of it ---- */

/* The next command's plan, on the deployment as it is. */
static void check_plan_anew(const struct state *state)
{
    const struct fixture *f = plans_fixture();
    struct plan plan;
    plan_make(&plan, &state->plan->file, &f->live, state, &f->provenance, &f->around);
    plans_check_saved(&plan);
    plan_clear(&plan);
}

static void check_can_be_read(struct state *state)
{
    struct text written = {0};
    struct state *copy;
    struct error err;
    state_write(&written, state);
    must_succeed(state_read(&copy, "prod.state.json", written.data, written.len, &err), &err);
    check_bytes(copy, written.data, written.len);
    state_free(copy);
    text_clear(&written);
}

/* A run of every action of the plan, as far as the journal would write it. */
static void run(struct state *state, const struct plan *plan)
{
    const int64_t now = FIXTURE_NOW;
    state_begin_run(state, plan->direction, "apply prod.yaml", "ops@bastion", now);
    for (size_t i = 0; i < plan->action_count; i++) {
        struct record *record = state_begin_record(state, &plan->actions[i], now);
        state_end_record(state, record, PHASE_DONE, now, "read back");
    }
    state_end_run(state, RUN_DONE, "done", now);
}

/* A gate fails in that run, and somebody answers for it. */
static void fail_and_accept(struct state *state)
{
    const int64_t now = FIXTURE_NOW;
    struct error err;
    const struct gate_failure *failure =
        state_add_failure(state, "errors", "hold[10%]", "5 % of 1000", now);
    must_hold(state_open_failure(state) == failure);
    must_hold(!state_accept_gate(state, "latency", "CHG-1", "ops@bastion", now, &err));
    must_succeed(state_accept_gate(state, "errors", "CHG-1", "ops@bastion", now, &err), &err);
    must_hold(state_open_failure(state) != failure && failure->accepted_at == now);
}

static void go_on(struct state *state)
{
    run(state, state->plan);
    state_add_samples(state, &plans_fixture()->live.recent);
    check_can_be_read(state);
    fail_and_accept(state);
    if (state->plan->inverse)
        run(state, state->plan->inverse);
    check_can_be_read(state);
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
        check_gates(state);
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
