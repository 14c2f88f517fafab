/*
 * Runs another program and takes what it prints. There is no shell: the program gets the words as
 * they are, and is looked for in PATH where its name has no slash.
 *
 * What it prints may be a secret: the output is a secret text, standard error goes nowhere, and no
 * message holds anything of either, nor of the arguments; it names the program and how it ended.
 * Standard input is empty. Signals that this process ignores for itself (SIGPIPE) or blocks are as
 * usual there.
 *
 * Where it may ask a person, and this process is the terminal's foreground, the program stays in
 * its process group: it can ask on /dev/tty, the only place that is left to it, and the terminal's
 * Ctrl-C reaches both. To lend a group of its own the terminal would leave this process in the
 * background, where its next look at the terminal stops it. Everywhere else the program has a group
 * of its own, which is ended as a whole: when it asks at the terminal, too, as that stops it and
 * nobody would answer.
 *
 * Known weakness: of a program in the foreground that is ended from here, children that outlive it
 * are not; their next write finds no reader.
 */
#ifndef PROVIDERS_LOCAL_PROCESS_H
#define PROVIDERS_LOCAL_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "planner/base/error.h"
#include "planner/base/text.h"

struct process_words {
    char **words; /* `count` of them, and a NULL behind; the first is the program */
    size_t count;
};

/* Splits a line as a POSIX shell does: quotes and backslashes, but no variables, patterns or
 * comments (Python's shlex.split() is the same). ERROR_USAGE for an open quote, a backslash with
 * nothing behind it, and no word at all. Must be cleared also after `false`; clearing cleanses. */
must_use bool process_split(struct process_words *out, const char *line, struct error *err);
void process_words_clear(struct process_words *words);

struct process_limits {
    size_t max_output;           /* more is an error, not a cut */
    int64_t timeout_ms;          /* until it has ended */
    bool may_ask;                /* a person, at the terminal */
    bool (*interrupted)(void *); /* asked while waiting; true ends all with ERROR_INTERRUPTED */
    void *interrupted_self;
};

/*
 * True: it ended with exit status 0, and all that it printed is in `out` (to be cleared in either
 * case). It does not run any more when this returns: where it had to be ended, it got SIGTERM, so
 * that it can give the terminal back, and SIGKILL half a second later. Its end counts, not that of
 * the pipe: what it leaves running behind it is not waited for.
 *
 * Errors are ERROR_USAGE (it cannot be started), ERROR_SERVICE (it ended in another way, said too
 * much, took too long, or asked where it may not) or ERROR_INTERRUPTED.
 */
must_use bool process_run(struct text *out, const struct process_words *words,
                          const struct process_limits *limits, struct error *err);

#endif
