#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd/acceptance.h"
#include "cmd/commands.h"
#include "cmd/exit_code.h"
#include "cmd/interrupt.h"
#include "cmd/page.h"
#include "cmd/planning.h"
#include "cmd/prompt.h"
#include "cmd/run.h"
#include "cmd/view_look.h"
#include "cmd/view_text_plan.h"
#include "planner/base/memory.h"
#include "planner/base/time.h"
#include "planner/plan_json.h"
#include "providers/local/random.h"

/* What stands between the command line and a run. */
struct apply {
    struct cutover cutover;
    struct plan *plan; /* the input's saved one, or made here; owned until the state takes it */
    int64_t target_requests;
    bool unread;     /* the plan could not be made */
    bool takes_back; /* a gate failed, and the plan file wants the traffic back then, or somebody
                        did: no run has got to it yet */
    FILE *json_into;
};

static void discard_plan(struct apply *a)
{
    if (a->plan && a->plan != a->cutover.input.plan) {
        plan_clear(a->plan);
        free(a->plan);
    }
    a->plan = NULL;
}

/* ---- the plan ---- */

static const struct run *run_of(const struct state *state, const char *digest)
{
    for (size_t i = state ? state->run_count : 0; i > 0; i--)
        if (text_same(state->runs[i - 1].plan_digest, digest))
            return &state->runs[i - 1];
    return NULL;
}

/* What a saved plan was made on is what it may be carried out on; NULL when it is so. */
static const char *moved_on(const struct plan *plan, const struct state *state)
{
    if (text_same(state->plan->digest, plan->digest))
        return NULL; /* begun with it, and nothing else since */
    if (run_of(state, plan->digest))
        return "was begun, another plan was applied";
    if (!text_same(plan->lineage, state->lineage))
        return "was saved, a cutover was begun";
    return plan->serial == state->serial ? NULL : "was saved, the cutover has gone on";
}

/* A saved plan was made on a state (or on none): on another one it would be another plan. One that
 * was carried out stays so. */
static bool check_saved(const struct apply *a, struct error *err)
{
    const struct state *state = cutover_ongoing(&a->cutover);
    const char *location = a->cutover.store.location, *path = a->cutover.input.path;
    const struct run *run = run_of(state, a->plan->digest);
    const struct state *ended = state ? NULL : a->cutover.state;
    const char *since = state ? moved_on(a->plan, state) : NULL;
    if (ended && text_same(a->plan->lineage, ended->lineage))
        since = "was saved, the traffic was taken back";
    if (run && run->end == RUN_DONE)
        return true;
    if (since)
        error_set(err, ERROR_INPUT, "since %s %s in %s", path, since, location);
    else if (!state && *a->plan->lineage)
        error_set(err, ERROR_INPUT, "%s goes on with lineage %.8s, which is not in %s", path,
                  a->plan->lineage, location);
    else if (state && !subject_equal(&a->plan->subject, &state->plan->subject))
        error_set(err, ERROR_INPUT, "%s is about other resources than %s", path, location);
    else
        return true;
    return error_hint(err, "plan again, and look at what it says now");
}

static bool make_plan(struct apply *a, struct error *err)
{
    struct text document = {0};
    if (a->cutover.input.kind == INPUT_SAVED_PLAN) {
        a->plan = a->cutover.input.plan;
        return cutover_is_newest(&a->cutover, err) && check_saved(a, err);
    }
    a->plan = memory_new(sizeof *a->plan);
    a->unread = !planning_forward(a->plan, &a->target_requests, &a->cutover, err);
    if (a->unread)
        return false;
    plan_write(&document, a->plan); /* for its digest, which the run is recorded with */
    text_clear(&document);
    return true;
}

/* Whether every action of it is done; a plan that was made now leaves out what is. What is accepted
 * is recorded by a run, also where nothing else is left to do. */
static bool is_finished(const struct apply *a)
{
    const struct state *state = cutover_ongoing(&a->cutover);
    if (args_text(a->cutover.args, OPT_ACCEPT))
        return false;
    const struct run *run = run_of(state, a->plan->digest);
    return !plan_changes_anything(a->plan) || (run && run->end == RUN_DONE);
}

/* A saved plan was looked at when it was made: whoever approves it unseen gets its summary. */
static bool was_reviewed(const struct apply *a)
{
    return a->cutover.input.kind == INPUT_SAVED_PLAN &&
           args_flag(a->cutover.args, OPT_AUTO_APPROVE);
}

static void show_plan(const struct apply *a, bool finished)
{
    struct term term = term_of(STDERR_FILENO);
    struct text summary = {0};
    struct page page;
    page_init(&page, &term);
    if (finished && plan_changes_anything(a->plan)) {
        page_line(&page, 0, STYLE_STRONG, "Nothing to do: this saved plan has been carried out.");
    } else if (was_reviewed(a) && plan_changes_anything(a->plan)) {
        view_text_plan_summary(&summary, a->plan);
        page_paragraph(&page, 0, STYLE_STRONG, "%s: %s", a->plan->file.name, text_cstr(&summary));
    } else {
        view_text_plan(&page, a->plan, a->target_requests);
    }
    page_write(&page, stderr);
    page_clear(&page);
    text_clear(&summary);
}

/* ---- the run ---- */

/* *changed: the state is another one than was planned on. */
static bool take_lock(struct apply *a, bool *changed, struct error *err)
{
    const struct store *store = &a->cutover.store;
    int64_t patience = args_number(a->cutover.args, OPT_LOCK_TIMEOUT, 0);
    char *command = cutover_command(&a->cutover), text[TIME_TEXT_SIZE];
    bool locked = store->lock(store->self, command, 0, err);
    if (!locked && err->kind == ERROR_LOCKED && patience > 0) {
        page_warn("Waiting: %s. For %s at most.", err->message, duration_format(text, patience));
        locked = store->lock(store->self, command, patience, err);
    }
    free(command);
    return locked && cutover_load(&a->cutover, changed, err);
}

static struct plan *hand_over(struct apply *a)
{
    struct plan *plan = a->plan;
    if (plan == a->cutover.input.plan)
        a->cutover.input.plan = NULL;
    a->plan = NULL;
    return plan;
}

static bool give_plan_to_state(struct apply *a, struct error *err)
{
    struct cutover *cutover = &a->cutover;
    char lineage[LOCAL_UUID_SIZE];
    if (cutover_ongoing(cutover)) {
        state_replace_plan(cutover->state, hand_over(a));
        return true;
    }
    if (!local_random_uuid(lineage, err))
        return false;
    state_free(cutover->state);
    cutover->state = state_new(lineage, hand_over(a));
    return true;
}

static bool run(struct apply *a, int *exit_code, struct error *err)
{
    const struct clock *clock = &a->cutover.wire.clock;
    const struct args *args = a->cutover.args;
    if (!give_plan_to_state(a, err) ||
        !acceptance_record(args, a->cutover.state, clock->wall(clock->self), err))
        return false;
    struct run_request request = {.cutover = &a->cutover,
                                  .plan = a->cutover.state->plan,
                                  .json_into = a->json_into,
                                  .until_shifted = args_text(args, OPT_UNTIL) != NULL};
    *exit_code = run_plan(&request);
    return true;
}

static int say_finished(struct apply *a)
{
    struct run_request request = {
        .cutover = &a->cutover, .plan = a->plan, .json_into = a->json_into};
    if (a->plan == a->cutover.input.plan && plan_changes_anything(a->plan))
        return run_carried_out(&a->cutover, a->json_into);
    run_not_begun(&request, RUN_DONE, "there is nothing to do", EXIT_DONE);
    return EXIT_DONE;
}

static int say_blocked(struct apply *a)
{
    struct run_request request = {
        .cutover = &a->cutover, .plan = a->plan, .json_into = a->json_into};
    const struct state *state = cutover_ongoing(&a->cutover);
    int exit_code = state && state_changed_anything(state) ? EXIT_INCOMPLETE : EXIT_BLOCKED;
    struct text why = {0};
    view_text_blocking_summary(&why, a->plan);
    run_not_begun(&request, RUN_BLOCKED, text_cstr(&why), exit_code);
    text_clear(&why);
    return exit_code;
}

/* Nobody sees a failing gate there, so somebody has to have said beforehand what follows. */
static bool check_on_failure(const struct apply *a, struct error *err)
{
    if (wire_surroundings(&a->cutover.wire).interactive || !plan_needs_on_failure(a->plan))
        return true;
    error_set(err, ERROR_INPUT,
              "there is no terminal, and %s does not say what follows when a gate fails",
              a->plan->file.path);
    return error_hint(err,
                      "write gates: {on_failure: stop}, which leaves the traffic where it is and "
                      "ends with exit 8, or {on_failure: revert}, which takes it back to the "
                      "source at once");
}

/* Before anything is read, shown or asked: nothing goes forward over a failed gate. */
static bool must_not_begin(struct apply *a, int *exit_code)
{
    const struct state *state = cutover_ongoing(&a->cutover);
    const struct gate_failure *failure = state ? state_open_failure(state) : NULL;
    a->takes_back = state && state_is_recalled(state);
    if (a->takes_back || !failure || args_text(a->cutover.args, OPT_ACCEPT))
        return false;
    a->takes_back = input_planfile(&a->cutover.input)->gates.on_failure == ON_REVERT;
    if (!a->takes_back)
        *exit_code = run_gate_stands(&a->cutover, a->json_into, failure);
    return !a->takes_back;
}

static void warn_of_way_back(const struct apply *a)
{
    struct text words = {0};
    if (state_is_recalled(a->cutover.state)) {
        page_warn("Who sat at the terminal wanted the traffic back, and that run died before it "
                  "was. This takes it back.");
        return;
    }
    look_add_failure(&words, state_open_failure(a->cutover.state));
    page_warn("%s. As on_failure: revert asks for, this takes the traffic back.",
              text_cstr(&words));
    text_clear(&words);
}

/* Shows the plan. False: its last lines are said, there is nothing to carry out. */
static bool show_for_review(struct apply *a, int *exit_code)
{
    bool possible = plan_is_possible(a->plan), finished = possible && is_finished(a);
    if (a->takes_back && possible) {
        warn_of_way_back(a);
        return true;
    }
    show_plan(a, finished);
    if (finished)
        *exit_code = say_finished(a);
    else if (!possible || plan_is_blocked(a->plan))
        *exit_code = say_blocked(a);
    else
        return true;
    return false;
}

/* Plans, shows and asks. *go_on: there is something to carry out, and it was approved. */
static bool review(struct apply *a, bool *go_on, int *exit_code, struct error *err)
{
    *exit_code = EXIT_DONE;
    *go_on = false;
    if (!acceptance_check(a->cutover.args, cutover_ongoing(&a->cutover), err))
        return false;
    if (must_not_begin(a, exit_code))
        return true;
    if (!make_plan(a, err))
        return false;
    *go_on = show_for_review(a, exit_code);
    if (!*go_on)
        return true;
    const char *question = a->takes_back ? "Take the traffic back?" : "Carry out this plan?";
    return check_on_failure(a, err) &&
           (args_flag(a->cutover.args, OPT_AUTO_APPROVE) || prompt_yes(question, err));
}

/* Nobody who takes the traffic back wants it to go out again right behind him. */
static bool was_reverted(const struct apply *a, struct error *err)
{
    const struct state *state = a->cutover.state;
    if (!state || !state->run_count || state->runs[state->run_count - 1].direction != INVERSE)
        return false;
    error_set(err, ERROR_INPUT, "somebody took the traffic back while this waited: %s says so",
              a->cutover.store.location);
    error_hint(err, "find out why, then plan and apply again");
    return true;
}

/* What was reviewed holds for the state that it was made on, and no other. */
static bool review_again(struct apply *a, bool *go_on, int *exit_code, struct error *err)
{
    if (was_reverted(a, err))
        return false;
    page_warn("%s was changed meanwhile: this is planned anew.", a->cutover.store.location);
    discard_plan(a);
    return review(a, go_on, exit_code, err);
}

static bool apply(struct apply *a, int *exit_code, struct error *err)
{
    bool go_on, changed;
    if (!review(a, &go_on, exit_code, err))
        return false;
    if (!go_on)
        return true;
    if (!take_lock(a, &changed, err) || (changed && !review_again(a, &go_on, exit_code, err)))
        return false;
    interrupt_watch();
    return !go_on || run(a, exit_code, err);
}

bool cmd_apply(const struct args *args, int *exit_code, struct error *err)
{
    struct apply a = {.target_requests = REQUESTS_UNKNOWN};
    if (!acceptance_check_options(args, err) ||
        !prompt_or_approved(args_flag(args, OPT_AUTO_APPROVE), "apply", err) ||
        !run_open_json_into(&a.json_into, args, err))
        return false;
    bool ok = cutover_open(&a.cutover, args, INPUT_PLAN_FILE | INPUT_SAVED_PLAN, err) &&
              (apply(&a, exit_code, err) ||
               (a.unread && run_unread(&a.cutover, FORWARD, a.json_into, err, exit_code)));
    discard_plan(&a);
    cutover_close(&a.cutover);
    run_close_json_into(a.json_into);
    return ok;
}
