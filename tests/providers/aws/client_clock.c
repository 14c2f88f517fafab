/* A host whose clock is wrong, against a server that refuses what was signed more than five minutes
 * off its own time, as AWS does. The server's clock is the one that is moved. */
#include "tests/unit.h"

#include <signal.h>
#include <stdatomic.h>
#include <time.h>

#include "planner/base/text.h"
#include "planner/base/time.h"
#include "providers/aws/client.h"
#include "providers/aws/credentials/chain.h"
#include "tests/loopback.h"

enum { REFUSES_PAST_S = 5 * 60 };

struct fixture {
    struct loopback server;
    struct aws_config config;
    struct aws_client *client;
    atomic_long ahead_s; /* the server's clock */
    _Atomic(const char *) code;
    atomic_bool dateless;
    atomic_int accepted, refused;
};

static time_t signed_at(const char *head)
{
    static const char name[] = "\r\nX-Amz-Date: ";
    const char *date = strstr(head, name);
    struct tm parts = {0};
    if (!date || !strptime(date + sizeof name - 1, "%Y%m%dT%H%M%SZ", &parts))
        return 0;
    return timegm(&parts);
}

static enum loopback_next answer(struct loopback *server, int fd,
                                 const struct loopback_request *request)
{
    struct fixture *f = server->self;
    char date[48], refusal[160];
    time_t now = time(NULL) + f->ahead_s;
    struct tm parts;
    strftime(date, sizeof date, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", gmtime_r(&now, &parts));
    const char *head = f->dateless ? "" : date;
    bool json = strstr(request->head, "X-Amz-Target:") != NULL;
    if (labs((long)(signed_at(request->head) - now)) <= REFUSES_PAST_S) {
        f->accepted++;
        loopback_say(fd, 200, head, json ? "{}" : "<a/>");
        return LOOPBACK_KEEP;
    }
    f->refused++;
    snprintf(refusal, sizeof refusal,
             json ? "{\"__type\":\"%s\",\"message\":\"Signature expired\"}"
                  : "<R><Error><Code>%s</Code><Message>Signature expired</Message></Error></R>",
             f->code);
    loopback_say(fd, 403, head, refusal);
    return LOOPBACK_KEEP;
}

static int set_up(void **state)
{
    static char region[] = "us-east-1", from[] = "AWS_ENDPOINT_URL";
    struct fixture *f = calloc(1, sizeof *f);
    struct error err = {0};
    f->server.answer = answer;
    f->server.self = f;
    loopback_start(&f->server);
    setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "secret", 1);
    f->config = (struct aws_config){.profile = strdup("default"),
                                    .region = region,
                                    .max_attempts = 1,
                                    .endpoint = strdup(loopback_url(&f->server, "")),
                                    .endpoint_from = from};
    struct aws_client_options options = {.config = &f->config, .find = credentials_find};
    if (!aws_client_new(&f->client, &options, &err))
        fail_msg("%s", err.message);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    aws_client_free(f->client);
    loopback_stop(&f->server);
    free(f->config.profile);
    free(f->config.endpoint);
    free(f);
    return 0;
}

static struct aws_call call(struct fixture *f, enum aws_service service, bool mutation)
{
    struct aws_call call = {.service = service, .operation = "X", .mutation = mutation};
    f->accepted = f->refused = 0;
    text_add(&call.body, service == AWS_ECS ? "{}" : "Action=X");
    aws_run(f->client, &call, 1);
    return call;
}

/* One refusal, then the right time for good; a mutation that was refused was not carried out. */
static void one_refusal_is_enough(void **state)
{
    static const char *const codes[] = {
        "RequestTimeTooSkewed",      "RequestExpired",
        "RequestInTheFuture",        "SignatureDoesNotMatch",
        "InvalidSignatureException", "AuthFailure",
    };
    static const long clocks[] = {3600, -3600, 400, 0, -400, 86400L * 400, 0};
    struct fixture *f = *state;
    for (size_t i = 0; i < COUNT(codes); i++)
        for (size_t k = 0; k < COUNT(clocks); k++) {
            f->code = codes[i];
            f->ahead_s = clocks[k];
            for (int n = 0; n < 3; n++) {
                struct aws_call c = call(f, n % 2 ? AWS_ECS : AWS_ELBV2, (i + k) % 2);
                if (!c.ok || c.attempts != (n == 0 ? 2 : 1) || c.outcome_unknown ||
                    f->accepted != 1 || f->refused != (n == 0))
                    fail_msg("%s, %lds, call %d: %d attempts, %s", codes[i], clocks[k], n,
                             c.attempts, c.error.message);
                aws_call_clear(&c);
            }
        }
}

/* What a whole wave is told, it is told once. */
static void a_wave_is_corrected_together(void **state)
{
    struct fixture *f = *state;
    struct aws_call calls[6] = {0};
    f->code = "SignatureDoesNotMatch";
    f->ahead_s = 900;
    for (size_t i = 0; i < COUNT(calls); i++) {
        calls[i] = (struct aws_call){.service = AWS_ELBV2, .operation = "X"};
        text_add(&calls[i].body, "Action=X");
    }
    aws_run(f->client, calls, COUNT(calls));
    for (size_t i = 0; i < COUNT(calls); i++) {
        assert_true(calls[i].ok);
        assert_int_equal(calls[i].attempts, 2);
        aws_call_clear(&calls[i]);
    }
    assert_int_equal(f->refused, COUNT(calls));
}

/* Two minutes are within what AWS accepts: another clock's Date is no reason to leave this one. */
static void a_date_that_is_off_says_nothing_while_signatures_hold(void **state)
{
    struct fixture *f = *state;
    f->code = "AccessDenied";
    f->ahead_s = 240;
    for (int i = 0; i < 2; i++) {
        struct aws_call c = call(f, AWS_ECS, false);
        assert_true(c.ok);
        assert_int_equal(c.attempts, 1);
        aws_call_clear(&c);
    }
    f->ahead_s = -240; /* would be eight minutes off, had the first Date been taken */
    struct aws_call c = call(f, AWS_ECS, false);
    assert_true(c.ok);
    aws_call_clear(&c);
}

static void other_refusals_and_answers_without_a_date_are_not_the_clock(void **state)
{
    struct fixture *f = *state;
    f->ahead_s = 3600;
    f->code = "AccessDenied";
    struct aws_call c = call(f, AWS_ELBV2, true);
    assert_int_equal(c.attempts, 1);
    assert_int_equal(c.error.kind, ERROR_ACCESS);
    aws_call_clear(&c);
    f->code = "RequestTimeTooSkewed";
    f->dateless = true;
    c = call(f, AWS_ELBV2, true);
    assert_int_equal(c.attempts, 1);
    assert_int_equal(c.error.kind, ERROR_CREDENTIALS);
    assert_false(c.outcome_unknown);
    assert_non_null(strstr(c.error.hint, "clock"));
    aws_call_clear(&c);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        TEST(one_refusal_is_enough),
        TEST(a_wave_is_corrected_together),
        TEST(a_date_that_is_off_says_nothing_while_signatures_hold),
        TEST(other_refusals_and_answers_without_a_date_are_not_the_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
