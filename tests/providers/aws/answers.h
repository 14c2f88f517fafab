/* Recorded answers for the codecs' tests, and what a stranger may send in their place. */
#ifndef TESTS_PROVIDERS_AWS_ANSWERS_H
#define TESTS_PROVIDERS_AWS_ANSWERS_H

#include <stdbool.h>

#include "planner/base/arena.h"
#include "planner/base/error.h"
#include "planner/base/text.h"
#include "planner/subject.h"

/* Whose answers these are (answers_subject.c, which needs no test library). */
extern const struct subject answers_subject;

/* The file answers/NAME. `out` is emptied first. */
void answer_load(struct text *out, const char *name);

/* The same with every `from` replaced; fails the test when there is none. */
void answer_load_with(struct text *out, const char *name, const char *from, const char *to);

/* Reads an answer with one codec. It must see to it that a failure leaves its `out` as it was. */
typedef bool answer_reader(struct arena *arena, const struct text *answer, struct error *err);

/*
 * Gives the reader all that is no such answer: every prefix of the recorded one, HTML, nothing,
 * deep nesting, 10 MB; these must fail. Then the recorded one with each value replaced by values
 * of other types, and with bytes overwritten: these must not crash. A failure must be an
 * ERROR_SERVICE that names the operation.
 */
void answer_attack(const char *name, const char *operation, answer_reader *read);

#endif
