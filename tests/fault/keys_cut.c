/*
 * Every reader of an answer that is none of AWS's own services' to a cutover: the sources of keys
 * (STS, the metadata service, a container's agent, IAM Identity Center and its cache), and the
 * search clusters that a check asks; and the metrics of a check. Each is given every prefix of a
 * whole answer, and the whole one with a byte changed.
 *
 * No prefix of a document passes for a shorter one. Two of the metadata service's answers are no
 * documents but words, and a word that was cut is a word: the next answer refuses it. No message
 * holds a secret of the answer's.
 */
#include "tests/unit.h"

#include <unistd.h>

#include "planner/base/memory.h"
#include "providers/aws/cloudwatch_statistic.h"
#include "providers/aws/credentials/chain.h"
#include "providers/checks/prober.h"
#include "providers/http/http.h"
#include "providers/sandbox/wire.h"
#include "tests/fault/key_source.h"
#include "tests/fault/operation_name.h"
#include "tests/folder.h"

enum { SEED = 20261126, PORT = 9 };

/* ---- who answers ---- */

static struct {
    const char *operation; /* who is given these bytes; all others get whole answers */
    const char *bytes;
    size_t n;
} cut;

static const char health[] =
    "{\"cluster_name\":\"target\",\"status\":\"green\",\"number_of_nodes\":3,"
    "\"relocating_shards\":0}";
static const char indices[] =
    "[{\"index\":\"orders\",\"status\":\"open\",\"docs.count\":\"100000\"},"
    "{\"index\":\"old\",\"status\":\"close\",\"docs.count\":null},"
    "{\"index\":\"logs-1\",\"status\":\"open\",\"docs.count\":\"7\"}]";

static void whole(struct text *out, const char *operation)
{
    struct text answer = {0};
    if (strstr(operation, "-health"))
        text_add(out, health);
    else if (strstr(operation, "-indices"))
        text_add(out, indices);
    else if (key_source_answer(&answer, operation))
        text_add(out, strstr(answer.data, "\r\n\r\n") + 4);
    else
        fail_msg("nobody answers %s", operation);
    text_clear(&answer);
}

/* On the heap at its very size, so that a read past the end is found. */
static struct text exactly(const char *bytes, size_t n, bool secret)
{
    struct text out = {.data = memory_new(n + 1), .len = n, .room = n + 1, .secret = secret};
    memcpy(out.data, bytes, n);
    return out;
}

static void answer(struct http_exchange *exchange)
{
    struct text request = {0}, bytes = {0};
    char operation[OPERATION_NAME_SIZE];
    const char *path = strchr(strstr(exchange->url, "://") + 3, '/');
    text_addf(&request, "%s %s HTTP/1.1\r\n\r\n%.*s", exchange->method, path ? path : "/",
              (int)exchange->body_len, exchange->body ? exchange->body : "");
    if (!operation_name(operation, request.data))
        fail_msg("%s", request.data);
    if (text_same(operation, cut.operation))
        text_add_bytes(&bytes, cut.bytes, cut.n);
    else
        whole(&bytes, operation);
    exchange->status = 200;
    exchange->sent = true;
    exchange->body_in = exactly(text_cstr(&bytes), bytes.len, exchange->secret);
    text_clear(&request);
    text_clear(&bytes);
}

/* In place of the network; a call is done as soon as it begins. */
static struct http_exchange *begun;

void __wrap_http_run(struct http_client *client, struct http_exchange exchanges[], size_t n);
void __wrap_http_start(struct http_client *client, struct http_exchange *exchange);
struct http_exchange *__wrap_http_next(struct http_client *client);

void __wrap_http_run(struct http_client *client, struct http_exchange exchanges[], size_t n)
{
    (void)client;
    for (size_t i = 0; i < n; i++)
        answer(&exchanges[i]);
}

void __wrap_http_start(struct http_client *client, struct http_exchange *exchange)
{
    (void)client;
    answer(exchange);
    begun = exchange;
}

struct http_exchange *__wrap_http_next(struct http_client *client)
{
    struct http_exchange *done = begun;
    (void)client;
    begun = NULL;
    return done;
}

/* ---- the readers ---- */

struct reader;
typedef bool read_answer(const struct reader *reader, const char *bytes, size_t n);

struct reader {
    const char *operation;
    read_answer *read; /* false: it is refused */
    enum key_source source;
    bool is_word;
};

static char *folder;
static bool goes_on; /* TESTS_LONG, which the readers' environment does not keep */

/* The only secrets that an answer can say; parts of them count. */
static bool says_a_secret(const struct error *err)
{
    static const char *const secrets[] = {SANDBOX_SECRET_ACCESS_KEY, SANDBOX_SESSION_TOKEN,
                                          "aoaAAAA", "aorAAAA", "AQAEAHh5"};
    for (size_t i = 0; i < COUNT(secrets); i++)
        if (strstr(err->message, secrets[i]) || strstr(err->hint, secrets[i]))
            return true;
    return false;
}

static void set_environment(enum key_source source)
{
    struct text lines = {0};
    key_source_prepare(&lines, source, folder, PORT);
    clearenv();
    setenv("HOME", folder, 1);
    setenv("AWS_REGION", "us-east-1", 1);
    setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9", 1);
    char *rest = lines.data;
    for (char *line; (line = strsep(&rest, "\n"));) {
        char *value = strchr(line, '=');
        if (!value)
            continue;
        *value++ = '\0';
        setenv(line, value, 1);
    }
    text_clear(&lines);
}

static bool find(void)
{
    static const struct credentials_means means;
    struct aws_config config;
    struct credentials found = {0};
    struct error err = {0};
    assert_true(aws_config_read(&config, NULL, NULL, &err));
    bool done = credentials_find(&found, &config, &means, &err);
    if (!done && (says_a_secret(&err) || !err.message[0] || err.kind == ERROR_NONE))
        fail_msg("%s: \"%s\" %s", cut.operation ? cut.operation : "", err.message, err.hint);
    credentials_clear(&found);
    aws_config_clear(&config);
    return done;
}

static bool read_keys(const struct reader *reader, const char *bytes, size_t n)
{
    cut.operation = reader->operation;
    cut.bytes = bytes;
    cut.n = n;
    set_environment(reader->source);
    return find();
}

static int64_t wall(void *self)
{
    (void)self;
    return 1796090400000; /* 2026-12-01T02:00:00Z */
}

static bool read_check(const struct reader *reader, const char *bytes, size_t n)
{
    static const struct clock clock = {.wall = wall};
    static const char *green[] = {"green", NULL};
    static const struct planfile_check checks[] = {
        {.kind = CHECK_HTTP,
         .name = "h",
         .http = {.url = "http://127.0.0.1:9/clusters/target/_cluster/health",
                  .status = 200,
                  .pointer = "/status",
                  .one_of = green}},
        {.kind = CHECK_DOCUMENTS,
         .name = "d",
         .documents = {.source = "http://127.0.0.1:9/clusters/source",
                       .target = "http://127.0.0.1:9/clusters/target",
                       .indices = "*"}},
    };
    static const struct subject nobody;
    struct checks self;
    struct prober prober;
    struct arena arena = {0};
    struct check_result result = {.check = &checks[strstr(reader->operation, "-health") ? 0 : 1]};
    cut.operation = reader->operation;
    cut.bytes = bytes;
    cut.n = n;
    checks_init(&self, &prober, &(struct checks_options){.planfile = "p.yaml", .clock = &clock});
    prober.ask(prober.self, &result, 1, &arena, &nobody);
    bool passes = result.verdict == CHECK_GREEN;
    checks_clear(&self);
    arena_clear(&arena);
    return passes;
}

static bool read_metric(const struct reader *reader, const char *bytes, size_t n)
{
    struct cloudwatch_statistic list[1] = {{.namespace = "X", .metric = "Y", .statistic = "Sum"}};
    struct arena arena = {0};
    struct error err = {0};
    const char *next;
    (void)reader;
    struct text body = exactly(bytes, n, false);
    bool done = cloudwatch_read_statistics(list, 1, &next, &arena, &body, &err);
    text_clear(&body);
    arena_clear(&arena);
    return done;
}

static bool read_cache(const struct reader *reader, const char *bytes, size_t n)
{
    set_environment(reader->source); /* and so a cache, which these bytes take the place of */
    char *path = folder_path(folder, KEY_SOURCE_CACHE);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n, file), n);
    fclose(file);
    free(path);
    cut.operation = NULL;
    return find();
}

static const struct reader readers[] = {
    {"AssumeRole", read_keys, KEYS_ROLE, false},
    {"AssumeRoleWithWebIdentity", read_keys, KEYS_WEB_IDENTITY, false},
    {"metadata-token", read_keys, KEYS_METADATA, true},
    {"metadata-role", read_keys, KEYS_METADATA, true},
    {"metadata-keys", read_keys, KEYS_METADATA, false},
    {"container-keys", read_keys, KEYS_CONTAINER, false},
    {"sso-keys", read_keys, KEYS_SSO, false},
    {"sso-token", read_keys, KEYS_SSO, false},
    {"sso-cache", read_cache, KEYS_SSO, false},
    {"target-health", read_check, 0, false},
    {"source-indices", read_check, 0, false},
    {"target-indices", read_check, 0, false},
    {"GetMetricData/check", read_metric, 0, false},
};

static void load(struct text *out, const struct reader *reader)
{
    if (reader->read == read_metric)
        text_add(out, "<GetMetricDataResponse xmlns=\"http://monitoring.amazonaws.com/doc/"
                      "2010-08-01/\">\n  <GetMetricDataResult>\n    <MetricDataResults>\n"
                      "      <member>\n        <Id>q0</Id>\n        <Label>Y</Label>\n"
                      "        <StatusCode>Complete</StatusCode>\n        <Timestamps>\n"
                      "          <member>2026-12-01T01:55:00Z</member>\n        </Timestamps>\n"
                      "        <Values>\n          <member>1500.5</member>\n        </Values>\n"
                      "      </member>\n    </MetricDataResults>\n  </GetMetricDataResult>\n"
                      "  <ResponseMetadata>\n    <RequestId>9f8e</RequestId>\n"
                      "  </ResponseMetadata>\n</GetMetricDataResponse>");
    else if (reader->read == read_cache)
        text_add(out, "{\"startUrl\":\"https://corp.example.com/start\",\"region\":\"us-east-1\","
                      "\"accessToken\":\"aoaAAAAAGZ-old\",\"expiresAt\":\"2099-01-01T00:00:00Z\","
                      "\"clientId\":\"client\",\"clientSecret\":\"secret\","
                      "\"registrationExpiresAt\":\"2099-01-01T00:00:00Z\","
                      "\"refreshToken\":\"aorAAAAAGZ-old\"}");
    else
        whole(out, reader->operation);
    while (out->len && strchr(" \r\n", out->data[out->len - 1])) /* what lacks that is whole */
        text_cut(out, out->len - 1);
}

/* ---- the cases ---- */

static void every_prefix_is_refused(void **state)
{
    size_t prefixes = 0, words = 0;
    (void)state;
    for (size_t i = 0; i < COUNT(readers); i++) {
        const struct reader *reader = &readers[i];
        struct text bytes = {0};
        load(&bytes, reader);
        if (!reader->read(reader, bytes.data, bytes.len))
            fail_msg("%s, whole, is refused", reader->operation);
        for (size_t n = 0; n < bytes.len; n++, prefixes++) {
            bool taken = reader->read(reader, bytes.data, n);
            words += taken;
            if (taken && !(reader->is_word && n))
                fail_msg("%s passes with %zu of its %zu bytes", reader->operation, n, bytes.len);
        }
        text_clear(&bytes);
    }
    print_message("prefixes: %zu, of all %zu answers; all refused but %zu of a word\n", prefixes,
                  COUNT(readers), words);
}

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 16;
}

static const char hostile[] = "<>/&\"'{}[],:;=\\ \n\t09.-+eEtfn\x7f\x80\xc3\xe2\xff\x01";

static void no_changed_byte_is_a_finding(void **state)
{
    size_t tried = 0, taken = 0, each = goes_on ? sizeof hostile : 1;
    uint32_t seed = SEED;
    (void)state;
    for (size_t i = 0; i < COUNT(readers); i++) {
        struct text bytes = {0};
        load(&bytes, &readers[i]);
        for (size_t at = 0; at < bytes.len; at++) {
            char kept = bytes.data[at];
            for (size_t k = 0; k < each; k++, tried++) {
                bytes.data[at] = hostile[each > 1 ? k : next_random(&seed) % sizeof hostile];
                taken += readers[i].read(&readers[i], bytes.data, bytes.len);
            }
            bytes.data[at] = kept;
        }
        text_clear(&bytes);
    }
    print_message("bytes: %zu of %zu changes (seed %d), %zu of them still taken; no finding\n",
                  tried, tried / each * sizeof hostile, SEED, taken);
}

int main(void)
{
    struct http_client *kept; /* so that libcurl begins once, not with each client */
    struct error err;
    goes_on = getenv("TESTS_LONG");
    if (!http_client_new(&kept, &(struct http_options){.user_agent = "t"}, &err))
        return 1;
    folder = folder_new();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_prefix_is_refused),
        cmocka_unit_test(no_changed_byte_is_a_finding),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    folder_remove(folder);
    http_client_free(kept);
    return failed;
}
