/*
 * A host's clock that is wrong: AWS refuses what was signed more than five minutes off its own
 * time. Its answer has a Date; the difference is kept and signed with from then on.
 */
#ifndef PROVIDERS_AWS_SKEW_H
#define PROVIDERS_AWS_SKEW_H

#include <stdbool.h>
#include <stdint.h>

/* RFC 9110's preferred form, "Sun, 06 Nov 1994 08:49:37 GMT", which AWS sends. */
bool skew_parse_date(int64_t *at, const char *http_date);

/* Whether a refusal with that code, of a request signed at `signed_at`, is one because of the time
 * (the two are 4 minutes apart, as AWS SDKs have it). Then *offset_ms is what must be added to the
 * host's clock, which reads `now`. */
bool skew_found(int64_t *offset_ms, const char *code, const char *http_date, int64_t signed_at,
                int64_t now);

#endif
