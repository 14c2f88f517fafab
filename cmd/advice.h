/* Commands for the person to run next, ready for a shell. All are heap strings: free() them. */
#ifndef CMD_ADVICE_H
#define CMD_ADVICE_H

#include "cmd/cutover.h"

/* "switchover VERB FILE --state S"; `file` NULL: the one that was given. */
char *advice_command(const struct cutover *cutover, const char *verb, const char *file);

/* "switchover apply FILE --accept GATE --because TEXT", with TEXT to be replaced by who runs it. */
char *advice_accept(const struct cutover *cutover, const char *file, const char *gate);

/* How to go on and how to go back from what the state records; either may be NULL: there is nothing
 * to do. `state` may be NULL. */
void advice_next(const struct cutover *cutover, const struct state *state, char **go_on,
                 char **go_back);

#endif
