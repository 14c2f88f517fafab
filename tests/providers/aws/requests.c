/* Prints every request that the codecs can make, one JSON object a line, for requests_botocore.py:
 * of a cold and of a resolved subject, and ModifyListener for every recorded routing, as it is and
 * with the shares that a cutover sends. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "planner/base/json.h"
#include "planner/base/time.h"
#include "providers/aws/cloudwatch.h"
#include "providers/aws/cloudwatch_statistic.h"
#include "providers/aws/ecs.h"
#include "providers/aws/elbv2.h"
#include "providers/aws/elbv2_listeners.h"

#define ELB    "arn:aws:elasticloadbalancing:us-east-1:111122223333:"
#define ECS    "arn:aws:ecs:us-east-1:111122223333:"
#define SOURCE ELB "targetgroup/ALBSourceProxy-prod-TG/00000000000000a0"
#define TARGET ELB "targetgroup/ALBTargetProxy-prod-TG/00000000000000a1"

static const struct subject subjects[] = {
    {
        .cluster = "migration-prod-ecs-cluster",
        .load_balancer = "MigrationAssistant-prod",
        .load_balancer_arn = NULL,
        .arms = {{.service = "migration-prod-capture-proxy",
                  .target_group = "ALBSourceProxy-prod-TG"},
                 {.service = "migration-prod-target-cluster-proxy",
                  .target_group = "ALBTargetProxy-prod-TG"}},
    },
    {
        .stage = "prod",
        .cluster = "migration-prod-ecs-cluster",
        .cluster_arn = ECS "cluster/migration-prod-ecs-cluster",
        .load_balancer = "MigrationAssistant-prod",
        .load_balancer_arn = ELB "loadbalancer/app/MigrationAssistant-prod/00000000000000a4",
        .arms = {{.service = "migration-prod-capture-proxy",
                  .service_arn = ECS "service/migration-prod-ecs-cluster/capture",
                  .target_group = "ALBSourceProxy-prod-TG",
                  .target_group_arn = SOURCE},
                 {.service = "migration-prod-target-cluster-proxy",
                  .service_arn = ECS "service/migration-prod-ecs-cluster/target",
                  .target_group = "ALBTargetProxy-prod-TG",
                  .target_group_arn = TARGET}},
    },
};

static void put(const char *service, const char *operation, struct text *body)
{
    struct text line = {0};
    struct json_writer w = {.out = &line, .compact = true};
    json_open_object(&w, NULL);
    json_put_string(&w, "service", service);
    json_put_string(&w, "operation", operation);
    json_put_string(&w, "body", text_cstr(body));
    json_close_object(&w);
    fputs(text_cstr(&line), stdout);
    text_clear(&line);
    text_clear(body);
}

static void put_ecs(const struct subject *subject)
{
    static const char *const tasks[] = {"0001", ECS "task/migration-prod-ecs-cluster/0002"};
    struct text body = {0};
    ecs_describe_services(&body, subject);
    put("ecs", "DescribeServices", &body);
    for (enum arm arm = 0; arm < ARM_COUNT; arm++) {
        ecs_update_service(&body, subject, arm, arm ? 12 : 0);
        put("ecs", "UpdateService", &body);
        ecs_list_stopped_tasks(&body, subject, arm, arm ? "eyJ+/==\"\\\n" : NULL);
        put("ecs", "ListTasks", &body);
    }
    ecs_describe_tasks(&body, subject, tasks, 2);
    put("ecs", "DescribeTasks", &body);
}

static void put_names(const struct subject *subject, const char *marker)
{
    struct text body = {0};
    elbv2_describe_load_balancer(&body, subject, marker);
    put("elbv2", "DescribeLoadBalancers", &body);
    for (unsigned arms = 1; arms <= 3; arms++) {
        elbv2_describe_groups(&body, subject, arms, marker);
        put("elbv2", "DescribeTargetGroups", &body);
    }
}

static void put_arns(const struct subject *subject, const char *marker)
{
    struct text body = {0};
    elbv2_describe_health(&body, SOURCE);
    put("elbv2", "DescribeTargetHealth", &body);
    elbv2_describe_group_attributes(&body, TARGET);
    put("elbv2", "DescribeTargetGroupAttributes", &body);
    elbv2_describe_load_balancer_attributes(&body, subject->load_balancer_arn);
    put("elbv2", "DescribeLoadBalancerAttributes", &body);
    elbv2_describe_tags(&body, subject->load_balancer_arn);
    put("elbv2", "DescribeTags", &body);
    elbv2_describe_listeners(&body, subject->load_balancer_arn, marker);
    put("elbv2", "DescribeListeners", &body);
    elbv2_describe_rules(&body, ELB "listener/app/x/1/2", marker);
    put("elbv2", "DescribeRules", &body);
}

static void put_metrics(const struct subject *subject, enum cloudwatch_set set, const char *token)
{
    struct arena arena = {0};
    struct series series;
    struct text body = {0};
    series_init(&series, &arena, INT64_C(1796090400000), 60);
    struct cloudwatch_reading reading = {.series = &series, .subject = subject, .set = set};
    cloudwatch_get_metric_data(&body, &reading, token);
    put("cloudwatch", "GetMetricData", &body);
    arena_clear(&arena);
}

static void put_statistics(const char *token)
{
    static const struct check_dimension dimensions[] = {{"OTelLib", "replayer"},
                                                        {"a b", "c&d=\xC3\xA4"}};
    const struct cloudwatch_statistic list[] = {
        {.namespace = "OpenSearchMigrations",
         .metric = "lagBetweenSourceAndTargetRequests",
         .statistic = "Maximum",
         .dimensions = dimensions,
         .dimension_count = 2},
        {.namespace = "AWS/SQS", .metric = "Queue", .statistic = "p99.9"},
    };
    struct text body = {0};
    cloudwatch_get_statistics(&body, list, 2, INT64_C(1796090400000),
                              INT64_C(1796090400000) + 24 * HOUR_MS, token);
    put("cloudwatch", "GetMetricData", &body);
}

static void put_routing(const struct routing *routing)
{
    struct text body = {0};
    struct error err;
    if (!elbv2_modify_listener(&body, ELB "listener/app/x/1/2", routing, &err)) {
        fprintf(stderr, "%s\n", err.message);
        exit(1);
    }
    put("elbv2", "ModifyListener", &body);
}

static void put_routings(const char *path)
{
    static const int permilles[] = {0, 1, 100, 1000};
    struct arena arena = {0};
    struct text answer = {0};
    struct listener_snapshot *listeners = NULL;
    size_t count = 0;
    const char *next;
    struct error err = {0};
    FILE *file = fopen(path, "rb");
    for (int c; file && (c = getc(file)) != EOF;)
        text_add_char(&answer, (char)c);
    if (!file || !elbv2_read_listeners(&listeners, &count, &next, &arena, &answer, &err)) {
        fprintf(stderr, "%s: %s\n", path, err.message);
        exit(1);
    }
    fclose(file);
    for (size_t i = 0; i < count; i++) {
        put_routing(&listeners[i].routing);
        for (size_t k = 0; listeners[i].routing.understood && k < 4; k++) {
            struct routing shifted;
            routing_with_share(&shifted, &arena, &listeners[i].routing, SOURCE, TARGET,
                               permilles[k]);
            put_routing(&shifted);
        }
    }
    text_clear(&answer);
    arena_clear(&arena);
}

int main(int argc, char **argv)
{
    for (int i = 0; i < 2; i++) {
        put_ecs(&subjects[i]);
        put_names(&subjects[i], NULL);
        put_names(&subjects[i], "page+2/== &x");
    }
    put_arns(&subjects[1], NULL);
    put_arns(&subjects[1], "page+2/== &x");
    put_metrics(&subjects[1], CLOUDWATCH_PLAIN, NULL);
    put_metrics(&subjects[1], CLOUDWATCH_PERCENTILES, "tok/+=");
    put_statistics(NULL);
    put_statistics("tok/+=");
    for (int i = 1; i < argc; i++)
        put_routings(argv[i]);
    return 0;
}
