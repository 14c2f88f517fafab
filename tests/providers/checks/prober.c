#include "providers/checks/prober.h"
#include "tests/loopback.h"
#include "tests/unit.h"

#include <signal.h>
#include <time.h>

struct fixture {
    struct loopback server;
    struct checks checks;
    struct prober prober;
    struct arena arena;
    bool stop;
};

static int64_t wall(void *self)
{
    (void)self;
    return 1796090400000; /* 2026-12-01T02:00:00Z */
}

static bool wants_to_stop(void *self)
{
    return *(bool *)self;
}

static enum loopback_next answer(struct loopback *server, int fd,
                                 const struct loopback_request *request)
{
    if (strcmp(request->path, "/never") == 0)
        loopback_gather(server, 1000);
    else
        loopback_say(fd, 200, "", "{}");
    return LOOPBACK_KEEP;
}

static int set_up(void **state)
{
    static const struct clock clock = {.wall = wall};
    struct fixture *f = calloc(1, sizeof *f);
    f->server.answer = answer;
    loopback_start(&f->server);
    checks_init(&f->checks, &f->prober,
                &(struct checks_options){.planfile = "plan.yaml",
                                         .clock = &clock,
                                         .interrupted = wants_to_stop,
                                         .interrupted_self = &f->stop});
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    checks_clear(&f->checks);
    checks_clear(&f->checks); /* what was never opened, too */
    loopback_stop(&f->server);
    arena_clear(&f->arena);
    free(f);
    return 0;
}

static void ask(struct fixture *f, struct check_result results[], size_t n)
{
    static const struct subject nobody;
    f->prober.ask(f->prober.self, results, n, &f->arena, &nobody);
}

static struct planfile_check http(const struct fixture *f, const char *path)
{
    return (struct planfile_check){.kind = CHECK_HTTP,
                                   .name = "h",
                                   .http = {.url = loopback_url(&f->server, path), .status = 200}};
}

static void kinds_are_mixed_and_stay_in_order(void **state)
{
    struct fixture *f = *state;
    const struct planfile_check checks[] = {
        {.kind = CHECK_METRIC,
         .metric =
             {.namespace = "X", .metric = "Y", .statistic = "Sum", .over_ms = 60000, .below = "1"}},
        http(f, "/"),
        {.kind = CHECK_DOCUMENTS,
         .documents = {.source = loopback_url(&f->server, "/"),
                       .target = loopback_url(&f->server, "/"),
                       .indices = "*"}},
        http(f, "/again"),
    };
    static const struct {
        enum check_verdict verdict;
        const char *words;
    } wanted[] = {{CHECK_SILENT, "nobody asks AWS here"},
                  {CHECK_GREEN, "status 200"},
                  {CHECK_SILENT, "source: the answer is no list of indices"},
                  {CHECK_GREEN, "status 200"}};
    struct check_result results[COUNT(checks)] = {{0}};
    for (size_t i = 0; i < COUNT(checks); i++)
        results[i] = (struct check_result){.check = &checks[i], .silent_since = 5};
    ask(f, results, 0);
    assert_int_equal(loopback_connections(&f->server), 0);
    ask(f, results, COUNT(results));
    for (size_t i = 0; i < COUNT(results); i++) {
        assert_int_equal(results[i].verdict, wanted[i].verdict);
        assert_string_equal(results[i].observed, wanted[i].words);
        assert_int_equal(results[i].asked_at, wall(NULL));
        assert_int_equal(results[i].silent_since, 5); /* whoever asks again knows that */
        assert_ptr_equal(results[i].check, &checks[i]);
    }
    assert_int_equal(loopback_requests(&f->server), 4);
}

static void who_wants_to_stop_waits_for_no_answer(void **state)
{
    struct fixture *f = *state;
    const struct planfile_check check = http(f, "/never");
    struct check_result result = {.check = &check};
    time_t began = time(NULL);
    f->stop = true;
    ask(f, &result, 1);
    assert_int_equal(result.verdict, CHECK_SILENT);
    assert_non_null(strstr(result.observed, "interrupted"));
    assert_true(time(NULL) - began < 5);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    setenv("NO_PROXY", "*", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(kinds_are_mixed_and_stay_in_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_wants_to_stop_waits_for_no_answer, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
