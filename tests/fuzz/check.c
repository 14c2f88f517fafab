/*
 * What the world answers to the checks of a plan file. The first byte chooses the check, what it
 * asks for and the statuses; behind it stand, parted by NUL bytes, a JSON pointer and a body, both
 * clusters' lists of indices, the pages of CloudWatch's answer, or two numbers to compare. Whatever
 * it is: a verdict, and words that can be printed and tell no secret.
 */
#include <stdlib.h>
#include <string.h>

#include "planner/base/time.h"
#include "providers/checks/decimal.h"
#include "providers/checks/documents_check.h"
#include "providers/checks/http_check.h"
#include "providers/checks/metric_check.h"
#include "tests/fuzz/fuzz.h"

#define SECRET "wf7Tq0-secret-of-the-check"

static const char *const folders[CHECK_FOLDERS] = {".", NULL};

/* ---- the input ---- */

struct input {
    unsigned choice;
    const uint8_t *at, *end; /* of what was not taken yet */
};

static unsigned choose(struct input *in, unsigned n)
{
    unsigned chosen = in->choice % n;
    in->choice /= n;
    return chosen;
}

static struct text take_rest(struct input *in)
{
    struct text text = fuzz_text(in->at, (size_t)(in->end - in->at));
    in->at = in->end;
    return text;
}

/* Up to the next NUL byte. */
static struct text take_part(struct input *in)
{
    size_t left = (size_t)(in->end - in->at);
    const uint8_t *stop = left ? memchr(in->at, '\0', left) : NULL;
    struct text text = fuzz_text(in->at, stop ? (size_t)(stop - in->at) : left);
    in->at = stop ? stop + 1 : in->end;
    return text;
}

static void take_answer(struct http_exchange *exchange, struct text body, int status)
{
    exchange->body_in = body;
    exchange->status = status;
}

/* ---- what holds of every result ---- */

static void check_result(const struct check_result *result)
{
    must_hold(result->verdict != CHECK_NOT_ASKED && result->observed && *result->observed);
    must_hold(strlen(result->observed) <= QUESTION_WORDS_MAX);
    fuzz_check_text(result->observed);
    if (result->verdict != CHECK_SILENT)
        fuzz_accepted();
}

/* A run of it is as bad as all. */
static bool tells_secret(const char *text)
{
    char run[SECRET_RUN + 1] = "";
    bool tells = false;
    for (size_t i = 0; i + SECRET_RUN < sizeof SECRET && !tells; i++) {
        memcpy(run, &SECRET[i], SECRET_RUN);
        tells = strstr(text, run);
    }
    return tells;
}

/* ---- the checks ---- */

static void try_http(struct input *in)
{
    static const char *const words[] = {"green", "yellow", "1.5", NULL};
    static const int statuses[] = {200, 200, 200, 301, 503};
    struct arena arena = {0};
    struct text pointer = take_part(in); /* of a plan file: UTF-8 */
    struct planfile_check check = {
        .kind = CHECK_HTTP,
        .name = "health",
        .http = {.url = "https://t.example/", .bearer = "SWITCHOVER_SECRET_FUZZ", .status = 200}};
    struct check_result result = {.check = &check};
    struct http_exchange exchange = {0};
    struct question question;
    text_cut(&pointer, text_utf8_prefix(pointer.data, pointer.len));
    if (choose(in, 2))
        check.http.one_of = words;
    if (choose(in, 2))
        check.http.below = "60000";
    if (choose(in, 2))
        check.http.at_least = "-1.5e3";
    int status = statuses[choose(in, 5)];
    if (check.http.one_of || check.http.below || check.http.at_least)
        check.http.pointer = pointer.data;
    http_check_begin(&question, &result, &arena, &exchange, folders);
    must_hold(question.count == 1);
    take_answer(&exchange, take_rest(in), status);
    http_check_judge(&question);
    check_result(&result);
    /* The plan file's own words are shown as they are. */
    must_hold(!tells_secret(result.observed) || tells_secret(pointer.data));
    question_clear(&question);
    text_clear(&pointer);
    arena_clear(&arena);
}

static void try_documents(struct input *in)
{
    static const char *const patterns[] = {"*", "logs-*", "a,.ds-*"};
    static const int64_t shares[] = {0, 1000, 1000000};
    static const int statuses[][ARM_COUNT] = {{200, 200}, {404, 200}, {200, 404}, {404, 404},
                                              {503, 200}, {200, 503}, {404, 503}};
    struct arena arena = {0};
    struct planfile_check check = {.kind = CHECK_DOCUMENTS,
                                   .name = "in-sync",
                                   .documents = {.source = "https://s.example",
                                                 .target = "https://t.example/",
                                                 .bearer = "SWITCHOVER_SECRET_FUZZ",
                                                 .indices = patterns[choose(in, 3)],
                                                 .tolerate = shares[choose(in, 3)]}};
    struct check_result result = {.check = &check};
    struct http_exchange exchanges[QUESTION_EXCHANGES_MAX] = {0};
    struct question question;
    const int *status = statuses[choose(in, 7)];
    documents_check_begin(&question, &result, &arena, exchanges, folders);
    must_hold(question.count == ARM_COUNT);
    for (int arm = 0; arm < ARM_COUNT; arm++)
        take_answer(&exchanges[arm], take_part(in), status[arm]);
    documents_check_judge(&question);
    check_result(&result);
    must_hold(!tells_secret(result.observed));
    question_clear(&question);
    arena_clear(&arena);
}

static struct input *pages; /* of the metric checks that are asked */

void __wrap_aws_run(struct aws_client *client, struct aws_call calls[], size_t n);
void __wrap_aws_run(struct aws_client *client, struct aws_call calls[], size_t n)
{
    (void)client;
    for (size_t i = 0; i < n; i++) {
        must_hold(calls[i].body.len);
        calls[i].ok = pages->at < pages->end;
        if (calls[i].ok)
            calls[i].answer = take_part(pages);
        else
            error_set(&calls[i].error, ERROR_NETWORK, "nobody answers");
    }
}

static int64_t now(void *self)
{
    (void)self;
    return INT64_C(1796090730000); /* 2026-12-01T02:05:30Z */
}

/* Two of one request, and one of another. */
static void try_metrics(struct input *in)
{
    struct arena arena = {0};
    const struct clock clock = {.wall = now, .monotonic = now};
    struct check_dimension dimension = {"Cluster", "a b"};
    struct planfile_check checks[3];
    struct check_result results[3];
    static int client; /* nothing looks into it */
    for (size_t i = 0; i < 3; i++) {
        checks[i] = (struct planfile_check){.kind = CHECK_METRIC,
                                            .name = "queue",
                                            .metric = {.namespace = "X",
                                                       .metric = "Y",
                                                       .statistic = "Maximum",
                                                       .dimensions = &dimension,
                                                       .dimension_count = i == 1,
                                                       .over_ms = (i == 2 ? 5 : 10) * MINUTE_MS,
                                                       .below = "60000"}};
        results[i] = (struct check_result){.check = &checks[i]};
    }
    pages = in;
    metric_checks_ask((struct aws_client *)(void *)&client, &clock, results, 3, &arena);
    for (size_t i = 0; i < 3; i++) {
        must_hold(results[i].verdict != CHECK_NOT_ASKED && results[i].observed);
        fuzz_check_text(results[i].observed);
        if (results[i].verdict != CHECK_SILENT)
            fuzz_accepted();
    }
    arena_clear(&arena);
}

static int sign(int n)
{
    return (n > 0) - (n < 0);
}

/* As doubles tell them apart; these cannot always. */
static void try_numbers(struct input *in)
{
    struct text a = take_part(in), b = take_part(in);
    if (decimal_is(a.data) && decimal_is(b.data)) {
        int order = sign(decimal_compare(a.data, b.data));
        double x = strtod(a.data, NULL), y = strtod(b.data, NULL);
        must_hold(order == -sign(decimal_compare(b.data, a.data)));
        must_hold(decimal_compare(a.data, a.data) == 0);
        must_hold(x == y || order == (x < y ? -1 : 1));
        fuzz_accepted();
    }
    text_clear(&a);
    text_clear(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const tries[])(struct input *) = {try_http, try_documents, try_metrics,
                                                    try_numbers};
    if (size < 2)
        return 0;
    struct input in = {.choice = data[0], .at = data + 1, .end = data + size};
    setenv("SWITCHOVER_SECRET_FUZZ", SECRET, 1);
    tries[choose(&in, 4)](&in);
    return 0;
}
