/*
 * What a check proves itself with: the value of an environment variable that the plan file names
 * (SWITCHOVER_SECRET_...), as an Authorization header. The value is never said: not in an error,
 * and not where an answer repeats it. What this file copied it into is overwritten before it is
 * given back; the environment itself, and what libcurl had in its buffers, are not.
 */
#ifndef PROVIDERS_CHECKS_SECRET_H
#define PROVIDERS_CHECKS_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#include "planner/base/error.h"
#include "planner/base/text.h"

enum { SECRET_LENGTH_MAX = 8192, SECRET_RUN = 8 };

struct secret { /* zeroed: there is none */
    const char *variable;
    const char *value;    /* borrowed from the environment */
    const char *password; /* of "user:password"; within `value`; NULL: a token */
    char *authorization;  /* "Bearer ..." (RFC 6750) or "Basic ..." (RFC 7617) */
    size_t size;
};

/*
 * At most one of the two variables' names is not NULL; basic's value is "user:password".
 * ERROR_CREDENTIALS where the variable is missing, empty, or holds what no header may. `out` must
 * be cleared in either case.
 */
must_use bool secret_read(struct secret *out, const char *bearer, const char *basic,
                          struct error *err);
void secret_clear(struct secret *secret);

/* Adds the text with every run of `run` bytes or more that is of the secret (and the whole of a
 * shorter one) replaced by the variable's name in brackets. */
void secret_hide(struct text *out, const struct secret *secret, const char *text, size_t run);

#endif
