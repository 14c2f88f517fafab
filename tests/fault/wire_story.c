#include "tests/unit.h"

#include <signal.h>
#include <sys/mman.h>

#include "tests/fault/wire_judge.h"

/* The change is carried out, and nobody hears of it, or of anything else. */
static const struct story lost_in_shift = {
    .verb = VERB_APPLY,
    .fault = {.operation = "ModifyListener",
              .nth = 1,
              .phase = FAULT_FORWARDED,
              .way = FAULT_REFUSED},
};

struct play {
    const struct story *story;
    const struct sent *sent; /* NULL: not known yet */
    struct wire_stage stage;
    struct tallies *tallies;
    int scaled, shifted; /* how often a change was carried out */
};

/* A request that broke off before it was whole is not in the log. */
static void count_met(const struct faulty_proxy *proxy, long *n)
{
    n[MET] += proxy->met;
    for (size_t k = 0; k < operation_names_count(); k++) {
        const char *name = operation_name_at(k);
        n[MET_OF + k] += proxy->met && text_same(proxy->fault.operation, name);
        for (size_t i = 0; i < proxy->count; i++)
            n[MET_OF + k] += proxy->log[i].faulty && strcmp(proxy->log[i].operation, name) == 0;
    }
}

/* With the story's fault, or none. */
static void run(struct play *play, enum verb verb, const struct story *story)
{
    struct wire_stage *stage = &play->stage;
    long *n = play->tallies->n;
    wire_stage_run(stage, wire_verb(verb)->command, story ? &story->fault : NULL);
    n[RUNS]++;
    n[REQUESTS] += (long)stage->proxy.count;
    if (stage->took_ms > play->tallies->slowest_ms)
        play->tallies->slowest_ms = (long)stage->took_ms;
    play->scaled += wire_stage_carried_out(stage, "UpdateService");
    play->shifted += wire_stage_carried_out(stage, "ModifyListener");
    if (!story || story != play->story)
        return;
    count_met(&stage->proxy, n);
    n[DONE] += stage->exit_code == wire_verb(verb)->exit_code;
    if (play->sent)
        judge_number(stage, story, &play->sent[verb]);
    if (story->judge)
        story->judge(stage, story);
}

/* A run without success is followed by one without faults, which must end well. */
static void take_up(struct play *play, enum verb verb)
{
    play->tallies->n[RESUMED]++;
    run(play, verb, NULL);
    if (play->stage.exit_code != 0)
        wire_stage_wrong(&play->stage, "it could not be taken up");
    if (verb == VERB_REVERT && !is_untouched(&play->stage))
        wire_stage_wrong(&play->stage, "it is not back");
}

static void judge_once(struct play *play)
{
    if (play->scaled != 1 || play->shifted != 1)
        wire_stage_wrong(&play->stage, "scaled %d times, shifted %d times", play->scaled,
                         play->shifted);
}

static void play_plan(struct play *play)
{
    run(play, play->story->verb, play->story);
    judge_plan(&play->stage, play->story);
}

static void play_apply(struct play *play)
{
    enum verb verb = play->story->verb;
    bool resumed = verb == VERB_RESUME;
    if (resumed) {
        run(play, VERB_APPLY, &lost_in_shift);
        judge_apply(&play->stage, &lost_in_shift, false);
    }
    run(play, verb, play->story);
    judge_apply(&play->stage, play->story, resumed);
    if (play->stage.exit_code == 8) { /* what failed somebody must answer for */
        judge_once(play);
        take_up(play, VERB_REVERT);
        return;
    }
    if (play->stage.exit_code != 0)
        take_up(play, verb);
    judge_once(play);
}

static void play_revert(struct play *play)
{
    run(play, VERB_APPLY, NULL);
    if (play->stage.exit_code != 0)
        wire_stage_wrong(&play->stage, "there is nothing to revert");
    run(play, VERB_REVERT, play->story);
    judge_revert(&play->stage, play->story);
    if (play->stage.exit_code != 0)
        take_up(play, VERB_REVERT);
}

static void play_starved(struct play *play)
{
    run(play, VERB_STARVED, play->story);
    judge_starved(&play->stage, play->story);
    if (play->scaled > 1 || play->shifted)
        wire_stage_wrong(&play->stage, "scaled %d times, shifted %d times", play->scaled,
                         play->shifted);
}

static void play_failed(struct play *play)
{
    run(play, play->story->verb, play->story);
    judge_failed(&play->stage, play->story);
    if (play->stage.exit_code != 5)
        take_up(play, VERB_REVERT);
}

static void play_unproven(struct play *play)
{
    run(play, VERB_UNPROVEN, play->story);
    judge_unproven(&play->stage, play->story);
    judge_once(play);
}

static void describe(struct text *out, const struct story *story)
{
    text_addf(out, "%s, ", wire_verb(story->verb)->name);
    fault_describe(out, &story->fault);
}

/* False: this machine was so slow that what went wrong means nothing. */
static bool play_once(const struct story *story, const char *program, const struct sent *sent,
                      const char *what, int slower, struct text *wrong, struct tallies *tallies)
{
    static void (*const plays[VERB_KEYS])(struct play *) = {
        [VERB_PLAN] = play_plan,     [VERB_APPLY] = play_apply,     [VERB_RESUME] = play_apply,
        [VERB_REVERT] = play_revert, [VERB_STARVED] = play_starved, [VERB_HELD] = play_apply,
        [VERB_STOPPED] = play_apply, [VERB_RENEWED] = play_apply,   [VERB_FALLBACK] = play_failed,
        [VERB_FAILED] = play_failed, [VERB_DRAINED] = play_apply,   [VERB_UNPROVEN] = play_unproven,
    };
    struct play play = {.story = story, .sent = sent, .tallies = tallies};
    wire_verb_open(&play.stage, program, story->verb, fault_is_for_ever(&story->fault), slower);
    play.stage.wrong = wrong;
    play.stage.what = what;
    (story->verb < VERB_KEYS ? plays[story->verb] : play_plan)(&play);
    wire_stage_close(&play.stage);
    return !wrong->len || !play.stage.disturbed;
}

void story_play(const struct story *story, const char *program, const struct sent *sent,
                struct text *wrong, struct tallies *tallies)
{
    enum { SLOWEST = 8 };
    struct text what = {0};
    describe(&what, story);
    for (int slower = 1; slower <= SLOWEST; slower *= 2) {
        text_cut(wrong, 0);
        if (play_once(story, program, sent, what.data, slower, wrong, tallies))
            break;
    }
    text_clear(&what);
}

/* ---- without faults ---- */

struct fair { /* shared by all workers */
    const char *program;
    struct sent *sent;
};

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct sent_operation *)a)->name,
                  ((const struct sent_operation *)b)->name);
}

static struct sent_operation *operation_of(struct sent *sent, const char *name)
{
    for (size_t i = 0; i < sent->count; i++)
        if (strcmp(sent->operations[i].name, name) == 0)
            return &sent->operations[i];
    must(sent->count < OPERATIONS_MAX, "operations");
    struct sent_operation *out = &sent->operations[sent->count++];
    snprintf(out->name, sizeof out->name, "%s", name);
    return out;
}

static void remember(struct wire_stage *stage, const struct story *story)
{
    struct sent *out = (struct sent *)(uintptr_t)story->about;
    bool later = false;
    for (size_t i = 0; i < stage->proxy.count; i++) {
        const struct proxied *entry = &stage->proxy.log[i];
        struct sent_operation *operation = operation_of(out, entry->operation);
        operation->count++;
        operation->later += later;
        later = later || (strcmp(entry->operation, "ModifyListener") == 0 && entry->status == 200);
    }
    out->requests = stage->proxy.count;
    /* those of one wave come in any order */
    qsort(out->operations, out->count, sizeof *out->operations, by_name);
    if (stage->exit_code != wire_verb(story->verb)->exit_code)
        wire_stage_wrong(stage, "without faults");
}

static void play_fair(void *self, size_t number, struct text *wrong, struct tallies *tallies)
{
    const struct fair *fair = self;
    const struct story story = {
        .verb = (enum verb)number, .heals = true, .judge = remember, .about = &fair->sent[number]};
    story_play(&story, fair->program, NULL, wrong, tallies);
}

static bool is_sent(const struct sent sent[], const char *name)
{
    bool found = false;
    for (enum verb verb = 0; verb < VERB_COUNT; verb++)
        for (size_t i = 0; i < sent[verb].count; i++)
            found = found || strcmp(sent[verb].operations[i].name, name) == 0;
    return found;
}

static bool is_listed(const char *name)
{
    size_t i = 0;
    while (i < operation_names_count() && strcmp(operation_name_at(i), name) != 0)
        i++;
    return i < operation_names_count();
}

const struct sent *stories_without_faults(const char *program)
{
    struct tallies tallies = {0};
    struct fair fair = {program, mmap(NULL, VERB_COUNT * sizeof *fair.sent, PROT_READ | PROT_WRITE,
                                      MAP_SHARED | MAP_ANONYMOUS, -1, 0)};
    must(fair.sent != MAP_FAILED, "mmap");
    if (workers_run(VERB_COUNT, play_fair, &fair, &tallies))
        fail_msg("something fails without a fault");
    for (size_t i = 0; i < operation_names_count(); i++)
        if (!is_sent(fair.sent, operation_name_at(i)))
            fail_msg("%s is sent by no command that is played", operation_name_at(i));
    for (enum verb verb = 0; verb < VERB_COUNT; verb++)
        for (size_t i = 0; i < fair.sent[verb].count; i++)
            if (!is_listed(fair.sent[verb].operations[i].name))
                fail_msg("%s sends %s, which nobody knows", wire_verb(verb)->name,
                         fair.sent[verb].operations[i].name);
    return fair.sent;
}

/* ---- many ---- */

static bool is_asked_by(const struct sent *sent, const char *operation)
{
    size_t i = 0;
    while (i < sent->count && strcmp(sent->operations[i].name, operation) != 0)
        i++;
    return i < sent->count;
}

/* What is asked again and again while it waits. */
static bool is_repeated(enum verb verb, const char *operation)
{
    static const char *const names[] = {"DescribeTargetHealth", "GetMetricData",
                                        "GetMetricData/percentiles", "GetMetricData/check",
                                        "target-health"};
    if (verb != VERB_HELD && verb != VERB_DRAINED && verb != VERB_UNPROVEN)
        return false;
    for (size_t i = 0; i < COUNT(names); i++)
        if (strcmp(names[i], operation) == 0)
            return true;
    return false;
}

/* What was read long ago on a slow machine is read again for the last lines: that is not asked by
 * every run, and a choice of stories by a seed must not depend on it. */
static bool is_for_last_lines(enum verb verb, const char *operation)
{
    static const char *const names[] = {"DescribeLoadBalancers", "DescribeTargetGroups",
                                        "DescribeServices", "DescribeTargetHealth"};
    bool drains = verb == VERB_DRAINED || verb == VERB_UNPROVEN;
    for (size_t i = 0; i < COUNT(names); i++)
        if (strcmp(names[i], operation) == 0)
            return i < 2 || drains;
    return false;
}

int story_depths(int out[STORY_DEPTHS], const struct sent sent[], enum verb verb,
                 const struct sent_operation *operation)
{
    enum { DEEP = 4 };
    const char *name = operation->name;
    int n = 0;
    if (verb == VERB_RENEWED && is_asked_by(&sent[VERB_HELD], name))
        return 0;
    if (wire_verb(verb)->later ? !operation->later || is_for_last_lines(verb, name)
                               : verb >= VERB_KEYS && is_asked_by(&sent[VERB_PLAN], name))
        return 0;
    out[n++] = 1;
    if (is_repeated(verb, name))
        out[n++] = DEEP;
    return n;
}

struct story *stories_add(struct stories *stories)
{
    return arena_append(&stories->arena, &stories->items, &stories->count, sizeof *stories->items);
}

static size_t next_random(uint64_t *random, size_t below)
{
    *random = *random * 6364136223846793005u + 1442695040888963407u;
    return (size_t)(*random >> 33) % below;
}

/* Takes one that is left, of that operation if one is given; false: there is none. */
static bool choose_one(struct stories *stories, size_t always, const char *operation,
                       uint64_t *random, bool *taken)
{
    enum { STRIDE = 7919 }; /* a prime: neighbours are much alike */
    size_t n = stories->count - always, from = next_random(random, n);
    for (size_t i = 0; i < n; i++) {
        size_t at = always + (from + i * STRIDE) % n;
        const struct fault *fault = &stories->items[at].fault;
        if (taken[at] || (operation && (fault->nth > 1 || !text_same(fault->operation, operation))))
            continue;
        taken[at] = true;
        stories->chosen[stories->chosen_count++] = at;
        return true;
    }
    return false;
}

/* TESTS_LONG=2/5: every fifth of them, from the second on. TESTS_LONG=WORDS: what is described so.
 */
static bool is_of_part(const struct stories *stories, size_t number)
{
    const char *part = getenv("TESTS_LONG");
    unsigned nth, of;
    if (!part || !*part || strcmp(part, "1") == 0)
        return true;
    if (sscanf(part, "%u/%u", &nth, &of) == 2 && of)
        return number % of == (nth - 1) % of;
    struct text what = {0};
    describe(&what, &stories->items[number]);
    bool has = strstr(what.data, part);
    text_clear(&what);
    return has;
}

void stories_choose(struct stories *stories, size_t always, size_t wanted, unsigned seed)
{
    enum { OF_EACH = 2 };
    uint64_t random = seed;
    bool *taken = calloc(stories->count, sizeof *taken);
    size_t most = always + wanted < stories->count ? always + wanted : stories->count;
    stories->chosen = calloc(stories->count, sizeof *stories->chosen);
    for (size_t i = 0; i < (most < stories->count ? always : most); i++)
        if (i < always || is_of_part(stories, i))
            stories->chosen[stories->chosen_count++] = i;
    if (most == stories->count)
        wanted = 0;
    for (size_t i = 0; wanted && i < OF_EACH * operation_names_count(); i++)
        choose_one(stories, always, operation_name_at(i / OF_EACH), &random, taken);
    while (wanted && stories->chosen_count < most &&
           choose_one(stories, always, NULL, &random, taken))
        continue;
    free(taken);
}

void stories_play(void *self, size_t number, struct text *wrong, struct tallies *tallies)
{
    const struct stories *stories = self;
    story_play(&stories->items[stories->chosen[number]], stories->program, stories->sent, wrong,
               tallies);
}

void stories_met_all(const struct tallies *tallies)
{
    const char *part = getenv("TESTS_LONG");
    for (size_t i = 0; i < operation_names_count(); i++)
        if (!tallies->n[MET_OF + i] && (!part || strcmp(part, "1") == 0))
            fail_msg("%s met no fault", operation_name_at(i));
}

void stories_clear(struct stories *stories)
{
    free(stories->chosen);
    arena_clear(&stories->arena);
}
