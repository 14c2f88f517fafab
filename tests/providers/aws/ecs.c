#include "tests/unit.h"

#include "providers/aws/ecs.h"
#include "tests/providers/aws/answers.h"

static const struct subject prod = {
    .region = "us-east-1",
    .cluster = "migration-prod-ecs-cluster",
    .arms = {{.service = "migration-prod-capture-proxy"},
             {.service = "migration-prod-target-cluster-proxy"}},
};

#define CLUSTER_ARN "arn:aws:ecs:us-east-1:111122223333:cluster/migration-prod-ecs-cluster"
#define SERVICE_ARN "arn:aws:ecs:us-east-1:111122223333:service/migration-prod-ecs-cluster/"
#define TARGET_ARN                                                                                 \
    "arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/ALBTargetProxy-prod-TG/"      \
    "00000000000000a1"

struct fixture {
    struct arena arena;
    struct text text;
    struct service_snapshot services[ARM_COUNT];
    const char *cluster;
    struct error err;
};

static bool read_services(struct fixture *f)
{
    return ecs_read_services(f->services, &f->cluster, &f->arena, &prod, &f->text, &f->err);
}

static void clear(struct fixture *f)
{
    text_clear(&f->text);
    arena_clear(&f->arena);
}

static void reads_both_services(void **state)
{
    (void)state;
    struct fixture f = {0};
    answer_load(&f.text, "services.json");
    assert_true(read_services(&f));
    assert_string_equal(f.cluster, CLUSTER_ARN);
    const struct service_snapshot *source = &f.services[ARM_SOURCE];
    assert_true(source->found);
    assert_string_equal(source->arn, SERVICE_ARN "migration-prod-capture-proxy");
    assert_string_equal(source->status, "ACTIVE");
    assert_int_equal(source->desired, 2);
    assert_int_equal(source->running, 2);
    assert_int_equal(source->pending, 0);
    assert_int_equal(source->rollout_count, 1);
    assert_string_equal(source->rollouts[0].rollout_state, "COMPLETED");
    assert_int_equal(source->target_group_count, 1);
    assert_null(source->latest_event);
    assert_int_equal(f.services[ARM_TARGET].desired, 1);
    assert_string_equal(f.services[ARM_TARGET].target_groups[0], TARGET_ARN);
    clear(&f);
}

static void reads_a_rollout_and_what_is_inactive(void **state)
{
    (void)state;
    struct fixture f = {0};
    answer_load(&f.text, "aws_services.json"); /* in the other order */
    assert_true(read_services(&f));
    assert_false(f.services[ARM_SOURCE].found);
    assert_string_equal(f.services[ARM_SOURCE].status, "INACTIVE");
    const struct service_snapshot *target = &f.services[ARM_TARGET];
    assert_true(target->found);
    assert_int_equal(target->desired, 3);
    assert_int_equal(target->running, 2);
    assert_int_equal(target->pending, 1);
    assert_int_equal(target->rollout_count, 2);
    assert_string_equal(target->rollouts[0].id, "ecs-svc/2");
    assert_string_equal(target->rollouts[0].status, "PRIMARY");
    assert_string_equal(target->rollouts[0].rollout_state, "IN_PROGRESS");
    assert_int_equal(target->rollouts[0].failed, 4);
    assert_string_equal(target->rollouts[1].rollout_state, "");
    assert_int_equal(target->rollouts[1].running, 1);
    assert_int_equal(target->target_group_count, 1);
    assert_string_equal(target->target_groups[0], TARGET_ARN);
    assert_non_null(strstr(target->latest_event, "has started 1 tasks"));
    assert_string_equal(f.cluster, CLUSTER_ARN);
    clear(&f);
}

static void missing_is_not_found_and_not_an_error(void **state)
{
    (void)state;
    struct fixture f = {0};
    answer_load_with(&f.text, "services_missing.json", "migration-prod-nobody",
                     "migration-prod-target-cluster-proxy");
    assert_true(read_services(&f));
    assert_true(f.services[ARM_SOURCE].found);
    assert_false(f.services[ARM_TARGET].found);
    assert_null(f.services[ARM_TARGET].arn);
    clear(&f);
}

/* What the answer must not say, and the field that the message must name. */
static void refuses_wrong_fields(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to, *part;
    } rows[] = {
        {"\"desiredCount\": 2", "\"desiredCount\": \"2\"", "\"desiredCount\" is not a count"},
        {"\"desiredCount\": 2", "\"desiredCount\": -2", "\"desiredCount\" is not a count"},
        {"\"desiredCount\": 2", "\"desiredCount\": 2.5", "\"desiredCount\" is not a count"},
        {"\"desiredCount\": 2", "\"desiredCount\": 1e12", "\"desiredCount\" is not a count"},
        {"\"desiredCount\": 2", "\"desiredCount\": null", "\"desiredCount\" is missing"},
        {"\"desiredCount\": 2,", "", "\"desiredCount\" is missing"},
        {"\"runningCount\": 2,", "", "\"runningCount\" is missing"},
        {"\"status\": \"ACTIVE\"", "\"status\": 1", "\"status\" is not a string"},
        {"\"status\": \"ACTIVE\"", "\"status\": \"\"", "\"status\" is missing"},
        {"\"deployments\": [", "\"deployments\": 1, \"x\": [", "\"deployments\" is not a list"},
        {"\"deployments\": [{", "\"deployments\": [1, {", "is not an object"},
        {"\"services\": [", "\"services\": {}, \"x\": [", "\"services\" is not a list"},
        {"\"services\": [", "\"other\": [", "does not say anything of service"},
        {"migration-prod-capture-proxy\", \"serviceName\"", "other\", \"serviceName\"",
         "does not say anything of service migration-prod-capture-proxy"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fixture f = {.services[ARM_SOURCE].desired = 77};
        answer_load_with(&f.text, "services.json", rows[i].from, rows[i].to);
        assert_false(read_services(&f));
        assert_int_equal(f.err.kind, ERROR_SERVICE);
        assert_int_equal(f.services[ARM_SOURCE].desired, 77);
        if (!strstr(f.err.message, rows[i].part))
            fail_msg("row %zu: \"%s\" does not say \"%s\"", i, f.err.message, rows[i].part);
        clear(&f);
    }
}

static void a_failure_that_is_not_missing_is_an_error(void **state)
{
    (void)state;
    struct fixture f = {0};
    answer_load(&f.text, "aws_services_denied.json");
    assert_false(read_services(&f));
    assert_non_null(strstr(f.err.message, "ACCESS_DENIED: not yours"));
    clear(&f);
}

static void reads_stopped_tasks_over_two_pages(void **state)
{
    (void)state;
    struct fixture f = {0};
    const char **arns = NULL, *next = NULL;
    size_t listed = 0, n = 0;
    answer_load(&f.text, "aws_task_list_1.json");
    assert_true(ecs_read_task_list(&arns, &listed, &next, &f.arena, &f.text, &f.err));
    assert_string_equal(next, "eyJ+/==");
    answer_load(&f.text, "aws_task_list_2.json");
    assert_true(ecs_read_task_list(&arns, &listed, &next, &f.arena, &f.text, &f.err));
    assert_null(next);
    assert_int_equal(listed, 3);
    assert_true(text_ends(arns[2], "/0003"));

    struct stopped_task *tasks = NULL;
    answer_load(&f.text, "aws_tasks.json");
    assert_true(ecs_read_tasks(&tasks, &n, &f.arena, &f.text, &f.err));
    assert_int_equal(n, 3);
    assert_string_equal(tasks[0].task, "0001");
    assert_string_equal(tasks[0].stopped,
                        "Task failed to start (proxy: CannotPullContainerError: pull image "
                        "manifest has been retried 1 time(s))");
    assert_int_equal(tasks[0].stopped_at, 1795363100250);
    assert_string_equal(tasks[1].stopped,
                        "Essential container in task exited (proxy: OutOfMemoryError: Container "
                        "killed due to memory usage, exit code 137)");
    assert_string_equal(tasks[2].stopped, "Scaling activity initiated by (deployment ecs-svc/1)");
    clear(&f);
}

static void knows_an_update_from_another_answer(void **state)
{
    (void)state;
    struct fixture f = {0};
    answer_load(&f.text, "update_service.json");
    assert_true(ecs_read_update(&f.text, &f.err));
    answer_load(&f.text, "services.json");
    assert_false(ecs_read_update(&f.text, &f.err));
    clear(&f);
}

/* The bodies are held against botocore's models in requests_botocore.py; here, the choice. */
static void asks_by_arn_where_it_has_one(void **state)
{
    (void)state;
    struct text body = {0};
    ecs_describe_services(&body, &prod);
    assert_string_equal(body.data, "{\"cluster\":\"migration-prod-ecs-cluster\",\"services\":["
                                   "\"migration-prod-capture-proxy\","
                                   "\"migration-prod-target-cluster-proxy\"]}\n");
    text_clear(&body);
    struct subject warm = prod;
    warm.cluster_arn = CLUSTER_ARN;
    warm.arms[ARM_TARGET].service_arn = SERVICE_ARN "migration-prod-target-cluster-proxy";
    ecs_update_service(&body, &warm, ARM_TARGET, 3);
    assert_string_equal(body.data, "{\"cluster\":\"" CLUSTER_ARN "\",\"service\":\"" SERVICE_ARN
                                   "migration-prod-target-cluster-proxy\",\"desiredCount\":3}\n");
    text_clear(&body);
}

/* ---- strangers ---- */

static bool attack_services(struct arena *arena, const struct text *answer, struct error *err)
{
    struct service_snapshot out[ARM_COUNT], before[ARM_COUNT];
    const char *cluster = "before";
    memset(out, 0x5a, sizeof out);
    memcpy(before, out, sizeof out);
    bool ok = ecs_read_services(out, &cluster, arena, &prod, answer, err);
    if (!ok) {
        assert_memory_equal(out, before, sizeof out);
        assert_string_equal(cluster, "before");
    }
    return ok;
}

static bool attack_task_list(struct arena *arena, const struct text *answer, struct error *err)
{
    const char **tasks = NULL, *next = NULL;
    size_t count = 0;
    bool ok = ecs_read_task_list(&tasks, &count, &next, arena, answer, err);
    assert_true(ok || (!tasks && !count && !next));
    return ok;
}

static bool attack_tasks(struct arena *arena, const struct text *answer, struct error *err)
{
    struct stopped_task *tasks = NULL;
    size_t count = 0;
    bool ok = ecs_read_tasks(&tasks, &count, arena, answer, err);
    assert_true(ok || (!tasks && !count));
    return ok;
}

static bool attack_update(struct arena *arena, const struct text *answer, struct error *err)
{
    (void)arena;
    return ecs_read_update(answer, err);
}

static void survives_strangers(void **state)
{
    (void)state;
    answer_attack("services.json", "DescribeServices", attack_services);
    answer_attack("aws_services.json", "DescribeServices", attack_services);
    answer_attack("aws_task_list_1.json", "ListTasks", attack_task_list);
    answer_attack("aws_tasks.json", "DescribeTasks", attack_tasks);
    answer_attack("update_service.json", "UpdateService", attack_update);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_both_services),
        cmocka_unit_test(reads_a_rollout_and_what_is_inactive),
        cmocka_unit_test(missing_is_not_found_and_not_an_error),
        cmocka_unit_test(refuses_wrong_fields),
        cmocka_unit_test(a_failure_that_is_not_missing_is_an_error),
        cmocka_unit_test(reads_stopped_tasks_over_two_pages),
        cmocka_unit_test(knows_an_update_from_another_answer),
        cmocka_unit_test(asks_by_arn_where_it_has_one),
        cmocka_unit_test(survives_strangers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
