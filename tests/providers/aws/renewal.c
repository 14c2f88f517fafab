/* The keeper of credentials, at a clock and with a source that are the test's. */
#include "tests/unit.h"

#include <time.h>

#include "planner/base/memory.h"
#include "planner/base/text.h"
#include "providers/aws/renewal.h"

#define SECRET "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"

enum { T0 = 1000000000 };

/* What the source has now, and what was asked of it. */
static struct {
    const char *keys, *source; /* NULL keys: it fails */
    int64_t expires_at;
    int finds;
    int64_t takes_ms; /* until it is told to stop */
    bool could_ask;
    bool (*ask)(void *self, char *code, size_t size, const char *serial, struct error *err);
} source;

static int64_t clock_ms;

int __wrap_clock_gettime(clockid_t clock, struct timespec *out);
int __wrap_clock_gettime(clockid_t clock, struct timespec *out)
{
    (void)clock;
    *out = (struct timespec){clock_ms / SECOND_MS, clock_ms % SECOND_MS * 1000000};
    return 0;
}

static bool ask_a_person(void *self, char *code, size_t size, const char *serial, struct error *err)
{
    (void)self, (void)code, (void)size, (void)serial, (void)err;
    return false;
}

static bool find(struct credentials *out, const struct aws_config *config,
                 const struct credentials_means *means, struct error *err)
{
    (void)config;
    source.finds++;
    source.could_ask = means->ask_mfa == ask_a_person || means->programs_ask;
    source.ask = means->ask_mfa;
    *out = (struct credentials){0};
    for (int64_t end = clock_ms + source.takes_ms; clock_ms < end; clock_ms += SECOND_MS)
        if (means->interrupted && means->interrupted(means->interrupted_self))
            return error_set(err, ERROR_INTERRUPTED, "interrupted");
    if (!source.keys)
        return error_set(err, ERROR_CREDENTIALS, "the source does not answer");
    *out = (struct credentials){.access_key_id = memory_strdup("AKID"),
                                .secret_access_key = memory_strdup(SECRET),
                                .session_token = memory_strdup(source.keys),
                                .source = memory_strdup(source.source ? source.source : "a test"),
                                .expires_at = source.expires_at};
    return true;
}

static void begin(struct renewal *renewal, const char *keys, int64_t expires_at)
{
    static const struct aws_config config;
    struct error err;
    struct credentials_means means = {.ask_mfa = ask_a_person, .programs_ask = true};
    memset(&source, 0, sizeof source);
    source.keys = keys;
    source.expires_at = expires_at;
    assert_true(renewal_begin(renewal, find, &config, &means, T0, &err));
    assert_true(source.could_ask);
    source.finds = 0;
}

static void holds(const struct renewal *renewal, const char *keys, unsigned generation)
{
    assert_string_equal(renewal->held.session_token, keys);
    assert_int_equal(renewal->generation, generation);
}

static void is_due_row_by_row(void **state)
{
    static const struct {
        int64_t left_ms, since_ms; /* since_ms below 0: never tried */
        bool due;
    } rows[] = {
        {15 * MINUTE_MS + 1, -1, false},
        {15 * MINUTE_MS, -1, true},
        {15 * MINUTE_MS, MINUTE_MS - 1, false}, /* advised: once a minute */
        {15 * MINUTE_MS, MINUTE_MS, true},
        {5 * MINUTE_MS + 1, MINUTE_MS - 1, false},
        {5 * MINUTE_MS, 10 * SECOND_MS, true}, /* needed */
        {5 * MINUTE_MS, 10 * SECOND_MS - 1, false},
        {1, 10 * SECOND_MS, true},
        {1, 0, false},
        {0, 0, true}, /* ended: at once */
        {-HOUR_MS, 0, true},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct credentials held = {.expires_at = T0 + rows[i].left_ms};
        int64_t tried_at = rows[i].since_ms < 0 ? 0 : T0 - rows[i].since_ms;
        if (renewal_is_due(&held, tried_at, T0) != rows[i].due)
            fail_msg("row %zu", i);
        assert_int_equal(renewal_has_ended(&held, T0), rows[i].left_ms <= 0);
    }
    struct credentials for_ever = {0};
    assert_false(renewal_is_due(&for_ever, 0, T0));
    assert_false(renewal_has_ended(&for_ever, T0));
    /* a clock that was set back an hour must not stop it for an hour */
    struct credentials held = {.expires_at = T0 + MINUTE_MS};
    assert_true(renewal_is_due(&held, T0 + HOUR_MS, T0));
}

static void ends_with_the_later_of_keys_and_source(void **state)
{
    static const struct {
        int64_t expires_at, ends_at, end;
    } rows[] = {
        {0, 0, 0},
        {T0, 0, 0},           /* an agent's: it has new ones for ever */
        {T0, T0, T0},         /* variables, or a role behind an MFA code */
        {0, T0, T0},          /* keys without an end, of a source that has one */
        {T0, T0 + 9, T0 + 9}, /* a sign-in for the day gives keys for an hour */
        {T0 + 9, T0, T0 + 9}, /* which may outlive it */
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct credentials held = {.expires_at = rows[i].expires_at, .ends_at = rows[i].ends_at};
        assert_int_equal(renewal_end(&held), rows[i].end);
    }
}

static void cures_what_has_ended_and_nothing_else(void **state)
{
    static const char *const cured[] = {"ExpiredToken", "ExpiredTokenException",
                                        "TokenRefreshRequired", "RequestExpired"};
    static const char *const others[] = {"",
                                         "AccessDenied",
                                         "Throttling",
                                         "InvalidClientTokenId",
                                         "UnrecognizedClientException",
                                         "SignatureDoesNotMatch",
                                         "expiredtoken"};
    (void)state;
    for (size_t i = 0; i < COUNT(cured); i++)
        assert_true(renewal_cures(cured[i]));
    for (size_t i = 0; i < COUNT(others); i++)
        assert_false(renewal_cures(others[i]));
}

/* An hour's keys over three hours, with a call every ten seconds. */
static void never_signs_with_ended_keys_while_the_source_has_new_ones(void **state)
{
    static const char *const names[] = {"one", "two", "three", "four", "five"};
    struct renewal renewal;
    struct error err;
    size_t next = 1;
    (void)state;
    begin(&renewal, names[0], T0 + HOUR_MS);
    for (int64_t now = T0; now < T0 + 3 * HOUR_MS; now += 10 * SECOND_MS) {
        source.keys = names[next];
        source.expires_at = now + HOUR_MS;
        unsigned before = renewal.generation;
        assert_true(renewal_keep(&renewal, now, true, &err));
        assert_true(renewal.held.expires_at - now > RENEWAL_NEEDED_MS);
        next += renewal.generation != before;
    }
    assert_int_equal(renewal.generation, 3); /* 15 minutes before an hour is over, each time */
    assert_int_equal(source.finds, 3);
    assert_false(source.could_ask);
    renewal_clear(&renewal);
    assert_null(renewal.held.secret_access_key);
}

static void a_source_that_fails_is_no_error_while_the_keys_last(void **state)
{
    struct renewal renewal;
    struct error err = {0};
    int in_advised = 0;
    (void)state;
    begin(&renewal, "one", T0 + HOUR_MS);
    source.keys = NULL;
    int64_t end = T0 + HOUR_MS;
    for (int64_t now = T0; now < end; now += SECOND_MS) {
        assert_true(renewal_keep(&renewal, now, true, &err));
        if (now < end - RENEWAL_NEEDED_MS)
            in_advised = source.finds;
    }
    assert_in_range(in_advised, 9, 10); /* ten minutes, once a minute */
    assert_in_range(source.finds - in_advised, 25, 30);
    holds(&renewal, "one", 0);

    err = (struct error){0};
    assert_false(renewal_keep(&renewal, end, true, &err));
    assert_int_equal(err.kind, ERROR_CREDENTIALS);
    assert_string_equal(err.message, "the AWS credentials from a test have expired, and there are "
                                     "no new ones: the source does not answer");
    source.keys = "two"; /* it is back: at once */
    source.expires_at = end + HOUR_MS;
    assert_true(renewal_keep(&renewal, end + 1, true, &err));
    holds(&renewal, "two", 1);
    renewal_clear(&renewal);
}

/* Variables cannot change: AWS is the judge of whether they have ended. */
static void the_same_keys_are_sent_as_they_are(void **state)
{
    struct renewal renewal;
    struct error err;
    (void)state;
    begin(&renewal, "one", T0 + MINUTE_MS);
    assert_true(renewal_keep(&renewal, T0 + HOUR_MS, true, &err));
    assert_int_equal(source.finds, 1);
    holds(&renewal, "one", 0);
    assert_false(renewal_force(&renewal, T0 + HOUR_MS, &err));
    assert_int_equal(err.kind, ERROR_NONE);
    holds(&renewal, "one", 0);
    source.expires_at = T0 + 9 * HOUR_MS; /* the same keys, but prolonged: no reason to ask again */
    assert_true(renewal_keep(&renewal, T0 + HOUR_MS + 10 * SECOND_MS, true, &err));
    source.finds = 0;
    assert_true(renewal_keep(&renewal, T0 + HOUR_MS + MINUTE_MS, true, &err));
    assert_int_equal(source.finds, 0);
    renewal_clear(&renewal);
}

static void what_aws_refused_is_found_anew_at_once(void **state)
{
    struct renewal renewal;
    struct error err;
    (void)state;
    begin(&renewal, "one", 0);
    source.keys = "two";
    assert_true(renewal_force(&renewal, T0 + 1, &err));
    assert_false(source.could_ask);
    assert_false(source.ask(NULL, NULL, 0, "arn:aws:iam::1:mfa/me", &err));
    assert_non_null(strstr(err.message, "arn:aws:iam::1:mfa/me"));
    assert_non_null(strstr(err.hint, "run the same command again"));
    holds(&renewal, "two", 1);
    source.keys = NULL;
    assert_false(renewal_force(&renewal, T0 + 2, &err));
    assert_string_equal(err.message, "the source does not answer");
    holds(&renewal, "two", 1);
    renewal_clear(&renewal);
}

/* The way back must not wait for a source that does not answer. */
static void a_mutation_waits_for_no_keys(void **state)
{
    struct renewal renewal;
    struct error err = {0};
    int64_t end = T0 + HOUR_MS;
    (void)state;
    begin(&renewal, "one", end);
    source.keys = "two";
    source.expires_at = end + HOUR_MS;
    for (int64_t now = T0; now < end + HOUR_MS;
         now += SECOND_MS) /* the host's clock may be ahead */
        assert_true(renewal_keep(&renewal, now, false, &err));
    assert_int_equal(source.finds, 0);
    assert_true(renewal_force(&renewal, end, &err)); /* once AWS has said that they have ended */
    holds(&renewal, "two", 1);
    source.keys = NULL;
    assert_false(renewal_force(&renewal, end + HOUR_MS, &err));
    assert_int_equal(err.kind, ERROR_CREDENTIALS);
    renewal_clear(&renewal);
}

/* Else a run would do nothing but wait for it, blind to its gates. */
static void a_slow_source_holds_up_few_calls(void **state)
{
    struct renewal renewal;
    struct error err;
    int64_t end = T0 + HOUR_MS;
    (void)state;
    begin(&renewal, "one", end);
    source.keys = NULL;
    source.takes_ms = MINUTE_MS;
    clock_ms = end - RENEWAL_NEEDED_MS;
    while (clock_ms < end) { /* a call a second, when it may go out */
        int64_t before = clock_ms;
        assert_true(renewal_keep(&renewal, clock_ms, true, &err));
        assert_true(clock_ms - before <= RENEWAL_PATIENCE_MS);
        clock_ms += SECOND_MS;
    }
    assert_in_range(source.finds, 1, 15); /* five minutes: 10 s each, and 10 s between */
    clock_ms = end;
    source.keys = "two"; /* now it is needed, however long it takes */
    source.expires_at = end + HOUR_MS;
    assert_true(renewal_keep(&renewal, end, true, &err));
    holds(&renewal, "two", 1);
    renewal_clear(&renewal);
}

static bool is_told(void *self)
{
    return clock_ms >= *(int64_t *)self;
}

/* A revert asks the run to stop: with the keys that it holds it can. */
static void who_is_in_a_hurry_goes_on_with_what_it_has(void **state)
{
    static const struct aws_config config;
    struct renewal renewal;
    struct error err;
    int64_t told_at = T0 + 3 * SECOND_MS;
    struct credentials_means means = {.hurried = is_told, .hurried_self = &told_at};
    (void)state;
    memset(&source, 0, sizeof source);
    source.keys = "one";
    source.expires_at = T0 + MINUTE_MS;
    assert_true(renewal_begin(&renewal, find, &config, &means, T0, &err));
    clock_ms = T0;
    source.finds = 0;
    source.takes_ms = MINUTE_MS;
    assert_true(renewal_keep(&renewal, T0 + 10 * SECOND_MS, true, &err));
    assert_int_equal(clock_ms, told_at);
    assert_true(renewal_keep(&renewal, T0 + 50 * SECOND_MS, true, &err));
    assert_int_equal(source.finds, 1);
    holds(&renewal, "one", 0);
    source.keys = "two"; /* but not with ended ones, where there are others */
    assert_true(renewal_keep(&renewal, T0 + MINUTE_MS, true, &err));
    holds(&renewal, "two", 1);
    renewal_clear(&renewal);
}

/* A program that keeps what it once got: it is not run for each request of a wave. */
static void a_source_with_ended_keys_is_not_asked_by_each_call(void **state)
{
    struct renewal renewal;
    struct error err;
    int64_t end = T0 + HOUR_MS;
    (void)state;
    begin(&renewal, "one", end);
    for (int i = 0; i < 12; i++)
        assert_true(renewal_keep(&renewal, end + i, i % 2, &err));
    assert_int_equal(source.finds, 1);
    source.keys = "two";
    assert_true(renewal_force(&renewal, end + 12, &err)); /* AWS refused them */
    holds(&renewal, "two", 1);
    renewal_clear(&renewal);
}

/* A credentials file is empty while somebody rewrites it; the next source is another principal. */
static void a_run_stays_with_its_source(void **state)
{
    struct renewal renewal;
    struct error err;
    (void)state;
    begin(&renewal, "one", T0 + MINUTE_MS);
    source.keys = "two";
    source.source = "the instance's role";
    assert_false(renewal_force(&renewal, T0 + 1, &err));
    assert_int_equal(err.kind, ERROR_CREDENTIALS);
    assert_non_null(strstr(err.message, "a test has none any more"));
    assert_non_null(strstr(err.message, "the instance's role"));
    holds(&renewal, "one", 0);
    assert_false(renewal_keep(&renewal, T0 + MINUTE_MS, true, &err));
    holds(&renewal, "one", 0);
    source.source = NULL;
    assert_true(renewal_keep(&renewal, T0 + MINUTE_MS, true, &err));
    holds(&renewal, "two", 1);
    renewal_clear(&renewal);
}

static void what_was_given_is_never_renewed(void **state)
{
    struct renewal renewal;
    struct error err;
    struct credentials given = {.secret_access_key = memory_strdup(SECRET), .expires_at = T0};
    (void)state;
    memset(&source, 0, sizeof source);
    renewal_of(&renewal, &given);
    assert_null(given.secret_access_key);
    assert_true(renewal_keep(&renewal, T0 + HOUR_MS, true, &err));
    assert_false(renewal_force(&renewal, T0 + HOUR_MS, &err));
    assert_int_equal(err.kind, ERROR_NONE);
    assert_int_equal(source.finds, 0);
    renewal_clear(&renewal);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_due_row_by_row),
        cmocka_unit_test(ends_with_the_later_of_keys_and_source),
        cmocka_unit_test(cures_what_has_ended_and_nothing_else),
        cmocka_unit_test(never_signs_with_ended_keys_while_the_source_has_new_ones),
        cmocka_unit_test(a_source_that_fails_is_no_error_while_the_keys_last),
        cmocka_unit_test(the_same_keys_are_sent_as_they_are),
        cmocka_unit_test(what_aws_refused_is_found_anew_at_once),
        cmocka_unit_test(a_mutation_waits_for_no_keys),
        cmocka_unit_test(a_slow_source_holds_up_few_calls),
        cmocka_unit_test(who_is_in_a_hurry_goes_on_with_what_it_has),
        cmocka_unit_test(a_source_with_ended_keys_is_not_asked_by_each_call),
        cmocka_unit_test(a_run_stays_with_its_source),
        cmocka_unit_test(what_was_given_is_never_renewed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
