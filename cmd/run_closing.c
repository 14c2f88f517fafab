#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/advice.h"
#include "cmd/diagnose.h"
#include "cmd/exit_code.h"
#include "cmd/moment.h"
#include "cmd/planning.h"
#include "cmd/run_parts.h"
#include "cmd/view_look.h"
#include "cmd/view_status.h"

/* Into what the closing borrows. */
static void read_live(struct closing *closing, struct cutover *cutover, struct snapshot *fresh,
                      struct error *err)
{
    if (!cutover_observe(cutover, fresh, FACTS_SUBJECT, 0, err)) {
        closing->unread_because = err->message;
        return;
    }
    closing->live = fresh->listener ? &fresh->listener->routing : NULL;
    closing->live_read_at = fresh->listener ? fresh->taken_at : 0;
    closing->unread_because = fresh->listener          ? NULL
                              : fresh->why_no_listener ? fresh->why_no_listener
                                                       : "";
}

/* A wait that goes well reads them twice a minute. */
enum { STALE_MS = 2 * MINUTE_MS };

/* The weights as the run last read them, or read now: where it failed, where it did not read them
 * lately, or has sent something since. What was read before a change that may have been carried out
 * is no answer to where the traffic is; what was read long ago is one that says so. */
static void find_live(struct closing *closing, const struct run_request *request,
                      const struct outcome *outcome, struct snapshot *fresh, struct error *err)
{
    const struct clock *clock = &request->cutover->wire.clock;
    bool still_holds = outcome->live_read_at && !outcome->live_may_differ;
    bool is_stale = clock->wall(clock->self) - outcome->live_read_at > STALE_MS;
    if (still_holds) {
        closing->live = &outcome->live;
        closing->live_read_at = outcome->live_read_at;
    }
    if (still_holds && !is_stale && outcome->end != RUN_FAILED)
        return;
    read_live(closing, request->cutover, fresh, err);
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

const struct gate_failure *run_failure(const struct ran *ran, const struct state *state)
{
    const struct gate_failure *newest =
        state->failure_count ? &state->failures[state->failure_count - 1] : NULL;
    bool is_meant = newest && (newest->run == ran->run || ran->outcome.end == RUN_GATE_FAILED);
    return is_meant ? newest : NULL;
}

static bool target_has_traffic(const struct closing *closing)
{
    const struct arm_subject *arms = closing->subject->arms;
    return closing->live &&
           routing_target_permille(closing->live, arms[ARM_SOURCE].target_group_arn,
                                   arms[ARM_TARGET].target_group_arn) > 0;
}

/* Where that leaves the traffic, behind why the run ended. */
static void add_whereabouts(struct text *why, const struct ran *ran, const struct closing *closing)
{
    char time[TIME_TEXT_SIZE];
    if (!ran->fell_back) {
        if (ran->outcome.end == RUN_GATE_FAILED && target_has_traffic(closing))
            text_add(why, "; the traffic is still on the target");
        return;
    }
    if (ran->fallback.confirmed)
        text_addf(why, "; the traffic is back on the source, read back %s",
                  strchr(moment_format(time, ran->fallback.live_read_at), 'T') + 1);
    else
        text_add(why, "; that the traffic is back on the source is not confirmed");
    if (!ran->fallback.confirmed || ran->fallback.end != RUN_DONE)
        text_addf(why, ": %s", ran->fallback.why);
}

/* What has to be mended before the next command can do any better. */
static void note_mend(struct text *note, const struct error *err)
{
    if ((err->kind == ERROR_CREDENTIALS || err->kind == ERROR_ACCESS) && err->hint[0])
        text_add(note, err->hint);
}

/* Where this tool cannot take the traffic back, somebody else's hands may. */
static void note_way_out(struct text *note, const struct cutover *cutover)
{
    char *revert = advice_command(cutover, "revert", NULL);
    text_addf(note, "%s`%s --print-aws` prints the way back as AWS CLI commands",
              note->len ? "; " : "", revert);
    free(revert);
}

/* What the next apply will do is no surprise to whoever types it. */
static void note_next(struct text *note, const struct ran *ran, const struct state *state)
{
    const struct action *next = status_next(state);
    const char *then = note->len ? "; " : "";
    char time[TIME_TEXT_SIZE];
    if (!next || (next->kind != ACTION_HOLD && next->kind != ACTION_DRAIN))
        return;
    switch (ran->outcome.end) {
    case RUN_INCONCLUSIVE:
        text_addf(note,
                  "%s%s then begins anew and takes %s; the minutes that were judged still count",
                  then, next->address, duration_format(time, next->duration_ms));
        break;
    case RUN_GATE_FAILED:
        text_addf(note, "%s%s then begins anew, and is judged anew", then, next->address);
        break;
    case RUN_TIMED_OUT:
        text_addf(note, "%s%s then goes on, for %s at most; the traffic stays where it is", then,
                  next->address, duration_format(time, next->timeout_ms));
        break;
    case RUN_SHIFTED:
        text_addf(note, "%s%s comes next: until then nobody judges the target", then,
                  next->address);
        break;
    default:
        break;
    }
}

/* A cutover that was taken back is over; what comes next is another one, from its plan on. */
static char *plan_again(const struct cutover *cutover)
{
    return advice_command(cutover, "plan", cutover->state->plan->file.path);
}

/* The samples begin with the first shift. */
static int64_t count_target_requests(const struct cutover *cutover)
{
    const struct clock *clock = &cutover->wire.clock;
    const struct series *samples = &cutover->state->samples;
    return planning_target_requests(samples, samples->start_at, clock->wall(clock->self));
}

void run_close(const struct run_request *request, const struct ran *ran,
               const struct journal *journal)
{
    struct cutover *cutover = request->cutover;
    const struct outcome *last = ran->fell_back ? &ran->fallback : &ran->outcome;
    const struct gate_failure *failure = run_failure(ran, cutover->state);
    struct snapshot fresh;
    struct error err = {0};
    struct text why = {0}, note = {0};
    char *go_on, *go_back;
    snapshot_init(&fresh);
    advice_next(cutover, cutover->state, &go_on, &go_back);
    if (ran->fell_back && cutover->state->ended && !go_on)
        go_on = plan_again(cutover);
    struct closing closing = {.direction = request->plan->direction,
                              .subject = &request->plan->subject,
                              .end = ran->outcome.end,
                              .gate = failure ? failure->gate : NULL,
                              .address = failure ? failure->address : NULL,
                              .seen = failure ? failure->why : NULL,
                              .fallback = ran->fell_back ? &ran->fallback : NULL,
                              .go_on = go_on,
                              .go_back = go_back,
                              .rescued = text_cstr(&journal->rescued),
                              .shown = journal->unkept.len > 0,
                              .exit_code = ran->exit_code};
    find_live(&closing, request, last, &fresh, &err);
    if (ran->fell_back)
        closing.target_requests = count_target_requests(cutover);
    text_add(&why, ran->outcome.why);
    add_whereabouts(&why, ran, &closing);
    note_mend(&note, &last->error);
    if (!ran->fell_back)
        note_next(&note, ran, cutover->state);
    if (ran->exit_code == EXIT_REVERT_UNCONFIRMED)
        note_way_out(&note, cutover);
    closing.why = text_cstr(&why);
    closing.go_on_note = note.len ? text_cstr(&note) : NULL;
    if (closing.shown)
        view_state_for_hands(stderr, cutover->store.location, &journal->unkept);
    say_closing(request, &closing);
    text_clear(&why);
    text_clear(&note);
    free(go_on);
    free(go_back);
    snapshot_clear(&fresh);
}

void run_not_begun(const struct run_request *request, enum run_end end, const char *why,
                   int exit_code)
{
    struct cutover *cutover = request->cutover;
    const struct plan *plan = request->plan;
    struct snapshot fresh;
    struct error err = {0};
    char *go_on, *go_back;
    snapshot_init(&fresh);
    advice_next(cutover, cutover->state, &go_on, &go_back);
    if (end == RUN_BLOCKED && !go_on)
        go_on = advice_command(cutover, cutover->args->verb->name, NULL);
    struct closing closing = {.direction = plan->direction,
                              .subject = &plan->subject,
                              .end = end,
                              .why = why,
                              .go_on = end == RUN_DONE ? NULL : go_on,
                              .go_back = go_back,
                              .exit_code = exit_code};
    /* What a saved plan was made on may lie days back. */
    if (plan == cutover->input.plan) {
        read_live(&closing, cutover, &fresh, &err);
    } else if (plan->live.taken_at) {
        closing.live = &plan->live.routing;
        closing.live_read_at = plan->live.taken_at;
    } else {
        closing.unread_because = "what is asked for was not found whole";
    }
    say_closing(request, &closing);
    free(go_on);
    free(go_back);
    snapshot_clear(&fresh);
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

int run_gate_stands(struct cutover *cutover, FILE *json_into, const struct gate_failure *failure)
{
    const struct run_request request = {.cutover = cutover, .json_into = json_into};
    const struct outcome nothing = {.end = RUN_FAILED};
    struct snapshot fresh;
    struct error err = {0};
    struct text why = {0};
    char time[TIME_TEXT_SIZE], *go_on, *go_back;
    struct closing closing = {.direction = FORWARD,
                              .subject = &cutover->state->plan->subject,
                              .end = RUN_GATE_FAILED,
                              .gate = failure->gate,
                              .address = failure->address,
                              .seen = failure->why,
                              .exit_code = EXIT_GATE_STOPPED};
    snapshot_init(&fresh);
    advice_next(cutover, cutover->state, &go_on, &go_back);
    find_live(&closing, &request, &nothing, &fresh, &err);
    look_add_failure(&why, failure);
    text_addf(&why, " (%s); nobody has accepted that, so nothing was sent",
              moment_format(time, failure->at));
    if (closing.live && !target_has_traffic(&closing)) {
        closing.end = RUN_DRIFT;
        closing.exit_code = EXIT_DRIFT;
        text_add(&why, "; the traffic is on the target no more, and not by this cutover's doing");
        free(go_on);
        go_on = advice_command(cutover, "revert", NULL);
        closing.go_on_note = "it reads that back and ends this cutover";
    } else if (closing.live) {
        text_add(&why, "; the traffic is still on the target");
    }
    closing.why = text_cstr(&why);
    closing.go_on = go_on;
    closing.go_back = go_back;
    say_closing(&request, &closing);
    text_clear(&why);
    free(go_on);
    free(go_back);
    snapshot_clear(&fresh);
    return closing.exit_code;
}

/* Nothing of it is left to do, but somebody may have undone it. */
static void judge_carried_out(struct closing *closing, const struct state *state,
                              const struct error *err)
{
    closing->end = RUN_DONE;
    closing->exit_code = EXIT_DONE;
    closing->why = "there is nothing to do";
    if (err->kind) {
        closing->end = RUN_FAILED;
        closing->exit_code = EXIT_INCOMPLETE;
        closing->why = "it has been carried out, but live could not be read";
    } else if (!closing->live || !state_explains(state, closing->live)) {
        closing->end = RUN_DRIFT;
        closing->exit_code = EXIT_DRIFT;
        closing->why = "it has been carried out, but live has drifted since";
    }
}

int run_carried_out(struct cutover *cutover, FILE *json_into)
{
    const struct run_request request = {.cutover = cutover, .json_into = json_into};
    const struct state *state = cutover->state;
    struct closing closing = {.direction = FORWARD, .subject = &state->plan->subject};
    struct snapshot fresh;
    struct error err = {0};
    char *go_on = NULL, *go_back = advice_command(cutover, "revert", NULL);
    snapshot_init(&fresh);
    read_live(&closing, cutover, &fresh, &err);
    judge_carried_out(&closing, state, &err);
    if (closing.end == RUN_FAILED)
        go_on = advice_command(cutover, "apply", NULL);
    if (closing.end == RUN_DRIFT)
        go_on = advice_command(cutover, "plan", state->plan->file.path);
    closing.go_on = go_on;
    closing.go_back = go_back;
    say_closing(&request, &closing);
    free(go_on);
    free(go_back);
    snapshot_clear(&fresh);
    return closing.exit_code;
}
