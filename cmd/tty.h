/*
 * A terminal that gives each key at once and does not show it, for as long as somebody may press
 * one. It is given back on every way out of the process but SIGKILL: by tty_leave(), by the signals
 * that stop a run (the second one kills at once), by those of a programming error, and while the
 * process is suspended (SIGTSTP), so that the shell finds a terminal that is sane.
 *
 * Ctrl-C and Ctrl-Z stay signals. Nothing here waits for the terminal: one that nobody reads from
 * must not hold up a run.
 */
#ifndef CMD_TTY_H
#define CMD_TTY_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Takes the terminal over, drops what was typed before, and writes `greeting` to `out`; on every
 * way out `farewell` is written there. Both may be NULL, and must outlive the process. False: `in`
 * is no terminal, this process is not in its foreground, or a signal has asked to stop. Once taken,
 * a second call does nothing.
 */
bool tty_enter(int in, int out, const char *greeting, const char *farewell);
/* Gives it back, and drops what was typed: it was not meant for the shell. */
void tty_leave(void);

/* After a wait: takes the terminal again where the process was suspended meanwhile and is in the
 * foreground again. False: it is not ours now, and must not be read. */
bool tty_is_ours(void);

/* How often the process was suspended since it took the terminal: then the shell has written
 * there. */
unsigned tty_suspensions(void);

/* Becomes readable with a key, or when the window's size changes; -1: it cannot be had. To be
 * polled only while tty_is_ours(). */
int tty_wake_fd(void);

/* What was typed, at most `room` bytes; never waits, but takes in what belongs together (a pasted
 * text, an arrow key, a window that is dragged; 3 s at most). *resized: the window's size has
 * changed. Empties tty_wake_fd(). */
size_t tty_read(char *bytes, size_t room, bool *resized);
/* Writes to `out`, unless and until the terminal is given back: what a signal cuts short does not
 * go on behind the farewell. */
void tty_write(const char *bytes, size_t n);
/* Drops what was typed and not read yet. */
void tty_drop(void);

#endif
