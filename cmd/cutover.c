#include "cmd/cutover.h"

#include <stdlib.h>
#include <string.h>

#include "cmd/page.h"
#include "providers/git/provenance.h"
#include "providers/local/store.h"

/* How often a state may be replaced while it is compared with its copies. */
enum { TRIES = 5 };

static bool read_file(struct cutover *out, const struct args *args, unsigned accepted,
                      struct error *err)
{
    const char *state = args_text(args, OPT_STATE);
    *out = (struct cutover){.args = args};
    if (state && text_starts(state, "s3://"))
        return error_set(err, ERROR_NOT_YET, "a state on S3 is not available yet");
    if (!input_read(&out->input, args->operands[0], accepted, err))
        return false;
    if (out->input.kind == INPUT_STATE && state)
        return error_set(err, ERROR_USAGE, "%s is a state itself: --state has no meaning beside it",
                         args->operands[0]);
    return true;
}

static void open_store(struct cutover *out)
{
    local_store_open(&out->store, text_cstr(&out->state_path), &out->wire.clock);
    out->wire.stop_wanted = out->store.stop_requested; /* by a revert, from another terminal */
    out->wire.stop_wanted_self = out->store.self;
}

/* A copy of a state that is still in its place is reverted there: under the lock that an apply of
 * it takes, and recorded where that looks. */
static bool open_at_home(struct cutover *out)
{
    struct error ignored;
    bool reverts = strcmp(out->args->verb->name, "revert") == 0;
    input_home_path(&out->state_path, &out->input);
    if (!reverts || !out->state_path.len)
        return false;
    open_store(out);
    if (cutover_load(out, NULL, &ignored) && out->state &&
        strcmp(out->state->lineage, out->input.state->lineage) == 0) {
        page_warn("%s is a copy of %s, which is used instead, under its lock.", out->input.path,
                  out->store.location);
        return true;
    }
    local_store_close(&out->store);
    newer_clear(&out->newer);
    state_free(out->state);
    out->state = NULL;
    text_cut(&out->stored, 0);
    out->loaded = false;
    return false;
}

static bool open_state(struct cutover *out, struct error *err)
{
    if (out->input.kind == INPUT_STATE && open_at_home(out))
        return true;
    input_state_path(&out->state_path, &out->input, args_text(out->args, OPT_STATE));
    open_store(out);
    return cutover_load(out, NULL, err);
}

bool cutover_open(struct cutover *out, const struct args *args, unsigned accepted,
                  struct error *err)
{
    if (!read_file(out, args, accepted, err) ||
        !wire_open(&out->wire, input_planfile(&out->input), input_region(&out->input), err))
        return false;
    checks_look_beside(&out->wire.checks, out->input.path);
    return open_state(out, err);
}

bool cutover_open_offline(struct cutover *out, const struct args *args, unsigned accepted,
                          struct error *err)
{
    if (!read_file(out, args, accepted, err))
        return false;
    wire_open_offline(&out->wire, input_planfile(&out->input), input_region(&out->input));
    return open_state(out, err);
}

void cutover_close(struct cutover *cutover)
{
    if (cutover->store.self)
        local_store_close(&cutover->store);
    newer_clear(&cutover->newer);
    state_free(cutover->state);
    text_clear(&cutover->stored);
    text_clear(&cutover->state_path);
    wire_close(&cutover->wire);
    input_clear(&cutover->input);
    arena_clear(&cutover->arena);
}

/* By names: what the file says must be what the state's plan was about. */
static bool is_about(const struct planfile *file, const struct subject *subject)
{
    for (int arm = 0; arm < ARM_COUNT; arm++)
        if (!text_same(file->arms[arm].service, subject->arms[arm].service) ||
            !text_same(file->arms[arm].target_group, subject->arms[arm].target_group))
            return false;
    return text_same(file->cluster, subject->cluster) &&
           text_same(file->load_balancer, subject->load_balancer) &&
           (!file->listener_port || file->listener_port == subject->listener_port);
}

size_t cutover_lost_copies(const struct cutover *cutover, struct text *out)
{
    struct arena arena = {0};
    struct store_copy *copies;
    size_t found = 0, count = cutover->store.copies(cutover->store.self, &copies, &arena);
    for (size_t i = 0; i < count; i++) {
        struct state *state;
        struct error ignored;
        if (!state_read(&state, copies[i].where, copies[i].bytes, copies[i].n, &ignored))
            continue;
        if (is_about(input_planfile(&cutover->input), &state->plan->subject))
            text_addf(out, "%s%s (serial %lld)", found++ ? ", " : "", copies[i].where,
                      (long long)state->serial);
        state_free(state);
    }
    arena_clear(&arena);
    return found;
}

/* A state of another subject is dropped when it means nothing to anybody any more, else refused. */
static bool take_state(struct cutover *c, struct state *state, struct error *err)
{
    const struct subject *subject = &state->plan->subject;
    const char *region = c->wire.config.region; /* NULL: offline, and nobody says */
    if (is_about(input_planfile(&c->input), subject) &&
        (!region || text_same(subject->region, region))) {
        c->state = state;
        return true;
    }
    bool matters = !state->ended && state_changed_anything(state);
    if (matters) {
        error_set(err, ERROR_INPUT,
                  "%s belongs to an unfinished cutover of %s and %s in %s, which is another one",
                  c->store.location, subject->cluster, subject->load_balancer, subject->region);
        error_hint(err, "revert that one first, or keep this one's state elsewhere with --state");
    }
    state_free(state);
    return !matters;
}

static bool same_bytes(const struct text *a, const struct text *b)
{
    return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

static bool read_stored(struct cutover *cutover, struct error *err)
{
    const struct text *bytes = &cutover->stored;
    struct state *state;
    state_free(cutover->state);
    cutover->state = NULL;
    return state_read(&state, cutover->store.location, text_cstr(bytes), bytes->len, err) &&
           take_state(cutover, state, err);
}

static bool load_state(struct cutover *cutover, bool *changed, struct error *err)
{
    struct text bytes = {0};
    bool found = false;
    bool read = cutover->store.load(cutover->store.self, &bytes, &found, err);
    bool same = read && cutover->loaded && same_bytes(&bytes, &cutover->stored);
    *changed = !same;
    if (!read || same) {
        text_clear(&bytes);
        return read;
    }
    text_clear(&cutover->stored);
    cutover->stored = bytes;
    cutover->loaded = true;
    return !found || read_stored(cutover, err);
}

/* What is newer than a state that was replaced meanwhile is what came before its successor. */
static bool find_newer(struct cutover *cutover, bool *changed, struct error *err)
{
    bool replaced = true;
    for (int tries = 0; replaced && tries < TRIES; tries++) {
        newer_clear(&cutover->newer);
        if (cutover->state)
            newer_find(&cutover->newer, &cutover->store, cutover->state);
        if (!cutover->newer.state)
            return true;
        if (!load_state(cutover, &replaced, err))
            return false;
        *changed = true;
    }
    if (replaced)
        newer_clear(&cutover->newer);
    return true;
}

bool cutover_load(struct cutover *cutover, bool *changed, struct error *err)
{
    bool ignored;
    if (!changed)
        changed = &ignored;
    return load_state(cutover, changed, err) && find_newer(cutover, changed, err);
}

bool cutover_is_newest(const struct cutover *cutover, struct error *err)
{
    return newer_refuse(&cutover->newer, cutover->state, cutover->store.location, err);
}

void cutover_take_newest(struct cutover *cutover)
{
    struct newer *newer = &cutover->newer;
    if (!newer->state)
        return;
    page_warn("Warning: %s is an older state of this cutover (serial %lld); the newer one in %s "
              "(serial %lld) is used instead.",
              cutover->store.location, (long long)cutover->state->serial, text_cstr(&newer->where),
              (long long)newer->state->serial);
    state_free(cutover->state);
    cutover->state = newer->state;
    newer->state = NULL;
    newer_clear(newer);
}

struct state *cutover_ongoing(const struct cutover *cutover)
{
    return cutover->state && !cutover->state->ended ? cutover->state : NULL;
}

struct subject cutover_subject(struct cutover *cutover)
{
    struct subject subject = {0};
    if (cutover_ongoing(cutover))
        return cutover->state->plan->subject;
    if (cutover->input.kind == INPUT_SAVED_PLAN)
        return cutover->input.plan->subject;
    if (cutover->input.kind == INPUT_STATE)
        return cutover->input.state->plan->subject;
    planfile_subject(&cutover->input.file, &subject);
    subject.region = aws_client_region(cutover->wire.client);
    return subject;
}

bool cutover_observe(struct cutover *cutover, struct snapshot *out, unsigned facts,
                     int64_t recent_ms, struct error *err)
{
    const struct cloud *cloud = &cutover->wire.cloud;
    struct subject subject = cutover_subject(cutover);
    return cloud->observe(cloud->self, out, &subject, facts, recent_ms, err);
}

bool cutover_provenance(struct cutover *cutover, struct provenance *out, struct error *err)
{
    return git_provenance(out, &cutover->arena, input_planfile(&cutover->input)->path, err);
}

char *cutover_command(const struct cutover *cutover)
{
    struct text out = {0};
    const char *force = args_text(cutover->args, OPT_FORCE);
    text_addf(&out, "%s %s", cutover->args->verb->name, cutover->input.path);
    if (force)
        text_addf(&out, " --force \"%s\"", force);
    return text_steal(&out);
}
