/*
 * A request's parameters, whatever protocol brought them, as the Query protocol spells them:
 * "MetricDataQueries.member.1.MetricStat.Period". A JSON body is flattened into the same names.
 *
 * A request is a stranger's: at most PARAMS_MAX of them, names of 256 bytes, JSON of 16 levels.
 */
#ifndef PROVIDERS_SANDBOX_WIRE_PARAMS_H
#define PROVIDERS_SANDBOX_WIRE_PARAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "planner/base/arena.h"
#include "providers/sandbox/world.h"

enum { PARAMS_MAX = 20000, PARAM_NAME_MAX = 256, PARAMS_DEPTH_MAX = 16 };

enum param_kind { PARAM_TEXT, PARAM_NUMBER, PARAM_BOOL };

struct param {
    const char *name;
    const char *value;    /* UTF-8 without NUL */
    enum param_kind kind; /* of JSON; the Query protocol has only texts */
};

struct params {
    bool json;
    struct param *items; /* by name */
    size_t count;
};

/* Both live in the arena; false fills *why as AWS refuses such a request. */
must_use bool params_read_query(struct params *out, struct arena *arena, const char *bytes,
                                size_t n, struct refusal *why);
must_use bool params_read_json(struct params *out, struct arena *arena, const char *bytes, size_t n,
                               struct refusal *why);

/* NULL: not given. The name is a format. */
const char *param_text(const struct params *params, const char *name, ...)
    __attribute__((format(printf, 2, 3)));
/* True when it is not given (then `standard`) or is a whole number within the limits. */
must_use bool param_int(int64_t *out, const struct params *params, const char *name,
                        int64_t standard, int64_t low, int64_t high, struct refusal *why);
/* An instant: ISO 8601, in JSON also seconds since 1970. */
must_use bool param_time(int64_t *out, const struct params *params, const char *name,
                         struct refusal *why);

/* How many members the list has, counted from 1 without gaps: "NAME.member.1". */
size_t param_list(const struct params *params, const char *name);
/* Whether anything stands at the name or below it. */
bool param_any(const struct params *params, const char *name);
/* The parameters below "name.", as a slice of items. */
void params_below(const struct params *params, const char *name, const struct param **first,
                  size_t *count);

#endif
