/*
 * The connection is closed, reset or stalled at every phase of every operation that plan, apply and
 * revert send: the real program against the sandbox, through a proxy that breaks one request, or
 * all from one on. Argument: the program (impatient.c).
 */
#include "tests/unit.h"

#include <signal.h>

#include "tests/fault/wire_story.h"

enum { SEED = 20261122, SAMPLE = 130 };

static const char *program;

/* A cut that only whoever reads the answer can see is no broken connection: nobody asks again. */
static void add(struct stories *stories, enum verb verb, struct fault fault)
{
    struct story *story = stories_add(stories);
    *story = (struct story){.verb = verb,
                            .fault = fault,
                            .heals = !fault.for_ever && fault.way != FAULT_REFUSED &&
                                     fault.phase != FAULT_UNSIZED};
}

static bool is_a_fault(enum fault_phase phase, enum fault_way way)
{
    if (way == FAULT_REFUSED)
        return false;            /* see below */
    if (phase == FAULT_ANSWERED) /* an answer that is whole cannot stall */
        return way == FAULT_FIN || way == FAULT_RST;
    if (phase == FAULT_UNSIZED)
        return way == FAULT_FIN; /* its end */
    if (way == FAULT_TRICKLE)
        return phase == FAULT_FORWARDED || phase == FAULT_BODY;
    return true;
}

static void add_of_operation(struct stories *stories, enum verb verb, const char *operation)
{
    for (enum fault_phase phase = FAULT_PART_READ; phase < FAULT_PHASE_COUNT; phase++)
        for (enum fault_way way = 0; way < FAULT_WAY_COUNT; way++)
            for (int for_ever = 0; for_ever < 2; for_ever++)
                if (is_a_fault(phase, way))
                    add(stories, verb,
                        (struct fault){.operation = operation,
                                       .nth = 1,
                                       .for_ever = for_ever,
                                       .phase = phase,
                                       .way = way});
}

static void add_of_verb(struct stories *stories, enum verb verb, const struct sent *sent)
{
    enum { CONNECTIONS = 8, LOST_FROM = 24 };
    for (size_t i = 0; i < sent->count; i++)
        add_of_operation(stories, verb, sent->operations[i]);
    for (int nth = 1; nth <= CONNECTIONS; nth++)
        for (enum fault_way way = FAULT_FIN; way <= FAULT_STALL; way++)
            add(stories, verb, (struct fault){.nth = nth, .phase = FAULT_ACCEPTED, .way = way});
    for (int nth = 1; nth <= LOST_FROM; nth++) /* the network is gone */
        for (enum fault_phase phase = FAULT_NOT_FORWARDED; phase <= FAULT_FORWARDED; phase++)
            add(stories, verb, (struct fault){.nth = nth, .phase = phase, .way = FAULT_REFUSED});
}

static void every_phase_of_every_operation(void **state)
{
    struct sent sent[VERB_COUNT];
    struct stories stories = {.program = program};
    struct tallies tallies = {0};
    (void)state;
    story_without_faults(sent, program);
    for (enum verb verb = VERB_PLAN; verb <= VERB_REVERT; verb++)
        add_of_verb(&stories, verb, &sent[verb]);
    add_of_operation(&stories, VERB_STARVED, "ListTasks");
    add_of_operation(&stories, VERB_STARVED, "DescribeTasks");
    stories.chosen = calloc(stories.count, sizeof *stories.chosen);
    size_t wanted = getenv("TESTS_LONG") ? stories.count : SAMPLE;
    size_t n = sample(stories.chosen, stories.count, wanted, SEED);
    size_t wrong = workers_run(n, stories_play, &stories, &tallies);
    print_message(
        "connections: %zu of %zu faults (seed %d), %ld met, in %ld runs with %ld "
        "requests; %ld ended well all the same, %ld were taken up; slowest %ld ms; %zu wrong\n",
        n, stories.count, SEED, tallies.n[MET], tallies.n[RUNS], tallies.n[REQUESTS],
        tallies.n[DONE], tallies.n[RESUMED], tallies.slowest_ms, wrong);
    stories_clear(&stories);
    assert_int_equal(wrong, 0);
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
    story_play(&story, program, &wrong, &tallies);
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
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_cannot_be_read_in_a_cutover_is_incomplete),
        cmocka_unit_test(live_is_not_what_it_was_before_a_lost_change),
        cmocka_unit_test(every_phase_of_every_operation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
