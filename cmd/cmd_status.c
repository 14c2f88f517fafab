#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd/advice.h"
#include "cmd/commands.h"
#include "cmd/cutover.h"
#include "cmd/exit_code.h"
#include "cmd/view_status.h"
#include "planner/base/time.h"

/* Settled minutes are three minutes old: enough for STATUS_MINUTES of them. */
enum { RECENT_MS = 10 * MINUTE_MS };

enum { TRIES = 5 };

static void print_status(const struct args *args, const struct status *status)
{
    if (args_flag(args, OPT_JSON)) {
        struct text out = {0};
        view_json_status(&out, status);
        fputs(text_cstr(&out), stdout);
        text_clear(&out);
        return;
    }
    struct term term = term_of(STDOUT_FILENO);
    struct page page;
    page_init(&page, &term);
    view_text_status(&page, status);
    page_write(&page, stdout);
    page_clear(&page);
}

/* A run that ends between the state's reading and the look at the lock seems to have died: then the
 * state is another one by now. */
static bool find_writer(struct writer *out, struct cutover *cutover, struct error *err)
{
    bool changed = true;
    for (int tries = 0; changed && tries < TRIES; tries++) {
        writer_find(out, &cutover->arena, &cutover->store);
        if (writer_life(out, cutover->state) != RUN_LIFE_DEAD)
            return true;
        if (!cutover_load(cutover, &changed, err))
            return false;
    }
    return true;
}

/* Nobody goes on with what is going on. */
static void advise(char **go_on, char **go_back, const struct cutover *cutover,
                   const struct writer *writer)
{
    advice_next(cutover, cutover->state, go_on, go_back);
    if (!cutover->state)
        *go_on = advice_command(cutover, cutover->input.kind == INPUT_SAVED_PLAN ? "apply" : "plan",
                                NULL);
    if (writer->held) {
        free(*go_on);
        *go_on = NULL;
    }
}

static void warn_of_newer(const struct cutover *cutover)
{
    struct error why = {0};
    if (!cutover_is_newest(cutover, &why))
        page_warn("Warning: %s; %s", why.message, why.hint);
}

bool cmd_status(const struct args *args, int *exit_code, struct error *err)
{
    struct cutover cutover;
    struct snapshot live;
    struct writer writer;
    snapshot_init(&live);
    bool ok = cutover_open(&cutover, args, INPUT_PLAN_FILE | INPUT_SAVED_PLAN | INPUT_STATE, err) &&
              cutover_observe(&cutover, &live, FACTS_SUBJECT | FACTS_HEALTH | FACT_METRICS,
                              RECENT_MS, err) &&
              find_writer(&writer, &cutover, err);
    if (ok) {
        char *go_on, *go_back;
        advise(&go_on, &go_back, &cutover, &writer);
        struct status status = {.name = input_planfile(&cutover.input)->name,
                                .live = &live,
                                .state = cutover.state,
                                .state_location = cutover.store.location,
                                .writer = &writer,
                                .go_on = go_on,
                                .go_back = go_back};
        print_status(args, &status);
        warn_of_newer(&cutover);
        free(go_on);
        free(go_back);
    }
    snapshot_clear(&live);
    cutover_close(&cutover);
    *exit_code = EXIT_DONE;
    return ok;
}
