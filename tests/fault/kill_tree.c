#include "tests/unit.h"

#include "tests/fault/kill_tree.h"

#include "planner/base/memory.h"

enum { SEEN_MAX = 1 << 19, FAILURES_MAX = 3, POLLS_TOLD = 2 };

static const char *const way_names[] = {"plan", "apply", "revert"};
static const char *const disturbance_names[] = {"",      "signalled", "asked by a revert to stop",
                                                "key r", "key c",     "key p"};

/* What a kill left behind, and what recovers from there. */
struct kill_seen {
    unsigned char key[DIGEST_SIZE];
    unsigned kills_left; /* it was told with, and one more: 0 is a free place */
    unsigned long points, points_told, repeats, repeats_told;
};

/* ---- scenes ---- */

void scene_begin(struct scene *scene, struct kill_tale *tale)
{
    *scene = (struct scene){.tale = tale};
    setup_init(&scene->r.setup);
    tale->story->set_up(&scene->r.setup);
    rehearsal_begin(&scene->r, tale->story->yaml);
    scene->r.cutover.until_shifted = tale->story->until_shifted;
    ledger_init(&scene->ledger, &scene->r.sim);
    if (tale->story->saved && tale->story->way != WAY_PLAN)
        cutover_plan(&scene->r.cutover);
    if (tale->story->before)
        tale->story->before(&scene->r);
    ledger_reconcile(&scene->ledger);
    sim_forget(&scene->r.sim);
}

void scene_copy(struct scene *scene, struct scene *from)
{
    *scene = (struct scene){.tale = from->tale};
    sim_copy(&scene->r.sim, &from->r.sim);
    cutover_init(&scene->r.cutover, &scene->r.sim, from->r.cutover.yaml);
    scene->r.cutover.saved = from->r.cutover.saved;
    scene->r.cutover.has_saved = from->r.cutover.has_saved;
    scene->r.cutover.saved_is_borrowed = true;
    scene->r.cutover.until_shifted = from->r.cutover.until_shifted;
    scene->r.origin = from->r.origin;
    ledger_bring_up(&from->ledger);
    ledger_copy(&scene->ledger, &from->ledger, &scene->r.sim);
}

void scene_end(struct scene *scene)
{
    ledger_clear(&scene->ledger);
    cutover_clear(&scene->r.cutover);
    sim_clear(&scene->r.sim);
    arena_clear(&scene->r.arena);
}

void scene_key(struct scene *scene, unsigned char key[DIGEST_SIZE])
{
    struct text text = {0};
    ledger_key(&scene->ledger, &text);
    text_add_char(&text, scene->r.cutover.has_saved ? 'p' : '-');
    digest_sha256(key, text.data, text.len);
    text_clear(&text);
}

/* Somebody has answered for what failed, as the run that said so asks. */
static enum run_end apply(struct cutover *cutover)
{
    struct state *stored = cutover_stored(cutover);
    const struct gate_failure *failure = stored ? state_open_failure(stored) : NULL;
    bool reverts = stored && stored->plan->file.gates.on_failure == ON_REVERT;
    cutover->accept = failure && !reverts ? failure->gate : NULL;
    enum run_end end = cutover_apply(cutover);
    cutover->accept = NULL;
    state_free(stored);
    return end;
}

enum run_end scene_run(struct scene *scene, enum way way)
{
    struct cutover *cutover = &scene->r.cutover;
    switch (way) {
    case WAY_PLAN:
        cutover_plan(cutover);
        return RUN_DONE;
    case WAY_APPLY:
        return apply(cutover);
    case WAY_REVERT:
        return cutover->sim->has_stored ? cutover_revert(cutover) : RUN_DONE;
    }
    return RUN_DONE;
}

/* ---- judging ---- */

static void describe_steps(const struct kill_tale *tale, struct text *out)
{
    text_add(out, tale->story->name);
    for (size_t i = 0; i < tale->step_count; i++) {
        const struct kill_step *step = &tale->steps[i];
        text_addf(out, ", %s", way_names[step->way]);
        if (step->disturbance)
            text_addf(out, " %s at %u", disturbance_names[step->disturbance], step->disturbed_at);
        if (step->killed_at)
            text_addf(out, " killed at %u", step->killed_at);
    }
}

void kill_wrong(struct kill_tale *tale, const struct scene *scene, const char *format, ...)
{
    struct text what = {0};
    va_list ap;
    describe_steps(tale, &what);
    text_add(&what, ": ");
    va_start(ap, format);
    text_vaddf(&what, format, ap);
    va_end(ap);
    print_error("%s\n%s", text_cstr(&what), text_cstr(&scene->r.sim.log));
    text_clear(&what);
    tale->failures++;
}

static void check_books(struct scene *scene)
{
    struct ledger *ledger = &scene->ledger;
    struct kill_tale *tale = scene->tale;
    ledger_reconcile(ledger);
    if (!ledger_is_clean(ledger))
        kill_wrong(tale, scene, "%s", text_cstr(&ledger->wrong));
    tale->counts.lost += ledger->lost;
    tale->counts.doubled += ledger->doubled;
}

/* ---- what was told already ---- */

/* *is_new: it was not yet told with so many kills left. */
static struct kill_seen *look_up(struct kill_tale *tale, const unsigned char key[DIGEST_SIZE],
                                 unsigned kills_left, bool *is_new)
{
    size_t at;
    memcpy(&at, key, sizeof at);
    for (at %= SEEN_MAX; tale->seen[at].kills_left; at = (at + 1) % SEEN_MAX)
        if (memcmp(tale->seen[at].key, key, DIGEST_SIZE) == 0)
            break;
    struct kill_seen *seen = &tale->seen[at];
    *is_new = seen->kills_left <= kills_left;
    if (*is_new) {
        tale->counts.worlds += !seen->kills_left;
        assert_true(tale->counts.worlds < SEEN_MAX / 2);
        *seen = (struct kill_seen){.kills_left = kills_left + 1};
        memcpy(seen->key, key, DIGEST_SIZE);
    }
    return seen;
}

/* ---- telling ---- */

static void play(struct scene *from, enum way way, unsigned kills_left, struct kill_seen *counts);

static struct kill_seen *recover(struct scene *scene, const unsigned char key[DIGEST_SIZE],
                                 unsigned kills_left)
{
    bool is_new;
    struct kill_seen *seen = look_up(scene->tale, key, kills_left, &is_new);
    if (!is_new)
        return seen;
    struct scene *left = memory_new(sizeof *left);
    scene_copy(left, scene);
    check_books(left);
    play(left, WAY_APPLY, kills_left, seen);
    play(left, WAY_REVERT, kills_left, seen);
    scene_end(left);
    free(left);
    return seen;
}

/* The points of what recovers are the places of the second kill. */
static void count_pairs(struct kill_counts *counts, const struct kill_seen *seen)
{
    counts->pairs += seen->points;
    counts->pairs_told += seen->points_told;
    counts->pair_repeats += seen->repeats;
    counts->pair_repeats_told += seen->repeats_told;
}

static bool is_drawn(const unsigned char key[DIGEST_SIZE], unsigned of)
{
    unsigned n;
    memcpy(&n, key + sizeof(size_t), sizeof n);
    return of && n % of == 0;
}

/* Behind the key r little is left of the run, and all of that matters. */
static unsigned one_in(const struct scene *scene, bool first, bool repeats)
{
    const struct kill_sample *sample = &scene->tale->sample;
    if (scene->step->disturbance == BY_KEY_R && scene->step->way == WAY_APPLY)
        return 1;
    if (scene->step->disturbance)
        return sample->disturbed_kills;
    if (first)
        return repeats ? sample->first_repeats : sample->firsts;
    return repeats ? sample->second_repeats : sample->seconds;
}

/* The process dies here. */
static void cut(struct scene *scene, bool repeats)
{
    struct kill_tale *tale = scene->tale;
    bool first = tale->step_count == 1, disturbed = scene->step->disturbance != UNDISTURBED;
    unsigned char key[DIGEST_SIZE];
    ++*(repeats ? scene->repeats : scene->points);
    scene_key(scene, key);
    if (!is_drawn(key, one_in(scene, first, repeats)) || tale->failures >= FAILURES_MAX)
        return;
    ++*(repeats ? scene->repeats_told : scene->points_told);
    scene->step->killed_at = scene->r.sim.points;
    struct kill_seen *seen = recover(scene, key, scene->kills_left - 1);
    scene->step->killed_at = 0;
    if (first && !disturbed)
        count_pairs(&tale->counts, seen);
    if (first && disturbed)
        tale->counts.disturbed_pairs += seen->points_told + seen->repeats_told;
}

static void disturb(struct sim *sim, enum disturbance disturbance)
{
    static const enum wish wishes[DISTURBANCES] = {
        [BY_KEY_R] = WISH_REVERT, [BY_KEY_C] = WISH_END_WAIT, [BY_KEY_P] = WISH_STOP};
    if (disturbance == BY_SIGNAL)
        sim->interrupted = true;
    else if (disturbance == BY_REVERT)
        sim->stop_at = 1;
    else
        sim->wish = wishes[disturbance];
}

static void at_point(struct sim *sim)
{
    struct scene *scene = sim->user;
    struct kill_step *step = scene->step;
    bool polls = sim->point_kind == 'w' || sim->point_kind == 'q';
    scene->polls = polls ? scene->polls + 1 : 0;
    if (step->disturbance && sim->points == step->disturbed_at)
        disturb(sim, step->disturbance);
    if (scene->kills_left && sim->points >= step->disturbed_at)
        cut(scene, scene->polls > POLLS_TOLD);
}

static void play_disturbed(struct scene *from, enum way way, enum disturbance disturbance,
                           unsigned at, unsigned kills_left, struct kill_seen *counts)
{
    struct kill_tale *tale = from->tale;
    struct scene *scene = memory_new(sizeof *scene);
    struct kill_step *step = &tale->steps[tale->step_count++];
    scene_copy(scene, from);
    *step = (struct kill_step){way, disturbance, at, 0};
    scene->step = step;
    scene->kills_left = kills_left;
    scene->points = &counts->points;
    scene->points_told = &counts->points_told;
    scene->repeats = &counts->repeats;
    scene->repeats_told = &counts->repeats_told;
    scene->r.sim.user = scene;
    scene->r.sim.at_point = at_point;
    enum run_end end = scene_run(scene, way);
    scene->r.sim.at_point = NULL;
    check_books(scene);
    if (kills_left && (!at || scene->r.sim.points >= at)) /* behind the last point */
        cut(scene, false);
    tale->counts.ends++;
    tale->judge(tale, from, scene, way, end);
    tale->step_count--;
    scene_end(scene);
    free(scene);
}

static void play(struct scene *from, enum way way, unsigned kills_left, struct kill_seen *counts)
{
    play_disturbed(from, way, UNDISTURBED, 0, kills_left, counts);
}

/* ---- the first command ---- */

/* Of all its points, in order. */
static char *kinds_of(struct scene *from, enum way way)
{
    struct scene *scene = memory_new(sizeof *scene);
    scene_copy(scene, from);
    (void)scene_run(scene, way);
    char *kinds = text_steal(&scene->r.sim.point_kinds);
    scene_end(scene);
    free(scene);
    return kinds;
}

static unsigned number_of(unsigned at)
{
    return at * 2654435761u >> 8;
}

static void disturb_everywhere(struct scene *from, enum way way)
{
    struct kill_tale *tale = from->tale;
    const struct kill_sample *sample = &tale->sample;
    struct kill_counts *counts = &tale->counts;
    struct kill_seen tally = {0};
    char *kinds = kinds_of(from, way);
    unsigned polls = 0;
    for (unsigned at = 1; kinds[at - 1]; at++) {
        polls = strchr("wq", kinds[at - 1]) ? polls + 1 : 0;
        unsigned one_in = polls > POLLS_TOLD ? sample->disturbed_repeats : sample->disturbed;
        if (!one_in || number_of(at) % one_in)
            continue;
        for (enum disturbance by = BY_SIGNAL; by < DISTURBANCES; by++) {
            if (tale->failures >= FAILURES_MAX)
                break;
            play_disturbed(from, way, by, at, sample->kills_behind, &tally);
            counts->disturbed++;
        }
    }
    counts->disturbed_kills = tally.points_told + tally.repeats_told;
    free(kinds);
}

void kill_tell(struct kill_tale *tale, unsigned kills)
{
    struct scene *root = memory_new(sizeof *root);
    struct kill_seen counts = {0};
    tale->seen = memory_new(SEEN_MAX * sizeof *tale->seen);
    scene_begin(root, tale);
    play(root, tale->story->way, kills, &counts);
    tale->counts.points = counts.points;
    tale->counts.points_told = counts.points_told;
    tale->counts.repeats = counts.repeats;
    tale->counts.repeats_told = counts.repeats_told;
    if (tale->story->way != WAY_PLAN)
        disturb_everywhere(root, tale->story->way);
    scene_end(root);
    free(root);
    free(tale->seen);
    tale->seen = NULL;
}
