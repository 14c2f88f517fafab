/* A cutover at hand in a folder of its own, with a cloud that answers what a test wants. */
#ifndef TESTS_CMD_AT_HAND_H
#define TESTS_CMD_AT_HAND_H

#include "cmd/cutover.h"

struct at_hand {
    char *folder;
    char *file, *state, *saved; /* paths: FOLDER/prod.yaml, prod.state.json, saved.plan */
    struct args args;
    struct cutover cutover;
    unsigned observed; /* how often, and what was asked last */
    unsigned asked_facts;
    struct subject asked_subject;
    unsigned denied;                 /* facts: a read that asks for one of them fails */
    void (*live)(struct snapshot *); /* changes prod_snapshot(); NULL: as it is */
};

/* The folder and a plan file of two lines; credentials and region in the environment. */
void at_hand_begin(struct at_hand *h);
void at_hand_end(struct at_hand *h);

/* Parses `line` ("revert FILE --now"; FILE, STATE and SAVED are the paths) and opens the cutover,
 * then puts the test's cloud in the place of AWS. */
must_use bool at_hand_open(struct at_hand *h, const char *line, struct error *err);
void at_hand_close(struct at_hand *h);

/* Stores a state of prod: `changed` has it sent a shift, `ended` its lineage be over. */
void at_hand_store_state(struct at_hand *h, const char *yaml, bool changed, bool ended);
/* The same with a gate that failed in hold[100%], the traffic still on the target; nobody has
 * accepted it. */
void at_hand_store_failure(struct at_hand *h, const char *yaml, const char *gate);
/* Saves a plan of prod; its digest. */
void at_hand_save_plan(struct at_hand *h, char digest[DIGEST_HEX_SIZE]);

#define AT_HAND_LINEAGE "1a2b3c4d-0000-4000-8000-000000000000"

#endif
