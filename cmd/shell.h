/* Words for a POSIX shell: in commands that the tool prints for people to run. */
#ifndef CMD_SHELL_H
#define CMD_SHELL_H

#include "planner/base/text.h"

/* Appends the word, in single quotes where it needs them. */
void shell_add(struct text *out, const char *word);

#endif
