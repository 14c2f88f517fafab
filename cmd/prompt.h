/* The questions that this tool asks. */
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

/* Asks on standard error and reads one line of standard input: only `yes` is a yes. Another answer
 * or the end of input is ERROR_INTERRUPTED: nothing was changed. */
must_use bool prompt_yes(const char *question, struct error *err);

/* Asks for the code of an MFA device, of the shape that credentials_means has, where
 * prompt_possible(). It is shown as it is typed: it is good for one use and half a minute. */
must_use bool prompt_mfa(void *unused, char *code, size_t size, const char *serial,
                         struct error *err);

#endif
