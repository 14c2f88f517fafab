/* The client against a server on loopback that answers by a script, one line an attempt. */
#include "tests/unit.h"

#include <assert.h>
#include <signal.h>
#include <time.h>

#include "planner/base/text.h"
#include "planner/base/time.h"
#include "providers/aws/client.h"
#include "providers/aws/credentials/chain.h"
#include "tests/loopback.h"

#define SECRET "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
#define TOKEN  "IQoJb3JpZ2luX2VjEAoaCXVzLWVhc3QtMSJHMEUC"

enum { SCRIPT_MAX = 8, HEADS_MAX = 16 };

struct step {
    int status; /* 0: closes without an answer; -1: never answers */
    const char *headers, *body;
};

struct fixture {
    struct loopback server;
    struct aws_client *client;
    struct aws_config config;
    struct aws_call call;
    struct step script[SCRIPT_MAX];
    char *heads[HEADS_MAX], *bodies[HEADS_MAX]; /* what came, by request */
};

static enum loopback_next answer(struct loopback *server, int fd,
                                 const struct loopback_request *request)
{
    struct fixture *f = server->self;
    int n = request->number - 1;
    assert(n < HEADS_MAX);
    f->heads[n] = strdup(request->head);
    f->bodies[n] = strdup(request->body);
    const struct step *step = &f->script[n < SCRIPT_MAX ? n : SCRIPT_MAX - 1];
    if (step->status == 0)
        return LOOPBACK_CLOSE;
    loopback_say(fd, step->status, step->headers ? step->headers : "",
                 step->body ? step->body : "");
    return LOOPBACK_KEEP;
}

static double no_jitter(void *self)
{
    (void)self;
    return 0;
}

/* A config holds char *; these texts are constants that nobody writes to. */
static char *text_of(const char *s)
{
    return (char *)(uintptr_t)s;
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct error err = {0};
    f->server.answer = answer;
    f->server.self = f;
    loopback_start(&f->server);
    setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE", 1);
    setenv("AWS_SECRET_ACCESS_KEY", SECRET, 1);
    setenv("AWS_SESSION_TOKEN", TOKEN, 1);
    f->config = (struct aws_config){.profile = text_of("default"),
                                    .region = text_of("us-east-1"),
                                    .max_attempts = 3,
                                    .endpoint = strdup(loopback_url(&f->server, "")),
                                    .endpoint_from = text_of("AWS_ENDPOINT_URL")};
    struct aws_client_options options = {
        .config = &f->config, .find = credentials_find, .random = no_jitter};
    if (!aws_client_new(&f->client, &options, &err))
        fail_msg("%s", err.message);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    aws_call_clear(&f->call);
    aws_client_free(f->client);
    loopback_stop(&f->server);
    for (int i = 0; i < HEADS_MAX; i++) {
        free(f->heads[i]);
        free(f->bodies[i]);
    }
    free(f->config.endpoint);
    free(f);
    return 0;
}

static void run(struct fixture *f, enum aws_service service, const char *operation, bool mutation)
{
    f->call = (struct aws_call){.service = service, .operation = operation, .mutation = mutation};
    if (service == AWS_ECS)
        text_add(&f->call.body, "{\"cluster\":\"c\"}");
    else
        aws_query_begin(&f->call.body, service, operation);
    aws_run(f->client, &f->call, 1);
    assert_null(strstr(f->call.error.message, SECRET));
    assert_null(strstr(f->call.error.message, TOKEN));
    assert_null(strstr(f->call.error.hint, SECRET));
}

static void check_error(const struct aws_call *call, enum error_kind kind, const char *message,
                        const char *hint)
{
    assert_false(call->ok);
    if (call->error.kind != kind || !strstr(call->error.message, message) ||
        !strstr(call->error.hint, hint))
        fail_msg("%s: \"%s\" (%s)", error_kind_name(call->error.kind), call->error.message,
                 call->error.hint);
}

/* ---- what goes out ---- */

static void speaks_json_to_ecs(void **state)
{
    struct fixture *f = *state;
    f->script[0] = (struct step){200, "x-amzn-RequestId: abc-1\r\n", "{\"services\":[]}"};
    run(f, AWS_ECS, "DescribeServices", false);
    assert_true(f->call.ok);
    assert_string_equal(f->call.answer.data, "{\"services\":[]}");
    assert_string_equal(f->call.request_id, "abc-1");
    assert_int_equal(f->call.attempts, 1);
    const char *head = f->heads[0];
    assert_true(text_starts(head, "POST / HTTP/1.1\r\n"));
    assert_non_null(
        strstr(head, "\r\nX-Amz-Target: AmazonEC2ContainerServiceV20141113.DescribeServices\r\n"));
    assert_non_null(strstr(head, "\r\nContent-Type: application/x-amz-json-1.1\r\n"));
    assert_non_null(strstr(head, "\r\nX-Amz-Security-Token: " TOKEN "\r\n"));
    assert_non_null(strstr(head, "Credential=AKIDEXAMPLE/"));
    assert_non_null(strstr(head, "/us-east-1/ecs/aws4_request"));
    assert_non_null(strstr(head, "SignedHeaders=content-type;host;x-amz-date;"
                                 "x-amz-security-token;x-amz-target,"));
    assert_non_null(strstr(head, "\r\nUser-Agent: switchover/" SWITCHOVER_VERSION "\r\n"));
    assert_string_equal(f->bodies[0], "{\"cluster\":\"c\"}");
}

static void speaks_query_to_the_others(void **state)
{
    struct fixture *f = *state;
    static const struct {
        enum aws_service service;
        const char *name, *body;
    } rows[] = {
        {AWS_ELBV2, "/elasticloadbalancing/", "Action=X&Version=2015-12-01"},
        {AWS_CLOUDWATCH, "/monitoring/", "Action=X&Version=2010-08-01"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        f->script[i] = (struct step){200, NULL, "<a/>"};
        run(f, rows[i].service, "X", false);
        assert_true(f->call.ok);
        assert_non_null(strstr(f->heads[i], rows[i].name));
        assert_non_null(strstr(
            f->heads[i], "\r\nContent-Type: application/x-www-form-urlencoded; charset=utf-8\r\n"));
        assert_string_equal(f->bodies[i], rows[i].body);
        aws_call_clear(&f->call);
    }
}

/* ---- again, or not ---- */

static void sends_again_what_may_be_sent_again(void **state)
{
    static const struct {
        const char *what;
        struct step script[4];
        bool mutation, ok;
        int attempts;
        bool unknown;
    } rows[] = {
        {"throttled read",
         {{400, 0, "<E><Code>Throttling</Code></E>"}, {200, 0, "<a/>"}},
         false,
         true,
         2,
         false},
        {"throttled mutation",
         {{400, 0, "<E><Code>Throttling</Code></E>"}, {200, 0, "<a/>"}},
         true,
         true,
         2,
         false},
        {"always throttled",
         {{503, 0, "<E><Code>SlowDown</Code></E>"},
          {503, 0, "<E><Code>SlowDown</Code></E>"},
          {503, 0, "<E><Code>SlowDown</Code></E>"}},
         true,
         false,
         3,
         false},
        {"5xx read", {{500, 0, ""}, {502, 0, "<html>"}, {200, 0, "<a/>"}}, false, true, 3, false},
        {"5xx mutation", {{500, 0, "<E><Code>InternalFailure</Code></E>"}}, true, false, 1, true},
        {"broken read", {{0, 0, 0}, {200, 0, "<a/>"}}, false, true, 2, false},
        {"broken mutation", {{0, 0, 0}}, true, false, 1, true},
        {"refused mutation",
         {{400, 0, "<E><Code>ValidationError</Code></E>"}},
         true,
         false,
         1,
         false},
        {"a page for a mutation", {{403, 0, "<html>"}}, true, false, 1, true},
        {"a redirect of a mutation", {{302, "Location: /\r\n", ""}}, true, false, 1, true},
        {"denied read", {{403, 0, "<E><Code>AccessDenied</Code></E>"}}, false, false, 1, false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        void *fresh;
        set_up(&fresh);
        struct fixture *f = fresh;
        memcpy(f->script, rows[i].script, sizeof rows[i].script);
        run(f, AWS_ELBV2, "ModifyListener", rows[i].mutation);
        if (f->call.ok != rows[i].ok || f->call.attempts != rows[i].attempts ||
            f->call.outcome_unknown != rows[i].unknown)
            fail_msg("%s: ok %d, %d attempts, unknown %d: %s", rows[i].what, f->call.ok,
                     f->call.attempts, f->call.outcome_unknown, f->call.error.message);
        assert_int_equal(loopback_requests(&f->server), rows[i].attempts);
        tear_down(&fresh);
    }
}

static void a_patient_call_is_tried_twice_as_often_while_throttled(void **state)
{
    static const struct {
        bool patient, said;
        const char *code;
        int attempts;
    } rows[] = {
        {true, false, "Throttling", 6},
        {true, true, "Throttling", 3}, /* whoever sets AWS_MAX_ATTEMPTS gets what it says */
        {false, false, "Throttling", 3},
        {true, false, "InternalFailure", 3},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        void *fresh;
        char body[64];
        set_up(&fresh);
        struct fixture *f = fresh;
        snprintf(body, sizeof body, "<E><Code>%s</Code></E>", rows[i].code);
        for (int k = 0; k < 7; k++)
            f->script[k] = (struct step){500, NULL, body};
        f->config.max_attempts_said = rows[i].said;
        f->call = (struct aws_call){
            .service = AWS_ELBV2, .operation = "DescribeRules", .patient = rows[i].patient};
        aws_query_begin(&f->call.body, AWS_ELBV2, "DescribeRules");
        aws_run(f->client, &f->call, 1);
        assert_false(f->call.ok);
        assert_int_equal(f->call.attempts, rows[i].attempts);
        assert_int_equal(loopback_requests(&f->server), rows[i].attempts);
        tear_down(&fresh);
    }
}

static void calls_are_begun_and_taken_one_by_one(void **state)
{
    struct fixture *f = *state;
    struct aws_call calls[3] = {0};
    for (size_t i = 0; i < COUNT(calls); i++) {
        f->script[i] = (struct step){i == 0 ? 500 : 200, NULL, "<a/>"};
        calls[i].service = AWS_ELBV2;
        calls[i].operation = "DescribeRules";
        aws_query_begin(&calls[i].body, AWS_ELBV2, "DescribeRules");
    }
    f->script[3] = (struct step){200, NULL, "<b/>"};
    assert_null(aws_next(f->client));
    aws_start(f->client, &calls[0]);
    assert_ptr_equal(aws_next(f->client), &calls[0]);
    assert_true(calls[0].ok);
    assert_int_equal(calls[0].attempts, 2);
    calls[2].aside = true; /* a connection of its own, though one is free */
    aws_start(f->client, &calls[1]);
    assert_ptr_equal(aws_next(f->client), &calls[1]);
    assert_int_equal(loopback_connections(&f->server), 1);
    aws_start(f->client, &calls[2]);
    assert_ptr_equal(aws_next(f->client), &calls[2]);
    assert_int_equal(loopback_connections(&f->server), 2);
    assert_null(aws_next(f->client));
    for (size_t i = 0; i < COUNT(calls); i++)
        aws_call_clear(&calls[i]);
}

static void only_the_failed_ones_of_a_wave_are_sent_again(void **state)
{
    struct fixture *f = *state;
    struct aws_call calls[3] = {0};
    for (size_t i = 0; i < COUNT(calls); i++) {
        f->script[i] = (struct step){i == 1 ? 500 : 200, NULL, "<a/>"};
        calls[i].service = AWS_ELBV2;
        calls[i].operation = "DescribeRules";
        aws_query_begin(&calls[i].body, AWS_ELBV2, "DescribeRules");
    }
    f->script[3] = (struct step){200, NULL, "<b/>"};
    aws_run(f->client, calls, COUNT(calls));
    int attempts = 0, again = 0;
    for (size_t i = 0; i < COUNT(calls); i++) {
        assert_true(calls[i].ok);
        attempts += calls[i].attempts;
        again += calls[i].attempts == 2;
        aws_call_clear(&calls[i]);
    }
    assert_int_equal(attempts, 4);
    assert_int_equal(again, 1);
    aws_run(f->client, NULL, 0);
}

static int64_t date_sent(const char *head)
{
    char text[32];
    int64_t at = 0;
    const char *date = strstr(head, "\r\nX-Amz-Date: ");
    assert_non_null(date);
    date += strlen("\r\nX-Amz-Date: ");
    snprintf(text, sizeof text, "%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ", date, date + 4, date + 6,
             date + 9, date + 11, date + 13);
    assert_true(time_parse(&at, text));
    return at;
}

static void signs_with_the_time_of_aws(void **state)
{
    struct fixture *f = *state;
    char header[64], date[40];
    time_t ahead = time(NULL) + 3600;
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime(&ahead));
    snprintf(header, sizeof header, "Date: %s\r\n", date);
    f->script[0] = (struct step){403, header, "<E><Code>SignatureDoesNotMatch</Code></E>"};
    f->script[1] = (struct step){200, header, "<a/>"};
    f->script[2] = (struct step){200, header, "<a/>"};
    run(f, AWS_ELBV2, "ModifyListener", true); /* refused is not carried out: sent again */
    assert_true(f->call.ok);
    assert_int_equal(f->call.attempts, 2);
    assert_true(llabs(date_sent(f->heads[0]) - ((int64_t)ahead - 3600) * 1000) <= 5000);
    assert_true(llabs(date_sent(f->heads[1]) - (int64_t)ahead * 1000) <= 5000);
    aws_call_clear(&f->call);
    run(f, AWS_ELBV2, "DescribeRules", false); /* kept for the client's life */
    assert_int_equal(f->call.attempts, 1);
    assert_true(llabs(date_sent(f->heads[2]) - (int64_t)ahead * 1000) <= 5000);
}

static void a_wrong_key_with_the_right_time_is_asked_once(void **state)
{
    struct fixture *f = *state;
    char header[64], date[40];
    time_t now = time(NULL);
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime(&now));
    snprintf(header, sizeof header, "Date: %s\r\n", date);
    f->script[0] = (struct step){403, header,
                                 "<E><Code>SignatureDoesNotMatch</Code><Message>The request "
                                 "signature we calculated.</Message></E>"};
    run(f, AWS_ELBV2, "DescribeRules", false);
    assert_int_equal(f->call.attempts, 1);
    check_error(&f->call, ERROR_CREDENTIALS,
                "AWS does not accept the signature (SignatureDoesNotMatch: The request signature "
                "we calculated)",
                "the secret access key from the environment");
}

/* ---- what a person reads ---- */

static void a_refusal_is_explained_with_its_request_id(void **state)
{
    struct fixture *f = *state;
    f->script[0] = (struct step){
        403, "x-amzn-requestid: r-1\r\n",
        "<E><Error><Code>AccessDenied</Code></Error><RequestId>other</RequestId></E>"};
    f->script[1] =
        (struct step){403, NULL, "<E><Code>AccessDenied</Code><RequestId>r-2</RequestId></E>"};
    run(f, AWS_ELBV2, "ModifyListener", true);
    check_error(&f->call, ERROR_ACCESS, "elasticloadbalancing:ModifyListener", "the environment");
    assert_string_equal(f->call.error.request_id, "r-1");
    assert_string_equal(f->call.error.aws_code, "AccessDenied");
    assert_int_equal(f->call.error.http_status, 403);
    assert_int_equal(f->call.attempts, 1);
    aws_call_clear(&f->call);
    run(f, AWS_ELBV2, "ModifyListener", true);
    assert_string_equal(f->call.error.request_id, "r-2");
}

static void says_what_gave_in_at_last(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 3; i++)
        f->script[i] = (struct step){400, NULL, "<E><Code>Throttling</Code></E>"};
    for (int i = 3; i < 6; i++)
        f->script[i] = (struct step){500, NULL, "<E><Code>InternalFailure</Code></E>"};
    run(f, AWS_ELBV2, "DescribeRules", false);
    check_error(&f->call, ERROR_SERVICE,
                "AWS throttles elasticloadbalancing:DescribeRules, also at attempt 3", "shared");
    aws_call_clear(&f->call);
    run(f, AWS_ELBV2, "DescribeRules", false);
    check_error(&f->call, ERROR_SERVICE, "failed at every attempt: InternalFailure", "Health");
}

static void an_unreachable_endpoint_is_named(void **state)
{
    struct fixture *f = *state;
    char url[64], message[96];
    int port = loopback_closed_port();
    snprintf(url, sizeof url, "http://127.0.0.1:%d", port);
    snprintf(message, sizeof message,
             "DescribeServices: cannot reach 127.0.0.1:%d: connection refused", port);
    struct aws_config config = f->config;
    config.service_endpoint[AWS_ECS] = url;
    config.service_endpoint_from[AWS_ECS] = text_of("AWS_ENDPOINT_URL_ECS");
    struct aws_client_options options = {
        .config = &config, .find = credentials_find, .random = no_jitter};
    struct aws_client *client = NULL;
    struct error err = {0};
    assert_true(aws_client_new(&client, &options, &err));
    struct aws_call call = {.service = AWS_ECS, .operation = "DescribeServices", .mutation = true};
    aws_run(client, &call, 1);
    check_error(&call, ERROR_NETWORK, message, "the endpoint comes from AWS_ENDPOINT_URL_ECS");
    assert_int_equal(call.attempts, 3); /* nothing left: a mutation too may be tried again */
    assert_false(call.outcome_unknown);
    aws_call_clear(&call);
    aws_client_free(client);
}

static void knows_about_itself(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(aws_client_region(f->client), "us-east-1");
    assert_true(aws_client_is_loopback(f->client));
    assert_int_equal(aws_client_credentials_end_at(f->client), 0);
    struct aws_config config = f->config;
    config.service_endpoint[AWS_CLOUDWATCH] = text_of("https://monitoring.example.com");
    struct aws_client_options options = {.config = &config, .find = credentials_find};
    struct aws_client *client = NULL;
    struct error err = {0};
    assert_true(aws_client_new(&client, &options, &err));
    assert_false(aws_client_is_loopback(client));
    aws_client_free(client);

    config.endpoint = text_of("http://user@host");
    assert_false(aws_client_new(&client, &options, &err));
    assert_null(client);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    setenv("NO_PROXY", "*", 1);
    const struct CMUnitTest tests[] = {
        TEST(speaks_json_to_ecs),
        TEST(speaks_query_to_the_others),
        cmocka_unit_test(sends_again_what_may_be_sent_again),
        cmocka_unit_test(a_patient_call_is_tried_twice_as_often_while_throttled),
        TEST(calls_are_begun_and_taken_one_by_one),
        TEST(only_the_failed_ones_of_a_wave_are_sent_again),
        TEST(signs_with_the_time_of_aws),
        TEST(a_wrong_key_with_the_right_time_is_asked_once),
        TEST(a_refusal_is_explained_with_its_request_id),
        TEST(says_what_gave_in_at_last),
        TEST(an_unreachable_endpoint_is_named),
        TEST(knows_about_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
