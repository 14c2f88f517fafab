/*
 * Answers questions on standard input about retries, for client_botocore.py:
 * "class STATUS CODE" -> the class's number; "wait ATTEMPTS RANDOM" -> milliseconds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "providers/aws/retry.h"

static void answer(const char *verb, const char *first, const char *second)
{
    if (strcmp(verb, "class") == 0) {
        struct retry_attempt attempt = {.sent = true, .status = atoi(first), .code = second};
        printf("%d\n", (int)retry_classify(&attempt));
    } else if (strcmp(verb, "wait") == 0) {
        printf("%lld\n", (long long)retry_wait_ms(atoi(first), atof(second)));
    }
}

int main(void)
{
    char verb[16], first[64], second[64];
    while (scanf("%15s %63s %63s", verb, first, second) == 3)
        answer(verb, first, second);
    return 0;
}
