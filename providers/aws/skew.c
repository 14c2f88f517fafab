#include "providers/aws/skew.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "planner/base/time.h"

enum { SKEW_LEAST_MS = 4 * MINUTE_MS };

bool skew_parse_date(int64_t *at, const char *http_date)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    char month[4], clock[9], zone[4], rfc3339[48];
    int day, year, end = 0;
    if (sscanf(http_date, "%*3[A-Za-z], %2d %3[A-Za-z] %4d %8[0-9:] %3[A-Z]%n", &day, month, &year,
               clock, zone, &end) != 5 ||
        http_date[end] || strcmp(zone, "GMT") != 0 || strlen(month) != 3)
        return false;
    const char *found = strstr(months, month);
    if (!found || (found - months) % 3 || day < 1 || year < 1970)
        return false;
    snprintf(rfc3339, sizeof rfc3339, "%04d-%02d-%02dT%.8sZ", year, (int)(found - months) / 3 + 1,
             day, clock);
    return time_parse(at, rfc3339);
}

bool skew_found(int64_t *offset_ms, const char *code, const char *http_date, int64_t signed_at,
                int64_t now)
{
    static const char *const codes[] = {
        "RequestTimeTooSkewed",      "RequestExpired",
        "RequestInTheFuture",        "SignatureDoesNotMatch",
        "InvalidSignatureException", "AuthFailure",
    };
    int64_t server;
    bool known = false;
    for (size_t i = 0; i < sizeof codes / sizeof *codes && !known; i++)
        known = strcmp(code, codes[i]) == 0;
    if (!known || !skew_parse_date(&server, http_date) || llabs(server - signed_at) < SKEW_LEAST_MS)
        return false;
    *offset_ms = server - now;
    return true;
}
