/*
 * The connection is closed, reset or stalled at every phase of every operation that plan, apply and
 * revert send: the real program against the sandbox, through a proxy that breaks one request, or
 * all from one on. Argument: the program (impatient.c).
 */
#include "tests/unit.h"

#include <signal.h>

#include "tests/fault/wire_story.h"

enum { SEED = 20261122, SAMPLE = 100 };

static const char *program;
static const struct sent *sent;

/* A cut that only whoever reads the answer can see is no broken connection: nobody asks again. What
 * is asked once, or of whom nobody asks again, is done without. */
static bool heals(enum verb verb, const struct fault *fault)
{
    static const char *const once[] = {"GetMetricData/percentiles", "target-health",
                                       "source-indices", "target-indices"};
    for (size_t i = 0; i < COUNT(once); i++)
        if (fault->operation && strcmp(fault->operation, once[i]) == 0)
            return false;
    if (!fault->operation && wire_verb(verb)->checks)
        return false;
    return fault->way == FAULT_WHOLE ||
           (!fault->for_ever && fault->way != FAULT_REFUSED && fault->phase != FAULT_UNSIZED);
}

static void add(struct stories *stories, enum verb verb, struct fault fault)
{
    struct story *story = stories_add(stories);
    *story = (struct story){.verb = verb, .fault = fault, .heals = heals(verb, &fault)};
    if (wire_verb(verb)->later)
        story->fault.after = "ModifyListener";
    if (verb == VERB_STOPPED)
        story->fault.signal = SIGTERM;
}

static bool is_a_fault(enum fault_phase phase, enum fault_way way)
{
    bool rare = phase == FAULT_INFORMED || phase == FAULT_CHUNK || phase == FAULT_TRAILER ||
                phase == FAULT_UNSIZED;
    if (way == FAULT_REFUSED)
        return false; /* see below */
    if (way == FAULT_WHOLE)
        return rare;
    if (phase == FAULT_ANSWERED) /* an answer that is whole cannot stall */
        return way == FAULT_FIN || way == FAULT_RST;
    if (phase == FAULT_UNSIZED)
        return way == FAULT_FIN; /* its end */
    if (way == FAULT_TRICKLE)
        return phase == FAULT_FORWARDED || phase == FAULT_BODY;
    return true;
}

static void add_of_operation(struct stories *stories, enum verb verb, const char *operation,
                             int nth)
{
    for (enum fault_phase phase = FAULT_PART_READ; phase < FAULT_PHASE_COUNT; phase++)
        for (enum fault_way way = 0; way < FAULT_WAY_COUNT; way++)
            for (int for_ever = 0; for_ever < 2; for_ever++)
                if (is_a_fault(phase, way))
                    add(stories, verb,
                        (struct fault){.operation = operation,
                                       .nth = nth,
                                       .for_ever = for_ever,
                                       .phase = phase,
                                       .way = way});
}

static void add_of_connections(struct stories *stories, enum verb verb)
{
    enum { CONNECTIONS = 8, LOST_FROM = 24 };
    for (int nth = 1; nth <= CONNECTIONS; nth++)
        for (enum fault_way way = FAULT_FIN; way <= FAULT_STALL; way++)
            add(stories, verb, (struct fault){.nth = nth, .phase = FAULT_ACCEPTED, .way = way});
    for (int nth = 1; nth <= LOST_FROM; nth++) /* the network is gone */
        for (enum fault_phase phase = FAULT_NOT_FORWARDED; phase <= FAULT_FORWARDED; phase++)
            add(stories, verb, (struct fault){.nth = nth, .phase = phase, .way = FAULT_REFUSED});
}

static void add_of_verb(struct stories *stories, enum verb verb)
{
    int depths[STORY_DEPTHS];
    for (size_t i = 0; i < sent[verb].count; i++) {
        int n = story_depths(depths, sent, verb, &sent[verb].operations[i]);
        for (int k = 0; k < n; k++)
            add_of_operation(stories, verb, sent[verb].operations[i].name, depths[k]);
    }
    if (verb <= VERB_REVERT || wire_verb(verb)->later)
        add_of_connections(stories, verb);
}

static void is_told_as_unconfirmed(struct wire_stage *stage, const struct story *story)
{
    (void)story;
    if (stage->exit_code != 9)
        wire_stage_wrong(stage, "nobody has confirmed the way back");
}

/* The network is lost with the traffic on the target, just when it is to go back: the request does
 * not arrive, or its answer does not. */
static void add_of_fallback(struct stories *stories)
{
    for (enum fault_phase phase = FAULT_NOT_FORWARDED; phase <= FAULT_FORWARDED; phase++) {
        add(stories, VERB_FALLBACK,
            (struct fault){
                .operation = "ModifyListener", .nth = 1, .phase = phase, .way = FAULT_REFUSED});
        stories->items[stories->count - 1].judge = is_told_as_unconfirmed;
    }
}

static void every_phase_of_every_operation(void **state)
{
    struct stories stories = {.program = program, .sent = sent};
    struct tallies tallies = {0};
    (void)state;
    add_of_fallback(&stories);
    size_t always = stories.count;
    for (enum verb verb = 0; verb < VERB_COUNT; verb++)
        add_of_verb(&stories, verb);
    stories_choose(&stories, always, getenv("TESTS_LONG") ? stories.count : SAMPLE, SEED);
    size_t wrong = workers_run(stories.chosen_count, stories_play, &stories, &tallies);
    print_message(
        "connections: %zu of %zu faults (seed %d), %ld met, in %ld runs with %ld "
        "requests; %ld ended well all the same, %ld were taken up; slowest %ld ms; %zu wrong\n",
        stories.chosen_count, stories.count, SEED, tallies.n[MET], tallies.n[RUNS],
        tallies.n[REQUESTS], tallies.n[DONE], tallies.n[RESUMED], tallies.slowest_ms, wrong);
    stories_clear(&stories);
    assert_int_equal(wrong, 0);
    stories_met_all(&tallies);
}

/* ---- what was wrong once ---- */

/* Who cannot read can still send. */
static void names_the_way_without_reading(struct wire_stage *stage, const struct story *story)
{
    if (story->verb == VERB_REVERT && !strstr(text_cstr(&stage->err), "revert prod.yaml --now"))
        wire_stage_wrong(stage, "no word of --now");
}

static void play_now(enum verb verb, const char *operation, enum fault_phase phase)
{
    const struct story story = {
        .verb = verb,
        .judge = phase == FAULT_NOT_FORWARDED ? names_the_way_without_reading : NULL,
        .fault = {.operation = operation, .nth = 1, .phase = phase, .way = FAULT_REFUSED}};
    struct tallies tallies = {0};
    struct text wrong = {0};
    story_play(&story, program, sent, &wrong, &tallies);
    if (wrong.len)
        fail_msg("%s", wrong.data);
}

static void what_cannot_be_read_in_a_cutover_is_incomplete(void **state)
{
    (void)state;
    play_now(VERB_RESUME, NULL, FAULT_NOT_FORWARDED);
    play_now(VERB_REVERT, NULL, FAULT_NOT_FORWARDED);
}

static void live_is_not_what_it_was_before_a_lost_change(void **state)
{
    (void)state;
    play_now(VERB_APPLY, "ModifyListener", FAULT_FORWARDED);
    play_now(VERB_REVERT, "ModifyListener", FAULT_FORWARDED);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 1;
    program = argv[1];
    signal(SIGPIPE, SIG_IGN);
    sent = stories_without_faults(program);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_cannot_be_read_in_a_cutover_is_incomplete),
        cmocka_unit_test(live_is_not_what_it_was_before_a_lost_change),
        cmocka_unit_test(every_phase_of_every_operation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
