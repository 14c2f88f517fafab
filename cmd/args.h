/*
 * The command line, read over the table of verbs: exact names, no abbreviations; `-x` means `--x`;
 * `--x=value` or `--x value`; flags take `=true` and `=false`; options stand anywhere behind the
 * verb; `--` ends them. An option that is given twice is refused: nobody should have to know which
 * one wins.
 */
#ifndef CMD_ARGS_H
#define CMD_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cmd/verbs.h"
#include "planner/base/error.h"

enum { ARGS_OPERANDS_MAX = 4 };

struct option_value {
    bool given;
    bool flag;
    int64_t number;   /* a number, or a duration's milliseconds */
    const char *text; /* as given; borrowed from argv */
};

struct args {
    const struct verb *verb; /* never NULL after a success */
    const char *operands[ARGS_OPERANDS_MAX];
    size_t operand_count;
    struct option_value values[OPT_COUNT];
};

/* ERROR_USAGE, or ERROR_NOT_YET for what is reserved. `out->verb` is set as far as it was found, so
 * that the message can name its help. `--help` on a verb leaves its operands unchecked. */
must_use bool args_parse(struct args *out, int argc, char *const argv[], struct error *err);

/* ERROR_USAGE, with the command that may have been meant. Always false. */
bool args_unknown_verb(const char *name, struct error *err);

bool args_flag(const struct args *args, enum option_id id);
const char *args_text(const struct args *args, enum option_id id); /* NULL: not given */
int64_t args_number(const struct args *args, enum option_id id, int64_t otherwise);

#endif
