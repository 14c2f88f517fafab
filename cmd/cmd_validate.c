#include <stdio.h>
#include <unistd.h>

#include "cmd/args.h"
#include "cmd/commands.h"
#include "cmd/exit_code.h"
#include "cmd/input.h"
#include "cmd/view_validate.h"
#include "planner/precondition.h"

static void print_text(const struct diagnostics *list, const struct planfile *file)
{
    struct term term = term_of(STDOUT_FILENO);
    struct page page;
    page_init(&page, &term);
    view_text_validate(&page, list, file);
    page_write(&page, stdout);
    page_clear(&page);
}

static void print_json(const struct diagnostics *list)
{
    struct text out = {0};
    view_json_validate(&out, list);
    fputs(text_cstr(&out), stdout);
    text_clear(&out);
}

bool cmd_validate(const struct args *args, int *exit_code, struct error *err)
{
    const char *path = args->operands[0];
    struct arena arena = {0};
    struct diagnostics list = {.arena = &arena, .file = path};
    struct text bytes = {0};
    struct planfile file = {0};
    bool read = input_read_bytes(&bytes, path, STATE_MAX_BYTES, err);
    if (read) {
        bool valid =
            planfile_read(&file, path, text_cstr(&bytes), bytes.len, precondition_waivable, &list);
        if (args_flag(args, OPT_JSON))
            print_json(&list);
        else
            print_text(&list, &file);
        *exit_code = valid ? EXIT_DONE : EXIT_ERROR;
    }
    planfile_clear(&file);
    text_clear(&bytes);
    arena_clear(&arena);
    return read;
}
