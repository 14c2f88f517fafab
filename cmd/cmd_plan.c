#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/advice.h"
#include "cmd/commands.h"
#include "cmd/exit_code.h"
#include "cmd/planning.h"
#include "cmd/view_markdown_plan.h"
#include "cmd/view_text_plan.h"
#include "planner/plan_json.h"
#include "providers/local/durable.h"

static bool wants_json(const struct args *args)
{
    const char *format = args_text(args, OPT_FORMAT);
    return args_flag(args, OPT_JSON) || text_same(format, "json");
}

/* Above all the plan file itself and its state must not be replaced: their names are easily typed
 * here. An empty file is what mktemp makes. */
static bool may_replace(const char *path, struct error *err)
{
    struct stat found;
    if (lstat(path, &found) != 0 || (S_ISREG(found.st_mode) && found.st_size == 0) ||
        input_is_saved_plan(path))
        return true;
    error_set(err, ERROR_USAGE, "--out would replace %s, which is no saved plan", path);
    return error_hint(err, "choose another name, such as NAME.plan");
}

static bool check_options(const struct args *args, struct error *err)
{
    const char *format = args_text(args, OPT_FORMAT);
    if (args_flag(args, OPT_JSON) && format && !text_same(format, "json"))
        return error_set(err, ERROR_USAGE, "--json and --format %s contradict each other", format);
    if (args_flag(args, OPT_REVERT) && args_text(args, OPT_OUT)) {
        error_set(err, ERROR_USAGE, "--out saves forward plans only");
        return error_hint(err, "switchover revert takes the plan file, its state, or a saved plan");
    }
    const char *out = args_text(args, OPT_OUT);
    return !out || may_replace(out, err);
}

/* A saved plan holds no secret and is made to be looked at and handed on, from one CI job to the
 * next for instance: unlike a state it may be read by all, as far as the umask says so. */
static void let_others_read(const char *path)
{
    mode_t mask = umask(0);
    umask(mask);
    if (chmod(path, 0644 & ~mask) != 0)
        errno = 0; /* it stays as private as it was made */
}

static bool save(struct plan *plan, const struct text *document, const char *path,
                 struct error *err)
{
    struct durable_file file;
    if (!plan_is_possible(plan))
        return true;
    durable_init(&file, path, false);
    bool ok = durable_replace(&file, document->data, document->len, err);
    durable_sweep_old(&file);
    durable_clear(&file);
    if (ok)
        let_others_read(path);
    return ok;
}

static void print_text(const struct cutover *cutover, const struct plan *plan,
                       int64_t target_requests, const char *saved)
{
    struct term term = term_of(STDOUT_FILENO);
    struct page page;
    page_init(&page, &term);
    view_text_plan(&page, plan, target_requests);
    if (saved && plan_is_possible(plan)) {
        char *apply = advice_command(cutover, "apply", saved);
        page_line(&page, 0, STYLE_PLAIN, "Saved. To carry out exactly this plan:");
        page_line(&page, 2, STYLE_PLAIN, "%s", apply);
        free(apply);
    }
    page_write(&page, stdout);
    page_clear(&page);
}

static void print_markdown(const struct plan *plan, int64_t target_requests)
{
    struct text comment = {0};
    view_markdown_plan(&comment, plan, target_requests);
    fwrite(comment.data, 1, comment.len, stdout);
    text_clear(&comment);
}

static int exit_of_plan(const struct args *args, const struct plan *plan)
{
    if (!plan_is_possible(plan))
        return EXIT_ERROR;
    if (!args_flag(args, OPT_DETAILED_EXITCODE) || !plan_changes_anything(plan))
        return EXIT_DONE;
    return plan_is_blocked(plan) ? EXIT_BLOCKED : EXIT_CHANGES;
}

static bool show(struct cutover *cutover, struct plan *plan, int64_t target_requests,
                 struct error *err)
{
    const struct args *args = cutover->args;
    const char *out_path = args_text(args, OPT_OUT);
    struct text document = {0};
    plan_write(&document, plan);
    bool ok = !out_path || save(plan, &document, out_path, err);
    if (ok && wants_json(args))
        fwrite(document.data, 1, document.len, stdout);
    else if (ok && text_same(args_text(args, OPT_FORMAT), "markdown"))
        print_markdown(plan, target_requests);
    else if (ok)
        print_text(cutover, plan, target_requests, out_path);
    text_clear(&document);
    return ok;
}

bool cmd_plan(const struct args *args, int *exit_code, struct error *err)
{
    bool back = args_flag(args, OPT_REVERT);
    unsigned kinds = INPUT_PLAN_FILE | (back ? INPUT_SAVED_PLAN | INPUT_STATE : 0);
    struct cutover cutover;
    struct plan plan = {0};
    struct way_back way_back;
    struct reading reading = {0};
    int64_t target_requests = -1;
    if (!check_options(args, err))
        return false;
    bool ok = cutover_open(&cutover, args, kinds, err);
    if (ok && back)
        ok = planning_way_back(&way_back, &cutover, err) &&
             planning_inverse(&plan, &target_requests, &reading, &cutover, &way_back, true, err);
    else if (ok)
        ok = planning_forward(&plan, &target_requests, &cutover, err);
    ok = ok && show(&cutover, &plan, target_requests, err);
    if (ok)
        *exit_code = exit_of_plan(args, &plan);
    plan_clear(&plan);
    reading_clear(&reading);
    cutover_close(&cutover);
    return ok;
}
