#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "cmd/args.h"
#include "cmd/diagnose.h"
#include "cmd/exit_code.h"
#include "cmd/interrupt.h"
#include "cmd/view_json_error.h"
#include "cmd/view_text_help.h"

/* A command line that could not be read is explained by the help; what came later is not. */
static void print_error(const struct args *args, bool parsed, const struct error *err)
{
    struct term term = term_of(STDERR_FILENO);
    struct page page;
    page_init(&page, &term);
    diagnose_error(&page, err);
    if (!parsed && err->kind == ERROR_USAGE && args->verb)
        page_line(&page, DIAGNOSE_INDENT, STYLE_PLAIN, "'switchover help %s' explains it",
                  args->verb->name);
    else if (!parsed && err->kind == ERROR_USAGE)
        page_line(&page, DIAGNOSE_INDENT, STYLE_PLAIN, "'switchover help' lists the commands");
    page_write(&page, stderr);
    page_clear(&page);
    if (args->verb && args_flag(args, OPT_JSON))
        view_json_error(stdout, err);
}

static bool print_help(const struct args *args, int *exit_code)
{
    struct term term = term_of(STDOUT_FILENO);
    struct page page;
    page_init(&page, &term);
    view_text_help_verb(&page, args->verb);
    page_write(&page, stdout);
    page_clear(&page);
    *exit_code = EXIT_DONE;
    return true;
}

/* A file that is opened while one of these is closed would take its number, and what is printed. */
static void keep_standard_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0)
            _exit(EXIT_ERROR);
}

/* A result that did not get out is no success; but what a run has done stays what it is. */
static int closing_code(const struct args *args, int exit_code)
{
    bool runs = args->verb && args->verb->exit_codes & 1u << EXIT_INCOMPLETE;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return exit_code;
    if (errno != EPIPE)
        perror("switchover: standard output");
    return exit_code == EXIT_DONE && !runs ? EXIT_ERROR : exit_code;
}

int main(int argc, char **argv)
{
    keep_standard_streams();
    interrupt_ignore_pipes();
    struct args args;
    struct error err = {0};
    int exit_code = EXIT_DONE;
    bool parsed = args_parse(&args, argc, argv, &err), ok = parsed;
    if (ok && args_flag(&args, OPT_HELP))
        ok = print_help(&args, &exit_code);
    else if (ok)
        ok = args.verb->run(&args, &exit_code, &err);
    if (!ok) {
        print_error(&args, parsed, &err);
        exit_code = exit_of_error(&err);
    }
    return closing_code(&args, exit_code);
}
