#include "tests/unit.h"

#include "planner/subject.h"

#define ELB "arn:aws:elasticloadbalancing:us-east-1:111122223333:"
#define ECS "arn:aws:ecs:us-east-1:111122223333:"

static struct arena arena;

static int clear(void **state)
{
    (void)state;
    arena_clear(&arena);
    return 0;
}

static struct subject resolved(void)
{
    return (struct subject){
        .region = "us-east-1",
        .account = "111122223333",
        .cluster = "migration-prod-ecs-cluster",
        .cluster_arn = ECS "cluster/migration-prod-ecs-cluster",
        .load_balancer = "MigrationAssistant-prod",
        .load_balancer_arn = ELB "loadbalancer/app/MigrationAssistant-prod/1234",
        .listener_port = 9200,
        .listener_arn = ELB "listener/app/MigrationAssistant-prod/1234/5678",
        .arms = {[ARM_SOURCE] = {"s", ECS "service/c/s", "S-TG", ELB "targetgroup/S-TG/aaaa"},
                 [ARM_TARGET] = {"t", ECS "service/c/t", "T-TG", ELB "targetgroup/T-TG/bbbb"}},
    };
}

static void arns_come_apart(void **state)
{
    (void)state;
    const char *group = ELB "targetgroup/ALBSourceProxy-prod-TG/aaaa";
    assert_string_equal(arn_account(&arena, group), "111122223333");
    assert_string_equal(arn_dimension(&arena, group), "targetgroup/ALBSourceProxy-prod-TG/aaaa");
    assert_string_equal(arn_dimension(&arena, ELB "loadbalancer/app/MigrationAssistant-prod/1234"),
                        "app/MigrationAssistant-prod/1234");
    assert_string_equal(arn_resource_name(&arena, group), "ALBSourceProxy-prod-TG");
    assert_string_equal(arn_resource_name(&arena, ECS "service/c/my-service"), "my-service");
}

static void what_is_no_arn_has_no_parts(void **state)
{
    static const char *const rows[] = {"nonsense", "", "arn:aws", "a:b:c", NULL};
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_string_equal(arn_account(&arena, rows[i]), "");
        assert_string_equal(arn_dimension(&arena, rows[i]), "");
        assert_string_equal(arn_resource_name(&arena, rows[i]), rows[i] ? rows[i] : "");
    }
}

static void every_arn_is_needed_and_compared(void **state)
{
    static const size_t arns[] = {
        offsetof(struct subject, cluster_arn),
        offsetof(struct subject, load_balancer_arn),
        offsetof(struct subject, listener_arn),
        offsetof(struct subject, arms[ARM_SOURCE].service_arn),
        offsetof(struct subject, arms[ARM_SOURCE].target_group_arn),
        offsetof(struct subject, arms[ARM_TARGET].service_arn),
        offsetof(struct subject, arms[ARM_TARGET].target_group_arn),
    };
    (void)state;
    struct subject whole = resolved();
    assert_true(subject_is_resolved(&whole));
    assert_true(subject_equal(&whole, &whole));
    for (size_t i = 0; i < COUNT(arns); i++) {
        struct subject other = whole;
        const char *value = NULL;
        memcpy((char *)&other + arns[i], &value, sizeof value);
        assert_false(subject_is_resolved(&other));
        assert_false(subject_equal(&whole, &other));
        value = "arn:of:another";
        memcpy((char *)&other + arns[i], &value, sizeof value);
        assert_true(subject_is_resolved(&other));
        assert_false(subject_equal(&whole, &other));
    }
    struct subject renamed = whole;
    renamed.arms[ARM_SOURCE].service = "another name for the same ARN";
    assert_true(subject_equal(&whole, &renamed));
}

static void written(struct text *out, const struct subject *subject)
{
    struct json_writer w = {.out = out};
    subject_write_json(&w, NULL, subject);
}

static bool read_back(struct subject *out, const char *bytes)
{
    struct json_document doc;
    struct error err;
    assert_true(json_read(&doc, bytes, strlen(bytes),
                          (struct json_limits){.max_bytes = 1 << 16, .max_depth = 8}, &err));
    bool ok = subject_read_json(out, &arena, doc.root, &err);
    json_document_clear(&doc);
    return ok;
}

static void json_keeps_every_field(void **state)
{
    (void)state;
    struct subject whole = resolved(), cold = {.region = "us-east-1", .cluster = "c"}, back;
    const struct subject *rows[] = {&whole, &cold};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct text first = {0}, again = {0};
        written(&first, rows[i]);
        assert_true(read_back(&back, first.data));
        written(&again, &back);
        assert_string_equal(first.data, again.data);
        assert_int_equal(back.listener_port, rows[i]->listener_port);
        text_clear(&first);
        text_clear(&again);
    }
    assert_false(read_back(&back, "{}"));
    assert_false(read_back(&back, "[]"));
}

static void a_copy_outlives_what_it_came_from(void **state)
{
    (void)state;
    struct arena short_lived = {0};
    struct subject whole = resolved(), first, copy;
    subject_copy(&first, &short_lived, &whole);
    subject_copy(&copy, &arena, &first);
    arena_clear(&short_lived);
    assert_true(subject_equal(&copy, &whole));
    assert_string_equal(copy.arms[ARM_TARGET].service, "t");
    assert_int_equal(copy.listener_port, 9200);
    assert_null(copy.stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(arns_come_apart, clear),
        cmocka_unit_test_teardown(what_is_no_arn_has_no_parts, clear),
        cmocka_unit_test_teardown(every_arn_is_needed_and_compared, clear),
        cmocka_unit_test_teardown(json_keeps_every_field, clear),
        cmocka_unit_test_teardown(a_copy_outlives_what_it_came_from, clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
