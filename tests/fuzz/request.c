/*
 * What the sandbox is asked. NUL bytes part the requests to one world; the first byte of each
 * chooses the service, the protocol and whether it is signed well, the rest is a line (the
 * operation, the query of a GET, an Authorization header, or a path to the search clusters) and the
 * body. Whatever it is: an answer in the protocol's own shape, readable by the tool's readers.
 */
#include <stdio.h>
#include <string.h>

#include "planner/base/json.h"
#include "planner/base/time.h"
#include "providers/aws/sigv4.h"
#include "providers/aws/xml.h"
#include "providers/sandbox/clusters.h"
#include "providers/sandbox/wire.h"
#include "tests/fuzz/fuzz.h"

enum { REQUESTS_MAX = 6, HEADERS_MAX = 5 };
#define EPOCH INT64_C(1796090400000) /* 2026-12-01T02:00:00Z */

/* ---- one request ---- */

struct asked {
    const char *service, *target; /* the JSON operations' prefix; NULL: the Query protocol */
    bool get, forged;
};

static const struct asked asked[] = {
    {"ecs", "AmazonEC2ContainerServiceV20141113", false, false},
    {"elasticloadbalancing", NULL, false, false},
    {"monitoring", NULL, false, false},
    {"monitoring", "GraniteServiceVersion20100801", false, false},
    {"elasticloadbalancing", NULL, true, false},
    {"sts", NULL, false, false},
    {"ecs", "AmazonEC2ContainerServiceV20141113", false, true},
    {"elasticloadbalancing", NULL, false, true},
};
enum { ASKED_COUNT = sizeof asked / sizeof *asked };

static void send(struct wire_answer *out, struct world *world, const struct asked *how,
                 const struct text *line, const struct text *body)
{
    char date[SIGV4_DATE_SIZE];
    struct text target = {0}, authorization = {0};
    struct http_header headers[HEADERS_MAX] = {{"Host", "127.0.0.1:1"}};
    size_t count = 1;
    sigv4_date(date, EPOCH);
    headers[count++] = (struct http_header){"X-Amz-Date", date};
    if (how->target) {
        text_addf(&target, "%s.%s", how->target, how->forged ? "ListTasks" : line->data);
        headers[count++] = (struct http_header){"X-Amz-Target", target.data};
    }
    struct sigv4_request to_sign = {.method = how->get ? "GET" : "POST",
                                    .path = "/",
                                    .query = how->get ? line->data : "",
                                    .headers = headers,
                                    .header_count = count,
                                    .payload = body->data,
                                    .payload_len = body->len};
    struct sigv4_identity identity = {.access_key_id = SANDBOX_ACCESS_KEY_ID,
                                      .secret_access_key = SANDBOX_SECRET_ACCESS_KEY,
                                      .region = "us-east-1",
                                      .service = how->service,
                                      .at = EPOCH};
    if (how->forged)
        text_add(&authorization, line->data);
    else
        sigv4_authorization(&authorization, &to_sign, &identity);
    headers[count++] = (struct http_header){"Authorization", text_cstr(&authorization)};
    struct wire_request request = {.method = to_sign.method,
                                   .path = "/",
                                   .query = to_sign.query,
                                   .headers = headers,
                                   .header_count = count,
                                   .body = body->data,
                                   .body_len = body->len};
    wire_handle(out, world, &request, EPOCH);
    text_clear(&target);
    text_clear(&authorization);
}

/* ---- what holds of every answer ---- */

static void check_json(const struct wire_answer *answer)
{
    struct json_document doc;
    struct error err;
    must_succeed(json_read(&doc, text_cstr(&answer->body), answer->body.len,
                           (struct json_limits){answer->body.len, 32}, &err),
                 &err);
    must_hold(answer->status == 200 || json_as_string(json_member(doc.root, "__type")));
    json_document_clear(&doc);
}

static void check_xml(const struct wire_answer *answer)
{
    struct xml_document doc;
    struct error err;
    must_succeed(xml_read(&doc, text_cstr(&answer->body), answer->body.len, &err), &err);
    must_hold(answer->status == 200 || xml_text(doc.root, "Error/Code"));
    xml_document_clear(&doc);
}

static void check_answer(const struct wire_answer *answer)
{
    must_hold(answer->status >= 200 && answer->status < 600 && answer->content_type);
    must_hold((answer->status == 200) == !answer->code[0]);
    if (strcmp(answer->content_type, "text/xml") == 0)
        check_xml(answer);
    else
        check_json(answer);
    if (answer->status == 200)
        fuzz_accepted();
}

/* No AWS: whatever it says of a path that is its own, it is UTF-8. */
static void ask_cluster(struct world *world, const struct text *line)
{
    struct text path = {0};
    struct wire_answer answer = {0};
    size_t n = strcspn(line->data, "?");
    text_addf(&path, "/clusters/%.*s", (int)n, line->data);
    struct wire_request request = {.method = "GET",
                                   .path = path.data,
                                   .query = line->data[n] ? &line->data[n + 1] : "",
                                   .body = ""};
    if (clusters_handle(&answer, world, &request)) {
        must_hold(answer.status >= 200 && answer.status < 600);
        fuzz_check_text(text_cstr(&answer.body));
        fuzz_accepted();
    }
    wire_answer_clear(&answer);
    text_clear(&path);
}

static void ask(struct world *world, const uint8_t *data, size_t size)
{
    const uint8_t *rest = data + 1, *newline = memchr(rest, '\n', size - 1);
    size_t first = newline ? (size_t)(newline - rest) : size - 1;
    struct text line = fuzz_text(rest, first);
    struct text body = fuzz_text(rest + first + !!newline, size - 1 - first - !!newline);
    unsigned choice = data[0] % (ASKED_COUNT + 1);
    struct wire_answer answer = {0};
    if (choice == ASKED_COUNT) {
        ask_cluster(world, &line);
    } else {
        send(&answer, world, &asked[choice], &line, &body);
        check_answer(&answer);
    }
    wire_answer_clear(&answer);
    text_clear(&line);
    text_clear(&body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct world_setup setup;
    const uint8_t *end = data + size;
    setup_init(&setup);
    setup.epoch_at = EPOCH;
    setup.history_ms = MINUTE_MS;
    struct world *world = world_new(&setup);
    for (int i = 1; data < end && i <= REQUESTS_MAX; i++) {
        const uint8_t *stop = memchr(data, '\0', (size_t)(end - data));
        if (!stop)
            stop = end;
        if (stop > data)
            ask(world, data, (size_t)(stop - data));
        world_advance(world, EPOCH + (int64_t)i * 10 * SECOND_MS);
        data = stop + 1;
    }
    world_free(world);
    return 0;
}
