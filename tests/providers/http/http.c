#include "tests/unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "planner/base/text.h"
#include "providers/http/http.h"
#include "tests/loopback.h"

static void raw(int fd, const char *bytes)
{
    assert_int_equal(send(fd, bytes, strlen(bytes), MSG_NOSIGNAL), strlen(bytes));
}

/* ---- a server whose paths name what it does ---- */

static enum loopback_next say_large(int fd)
{
    struct text body = {0};
    for (int i = 0; i < 1000; i++)
        text_add_char(&body, 'x');
    loopback_say(fd, 200, "", body.data);
    text_clear(&body);
    return LOOPBACK_KEEP;
}

static enum loopback_next say_large_headers(int fd)
{
    struct text headers = {0};
    for (int i = 0; i < 100; i++)
        text_addf(&headers, "X-%d: some value that takes room\r\n", i);
    loopback_say(fd, 200, headers.data, "");
    text_clear(&headers);
    return LOOPBACK_KEEP;
}

static enum loopback_next say_endless_header(int fd)
{
    struct text header = {0};
    text_add(&header, "HTTP/1.1 200 OK\r\nX: ");
    for (int i = 0; i < 300000; i++)
        text_add_char(&header, 'x');
    send(fd, header.data, header.len, MSG_NOSIGNAL);
    text_clear(&header);
    return LOOPBACK_CLOSE;
}

static enum loopback_next echo(int fd, const struct loopback_request *request)
{
    struct text body = {0};
    text_add(&body, request->head);
    text_addf(&body, "[%zu]", request->body_len);
    text_add_bytes(&body, request->body, request->body_len);
    for (size_t i = 0; i < body.len; i++)
        if (!body.data[i])
            body.data[i] = '0';
    loopback_say(fd, 200, "", body.data);
    text_clear(&body);
    return LOOPBACK_KEEP;
}

static void drip(struct loopback *server, int fd)
{
    raw(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
    for (int i = 0; i < 100000; i++) {
        if (send(fd, "x", 1, MSG_NOSIGNAL) != 1 || server->stopping)
            return;
        usleep(5000);
    }
}

static enum loopback_next answer(struct loopback *server, int fd,
                                 const struct loopback_request *request)
{
    static const struct {
        const char *path, *bytes;
        enum loopback_next next;
    } plain[] = {
        {"/hello", "HTTP/1.1 200 OK\r\nX-Amzn-RequestId:  abc \r\nContent-Length: 5\r\n\r\nhello",
         LOOPBACK_KEEP},
        {"/moved", "HTTP/1.1 302 Found\r\nLocation: /hello\r\nContent-Length: 0\r\n\r\n",
         LOOPBACK_KEEP},
        {"/short", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this", LOOPBACK_CLOSE},
        {"/short-chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
         LOOPBACK_CLOSE},
        {"/chunks",
         "HTTP/1.1 200 OK\r\nX-A: head\r\nTransfer-Encoding: chunked\r\nTrailer: X-B\r\n\r\n"
         "5\r\nhello\r\n6\r\n world\r\n0\r\nX-A: tail\r\n\r\n",
         LOOPBACK_KEEP},
        {"/early-hints",
         "HTTP/1.1 103 Early Hints\r\nX-Early: yes\r\n\r\n"
         "HTTP/1.1 200 OK\r\nX-Late: yes\r\nContent-Length: 2\r\n\r\nok",
         LOOPBACK_KEEP},
        {"/nothing", "", LOOPBACK_CLOSE},
        {"/reset", "", LOOPBACK_RESET},
        {"/cut-head", "HTTP/1.1 200 OK\r\nContent-Le", LOOPBACK_CLOSE},
        {"/not-http", "SSH-2.0-OpenSSH_9.2\r\n", LOOPBACK_CLOSE},
        {"/old", "HTTP/1.0 200 OK\r\n\r\nuntil the end", LOOPBACK_CLOSE},
        {"/no-content", "HTTP/1.1 204 No Content\r\n\r\n", LOOPBACK_KEEP},
    };
    for (size_t i = 0; i < COUNT(plain); i++)
        if (strcmp(request->path, plain[i].path) == 0) {
            raw(fd, plain[i].bytes);
            return plain[i].next;
        }
    if (strcmp(request->path, "/large") == 0)
        return say_large(fd);
    if (strcmp(request->path, "/large-headers") == 0)
        return say_large_headers(fd);
    if (strcmp(request->path, "/endless-header") == 0)
        return say_endless_header(fd);
    if (strcmp(request->path, "/echo") == 0)
        return echo(fd, request);
    if (strcmp(request->path, "/drip") == 0)
        drip(server, fd);
    else if (strcmp(request->path, "/gather2") == 0)
        loopback_gather(server, 2);
    else if (strcmp(request->path, "/gather8") == 0)
        loopback_gather(server, 8);
    else if (strcmp(request->path, "/never") == 0)
        loopback_gather(server, 1000);
    loopback_say(fd, 200, "", "done");
    return LOOPBACK_KEEP;
}

struct fixture {
    struct loopback server;
    struct http_client *client;
};

static struct http_client *client_with(const struct http_options *options)
{
    struct http_client *client = NULL;
    struct error err = {0};
    assert_true(http_client_new(&client, options, &err));
    return client;
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->server.answer = answer;
    loopback_start(&f->server);
    f->client = client_with(&(struct http_options){.user_agent = "switchover/test",
                                                   .idle_timeout_ms = 400,
                                                   .whole_timeout_ms = 1200,
                                                   .max_body = 999,
                                                   .max_headers = 2000});
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    http_client_free(f->client);
    loopback_stop(&f->server);
    free(f);
    return 0;
}

static struct http_exchange get(const struct fixture *f, const char *path)
{
    return (struct http_exchange){.method = "GET", .url = loopback_url(&f->server, path)};
}

static void check_answer(const struct http_exchange *exchange, int status, const char *body)
{
    if (exchange->failure != HTTP_ANSWERED)
        fail_msg("%s: %s", exchange->url, exchange->error.message);
    assert_int_equal(exchange->error.kind, ERROR_NONE);
    assert_int_equal(exchange->status, status);
    assert_string_equal(text_cstr(&exchange->body_in), body);
    assert_true(exchange->sent);
}

/* ---- what it should do ---- */

static void takes_whole_answers(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *method, *path;
        int status;
        const char *body, *header, *value;
    } rows[] = {
        {"GET", "/hello", 200, "hello", "x-amzn-requestid", "abc"},
        {"GET", "/moved", 302, "", "location", "/hello"},
        {"GET", "/chunks", 200, "hello world", "x-a", "head"},
        {"GET", "/early-hints", 200, "ok", "x-late", "yes"},
        {"GET", "/early-hints", 200, "ok", "x-early", NULL},
        {"HEAD", "/hello", 200, "", "content-length", "5"},
        {"GET", "/no-content", 204, "", "content-length", NULL},
        {"GET", "/old", 200, "until the end", "x-old", NULL},
        {"DELETE", "/hello", 200, "hello", "x-amzn", NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct http_exchange exchange = get(f, rows[i].path);
        char value[64] = "";
        exchange.method = rows[i].method;
        http_run(f->client, &exchange, 1);
        check_answer(&exchange, rows[i].status, rows[i].body);
        bool found = http_answer_header(&exchange, rows[i].header, value, sizeof value);
        assert_int_equal(found, rows[i].value != NULL);
        assert_string_equal(value, rows[i].value ? rows[i].value : "");
        http_exchange_clear(&exchange);
    }
    assert_int_equal(loopback_requests(&f->server), COUNT(rows)); /* the redirect: not followed */
}

static void a_value_that_does_not_fit_is_not_cut(void **state)
{
    struct fixture *f = *state;
    struct http_exchange exchange = get(f, "/hello");
    char value[3];
    http_run(f->client, &exchange, 1);
    assert_false(http_answer_header(&exchange, "x-amzn-requestid", value, sizeof value));
    http_exchange_clear(&exchange);
}

static void sends_what_it_was_given_and_no_more(void **state)
{
    struct fixture *f = *state;
    const struct http_header headers[] = {
        {"Content-Type", "application/x-amz-json-1.1"}, {"X-Empty", ""}, {"Host", "example.test"}};
    static const struct {
        const char *method, *body;
        size_t len;
        const char *end;
    } rows[] = {
        {"POST", "a\0b", 3, "\r\n\r\n[3]a0b"},
        {"POST", NULL, 0, "\r\n\r\n[0]"},
        {"PUT", "whole", 5, "\r\n\r\n[5]whole"},
        {"GET", NULL, 0, "\r\n\r\n[0]"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct http_exchange exchange = get(f, "/echo");
        exchange.method = rows[i].method;
        exchange.headers = headers;
        exchange.header_count = i == 0 ? COUNT(headers) : 0;
        exchange.body = rows[i].body;
        exchange.body_len = rows[i].len;
        http_run(f->client, &exchange, 1);
        const char *seen = text_cstr(&exchange.body_in);
        assert_true(text_starts(seen, rows[i].method));
        assert_true(text_ends(seen, rows[i].end));
        assert_non_null(strstr(seen, "\r\nUser-Agent: switchover/test\r\n"));
        assert_null(strcasestr(seen, "\r\nExpect:"));
        assert_null(strcasestr(seen, "\r\nContent-Type: application/x-www-form"));
        if (i == 0) {
            assert_non_null(strstr(seen, "\r\nContent-Type: application/x-amz-json-1.1\r\n"));
            assert_non_null(strstr(seen, "\r\nX-Empty:\r\n"));
            assert_non_null(strstr(seen, "\r\nHost: example.test\r\n"));
        }
        http_exchange_clear(&exchange);
    }
}

static void a_wave_is_under_way_at_once_and_connections_are_kept(void **state)
{
    struct fixture *f = *state;
    struct http_exchange wave[8];
    for (int round = 0; round < 3; round++) {
        f->server.waiting = 0;
        for (size_t i = 0; i < COUNT(wave); i++)
            wave[i] = get(f, "/gather8"); /* no answer until all eight are there */
        http_run(f->client, wave, COUNT(wave));
        for (size_t i = 0; i < COUNT(wave); i++) {
            check_answer(&wave[i], 200, "done");
            http_exchange_clear(&wave[i]);
        }
        assert_int_equal(loopback_connections(&f->server), 8);
    }
    for (int i = 0; i < 4; i++) {
        struct http_exchange one = get(f, "/hello");
        http_run(f->client, &one, 1);
        check_answer(&one, 200, "hello");
        http_exchange_clear(&one);
    }
    assert_int_equal(loopback_connections(&f->server), 8);
    http_run(f->client, NULL, 0);
}

static void wait_for_connections(struct fixture *f, int n)
{
    for (int i = 0; i < 2000 && loopback_connections(&f->server) < n; i++)
        usleep(1000);
    assert_int_equal(loopback_connections(&f->server), n);
}

static void waves_find_their_connections_open(void **state)
{
    struct fixture *f = *state;
    struct http_exchange wave[8];
    http_warm(f->client, loopback_url(&f->server, "/"), 8);
    http_warm(f->client, "http://nobody.invalid.:99999/", 2);
    http_warm(f->client, "gopher://127.0.0.1/", 2);
    wait_for_connections(f, 8); /* before there is a request */
    struct http_exchange first = get(f, "/hello");
    http_run(f->client, &first, 1);
    check_answer(&first, 200, "hello");
    http_exchange_clear(&first);
    wait_for_connections(f, 8);
    assert_int_equal(loopback_requests(&f->server), 1);
    for (int round = 0; round < 2; round++) {
        f->server.waiting = 0;
        for (size_t i = 0; i < COUNT(wave); i++)
            wave[i] = get(f, "/gather8");
        http_run(f->client, wave, COUNT(wave));
        for (size_t i = 0; i < COUNT(wave); i++) {
            check_answer(&wave[i], 200, "done");
            http_exchange_clear(&wave[i]);
        }
        assert_int_equal(loopback_connections(&f->server), 8);
    }
    http_warm(f->client, loopback_url(&f->server, "/"), 3); /* too late */
    usleep(10000);
    assert_int_equal(loopback_connections(&f->server), 8);
}

/* The first is answered only once the third is there, which follows from the second's answer. */
static void an_answer_is_had_while_others_are_under_way(void **state)
{
    struct fixture *f = *state;
    struct http_exchange slow = get(f, "/gather2"), quick = get(f, "/hello"),
                         then = get(f, "/gather2");
    assert_null(http_next(f->client));
    http_start(f->client, &slow);
    http_start(f->client, &quick);
    assert_ptr_equal(http_next(f->client), &quick);
    check_answer(&quick, 200, "hello");
    http_start(f->client, &then);
    struct http_exchange *one = http_next(f->client), *other = http_next(f->client);
    assert_true((one == &slow && other == &then) || (one == &then && other == &slow));
    check_answer(one, 200, "done");
    check_answer(other, 200, "done");
    assert_null(http_next(f->client));
    assert_int_equal(loopback_connections(&f->server), 2);

    http_exchange_clear(&quick);
    quick.fresh = true;
    http_run(f->client, &quick, 1);
    check_answer(&quick, 200, "hello");
    assert_int_equal(loopback_connections(&f->server), 3);
    http_exchange_clear(&slow);
    http_exchange_clear(&quick);
    http_exchange_clear(&then);
}

static void one_failure_leaves_the_others_alone(void **state)
{
    struct fixture *f = *state;
    struct http_exchange wave[] = {get(f, "/reset"), get(f, "/hello"), get(f, "/never"),
                                   get(f, "/hello")};
    http_run(f->client, wave, COUNT(wave));
    assert_int_equal(wave[0].failure, HTTP_BROKEN);
    check_answer(&wave[1], 200, "hello");
    assert_int_equal(wave[2].failure, HTTP_TIMED_OUT);
    check_answer(&wave[3], 200, "hello");
    for (size_t i = 0; i < COUNT(wave); i++)
        http_exchange_clear(&wave[i]);
}

static void says_what_went_wrong(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *path;
        enum http_failure failure;
        enum error_kind kind;
        const char *part;
    } rows[] = {
        {"/nothing", HTTP_BROKEN, ERROR_NETWORK, "broke before it answered"},
        {"/reset", HTTP_BROKEN, ERROR_NETWORK, "broke before it answered"},
        {"/cut-head", HTTP_BROKEN, ERROR_NETWORK, "broke before it answered"},
        {"/short", HTTP_BROKEN, ERROR_NETWORK, "broke before it answered"},
        {"/short-chunk", HTTP_BROKEN, ERROR_NETWORK, "broke before it answered"},
        {"/not-http", HTTP_UNREADABLE, ERROR_SERVICE, "did not answer in HTTP"},
        {"/large", HTTP_TOO_LARGE, ERROR_SERVICE, "larger than 999 bytes"},
        {"/large-headers", HTTP_TOO_LARGE, ERROR_SERVICE, "larger than 2000 bytes"},
        {"/endless-header", HTTP_TOO_LARGE, ERROR_SERVICE, "larger than 2000 bytes"},
        {"/never", HTTP_TIMED_OUT, ERROR_NETWORK, "sent nothing for 400ms"},
        {"/drip", HTTP_TIMED_OUT, ERROR_NETWORK, "did not answer within 1200ms"},
    };
    char host[64];
    snprintf(host, sizeof host, "127.0.0.1:%d", f->server.port);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct http_exchange exchange = get(f, rows[i].path);
        http_run(f->client, &exchange, 1);
        if (!strstr(exchange.error.message, rows[i].part) || !strstr(exchange.error.message, host))
            fail_msg("%s: \"%s\"", rows[i].path, exchange.error.message);
        assert_int_equal(exchange.failure, rows[i].failure);
        assert_int_equal(exchange.error.kind, rows[i].kind);
        assert_int_equal(exchange.status, 0);
        assert_true(exchange.sent);
        http_exchange_clear(&exchange);
    }
}

/* Nothing of a request may have left: the caller may say that nothing was changed. */
static void knows_what_was_not_sent(void **state)
{
    struct fixture *f = *state;
    char closed[64], long_name[128];
    snprintf(closed, sizeof closed, "http://127.0.0.1:%d/", loopback_closed_port());
    snprintf(long_name, sizeof long_name, "http://%070d.invalid/", 0); /* refused by any resolver */
    const struct http_header split = {"X-A", "b\r\nX-Injected: c"};
    const struct {
        const char *url;
        const struct http_header *header;
        enum http_failure failure;
        const char *part;
    } rows[] = {
        {closed, NULL, HTTP_NOT_CONNECTED, ": connection refused"},
        {long_name, NULL, HTTP_NOT_CONNECTED, "does not resolve"},
        {loopback_url(&f->server, "/hello"), &split, HTTP_NOT_TRIED, "X-A"},
        {"ftp://127.0.0.1/x", NULL, HTTP_NOT_TRIED, "127.0.0.1"},
        {"http://user:secret@127.0.0.1/", NULL, HTTP_NOT_TRIED, "127.0.0.1"},
        {"http://127.0.0.1:99999/", NULL, HTTP_NOT_TRIED, "99999"},
        {"", NULL, HTTP_NOT_TRIED, "URL"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct http_exchange exchange = {.method = "POST",
                                         .url = rows[i].url,
                                         .headers = rows[i].header,
                                         .header_count = rows[i].header != NULL};
        http_run(f->client, &exchange, 1);
        if (exchange.failure != rows[i].failure || !strstr(exchange.error.message, rows[i].part))
            fail_msg("%s: %d \"%s\"", rows[i].url, exchange.failure, exchange.error.message);
        assert_false(exchange.sent);
        assert_null(strstr(exchange.error.message, "secret"));
        http_exchange_clear(&exchange);
    }
    assert_int_equal(loopback_requests(&f->server), 0);
}

/* A full backlog drops the SYN, as a firewall does. */
static void gives_up_connecting(void **state)
{
    (void)state;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0), fillers[4];
    assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    assert_int_equal(listen(listener, 0), 0);
    for (size_t i = 0; i < COUNT(fillers); i++) {
        fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)!connect(fillers[i], (struct sockaddr *)&address, size);
    }
    struct http_client *client =
        client_with(&(struct http_options){.user_agent = "t", .connect_timeout_ms = 300});
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%d/", ntohs(address.sin_port));
    struct http_exchange exchange = {.method = "GET", .url = url};
    http_run(client, &exchange, 1);
    assert_int_equal(exchange.failure, HTTP_TIMED_OUT);
    assert_false(exchange.sent);
    assert_non_null(strstr(exchange.error.message, "cannot reach"));
    assert_non_null(strstr(exchange.error.message, "within 300ms"));
    http_exchange_clear(&exchange);
    http_client_free(client);
    for (size_t i = 0; i < COUNT(fillers); i++)
        close(fillers[i]);
    close(listener);
}

/* A kept connection whose other end dies just as the next request is sent. */
static enum loopback_next die_on_second(struct loopback *server, int fd,
                                        const struct loopback_request *request)
{
    (void)server;
    if (request->number == 2)
        return LOOPBACK_CLOSE;
    loopback_say(fd, 200, "", "done");
    return LOOPBACK_KEEP;
}

static void a_mutation_is_never_sent_twice(void **state)
{
    struct fixture *f = *state;
    for (int once = 0; once <= 1; once++) {
        struct loopback server = {.answer = die_on_second};
        loopback_start(&server);
        struct http_exchange first = {.method = "POST", .url = loopback_url(&server, "/")};
        struct http_exchange second = first;
        second.once = once;
        http_run(f->client, &first, 1);
        check_answer(&first, 200, "done");
        http_run(f->client, &second, 1);
        if (once) {
            assert_int_equal(second.failure, HTTP_BROKEN);
            assert_true(second.sent);
            assert_int_equal(loopback_requests(&server), 2);
        } else {
            check_answer(&second, 200, "done");
            assert_int_equal(loopback_requests(&server), 3);
        }
        http_exchange_clear(&first);
        http_exchange_clear(&second);
        loopback_stop(&server);
    }
}

static bool once_the_others_are_there(void *self)
{
    const struct http_exchange *wave = self;
    return wave[0].sent && wave[2].status;
}

static void stops_when_told(void **state)
{
    struct fixture *f = *state;
    struct http_exchange wave[] = {get(f, "/never"), get(f, "/never"), get(f, "/hello")};
    struct http_client *client = client_with(&(struct http_options){
        .user_agent = "t", .interrupted = once_the_others_are_there, .interrupted_self = wave});
    wave[1].start_after_ms = 60000;
    http_run(client, wave, COUNT(wave));
    assert_int_equal(wave[0].failure, HTTP_STOPPED);
    assert_int_equal(wave[0].error.kind, ERROR_INTERRUPTED);
    assert_true(wave[0].sent);
    assert_int_equal(wave[1].failure, HTTP_STOPPED);
    assert_false(wave[1].sent);
    check_answer(&wave[2], 200, "hello");
    for (size_t i = 0; i < COUNT(wave); i++)
        http_exchange_clear(&wave[i]);
    http_client_free(client);
}

static void waits_before_a_late_start(void **state)
{
    struct fixture *f = *state;
    struct timespec from, to;
    struct http_exchange wave[] = {get(f, "/hello"), get(f, "/hello")};
    wave[1].start_after_ms = 120;
    clock_gettime(CLOCK_MONOTONIC, &from);
    http_run(f->client, wave, COUNT(wave));
    clock_gettime(CLOCK_MONOTONIC, &to);
    int64_t took = (to.tv_sec - from.tv_sec) * 1000 + (to.tv_nsec - from.tv_nsec) / 1000000;
    assert_true(took >= 119);
    check_answer(&wave[1], 200, "hello");
    assert_true(wave[1].elapsed_ms < took);
    assert_int_equal(loopback_connections(&f->server), 1);
    http_exchange_clear(&wave[0]);
    http_exchange_clear(&wave[1]);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    setenv("NO_PROXY", "*", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(takes_whole_answers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_value_that_does_not_fit_is_not_cut, set_up, tear_down),
        cmocka_unit_test_setup_teardown(sends_what_it_was_given_and_no_more, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_wave_is_under_way_at_once_and_connections_are_kept,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(waves_find_their_connections_open, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_answer_is_had_while_others_are_under_way, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(one_failure_leaves_the_others_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(says_what_went_wrong, set_up, tear_down),
        cmocka_unit_test_setup_teardown(knows_what_was_not_sent, set_up, tear_down),
        cmocka_unit_test(gives_up_connecting),
        cmocka_unit_test_setup_teardown(a_mutation_is_never_sent_twice, set_up, tear_down),
        cmocka_unit_test_setup_teardown(stops_when_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(waits_before_a_late_start, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
