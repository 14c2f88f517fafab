/*
 * Asks the prober, for the drivers in Python: each line of standard input is a JSON array of
 * checks, which are asked at once; a line with their verdicts and words comes back. All lines are
 * of one prober. Metrics go where AWS_ENDPOINT_URL says.
 *
 *   prober_ask PLANFILE WHOLE_TIMEOUT_MS
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "planner/base/time.h"
#include "providers/aws/credentials/chain.h"
#include "providers/checks/prober.h"

static int64_t wall(void *self)
{
    (void)self;
    return (int64_t)time(NULL) * SECOND_MS;
}

static const char *text_of(struct arena *arena, const struct json *object, const char *key)
{
    return arena_strdup(arena, json_as_string(json_member(object, key)));
}

static const char *const *texts_of(struct arena *arena, const struct json *array)
{
    const char **texts = arena_alloc(arena, (json_count(array) + 1) * sizeof *texts);
    size_t n = 0;
    for (const struct json *v = json_first(array); v; v = json_next(v))
        texts[n++] = arena_strdup(arena, json_as_string(v));
    return array ? texts : NULL;
}

static int64_t int_of(const struct json *object, const char *key, int64_t otherwise)
{
    int64_t value;
    return json_as_int(&value, json_member(object, key)) ? value : otherwise;
}

static void read_http(struct planfile_check *check, struct arena *arena, const struct json *object)
{
    check->kind = CHECK_HTTP;
    check->http.url = text_of(arena, object, "url");
    check->http.ca_file = text_of(arena, object, "ca_file");
    check->http.bearer = text_of(arena, object, "bearer");
    check->http.basic = text_of(arena, object, "basic");
    check->http.status = int_of(object, "status", 200);
    check->http.pointer = text_of(arena, object, "json");
    check->http.one_of = texts_of(arena, json_member(object, "one_of"));
    check->http.below = text_of(arena, object, "below");
    check->http.at_least = text_of(arena, object, "at_least");
}

static void read_documents(struct planfile_check *check, struct arena *arena,
                           const struct json *object)
{
    const char *indices = text_of(arena, object, "indices");
    check->kind = CHECK_DOCUMENTS;
    check->documents.source = text_of(arena, object, "source");
    check->documents.target = text_of(arena, object, "target");
    check->documents.ca_file = text_of(arena, object, "ca_file");
    check->documents.bearer = text_of(arena, object, "bearer");
    check->documents.basic = text_of(arena, object, "basic");
    check->documents.indices = indices ? indices : "*";
    check->documents.tolerate = int_of(object, "tolerate", 0);
}

static void read_metric(struct planfile_check *check, struct arena *arena,
                        const struct json *object)
{
    const struct json *dimensions = json_member(object, "dimensions");
    check->kind = CHECK_METRIC;
    check->metric.namespace = text_of(arena, object, "namespace");
    check->metric.metric = text_of(arena, object, "metric");
    check->metric.statistic = text_of(arena, object, "statistic");
    check->metric.over_ms = int_of(object, "minutes", 10) * MINUTE_MS;
    check->metric.below = text_of(arena, object, "below");
    for (const struct json *v = json_first(dimensions); v; v = json_next(v))
        *(struct check_dimension *)arena_append(arena, &check->metric.dimensions,
                                                &check->metric.dimension_count,
                                                sizeof(struct check_dimension)) =
            (struct check_dimension){arena_strdup(arena, json_member_name(v)),
                                     arena_strdup(arena, json_as_string(v))};
}

static void read_check(struct planfile_check *check, struct arena *arena, const struct json *object)
{
    check->name = "c";
    if (json_member(object, "source"))
        read_documents(check, arena, object);
    else if (json_member(object, "metric"))
        read_metric(check, arena, object);
    else
        read_http(check, arena, object);
}

static void print(const struct check_result *results, size_t n)
{
    static const char *const verdicts[] = {[CHECK_NOT_ASKED] = "not asked",
                                           [CHECK_GREEN] = "green",
                                           [CHECK_RED] = "red",
                                           [CHECK_SILENT] = "silent"};
    struct text line = {0};
    struct json_writer w = {.out = &line, .compact = true};
    json_open_array(&w, NULL);
    for (size_t i = 0; i < n; i++) {
        json_open_object(&w, NULL);
        json_put_string(&w, "verdict", verdicts[results[i].verdict]);
        json_put_string(&w, "observed", results[i].observed);
        json_put_int(&w, "asked_at", results[i].asked_at);
        json_close_object(&w);
    }
    json_close_array(&w);
    fputs(text_cstr(&line), stdout);
    fflush(stdout);
    text_clear(&line);
}

static void ask(const struct prober *prober, const struct json *list)
{
    static const struct subject nobody;
    struct arena arena = {0};
    size_t n = json_count(list), i = 0;
    struct planfile_check *checks = arena_alloc(&arena, n * sizeof *checks);
    struct check_result *results = arena_alloc(&arena, n * sizeof *results);
    for (const struct json *v = json_first(list); v; v = json_next(v), i++) {
        read_check(&checks[i], &arena, v);
        results[i].check = &checks[i];
    }
    prober->ask(prober->self, results, n, &arena, &nobody);
    print(results, n);
    arena_clear(&arena);
}

/* NULL where AWS_ENDPOINT_URL is not set: nothing of a test asks AWS itself. */
static struct aws_client *open_aws(struct aws_config *config)
{
    struct aws_client *client = NULL;
    struct error err = {0};
    if (!getenv("AWS_ENDPOINT_URL"))
        return NULL;
    if (!aws_config_read(config, NULL, NULL, &err) ||
        !aws_client_new(&client,
                        &(struct aws_client_options){.config = config, .find = credentials_find},
                        &err))
        fprintf(stderr, "%s\n", err.message);
    return client;
}

int main(int argc, char **argv)
{
    struct aws_config config = {0};
    static const struct clock clock = {.wall = wall};
    struct checks checks;
    struct prober prober;
    char *line = NULL;
    size_t room = 0;
    ssize_t n;
    if (argc != 3)
        return 1;
    signal(SIGPIPE, SIG_IGN);
    struct aws_client *aws = open_aws(&config);
    checks_init(
        &checks, &prober,
        &(struct checks_options){
            .planfile = argv[1], .clock = &clock, .aws = aws, .whole_timeout_ms = atoi(argv[2])});
    while ((n = getline(&line, &room, stdin)) > 0) {
        struct json_document doc;
        struct error err = {0};
        if (json_read(&doc, line, (size_t)n, (struct json_limits){(size_t)n, 16}, &err))
            ask(&prober, doc.root);
        else
            fprintf(stderr, "%s\n", err.message);
        json_document_clear(&doc);
    }
    free(line);
    checks_clear(&checks);
    aws_client_free(aws);
    aws_config_clear(&config);
    return 0;
}
