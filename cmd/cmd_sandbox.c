#include <stdio.h>
#include <unistd.h>

#include "cmd/args.h"
#include "cmd/commands.h"
#include "cmd/diagnose.h"
#include "cmd/exit_code.h"
#include "cmd/input.h"
#include "cmd/interrupt.h"
#include "cmd/moment.h"
#include "cmd/page.h"
#include "providers/sandbox/scenario.h"
#include "providers/sandbox/server.h"
#include "providers/sandbox/wire.h"

enum { SPEED = 60 };

/* What changes something, and what goes wrong; the many reads would only hide it. */
static void log_request(void *self, const struct sandbox_log *entry)
{
    const struct term *term = self;
    char time[TIME_TEXT_SIZE];
    struct page page;
    bool mutation =
        text_starts(entry->operation, "Modify") || text_starts(entry->operation, "Update");
    if (!mutation && entry->status == 200)
        return;
    page_init(&page, term);
    page_put(&page, STYLE_FAINT, "%s ", moment_format(time, entry->at));
    page_put(&page, entry->status == 200 ? STYLE_PLAIN : STYLE_BAD, "%s %d %s",
             *entry->operation ? entry->operation : "request", entry->status, entry->code);
    page_end_line(&page);
    page_write(&page, stderr);
    page_clear(&page);
}

/* The lines can be evaluated by a shell; the last one says that they are all there. */
static void print_environment(const struct sandbox *sandbox, const struct world_setup *setup)
{
    char clock[SANDBOX_CLOCK_SIZE];
    printf("export AWS_ENDPOINT_URL=http://127.0.0.1:%u\n", (unsigned)sandbox_port(sandbox));
    printf("export AWS_ACCESS_KEY_ID=%s\n", SANDBOX_ACCESS_KEY_ID);
    printf("export AWS_SECRET_ACCESS_KEY=%s\n", SANDBOX_SECRET_ACCESS_KEY);
    printf("export AWS_REGION=%s\n", setup->region);
    printf("export AWS_DEFAULT_REGION=%s\n", setup->region);
    printf("export SWITCHOVER_CLOCK=%s\n", sandbox_clock(sandbox, clock));
    printf("# for another terminal: the lines above, and a plan file with `stage: %s`\n",
           setup->stage);
    printf("# its clusters, for a plan file's checks: http://127.0.0.1:%u/clusters/source and "
           "/target\n",
           (unsigned)sandbox_port(sandbox));
    printf("# ready: stage %s, %lld times as fast; ends with Ctrl-C\n", setup->stage,
           (long long)sandbox_speed(sandbox));
    fflush(stdout);
}

/* Fills the setup from the scenario file, when there is one. Findings go to standard error. */
static bool read_scenario(struct world_setup *setup, struct arena *arena, const char *path,
                          struct error *err)
{
    struct text bytes = {0};
    struct diagnostics list = {.arena = arena, .file = path};
    setup_init(setup);
    if (!path)
        return true;
    bool ok = input_read_bytes(&bytes, path, PLANFILE_MAX_BYTES, err);
    if (ok) {
        ok = scenario_read(setup, arena, text_cstr(&bytes), bytes.len, &list);
        diagnose_to_stderr(&list);
        if (!ok)
            error_set(err, ERROR_INPUT, "%s is no valid scenario: %zu error%s", path, list.errors,
                      list.errors == 1 ? "" : "s");
    }
    text_clear(&bytes);
    return ok;
}

static bool serve(const struct args *args, const struct world_setup *setup, struct error *err)
{
    struct term term = term_of(STDERR_FILENO);
    struct sandbox *sandbox = NULL;
    struct sandbox_options options = {.port = (uint16_t)args_number(args, OPT_PORT, 0),
                                      .speed = args_number(args, OPT_SPEED, SPEED),
                                      .setup = setup,
                                      .log = log_request,
                                      .log_self = &term};
    interrupt_watch();
    if (!sandbox_start(&sandbox, &options, err))
        return false;
    print_environment(sandbox, setup);
    sandbox_wait(sandbox, interrupt_happened, NULL);
    sandbox_stop(sandbox);
    return true;
}

bool cmd_sandbox(const struct args *args, int *exit_code, struct error *err)
{
    struct arena arena = {0};
    struct world_setup setup;
    bool ok = read_scenario(&setup, &arena, args_text(args, OPT_SCENARIO), err) &&
              serve(args, &setup, err);
    arena_clear(&arena);
    *exit_code = EXIT_DONE;
    return ok;
}
