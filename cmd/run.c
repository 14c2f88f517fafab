#include "cmd/run.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd/exit_code.h"
#include "cmd/keys.h"
#include "cmd/prompt.h"
#include "cmd/run_parts.h"
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

/* Who runs what, as the state records it. */
struct runner {
    struct arena arena;
    char *command;
    const char *by;
};

static void begin_run(struct runner *runner, const struct run_request *request)
{
    struct cutover *cutover = request->cutover;
    const struct clock *clock = &cutover->wire.clock;
    *runner = (struct runner){.command = cutover_command(cutover)};
    runner->by = local_user_at_host(&runner->arena);
    state_begin_run(cutover->state, request->plan->direction, runner->command, runner->by,
                    clock->wall(clock->self));
}

static void end_run(struct runner *runner)
{
    free(runner->command);
    arena_clear(&runner->arena);
}

static void fall_back(struct ran *ran, struct executor *executor, struct runner *runner)
{
    char *command = arena_printf(&runner->arena, "fallback of %s", runner->command);
    ran->fell_back = true;
    executor_fall_back(&ran->fallback, executor, &ran->outcome, command, runner->by);
    ran->exit_code = exit_of_fall_back(&ran->fallback);
}

/* A gate's failure that the disk did not take is one nevertheless: the end of the run tells of the
 * disk, its code of the gate, which is what somebody has to act on. */
static int exit_of_run(const struct ran *ran, const struct run_request *request)
{
    const struct state *state = request->cutover->state;
    int exit_code =
        exit_of_outcome(request->plan->direction, &ran->outcome, state_changed_anything(state));
    bool failed = request->plan->direction == FORWARD && run_failure(ran, state);
    return failed && exit_code == EXIT_INCOMPLETE ? EXIT_GATE_STOPPED : exit_code;
}

int run_plan(const struct run_request *request)
{
    struct cutover *cutover = request->cutover;
    struct journal journal = {.state = cutover->state,
                              .store = &cutover->store,
                              .unlocked = request->unlocked,
                              .broken = request->unstorable != NULL};
    struct narrators narrators;
    struct runner runner;
    struct ran ran = {.run = cutover->state->run_count};
    if (request->unstorable)
        journal.why = *request->unstorable;
    begin_narration(&narrators, request);
    begin_run(&runner, request);
    struct executor executor = {.cloud = &cutover->wire.cloud,
                                .clock = &cutover->wire.clock,
                                .prober = &cutover->wire.prober,
                                .journal = &journal,
                                .sink = &narrators.sink,
                                .around = wire_surroundings(&cutover->wire),
                                .first = request->first,
                                .skip_read = request->skip_read,
                                .until_shifted = request->until_shifted,
                                .wishes = &narrators.wishes};
    executor.around.force = request->force;
    executor_run(&ran.outcome, &executor, request->plan);
    if (ran.outcome.falls_back)
        fall_back(&ran, &executor, &runner);
    else
        ran.exit_code = exit_of_run(&ran, request);
    text_events_close(&narrators.text);
    run_close(request, &ran, &journal);
    reading_clear(&ran.outcome.last);
    end_run(&runner);
    journal_clear(&journal);
    return ran.exit_code;
}
