#include "tests/unit.h"

#include "tests/fault/wire_story.h"

static const struct {
    const char *name, *command;
    int exit_code; /* where nothing fails */
} verbs[VERB_COUNT] = {
    {"plan", "plan prod.yaml", 0},
    {"apply", "apply prod.yaml --auto-approve", 0},
    {"resumed apply", "apply prod.yaml --auto-approve", 0},
    {"revert", "revert prod.yaml --auto-approve", 0},
    {"starved apply", "apply prod.yaml --auto-approve", 6},
};

/* The change is carried out, and nobody hears of it, or of anything else. */
static const struct story lost_in_shift = {
    .verb = VERB_APPLY,
    .fault = {.operation = "ModifyListener",
              .nth = 1,
              .phase = FAULT_FORWARDED,
              .way = FAULT_REFUSED},
};

/* ---- what a run must have come to ---- */

static bool is_for_ever(const struct fault *fault)
{
    return fault->nth && (fault->for_ever || fault->way == FAULT_REFUSED);
}

static void judge_live(struct wire_stage *stage, const struct truth *truth, bool must_be_known)
{
    int source, target;
    const char *line = strstr(text_cstr(&stage->out), "Live ");
    if (!line) {
        wire_stage_wrong(stage, "no closing lines");
    } else if (sscanf(line, "Live source %d, target %d; read", &source, &target) == 2) {
        if (source != truth->source || target != truth->target)
            wire_stage_wrong(stage, "live is source %d, target %d", truth->source, truth->target);
    } else if (must_be_known || !strstr(line, "not known")) {
        wire_stage_wrong(stage, "the closing lines do not say what live is");
    }
}

static void judge_plan(struct wire_stage *stage, const struct story *story)
{
    bool good = stage->exit_code == 0 &&
                strstr(text_cstr(&stage->out), "Plan: 3 actions, 2 changes; nothing blocks");
    if (story->heals ? !good : stage->exit_code != 0 && stage->exit_code != 1)
        wire_stage_wrong(stage, "plan did not come to its plan");
    if (stage->exit_code == 1 && !strstr(text_cstr(&stage->err), "Error: "))
        wire_stage_wrong(stage, "no word of the error");
}

/* Whether apply may end so; `begun`: its cutover has changed something before. */
static bool is_right_for_apply(const struct wire_stage *stage, const struct story *story,
                               const struct truth *truth, bool begun)
{
    int changes = wire_stage_carried_out(stage, "UpdateService") +
                  wire_stage_carried_out(stage, "ModifyListener");
    switch (stage->exit_code) {
    case 0:
        return truth->target == 1 && truth->source == 0 && truth->desired == 2;
    case 1:
    case 3:
        return !story->heals && !changes && !begun;
    case 6:
        return !story->heals;
    default:
        return false;
    }
}

static void judge_apply(struct wire_stage *stage, const struct story *story, bool begun)
{
    struct truth truth = wire_stage_truth(stage);
    if (!is_right_for_apply(stage, story, &truth, begun))
        wire_stage_wrong(stage, "the exit code; live is source %d, target %d, %lld desired",
                         truth.source, truth.target, (long long)truth.desired);
    if (stage->exit_code != 1)
        judge_live(stage, &truth, story->heals);
    truth_clear(&truth);
}

static bool is_untouched(const struct wire_stage *stage, const struct truth *truth)
{
    return strcmp(text_cstr(&truth->actions), text_cstr(&stage->untouched)) == 0;
}

static void judge_revert(struct wire_stage *stage, const struct story *story)
{
    struct truth truth = wire_stage_truth(stage);
    bool back = is_untouched(stage, &truth);
    if (stage->exit_code == 0 ? !back : story->heals || stage->exit_code != 9)
        wire_stage_wrong(stage, "the exit code; it is %s", back ? "back" : "not back");
    judge_live(stage, &truth, story->heals);
    truth_clear(&truth);
}

/* The way back may be sent again when its answer was lost, but always the same. */
static void judge_the_same(struct wire_stage *stage)
{
    const struct proxied *first = NULL;
    for (size_t i = 0; i < stage->proxy.count; i++) {
        const struct proxied *entry = &stage->proxy.log[i];
        if (strcmp(entry->operation, "UpdateService") == 0)
            wire_stage_wrong(stage, "a count was changed");
        if (strcmp(entry->operation, "ModifyListener") != 0)
            continue;
        if (first && first->body != entry->body)
            wire_stage_wrong(stage, "another routing was sent");
        first = entry;
    }
}

/* ---- playing ---- */

struct play {
    const struct story *story;
    struct wire_stage stage;
    struct tallies *tallies;
    int scaled, shifted; /* how often a change was carried out */
};

/* With the story's fault, or none. */
static void run(struct play *play, enum verb verb, const struct story *story)
{
    struct wire_stage *stage = &play->stage;
    long *n = play->tallies->n;
    wire_stage_run(stage, verbs[verb].command, story ? &story->fault : NULL);
    n[RUNS]++;
    n[REQUESTS] += (long)stage->proxy.count;
    if (stage->took_ms > play->tallies->slowest_ms)
        play->tallies->slowest_ms = (long)stage->took_ms;
    play->scaled += wire_stage_carried_out(stage, "UpdateService");
    play->shifted += wire_stage_carried_out(stage, "ModifyListener");
    if (!story || story != play->story)
        return;
    n[MET] += stage->proxy.met;
    n[DONE] += stage->exit_code == 0;
    if (story->judge)
        story->judge(stage, story);
}

static void play_plan(struct play *play)
{
    run(play, VERB_PLAN, play->story);
    judge_plan(&play->stage, play->story);
}

static void play_apply(struct play *play)
{
    bool resumed = play->story->verb == VERB_RESUME;
    if (resumed) {
        run(play, VERB_APPLY, &lost_in_shift);
        judge_apply(&play->stage, &lost_in_shift, false);
    }
    run(play, VERB_APPLY, play->story);
    judge_apply(&play->stage, play->story, resumed);
    if (play->stage.exit_code != 0) {
        play->tallies->n[RESUMED]++;
        run(play, VERB_APPLY, NULL);
        if (play->stage.exit_code != 0)
            wire_stage_wrong(&play->stage, "it could not be taken up");
    }
    if (play->scaled != 1 || play->shifted != 1)
        wire_stage_wrong(&play->stage, "scaled %d times, shifted %d times", play->scaled,
                         play->shifted);
}

static void play_revert(struct play *play)
{
    struct wire_stage *stage = &play->stage;
    run(play, VERB_APPLY, NULL);
    if (stage->exit_code != 0)
        wire_stage_wrong(stage, "there is nothing to revert");
    run(play, VERB_REVERT, play->story);
    judge_revert(stage, play->story);
    judge_the_same(stage);
    if (stage->exit_code == 0)
        return;
    play->tallies->n[RESUMED]++;
    run(play, VERB_REVERT, NULL);
    struct truth truth = wire_stage_truth(stage);
    if (stage->exit_code != 0 || !is_untouched(stage, &truth))
        wire_stage_wrong(stage, "it could not be taken up");
    truth_clear(&truth);
}

static void play_starved(struct play *play)
{
    struct wire_stage *stage = &play->stage;
    run(play, VERB_STARVED, play->story);
    bool incomplete = stage->exit_code == 6;
    bool not_begun = (stage->exit_code == 1 || stage->exit_code == 3) && !play->scaled;
    if (!incomplete && (play->story->heals || !not_begun))
        wire_stage_wrong(stage, "the exit code");
    if (play->scaled > 1 || play->shifted)
        wire_stage_wrong(stage, "scaled %d times, shifted %d times", play->scaled, play->shifted);
    struct truth truth = wire_stage_truth(stage);
    if (incomplete)
        judge_live(stage, &truth, play->story->heals);
    truth_clear(&truth);
}

/* What fails for ever must not be waited for for ever. */
static const char *plan_file(const struct story *story)
{
    static const char patient[] = "switchover: 1\n"
                                  "stage: sandbox\n"
                                  "baseline: 5m\n"
                                  "target: {ready_timeout: 6h}\n"
                                  "traffic: {steps: [{target: 100, hold: 0s}]}\n"
                                  "drain: {quiet_for: 0s}\n";
    static const char hasty[] = "switchover: 1\n"
                                "stage: sandbox\n"
                                "baseline: 5m\n"
                                "target: {ready_timeout: 2m}\n"
                                "traffic: {steps: [{target: 100, hold: 0s}]}\n"
                                "drain: {quiet_for: 0s}\n";
    return is_for_ever(&story->fault) || story->verb == VERB_STARVED ? hasty : patient;
}

static void open_stage(struct wire_stage *stage, const char *program, const struct story *story)
{
    struct world_setup setup;
    wire_stage_setup(&setup);
    if (story->verb == VERB_STARVED)
        setup.conditions.services[ARM_TARGET].failing_starts = -1;
    wire_stage_open(stage, program, &setup, plan_file(story));
}

/* False: this machine was so slow that the time-outs of a stalled connection mean nothing. */
static bool play_once(const struct story *story, const char *program, const char *what,
                      struct text *wrong, struct tallies *tallies)
{
    static void (*const plays[VERB_COUNT])(struct play *) = {play_plan, play_apply, play_apply,
                                                             play_revert, play_starved};
    struct play play = {.story = story, .tallies = tallies};
    open_stage(&play.stage, program, story);
    play.stage.wrong = wrong;
    play.stage.what = what;
    plays[story->verb](&play);
    wire_stage_close(&play.stage);
    return !wrong->len || !play.stage.disturbed;
}

void story_play(const struct story *story, const char *program, struct text *wrong,
                struct tallies *tallies)
{
    enum { TRIES_MAX = 5 };
    struct text what = {0};
    text_addf(&what, "%s, ", verbs[story->verb].name);
    fault_describe(&what, &story->fault);
    for (int i = 0; !play_once(story, program, what.data, wrong, tallies) && i < TRIES_MAX; i++)
        text_cut(wrong, 0);
    text_clear(&what);
}

/* ---- without faults ---- */

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void remember(struct sent *out, const struct faulty_proxy *proxy)
{
    for (size_t i = 0; i < proxy->count; i++) {
        const char *operation = proxy->log[i].operation;
        bool known = false;
        for (size_t k = 0; k < out->count; k++)
            known = known || strcmp(out->operations[k], operation) == 0;
        if (known)
            continue;
        assert_true(out->count < OPERATIONS_MAX);
        memcpy(out->operations[out->count++], operation, sizeof *out->operations);
    }
    out->requests = proxy->count;
    /* those of one wave come in any order */
    qsort(out->operations, out->count, sizeof *out->operations, by_name);
}

/* To have something to resume, apply loses the network in its shift. */
static void run_without_faults(struct wire_stage *stage, struct sent *out, enum verb verb)
{
    bool lost = verb == VERB_APPLY;
    stage->what = verbs[verb].name;
    wire_stage_run(stage, verbs[verb].command, lost ? &lost_in_shift.fault : NULL);
    if (stage->exit_code != (lost ? 6 : verbs[verb].exit_code))
        wire_stage_wrong(stage, "without faults");
    remember(out, &stage->proxy);
}

void story_without_faults(struct sent out[VERB_COUNT], const char *program)
{
    struct text wrong = {0};
    struct wire_stage stage;
    struct story story = {.verb = VERB_PLAN};
    memset(out, 0, VERB_COUNT * sizeof *out);
    open_stage(&stage, program, &story);
    stage.wrong = &wrong;
    for (enum verb verb = VERB_PLAN; verb <= VERB_REVERT; verb++)
        run_without_faults(&stage, &out[verb], verb);
    wire_stage_close(&stage);
    story.verb = VERB_STARVED;
    open_stage(&stage, program, &story);
    stage.wrong = &wrong;
    run_without_faults(&stage, &out[VERB_STARVED], VERB_STARVED);
    wire_stage_close(&stage);
    if (wrong.len)
        fail_msg("%s", wrong.data);
}

/* ---- many ---- */

struct story *stories_add(struct stories *stories)
{
    return arena_append(&stories->arena, &stories->items, &stories->count, sizeof *stories->items);
}

void stories_play(void *self, size_t number, struct text *wrong, struct tallies *tallies)
{
    const struct stories *stories = self;
    story_play(&stories->items[stories->chosen[number]], stories->program, wrong, tallies);
}

void stories_clear(struct stories *stories)
{
    free(stories->chosen);
    arena_clear(&stories->arena);
}
