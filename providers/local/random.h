/* Random ids from the kernel: for lock ids, temporary names, lineages. */
#ifndef PROVIDERS_LOCAL_RANDOM_H
#define PROVIDERS_LOCAL_RANDOM_H

#include <stddef.h>

#include "planner/base/error.h"

/* Writes `digits` lower-case hexadecimal digits (an even number, at most 64) and a NUL. */
must_use bool local_random_hex(char *out, size_t digits, struct error *err);

enum { LOCAL_UUID_SIZE = 37 };

/* A random UUID (RFC 9562, version 4), in lower case with dashes. */
must_use bool local_random_uuid(char out[LOCAL_UUID_SIZE], struct error *err);

#endif
