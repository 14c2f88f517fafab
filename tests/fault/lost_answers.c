#include "tests/unit.h"

#include "cmd/exit_code.h"
#include "planner/base/time.h"
#include "tests/sim/cutover.h"
#include "tests/sim/ledger.h"

/*
 * Each mutation of an apply and of a revert loses its answer, once or more, and was carried out, or
 * not, or is carried out late: behind so many reads, one a second. Reads may show for a while what
 * was there before (AWS calls it eventual consistency). The run goes on, or is killed right behind
 * it and then followed by an apply or a revert. Held against the world:
 *
 *   - a forward mutation is carried out once, as long as it lands, and shows, within the ten reads
 *     that the executor takes for proof (planner/executor_mutate.c); later than that is the stated
 *     limit, and counted apart;
 *   - what is recorded as done was carried out, what as refused was not, and what is not known is
 *     recorded as such;
 *   - a run ends as DESIGN, section 9, says, and says "done" only of what is so;
 *   - a revert is at the origin, byte for byte.
 */

enum {
    READS_ENOUGH = 10,
    READ_BY_A_REVERT = 1,
    READ_EVERY_MS = 1100,
    SENDS_MAX = 3,
    RUNS_MAX = 10
};

static const char yaml[] = "switchover: 1\nstage: sandbox\nbaseline: 1m\n"
                           "traffic: {steps: [{target: 10, hold: 0s}, {target: 100, hold: 0s}]}\n"
                           "drain: {quiet_for: 0s, timeout: 1h}\n"
                           "revert: {restore_counts: true}\n";

enum {
    MUTATIONS = 3
}; /* scale[target], shift[10%], shift[100%]; scale[source], shift[origin],
      scale[target] */

enum fate { CARRIED_OUT, NOT_CARRIED_OUT, LATE };
static const char *const fate_names[] = {"carried out", "not carried out", "late"};
enum then { GOES_ON, KILLED_THEN_APPLY, KILLED_THEN_REVERT };
static const char *const then_names[] = {"goes on", "killed, then apply", "killed, then revert"};

struct row {
    bool back; /* of the revert, behind an apply that went well */
    unsigned mutation;
    enum fate fate;
    unsigned answers; /* that are lost */
    unsigned reads;   /* LATE: before it lands */
    unsigned stale;   /* reads that show what was before, behind every mutation */
    enum then then;
};

struct figures {
    unsigned rows, lost, doubled, rows_beyond, doubled_beyond;
};

struct loss {
    struct row row;
    struct rehearsal *r;
    struct ledger ledger;
};

static void wrong(const struct loss *loss, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void wrong(const struct loss *loss, const char *format, ...)
{
    const struct row *row = &loss->row;
    struct text what = {0};
    va_list ap;
    va_start(ap, format);
    text_vaddf(&what, format, ap);
    va_end(ap);
    fail_msg("%s, mutation %u, %s, %u lost, late by %u reads, stale for %u, %s: %s\n%s\n%s",
             row->back ? "revert" : "apply", row->mutation, fate_names[row->fate], row->answers,
             row->reads, row->stale, then_names[row->then], text_cstr(&what),
             text_cstr(&loss->ledger.wrong), text_cstr(&loss->r->sim.log));
}

/* ---- playing a row ---- */

static void begin(struct loss *loss, void **own)
{
    static const struct listener_setup listener = {
        .port = 9200, .https = true, .weights = {1, 0, -1}};
    rehearsal_set_up(own);
    struct rehearsal *r = loss->r = *own;
    r->setup.conditions.requests_per_second = 1;
    r->setup.history_ms = 5 * MINUTE_MS;
    r->setup.task_start_min_ms = r->setup.task_start_max_ms = SECOND_MS;
    r->setup.registration_ms = SECOND_MS;
    r->setup.listeners = &listener;
    r->setup.listener_count = 1;
    for (int group = 0; group < ARM_COUNT; group++)
        r->setup.groups[group].attributes.health_interval_s =
            r->setup.groups[group].attributes.healthy_threshold = 1;
    rehearsal_begin(r, yaml);
    ledger_init(&loss->ledger, &r->sim);
    r->sim.user = loss;
    if (loss->row.back) { /* somebody scaled the source down: the way back has three mutations */
        assert_int_equal(cutover_apply(&r->cutover), RUN_DONE);
        sim_set_desired(&r->sim, ARM_SOURCE, 1);
        sim_advance(&r->sim, 2 * MINUTE_MS);
    }
}

/* What reads show is the world's nature, not one process's. */
static void forget(struct sim *sim)
{
    unsigned stale = sim->stale_left;
    sim_forget(sim);
    sim->stale_left = stale;
}

/* Dies at the first point behind the last lost answer. */
static void die_when_lost(struct sim *sim)
{
    const struct loss *loss = sim->user;
    if (sim->performs >= loss->row.mutation + loss->row.answers - 1)
        sim->die_at = sim->points;
}

static void lose(struct loss *loss)
{
    const struct row *row = &loss->row;
    struct sim *sim = &loss->r->sim;
    sim_forget(sim);
    sim->lose_answer_at = row->mutation;
    sim->lose_answers = row->answers;
    sim->lose_after = row->fate == CARRIED_OUT;
    sim->land_late_ms = row->fate == LATE ? READ_EVERY_MS * (row->reads + 1) : 0;
    sim->stale_at = row->mutation;
    sim->stale_reads = row->stale;
    sim->at_point = row->then == GOES_ON ? NULL : die_when_lost;
}

/*
 * It lands, or shows, behind what the executor takes for proof. Who goes the other way does not
 * wait for what the dead run may have sent: a revert overwrites it, unless it lands behind the
 * read-back; an apply plans from the first read, be it one of what was before.
 */
static bool is_beyond_the_limit(const struct row *row)
{
    unsigned unseen = (row->fate == LATE ? row->reads : 0) + row->stale;
    if (row->back && row->then == KILLED_THEN_APPLY)
        return unseen > 0;
    if (!row->back && row->then == KILLED_THEN_REVERT && row->fate == LATE)
        return unseen >= READ_BY_A_REVERT;
    return unseen >= READS_ENOUGH - 2;
}

static enum run_end run(struct loss *loss, bool back)
{
    enum run_end end = back ? cutover_revert(&loss->r->cutover) : cutover_apply(&loss->r->cutover);
    struct ledger *ledger = &loss->ledger;
    ledger_reconcile(ledger);
    if (ledger->lost || (ledger->doubled && !is_beyond_the_limit(&loss->row)))
        wrong(loss, "the books do not agree");
    return end;
}

/* ---- judging ---- */

static bool is_traffic_back(const struct row *row)
{
    return row->back && row->mutation == 2;
}

/* Of the run that lost the answers and went on. */
static void judge_end(struct loss *loss, enum run_end end)
{
    const struct row *row = &loss->row;
    const struct cutover *cutover = &loss->r->cutover;
    bool gave_up = row->fate == NOT_CARRIED_OUT && row->answers >= SENDS_MAX;
    enum direction direction = row->back ? INVERSE : FORWARD;
    enum exit_code code =
        exit_of_outcome(direction, &cutover->outcome, state_changed_anything(cutover->state));
    enum exit_code wanted = EXIT_DONE;
    if (gave_up && !(row->back && row->mutation == 1)) /* the traffic goes back without the count */
        wanted = is_traffic_back(row) ? EXIT_REVERT_UNCONFIRMED : EXIT_INCOMPLETE;
    bool overwritten = is_beyond_the_limit(row) && end != RUN_DONE; /* by what landed late */
    if (code != wanted && !(overwritten && code != EXIT_ERROR))
        wrong(loss, "exit %d, not %d: %s", code, wanted, cutover->outcome.why);
}

/* What says that it is done, is; unless what landed beyond the limit has overwritten it, behind the
 * last read or before it shows. */
static void judge_done(struct loss *loss, bool back)
{
    struct rehearsal *r = loss->r;
    const struct state *state = r->cutover.state;
    if (is_beyond_the_limit(&loss->row))
        return;
    if (back && (!rehearsal_is_at_origin(r) || !state->ended))
        wrong(loss, "done, and not at the origin");
    if (!back && rehearsal_percent(r) != 100)
        wrong(loss, "done, and at %d %%", rehearsal_percent(r));
    for (size_t i = 0; !back && i < state->plan->action_count; i++)
        if (state->plan->actions[i].kind == ACTION_SHIFT &&
            !state_is_done(state, FORWARD, state->plan->actions[i].address))
            wrong(loss, "done, and %s is not", state->plan->actions[i].address);
}

static void run_until_done(struct loss *loss, bool back)
{
    for (int runs = 0; runs < RUNS_MAX; runs++) {
        forget(&loss->r->sim);
        enum run_end end = run(loss, back);
        bool overwritten = is_beyond_the_limit(&loss->row);
        if (end == RUN_DONE && (!back || !overwritten || rehearsal_is_at_origin(loss->r))) {
            judge_done(loss, back);
            return;
        }
        if (end == RUN_DRIFT && overwritten && !back)
            return;
    }
    wrong(loss, "it never ends: %s", loss->r->cutover.outcome.why);
}

static void play(const struct row *row, struct figures *figures)
{
    struct loss loss = {.row = *row};
    void *own;
    begin(&loss, &own);
    lose(&loss);
    enum run_end end = run(&loss, row->back);
    if (row->then == GOES_ON || !loss.r->sim.dead) { /* it did not come to that many requests */
        judge_end(&loss, end);
        if (end == RUN_DONE)
            judge_done(&loss, row->back);
        else
            run_until_done(&loss, row->back);
    } else {
        run_until_done(&loss, row->then == KILLED_THEN_REVERT);
    }
    if (!is_beyond_the_limit(row) && !row->back && loss.ledger.late > (row->fate == LATE))
        wrong(&loss, "more landed late than was sent");
    run_until_done(&loss, true); /* a revert is always possible */
    figures->rows++;
    figures->lost += loss.ledger.lost;
    bool beyond = is_beyond_the_limit(row);
    figures->rows_beyond += beyond;
    *(beyond ? &figures->doubled_beyond : &figures->doubled) += loss.ledger.doubled;
    ledger_clear(&loss.ledger);
    rehearsal_tear_down(&own);
}

/* ---- the rows ---- */

static void play_fates(struct row row, struct figures *figures)
{
    static const unsigned late[] = {0, 1, 2, 4, 7, 12, 25};
    for (row.answers = 1; row.answers <= SENDS_MAX; row.answers++) {
        row.fate = CARRIED_OUT;
        play(&row, figures);
        row.fate = NOT_CARRIED_OUT;
        play(&row, figures);
    }
    row.answers = 1;
    row.fate = LATE;
    for (size_t i = 0; i < COUNT(late); i++) {
        row.reads = late[i];
        play(&row, figures);
    }
}

static void every_mutation_loses_its_answer(void **state)
{
    (void)state;
    static const unsigned stale[] = {0, 1, 3, 7};
    struct figures figures = {0};
    for (int back = 0; back < 2; back++)
        for (unsigned mutation = 1; mutation <= MUTATIONS; mutation++)
            for (enum then then = GOES_ON; then <= KILLED_THEN_REVERT; then++)
                for (size_t i = 0; i < COUNT(stale); i++)
                    play_fates(
                        (struct row){
                            .back = back, .mutation = mutation, .then = then, .stale = stale[i]},
                        &figures);
    print_message("lost answers: %u rows, %u lost records, %u doubled effects; of these rows %u "
                  "are beyond the limit, with %u doubled effects more\n",
                  figures.rows, figures.lost, figures.doubled, figures.rows_beyond,
                  figures.doubled_beyond);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_mutation_loses_its_answer)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
