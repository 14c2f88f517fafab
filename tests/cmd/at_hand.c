#include "tests/unit.h"

#include "tests/cmd/at_hand.h"

#include "planner/base/memory.h"
#include "planner/plan_json.h"
#include "tests/cmd/prod.h"
#include "tests/folder.h"

static const char yaml_of_prod[] = "switchover: 1\nstage: prod\n";

void at_hand_begin(struct at_hand *h)
{
    *h = (struct at_hand){0};
    h->folder = folder_new();
    h->file = folder_path(h->folder, "prod.yaml");
    h->state = folder_path(h->folder, "prod.state.json");
    h->saved = folder_path(h->folder, "saved.plan");
    folder_write(h->folder, "prod.yaml", yaml_of_prod);
    setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "secret", 1);
    setenv("AWS_REGION", "us-east-1", 1);
    setenv("AWS_CONFIG_FILE", "/dev/null", 1);
    setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null", 1);
    unsetenv("AWS_ENDPOINT_URL");
    unsetenv("AWS_PROFILE");
    unsetenv("SWITCHOVER_CLOCK");
}

void at_hand_end(struct at_hand *h)
{
    free(h->file);
    free(h->state);
    free(h->saved);
    folder_remove(h->folder);
}

static bool observe(void *self, struct snapshot *out, const struct subject *subject, unsigned facts,
                    int64_t recent_ms, struct error *err)
{
    struct at_hand *h = self;
    (void)recent_ms;
    h->observed++;
    h->asked_facts = facts;
    h->asked_subject = *subject;
    if (facts & h->denied)
        return error_set(err, ERROR_ACCESS, "it is not allowed to read that");
    prod_snapshot(out);
    out->known &= facts;
    if (h->live)
        h->live(out);
    return true;
}

static char *path_of(const struct at_hand *h, char *word)
{
    if (strcmp(word, "FILE") == 0)
        return h->file;
    if (strcmp(word, "STATE") == 0)
        return h->state;
    return strcmp(word, "SAVED") == 0 ? h->saved : word;
}

bool at_hand_open(struct at_hand *h, const char *line, struct error *err)
{
    static char self[] = "switchover", words[256];
    char *argv[12] = {self}, *rest;
    int argc = 1;
    snprintf(words, sizeof words, "%s", line);
    for (char *w = strtok_r(words, " ", &rest); w; w = strtok_r(NULL, " ", &rest))
        argv[argc++] = path_of(h, w);
    assert_true(args_parse(&h->args, argc, argv, err));
    bool ok =
        cutover_open(&h->cutover, &h->args, INPUT_PLAN_FILE | INPUT_SAVED_PLAN | INPUT_STATE, err);
    h->cutover.wire.cloud = (struct cloud){.self = h, .observe = observe};
    return ok;
}

void at_hand_close(struct at_hand *h)
{
    cutover_close(&h->cutover);
}

static struct state *state_of_prod(const char *yaml)
{
    struct snapshot live;
    struct plan *plan = memory_new(sizeof *plan);
    struct text document = {0};
    prod_snapshot(&live);
    prod_target(&live, 2);
    prod_plan(plan, yaml ? yaml : yaml_of_prod, &live, NULL);
    plan_write(&document, plan);
    text_clear(&document);
    struct state *state = state_new(AT_HAND_LINEAGE, plan);
    state_begin_run(state, FORWARD, "apply prod.yaml", "ann@bastion", PROD_NOW);
    snapshot_clear(&live);
    return state;
}

static void shift(struct state *state)
{
    struct record *shift = state_begin_record(state, &state->plan->actions[1], PROD_NOW);
    state_end_record(state, shift, PHASE_DONE, PROD_NOW, "");
}

/* Takes the state over. */
static void store(struct at_hand *h, struct state *state)
{
    struct text document = {0};
    state_write(&document, state);
    folder_write(h->folder, "prod.state.json", document.data);
    text_clear(&document);
    state_free(state);
}

void at_hand_store_state(struct at_hand *h, const char *yaml, bool changed, bool ended)
{
    struct state *state = state_of_prod(yaml);
    if (changed)
        shift(state);
    state_end_run(state, changed ? RUN_INTERRUPTED : RUN_BLOCKED, "for the test", PROD_NOW);
    state->ended = ended;
    store(h, state);
}

void at_hand_store_failure(struct at_hand *h, const char *yaml, const char *gate)
{
    struct state *state = state_of_prod(yaml);
    shift(state);
    state_add_failure(state, gate, "hold[100%]", "4.1 % 5XX against 0.1 % on the source", PROD_NOW);
    state_end_run(state, RUN_GATE_FAILED, "for the test", PROD_NOW);
    store(h, state);
}

void at_hand_save_plan(struct at_hand *h, char digest[DIGEST_HEX_SIZE])
{
    struct snapshot live;
    struct plan plan;
    struct text document = {0};
    prod_snapshot(&live);
    prod_target(&live, 2);
    prod_plan(&plan, yaml_of_prod, &live, NULL);
    plan_write(&document, &plan);
    memcpy(digest, plan.digest, DIGEST_HEX_SIZE);
    folder_write(h->folder, "saved.plan", document.data);
    text_clear(&document);
    plan_clear(&plan);
    snapshot_clear(&live);
}
