#include "cmd/args.h"
#include "cmd/commands.h"
#include "cmd/exit_code.h"
#include "cmd/view_text_help.h"

#include <unistd.h>

bool cmd_help(const struct args *args, int *exit_code, struct error *err)
{
    const char *name = args->operand_count ? args->operands[0] : NULL;
    const struct verb *verb = name ? verb_find(name) : NULL;
    if (name && !verb) {
        args_unknown_verb(name, err);
        return *err->hint ? false : error_hint(err, "'switchover help' lists the commands");
    }
    if (verb && verb_is_reserved(verb))
        return error_set(err, ERROR_NOT_YET, "%s is not available yet", name);

    struct term term = term_of(STDOUT_FILENO);
    struct page page;
    page_init(&page, &term);
    if (verb)
        view_text_help_verb(&page, verb);
    else
        view_text_help(&page);
    page_write(&page, stdout);
    page_clear(&page);
    *exit_code = EXIT_DONE;
    return true;
}
