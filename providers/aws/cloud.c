#include "providers/aws/cloud.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "planner/base/memory.h"
#include "planner/base/time.h"
#include "providers/aws/cloudwatch.h"
#include "providers/aws/ecs.h"
#include "providers/aws/elbv2_listeners.h"
#include "providers/aws/observe.h"
#include "providers/aws/operation.h"

enum { PAGES_MAX = 100 };

static bool observe(void *self, struct snapshot *out, const struct subject *subject, unsigned facts,
                    int64_t recent_ms, struct error *err)
{
    struct aws_cloud *cloud = self;
    return aws_observe(cloud->client, cloud->clock, out, subject, facts, recent_ms, err);
}

/* ---- mutations ---- */

static bool request_mutation(struct aws_call *call, const struct subject *subject,
                             const struct mutation *mutation, struct error *err)
{
    if (mutation->kind == MUTATION_COUNT) {
        *call = aws_call_of(&aws_operations[OPERATION_UPDATE_SERVICE]);
        ecs_update_service(&call->body, subject, mutation->arm, mutation->count);
        return true;
    }
    assert(subject->listener_arn);
    *call = aws_call_of(&aws_operations[OPERATION_MODIFY_LISTENER]);
    return elbv2_modify_listener(&call->body, subject->listener_arn, mutation->routing, err);
}

/* A "200 OK" that AWS did not write says nothing about what AWS did. */
static bool is_answered(const struct aws_call *call, struct error *err)
{
    return call->service == AWS_ECS ? ecs_read_update(&call->answer, err)
                                    : elbv2_read_modified(&call->answer, err);
}

static bool perform(void *self, struct receipt *out, const struct subject *subject,
                    const struct mutation *mutation, struct error *err)
{
    struct aws_cloud *cloud = self;
    struct aws_call call = {0};
    *out = (struct receipt){0};
    bool done = request_mutation(&call, subject, mutation, err);
    if (done) {
        aws_run(cloud->client, &call, 1);
        memcpy(out->request_id, call.request_id, sizeof out->request_id);
        out->outcome_unknown = call.outcome_unknown;
        if (!call.ok)
            *err = call.error;
        else if (!is_answered(&call, err))
            out->outcome_unknown = true;
        done = call.ok && !out->outcome_unknown;
    }
    aws_call_clear(&call);
    return done;
}

/* ---- measuring ---- */

struct measurement {
    struct cloudwatch_reading reading;
    const char *token;
    unsigned pages;
    bool done, failed;
    struct error error;
};

static void take_page(struct measurement *m, struct arena *arena, struct aws_call *call)
{
    const char *next = NULL;
    bool ok = call->ok;
    if (!ok)
        m->error = call->error;
    else
        ok = cloudwatch_read_page(&m->reading, &next, arena, &call->answer, &m->error);
    if (ok && next && ++m->pages == PAGES_MAX)
        ok = error_set(&m->error, ERROR_SERVICE, "GetMetricData has more than %d pages", PAGES_MAX);
    if (ok && !next)
        ok = cloudwatch_finish(&m->reading, &m->error);
    m->token = next;
    m->failed = !ok;
    m->done = !ok || !next;
}

/* One wave a page; the sets side by side. */
static void run_measurements(struct aws_client *client, struct arena *arena,
                             struct measurement *sets, size_t count)
{
    struct aws_call calls[2];
    struct measurement *asked[2];
    size_t n;
    assert(count <= 2);
    do {
        n = 0;
        for (size_t i = 0; i < count; i++) {
            if (sets[i].done)
                continue;
            calls[n] = aws_call_of(&aws_operations[OPERATION_GET_METRIC_DATA]);
            calls[n].optional = sets[i].reading.set != CLOUDWATCH_PLAIN;
            cloudwatch_get_metric_data(&calls[n].body, &sets[i].reading, sets[i].token);
            asked[n++] = &sets[i];
        }
        if (n)
            aws_run(client, calls, n);
        for (size_t i = 0; i < n; i++) {
            take_page(asked[i], arena, &calls[i]);
            aws_call_clear(&calls[i]);
        }
    } while (n);
}

static bool measure(void *self, struct series *out, struct arena *arena,
                    const struct subject *subject, int64_t from, int64_t to, bool percentiles,
                    struct error *err)
{
    struct aws_cloud *cloud = self;
    assert(subject->load_balancer_arn);
    from = minute_floor(from);
    int64_t minutes = (minute_floor(to) - from) / MINUTE_MS;
    if (minutes > SERIES_MINUTES_MAX)
        return error_set(err, ERROR_USAGE, "more than %d minutes of metrics", SERIES_MINUTES_MAX);
    series_init(out, arena, from, minutes > 0 ? (size_t)minutes : 0);
    if (minutes <= 0)
        return true;

    struct measurement sets[] = {
        {.reading = {.series = out, .subject = subject, .set = CLOUDWATCH_PLAIN}},
        {.reading = {.series = out, .subject = subject, .set = CLOUDWATCH_PERCENTILES}},
    };
    run_measurements(cloud->client, arena, sets, percentiles ? 2 : 1);
    if (percentiles && sets[1].failed)
        cloudwatch_discard(&sets[1].reading);
    if (sets[0].failed)
        *err = sets[0].error;
    return !sets[0].failed;
}

/* ---- why tasks stopped ---- */

static bool run_one(struct aws_cloud *cloud, struct aws_call *call, struct error *err)
{
    aws_run(cloud->client, call, 1);
    if (!call->ok)
        *err = call->error;
    return call->ok;
}

/* Services that cannot start keep failing: an hour of it is a few hundred tasks, whose order ECS
 * does not say, so all of them are looked at, within reason. */
enum { TASKS_MAX = 1000 };

static bool list_tasks(struct aws_cloud *cloud, const char ***tasks, size_t *count,
                       struct arena *arena, const struct subject *subject, enum arm arm,
                       struct error *err)
{
    const char *token = NULL;
    unsigned pages = 0;
    bool ok;
    do {
        struct aws_call call = aws_call_of(&aws_operations[OPERATION_LIST_TASKS]);
        ecs_list_stopped_tasks(&call.body, subject, arm, token);
        ok = run_one(cloud, &call, err) &&
             ecs_read_task_list(tasks, count, &token, arena, &call.answer, err);
        aws_call_clear(&call);
    } while (ok && token && *count < TASKS_MAX && ++pages < PAGES_MAX);
    return ok;
}

static bool describe_tasks(struct aws_cloud *cloud, struct stopped_task **tasks, size_t *count,
                           struct arena *arena, const struct subject *subject,
                           const char *const *arns, size_t n, struct error *err)
{
    struct aws_call call = aws_call_of(&aws_operations[OPERATION_DESCRIBE_TASKS]);
    ecs_describe_tasks(&call.body, subject, arns, n);
    bool ok = run_one(cloud, &call, err) && ecs_read_tasks(tasks, count, arena, &call.answer, err);
    aws_call_clear(&call);
    return ok;
}

static int newest_first(const void *a, const void *b)
{
    const struct stopped_task *x = a, *y = b;
    return x->stopped_at > y->stopped_at ? -1 : x->stopped_at < y->stopped_at;
}

static bool stopped_tasks(void *self, struct stopped_task *out, size_t max, size_t *count,
                          struct arena *arena, const struct subject *subject, enum arm arm,
                          struct error *err)
{
    const char **arns = NULL;
    struct stopped_task *tasks = NULL;
    size_t listed = 0, n = 0;
    *count = 0;
    if (!list_tasks(self, &arns, &listed, arena, subject, arm, err))
        return false;
    for (size_t at = 0; at < listed; at += ECS_DESCRIBE_TASKS_MAX) {
        size_t batch = listed - at;
        if (batch > ECS_DESCRIBE_TASKS_MAX)
            batch = ECS_DESCRIBE_TASKS_MAX;
        if (!describe_tasks(self, &tasks, &n, arena, subject, arns + at, batch, err))
            return false;
    }
    if (!tasks)
        return true;
    qsort(tasks, n, sizeof *tasks, newest_first);
    *count = n < max ? n : max;
    memcpy(out, tasks, *count * sizeof *out);
    return true;
}

void aws_cloud_init(struct cloud *out, struct aws_cloud *self)
{
    *out = (struct cloud){
        .self = self,
        .observe = observe,
        .perform = perform,
        .measure = measure,
        .stopped_tasks = stopped_tasks,
    };
}
