/*
 * Instants and durations. Everywhere in this tool an instant is an int64_t of milliseconds since
 * 1970-01-01T00:00:00Z (names end in `_at` or say "wall"), a duration an int64_t of milliseconds
 * (names end in `_ms`). Which clock an instant comes from is the clock port's affair.
 */
#ifndef PLANNER_BASE_TIME_H
#define PLANNER_BASE_TIME_H

#include <stdbool.h>
#include <stdint.h>

enum {
    SECOND_MS = 1000,
    MINUTE_MS = 60 * SECOND_MS,
    HOUR_MS = 60 * MINUTE_MS,
    TIME_TEXT_SIZE = 32,
};

/* RFC 3339 in UTC: "2026-12-01T02:00:00Z"; milliseconds are written only when there are any. */
const char *time_format(char out[TIME_TEXT_SIZE], int64_t at);
/* Hours and minutes of the day in UTC: "02:11". */
const char *time_of_day(char out[TIME_TEXT_SIZE], int64_t at);
/* Reads RFC 3339 with Z or an offset; false for anything else, years outside 1970-9999 included. */
bool time_parse(int64_t *at, const char *s);

/* "40s", "10m", "1h30m", "0s", "250ms": largest units first, zero units left out. */
const char *duration_format(char out[TIME_TEXT_SIZE], int64_t ms);
/* Reads whole numbers with h, m, s in that order, each at most once ("1h30m", "90s"); 0s is a
 * duration. False for a bare number, spaces, fractions, or more than 10,000 hours. */
bool duration_parse(int64_t *ms, const char *s);

/* The whole minute that an instant lies in. */
int64_t minute_floor(int64_t at);

#endif
