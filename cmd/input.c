#include "cmd/input.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/diagnose.h"
#include "planner/base/memory.h"
#include "planner/plan_json.h"
#include "planner/precondition.h"
#include "providers/local/durable.h"

enum { SNIFFED = 4096 };

bool input_read_bytes(struct text *out, const char *path, size_t max, struct error *err)
{
    bool found = false;
    if (!durable_read(out, &found, path, max, DURABLE_FOLLOW_LINKS, err)) {
        err->kind = ERROR_INPUT;
        return false;
    }
    return found || error_set(err, ERROR_INPUT, "there is no file %s", path);
}

/* Our documents name their kind in their first lines; whatever else is a plan file, and the reader
 * of plan files says what is wrong with it. */
static enum input_kind kind_of(const struct text *bytes)
{
    const char *text = text_cstr(bytes);
    if (text[strspn(text, " \t\r\n")] != '{')
        return INPUT_PLAN_FILE;
    char head[SNIFFED + 1];
    snprintf(head, sizeof head, "%s", text);
    if (strstr(head, "\"kind\": \"switchover.state\""))
        return INPUT_STATE;
    return strstr(head, "\"kind\": \"switchover.plan\"") ? INPUT_SAVED_PLAN : INPUT_PLAN_FILE;
}

bool input_is_saved_plan(const char *path)
{
    struct text bytes = {0};
    struct error ignored = {0};
    bool is = input_read_bytes(&bytes, path, STATE_MAX_BYTES, &ignored) &&
              kind_of(&bytes) == INPUT_SAVED_PLAN;
    text_clear(&bytes);
    return is;
}

static const char *kind_name(enum input_kind kind)
{
    switch (kind) {
    case INPUT_SAVED_PLAN:
        return "a saved plan";
    case INPUT_STATE:
        return "a state";
    default:
        return "a plan file";
    }
}

static bool refuse_kind(const struct input *input, unsigned accepted, struct error *err)
{
    struct text names = {0};
    for (unsigned kind = INPUT_PLAN_FILE; kind <= INPUT_STATE; kind <<= 1)
        if (accepted & kind)
            text_addf(&names, "%s%s", names.len ? " or " : "", kind_name((enum input_kind)kind));
    error_set(err, ERROR_USAGE, "%s is %s; this command takes %s", input->path,
              kind_name(input->kind), text_cstr(&names));
    text_clear(&names);
    return false;
}

static bool read_planfile(struct input *out, struct error *err)
{
    struct arena arena = {0};
    struct diagnostics list = {.arena = &arena, .file = out->path};
    bool ok = planfile_read(&out->file, out->path, text_cstr(&out->bytes), out->bytes.len,
                            precondition_waivable, &list);
    diagnose_to_stderr(&list);
    if (!ok) {
        error_set(err, list.items[0].kind, "%s is no valid plan file: %zu error%s", out->path,
                  list.errors, list.errors == 1 ? "" : "s");
    }
    arena_clear(&arena);
    return ok;
}

static bool read_saved_plan(struct input *out, struct error *err)
{
    out->plan = memory_new(sizeof *out->plan);
    return plan_read(out->plan, out->path, text_cstr(&out->bytes), out->bytes.len, err);
}

bool input_read(struct input *out, const char *path, unsigned accepted, struct error *err)
{
    *out = (struct input){.path = path};
    if (!input_read_bytes(&out->bytes, path, STATE_MAX_BYTES, err))
        return false;
    out->kind = kind_of(&out->bytes);
    if (!(out->kind & accepted))
        return refuse_kind(out, accepted, err);
    switch (out->kind) {
    case INPUT_SAVED_PLAN:
        return read_saved_plan(out, err);
    case INPUT_STATE:
        return state_read(&out->state, path, text_cstr(&out->bytes), out->bytes.len, err);
    default:
        return read_planfile(out, err);
    }
}

void input_clear(struct input *input)
{
    planfile_clear(&input->file);
    if (input->plan)
        plan_clear(input->plan);
    free(input->plan);
    state_free(input->state);
    text_clear(&input->bytes);
    *input = (struct input){0};
}

const struct planfile *input_planfile(const struct input *input)
{
    switch (input->kind) {
    case INPUT_SAVED_PLAN:
        return &input->plan->file;
    case INPUT_STATE:
        return &input->state->plan->file;
    default:
        return &input->file;
    }
}

const char *input_region(const struct input *input)
{
    switch (input->kind) {
    case INPUT_SAVED_PLAN:
        return input->plan->subject.region;
    case INPUT_STATE:
        return input->state->plan->subject.region;
    default:
        return input->file.region;
    }
}

/* The plan file's state, seen from a file in whose folder it lies. */
static void add_state_beside(struct text *out, const struct planfile *file, const char *neighbour)
{
    const char *slash = strrchr(neighbour, '/');
    if (slash && !(file->state && file->state[0] == '/'))
        text_add_bytes(out, neighbour, (size_t)(slash - neighbour) + 1);
    if (file->state)
        text_add(out, text_starts(file->state, "./") ? file->state + 2 : file->state);
    else
        text_addf(out, "%s.state.json", file->name);
}

void input_state_path(struct text *out, const struct input *input, const char *option)
{
    text_cut(out, 0);
    if (option || input->kind == INPUT_STATE) {
        text_add(out, option ? option : input->path);
        return;
    }
    const struct planfile *file = input_planfile(input);
    add_state_beside(out, file, file->path);
    if (input->kind != INPUT_SAVED_PLAN || access(text_cstr(out), F_OK) == 0)
        return;
    struct text beside = {0};
    add_state_beside(&beside, file, input->path);
    if (access(text_cstr(&beside), F_OK) == 0) {
        text_cut(out, 0);
        text_add(out, text_cstr(&beside));
    }
    text_clear(&beside);
}

void input_home_path(struct text *out, const struct input *input)
{
    const char *slash = strrchr(input->path, '/');
    const char *name = slash ? slash + 1 : input->path;
    text_cut(out, 0);
    if (input->kind != INPUT_STATE)
        return;
    if (text_starts(name, "errored") && text_ends(name, ".state.json"))
        add_state_beside(out, input_planfile(input), input->path);
    else if (text_ends(name, ".state.json.backup"))
        text_add_bytes(out, input->path, strlen(input->path) - strlen(".backup"));
    if (text_same(text_cstr(out), input->path))
        text_cut(out, 0);
}
