#include "tests/unit.h"

#include "planner/base/time.h"
#include "tests/providers/aws/answers.h"
#include "tests/providers/aws/wire.h"

static struct wire *current;

void wire_use(struct wire *wire)
{
    current = wire;
}

void wire_clear(struct wire *wire)
{
    text_clear(&wire->waves);
    text_clear(&wire->bodies);
    text_clear(&wire->warmed);
}

static int64_t now(void *self)
{
    (void)self;
    int64_t at = 0;
    time_parse(&at, "2026-12-01T02:05:30Z");
    return at;
}

const struct clock *wire_clock(void)
{
    static const struct clock clock = {.wall = now, .monotonic = now};
    return &clock;
}

struct aws_client *wire_client(void)
{
    static int dummy;
    return (struct aws_client *)(void *)&dummy;
}

static const struct {
    const char *operation, *file;
} recorded[] = {
    {"DescribeServices", "services.json"},
    {"DescribeLoadBalancers", "load_balancers.xml"},
    {"DescribeTargetGroups", "target_groups.xml"},
    {"DescribeListeners", "listeners.xml"},
    {"DescribeTargetHealth", "health.xml"},
    {"DescribeTargetGroupAttributes", "group_attributes.xml"},
    {"DescribeLoadBalancerAttributes", "lb_attributes.xml"},
    {"DescribeTags", "tags.xml"},
    {"DescribeRules", "rules.xml"},
    {"UpdateService", "update_service.json"},
    {"ModifyListener", "modify_listener.xml"},
    {"ListTasks", "aws_task_list_2.json"},
    {"DescribeTasks", "aws_tasks.json"},
};

/* One data point a query: 3 in the minute of the request's StartTime. */
static void answer_metrics(struct text *out, const char *body)
{
    const char *start = strstr(body, "StartTime=") + strlen("StartTime=");
    char at[TIME_TEXT_SIZE];
    snprintf(at, sizeof at, "%.13s:%.2s:00Z", start, start + 16); /* the colons are encoded */
    text_add(out, "<GetMetricDataResponse><GetMetricDataResult><MetricDataResults>");
    for (const char *id = body; (id = strstr(id, ".Id=")); id++)
        text_addf(out,
                  "<member><Id>%.*s</Id><Timestamps><member>%s</member></Timestamps><Values>"
                  "<member>3.0</member></Values><StatusCode>Complete</StatusCode></member>",
                  (int)strcspn(id + 4, "&"), id + 4, at);
    text_add(out, "</MetricDataResults></GetMetricDataResult></GetMetricDataResponse>");
}

static void answer_recorded(struct aws_call *call)
{
    call->ok = true;
    if (strcmp(call->operation, "GetMetricData") == 0) {
        answer_metrics(&call->answer, call->body.data);
        return;
    }
    for (size_t i = 0; i < COUNT(recorded); i++)
        if (strcmp(call->operation, recorded[i].operation) == 0) {
            answer_load(&call->answer, recorded[i].file);
            return;
        }
    fail_msg("nothing is recorded of %s", call->operation);
}

static void answer_error(struct aws_call *call, enum error_kind kind, const char *code)
{
    error_set(&call->error, kind, "%s failed: %s", call->operation, code);
    snprintf(call->error.aws_code, sizeof call->error.aws_code, "%s", code);
    call->outcome_unknown = call->mutation && kind == ERROR_NETWORK;
}

static struct wire_exception *exception_for(const struct aws_call *call)
{
    for (size_t i = 0; i < current->exception_count; i++) {
        struct wire_exception *e = &current->exceptions[i];
        if (!e->spent && strcmp(e->operation, call->operation) == 0 &&
            (!e->body_has || strstr(call->body.data, e->body_has)))
            return e;
    }
    return NULL;
}

static void answer(struct aws_call *call)
{
    snprintf(call->request_id, sizeof call->request_id, "request-%d", current->requests);
    if (current->requests++ == current->fail_nth) {
        answer_error(call, ERROR_ACCESS, "AccessDenied");
        return;
    }
    struct wire_exception *e = exception_for(call);
    if (!e) {
        answer_recorded(call);
        return;
    }
    e->spent = e->once;
    call->ok = e->file || e->answer;
    if (e->file)
        answer_load(&call->answer, e->file);
    else if (e->answer)
        text_add_bytes(&call->answer, e->answer->data, e->answer->len);
    else
        answer_error(call, e->kind, e->code);
}

void __wrap_aws_run(struct aws_client *client, struct aws_call calls[], size_t n);
void __wrap_aws_start(struct aws_client *client, struct aws_call *call);
struct aws_call *__wrap_aws_next(struct aws_client *client);
void __wrap_aws_client_warm(struct aws_client *client, enum aws_service service, size_t n);
const char *__wrap_aws_client_region(const struct aws_client *client);
int64_t __wrap_aws_client_credentials_end_at(const struct aws_client *client);

static void note_and_answer(struct aws_call *call)
{
    text_addf(&current->waves, "%s%s%s", current->waves.len ? " " : "", call->operation,
              call->optional ? "?" : "");
    text_addf(&current->bodies, "%s\n", text_cstr(&call->body));
    if (call->aside)
        current->aside++;
    assert_false(call->ok);
    assert_int_equal(call->answer.len, 0);
    answer(call);
}

void __wrap_aws_run(struct aws_client *client, struct aws_call calls[], size_t n)
{
    assert_ptr_equal(client, wire_client());
    if (current->waves.len)
        text_add(&current->waves, " |");
    for (size_t i = 0; i < n; i++)
        note_and_answer(&calls[i]);
}

/* As if all answers took the same time: a wave is what the answers of one wave have set free. */
void __wrap_aws_start(struct aws_client *client, struct aws_call *call)
{
    struct wire_queue *queue = &current->queue;
    assert_ptr_equal(client, wire_client());
    assert_true(queue->n < WIRE_QUEUE_MAX);
    if (current->waves.len && queue->wave == queue->taken_wave)
        text_add(&current->waves, " |");
    queue->wave = queue->taken_wave + 1;
    queue->waves[queue->n] = queue->wave;
    queue->calls[queue->n++] = call;
    note_and_answer(call);
}

struct aws_call *__wrap_aws_next(struct aws_client *client)
{
    struct wire_queue *queue = &current->queue;
    assert_ptr_equal(client, wire_client());
    if (queue->n == 0)
        return NULL;
    struct aws_call *call = queue->calls[0];
    queue->taken_wave = queue->waves[0];
    queue->n--;
    memmove(queue->calls, queue->calls + 1, queue->n * sizeof *queue->calls);
    memmove(queue->waves, queue->waves + 1, queue->n * sizeof *queue->waves);
    return call;
}

void __wrap_aws_client_warm(struct aws_client *client, enum aws_service service, size_t n)
{
    static const char *const names[] = {"ecs", "elbv2", "cloudwatch"};
    assert_ptr_equal(client, wire_client());
    text_addf(&current->warmed, "%s%s+%zu", current->warmed.len ? " " : "", names[service], n);
}

const char *__wrap_aws_client_region(const struct aws_client *client)
{
    assert_ptr_equal(client, wire_client());
    return "us-east-1";
}

int64_t __wrap_aws_client_credentials_end_at(const struct aws_client *client)
{
    assert_ptr_equal(client, wire_client());
    return 4102444800000;
}
