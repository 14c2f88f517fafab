/* The one question that this tool asks. */
#ifndef CMD_PROMPT_H
#define CMD_PROMPT_H

#include <stdbool.h>
#include <stdio.h>

#include "planner/base/error.h"

/* Whether there is somebody to ask: standard input and standard error are terminals. */
bool prompt_possible(void);

/* ERROR_USAGE, naming --auto-approve, where there is nobody to ask. To be called before anything
 * that takes time. */
must_use bool prompt_or_approved(bool auto_approve, const char *verb, struct error *err);

/*
 * Asks on standard error and reads one line of standard input: only `yes` is a yes. Another answer,
 * the end of input, or a signal (interrupt.h) leaves *yes false; `*why` then says which, in a word
 * or two for the person.
 */
void prompt_yes(bool *yes, const char **why, const char *question);

#endif
