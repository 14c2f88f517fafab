/*
 * A scenario file: a plan file, what is live, the commands, and by hand what must come of them.
 *
 *     # What it shows.
 *     --- each operation | action          a table: the scenario is played once a row, and
 *     DescribeServices | ecs:DescribeServices         {operation}, {action} stand for its cells
 *                                          (\n in a cell is a new line)
 *     --- prod.yaml                        a file, here the plan file; again later: it is edited
 *     switchover: 1
 *     stage: sandbox
 *     --- world                            a sandbox scenario (providers/sandbox/scenario.h)
 *     services: {target: {desired: 2}}
 *     --- $ switchover plan prod.yaml      the real program
 *     exit 0
 *     says shift[100%]                     on standard output, in this order, blanks alike
 *     tells reading                        on standard error, likewise
 *     never drain                          on neither
 *     sends UpdateService, ModifyListener  the mutations, all of them, in order; left out: none;
 *                                          "ModifyListener!AccessDenied" failed, "!lost" unanswered
 *     reads 14                             so many other requests
 *     back behind GetMetricData            its last ModifyListener, or the first of those in a row
 *                                          that ended with it, was the next request after this one
 *                                          (its name's beginning, or "A/B"), over an open
 *                                          connection; and
 *                                          with "within 1m" it was carried out so soon after it
 *     live 9200 source 1, target 0         afterwards; "untouched": every byte as at the start
 *     live target desired 2                afterwards
 *     keeps prod.state.json                every byte of the file, or that there is none
 *     --- $ AWS_REGION=eu-west-1 switchover apply prod.yaml --auto-approve
 *     at ModifyListener interrupt          SIGINT comes just before that is answered; or "kill"
 *     exit 6
 *     --- $ switchover apply prod.yaml --auto-approve &
 *     until hold[100%]                     it goes on beside what follows once standard error says
 *     sends ModifyListener                 this; what it says and sends up to then is judged here
 *     --- interrupt                        SIGINT to it; or "kill", or "wait" for it to end; what
 *     exit 6                               is said here is judged then
 *     --- freeze                           SIGSTOP to it, and "thaw", SIGCONT
 *     --- meanwhile                        somebody else changes what is live (stage.h); "at
 *     9200 source 1, target 1              OPERATION ..." says the same within a command
 *     target desired 5
 *     --- until                            waits until that is live
 *     target healthy 5
 *     --- pass 8m                          waits for so much of the world's time
 *     --- remove prod.state.json
 *     --- copy prod.state.json kept        over what is there, if anything
 *     --- spoil prod.state.json            "half" of it, a "byte" in its middle, "empty", or
 *     "serial": 3 -> "serial": x           one text by another
 *
 * Beside that, the last lines of every run are held to the truth (judge.h): they are all there,
 * with the exit code that it was, and what they call live is live.
 *
 * {now}, {now+90m}, {now-1h}: the world's time when that part begins, as RFC 3339. {endpoint}: the
 * sandbox's, "http://127.0.0.1:PORT". "--- speed 60" before the first command sets how fast the
 * world's time passes (600 times unless said): a hold that must pass its gates wants less than
 * that, for they look every 30 s, and this machine may be busy for some of these.
 */
#ifndef TESTS_SCENARIO_SCRIPT_H
#define TESTS_SCENARIO_SCRIPT_H

#include <stddef.h>
#include <stdint.h>

#include "planner/base/arena.h"

enum part_kind {
    PART_FILE,
    PART_WORLD,
    PART_RUN,
    PART_WAIT, /* these three: for the end of the command beside */
    PART_INTERRUPT,
    PART_KILL,
    PART_FREEZE,
    PART_THAW,
    PART_MEANWHILE,
    PART_UNTIL,
    PART_PASS,
    PART_REMOVE,
    PART_COPY,
    PART_SPOIL,
    PART_SPEED
};

struct part {
    enum part_kind kind;
    unsigned line;    /* of its head, in the scenario file */
    const char *head; /* the file's name, the command line, the speed */
    const char *body;
};

struct script {
    struct arena arena;
    const char *shows; /* the first line */
    struct part *parts;
    size_t part_count;
    const char *table; /* body of "each"; NULL: there is none */
    const char *columns;
    size_t rows; /* at least 1 */
};

/* Reads a scenario file; ends the program with a message when it is none. */
void script_read(struct script *out, const char *path);
void script_clear(struct script *script);

/* The row's cells, for the test's name: "DescribeServices"; "" without a table. */
const char *script_row_name(const struct script *script, struct arena *arena, size_t row);
/* A text with the row's cells, the times and the sandbox's endpoint put in. */
const char *script_fill(const struct script *script, struct arena *arena, const char *text,
                        size_t row, int64_t now, const char *endpoint);

#endif
