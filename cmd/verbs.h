/*
 * The table of commands and their options. It drives the parser (args.h) and the help texts; what
 * completes command lines or writes manual pages reads it too.
 */
#ifndef CMD_VERBS_H
#define CMD_VERBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "planner/base/error.h"

struct args;

enum option_id {
    OPT_HELP,
    OPT_JSON,
    OPT_STATE,
    OPT_OUT,
    OPT_FORMAT,
    OPT_DETAILED_EXITCODE,
    OPT_CHECKS,
    OPT_REVERT,
    OPT_AUTO_APPROVE,
    OPT_JSON_INTO,
    OPT_LOCK_TIMEOUT,
    OPT_UNTIL,
    OPT_ACCEPT,
    OPT_BECAUSE,
    OPT_TRAFFIC_ONLY,
    OPT_NOW,
    OPT_FORCE,
    OPT_PRINT_AWS,
    OPT_SPEED,
    OPT_PORT,
    OPT_SCENARIO,
    OPT_ONCE,
    OPT_ASCII,
    OPT_FOR,
    OPT_COUNT
};

enum option_kind {
    OPTION_FLAG,     /* --x, --x=true, --x=false */
    OPTION_TEXT,     /* any text but the empty one */
    OPTION_CHOICE,   /* one of `choices` */
    OPTION_NUMBER,   /* a whole number from `least` to `most` */
    OPTION_DURATION, /* "40s", "1h30m" */
};

struct option {
    enum option_id id;
    enum option_kind kind;
    const char *name;    /* without dashes */
    const char *value;   /* what help calls the value; NULL for a flag */
    const char *choices; /* "text|markdown|json" */
    int64_t least, most;
    const char *help;
};

/* Ends with the exit code in *exit_code; false is an error that main prints and turns into a code
 * (exit_code.h). */
typedef bool verb_run(const struct args *args, int *exit_code, struct error *err);

/* A row with nothing but a name is reserved: it "is not available yet". */
struct verb {
    const char *name;
    const char *operands; /* "FILE|SAVED"; "" when it takes none */
    unsigned least_operands, most_operands;
    const char *summary;     /* one line of the overview */
    const char *description; /* lines; each is wrapped, or stays if it begins with a blank */
    const struct option *options;
    size_t option_count;
    unsigned exit_codes; /* bits 1 << code: what help shows of the table */
    verb_run *run;
};

extern const struct verb verbs[];
extern const size_t verb_count;

bool verb_is_reserved(const struct verb *verb);
const struct verb *verb_find(const char *name);
const struct option *verb_option(const struct verb *verb, const char *name);

#endif
