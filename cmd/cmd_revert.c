#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd/commands.h"
#include "cmd/exit_code.h"
#include "cmd/interrupt.h"
#include "cmd/planning.h"
#include "cmd/print_aws.h"
#include "cmd/prompt.h"
#include "cmd/run.h"
#include "cmd/view_text_plan.h"
#include "planner/base/time.h"
#include "providers/local/random.h"

/* How long a running apply gets to stop before the fallback gives up (DESIGN, section 5), and how
 * often it is asked: another one that waited may have the lock by then. */
enum { TAKE_OVER_MS = 15 * SECOND_MS, ASK_AGAIN_MS = 5 * SECOND_MS };

enum { ANY_INPUT = INPUT_PLAN_FILE | INPUT_SAVED_PLAN | INPUT_STATE };

struct revert {
    struct cutover cutover;
    struct way_back back;
    struct plan plan; /* the fallback */
    int64_t target_requests;
    struct reading reading;  /* what it was made from */
    bool unread;             /* it could not be made */
    struct error unstorable; /* why the disk takes no state */
    bool is_unstorable, unlocked;
    FILE *json_into;
};

static void show_plan(const struct revert *r)
{
    struct term term = term_of(STDERR_FILENO);
    struct page page;
    page_init(&page, &term);
    view_text_plan(&page, &r->plan, r->target_requests);
    page_write(&page, stderr);
    page_clear(&page);
}

/* A person who is asked may want to know what is lost; a run that is approved wants to be quick. */
static bool make_plan(struct revert *r, struct error *err)
{
    bool asks = !args_flag(r->cutover.args, OPT_AUTO_APPROVE);
    plan_clear(&r->plan);
    reading_clear(&r->reading);
    if (!planning_way_back(&r->back, &r->cutover, err))
        return false;
    r->unread = !planning_inverse(&r->plan, &r->target_requests, &r->reading, &r->cutover, &r->back,
                                  asks, err);
    return !r->unread;
}

/* ---- the lock ---- */

static bool wait_for_lock(const struct revert *r, const char *command, struct error *err)
{
    const struct store *store = &r->cutover.store;
    bool locked = false;
    err->kind = ERROR_LOCKED;
    for (int64_t left = TAKE_OVER_MS; !locked && err->kind == ERROR_LOCKED && left > 0;
         left -= ASK_AGAIN_MS) {
        if (!store->request_stop(store->self, err) && left == TAKE_OVER_MS)
            page_warn("It could not be asked: %s", err->message);
        locked = store->lock(store->self, command, ASK_AGAIN_MS * r->cutover.wire.speed, err);
    }
    if (!locked && err->kind == ERROR_LOCKED)
        error_hint(err, "it does not answer: stop it where it runs, then revert again");
    return locked;
}

/* Takes the lock, from a running apply if need be: it is asked to stop, finishes what is in flight,
 * records it and lets go. */
static bool take_lock(struct revert *r, struct error *err)
{
    const struct store *store = &r->cutover.store;
    char *command = cutover_command(&r->cutover);
    bool locked = store->lock(store->self, command, 0, err);
    if (!locked && err->kind == ERROR_LOCKED) {
        page_warn("Waiting: %s. It is asked to stop, and has 15s for that.", err->message);
        locked = wait_for_lock(r, command, err);
    }
    free(command);
    return locked;
}

/* A disk that fails stops no fallback: its origin has been read (DESIGN, section 5). */
static bool go_without_disk(struct revert *r, const struct error *why)
{
    if (why->kind != ERROR_STORAGE || !r->cutover.loaded)
        return false;
    r->unstorable = *why;
    r->is_unstorable = true;
    return true;
}

/* The lock, and what the state holds now that it is ours. */
static bool take_over(struct revert *r, bool *changed, struct error *err)
{
    *changed = false;
    if (!take_lock(r, err)) {
        r->unlocked = go_without_disk(r, err);
        if (r->unlocked)
            page_warn(
                "Warning: %s. The traffic goes back without the lock: make sure that no other "
                "run is at work.",
                err->message);
        return r->unlocked;
    }
    return cutover_load(&r->cutover, changed, err) || go_without_disk(r, err);
}

/* The run needs a state to be recorded in: a saved plan that stands alone begins one. */
static bool ensure_state(struct revert *r, struct error *err)
{
    struct cutover *cutover = &r->cutover;
    char lineage[LOCAL_UUID_SIZE];
    if (r->back.state)
        return true;
    if (!local_random_uuid(lineage, err))
        return false;
    state_free(cutover->state);
    cutover->state = state_new(lineage, cutover->input.plan);
    cutover->input.plan = NULL;
    return true;
}

/* ---- the run ---- */

/* A fallback with nothing to send still runs where the lineage is open: it reads back that the
 * traffic is at its origin, and ends the lineage. */
static bool is_finished(const struct revert *r)
{
    const struct state *state = r->back.state;
    bool open = state && !state->ended && state_changed_anything(state);
    return r->plan.action_count == 0 && !open;
}

static bool run(struct revert *r, int *exit_code, struct error *err)
{
    const struct args *args = r->cutover.args;
    if (!ensure_state(r, err))
        return false;
    struct run_request request = {.cutover = &r->cutover,
                                  .plan = &r->plan,
                                  .first = &r->reading,
                                  .skip_read = args_flag(args, OPT_NOW),
                                  .force = args_text(args, OPT_FORCE),
                                  .unstorable = r->is_unstorable ? &r->unstorable : NULL,
                                  .unlocked = r->unlocked,
                                  .json_into = r->json_into};
    *exit_code = run_plan(&request);
    return true;
}

/* Shown and asked before anything else is touched: a no leaves a running apply alone. */
static bool ask(struct revert *r, bool *finished, struct error *err)
{
    if (!make_plan(r, err))
        return false;
    show_plan(r);
    *finished = is_finished(r);
    return *finished || prompt_yes("Take the traffic back?", err);
}

static bool say_finished(struct revert *r)
{
    struct run_request request = {
        .cutover = &r->cutover, .plan = &r->plan, .json_into = r->json_into};
    run_not_begun(&request, RUN_DONE, "the traffic is already where it was", EXIT_DONE);
    return true;
}

static bool revert(struct revert *r, int *exit_code, struct error *err)
{
    bool approved = args_flag(r->cutover.args, OPT_AUTO_APPROVE);
    bool changed = true, finished = false;
    *exit_code = EXIT_DONE;
    planning_inverse_ahead(&r->cutover, !approved);
    if (!approved && !ask(r, &finished, err))
        return false;
    if (finished)
        return say_finished(r);
    interrupt_watch();
    if (!take_over(r, &changed, err))
        return false;
    if ((approved || changed) && !make_plan(r, err))
        return false;
    if (approved || changed)
        show_plan(r);
    return is_finished(r) ? say_finished(r) : run(r, exit_code, err);
}

static bool print_commands(struct revert *r, struct error *err)
{
    const struct aws_config *config = &r->cutover.wire.config;
    if (!planning_way_back(&r->back, &r->cutover, err))
        return false;
    if (!r->back.forward->inverse)
        return error_set(err, ERROR_INPUT, "%s holds no fallback", r->cutover.input.path);
    struct term term = term_of(STDOUT_FILENO);
    struct print_aws in = {.name = r->back.forward->file.name,
                           .fallback = r->back.forward->inverse,
                           .profile = r->back.forward->file.profile,
                           .role_arn = r->back.forward->file.role_arn};
    const char **endpoints[] = {&in.ecs_endpoint, &in.elbv2_endpoint, &in.cloudwatch_endpoint,
                                &in.sts_endpoint};
    for (size_t service = 0; service < sizeof endpoints / sizeof *endpoints; service++)
        *endpoints[service] = config->service_endpoint[service] ? config->service_endpoint[service]
                                                                : config->endpoint;
    struct page page;
    page_init(&page, &term);
    print_aws(&page, &in);
    page_write(&page, stdout);
    page_clear(&page);
    return true;
}

/* For the day on which this tool cannot run: needs no credentials and asks nobody. */
static bool print_only(struct revert *r, const struct args *args, struct error *err)
{
    return cutover_open_offline(&r->cutover, args, ANY_INPUT, err) && print_commands(r, err);
}

static bool run_revert(struct revert *r, const struct args *args, int *exit_code, struct error *err)
{
    return prompt_or_approved(args_flag(args, OPT_AUTO_APPROVE), "revert", err) &&
           run_open_json_into(&r->json_into, args, err) &&
           cutover_open(&r->cutover, args, ANY_INPUT, err) && revert(r, exit_code, err);
}

bool cmd_revert(const struct args *args, int *exit_code, struct error *err)
{
    struct revert r = {0};
    *exit_code = EXIT_DONE;
    bool ok = args_flag(args, OPT_PRINT_AWS)
                  ? print_only(&r, args, err)
                  : run_revert(&r, args, exit_code, err) ||
                        (r.unread && run_unread(&r.cutover, INVERSE, r.json_into, err, exit_code));
    plan_clear(&r.plan);
    reading_clear(&r.reading);
    cutover_close(&r.cutover);
    run_close_json_into(r.json_into);
    return ok;
}
