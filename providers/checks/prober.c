#include "providers/checks/prober.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "planner/base/memory.h"
#include "providers/checks/documents_check.h"
#include "providers/checks/http_check.h"
#include "providers/checks/metric_check.h"

enum { BODY_MAX = 4 * 1024 * 1024 };

/* Of one kind: how its questions begin, and how their answers are judged. */
struct kind {
    void (*begin)(struct question *out, struct check_result *result, struct arena *arena,
                  struct http_exchange *exchanges, const char *const folders[CHECK_FOLDERS]);
    void (*judge)(struct question *question);
};

static const struct kind kinds[] = {
    [CHECK_HTTP] = {http_check_begin, http_check_judge},
    [CHECK_DOCUMENTS] = {documents_check_begin, documents_check_judge},
};

static bool open_client(struct checks *self, struct error *err)
{
    const struct checks_options *given = &self->options;
    if (self->client)
        return true;
    struct http_options options = {
        .user_agent = given->user_agent ? given->user_agent : "switchover/" SWITCHOVER_VERSION,
        .connect_timeout_ms = CHECKS_CONNECT_MS,
        .whole_timeout_ms = given->whole_timeout_ms ? given->whole_timeout_ms : CHECKS_WHOLE_MS,
        .max_body = BODY_MAX,
        .interrupted = given->interrupted,
        .interrupted_self = given->interrupted_self};
    return http_client_new(&self->client, &options, err);
}

struct wave {
    struct question *questions;
    struct http_exchange *exchanges;
    size_t count, exchange_count;
};

static void begin(struct wave *wave, const struct checks *self, struct check_result *result,
                  struct arena *arena)
{
    struct question *question = &wave->questions[wave->count++];
    kinds[result->check->kind].begin(question, result, arena,
                                     &wave->exchanges[wave->exchange_count],
                                     (const char *const *)self->folders);
    wave->exchange_count += question->count;
}

static void end(struct wave *wave)
{
    for (size_t i = 0; i < wave->count; i++) {
        struct question *question = &wave->questions[i];
        kinds[question->result->check->kind].judge(question);
        question_clear(question);
    }
    free(wave->questions);
    free(wave->exchanges);
}

static bool is_over_http(const struct check_result *result)
{
    return result->check->kind != CHECK_METRIC;
}

static void ask_over_http(struct checks *self, struct check_result results[], size_t n,
                          struct arena *arena)
{
    struct wave wave = {.questions = memory_new(n * sizeof *wave.questions),
                        .exchanges =
                            memory_new(n * QUESTION_EXCHANGES_MAX * sizeof *wave.exchanges)};
    for (size_t i = 0; i < n; i++)
        if (is_over_http(&results[i]))
            begin(&wave, self, &results[i], arena);
    if (wave.exchange_count)
        http_run(self->client, wave.exchanges, wave.exchange_count);
    end(&wave);
}

static void say_silent(struct check_result results[], size_t n, struct arena *arena,
                       const char *why)
{
    for (size_t i = 0; i < n; i++)
        if (is_over_http(&results[i])) {
            results[i].verdict = CHECK_SILENT;
            results[i].observed = arena_strdup(arena, why);
        }
}

static void ask(void *port, struct check_result results[], size_t n, struct arena *arena,
                const struct subject *subject)
{
    struct checks *self = port;
    const struct clock *clock = self->options.clock;
    struct error err = {0};
    (void)subject;
    int64_t now = clock->wall(clock->self);
    size_t over_http = 0;
    for (size_t i = 0; i < n; i++) {
        results[i].asked_at = now;
        over_http += is_over_http(&results[i]);
    }
    if (over_http && !open_client(self, &err))
        say_silent(results, n, arena, err.message);
    else if (over_http)
        ask_over_http(self, results, n, arena);
    if (over_http < n)
        metric_checks_ask(self->options.aws, clock, results, n, arena);
}

static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = memory_strdup(slash ? path : ".");
    if (slash)
        folder[slash == path ? 1 : slash - path] = '\0';
    return folder;
}

void checks_init(struct checks *self, struct prober *out, const struct checks_options *options)
{
    *self = (struct checks){.options = *options};
    self->folders[0] = folder_of(options->planfile);
    *out = (struct prober){.self = self, .ask = ask};
}

void checks_look_beside(struct checks *self, const char *path)
{
    free(self->folders[1]);
    self->folders[1] = folder_of(path);
}

void checks_clear(struct checks *self)
{
    http_client_free(self->client);
    for (size_t i = 0; i < CHECK_FOLDERS; i++)
        free(self->folders[i]);
    *self = (struct checks){0};
}
