#include "providers/aws/retry.h"

#include <stddef.h>
#include <string.h>

enum { WAIT_MAX_S = 20 };

static bool is_one_of(const char *code, const char *const codes[], size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(code, codes[i]) == 0)
            return true;
    return false;
}

static bool is_throttling(const char *code)
{
    static const char *const codes[] = {
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottledException",
        "TooManyRequestsException",
        "ProvisionedThroughputExceededException",
        "TransactionInProgressException",
        "RequestLimitExceeded",
        "BandwidthLimitExceeded",
        "LimitExceededException",
        "RequestThrottled",
        "SlowDown",
        "PriorRequestNotComplete",
        "EC2ThrottledException",
    };
    return is_one_of(code, codes, sizeof codes / sizeof *codes);
}

static bool is_transient_code(const char *code)
{
    static const char *const codes[] = {
        "RequestTimeout", "RequestTimeoutException",
        "IDPCommunicationError", /* STS: it did not reach who vouches for a web identity */
    };
    return is_one_of(code, codes, sizeof codes / sizeof *codes);
}

static bool is_transient_status(int status)
{
    return status == 500 || status == 502 || status == 503 || status == 504;
}

static enum retry_class classify_failure(enum http_failure failure)
{
    switch (failure) {
    case HTTP_NOT_CONNECTED:
    case HTTP_NO_HANDSHAKE:
    case HTTP_BROKEN:
    case HTTP_UNREADABLE:
        return RETRY_TRANSIENT;
    case HTTP_TIMED_OUT:
        return RETRY_TIMEOUT;
    case HTTP_ANSWERED:
    case HTTP_NOT_TRIED:
    case HTTP_NOT_SECURE: /* a certificate does not become valid by asking again */
    case HTTP_TOO_LARGE:
    case HTTP_STOPPED:
        break;
    }
    return RETRY_PERMANENT;
}

enum retry_class retry_classify(const struct retry_attempt *attempt)
{
    if (attempt->failure != HTTP_ANSWERED)
        return classify_failure(attempt->failure);
    if (attempt->status >= 200 && attempt->status < 300)
        return RETRY_NONE;
    if (is_throttling(attempt->code))
        return RETRY_THROTTLED;
    if (is_transient_code(attempt->code) || is_transient_status(attempt->status))
        return RETRY_TRANSIENT;
    return RETRY_PERMANENT;
}

bool retry_outcome_unknown(const struct retry_attempt *attempt)
{
    if (!attempt->sent)
        return false;
    if (attempt->failure != HTTP_ANSWERED)
        return true;
    if (attempt->status >= 200 && attempt->status < 300)
        return false;
    if (is_throttling(attempt->code))
        return false;
    /* A refusal of AWS's own says so with a code; a page of some proxy says nothing. */
    bool refused = attempt->status >= 400 && attempt->status < 500 && attempt->code[0];
    return !refused || is_transient_code(attempt->code);
}

bool retry_take(struct retry_quota *quota, int *cost, enum retry_class how, int attempts,
                int max_attempts)
{
    if (how == RETRY_NONE || how == RETRY_PERMANENT || attempts >= max_attempts)
        return false;
    int price = how == RETRY_TIMEOUT ? RETRY_COST_TIMEOUT : RETRY_COST;
    if (quota->left < price)
        return false;
    quota->left -= price;
    *cost = price;
    return true;
}

void retry_give_back(struct retry_quota *quota, int cost)
{
    quota->left += cost ? cost : RETRY_REFUND;
    if (quota->left > RETRY_QUOTA)
        quota->left = RETRY_QUOTA;
}

int64_t retry_wait_ms(int attempts, double random)
{
    int seconds = attempts > 5 ? WAIT_MAX_S : 1 << (attempts - 1);
    if (seconds > WAIT_MAX_S)
        seconds = WAIT_MAX_S;
    return (int64_t)(random * seconds * 1000);
}
