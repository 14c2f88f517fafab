/* Instants for people: UTC, to the second. */
#ifndef CMD_MOMENT_H
#define CMD_MOMENT_H

#include <stdint.h>

#include "planner/base/time.h"

/* "2026-12-01T02:00:00Z" */
const char *moment_format(char out[TIME_TEXT_SIZE], int64_t at);

#endif
