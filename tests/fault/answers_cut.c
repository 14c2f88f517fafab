/*
 * Every reader of AWS's answers against every prefix of every recorded answer, and against the
 * whole one with a byte changed; every shape of an error's body likewise.
 *
 * A prefix is refused: an answer that was cut off never passes for a shorter one. Its error is
 * about the service, and names the operation. Of an error's body it keeps no half of a code or of a
 * request's id, for a code decides whether a change is sent again.
 */
#include "tests/unit.h"

#include <dirent.h>

#include "planner/base/text.h"
#include "providers/aws/aws_error.h"
#include "providers/aws/cloudwatch.h"
#include "providers/aws/ecs.h"
#include "providers/aws/elbv2.h"
#include "providers/aws/elbv2_listeners.h"
#include "tests/providers/aws/answers.h"

enum { SEED = 20261124, MINUTES = 5 };

/* ---- the readers ---- */

static bool services_of(const struct subject *subject, struct arena *arena,
                        const struct text *answer, struct error *err)
{
    struct service_snapshot services[ARM_COUNT];
    const char *cluster;
    return ecs_read_services(services, &cluster, arena, subject, answer, err);
}

static bool read_services(struct arena *arena, const struct text *answer, struct error *err)
{
    return services_of(&answers_subject, arena, answer, err);
}

static bool read_services_missing(struct arena *arena, const struct text *answer, struct error *err)
{
    struct subject subject = answers_subject;
    subject.arms[ARM_TARGET].service = "migration-prod-nobody";
    return services_of(&subject, arena, answer, err);
}

static bool read_update(struct arena *arena, const struct text *answer, struct error *err)
{
    (void)arena;
    return ecs_read_update(answer, err);
}

static bool read_task_list(struct arena *arena, const struct text *answer, struct error *err)
{
    const char **tasks = NULL, *next = NULL;
    size_t count = 0;
    return ecs_read_task_list(&tasks, &count, &next, arena, answer, err);
}

static bool read_tasks(struct arena *arena, const struct text *answer, struct error *err)
{
    struct stopped_task *tasks = NULL;
    size_t count = 0;
    return ecs_read_tasks(&tasks, &count, arena, answer, err);
}

static bool read_balancer(struct arena *arena, const struct text *answer, struct error *err)
{
    struct load_balancer_snapshot balancer = {0};
    const char *next;
    return elbv2_read_load_balancer(&balancer, &next, arena, &answers_subject, answer, err);
}

static bool read_groups(struct arena *arena, const struct text *answer, struct error *err)
{
    struct group_snapshot groups[ARM_COUNT] = {0};
    struct group_snapshot *const out[ARM_COUNT] = {&groups[0], &groups[1]};
    const char *next;
    return elbv2_read_groups(out, &next, arena, &answers_subject, answer, err);
}

static bool read_health(struct arena *arena, const struct text *answer, struct error *err)
{
    struct group_snapshot group = {0};
    return elbv2_read_health(&group, arena, answer, err);
}

static bool read_group_attributes(struct arena *arena, const struct text *answer, struct error *err)
{
    struct group_snapshot group = {0};
    return elbv2_read_group_attributes(&group, arena, answer, err);
}

static bool read_balancer_attributes(struct arena *arena, const struct text *answer,
                                     struct error *err)
{
    struct load_balancer_snapshot balancer = {0};
    return elbv2_read_load_balancer_attributes(&balancer, arena, answer, err);
}

static bool read_stack(struct arena *arena, const struct text *answer, struct error *err)
{
    struct load_balancer_snapshot balancer = {0};
    return elbv2_read_stack(&balancer, arena, answer, err);
}

static bool read_listeners(struct arena *arena, const struct text *answer, struct error *err)
{
    struct listener_snapshot *listeners = NULL;
    size_t count = 0;
    const char *next;
    return elbv2_read_listeners(&listeners, &count, &next, arena, answer, err);
}

static bool read_rules(struct arena *arena, const struct text *answer, struct error *err)
{
    struct listener_snapshot listener = {0};
    const char *next;
    return elbv2_read_rules(&listener, &next, arena, answer, err);
}

static bool read_modified(struct arena *arena, const struct text *answer, struct error *err)
{
    (void)arena;
    return elbv2_read_modified(answer, err);
}

static bool read_metrics(struct arena *arena, const struct text *answer, struct error *err)
{
    struct series series;
    struct text body = {0};
    const char *next;
    series_init(&series, arena, INT64_C(1796090400000), MINUTES);
    struct cloudwatch_reading reading = {.series = &series, .subject = &answers_subject};
    cloudwatch_get_metric_data(&body, &reading, NULL);
    text_clear(&body);
    return cloudwatch_read_page(&reading, &next, arena, answer, err);
}

struct recorded {
    const char *file, *operation;
    answer_reader *read;
    bool refused; /* whole, too */
};

static const struct recorded all[] = {
    {"aws_group_attributes.xml", "DescribeTargetGroupAttributes", read_group_attributes, false},
    {"aws_health.xml", "DescribeTargetHealth", read_health, false},
    {"aws_lb_attributes.xml", "DescribeLoadBalancerAttributes", read_balancer_attributes, false},
    {"aws_listeners_1.xml", "DescribeListeners", read_listeners, false},
    {"aws_listeners_2.xml", "DescribeListeners", read_listeners, false},
    {"aws_load_balancers_1.xml", "DescribeLoadBalancers", read_balancer, false},
    {"aws_load_balancers_2.xml", "DescribeLoadBalancers", read_balancer, false},
    {"aws_metrics_1.xml", "GetMetricData", read_metrics, false},
    {"aws_metrics_2.xml", "GetMetricData", read_metrics, false},
    {"aws_rules.xml", "DescribeRules", read_rules, false},
    {"aws_services.json", "DescribeServices", read_services, false},
    {"aws_services_denied.json", "DescribeServices", read_services, true},
    {"aws_task_list_1.json", "ListTasks", read_task_list, false},
    {"aws_task_list_2.json", "ListTasks", read_task_list, false},
    {"aws_tasks.json", "DescribeTasks", read_tasks, false},
    {"group_attributes.xml", "DescribeTargetGroupAttributes", read_group_attributes, false},
    {"health.xml", "DescribeTargetHealth", read_health, false},
    {"lb_attributes.xml", "DescribeLoadBalancerAttributes", read_balancer_attributes, false},
    {"listeners.xml", "DescribeListeners", read_listeners, false},
    {"load_balancers.xml", "DescribeLoadBalancers", read_balancer, false},
    {"modify_listener.xml", "ModifyListener", read_modified, false},
    {"rules.xml", "DescribeRules", read_rules, false},
    {"services.json", "DescribeServices", read_services, false},
    {"services_missing.json", "DescribeServices", read_services_missing, false},
    {"tags.xml", "DescribeTags", read_stack, false},
    {"target_group.xml", "DescribeTargetGroups", read_groups, false},
    {"target_groups.xml", "DescribeTargetGroups", read_groups, false},
    {"update_service.json", "UpdateService", read_update, false},
};

static void no_recorded_answer_is_left_out(void **state)
{
    size_t files = 0;
    (void)state;
    DIR *folder = opendir(TESTS_DIR "/providers/aws/answers");
    assert_non_null(folder);
    for (const struct dirent *entry; (entry = readdir(folder));)
        files += text_ends(entry->d_name, ".xml") || text_ends(entry->d_name, ".json");
    closedir(folder);
    assert_int_equal(files, COUNT(all));
}

/* ---- answers ---- */

/* On the heap at its very size, so that a read past the end is found. */
static struct text exactly(const char *bytes, size_t n)
{
    struct text out = {.data = malloc(n + 1), .len = n, .room = n + 1};
    memcpy(out.data, bytes, n);
    out.data[n] = '\0';
    return out;
}

static bool is_read(const struct recorded *recorded, const char *bytes, size_t n)
{
    struct arena arena = {0};
    struct error err = {0};
    struct text answer = exactly(bytes, n);
    bool ok = recorded->read(&arena, &answer, &err);
    if (!ok && (err.kind != ERROR_SERVICE || !strstr(err.message, recorded->operation)))
        fail_msg("%s: \"%s\" (%s)", recorded->file, err.message, error_kind_name(err.kind));
    text_clear(&answer);
    arena_clear(&arena);
    return ok;
}

/* Without the white space at its end: what lacks only that is whole. */
static void load(struct text *out, const char *file)
{
    answer_load(out, file);
    while (out->len && strchr(" \r\n", out->data[out->len - 1]))
        text_cut(out, out->len - 1);
}

static void every_prefix_is_refused(void **state)
{
    size_t prefixes = 0;
    (void)state;
    for (size_t i = 0; i < COUNT(all); i++) {
        struct text whole = {0};
        load(&whole, all[i].file);
        if (is_read(&all[i], whole.data, whole.len) == all[i].refused)
            fail_msg("%s, whole, is %s", all[i].file, all[i].refused ? "read" : "refused");
        for (size_t n = 0; n < whole.len; n++, prefixes++)
            if (is_read(&all[i], whole.data, n))
                fail_msg("%s passes with %zu of its %zu bytes", all[i].file, n, whole.len);
        text_clear(&whole);
    }
    print_message("prefixes: %zu, of all %zu recorded answers; every one refused\n", prefixes,
                  COUNT(all));
}

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 16;
}

/* Bytes that mean something to a reader, or that none may hold. */
static const char hostile[] = "<>/&\"'{}[],:;=\\ \n\t09.-+eEtfn\x7f\x80\xc3\xe2\xff\x01";

static void no_changed_byte_is_a_finding(void **state)
{
    size_t tried = 0, read = 0;
    uint32_t seed = SEED;
    size_t each = getenv("TESTS_LONG") ? sizeof hostile : 1; /* with the NUL at its end */
    (void)state;
    for (size_t i = 0; i < COUNT(all); i++) {
        struct text whole = {0};
        load(&whole, all[i].file);
        for (size_t at = 0; at < whole.len; at++) {
            char kept = whole.data[at];
            for (size_t k = 0; k < each; k++, tried++) {
                size_t which = each == sizeof hostile ? k : next_random(&seed) % sizeof hostile;
                whole.data[at] = hostile[which];
                read += is_read(&all[i], whole.data, whole.len);
            }
            whole.data[at] = kept;
        }
        text_clear(&whole);
    }
    print_message("bytes: %zu of %zu changes (seed %d), %zu of them still readable; no finding\n",
                  tried, tried / each * sizeof hostile, SEED, read);
}

/* ---- errors ---- */

static const char *const errors[] = {
    /* JSON 1.1 */
    "{\"__type\":\"ClusterNotFoundException\",\"message\":\"Cluster not found.\"}",
    "{\"__type\":\"com.amazonaws.ecs#ThrottlingException\",\"message\":\"Rate exceeded\"}",
    "{\"__type\":\"aws.x#AccessDeniedException:http://y#z\",\"Message\":\"User: a is not\"}",
    /* Query */
    "<ErrorResponse xmlns=\"http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/\">\n"
    "  <Error>\n    <Type>Sender</Type>\n    <Code>Throttling</Code>\n"
    "    <Message>Rate exceeded</Message>\n  </Error>\n"
    "  <RequestId>f9880f01-7852-629d</RequestId>\n</ErrorResponse>",
    /* authentication, before the service */
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error>"
    "<Code>AuthFailure</Code><Message>AWS was not able to validate</Message></Error></Errors>"
    "<RequestID>7a62c49f</RequestID></Response>",
    "<AccessDeniedException>\n  <Message>Unable to determine service</Message>\n"
    "</AccessDeniedException>",
    /* S3 */
    "<?xml version=\"1.0\"?><Error><Code>NoSuchKey</Code><Message>The resource.</Message>"
    "<Resource>/b/k</Resource><RequestId>4442587FB7D0A2F9</RequestId></Error>",
    /* a page */
    "<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body/></html>",
};

static struct aws_error read_error(const char *bytes, size_t n)
{
    struct aws_error said;
    struct text body = exactly(bytes, n);
    aws_error_read(&said, body.data, body.len);
    text_clear(&body);
    return said;
}

static void no_prefix_of_an_error_is_another_error(void **state)
{
    size_t prefixes = 0;
    (void)state;
    for (size_t i = 0; i < COUNT(errors); i++) {
        size_t len = strlen(errors[i]);
        struct aws_error whole = read_error(errors[i], len);
        for (size_t n = 0; n < len; n++, prefixes++) {
            struct aws_error cut = read_error(errors[i], n);
            if (cut.code[0] || cut.request_id[0] ||
                (cut.message[0] && strcmp(cut.message, whole.message) != 0))
                fail_msg("of %zu bytes of %s is left: \"%s\" \"%s\" \"%s\"", n, errors[i], cut.code,
                         cut.message, cut.request_id);
        }
    }
    print_message("errors: %zu prefixes of %zu bodies; none says anything else\n", prefixes,
                  COUNT(errors));
}

static void no_changed_byte_of_an_error_is_a_finding(void **state)
{
    size_t tried = 0, each = getenv("TESTS_LONG") ? 256 : sizeof hostile;
    (void)state;
    for (size_t i = 0; i < COUNT(errors); i++) {
        struct text whole = {0};
        text_add(&whole, errors[i]);
        for (size_t at = 0; at < whole.len; at++) {
            char kept = whole.data[at];
            for (size_t k = 0; k < each; k++, tried++) {
                whole.data[at] = each == 256 ? (char)k : hostile[k];
                struct aws_error said = read_error(whole.data, whole.len);
                size_t n = strlen(said.message);
                assert_int_equal(text_utf8_prefix(said.message, n), n);
            }
            whole.data[at] = kept;
        }
        text_clear(&whole);
    }
    print_message("errors: %zu of %zu changes of a byte; no finding\n", tried, tried / each * 256);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_recorded_answer_is_left_out),
        cmocka_unit_test(every_prefix_is_refused),
        cmocka_unit_test(no_changed_byte_is_a_finding),
        cmocka_unit_test(no_prefix_of_an_error_is_another_error),
        cmocka_unit_test(no_changed_byte_of_an_error_is_a_finding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
