/*
 * Signals. The first SIGINT, SIGTERM or SIGHUP asks to stop: the request in flight is finished, the
 * outcome recorded, the last lines are said. The second one kills by the signal itself; the journal
 * covers that as it covers a crash.
 */
#ifndef CMD_INTERRUPT_H
#define CMD_INTERRUPT_H

#include <stdbool.h>

/* SIGPIPE: a reader that went away must never stop a run. Called first thing. */
void interrupt_ignore_pipes(void);

/* From now on the signals are caught, and not before: until something can be changed, a signal may
 * simply end the process. One that was ignored when the process began (nohup, a job in
 * the background) stays ignored. */
void interrupt_watch(void);

bool interrupt_happened(void *unused); /* of a shape that ports can ask through */

/* What is done in the very handler of the first signal, since the second one leaves no time for it;
 * NULL: nothing. Only what a handler may do. */
void interrupt_on_stop(void (*hook)(void));

/* Becomes readable for good with the first signal that is caught, to be polled beside what is
 * waited for. */
int interrupt_fd(void);

#endif
