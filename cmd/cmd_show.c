#include <stdio.h>
#include <unistd.h>

#include "cmd/args.h"
#include "cmd/commands.h"
#include "cmd/exit_code.h"
#include "cmd/input.h"
#include "cmd/view_status.h"
#include "cmd/view_text_plan.h"
#include "providers/local/store.h"

/* This file may be a copy of the state: that nobody holds the lock beside it says little. */
static void print_state(struct page *page, const struct input *input)
{
    struct arena arena = {0};
    struct store store;
    struct writer writer;
    local_store_open(&store, input->path, NULL); /* which waits for nobody here: no clock */
    writer_find(&writer, &arena, &store);
    if (!writer.held && !writer.why_unknown)
        writer.why_unknown = "nobody holds the lock beside this file";
    page_line(page, 0, STYLE_STRONG, "State of %s", input->state->plan->file.name);
    page_end_line(page);
    view_text_state(page, input->state, &writer, NULL, true);
    local_store_close(&store);
    arena_clear(&arena);
}

static void print_text(const struct input *input)
{
    struct term term = term_of(STDOUT_FILENO);
    struct page page;
    page_init(&page, &term);
    if (input->kind == INPUT_SAVED_PLAN)
        view_text_plan(&page, input->plan, REQUESTS_UNKNOWN);
    else
        print_state(&page, input);
    page_write(&page, stdout);
    page_clear(&page);
}

bool cmd_show(const struct args *args, int *exit_code, struct error *err)
{
    struct input input;
    bool ok = input_read(&input, args->operands[0], INPUT_SAVED_PLAN | INPUT_STATE, err);
    if (ok && args_flag(args, OPT_JSON))
        fwrite(input.bytes.data, 1, input.bytes.len, stdout);
    else if (ok)
        print_text(&input);
    input_clear(&input);
    *exit_code = EXIT_DONE;
    return ok;
}
