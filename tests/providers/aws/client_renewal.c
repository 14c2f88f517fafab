/*
 * Credentials that end while the client lives: a server on loopback that takes one session token
 * and says of every other that it has expired, and a credentials file that somebody rewrites.
 * Searches are counted.
 */
#include "tests/unit.h"

#include <unistd.h>

#include "planner/base/text.h"
#include "providers/aws/client.h"
#include "providers/aws/credentials/chain.h"
#include "tests/leftovers.h"
#include "tests/loopback.h"

#define SECRET "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"

enum { CALLS_MAX = 20 };

struct fixture {
    struct loopback server;
    struct aws_config config;
    struct aws_client *client;
    struct aws_call calls[CALLS_MAX];
    char path[64];
    const char *token; /* the one that the server takes; NULL: every new one */
    const char *code;  /* what it says of others */
    int taken, refused;
    pthread_mutex_t mutex;
};

static int finds;
static struct fixture *signs_in; /* then each search finds new keys, which end at once */

static void write_file(const struct fixture *f, const char *text)
{
    FILE *out = fopen(f->path, "w");
    assert_non_null(out);
    fputs(text, out);
    assert_int_equal(fclose(out), 0);
}

static void sign_in(const struct fixture *f, const char *token)
{
    char text[256];
    snprintf(text, sizeof text,
             "[default]\naws_access_key_id = AKID\naws_secret_access_key = " SECRET
             "\naws_session_token = %s\n",
             token);
    write_file(f, text);
}

static bool find(struct credentials *out, const struct aws_config *config,
                 const struct credentials_means *means, struct error *err)
{
    static int signed_in;
    char token[16];
    finds++;
    if (signs_in) {
        snprintf(token, sizeof token, "NEW%d", ++signed_in);
        sign_in(signs_in, token);
    }
    bool done = credentials_find(out, config, means, err);
    if (signs_in)
        out->expires_at = 1;
    return done;
}

static enum loopback_next answer(struct loopback *server, int fd,
                                 const struct loopback_request *request)
{
    struct fixture *f = server->self;
    char wanted[128], body[256];
    snprintf(wanted, sizeof wanted, "\r\nX-Amz-Security-Token: %s\r\n", f->token);
    bool good = strstr(request->head, f->token ? wanted : "\r\nX-Amz-Security-Token: NEW");
    bool json = strstr(request->head, "\r\nX-Amz-Target: ") != NULL;
    pthread_mutex_lock(&f->mutex);
    f->taken += good;
    f->refused += !good;
    pthread_mutex_unlock(&f->mutex);
    if (good) {
        loopback_say(fd, 200, "", json ? "{}" : "<a/>");
    } else if (json) {
        snprintf(body, sizeof body, "{\"__type\":\"%s\",\"message\":\"expired\"}", f->code);
        loopback_say(fd, 400, "", body);
    } else {
        snprintf(body, sizeof body, "<E><Error><Code>%s</Code></Error></E>", f->code);
        loopback_say(fd, 403, "", body);
    }
    return LOOPBACK_KEEP;
}

/* A config holds char *; these texts are constants that nobody writes to. */
static char *text_of(const char *s)
{
    return (char *)(uintptr_t)s;
}

static void make_client(struct fixture *f)
{
    struct error err = {0};
    struct aws_client_options options = {.config = &f->config, .find = find};
    if (!aws_client_new(&f->client, &options, &err))
        fail_msg("%s", err.message);
    finds = 0;
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    static const char *const variables[] = {"AWS_ACCESS_KEY_ID",
                                            "AWS_SECRET_ACCESS_KEY",
                                            "AWS_SESSION_TOKEN",
                                            "AWS_WEB_IDENTITY_TOKEN_FILE",
                                            "AWS_CREDENTIAL_EXPIRATION",
                                            "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
                                            "AWS_PROFILE",
                                            "AWS_CONTAINER_CREDENTIALS_FULL_URI"};
    for (size_t i = 0; i < COUNT(variables); i++)
        unsetenv(variables[i]);
    setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
    strcpy(f->path, "/tmp/switchover-test-XXXXXX");
    int fd = mkstemp(f->path);
    assert_true(fd >= 0);
    close(fd);
    pthread_mutex_init(&f->mutex, NULL);
    f->server.answer = answer;
    f->server.self = f;
    loopback_start(&f->server);
    f->token = "OLD";
    f->code = "ExpiredToken";
    f->config = (struct aws_config){.profile = text_of("default"),
                                    .region = text_of("us-east-1"),
                                    .max_attempts = 3,
                                    .credentials_file = f->path,
                                    .endpoint = strdup(loopback_url(&f->server, "")),
                                    .endpoint_from = text_of("AWS_ENDPOINT_URL")};
    sign_in(f, "OLD");
    make_client(f);
    *state = f;
    return 0;
}

static void clear_calls(struct fixture *f)
{
    for (size_t i = 0; i < CALLS_MAX; i++)
        aws_call_clear(&f->calls[i]);
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    clear_calls(f);
    aws_client_free(f->client);
    loopback_stop(&f->server);
    pthread_mutex_destroy(&f->mutex);
    free(f->config.endpoint);
    unlink(f->path);
    free(f);
    return 0;
}

static void run(struct fixture *f, size_t n, enum aws_service service, bool mutation)
{
    clear_calls(f);
    for (size_t i = 0; i < n; i++) {
        f->calls[i] = (struct aws_call){
            .service = service, .operation = "ModifyListener", .mutation = mutation};
        if (service == AWS_ECS)
            text_add(&f->calls[i].body, "{}");
        else
            aws_query_begin(&f->calls[i].body, service, "ModifyListener");
    }
    aws_run(f->client, f->calls, n);
    for (size_t i = 0; i < n; i++) {
        assert_null(strstr(f->calls[i].error.message, SECRET));
        assert_null(strstr(f->calls[i].error.hint, SECRET));
    }
}

static void says(const struct aws_call *call, const char *message, const char *hint)
{
    assert_false(call->ok);
    assert_false(call->outcome_unknown);
    if (call->error.kind != ERROR_CREDENTIALS || !strstr(call->error.message, message) ||
        !strstr(call->error.hint, hint))
        fail_msg("%s: \"%s\" (%s)", error_kind_name(call->error.kind), call->error.message,
                 call->error.hint);
}

static void is_renewed_once_and_signed_again(void **state)
{
    static const struct {
        enum aws_service service;
        bool mutation;
        const char *code;
    } rows[] = {
        {AWS_ELBV2, false, "ExpiredToken"},        {AWS_ELBV2, true, "ExpiredToken"},
        {AWS_ECS, true, "ExpiredTokenException"},  {AWS_ECS, false, "ExpiredTokenException"},
        {AWS_CLOUDWATCH, false, "RequestExpired"}, {AWS_ELBV2, true, "TokenRefreshRequired"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        void *fresh;
        set_up(&fresh);
        struct fixture *f = fresh;
        run(f, 1, rows[i].service, rows[i].mutation);
        assert_int_equal(f->calls[0].attempts, 1);
        f->token = "NEW";
        f->code = rows[i].code;
        sign_in(f, "NEW");
        run(f, 1, rows[i].service, rows[i].mutation);
        if (!f->calls[0].ok || f->calls[0].attempts != 2)
            fail_msg("row %zu: %d attempts, %s", i, f->calls[0].attempts,
                     f->calls[0].error.message);
        assert_int_equal(finds, 1);
        run(f, 1, rows[i].service, rows[i].mutation);
        assert_int_equal(f->calls[0].attempts, 1); /* and stays */
        assert_int_equal(f->taken, 3);
        assert_int_equal(f->refused, 1);
        tear_down(&fresh);
    }
}

static void a_wave_shares_one_renewal(void **state)
{
    struct fixture *f = *state;
    f->token = "NEW";
    sign_in(f, "NEW");
    run(f, CALLS_MAX, AWS_ELBV2, false);
    for (size_t i = 0; i < CALLS_MAX; i++) {
        assert_true(f->calls[i].ok);
        assert_int_equal(f->calls[i].attempts, 2);
    }
    assert_int_equal(finds, 1);

    f->token = "NEVER";
    finds = 0;
    run(f, CALLS_MAX, AWS_ELBV2, false);
    for (size_t i = 0; i < CALLS_MAX; i++) {
        says(&f->calls[i], "have expired (ExpiredToken)", "sign in again");
        assert_int_equal(f->calls[i].attempts, 1); /* the same keys would get the same answer */
    }
    assert_int_equal(finds, 1);
}

static void new_ones_that_are_refused_too_end_it(void **state)
{
    struct fixture *f = *state;
    f->token = "NEVER";
    sign_in(f, "NEW");
    run(f, 3, AWS_ELBV2, true);
    for (size_t i = 0; i < 3; i++) {
        says(&f->calls[i], "have expired (ExpiredToken)", "sign in again");
        assert_int_equal(f->calls[i].attempts, 2);
    }
    assert_int_equal(finds, 1);
    assert_int_equal(f->taken, 0);
}

static void a_source_that_fails_says_why(void **state)
{
    struct fixture *f = *state;
    f->token = "NEW";
    write_file(f, "[default]\naws_access_key_id = AKID\n");
    run(f, 2, AWS_ELBV2, true);
    for (size_t i = 0; i < 2; i++)
        says(&f->calls[i], "and there are no new ones: the profile default has an", "");
    assert_int_equal(finds, 1);
    write_file(f, SECRET "\n"); /* half a file */
    run(f, 1, AWS_ELBV2, true);
    says(&f->calls[0], "and there are no new ones: ", "");
    sign_in(f, "NEW");
    run(f, 1, AWS_ELBV2, true); /* what was held is held until others are found */
    assert_true(f->calls[0].ok);
}

/* Each call is signed with keys that the next one's search takes the place of, before it is sent.
 */
static void a_call_keeps_what_it_was_signed_with(void **state)
{
    struct fixture *f = *state;
    aws_client_free(f->client);
    f->token = NULL;
    signs_in = f;
    make_client(f);
    run(f, CALLS_MAX, AWS_ELBV2, false);
    signs_in = NULL;
    assert_int_equal(finds, CALLS_MAX);
    for (size_t i = 0; i < CALLS_MAX; i++) {
        assert_true(f->calls[i].ok);
        assert_int_equal(f->calls[i].attempts, 1);
    }
}

/* From the first search to the end of the client, with a renewal and a refusal in between. */
static void what_is_given_back_holds_no_secret(void **state)
{
    static const char *const secrets[] = {SECRET, "OLD-CANARY-TOKEN", "NEW-CANARY-TOKEN"};
    struct fixture *f = *state;
    aws_client_free(f->client);
    sign_in(f, "OLD-CANARY-TOKEN");
    f->token = "OLD-CANARY-TOKEN";
    leftovers_watch(secrets, COUNT(secrets));
    make_client(f);
    run(f, 3, AWS_ELBV2, false);
    f->token = "NEW-CANARY-TOKEN";
    sign_in(f, f->token);
    run(f, 3, AWS_ECS, true);
    assert_true(f->calls[2].ok);
    f->token = "NEVER";
    run(f, 1, AWS_ELBV2, true);
    clear_calls(f);
    aws_client_free(f->client);
    f->client = NULL;
    if (leftovers_end())
        fail_msg("a block that was given back held %s", leftovers_first());
}

static void variables_cannot_change(void **state)
{
    struct fixture *f = *state;
    aws_client_free(f->client);
    setenv("AWS_ACCESS_KEY_ID", "AKID", 1);
    setenv("AWS_SECRET_ACCESS_KEY", SECRET, 1);
    setenv("AWS_SESSION_TOKEN", "OLD", 1);
    setenv("AWS_CREDENTIAL_EXPIRATION", "2020-01-01T00:00:00Z", 1);
    make_client(f);
    assert_true(aws_client_credentials_end_at(f->client) == 1577836800000);
    run(f, 1, AWS_ELBV2, true); /* AWS judges, not a variable that somebody forgot to unset */
    assert_true(f->calls[0].ok);
    f->token = "NEW";
    run(f, 1, AWS_ELBV2, true);
    says(&f->calls[0], "the AWS credentials from the environment have expired (ExpiredToken)",
         "set new AWS_ACCESS_KEY_ID");
    assert_int_equal(f->calls[0].attempts, 1);
}

static void other_refusals_renew_nothing(void **state)
{
    struct fixture *f = *state;
    static const char *const codes[] = {"AccessDenied", "InvalidClientTokenId",
                                        "SignatureDoesNotMatch", "ValidationError"};
    f->token = "NEW";
    sign_in(f, "NEW");
    for (size_t i = 0; i < COUNT(codes); i++) {
        f->code = codes[i];
        run(f, 1, AWS_ELBV2, true);
        assert_false(f->calls[0].ok);
        assert_int_equal(f->calls[0].attempts, 1);
    }
    assert_int_equal(finds, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_renewed_once_and_signed_again),
        TEST(a_wave_shares_one_renewal),
        TEST(new_ones_that_are_refused_too_end_it),
        TEST(a_source_that_fails_says_why),
        TEST(a_call_keeps_what_it_was_signed_with),
        TEST(what_is_given_back_holds_no_secret),
        TEST(variables_cannot_change),
        TEST(other_refusals_renew_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
