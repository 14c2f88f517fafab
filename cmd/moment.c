#include "cmd/moment.h"

const char *moment_format(char out[TIME_TEXT_SIZE], int64_t at)
{
    return time_format(out, at - at % SECOND_MS);
}
