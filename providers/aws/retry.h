/*
 * When a call is sent again: AWS's standard mode (AWS SDKs and Tools reference guide, "Retry
 * behavior"; the codes are botocore's). Pure: no clock, no network, no randomness of its own.
 *
 * Other than botocore: a certificate that does not hold and an answer over our caps are final, for
 * asking again brings the same; a read whose 200 was cut off unseen is asked again, where
 * botocore takes JSON for an empty answer and gives up on XML.
 *
 * A mutation differs in one point: it is repeated only when it is sure not to have been carried
 * out. Where that is open, `outcome_unknown` is the answer, and the caller reads.
 */
#ifndef PROVIDERS_AWS_RETRY_H
#define PROVIDERS_AWS_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "providers/http/http.h"

enum retry_class {
    RETRY_NONE,      /* it worked */
    RETRY_TRANSIENT, /* a server's fault or a broken connection */
    RETRY_TIMEOUT,   /* the same, and dearer */
    RETRY_THROTTLED, /* not carried out */
    RETRY_PERMANENT, /* the same request would get the same answer */
};

/* What one attempt came to. */
struct retry_attempt {
    enum http_failure failure;
    bool sent;
    int status;       /* 0: no whole answer */
    const char *code; /* AWS's, "" where the answer has none */
};

enum retry_class retry_classify(const struct retry_attempt *attempt);

/* A mutation that was tried like this and may have been carried out. */
bool retry_outcome_unknown(const struct retry_attempt *attempt);

/* The tokens of one client: a retry takes some, an answer gives them back. */
struct retry_quota {
    int left;
};

enum {
    RETRY_QUOTA = 500,
    RETRY_COST = 5,
    RETRY_COST_TIMEOUT = 10,
    RETRY_REFUND = 1, /* for an answer at the first attempt; else what its last retry took */
};

/* Whether to send again after `attempts` of at most `max_attempts`. Takes the cost from the quota
 * and returns it in *cost. */
bool retry_take(struct retry_quota *quota, int *cost, enum retry_class how, int attempts,
                int max_attempts);
/* The call worked; `cost` is what its last retry took, 0 for none. */
void retry_give_back(struct retry_quota *quota, int cost);

/* The wait before the next attempt after `attempts`: random * min(2^(attempts-1), 20) seconds.
 * `random` lies in [0, 1). */
int64_t retry_wait_ms(int attempts, double random);

#endif
