#include "cmd/run.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd/advice.h"
#include "cmd/diagnose.h"
#include "cmd/exit_code.h"
#include "cmd/keys.h"
#include "cmd/prompt.h"
#include "providers/local/host.h"

bool run_open_json_into(FILE **out, const struct args *args, struct error *err)
{
    const char *path = args_text(args, OPT_JSON_INTO);
    *out = path ? fopen(path, "ae") : NULL;
    if (path && !*out)
        return error_errno(err, ERROR_STORAGE, errno, "cannot write %s", path);
    return true;
}

void run_close_json_into(FILE *file)
{
    if (!file)
        return;
    bool whole = !ferror(file);
    if (fclose(file) != 0 || !whole)
        fputs("Warning: the file of --json-into is not complete\n", stderr);
}

/* What the narration needs while the executor runs. */
struct narrators {
    struct text_events text;
    struct json_events json, json_into;
    struct keys keys;
    struct wishes wishes;
    struct narration all;
    struct sink sink;
};

/* Between JSON's lines on the same terminal nothing can be drawn in its place. */
static struct term narration_term(const struct args *args)
{
    struct term term = term_of(STDERR_FILENO);
    if (args_flag(args, OPT_JSON) && isatty(STDOUT_FILENO))
        term.is_terminal = false;
    return term;
}

static void begin_narration(struct narrators *n, const struct run_request *request)
{
    *n = (struct narrators){.json = {stdout}, .json_into = {request->json_into}};
    text_events_init(&n->text, stderr, narration_term(request->cutover->args));
    narration_add(&n->all, (struct sink){&n->text, text_events_emit});
    keys_init(&n->keys, &request->cutover->wire.local_clock, request->plan->direction == INVERSE);
    n->wishes = keys_wishes(&n->keys);
    if (prompt_possible())
        text_events_hear(&n->text, &n->keys);
    if (args_flag(request->cutover->args, OPT_JSON))
        narration_add(&n->all, (struct sink){&n->json, json_events_emit});
    if (request->json_into)
        narration_add(&n->all, (struct sink){&n->json_into, json_events_emit});
    n->sink = narration_sink(&n->all);
}

/* ---- the last lines ---- */

/* The weights as the run last read them, or read now: where it failed, and where it did not read
 * them or has sent something since. What was read before a change that may have been carried out
 * is no answer to where the traffic is. */
static void find_live(struct closing *closing, const struct run_request *request,
                      const struct outcome *outcome, struct snapshot *fresh, struct error *err)
{
    bool still_holds = outcome->live_read_at && !outcome->live_may_differ;
    if (still_holds) {
        closing->live = &outcome->live;
        closing->live_read_at = outcome->live_read_at;
    }
    if (still_holds && outcome->end != RUN_FAILED)
        return;
    if (!cutover_observe(request->cutover, fresh, FACTS_SUBJECT, 0, err)) {
        closing->unread_because = err->message;
        return;
    }
    closing->live = fresh->listener ? &fresh->listener->routing : NULL;
    closing->live_read_at = fresh->listener ? fresh->taken_at : 0;
    closing->unread_because = fresh->why_no_listener ? fresh->why_no_listener : "";
}

static void say_closing(const struct run_request *request, const struct closing *closing)
{
    bool json = args_flag(request->cutover->args, OPT_JSON);
    const struct clock *clock = &request->cutover->wire.clock;
    struct term term = term_of(json ? STDERR_FILENO : STDOUT_FILENO);
    struct text line = {0};
    struct page page;
    page_init(&page, &term);
    fputc('\n', stderr);
    view_text_closing(&page, closing);
    page_write(&page, json ? stderr : stdout);
    page_clear(&page);

    view_json_closing(&line, closing, clock->wall(clock->self));
    if (json) {
        fputs(text_cstr(&line), stdout);
        fflush(stdout);
    }
    if (request->json_into)
        fputs(text_cstr(&line), request->json_into);
    text_clear(&line);
}

static void close_run(const struct run_request *request, const struct outcome *outcome,
                      const struct journal *journal, int exit_code)
{
    struct cutover *cutover = request->cutover;
    struct snapshot fresh;
    struct error err = {0};
    char *go_on, *go_back;
    snapshot_init(&fresh);
    advice_next(cutover, cutover->state, &go_on, &go_back);
    struct closing closing = {.direction = request->plan->direction,
                              .subject = &request->plan->subject,
                              .end = outcome->end,
                              .why = outcome->why,
                              .go_on = go_on,
                              .go_back = go_back,
                              .rescued = text_cstr(&journal->rescued),
                              .shown = journal->unkept.len > 0,
                              .exit_code = exit_code};
    find_live(&closing, request, outcome, &fresh, &err);
    if (closing.shown)
        view_state_for_hands(stderr, cutover->store.location, &journal->unkept);
    say_closing(request, &closing);
    free(go_on);
    free(go_back);
    snapshot_clear(&fresh);
}

void run_not_begun(const struct run_request *request, enum run_end end, const char *why,
                   int exit_code)
{
    struct cutover *cutover = request->cutover;
    const struct plan *plan = request->plan;
    char *go_on, *go_back;
    advice_next(cutover, cutover->state, &go_on, &go_back);
    if (end == RUN_BLOCKED && !go_on)
        go_on = advice_command(cutover, cutover->args->verb->name, NULL);
    struct closing closing = {.direction = plan->direction,
                              .subject = &plan->subject,
                              .live = plan->live.taken_at ? &plan->live.routing : NULL,
                              .live_read_at = plan->live.taken_at,
                              .unread_because = "what is asked for was not found whole",
                              .end = end,
                              .why = why,
                              .go_on = end == RUN_DONE ? NULL : go_on,
                              .go_back = go_back,
                              .exit_code = exit_code};
    say_closing(request, &closing);
    free(go_on);
    free(go_back);
}

/* What AWS, or the way there, has to do with. */
static bool is_about_reading(const struct error *why)
{
    switch (why->kind) {
    case ERROR_CREDENTIALS:
    case ERROR_ACCESS:
    case ERROR_NOT_FOUND:
    case ERROR_NETWORK:
    case ERROR_SERVICE:
        return true;
    default:
        return false;
    }
}

static void say_error(const struct error *err)
{
    struct term term = term_of(STDERR_FILENO);
    struct page page;
    page_init(&page, &term);
    diagnose_error(&page, err);
    page_write(&page, stderr);
    page_clear(&page);
}

bool run_unread(struct cutover *cutover, enum direction direction, FILE *json_into,
                const struct error *why, int *exit_code)
{
    const struct state *state = cutover_ongoing(cutover);
    if (!is_about_reading(why) || !state || !state_changed_anything(state))
        return false;
    *exit_code = direction == FORWARD ? EXIT_INCOMPLETE : EXIT_REVERT_UNCONFIRMED;
    char *go_on = advice_command(cutover, cutover->args->verb->name, NULL);
    char *go_back = advice_command(cutover, "revert", NULL);
    struct run_request request = {.cutover = cutover, .json_into = json_into};
    struct closing closing = {.direction = direction,
                              .subject = &state->plan->subject,
                              .unread_because = why->message,
                              .end = RUN_FAILED,
                              .why = "live could not be read, so nothing was sent",
                              .go_on = go_on,
                              .go_back = go_back,
                              .exit_code = *exit_code};
    say_error(why);
    if (direction == INVERSE)
        page_warn("%s --now sends what was recorded without reading first.", go_back);
    say_closing(&request, &closing);
    free(go_on);
    free(go_back);
    return true;
}

static struct run *begin_run(const struct run_request *request)
{
    struct cutover *cutover = request->cutover;
    const struct clock *clock = &cutover->wire.clock;
    struct arena arena = {0};
    char *command = cutover_command(cutover);
    struct run *run = state_begin_run(cutover->state, request->plan->direction, command,
                                      local_user_at_host(&arena), clock->wall(clock->self));
    free(command);
    arena_clear(&arena);
    return run;
}

int run_plan(const struct run_request *request)
{
    struct cutover *cutover = request->cutover;
    struct journal journal = {.state = cutover->state,
                              .store = &cutover->store,
                              .unlocked = request->unlocked,
                              .broken = request->unstorable != NULL};
    struct narrators narrators;
    struct outcome outcome;
    if (request->unstorable)
        journal.why = *request->unstorable;
    begin_narration(&narrators, request);
    begin_run(request);
    struct executor executor = {.cloud = &cutover->wire.cloud,
                                .clock = &cutover->wire.clock,
                                .prober = &cutover->wire.prober,
                                .journal = &journal,
                                .sink = &narrators.sink,
                                .around = wire_surroundings(&cutover->wire),
                                .first = request->first,
                                .skip_read = request->skip_read,
                                .wishes = &narrators.wishes};
    executor.around.force = request->force;
    executor_run(&outcome, &executor, request->plan);
    text_events_close(&narrators.text);
    int exit_code =
        exit_of_outcome(request->plan->direction, &outcome, state_changed_anything(cutover->state));
    close_run(request, &outcome, &journal, exit_code);
    journal_clear(&journal);
    return exit_code;
}
