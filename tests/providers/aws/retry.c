#include "tests/unit.h"

#include "providers/aws/retry.h"

/* What each way an attempt can end means for reads (class) and for mutations (outcome). */
static void classifies_row_by_row(void **state)
{
    (void)state;
    static const struct {
        struct retry_attempt attempt;
        enum retry_class how;
        bool unknown;
    } rows[] = {
        /* answered */
        {{HTTP_ANSWERED, true, 200, ""}, RETRY_NONE, false},
        {{HTTP_ANSWERED, true, 204, ""}, RETRY_NONE, false},
        {{HTTP_ANSWERED, true, 302, ""}, RETRY_PERMANENT, true},
        {{HTTP_ANSWERED, true, 400, "ValidationError"}, RETRY_PERMANENT, false},
        {{HTTP_ANSWERED, true, 403, "AccessDenied"}, RETRY_PERMANENT, false},
        {{HTTP_ANSWERED, true, 403, ""}, RETRY_PERMANENT, true}, /* a page: whose? */
        {{HTTP_ANSWERED, true, 413, ""}, RETRY_PERMANENT, true},
        {{HTTP_ANSWERED, true, 400, "Throttling"}, RETRY_THROTTLED, false},
        {{HTTP_ANSWERED, true, 400, "ThrottlingException"}, RETRY_THROTTLED, false},
        {{HTTP_ANSWERED, true, 503, "SlowDown"}, RETRY_THROTTLED, false},
        {{HTTP_ANSWERED, true, 503, "RequestLimitExceeded"}, RETRY_THROTTLED, false},
        {{HTTP_ANSWERED, true, 400, "RequestTimeout"}, RETRY_TRANSIENT, true},
        {{HTTP_ANSWERED, true, 500, "InternalFailure"}, RETRY_TRANSIENT, true},
        {{HTTP_ANSWERED, true, 500, ""}, RETRY_TRANSIENT, true},
        {{HTTP_ANSWERED, true, 501, ""}, RETRY_PERMANENT, true},
        {{HTTP_ANSWERED, true, 502, ""}, RETRY_TRANSIENT, true},
        {{HTTP_ANSWERED, true, 503, "ServiceUnavailable"}, RETRY_TRANSIENT, true},
        {{HTTP_ANSWERED, true, 504, ""}, RETRY_TRANSIENT, true},
        /* no whole answer, the request may have left */
        {{HTTP_BROKEN, true, 0, ""}, RETRY_TRANSIENT, true},
        {{HTTP_TIMED_OUT, true, 0, ""}, RETRY_TIMEOUT, true},
        {{HTTP_UNREADABLE, true, 0, ""}, RETRY_TRANSIENT, true},
        {{HTTP_TOO_LARGE, true, 0, ""}, RETRY_PERMANENT, true},
        {{HTTP_STOPPED, true, 0, ""}, RETRY_PERMANENT, true},
        {{HTTP_NOT_CONNECTED, true, 0, ""}, RETRY_TRANSIENT, true}, /* after a dead kept one */
        /* nothing left */
        {{HTTP_NOT_CONNECTED, false, 0, ""}, RETRY_TRANSIENT, false},
        {{HTTP_TIMED_OUT, false, 0, ""}, RETRY_TIMEOUT, false},
        {{HTTP_NOT_SECURE, false, 0, ""}, RETRY_PERMANENT, false},
        {{HTTP_NO_HANDSHAKE, false, 0, ""}, RETRY_TRANSIENT, false},
        {{HTTP_NOT_TRIED, false, 0, ""}, RETRY_PERMANENT, false},
        {{HTTP_STOPPED, false, 0, ""}, RETRY_PERMANENT, false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (retry_classify(&rows[i].attempt) != rows[i].how)
            fail_msg("row %zu: class %d", i, retry_classify(&rows[i].attempt));
        if (retry_outcome_unknown(&rows[i].attempt) != rows[i].unknown)
            fail_msg("row %zu: outcome", i);
    }
}

static void attempts_and_tokens_run_out(void **state)
{
    (void)state;
    struct retry_quota quota = {RETRY_QUOTA};
    int cost = 0;
    assert_true(retry_take(&quota, &cost, RETRY_TRANSIENT, 1, 3));
    assert_true(retry_take(&quota, &cost, RETRY_THROTTLED, 2, 3));
    assert_false(retry_take(&quota, &cost, RETRY_THROTTLED, 3, 3));
    assert_false(retry_take(&quota, &cost, RETRY_PERMANENT, 1, 3));
    assert_false(retry_take(&quota, &cost, RETRY_NONE, 1, 3));
    assert_false(retry_take(&quota, &cost, RETRY_TRANSIENT, 1, 1));
    assert_int_equal(quota.left, 490);
    assert_int_equal(cost, 5);
    assert_true(retry_take(&quota, &cost, RETRY_TIMEOUT, 1, 3));
    assert_int_equal(quota.left, 480);
    retry_give_back(&quota, cost);
    assert_int_equal(quota.left, 490);
    retry_give_back(&quota, 0);
    assert_int_equal(quota.left, 491);
    for (int i = 0; i < 20; i++)
        retry_give_back(&quota, 0);
    assert_int_equal(quota.left, 500);
    int retries = 0;
    while (retry_take(&quota, &cost, RETRY_TRANSIENT, 1, 3))
        retries++;
    assert_int_equal(retries, 100);
    quota.left = 9;
    assert_false(retry_take(&quota, &cost, RETRY_TIMEOUT, 1, 3));
    assert_true(retry_take(&quota, &cost, RETRY_TRANSIENT, 1, 3));
}

static void waits_grow_and_are_capped(void **state)
{
    (void)state;
    static const int64_t seconds[] = {1, 2, 4, 8, 16, 20, 20, 20};
    for (size_t i = 0; i < COUNT(seconds); i++) {
        assert_int_equal(retry_wait_ms((int)i + 1, 0), 0);
        assert_int_equal(retry_wait_ms((int)i + 1, 0.5), seconds[i] * 500);
    }
    assert_int_equal(retry_wait_ms(99, 0.999), 19980);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classifies_row_by_row),
        cmocka_unit_test(attempts_and_tokens_run_out),
        cmocka_unit_test(waits_grow_and_are_capped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
